//! Names of endpoint sets: exact ones, whole subtrees (`*.office.com`), and patterns with `*` anywhere.
//!
//! A name is looked up by its suffixes, longest first: at most as many hash look-ups as it has labels, however long the
//! list is.

use hashbrown::HashMap;

/// A pattern's place in the table: the part behind its last `*`, from the next dot on, leads to it.
#[derive(Debug, Default)]
struct Anchor {
    /// Sets that name exactly this.
    exact: Vec<u16>,
    /// Sets that name everything below this.
    below: Vec<u16>,
    /// Other patterns, those with more literal characters first.
    patterns: Vec<(String, Vec<u16>)>,
}

/// All names of a list.
#[derive(Debug, Default)]
pub struct Names {
    anchors: HashMap<String, Anchor, foldhash::fast::RandomState>,
}

/// How a name stands in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// As it is.
    Exactly,
    /// Under a `*`: the list does not say that this very name exists.
    ByPattern,
}

impl Names {
    /// Adds a name or pattern of set `set`.
    pub fn add(&mut self, pattern: &str, set: u16) {
        let pattern = pattern.trim().trim_end_matches('.').to_ascii_lowercase();
        let Some(star) = pattern.rfind('*') else {
            self.anchors.entry(pattern).or_default().exact.push(set);
            return;
        };
        let behind = &pattern[star..];
        let anchor = behind.find('.').map_or("", |dot| &behind[dot + 1..]).to_owned();
        let subtree = pattern.strip_prefix("*.") == Some(anchor.as_str());
        let at = self.anchors.entry(anchor).or_default();
        if subtree {
            at.below.push(set);
        } else if let Some((_, sets)) = at.patterns.iter_mut().find(|(known, _)| *known == pattern) {
            sets.push(set);
        } else {
            let position = at.patterns.partition_point(|(known, _)| known.len() >= pattern.len());
            at.patterns.insert(position, (pattern, vec![set]));
        }
    }

    /// The sets of `name` (lower case, no final dot), most specific pattern first, until `accept` takes one's sets.
    pub fn find<T>(&self, name: &str, mut accept: impl FnMut(&[u16], Written) -> Option<T>) -> Option<T> {
        if let Some(anchor) = self.anchors.get(name)
            && let Some(found) = some(&anchor.exact).and_then(|sets| accept(sets, Written::Exactly))
        {
            return Some(found);
        }
        let mut rest = name;
        while let Some((_, parent)) = rest.split_once('.') {
            rest = parent;
            let Some(anchor) = self.anchors.get(rest) else { continue };
            let fits = anchor.patterns.iter().filter(|(pattern, _)| matches(pattern.as_bytes(), name.as_bytes()));
            for (_, sets) in fits {
                if let Some(found) = accept(sets, Written::ByPattern) {
                    return Some(found);
                }
            }
            if let Some(found) = some(&anchor.below).and_then(|sets| accept(sets, Written::ByPattern)) {
                return Some(found);
            }
        }
        None
    }
}

fn some(sets: &[u16]) -> Option<&[u16]> {
    (!sets.is_empty()).then_some(sets)
}

/// Whether `*`, each for one character or more, makes `pattern` into `name`. Linear but for going back to the last `*`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on when the literal behind the last star does not fit here.
    let mut back: Option<(usize, usize)> = None;
    while let Some(character) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                (p, n) = (p + 1, n + 1);
                back = Some((p, n));
            }
            Some(literal) if literal == character => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((after, from)) = back else { return false };
                (p, n) = (after, from + 1);
                back = Some((p, n));
            }
        }
    }
    p == pattern.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(patterns: &[&str]) -> Names {
        let mut names = Names::default();
        for (set, pattern) in (0u16..).zip(patterns) {
            names.add(pattern, set);
        }
        names
    }

    fn first(names: &Names, name: &str) -> Option<(u16, Written)> {
        names.find(name, |sets, written| sets.first().map(|set| (*set, written)))
    }

    #[test]
    fn the_most_specific_pattern_wins() {
        let names = table(&[
            "*.office.com",
            "outlook.office.com",
            "*.protection.office.com",
            "*.onmicrosoft.com",
            "autodiscover.*.onmicrosoft.com",
        ]);
        assert_eq!(first(&names, "outlook.office.com"), Some((1, Written::Exactly)));
        assert_eq!(first(&names, "www.office.com"), Some((0, Written::ByPattern)));
        assert_eq!(first(&names, "a.b.office.com"), Some((0, Written::ByPattern)));
        assert_eq!(first(&names, "x.protection.office.com"), Some((2, Written::ByPattern)));
        assert_eq!(first(&names, "autodiscover.contoso.onmicrosoft.com"), Some((4, Written::ByPattern)));
        assert_eq!(first(&names, "contoso.onmicrosoft.com"), Some((3, Written::ByPattern)));
        for other in
            ["office.com", "notoffice.com", "office.com.example.net", "", ".", "com", "protection.office.com.evil"]
        {
            assert_eq!(first(&names, other), None, "{other}");
        }
    }

    #[test]
    fn a_star_may_stand_inside_a_label() {
        let names = table(&["*cdn.onenote.net", "*-admin.sharepoint.com", "*.sharepoint.com", "a*b*c.example"]);
        assert_eq!(first(&names, "webcdn.onenote.net"), Some((0, Written::ByPattern)));
        assert_eq!(first(&names, "contoso-admin.sharepoint.com"), Some((1, Written::ByPattern)));
        assert_eq!(first(&names, "contoso.sharepoint.com"), Some((2, Written::ByPattern)));
        assert_eq!(first(&names, "cdn.onenote.net"), None, "a star stands for one character at least");
        assert_eq!(first(&names, "axbyc.example"), Some((3, Written::ByPattern)));
        assert_eq!(first(&names, "axbybxc.example"), Some((3, Written::ByPattern)));
        assert_eq!(first(&names, "abc.example"), None);
    }

    #[test]
    fn a_star_stands_for_as_many_characters_as_the_rest_leaves() {
        let names = table(&["*b.c.example", "x*.c.example"]);
        for (name, set) in
            [("ab.c.example", 0), ("aab.c.example", 0), ("bb.c.example", 0), ("abab.c.example", 0), ("xy.c.example", 1)]
        {
            assert_eq!(first(&names, name), Some((set, Written::ByPattern)), "{name}");
        }
        for other in ["b.c.example", "x.c.example", "ba.c.example"] {
            assert_eq!(first(&names, other), None, "{other}");
        }
    }

    #[test]
    fn sets_of_one_pattern_stand_together_and_the_longest_pattern_first() {
        let all = |patterns: &[&str], name: &str| {
            let mut met = Vec::new();
            let none: Option<()> = table(patterns).find(name, |sets, _| {
                met.push(sets.to_vec());
                None
            });
            assert_eq!(none, None);
            met
        };
        assert_eq!(
            all(&["*cdn.x.example", "*-cdn.x.example", "*cdn.x.example"], "a-cdn.x.example"),
            [vec![1], vec![0, 2]]
        );
        assert_eq!(all(&["*-cdn.x.example", "*cdn.x.example"], "a-cdn.x.example"), [vec![0], vec![1]]);
        assert_eq!(
            all(&["*n.x.example", "*cdn.x.example", "*dn.x.example"], "acdn.x.example"),
            [vec![1], vec![2], vec![0]]
        );
    }

    #[test]
    fn what_is_not_accepted_leads_to_the_next() {
        let names = table(&["www.office.com", "*.office.com"]);
        let only_one = names.find("www.office.com", |sets, _| sets.contains(&1).then_some(1));
        assert_eq!(only_one, Some(1));
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let names = table(&[&format!("{}c.example", "a*".repeat(200))]);
        assert_eq!(first(&names, &format!("{}.example", "a".repeat(250))), None);
    }
}

//! Counting variants and listing those that broke the rule.

use crate::packets::Sample;
use crate::support::analysis::{Claim, shown};

/// Lines that a failed test prints; more are counted.
const MAX_LINES: usize = 400;

/// Variants tried so far.
pub struct Tally {
    rule: &'static str,
    captures: usize,
    variants: usize,
    same: usize,
    broken: Vec<String>,
}

impl Tally {
    pub fn new(rule: &'static str) -> Self {
        Self { rule, captures: 0, variants: 0, same: 0, broken: Vec::new() }
    }

    /// The next capture begins.
    pub fn capture(&mut self) {
        self.captures += 1;
    }

    /// Notes a variant; `change` says what was done, `holds` decides by the capture and the claims about the variant.
    pub fn note(
        &mut self,
        sample: &Sample,
        change: &str,
        after: &Result<Vec<Claim>, String>,
        holds: impl Fn(&Sample, &[Claim]) -> bool,
    ) {
        self.variants += 1;
        match after {
            Ok(after) => {
                self.same += usize::from(*after == sample.claims);
                if !holds(sample, after) {
                    let lost = shown(sample.claims.iter().filter(|claim| !after.contains(claim)));
                    let new = shown(after.iter().filter(|claim| !sample.claims.contains(claim)));
                    let counts = format!("{} -> {} findings", sample.claims.len(), after.len());
                    self.broken.push(format!("{}: {change}: {lost} -> {new} ({counts})", sample.name));
                }
            }
            Err(message) => self.broken.push(format!("{}: {change}: {message}", sample.name)),
        }
    }

    /// Prints what was covered; fails where a rule was broken, or where fewer than `least` percent of the variants say
    /// exactly what the original says: a rule that only silence keeps would prove nothing.
    pub fn finish(self, least: usize) {
        let Self { rule, captures, variants, same, broken } = self;
        let percent = same * 100 / variants.max(1);
        println!("{rule}: {captures} captures, {variants} variants, {percent} % say exactly the same");
        let shown = broken.iter().take(MAX_LINES).cloned().collect::<Vec<_>>().join("\n");
        assert!(broken.is_empty(), "{rule}: {} of {variants} variants break the rule:\n{shown}", broken.len());
        let least = if std::env::var_os("NCSIGHT_CAPTURES").is_some() { 0 } else { least };
        assert!(percent >= least, "{rule}: only {percent} % of {variants} variants still say what the original says");
    }
}

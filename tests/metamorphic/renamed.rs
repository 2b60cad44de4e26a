//! With every address, port and host name changed, the verdicts stay and everything that is said names the new ones.

use std::net::{IpAddr, SocketAddr};

use ncsight::report::Report;
use ncsight::report::model::Finding;
use ncsight::settings::{KnownProxy, Settings};

use crate::names::Names;
use crate::packets::{Sample, guarded, samples};
use crate::support::analysis::{Claim, claims, of_bytes, report_on, shown};
use crate::support::trace::{self, Record};

#[test]
fn renamed_throughout_the_verdicts_stay_and_name_the_new_ones() {
    let (mut faults, mut captures, mut renamed) = (Vec::new(), 0, 0);
    for sample in samples() {
        let names = Names::of(&sample.records);
        let records: Vec<Record> = sample.records.iter().map(|record| in_packet(record, &names)).collect();
        let settings = in_settings(&sample.settings, &names);
        captures += 1;
        renamed += names.v4.len() + names.v6.len() + names.macs.len() + names.hosts.len();
        let found = faults_of(&sample, &records, &settings, &names);
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", sample.name)));
    }
    println!("renamed: {captures} captures, {renamed} addresses and names, and all ports that are free to choose");
    assert!(renamed > captures * 2, "hardly anything was renamed");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn faults_of(sample: &Sample, records: &[Record], settings: &Settings, names: &Names) -> Vec<String> {
    // Written anew, too: a journal between the packets would shift their numbers.
    let before = of_bytes(trace::write(&sample.records), &sample.settings).unwrap();
    let after = match guarded(trace::write(records), settings) {
        Ok(after) => after,
        Err(message) => return vec![message],
    };
    let mut expected: Vec<Claim> = claims(&before);
    for claim in &mut expected {
        claim.client = names.address(claim.client);
        claim.host = claim.host.as_deref().map(|host| names.host(host));
    }
    expected.sort();
    let got = claims(&after);
    if got != expected {
        return vec![format!("{} -> {}", shown(&expected), shown(&got))];
    }
    let (before, after) = (report_on(&before), report_on(&after));
    let mut faults = stale(&after, names);
    let told: Vec<(u32, Vec<String>)> = after.findings.iter().map(|new| (new.id, texts(&new))).collect();
    for old in before.findings.iter() {
        // Equal times settle in the order of addresses: findings keep their text, maybe not their place.
        let wanted: Vec<String> = texts(&old).into_iter().map(|text| in_text(&text, names)).collect();
        if !told.iter().any(|(_, new)| *new == wanted) {
            let near = told.iter().find(|(id, _)| *id == old.id).map(|(_, new)| new.clone()).unwrap_or_default();
            let pair = wanted.iter().zip(&near).find(|(wanted, near)| wanted != near);
            faults.push(match pair {
                Some((wanted, near)) => {
                    format!("finding {} should say\n      {wanted}\n      and says\n      {near}", old.id)
                }
                None => format!("finding {}: {} texts became {}", old.id, wanted.len(), near.len()),
            });
        }
    }
    faults
}

/// Everything that a finding tells people.
fn texts(finding: &Finding) -> Vec<String> {
    let mut texts = vec![finding.filter.clone(), finding.title.clone(), finding.explanation.clone()];
    texts.extend(finding.remedy.iter().map(|remedy| remedy.text.to_string()));
    texts.extend(finding.would_change.iter().map(ToString::to_string));
    texts.extend(finding.confidence_reasons.iter().cloned());
    texts.extend(finding.evidence.iter().map(|evidence| format!("{}: {}", evidence.packet, evidence.note)));
    texts.extend(finding.server.map(|server| server.to_string()));
    texts.extend([&finding.proxy, &finding.url].into_iter().flatten().cloned());
    texts
}

/// Old addresses and names that are still told, and filters that do not name the client.
fn stale(report: &Report<'_>, names: &Names) -> Vec<String> {
    let mut faults = Vec::new();
    for finding in report.findings.iter() {
        for text in texts(&finding) {
            for word in words(&text).map(|(_, word)| word.to_ascii_lowercase()) {
                if in_word(&word, names).is_some_and(|new| new != word) {
                    faults.push(format!("finding {} still names {word}: {text}", finding.id));
                }
            }
        }
        let client = finding.client.to_string();
        let by_number = finding.filter.contains("frame.number");
        if !by_number && !words(&finding.filter).any(|(_, word)| word == client) {
            faults.push(format!(
                "the filter of finding {} does not name {}: {}",
                finding.id, finding.client, finding.filter
            ));
        }
    }
    faults
}

/// Runs of characters that may be an address or a host name, with their place.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || ".:-_".contains(character);
    text.split(move |character: char| !is_part(character)).filter(|word| !word.is_empty()).map(move |word| {
        let begin = word.as_ptr() as usize - text.as_ptr() as usize;
        let bare = word.trim_end_matches(['.', ':', '-']);
        (begin, if bare.is_empty() || word.ends_with("::") { word } else { bare })
    })
}

/// `text` with new addresses, ports and names.
fn in_text(text: &str, names: &Names) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for (begin, word) in words(text) {
        out.push_str(&text[done..begin]);
        out.push_str(&in_word(word, names).unwrap_or_else(|| word.to_owned()));
        done = begin + word.len();
    }
    out.push_str(&text[done..]);
    out
}

/// A word's new form, where it is an address or a name that has one.
fn in_word(word: &str, names: &Names) -> Option<String> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(names.address(address).to_string());
    }
    if let Ok(socket) = word.parse::<SocketAddr>() {
        return Some(SocketAddr::new(names.address(socket.ip()), names.port(socket.port())).to_string());
    }
    if let Ok(port) = word.strip_prefix(':').unwrap_or(word).parse::<u16>() {
        let colon = if word.starts_with(':') { ":" } else { "" };
        return names.ports.get(&port).map(|new| format!("{colon}{new}"));
    }
    if let Some(mac) = mac(word) {
        let new = names.macs.get(&mac)?;
        return Some(new.map(|byte| format!("{byte:02x}")).join(":"));
    }
    let (host, port) = match word.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (word, None),
    };
    let new = names.hosts.get(&host.to_ascii_lowercase())?;
    Some(port.map_or_else(|| new.clone(), |port| format!("{new}:{}", names.port(port))))
}

fn mac(word: &str) -> Option<[u8; 6]> {
    let bytes: Vec<u8> = word
        .split(':')
        .map(|part| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2))
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

fn in_settings(settings: &Settings, names: &Names) -> Settings {
    let proxies = settings.proxies.iter().map(|proxy| KnownProxy {
        host: proxy.address().map_or_else(|| names.host(&proxy.host), |address| names.address(address).to_string()),
        port: names.port(proxy.port),
    });
    Settings { proxies: proxies.collect(), ..settings.clone() }
}

/// The packet with new addresses, ports and names, of the same length. Checksums become wrong, as in any capture that
/// was made on a sending host.
fn in_packet(record: &Record, names: &Names) -> Record {
    let mut data = record.data.clone();
    in_payload_text(&record.data, &mut data, names);
    in_labels(&record.data, &mut data, names);
    in_binary(&record.data, &mut data, names);
    in_ports(&record.data, &mut data, names);
    Record { data, ..record.clone() }
}

/// Addresses, `host:port` and host names that stand as text.
fn in_payload_text(old: &[u8], new: &mut [u8], names: &Names) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b".:-".contains(byte);
    let mut begin = 0;
    for run in old.split(|byte| !is_part(byte)) {
        let text = std::str::from_utf8(run).expect("ASCII");
        let has_letters_or_dots = text.contains(['.', ':']);
        if has_letters_or_dots
            && let Some(word) = in_word(text, names)
            && word.len() == run.len()
        {
            new[begin..begin + run.len()].copy_from_slice(word.as_bytes());
        } else {
            in_run(run, &mut new[begin..begin + run.len()], names);
        }
        begin += run.len() + 1;
    }
}

/// Host names inside a longer run: text next to binary that looks like text.
fn in_run(old: &[u8], new: &mut [u8], names: &Names) {
    let lower = old.to_ascii_lowercase();
    let mut hosts: Vec<_> = names.hosts.iter().collect();
    hosts.sort_by_key(|(host, _)| std::cmp::Reverse(host.len()));
    let mut at = 0;
    while at < lower.len() {
        let here = hosts.iter().find(|(host, _)| lower[at..].starts_with(host.as_bytes()));
        if let Some((host, name)) = here {
            new[at..at + host.len()].copy_from_slice(name.as_bytes());
            at += host.len();
        } else {
            at += 1;
        }
    }
}

/// Labels of DNS names: a length, then the label.
fn in_labels(old: &[u8], new: &mut [u8], names: &Names) {
    for (label, name) in &names.labels {
        let mut wire = vec![label.len() as u8];
        wire.extend_from_slice(label.as_bytes());
        for at in 0..old.len().saturating_sub(wire.len() - 1) {
            if old[at..at + wire.len()].eq_ignore_ascii_case(&wire) {
                new[at + 1..at + wire.len()].copy_from_slice(name.as_bytes());
            }
        }
    }
}

/// Addresses of all kinds, wherever they stand: headers, quoted headers, answers, ARP.
fn in_binary(old: &[u8], new: &mut [u8], names: &Names) {
    let mut at = 0;
    while at < old.len() {
        let rest = &old[at..];
        let v6 =
            rest.first_chunk::<16>().and_then(|bytes| names.v6.get(&(*bytes).into())).map(|new| new.octets().to_vec());
        let mac = || rest.first_chunk::<6>().and_then(|bytes| names.macs.get(bytes)).map(|new| new.to_vec());
        let v4 = || {
            rest.first_chunk::<4>().and_then(|bytes| names.v4.get(&(*bytes).into())).map(|new| new.octets().to_vec())
        };
        match v6.or_else(mac).or_else(v4) {
            Some(bytes) => {
                new[at..at + bytes.len()].copy_from_slice(&bytes);
                at += bytes.len();
            }
            None => at += 1,
        }
    }
}

/// Ports behind every IP header, also a quoted or wrapped one: two known addresses in a row tell where one is.
fn in_ports(old: &[u8], new: &mut [u8], names: &Names) {
    for at in 0..old.len() {
        for place in [behind_v4(old, at, names), behind_v6(old, at, names)].into_iter().flatten() {
            for place in [place, place + 2] {
                if let Some(port) = old.get(place..place + 2) {
                    let port = names.port(u16::from_be_bytes([port[0], port[1]]));
                    new[place..place + 2].copy_from_slice(&port.to_be_bytes());
                }
            }
        }
    }
}

/// Place of the ports behind an IPv4 header that begins at `at`.
fn behind_v4(data: &[u8], at: usize, names: &Names) -> Option<usize> {
    let header = data.get(at..at + 20)?;
    let length = usize::from(header[0] & 15) * 4;
    let first_fragment = u16::from_be_bytes([header[6], header[7]]) & 0x1fff == 0;
    let known = [12, 16].into_iter().any(|place| {
        header[place..].first_chunk::<4>().is_some_and(|address| names.v4.contains_key(&(*address).into()))
    });
    let carries_ports = matches!(header[9], 6 | 17);
    (header[0] >> 4 == 4 && length >= 20 && first_fragment && known && carries_ports).then_some(at + length)
}

/// Place of the ports behind an IPv6 header that begins at `at`, and behind its extension headers.
fn behind_v6(data: &[u8], at: usize, names: &Names) -> Option<usize> {
    let header = data.get(at..at + 40)?;
    let known = [8, 24].into_iter().any(|place| {
        header[place..].first_chunk::<16>().is_some_and(|address| names.v6.contains_key(&(*address).into()))
    });
    if header[0] >> 4 != 6 || !known {
        return None;
    }
    let (mut next, mut place) = (header[6], at + 40);
    loop {
        let extension = data.get(place..place + 8);
        match (next, extension) {
            (6 | 17, _) => return Some(place),
            (0 | 43 | 60, Some(extension)) => {
                next = extension[0];
                place += usize::from(extension[1]) * 8 + 8;
            }
            (44, Some(extension)) if u16::from_be_bytes([extension[2], extension[3]]) >> 3 == 0 => {
                next = extension[0];
                place += 8;
            }
            _ => return None,
        }
    }
}

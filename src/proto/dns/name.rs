//! DNS names: labels, compression pointers, and how both are written as text.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::limits::{MAX_DNS_HOPS, MAX_DNS_POINTERS};
use crate::proto::Anomaly;

/// Longest name with its length bytes (RFC 1035, 2.3.4).
const MAX_NAME: usize = 255;
/// Characters that most names have at most.
const ROOM: usize = 32;

/// The byte after the name at `at`, pointers not followed.
pub(super) fn end(bytes: &[u8], mut at: usize) -> Result<usize, Anomaly> {
    let start = at;
    loop {
        let length = *bytes.get(at).ok_or(Anomaly::Truncated)?;
        match length >> 6 {
            0 if length == 0 => return Ok(at + 1),
            0 => at += 1 + usize::from(length),
            3 => return bytes.get(at + 1).map(|_| at + 2).ok_or(Anomaly::Truncated),
            _ => return Err(Anomaly::DnsLabel),
        }
        if at - start > MAX_NAME {
            return Err(Anomaly::DnsNameTooLong);
        }
    }
}

/// The name at `at` as text, pointers followed. Each pointer must lead to bytes before those that held it, so that no
/// loop is possible; `hops` counts them over the whole message.
pub(super) fn read(bytes: &[u8], mut at: usize, hops: &mut usize) -> Result<String, Anomaly> {
    let mut name = Vec::with_capacity(ROOM);
    let mut length_on_wire = 1;
    let mut pointers = 0;
    let mut before = at;
    loop {
        let length = *bytes.get(at).ok_or(Anomaly::Truncated)?;
        match length >> 6 {
            // Nothing but ASCII was put there.
            0 if length == 0 => return String::from_utf8(name).map_err(|_| Anomaly::DnsLabel),
            0 => {
                let next = at + 1 + usize::from(length);
                let label = bytes.get(at + 1..next).ok_or(Anomaly::Truncated)?;
                length_on_wire += label.len() + 1;
                if length_on_wire > MAX_NAME {
                    return Err(Anomaly::DnsNameTooLong);
                }
                if !name.is_empty() {
                    name.push(b'.');
                }
                push_label(&mut name, label);
                at = next;
            }
            3 => {
                let low = *bytes.get(at + 1).ok_or(Anomaly::Truncated)?;
                let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                pointers += 1;
                *hops += 1;
                if target >= before || pointers > MAX_DNS_POINTERS || *hops > MAX_DNS_HOPS {
                    return Err(Anomaly::DnsPointer);
                }
                before = target;
                at = target;
            }
            _ => return Err(Anomaly::DnsLabel),
        }
    }
}

fn push_label(name: &mut Vec<u8>, label: &[u8]) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'.' && byte != b'\\';
    if label.iter().all(|byte| is_plain(*byte)) {
        name.extend(label.iter().map(u8::to_ascii_lowercase));
        return;
    }
    for &byte in label {
        if is_plain(byte) {
            name.push(byte.to_ascii_lowercase());
        } else {
            let _ = write!(name, "\\{byte:03}");
        }
    }
}

/// Whether `name` (written as in [`Question::name`](super::Question::name)) asks for the name of an address.
#[must_use]
pub fn is_reverse(name: &str) -> bool {
    name.ends_with(".in-addr.arpa") || name.ends_with(".ip6.arpa")
}

/// The address that a whole reverse name stands for (RFC 1035, 3.5; RFC 3596, 2.5).
#[must_use]
pub fn in_addr_address(name: &str) -> Option<IpAddr> {
    if let Some(digits) = name.strip_suffix(".in-addr.arpa") {
        let mut bytes = [0u8; 4];
        let mut labels = digits.split('.');
        for byte in bytes.iter_mut().rev() {
            *byte = labels.next()?.parse().ok()?;
        }
        return labels.next().is_none().then(|| Ipv4Addr::from(bytes).into());
    }
    let digits = name.strip_suffix(".ip6.arpa")?;
    let mut value = 0u128;
    let mut count = 0;
    for label in digits.split('.').rev() {
        let digit = u128::from(label.chars().next()?.to_digit(16)?);
        if label.len() != 1 || count == 32 {
            return None;
        }
        value = value << 4 | digit;
        count += 1;
    }
    (count == 32).then(|| Ipv6Addr::from(value).into())
}

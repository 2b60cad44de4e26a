//! NTLM messages (MS-NLMP, 2.2.1), as far as they say who authenticates. Challenges and responses are never kept.

use serde::{Deserialize, Serialize};

/// Every NTLM message begins with it.
pub const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// NTLMSSP_NEGOTIATE_UNICODE: names are UTF-16 (MS-NLMP, 2.2.2.5).
const UNICODE: u32 = 1;
/// Longest name that is kept, in bytes: a DNS domain in UTF-16.
const MAX_NAME: usize = 512;
/// Places of the (length, offset) pairs of domain, user and workstation, and of the flags, in a type 3 message.
const DOMAIN: usize = 28;
const USER: usize = 36;
const WORKSTATION: usize = 44;
const FLAGS: usize = 60;

/// Who a type 3 message says it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct NtlmUser {
    /// Domain, may be empty.
    pub domain: String,
    /// User; a computer account ends in `$`; empty when anonymous or unreadable.
    pub user: String,
    /// Workstation, may be empty.
    pub workstation: String,
}

impl NtlmUser {
    /// Whether this is the account of a computer: what system services use.
    #[must_use]
    pub fn is_computer(&self) -> bool {
        self.user.ends_with('$')
    }
}

/// Kind of an NTLM message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NtlmMessage {
    /// Type 1, NEGOTIATE.
    Negotiate,
    /// Type 2, CHALLENGE.
    Challenge,
    /// Type 3, AUTHENTICATE.
    Authenticate(NtlmUser),
}

/// Reads an NTLM message that starts at the first byte. Of a cut type 3 message the names that can be read are given.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<NtlmMessage> {
    if !bytes.starts_with(SIGNATURE) {
        return None;
    }
    match u32_at(bytes, SIGNATURE.len())? {
        1 => Some(NtlmMessage::Negotiate),
        2 => Some(NtlmMessage::Challenge),
        3 => Some(NtlmMessage::Authenticate(NtlmUser {
            domain: name(bytes, DOMAIN),
            user: name(bytes, USER),
            workstation: name(bytes, WORKSTATION),
        })),
        _ => None,
    }
}

/// The name whose length and offset stand at `place`; empty where it lies outside.
fn name(bytes: &[u8], place: usize) -> String {
    let Some(length) = u16_at(bytes, place) else { return String::new() };
    let Some(offset) = u32_at(bytes, place + 4) else { return String::new() };
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let length = usize::from(length).min(MAX_NAME);
    let Some(raw) = start.checked_add(length).and_then(|end| bytes.get(start..end)) else { return String::new() };
    if is_unicode(bytes) {
        let units = raw.chunks_exact(2).map(|pair| match *pair {
            [low, high] => u16::from_le_bytes([low, high]),
            _ => 0,
        });
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        String::from_utf8_lossy(raw).into_owned()
    }
}

/// Messages of the oldest clients have no flags: the first name stands in their place, and it is OEM text.
fn is_unicode(bytes: &[u8]) -> bool {
    let payload = [DOMAIN, USER, WORKSTATION]
        .iter()
        .filter(|place| u16_at(bytes, **place).is_some_and(|length| length > 0))
        .filter_map(|place| u32_at(bytes, place + 4))
        .min();
    payload.is_none_or(|offset| offset >= 64) && u32_at(bytes, FLAGS).is_some_and(|flags| flags & UNICODE != 0)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|raw| raw.try_into().ok()).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
pub(crate) mod tests {
    use super::*;

    /// A type 3 message as Windows writes it: names first, then 24 bytes of response that must never show.
    pub(crate) fn type3(domain: &str, user: &str, workstation: &str, unicode: bool) -> Vec<u8> {
        let encode = |text: &str| -> Vec<u8> {
            if unicode { text.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { text.as_bytes().to_vec() }
        };
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(3u32.to_le_bytes());
        let parts = [encode(domain), encode(user), encode(workstation), b"RESPONSE-THAT-IS-SECRET!".to_vec()];
        let mut offsets = Vec::new();
        let mut at = 64u32;
        for part in &parts {
            offsets.push((u16::try_from(part.len()).unwrap(), at));
            at += u32::try_from(part.len()).unwrap();
        }
        for index in [3, 3, 0, 1, 2, 3] {
            let (length, offset) = offsets[index];
            bytes.extend(length.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
        }
        bytes.extend(u32::from(unicode).to_le_bytes());
        assert_eq!(bytes.len(), 64);
        bytes.extend(parts.concat());
        bytes
    }

    #[test]
    fn reads_the_three_names() {
        for unicode in [true, false] {
            let Some(NtlmMessage::Authenticate(user)) = parse(&type3("CONTOSO", "PC-07$", "PC-07", unicode)) else {
                panic!("no type 3")
            };
            assert_eq!((user.domain.as_str(), user.user.as_str()), ("CONTOSO", "PC-07$"));
            assert_eq!(user.workstation, "PC-07");
            assert!(user.is_computer());
        }
    }

    #[test]
    fn every_cut_and_every_wrong_offset_is_survived() {
        let whole = type3("CONTOSO", "anna", "PC", true);
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]).is_some(), length >= 12);
        }
        for place in 12..64 {
            let mut bytes = whole.clone();
            bytes[place] = 0xff;
            assert!(parse(&bytes).is_some());
        }
    }

    #[test]
    fn other_types() {
        assert_eq!(parse(b"NTLMSSP\0\x01\0\0\0"), Some(NtlmMessage::Negotiate));
        assert_eq!(parse(b"NTLMSSP\0\x02\0\0\0rest"), Some(NtlmMessage::Challenge));
        assert_eq!(parse(b"NTLMSSP\0\x04\0\0\0"), None);
        assert_eq!(parse(b"NTLMSSP"), None);
    }
}

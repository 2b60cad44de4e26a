//! NetBIOS over UDP (RFC 1001, RFC 1002), as far as a host tells its own name in it.

/// Port of the name service.
pub const NAME_PORT: u16 = 137;
/// Port of the datagram service.
pub const DATAGRAM_PORT: u16 = 138;

/// Bytes of an encoded name: its length, 32 half-byte letters (RFC 1001, 14.1).
const ENCODED: usize = 33;
/// The name ends in a byte that says what it stands for: 0x00 the workstation, 0x20 the file server.
const WORKSTATION: u8 = 0x00;
const SERVER: u8 = 0x20;

/// The name that the sender of a datagram says is its own: in the registration or refresh of a unique name, or as the
/// source of a NetBIOS datagram.
#[must_use]
pub fn own_name(port: u16, payload: &[u8]) -> Option<String> {
    match port {
        NAME_PORT => registered(payload),
        DATAGRAM_PORT => datagram_source(payload),
        _ => None,
    }
}

/// RFC 1002, 4.2.2: header of 12 bytes, the name as question, an additional record with its flags and address.
fn registered(payload: &[u8]) -> Option<String> {
    let &[_, _, flags, _, 0, 1, 0, 0, 0, 0, 0, 1] = payload.first_chunk::<12>()? else { return None };
    // A request; registration, release, wait, refresh, refresh of old, multi-homed registration.
    if flags & 0x80 != 0 || !matches!(flags >> 3 & 0xf, 5 | 8 | 9 | 15) {
        return None;
    }
    let name = payload.get(12..)?;
    // Behind the question (name, zero, type, class): the record with a pointer, type, class, time, length, flags.
    let record = name.get(ENCODED + 5..)?;
    let flags = match record {
        [0xc0, 0x0c, rest @ ..] => rest.get(10..12)?,
        _ => return None,
    };
    let is_group = flags.first()? & 0x80 != 0;
    if is_group { None } else { decoded(name) }
}

/// RFC 1002, 4.4.2: 14 bytes of header, then the source's name.
fn datagram_source(payload: &[u8]) -> Option<String> {
    // Direct unique, direct group, broadcast datagram.
    if !matches!(payload.first()?, 0x10..=0x12) {
        return None;
    }
    decoded(payload.get(14..)?)
}

/// A name of a machine in its first-level encoding.
fn decoded(name: &[u8]) -> Option<String> {
    let (length, letters) = name.get(..ENCODED)?.split_first()?;
    if *length != 32 {
        return None;
    }
    let (pairs, _) = letters.as_chunks::<2>();
    let mut bytes = Vec::with_capacity(16);
    for [high, low] in pairs {
        let nibble = |letter: u8| letter.checked_sub(b'A').filter(|value| *value < 16);
        bytes.push(nibble(*high)? << 4 | nibble(*low)?);
    }
    let (kind, text) = bytes.split_last()?;
    if !matches!(*kind, WORKSTATION | SERVER) {
        return None;
    }
    let text = String::from_utf8_lossy(text).trim_end_matches([' ', '\0']).to_owned();
    let plain = !text.is_empty() && text.chars().all(|c| !c.is_control());
    plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(name: &str, kind: u8) -> Vec<u8> {
        let mut bytes = [b' '; 16];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes[15] = kind;
        let letters = bytes.iter().flat_map(|byte| [b'A' + (byte >> 4), b'A' + (byte & 15)]);
        std::iter::once(32).chain(letters).collect()
    }

    fn registration(name: &str, kind: u8, opcode: u8, flags: u8) -> Vec<u8> {
        let header = [0x12, 0x34, opcode << 3 | 1, 0x10, 0, 1, 0, 0, 0, 0, 0, 1];
        let record = [0xc0, 0x0c, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 6, flags, 0, 10, 0, 0, 5];
        [&header[..], &encoded(name, kind), &[0, 0, 0x20, 0, 1], &record].concat()
    }

    #[test]
    fn a_registration_tells_the_name_of_the_machine() {
        assert_eq!(own_name(137, &registration("PC17", 0, 5, 0)).as_deref(), Some("PC17"));
        assert_eq!(own_name(137, &registration("PC17", 0x20, 8, 0)).as_deref(), Some("PC17"));
        assert_eq!(own_name(137, &registration("WORKGROUP", 0, 5, 0x80)), None, "a group's");
        assert_eq!(own_name(137, &registration("PC17", 0x1b, 5, 0)), None, "a domain's");
        assert_eq!(own_name(137, &registration("PC17", 0, 0, 0)), None, "a query");
        let whole = registration("PC17", 0, 5, 0);
        for cut in 0..whole.len() - 5 {
            assert_eq!(own_name(137, &whole[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_datagram_names_its_source() {
        let header = [0x11, 2, 0, 1, 10, 0, 0, 5, 0, 138, 0, 100, 0, 0];
        let datagram = [&header[..], &encoded("PC17", 0), &[0]].concat();
        assert_eq!(own_name(138, &datagram).as_deref(), Some("PC17"));
        assert_eq!(own_name(138, &datagram[..20]), None);
        assert_eq!(own_name(139, &datagram), None);
    }
}

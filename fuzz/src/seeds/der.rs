//! A certificate with nothing behind its signature, which nobody checks here.

use std::iter;

fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len()).expect("seeds are short");
    let head = if length < 0x80 { vec![length as u8] } else { iter::once(0x82).chain(length.to_be_bytes()).collect() };
    [&[tag][..], &head, &content].concat()
}

fn sequence(content: &[&[u8]]) -> Vec<u8> {
    element(0x30, content)
}

/// A name of one common name.
fn name(text: &str) -> Vec<u8> {
    let common_name = element(6, &[&[0x55, 4, 3]]);
    sequence(&[&element(0x31, &[&sequence(&[&common_name, &element(0x0c, &[text.as_bytes()])])])])
}

/// A certificate of `subject` by `issuer` (RFC 5280, 4.1), with the subject among its alternative names.
pub fn certificate(subject: &str, issuer: &str) -> Vec<u8> {
    // ecdsa-with-SHA256, and a key on P-256.
    let algorithm = sequence(&[&element(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]])]);
    let curve = element(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]);
    let kind = sequence(&[&element(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]]), &curve]);
    let key = sequence(&[&kind, &element(3, &[&[0, 4], &[9; 64]])]);
    let validity = sequence(&[&element(0x17, &[b"260101000000Z"]), &element(0x17, &[b"360101000000Z"])]);
    let names = sequence(&[&element(0x82, &[subject.as_bytes()]), &element(0x87, &[&[10, 0, 0, 1]])]);
    let alternative = sequence(&[&element(6, &[&[0x55, 0x1d, 0x11]]), &element(4, &[&names])]);
    let signed = sequence(&[
        &element(0xa0, &[&element(2, &[&[2]])]),
        &element(2, &[&[1, 2, 3]]),
        &algorithm,
        &name(issuer),
        &validity,
        &name(subject),
        &key,
        &element(0xa3, &[&sequence(&[&alternative])]),
    ]);
    sequence(&[&signed, &algorithm, &element(3, &[&[0], &[7; 64]])])
}

/// A Kerberos error about `service` (RFC 4120, 5.9.1).
pub fn kerberos_error(service: &[&str]) -> Vec<u8> {
    let parts: Vec<u8> = service.iter().flat_map(|part| element(0x1b, &[part.as_bytes()])).collect();
    let principal = sequence(&[&element(0xa0, &[&element(2, &[&[2]])]), &element(0xa1, &[&sequence(&[&parts])])]);
    element(
        0x7e,
        &[&sequence(&[
            &element(0xa0, &[&element(2, &[&[5]])]),
            &element(0xa1, &[&element(2, &[&[30]])]),
            &element(0xa4, &[&element(0x18, &[b"20260102030405Z"])]),
            &element(0xa6, &[&element(2, &[&[7]])]),
            &element(0xa9, &[&element(0x1b, &[b"CORP.EXAMPLE"])]),
            &element(0xaa, &[&principal]),
        ])],
    )
}

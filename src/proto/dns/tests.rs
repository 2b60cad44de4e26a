//! Messages byte by byte, cut at every byte, and hostile ones.

use std::time::{Duration, Instant};

use super::*;
use crate::limits::MAX_DNS_RECORDS;

/// A message from header words and the bytes after them.
fn message(flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34];
    bytes.extend(flags.to_be_bytes());
    for count in counts {
        bytes.extend(count.to_be_bytes());
    }
    bytes.extend_from_slice(rest);
    bytes
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn question(text: &str, qtype: u16) -> Vec<u8> {
    let mut bytes = name(text);
    bytes.extend(qtype.to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}

fn record(owner: &[u8], rtype: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = owner.to_vec();
    bytes.extend(rtype.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(ttl.to_be_bytes());
    bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// The chain that the probe's name has: alias, alias, two addresses, compressed, with EDNS.
fn probe_answer() -> Vec<u8> {
    let mut rest = question("www.msftconnecttest.COM", rtype::A);
    let first = record(&[0xc0, 12], rtype::CNAME, 3600, &name("ncsi-geo.trafficmanager.net"));
    let target_at = 12 + rest.len() + 12;
    rest.extend(first);
    let pointer = [0xc0, u8::try_from(target_at).unwrap()];
    let at = 12 + rest.len() + 12;
    rest.extend(record(&pointer, rtype::CNAME, 60, &name("a1961.g2.akamai.net")));
    let pointer = [0xc0, u8::try_from(at).unwrap()];
    rest.extend(record(&pointer, rtype::A, 20, &[2, 16, 1, 2]));
    rest.extend(record(&pointer, rtype::A, 0x8000_0001, &[2, 16, 1, 3]));
    rest.extend([0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    message(0x8180, [1, 4, 0, 1], &rest)
}

#[test]
fn reads_a_chain_with_pointers_and_edns() {
    let bytes = probe_answer();
    let read = parse(&bytes).unwrap();
    assert!(read.complete && read.response && read.recursion_available && read.edns && !read.soa);
    assert_eq!(read.anomalies, []);
    let asked = read.question.as_ref().unwrap();
    assert_eq!((asked.name.as_str(), asked.qtype, asked.qclass), ("www.msftconnecttest.com", 1, 1));
    assert_eq!(read.answers[0].data, RecordData::Cname("ncsi-geo.trafficmanager.net".into()));
    assert_eq!(read.answers[1].name, "ncsi-geo.trafficmanager.net");
    assert_eq!(read.answers[2].name, "a1961.g2.akamai.net");
    assert_eq!(read.answers[3].ttl, 0);
    assert_eq!(read.addresses().map(|a| a.to_string()).collect::<Vec<_>>(), ["2.16.1.2", "2.16.1.3"]);
    assert_eq!(agrees_with_dns_parser(&bytes, &read), Some(true));
}

#[test]
fn every_cut_keeps_what_stands_before_it() {
    let bytes = probe_answer();
    let whole = parse(&bytes).unwrap();
    let mut seen = 0;
    for length in 0..bytes.len() {
        let Ok(read) = parse(&bytes[..length]) else {
            assert!(length < 12);
            continue;
        };
        assert!(!read.complete);
        assert_eq!(read.anomalies, [Anomaly::Truncated]);
        assert_eq!(read.answers, whole.answers[..read.answers.len()]);
        assert!(read.answers.len() >= seen);
        seen = read.answers.len();
        assert_eq!(read.question.is_some(), length >= 12 + 29);
    }
    assert_eq!(seen, 4);
}

#[test]
fn what_dns_parser_refuses_is_read_all_the_same() {
    let mut rest = question("login.microsoftonline.com", rtype::HTTPS);
    rest.extend(record(&[0xc0, 12], rtype::HTTPS, 5, &[0, 1, 0]));
    rest.extend(record(&[0xc0, 12], 46, 5, &[1; 20]));
    rest.extend(record(&[0xc0, 12], rtype::A, 5, &[192, 0, 2, 1]));
    let unknown_types = message(0x8180, [1, 3, 0, 0], &rest);
    let z_bit = message(0x01c0, [1, 0, 0, 0], &question("example.com", rtype::A));
    for bytes in [unknown_types, z_bit] {
        let read = parse(&bytes).unwrap();
        assert!(read.complete && read.question.is_some(), "{read:?}");
        assert_eq!(agrees_with_dns_parser(&bytes, &read), None);
        assert_eq!(read.answers.len() / 3, read.addresses().count());
    }
}

#[test]
fn a_changed_reading_does_not_agree() {
    let bytes = probe_answer();
    let mut read = parse(&bytes).unwrap();
    read.answers[3].data = RecordData::A(Ipv4Addr::LOCALHOST);
    assert_eq!(agrees_with_dns_parser(&bytes, &read), Some(false));
    let mut read = parse(&bytes).unwrap();
    read.answers[0].name.push('x');
    assert_eq!(agrees_with_dns_parser(&bytes, &read), Some(false));
}

#[test]
fn negative_answers() {
    for (flags, rcode) in [(0x8183, rcode::NXDOMAIN), (0x8182, rcode::SERVFAIL), (0x8185, rcode::REFUSED)] {
        let mut rest = question("dns.msftncsi.com", rtype::AAAA);
        let mut soa = vec![0, 0];
        soa.extend([0; 20]);
        rest.extend(record(&[0], rtype::SOA, 900, &soa));
        let bytes = message(flags, [1, 0, 1, 0], &rest);
        let read = parse(&bytes).unwrap();
        assert_eq!((read.rcode, read.soa, read.complete), (rcode, true, true));
        assert_eq!(agrees_with_dns_parser(&bytes, &read), Some(true));
    }
    // BADVERS is 16: its upper bits are in the OPT record.
    let mut rest = question("a", 1);
    rest.extend([0, 0, 41, 4, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(parse(&message(0x8180, [1, 0, 0, 1], &rest)).unwrap().rcode, 16);
}

#[test]
fn names_are_escaped_and_bounded() {
    let table: [(&[u8], Result<&str, Anomaly>); 7] = [
        (b"\0", Ok("")),
        (b"\x03a.b\x02\\\x1b\0", Ok("a\\046b.\\092\\027")),
        (b"\x04h\xc3\xb6 \x01A\0", Ok("h\\195\\182\\032.a")),
        (b"\x41a\0", Err(Anomaly::DnsLabel)),
        (b"\xc0\x0c", Err(Anomaly::DnsPointer)),
        (b"\xc0\x40", Err(Anomaly::DnsPointer)),
        (b"\x3f", Err(Anomaly::Truncated)),
    ];
    for (wire, expected) in table {
        let mut bytes = vec![0; 12];
        bytes[5] = 1;
        bytes.extend_from_slice(wire);
        if expected.is_ok() || wire[0] >= 0xc0 {
            bytes.extend([0, 1, 0, 1]);
        }
        let read = parse(&bytes).unwrap();
        match expected {
            Ok(name) => assert_eq!(read.question.unwrap().name, name),
            Err(anomaly) => {
                assert_eq!(read.question, None);
                assert!(read.anomalies.contains(&anomaly), "{wire:?}: {:?}", read.anomalies);
            }
        }
    }
    let mut long = vec![0; 12];
    long[5] = 1;
    for _ in 0..6 {
        long.push(63);
        long.extend([b'a'; 63]);
    }
    long.extend([0, 0, 1, 0, 1]);
    assert!(parse(&long).unwrap().anomalies.contains(&Anomaly::DnsNameTooLong));
}

#[test]
fn a_wrong_record_costs_only_itself() {
    let mut rest = question("example.com", rtype::A);
    rest.extend(record(&[0xc0, 12], rtype::A, 1, &[1, 2, 3]));
    rest.extend(record(&[0xc0, 12], rtype::CNAME, 1, &[0xff, 0xff]));
    rest.extend(record(&[0xff, 0xfe], rtype::A, 1, &[192, 0, 2, 9]));
    let read = parse(&message(0x8180, [1, 3, 0, 0], &rest)).unwrap();
    assert!(read.complete);
    assert_eq!(read.anomalies, [Anomaly::DnsRecordLength, Anomaly::DnsPointer]);
    assert_eq!(read.addresses().next().unwrap().to_string(), "192.0.2.9");
}

#[test]
fn pointer_chains_and_counts_that_lie_are_bounded() {
    // A first record holds 8000 pointers, each to the one before; every other record starts at the last of them.
    let chain_at = 12 + 11;
    let mut chain = vec![0];
    let mut target = chain_at;
    for _ in 0..8000 {
        let here = chain_at + chain.len();
        chain.extend(u16::try_from(0xc000 | target).unwrap().to_be_bytes());
        target = here;
    }
    let mut bytes = message(0x8180, [0, 0xffff, 0xffff, 0xffff], &record(&[0], rtype::TXT, 1, &chain));
    while bytes.len() < 65_000 {
        bytes.extend(record(&u16::try_from(0xc000 | target).unwrap().to_be_bytes(), rtype::A, 1, &[1, 1, 1, 1]));
    }
    let begin = Instant::now();
    for _ in 0..100 {
        let read = parse(&bytes).unwrap();
        assert_eq!(read.answers.len(), MAX_DNS_RECORDS);
        assert_eq!(read.anomalies, [Anomaly::DnsPointer, Anomaly::DnsTooManyRecords]);
        assert!(!read.complete);
    }
    // Following every chain would take half a minute.
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[test]
fn tcp_messages_are_the_same_however_they_are_split() {
    let (one, two) = (probe_answer(), message(0x0100, [1, 0, 0, 0], &question("example.com", 1)));
    let mut stream = Vec::new();
    for part in [&one[..], &[], &two[..]] {
        stream.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
        stream.extend_from_slice(part);
    }
    let expected = vec![one.clone(), two.clone()];
    assert_eq!(TcpMessages::default().feed(&stream), expected);
    for split in 0..stream.len() {
        let mut reader = TcpMessages::default();
        let mut got = reader.feed(&stream[..split]);
        got.extend(reader.feed(&stream[split..]));
        assert_eq!(got, expected);
    }
    let mut reader = TcpMessages::default();
    assert_eq!(stream.iter().flat_map(|byte| reader.feed(&[*byte])).collect::<Vec<_>>(), expected);
    assert_eq!(reader.partial(), b"");
    reader.feed(&[0, 60]);
    reader.feed(&one[..50]);
    assert_eq!(reader.partial(), &one[..50]);
    assert_eq!(parse(reader.partial()).unwrap().question.unwrap().name, "www.msftconnecttest.com");
}

#[test]
fn reverse_names() {
    assert_eq!(in_addr_address("4.3.2.1.in-addr.arpa"), Some("1.2.3.4".parse().unwrap()));
    assert_eq!(in_addr_address("3.2.1.in-addr.arpa"), None);
    assert_eq!(in_addr_address("0.4.3.2.1.in-addr.arpa"), None);
    let v6 = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23));
    assert_eq!(in_addr_address(&v6), Some("2001:db8::1".parse().unwrap()));
    assert!(is_reverse(&v6) && !is_reverse("in-addr.arpa"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_corruption_panics(at in 0..120usize, value in 0..=255u8, second in 0..120usize, other in 0..=255u8) {
        let mut bytes = probe_answer();
        let length = bytes.len();
        bytes[at % length] = value;
        bytes[second % length] = other;
        if let Ok(read) = parse(&bytes) {
            proptest::prop_assert!(!read.anomalies.contains(&Anomaly::DnsReadersDiffer), "{read:?}");
        }
    }
}

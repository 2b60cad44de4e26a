//! Captures made in memory, whole and damaged, read through [`Capture`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::limits::{MAX_WAITING_OPEN, READ_AHEAD, READ_BLOCK};

const SECOND: u32 = 1_768_208_400;

/// What was read of one packet.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Seen {
    input: u16,
    number: u64,
    ns: i64,
    link: u16,
    data: Vec<u8>,
}

fn drain(capture: &mut Capture) -> Vec<Seen> {
    let mut seen = Vec::new();
    while let Some(frame) = capture.next() {
        assert!(frame.wire_len as usize >= frame.data.len());
        seen.push(Seen {
            input: frame.at.id.input(),
            number: frame.at.id.number(),
            ns: frame.at.time.as_nanos(),
            link: frame.link.0,
            data: frame.data.to_vec(),
        });
    }
    seen
}

fn read(bytes: &[u8]) -> Result<(Vec<Seen>, Input), Error> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let mut capture = Capture::from_reader(Path::new("x"), input, Options::default())?;
    let seen = drain(&mut capture);
    Ok((seen, capture.inputs().remove(0)))
}

fn u32s(big_endian: bool, values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() }).collect()
}

/// A pcap file with a packet of 60 bytes `n` for each of `count`, one second apart, fraction 5.
fn pcap(magic: u32, big_endian: bool, link: u32, count: u8) -> Vec<u8> {
    let mut file = u32s(big_endian, &[magic]);
    let version: [u16; 2] = [2, 4];
    file.extend(version.iter().flat_map(|v| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() }));
    file.extend(u32s(big_endian, &[0, 0, 65535, link]));
    if magic == 0x1c00_01ac {
        file.extend([0; 4]);
    }
    for n in 1..=count {
        file.extend(u32s(big_endian, &[SECOND + u32::from(n), 5, 60, 100]));
        if magic == 0xa1b2_cd34 {
            file.extend([0; 8]);
        }
        file.extend([n; 60]);
    }
    file
}

fn block(big_endian: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(12 + padded).unwrap();
    let mut block = u32s(big_endian, &[kind, length]);
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(u32s(big_endian, &[length]));
    block
}

fn option(big_endian: bool, code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let mut option: Vec<u8> =
        [code, length].iter().flat_map(|v| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() }).collect();
    option.extend(value);
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

fn section(big_endian: bool) -> Vec<u8> {
    let mut body = u32s(big_endian, &[0x1a2b_3c4d]);
    body.extend(if big_endian { [0, 1, 0, 0] } else { [1, 0, 0, 0] });
    body.extend([0xff; 8]);
    body.extend(option(big_endian, 3, b"Windows 11\x1b"));
    body.extend(option(big_endian, 4, b"Dumpcap\0"));
    block(big_endian, 0x0a0d_0d0a, &body)
}

fn interface(big_endian: bool, link: u16, snap_length: u32, options: &[u8]) -> Vec<u8> {
    let mut body = if big_endian { link.to_be_bytes() } else { link.to_le_bytes() }.to_vec();
    body.extend([0, 0]);
    body.extend(u32s(big_endian, &[snap_length]));
    body.extend(options);
    block(big_endian, 1, &body)
}

fn packet(big_endian: bool, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap();
    #[allow(clippy::cast_possible_truncation)]
    let mut body = u32s(big_endian, &[interface, (ticks >> 32) as u32, ticks as u32, length, length]);
    body.extend(data);
    block(big_endian, 6, &body)
}

fn simple(big_endian: bool, length: u32, data: &[u8]) -> Vec<u8> {
    let mut body = u32s(big_endian, &[length]);
    body.extend(data);
    block(big_endian, 3, &body)
}

fn micros(second: u32) -> u64 {
    u64::from(second) * 1_000_000
}

/// Five packets (the fourth without time), two byte orders, a journal block and a custom block.
fn pcapng() -> Vec<u8> {
    let mut file = section(false);
    file.extend(interface(false, 1, 262_144, &option(false, 11, b"\0tcp port 80")));
    file.extend(packet(false, 0, micros(SECOND) + 7, &[1; 61]));
    file.extend(block(false, 9, b"__REALTIME_TIMESTAMP=1\n__CURSOR=x\nMESSAGE=y\n"));
    file.extend(packet(false, 0, micros(SECOND) + 8, &[2; 60]));
    file.extend(block(false, 5, &[u32s(false, &[0, 0, 0]), option(false, 5, &9_u64.to_le_bytes())].concat()));
    file.extend(section(true));
    let nanos = [option(true, 9, &[9]), option(true, 14, &3600_i64.to_be_bytes())].concat();
    file.extend(interface(true, 101, 0, &nanos));
    file.extend(interface(true, 113, 0, &option(true, 9, &[0x80 | 10])));
    file.extend(packet(true, 0, (u64::from(SECOND) - 3600) * 1_000_000_000 + 9, &[3; 62]));
    file.extend(block(true, 0x4000_0bad, &u32s(true, &[32473, 0])));
    file.extend(simple(true, 63, &[4; 63]));
    file.extend(packet(true, 1, (u64::from(SECOND) << 10) + 512, &[5; 64]));
    file
}

#[test]
fn every_dialect_of_pcap_reads_the_same() {
    for (magic, fraction) in [(0xa1b2_c3d4, 5000), (0xa1b2_3c4d, 5), (0xa1b2_cd34, 5000), (0x1c00_01ac, 5000)] {
        for big_endian in [false, true] {
            let (seen, input) = read(&pcap(magic, big_endian, 0x2400_0001, 3)).unwrap();
            let expected: Vec<Seen> = (1..=3_u8)
                .map(|n| Seen {
                    input: 0,
                    number: n.into(),
                    ns: i64::from(SECOND + u32::from(n)) * 1_000_000_000 + fraction,
                    link: 1,
                    data: vec![n; 60],
                })
                .collect();
            assert_eq!(seen, expected, "{magic:#x} {big_endian}");
            assert!(input.complete && input.problems.is_empty());
            assert_eq!((input.format, input.packets, input.bytes), ("pcap", 3, 180));
            assert_eq!(input.link_types, ["ETHERNET"]);
            assert_eq!(input.time_digits, if fraction == 5 { 9 } else { 6 });
        }
    }
}

#[test]
fn pcapng_sections_interfaces_and_numbers() {
    let (seen, input) = read(&pcapng()).unwrap();
    let second = i64::from(SECOND) * 1_000_000_000;
    let brief: Vec<_> = seen.iter().map(|s| (s.number, s.ns - second, s.link, s.data.len())).collect();
    // 2 is the journal block, 5 the custom one.
    let expected = [(1, 7000, 1, 61), (3, 8000, 1, 60), (4, 9, 101, 62), (6, 9, 101, 63), (7, 500_000_000, 113, 64)];
    assert_eq!(brief, expected);
    assert!(input.complete, "{:?}", input.problems);
    assert_eq!((input.format, input.packets, input.dropped, input.time_digits), ("pcapng", 5, 9, 9));
    assert_eq!(input.link_types, ["ETHERNET", "RAW", "LINUX_SLL"]);
    assert_eq!(input.capture_os.as_deref(), Some("Windows 11\\x1b"));
    assert_eq!(input.capture_program.as_deref(), Some("Dumpcap"));
    assert_eq!(input.filter.as_deref(), Some("tcp port 80"));
    assert_eq!(input.snap_length, Some(262_144));
}

#[test]
fn a_cut_file_says_where() {
    for (file, header) in [(pcap(0xa1b2_c3d4, false, 1, 3), 24), (pcapng(), 0)] {
        let whole = read(&file).unwrap().0;
        for length in header + 12..file.len() {
            let (seen, input) = read(&file[..length]).unwrap();
            assert_eq!(seen[..], whole[..seen.len()], "{length}");
            assert!(seen.len() <= whole.len());
            if !input.complete {
                assert_eq!(input.problems.len(), 1, "{length}");
                assert_eq!(input.problems[0].packet, seen.last().map_or(0, |s| s.number).max(input.problems[0].packet));
                assert!(input.problems[0].offset <= length as u64);
            } else {
                // Only at the end of a record.
                assert!(length > 12);
            }
        }
    }
    let (_, input) = read(&pcap(0xa1b2_c3d4, false, 1, 3)[..24 + 76 + 20]).unwrap();
    assert!(!input.complete);
    assert_eq!((input.problems[0].packet, input.problems[0].offset), (1, 100));
    assert!(input.problems[0].message.contains("20 of at least 76 bytes"), "{:?}", input.problems);
}

#[test]
fn reads_on_behind_damage() {
    // Of ten packets the header of the fifth is ruined: four before it, five behind it.
    let mut file = pcap(0xa1b2_c3d4, false, 1, 10);
    let fifth = 24 + 4 * 76;
    for (ruin, what) in [([0xff_u8; 16], "all ones"), ([0; 16], "all zeros"), (*b"GET / HTTP/1.1\r\n", "text")] {
        file[fifth..fifth + 16].copy_from_slice(&ruin);
        let (seen, input) = read(&file).unwrap();
        assert_eq!(seen.iter().map(|s| s.data[0]).collect::<Vec<_>>(), [1, 2, 3, 4, 6, 7, 8, 9, 10], "{what}");
        assert_eq!(seen.last().map(|s| s.number), Some(9));
        assert!(!input.complete);
        assert_eq!(input.problems.len(), 1, "{what}");
        assert_eq!((input.problems[0].packet, input.problems[0].offset), (4, fifth as u64));
    }
    // A captured length that leads beyond the end of the file.
    let mut file = pcap(0xa1b2_c3d4, true, 1, 10);
    file[fifth + 8..fifth + 16].copy_from_slice(&[0, 0, 0xff, 0, 0, 0, 0xff, 0]);
    assert_eq!(read(&file).unwrap().0.len(), 9);

    // The same for a block of pcapng: both lengths of the third block, then its end only.
    let mut blocks = [section(false), interface(false, 1, 0, &[])].concat();
    let start = blocks.len();
    for n in 0..6 {
        blocks.extend(packet(false, 0, micros(SECOND) + n, &[u8::try_from(n).unwrap(); 60]));
    }
    for (at, value, left) in [(4, 0x00ff_fff0_u32, 5), (4, 3, 5), (4, 92 + 40, 5), (88, 96, 6), (88, 0, 6)] {
        let mut file = blocks.clone();
        file[start + 2 * 92 + at..][..4].copy_from_slice(&value.to_le_bytes());
        let (seen, input) = read(&file).unwrap();
        assert_eq!(seen.len(), left, "{at} {value}");
        assert!(!input.complete);
        assert_eq!(input.problems[0].packet, 2);
    }
}

#[test]
fn a_packet_that_its_section_does_not_explain_keeps_its_number() {
    let mut file = [section(false), interface(false, 1, 0, &[])].concat();
    file.extend(packet(false, 7, 0, &[0; 60]));
    let mut lying = packet(false, 0, 0, &[0; 60]);
    lying[20..24].copy_from_slice(&61_u32.to_le_bytes());
    file.extend(lying);
    file.extend(packet(false, 0, 0, &[9; 60]));
    let (seen, input) = read(&file).unwrap();
    assert_eq!(seen.iter().map(|s| s.number).collect::<Vec<_>>(), [3]);
    assert_eq!(input.problems.len(), 2);
    assert!(input.problems[0].message.contains("interface 7"));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_files_are_told_by_content() {
    let plain = pcapng();
    let whole = read(&plain).unwrap().0;
    let (front, back) = plain.split_at(plain.len() / 2);
    let members = [gzip(front), gzip(back)].concat();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for (file, name) in [(&members, "gzip"), (&zstd, "zstd")] {
        let (seen, input) = read(file).unwrap();
        assert_eq!(seen, whole);
        assert!(input.complete);
        assert_eq!(input.compression, Some(name));
    }
    let cut = gzip(&pcap(0xa1b2_c3d4, false, 1, 200));
    let (seen, input) = read(&cut[..cut.len() - 12]).unwrap();
    assert!(!input.complete && !seen.is_empty());
    assert!(input.problems.last().unwrap().message.contains("gzip stream is cut"), "{:?}", input.problems);
    assert!(matches!(read(&gzip(&gzip(&plain))), Err(Error::NotACapture { .. })));
    assert!(matches!(read(&gzip(b"")), Err(Error::Empty { .. })));
}

#[test]
fn long_compressed_files_are_read_as_far_as_they_go() {
    // More blocks than are read ahead, of bytes that do not pack well.
    let (mut plain, mut noise) = (pcap(0xa1b2_c3d4, false, 1, 0), 1_u32);
    while plain.len() < 2 * READ_AHEAD * READ_BLOCK {
        plain.extend(u32s(false, &[SECOND, 5, 60, 60]));
        plain.extend((0..60).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        }));
    }
    let whole = read(&plain).unwrap().0;
    for (file, name) in [(gzip(&plain), "gzip"), (zstd::encode_all(&plain[..], 1).unwrap(), "zstd")] {
        let (seen, input) = read(&file).unwrap();
        assert!(seen == whole && input.complete, "{name}: {} packets", seen.len());
        let (seen, input) = read(&file[..file.len() - file.len() / 4]).unwrap();
        assert!(!input.complete && seen.len() > whole.len() / 2 && whole.starts_with(&seen), "{name}: {}", seen.len());
        let problem = &input.problems.last().unwrap().message;
        assert!(problem.contains(&format!("the {name} stream is cut")), "{problem}");
    }
}

#[test]
fn a_long_file_tells_by_its_ends_when_it_was_captured() {
    let folder = tempfile::tempdir().unwrap();
    let data = [7; 700];
    let classic = (0..4_000).fold(pcap(0xa1b2_c3d4, false, 1, 0), |mut file, second| {
        file.extend(u32s(false, &[SECOND + second, 0, 700, 700]));
        file.extend(data);
        file
    });
    let blocks = (0..4_000).fold([section(false), interface(false, 1, 0, &[])].concat(), |mut file, second| {
        file.extend(packet(false, 0, micros(SECOND + second), &data));
        file
    });
    let at = |second: u32| CaptureTime::from_nanos(i64::from(second) * 1_000_000_000);
    for (name, bytes) in [("long.pcap", &classic), ("long.pcapng", &blocks)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(ends(&path), Some((at(SECOND), at(SECOND + 3_999))), "{name}");
        std::fs::write(&path, &bytes[..3_000]).unwrap();
        assert_eq!(ends(&path).map(|(first, _)| first), Some(at(SECOND)), "{name}, short and cut");
        std::fs::write(&path, gzip(bytes)).unwrap();
        assert_eq!(ends(&path), None, "{name}, compressed");
    }
    assert_eq!(ends(&folder.path().join("nothing")), None);
}

#[test]
fn inputs_are_merged_by_time_whatever_the_order_of_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let at = |second: u32, n: u8| packet(false, 0, micros(second), &[n; 60]);
    let head = [section(false), interface(false, 1, 0, &[])].concat();
    let files = [
        ("b.pcapng", vec![at(10, 1), at(30, 3), at(25, 4), at(40, 7)]),
        ("a.pcapng", vec![at(20, 2), at(30, 5), at(31, 6), at(50, 8)]),
        ("c-empty.pcapng", vec![]),
    ];
    for (name, packets) in &files {
        std::fs::write(folder.path().join(name), [head.clone(), packets.concat()].concat()).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no capture").unwrap();
    std::fs::create_dir(folder.path().join("deeper")).unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut results = Vec::new();
    for arguments in [
        vec![path("a.pcapng"), path("b.pcapng"), path("c-empty.pcapng")],
        vec![path("c-empty.pcapng"), path("b.pcapng"), path("a.pcapng"), path("a.pcapng")],
        vec![folder.path().to_owned()],
        vec![path("b.pcapng"), folder.path().to_owned()],
    ] {
        let progress = std::sync::Arc::new(Progress::default());
        let options = Options { progress: progress.clone(), ..Options::default() };
        let (mut capture, errors) = Capture::open(&arguments, options).unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        let seen = drain(&mut capture);
        let paths: Vec<PathBuf> = capture.inputs().into_iter().map(|input| input.path).collect();
        assert_eq!(paths, [path("b.pcapng"), path("a.pcapng"), path("c-empty.pcapng")]);
        assert!(capture.inputs().iter().all(|input| input.complete));
        assert_eq!(progress.packets(), 8);
        results.push(seen);
    }
    // Within b the clock steps back from 30 to 25, and stays as it is; at 30, input 0 comes first.
    assert_eq!(results[0].iter().map(|s| s.data[0]).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(
        results[0].iter().map(|s| (s.input, s.number)).collect::<Vec<_>>()[..4],
        [(0, 1), (1, 1), (0, 2), (0, 3)]
    );
    assert!(results.iter().all(|one| *one == results[0]));
}

#[test]
fn a_clock_that_is_set_right_puts_packets_and_inputs_into_order() {
    let folder = tempfile::tempdir().unwrap();
    let (late, right) = (folder.path().join("a.pcap"), folder.path().join("b.pcap"));
    std::fs::write(&late, pcap(0xa1b2_c3d4, false, 1, 3)).unwrap();
    std::fs::write(&right, pcap(0xa1b2_c3d4, false, 1, 3)).unwrap();
    let (mut capture, _) = Capture::open(&[right.clone(), late.clone()], Options::default()).unwrap();
    let correction = Correction::by(500_000_000);
    let clock = Alignment { correction, reference: right, packets: 9, spread: std::time::Duration::ZERO };
    capture.align(vec![Some(clock.clone()), None]);
    let seen = drain(&mut capture);
    let numbers: Vec<(u16, u64)> = seen.iter().map(|one| (one.input, one.number)).collect();
    assert_eq!(numbers, [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)]);
    assert!(seen.is_sorted_by_key(|one| one.ns));
    let inputs = capture.inputs();
    assert_eq!((&inputs[1].path, &inputs[1].clock), (&late, &Some(clock)));
    assert_eq!(inputs[1].first.unwrap().distance(inputs[0].first.unwrap()).as_millis(), 500);
    assert_eq!(inputs[1].last, seen.last().map(|one| CaptureTime::from_nanos(one.ns)));
}

#[test]
fn more_files_than_stay_open() {
    let folder = tempfile::tempdir().unwrap();
    let count = u32::try_from(MAX_WAITING_OPEN).unwrap() * 2 + 3;
    for n in 0..count {
        let mut file = [section(false), interface(false, 1, 0, &[])].concat();
        for second in 0..3 {
            file.extend(packet(false, 0, micros(SECOND + second * count + n), &[0; 60]));
        }
        std::fs::write(folder.path().join(format!("{:03}.pcapng", count - n)), file).unwrap();
    }
    let options = Options::default();
    let progress = options.progress.clone();
    let (mut capture, _) = Capture::open(&[folder.path().to_owned()], options).unwrap();
    let seen = drain(&mut capture);
    let times: Vec<i64> = seen.iter().map(|s| s.ns / 1_000_000_000 - i64::from(SECOND)).collect();
    assert_eq!(times, (0..i64::from(count) * 3).collect::<Vec<_>>());
    assert_eq!(Some(progress.bytes()), progress.total());
}

#[test]
fn what_cannot_be_opened_is_told_beside_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("good"), pcap(0xa1b2_c3d4, false, 1, 1)).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    std::fs::write(path("page"), "<html>").unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    let bad = [path("empty"), path("page"), path("missing"), path("folder")];
    let (mut capture, errors) = Capture::open(&[&bad[..], &[path("good")]].concat(), Options::default()).unwrap();
    assert_eq!(drain(&mut capture).len(), 1);
    let errors_alone = Capture::open(&bad, Options::default()).err().unwrap();
    for errors in [errors, errors_alone] {
        assert_eq!(errors.len(), 4);
        assert!(errors.iter().any(|error| matches!(error, Error::Empty { .. })));
        assert!(errors.iter().any(|error| matches!(error, Error::NotACapture { .. })));
        assert!(errors.iter().any(|error| matches!(error, Error::Io { .. })));
        assert!(errors.iter().any(|error| matches!(error, Error::EmptyFolder { .. })));
    }
}

#[cfg(feature = "live")]
#[test]
fn a_filter_leaves_out_frames_and_keeps_numbers() {
    let mut file = pcap(0xa1b2_c3d4, false, 1, 4);
    // Frame 3 becomes UDP.
    let third = 24 + 2 * 76 + 16;
    file[third + 12..third + 15].copy_from_slice(&[8, 0, 0x45]);
    file[third + 23] = 17;
    let open = |filter: &str| {
        let options = Options { filter: Some(filter.to_owned()), ..Options::default() };
        Capture::from_reader(Path::new("x"), Box::new(Cursor::new(file.clone())), options)
    };
    let mut capture = open("udp").unwrap();
    assert_eq!(drain(&mut capture).iter().map(|s| s.number).collect::<Vec<_>>(), [3]);
    assert_eq!(capture.inputs()[0].packets, 4);
    assert!(matches!(open("udp prot"), Err(Error::Filter { .. })));
}

#[cfg(not(feature = "live"))]
#[test]
fn a_filter_needs_libpcap() {
    let options = Options { filter: Some("udp".to_owned()), ..Options::default() };
    let capture = Capture::from_reader(Path::new("x"), Box::new(Cursor::new(pcapng())), options);
    assert!(matches!(capture, Err(Error::WithoutLive { .. })));
}

/// Whatever stands in a file, reading ends, and what is told is within the file.
fn survives(bytes: &[u8]) {
    if let Ok((seen, input)) = read(bytes) {
        assert!(seen.windows(2).all(|pair| pair[0].number < pair[1].number));
        assert!(input.bytes <= bytes.len() as u64);
        assert_eq!(input.packets, seen.len() as u64);
        assert_eq!(input.complete, input.problems.is_empty(), "{:?}", input.problems);
        assert!(input.problems.iter().all(|problem| problem.offset <= bytes.len() as u64));
    }
}

#[test]
fn survives_every_single_byte_corruption() {
    for file in [pcap(0xa1b2_c3d4, false, 1, 4), pcapng()] {
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, file[at].wrapping_add(1)] {
                let mut damaged = file.clone();
                damaged[at] = value;
                survives(&damaged);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn survives_random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        survives(&bytes);
        survives(&[&pcap(0xa1b2_c3d4, false, 1, 2)[..], &bytes].concat());
        survives(&[&pcapng()[..], &bytes].concat());
        survives(&[&section(false)[..], &bytes].concat());
    }
}

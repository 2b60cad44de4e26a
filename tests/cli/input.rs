//! What the arguments name: captures in every wrapping, and what is none.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::{Run, capture, json, ncsight, outcome, run, verdicts, words};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes a file that nobody may think is still being written.
fn write_long_ago(path: &Path, bytes: &[u8]) {
    let mut file = fs::File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

fn report_on(path: &Path) -> Run {
    run(words!["report", path])
}

#[test]
fn what_is_no_capture_is_named_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let archive = [b"PK\x03\x04".as_slice(), &[7; 200]].concat();
    let mut trace = vec![0_u8; 512];
    trace[..4].copy_from_slice(&0x1_0000_u32.to_le_bytes());
    trace[0x36] = 4;
    trace[0x48..0x50].copy_from_slice(&[2, 0, 2, 0xc0, 0x20, 1, 0, 0]);
    for (name, content, told) in [
        ("notes.pcap", b"10.0.0.1 > 10.0.0.2: DNS\n".to_vec(), ["text", "give the capture itself"]),
        ("empty.pcapng", Vec::new(), ["empty", "stopped before anything was written"]),
        ("archive.pcap", archive, ["zip archive", "unpack it"]),
        ("trace.etl", trace, ["Windows event trace", "etl2pcapng"]),
        ("bytes.pcap", vec![0x9c; 300], ["offset 0", "expected pcap or pcapng"]),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let Run { code, out, err } = report_on(&path);
        assert_eq!((code, out.as_str()), (2, ""), "{name}: {err}");
        for part in told.iter().copied().chain([path.to_str().unwrap()]) {
            assert!(err.contains(part), "{name}: {part:?} is not in {err:?}");
        }
    }
}

#[test]
fn a_missing_file_is_named_and_the_others_are_analysed() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pcap");
    let Run { code, out, err } = report_on(&missing);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains(missing.to_str().unwrap()), "{err}");

    let both = run(words!["report", missing, capture("direct-302.pcapng")]);
    assert_eq!(both.code, 0, "{}", both.err);
    assert!(both.out.contains("HotspotDetected"), "{}", both.out);
    assert!(both.err.contains(missing.to_str().unwrap()), "{}", both.err);
}

#[test]
fn a_folder_without_captures_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = report_on(folder.path());
    assert_eq!((empty.code, empty.out.as_str()), (2, ""));
    assert!(empty.err.contains("no capture in this folder"), "{}", empty.err);
    assert!(empty.err.contains(folder.path().to_str().unwrap()), "{}", empty.err);

    fs::write(folder.path().join("notes.txt"), "nothing here\n").unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::copy(capture("direct-302.pcapng"), folder.path().join("below/direct-302.pcapng")).unwrap();
    let run = report_on(folder.path());
    assert_eq!(run.code, 2, "folders in a folder are not searched: {}", run.out);
    assert!(run.err.contains("no capture in this folder"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("closed.pcap");
    fs::copy(capture("direct-success.pcap"), &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    let Run { code, out, err } = report_on(&path);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains(path.to_str().unwrap()) && err.to_lowercase().contains("permission"), "{err}");
}

#[test]
fn a_cut_capture_is_analysed_up_to_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(capture("direct-302.pcapng")).unwrap();
    let whole = json(words![capture("direct-302.pcapng")]);
    let packets = whole["inputs"][0]["packets"].as_u64().unwrap();
    assert_eq!(whole["inputs"][0]["complete"], true);
    assert_eq!(whole["inputs"][0]["problems"], Value::Array(Vec::new()));

    let path = folder.path().join("cut.pcapng");
    write_long_ago(&path, &bytes[..bytes.len() - 3]);
    let cut = json(words![path]);
    let input = &cut["inputs"][0];
    assert_eq!(input["complete"], false);
    let problem = &input["problems"][0];
    assert!(problem["packet"].as_u64().unwrap() <= packets, "{problem}");
    let offset = usize::try_from(problem["offset"].as_u64().unwrap()).unwrap();
    assert!(offset < bytes.len() && offset > bytes.len() - 200, "{problem} in {} bytes", bytes.len());
    assert_eq!(verdicts(&cut), verdicts(&whole), "the last packet decides nothing");
    let text = report_on(&path);
    assert_eq!(text.code, 0);
    assert!(text.out.contains(&offset.to_string()), "the text names the offset: {}", text.out);
}

#[test]
fn a_cut_record_is_found_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(capture("direct-success.pcap")).unwrap();
    // The last record by its lengths: pcap has nothing else to find it by.
    let (mut last, mut at, mut packets) = (0, 24, 0_u64);
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap());
        (last, at, packets) = (at, at + 16 + length as usize, packets + 1);
    }
    let path = folder.path().join("cut.pcap");
    for cut in [last + 1, last + 15, last + 16, bytes.len() - 1] {
        write_long_ago(&path, &bytes[..cut]);
        let report = json(words![path]);
        let input = &report["inputs"][0];
        assert_eq!(input["complete"], false, "cut at {cut}");
        assert_eq!(input["packets"], packets - 1, "cut at {cut}");
        assert_eq!(input["problems"][0]["packet"], packets - 1, "cut at {cut}: the last good one");
        assert_eq!(input["problems"][0]["offset"], last, "cut at {cut}");
    }
}

#[test]
fn standard_input_gives_the_same_findings() {
    let path = capture("direct-302.pcapng");
    let direct = json(words![path]);
    for content in [fs::read(&path).unwrap(), gzip(&fs::read(&path).unwrap())] {
        let piped = outcome(ncsight().args(["report", "--format", "json", "-"]).write_stdin(content));
        assert_eq!((piped.code, piped.err.as_str()), (0, ""));
        let piped: Value = serde_json::from_str(&piped.out).unwrap();
        assert_eq!(piped["inputs"][0]["path"], "-");
        assert_eq!(piped["findings"], direct["findings"]);
        assert_eq!(piped["clients"], direct["clients"]);
    }
}

#[test]
fn compression_is_told_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture("direct-302.pcapng");
    let bytes = fs::read(&path).unwrap();
    let direct = json(words![path]);
    let (one, two) = bytes.split_at(bytes.len() / 2);
    for (name, content, compression) in [
        ("a.pcap", gzip(&bytes), "gzip"),
        ("members.zst", [gzip(one), gzip(two)].concat(), "gzip"),
        ("b.txt", zstd::encode_all(bytes.as_slice(), 3).unwrap(), "zstd"),
        ("frames.gz", [zstd::encode_all(one, 1).unwrap(), zstd::encode_all(two, 1).unwrap()].concat(), "zstd"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let report = json(words![path]);
        assert_eq!(report["inputs"][0]["compression"], compression, "{name}");
        assert_eq!(report["inputs"][0]["format"], "pcapng", "{name}");
        assert_eq!(report["findings"], direct["findings"], "{name}");
    }
}

#[test]
fn the_order_of_the_arguments_changes_nothing() {
    let files = ["part-rotated-2.pcap", "direct-302.pcapng", "part-rotated-1.pcap", "proxy-success.pcap"].map(capture);
    let report = |order: [usize; 4]| {
        run(["report".into(), "--format=json".into()].into_iter().chain(order.map(|at| files[at].clone())))
    };
    let first = report([0, 1, 2, 3]);
    assert_eq!(first.code, 0, "{}", first.err);
    for order in [[3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]] {
        assert_eq!(report(order).out, first.out, "{order:?}");
    }
    let parsed: Value = serde_json::from_str(&first.out).unwrap();
    let begins: Vec<&str> =
        parsed["inputs"].as_array().unwrap().iter().filter_map(|input| input["first"].as_str()).collect();
    assert!(begins.len() == 4 && begins.is_sorted(), "{begins:?}");
    assert!(verdicts(&parsed).len() >= 3, "{parsed}");
}

#[test]
fn a_folder_is_every_capture_in_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["part-rotated-1.pcap", "part-rotated-2.pcap"] {
        fs::copy(capture(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "beside them\n").unwrap();
    let whole = json(words![folder.path()]);
    assert_eq!(whole["inputs"].as_array().unwrap().len(), 2);
    let listed = json(words![folder.path().join("part-rotated-2.pcap"), folder.path().join("part-rotated-1.pcap")]);
    assert_eq!(whole, listed);
    let twice = json(words![folder.path(), folder.path().join("part-rotated-1.pcap")]);
    assert_eq!(twice, listed, "a file that is named twice is read once");
}

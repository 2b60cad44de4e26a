//! What a run gives up before it looks into a capture, and what works all the same.

use super::{capture, run, words};

#[test]
fn the_state_is_told_and_the_report_is_the_same() {
    let file = capture("direct-302.pcapng");
    let free = run(words!["report", "--format", "json", "--stats", "--sandbox", "off", file]);
    assert_eq!(free.code, 0, "{free:?}");
    assert!(free.err.contains("sandbox: off"), "{}", free.err);
    let usual = run(words!["report", "--format", "json", "--stats", file]);
    assert!(usual.err.contains("sandbox: best-effort, "), "{}", usual.err);
    assert_eq!(usual.out, free.out);
    let strict = run(words!["report", "--format", "json", "--stats", "--sandbox", "strict", file]);
    if usual.err.contains("best-effort, complete") {
        assert!(strict.err.contains("sandbox: strict, complete"), "{}", strict.err);
        assert_eq!(strict.out, free.out);
    } else {
        // A system that cannot says so, and nothing is read.
        assert_eq!((strict.code, strict.out.as_str()), (2, ""));
        assert!(strict.err.contains("--sandbox strict: "), "{}", strict.err);
    }
}

#[cfg(unix)]
#[test]
fn links_and_folders_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("capture");
    std::fs::copy(capture("direct-302.pcapng"), &target).unwrap();
    std::os::unix::fs::symlink(&target, folder.path().join("link.pcapng")).unwrap();
    std::fs::copy(capture("tcp-timeout.pcap"), folder.path().join("file.pcap")).unwrap();
    for path in [folder.path().to_owned(), folder.path().join("link.pcapng")] {
        let whole = run(words!["report", "--format", "json", path]);
        assert_eq!(whole.code, 0, "{whole:?}");
        let free = run(words!["report", "--format", "json", "--sandbox", "off", path]);
        assert_eq!(whole.out, free.out);
        assert_eq!(whole.err, "");
    }
}

#[cfg(feature = "live")]
#[test]
fn a_filter_may_name_ports() {
    let file = capture("direct-302.pcapng");
    let named = run(words!["report", "--format", "csv", "--filter", "tcp port 80 or port 53", file]);
    assert_eq!(named.code, 0, "{named:?}");
    let services = std::fs::read_to_string("/etc/services").unwrap_or_default();
    if services.lines().any(|line| line.starts_with("http\t") || line.starts_with("http ")) {
        let by_name = run(words!["report", "--format", "csv", "--filter", "tcp port http or port domain", file]);
        assert_eq!((by_name.code, by_name.out), (0, named.out), "{}", by_name.err);
    }
}

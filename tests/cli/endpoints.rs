//! `--endpoints FILE`: a newer list in place of the built-in one, and what is said of a broken one.

use std::fs;

use super::{capture, json, run, words};

#[test]
fn the_table_stands_in_every_readable_format() {
    let path = capture("office-signin-dropped.pcap");
    let report = json(words![path]);
    let row = report["endpoints"].as_array().unwrap().iter().find(|row| row["id"] == 56).unwrap();
    assert_eq!((row["blocked_at"].as_str(), row["required"].as_bool()), (Some("connected"), Some(true)));
    assert_eq!(row["first_failing"]["packet"], report["findings"][0]["evidence"][0]["packet"]);
    for (format, language, says) in [
        ("text", "en", "56 Common, required, sign-in"),
        ("text", "ja", "56 Common、必須、サインイン"),
        ("markdown", "en", "56 Common, required, sign-in"),
    ] {
        let printed = run(words!["report", "--format", format, "--lang", language, path]);
        assert!(printed.out.contains(says), "{format}: {}", printed.out);
    }
}

#[test]
fn a_list_of_ones_own_takes_the_place_of_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worldwide.json");
    let list = r#"[{"id": 999, "serviceArea": "Common", "serviceAreaDisplayName": "Ours", "urls": ["login.microsoftonline.com"],
        "tcpPorts": "443", "expressRoute": false, "category": "Default", "required": true, "new": 1}]"#;
    fs::write(&path, format!("\u{feff}{list}")).unwrap();
    let report = json(words!["--endpoints", path, capture("office-signin-dropped.pcap")]);
    let ids: Vec<i64> = report["endpoints"].as_array().unwrap().iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids, [999], "{report}");
    assert_eq!(report["findings"][0]["details"]["endpoint"]["id"], 999);
    assert_eq!(report["microsoft365"]["list"], path.to_str().unwrap());
}

#[test]
fn a_broken_list_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.json");
    let row = |ips: &str| {
        format!("[\n{{\"id\": 1, \"serviceArea\": \"Exchange\", \"category\": \"Allow\",\n\"ips\": [\"{ips}\"]}}]")
    };
    for (bytes, place) in [
        (row("40.96.0.0/99").into_bytes(), "line 3 column"),
        (row("40.96.0.0/13").replace("\"id\": 1", "\"id\": -1").into_bytes(), "line 2 column"),
        (b"<!DOCTYPE html>".to_vec(), "line 1 column 1"),
        (b"[]".to_vec(), "no endpoint sets"),
        (b"[\xff]".to_vec(), "byte 1"),
    ] {
        fs::write(&path, bytes).unwrap();
        let wrong = run(words!["report", "--endpoints", path, capture("direct-302.pcapng")]);
        assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{}", wrong.err);
        assert!(wrong.err.contains("broken.json") && wrong.err.contains(place), "{}", wrong.err);
    }
    let missing = run(words!["report", "--endpoints", folder.path().join("none.json"), capture("direct-302.pcapng")]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("none.json") && missing.err.contains("--endpoints"), "{}", missing.err);
}

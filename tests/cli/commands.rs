//! Everything beside `report`.

use std::fs;

use ncsight::verdict::Verdict;
use serde_json::Value;

use crate::{capture, json, run, words};

#[test]
fn the_schema_accepts_what_is_printed() {
    let schema = run(["schema"]);
    assert_eq!((schema.code, schema.err.as_str()), (0, ""));
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in ["direct-302.pcapng", "pos-two-clients.pcap", "proxy-loop.pcap", "tls-alert70-old-client.pcap"] {
        let report = json(words![capture(name)]);
        assert!(validator.is_valid(&report), "{name}: {:?}", validator.iter_errors(&report).next());
    }
}

#[test]
fn every_verdict_is_explained_in_both_languages() {
    let list = run(["explain"]);
    assert_eq!((list.code, list.err.as_str()), (0, ""));
    for verdict in Verdict::ALL {
        assert!(list.out.contains(verdict.name()), "{verdict} is not in the list");
        let english = run(["explain", verdict.name()]);
        let japanese = run(["explain", verdict.name(), "--lang", "ja"]);
        assert_eq!((english.code, japanese.code), (0, 0), "{verdict}");
        assert!(english.out.contains(verdict.name()) && english.out.len() > 200, "{verdict}: {}", english.out);
        let kana = japanese.out.chars().filter(|character| ('\u{3041}'..='\u{30ff}').contains(character)).count();
        assert!(kana > 20, "{verdict}: {}", japanese.out);
    }
    assert_eq!(run(["explain", "hotspotdetected"]).out, run(["explain", "HotspotDetected"]).out, "in any case");
}

#[test]
fn completions_and_the_manual_name_the_options() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(["completions", shell]);
        assert_eq!((script.code, script.err.as_str()), (0, ""), "{shell}");
        for word in ["capture-point", "completions", "ncsight"] {
            assert!(script.out.contains(word), "{shell} lacks {word}");
        }
    }
    let manual = run(["man"]);
    assert_eq!((manual.code, manual.err.as_str()), (0, ""));
    assert!(manual.out.contains(".TH ncsight"), "{}", manual.out);
    let help = run(["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert!(run(["--version"]).out.starts_with("ncsight "));
}

#[test]
fn the_printed_settings_are_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(["--print-config"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    let path = folder.path().join("ncsight.toml");
    fs::write(&path, &printed.out).unwrap();
    let portal = capture("direct-302.pcapng");
    assert_eq!(json(words!["--config", path, portal]), json(words![portal]));

    // A deadline that the capture's answer misses turns the success into a failure: the file is read.
    fs::write(&path, printed.out.replace("response = 35.0", "response = 0.000001")).unwrap();
    let hasty = json(words!["--config", path, capture("direct-success.pcap")]);
    assert_eq!(hasty["findings"][0]["cause"], "http-timeout", "{hasty}");

    fs::write(&path, "[deadlines]\nrepsonse = 35.0\n").unwrap();
    let wrong = run(words!["report", "--config", path, portal]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.contains("line 2") && wrong.err.contains("repsonse"), "{}", wrong.err);
}

#[test]
fn without_a_terminal_a_bare_file_is_a_report() {
    let path = capture("direct-302.pcapng");
    let bare = run(words![path]);
    assert_eq!((bare.code, bare.err.as_str()), (0, ""));
    assert_eq!(bare.out, run(words!["report", path]).out);
}

#[test]
fn interfaces_are_listed_or_the_reason_is_told() {
    let list = run(["interfaces"]);
    if cfg!(feature = "live") {
        assert!(list.code == 0 || !list.err.is_empty(), "{list:?}");
    } else {
        assert_eq!(list.code, 2);
        assert!(list.err.contains("libpcap"), "{}", list.err);
    }
}

//! What comes out, in every format, and where it goes.

use std::fs;

use serde_json::Value;

use crate::{Run, capture, json, ncsight, outcome, run, words};

const FORMATS: &[&str] = &["text", "json", "ndjson", "csv", "markdown", "html"];

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_bytes() {
    for format in FORMATS {
        let report = |threads: &str| {
            run(words![
                "report",
                "--format",
                *format,
                "--threads",
                threads,
                capture("pos-two-clients.pcap"),
                capture("proxy-loop.pcap")
            ])
        };
        let first = report("1");
        assert_eq!(first.code, 0, "{}", first.err);
        assert!(!first.out.is_empty(), "{format}");
        for threads in ["1", "2", "7"] {
            assert_eq!(report(threads).out, first.out, "{format}, {threads} threads");
        }
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let path = capture("direct-302.pcapng");
    let path = path.to_str().unwrap();
    let mut lines: Vec<Vec<&str>> = FORMATS.iter().map(|format| vec!["report", "--format", format, path]).collect();
    lines.extend([vec![path], vec!["schema"], vec!["explain"], vec!["explain", "HotspotDetected"], vec!["man"]]);
    lines.extend([vec!["completions", "bash"], vec!["--print-config"], vec!["--help"], vec!["--version"]]);
    for line in lines {
        // Nobody reads: the first byte written fails.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ncsight"))
            .args(&line)
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{line:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line:?}");
    }
}

#[test]
fn an_output_file_gets_what_standard_output_would() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join(format);
        let told = run(words!["report", "--format", *format, "-o", path, capture("direct-302.pcapng")]);
        assert_eq!((told.code, told.out.as_str()), (0, ""), "{}", told.err);
        let direct = run(words!["report", "--format", *format, capture("direct-302.pcapng")]);
        assert_eq!(fs::read_to_string(&path).unwrap(), direct.out, "{format}");
    }
    let nowhere = folder.path().join("missing/out.json");
    let Run { code, out, err } = run(words!["report", "-o", nowhere, capture("direct-302.pcapng")]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains(nowhere.to_str().unwrap()), "{err}");
}

#[test]
fn a_report_never_takes_the_place_of_the_capture_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("customer.pcapng");
    fs::copy(capture("direct-302.pcapng"), &path).unwrap();
    let before = fs::read(&path).unwrap();
    let other = folder.path().join(".").join("customer.pcapng");
    let refused = run(words!["report", "-o", other, &path]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("another name"), "{}", refused.err);
    assert_eq!(fs::read(&path).unwrap(), before);
    // Nor that of one beside it, or in a folder that is read.
    for read in [capture("direct-304.pcap"), folder.path().to_owned()] {
        assert_eq!(run(words!["report", "-o", &path, read]).code, 2);
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    let report = folder.path().join("report.txt");
    for _ in 0..2 {
        assert_eq!(run(words!["report", "-o", &report, folder.path()]).code, 0, "an older report goes");
    }
}

#[test]
fn lines_and_rows_are_the_findings_of_the_document() {
    let path = capture("pos-two-clients.pcap");
    let document = json(words![path]);
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.len() > 1);

    let Run { code, out, err } = run(words!["report", "--format", "ndjson", path]);
    assert_eq!(code, 0);
    assert_eq!(err.trim().lines().count(), 1, "a summary: {err}");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), findings.len());
    for (line, finding) in lines.iter().zip(findings) {
        for key in ["id", "verdict", "cause", "client", "started", "filter", "details"] {
            assert_eq!(line[key], finding[key], "{key}");
        }
        assert_eq!(line["evidence"][0]["input"], path.to_str().unwrap());
    }

    let Run { out, .. } = run(words!["report", "--format", "csv", path]);
    let mut rows = out.lines();
    let header = rows.next().unwrap();
    assert!(header.starts_with("id,revision,verdict,cause,severity,confidence"), "{header}");
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), findings.len(), "one row each: {out}");
    for (row, finding) in rows.iter().zip(findings) {
        let verdict = finding["verdict"].as_str().unwrap();
        assert!(row.starts_with(&format!("{},{},{verdict},", finding["id"], finding["revision"])), "{row}");
    }

    for format in ["text", "markdown"] {
        let Run { out, .. } = run(words!["report", "--format", format, path]);
        for finding in findings {
            assert!(out.contains(finding["verdict"].as_str().unwrap()), "{format}");
            assert!(out.contains(finding["client"].as_str().unwrap()), "{format}");
        }
    }
}

#[test]
fn japanese_changes_the_words_and_nothing_else() {
    let is_kana = |character: char| ('\u{3041}'..='\u{30ff}').contains(&character);
    let path = capture("direct-302.pcapng");
    for format in FORMATS {
        let english = run(words!["report", "--format", *format, path]);
        let japanese = run(words!["report", "--format", *format, "--lang", "ja", path]);
        assert_eq!((english.code, japanese.code), (0, 0));
        assert!(!english.out.contains(is_kana), "{format}");
        assert!(japanese.out.contains(is_kana), "{format}: {}", japanese.out);
        assert!(japanese.out.contains("login.hotel.example"), "{format}: names stay");
    }
    let (english, japanese) = (json(words![path]), json(words!["--lang", "ja", path]));
    for key in
        ["id", "verdict", "cause", "severity", "confidence", "client", "host", "url", "started", "filter", "details"]
    {
        assert_eq!(english["findings"][0][key], japanese["findings"][0][key], "{key}");
    }
    for key in ["title", "explanation"] {
        let text = japanese["findings"][0][key].as_str().unwrap();
        assert!(text.contains(is_kana), "{key}: {text}");
    }
    let remedies = japanese["findings"][0]["remedy"].as_array().unwrap();
    assert!(!remedies.is_empty() && remedies.iter().all(|one| one["text"].as_str().unwrap().contains(is_kana)));
}

#[test]
fn colour_only_where_somebody_wants_it() {
    let coloured = |flags: &[&str], environment: &[(&str, &str)]| {
        let mut command = ncsight();
        command.args(flags).arg("report").arg(capture("direct-302.pcapng")).envs(environment.iter().copied());
        let run = outcome(&mut command);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.contains('\x1b')
    };
    assert!(!coloured(&[], &[]), "a pipe is no terminal");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "NO_COLOR counts more");
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn colour_changes_no_word() {
    let plain = run(words!["report", capture("direct-302.pcapng")]).out;
    let coloured = run(words!["report", "--color", "always", capture("direct-302.pcapng")]).out;
    let mut stripped = String::new();
    let mut parts = coloured.split('\x1b');
    stripped.push_str(parts.next().unwrap());
    for part in parts {
        stripped.push_str(part.split_once('m').expect("only colours").1);
    }
    assert_eq!(stripped, plain);
}

#[test]
fn the_zone_changes_the_times_of_the_text_only() {
    let path = capture("direct-302.pcapng");
    let text = |zone: &str| run(words!["report", "--tz", zone, path]).out;
    let (utc, tokyo) = (text("UTC"), text("Asia/Tokyo"));
    assert_ne!(utc, tokyo);
    assert_eq!(tokyo, text("+09:00"), "Japan has one offset");
    assert_eq!(json(words!["--tz", "Asia/Tokyo", path]), json(words!["--tz", "UTC", path]));
    let wrong = run(words!["report", "--tz", "Mars/Olympus", path]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("Mars/Olympus"), "{}", wrong.err);
}

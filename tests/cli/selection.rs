//! What narrows the report, what narrows the analysis, and the exit code.

use serde_json::Value;

use crate::{capture, json, run, verdicts, words};

/// A capture of two clients, one of which fails.
const TWO: &str = "pos-two-clients.pcap";

fn finding<'a>(report: &'a Value, client: &str) -> &'a Value {
    report["findings"].as_array().unwrap().iter().find(|one| one["client"] == client).unwrap()
}

#[test]
fn a_client_is_shown_with_its_own_numbers() {
    let all = json(words![capture(TWO)]);
    for client in ["10.1.0.5", "10.1.0.6"] {
        let one = json(words!["--client", client, capture(TWO)]);
        assert_eq!(one["findings"].as_array().unwrap().len(), 1);
        assert_eq!(one["findings"][0], *finding(&all, client), "the same finding under the same number");
        let clients: Vec<&Value> = one["clients"].as_array().unwrap().iter().map(|one| &one["address"]).collect();
        assert_eq!(clients, [client]);
        assert_eq!(one["inputs"], all["inputs"], "what was analysed stays");
        assert_eq!(one["quality"], all["quality"]);
    }
    let nobody = json(words!["--client", "192.0.2.99", capture(TWO)]);
    assert_eq!((verdicts(&nobody).len(), nobody["clients"].as_array().unwrap().len()), (0, 0));
}

#[test]
fn overlapping_networks_are_analysed_apart_on_request() {
    const OVERLAP: &str = "mirror-same-address-two-vlans.pcap";
    let states = |report: &Value| {
        let clients = report["clients"].as_array().unwrap().iter();
        clients.map(|one| (one["address"].clone(), one["v4"]["capability"].clone())).collect::<Vec<_>>()
    };
    let joined = json(words![capture(OVERLAP)]);
    assert_eq!(states(&joined), [("10.1.0.5".into(), "Local".into())]);
    let apart = json(words!["--strict-vlan", capture(OVERLAP)]);
    assert_eq!(states(&apart), [("10.1.0.5".into(), "Internet".into()), ("10.1.0.5".into(), "Local".into())]);
    assert_eq!(verdicts(&apart), verdicts(&joined), "numbered in settle order all the same");
    // Without overlap nothing changes.
    assert_eq!(json(words!["--strict-vlan", capture(TWO)]), json(words![capture(TWO)]));
}

#[test]
fn a_verdict_is_shown_with_its_own_number() {
    let all = json(words![capture(TWO)]);
    for (id, verdict) in verdicts(&all) {
        assert_eq!(verdicts(&json(words!["--verdict", verdict, capture(TWO)])), [(id, verdict.clone())]);
        let both = json(words!["--verdict", verdict, "--verdict", "Incomplete", capture(TWO)]);
        assert_eq!(verdicts(&both), [(id, verdict)]);
    }
    let wrong = run(words!["report", "--verdict", "HotSpot", capture(TWO)]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("HotSpot"), "{}", wrong.err);
}

#[test]
fn times_narrow_what_is_shown() {
    let all = json(words![capture(TWO)]);
    let found = verdicts(&all);
    assert_eq!(found.len(), 2);
    let ids = |report: &Value| verdicts(report).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let time = |place: usize, key: &str| all["findings"][place][key].as_str().unwrap().to_owned();
    assert!(time(0, "ended") < time(1, "started"), "one after the other");
    assert_eq!(ids(&json(words!["--since", time(1, "started"), capture(TWO)])), [2]);
    assert_eq!(ids(&json(words!["--until", time(0, "ended"), capture(TWO)])), [1]);
    assert_eq!(ids(&json(words!["--since", time(0, "ended"), "--until", time(1, "started"), capture(TWO)])), [1, 2]);
    assert_eq!(ids(&json(words!["--until", "1999-01-01T00:00:00Z", capture(TWO)])), [0_u64; 0]);
    let wrong = run(words!["report", "--since", "yesterday-ish", capture(TWO)]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("--since"), "{}", wrong.err);
}

#[test]
fn the_exit_code_tells_how_bad_it_is() {
    let code = |flags: &[&str], file: &str| {
        let words = flags.iter().map(Into::into).chain(words![capture(file)]);
        run(words!["report"].into_iter().chain(words)).code
    };
    for (severity, portal, success) in [("error", 1, 0), ("warning", 1, 0), ("info", 1, 0), ("ok", 1, 1)] {
        assert_eq!(code(&["--fail-on", severity], "direct-302.pcapng"), portal, "{severity}");
        assert_eq!(code(&["--fail-on", severity], "direct-success.pcap"), success, "{severity}");
    }
    assert_eq!(code(&[], "direct-302.pcapng"), 0, "nobody asked");
    assert_eq!(code(&["--fail-on", "error"], TWO), 1);
    assert_eq!(code(&["--fail-on", "error", "--client", "10.1.0.5"], TWO), 0, "only what is shown counts");
    assert_eq!(code(&["--fail-on", "dreadful"], TWO), 2);
}

#[test]
fn wrong_usage_ends_with_2() {
    for line in [
        words!["report"].to_vec(),
        words![].to_vec(),
        words!["report", "--format", "html5", capture(TWO)].to_vec(),
        words!["report", "--proxy", "proxy-without-port", capture(TWO)].to_vec(),
        words!["report", "--client", "not-an-address", capture(TWO)].to_vec(),
        words!["report", "--capture-point", "moon", capture(TWO)].to_vec(),
        words!["report", "--lang", "tlh", capture(TWO)].to_vec(),
        words!["explain", "NoSuchVerdict"].to_vec(),
        words!["report", "--config", "no/such/file.toml", capture(TWO)].to_vec(),
    ] {
        let run = run(&line);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{line:?}");
        assert!(!run.err.is_empty(), "{line:?}");
    }
}

#[test]
fn a_filter_narrows_what_is_analysed() {
    let filtered = run(words!["report", "--format", "json", "--filter", "host 10.1.0.5", capture(TWO)]);
    if !cfg!(feature = "live") {
        assert_eq!(filtered.code, 2);
        assert!(filtered.err.contains("libpcap"), "{}", filtered.err);
        return;
    }
    assert_eq!(filtered.code, 0, "{}", filtered.err);
    let filtered: Value = serde_json::from_str(&filtered.out).unwrap();
    let all = json(words![capture(TWO)]);
    assert_eq!(filtered["findings"].as_array().unwrap().len(), 1);
    let (one, other) = (&filtered["findings"][0], finding(&all, "10.1.0.5"));
    assert_eq!(one["evidence"], other["evidence"], "packets keep their numbers");
    let wrong = run(words!["report", "--filter", "prot 53", capture(TWO)]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.contains("prot 53"), "{}", wrong.err);
}

#[test]
fn a_known_proxy_makes_its_refusal_certain() {
    let confidence = |flags: &[&str]| {
        let flags = flags.iter().map(Into::into);
        let report = json(flags.chain(words![capture("proxy-refused.pcap")]));
        let failed = report["findings"].as_array().unwrap().iter().find(|one| one["cause"] == "proxy-unreachable");
        failed.unwrap()["confidence"].as_str().unwrap().to_owned()
    };
    assert_eq!(confidence(&["--proxy", "10.1.0.9:3128"]), "high");
    assert_eq!(confidence(&[]), "medium", "a refused connection alone does not say that its target is a proxy");
    assert_eq!(confidence(&["--proxy", "10.1.0.9:8080"]), "medium", "another port");
}

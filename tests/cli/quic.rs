//! Clients that speak QUIC: seen, and nothing of it an error.

use super::{capture, run};
use serde_json::Value;

fn report(name: &str) -> Value {
    let path = capture(name);
    let run = run(["report", "--format", "json", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn a_client_of_http_3_is_seen() {
    for name in ["quic-v1.pcap", "quic-v2.pcap", "quic-blocked.pcap"] {
        let report = report(name);
        let protocols = report["quality"]["protocols_seen"].as_array().unwrap();
        assert!(protocols.iter().any(|protocol| protocol == "quic"), "{name}: {protocols:?}");
        let clients: Vec<&str> =
            report["clients"].as_array().unwrap().iter().filter_map(|client| client["address"].as_str()).collect();
        assert_eq!(clients, ["10.1.0.5"], "{name}");
        assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{name}");
    }
}

#[test]
fn its_name_is_read() {
    for name in ["quic-v1.pcap", "quic-v2.pcap", "quic-blocked.pcap"] {
        let path = capture(name);
        let run = run(["inventory", path.to_str().unwrap()]);
        let hellos = run.out.lines().filter(|line| line.contains("tls.client_hello\t1.3 mail.corp.example"));
        let expected = if name == "quic-blocked.pcap" { 2 } else { 1 };
        assert_eq!(hellos.count(), expected, "{name}: {}", run.out);
    }
}

use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

use super::samples::{self, HOSTILE};
use super::*;
use crate::engine::snapshot::Snapshot;
use crate::verdict::Verdict;

fn options(language: Language) -> Options {
    Options { language, ..Options::default() }
}

fn style(language: Language) -> Style {
    Style { language, zone: TimeZone::fixed(jiff::tz::offset(9)), width: 90, colour: false }
}

fn printed(snapshot: &Snapshot, format: Format, language: Language) -> String {
    let report = build::report(snapshot, &options(language));
    let mut out = Vec::new();
    write(&report, format, &style(language), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn shown() -> Snapshot {
    let mut snapshot = samples::all();
    snapshot.findings.pop();
    snapshot
}

#[test]
fn text_in_english() {
    insta::assert_snapshot!(printed(&shown(), Format::Text, Language::En));
}

#[test]
fn text_in_japanese() {
    insta::assert_snapshot!(printed(&shown(), Format::Text, Language::Ja));
}

#[test]
fn markdown_in_english() {
    insta::assert_snapshot!(printed(&shown(), Format::Markdown, Language::En));
}

#[test]
fn markdown_in_japanese() {
    insta::assert_snapshot!(printed(&shown(), Format::Markdown, Language::Ja));
}

#[test]
fn json_has_every_field_in_its_place() {
    insta::assert_snapshot!(printed(&samples::snapshot(vec![samples::hotspot()]), Format::Json, Language::En));
}

#[test]
fn a_capture_without_probe_says_so_and_how_to_capture_again() {
    let text = printed(&samples::snapshot(vec![samples::tls_mismatch()]), Format::Text, Language::En);
    assert!(text.contains("No connectivity probe of Windows is in this capture"), "{text}");
    assert!(text.contains("netsh trace start scenario=InternetClient"), "{text}");
    assert!(text.contains("TlsVersionMismatch"), "{text}");
    let with = printed(&samples::snapshot(vec![samples::hotspot()]), Format::Text, Language::En);
    assert!(!with.contains("No connectivity probe"), "{with}");
}

#[test]
fn every_report_validates_against_the_schema() {
    let validator = jsonschema::validator_for(&schema::schema()).unwrap();
    for snapshot in [Snapshot::default(), samples::all()] {
        for language in Language::ALL {
            let report = serde_json::to_value(build::report(&snapshot, &options(*language))).unwrap();
            let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
    let mut report = serde_json::to_value(build::report(&samples::all(), &options(Language::En))).unwrap();
    report["findings"][0].as_object_mut().unwrap().remove("guess");
    assert!(!validator.is_valid(&report), "a missing field must not validate");
    let mut report = serde_json::to_value(build::report(&samples::all(), &options(Language::En))).unwrap();
    report["findings"][0]["verdict"] = "Nonsense".into();
    assert!(!validator.is_valid(&report), "an unknown verdict must not validate");
}

#[test]
fn fields_stand_in_the_order_of_the_documentation() {
    let report = serde_json::to_value(build::report(&samples::all(), &options(Language::En))).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&report),
        [
            "schema_version",
            "tool",
            "inputs",
            "quality",
            "clients",
            "networks",
            "endpoints",
            "findings",
            "rates",
            "events",
            "microsoft365"
        ]
    );
    let finding = "id revision verdict cause severity confidence confidence_reasons ncsi_reason capability family route \
                   client client_port server server_port proxy host url started ended recovered_after_ms title \
                   explanation rule remedy would_change related evidence filter guess details";
    assert_eq!(keys(&report["findings"][0]), finding.split_whitespace().collect::<Vec<_>>());
    let input = "path format sha256 packets bytes link_types first last complete capture_os capture_program filter \
                 snap_length problems";
    let names: Vec<&str> = input.split_whitespace().collect();
    assert_eq!(keys(&report["inputs"][0])[..names.len()], names);
}

#[test]
fn a_line_of_ndjson_stands_alone() {
    let text = printed(&samples::all(), Format::Ndjson, Language::En);
    assert_eq!(text.lines().count(), 7);
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        for evidence in value["evidence"].as_array().unwrap() {
            assert_eq!(evidence["input"], "hotel.pcapng");
        }
    }
}

#[test]
fn csv_has_the_fields_as_columns() {
    let text = printed(&samples::snapshot(vec![samples::hotspot()]), Format::Csv, Language::En);
    let mut lines = text.split("\r\n");
    assert_eq!(lines.next().unwrap(), csv::COLUMNS.join(","));
    let row = lines.next().unwrap();
    assert!(
        row.starts_with(
            "1,0,HotspotDetected,http-redirect,error,high,7,Local,v4,direct,10.0.0.5,49812,203.0.113.7,80,,"
        )
    );
    assert!(row.contains(",0:807 0:808 0:809 0:811 0:812,"), "{row}");
}

#[test]
fn hostile_text_reaches_no_output_unescaped() {
    let snapshot = samples::snapshot(vec![samples::hostile()]);
    for language in Language::ALL {
        for format in [Format::Text, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown, Format::Html] {
            let text = printed(&snapshot, format, *language);
            for forbidden in ['\x1b', '\u{202e}', '\u{9b}'] {
                assert!(!text.contains(forbidden), "{format:?}: {forbidden:?}");
            }
            let lone = text.replace("\r\n", "\n");
            assert!(!lone.contains('\r'), "{format:?}");
            if format == Format::Markdown {
                assert!(!text.contains(" <script>"), "{text}");
            }
            if format == Format::Html {
                assert!(!text.contains("<script"), "{text}");
            }
        }
    }
    let json = printed(&snapshot, Format::Json, Language::En);
    assert!(!json.contains("\\u001b"), "escaped twice");
    assert!(HOSTILE.contains('\x1b'));
}

#[test]
fn html_tells_all_of_it_and_closes_what_it_opens() {
    for language in Language::ALL {
        let snapshot = shown();
        let text = printed(&snapshot, Format::Html, *language);
        for name in ["html", "head", "body", "article", "ul", "li", "table", "tr", "p", "pre", "code", "strong", "a"] {
            let opened = text.matches(&format!("<{name}>")).count() + text.matches(&format!("<{name} ")).count();
            assert_eq!(opened, text.matches(&format!("</{name}>")).count(), "{name}");
        }
        let report = build::report(&snapshot, &options(*language));
        for finding in report.findings.iter() {
            let id = finding.id;
            assert_eq!(text.matches(&format!("id=\"finding-{id}\"")).count(), 1);
            assert_eq!(text.matches(&format!("href=\"#finding-{id}\"")).count(), 1);
            for evidence in &finding.evidence {
                assert!(text.contains(&format!("#{} ", evidence.packet)), "{id}: {}", evidence.packet);
            }
        }
        assert!(!text.contains("http-equiv=\"refresh\"") && !text.contains("src="), "nothing is loaded");
    }
}

#[test]
fn text_fits_its_width() {
    for language in Language::ALL {
        let snapshot = shown();
        let report = build::report(&snapshot, &options(*language));
        for width in [60, 80, 100] {
            let mut out = Vec::new();
            write(&report, Format::Text, &Style { width, ..style(*language) }, &mut out).unwrap();
            for line in String::from_utf8(out).unwrap().lines() {
                // The line of fixed names is never wrapped: people search for it.
                assert!(line.width() <= width || line.contains(" · "), "{width}: {line}");
            }
        }
    }
}

#[test]
fn colour_is_only_added() {
    let snapshot = shown();
    let report = build::report(&snapshot, &options(Language::En));
    let mut plain = Vec::new();
    write(&report, Format::Text, &style(Language::En), &mut plain).unwrap();
    let mut coloured = Vec::new();
    write(&report, Format::Text, &Style { colour: true, ..style(Language::En) }, &mut coloured).unwrap();
    assert!(coloured.contains(&0x1b) && !plain.contains(&0x1b));
    assert_eq!(anstream::adapter::strip_bytes(&coloured).into_vec(), plain);
}

#[test]
fn selection_narrows_and_keeps_the_numbers() {
    let snapshot = samples::all();
    let ids = |selection: Selection| {
        let report = build::report(&snapshot, &Options { language: Language::En, selection, threads: 1 });
        report.findings.iter().map(|finding| finding.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Selection::default()), [1, 2, 3, 4, 5, 6, 7]);
    let five = Selection { client: Some(samples::ip("2001:db8::5")), ..Selection::default() };
    assert_eq!(ids(five), [1, 3, 4]);
    assert_eq!(ids(Selection { verdicts: vec![Verdict::HotspotDetected], ..Selection::default() }), [1, 7]);
    assert_eq!(ids(Selection { since: Some(samples::at(40.5)), ..Selection::default() }), [4, 6, 7]);
    assert_eq!(ids(Selection { until: Some(samples::at(2.0)), ..Selection::default() }), [1, 2]);
    let report = build::report(
        &snapshot,
        &Options {
            language: Language::En,
            selection: Selection { verdicts: vec![Verdict::NoAddress], ..Selection::default() },
            threads: 1,
        },
    );
    assert_eq!(report.clients.len(), 1);
    assert_eq!(report.clients.iter().next().unwrap().findings, [5]);
}

#[test]
fn clients_that_share_a_portal_are_one_network() {
    let mut other = samples::hotspot();
    (other.id, other.client) = (2, samples::ip("10.0.0.6"));
    let both = samples::snapshot(vec![samples::hotspot(), other]);
    let report = build::report(&both, &options(Language::En));
    let names: Vec<(&str, usize)> = report.networks.iter().map(|one| (one.name.as_str(), one.count)).collect();
    assert_eq!(names, [("login.hotel.example", 2), ("http", 2), ("clients", 2)]);
    assert!(report.networks.iter().all(|one| !one.text.is_empty()));
    let one = samples::snapshot(vec![samples::hotspot()]);
    let alone = build::report(&one, &options(Language::En));
    assert!(alone.networks.is_empty());
}

#[test]
fn filters_name_evidence_and_conversations() {
    let filter = |finding: &crate::verdict::Finding, several| filter::display_filter(finding, several);
    assert_eq!(
        filter(&samples::hotspot(), false),
        "(ip.addr == 10.0.0.5 && ip.addr == 203.0.113.7 && tcp.port == 49812 && tcp.port == 80) || \
         (ip.addr == 10.0.0.5 && ip.addr == 10.0.0.1 && udp.port == 53123 && udp.port == 53)"
    );
    assert_eq!(
        filter(&samples::proxy_authentication(), false),
        "ip.addr == 10.0.0.6 && ip.addr == 10.0.0.8 && tcp.port in {50000, 50001} && tcp.port == 8080"
    );
    assert_eq!(
        filter(&samples::tls_mismatch(), false),
        "ipv6.addr == 2001:db8::5 && ipv6.addr == 2001:db8:1::1 && tcp.port == 50100 && tcp.port == 443"
    );
    assert_eq!(filter(&samples::no_address(), false), "frame.number == 5 || frame.number == 9");
    assert!(filter(&samples::no_address(), true).starts_with("frame.time_epoch == 1767323050.000000000 || "));
}

/// Where tshark is installed, it must accept every filter.
#[test]
fn tshark_accepts_the_filters() {
    let Ok(found) = std::process::Command::new("tshark").arg("--version").output() else { return };
    if !found.status.success() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("empty.pcap");
    // Header of an empty capture: magic, version 2.4, snap length 65535, Ethernet.
    let header = [0xd4c3_b2a1_u32, 0x0200_0400, 0, 0, 0xffff_0000, 0x0100_0000].map(u32::to_be_bytes).concat();
    std::fs::write(&capture, header).unwrap();
    for finding in samples::all().findings {
        for several in [false, true] {
            let filter = filter::display_filter(&finding.open(), several);
            let run =
                std::process::Command::new("tshark").arg("-r").arg(&capture).args(["-Y", &filter]).output().unwrap();
            assert!(run.status.success(), "{filter}: {}", String::from_utf8_lossy(&run.stderr));
        }
    }
}

#[test]
fn every_verdict_is_explained_in_every_language() {
    for language in Language::ALL {
        let mut list = Vec::new();
        explain::list(&style(*language), &mut list).unwrap();
        let list = String::from_utf8(list).unwrap();
        for &verdict in Verdict::ALL {
            let mut out = Vec::new();
            explain::verdict(verdict, &style(*language), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(list.contains(verdict.name()) && text.starts_with(verdict.name()), "{verdict}");
            assert!(text.lines().count() > 3, "{verdict}: {text}");
            for cause in words::causes_of(verdict) {
                assert!(text.contains(cause.name()), "{verdict} {cause}");
            }
        }
    }
}

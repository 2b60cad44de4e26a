//! Every committed capture gives exactly the findings that its expectation file lists.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::analysis::{of_files, report_on};
use support::case::{self, Case, Fields};

/// Largest capture that is committed.
const MAX_BYTES: u64 = 20_000;

/// The report on a capture as a script reads it.
fn report(case: &Case) -> Value {
    serde_json::to_value(report_on(&of_files(&case.files, &case.settings()))).unwrap()
}

#[test]
fn findings_are_exactly_the_expected_ones() {
    let cases = case::all();
    let mut failures = Vec::new();
    let mut findings = 0;
    for case in &cases {
        let report = report(case);
        findings += case.expectation.finding.len();
        let actual: Vec<&Value> = report["findings"].as_array().unwrap().iter().collect();
        let mut lines = differences(&case.expectation.finding, &actual);
        lines.extend(places(&case.expectation.report, &report));
        lines.extend(endpoint_differences(case, &report));
        if !lines.is_empty() {
            failures.push(format!("{} ({}):\n    {}", case.name, case.expectation.title, lines.join("\n    ")));
        }
    }
    println!("{} captures, {findings} findings compared", cases.len());
    assert!(findings > 0, "nothing was compared");
    assert!(
        failures.is_empty(),
        "{} of {} captures differ from their expectation:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn clients_that_were_packed_in_between_are_the_same() {
    for case in case::all() {
        let (open, mut packed) = (case.settings(), case.settings());
        packed.limits.open_clients = 1;
        packed.limits.loose_bytes = 0;
        let told = |settings| serde_json::to_value(report_on(&of_files(&case.files, &settings))).unwrap();
        assert_eq!(told(open), told(packed), "{}", case.name);
    }
}

#[test]
fn nothing_depends_on_what_is_passed_over_early() {
    for case in case::all() {
        let (early, mut late) = (case.settings(), case.settings());
        late.early_reject = false;
        let told = |settings| serde_json::to_value(report_on(&of_files(&case.files, &settings))).unwrap();
        let (early, late) = (told(early), told(late));
        for part in ["findings", "clients", "endpoints", "networks", "events"] {
            assert_eq!(early.get(part), late.get(part), "{}: {part}", case.name);
        }
    }
}

/// Places of the report that hold something else.
fn places(expected: &[case::Place], report: &Value) -> Vec<String> {
    let differs = |place: &&case::Place| !equal(&place.is, report.pointer(&place.at).unwrap_or(&Value::Null));
    let line = |place: &case::Place| {
        let found = report.pointer(&place.at).unwrap_or(&Value::Null);
        format!("{}: expected {}, found {found}", place.at, place.is)
    };
    expected.iter().filter(differs).map(line).collect()
}

/// Expected rows of the table of endpoint sets that are not there, and a judgement of the network that differs.
fn endpoint_differences(case: &Case, report: &Value) -> Vec<String> {
    let rows = report["endpoints"].as_array().unwrap();
    let mut lines = Vec::new();
    for expected in &case.expectation.endpoint {
        let fits = |row: &Value, (key, wanted): (&String, &toml::Value)| match &row[key] {
            Value::Object(tally) => wanted.as_str() == Some(&format!("{}/{}", tally["ok"], tally["failed"])),
            found => row.get(key).is_some() && equal(wanted, found),
        };
        if !rows.iter().any(|row| expected.iter().all(|field| fits(row, field))) {
            let same: Vec<String> = rows
                .iter()
                .filter(|row| fits(row, (&"id".to_owned(), &expected["id"])))
                .map(ToString::to_string)
                .collect();
            lines.push(format!("no endpoint row {expected:?}; there is {}", same.join(" and ")));
        }
    }
    if let Some(wanted) = case.expectation.network_cleared
        && report["microsoft365"]["network_cleared"].as_bool() != Some(wanted)
    {
        lines.push(format!("network_cleared: expected {wanted}, found {}", report["microsoft365"]["network_cleared"]));
    }
    lines
}

/// What differs, in lines for people. Every expected finding is held against every actual one, and those that differ
/// least belong together.
fn differences(expected: &[Fields], actual: &[&Value]) -> Vec<String> {
    let mut pairs: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for (e, fields) in expected.iter().enumerate() {
        for (a, finding) in actual.iter().enumerate() {
            pairs.push((e, a, mismatches(fields, finding)));
        }
    }
    if let Some(()) = exact(expected.len(), actual.len(), &pairs, 0, &mut vec![false; actual.len()]) {
        return Vec::new();
    }
    pairs.sort_by_key(|(e, a, lines)| (weight(lines), *e, *a));
    let (mut met, mut used) = (vec![false; expected.len()], vec![false; actual.len()]);
    let mut out = Vec::new();
    for (e, a, lines) in &pairs {
        if !met[*e] && !used[*a] {
            (met[*e], used[*a]) = (true, true);
            out.extend(lines.iter().map(|line| format!("finding {}: {line}", actual[*a]["id"])));
        }
    }
    for (e, _) in met.iter().enumerate().filter(|(_, met)| !**met) {
        out.push(format!(
            "missing: {}",
            summary(expected[e].iter().map(|(key, value)| (key.as_str(), value.to_string())))
        ));
    }
    for (a, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
        let keys = ["verdict", "cause", "confidence", "severity", "client", "server", "host", "guess"];
        out.push(format!("not expected: {}", summary(keys.map(|key| (key, actual[a][key].to_string())))));
    }
    out
}

/// Whether all expected findings have a partner without mismatch, and none is left.
fn exact(
    expected: usize,
    actual: usize,
    pairs: &[(usize, usize, Vec<String>)],
    next: usize,
    used: &mut Vec<bool>,
) -> Option<()> {
    if next == expected {
        return (expected == actual).then_some(());
    }
    for (_, a, _) in pairs.iter().filter(|(e, _, lines)| *e == next && lines.is_empty()) {
        if !std::mem::replace(&mut used[*a], true) {
            if exact(expected, actual, pairs, next + 1, used).is_some() {
                return Some(());
            }
            used[*a] = false;
        }
    }
    None
}

/// Another verdict tells more against two findings being the same one than any other field.
fn weight(lines: &[String]) -> usize {
    lines.len() + lines.iter().filter(|line| line.starts_with("verdict") || line.starts_with("client")).count() * 100
}

fn mismatches(expected: &Fields, finding: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, wanted) in expected {
        match key.as_str() {
            "evidence" => {
                let items = finding["evidence"].as_array().unwrap();
                let packets: Vec<i64> = items.iter().filter_map(|item| item["packet"].as_i64()).collect();
                let wanted = wanted.as_array().expect("evidence is a list of packet numbers");
                let missing: Vec<String> = wanted
                    .iter()
                    .map(|number| number.as_integer().expect("a packet number"))
                    .filter(|number| !packets.contains(number))
                    .map(|number| number.to_string())
                    .collect();
                if !missing.is_empty() {
                    lines.push(format!("evidence lacks {}, has {packets:?}", missing.join(", ")));
                }
            }
            "says" => {
                let told = format!("{} {}", finding["title"], finding["explanation"]);
                let wanted = wanted.as_array().expect("says is a list of texts");
                let unsaid = wanted.iter().filter_map(toml::Value::as_str).filter(|text| !told.contains(text));
                lines.extend(unsaid.map(|text| format!("does not say {text:?}, but {told}")));
            }
            "products" => {
                let marks = finding["details"]["responder"]["marks"].as_array().cloned().unwrap_or_default();
                let found: BTreeSet<&str> = marks.iter().filter_map(|mark| mark["product"].as_str()).collect();
                let named = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
                let named: BTreeSet<&str> = named.iter().filter_map(toml::Value::as_str).collect();
                if found != named {
                    lines.push(format!("products: expected {named:?}, found {found:?}"));
                }
            }
            _ => {
                // A field inside others is named with dots, a place in a list by its number: `details.auth.schemes.0`.
                let path: Vec<&str> = match key.as_str() {
                    "count" => vec!["details", "count"],
                    "system" => vec!["details", "os_check", "system"],
                    own => own.split('.').collect(),
                };
                let inside = |value, step: &&str| match step.parse::<usize>() {
                    Ok(place) => Value::get(value, place),
                    Err(_) => Value::get(value, *step),
                };
                let Some(found) = path.iter().try_fold(finding, inside) else {
                    lines.push(format!("{key}: findings have no such field"));
                    continue;
                };
                let allowed: &[toml::Value] = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
                if !allowed.iter().any(|value| equal(value, found)) {
                    lines.push(format!("{key}: expected {wanted}, found {found}"));
                }
            }
        }
    }
    lines
}

/// The word `null` stands for JSON's null: TOML has none.
fn equal(wanted: &toml::Value, found: &Value) -> bool {
    match wanted {
        toml::Value::String(text) if text == "null" => found.is_null(),
        toml::Value::String(text) => found.as_str() == Some(text),
        toml::Value::Integer(number) => found.as_i64() == Some(*number),
        toml::Value::Boolean(value) => found.as_bool() == Some(*value),
        // Milliseconds, to the microsecond.
        toml::Value::Float(number) => found.as_f64().is_some_and(|found| (found - number).abs() < 0.001),
        _ => false,
    }
}

fn summary<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let texts: Vec<String> = fields.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    texts.join(" ")
}

#[test]
fn reports_validate_against_the_published_schema() {
    let schema = ncsight::report::schema::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut failures = Vec::new();
    for case in case::all() {
        let report = report(&case);
        let errors =
            validator.iter_errors(&report).map(|error| format!("{}: {}: {error}", case.name, error.instance_path()));
        failures.extend(errors);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // The schema does reject: every field is required, and names are listed.
    let mut report = report(&case::all()[0]);
    report.as_object_mut().unwrap().remove("findings");
    assert!(!validator.is_valid(&report), "a report without findings is no report");
}

#[test]
fn captures_are_small_and_all_have_an_expectation() {
    let cases = case::every();
    let mut faults = Vec::new();
    let mut known = Vec::new();
    for case in &cases {
        if case.files.is_empty() {
            faults.push(format!("{}.toml has no capture", case.name));
        }
        for file in &case.files {
            let bytes = std::fs::metadata(file).map(|metadata| metadata.len());
            match bytes {
                Ok(bytes) if bytes < MAX_BYTES => {}
                Ok(bytes) => faults.push(format!("{}: {bytes} bytes, {MAX_BYTES} are too many", file.display())),
                Err(error) => faults.push(format!("{}: {error}", file.display())),
            }
            known.push(file.clone());
        }
    }
    for entry in std::fs::read_dir(case::folder()).unwrap() {
        let path = entry.unwrap().path();
        let is_capture = path.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng");
        if is_capture && !known.contains(&path) {
            faults.push(format!("{}: no expectation names it", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn most_captures_have_real_programs_on_both_ends() {
    let cases = case::all();
    let real = cases.iter().filter(|case| case.expectation.made != "built").count();
    println!("{real} of {} captures come from real programs", cases.len());
    assert!(real * 10 >= cases.len() * 7, "{real} of {}", cases.len());
    for case in &cases {
        let made = case.expectation.made.as_str();
        assert!(["programs", "built", "rewritten"].contains(&made), "{}: made = {made:?}", case.name);
    }
}

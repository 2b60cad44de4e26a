//! docs/decision-tables.md says which capture shows each row of the decision tables, and which only resembles it.
//!
//! `make tables` writes it anew.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test program")]

#[path = "support/case.rs"]
#[allow(dead_code, reason = "only names and rows of the captures are needed here")]
mod case;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

/// `docs/rows.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    table: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    number: String,
    title: String,
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What is on the wire.
    wire: String,
    /// What it means.
    verdict: String,
    /// What captures call the row.
    names: Vec<String>,
    /// What its near misses call it, where they name another row.
    near: Option<Vec<String>>,
}

/// Captures by the name of a row.
type Captures = BTreeMap<String, BTreeSet<String>>;

fn listed(captures: &Captures, names: &[String]) -> Vec<String> {
    let found: BTreeSet<&String> = names.iter().filter_map(|name| captures.get(name)).flatten().collect();
    found.into_iter().cloned().collect()
}

/// At most four names: a reader wants an example, not a directory.
fn some(names: &[String]) -> String {
    let mut text = names.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 4 {
        write!(text, " and {} more", names.len() - 4).unwrap();
    }
    text
}

#[test]
fn every_row_has_a_capture_and_a_near_miss() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/rows.toml")).unwrap();
    let tables: Tables = toml::from_str(&text).unwrap_or_else(|error| panic!("docs/rows.toml: {error}"));
    let (mut shown, mut missed) = (Captures::new(), Captures::new());
    for case in case::every() {
        for row in &case.expectation.rows {
            shown.entry(row.clone()).or_default().insert(case.name.clone());
        }
        for row in &case.expectation.near_miss_of {
            missed.entry(row.clone()).or_default().insert(case.name.clone());
        }
    }
    let mut page = String::from(
        "# The decision tables, and the captures that show them\n\n\
         Made by `make tables` from `docs/rows.toml` and the expectations in `captures/`. A near miss resembles its row \
         and must not be taken for it.\n",
    );
    let (mut lacking, mut known) = (Vec::new(), BTreeSet::new());
    for table in &tables.table {
        write!(page, "\n## {} {}\n\n", table.number, table.title).unwrap();
        page.push_str("| on the wire | verdict | shown by | near misses |\n|---|---|---|---|\n");
        for row in &table.row {
            let near = row.near.as_ref().unwrap_or(&row.names);
            known.extend(row.names.iter().chain(near).cloned());
            let (with, without) = (listed(&shown, &row.names), listed(&missed, near));
            for (which, captures) in [("capture", &with), ("near miss", &without)] {
                if captures.is_empty() {
                    lacking.push(format!("{}: {}: no {which}", table.number, row.wire));
                }
            }
            writeln!(page, "| {} | {} | {} | {} |", row.wire, row.verdict, some(&with), some(&without)).unwrap();
        }
    }
    let unknown: Vec<&String> = shown
        .keys()
        .chain(missed.keys())
        .filter(|name| tables.table.iter().any(|table| name.starts_with(&format!("{} ", table.number))))
        .filter(|name| !known.contains(*name))
        .collect();
    assert!(unknown.is_empty(), "rows that docs/rows.toml does not list: {unknown:?}");
    assert!(lacking.is_empty(), "{} rows lack something:\n{}", lacking.len(), lacking.join("\n"));
    let path = root.join("docs/decision-tables.md");
    if std::env::var_os("NCSIGHT_WRITE_TABLES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{} is not up to date: make tables", path.display());
}

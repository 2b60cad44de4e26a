//! One capture of `captures/` with its expectation file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use ncsight::cli::args::Arguments;
use ncsight::settings::Settings;
use serde::Deserialize;

/// The committed captures.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

/// A capture, or the files of a rotated one, and what is expected.
pub struct Case {
    /// Name of the expectation file without its ending.
    pub name: String,
    /// The captures that are analysed together.
    pub files: Vec<PathBuf>,
    /// The expectation.
    pub expectation: Expectation,
}

/// `NAME.toml`. An unknown key is an error: a misspelt one would silently expect nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub title: String,
    pub shows: String,
    pub rows: Vec<String>,
    #[serde(default)]
    pub near_miss_of: Vec<String>,
    pub made: String,
    pub how: String,
    pub truth: String,
    pub position: String,
    #[serde(default)]
    pub options: Vec<String>,
    /// Files where they are several, or have another name.
    #[serde(default)]
    pub files: Vec<String>,
    /// Places of the JSON report beside the findings, and what stands there.
    #[serde(default)]
    pub report: Vec<Place>,
    /// Rows of the table of Microsoft 365 endpoint sets: each must be there; others may be. Stages are `worked/failed`.
    #[serde(default)]
    pub endpoint: Vec<Fields>,
    /// Whether the report says that the network is not guilty.
    pub network_cleared: Option<bool>,
    /// The findings, all of them.
    #[serde(default)]
    pub finding: Vec<Fields>,
}

/// A place of the JSON report (RFC 6901) and what stands there; the word `null` is JSON's null, or nothing at all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub at: String,
    pub is: toml::Value,
}

/// Fields of an expected finding. Only those that are named are compared.
pub type Fields = BTreeMap<String, toml::Value>;

impl Case {
    fn read(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let expectation: Expectation = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}.toml: {error}"));
        let files = if expectation.files.is_empty() {
            let named = ["pcap", "pcapng"].map(|ending| path.with_extension(ending));
            named.into_iter().filter(|file| file.is_file()).collect()
        } else {
            expectation.files.iter().map(|file| folder().join(file)).collect()
        };
        Self { name, files, expectation }
    }

    /// The settings that the options of the expectation stand for.
    pub fn settings(&self) -> Settings {
        settings(&self.expectation.options)
    }
}

/// The settings that `options` of `ncsight report` stand for.
pub fn settings(options: &[String]) -> Settings {
    let words = ["ncsight", "report"].into_iter().map(str::to_owned);
    let words = words.chain(options.iter().cloned()).chain(["-".to_owned()]);
    let common = Arguments::try_parse_from(words).unwrap().common;
    assert!(common.config.is_none() && common.memory.is_none(), "{options:?}: not an option for an expectation");
    Settings {
        proxies: common.proxy,
        capture_point: common.capture_point.unwrap_or_default(),
        client_os: common.client_os.unwrap_or_default(),
        filter: common.filter,
        align_clocks: !common.no_clock_correction,
        ..Settings::default()
    }
}

/// Whether a capture was asked for: `NCSIGHT_CAPTURES`, beginnings of names between commas, narrows a run by hand.
fn wanted(name: &str) -> bool {
    let Ok(beginnings) = std::env::var("NCSIGHT_CAPTURES") else { return true };
    beginnings.split(',').any(|beginning| name.starts_with(beginning))
}

/// The captures of this run, by name.
pub fn all() -> Vec<Case> {
    every().into_iter().filter(|case| wanted(&case.name)).collect()
}

/// All captures, by name.
pub fn every() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder captures/ is part of the repository")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no expectation in {}", folder().display());
    paths.iter().map(|path| Case::read(path)).collect()
}

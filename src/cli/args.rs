//! The arguments: one definition from which help, manual page and completions are made.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::live::args::LiveArguments;
use super::sandbox::Sandbox;
use crate::report::{Format, Language};
use crate::settings::{CapturePoint, ClientOs, KnownProxy};
use crate::verdict::{Severity, Verdict};

/// Says why Windows decided "No Internet", from a packet capture, with the packets that prove it.
#[derive(Debug, Parser)]
#[command(name = "ncsight", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do; without a command the captures are reported on.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Captures: pcap or pcapng, plain, gzip or zstd; a folder; - for standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Live capture.
    #[command(flatten)]
    pub live: LiveArguments,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "Examples:
  ncsight capture.pcapng
  ncsight report --format json --client 10.0.0.5 *.pcap
  ssh host tcpdump -i eth0 -s 0 -U -w - | ncsight report -
  ncsight -i eth1
  ncsight --follow growing.pcap
  ncsight report --format ndjson -i eth0 --write eth0.pcapng --ring 100M,10
  ncsight explain HotspotDetected --lang ja

Exit status: 0 analysed, 1 --fail-on was reached, 2 nothing could be read or wrong usage, 130 interrupted.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse captures and print a report.
    Report(ReportArguments),
    /// Explain a verdict; without a name, list all.
    Explain {
        /// Name of a verdict.
        #[arg(value_parser = verdict)]
        verdict: Option<Verdict>,
    },
    /// Print the JSON Schema of the report.
    Schema,
    /// List the interfaces that can be captured on.
    Interfaces,
    /// Print a completion script.
    Completions {
        /// Shell to write it for.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
    /// List every message that was read, for comparison with other programs.
    #[command(hide = true)]
    Inventory {
        /// Captures, each on its own.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// What `report` takes.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write to this file instead of standard output.
    #[arg(short = 'o', long = "output", value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Live capture.
    #[command(flatten)]
    pub live: LiveArguments,
    /// Captures: pcap or pcapng, plain, gzip or zstd; a folder; - for standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Show only this client (any of its addresses).
    #[arg(long, value_name = "ADDR", global = true, help_heading = SHOW)]
    pub client: Option<IpAddr>,
    /// Show only this verdict; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = verdict, global = true, help_heading = SHOW)]
    pub verdict: Vec<Verdict>,
    /// Show only what ended at this time or later.
    #[arg(long, value_name = "TIME", global = true, help_heading = SHOW)]
    pub since: Option<String>,
    /// Show only what began at this time or earlier.
    #[arg(long, value_name = "TIME", global = true, help_heading = SHOW)]
    pub until: Option<String>,
    /// Language of the words: en or ja.
    #[arg(long, value_name = "LANG", value_parser = language, global = true, help_heading = SHOW)]
    pub lang: Option<Language>,
    /// Time zone of the text, for instance Asia/Tokyo, UTC or +09:00; the machine's own by default.
    #[arg(long, value_name = "ZONE", global = true, help_heading = SHOW)]
    pub tz: Option<String>,
    /// When to colour.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourWhen::Auto, global = true, help_heading = SHOW)]
    pub color: ColourWhen,
    /// Analyse only packets that match this capture filter (man pcap-filter).
    #[arg(long, value_name = "BPF", global = true, help_heading = ANALYSE)]
    pub filter: Option<String>,
    /// A proxy of this network; may be repeated.
    #[arg(long, value_name = "HOST:PORT", global = true, help_heading = ANALYSE)]
    pub proxy: Vec<KnownProxy>,
    /// Where the capture was made.
    #[arg(long, value_enum, value_name = "WHERE", global = true, help_heading = ANALYSE)]
    pub capture_point: Option<CapturePoint>,
    /// Windows version of the clients.
    #[arg(long, value_enum, value_name = "OS", global = true, help_heading = ANALYSE)]
    pub client_os: Option<ClientOs>,
    /// Analyse each VLAN and virtual network (VNI) apart: for networks whose addresses overlap.
    #[arg(long, global = true, help_heading = ANALYSE)]
    pub strict_vlan: bool,
    /// Leave the times of every input as they are: by default, where several captures hold the same packets and their
    /// clocks differ, they are set right and the report says by how much
    #[arg(long, global = true, help_heading = ANALYSE)]
    pub no_clock_correction: bool,
    /// Microsoft 365 endpoint list, the JSON of `https://endpoints.office.com/endpoints/worldwide`, in place of the
    /// built-in copy.
    #[arg(long, value_name = "FILE", global = true, help_heading = ANALYSE)]
    pub endpoints: Option<PathBuf>,
    /// Memory for tables, for instance 512M.
    #[arg(long, value_name = "SIZE", value_parser = memory, global = true, help_heading = ANALYSE)]
    pub memory: Option<usize>,
    /// Threads to work with; every number gives the same report.
    #[arg(long, value_name = "N", global = true, help_heading = ANALYSE)]
    pub threads: Option<usize>,
    /// Pass over nothing early: to show that the findings do not depend on it.
    #[arg(long, global = true, hide = true)]
    pub no_early_reject: bool,
    /// Read settings from this file.
    #[arg(long, value_name = "FILE", global = true, help_heading = ANALYSE)]
    pub config: Option<PathBuf>,
    /// Print the default settings with comments, as a file for --config.
    #[arg(long, global = true, help_heading = ANALYSE)]
    pub print_config: bool,
    /// Exit with status 1 where a finding that is shown is at least this serious: ok, info, warning or error.
    #[arg(long, value_name = "SEVERITY", value_parser = severity, global = true)]
    pub fail_on: Option<Severity>,
    /// Say on standard error how much was read, how fast, in how much memory, and how the run was confined.
    #[arg(long, global = true)]
    pub stats: bool,
    /// Give up all rights but to read the captures, and of the UI and live runs to write outputs, before a byte of them is
    /// looked at: strict (or do not run), best-effort or off.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Sandbox::BestEffort, global = true)]
    pub sandbox: Sandbox,
}

const SHOW: &str = "What is shown";
const ANALYSE: &str = "What is analysed";

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColourWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn verdict(text: &str) -> Result<Verdict, String> {
    Verdict::from_name(text).ok_or_else(|| "no verdict has this name; `ncsight explain` lists them".to_owned())
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::from_name(text).ok_or_else(|| "expected ok, info, warning or error".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    text.parse()
}

/// Reads `512M`, `2G`, `64MiB` or a number of bytes.
pub(super) fn memory(text: &str) -> Result<usize, String> {
    let wrong = || "expected a size such as 512M or 2G".to_owned();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end).ok_or_else(wrong)?;
    let shift = match unit.trim().to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(wrong()),
    };
    let number: usize = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json, Self::Ndjson, Self::Csv, Self::Markdown, Self::Html]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Text => PossibleValue::new("text").help("for a person at a terminal"),
            Self::Json => PossibleValue::new("json").help("one document, see `ncsight schema`"),
            Self::Ndjson => PossibleValue::new("ndjson").help("one finding a line"),
            Self::Csv => PossibleValue::new("csv").help("one finding a row"),
            Self::Markdown => PossibleValue::new("markdown").help("for tickets"),
            Self::Html => {
                PossibleValue::new("html").help("a page that needs nothing else, for people without a terminal")
            }
        })
    }
}

impl ValueEnum for CapturePoint {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Client, Self::Switch, Self::ProxyUplink, Self::Unknown]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Client => PossibleValue::new("client").help("on the client: what is not there was not there"),
            Self::Switch => PossibleValue::new("switch").help("on a mirror port"),
            Self::ProxyUplink => PossibleValue::new("proxy-uplink").help("between a proxy and the Internet"),
            Self::Unknown => PossibleValue::new("unknown").help("not known"),
        })
    }
}

impl ValueEnum for ClientOs {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Win7, Self::Win8, Self::Win10, Self::Win11, Self::Unknown]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Win7 => PossibleValue::new("win7").help("7, Server 2008 R2"),
            Self::Win8 => PossibleValue::new("win8").help("8, 8.1, Server 2012 and 2012 R2"),
            Self::Win10 => PossibleValue::new("win10").help("10, Server 2016 and 2019"),
            Self::Win11 => PossibleValue::new("win11").help("11, Server 2022 and later"),
            Self::Unknown => PossibleValue::new("unknown").help("not known"),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn files_and_commands_are_told_apart() {
        let bare = Arguments::try_parse_from(["ncsight", "a.pcap", "b.pcap", "--lang", "ja"]).unwrap();
        assert!(bare.command.is_none());
        assert_eq!(bare.files.len(), 2);
        assert_eq!(bare.common.lang, Some(Language::Ja));
        let report =
            Arguments::try_parse_from(["ncsight", "--client", "10.0.0.5", "report", "a.pcap", "--proxy", "p:80"]);
        let report = report.unwrap();
        assert!(matches!(report.command, Some(Command::Report(_))));
        assert_eq!(report.common.proxy.len(), 1);
        assert!(report.common.client.is_some());
        let dash = Arguments::try_parse_from(["ncsight", "report", "-"]).unwrap();
        assert!(matches!(dash.command, Some(Command::Report(r)) if r.files == [PathBuf::from("-")]));
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(memory("64M"), Ok(64 << 20));
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        assert_eq!(memory("65536"), Ok(65536));
        for wrong in ["", "M", "0", "-1", "1.5G", "99999999999999G", "5 apples"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }
}

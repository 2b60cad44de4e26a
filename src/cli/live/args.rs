//! What the command line says about live capture.

use std::path::PathBuf;

use clap::Args;

use super::super::args::memory;
use crate::source::live::Plan;

/// Options of live capture.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Live capture")]
pub struct LiveArguments {
    /// Capture on this interface; may be repeated; `any` is all of them. On a terminal findings are shown on a screen, with
    /// `report` or without a terminal they are printed as lines.
    #[arg(short = 'i', long = "interface", value_name = "IFACE", conflicts_with = "files")]
    pub interfaces: Vec<String>,
    /// Read a capture file that another program still writes (tcpdump -U -w, dumpcap), and go on as it grows, until somebody
    /// ends it; where the file is emptied or replaced, go on with what is there then. Findings come as with -i.
    #[arg(long, conflicts_with = "interfaces")]
    pub follow: bool,
    /// A port of HTTP, TLS or a proxy beside the usual ones that the kernel lets pass; may be repeated.
    #[arg(long, value_name = "PORT")]
    pub proxy_port: Vec<u16>,
    /// Longest part of a packet that is captured.
    #[arg(long, value_name = "BYTES", default_value_t = Plan::SNAP_LENGTH)]
    pub snaplen: u32,
    /// The kernel's buffer of each interface, for instance 64M.
    #[arg(long, value_name = "SIZE", value_parser = memory, default_value = "8M")]
    pub buffer: usize,
    /// Write all captured packets to this file (pcapng).
    #[arg(long, value_name = "OUT")]
    pub write: Option<PathBuf>,
    /// Write several files one after the other, each of SIZE (100M) or DURATION (10m), and keep the latest COUNT.
    #[arg(long, value_name = "SIZE|DURATION,COUNT", requires = "write")]
    pub ring: Option<String>,
    /// Write the packets that prove a finding to a file in this folder, one for each finding.
    #[arg(long, value_name = "DIR")]
    pub write_findings: Option<PathBuf>,
}

impl LiveArguments {
    /// Whether an interface is to be captured on, or a file to be followed.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        !self.interfaces.is_empty() || self.follow
    }
}

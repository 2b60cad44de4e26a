//! `ncsight` reads packet captures and says why Windows decided "No Internet", why a proxy's 407 or a TLS version
//! mismatch keeps somebody from signing in, and proves it with packet numbers.
//!
//! # Floors
//!
//! ```text
//!  bytes ─source─▶ Frame ─wire─▶ Packet ─flow─▶ stream bytes ─proto─▶ Message ─transaction─▶ Transaction
//!                                                                                               │ one flow at a time
//!  ─────────────────────────────────────────────────────────────────────────────────────────────┼───────────────────
//!                                                                                               │ one client at a time
//!                     report, tui ◀─ Snapshot ◀─ engine ◀─ Finding ◀─ verdict ◀─ Attempt ◀─ probe
//! ```
//!
//! A file imports only from floors to its left. Above the line everything knows one flow and nothing else; below it
//! everything knows one client and sees no packet. Nothing above `source` and outside `cli` reads a clock, opens a file
//! or prints.

pub mod cli;
pub mod endpoints;
pub mod engine;
pub mod error;
pub mod flow;
pub mod limits;
pub mod marks;
pub mod pack;
pub mod probe;
pub mod proto;
pub mod report;
pub mod settings;
pub mod source;
pub mod text;
pub mod time;
pub mod transaction;
pub mod tui;
pub mod verdict;
pub mod vocabulary;
pub mod wire;

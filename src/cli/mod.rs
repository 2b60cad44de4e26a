//! The command line.

pub mod args;
pub mod config;
mod console;
mod endpoints;
mod interface;
mod interfaces;
mod inventory;
pub mod live;
mod output;
mod progress;
mod run;
pub mod sandbox;
mod screen;
mod stats;

pub use run::{Analyse, run};

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> std::process::ExitCode {
    run(&crate::engine::analyse)
}

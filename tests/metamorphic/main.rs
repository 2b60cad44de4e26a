//! What a finding says must not hang on how the capture was made: packets twice, swapped, missing, cut, of one
//! direction, renamed or damaged. Every committed capture goes through every change.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

mod damage;
mod less;
mod names;
mod order;
mod packets;
mod points;
mod renamed;
#[path = "../support/mod.rs"]
mod support;
mod tally;
mod twice;

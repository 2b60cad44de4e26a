//! The committed captures, what is expected of them, and how they are analysed in this process.

#![allow(dead_code, reason = "every test program uses a part of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

pub mod analysis;
pub mod case;
pub mod trace;

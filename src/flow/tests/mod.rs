//! Scripted connections.
#![allow(clippy::unwrap_used, clippy::panic)]

mod close;
mod duplicates;
mod handshake;
mod loss;
mod midstream;
mod property;
mod scene;
mod table;
mod wake;

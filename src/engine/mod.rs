//! The engine: runs the floors and keeps what they find.

pub mod snapshot;

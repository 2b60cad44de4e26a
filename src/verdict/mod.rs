//! The verdict floor: a settled attempt becomes a [`Finding`].

pub mod finding;
pub mod vocabulary;

pub use finding::*;
pub use vocabulary::*;

//! The verdict floor: a settled attempt becomes a [`Finding`].

pub mod absence;
mod answer;
pub mod case;
mod dns;
mod evidence;
pub mod finding;
mod http;
pub mod judge;
mod proxy;
mod reach;
pub mod relate;
pub mod roles;
mod tls;

pub use crate::vocabulary::*;
pub use finding::*;
#[cfg(test)]
mod tests;

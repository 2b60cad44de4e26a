//! The verdict floor: a settled attempt becomes a [`Finding`].

pub mod absence;
mod answer;
pub mod case;
mod discovery;
mod dns;
mod evidence;
pub mod finding;
mod http;
pub mod judge;
mod pac;
mod proxy;
mod proxy_signs;
mod reach;
pub mod relate;
pub mod roles;
mod tls;

pub use crate::vocabulary::*;
pub use discovery::{DiscoveryDetails, DiscoveryRemark};
pub use finding::*;
pub use proxy_signs::ProxyRemark;
#[cfg(test)]
mod tests;

//! The verdict floor: a settled attempt becomes a [`Finding`].

pub mod absence;
pub mod adapters;
mod answer;
pub mod case;
mod details;
mod discovery;
mod dns;
mod doubt;
pub mod elsewhere;
pub mod endpoints;
mod evidence;
pub mod filed;
pub mod finding;
mod hardware;
mod host;
mod http;
pub mod judge;
pub mod link;
mod marks;
mod office;
mod os_checks;
mod os_relate;
mod pac;
pub mod passive;
mod portal_named;
mod proxy;
mod proxy_signs;
pub mod rates;
mod reach;
mod refusals;
pub mod relate;
mod remark;
pub mod retired;
pub mod roles;
mod tls;
pub mod windows;

pub use crate::vocabulary::*;
pub use discovery::{DiscoveryDetails, DiscoveryRemark};
pub use filed::Filed;
pub use finding::*;
pub use proxy_signs::ProxyRemark;
#[cfg(test)]
mod tests;

//! The targets, by floor.

pub mod credentials;
pub mod dns;
pub mod flow;
pub mod host;
pub mod http;
pub mod settings;
pub mod source;
pub mod tls;
pub mod whole;
pub mod wire;

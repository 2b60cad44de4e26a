//! The probe floor: transactions of one client become attempts.

pub mod attempt;
pub mod catalog;
pub mod client;
pub mod clients;
pub mod completed;
pub mod correlate;
pub mod directions;
pub mod discovery;
pub mod endpoints;
mod forget;
pub mod hops;
pub mod host_events;
pub mod hosts;
pub mod identity;
pub mod microsoft;
pub mod os_checks;
pub mod packed;
pub mod presence;
pub mod refusals;
pub mod retired;
pub mod rewriting;
mod searches;
pub mod station;
pub mod stations;
#[cfg(test)]
pub(crate) mod tests;
pub mod told;
pub mod translators;
pub mod vantage;
pub mod world;

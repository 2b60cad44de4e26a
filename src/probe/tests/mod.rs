//! What the committed captures cannot reach: bounds, windows to the millisecond, and each condition on its own.

mod attempt;
mod catalog;
mod client;
mod correlate;
mod direct;
mod folding;
mod forgetting;
mod hosts;
mod identity;
pub mod journal;
mod kept;
pub mod onlink;
mod proxied;
mod repeats;
mod retired;
pub mod scene;
pub mod searching;
mod sets;
mod stages;
mod stations;
mod world;

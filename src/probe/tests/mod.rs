//! What the committed captures cannot reach: bounds, windows to the millisecond, and each condition on its own.

mod attempt;
mod catalog;
mod client;
mod correlate;
mod direct;
mod folding;
mod hosts;
mod kept;
pub mod onlink;
mod proxied;
pub mod scene;
mod stages;
mod world;

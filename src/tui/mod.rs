//! The terminal UI: what the engine knows at this moment, to look at, to search and to prove.
//!
//! ```text
//!  keys, mouse, size ─┐
//!  engine's news ─────┼─▶ Event ─update─▶ State ─view─▶ screen
//!  fetched packets ───┘              └─▶ Effect ─run─▶ clipboard, files, packets, end
//! ```
//!
//! [`update`](update::update) is the only place where the [`State`](state::State) changes; it does nothing to the
//! outside but say what is to be done ([`Effect`](event::Effect)). A view is a pure function of state and area. Words
//! come from the report floor; what a view needs of a packet comes decoded from the engine. One table of keys
//! ([`keys::TABLE`]) makes dispatch, help, palette and configuration.

pub mod answer;
pub mod event;
mod export;
pub mod filter;
pub mod fit;
pub mod keymap;
pub mod keys;
pub mod layout;
pub mod line;
pub mod list;
pub mod live;
pub mod menu;
pub mod order;
pub mod peers;
mod run;
pub mod search;
mod signals;
pub mod state;
pub mod tally;
mod terminal;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
pub mod texts;
pub mod theme;
pub mod update;
pub mod view;
mod words;

pub use run::{Ended, run, watch};
pub use state::Preferences;

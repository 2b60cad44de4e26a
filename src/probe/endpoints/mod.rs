//! Microsoft 365: which endpoint sets are in use, by whom, and how far each of them gets.

mod cell;
pub mod directory;
pub mod matrix;
pub mod names;
pub mod prefixes;
pub mod purpose;
pub mod signs;
pub mod stage;

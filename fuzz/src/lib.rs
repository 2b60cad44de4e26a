//! What strangers can send, against every parser of `ncsight`: one function a target, called by `fuzz_targets/*.rs`.
//!
//! A target panics where the parser does, and where its answer contradicts itself: a message split over segments that
//! reads differently, a byte delivered at the wrong place. [`planted`] proves that its depths are reached.

pub mod input;
pub mod planted;
pub mod seeds;
pub mod target;

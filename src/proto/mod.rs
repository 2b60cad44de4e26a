//! The proto floor.

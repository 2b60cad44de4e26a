//! The report floor.

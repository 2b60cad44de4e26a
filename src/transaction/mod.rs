//! The transaction floor.

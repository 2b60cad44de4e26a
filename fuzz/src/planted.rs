//! Faults that are planted on purpose: with the feature `planted` a target panics where its deepest parser read a value
//! that differs from the seed's in exactly one byte. Only mutated input that is still understood to the end gets there.

/// Panics where `value` is `seed` with one byte changed.
pub fn near(seed: &[u8], value: &[u8]) {
    if cfg!(feature = "planted") && value.len() == seed.len() {
        let other = seed.iter().zip(value).filter(|(one, other)| one != other).count();
        assert!(other != 1, "planted: {}", String::from_utf8_lossy(value));
    }
}

/// Panics where `reached` holds, which no seed does.
pub fn state(reached: bool) {
    assert!(!(cfg!(feature = "planted") && reached), "planted: a state");
}

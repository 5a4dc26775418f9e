//! Made-up clips for the tests of this crate.

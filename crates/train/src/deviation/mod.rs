//! The stages of the deviation system (METHODS 1.7, 1.8).

pub mod features;

//! The stages of the latent deviation system (METHODS 1).

pub mod motion;

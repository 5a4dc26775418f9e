//! The stages of the latent deviation system (METHODS 1): `features`, then `motion`.

pub mod features;
pub mod motion;

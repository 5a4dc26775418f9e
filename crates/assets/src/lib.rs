//! The catalogue of pinned third-party files and where they lie on disk.
//!
//! `cargo xtask setup` reads the [`catalogue`] and fills the cache ([`home`]); everything else only asks
//! [`locate`] for a file. This crate needs neither libtorch nor the network, so that the chores can use it on
//! a machine where nothing has been fetched yet.

mod asset;
mod bundles;
mod catalogue;
mod error;
mod hash;
mod home;
mod networks;

pub use asset::{Asset, demo_speeches, figure, locate, verify};
pub use bundles::catalogue;
pub use catalogue::{Archive, Bundle, Member, Package, Part, Selector};
pub use error::AssetError;
pub use hash::{Hasher, sha256_of};
pub use home::home;

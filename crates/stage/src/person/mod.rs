//! People: an identity from a seed, its body, skin, eyes, hair, clothes and glasses.

mod assemble;
mod blink;
mod chair;
mod chance;
mod complexion;
mod deform;
mod eyes;
mod features;
pub mod garment;
pub mod glasses;
pub mod hair;
mod identity;
mod lashes;
mod mouth;
mod noise;
mod parts;
#[expect(
    clippy::module_inception,
    reason = "the file of the type Person, among the files it is put together from"
)]
mod person;
mod piece;
mod pocket;
mod shape;
mod shoulder;
mod skin;
#[cfg(test)]
mod tests;

pub use complexion::{Beard, Brows, Colour, Complexion, MakeUp};
pub use features::Feature;
pub use identity::Identity;
pub use noise::noise;
pub use person::Person;
pub use piece::{Bind, Body, Piece, PieceCorner, PiecePoint, Traits};
pub use shape::{normals, shape};

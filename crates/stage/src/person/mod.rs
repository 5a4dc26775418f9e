//! People: an identity from a seed, its body, skin, eyes, hair, clothes and glasses.

mod piece;

pub use piece::{Bind, Body, Piece, PieceCorner, PiecePoint, Traits};

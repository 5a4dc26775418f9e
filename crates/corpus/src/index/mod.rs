//! `index.parquet`: one row a clip, for this program and for everything else that reads Parquet.
//!
//! Offsets count bytes from the start of the shard's tar to the member's content. Texts of kind JSON hold what their
//! column says: `style` the speaker's style, `usable` a list of `[first, one past the last]` frames.

mod columns;
mod read;
mod write;

pub(crate) use columns::check_row;
pub(crate) use read::read;
pub(crate) use write::write;

#[cfg(test)]
mod tests;

//! Training of pictures on a made-up corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod contextual;
mod deviation;
mod made_up;

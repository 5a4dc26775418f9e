//! Published networks as configurations of ours, compared with fixtures of the shared folder (skipped where that is not).

#![allow(clippy::unwrap_used)]

mod deviation;
mod fixture;
mod tps;

//! Acting: from what is said and planned to how every bone and face unit moves.
//!
//! [`Performance`] is built once per clip; [`Performance::pose`] is then a pure function of time.

mod arm;
mod bell;
mod body;
mod bones;
mod clearance;
mod drift;
mod eyes;
mod forms;
mod gesture;
mod hand;
mod mouth;
mod performance;
mod rest;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod tests;
mod track;
mod visemes;

pub use performance::Performance;

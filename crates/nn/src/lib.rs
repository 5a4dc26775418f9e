//! Layers, losses, optimiser with savable state, schedules, averaging, checkpoints.
//!
//! The tensors are libtorch's, through `tch`. What is here is what `tch` lacks, kept small: everything a training
//! run needs in order to be stopped at any step and to go on as if it had not been.

pub mod arithmetic;
pub mod attention;
mod average;
mod checkpoint;
pub mod convolution;
mod device;
mod error;
pub mod grid;
mod memory;
mod optimiser;
pub mod picture_blocks;
mod random;
pub mod residual_network;
pub mod rotary;
pub mod rotation;
mod schedule;
pub mod spade;
pub mod spectral;
mod tensors;
pub mod vgg;
pub mod weight_file;

pub use average::ExponentialAverage;
pub use checkpoint::{Checkpoint, Precision, assign, parameters};
pub use device::{choose_device, configure_threads};
pub use error::{NnError, Result};
pub use optimiser::{AdamW, AdamWConfig, clip_gradient_norm};
pub use random::{Randomness, mix};
pub use schedule::Schedule;
pub use tensors::{from_array2, from_array3, to_array2, to_array3};

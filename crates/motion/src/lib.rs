//! Speech to motion: tokenizers, mask and residual generators, long recordings, retargeting.

pub mod contextual;
pub mod deviation;
mod error;
mod lips;
mod model;
pub mod momask;
mod rest;
mod retarget;
mod streams;

pub use error::{MotionError, Result};
pub use model::{Known, MotionModel, SampleOptions, SampleRequest};
pub use orator_body::Motion;
pub use rest::{ARM_POINTS, HandShape, RestPose};
pub use retarget::to_keypoints;
pub use streams::{BODY_DIMENSIONS, FACE_DIMENSIONS, LIP_POINTS, Streams, mirror, to_streams};

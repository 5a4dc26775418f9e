//! Speech to motion: tokenizers, mask and residual generators, long recordings, retargeting.

pub mod contextual;
mod error;
mod model;
mod streams;

pub use error::{MotionError, Result};
pub use model::{Known, Motion, MotionModel, SampleOptions, SampleRequest};
pub use streams::{
    ARM_POINTS, BODY_DIMENSIONS, FACE_DIMENSIONS, HandShape, LIP_POINTS, RestPose, Streams, mirror,
    to_keypoints, to_streams,
};

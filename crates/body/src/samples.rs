//! Made-up tracks for the tests of this crate.

use crate::{KeypointTrack, Layout};
use ndarray::{Array2, Array3};
use orator_media::FrameRate;

/// The made-up picture's size.
pub(crate) const SIZE: (u32, u32) = (640, 480);

/// Points all over the picture and confidences above 0.3, different for every seed.
pub(crate) fn track(layout: Layout, frames: usize, seed: u64) -> KeypointTrack {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut next = move || {
        // xorshift64*: good enough to place points.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1u64 << 24) as f32
    };
    let points = Array3::from_shape_fn((frames, layout.len(), 2), |(_, _, axis)| {
        next() * if axis == 0 { SIZE.0 as f32 } else { SIZE.1 as f32 }
    });
    let confidence = Array2::from_shape_fn((frames, layout.len()), |_| 0.3 + 0.7 * next());
    KeypointTrack::new(layout, FrameRate::MOTION, SIZE, points, confidence).unwrap()
}

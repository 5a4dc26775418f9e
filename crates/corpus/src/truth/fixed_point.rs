//! Pixels as 16-bit fixed-point numbers.

/// Finest step: 1/16 pixel, well below what any detector resolves.
const FINEST_STEP: f32 = 1.0 / 16.0;

/// The step for keypoints of a picture of `size`: the smallest power of two from 1/16 pixel on with which i16 reaches
/// from one longer side before the picture to one behind it.
#[must_use]
pub fn keypoint_step(size: (u32, u32)) -> f32 {
    let reach = reach(size);
    let mut step = FINEST_STEP;
    while reach > f32::from(i16::MAX) * step {
        step *= 2.0;
    }
    step
}

/// The largest coordinate that is stored; the smallest is minus half of it.
fn reach(size: (u32, u32)) -> f32 {
    2.0 * size.0.max(size.1) as f32
}

/// A coordinate in steps, moved into reach.
pub fn to_fixed(pixels: f32, size: (u32, u32), step: f32) -> i16 {
    let reach = reach(size);
    // `as` saturates, and the step is chosen so that nothing has to.
    (pixels.clamp(-reach / 2.0, reach) / step).round() as i16
}

/// A coordinate in pixels.
pub fn to_pixels(fixed: i16, step: f32) -> f32 {
    f32::from(fixed) * step
}

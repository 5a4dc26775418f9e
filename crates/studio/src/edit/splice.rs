//! New frames among kept ones.

use super::range::{EditRange, Origin};
use crate::{Result, StudioError};
use ndarray::Axis;
use orator_body::{KeypointTrack, SquareCrop};
use orator_media::Picture;
use orator_render::Scene;

/// Frames at each border over which a new picture fades into the old one (METHODS 2.5).
const FADED_FRAMES: usize = 3;
/// Share of the square over which a new square fades into the picture around it.
const EDGE: f32 = 0.04;

/// Makes the frames of the result in order, out of the frames of the old video in order. Holds one picture at a time.
pub(super) struct Splice<'a> {
    pub range: EditRange,
    /// Motion of the result in pixels of the square.
    pub track: &'a KeypointTrack,
    pub scene: &'a mut dyn Scene,
    pub crop: &'a SquareCrop,
    /// A whole frame beside the range: what stands around the square in new frames.
    pub surroundings: &'a Picture,
}

impl Splice<'_> {
    /// Gives every frame of the result to `take`. Kept frames are given as they came.
    pub fn run(
        &mut self,
        old: &mut dyn Iterator<Item = orator_media::Result<Picture>>,
        take: &mut dyn FnMut(Picture) -> Result<()>,
    ) -> Result<()> {
        let mut at = 0;
        // The old frames of the range that are faded with stand at its ends.
        let mut read = |wanted: usize| -> Result<Picture> {
            loop {
                let picture = old.next().ok_or_else(|| {
                    StudioError::Internal(format!("the video ended before its frame {wanted}"))
                })?;
                at += 1;
                if at > wanted {
                    return picture.map_err(StudioError::Input);
                }
            }
        };
        let mut last: Option<(usize, Picture)> = None;
        for frame in 0..self.range.total() {
            match self.range.origin(frame) {
                Origin::Kept(old) => take(read(old)?)?,
                Origin::New { number } => {
                    let replaced =
                        self.range.replaced(number).filter(|(_, distance)| *distance < FADED_FRAMES);
                    if let Some((old, _)) = replaced
                        && last.as_ref().is_none_or(|(kept, _)| *kept < old)
                    {
                        last = Some((old, read(old)?));
                    }
                    let drawn = self.scene.render(
                        self.track.points().index_axis(Axis(0), frame),
                        self.track.confidence().index_axis(Axis(0), frame),
                    )?;
                    let behind = match (replaced, &last) {
                        (Some((old, distance)), Some((kept, picture))) if *kept == old => {
                            let new = (distance + 1) as f32 / (FADED_FRAMES + 1) as f32;
                            Some((picture, new))
                        }
                        _ => None,
                    };
                    take(self.placed(&drawn, behind))?;
                }
            }
        }
        Ok(())
    }

    /// The drawn square in its surroundings, mixed with the old frame by the new one's share.
    fn placed(&self, drawn: &Picture, behind: Option<(&Picture, f32)>) -> Picture {
        let mut whole = self.surroundings.clone();
        paste(&mut whole, drawn, self.crop);
        if let Some((old, new)) = behind {
            for (value, old) in whole.rgb_mut().iter_mut().zip(old.rgb()) {
                *value = mixed(*old, *value, new);
            }
        }
        whole
    }
}

/// `new` counts by `share`, `old` by the rest.
fn mixed(old: u8, new: u8, share: f32) -> u8 {
    (f32::from(old) * (1.0 - share) + f32::from(new) * share).round() as u8
}

/// Lays the square where it was cut out, its border fading into what is around it. A square that is the whole picture has no
/// border.
fn paste(whole: &mut Picture, square: &Picture, crop: &SquareCrop) {
    let rect = crop.rect();
    let (left, top) = (rect.x.round() as isize, rect.y.round() as isize);
    let (width, height) = (rect.width.round() as usize, rect.height.round() as usize);
    let fills = (left, top, width, height) == (0, 0, whole.width(), whole.height());
    let square = square.resize(width, height);
    let stride = whole.width() * 3;
    let bounds = (whole.width() as isize, whole.height() as isize);
    for y in 0..height {
        for x in 0..width {
            let (wx, wy) = (left + x as isize, top + y as isize);
            if wx < 0 || wy < 0 || wx >= bounds.0 || wy >= bounds.1 {
                continue;
            }
            let share = if fills { 1.0 } else { edge(x, width).min(edge(y, height)) };
            let to = wy as usize * stride + wx as usize * 3;
            let colour = square.pixel(x, y);
            for (value, new) in whole.rgb_mut()[to..to + 3].iter_mut().zip(colour) {
                *value = mixed(*value, new, share);
            }
        }
    }
}

/// 0 at the border of a side of `length` pixels, 1 further in than [`EDGE`] of it.
fn edge(at: usize, length: usize) -> f32 {
    let from_border = (at.min(length - 1 - at) as f32 + 0.5) / length as f32;
    (from_border / EDGE).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3, ArrayView1, ArrayView2};
    use orator_body::crop::CropConfig;
    use orator_body::{Fit, Layout};
    use orator_media::FrameRate;
    use orator_render::RenderError;

    /// Draws one colour.
    struct Red;

    impl Scene for Red {
        fn render(
            &mut self,
            _: ArrayView2<'_, f32>,
            _: ArrayView1<'_, f32>,
        ) -> std::result::Result<Picture, RenderError> {
            Ok(Picture::filled(64, 64, [255, 0, 0]))
        }
    }

    /// A frame that no other is like.
    fn frame(number: usize, width: usize) -> Picture {
        Picture::filled(width, 64, [0, number as u8, 200 - number as u8])
    }

    fn edited(range: EditRange, width: usize) -> Vec<Picture> {
        let track = KeypointTrack::new(
            Layout::WholeBody133,
            FrameRate::MOTION,
            (64, 64),
            Array3::zeros((range.total(), 133, 2)),
            Array2::ones((range.total(), 133)),
        )
        .unwrap();
        let crop =
            SquareCrop::choose((width as u32, 64), None, Fit::Crop, 64, &CropConfig::default()).unwrap();
        let surroundings = frame(range.neighbour(), width);
        let mut splice =
            Splice { range, track: &track, scene: &mut Red, crop: &crop, surroundings: &surroundings };
        let mut made = Vec::new();
        let mut old = (0..range.old_total).map(|number| Ok(frame(number, width)));
        splice
            .run(&mut old, &mut |picture| {
                made.push(picture);
                Ok(())
            })
            .unwrap();
        made
    }

    #[test]
    fn kept_frames_are_the_same_bytes_and_new_ones_fade_in_and_out() {
        for new in [None, Some(9), Some(40), Some(1)] {
            for (from, to) in [(0.4, 1.2), (0.0, 0.8), (1.2, 2.0)] {
                let range = EditRange::new(from, to, new, 50).unwrap();
                let made = edited(range, 64);
                assert_eq!(made.len(), range.total());
                for (number, picture) in made.iter().enumerate() {
                    if let Origin::Kept(old) = range.origin(number) {
                        assert!(picture.rgb() == frame(old, 64).rgb(), "{number} {range:?}");
                    }
                }
                let red = |number: usize| made[number].pixel(32, 32)[0];
                if range.new >= 9 {
                    assert_eq!(red(range.from + range.new / 2), 255);
                    if range.from > 0 {
                        assert!(red(range.from) < red(range.from + 1) && red(range.from) > 0);
                    }
                }
            }
        }
    }

    #[test]
    fn around_the_square_stands_the_neighbour_of_the_range() {
        let range = EditRange::new(0.4, 1.6, None, 50).unwrap();
        let made = edited(range, 128);
        let middle = &made[range.from + range.new / 2];
        assert_eq!(middle.pixel(64, 32), [255, 0, 0]);
        assert_eq!(middle.pixel(2, 32), frame(range.neighbour(), 128).pixel(2, 32));
    }
}

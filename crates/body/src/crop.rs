//! The cropping rule: which square of a picture or video that is not square is worked on.
//!
//! A square picture is taken whole. Of any other, `Fit::Crop` takes a square around the person: head with
//! room above it, both hands, the torso down to the hips as far as they are in view, and room for the arms
//! at the sides. It never reaches outside the picture; what does not fit into the shorter side is cut off
//! at the bottom, the head is kept. `Fit::Pad` keeps everything and fills up to a square.

use crate::layout::{BODY, EARS, ELBOWS, FACE, HIPS, LEFT_HAND, NOSE, RIGHT_HAND, SHOULDERS, WRISTS};
use crate::normalise::{SEEN, median, neck, shoulder_width};
use crate::{BodyError, KeypointTrack, Result};
use orator_media::{Fill, Picture, Rect};
use serde::{Deserialize, Serialize};

/// How a picture that is not square becomes square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// A square around the person.
    #[default]
    Crop,
    /// The whole picture, filled up at the shorter sides with its edge pixels.
    Pad,
}

/// The numbers of the cropping rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CropConfig {
    /// Points below this confidence are not looked at. Default 0.3.
    pub threshold: f32,
    /// Room around the person, as a share of the person's longer side. Default 0.05.
    pub margin: f32,
    /// Hair and forehead above the brows, in heights from brows to chin. Default 0.8.
    pub head_above_brows: f32,
    /// Room for the arms to each side of the neck, in shoulder widths. Default 1.5.
    pub reach: f32,
    /// Share of a video's frames that may stick out at each edge, so that single bad frames do not count.
    /// Default 0.02.
    pub outliers: f32,
    /// Smallest side of the square in pixels, where the picture has that many. Default 128.
    pub smallest: u32,
}

impl Default for CropConfig {
    fn default() -> Self {
        Self {
            threshold: SEEN,
            margin: 0.05,
            head_above_brows: 0.8,
            reach: 1.5,
            outliers: 0.02,
            smallest: 128,
        }
    }
}

/// A square of a picture, in whole pixels, scaled to `side` × `side`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquareCrop {
    rect: Rect,
    side: u32,
    size: (u32, u32),
}

impl SquareCrop {
    /// Chooses the square for a picture (or every frame of a video) of `size` (width, height), to be scaled
    /// to `side` pixels. `person` is what was found in it: one frame for a photo, all frames for a video;
    /// with `None`, or with no point seen, the square of the shorter side in the middle is taken.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when a size is 0 or `person` belongs to a picture of another size.
    pub fn choose(
        size: (u32, u32),
        person: Option<&KeypointTrack>,
        fit: Fit,
        side: u32,
        config: &CropConfig,
    ) -> Result<Self> {
        let (width, height) = size;
        if width == 0 || height == 0 || side == 0 {
            return Err(BodyError::Shape(format!("a {width}x{height} picture cannot be made {side}x{side}")));
        }
        if let Some(other) = person.map(KeypointTrack::size).filter(|other| *other != size) {
            return Err(BodyError::Shape(format!(
                "the keypoints belong to a picture of {other:?} pixels, not {size:?}"
            )));
        }
        let (shorter, longer) = (width.min(height), width.max(height));
        let square = |x: u32, y: u32, edge: u32| Self {
            rect: Rect { x: x as f32, y: y as f32, width: edge as f32, height: edge as f32 },
            side,
            size,
        };
        if fit == Fit::Pad && width != height {
            let outside = |own: u32| -(((longer - own) / 2) as f32);
            let rect =
                Rect { x: outside(width), y: outside(height), width: longer as f32, height: longer as f32 };
            return Ok(Self { rect, side, size });
        }
        if width == height {
            return Ok(square(0, 0, width));
        }
        let Some(person) = person.and_then(|track| PersonBox::of(track, config)) else {
            return Ok(square((width - shorter) / 2, (height - shorter) / 2, shorter));
        };
        let wanted = (person.right - person.left).max(person.bottom - person.top);
        let margin = wanted * config.margin;
        let smallest = config.smallest.min(shorter);
        // `as` saturates, so wild numbers end at the limits.
        let edge = ((wanted + 2.0 * margin).ceil() as u32).clamp(smallest, shorter);
        let x = person.place_across(edge as f32);
        let y = if person.bottom - person.top <= edge as f32 {
            (person.top + person.bottom - edge as f32) / 2.0
        } else {
            person.top
        };
        let into = |place: f32, own: u32| (place.round().max(0.0) as u32).min(own - edge);
        Ok(square(into(x, width), into(y, height), edge))
    }

    /// The square in pixels of the picture; reaches outside it with [`Fit::Pad`].
    #[must_use]
    pub fn rect(&self) -> Rect {
        self.rect
    }

    /// Width and height of the result.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Width and height of the picture that it was chosen for.
    #[must_use]
    pub fn picture_size(&self) -> (u32, u32) {
        self.size
    }

    /// Pixels of the result per pixel of the picture.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.side as f32 / self.rect.width
    }

    /// A place in the picture as a place in the result.
    #[must_use]
    pub fn to_crop(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [(x - self.rect.x) * self.scale(), (y - self.rect.y) * self.scale()]
    }

    /// A place in the result as a place in the picture.
    #[must_use]
    pub fn to_picture(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x / self.scale() + self.rect.x, y / self.scale() + self.rect.y]
    }

    /// Keypoints of the picture as keypoints of the result.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when they belong to a picture of another size.
    pub fn keypoints_to_crop(&self, track: &KeypointTrack) -> Result<KeypointTrack> {
        self.check(track, self.size)?;
        track.mapped((self.side, self.side), |place| self.to_crop(place))
    }

    /// Keypoints of the result as keypoints of the picture.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when they belong to a picture of another size.
    pub fn keypoints_to_picture(&self, track: &KeypointTrack) -> Result<KeypointTrack> {
        self.check(track, (self.side, self.side))?;
        track.mapped(self.size, |place| self.to_picture(place))
    }

    /// The square of `picture`, scaled to the result's side.
    ///
    /// # Errors
    /// [`BodyError::Shape`] when `picture` has another size than the one the square was chosen for.
    pub fn picture(&self, picture: &Picture) -> Result<Picture> {
        let (width, height) = (picture.width(), picture.height());
        if (width, height) != (self.size.0 as usize, self.size.1 as usize) {
            return Err(BodyError::Shape(format!(
                "the crop was chosen for a picture of {:?} pixels, not {width}x{height}",
                self.size
            )));
        }
        let side = self.side as usize;
        let whole = self.rect == Rect { x: 0.0, y: 0.0, width: width as f32, height: height as f32 };
        if whole && width == side {
            return Ok(picture.clone());
        }
        let cropped = if whole { None } else { Some(picture.crop(self.rect, Fill::Edge)) };
        let cropped = cropped.as_ref().unwrap_or(picture);
        Ok(if cropped.width() == side { cropped.clone() } else { cropped.resize(side, side) })
    }

    fn check(&self, track: &KeypointTrack, size: (u32, u32)) -> Result<()> {
        if track.size() == size {
            return Ok(());
        }
        Err(BodyError::Shape(format!(
            "the keypoints belong to a picture of {:?} pixels, not {size:?}",
            track.size()
        )))
    }
}

/// What of the person should be in the square, in pixels, cut to the picture.
#[derive(Clone, Copy, Debug)]
struct PersonBox {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    /// Leftmost and rightmost place of head and hands, without the room for the arms.
    needed: (f32, f32),
    /// Where the middle of the body is, across.
    middle: f32,
}

impl PersonBox {
    /// The box over all frames; `None` if no point is seen in any.
    fn of(track: &KeypointTrack, config: &CropConfig) -> Option<Self> {
        let (width, height) = (track.size().0 as f32, track.size().1 as f32);
        let mut edges: [Vec<f32>; 4] = Default::default();
        let mut middles = Vec::new();
        let mut widths = Vec::new();
        for frame in 0..track.frames() {
            let Some([left, top, right, bottom]) = frame_box(track, frame, config) else { continue };
            for (all, edge) in edges.iter_mut().zip([left, top, right, bottom]) {
                all.push(edge);
            }
            middles.extend(neck(track, frame, config.threshold).map(|place| place[0]));
            widths.extend(shoulder_width(track, frame, config.threshold));
        }
        let [left, top, right, bottom] = edges;
        let (left, top) = (low(left, config.outliers)?, low(top, config.outliers)?);
        let (right, bottom) = (high(right, config.outliers)?, high(bottom, config.outliers)?);
        let middle = median(middles).unwrap_or((left + right) / 2.0);
        let reach = median(widths).unwrap_or(0.0) * config.reach;
        // A detector may place points outside the picture: only what is in view counts.
        let across = |x: f32| x.clamp(0.0, width);
        let down = |y: f32| y.clamp(0.0, height);
        Some(Self {
            left: across(left.min(middle - reach)),
            top: down(top),
            right: across(right.max(middle + reach)),
            bottom: down(bottom),
            needed: (across(left), across(right)),
            middle: across(middle),
        })
    }

    /// Left edge of a square of `edge` pixels: everything wanted if it fits, else as near to the body's
    /// middle as keeps head and hands in.
    fn place_across(&self, edge: f32) -> f32 {
        if self.right - self.left <= edge {
            return (self.left + self.right - edge) / 2.0;
        }
        let centred = self.middle - edge / 2.0;
        let (from, to) = (self.needed.1 - edge, self.needed.0);
        if from <= to { centred.clamp(from, to) } else { centred }
    }
}

/// Left, top, right, bottom of what is seen in one frame: head, shoulders, arms, hands, hips.
fn frame_box(track: &KeypointTrack, frame: usize, config: &CropConfig) -> Option<[f32; 4]> {
    let seen = |point: usize| track.confident(frame, point, config.threshold);
    let bounds = |points: &mut dyn Iterator<Item = usize>| {
        points.filter_map(seen).fold(None, |bounds: Option<[f32; 4]>, [x, y]| {
            let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
            Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
        })
    };
    let upper_body = SHOULDERS.into_iter().chain(ELBOWS).chain(WRISTS).chain(HIPS);
    let mut person = bounds(
        &mut (BODY.start..EARS[1] + 1).chain(FACE).chain(upper_body).chain(LEFT_HAND).chain(RIGHT_HAND),
    )?;
    // The points end at the brows (or, with no face found, at eyes and ears); the head does not.
    let head_top = if let Some([_, brows, _, chin]) = bounds(&mut { FACE }) {
        Some((brows - (chin - brows) * config.head_above_brows, (chin - brows) * 0.25))
    } else {
        // Ears are about as far apart as brows and chin.
        seen(EARS[0]).zip(seen(EARS[1])).map(|(left, right)| {
            let face = (left[0] - right[0]).hypot(left[1] - right[1]);
            ((left[1] + right[1]) / 2.0 - face * (config.head_above_brows + 0.25), face * 0.1)
        })
    };
    if let Some((top, beside)) = head_top {
        person[1] = person[1].min(top);
        if let Some([left, _, right, _]) = bounds(&mut (NOSE..EARS[1] + 1).chain(FACE)) {
            person[0] = person[0].min(left - beside);
            person[2] = person[2].max(right + beside);
        }
    }
    Some(person)
}

/// The value that a share of `outliers` of the values lies below.
fn low(mut values: Vec<f32>, outliers: f32) -> Option<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let skip = (values.len() as f32 * outliers.clamp(0.0, 0.5)) as usize;
    values.get(skip.min(values.len().checked_sub(1)?)).copied()
}

/// The value that a share of `outliers` of the values lies above.
fn high(values: Vec<f32>, outliers: f32) -> Option<f32> {
    low(values.into_iter().map(|v| -v).collect(), outliers).map(|v| -v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;
    use crate::samples::track;
    use ndarray::{Array2, Array3};
    use orator_media::FrameRate;
    use proptest::prelude::*;

    /// A standing person: head top near `head`, shoulders `shoulders` pixels wide around `x`, in proportion.
    fn person(size: (u32, u32), x: f32, head: f32, shoulders: f32) -> KeypointTrack {
        let unit = shoulders / 2.0;
        let mut points = Array3::zeros((1, 133, 2));
        let mut confidence = Array2::zeros((1, 133));
        let mut put = |point: usize, across: f32, down: f32| {
            points[[0, point, 0]] = x + across * unit;
            points[[0, point, 1]] = head + down * unit;
            confidence[[0, point]] = 0.9;
        };
        for (side, sign) in [(0, 1.0), (1, -1.0)] {
            put(SHOULDERS[side], sign, 2.4);
            put(ELBOWS[side], sign * 1.3, 4.0);
            put(WRISTS[side], sign * 0.9, 5.0);
            put(HIPS[side], sign * 0.7, 5.3);
            put(EARS[side], sign * 0.45, 0.9);
            put(13 + side, sign * 0.7, 7.7);
            put(15 + side, sign * 0.7, 10.0);
        }
        for (at, point) in FACE.enumerate() {
            // From brows (0.7) to chin (1.6).
            put(point, 0.4 * ((at % 7) as f32 / 3.0 - 1.0), 0.7 + 0.9 * (at as f32 / 67.0));
        }
        KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, size, points, confidence).unwrap()
    }

    fn choose(size: (u32, u32), person: Option<&KeypointTrack>, fit: Fit) -> SquareCrop {
        SquareCrop::choose(size, person, fit, 256, &CropConfig::default()).unwrap()
    }

    fn holds(crop: &SquareCrop, track: &KeypointTrack, point: usize) -> bool {
        let [x, y] = crop.to_crop([track.points()[[0, point, 0]], track.points()[[0, point, 1]]]);
        (0.0..=256.0).contains(&x) && (0.0..=256.0).contains(&y)
    }

    #[test]
    fn square_pictures_are_taken_whole() {
        let found = person((512, 512), 100.0, 50.0, 80.0);
        for fit in [Fit::Crop, Fit::Pad] {
            let crop = choose((512, 512), Some(&found), fit);
            assert_eq!(crop.rect(), Rect { x: 0.0, y: 0.0, width: 512.0, height: 512.0 });
        }
    }

    #[test]
    fn a_person_at_the_side_of_a_wide_picture_is_found() {
        let found = person((1920, 1080), 1500.0, 100.0, 220.0);
        let crop = choose((1920, 1080), Some(&found), Fit::Crop);
        for point in (0..13).filter(|p| found.confidence()[[0, *p]] > 0.0).chain(FACE) {
            assert!(holds(&crop, &found, point), "{point} outside {:?}", crop.rect());
        }
        // Knees and feet are not wanted, and the person fills the square.
        assert!(!holds(&crop, &found, 15));
        assert!(crop.rect().width < 900.0, "{:?}", crop.rect());
        // Room for the arms on both sides of the body.
        assert!(crop.rect().x <= 1500.0 - 330.0 && crop.rect().x + crop.rect().width >= 1500.0 + 330.0);
    }

    #[test]
    fn a_tall_picture_keeps_the_head() {
        // So near that head to hips are longer than the picture is wide.
        let found = person((1080, 1920), 500.0, 200.0, 600.0);
        let crop = choose((1080, 1920), Some(&found), Fit::Crop);
        assert_eq!((crop.rect().x, crop.rect().width), (0.0, 1080.0));
        assert!((crop.rect().y - 200.0).abs() < 60.0, "{:?}", crop.rect());
        assert!(FACE.into_iter().all(|point| holds(&crop, &found, point)));
    }

    #[test]
    fn nobody_found_is_the_middle() {
        let middle = Rect { x: 420.0, y: 0.0, width: 1080.0, height: 1080.0 };
        assert_eq!(choose((1920, 1080), None, Fit::Crop).rect(), middle);
        let mut unseen = person((1920, 1080), 1500.0, 100.0, 220.0);
        unseen.parts_mut().1.fill(0.0);
        assert_eq!(choose((1920, 1080), Some(&unseen), Fit::Crop).rect(), middle);
    }

    #[test]
    fn single_bad_frames_do_not_count() {
        let one = person((1920, 1080), 960.0, 100.0, 220.0);
        let expected = choose((1920, 1080), Some(&one), Fit::Crop);
        let repeat =
            |array: &Array3<f32>| ndarray::concatenate(ndarray::Axis(0), &[array.view(); 100]).unwrap();
        let mut points = repeat(one.points());
        points[[50, WRISTS[0], 0]] = 1900.0;
        let confidence = ndarray::concatenate(ndarray::Axis(0), &[one.confidence().view(); 100]).unwrap();
        let video =
            KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (1920, 1080), points, confidence)
                .unwrap();
        assert_eq!(choose((1920, 1080), Some(&video), Fit::Crop), expected);
    }

    #[test]
    fn padding_keeps_everything() {
        let crop = choose((300, 200), None, Fit::Pad);
        assert_eq!(crop.rect(), Rect { x: 0.0, y: -50.0, width: 300.0, height: 300.0 });
        let mut picture = Picture::filled(300, 200, [10, 20, 30]);
        picture.rgb_mut()[..300 * 3].fill(200);
        let square = crop.picture(&picture).unwrap();
        assert_eq!((square.width(), square.height()), (256, 256));
        assert_eq!((square.pixel(9, 0), square.pixel(9, 250)), ([200; 3], [10, 20, 30]));
        assert!(crop.picture(&Picture::filled(200, 300, [0; 3])).is_err());
    }

    #[test]
    fn pictures_and_keypoints_go_the_same_way() {
        let found = person((400, 300), 250.0, 40.0, 80.0);
        let crop = choose((400, 300), Some(&found), Fit::Crop);
        let mut picture = Picture::filled(400, 300, [0; 3]);
        let [x, y] = [found.points()[[0, WRISTS[0], 0]], found.points()[[0, WRISTS[0], 1]]];
        for row in y as usize - 3..y as usize + 4 {
            for column in x as usize - 3..x as usize + 4 {
                picture.rgb_mut()[(row * 400 + column) * 3..][..3].fill(255);
            }
        }
        let mapped = crop.keypoints_to_crop(&found).unwrap();
        let square = crop.picture(&picture).unwrap();
        let [x, y] = [mapped.points()[[0, WRISTS[0], 0]], mapped.points()[[0, WRISTS[0], 1]]];
        assert!(square.pixel(x as usize, y as usize)[0] > 200);
    }

    #[test]
    fn sizes_are_checked() {
        let config = CropConfig::default();
        assert!(SquareCrop::choose((0, 5), None, Fit::Crop, 256, &config).is_err());
        assert!(SquareCrop::choose((5, 5), None, Fit::Crop, 0, &config).is_err());
        let found = person((400, 300), 200.0, 40.0, 80.0);
        assert!(SquareCrop::choose((300, 400), Some(&found), Fit::Crop, 256, &config).is_err());
        let crop = choose((400, 300), Some(&found), Fit::Crop);
        assert!(crop.keypoints_to_picture(&found).is_err());
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_identity(
            seed in 0u64..500, width in 1u32..3000, height in 1u32..3000, side in 1u32..1025, pad in any::<bool>()
        ) {
            let found = track(Layout::WholeBody133, 1, seed).scaled_to((width, height)).unwrap();
            let fit = if pad { Fit::Pad } else { Fit::Crop };
            let crop =
                SquareCrop::choose((width, height), Some(&found), fit, side, &CropConfig::default()).unwrap();
            let there = crop.keypoints_to_crop(&found).unwrap();
            prop_assert_eq!(there.size(), (side, side));
            let back = crop.keypoints_to_picture(&there).unwrap();
            prop_assert_eq!(back.size(), found.size());
            let worst = (back.points() - found.points()).iter().fold(0.0f32, |w, d| w.max(d.abs()));
            prop_assert!(worst < 0.01, "{} pixels", worst);
        }

        #[test]
        fn crops_are_whole_pixels_inside_the_picture(
            x in -500f32..3000.0, head in -500f32..3000.0, shoulders in 1f32..3000.0,
            width in 1u32..3000, height in 1u32..3000
        ) {
            let found = person((width, height), x, head, shoulders);
            let rect = choose((width, height), Some(&found), Fit::Crop).rect();
            prop_assert!(rect.x >= 0.0 && rect.y >= 0.0 && rect.width >= 1.0);
            prop_assert!(rect.x + rect.width <= width as f32 && rect.y + rect.height <= height as f32);
            prop_assert_eq!((rect.width, rect.x.fract(), rect.y.fract()), (rect.height, 0.0, 0.0));
        }
    }
}

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
    let head_top = if let Some([_, brows, _, chin]) = bounds(&mut FACE.into_iter()) {
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

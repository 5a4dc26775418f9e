//! Pairs of frames of one clip: the source, from which a picture is drawn, and the driving frame, which it is to become.

use super::config::Emphasis;
use super::frame_store::{FrameClip, mirrored_order};
use super::regions::weights_of;
use crate::{Result, Split, TrainError};
use ndarray::{Array3, s};
use orator_nn::Randomness;
use orator_render::contextual::to_unit;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// A batch of pairs as tensors on the training device.
pub struct Pairs {
    /// Source pictures `[batch, 3, side, side]` in 0..=1.
    pub source: Tensor,
    /// Keypoints of the source `[batch, 116, 2]` in -1..=1 over the picture.
    pub source_points: Tensor,
    /// Their confidence `[batch, 116]`.
    pub source_confidence: Tensor,
    /// Driving pictures, as `source`.
    pub driving: Tensor,
    /// Keypoints of the driving frame, as `source_points`.
    pub driving_points: Tensor,
    /// Their confidence.
    pub driving_confidence: Tensor,
    /// The driving pose as the `warp` renderer draws it from the source, as `source`, where the clips have that.
    pub guide: Option<Tensor>,
    /// How much each pixel of the driving picture counts, `[batch, 1, side, side]`, 1 on average.
    pub weight: Tensor,
    /// Numbers of the driving frames among those kept of their clips.
    pub frames: Vec<usize>,
}

impl Pairs {
    /// Everything by name, for a batch that is saved to be looked at.
    #[must_use]
    pub fn tensors(self) -> BTreeMap<String, Tensor> {
        [
            ("source", self.source),
            ("source-points", self.source_points),
            ("source-confidence", self.source_confidence),
            ("driving", self.driving),
            ("driving-points", self.driving_points),
            ("driving-confidence", self.driving_confidence),
            ("weight", self.weight),
        ]
        .into_iter()
        .chain(self.guide.map(|guide| ("guide", guide)))
        .map(|(name, tensor)| (name.to_string(), tensor))
        .collect()
    }
}

/// Draws pairs from the training clips.
pub struct PairSampler<'a> {
    clips: Vec<&'a FrameClip>,
    cumulative: Vec<f64>,
    order: Vec<usize>,
}

/// One pair before it is a tensor.
struct Pair<'a> {
    clip: &'a FrameClip,
    source: usize,
    driving: usize,
    mirrored: bool,
    colour: Colour,
}

/// A change of colours that both pictures of a pair share.
#[derive(Clone, Copy)]
struct Colour {
    gain: [f32; 3],
    offset: f32,
}

impl Colour {
    const NONE: Self = Self { gain: [1.0; 3], offset: 0.0 };

    fn drawn(amount: f64, random: &mut Randomness) -> Self {
        let mut around = |spread: f64| ((random.uniform() * 2.0 - 1.0) * spread) as f32;
        let contrast = around(amount);
        let gain = std::array::from_fn(|_| 1.0 + contrast + around(amount / 2.0));
        // Contrast turns about middle grey.
        Self { gain, offset: around(amount) - 0.5 * contrast }
    }
}

impl<'a> PairSampler<'a> {
    /// The training clips of at least two frames. A clip's chance grows with its frames times its weight.
    ///
    /// # Errors
    /// [`TrainError::Corpus`] when there is none.
    pub fn new(clips: &'a [FrameClip]) -> Result<Self> {
        let clips: Vec<&FrameClip> =
            clips.iter().filter(|c| c.split == Split::Train && c.frames() > 1).collect();
        if clips.is_empty() {
            return Err(TrainError::Corpus {
                what: "no training clip has pictures".into(),
                hint: "a corpus for pictures is rendered with --size 256 or 512".into(),
            });
        }
        let mut sum = 0.0;
        let cumulative = clips
            .iter()
            .map(|clip| {
                sum += clip.weight * clip.frames() as f64;
                sum
            })
            .collect();
        Ok(Self { clips, cumulative, order: mirrored_order() })
    }

    /// Draws `size` pairs, each mirrored with probability one half.
    ///
    /// # Errors
    /// When a picture cannot be read.
    pub fn batch(
        &self,
        size: usize,
        emphasis: Emphasis,
        random: &mut Randomness,
        device: Device,
    ) -> Result<Pairs> {
        let pairs: Vec<Pair<'_>> = (0..size)
            .map(|_| {
                let at = random.uniform() * self.cumulative.last().copied().unwrap_or(1.0);
                let index = self.cumulative.partition_point(|&c| c <= at).min(self.clips.len() - 1);
                let clip = self.clips[index];
                // A frame without a face says little about the one beside it; a few tries find another.
                let mut frame = || {
                    let tries: [usize; 4] = std::array::from_fn(|_| random.below(clip.frames()));
                    tries.into_iter().find(|&f| clip.has_face(f)).unwrap_or(tries[0])
                };
                let (source, driving) = (frame(), frame());
                let source = clip.guides.as_ref().map_or(source, |guides| {
                    let sources = guides.sources();
                    sources[random.below(sources.len())]
                });
                let colour = Colour::drawn(emphasis.colour_jitter, random);
                Pair { clip, source, driving, mirrored: random.chance(0.5), colour }
            })
            .collect();
        assemble(&pairs, &self.order, emphasis, device)
    }
}

/// Pairs of held-out clips: the clip's first frame is the source, `each` frames spread over the rest are driving.
///
/// # Errors
/// When a picture cannot be read.
pub fn held_out_pairs(
    clip: &FrameClip,
    each: usize,
    emphasis: Emphasis,
    device: Device,
) -> Result<Option<Pairs>> {
    let frames = clip.frames();
    if frames < 2 || each == 0 {
        return Ok(None);
    }
    let pairs: Vec<Pair<'_>> = (1..=each.min(frames - 1))
        .map(|number| Pair {
            clip,
            source: 0,
            driving: (number * (frames - 1)) / each.min(frames - 1),
            mirrored: false,
            colour: Colour::NONE,
        })
        .collect();
    Ok(Some(assemble(&pairs, &mirrored_order(), emphasis, device)?))
}

fn assemble(pairs: &[Pair<'_>], order: &[usize], emphasis: Emphasis, device: Device) -> Result<Pairs> {
    let tensor = |frame: &dyn Fn(&Pair<'_>) -> usize| -> Result<(Tensor, Tensor, Tensor)> {
        let mut pictures = Vec::with_capacity(pairs.len());
        let mut points = Vec::with_capacity(pairs.len());
        let mut confidences = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let at = frame(pair);
            pictures.push(picture(pair, at, device)?);
            let (place, confidence) = keypoints(pair, at, order);
            points.push(place.to_device(device));
            confidences.push(confidence.to_device(device));
        }
        Ok((Tensor::stack(&pictures, 0), Tensor::stack(&points, 0), Tensor::stack(&confidences, 0)))
    };
    let (source, source_points, source_confidence) = tensor(&|pair| pair.source)?;
    let (driving, driving_points, driving_confidence) = tensor(&|pair| pair.driving)?;
    let side = pairs.first().map_or(0, |pair| pair.clip.side);
    let weight = weights_of(&driving_points, &driving_confidence, side, emphasis).to_device(device);
    let guides: Vec<Tensor> = pairs
        .iter()
        .filter_map(|pair| Some((pair, pair.clip.guides.as_ref()?)))
        .map(|(pair, guides)| Ok(to_tensor(pair, &guides.picture(pair.source, pair.driving)?, device)))
        .collect::<Result<_>>()?;
    Ok(Pairs {
        source,
        source_points,
        source_confidence,
        driving,
        driving_points,
        driving_confidence,
        guide: (guides.len() == pairs.len()).then(|| Tensor::stack(&guides, 0)),
        weight,
        frames: pairs.iter().map(|pair| pair.driving).collect(),
    })
}

fn picture(pair: &Pair<'_>, frame: usize, device: Device) -> Result<Tensor> {
    Ok(to_tensor(pair, &pair.clip.picture(frame)?, device))
}

/// `[3, side, side]` in 0..=1, mirrored and coloured as the pair is.
fn to_tensor(pair: &Pair<'_>, rgb: &[u8], device: Device) -> Tensor {
    let side = pair.clip.side as i64;
    let bytes = Tensor::from_slice(rgb).to_device(device).view([side, side, 3]).permute([2, 0, 1]);
    let plain = bytes.to_kind(Kind::Float) / 255.0;
    let plain = if pair.mirrored { plain.flip([2i64].as_slice()) } else { plain };
    let gain = Tensor::from_slice(&pair.colour.gain).view([3, 1, 1]).to_device(device);
    (plain * gain + f64::from(pair.colour.offset)).clamp(0.0, 1.0)
}

/// Keypoints `[116, 2]` in -1..=1 and their confidence `[116]`.
fn keypoints(pair: &Pair<'_>, frame: usize, order: &[usize]) -> (Tensor, Tensor) {
    let side = pair.clip.side;
    let points = pair.clip.points.slice(s![frame, .., ..]);
    let confidence = pair.clip.confidence.row(frame);
    let mut places = Array3::<f32>::zeros((1, order.len(), 2));
    let mut certain = Vec::with_capacity(order.len());
    for (at, &other) in order.iter().enumerate() {
        let from = if pair.mirrored { other } else { at };
        let sign = if pair.mirrored { -1.0 } else { 1.0 };
        places[[0, at, 0]] = sign * to_unit(points[[from, 0]], side);
        places[[0, at, 1]] = to_unit(points[[from, 1]], side);
        certain.push(confidence[from]);
    }
    (orator_nn::from_array3(&places).squeeze_dim(0), Tensor::from_slice(&certain))
}

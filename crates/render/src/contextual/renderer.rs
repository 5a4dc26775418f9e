//! The `contextual` renderer: picture networks from a weight file behind [`Renderer`].

use super::config::{PictureConfig, Warping};
use super::networks::{Driving, PictureNetworks, SourceFeatures};
use crate::pixels::{drawing_side, to_picture, to_tensor};
use crate::workers::Workers;
use crate::{RenderError, Renderer, Result, Scene, WarpRenderer};
use ndarray::{ArrayView1, ArrayView2, Axis};
use orator_body::layout::WHOLE_BODY;
use orator_body::{Layout, Portrait};
use orator_media::Picture;
use orator_nn::grid::resize;
use orator_nn::picture_blocks::cast_weights;
use orator_nn::{Checkpoint, NnError, assign, weight_file};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// What the weight file says it is.
const KIND: &str = "contextual-picture";

/// What arithmetic a device draws quickest in: bfloat16 on a CPU with instructions for it (AVX512-BF16; machines with
/// AMX have these, too), else 32-bit floats. Asked of the processor, not measured, so that the answer is always the same.
#[must_use]
pub fn drawing_kind(device: Device) -> Kind {
    #[cfg(target_arch = "x86_64")]
    if device == Device::Cpu && std::arch::is_x86_feature_detected!("avx512bf16") {
        return Kind::BFloat16;
    }
    let _ = device;
    Kind::Float
}

/// Coordinates in pixels of a picture `side` pixels wide to [−1, 1] from the middle of the first to the middle of the
/// last pixel, as all picture networks here have them.
#[must_use]
pub fn to_unit(pixels: f32, side: usize) -> f32 {
    2.0 * pixels / (side.max(2) - 1) as f32 - 1.0
}

/// The weight file of picture networks: `store` holds what [`PictureNetworks::new`] made at its root; `notes` (what it
/// was trained on, for how long) go into the metadata.
///
/// # Errors
/// Never in practice: when the configuration cannot be written as JSON.
pub fn picture_checkpoint(
    config: &PictureConfig,
    store: &VarStore,
    notes: &BTreeMap<String, String>,
) -> Result<Checkpoint> {
    checkpoint_of(config, orator_nn::parameters(store), notes)
}

/// A weight file of these tensors.
pub(super) fn checkpoint_of(
    config: &PictureConfig,
    tensors: BTreeMap<String, Tensor>,
    notes: &BTreeMap<String, String>,
) -> Result<Checkpoint> {
    Ok(weight_file::checkpoint_of(KIND, config, tensors, notes)?)
}

/// The networks of a weight file in 32-bit floats, with their variables.
///
/// # Errors
/// [`RenderError::Weights`] when the file is of another kind or does not fit its own configuration.
pub fn networks_of(checkpoint: &Checkpoint, device: Device) -> Result<(VarStore, PictureNetworks)> {
    let config: PictureConfig = weight_file::config_of(checkpoint, KIND)?;
    config.check().map_err(|what| NnError::Mismatch { what: format!("configuration: {what}") })?;
    let store = VarStore::new(device);
    let networks = PictureNetworks::new(&store.root(), &config);
    assign(&store, &checkpoint.tensors, "")?;
    Ok((store, networks))
}

/// The contextual system's picture half, ready to draw.
///
/// Each frame is drawn by one thread, and several frames side by side.
pub struct ContextualRenderer {
    workers: Arc<Workers<PictureNetworks>>,
    metadata: BTreeMap<String, String>,
    warping: Warping,
    /// Whether they need the `warp` renderer's picture of each pose.
    guided: bool,
    device: Device,
}

impl ContextualRenderer {
    /// Reads a weight file written from [`picture_checkpoint`] and draws in [`drawing_kind`].
    ///
    /// # Errors
    /// When the file is damaged, is of another kind, or does not fit its own configuration.
    pub fn load(path: &Path, device: Device) -> Result<Self> {
        Self::load_as(path, device, drawing_kind(device))
    }

    /// As [`ContextualRenderer::load`], drawing in `kind`.
    ///
    /// # Errors
    /// As there.
    pub fn load_as(path: &Path, device: Device, kind: Kind) -> Result<Self> {
        let checkpoint = Checkpoint::read(path)?;
        Self::of(checkpoint, device, kind).map_err(|error| error.in_file(path))
    }

    /// A renderer of weights in memory.
    ///
    /// # Errors
    /// [`RenderError::Weights`] when they are of another kind or do not fit their own configuration.
    pub fn of(checkpoint: Checkpoint, device: Device, kind: Kind) -> Result<Self> {
        let (mut store, networks) = networks_of(&checkpoint, device)?;
        store.freeze();
        cast_weights(&mut store, kind);
        let config = networks.config().clone();
        let another = |path: &tch::nn::Path| PictureNetworks::new(path, &config).computing_in(kind);
        let workers = Workers::new(&store, networks.computing_in(kind), another)?;
        Ok(Self {
            workers: Arc::new(workers),
            metadata: checkpoint.metadata,
            warping: config.warping,
            guided: config.guided(),
            device,
        })
    }

    /// Text that came with the weights: kind, configuration, what they were trained on.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }
}

impl Renderer for ContextualRenderer {
    fn name(&self) -> &'static str {
        "contextual"
    }

    fn prepare(&self, portrait: &Portrait) -> Result<Box<dyn Scene>> {
        if self.warping != Warping::DetectedKeypoints {
            let what = "these weights look for points of their own in the driving picture, and there is none: only \
                        keypoints drive";
            return Err(NnError::Mismatch { what: what.into() }.into());
        }
        let size = portrait.picture.width();
        let problem = if size != portrait.picture.height() {
            let height = portrait.picture.height();
            Some(format!("the learned renderer needs a square portrait, not one of {size}x{height} pixels"))
        } else if size < 16 {
            Some(format!("the portrait has only {size}x{size} pixels"))
        } else if portrait.keypoints.layout() != Layout::WholeBody133 || portrait.keypoints.frames() == 0 {
            Some("the portrait needs one frame of keypoints in the 133-point layout".into())
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(RenderError::Portrait(problem));
        }
        let (points, confidence) = pose(
            portrait.keypoints.points().index_axis(Axis(0), 0),
            portrait.keypoints.confidence().index_axis(Axis(0), 0),
            size,
            self.device,
        )?;
        let device = self.device;
        let picture = to_tensor(&portrait.picture, device);
        let source = self.workers.once(move |networks| {
            let side = drawing_side(size);
            networks.source(&resize(&picture, side, side), &points, &confidence)
        });
        let sources = (0..self.workers.count()).map(|_| source.share()).collect();
        let guide = self.guided.then(|| WarpRenderer.prepare(portrait)).transpose()?;
        Ok(Box::new(ContextualScene { workers: Arc::clone(&self.workers), sources, guide, size, device }))
    }
}

/// 133 points in pixels to tensors of the 116: `[1, 116, 2]` in [−1, 1] and `[1, 116]`.
fn pose(
    points: ArrayView2<'_, f32>,
    confidence: ArrayView1<'_, f32>,
    size: usize,
    device: Device,
) -> Result<(Tensor, Tensor)> {
    if points.dim() != (WHOLE_BODY, 2) || confidence.len() != WHOLE_BODY {
        return Err(RenderError::Motion(format!(
            "a frame needs {WHOLE_BODY} points and confidences, not {} and {}",
            points.nrows(),
            confidence.len()
        )));
    }
    let mut places = Vec::with_capacity(WHOLE_BODY * 2);
    let mut sure = Vec::with_capacity(WHOLE_BODY);
    for point in Layout::Contextual116.points() {
        let (x, y, c) = (points[[point, 0]], points[[point, 1]], confidence[point]);
        if !(x.is_finite() && y.is_finite() && c.is_finite()) {
            return Err(RenderError::Motion(format!("point {point} of the motion is not finite")));
        }
        places.extend([to_unit(x, size), to_unit(y, size)]);
        sure.push(c);
    }
    let places = Tensor::from_slice(&places).view([1, -1, 2]).to_device(device);
    Ok((places, Tensor::from_slice(&sure).view([1, -1]).to_device(device)))
}

struct ContextualScene {
    workers: Arc<Workers<PictureNetworks>>,
    /// The source branch, once for each thread.
    sources: Vec<SourceFeatures>,
    /// Draws the guides, where the networks need them.
    guide: Option<Box<dyn Scene>>,
    size: usize,
    device: Device,
}

impl Scene for ContextualScene {
    fn render(&mut self, points: ArrayView2<'_, f32>, confidence: ArrayView1<'_, f32>) -> Result<Picture> {
        let mut drawn = self.render_many(&[(points, confidence)])?;
        drawn.pop().ok_or_else(|| RenderError::Motion("no frame was drawn".into()))
    }

    fn render_many(&mut self, poses: &[(ArrayView2<'_, f32>, ArrayView1<'_, f32>)]) -> Result<Vec<Picture>> {
        let Self { workers, sources, guide, size, device } = self;
        let guides = guide.as_mut().map(|scene| scene.render_many(poses)).transpose()?;
        let guides = guides.as_deref();
        let (size, device) = (*size, *device);
        workers.each(sources, poses.len(), |networks, source, i| {
            let (points, sure) = poses[i];
            let (points, sure) = pose(points, sure, size, device)?;
            let guide = guides.and_then(|guides| guides.get(i));
            draw(networks, source, (&points, &sure), guide, size)
        })
    }
}

/// One frame of `size` × `size` pixels.
fn draw(
    networks: &PictureNetworks,
    source: &SourceFeatures,
    (points, confidence): (&Tensor, &Tensor),
    guide: Option<&Picture>,
    size: usize,
) -> Result<Picture> {
    let guide = guide.map(|guide| {
        let side = source.side();
        resize(&to_tensor(guide, points.device()), side, side)
    });
    let driving = Driving { points, confidence, picture: None, guide: guide.as_ref() };
    let drawn = networks.drive(source, &driving, None).picture;
    to_picture(&drawn, size)
}

//! The `contextual` renderer: picture networks from a weight file behind [`Renderer`].

use super::config::{PictureConfig, Warping};
use super::networks::{Driving, PictureNetworks, SourceFeatures};
use crate::{RenderError, Renderer, Result, Scene, WarpRenderer};
use ndarray::{ArrayView1, ArrayView2, Axis};
use orator_body::layout::WHOLE_BODY;
use orator_body::{Layout, Portrait};
use orator_media::Picture;
use orator_nn::grid::resize;
use orator_nn::picture_blocks::cast_weights;
use orator_nn::{Checkpoint, NnError, assign};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// What the weight file says it is.
const KIND: &str = "contextual-picture";
/// Changes when old files can no longer be read.
const FORMAT: &str = "1";
/// Pictures are drawn at a multiple of this many pixels, between the two below, and resized to the portrait's size.
const STEP: usize = 64;
const SMALLEST: usize = 128;
const LARGEST: usize = 1024;
/// Frames drawn side by side at most.
const MOST_WORKERS: usize = 16;

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
    let mut metadata = notes.clone();
    metadata.insert("kind".into(), KIND.into());
    metadata.insert("format".into(), FORMAT.into());
    let config = serde_json::to_string(config)
        .map_err(|e| NnError::Shape(format!("the configuration cannot be written: {e}")))?;
    metadata.insert("config".into(), config);
    Ok(Checkpoint { metadata, tensors })
}

/// The networks of a weight file in 32-bit floats, with their variables.
///
/// # Errors
/// [`RenderError::Weights`] when the file is of another kind or does not fit its own configuration.
pub fn networks_of(checkpoint: &Checkpoint, device: Device) -> Result<(VarStore, PictureNetworks)> {
    let mismatch = |what: String| NnError::Mismatch { what };
    let found = checkpoint.metadata.get("kind").map(String::as_str).unwrap_or("nothing known");
    if found != KIND {
        return Err(mismatch(format!("holds weights of {found}, not of {KIND}")).into());
    }
    if checkpoint.metadata.get("format").map(String::as_str) != Some(FORMAT) {
        return Err(mismatch("was written by another version of orator".into()).into());
    }
    let text = checkpoint.metadata.get("config");
    let text = text.ok_or_else(|| mismatch("has no configuration".into()))?;
    let config: PictureConfig =
        serde_json::from_str(text).map_err(|e| mismatch(format!("configuration: {e}")))?;
    config.check().map_err(|what| mismatch(format!("configuration: {what}")))?;
    let store = VarStore::new(device);
    let networks = PictureNetworks::new(&store.root(), &config);
    assign(&store, &checkpoint.tensors, "")?;
    Ok((store, networks))
}

/// The contextual system's picture half, ready to draw.
///
/// Each frame is drawn by one thread, and several frames side by side: networks this small lose more by splitting
/// every operation than they win, and the picture cannot depend on the number of threads.
pub struct ContextualRenderer {
    studio: Arc<Studio>,
    metadata: BTreeMap<String, String>,
    warping: Warping,
    device: Device,
}

/// Threads, and for each the networks under handles of its own (a tensor's handle may not be used by two threads; the
/// weights themselves are shared).
struct Studio {
    threads: rayon::ThreadPool,
    networks: Vec<Mutex<PictureNetworks>>,
    /// Whether they need the `warp` renderer's picture of each pose.
    guided: bool,
}

impl Studio {
    fn new(config: &PictureConfig, store: &VarStore, first: PictureNetworks, kind: Kind) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
        // A GPU takes one frame after the other anyway.
        let workers = if store.device() == Device::Cpu { cores } else { 1 };
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .build()
            .map_err(|e| RenderError::Motion(format!("no threads to draw with: {e}")))?;
        // libtorch counts threads per thread that calls it, and takes the last number as that of threads to come.
        let before = tch::get_num_threads();
        threads.broadcast(|_| tch::set_num_threads(1));
        tch::set_num_threads(before);
        let weights = orator_nn::parameters(store);
        let mut networks = vec![Mutex::new(first)];
        while networks.len() < workers {
            let copy = VarStore::new(store.device());
            let more = PictureNetworks::new(&copy.root(), config).computing_in(kind);
            for (name, mut variable) in copy.variables() {
                if let Some(weight) = weights.get(&name) {
                    variable.set_data(weight);
                }
            }
            networks.push(Mutex::new(more));
        }
        Ok(Self { threads, networks, guided: config.guided() })
    }
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
        let named = |what: String| NnError::Mismatch { what: format!("{}: {what}", path.display()) };
        Self::of(checkpoint, device, kind).map_err(|error| match error {
            RenderError::Weights(NnError::Mismatch { what }) => named(what).into(),
            other => other,
        })
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
        let studio = Studio::new(&config, &store, networks.computing_in(kind), kind)?;
        let warping = config.warping;
        Ok(Self { studio: Arc::new(studio), metadata: checkpoint.metadata, warping, device })
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
        let studio = &self.studio;
        let source = studio.threads.install(move || {
            let _guard = tch::no_grad_guard();
            let side = ((size + STEP / 2) / STEP * STEP).clamp(SMALLEST, LARGEST) as i64;
            let networks = studio.networks[0].lock().unwrap_or_else(PoisonError::into_inner);
            networks.source(&resize(&picture, side, side), &points, &confidence)
        });
        let sources = studio.networks.iter().map(|_| source.share()).collect();
        let guide = studio.guided.then(|| WarpRenderer.prepare(portrait)).transpose()?;
        Ok(Box::new(ContextualScene { studio: Arc::clone(studio), sources, guide, size, device }))
    }
}

/// A picture as `[1, 3, height, width]` in 0..1.
fn to_tensor(picture: &Picture, device: Device) -> Tensor {
    let shape = [1, picture.height() as i64, picture.width() as i64, 3];
    let bytes = Tensor::from_slice(picture.rgb()).view(shape).to_device(device);
    bytes.permute([0, 3, 1, 2]).to_kind(Kind::Float) / 255.0
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
    studio: Arc<Studio>,
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
        let Self { studio, sources, guide, size, device } = self;
        let guides = guide.as_mut().map(|scene| scene.render_many(poses)).transpose()?;
        let guides = guides.as_deref();
        let (size, device, workers) = (*size, *device, sources.len());
        let shares: Vec<Vec<(usize, Result<Picture>)>> = studio.threads.install(|| {
            sources
                .par_iter_mut()
                .zip(&studio.networks)
                .enumerate()
                .map(|(worker, (source, networks))| {
                    let _guard = tch::no_grad_guard();
                    let networks = networks.lock().unwrap_or_else(PoisonError::into_inner);
                    let mine = poses.iter().enumerate().skip(worker).step_by(workers);
                    mine.map(|(i, &(points, sure))| {
                        let drawn = pose(points, sure, size, device);
                        let guide = guides.and_then(|guides| guides.get(i));
                        (i, drawn.and_then(|(p, c)| draw(&networks, source, (&p, &c), guide, size)))
                    })
                    .collect()
                })
                .collect()
        });
        let mut frames: Vec<(usize, Result<Picture>)> = shares.into_iter().flatten().collect();
        frames.sort_by_key(|(i, _)| *i);
        frames.into_iter().map(|(_, frame)| frame).collect()
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
    let drawn = resize(&drawn, size as i64, size as i64);
    let bytes = (drawn.clamp(0.0, 1.0) * 255.0).round().to_kind(Kind::Uint8);
    let bytes = bytes.squeeze_dim(0).permute([1, 2, 0]).contiguous().to_device(Device::Cpu);
    let rgb = Vec::<u8>::try_from(&bytes.view([-1]))?;
    Picture::from_rgb(size, size, rgb).map_err(|e| RenderError::Motion(e.to_string()))
}

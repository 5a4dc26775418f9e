//! The `deviation` renderer: stage-1 networks from a weight file behind [`Renderer`] and [`MotionReader`].

use super::backing;
use super::config::DeviationConfig;
use super::networks::{DeviationNetworks, Source};
use super::pose_estimator::LatentPose;
use super::transfer;
use crate::contextual::drawing_kind;
use crate::pixels::{drawing_side, to_picture, to_tensor};
use crate::workers::Workers;
use crate::{MotionReader, RenderError, Renderer, Result, Scene};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use orator_body::Portrait;
use orator_media::Picture;
use orator_nn::grid::resize;
use orator_nn::picture_blocks::cast_some_weights;
use orator_nn::{Checkpoint, NnError, assign, weight_file};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// What the weight file says it is.
const KIND: &str = "deviation-picture";
/// Poses are read from pictures of this side, so that every picture gives as many numbers.
pub const POSE_PICTURE: i64 = 256;
/// Places along either side of a latent pose.
pub const POSE_SIDE: i64 = POSE_PICTURE / 16;
/// Numbers of a latent pose: a rotation for each place and a translation.
pub const POSE_NUMBERS: usize = (POSE_SIDE * POSE_SIDE * 9 + 3) as usize;
/// Tensors that decide what the numbers of a latent pose mean.
const POSE_PREFIX: &str = "pose.";

/// The weight file of stage 1: `store` holds what [`DeviationNetworks::new`] made at its root.
///
/// # Errors
/// Never in practice: when the configuration cannot be written as JSON.
pub fn deviation_checkpoint(
    config: &DeviationConfig,
    store: &VarStore,
    notes: &BTreeMap<String, String>,
) -> Result<Checkpoint> {
    checkpoint_of(config, orator_nn::parameters(store), notes)
}

pub(super) fn checkpoint_of(
    config: &DeviationConfig,
    tensors: BTreeMap<String, Tensor>,
    notes: &BTreeMap<String, String>,
) -> Result<Checkpoint> {
    Ok(weight_file::checkpoint_of(KIND, config, tensors, notes)?)
}

/// The networks of a weight file in 32-bit floats, with their variables.
///
/// # Errors
/// [`RenderError::Weights`] when the file is of another kind or does not fit its own configuration.
pub fn deviation_networks(checkpoint: &Checkpoint, device: Device) -> Result<(VarStore, DeviationNetworks)> {
    let config: DeviationConfig = weight_file::config_of(checkpoint, KIND)?;
    config.check().map_err(|what| NnError::Mismatch { what: format!("configuration: {what}") })?;
    backing::check(&config, &checkpoint.tensors)?;
    let store = VarStore::new(device);
    let networks = DeviationNetworks::new(&store.root(), &config);
    assign(&store, &checkpoint.tensors, "")?;
    Ok((store, networks))
}

/// Latent deviation stage 1, ready to read poses and to draw.
pub struct DeviationRenderer {
    workers: Arc<Workers<DeviationNetworks>>,
    representation: String,
    metadata: BTreeMap<String, String>,
    device: Device,
}

impl DeviationRenderer {
    /// Reads a weight file written from [`deviation_checkpoint`] and draws in [`drawing_kind`].
    ///
    /// # Errors
    /// When the file is damaged, is of another kind, or does not fit its own configuration.
    pub fn load(path: &Path, device: Device) -> Result<Self> {
        Self::load_as(path, device, drawing_kind(device))
    }

    /// As [`DeviationRenderer::load`], drawing in `kind`.
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
        let representation = representation_of(&checkpoint)?;
        let (mut store, networks) = deviation_networks(&checkpoint, device)?;
        store.freeze();
        cast_some_weights(&mut store, kind, DeviationNetworks::may_be_cast);
        let config = networks.config().clone();
        let another = |path: &tch::nn::Path| DeviationNetworks::new(path, &config).computing_in(kind);
        let workers = Workers::new(&store, networks.computing_in(kind), another)?;
        Ok(Self { workers: Arc::new(workers), representation, metadata: checkpoint.metadata, device })
    }

    /// Text that came with the weights: kind, configuration, what they were trained on.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }
}

/// `deviation-2307-…`, the end telling which pose estimator it was: another one's numbers mean something else.
fn representation_of(checkpoint: &Checkpoint) -> Result<String> {
    let mut hash = Fingerprint::default();
    for (name, tensor) in &checkpoint.tensors {
        if name.starts_with(POSE_PREFIX) {
            hash.add(name.as_bytes());
            let flat = tensor.to_kind(Kind::Float).contiguous().view([-1]);
            for value in Vec::<f32>::try_from(&flat)? {
                hash.add(&value.to_le_bytes());
            }
        }
    }
    Ok(format!("deviation-{POSE_NUMBERS}-{:08x}", hash.0 >> 32))
}

/// FNV-1a.
struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    fn add(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    }
}

impl Renderer for DeviationRenderer {
    fn name(&self) -> &'static str {
        "deviation"
    }

    fn representation(&self) -> &str {
        &self.representation
    }

    fn motion_reader(&self) -> Option<&dyn MotionReader> {
        Some(self)
    }

    fn prepare(&self, portrait: &Portrait) -> Result<Box<dyn Scene>> {
        let (size, device) = (portrait.picture.width(), self.device);
        if size != portrait.picture.height() || size < 16 {
            let height = portrait.picture.height();
            let what =
                format!("the deviation renderer needs a square portrait, not one of {size}x{height} pixels");
            return Err(RenderError::Portrait(what));
        }
        let picture = to_tensor(&portrait.picture, device);
        let source = self.workers.once(move |networks| {
            let pose = networks.read_pose(&pose_picture(&picture), false);
            let side = drawing_side(size);
            networks.source(&resize(&picture, side, side), pose)
        });
        let own = to_array(&source.pose)?.row(0).to_owned();
        let sources = (0..self.workers.count()).map(|_| source.share()).collect();
        Ok(Box::new(DeviationScene { workers: Arc::clone(&self.workers), sources, own, size, device }))
    }
}

impl MotionReader for DeviationRenderer {
    fn read_motion(&self, pictures: &[Picture]) -> Result<Array2<f32>> {
        if let Some(picture) = pictures.iter().find(|p| p.width() != p.height() || p.width() < 16) {
            let (width, height) = (picture.width(), picture.height());
            let what =
                format!("poses are read from square pictures, not from one of {width}x{height} pixels");
            return Err(RenderError::Portrait(what));
        }
        let device = self.device;
        let mut nothing = vec![(); self.workers.count()];
        let rows = self.workers.each(&mut nothing, pictures.len(), |networks, (), i| {
            let picture = to_tensor(&pictures[i], device);
            to_array(&networks.read_pose(&pose_picture(&picture), false))
        })?;
        let mut all = Array2::zeros((pictures.len(), POSE_NUMBERS));
        for (mut row, read) in all.rows_mut().into_iter().zip(&rows) {
            row.assign(&read.row(0));
        }
        Ok(all)
    }

    fn transfer(
        &self,
        motion: ArrayView2<'_, f32>,
        rest: ArrayView1<'_, f32>,
        source: ArrayView1<'_, f32>,
    ) -> Array2<f32> {
        transfer::onto(motion, rest, source)
    }
}

fn pose_picture(picture: &Tensor) -> Tensor {
    resize(picture, POSE_PICTURE, POSE_PICTURE)
}

fn to_array(pose: &LatentPose) -> Result<Array2<f32>> {
    let rows = pose.to_rows().to_device(Device::Cpu);
    Ok(orator_nn::to_array2(&rows)?)
}

struct DeviationScene {
    workers: Arc<Workers<DeviationNetworks>>,
    /// The source branch, once for each thread.
    sources: Vec<Source>,
    own: Array1<f32>,
    size: usize,
    device: Device,
}

impl Scene for DeviationScene {
    fn render(&mut self, _: ArrayView2<'_, f32>, _: ArrayView1<'_, f32>) -> Result<Picture> {
        Err(RenderError::Motion("the deviation renderer draws latent motion, not keypoints".into()))
    }

    fn own_motion(&self) -> Option<ArrayView1<'_, f32>> {
        Some(self.own.view())
    }

    fn render_latents(&mut self, latents: &[ArrayView1<'_, f32>]) -> Result<Vec<Picture>> {
        let wrong =
            |row: &&ArrayView1<'_, f32>| row.len() != POSE_NUMBERS || row.iter().any(|v| !v.is_finite());
        if let Some(row) = latents.iter().find(wrong) {
            let what = format!(
                "a frame of latent motion needs {POSE_NUMBERS} finite numbers; one has {}",
                row.len()
            );
            return Err(RenderError::Motion(what));
        }
        let Self { workers, sources, size, device, .. } = self;
        let (size, device) = (*size, *device);
        workers.each(sources, latents.len(), |networks, source, i| {
            let row = Tensor::from_slice(&latents[i].to_vec()).view([1, -1]).to_device(device);
            let driven = networks.drive(source, &LatentPose::from_rows(&row, POSE_SIDE));
            to_picture(&driven.decoded.picture, size)
        })
    }
}

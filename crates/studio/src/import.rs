//! Published checkpoints of predecessors into weight files of this project. Nothing in them is executed.

use crate::stages::Stages;
use crate::{Event, Result, StudioError, output};
use orator_motion::MotionError;
use orator_motion::deviation::{import_s2g, passed_over_by_s2g};
use orator_motion::momask::{import_momask, passed_over_by_momask};
use orator_nn::{Checkpoint, NnError, Precision, parameters};
use orator_pickle::PickleError;
use orator_render::RenderError;
use orator_render::contextual::{import_tps, networks_of, tps_name};
use orator_render::deviation::{deviation_name, deviation_networks, import_deviation};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tch::{Device, Tensor};

/// What all whole-number arrays of a checkpoint are listed under when they are left out.
const COUNTERS: &str = "counters";
/// Tensors of a weight file by name.
type Tensors = BTreeMap<String, Tensor>;

/// Whose checkpoint it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The TPS motion model's (Zhao and Zhang 2022), with or without the refiner of S2G.
    Tps,
    /// One of MoMask's (Guo et al. 2024): the tokenizer's, the mask transformer's or the residual transformer's.
    Momask,
    /// The denoiser of S2G-MDDiffusion's second stage (He et al. 2024).
    S2g,
    /// The latent deviation system's first stage, as its authors released it.
    Deviation,
}

impl Published {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tps => "TPS motion model",
            Self::Momask => "MoMask",
            Self::S2g => "S2G-MDDiffusion",
            Self::Deviation => "latent deviation",
        }
    }

    /// How many parts of a name of ours say which module it belongs to.
    fn module_parts(self) -> usize {
        match self {
            Self::Tps | Self::Deviation => 2,
            Self::Momask | Self::S2g => 1,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Deviation => "give the checkpoint of the first stage, with generator and pose_base",
            Self::Tps => {
                "give a checkpoint with kp_detector, dense_motion_network and inpainting_network \
                 (bg_predictor and e2e_generator are taken up where they are there)"
            }
            Self::Momask => {
                "give one checkpoint of the tokenizer (rvq), the mask transformer (t2m) or the residual transformer (res)"
            }
            Self::S2g => {
                "give the checkpoint of the second stage, the diffusion; of the third `orator import tps` takes up the TPS motion \
                 model with the refiner"
            }
        }
    }
}

/// What to take up.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRequest {
    /// Whose checkpoint it is.
    pub published: Published,
    /// The checkpoint: a file of `torch.save`, or tensors under their published names as `.safetensors`.
    pub path: PathBuf,
    /// The weight file, ending in `.safetensors`.
    pub out: PathBuf,
}

/// Some tensors together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TensorCount {
    /// How many.
    pub tensors: u64,
    /// How many numbers are in them.
    pub numbers: u64,
}

impl TensorCount {
    fn add(&mut self, numbers: u64) {
        self.tensors += 1;
        self.numbers += numbers;
    }
}

/// What was taken up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImportReport {
    /// The checkpoint.
    pub path: PathBuf,
    /// The weight file.
    pub out: PathBuf,
    /// What the weight file says it is (`contextual-picture`, `deviation-picture`, `momask-tokenizer`, `momask-mask`, `momask-residual`,
    /// `s2g-denoiser`).
    pub kind: String,
    /// What went into each of our modules.
    pub modules: BTreeMap<String, TensorCount>,
    /// What was left out, by the beginning of its published name; whole numbers are counted as `counters`.
    pub left_out: BTreeMap<String, TensorCount>,
}

/// Reads a published checkpoint, checks that its tensors fill networks of ours, and writes those as a weight file.
/// Stages: `read`, `fit`, `write`.
///
/// # Errors
/// [`StudioError::Checkpoint`] when the file cannot be read without executing something, or at all;
/// [`StudioError::Published`] when it holds other networks, or sizes that do not fit each other.
pub fn import(request: &ImportRequest, tell: &mut dyn FnMut(Event)) -> Result<ImportReport> {
    let ImportRequest { published, path, out } = request;
    output::check(out, &["safetensors"])?;
    output::differs_from_inputs(out, &[path])?;
    let mut stages = Stages::new(tell);
    let found = stages.run("read", |_| PublishedTensors::read(path))?;
    let checkpoint = stages.run("fit", |_| {
        let mut checkpoint = match published {
            Published::Tps => tps(&found.floats),
            Published::Deviation => deviation(&found.floats),
            Published::Momask => {
                import_momask(&found.floats).map(|i| i.checkpoint()).map_err(reason_of_motion)
            }
            Published::S2g => {
                import_s2g(&found.floats, None).map(|i| i.checkpoint()).map_err(reason_of_motion)
            }
        }
        .and_then(finite)
        .map_err(|what| StudioError::Published {
            path: path.clone(),
            what,
            hint: published.hint().into(),
        })?;
        let notes = &mut checkpoint.metadata;
        notes.insert("imported".into(), published.name().into());
        notes.insert("source_sha256".into(), orator_assets::sha256_of(path, |_| {})?);
        Ok::<_, StudioError>(checkpoint)
    })?;
    stages.run("write", |_| checkpoint.write(out, Precision::Full).map_err(StudioError::Weights))?;
    stages.tell(Event::wrote(out));
    Ok(report(request, &found, &checkpoint))
}

/// The TPS motion model's tensors as weights of the picture networks: those that have a place there, and all of them.
fn tps(published: &Tensors) -> std::result::Result<Checkpoint, String> {
    let checkpoint = import_tps(published).map_err(reason_of_render)?;
    let (store, _) = networks_of(&checkpoint, Device::Cpu).map_err(reason_of_render)?;
    let Checkpoint { metadata, mut tensors } = checkpoint;
    let places = parameters(&store);
    tensors.retain(|name, _| places.contains_key(name));
    Ok(Checkpoint { metadata, tensors })
}

/// The released latent deviation network's tensors as weights of ours: those that have a place there, and all of them.
fn deviation(published: &Tensors) -> std::result::Result<Checkpoint, String> {
    let checkpoint = import_deviation(published).map_err(reason_of_render)?;
    deviation_networks(&checkpoint, Device::Cpu).map_err(reason_of_render)?;
    Ok(checkpoint)
}

fn reason_of_render(error: RenderError) -> String {
    match error {
        RenderError::Weights(NnError::Mismatch { what }) => what,
        other => other.to_string(),
    }
}

fn reason_of_motion(error: MotionError) -> String {
    match error {
        MotionError::Weights(NnError::Mismatch { what }) => what,
        other => other.to_string(),
    }
}

fn finite(checkpoint: Checkpoint) -> std::result::Result<Checkpoint, String> {
    let is_finite = |tensor: &Tensor| i64::try_from(tensor.isfinite().all()).is_ok_and(|all| all == 1);
    match checkpoint.tensors.iter().find(|(_, tensor)| !is_finite(tensor)) {
        Some((name, _)) => Err(format!("what would be {name} holds numbers that are not finite")),
        None => Ok(checkpoint),
    }
}

/// The arrays of a checkpoint: keys and names joined by dots.
struct PublishedTensors {
    /// Floating-point ones, as 32-bit floats.
    floats: Tensors,
    /// Numbers in the others, by name.
    counters: BTreeMap<String, u64>,
}

impl PublishedTensors {
    fn read(path: &Path) -> Result<Self> {
        let form = Form::of(path).map_err(|source| PickleError::Io { path: path.to_owned(), source })?;
        if form == Form::Other {
            return Err(StudioError::Published {
                path: path.to_owned(),
                what: "is no checkpoint: neither a file of torch.save nor safetensors".into(),
                hint: "give the file that was published; some are packed once more (.zip, .tar.gz)".into(),
            });
        }
        if form == Form::Safetensors {
            let all = Checkpoint::read(path).map_err(|error| StudioError::Published {
                path: path.to_owned(),
                what: without_path(&error, path),
                hint: "fetch the file again; it may be cut off".into(),
            })?;
            let (floats, counters): (Tensors, Tensors) =
                all.tensors.into_iter().partition(|(_, tensor)| tensor.is_floating_point());
            let counters = counters.into_iter().map(|(name, t)| (name, t.numel() as u64)).collect();
            return Ok(Self { floats, counters });
        }
        let mut found = Self { floats: BTreeMap::new(), counters: BTreeMap::new() };
        for (name, array) in orator_pickle::read(path)?.arrays()? {
            if !array.kind().is_float() {
                found.counters.insert(name, array.len() as u64);
                continue;
            }
            let shape: Vec<i64> = array.shape().iter().map(|&side| side as i64).collect();
            let tensor = Tensor::from_slice(&array.to_f32()?).f_view(shape.as_slice());
            found.floats.insert(name, tensor.map_err(|e| StudioError::Weights(e.into()))?);
        }
        Ok(found)
    }
}

fn without_path(error: &NnError, path: &Path) -> String {
    let text = error.to_string();
    text.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&text).to_owned()
}

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A zip archive or pickles in a row.
    Torch,
    /// Eight bytes that give a length, and a JSON object.
    Safetensors,
    /// Neither.
    Other,
}

impl Form {
    fn of(path: &Path) -> std::io::Result<Self> {
        let mut start = Vec::new();
        File::open(path)?.take(9).read_to_end(&mut start)?;
        Ok(match start.as_slice() {
            [b'P', b'K', ..] | [0x80, ..] => Self::Torch,
            [.., b'{'] if start.len() == 9 => Self::Safetensors,
            _ => Self::Other,
        })
    }
}

fn report(request: &ImportRequest, found: &PublishedTensors, made: &Checkpoint) -> ImportReport {
    let beginning = |name: &str, parts: usize| name.split('.').take(parts).collect::<Vec<_>>().join(".");
    let mut modules: BTreeMap<String, TensorCount> = BTreeMap::new();
    for (name, tensor) in &made.tensors {
        let module = beginning(name, request.published.module_parts());
        modules.entry(module).or_default().add(tensor.numel() as u64);
    }
    let passed_over: BTreeSet<&str> = match request.published {
        Published::Momask => passed_over_by_momask(&found.floats).into_iter().collect(),
        Published::S2g => passed_over_by_s2g(&found.floats).into_iter().collect(),
        Published::Tps | Published::Deviation => {
            let name_of = if request.published == Published::Tps { tps_name } else { deviation_name };
            let has_place = |name: &str| name_of(name).is_some_and(|ours| made.tensors.contains_key(&ours));
            found.floats.keys().map(String::as_str).filter(|name| !has_place(name)).collect()
        }
    };
    // A network of which a part was taken up is not named as a whole.
    let taken = found.floats.keys().filter(|name| !passed_over.contains(name.as_str()));
    let in_part: BTreeSet<String> = taken.map(|name| beginning(name, 1)).collect();
    let mut left_out: BTreeMap<String, TensorCount> = BTreeMap::new();
    for name in passed_over {
        let first = beginning(name, 1);
        let group = if in_part.contains(&first) { beginning(name, 2) } else { first };
        left_out.entry(group).or_default().add(found.floats[name].numel() as u64);
    }
    for numbers in found.counters.values() {
        left_out.entry(COUNTERS.into()).or_default().add(*numbers);
    }
    ImportReport {
        path: request.path.clone(),
        out: request.out.clone(),
        kind: made.metadata.get("kind").cloned().unwrap_or_default(),
        modules,
        left_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (bytes, expected) in [
            (&b"\x10\0\0\0\0\0\0\0{\"a\":"[..], Form::Safetensors),
            (b"PK\x03\x04....{", Form::Torch),
            (b"\x80\x02......{", Form::Torch),
            (b"", Form::Other),
            (b"hello", Form::Other),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(Form::of(&path).unwrap(), expected, "{bytes:?}");
        }
        assert!(Form::of(&folder.path().join("none")).is_err());
    }
}

//! Weights on disk: where they lie, what they are, and whether they are whole.
//!
//! A model folder holds weight files (`NAME.safetensors`), a card beside each (`NAME.md`) and `SHA256SUMS`.

use crate::{Result, StudioError};
use orator_motion::MotionModel;
use orator_motion::contextual::ContextualModel;
use orator_motion::deviation::{DeviationModel, KeypointHead};
use orator_nn::{Checkpoint, choose_device};
use orator_render::contextual::ContextualRenderer;
use orator_render::deviation::DeviationRenderer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment variable that names the model folder.
pub const VARIABLE: &str = "ORATOR_MODELS";
/// The list of hashes in a model folder, in the format of `sha256sum`.
pub const SUMS: &str = "SHA256SUMS";
const EXTENSION: &str = "safetensors";
/// What weight files of the latent deviation system's motion say they are.
const DEVIATION_MOTION: &str = "deviation-motion";
/// Hexadecimal digits of the hash that name weights in a video.
const SHORT_HASH: usize = 16;

/// A weight file and what is known about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelInfo {
    /// The name it is called by: the file's name without extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// What the folder's [`SUMS`] says it should be, if it lists the file.
    pub expected_sha256: Option<String>,
    /// What the file says it is (`contextual-motion`); `None` when it does not say.
    pub kind: Option<String>,
    /// The licence that the model card states, if it does.
    pub licence: Option<String>,
    /// Why it cannot be used; `None` when it is whole.
    pub fault: Option<String>,
}

/// Everything that a weight file and its card say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelDetails {
    /// As in the list.
    #[serde(flatten)]
    pub info: ModelInfo,
    /// The file's metadata: configuration, what it was trained on.
    pub metadata: BTreeMap<String, String>,
    /// Names and shapes of the tensors.
    pub tensors: BTreeMap<String, Vec<i64>>,
    /// The model card's text.
    pub card: Option<String>,
}

/// Weights that were checked, as a video names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The file.
    pub path: PathBuf,
    /// The file's name without extension.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl Weights {
    /// Name and the first 16 digits of the hash, for provenance.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{} sha256:{}", self.name, self.sha256.get(..SHORT_HASH).unwrap_or(&self.sha256))
    }
}

/// The model folder: `ORATOR_MODELS` if set; else the nearest `models` folder with weights or hashes in it
/// at or above the working folder, then at or above the program; else `models` in Orator's cache.
///
/// # Errors
/// [`StudioError::Models`] when there is none.
pub fn folder() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(named);
        if path.is_dir() {
            return Ok(path);
        }
        return Err(StudioError::Models {
            path,
            what: format!("is not a folder, although {VARIABLE} names it"),
            hint: format!("set {VARIABLE} to the folder with the weights, or unset it"),
        });
    }
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    let above = starts.iter().flatten().flat_map(|start| start.ancestors()).map(|place| place.join("models"));
    let cache = orator_assets::home().ok().map(|home| home.join("models"));
    above.chain(cache).find(|folder| is_model_folder(folder)).ok_or_else(|| StudioError::Models {
        path: "models".into(),
        what: "no folder with weights was found".into(),
        hint: format!("run orator inside its checkout, or set {VARIABLE} to the checkout's models folder"),
    })
}

fn is_model_folder(folder: &Path) -> bool {
    folder.join(SUMS).is_file() || !weight_files(folder).is_empty()
}

/// The weight files of a folder in order of name.
fn weight_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|e| e == EXTENSION) && path.is_file())
        .collect();
    files.sort();
    files
}

/// File names and hashes of a folder's [`SUMS`].
fn sums(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(char::is_whitespace))
        .map(|(hash, name)| (name.trim().trim_start_matches('*').to_owned(), hash.to_ascii_lowercase()))
        .collect()
}

/// The weight file called `name`, which may also be a path.
///
/// # Errors
/// [`StudioError::Models`] when there is none.
pub fn find(name: &str) -> Result<PathBuf> {
    let given = Path::new(name);
    if given.is_file() {
        return Ok(given.to_owned());
    }
    if given.components().count() > 1 || given.extension().is_some() {
        return Err(StudioError::Models {
            path: given.to_owned(),
            what: "there is no such weight file".into(),
            hint: "`orator models list` names the weights that are there".into(),
        });
    }
    let folder = folder()?;
    let path = folder.join(format!("{name}.{EXTENSION}"));
    if path.is_file() {
        return Ok(path);
    }
    let names: Vec<String> = weight_files(&folder).iter().map(|path| stem(path)).collect();
    Err(StudioError::Models {
        path,
        what: "there is no such weight file".into(),
        hint: if names.is_empty() {
            "get the weights with the checkout (git lfs is not needed), or train them with `orator train`"
                .into()
        } else {
            format!("the weights in that folder are: {}", names.join(", "))
        },
    })
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Hashes a weight file and compares with the hash its folder states for it, if any.
///
/// # Errors
/// [`StudioError::Models`] when the file is not the one that was published.
pub fn check_hash(path: &Path) -> Result<Weights> {
    let (sha256, expected) = hashes(path)?;
    match expected {
        Some(expected) if expected != sha256 => Err(StudioError::Models {
            path: path.to_owned(),
            what: format!("is damaged: its SHA-256 is {sha256}, but {SUMS} beside it says {expected}"),
            hint: "get the file again (`git checkout` brings back the committed one)".into(),
        }),
        _ => Ok(Weights { path: path.to_owned(), name: stem(path), sha256 }),
    }
}

/// The file's hash and the one that is expected.
fn hashes(path: &Path) -> Result<(String, Option<String>)> {
    let sha256 = orator_assets::sha256_of(path, |_| {})?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Ok((sha256, sums(folder).remove(&name)))
}

/// Loads the contextual system's motion half after checking its hash.
///
/// # Errors
/// [`StudioError::Models`] and [`StudioError::Motion`] for a file that is damaged or of another kind.
pub fn load_contextual(path: &Path) -> Result<(ContextualModel, Weights)> {
    let weights = check_hash(path)?;
    Ok((ContextualModel::load(path, choose_device())?, weights))
}

/// Motion of keypoints by any weights that can make it, after checking their hash, and how a report names them: the contextual
/// system's, or the second target of the latent deviation system's.
///
/// # Errors
/// As [`load_contextual`]; [`StudioError::Motion`] for latent motion without a second target.
pub fn load_keypoint_motion(path: &Path) -> Result<(Box<dyn MotionModel>, String)> {
    let weights = check_hash(path)?;
    let device = choose_device();
    let model: Box<dyn MotionModel> = if kind_of(path)?.as_deref() == Some(DEVIATION_MOTION) {
        Box::new(KeypointHead::new(DeviationModel::load(path, device)?)?)
    } else {
        Box::new(ContextualModel::load(path, device)?)
    };
    Ok((model, weights.short()))
}

/// What a weight file says it is.
fn kind_of(path: &Path) -> Result<Option<String>> {
    let mut checkpoint = Checkpoint::read(path).map_err(StudioError::Weights)?;
    Ok(checkpoint.metadata.remove("kind"))
}

/// All weights of the model folder.
///
/// # Errors
/// When there is no model folder.
pub fn list() -> Result<Vec<ModelInfo>> {
    weight_files(&folder()?).iter().map(|path| Ok(details(path)?.info)).collect()
}

/// Everything about the weights called `name` (or lying at that path).
///
/// # Errors
/// When there are none.
pub fn show(name: &str) -> Result<ModelDetails> {
    details(&find(name)?)
}

/// As [`list`], and every file is loaded as the network it says it is; files that [`SUMS`] names and that are
/// not there are listed, too, with their fault.
///
/// # Errors
/// When there is no model folder.
pub fn verify() -> Result<Vec<ModelInfo>> {
    let folder = folder()?;
    let mut models: Vec<ModelInfo> = list()?
        .into_iter()
        .map(|mut info| {
            if info.fault.is_none() {
                let device = choose_device();
                info.fault = match info.kind.as_deref() {
                    Some("contextual-motion") => {
                        ContextualModel::load(&info.path, device).err().map(|e| e.to_string())
                    }
                    Some(DEVIATION_MOTION) => {
                        DeviationModel::load(&info.path, device).err().map(|e| e.to_string())
                    }
                    Some("contextual-picture") => {
                        ContextualRenderer::load(&info.path, device).err().map(|e| e.to_string())
                    }
                    Some("deviation-picture") => {
                        DeviationRenderer::load(&info.path, device).err().map(|e| e.to_string())
                    }
                    _ => None,
                };
            }
            info
        })
        .collect();
    for (file, hash) in sums(&folder) {
        let path = folder.join(&file);
        if !path.is_file() {
            models.push(ModelInfo {
                name: stem(&path),
                path,
                bytes: 0,
                sha256: String::new(),
                expected_sha256: Some(hash),
                kind: None,
                licence: None,
                fault: Some("is missing".into()),
            });
        }
    }
    Ok(models)
}

fn details(path: &Path) -> Result<ModelDetails> {
    let (sha256, expected_sha256) = hashes(path)?;
    let bytes = std::fs::metadata(path).map(|metadata| metadata.len()).unwrap_or_default();
    let card = std::fs::read_to_string(path.with_extension("md")).ok();
    let (metadata, tensors, unreadable) = match Checkpoint::read(path) {
        Ok(read) => {
            let shapes = read.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.size())).collect();
            (read.metadata, shapes, None)
        }
        Err(error) => (BTreeMap::new(), BTreeMap::new(), Some(error.to_string())),
    };
    let changed = expected_sha256.as_ref().is_some_and(|expected| *expected != sha256);
    let changed = changed.then(|| format!("is damaged: its SHA-256 is not the one in {SUMS}"));
    let info = ModelInfo {
        name: stem(path),
        path: path.to_owned(),
        bytes,
        sha256,
        expected_sha256,
        kind: metadata.get("kind").cloned(),
        licence: card.as_deref().and_then(licence_line),
        fault: unreadable.or(changed),
    };
    Ok(ModelDetails { info, metadata, tensors, card })
}

/// What a card says after `Licence:`, up to the end of that sentence or paragraph.
fn licence_line(card: &str) -> Option<String> {
    card.split("\n\n").find_map(|paragraph| {
        let text = paragraph.replace(['*', '`'], "");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // ASCII case keeps byte positions.
        let lower = text.to_ascii_lowercase();
        let at = lower.find("licence:").or_else(|| lower.find("license:"))? + "licence:".len();
        let sentence = text.get(at..)?.split(". ").next()?.trim();
        Some(sentence.trim_end_matches('.').to_owned()).filter(|sentence| !sentence.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_compared_with_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        std::fs::write(&path, "abc").unwrap();
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(check_hash(&path).unwrap().sha256, hash);
        std::fs::write(folder.path().join(SUMS), format!("{hash}  a.safetensors\n")).unwrap();
        assert_eq!(check_hash(&path).unwrap().short(), "a sha256:ba7816bf8f01cfea");
        std::fs::write(&path, "abd").unwrap();
        let error = check_hash(&path).unwrap_err();
        assert!(error.to_string().contains("damaged") && error.hint().is_some(), "{error}");
        assert_eq!(error.kind(), crate::ErrorKind::Models);
    }

    #[test]
    fn cards_name_their_licence() {
        let card = "# A model\n\n## Licence\n\n* **License**: MIT OR Apache-2.0\n";
        assert_eq!(licence_line(card).unwrap(), "MIT OR Apache-2.0");
        let card =
            "# A model\n\nFile: `a` (16-bit floats). Licence:\nMIT OR Apache-2.0, with credits. It sings.\n";
        assert_eq!(licence_line(card).unwrap(), "MIT OR Apache-2.0, with credits");
        assert_eq!(licence_line("# nothing"), None);
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = find("nowhere/none.safetensors").unwrap_err();
        assert!(error.to_string().contains("none.safetensors"), "{error}");
    }
}

//! Everything that is read once and shared by all people.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{BaseMesh, Rig, Target};
use crate::pose::{FACE_UNITS, FaceUnit};
use crate::{Result, StageError};

/// The figure's data. The folder holds `base.obj`, `rig.default.json`, `weights.default.json`, `targets/`,
/// `faceunits/` and `textures/`, as `setup` lays them out.
pub struct Anatomy {
    folder: PathBuf,
    /// The neutral mesh.
    pub mesh: BaseMesh,
    /// The skeleton's plan and the skin weights.
    pub rig: Rig,
    /// The 52 face units, in the order of [`FaceUnit::ALL`].
    pub face_units: Vec<Target>,
    targets: Mutex<BTreeMap<String, Arc<Target>>>,
}

impl Anatomy {
    /// Reads mesh, skeleton and face units; shape targets are read when asked for.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn load(folder: &Path) -> Result<Self> {
        let mesh = BaseMesh::read(&folder.join("base.obj"))?;
        let rig = Rig::read(&folder.join("rig.default.json"), &folder.join("weights.default.json"), &mesh)?;
        let mut face_units = Vec::with_capacity(FACE_UNITS);
        for unit in FaceUnit::ALL {
            let path = folder.join("faceunits").join(format!("{}.target", unit.name()));
            face_units.push(Target::read(&path, mesh.vertices.len())?);
        }
        Ok(Self { folder: folder.to_owned(), mesh, rig, face_units, targets: Mutex::default() })
    }

    /// A shape target by its path inside `targets/`, without ending: `macrodetails/caucasian-male-young`.
    ///
    /// # Errors
    /// When there is no such target, or it is damaged.
    pub fn target(&self, name: &str) -> Result<Arc<Target>> {
        let mut known = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = known.get(name) {
            return Ok(target.clone());
        }
        let path = self.folder.join("targets").join(format!("{name}.target.gz"));
        let target = Arc::new(Target::read(&path, self.mesh.vertices.len())?);
        known.insert(name.to_owned(), target.clone());
        Ok(target)
    }

    /// One of the masks over the skin's texture coordinates, `height × width` values of 0–1, top row first:
    /// `lips`, `ears`, `face`, `eyelids`, `fingernails`, `inside-mouth`.
    ///
    /// # Errors
    /// When it is missing or not a picture.
    pub fn skin_mask(&self, name: &str) -> Result<image::GrayImage> {
        let path = self.folder.join("textures").join(format!("mpfb_{name}.jpg"));
        let picture = image::open(&path).map_err(|e| StageError::asset(&path, e))?;
        Ok(picture.into_luma8())
    }
}

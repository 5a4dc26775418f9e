//! The skeleton's plan: 163 bones, where their ends lie in the mesh, and which vertices follow them.

use glam::Vec3;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

use super::BaseMesh;
use crate::{Result, StageError};

/// How an end of a bone is found in a shaped mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joint {
    /// The mean of some vertices.
    Mean(Vec<u32>),
}

impl Joint {
    /// Where it lies.
    #[must_use]
    pub fn locate(&self, vertices: &[Vec3]) -> Vec3 {
        let Self::Mean(of) = self;
        let sum: Vec3 = of.iter().map(|&v| vertices[v as usize]).sum();
        sum / of.len().max(1) as f32
    }
}

/// One bone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bone {
    /// Its name, for example `lowerarm01.L`.
    pub name: String,
    /// Its parent, which always comes before it.
    pub parent: Option<usize>,
    /// Its near end.
    pub head: Joint,
    /// Its far end.
    pub tail: Joint,
}

/// The bones in an order in which parents come first, and the skin weights.
#[derive(Clone, Debug, Default)]
pub struct Rig {
    /// Bones.
    pub bones: Vec<Bone>,
    /// For each vertex, the bones it follows and how much; the amounts of a vertex add up to one.
    pub weights: Vec<Vec<(u16, f32)>>,
}

#[derive(Deserialize)]
struct BoneEntry {
    head: JointEntry,
    tail: JointEntry,
    parent: Option<String>,
}

#[derive(Deserialize)]
struct JointEntry {
    strategy: String,
    cube_name: Option<String>,
    vertex_index: Option<u32>,
    vertex_indices: Option<Vec<u32>>,
}

#[derive(Deserialize)]
struct WeightsFile {
    weights: BTreeMap<String, Vec<(u32, f32)>>,
}

impl Rig {
    /// Reads the skeleton and its weights.
    ///
    /// # Errors
    /// When a file cannot be read, or names a vertex, group or bone that is not there.
    pub fn read(rig: &Path, weights: &Path, mesh: &BaseMesh) -> Result<Self> {
        let entries: BTreeMap<String, BoneEntry> = read_json(rig)?;
        let mut order: Vec<&str> = Vec::with_capacity(entries.len());
        // Breadth first, by rounds: as many rounds as the tree is deep, and an orphan or a ring is noticed.
        while order.len() < entries.len() {
            let before = order.len();
            for (name, entry) in &entries {
                let parent = entry.parent.as_deref().filter(|parent| !parent.is_empty());
                if !order.contains(&name.as_str()) && parent.is_none_or(|p| order.contains(&p)) {
                    order.push(name);
                }
            }
            if order.len() == before {
                return Err(StageError::asset(rig, "a bone's parent is missing"));
            }
        }
        let mut bones = Vec::with_capacity(order.len());
        for name in &order {
            let entry = &entries[*name];
            let parent = entry.parent.as_deref().and_then(|parent| order.iter().position(|n| *n == parent));
            let joint = |entry| {
                joint(entry, mesh).ok_or_else(|| {
                    StageError::asset(rig, format!("{name}: an end of this bone is not in the mesh"))
                })
            };
            bones.push(Bone {
                name: (*name).to_owned(),
                parent,
                head: joint(&entry.head)?,
                tail: joint(&entry.tail)?,
            });
        }
        let file: WeightsFile = read_json(weights)?;
        let mut by_vertex: Vec<Vec<(u16, f32)>> = vec![Vec::new(); mesh.vertices.len()];
        for (name, list) in &file.weights {
            let Some(bone) = order.iter().position(|n| n == name) else {
                return Err(StageError::asset(weights, format!("{name}: no such bone")));
            };
            for &(vertex, amount) in list {
                let Some(of) = by_vertex.get_mut(vertex as usize) else {
                    return Err(StageError::asset(weights, format!("{name}: no vertex {vertex}")));
                };
                if amount > 0.0 {
                    of.push((bone as u16, amount));
                }
            }
        }
        for of in &mut by_vertex {
            let sum: f32 = of.iter().map(|(_, amount)| amount).sum();
            if sum > 0.0 {
                of.iter_mut().for_each(|(_, amount)| *amount /= sum);
            } else {
                of.push((0, 1.0));
            }
        }
        Ok(Self { bones, weights: by_vertex })
    }
}

fn joint(entry: &JointEntry, mesh: &BaseMesh) -> Option<Joint> {
    let of = match entry.strategy.as_str() {
        "CUBE" => mesh.vertices_of(entry.cube_name.as_deref()?).to_vec(),
        "VERTEX" => vec![entry.vertex_index?],
        _ => entry.vertex_indices.clone()?,
    };
    let fine = !of.is_empty() && of.iter().all(|&vertex| (vertex as usize) < mesh.vertices.len());
    fine.then_some(Joint::Mean(of))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).map_err(|e| StageError::asset(path, e))?;
    serde_json::from_slice(&bytes).map_err(|e| StageError::asset(path, e))
}

//! The base mesh, read from its Wavefront file: body, and the helper shapes for clothes, hair, eyes, teeth, lashes.

use glam::{Vec2, Vec3};
use std::collections::BTreeMap;
use std::path::Path;

use crate::{Result, StageError};

/// One polygon: three or four corners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// Index into [`BaseMesh::groups`].
    pub group: u16,
    /// Vertices, anticlockwise seen from outside.
    pub vertices: Vec<u32>,
    /// Texture coordinates, one for each vertex.
    pub uv: Vec<u32>,
}

/// The base mesh in its neutral shape.
#[derive(Clone, Debug, Default)]
pub struct BaseMesh {
    /// Positions in decimetres.
    pub vertices: Vec<Vec3>,
    /// Texture coordinates, v = 1 at the top.
    pub uv: Vec<Vec2>,
    /// Polygons.
    pub faces: Vec<Face>,
    /// Names of the groups: `body`, `helper-tights`, `helper-l-eye`, `joint-…` and so on.
    pub groups: Vec<String>,
    /// For each group, its vertices in rising order.
    pub members: BTreeMap<String, Vec<u32>>,
}

impl BaseMesh {
    /// Reads `base.obj`.
    ///
    /// # Errors
    /// When the file cannot be read or a line does not hold what it should.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| StageError::asset(path, e))?;
        let mut mesh = Self::default();
        let mut group = None;
        for (number, line) in text.lines().enumerate() {
            let wrong = || StageError::asset(path, format!("line {} is not as expected", number + 1));
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("v") => {
                    let [x, y, z] = numbers(&mut words).ok_or_else(wrong)?;
                    mesh.vertices.push(Vec3::new(x, y, z));
                }
                Some("vt") => {
                    let [u, v] = numbers(&mut words).ok_or_else(wrong)?;
                    mesh.uv.push(Vec2::new(u, v));
                }
                Some("g") => {
                    let name = words.next().ok_or_else(wrong)?;
                    let index = mesh.groups.iter().position(|known| known == name).unwrap_or_else(|| {
                        mesh.groups.push(name.to_owned());
                        mesh.groups.len() - 1
                    });
                    group = Some(u16::try_from(index).map_err(|_| wrong())?);
                }
                Some("f") => {
                    let mut face =
                        Face { group: group.ok_or_else(wrong)?, vertices: Vec::new(), uv: Vec::new() };
                    for word in words {
                        let (vertex, uv) = word.split_once('/').ok_or_else(wrong)?;
                        face.vertices.push(index(vertex, mesh.vertices.len()).ok_or_else(wrong)?);
                        face.uv.push(index(uv, mesh.uv.len()).ok_or_else(wrong)?);
                    }
                    if !(3..=4).contains(&face.vertices.len()) {
                        return Err(wrong());
                    }
                    mesh.faces.push(face);
                }
                _ => {}
            }
        }
        for face in &mesh.faces {
            mesh.members
                .entry(mesh.groups[usize::from(face.group)].clone())
                .or_default()
                .extend(&face.vertices);
        }
        for members in mesh.members.values_mut() {
            members.sort_unstable();
            members.dedup();
        }
        Ok(mesh)
    }

    /// The polygons of a group.
    pub fn faces_of(&self, group: &str) -> impl Iterator<Item = &Face> {
        let wanted = self.groups.iter().position(|name| name == group);
        self.faces.iter().filter(move |face| Some(usize::from(face.group)) == wanted)
    }

    /// The vertices of a group in rising order; empty if there is no such group.
    #[must_use]
    pub fn vertices_of(&self, group: &str) -> &[u32] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }
}

fn numbers<'a, const N: usize>(words: &mut impl Iterator<Item = &'a str>) -> Option<[f32; N]> {
    let mut out = [0.0; N];
    for value in &mut out {
        *value = words.next()?.parse().ok()?;
    }
    Some(out)
}

/// A one-based index of the file as ours, if there is such an element.
fn index(text: &str, count: usize) -> Option<u32> {
    let at: usize = text.parse().ok()?;
    (1..=count).contains(&at).then(|| u32::try_from(at - 1).ok())?
}

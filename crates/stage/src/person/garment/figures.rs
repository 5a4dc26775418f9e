//! Bodies to try clothes and hair on.

use glam::Vec3;
use std::sync::{Arc, OnceLock};

use super::super::{Body, Traits};
use crate::figure::{Anatomy, Skeleton};

/// A shaped body.
pub(in crate::person) struct Figure {
    anatomy: Arc<Anatomy>,
    vertices: Vec<Vec3>,
    normals: Vec<Vec3>,
    skeleton: Skeleton,
    masculinity: f32,
}

impl Figure {
    fn new(anatomy: Arc<Anatomy>, targets: &[&str], masculinity: f32) -> Self {
        let mut vertices = anatomy.mesh.vertices.clone();
        for name in targets {
            anatomy.target(name).unwrap().apply(1.0, &mut vertices);
        }
        let mut normals = vec![Vec3::ZERO; vertices.len()];
        for face in &anatomy.mesh.faces {
            let at = |k: usize| vertices[face.vertices[k] as usize];
            let normal = (at(1) - at(0)).cross(at(face.vertices.len() - 1) - at(0));
            for &v in &face.vertices {
                normals[v as usize] += normal;
            }
        }
        let normals = normals.iter().map(|n| n.normalize_or(Vec3::Y)).collect();
        let skeleton = Skeleton::new(&anatomy.rig, &vertices);
        Self { anatomy, vertices, normals, skeleton, masculinity }
    }

    pub fn body(&self) -> Body<'_> {
        Body {
            anatomy: &self.anatomy,
            vertices: &self.vertices,
            normals: &self.normals,
            skeleton: &self.skeleton,
        }
    }

    pub fn traits(&self) -> Traits {
        Traits {
            age: 40.0,
            masculinity: self.masculinity,
            descent: [1.0 - self.masculinity, 0.0, self.masculinity],
            hair_colour: [0.2, 0.13, 0.08],
        }
    }
}

/// A man and a woman; none when the figure's data is not there.
pub(in crate::person) fn figures() -> &'static [Figure] {
    static FIGURES: OnceLock<Vec<Figure>> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let Ok(folder) = orator_assets::figure() else {
            eprintln!("skipped: the figure's data is not there");
            return Vec::new();
        };
        let anatomy = Arc::new(Anatomy::load(&folder).unwrap());
        let build = "averagemuscle-averageweight";
        vec![
            Figure::new(
                anatomy.clone(),
                &["macrodetails/caucasian-male-young", &format!("macrodetails/universal-male-young-{build}")],
                1.0,
            ),
            Figure::new(
                anatomy,
                &[
                    "macrodetails/african-female-young",
                    &format!("macrodetails/universal-female-young-{build}"),
                ],
                0.0,
            ),
        ]
    })
}

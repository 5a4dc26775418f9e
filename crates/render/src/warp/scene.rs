//! The renderer and its prepared scene.

use super::bones::{HandMap, arm_bone, shoulder_share};
use super::claim::{Part, Source, bone_radius, palm_size};
use super::cut::cut;
use super::field::Field;
use super::geometry::{Point, Similarity};
use super::layer::Layer;
use super::mouth::Mouth;
use super::pose::{Pose, complete};
use super::raster::{PixelBox, Size};
use super::spline_part::{head_map, head_motion, torso_map};
use crate::{RenderError, Renderer, Result, Scene};
use ndarray::{ArrayView1, ArrayView2, Axis};
use orator_body::{Layout, Portrait};
use orator_media::Picture;
use rayon::prelude::*;

/// The untrained renderer: thin-plate-spline and bone warps of body-part layers (METHODS.md 2.6).
#[derive(Clone, Copy, Debug, Default)]
pub struct WarpRenderer;

/// Portraits above this many pixels are refused: the layers would need gigabytes.
const MAX_PIXELS: usize = 4096 * 4096;

impl Renderer for WarpRenderer {
    fn name(&self) -> &'static str {
        "warp"
    }

    fn prepare(&self, portrait: &Portrait) -> Result<Box<dyn Scene>> {
        Ok(Box::new(WarpScene::new(portrait)?))
    }
}

struct Moving {
    part: Part,
    layer: Layer,
    field: Field,
}

struct WarpScene {
    size: Size,
    pose: Pose,
    unit: f32,
    light: f32,
    background: Vec<[f32; 3]>,
    parts: Vec<Moving>,
    mouth: Mouth,
}

impl WarpScene {
    fn new(portrait: &Portrait) -> Result<Self> {
        let picture = &portrait.picture;
        let size = Size { width: picture.width(), height: picture.height() };
        let problem = if size.width < 16 || size.height < 16 {
            Some(format!("the portrait has only {}x{} pixels", size.width, size.height))
        } else if size.area() > MAX_PIXELS {
            Some(format!("the portrait's {}x{} pixels are more than 4096x4096", size.width, size.height))
        } else if portrait.person_mask.len() != size.area() {
            Some(format!(
                "the person mask has {} pixels, the portrait {}",
                portrait.person_mask.len(),
                size.area()
            ))
        } else if portrait.keypoints.layout() != Layout::WholeBody133 || portrait.keypoints.frames() == 0 {
            Some("the portrait needs one frame of keypoints in the 133-point layout".into())
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(RenderError::Portrait(problem));
        }
        let pose = Pose::read(
            portrait.keypoints.points().index_axis(Axis(0), 0),
            portrait.keypoints.confidence().index_axis(Axis(0), 0),
        )?;
        let colours: Vec<[f32; 3]> =
            picture.rgb().chunks_exact(3).map(|p| [p[0], p[1], p[2]].map(|v| f32::from(v) / 255.0)).collect();
        let mask: Vec<f32> = portrait.person_mask.iter().map(|&m| f32::from(m) / 255.0).collect();
        let unit = pose.unit(size.width);
        let cut = cut(&Source { size, colours: &colours, pose: &pose, unit }, &mask);
        let parts = cut
            .layers
            .into_iter()
            .map(|(part, layer)| Moving { part, layer, field: Field::default() })
            .collect();
        let light = face_light(&pose, &colours, size);
        Ok(Self { size, pose, unit, light, background: cut.background, parts, mouth: Mouth::default() })
    }
}

/// The mean brightness of the cheeks and the nose.
fn face_light(pose: &Pose, colours: &[[f32; 3]], size: Size) -> f32 {
    if !pose.has_face() {
        return 0.6;
    }
    let face = pose.face();
    let places = [face[30], face[2].lerp(face[31], 0.5), face[14].lerp(face[35], 0.5)];
    let sum: f32 = places
        .iter()
        .map(|p| {
            let x = p.x.clamp(0.0, size.width as f32 - 1.0) as usize;
            let y = p.y.clamp(0.0, size.height as f32 - 1.0) as usize;
            colours[y * size.width + x].iter().sum::<f32>() / 3.0
        })
        .sum();
    sum / places.len() as f32
}

impl Scene for WarpScene {
    fn render(&mut self, points: ArrayView2<'_, f32>, confidence: ArrayView1<'_, f32>) -> Result<Picture> {
        let driving = complete(&self.pose, &Pose::read(points, confidence)?, self.unit);
        self.place_parts(&driving)?;
        let mut picture = Picture::filled(self.size.width, self.size.height, [0; 3]);
        self.stack(picture.rgb_mut());
        Ok(picture)
    }
}

impl WarpScene {
    /// Fills the field of every part for this frame.
    fn place_parts(&mut self, driving: &Pose) -> Result<()> {
        let (size, pose, unit) = (self.size, &self.pose, self.unit);
        let head = head_motion(pose, driving);
        let scale = head.scale().clamp(0.8, 1.25);
        let step = (size.width / 128).max(1);
        let torso = torso_map(pose, driving, &head, unit, size.height)?;
        let behind = self.parts.len().min(1);
        let (first, rest) = self.parts.split_at_mut(behind);
        for moving in first.iter_mut() {
            moving.field.fill(Some(PixelBox::whole(size)), 2 * step, |p| (torso.apply(p), 1.0));
        }
        let trunk = first.first().filter(|moving| moving.part == Part::Torso).map(|moving| &moving.field);
        for moving in rest {
            match moving.part {
                Part::Torso => {}
                Part::Head => {
                    let map = head_map(pose, driving, &head)?;
                    let area = moved_box(&moving.layer, &head, 0.15 * unit, size);
                    moving.field.fill(area, step, |p| (map.apply(p), 1.0));
                }
                Part::UpperArm(side) | Part::Forearm(side) => {
                    let Some(bone) = arm_bone(moving.part, pose, driving, scale) else { continue };
                    let upper = matches!(moving.part, Part::UpperArm(_));
                    let ends = if upper {
                        [driving.shoulder(side), driving.elbow(side)]
                    } else {
                        [driving.elbow(side), driving.wrist(side)]
                    };
                    let area = PixelBox::around(ends, 0.5 * unit * scale, size);
                    moving.field.fill(area, step, |p| {
                        let q = bone.apply(p);
                        match trunk {
                            Some(trunk) if upper => {
                                let share = shoulder_share(&bone, p);
                                (q.lerp(p + trunk.displacement(p), share), 1.0)
                            }
                            _ => (q, 1.0),
                        }
                    });
                }
                Part::Hand(side) => {
                    let (from, to) = (pose.hand(side), driving.hand(side));
                    let map = HandMap::new(from, to);
                    let margin = 3.0 * bone_radius(0, palm_size(from));
                    let area = PixelBox::around(to.iter().copied(), margin, size);
                    moving.field.fill(area, step.div_ceil(2), |p| map.apply(p));
                }
            }
        }
        self.mouth.draw(pose, driving, head.scale(), self.light, size);
        Ok(())
    }

    /// Stacks the warped layers, row by row.
    fn stack(&self, rgb: &mut [u8]) {
        let width = self.size.width;
        let head_index = self.parts.iter().position(|moving| moving.part == Part::Head);
        rgb.par_chunks_exact_mut(3 * width).enumerate().for_each_init(
            || vec![[0.0f32; 3]; width],
            |line, (y, row)| {
                line.copy_from_slice(&self.background[y * width..(y + 1) * width]);
                for (index, moving) in self.parts.iter().enumerate() {
                    let Some(area) = moving.field.area() else { continue };
                    if y < area.top || y > area.bottom {
                        continue;
                    }
                    for (x, below) in line.iter_mut().enumerate().take(area.right + 1).skip(area.left) {
                        let [dx, dy, opacity] = moving.field.at(x, y);
                        if opacity > 0.0 {
                            let over = moving.layer.sample(x as f32 + dx, y as f32 + dy);
                            if over[3] > 0.0 {
                                lay_over(below, over, opacity);
                            }
                        }
                    }
                    if Some(index) == head_index {
                        for (x, below) in line.iter_mut().enumerate() {
                            if let Some(over) = self.mouth.at(x, y) {
                                lay_over(below, over, 1.0);
                            }
                        }
                    }
                }
                for (pixel, colour) in row.chunks_exact_mut(3).zip(line.iter()) {
                    for (byte, value) in pixel.iter_mut().zip(colour) {
                        *byte = (value * 255.0 + 0.5).clamp(0.0, 255.0) as u8;
                    }
                }
            },
        );
    }
}

fn lay_over(below: &mut [f32; 3], over: [f32; 4], opacity: f32) {
    let through = 1.0 - over[3] * opacity;
    for (below, over) in below.iter_mut().zip(over) {
        *below = over * opacity + through * *below;
    }
}

/// The frame's box of a layer that moves rigidly.
fn moved_box(layer: &Layer, motion: &Similarity, margin: f32, size: Size) -> Option<PixelBox> {
    let area = layer.area();
    let (left, right) = (area.left as f32, area.right as f32);
    let (top, bottom) = (area.top as f32, area.bottom as f32);
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
    PixelBox::around(corners.map(|(x, y)| motion.apply(Point::new(x, y))), margin, size)
}

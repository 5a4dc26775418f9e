//! How long one frame takes, by stage, on one thread, and how many two threads draw in a second: `cargo run --release --example frame_time [PNG]`.
//! The person is the bare figure in tights, about as many triangles as a dressed one. With a file name, writes the picture.

use glam::{Quat, Vec3};
use orator_stage::figure::{Anatomy, Skeleton};
use orator_stage::picture::{Actor, CameraPath, Framing, Moment, PictureMaker, Prepared, Sensor, Setting};
use orator_stage::pose::Pose;
use orator_stage::surface::{Corner, Material, Part, Surface, Texture, Triangle};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Frames of which the fastest counts.
const ROUNDS: usize = 12;
/// Threads that draw at the same time in the second measurement.
const THREADS: usize = 2;
/// How far clothes lie above the skin, in decimetres.
const ABOVE: f32 = 0.06;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Ok(folder) = orator_assets::figure() else {
        eprintln!("run `cargo xtask setup`: the figure is not there");
        return Ok(());
    };
    let anatomy = Anatomy::load(&folder)?;
    let mut vertices = anatomy.mesh.vertices.clone();
    anatomy.target("macrodetails/caucasian-male-young")?.apply(1.0, &mut vertices);
    anatomy
        .target("macrodetails/universal-male-young-averagemuscle-averageweight")?
        .apply(1.0, &mut vertices);
    let skeleton = Skeleton::new(&anatomy.rig, &vertices);
    inflate(&anatomy, &mut vertices);
    let surface = mannequin(&anatomy);
    let points = pose(&anatomy, &skeleton, &vertices, 0.0);
    let shutter = [pose(&anatomy, &skeleton, &vertices, -0.015), pose(&anatomy, &skeleton, &vertices, 0.015)];
    let start = Instant::now();
    let prepared = Prepared::new(&surface);
    println!("once per person: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let head = anatomy
        .mesh
        .vertices_of("body")
        .iter()
        .map(|&v| points[v as usize])
        .fold(Vec3::MIN, |a, b| if b.y > a.y { b } else { a });
    let camera = CameraPath::from_seed(4, true, Framing::half_body(head)).at(0.0);
    let start = Instant::now();
    let setting = Setting::from_seed(2, 0.7);
    println!("once per clip: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let sensor = Sensor::from_seed(3, 0.5);
    println!("{} triangles, {} of them visible in principle", surface.triangles.len(), prepared.triangles());
    for size in [256, 512] {
        let mut maker = PictureMaker::new(size);
        let actors =
            [Actor { prepared: &prepared, points: &points, shutter: Some([&shutter[0], &shutter[1]]) }];
        let moment = Moment { actors: &actors, camera, setting: &setting, sensor: &sensor, frame: 0 };
        let mut best: Option<(Duration, Vec<(&str, Duration)>)> = None;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let drawn = maker.draw(&moment);
            let took = start.elapsed();
            std::hint::black_box(drawn);
            if best.as_ref().is_none_or(|(least, _)| took < *least) {
                best = Some((took, maker.stages().to_vec()));
            }
        }
        let Some((total, stages)) = best else { continue };
        println!("{size} × {size}: {:.1} ms", total.as_secs_f64() * 1e3);
        for (stage, took) in stages {
            println!("    {stage:24} {:6.2} ms", took.as_secs_f64() * 1e3);
        }
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let mut maker = PictureMaker::new(size);
                    for _ in 0..ROUNDS {
                        std::hint::black_box(maker.draw(&moment));
                    }
                });
            }
        });
        let rate = (THREADS * ROUNDS) as f64 / start.elapsed().as_secs_f64();
        println!("    {THREADS} threads: {rate:.1} frames a second");
        if let Some(path) = std::env::args().nth(1).filter(|_| size == 512) {
            let drawn = maker.draw(&moment);
            let picture = image::RgbImage::from_raw(size as u32, size as u32, drawn.rgb);
            picture.ok_or("the picture has another size")?.save(path)?;
        }
    }
    Ok(())
}

/// Lifts the tights off the skin.
fn inflate(anatomy: &Anatomy, vertices: &mut [Vec3]) {
    let mut normals = vec![Vec3::ZERO; vertices.len()];
    for face in anatomy.mesh.faces_of("helper-tights") {
        let at = |i: usize| vertices[face.vertices[i % face.vertices.len()] as usize];
        let normal = (at(1) - at(0)).cross(at(2) - at(0));
        for &vertex in &face.vertices {
            normals[vertex as usize] += normal;
        }
    }
    for (vertex, normal) in vertices.iter_mut().zip(normals) {
        *vertex += normal.normalize_or_zero() * ABOVE;
    }
}

/// Body in skin colour and tights in blue.
fn mannequin(anatomy: &Anatomy) -> Surface {
    let mut surface = Surface { points: anatomy.mesh.vertices.len(), ..Surface::default() };
    let groups = [
        ("body", [205, 158, 132], 0.55, 24.0, 1.0),
        ("helper-tights", [45, 68, 110], 0.1, 8.0, 0.0),
        ("helper-l-eye", [225, 220, 215], 0.8, 200.0, 0.2),
        ("helper-r-eye", [225, 220, 215], 0.8, 200.0, 0.2),
    ];
    for (index, (group, [r, g, b], specular, gloss, subsurface)) in groups.into_iter().enumerate() {
        surface.textures.push(noise([r, g, b]));
        surface.materials.push(Material {
            texture: index,
            relief: Some(index),
            relief_depth: if index < 2 { 0.01 } else { 0.0 },
            specular,
            gloss,
            subsurface,
            casts_shadow: index < 2,
        });
        let mut known = BTreeMap::new();
        for face in anatomy.mesh.faces_of(group) {
            let corners: Vec<u32> = face
                .vertices
                .iter()
                .zip(&face.uv)
                .map(|(&point, &uv)| {
                    *known.entry((point, uv)).or_insert_with(|| {
                        let uv = anatomy.mesh.uv[uv as usize];
                        // The tights end below the neck and before the hands.
                        let rest = anatomy.mesh.vertices[point as usize];
                        let cut = if index == 1 && (rest.y > 5.5 || rest.x.abs() > 3.7) { 1.2 } else { 0.0 };
                        surface.corners.push(Corner { point, uv, cut });
                        surface.corners.len() as u32 - 1
                    })
                })
                .collect();
            let part = if index == 1 { Part::Torso } else { Part::Head };
            for i in 2..corners.len() {
                let corners = [corners[0], corners[i - 1], corners[i]];
                surface.triangles.push(Triangle { corners, material: index as u16, part });
            }
        }
    }
    surface
}

/// One colour with fine noise, which also serves as relief.
fn noise(colour: [u8; 3]) -> Texture {
    let (width, height) = (1024, 1024);
    let texels = (0..width * height)
        .map(|i: usize| {
            let hash = (i as u32).wrapping_mul(0x9E37_79B1).rotate_left(13).wrapping_mul(0x85EB_CA77) >> 28;
            let [r, g, b] = colour.map(|value| value.saturating_add(hash as u8).saturating_sub(8));
            [r, g, b, 255]
        })
        .collect();
    Texture { width, height, texels }
}

/// The arms come down and the forearms up; `seconds` moves them.
fn pose(anatomy: &Anatomy, skeleton: &Skeleton, vertices: &[Vec3], seconds: f32) -> Vec<Vec3> {
    let mut pose = Pose::rest(skeleton);
    for (side, sign) in [("L", 1.0f32), ("R", -1.0)] {
        let mut turn = |bone: &str, turn: Quat| {
            if let Some(bone) = skeleton.bone(&format!("{bone}.{side}")) {
                pose.turns[bone] = turn;
            }
        };
        turn("upperarm01", Quat::from_rotation_z(-0.35 * sign));
        turn("lowerarm01", Quat::from_rotation_x(-1.5 + seconds * 8.0) * Quat::from_rotation_y(-0.4 * sign));
    }
    let placed = skeleton.place(&pose);
    vertices
        .iter()
        .zip(&anatomy.rig.weights)
        .map(|(&vertex, weights)| {
            weights
                .iter()
                .map(|&(bone, share)| placed.maps[usize::from(bone)].transform_point3(vertex) * share)
                .sum()
        })
        .collect()
}

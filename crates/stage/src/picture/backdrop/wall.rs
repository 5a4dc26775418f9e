//! The wall itself, and how light falls on it.

use glam::{Vec2, Vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, cell, cloud, noise};

/// A linear colour from hue (0–1), saturation and brightness.
pub(super) fn colour(hue: f32, saturation: f32, brightness: f32) -> Vec3 {
    let part = |shift: f32| {
        let away = ((hue + shift).rem_euclid(1.0) * 6.0 - 3.0).abs() - 1.0;
        1.0 + (away.clamp(0.0, 1.0) - 1.0) * saturation
    };
    Vec3::new(part(0.0), part(2.0 / 3.0), part(1.0 / 3.0)) * brightness
}

/// A wall's colour: mostly pale or grey, now and then strong or dark.
fn paint(rng: &mut ChaCha8Rng) -> Vec3 {
    let hue = rng.random_range(0.0..1.0f32);
    match rng.random_range(0..10) {
        0..4 => colour(hue, rng.random_range(0.0..0.12f32), rng.random_range(0.35..0.75f32)),
        4..7 => colour(hue, rng.random_range(0.05..0.35f32), rng.random_range(0.12..0.4f32)),
        7..9 => colour(hue, rng.random_range(0.0..0.4f32), rng.random_range(0.02..0.1f32)),
        _ => colour(hue, rng.random_range(0.4..0.75f32), rng.random_range(0.1..0.4f32)),
    }
}

/// One colour, a gradient, or a spot of light.
pub(super) fn plain(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let base = paint(rng);
    let other = base.lerp(paint(rng), 0.5) * rng.random_range(0.4..1.3f32);
    let lean = rng.random_range(-0.5..0.5f32);
    let centre = Vec2::new(rng.random_range(-0.4..0.4f32), rng.random_range(-0.2..0.4f32));
    match rng.random_range(0..3) {
        0 => canvas.fill(|_| base),
        1 => canvas.fill(|at| base.lerp(other, (0.5 + 0.6 * (at.y + at.x * lean)).clamp(0.0, 1.0))),
        _ => canvas.fill(|at| {
            let away = at.distance(centre);
            base * (1.25 - 0.75 * (away * away).min(1.4))
        }),
    }
}

/// Plaster, stripes, bricks, boards or panels.
pub(super) fn textured(canvas: &mut Canvas, rng: &mut ChaCha8Rng, clutter: f32) {
    let base = paint(rng);
    let salt: u32 = rng.random();
    let strength = rng.random_range(0.4..1.0f32) * (0.4 + 0.6 * clutter);
    let size = rng.random_range(0.8..1.6f32);
    match rng.random_range(0..6) {
        0 => canvas.fill(|_| base),
        1 => canvas.fill(|at| base * (1.0 + strength * 0.5 * (cloud(at * 9.0 * size, salt) - 0.5))),
        2 => {
            let stripe = base * rng.random_range(0.7..1.25f32);
            canvas.fill(|at| if (at.x * 9.0 * size).rem_euclid(1.0) < 0.5 { base } else { stripe });
        }
        3 => canvas.fill(|at| bricks(at * 7.0 * size, base, strength, salt)),
        4 => canvas.fill(|at| boards(at * 3.5 * size, base, strength, salt)),
        _ => {
            let low = rng.random_range(-0.6..-0.1f32);
            let wainscot = paint(rng);
            canvas.fill(|at| {
                let fine = 1.0 + 0.12 * strength * (noise(at * 60.0, salt) - 0.5);
                (if at.y < low { wainscot } else { base }) * fine
            });
            canvas.rectangle(Vec2::new(0.0, low), Vec2::new(1.0, 0.018), base * 1.1);
        }
    }
}

fn bricks(at: Vec2, base: Vec3, strength: f32, salt: u32) -> Vec3 {
    let row = (at.y * 2.6).floor();
    let along = at.x + if row as i32 % 2 == 0 { 0.0 } else { 0.5 };
    let (x, y) = (along.rem_euclid(1.0), (at.y * 2.6).rem_euclid(1.0));
    let edge = (x.min(1.0 - x) * 2.6).min(y.min(1.0 - y));
    let joint = 1.0 - (edge / 0.10).clamp(0.0, 1.0);
    let tone = 1.0 + strength * 0.55 * (cell(along.floor() as i32, row as i32, salt) - 0.5);
    let rough = 1.0 + strength * 0.3 * (cloud(at * 6.0, salt) - 0.5);
    (base * tone * rough).lerp(base * 0.75 + 0.08, joint * 0.7 * strength)
}

fn boards(at: Vec2, base: Vec3, strength: f32, salt: u32) -> Vec3 {
    let board = at.x.floor() as i32;
    let across = at.x.rem_euclid(1.0);
    let groove = 1.0 - (across.min(1.0 - across) / 0.02).clamp(0.0, 1.0);
    let grain = noise(Vec2::new(at.x * 22.0, at.y * 1.7 + cell(board, 0, salt) * 40.0), salt);
    let tone = 1.0 + strength * (0.3 * (cell(board, 1, salt) - 0.5) + 0.35 * (grain - 0.5));
    base * Vec3::new(1.15, 0.95, 0.75) * tone * (1.0 - 0.6 * groove)
}

/// The room's light on the wall: brighter on the side of the key light, darker towards the corners.
pub(super) fn light_fall(canvas: &mut Canvas, rng: &mut ChaCha8Rng, key_side: f32) {
    let strength = rng.random_range(0.1..0.35f32);
    let corners = rng.random_range(0.1..0.4f32);
    canvas.change(|at, light| {
        let side = 1.0 + strength * (at.x * key_side + 0.3 * at.y);
        light * side * (1.0 - corners * at.length_squared() * 0.7).max(0.2)
    });
}

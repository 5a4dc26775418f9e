//! Things at and before the wall: pictures, shelves with books, windows, lamps, plants, lights far out of focus.

use glam::{Vec2, Vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, noise};
use super::wall::colour;

/// Most things that are tried to fit into a fully cluttered room.
const MOST: f32 = 12.0;
/// Room kept free around things at the wall.
const MARGIN: f32 = 0.02;
/// How far a thing's shadow lies from it.
const DROP: Vec2 = Vec2::new(0.012, -0.018);

/// Puts things into the room; those at the wall are blurred by `blur`, those before it less.
pub(super) fn furnish(canvas: &mut Canvas, rng: &mut ChaCha8Rng, clutter: f32, blur: f32) {
    if rng.random_bool(f64::from(0.18 * clutter)) {
        bokeh(canvas, rng);
        return;
    }
    let count = (clutter * rng.random_range(0.4..1.0f32) * MOST).round() as usize;
    let mut plants = 0;
    let mut room = Room { taken: Vec::new() };
    for _ in 0..count {
        match rng.random_range(0..10) {
            0..3 => picture(canvas, rng, &mut room),
            3..6 => shelf(canvas, rng, &mut room),
            6 => window(canvas, rng, &mut room),
            7 => lamp(canvas, rng),
            8 => cupboard(canvas, rng, &mut room),
            _ => plants += 1,
        }
    }
    canvas.blur(blur);
    for _ in 0..plants.min(3) {
        plant(canvas, rng);
    }
    if plants > 0 {
        canvas.blur(blur * 0.4);
    }
}

/// Somewhere beside or above the person, who covers the middle.
fn somewhere(rng: &mut ChaCha8Rng) -> Vec2 {
    let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    Vec2::new(side * rng.random_range(0.15..0.85f32), rng.random_range(-0.25..0.75f32))
}

/// Where things already hang or stand.
struct Room {
    taken: Vec<[Vec2; 2]>,
}

impl Room {
    /// Takes a place if it is free.
    fn take(&mut self, centre: Vec2, half: Vec2) -> bool {
        let (low, high) = (centre - half - MARGIN, centre + half + MARGIN);
        let free = self.taken.iter().all(|[other, end]| low.cmpgt(*end).any() || other.cmpgt(high).any());
        if free {
            self.taken.push([low, high]);
        }
        free
    }
}

fn random_colour(rng: &mut ChaCha8Rng) -> Vec3 {
    colour(rng.random_range(0.0..1.0f32), rng.random_range(0.05..0.8f32), rng.random_range(0.03..0.6f32))
}

fn wood(rng: &mut ChaCha8Rng) -> Vec3 {
    colour(rng.random_range(0.05..0.1f32), rng.random_range(0.3..0.75f32), rng.random_range(0.03..0.4f32))
}

fn shadow(canvas: &mut Canvas, centre: Vec2, half: Vec2) {
    canvas.soft_rectangle(centre + DROP, half, Vec3::ZERO, 0.45, 0.05);
}

fn picture(canvas: &mut Canvas, rng: &mut ChaCha8Rng, room: &mut Room) {
    let centre = somewhere(rng);
    let half = Vec2::new(rng.random_range(0.08..0.26f32), rng.random_range(0.08..0.26f32));
    let frame = if rng.random_bool(0.5) { wood(rng) } else { Vec3::splat(rng.random_range(0.01..0.8f32)) };
    if !room.take(centre, half) {
        return;
    }
    shadow(canvas, centre, half);
    canvas.rectangle(centre, half, frame);
    let inner = half - rng.random_range(0.008..0.025f32);
    canvas.rectangle(centre, inner, Vec3::splat(0.75));
    let art = inner - rng.random_range(0.0..0.04f32);
    if art.min_element() <= 0.01 {
        return;
    }
    let (ground, top) = (random_colour(rng), random_colour(rng));
    canvas.rectangle(centre, art, ground);
    let salt: u32 = rng.random();
    let scale = rng.random_range(3.0..12.0f32);
    let level = rng.random_range(0.3..0.7f32);
    canvas.paint([centre - art, centre + art], top, 0.9, 0.02, |at| {
        let out = (at - centre).abs() - art;
        out.max_element().max((level - noise(at * scale, salt)) * 0.1)
    });
    for _ in 0..rng.random_range(0..4) {
        let spot = centre + art * Vec2::new(rng.random_range(-0.6..0.6f32), rng.random_range(-0.6..0.6f32));
        canvas.disc(spot, art.min_element() * rng.random_range(0.1..0.35f32), random_colour(rng), 1.0, 0.0);
    }
}

fn shelf(canvas: &mut Canvas, rng: &mut ChaCha8Rng, room: &mut Room) {
    let middle = somewhere(rng);
    let width = rng.random_range(0.22..0.5f32);
    let rows = rng.random_range(1..5usize);
    let gap = rng.random_range(0.2..0.3f32);
    let board = wood(rng);
    let closed = rng.random_bool(0.4);
    let half = Vec2::new(width + 0.02, gap * rows as f32 * 0.5 + 0.02);
    if !room.take(middle + Vec2::Y * gap * rows as f32 * 0.5, half) {
        return;
    }
    if closed {
        let centre = middle + Vec2::Y * gap * rows as f32 * 0.5;
        shadow(canvas, centre, half);
        canvas.rectangle(centre, half, board);
        canvas.rectangle(centre, half - 0.02, board * 0.35);
    }
    for row in 0..rows {
        let floor = middle + Vec2::Y * gap * row as f32;
        canvas.soft_rectangle(floor + DROP - Vec2::Y * 0.02, Vec2::new(width, 0.02), Vec3::ZERO, 0.4, 0.05);
        books(canvas, rng, floor, width, gap);
        canvas.rectangle(floor, Vec2::new(width, 0.012), board);
    }
}

fn books(canvas: &mut Canvas, rng: &mut ChaCha8Rng, floor: Vec2, width: f32, gap: f32) {
    let mut x = -width + 0.01;
    loop {
        let thick = rng.random_range(0.010..0.032f32);
        if x + 2.0 * thick > width - 0.01 {
            return;
        }
        if rng.random_bool(0.08) {
            x += rng.random_range(0.04..0.15f32);
            continue;
        }
        let tall = gap * rng.random_range(0.28..0.45f32);
        let cover = random_colour(rng);
        let centre = floor + Vec2::new(x + thick, tall + 0.012);
        canvas.rectangle(centre, Vec2::new(thick, tall), cover);
        // The back is rounded: its edges are darker; a label on some.
        canvas.soft_rectangle(centre + Vec2::X * thick, Vec2::new(0.003, tall), Vec3::ZERO, 0.5, 0.006);
        if rng.random_bool(0.5) {
            let label = Vec2::new(thick * 0.7, tall * rng.random_range(0.05..0.2f32));
            let height = Vec2::Y * tall * rng.random_range(-0.5..0.6f32);
            canvas.rectangle(centre + height, label, cover.lerp(Vec3::splat(0.7), 0.6));
        }
        x += 2.0 * thick;
    }
}

fn window(canvas: &mut Canvas, rng: &mut ChaCha8Rng, room: &mut Room) {
    let centre = Vec2::new(somewhere(rng).x, rng.random_range(0.1..0.5f32));
    let half = Vec2::new(rng.random_range(0.25..0.45f32), rng.random_range(0.35..0.6f32));
    let bright = rng.random_range(0.7..1.8f32);
    let frame = Vec3::splat(rng.random_range(0.25..0.7f32));
    let curtains = rng.random_bool(0.5);
    let wide = if curtains { Vec2::new(half.x + 0.25, half.y + 0.1) } else { half };
    if !room.take(centre, wide) {
        return;
    }
    canvas.rectangle(centre, half + 0.035, frame);
    canvas.rectangle(centre, half, Vec3::new(0.75, 0.88, 1.0) * bright);
    // Outside, far out of focus.
    let skyline = centre.y + half.y * rng.random_range(-0.5..0.3f32);
    for _ in 0..rng.random_range(6..16) {
        let x = centre.x + half.x * rng.random_range(-1.0..1.0f32);
        let green = colour(
            rng.random_range(0.2..0.38f32),
            rng.random_range(0.2..0.7f32),
            bright * rng.random_range(0.08..0.4f32),
        );
        let (radius, y) = (rng.random_range(0.06..0.2f32), skyline + rng.random_range(-0.3..0.05f32));
        let at = Vec2::new(x, y);
        canvas.paint([centre - half, centre + half], green, 0.8, 0.09, |place| {
            ((place - centre).abs() - half).max_element().max(place.distance(at) - radius)
        });
    }
    let panes = rng.random_range(1..4);
    for pane in 1..panes {
        let x = centre.x - half.x + 2.0 * half.x * pane as f32 / panes as f32;
        canvas.rectangle(Vec2::new(x, centre.y), Vec2::new(0.014, half.y), frame);
    }
    if rng.random_bool(0.5) {
        canvas.rectangle(centre, Vec2::new(half.x, 0.012), frame);
    }
    if curtains {
        let cloth = colour(
            rng.random_range(0.0..1.0f32),
            rng.random_range(0.0..0.4f32),
            rng.random_range(0.15..0.6f32),
        );
        for side in [-1.0, 1.0f32] {
            let (mut x, edge) = (centre.x + side * (half.x + 0.12), half.x * 0.3 + 0.12);
            for fold in 0..8 {
                let tone = if fold % 2 == 0 { 1.0 } else { 0.72 };
                let fold = Vec2::new(edge / 8.0, half.y + 0.25);
                canvas.soft_rectangle(Vec2::new(x, centre.y - 0.1), fold, cloth * tone, 0.95, 0.02);
                x -= side * edge / 8.0;
            }
        }
    }
}

fn lamp(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let centre = somewhere(rng);
    let glow = Vec3::new(1.0, 0.72, 0.42);
    canvas.disc(centre, 0.1, glow, 0.5, 0.75);
    let half = Vec2::new(rng.random_range(0.06..0.12f32), rng.random_range(0.05..0.1f32));
    canvas.rectangle(centre - Vec2::Y * 0.6, Vec2::new(0.008, 0.55), Vec3::splat(0.03));
    canvas.soft_rectangle(centre, half, glow * 1.9, 1.0, 0.015);
}

fn cupboard(canvas: &mut Canvas, rng: &mut ChaCha8Rng, room: &mut Room) {
    let top = rng.random_range(-0.35..0.5f32);
    let half = Vec2::new(rng.random_range(0.2..0.45f32), 0.8);
    let centre = Vec2::new(somewhere(rng).x * 1.1, top - half.y);
    let front = if rng.random_bool(0.6) { wood(rng) } else { Vec3::splat(rng.random_range(0.2..0.7f32)) };
    if !room.take(centre, half) {
        return;
    }
    shadow(canvas, centre, half);
    canvas.rectangle(centre, half, front);
    canvas.rectangle(Vec2::new(centre.x, top), Vec2::new(half.x + 0.015, 0.015), front * 1.25);
    let doors = rng.random_range(1..4);
    for door in 1..doors {
        let x = centre.x - half.x + 2.0 * half.x * door as f32 / doors as f32;
        canvas.rectangle(Vec2::new(x, centre.y), Vec2::new(0.004, half.y), front * 0.35);
    }
    if rng.random_bool(0.6) {
        let width = half.x * rng.random_range(0.3..0.9f32);
        books(canvas, rng, Vec2::new(centre.x, top), width, 0.25);
    }
}

fn plant(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let foot = Vec2::new(side * rng.random_range(0.4..0.75f32), rng.random_range(-0.75..-0.25f32));
    let hue = rng.random_range(0.2..0.36f32);
    let tall = rng.random_range(0.3..0.7f32);
    let pot = random_colour(rng);
    canvas.rectangle(foot - Vec2::Y * 0.12, Vec2::new(0.1, 0.13), pot);
    canvas.soft_rectangle(foot + Vec2::new(0.07, -0.12), Vec2::new(0.035, 0.13), Vec3::ZERO, 0.35, 0.05);
    for _ in 0..rng.random_range(14..34) {
        let lean = rng.random_range(-1.1..1.1f32);
        let reach = tall * rng.random_range(0.5..1.0f32);
        let tip = foot + Vec2::new(lean.sin(), lean.cos()) * reach;
        let shade = rng.random_range(0.02..0.16f32);
        let start = foot.lerp(tip, rng.random_range(0.0..0.45f32));
        canvas.leaf(
            start,
            tip,
            rng.random_range(0.012..0.05f32),
            colour(hue, rng.random_range(0.4..0.8f32), shade),
        );
    }
}

/// Lights far out of focus before a dark room or street.
fn bokeh(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let ground = colour(rng.random_range(0.0..1.0f32), 0.5, rng.random_range(0.01..0.06f32));
    let above = ground * rng.random_range(0.5..3.0f32);
    canvas.fill(|at| ground.lerp(above, 0.5 + 0.5 * at.y));
    canvas.blur(0.02);
    let radius = rng.random_range(0.025..0.075f32);
    for _ in 0..rng.random_range(40..110) {
        let hue = [0.07, 0.1, 0.13, 0.55, 0.0, rng.random_range(0.0..1.0f32)][rng.random_range(0..6)];
        let light = colour(hue, rng.random_range(0.1..0.8f32), rng.random_range(0.2..1.4f32));
        let at = Vec2::new(rng.random_range(-1.0..1.0f32), rng.random_range(-0.8..0.9f32));
        let size = radius * rng.random_range(0.8..1.2f32);
        canvas.disc(at, size, light, rng.random_range(0.15..0.7f32), 0.02);
    }
}

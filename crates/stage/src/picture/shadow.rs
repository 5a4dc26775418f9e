//! Soft shadows of the key light: a shadow map about what the camera sees, and a lookup whose penumbra widens with the
//! distance of what throws the shadow (Fernando, "Percentage-closer soft shadows", 2005).

use glam::{Vec2, Vec3A};

use super::camera::Camera;
use super::cast::Cast;

/// Texels along each side of the map.
const SIDE: usize = 512;
/// How far beyond the picture the map reaches, as a factor, and in decimetres.
const REACH: [f32; 2] = [1.1, 0.8];
/// How far a place is moved along its normal and towards the light before the comparison, in decimetres.
const OFFSET: [f32; 2] = [0.05, 0.03];
/// Radius within which blockers are sought, in decimetres.
const SEARCH: f32 = 0.22;
/// Narrowest and widest penumbra (radius), in decimetres.
const PENUMBRA: [f32; 2] = [0.035, 0.30];
/// Penumbra radius per distance of the blocker, for a light of softness 1.
const SPREAD: f32 = 0.16;
/// Texture level at which cut texels are tested, beyond the full texture's.
const CUT_LEVEL: f32 = 1.0;
/// Points evenly spread over the unit disc.
const DISC: [[f32; 2]; 12] = [
    [-0.326, -0.406],
    [-0.840, -0.074],
    [-0.696, 0.457],
    [-0.203, 0.621],
    [0.962, -0.195],
    [0.473, -0.480],
    [0.519, 0.767],
    [0.185, -0.893],
    [0.507, 0.064],
    [0.896, 0.412],
    [-0.322, -0.933],
    [-0.792, -0.598],
];
/// Of which so many are used to seek blockers.
const SEEKERS: usize = 6;

/// How near the light the nearest surface is, over a square across the light.
#[derive(Debug)]
pub(crate) struct ShadowMap {
    /// Distance towards the light in decimetres; minus infinity where nothing is.
    towards: Vec<f32>,
    across: Vec3A,
    along: Vec3A,
    light: Vec3A,
    shift: Vec2,
    /// Texels per decimetre.
    scale: f32,
    softness: f32,
    places: Vec<Vec3A>,
}

impl ShadowMap {
    pub fn new() -> Self {
        Self {
            towards: vec![f32::NEG_INFINITY; SIDE * SIDE],
            across: Vec3A::X,
            along: Vec3A::Y,
            light: Vec3A::Z,
            shift: Vec2::ZERO,
            scale: 1.0,
            softness: 1.0,
            places: Vec::new(),
        }
    }

    /// Draws what throws shadows. `light` points towards the light.
    pub fn draw(&mut self, cast: &Cast<'_>, camera: &Camera, light: Vec3A, softness: f32) {
        self.towards.fill(f32::NEG_INFINITY);
        self.light = light;
        self.softness = softness;
        self.across = Vec3A::Y.cross(light).try_normalize().unwrap_or(Vec3A::X);
        self.along = light.cross(self.across);
        let half = camera.position.distance(camera.target) * (camera.vertical_fov * 0.5).tan();
        self.scale = SIDE as f32 * 0.5 / (half * REACH[0] + REACH[1]);
        let target = Vec3A::from(camera.target);
        let middle = Vec2::splat(SIDE as f32 * 0.5);
        // Whole texels, so that a drifting camera does not make shadows crawl.
        self.shift =
            middle - (Vec2::new(target.dot(self.across), target.dot(self.along)) * self.scale).round();
        for (actor, placed) in cast.actors.iter().zip(cast.placed) {
            let prepared = actor.prepared;
            let mut places = std::mem::take(&mut self.places);
            places.clear();
            places.extend(placed.points.iter().map(|&point| self.place(point)));
            for triangle in &prepared.triangles[..prepared.drawn] {
                let finish = &prepared.materials[usize::from(triangle.material)];
                if !finish.casts_shadow {
                    continue;
                }
                let corners = triangle.points.map(|point| places[point as usize]);
                if triangle.tested {
                    let texture = &prepared.textures[finish.texture];
                    self.fill(corners, |shares| triangle.keeps(shares, texture, CUT_LEVEL));
                } else {
                    self.fill(corners, |_| true);
                }
            }
            self.places = places;
        }
    }

    /// Texel coordinates, and the distance towards the light.
    fn place(&self, point: Vec3A) -> Vec3A {
        Vec3A::new(
            point.dot(self.across) * self.scale + self.shift.x,
            point.dot(self.along) * self.scale + self.shift.y,
            point.dot(self.light),
        )
    }

    #[inline]
    fn fill(&mut self, corners: [Vec3A; 3], keep: impl Fn([f32; 3]) -> bool) {
        let [a, b, c] = corners;
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        let most = (SIDE - 1) as f32;
        let outside = high.x <= 0.0 || high.y <= 0.0 || low.x >= most || low.y >= most;
        if outside || !(a + b + c).is_finite() || area.abs() < 1e-7 {
            return;
        }
        let scale = area.recip();
        let (left, right) = (low.x.max(0.0) as usize, high.x.min(most) as usize);
        let (top, bottom) = (low.y.max(0.0) as usize, high.y.min(most) as usize);
        let (bx, by) = ((b.y - c.y) * scale, (c.x - b.x) * scale);
        let (cx, cy) = ((c.y - a.y) * scale, (a.x - c.x) * scale);
        for y in top..=bottom {
            let dy = y as f32 + 0.5 - c.y;
            let line = &mut self.towards[y * SIDE + left..=y * SIDE + right];
            let mut dx = left as f32 + 0.5 - c.x;
            for texel in line {
                let (wa, wb) = (bx * dx + by * dy, cx * dx + cy * dy);
                let wc = 1.0 - wa - wb;
                dx += 1.0;
                if wa.min(wb).min(wc) >= 0.0 {
                    let towards = a.z * wa + b.z * wb + c.z * wc;
                    if towards > *texel && keep([wa, wb, wc]) {
                        *texel = towards;
                    }
                }
            }
        }
    }

    /// The direction towards the light.
    pub fn light(&self) -> Vec3A {
        self.light
    }

    /// Share of the key light that reaches a place, 0–1. `turn` turns the pattern of lookups (cosine, sine).
    pub fn light_at(&self, position: Vec3A, normal: Vec3A, turn: Vec2) -> f32 {
        let place = self.place(position + normal * OFFSET[0] + self.light * OFFSET[1]);
        let tap = |index: usize, radius: f32| {
            let [x, y] = DISC[index];
            Vec2::new(place.x, place.y) + Vec2::new(x * turn.x - y * turn.y, x * turn.y + y * turn.x) * radius
        };
        let (mut distance, mut blockers) = (0.0, 0.0);
        for index in 0..SEEKERS {
            let towards = self.towards[texel(tap(index * 2, SEARCH * self.scale))];
            if towards > place.z {
                distance += towards - place.z;
                blockers += 1.0;
            }
        }
        if blockers == 0.0 {
            return 1.0;
        }
        let radius =
            (SPREAD * self.softness * distance / blockers).clamp(PENUMBRA[0], PENUMBRA[1]) * self.scale;
        let mut light = 0.0;
        for index in 0..DISC.len() {
            light += self.lit(tap(index, radius), place.z);
        }
        light / DISC.len() as f32
    }

    /// The comparison of four neighbouring texels, smoothly between them.
    fn lit(&self, at: Vec2, towards: f32) -> f32 {
        let at = (at - 0.5).clamp(Vec2::ZERO, Vec2::splat((SIDE - 2) as f32 + 0.99));
        let (x, y) = ((at.x as usize).min(SIDE - 2), (at.y as usize).min(SIDE - 2));
        let (across, along) = (at.x - x as f32, at.y - y as f32);
        let first = y * SIDE + x;
        let lit = |texel: usize| if self.towards[texel] > towards { 0.0 } else { 1.0 };
        let (a, b, c, d) = (lit(first), lit(first + 1), lit(first + SIDE), lit(first + SIDE + 1));
        let (low, high) = (a + (b - a) * across, c + (d - c) * across);
        low + (high - low) * along
    }
}

fn texel(at: Vec2) -> usize {
    let most = (SIDE - 1) as f32;
    at.y.clamp(0.0, most) as usize * SIDE + at.x.clamp(0.0, most) as usize
}

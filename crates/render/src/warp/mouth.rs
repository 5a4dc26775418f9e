//! The inside of a mouth that the portrait does not show.

use super::geometry::{Point, polygon_distance, smoothstep};
use super::pose::Pose;
use super::raster::{PixelBox, Size};

/// Dark red, teeth and tongue inside the driving inner lips.
#[derive(Debug, Default)]
pub(crate) struct Mouth {
    area: Option<PixelBox>,
    pixels: Vec<[f32; 4]>,
}

/// Inner lips among the 68 face points: corner, three above, corner, three below.
const INNER: std::ops::Range<usize> = 60..68;
const DARK: [f32; 3] = [0.16, 0.05, 0.05];
const TEETH: [f32; 3] = [0.74, 0.69, 0.64];
const TONGUE: [f32; 3] = [0.52, 0.22, 0.22];

fn opening(face: &[Point]) -> f32 {
    [(61, 67), (62, 66), (63, 65)].iter().map(|&(a, b)| (face[b] - face[a]).length()).sum::<f32>() / 3.0
}

impl Mouth {
    /// Draws as far as the frame's mouth is more open than the portrait's. `light` is the face's brightness, 0..=1.
    pub fn draw(&mut self, source: &Pose, driving: &Pose, scale: f32, light: f32, size: Size) {
        self.area = None;
        if !source.has_face() {
            return;
        }
        let (face, before) = (driving.face(), source.face());
        let width = (face[64] - face[60]).length().max(1.0);
        let (open, had) = (opening(face), opening(before) * scale);
        let strength =
            smoothstep(0.03, 0.10, open / width) * smoothstep(0.15, 0.6, 1.0 - had / open.max(1e-3));
        if strength < 0.02 {
            return;
        }
        let lips = &face[INNER];
        let Some(area) = PixelBox::around(lips.iter().copied(), 2.0, size) else { return };
        self.area = Some(area);
        let along = (face[64] - face[60]) * (1.0 / width);
        let down = Point::new(-along.y, along.x);
        let centre = face[60].lerp(face[64], 0.5);
        let upper = (face[62] - centre).dot(down);
        let soft = (size.width as f32 / 256.0 * 0.7).max(0.5);
        let light = (light / 0.6).clamp(0.35, 1.15);
        self.pixels.clear();
        for y in area.top..=area.bottom {
            for x in area.left..=area.right {
                let p = Point::new(x as f32, y as f32);
                let cover = smoothstep(-soft, soft, -polygon_distance(p, lips)) * strength;
                let offset = p - centre;
                let (u, depth) = (offset.dot(along) / (0.5 * width), offset.dot(down) - upper);
                // The upper teeth: a band as high as a tooth, hidden again where the mouth is nearly shut.
                let tooth = 0.20 * width;
                let shown = smoothstep(0.05, 0.16, open / width) * (1.0 - smoothstep(0.55, 0.9, u.abs()));
                let teeth =
                    shown * (1.0 - smoothstep(0.7 * tooth, 1.1 * tooth, depth + 0.15 * tooth * u * u)) * 0.85;
                let tongue =
                    smoothstep(0.62, 0.95, depth / open.max(1.0)) * (1.0 - smoothstep(0.4, 0.8, u.abs()));
                let mut colour = [0.0; 4];
                for c in 0..3 {
                    let base = DARK[c] + 0.7 * tongue * (TONGUE[c] - DARK[c]);
                    colour[c] = ((base + teeth * (TEETH[c] - base)) * light).min(1.0) * cover;
                }
                colour[3] = cover;
                self.pixels.push(colour);
            }
        }
    }

    /// The premultiplied colour over a pixel, when the mouth reaches there.
    pub fn at(&self, x: usize, y: usize) -> Option<[f32; 4]> {
        let area = self.area?;
        let inside = x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
        inside.then(|| self.pixels[(y - area.top) * area.width() + (x - area.left)])
    }
}

//! Rotated square regions of a picture: how MediaPipe passes a place from one model to the next.
//!
//! Everything is in pixels of the picture, x right, y down; angles in radians, clockwise positive
//! (PERCEPTION §3).

use std::f64::consts::{PI, TAU};

/// A point: x, y.
pub(crate) type Point = [f64; 2];
/// A landmark: x, y and depth, all in pixels of the picture.
pub(crate) type Landmark = [f64; 3];

/// A square with its own orientation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    /// Centre, pixels from the left.
    pub x: f64,
    /// Centre, pixels from the top.
    pub y: f64,
    /// Side in pixels.
    pub side: f64,
    /// Clockwise rotation in radians.
    pub rotation: f64,
}

/// How a box becomes the square that is cropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    /// The longer side is multiplied by this.
    pub scale: f64,
    /// The centre moves by this part of the box's height along its own downward axis.
    pub shift: f64,
}

/// When the place seen in the previous frame is trusted more than the fresh guess.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrackingRule {
    /// Largest difference of rotation, radians.
    pub rotation: f64,
    /// Largest difference of the centres along the guess's axes, in sides of the guess.
    pub translation: f64,
    /// Largest difference of the sides, in sides of the guess.
    pub scale: f64,
    /// All previous points lie inside the guess made smaller by this part.
    pub margin: f64,
}

impl Region {
    /// The smallest unrotated square around a picture.
    pub(crate) fn whole(width: usize, height: usize) -> Self {
        let (width, height) = (width as f64, height as f64);
        Self { x: width / 2.0, y: height / 2.0, side: width.max(height), rotation: 0.0 }
    }

    /// The square grown from a rotated box.
    pub(crate) fn grown(centre: Point, size: Point, rotation: f64, growth: Growth) -> Self {
        let (sin, cos) = rotation.sin_cos();
        let shift = size[1] * growth.shift;
        Self {
            x: centre[0] - shift * sin,
            y: centre[1] + shift * cos,
            side: size[0].max(size[1]) * growth.scale,
            rotation,
        }
    }

    /// The square centred on `centre` that reaches to `end`, turned so that the way there points
    /// towards `target`, then grown.
    pub(crate) fn aligned(centre: Point, end: Point, target: f64, growth: Growth) -> Self {
        let side = 2.0 * distance(centre, end);
        Self::grown(centre, [side, side], turn(centre, end, target), growth)
    }

    /// From the region's own 0..1 coordinates to pixels of the picture.
    pub(crate) fn project(&self, unit: Point) -> Point {
        let (sin, cos) = self.rotation.sin_cos();
        let (x, y) = (unit[0] - 0.5, unit[1] - 0.5);
        [(cos * x - sin * y) * self.side + self.x, (sin * x + cos * y) * self.side + self.y]
    }

    /// As [`Self::project`]; depth grows with the side.
    pub(crate) fn project_landmark(&self, unit: Landmark) -> Landmark {
        let [x, y] = self.project([unit[0], unit[1]]);
        [x, y, unit[2] * self.side]
    }

    /// Whether it can be cropped at all.
    pub(crate) fn is_usable(&self) -> bool {
        [self.x, self.y, self.side, self.rotation].iter().all(|v| v.is_finite())
            && self.side >= 1.0
            && self.side < 1e6
            && self.x.abs() < 1e6
            && self.y.abs() < 1e6
    }

    /// Chooses between this fresh guess and the `tracked` region made from the previous frame's `points`.
    pub(crate) fn or_tracked(self, tracked: Region, points: &[Landmark], rule: TrackingRule) -> Region {
        let (sin, cos) = (-self.rotation).sin_cos();
        let turned = |x: f64, y: f64| [x * cos - y * sin, x * sin + y * cos];
        let here = turned(self.x, self.y);
        let there = turned(tracked.x, tracked.y);
        let reach = self.side * (1.0 - rule.margin) / 2.0;
        let close = normalised(tracked.rotation - self.rotation).abs() <= rule.rotation
            && (0..2).all(|axis| (there[axis] - here[axis]).abs() <= self.side * rule.translation)
            && (tracked.side - self.side).abs() <= self.side * rule.scale;
        let inside = points.iter().all(|p| {
            let at = turned(p[0], p[1]);
            (0..2).all(|axis| (at[axis] - here[axis]).abs() < reach)
        });
        if close && inside && tracked.is_usable() { tracked } else { self }
    }
}

/// The same angle within −π..π.
pub(crate) fn normalised(angle: f64) -> f64 {
    angle - TAU * ((angle + PI) / TAU).floor()
}

/// The clockwise turn that brings the way from `start` to `end` to the direction `target`
/// (counter-clockwise from the right, as on paper).
pub(crate) fn turn(start: Point, end: Point, target: f64) -> f64 {
    normalised(target - (-(end[1] - start[1])).atan2(end[0] - start[0]))
}

/// Straight-line distance.
pub(crate) fn distance(a: Point, b: Point) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

/// Centre and size of the upright box around points.
pub(crate) fn bounding_box(points: impl Iterator<Item = Point>) -> (Point, Point) {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for point in points {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    ([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0], [high[0] - low[0], high[1] - low[1]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    const PLAIN: Growth = Growth { scale: 1.0, shift: 0.0 };

    #[test]
    fn an_upright_person_needs_no_rotation() {
        let region = Region::aligned([50.0, 80.0], [50.0, 30.0], FRAC_PI_2, PLAIN);
        assert!(region.rotation.abs() < 1e-12);
        assert_eq!(region.side, 100.0);
    }

    #[test]
    fn a_lying_person_turns_the_region() {
        // the head lies to the right: the region turns a quarter clockwise
        let region = Region::aligned([50.0, 50.0], [90.0, 50.0], FRAC_PI_2, PLAIN);
        assert!((region.rotation - FRAC_PI_2).abs() < 1e-12);
        let head = region.project([0.5, 0.0]);
        assert!((head[0] - 90.0).abs() < 1e-9 && (head[1] - 50.0).abs() < 1e-9);
    }

    #[test]
    fn angles_wrap() {
        assert!((normalised(3.0 * PI + 0.25) - (-PI + 0.25)).abs() < 1e-12);
        assert_eq!(normalised(0.5), 0.5);
    }

    #[test]
    fn a_shift_follows_the_rotation() {
        let growth = Growth { scale: 2.0, shift: -0.1 };
        let region = Region::grown([10.0, 10.0], [4.0, 10.0], FRAC_PI_2, growth);
        assert!((region.x - 11.0).abs() < 1e-12 && (region.y - 10.0).abs() < 1e-12);
        assert_eq!(region.side, 20.0);
    }

    #[test]
    fn the_previous_place_is_kept_only_when_it_is_near() {
        let rule = TrackingRule { rotation: 0.5, translation: 0.2, scale: 0.4, margin: 0.1 };
        let guess = Region { x: 100.0, y: 100.0, side: 50.0, rotation: 0.0 };
        let near = Region { x: 104.0, ..guess };
        let far = Region { x: 120.0, ..guess };
        let inside = [[100.0, 100.0, 0.0]];
        assert_eq!(guess.or_tracked(near, &inside, rule), near);
        assert_eq!(guess.or_tracked(far, &inside, rule), guess);
        assert_eq!(guess.or_tracked(near, &[[123.0, 100.0, 0.0]], rule), guess);
    }
}

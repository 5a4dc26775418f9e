//! How a camera held sideways or upside down says that its pictures are to be turned.

use crate::{Picture, Result};

/// One of the eight ways to lay a picture on its grid: a point (x, y) goes to
/// (a·x + c·y, b·x + d·y), with a, b, c, d as in the display matrix of an MP4 track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orientation {
    a: i8,
    b: i8,
    c: i8,
    d: i8,
}

impl Orientation {
    pub const UPRIGHT: Self = Self { a: 1, b: 0, c: 0, d: 1 };

    /// From the upper left of a display matrix in any fixed-point format; anything that is not a
    /// turn by quarters or a mirroring counts as upright.
    pub fn from_matrix(matrix: [i32; 4]) -> Self {
        let [a, b, c, d] = matrix.map(|value| value.signum() as i8);
        if (b == 0 && c == 0 && a != 0 && d != 0) || (a == 0 && d == 0 && b != 0 && c != 0) {
            Self { a, b, c, d }
        } else {
            Self::UPRIGHT
        }
    }

    /// From a turn by `degrees` clockwise.
    pub fn from_clockwise_degrees(degrees: i64) -> Self {
        match degrees.rem_euclid(360) {
            90 => Self { a: 0, b: 1, c: -1, d: 0 },
            180 => Self { a: -1, b: 0, c: 0, d: -1 },
            270 => Self { a: 0, b: -1, c: 1, d: 0 },
            _ => Self::UPRIGHT,
        }
    }

    /// The turn in degrees clockwise; a mirroring is not part of it.
    pub fn clockwise_degrees(self) -> u16 {
        match (self.a, self.b) {
            (0, 1) => 90,
            (-1, _) if self.d == -1 => 180,
            (0, _) => 270,
            _ => 0,
        }
    }

    /// Width and height after turning.
    pub fn size(self, width: usize, height: usize) -> (usize, usize) {
        if self.a == 0 { (height, width) } else { (width, height) }
    }

    /// The turned picture.
    pub fn apply(self, picture: Picture) -> Result<Picture> {
        if self == Self::UPRIGHT {
            return Ok(picture);
        }
        let (width, height) = (picture.width(), picture.height());
        let (new_width, new_height) = self.size(width, height);
        let mut turned = vec![0u8; picture.rgb().len()];
        let source = picture.rgb();
        // The inverse of a turn or mirroring is its transpose.
        for y in 0..new_height {
            for x in 0..new_width {
                let from_x = coordinate(self.a, x, self.b, y, width);
                let from_y = coordinate(self.c, x, self.d, y, height);
                let from = (from_y * width + from_x) * 3;
                let to = (y * new_width + x) * 3;
                turned[to..to + 3].copy_from_slice(&source[from..from + 3]);
            }
        }
        Picture::from_rgb(new_width, new_height, turned)
    }
}

/// One of ±x, ±y, counted from the far end where it is negative.
fn coordinate(by_x: i8, x: usize, by_y: i8, y: usize, length: usize) -> usize {
    match (by_x, by_y) {
        (1, _) => x,
        (-1, _) => length - 1 - x,
        (_, 1) => y,
        _ => length - 1 - y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered() -> Picture {
        // 1 2 3
        // 4 5 6
        let rgb = (1..=6u8).flat_map(|n| [n, n, n]).collect();
        Picture::from_rgb(3, 2, rgb).unwrap()
    }

    fn values(picture: &Picture) -> Vec<u8> {
        picture.rgb().chunks(3).map(|p| p[0]).collect()
    }

    #[test]
    fn quarter_turns() {
        let clockwise = Orientation::from_clockwise_degrees(90).apply(numbered()).unwrap();
        assert_eq!((clockwise.width(), clockwise.height()), (2, 3));
        assert_eq!(values(&clockwise), [4, 1, 5, 2, 6, 3]);
        let half = Orientation::from_clockwise_degrees(180).apply(numbered()).unwrap();
        assert_eq!(values(&half), [6, 5, 4, 3, 2, 1]);
        let back = Orientation::from_clockwise_degrees(-90).apply(numbered()).unwrap();
        assert_eq!(values(&back), [3, 6, 2, 5, 1, 4]);
    }

    #[test]
    fn matrices_of_phones() {
        let one = 1 << 16;
        assert_eq!(Orientation::from_matrix([0, one, -one, 0]).clockwise_degrees(), 90);
        assert_eq!(Orientation::from_matrix([-one, 0, 0, -one]).clockwise_degrees(), 180);
        assert_eq!(Orientation::from_matrix([0, -one, one, 0]).clockwise_degrees(), 270);
        assert_eq!(Orientation::from_matrix([one, 0, 0, one]), Orientation::UPRIGHT);
        assert_eq!(Orientation::from_matrix([7, 7, 7, 7]), Orientation::UPRIGHT);
        let mirrored = Orientation::from_matrix([-one, 0, 0, one]).apply(numbered()).unwrap();
        assert_eq!(values(&mirrored), [3, 2, 1, 6, 5, 4]);
    }
}

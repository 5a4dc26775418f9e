//! Which numbers a token stands for: the layout of a motion is data, and the networks do not care (METHODS 2.9a).

use super::Stream;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Most numbers a frame in a stream.
const WIDEST: usize = 4096;

/// One part of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutPart {
    /// What it is, such as `jaw`.
    pub name: String,
    /// Numbers a frame.
    pub dimensions: usize,
}

/// The parts of both streams in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionLayout {
    /// What motion it is: `keypoints` (the default) or `smplx`, or another that only training and tokens are asked of.
    pub name: String,
    /// The face stream.
    pub face: Vec<LayoutPart>,
    /// The body stream.
    pub body: Vec<LayoutPart>,
}

fn parts(all: &[(&str, usize)]) -> Vec<LayoutPart> {
    all.iter().map(|&(name, dimensions)| LayoutPart { name: name.to_owned(), dimensions }).collect()
}

impl Default for MotionLayout {
    fn default() -> Self {
        Self::keypoints()
    }
}

impl MotionLayout {
    /// Offsets of 116 keypoints from a rest pose ([`crate::Streams`]): 136 and 96 numbers a frame.
    #[must_use]
    pub fn keypoints() -> Self {
        Self {
            name: "keypoints".into(),
            face: parts(&[("face", 136)]),
            body: parts(&[("arms", 12), ("left hand", 42), ("right hand", 42)]),
        }
    }

    /// SMPL-X as in BEAT2 (METHODS 2.9a): 55 joints as six numbers each (the first two columns of the rotation), 100 numbers
    /// of expression, and where the body is: 118 and 315 numbers a frame.
    ///
    /// The paper has three tokenizers there, for body, hands and face; here body and hands share the body stream, as the
    /// arms and hands of keypoints do.
    #[must_use]
    pub fn smplx() -> Self {
        Self {
            name: "smplx".into(),
            face: parts(&[("jaw and eyes", 18), ("expression", 100)]),
            body: parts(&[("translation", 3), ("body", 132), ("left hand", 90), ("right hand", 90)]),
        }
    }

    /// The parts of a stream.
    #[must_use]
    pub fn parts(&self, stream: Stream) -> &[LayoutPart] {
        match stream {
            Stream::Face => &self.face,
            Stream::Body => &self.body,
        }
    }

    /// Numbers a frame in a stream.
    #[must_use]
    pub fn dimensions(&self, stream: Stream) -> usize {
        self.parts(stream).iter().map(|p| p.dimensions).sum()
    }

    /// Where a part lies in its stream.
    #[must_use]
    pub fn range(&self, stream: Stream, part: &str) -> Option<Range<usize>> {
        let mut from = 0;
        for p in self.parts(stream) {
            if p.name == part {
                return Some(from..from + p.dimensions);
            }
            from += p.dimensions;
        }
        None
    }

    /// Whether these are the keypoints that everything but training and tokens needs.
    #[must_use]
    pub fn is_keypoints(&self) -> bool {
        *self == Self::keypoints()
    }

    /// What cannot be built, in words.
    pub(super) fn check(&self) -> Result<(), String> {
        for stream in Stream::ALL {
            let wide = self.parts(stream).iter().try_fold(0usize, |sum, p| sum.checked_add(p.dimensions));
            if !wide.is_some_and(|w| (1..=WIDEST).contains(&w)) {
                return Err(format!(
                    "layout {}: the {} stream has 1 to {WIDEST} numbers a frame",
                    self.name,
                    stream.name()
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_places() {
        let keypoints = MotionLayout::default();
        assert_eq!(Stream::ALL.map(|s| keypoints.dimensions(s)), [136, 96]);
        assert_eq!(Stream::ALL.map(|s| keypoints.dimensions(s)), Stream::ALL.map(Stream::dimensions));
        let smplx = MotionLayout::smplx();
        assert_eq!(Stream::ALL.map(|s| smplx.dimensions(s)), [118, 315]);
        assert_eq!(smplx.range(Stream::Body, "left hand"), Some(135..225));
        assert_eq!(smplx.range(Stream::Face, "left hand"), None);
        assert!(smplx.check().is_ok() && !smplx.is_keypoints());
        assert!(MotionLayout { face: Vec::new(), ..smplx.clone() }.check().is_err());
        let huge = vec![LayoutPart { name: "x".into(), dimensions: usize::MAX }; 2];
        assert!(MotionLayout { body: huge, ..smplx }.check().is_err());
    }
}

//! Reading the boxes of MediaPipe's single-shot detectors: anchors, decoding, weighted suppression
//! (PERCEPTION §3).

/// How a detector lays out its anchors and numbers.
#[derive(Debug)]
pub(crate) struct Detector {
    side: f32,
    keypoints: usize,
    anchors: Vec<[f32; 2]>,
}

/// One found thing, in 0..1 of the crop it was found in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detection {
    /// Left, top, right, bottom.
    pub bounds: [f32; 4],
    /// The detector's own points.
    pub keypoints: Vec<[f64; 2]>,
    /// 0..1.
    pub score: f32,
}

/// Boxes below this score are no detections.
const LOWEST_SCORE: f32 = 0.5;
/// Boxes that overlap the best one by more than this are averaged into it.
const SAME_THING: f32 = 0.3;

impl Detector {
    /// The pose detector: 224², keypoints mid-hip, body circle, shoulder centre, upper-body circle.
    pub(crate) fn pose() -> Self {
        Self::new(224, 4, &[(8, 2), (16, 2), (32, 6)])
    }

    /// The short-range face detector: 128², keypoints right eye, left eye, nose, mouth, two ears.
    pub(crate) fn face() -> Self {
        Self::new(128, 6, &[(8, 2), (16, 6)])
    }

    /// `layers`: stride and anchors per cell.
    fn new(side: usize, keypoints: usize, layers: &[(usize, usize)]) -> Self {
        let mut anchors = Vec::new();
        for &(stride, per_cell) in layers {
            let cells = side.div_ceil(stride);
            for y in 0..cells {
                for x in 0..cells {
                    let centre = [(x as f32 + 0.5) / cells as f32, (y as f32 + 0.5) / cells as f32];
                    anchors.extend(std::iter::repeat_n(centre, per_cell));
                }
            }
        }
        Self { side: side as f32, keypoints, anchors }
    }

    /// Everything found, best first.
    pub(crate) fn decode(&self, boxes: &[f32], scores: &[f32]) -> Vec<Detection> {
        let width = 4 + 2 * self.keypoints;
        let mut candidates: Vec<Detection> = Vec::new();
        for ((raw, &score), anchor) in boxes.chunks_exact(width).zip(scores).zip(&self.anchors) {
            let score = 1.0 / (1.0 + (-score.clamp(-100.0, 100.0)).exp());
            if score.is_nan() || score < LOWEST_SCORE || raw.iter().any(|v| !v.is_finite()) {
                continue;
            }
            let centre = [raw[0] / self.side + anchor[0], raw[1] / self.side + anchor[1]];
            let half = [raw[2] / self.side / 2.0, raw[3] / self.side / 2.0];
            candidates.push(Detection {
                bounds: [centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1]],
                keypoints: raw[4..]
                    .chunks_exact(2)
                    .map(|k| {
                        [f64::from(k[0] / self.side + anchor[0]), f64::from(k[1] / self.side + anchor[1])]
                    })
                    .collect(),
                score,
            });
        }
        // the sort is stable: equal scores stay in anchor order, so the result is repeatable
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut found = Vec::new();
        while let Some(best) = candidates.first().cloned() {
            let (same, others): (Vec<_>, Vec<_>) = candidates
                .into_iter()
                .enumerate()
                .partition(|(i, c)| *i == 0 || overlap(&c.bounds, &best.bounds) > SAME_THING);
            candidates = others.into_iter().map(|(_, c)| c).collect();
            found.push(averaged(best.score, same.iter().map(|(_, c)| c)));
        }
        found
    }
}

fn averaged<'a>(score: f32, same: impl Iterator<Item = &'a Detection> + Clone) -> Detection {
    let total: f64 = same.clone().map(|d| f64::from(d.score)).sum();
    let keypoints = same.clone().next().map_or(0, |d| d.keypoints.len());
    let mut bounds = [0f64; 4];
    let mut points = vec![[0f64; 2]; keypoints];
    for detection in same {
        let weight = f64::from(detection.score) / total;
        for (sum, value) in bounds.iter_mut().zip(detection.bounds) {
            *sum += weight * f64::from(value);
        }
        for (sum, value) in points.iter_mut().zip(&detection.keypoints) {
            sum[0] += weight * value[0];
            sum[1] += weight * value[1];
        }
    }
    Detection { bounds: bounds.map(|v| v as f32), keypoints: points, score }
}

/// Shared area over joint area.
pub(crate) fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |r: &[f32; 4]| (r[2] - r[0]).max(0.0) * (r[3] - r[1]).max(0.0);
    let shared = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let joint = area(a) + area(b) - shared;
    if joint > 0.0 { shared / joint } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_match_the_models() {
        assert_eq!(Detector::pose().anchors.len(), 2254);
        assert_eq!(Detector::face().anchors.len(), 896);
        assert_eq!(Detector::pose().anchors[2], [1.5 / 28.0, 0.5 / 28.0]);
    }

    #[test]
    fn overlapping_boxes_are_averaged_and_distant_ones_kept() {
        let detector = Detector::face();
        let mut boxes = vec![0f32; 896 * 16];
        let mut scores = vec![-50f32; 896];
        // two anchors of the same cell, and one far away
        for (index, offset) in [(0, 0.0), (1, 4.0), (500, 0.0)] {
            boxes[index * 16] = offset;
            boxes[index * 16 + 2] = 32.0;
            boxes[index * 16 + 3] = 32.0;
        }
        scores[0] = 3.0;
        scores[1] = 3.0;
        scores[500] = 1.0;
        let found = detector.decode(&boxes, &scores);
        assert_eq!(found.len(), 2);
        let centre = (found[0].bounds[0] + found[0].bounds[2]) / 2.0;
        assert!((centre - (0.5 / 16.0 + 2.0 / 128.0)).abs() < 1e-6);
        assert!(found[0].score > found[1].score);
    }

    #[test]
    fn numbers_that_are_not_finite_are_no_detection() {
        let mut boxes = vec![0f32; 896 * 16];
        boxes[2] = f32::NAN;
        let mut scores = vec![-50f32; 896];
        scores[0] = 9.0;
        scores[1] = f32::NAN;
        assert!(Detector::face().decode(&boxes, &scores).is_empty());
    }
}

//! How far keypoints found again in a generated video are from those that drove it.

use crate::{MetricsError, ProtocolHash, Result};
use orator_body::KeypointTrack;
use orator_body::layout::{FACE, FINGER_TIPS, LEFT_HAND, RIGHT_HAND, WRISTS};
use serde::Serialize;

/// Distances of one group of points over a video, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DistanceReport {
    /// Point–frame pairs seen in the driving track.
    pub driving: usize,
    /// Of these, pairs also seen in the other track: the distances below are over them.
    pub compared: usize,
    /// `compared / driving`; 0 when nothing was seen.
    pub coverage: f64,
    /// Mean distance; `None` when nothing was compared, like the others.
    pub mean: Option<f64>,
    /// Half of the distances are at most this.
    pub median: Option<f64>,
    /// 90 % of the distances are at most this.
    pub percentile_90: Option<f64>,
    /// 95 % of the distances are at most this.
    pub percentile_95: Option<f64>,
    /// Largest distance.
    pub largest: Option<f64>,
}

/// Distances between the points `points` (indices among the 133) of two tracks. A pair counts when its
/// confidence is at least `threshold` and above 0 in both; points that a layout lacks are never seen.
///
/// # Errors
/// [`MetricsError::Size`] when the tracks differ in frames, rate or picture size.
pub fn keypoint_distances(
    driving: &KeypointTrack,
    found: &KeypointTrack,
    points: &[usize],
    threshold: f32,
) -> Result<DistanceReport> {
    let shape = |track: &KeypointTrack| (track.frames(), track.rate(), track.size());
    if shape(driving) != shape(found) {
        let words = |track: &KeypointTrack| {
            format!("{} frames at {} fps of {:?} pixels", track.frames(), track.rate(), track.size())
        };
        return Err(MetricsError::Size(format!(
            "keypoints over {} cannot be compared with keypoints over {}",
            words(driving),
            words(found)
        )));
    }
    let mut seen = 0;
    let mut distances = Vec::new();
    for frame in 0..driving.frames() {
        for point in points {
            let Some(there) = driving.confident(frame, *point, threshold) else { continue };
            seen += 1;
            if let Some(here) = found.confident(frame, *point, threshold) {
                distances.push(f64::from(here[0] - there[0]).hypot(f64::from(here[1] - there[1])));
            }
        }
    }
    Ok(report(seen, distances))
}

fn report(driving: usize, mut distances: Vec<f64>) -> DistanceReport {
    distances.sort_unstable_by(f64::total_cmp);
    let compared = distances.len();
    DistanceReport {
        driving,
        compared,
        coverage: if driving == 0 { 0.0 } else { compared as f64 / driving as f64 },
        mean: (compared > 0).then(|| distances.iter().sum::<f64>() / compared as f64),
        median: percentile(&distances, 0.5),
        percentile_90: percentile(&distances, 0.9),
        percentile_95: percentile(&distances, 0.95),
        largest: distances.last().copied(),
    }
}

/// The value below which the share `part` (0..=1) of the sorted values lies, interpolated linearly between
/// neighbours (the convention of numpy); `None` of nothing.
#[must_use]
pub fn percentile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

/// How well a generated video follows the motion that drove it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ReenactmentReport {
    /// The wrists of the body points.
    pub wrists: DistanceReport,
    /// The tips of all ten fingers.
    pub finger_tips: DistanceReport,
    /// The 68 face points.
    pub face: DistanceReport,
    /// Share of frames in which a person was found again: any point of the body, face or hands seen.
    pub person_found: f64,
    /// Share of frames in which both hands were found again.
    pub both_hands_found: f64,
    /// Of the confidence threshold and the picture's size, in whose pixels distances are.
    pub protocol: ProtocolHash,
}

impl ReenactmentReport {
    /// Compares the driving motion with the keypoints found again in the generated video.
    ///
    /// # Errors
    /// As [`keypoint_distances`].
    pub fn of(driving: &KeypointTrack, found: &KeypointTrack, threshold: f32) -> Result<Self> {
        let tips: Vec<usize> = [LEFT_HAND, RIGHT_HAND]
            .into_iter()
            .flat_map(|hand| FINGER_TIPS.map(|tip| hand.start + tip))
            .collect();
        let face: Vec<usize> = FACE.collect();
        let share = |wanted: &dyn Fn(usize) -> bool| {
            let count = (0..found.frames()).filter(|frame| wanted(*frame)).count();
            if found.frames() == 0 { 0.0 } else { count as f64 / found.frames() as f64 }
        };
        let sees = |frame: usize, point: usize| found.confident(frame, point, threshold).is_some();
        Ok(Self {
            wrists: keypoint_distances(driving, found, &WRISTS, threshold)?,
            finger_tips: keypoint_distances(driving, found, &tips, threshold)?,
            face: keypoint_distances(driving, found, &face, threshold)?,
            person_found: share(&|frame| (0..RIGHT_HAND.end).any(|point| sees(frame, point))),
            both_hands_found: share(&|frame| sees(frame, LEFT_HAND.start) && sees(frame, RIGHT_HAND.start)),
            protocol: ProtocolHash::of("reenactment", &(threshold, driving.size())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};
    use orator_body::Layout;
    use orator_media::FrameRate;

    fn still(frames: usize) -> KeypointTrack {
        let points = Array3::from_shape_fn((frames, 133, 2), |(_, point, axis)| (point * (axis + 1)) as f32);
        KeypointTrack::new(
            Layout::WholeBody133,
            FrameRate::MOTION,
            (256, 256),
            points,
            Array2::ones((frames, 133)),
        )
        .unwrap()
    }

    #[test]
    fn percentiles_follow_numpy() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(percentile(&values, 0.5), Some(3.0));
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!(percentile(&values, 1.0), Some(8.0));
        assert!((percentile(&values, 0.9).unwrap() - 6.8).abs() < 1e-12);
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn distances_are_masked_by_both_confidences() {
        let driving = still(4);
        let mut found = driving.mapped(driving.size(), |[x, y]| [x + 3.0, y + 4.0]).unwrap();
        found.parts_mut().1[[0, WRISTS[0]]] = 0.1;
        found.parts_mut().0[[1, WRISTS[1], 0]] += 5.0;
        for point in RIGHT_HAND {
            found.parts_mut().1[[2, point]] = 0.0;
        }
        let report = ReenactmentReport::of(&driving, &found, 0.3).unwrap();
        assert_eq!((report.wrists.driving, report.wrists.compared), (8, 7));
        assert_eq!(report.wrists.median, Some(5.0));
        assert!((report.wrists.largest.unwrap() - 80f64.sqrt()).abs() < 1e-5);
        assert_eq!((report.finger_tips.driving, report.finger_tips.compared), (40, 35));
        assert_eq!(report.finger_tips.percentile_95, Some(5.0));
        assert_eq!((report.person_found, report.both_hands_found), (1.0, 0.75));
    }

    #[test]
    fn nothing_seen_is_no_distance() {
        let driving = still(2);
        let mut found = still(2);
        found.parts_mut().1.fill(0.0);
        let report = ReenactmentReport::of(&driving, &found, 0.3).unwrap();
        assert_eq!((report.wrists.coverage, report.wrists.median, report.person_found), (0.0, None, 0.0));
        assert_eq!(ReenactmentReport::of(&found, &driving, 0.3).unwrap().wrists.coverage, 0.0);
        assert!(ReenactmentReport::of(&driving, &still(3), 0.3).is_err());
    }
}

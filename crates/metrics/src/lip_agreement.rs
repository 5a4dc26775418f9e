//! Lip agreement (METHODS 5): does the mouth open when the voice is loud?
//!
//! The correlation of the opening between the inner lips with the energy of the speech at the same frame (no lag is searched
//! for: a search finds something in any two series), beside the same with the sound moved against the motion. It says
//! nothing about the shapes of single sounds.

use crate::{MetricsError, ProtocolHash, Result};
use orator_body::KeypointTrack;
use orator_body::layout::{FACE, INNER_LIP_PAIRS, LEFT_EYE_RIM, RIGHT_EYE_RIM};
use serde::Serialize;

/// The sound is moved round by these eighths of the clip for the control.
const EIGHTHS: std::ops::Range<usize> = 1..8;
/// Fewest frames that a correlation is computed over.
const FEWEST_FRAMES: usize = 16;

/// How lips are measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LipConfig {
    /// Frames in which a lip or eye point is below this confidence are left out. Default 0.4.
    pub threshold: f32,
}

impl Default for LipConfig {
    fn default() -> Self {
        Self { threshold: 0.4 }
    }
}

/// How far the lips follow the voice in one clip.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LipReport {
    /// Frames in which the lips were seen and that were compared.
    pub frames: usize,
    /// Share of the clip's frames that these are.
    pub coverage: f64,
    /// Pearson's correlation, −1..=1; `None` when fewer than 16 frames were seen, or the mouth or the voice never changes.
    pub correlation: Option<f64>,
    /// The mean correlation with the sound moved round by 1/8, 2/8 … 7/8 of the clip.
    pub shifted: Option<f64>,
    /// The largest of these seven: agreement that is worth something is above it.
    pub shifted_largest: Option<f64>,
    /// See [`LipConfig`].
    pub protocol: ProtocolHash,
}

impl LipReport {
    /// Compares a track with the energy of the speech (root mean square, one value a frame of the track).
    ///
    /// # Errors
    /// [`MetricsError::Size`] when there are not as many values as frames, or one is not finite.
    pub fn of(track: &KeypointTrack, energy: &[f32], config: &LipConfig) -> Result<Self> {
        if energy.len() != track.frames() || energy.iter().any(|value| !value.is_finite()) {
            return Err(MetricsError::Size(format!(
                "lip agreement needs a finite energy for each of {} frames, not {}",
                track.frames(),
                energy.len()
            )));
        }
        let openings = lip_openings(track, config.threshold);
        let seen: Vec<(usize, f64)> =
            openings.iter().enumerate().filter_map(|(frame, opening)| Some((frame, (*opening)?))).collect();
        let frames = track.frames();
        let with_shift = |shift: usize| {
            let pairs: Vec<(f64, f64)> = seen
                .iter()
                .map(|(frame, opening)| (*opening, f64::from(energy[(frame + shift) % frames])))
                .collect();
            if pairs.len() < FEWEST_FRAMES { None } else { correlation(&pairs) }
        };
        let shifted: Option<Vec<f64>> = EIGHTHS.map(|eighth| with_shift(frames * eighth / 8)).collect();
        Ok(Self {
            frames: seen.len(),
            coverage: if frames == 0 { 0.0 } else { seen.len() as f64 / frames as f64 },
            correlation: with_shift(0),
            shifted: shifted.as_ref().map(|all| all.iter().sum::<f64>() / all.len() as f64),
            shifted_largest: shifted.and_then(|all| all.into_iter().reduce(f64::max)),
            protocol: ProtocolHash::of("lip-agreement", config),
        })
    }
}

/// The mean distance between upper and lower inner lip in each frame, in distances between the eyes' centres; `None` where a
/// point is below `threshold`, or the eyes fall together.
#[must_use]
pub fn lip_openings(track: &KeypointTrack, threshold: f32) -> Vec<Option<f64>> {
    (0..track.frames()).map(|frame| opening(track, frame, threshold)).collect()
}

fn opening(track: &KeypointTrack, frame: usize, threshold: f32) -> Option<f64> {
    let point = |at: usize| track.confident(frame, at, threshold).map(|[x, y]| [f64::from(x), f64::from(y)]);
    let between = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let centre = |rim: std::ops::Range<usize>| {
        let count = rim.len() as f64;
        let points: Option<Vec<[f64; 2]>> = rim.map(point).collect();
        points.map(|points| {
            points.iter().fold([0.0; 2], |sum, p| [sum[0] + p[0] / count, sum[1] + p[1] / count])
        })
    };
    let eyes = between(centre(LEFT_EYE_RIM)?, centre(RIGHT_EYE_RIM)?);
    let gaps: Option<Vec<f64>> = INNER_LIP_PAIRS
        .iter()
        .map(|(upper, lower)| Some(between(point(FACE.start + upper)?, point(FACE.start + lower)?)))
        .collect();
    let gap = gaps?.iter().sum::<f64>() / INNER_LIP_PAIRS.len() as f64;
    (eyes > 0.0).then(|| gap / eyes)
}

/// Pearson's correlation; `None` when one of the two never changes.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len() as f64;
    let mean = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / count, sum.1 + pair.1 / count));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (x - mean.0, y - mean.1);
        (xx, yy, xy) = (xx + x * x, yy + y * y, xy + x * y);
    }
    // Below this share of the values' own size a spread is rounding.
    let still = |spread: f64, mean: f64| spread <= 1e-18 * count * mean * mean || spread == 0.0;
    if still(xx, mean.0) || still(yy, mean.1) { None } else { Some(xy / (xx * yy).sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3};
    use orator_body::Layout;
    use orator_media::FrameRate;

    /// A face whose mouth opens as told, in pixels, with eyes 40 pixels apart.
    fn face(openings: &[f32]) -> KeypointTrack {
        let mut points = Array3::zeros((openings.len(), 133, 2));
        for (frame, opening) in openings.iter().enumerate() {
            for point in LEFT_EYE_RIM {
                points[[frame, point, 0]] = 40.0;
            }
            for (upper, lower) in INNER_LIP_PAIRS {
                points[[frame, FACE.start + upper, 1]] = 50.0;
                points[[frame, FACE.start + lower, 1]] = 50.0 + opening;
            }
        }
        let confidence = Array2::ones((openings.len(), 133));
        KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (256, 256), points, confidence).unwrap()
    }

    /// Bursts of uneven length and loudness.
    fn voice(frames: usize) -> Vec<f32> {
        (0..frames).map(|i| ((i * i / 7) % 11) as f32 / 10.0).collect()
    }

    #[test]
    fn a_mouth_that_follows_the_voice_is_above_its_control() {
        let energy = voice(200);
        let openings: Vec<f32> = energy.iter().map(|e| 8.0 * e + 1.0).collect();
        let track = face(&openings);
        let measured = lip_openings(&track, 0.4);
        assert!((measured[3].unwrap() - f64::from(openings[3]) / 40.0).abs() < 1e-6);
        let report = LipReport::of(&track, &energy, &LipConfig::default()).unwrap();
        assert!((report.correlation.unwrap() - 1.0).abs() < 1e-6);
        assert!(report.shifted.unwrap().abs() < 0.3 && report.shifted_largest.unwrap() < 0.9, "{report:?}");
        assert_eq!((report.frames, report.coverage), (200, 1.0));
    }

    #[test]
    fn no_answer_where_there_is_none() {
        let still = LipReport::of(&face(&[3.0; 50]), &voice(50), &LipConfig::default()).unwrap();
        assert_eq!((still.correlation, still.shifted, still.frames), (None, None, 50));
        let short = LipReport::of(&face(&[1.0, 2.0, 3.0]), &[0.1, 0.2, 0.3], &LipConfig::default()).unwrap();
        assert_eq!(short.correlation, None);
        let mut hidden = face(&voice(50));
        hidden.parts_mut().1.fill(0.1);
        assert_eq!(LipReport::of(&hidden, &voice(50), &LipConfig::default()).unwrap().frames, 0);
        assert!(LipReport::of(&hidden, &voice(49), &LipConfig::default()).is_err());
    }
}

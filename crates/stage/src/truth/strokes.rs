//! Finds the strokes of a score in the motion of its wrists, to see whether a clip shows what its score says.

use orator_metrics::strokes::{Detector, TOLERANCE, chance, detect_strokes, hits};

use crate::script::{Gesture, Hands, Score};

/// How many strokes of a score its wrists show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StrokesFound {
    /// Strokes looked for: a gesture of both hands counts once for each.
    pub strokes: usize,
    /// Strokes found in the motion of their hand.
    pub found: usize,
    /// Strokes that the same peaks would meet by chance.
    pub by_chance: f64,
}

impl StrokesFound {
    /// Share found, 0–1; 1 where there was nothing to find.
    pub fn recall(&self) -> f64 {
        if self.strokes == 0 { 1.0 } else { self.found as f64 / self.strokes as f64 }
    }

    /// Share found by chance, 0–1.
    pub fn chance(&self) -> f64 {
        if self.strokes == 0 { 1.0 } else { self.by_chance / self.strokes as f64 }
    }

    /// Adds the strokes of another hand or clip.
    pub fn add(&mut self, other: StrokesFound) {
        self.strokes += other.strokes;
        self.found += other.found;
        self.by_chance += other.by_chance;
    }
}

/// Looks for the strokes of the gestures that `wanted` picks, each in the motion of the hands that do it.
pub fn strokes_found(
    score: &Score,
    left: &[[f32; 2]],
    right: &[[f32; 2]],
    rate: f64,
    detector: &Detector,
    wanted: impl Fn(&Gesture) -> bool,
) -> StrokesFound {
    let mut all = StrokesFound::default();
    for (wrist, other) in [(left, Hands::Right), (right, Hands::Left)] {
        let triggers: Vec<f64> = score
            .gestures
            .iter()
            .filter(|gesture| gesture.hands != other && wanted(gesture))
            .map(|gesture| gesture.stroke)
            .collect();
        let peaks = detect_strokes(wrist, rate, detector);
        let duration = wrist.len() as f64 / rate;
        let count = triggers.len() as f64;
        all.add(StrokesFound {
            strokes: triggers.len(),
            found: hits(&triggers, peaks.iter().map(|peak| peak.seconds), TOLERANCE),
            by_chance: if triggers.is_empty() {
                0.0
            } else {
                count * chance(&triggers, &peaks, duration, TOLERANCE)
            },
        });
    }
    all
}

#[cfg(test)]
mod tests;

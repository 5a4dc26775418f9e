//! Learning-rate schedules.

use serde::{Deserialize, Serialize};

/// Linear warm-up, then a constant, then a cosine fall to a fraction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Highest learning rate.
    pub peak: f64,
    /// Steps from 0 up to `peak`.
    pub warm_up: u64,
    /// Share of all steps after which the fall begins, in 0..=1.
    pub hold: f64,
    /// Rate at the last step, as a fraction of `peak`.
    pub floor: f64,
}

impl Schedule {
    /// The learning rate of `step` (from 0) out of `total`.
    #[must_use]
    pub fn at(&self, step: u64, total: u64) -> f64 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f64 / self.warm_up as f64;
        }
        let position = step as f64 / total.max(1) as f64;
        let fall = ((position - self.hold) / (1.0 - self.hold).max(1e-9)).clamp(0.0, 1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * fall).cos());
        self.peak * (self.floor + (1.0 - self.floor) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_holds_and_falls() {
        let s = Schedule { peak: 2.0, warm_up: 10, hold: 0.5, floor: 0.1 };
        assert!((s.at(0, 100) - 0.2).abs() < 1e-12);
        assert!((s.at(9, 100) - 2.0).abs() < 1e-12);
        assert!((s.at(50, 100) - 2.0).abs() < 1e-12);
        assert!((s.at(100, 100) - 0.2).abs() < 1e-12);
        assert!(s.at(75, 100) < 2.0 && s.at(75, 100) > 0.2);
    }
}

//! The smoothing that MediaPipe applies to pose landmarks over time (PERCEPTION §3).
//!
//! Its Python interface feeds time stamps of a fixed 30 Hz clock whatever the video's rate; the
//! reference landmarks were made so, and so do we.

use std::f64::consts::TAU;

/// Frames per second of the filter's clock.
const CLOCK: f64 = 30.0;

/// One-euro filter: slow movements are smoothed more than fast ones.
#[derive(Clone, Debug)]
pub(crate) struct OneEuro {
    lowest_cutoff: f64,
    speed_factor: f64,
    state: Option<State>,
}

#[derive(Clone, Debug)]
struct State {
    smoothed: Vec<f64>,
    raw: Vec<f64>,
    speed: Vec<f64>,
}

/// Cut-off frequency of the speed estimate, Hz.
const SPEED_CUTOFF: f64 = 1.0;

impl OneEuro {
    /// `lowest_cutoff` in Hz; `speed_factor` raises it with the speed.
    pub(crate) fn new(lowest_cutoff: f64, speed_factor: f64) -> Self {
        Self { lowest_cutoff, speed_factor, state: None }
    }

    /// Smooths `values` in place; speeds are multiplied by `scale` (one over the object's size).
    pub(crate) fn apply(&mut self, values: &mut [f64], scale: f64) {
        let Some(state) = self.state.as_mut().filter(|s| s.raw.len() == values.len()) else {
            let raw = values.to_vec();
            self.state = Some(State { smoothed: raw.clone(), raw, speed: vec![0.0; values.len()] });
            return;
        };
        let speed_share = share(SPEED_CUTOFF);
        for (index, value) in values.iter_mut().enumerate() {
            let speed = (*value - state.raw[index]) * scale * CLOCK;
            state.speed[index] = speed_share * speed + (1.0 - speed_share) * state.speed[index];
            let share = share(self.lowest_cutoff + self.speed_factor * state.speed[index].abs());
            state.smoothed[index] = share * *value + (1.0 - share) * state.smoothed[index];
            state.raw[index] = *value;
            *value = state.smoothed[index];
        }
    }
}

/// The weight of the newest value for a cut-off frequency.
fn share(cutoff: f64) -> f64 {
    1.0 / (1.0 + CLOCK / (TAU * cutoff))
}

/// A running average; the first value passes.
#[derive(Clone, Debug)]
pub(crate) struct LowPass {
    share: f64,
    smoothed: Option<Vec<f64>>,
}

impl LowPass {
    /// `share`: weight of the newest value.
    pub(crate) fn new(share: f64) -> Self {
        Self { share, smoothed: None }
    }

    /// Smooths `values` in place.
    pub(crate) fn apply(&mut self, values: &mut [f64]) {
        if let Some(previous) = self.smoothed.as_ref().filter(|p| p.len() == values.len()) {
            for (value, previous) in values.iter_mut().zip(previous) {
                *value = self.share * *value + (1.0 - self.share) * previous;
            }
        }
        self.smoothed = Some(values.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_value_passes_and_rest_stays() {
        let mut filter = OneEuro::new(0.05, 80.0);
        for _ in 0..5 {
            let mut values = [12.0, -3.0];
            filter.apply(&mut values, 0.01);
            assert_eq!(values, [12.0, -3.0]);
        }
    }

    #[test]
    fn a_step_by_hand() {
        let mut filter = OneEuro::new(0.05, 80.0);
        filter.apply(&mut [0.0], 0.01);
        let mut value = [10.0];
        filter.apply(&mut value, 0.01);
        // speed 10*0.01*30 = 3, smoothed by share(1) = 1/(1+30/2pi)
        let speed = 3.0 / (1.0 + 30.0 / TAU);
        let expected = 10.0 / (1.0 + 30.0 / (TAU * (0.05 + 80.0 * speed)));
        assert!((value[0] - expected).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn never_outside_what_was_seen(values in prop::collection::vec(-1e3f64..1e3, 1..40)) {
            let mut filter = OneEuro::new(0.01, 10.0);
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for v in values {
                low = low.min(v);
                high = high.max(v);
                let mut one = [v];
                filter.apply(&mut one, 0.02);
                prop_assert!(one[0] >= low - 1e-9 && one[0] <= high + 1e-9);
            }
        }
    }
}

//! Slow, endless change: noise that never repeats, and values that step from one to the next.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::bell::ease;

/// A smooth random signal of time with a mean of zero: three waves whose periods have no common measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drift {
    waves: [(f32, f32, f32); 3],
}

impl Drift {
    /// A signal of about `amount` in size that changes over `seconds`.
    pub(super) fn new(amount: f32, seconds: f32, random: &mut ChaCha8Rng) -> Self {
        let mut wave = |period: f32, share: f32| {
            let period = period * random.random_range(0.8..1.25);
            (std::f32::consts::TAU / period, random.random_range(0.0..std::f32::consts::TAU), amount * share)
        };
        Self { waves: [wave(seconds * 2.3, 0.6), wave(seconds, 0.5), wave(seconds * 0.61, 0.25)] }
    }

    /// Its value.
    pub(super) fn at(&self, seconds: f64) -> f32 {
        let seconds = seconds as f32;
        self.waves.iter().map(|(speed, phase, size)| size * (speed * seconds + phase).sin()).sum()
    }
}

/// A value that rests and now and then moves to the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Steps<const N: usize> {
    /// When a move begins (seconds, rising), how long it takes, and where it leads.
    moves: Vec<(f64, f32, [f32; N])>,
}

impl<const N: usize> Steps<N> {
    /// Adds a move; it begins when the one before has ended, if that is later.
    pub(super) fn push(&mut self, seconds: f64, duration: f32, to: [f32; N]) {
        let free = self.moves.last().map_or(f64::MIN, |(at, length, _)| at + f64::from(*length));
        self.moves.push((seconds.max(free), duration.max(1e-3), to));
    }

    /// When the last move ends, in seconds.
    pub(super) fn end(&self) -> f64 {
        self.moves.last().map_or(0.0, |(at, length, _)| at + f64::from(*length))
    }

    /// The value; zeros before the first move.
    pub(super) fn at(&self, seconds: f64) -> [f32; N] {
        let next = self.moves.partition_point(|(at, ..)| *at <= seconds);
        let Some(current) = next.checked_sub(1) else { return [0.0; N] };
        let (at, duration, to) = self.moves[current];
        let from = current.checked_sub(1).map_or([0.0; N], |before| self.moves[before].2);
        let share = ease((seconds - at) as f32 / duration);
        std::array::from_fn(|i| from[i] + (to[i] - from[i]) * share)
    }
}

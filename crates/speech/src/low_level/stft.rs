//! Short-time Fourier transform of a signal that is read as it is needed.

use crate::resample::Signal;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Centred frames of `size` samples every `hop` samples, zeros beyond the ends, in double precision.
pub(crate) struct Stft {
    size: usize,
    hop: usize,
    /// Empty for a rectangular window.
    window: Vec<f64>,
    transform: Arc<dyn RealToComplex<f64>>,
}

impl Stft {
    pub(crate) fn new(size: usize, hop: usize, window: Vec<f64>) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(size);
        Self { size, hop, window, transform }
    }

    /// Frames of a signal: `1 + length / hop`.
    pub(crate) fn frames(&self, length: usize) -> usize {
        1 + length / self.hop
    }

    /// Calls `take` with each frame's number and its `size / 2 + 1` bins, in order of time.
    pub(crate) fn run(&self, signal: &dyn Signal, mut take: impl FnMut(usize, &[Complex<f64>])) {
        let mut samples = vec![0.0f32; self.size];
        let mut windowed = self.transform.make_input_vec();
        let mut bins = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let half = (self.size / 2) as isize;
        for frame in 0..self.frames(signal.length()) {
            let start = (frame * self.hop) as isize - half;
            if frame == 0 || self.hop >= self.size {
                signal.read(start, &mut samples);
            } else {
                // Only the new samples are asked for: reading may mean resampling.
                samples.copy_within(self.hop.., 0);
                let kept = self.size - self.hop;
                signal.read(start + kept as isize, &mut samples[kept..]);
            }
            for (target, &sample) in windowed.iter_mut().zip(&samples) {
                *target = f64::from(sample);
            }
            for (target, weight) in windowed.iter_mut().zip(&self.window) {
                *target *= weight;
            }
            // The buffers are made by the plan itself, so their lengths fit.
            let done = self.transform.process_with_scratch(&mut windowed, &mut bins, &mut scratch);
            debug_assert!(done.is_ok());
            take(frame, &bins);
        }
    }
}

/// Hann's window with period `size`, as spectral analysis wants it (07c `hann_2048_periodic`).
pub(crate) fn hann_periodic(size: usize) -> Vec<f64> {
    (0..size).map(|n| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / size as f64).cos()).collect()
}

/// Hann's window with both end points zero.
pub(crate) fn hann_symmetric(size: usize) -> Vec<f64> {
    if size == 1 {
        return vec![1.0];
    }
    hann_periodic(size - 1).into_iter().chain([0.0]).collect()
}

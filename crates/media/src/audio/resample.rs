//! Changing the sample rate: a windowed sinc evaluated at the exact fractional positions.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler, SincInterpolationParameters, SincInterpolationType,
    WindowFunction, calculate_cutoff,
};

use super::{Audio, MAX_RATE};
use crate::{MediaError, Result};

/// Taps of the filter, at the lower of both rates. With this window the passband ends at about 0.91 of
/// the lower Nyquist frequency and the stopband begins at it, 160 dB down.
const TAPS: usize = 320;
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;
/// The longest filter, reached when the rate falls by more than a factor of a hundred.
const MAX_TAPS: usize = 32_768;
/// Above this many stored filter values the positions between them are interpolated.
const MAX_TABLE: usize = 2_000_000;
/// Filter positions between two samples in that case.
const COARSE_POSITIONS: usize = 256;
/// Samples that are given to the resampler at a time.
const CHUNK: usize = 4096;

impl Audio {
    /// The same recording at `rate` samples per second: `round(n · rate / self.rate)` samples, of which
    /// sample `k` shows the time `k / rate`, without delay. What would alias is filtered out; overshoot
    /// of the filter is cut to [-1, 1]. Takes the two recordings' memory and nothing on top.
    ///
    /// # Errors
    /// [`MediaError::Argument`] for a rate of zero or above 768 kHz.
    pub fn resampled(&self, rate: u32) -> Result<Self> {
        let mut result = Self::new(rate, Vec::new())?;
        let plan = Plan::new(self.rate.clamp(1, MAX_RATE), rate);
        if self.rate == rate {
            return Ok(self.clone());
        }
        let wanted = plan.output_length(self.samples.len());
        result.samples.reserve_exact(wanted);
        plan.run(&self.samples, wanted, &mut result.samples)
            .map_err(|error| MediaError::Argument(format!("cannot resample to {rate} Hz: {error}")))?;
        Ok(result)
    }
}

/// How a change of rate is computed.
#[derive(Debug)]
struct Plan {
    /// The fraction input rate / output rate in lowest terms.
    input: u64,
    output: u64,
    taps: usize,
    /// Filter positions between two input samples.
    positions: usize,
    interpolation: SincInterpolationType,
    /// Zeros put before the input, so that the first wanted sample falls on a whole output sample.
    zeros_before: usize,
    /// Output samples to be dropped before that one.
    drop_before: usize,
}

impl Plan {
    fn new(from: u32, to: u32) -> Self {
        let divisor = u64::from(greatest_common_divisor(from, to));
        let (input, output) = (u64::from(from) / divisor, u64::from(to) / divisor);
        let stretch = (f64::from(from) / f64::from(to)).max(1.0);
        let taps = ((TAPS as f64 * stretch).ceil() as usize).next_multiple_of(8).min(MAX_TAPS);
        // All positions that occur are multiples of 1/output of an input sample: with that many stored
        // filters each is exact and nothing has to be interpolated.
        let (positions, interpolation) = match usize::try_from(output) {
            Ok(output) if output.saturating_mul(taps) <= MAX_TABLE => {
                (output, SincInterpolationType::Nearest)
            }
            _ => (COARSE_POSITIONS, SincInterpolationType::Cubic),
        };
        // Output sample j of the resampler shows the input time
        //     t(j) = (j + 1) · input / output − taps / 2 + 1 / positions
        // (its filter table is shifted by one position). With z zeros in front, t(j) = z has to hold for
        // some j: the z that comes closest is taken, which for exact positions always hits.
        let step = input as f64 / output as f64;
        let distance = |zeros: usize| {
            let j = (taps as f64 / 2.0 + zeros as f64 - 1.0 / positions as f64) / step;
            ((j - j.round()).abs() * step, j.round())
        };
        let (mut zeros_before, mut best) = (0, distance(0));
        for zeros in 1..usize::try_from(input).unwrap_or(usize::MAX).min(8192) {
            if best.0 < 1e-9 {
                break;
            }
            let candidate = distance(zeros);
            if candidate.0 < best.0 {
                (zeros_before, best) = (zeros, candidate);
            }
        }
        let drop_before = (best.1 as usize).saturating_sub(1);
        Self { input, output, taps, positions, interpolation, zeros_before, drop_before }
    }

    fn output_length(&self, samples: usize) -> usize {
        let scaled = samples as u128 * u128::from(self.output);
        ((scaled + u128::from(self.input) / 2) / u128::from(self.input)) as usize
    }

    fn run(
        &self,
        samples: &[f32],
        wanted: usize,
        result: &mut Vec<f32>,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let parameters = SincInterpolationParameters::new(self.taps, WINDOW)
            .f_cutoff(calculate_cutoff::<f32>(TAPS, WINDOW))
            .oversampling_factor(self.positions)
            .interpolation(self.interpolation);
        let ratio = self.output as f64 / self.input as f64;
        let mut resampler = Async::<f32>::new_sinc(ratio, 1.0, &parameters, CHUNK, 1, FixedAsync::Input)?;
        let mut taken = vec![0.0; CHUNK];
        let mut given = vec![0.0; resampler.output_frames_max()];
        let mut drop_before = self.drop_before;
        let mut zeros = self.zeros_before;
        let mut rest = samples;
        let whole = Indexing::new();
        while result.len() < wanted {
            // Zeros, then the recording, then zeros again until everything has come out.
            let leading = zeros.min(CHUNK);
            zeros -= leading;
            let copied = rest.len().min(CHUNK - leading);
            taken[..leading].fill(0.0);
            taken[leading..leading + copied].copy_from_slice(&rest[..copied]);
            taken[leading + copied..].fill(0.0);
            rest = &rest[copied..];

            let room = given.len();
            let source = InterleavedSlice::new(&taken[..], 1, CHUNK)?;
            let mut target = InterleavedSlice::new_mut(&mut given[..], 1, room)?;
            let (_, produced) = resampler.process_into_buffer(&source, &mut target, Some(&whole))?;
            let dropped = drop_before.min(produced);
            drop_before -= dropped;
            let kept = (produced - dropped).min(wanted - result.len());
            result.extend(given[dropped..dropped + kept].iter().map(|sample| sample.clamp(-1.0, 1.0)));
        }
        Ok(())
    }
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A bell of 2 ms around time zero: far below every Nyquist frequency used here.
    fn bell(seconds: f64) -> f64 {
        (-0.5 * (seconds / 0.002).powi(2)).exp()
    }

    fn bells_at(rate: u32, times: &[f64], seconds: f64) -> Audio {
        let samples = (0..(seconds * f64::from(rate)).round() as usize)
            .map(|k| times.iter().map(|t| 0.5 * bell(k as f64 / f64::from(rate) - t)).sum::<f64>() as f32)
            .collect();
        Audio { rate, samples }
    }

    #[test]
    fn everything_stays_in_its_place() {
        let times = [0.1, 0.5, 0.5 + 1.0 / 3.0];
        for (from, to) in [
            (44_100, 16_000),
            (48_000, 16_000),
            (16_000, 48_000),
            (16_000, 12_800),
            (22_050, 16_000),
            (8_000, 48_000),
            (96_000, 16_000),
            (44_101, 16_000),
            (16_000, 44_101),
        ] {
            let resampled = bells_at(from, &times, 1.0).resampled(to).unwrap();
            let expected = bells_at(to, &times, 1.0);
            assert_eq!(resampled.samples.len(), expected.samples.len(), "{from} to {to}");
            let worst = resampled
                .samples
                .iter()
                .zip(&expected.samples)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            // A shift by a hundredth of a sample at 8 kHz would already show as 4e-4.
            assert!(worst < 1e-5, "{from} to {to}: {worst}");
        }
    }

    #[test]
    fn what_would_alias_is_removed_and_what_fits_is_kept() {
        let tone = |frequency: f64, rate: u32| Audio {
            rate,
            samples: (0..rate)
                .map(|k| {
                    (0.5 * (2.0 * std::f64::consts::PI * frequency * f64::from(k) / f64::from(rate)).sin())
                        as f32
                })
                .collect(),
        };
        let level = |audio: &Audio| {
            let inner = &audio.samples[2000..audio.samples.len() - 2000];
            (inner.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / inner.len() as f64).sqrt()
        };
        assert!(level(&tone(9_000.0, 48_000).resampled(16_000).unwrap()) < 1e-6);
        let kept = level(&tone(7_000.0, 48_000).resampled(16_000).unwrap());
        assert!((kept - 0.5 / 2f64.sqrt()).abs() < 1e-4, "{kept}");
        let kept = level(&tone(7_000.0, 16_000).resampled(44_100).unwrap());
        assert!((kept - 0.5 / 2f64.sqrt()).abs() < 1e-4, "{kept}");
    }

    #[test]
    fn impossible_rates_are_refused_and_the_same_rate_changes_nothing() {
        let audio = bells_at(16_000, &[0.2], 0.5);
        assert!(audio.resampled(0).is_err());
        assert!(audio.resampled(1_000_000).is_err());
        assert_eq!(audio.resampled(16_000).unwrap(), audio);
        assert!(Audio { rate: 16_000, samples: Vec::new() }.resampled(48_000).unwrap().samples.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn lengths_are_rounded(from in 1_000u32..100_000, to in 1_000u32..100_000, samples in 0usize..3_000) {
            let audio = Audio { rate: from, samples: vec![0.25; samples] };
            let resampled = audio.resampled(to).unwrap();
            let exact = samples as f64 * f64::from(to) / f64::from(from);
            prop_assert!((resampled.samples.len() as f64 - exact).abs() <= 0.5 + 1e-9);
            prop_assert!(resampled.samples.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}

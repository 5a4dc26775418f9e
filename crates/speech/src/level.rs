//! How loud the speech in a recording is, and the gain that brings it to a common level.
//!
//! The learned encoder takes logarithms of mel energies without removing their mean, so recordings of
//! different loudness would look like different speech to whatever is trained on its features.

/// Level to which speech is brought before features are taken: −26 dB below full scale, the nominal
/// speech level of telephony measurements (ITU-T P.56, P.191). Filmed and read speech at this level also gives
/// mel energies around WakeHuBERT's own running mean.
pub const TARGET_LEVEL_DBFS: f64 = -26.0;

/// Gains beyond ± this many decibels are not applied: a recording that far down is mostly noise.
pub const MAXIMUM_GAIN_DECIBELS: f64 = 30.0;

/// Length of the blocks in which the level is measured.
const BLOCK_SECONDS: f64 = 0.1;
/// Blocks below this power, −60 dB, are silence in any recording.
const ABSOLUTE_GATE: f64 = 1e-6;
/// Blocks this far (−20 dB) below the mean of the others are pauses.
const RELATIVE_GATE: f64 = 0.01;

/// The power level in dB below full scale of the parts in which somebody speaks; `None` for silence.
///
/// Mean power of blocks of 0.1 s, gated twice as in loudness meters (first −60 dB, then 20 dB below
/// the mean of what is left).
#[must_use]
pub fn active_level(samples: &[f32], rate: u32) -> Option<f64> {
    let block = ((f64::from(rate) * BLOCK_SECONDS) as usize).max(1);
    let powers: Vec<f64> = samples
        .chunks(block)
        .map(|part| {
            part.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum::<f64>() / part.len() as f64
        })
        .filter(|&power| power > ABSOLUTE_GATE && power.is_finite())
        .collect();
    let gate = mean(&powers, 0.0)? * RELATIVE_GATE;
    Some(10.0 * mean(&powers, gate)?.log10())
}

/// The factor that brings the speech to [`TARGET_LEVEL_DBFS`], within ± [`MAXIMUM_GAIN_DECIBELS`]; 1 for
/// silence. One factor for the whole recording: its dynamics stay.
#[must_use]
pub fn levelling_gain(samples: &[f32], rate: u32) -> f32 {
    let Some(level) = active_level(samples, rate) else { return 1.0 };
    let decibels = (TARGET_LEVEL_DBFS - level).clamp(-MAXIMUM_GAIN_DECIBELS, MAXIMUM_GAIN_DECIBELS);
    10f64.powf(decibels / 20.0) as f32
}

fn mean(powers: &[f64], gate: f64) -> Option<f64> {
    let (count, sum) = powers
        .iter()
        .filter(|&&power| power > gate)
        .fold((0usize, 0.0), |(count, sum), &power| (count + 1, sum + power));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_do_not_count() {
        let tone: Vec<f32> = (0..16_000).map(|n| 0.1 * (n as f32 * 0.3).sin()).collect();
        let mut with_pause = tone.clone();
        with_pause.extend(vec![0.0; 48_000]);
        let level = active_level(&with_pause, 16_000).expect("a level");
        assert!((level - active_level(&tone, 16_000).expect("a level")).abs() < 0.1);
        assert!((level + 23.0).abs() < 0.1, "{level}");
    }

    #[test]
    fn gain_reaches_the_target_and_is_bounded() {
        let tone: Vec<f32> = (0..16_000).map(|n| 0.02 * (n as f32 * 0.3).sin()).collect();
        let gain = levelling_gain(&tone, 16_000);
        let levelled: Vec<f32> = tone.iter().map(|sample| sample * gain).collect();
        let level = active_level(&levelled, 16_000).expect("a level");
        assert!((level - TARGET_LEVEL_DBFS).abs() < 1e-3, "{level}");
        assert_eq!(levelling_gain(&[0.0; 1000], 16_000), 1.0);
        assert_eq!(levelling_gain(&[], 16_000), 1.0);
        assert!(levelling_gain(&vec![1e5; 16_000], 16_000) >= 0.03);
    }
}

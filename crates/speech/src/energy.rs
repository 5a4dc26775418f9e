//! Loudness by motion frame, the simplest thing a mouth can follow.

use crate::ENCODER_SAMPLES_PER_FRAME;

/// Root mean square of each 25 Hz frame of a recording at 16 kHz; 0 where the recording has ended.
#[must_use]
pub fn energy(waveform_16k: &[f32], frames: usize) -> Vec<f32> {
    let mut result: Vec<f32> = waveform_16k
        .chunks(ENCODER_SAMPLES_PER_FRAME)
        .take(frames)
        .map(|frame| {
            let sum: f64 = frame.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
            (sum / ENCODER_SAMPLES_PER_FRAME as f64).sqrt() as f32
        })
        .collect();
    result.resize(frames, 0.0);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_each_frame_alone() {
        let mut sound = vec![0.5; 640];
        sound.extend(vec![0.0; 640]);
        sound.extend(vec![1.0; 160]);
        let measured = energy(&sound, 5);
        assert_eq!(measured, [0.5, 0.0, 0.5, 0.0, 0.0]);
        assert!(energy(&[], 2).iter().all(|&value| value == 0.0));
    }
}

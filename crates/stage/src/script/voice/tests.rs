use std::f32::consts::TAU;

use super::*;

const RATE: u32 = 16_000;

/// A vowel: a row of pulses at `hz(seconds)` through two resonances (formants in Hz).
fn vowel(seconds: f32, hz: impl Fn(f32) -> f32, formants: [f32; 2]) -> Vec<f32> {
    let count = (seconds * RATE as f32) as usize;
    let (mut phase, mut sound) = (0.0_f32, vec![0.0; count]);
    for (index, sample) in sound.iter_mut().enumerate() {
        phase += hz(index as f32 / RATE as f32) / RATE as f32;
        if phase >= 1.0 {
            phase -= 1.0;
            *sample = 1.0;
        }
    }
    for formant in formants {
        let radius = (-std::f32::consts::PI * 90.0 / RATE as f32).exp();
        let (a, b) = (2.0 * radius * (TAU * formant / RATE as f32).cos(), -radius * radius);
        let (mut one, mut two) = (0.0, 0.0);
        for sample in &mut sound {
            let value = *sample + a * one + b * two;
            (two, one) = (one, value);
            *sample = value;
        }
    }
    let peak = sound.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    sound.iter().map(|x| 0.5 * x / peak).collect()
}

/// Where the spectrum, smoothed over harmonics, is highest between two frequencies, in Hz.
fn summit(samples: &[f32], from: f32, to: f32) -> f32 {
    const STEP: f32 = 10.0;
    const SMOOTHING: isize = 20;
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let count = ((to - from) / STEP) as usize;
    let powers: Vec<f64> = (0..count)
        .map(|index| {
            let hz = from + STEP * index as f32;
            let (mut real, mut imaginary) = (0.0_f64, 0.0_f64);
            for (index, &x) in middle.iter().enumerate() {
                let angle = f64::from(TAU * hz) * index as f64 / f64::from(RATE);
                real += f64::from(x) * angle.cos();
                imaginary += f64::from(x) * angle.sin();
            }
            real * real + imaginary * imaginary
        })
        .collect();
    let smooth = |at: usize| -> f64 {
        let weighted = |offset: isize| {
            let power = at.checked_add_signed(offset).and_then(|index| powers.get(index));
            power.map_or(0.0, |power| power * (SMOOTHING - offset.abs()) as f64)
        };
        (-SMOOTHING..=SMOOTHING).map(weighted).sum()
    };
    let best = (0..count).max_by(|&one, &other| smooth(one).total_cmp(&smooth(other))).unwrap();
    from + STEP * best as f32
}

fn change(pitch: f32, formants: f32) -> VoiceChange {
    VoiceChange { pitch, formants, liveliness: 1.0, brightness_db: 0.0 }
}

#[test]
fn the_pitch_of_a_vowel_is_found() {
    for hz in [80.0, 117.0, 160.0, 233.0, 320.0] {
        let track = track(&vowel(0.6, |_| hz, [650.0, 1_200.0]), RATE);
        let median = track.median_hz().unwrap();
        assert!((median / hz - 1.0).abs() < 0.015, "{hz} Hz was taken for {median} Hz");
        let voiced = track.hz.iter().filter(|&&hz| hz > 0.0).count();
        assert!(voiced as f32 > 0.8 * track.hz.len() as f32);
    }
}

#[test]
fn silence_and_noise_have_no_pitch() {
    let mut state = 1_u32;
    let noise: Vec<f32> = (0..RATE)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 - 0.5
        })
        .collect();
    let voiced = track(&noise, RATE).hz.iter().filter(|&&hz| hz > 0.0).count();
    assert!(voiced <= 5, "{voiced}");
    assert_eq!(track(&[0.0; 8_000], RATE).median_hz(), None);
    assert_eq!(track(&[], RATE).median_hz(), None);
}

#[test]
fn pitch_moves_by_the_factor() {
    let source = vowel(0.8, |seconds| 120.0 + 20.0 * (TAU * 2.0 * seconds).sin(), [600.0, 1_400.0]);
    let before = track(&source, RATE).median_hz().unwrap();
    for factor in [0.7, 0.85, 1.0, 1.2, 1.5, 1.8, 2.5] {
        for formants in [0.9, 1.0, 1.17] {
            let changed = change(factor, formants).apply(&source, RATE);
            assert_eq!(changed.len(), source.len());
            let after = track(&changed, RATE).median_hz().unwrap();
            assert!(
                (after / before / factor - 1.0).abs() < 0.03,
                "{factor}, {formants}: {before} Hz became {after} Hz"
            );
        }
    }
}

#[test]
fn formants_move_by_their_factor_and_not_with_the_pitch() {
    let source = vowel(0.8, |seconds| 110.0 + 9.0 * (TAU * 5.0 * seconds).sin(), [700.0, 2_000.0]);
    for pitch in [0.85, 1.0, 1.4] {
        for factor in [0.88, 1.0, 1.18] {
            let changed = change(pitch, factor).apply(&source, RATE);
            // A spectrum shows its envelope only at the harmonics.
            let (before, after) = (summit(&source, 1_400.0, 2_900.0), summit(&changed, 1_400.0, 2_900.0));
            let wrong = (after - factor * before).abs();
            assert!(
                wrong < 1.25 * 110.0 * pitch,
                "pitch {pitch}, formants {factor}: {before} Hz became {after} Hz"
            );
        }
    }
}

#[test]
fn loudness_follows_the_original_without_clicks() {
    let mut source = vowel(1.2, |_| 130.0, [650.0, 1_300.0]);
    for (index, sample) in source.iter_mut().enumerate() {
        *sample *= 0.5 - 0.5 * (TAU * index as f32 / RATE as f32 * 2.5).cos();
    }
    let changed = change(1.3, 1.1).apply(&source, RATE);
    let levels = |samples: &[f32]| -> Vec<f32> {
        samples
            .chunks(640)
            .map(|part| (part.iter().map(|x| x * x).sum::<f32>() / part.len() as f32).sqrt())
            .collect()
    };
    let loudest = levels(&source).into_iter().fold(0.0, f32::max);
    for (before, after) in levels(&source).iter().zip(levels(&changed)) {
        assert!((before - after).abs() < 0.12 * loudest, "{before} {after}");
    }
    let steepest =
        |samples: &[f32]| samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(steepest(&changed) < 2.0 * steepest(&source));
}

#[test]
fn odd_recordings_pass() {
    let voice = Voice::from_seed(3, 0.5);
    assert!(voice.apply(&[], RATE).is_empty());
    assert_eq!(voice.apply(&[0.1; 7], 100), [0.1; 7]);
    for count in [1, 2, 50, 300, 801] {
        let changed = voice.apply(&vec![0.3; count], RATE);
        assert!(changed.len() == count && changed.iter().all(|x| x.is_finite() && x.abs() <= 1.0));
    }
    assert!(voice.apply(&[0.0; 9_000], 44_100).iter().all(|&x| x == 0.0));
}

#[test]
fn two_hundred_people_have_many_voices() {
    let voices: Vec<_> = (0..200).map(|seed| Voice::from_seed(seed, (seed % 2) as f32)).collect();
    let women: Vec<_> = voices.iter().step_by(2).collect();
    let men: Vec<_> = voices.iter().skip(1).step_by(2).collect();
    let mean =
        |voices: &[&Voice]| voices.iter().map(|voice| voice.median_hz).sum::<f32>() / voices.len() as f32;
    assert!((mean(&men) / MAN_HZ - 1.0).abs() < 0.05 && (mean(&women) / WOMAN_HZ - 1.0).abs() < 0.05);
    for (index, one) in voices.iter().enumerate() {
        assert!((80.0..280.0).contains(&one.median_hz) && (0.9..1.26).contains(&one.formants));
        assert!(voices[..index].iter().all(|other| other != one));
    }
    assert_eq!(voices[7], Voice::from_seed(7, 1.0));
}

use proptest::prelude::*;

use super::*;
use crate::script::{Word, alignment::check};

fn spoken(text: &str, samples: usize) -> SpokenTalk {
    let duration = samples as f64 / 16_000.0;
    let word =
        Word { text: text.into(), start: 0.1 * duration, end: 0.8 * duration, stress: Some(0.5 * duration) };
    let phone = |symbol: &str, start: f64, end: f64| Phone {
        symbol: symbol.into(),
        stress: 0,
        start: start * duration,
        end: end * duration,
    };
    SpokenTalk {
        talk: Talk {
            text: text.into(),
            words: vec![word],
            phones: vec![phone("SIL", 0.0, 0.1), phone("OW", 0.1, 0.8), phone("SIL", 0.8, 1.0)],
            duration,
        },
        samples: (0..samples).map(|index| (index as f32 * 0.37).sin() * 0.4).collect(),
        sample_rate: 16_000,
    }
}

proptest! {
    #[test]
    fn joined_times_point_at_the_same_sound(
        lengths in prop::collection::vec(1_000_usize..8_000, 1..5),
        pauses in prop::collection::vec(0.0..0.9_f64, 6),
    ) {
        let parts: Vec<_> = lengths.iter().map(|&length| spoken("no", length)).collect();
        let whole = SpokenTalk::join(&parts, &pauses[..=parts.len()]).unwrap();
        check(&whole.talk).unwrap();
        prop_assert_eq!(whole.talk.words.len(), parts.len());
        prop_assert!((whole.talk.duration * 16_000.0 - whole.samples.len() as f64).abs() < 1e-6);
        prop_assert!(whole.talk.phones.windows(2).all(|pair| (pair[0].end - pair[1].start).abs() < 1e-9));
        for (word, part) in whole.talk.words.iter().zip(&parts) {
            let own = (part.talk.words[0].stress.unwrap() * 16_000.0 + 1e-4).floor() as usize;
            let joined = (word.stress.unwrap() * 16_000.0 + 1e-4).floor() as usize;
            prop_assert_eq!(whole.samples[joined], part.samples[own]);
        }
    }
}

#[test]
fn parts_that_cannot_be_joined() {
    let part = spoken("no", 4_000);
    let slow = SpokenTalk { sample_rate: 8_000, ..part.clone() };
    assert!(SpokenTalk::join(&[], &[0.0]).is_err());
    assert!(SpokenTalk::join(&[part.clone(), slow], &[0.0; 3]).is_err());
    assert!(SpokenTalk::join(std::slice::from_ref(&part), &[0.0]).is_err());
    assert!(SpokenTalk::join(&[part], &[0.0, f64::NAN]).is_err());
}

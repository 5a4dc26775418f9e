use orator_media::{Audio, audio};
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

#[test]
fn a_composed_clip_has_the_wanted_length() {
    let parts: Vec<_> = (0..6).map(|index| spoken(&format!("w{index}"), 16_000 + 700 * index)).collect();
    let clip = SpokenTalk::compose(&parts, 9.5, 3).unwrap();
    assert_eq!(clip.samples.len(), 152_000);
    assert_eq!(clip, SpokenTalk::compose(&parts, 9.5, 3).unwrap());
    assert_ne!(clip.talk.text, SpokenTalk::compose(&parts, 9.5, 4).unwrap().talk.text);
    check(&clip.talk).unwrap();
    let mut said: Vec<_> = clip.talk.words.iter().take(6).map(|word| word.text.clone()).collect();
    said.sort();
    said.dedup();
    assert_eq!(said.len(), clip.talk.words.len().min(6));
    assert!(SpokenTalk::compose(&parts, 0.5, 3).is_err());
    assert!(SpokenTalk::compose(&parts, f64::INFINITY, 3).is_err());
}

#[test]
fn a_folder_of_clips() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(list_folder(&at("none")).is_err());
    assert!(list_folder(folder.path()).unwrap_err().to_string().contains("no pair"));
    for name in ["b", "a"] {
        let part = spoken(name, 8_000);
        audio::write_wav(&at(&format!("{name}.wav")), &Audio::new(16_000, part.samples).unwrap()).unwrap();
        std::fs::write(at(&format!("{name}.json")), serde_json::to_string(&part.talk).unwrap()).unwrap();
    }
    let read = read_folder(folder.path()).unwrap();
    assert_eq!(read.iter().map(|part| part.talk.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((read[0].sample_rate, read[0].samples.len()), (16_000, 8_000));

    std::fs::write(at("b.json"), serde_json::to_string(&spoken("b", 16_000).talk).unwrap()).unwrap();
    let error = read_folder(folder.path()).unwrap_err().to_string();
    assert!(error.contains("b.wav") && error.contains("its times are for"), "{error}");
    std::fs::write(at("b.wav"), "no sound").unwrap();
    let error = read_folder(folder.path()).unwrap_err().to_string();
    assert_eq!(error.matches("b.wav").count(), 1, "{error}");
    std::fs::remove_file(at("b.wav")).unwrap();
    assert!(list_folder(folder.path()).unwrap_err().to_string().contains("stands alone"));
}

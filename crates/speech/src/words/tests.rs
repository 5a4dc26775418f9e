//! The whole way from sound to words: on a made-up network that anybody has, and on the real one where it is at hand.

use super::vocabulary::tests::small;
use super::whisper::Dimensions;
use super::*;
use tch::{Device, Kind, Tensor};

/// A network of random weights that reads [`small`]'s vocabulary.
fn made_up(text_positions: i64) -> WordFinder {
    // Tests run side by side: more threads inside of each would only wait for each other.
    orator_nn::configure_threads(1);
    tch::manual_seed(5);
    let vocabulary = small();
    let dimensions = Dimensions {
        width: 16,
        heads: 2,
        audio_layers: 1,
        text_layers: 2,
        text_positions,
        vocabulary: vocabulary.no_times() + 1502,
        ..Dimensions::TINY_EN
    };
    WordFinder { whisper: Whisper::new(dimensions), vocabulary, heads: vec![(0, 1), (1, 0)] }
}

fn syllables(seconds: usize) -> Vec<f32> {
    (0..16_000 * seconds)
        .map(|n| {
            let time = n as f32 / 16_000.0;
            0.3 * (time * 9.0).sin().max(0.0) * (time * 1000.0 + (time * 3.0).sin() * 40.0).sin()
        })
        .collect()
}

#[test]
fn one_token_at_a_time_reads_as_all_at_once() {
    let WordFinder { whisper, .. } = made_up(32);
    tch::no_grad(|| {
        let sound = whisper.encode(&whisper::window(&syllables(2)));
        let tokens = [7, 300, 12, 12, 99, 264];
        let mut scores = Vec::new();
        let whole = whisper.read(&tokens, &sound, &mut TextState::default(), Some(&mut scores)).unwrap();
        assert_eq!(whole.size(), [6, whisper.dimensions.vocabulary]);
        assert_eq!(scores.iter().map(Tensor::size).collect::<Vec<_>>(), [[2, 6, 300], [2, 6, 300]]);
        let mut state = TextState::default();
        for (place, &token) in tokens.iter().enumerate() {
            let step = whisper.read(&[token], &sound, &mut state, None).unwrap().get(0);
            let difference = (step - whole.get(place as i64)).abs().max().double_value(&[]);
            assert!(difference < 1e-4, "token {place}: {difference}");
        }
        // What comes later does not change what was read before.
        let other = whisper.read(&[7, 300, 5], &sound, &mut TextState::default(), None).unwrap();
        assert!((other.get(1) - whole.get(1)).abs().max().double_value(&[]) < 1e-4);
        assert!(matches!(whisper.read(&[1; 33], &sound, &mut state, None), Err(SpeechError::Argument(_))));
        assert!(whisper.read(&[1, 2], &sound, &mut state, None).is_err());
    });
}

#[test]
fn any_network_gives_words_in_order_within_the_recording() {
    let finder = made_up(448);
    let check = |words: &Words, length: f64| {
        assert!(
            words.words.iter().all(|word| (0.0..=1.0).contains(&word.probability) && word.start <= word.end)
        );
        assert!(words.words.windows(2).all(|pair| pair[0].end <= pair[1].start + 1e-9));
        assert!(words.words.last().is_none_or(|word| word.end <= length + 1e-9));
    };
    let audio = Audio::new(16_000, syllables(3)).unwrap();
    check(&finder.recognise(&audio).unwrap(), 3.0);
    let given = finder.align(&audio, "the cat, the  cat\nsat -").unwrap();
    check(&given, 3.0);
    let texts: Vec<&str> = given.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["the", "cat,", "the", "cat", "sat -"]);
    assert_eq!(finder.align(&audio, "the cat, the  cat\nsat -").unwrap(), given);
    let error = finder.align(&audio, &"the cat ".repeat(300)).unwrap_err();
    assert!(matches!(error, SpeechError::Argument(_)), "{error}");

    let long = Audio::new(16_000, syllables(33)).unwrap();
    let mut last = 0.0;
    let found = finder.align_with_progress(&long, "the cat sat", &mut |done| last = done).unwrap();
    check(&found, 33.0);
    assert!(found.words.is_empty() || found.words.len() == 3);
    assert_eq!(last, 1.0);
}

#[test]
fn silence_has_no_words() {
    let finder = made_up(64);
    for samples in [vec![], vec![0.0; 40_000], vec![f32::NAN; 100]] {
        let audio = Audio::new(16_000, samples).unwrap();
        assert_eq!(finder.recognise(&audio).unwrap(), Words::default());
        assert!(finder.align(&audio, "hello").unwrap().words.is_empty());
    }
}

#[test]
fn other_files_are_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pt");
    std::fs::write(&path, b"not a checkpoint").unwrap();
    assert!(matches!(Whisper::tiny_en(&path), Err(SpeechError::Checkpoint(_))));
    let error = Vocabulary::from_file(&path).err().unwrap();
    assert!(error.to_string().contains("weights.pt") && error.hint().is_some(), "{error}");
    assert!(Vocabulary::from_file(&folder.path().join("none")).is_err());
}

#[test]
fn phrases_come_from_words_or_else_from_energy() {
    let mut sound = syllables(3);
    sound[16_000..24_000].fill(0.0);
    let silent = Words::default().segments(&sound);
    assert!(silent.len() > 1 && silent[silent.len() - 1].end == 3.0, "{silent:?}");
    let word = |start, end| Word { text: "w".into(), start, end, probability: 1.0 };
    let words = Words { text: "w w".into(), words: vec![word(0.1, 1.0), word(2.0, 2.9)] };
    assert_eq!(words.segments(&sound).iter().map(|s| s.end).collect::<Vec<_>>(), [1.5, 3.0]);
}

#[test]
fn front_end_is_finite_for_hostile_sound() {
    let audio = Audio::new(16_000, vec![1e30; 3200]).unwrap();
    let samples = prepared(&audio).unwrap();
    assert!(whisper::window(&samples).isfinite().all().int64_value(&[]) == 1);
    // 0.2 s of sound and 4 s of silence; never more than 30 s.
    assert_eq!(whisper::window(&samples).size(), [80, 420]);
    assert_eq!(whisper::window(&vec![0.1; 464_000]).size(), [80, 3000]);
    assert_eq!(whisper::window(&samples).kind(), Kind::Float);
    assert_eq!(whisper::window(&samples).device(), Device::Cpu);
}

/// The demo speech (7.1 s) with the word times that come with it, found by PocketSphinx.
#[test]
fn tiny_en_hears_the_demo_speech_and_when() {
    orator_nn::configure_threads(1);
    let finder = match WordFinder::load() {
        Ok(finder) => finder,
        Err(SpeechError::Asset(error)) => return eprintln!("skipped: {error}"),
        Err(error) => panic!("{error}"),
    };
    let path = locate(Asset::DemoSpeech).unwrap();
    let audio = orator_media::audio::read(&path, &orator_media::Limits::default()).unwrap();
    let text = std::fs::read_to_string(path.with_extension("txt")).unwrap();
    let given: Vec<String> = text.split_whitespace().map(plain).collect();

    let heard = finder.recognise(&audio).unwrap();
    let plainly: Vec<String> = heard.words.iter().map(|word| plain(&word.text)).collect();
    let wrong = given.iter().filter(|word| !plainly.contains(word)).count();
    // "mister" is written "Mr.", and the name is not a common one.
    assert!(wrong <= 3 && plainly.len().abs_diff(given.len()) <= 2, "{}", heard.text);

    let found = finder.align(&audio, &text).unwrap();
    assert_eq!(found.words.iter().map(|word| word.text.clone()).collect::<Vec<_>>(), given);
    // Beginnings of "and", "mister", "john", "dashwood", … "for", "them" as PocketSphinx has them.
    let starts = [
        0.2, 0.37, 0.63, 0.98, 1.58, 1.84, 2.25, 2.71, 2.89, 3.44, 4.0, 4.33, 4.52, 4.79, 4.94, 5.46, 5.56,
        5.75, 6.04, 6.14, 6.35, 6.61,
    ];
    assert_eq!(starts.len(), found.words.len());
    let errors: Vec<f64> =
        found.words.iter().zip(starts).map(|(word, start)| (word.start - start).abs()).collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    eprintln!("mean error of word starts: {:.0} ms; heard: {}", mean * 1000.0, heard.text);
    assert!(mean < 0.08, "{errors:?}");
}

#[test]
fn words_that_nobody_said_are_not_believed() {
    let of = |all: &[f64]| Words {
        words: all
            .iter()
            .map(|&probability| Word { text: "a".into(), start: 0.5, end: 0.75, probability })
            .collect(),
        ..Words::default()
    };
    assert!(of(&[0.9, 0.6]).are_sure() && Words::default().are_sure());
    assert!(!of(&[0.2, 0.3, 0.6]).are_sure());
}

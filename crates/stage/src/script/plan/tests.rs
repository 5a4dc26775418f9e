//! What every plan must keep to.

use proptest::prelude::*;

use super::candidate::{Hand, LEAST_STROKE_GAP, takes_part};
use crate::script::{Form, Gesture, GestureClass, Hands, RestPosture, Score, Style, Talk, Word, sentences};

/// Rounding of sums of times.
const SLACK: f64 = 1e-9;

fn staged(seed: u64, sentence_count: usize, rate: f64) -> (Talk, Style) {
    let text: Vec<String> = sentences(seed).take(sentence_count).collect();
    (Talk::timed(&text.join(" "), rate, seed), Style::from_seed(seed))
}

fn plain_style() -> Style {
    Style {
        left_handed: 0.0,
        both_hands: 0.0,
        amplitude: 1.0,
        tempo: 1.0,
        beats: 0.0,
        favourites: Vec::new(),
        rest: RestPosture::HandsFree,
        seated: false,
        height: 0.0,
        openness: 0.0,
        nodding: 1.0,
        blinks: 12.0,
        articulation: 1.0,
        smile: 0.0,
    }
}

fn check(score: &Score, talk: &Talk) -> Result<(), TestCaseError> {
    for gesture in &score.gestures {
        prop_assert_eq!(Some(gesture.stroke), talk.words[gesture.word].stress);
        prop_assert_eq!(gesture.class, gesture.form.class());
        prop_assert!(gesture.start >= 0.0 && gesture.end <= talk.duration, "{:?}", gesture);
        let preparation = gesture.stroke_start - gesture.start;
        let stroke = gesture.stroke_end - gesture.stroke_start;
        prop_assert!((0.25 - SLACK..=0.6 + SLACK).contains(&preparation), "{:?}", gesture);
        prop_assert!((0.16 - SLACK..=0.45 + SLACK).contains(&stroke), "{:?}", gesture);
        prop_assert!(gesture.stroke_start < gesture.stroke && gesture.stroke < gesture.stroke_end);
        prop_assert!(gesture.hold_end >= gesture.stroke_end - SLACK && gesture.end >= gesture.hold_end);
        let retraction = gesture.end - gesture.hold_end;
        if gesture.retracts {
            prop_assert!((0.4 - SLACK..=0.7 + SLACK).contains(&retraction), "{:?}", gesture);
        } else {
            prop_assert_eq!(retraction, 0.0);
        }
        prop_assert!(gesture.amplitude > 0.2 && gesture.amplitude < 2.0);
    }
    prop_assert!(score.gestures.is_sorted_by(|one, other| one.stroke < other.stroke));
    for hand in [Hand::Left, Hand::Right] {
        let mine: Vec<&Gesture> = score.gestures.iter().filter(|g| takes_part(g.hands, hand)).collect();
        for pair in mine.windows(2) {
            let (one, other) = (pair[0], pair[1]);
            prop_assert!(other.start >= one.end - SLACK, "{:?} {:?}", one, other);
            prop_assert!(other.stroke - one.stroke >= LEAST_STROKE_GAP);
            if one.hands == Hands::Both && other.hands != Hands::Both {
                prop_assert!(one.retracts, "a hand would be left in the air: {:?} {:?}", one, other);
            }
            if !one.retracts && one.hands == other.hands {
                prop_assert!((other.start - one.end).abs() < SLACK, "{:?} {:?}", one, other);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn plans_keep_their_promises(seed in 0_u64..1_000_000, count in 1_usize..7, rate in 80.0..280.0_f64) {
        let (talk, style) = staged(seed, count, rate);
        check(&Score::plan(&talk, &style, seed), &talk)?;
    }

    #[test]
    fn crowded_words_are_no_danger(
        gaps in prop::collection::vec(0.0..0.9_f64, 0..40),
        seed in any::<u64>(),
        room in 0.0..1.0_f64,
    ) {
        let forms = ["i", "think", "big", "three", "plan", "all", "no", "small", "you", "walk", "round"];
        let mut start = 0.0;
        let mut words = Vec::new();
        for (index, gap) in gaps.iter().enumerate() {
            start += gap;
            words.push(Word {
                text: forms[(index * 7 + seed as usize % 11) % forms.len()].to_owned(),
                start,
                end: start + gap / 2.0,
                stress: Some(start + gap / 4.0),
            });
        }
        let talk = Talk { words, duration: start + room, ..Talk::default() };
        check(&Score::plan(&talk, &Style::from_seed(seed), seed), &talk)?;
    }
}

#[test]
fn same_seed_same_plan() {
    let (talk, style) = staged(4, 5, 150.0);
    assert_eq!(Score::plan(&talk, &style, 9), Score::plan(&talk, &style, 9));
    assert_ne!(Score::plan(&talk, &style, 9), Score::plan(&talk, &style, 10));
}

#[test]
fn the_sides_have_their_hands_and_their_order() {
    let text = "On the one hand the plan is big, on the other hand it may be too slow.";
    let score = Score::plan(&Talk::timed(text, 130.0, 0), &plain_style(), 0);
    let found: Vec<(Form, Hands)> = score.gestures.iter().map(|g| (g.form, g.hands)).collect();
    let expected = [(Form::OneHand, Hands::Left), (Form::Big, Hands::Both), (Form::OtherHand, Hands::Right)];
    assert_eq!(found, expected);
}

#[test]
fn the_style_decides_hands_and_beats() {
    let mut left = plain_style();
    left.left_handed = 1.0;
    left.beats = 0.5;
    let (mut beats, mut stresses) = (0, 0);
    for seed in 0..20 {
        let (talk, _) = staged(seed, 5, 150.0);
        let score = Score::plan(&talk, &left, seed);
        let single = |g: &&Gesture| !matches!(g.form, Form::OneHand | Form::OtherHand);
        assert!(score.gestures.iter().filter(single).all(|g| g.hands != Hands::Right));
        beats += score.gestures.iter().filter(|g| g.class == GestureClass::Beat).count();
        stresses += talk.words.iter().filter(|word| word.stress.is_some()).count();
    }
    let share = beats as f64 / stresses as f64;
    assert!((0.1..0.5).contains(&share), "beats on {share} of the stresses");
}

#[test]
fn quiet_talks_have_no_gestures() {
    let style = plain_style();
    assert_eq!(Score::plan(&Talk::default(), &style, 1), Score::default());
    let talk = Talk::timed("We saw the tree near the river yesterday.", 150.0, 1);
    assert_eq!(Score::plan(&talk, &style, 1), Score::default());
}

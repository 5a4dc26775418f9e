//! Places gestures on speech: triggers first, then beats on stressed syllables.

mod candidate;
mod phases;
#[cfg(test)]
mod tests;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::candidate::{Candidate, Chosen};
use super::triggers::{Trigger, find_triggers};
use super::{Form, Hands, Score, Style, Talk};

/// Stream of the random generator for plans, so that other uses of the same seed stay independent.
const STREAM: u64 = 0x504c_414e;
/// A gap between words of at least this many seconds ends a gesture phrase.
const PHRASE_PAUSE: f64 = 0.18;
/// A gesture phrase longer than this many seconds ends at the next word.
const LONGEST_PHRASE: f64 = 4.0;
/// The same form is not shown again within this many seconds of its last stroke (beats may repeat).
const REPEAT_GAP: f64 = 1.5;
/// A phrase of several words ("on the one hand") is this much surer to be answered than a single word.
const PHRASE_BONUS: f32 = 1.0;
/// Beats due may wait for room; more than this many are forgotten.
const MOST_BEATS_DUE: f32 = 1.5;

/// Words that are pointed with but bear no beat.
const NO_BEAT: &[&str] =
    &["i", "me", "my", "mine", "you", "your", "i'm", "i've", "i'd", "i'll", "you're", "you've", "you'll"];

impl Score {
    /// Plans the gestures for `talk` in `style`. The same arguments give the same score.
    ///
    /// Every stroke lies exactly at [`super::Word::stress`] of its word; words without stress get no gesture. All
    /// phases lie within `[0, talk.duration]`, and those of one hand never overlap. Triggered gestures go before
    /// beats; where there is no time for a preparation, the gesture is dropped.
    pub fn plan(talk: &Talk, style: &Style, seed: u64) -> Score {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(STREAM);
        let hands = phrase_hands(talk, style, &mut random);
        let texts: Vec<&str> = talk.words.iter().map(|word| word.text.as_str()).collect();
        let triggers = find_triggers(&texts);

        let mut chosen = Chosen::within(talk.duration);
        let mut taken = vec![false; talk.words.len()];
        for (trigger, candidate) in answered(talk, style, &triggers, &hands, &mut random) {
            let fits = !chosen.repeats(&candidate, REPEAT_GAP) && chosen.insert(candidate);
            if fits {
                taken[trigger.first..trigger.first + trigger.count].fill(true);
            }
        }
        add_beats(talk, style, &hands, &taken, &mut chosen, &mut random);
        let gestures = phases::lay_out(&chosen.into_sorted(), talk, style, &mut random);
        Score { gestures }
    }
}

/// The hands of one gesture phrase.
#[derive(Clone, Copy)]
struct PhraseHands {
    /// Hands for gestures that any hands can do.
    any: Hands,
    /// The hand for gestures of one hand.
    single: Hands,
}

/// Draws the hands of each gesture phrase; one entry per word. A speaker keeps a hand for a phrase.
fn phrase_hands(talk: &Talk, style: &Style, random: &mut ChaCha8Rng) -> Vec<PhraseHands> {
    let mut hands = Vec::with_capacity(talk.words.len());
    let mut phrase_start = f64::NEG_INFINITY;
    let mut last_end = f64::NEG_INFINITY;
    let mut current = PhraseHands { any: Hands::Right, single: Hands::Right };
    for word in &talk.words {
        if word.start - last_end >= PHRASE_PAUSE || word.start - phrase_start > LONGEST_PHRASE {
            phrase_start = word.start;
            let left = random.random_bool(f64::from(style.left_handed.clamp(0.0, 1.0)));
            let both = random.random_bool(f64::from(style.both_hands.clamp(0.0, 1.0)));
            let single = if left { Hands::Left } else { Hands::Right };
            current = PhraseHands { any: if both { Hands::Both } else { single }, single };
        }
        last_end = word.end;
        hands.push(current);
    }
    hands
}

/// The triggers that the speaker wants to answer, the most wanted first.
fn answered(
    talk: &Talk,
    style: &Style,
    triggers: &[Trigger],
    hands: &[PhraseHands],
    random: &mut ChaCha8Rng,
) -> Vec<(Trigger, Candidate)> {
    let mut wanted = Vec::new();
    for trigger in triggers {
        let readiness = style.readiness(trigger.form);
        let phrase_bonus = if trigger.count > 1 { PHRASE_BONUS } else { 0.0 };
        let answers = random.random::<f32>() < readiness;
        let eagerness = readiness * random.random_range(0.5..1.0_f32) + phrase_bonus;
        let Some(stroke) = talk.words[trigger.carrier].stress else { continue };
        if answers {
            let hands = hands_for(trigger.form, hands[trigger.carrier]);
            wanted.push((eagerness, *trigger, Candidate::new(trigger.carrier, stroke, trigger.form, hands)));
        }
    }
    wanted.sort_by(|(one, first, _), (other, second, _)| {
        other.total_cmp(one).then(first.carrier.cmp(&second.carrier))
    });
    wanted.into_iter().map(|(_, trigger, candidate)| (trigger, candidate)).collect()
}

/// The hands a form is done with, given those of the phrase: the first choice, then what else would do.
fn hands_for(form: Form, phrase: PhraseHands) -> [Option<Hands>; 2] {
    match form {
        Form::Big | Form::All => [Some(Hands::Both), None],
        // "The left side is offered": the listener sees it on the right.
        Form::OneHand => [Some(Hands::Left), None],
        Form::OtherHand => [Some(Hands::Right), None],
        Form::Number(_) => [Some(phrase.single), None],
        Form::PointSelf | Form::PointYou => [Some(phrase.single), Some(Hands::Both)],
        _ if phrase.any == Hands::Both => [Some(Hands::Both), Some(phrase.single)],
        _ => [Some(phrase.any), Some(Hands::Both)],
    }
}

/// Fills the style's share of stressed syllables with beats, where there is room.
fn add_beats(
    talk: &Talk,
    style: &Style,
    hands: &[PhraseHands],
    taken: &[bool],
    chosen: &mut Chosen,
    random: &mut ChaCha8Rng,
) {
    let mut due = random.random_range(0.0..1.0_f32);
    for (index, word) in talk.words.iter().enumerate() {
        let Some(stroke) = word.stress else { continue };
        if taken[index] || NO_BEAT.contains(&word.text.as_str()) {
            continue;
        }
        due = (due + style.beats).min(MOST_BEATS_DUE);
        // The dither keeps beats from falling on every second or third stress like clockwork.
        if due < random.random_range(0.5..1.5) {
            continue;
        }
        let hands = hands_for(Form::Beat, hands[index]);
        if chosen.insert(Candidate::new(index, stroke, Form::Beat, hands)) {
            due -= 1.0;
        }
    }
}

//! From speech to a score: which gestures, with which hands, and when.
//!
//! A gesture's stroke falls on the stressed vowel of its word; preparation comes before, a hold and often a retraction
//! after (Kendon's phases). Triggered gestures are placed first, then beats fill stressed syllables that are still free.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Form, Gesture, GestureClass, Hands, Score, Style, Talk, triggers};

/// Times of an ordinary gesture, in seconds; a faster speaker divides them by the style's tempo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Preparation, from the first movement to the start of the stroke.
    pub preparation: [f64; 2],
    /// The stroke of a beat.
    pub beat: [f64; 2],
    /// The stroke of any other gesture.
    pub stroke: [f64; 2],
    /// Retraction to the rest posture.
    pub retraction: [f64; 2],
    /// The hold after a stroke.
    pub hold: [f64; 2],
    /// The same hand's strokes are at least this far apart.
    pub between_strokes: f64,
    /// A hand goes back to rest if its next preparation begins later than this after the hold.
    pub rest_after: f64,
    /// Least preparation into which one is squeezed before the gesture is given up.
    pub least_preparation: f64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            preparation: [0.32, 0.6],
            beat: [0.18, 0.26],
            stroke: [0.26, 0.42],
            retraction: [0.45, 0.75],
            hold: [0.12, 0.5],
            between_strokes: 0.5,
            rest_after: 1.0,
            least_preparation: 0.24,
        }
    }
}

/// A pause between words that ends a phrase, in seconds: a speaker keeps a hand for a phrase.
const PHRASE_PAUSE: f64 = 0.25;

struct Wish {
    word: usize,
    at: f64,
    form: Form,
    class: GestureClass,
}

impl Score {
    /// Plans the gestures of a talk in a speaker's style. The same seed gives the same score.
    #[must_use]
    pub fn plan(talk: &Talk, style: &Style, seed: u64) -> Self {
        Self::plan_with(talk, style, seed, &Timing::default())
    }

    /// The same with other times.
    #[must_use]
    pub fn plan_with(talk: &Talk, style: &Style, seed: u64, timing: &Timing) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let hands = phrase_hands(talk, style, &mut chance);
        let mut planner = Planner { talk, style, timing, placed: Vec::new() };
        for wish in triggered(talk, style, &mut chance) {
            planner.place(&wish, hands[wish.word], &mut chance);
        }
        for wish in beats(talk, style, &mut chance) {
            planner.place(&wish, hands[wish.word], &mut chance);
        }
        planner.finish(&mut chance)
    }
}

/// Triggers that this speaker answers, each with the moment of its stroke.
fn triggered(talk: &Talk, style: &Style, chance: &mut ChaCha8Rng) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for trigger in triggers(&talk.words) {
        let readiness = style.favourites.iter().find(|(form, _)| *form == trigger.form.kind()).map_or(0.7, |f| f.1);
        let word = &talk.words[trigger.word];
        // A trigger word counts even where the sentence leaves it unstressed ("I").
        let at = word.stress.unwrap_or(0.5 * (word.start + word.end));
        if chance.random::<f32>() < readiness {
            wishes.push(Wish { word: trigger.word, at, form: trigger.form, class: trigger.class });
        }
    }
    wishes
}

/// Stressed syllables that get a beat if there is room.
fn beats(talk: &Talk, style: &Style, chance: &mut ChaCha8Rng) -> Vec<Wish> {
    let stressed = talk.words.iter().enumerate().filter_map(|(word, w)| Some((word, w.stress?)));
    stressed
        .filter(|_| chance.random::<f32>() < style.beats)
        .map(|(word, at)| Wish { word, at, form: Form::Beat, class: GestureClass::Beat })
        .collect()
}

/// The hands that gestures on each word would use: one choice for a phrase.
fn phrase_hands(talk: &Talk, style: &Style, chance: &mut ChaCha8Rng) -> Vec<Hands> {
    let mut draw = || {
        if chance.random::<f32>() < style.both_hands {
            Hands::Both
        } else if chance.random::<f32>() < style.left_handed {
            Hands::Left
        } else {
            Hands::Right
        }
    };
    let mut out = Vec::with_capacity(talk.words.len());
    let mut now = draw();
    for (index, word) in talk.words.iter().enumerate() {
        if index > 0 && word.start - talk.words[index - 1].end > PHRASE_PAUSE {
            now = draw();
        }
        out.push(now);
    }
    out
}

/// The hands a form asks for, whatever the phrase prefers.
fn hands_of(form: Form, preferred: Hands) -> Hands {
    let one = if preferred == Hands::Left { Hands::Left } else { Hands::Right };
    match form {
        Form::Big | Form::All => Hands::Both,
        Form::OneHand => Hands::Left,
        Form::OtherHand => Hands::Right,
        Form::PointSelf | Form::PointYou | Form::Number(_) | Form::Round | Form::Up | Form::Down => one,
        _ => preferred,
    }
}

struct Planner<'a> {
    talk: &'a Talk,
    style: &'a Style,
    timing: &'a Timing,
    placed: Vec<Gesture>,
}

impl Planner<'_> {
    /// Places a gesture if there is time for its preparation and stroke between its neighbours.
    fn place(&mut self, wish: &Wish, preferred: Hands, chance: &mut ChaCha8Rng) {
        let t = self.timing;
        let tempo = f64::from(self.style.tempo);
        let mut draw = |[low, high]: [f64; 2]| chance.random_range(low..high) / tempo;
        let hands = hands_of(wish.form, preferred);
        let stroke = draw(if wish.form == Form::Beat { t.beat } else { t.stroke });
        let preparation = draw(t.preparation);
        let hold = draw(t.hold);
        let (stroke_start, stroke_end) = (wish.at - 0.5 * stroke, wish.at + 0.5 * stroke);
        let near = |other: &&Gesture| shares_a_hand(hands, other.hands);
        // The hand is free after the last stroke before, and must be free for the next preparation.
        let before = self.placed.iter().filter(near).filter(|g| g.stroke <= wish.at).map(|g| g.stroke_end);
        let free_from = before.fold(0.0, f64::max);
        let after = self.placed.iter().filter(near).filter(|g| g.stroke > wish.at).map(|g| g.stroke_start);
        let free_to = after.fold(f64::INFINITY, f64::min) - t.least_preparation;
        let apart = self.placed.iter().filter(near).all(|g| (g.stroke - wish.at).abs() >= t.between_strokes);
        let start = (stroke_start - preparation).max(free_from);
        let fits = start >= 0.0
            && stroke_start - start >= t.least_preparation
            && stroke_end <= free_to
            && stroke_end <= self.talk.duration - 0.05;
        if !(apart && fits) {
            return;
        }
        let amplitude = self.style.amplitude * chance.random_range(0.85..1.15f32);
        self.placed.push(Gesture {
            class: wish.class,
            form: wish.form,
            hands,
            word: wish.word,
            start,
            stroke_start,
            stroke: wish.at,
            stroke_end,
            // As long as the speaker would like; cut in `finish` when the neighbours are known.
            hold_end: stroke_end + hold,
            end: stroke_end + hold,
            retracts: true,
            amplitude,
        });
    }

    /// Settles holds and retractions between neighbours.
    fn finish(mut self, chance: &mut ChaCha8Rng) -> Score {
        self.placed.sort_by(|a, b| a.stroke.total_cmp(&b.stroke));
        let t = self.timing;
        let tempo = f64::from(self.style.tempo);
        for index in 0..self.placed.len() {
            let (hands, stroke_end) = (self.placed[index].hands, self.placed[index].stroke_end);
            // Both hands may have different next gestures: the earlier one decides.
            let next = self.placed[index + 1..]
                .iter()
                .filter(|g| shares_a_hand(hands, g.hands))
                .map(|g| (g.stroke_start, g.start.max(stroke_end)))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let retraction = chance.random_range(t.retraction[0]..t.retraction[1]) / tempo;
            let gesture = &mut self.placed[index];
            let room_to = next.map_or(self.talk.duration, |(_, start)| start);
            gesture.hold_end = gesture.hold_end.min(room_to);
            let room = room_to - gesture.hold_end;
            gesture.retracts = if next.is_some() { room >= t.rest_after.max(retraction) } else { room >= retraction };
            gesture.end = if gesture.retracts { gesture.hold_end + retraction } else { room_to };
            if !gesture.retracts {
                gesture.hold_end = room_to;
            }
        }
        // A preparation that was squeezed begins where the gesture before has ended.
        for index in 1..self.placed.len() {
            let hands = self.placed[index].hands;
            let before = self.placed[..index].iter().filter(|g| shares_a_hand(hands, g.hands)).map(|g| g.end);
            let free = before.fold(0.0, f64::max);
            self.placed[index].start = self.placed[index].start.max(free).min(self.placed[index].stroke_start);
        }
        Score { gestures: self.placed }
    }
}

fn shares_a_hand(a: Hands, b: Hands) -> bool {
    a == b || a == Hands::Both || b == Hands::Both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Word, sentences};
    use proptest::prelude::*;

    fn talk(seed: u64) -> Talk {
        let mut at = 0.2;
        let mut words = Vec::new();
        let mut text = String::new();
        for sentence in sentences(seed).take(3) {
            for word in sentence.to_lowercase().split(|c: char| !(c.is_alphabetic() || c == '\'')).filter(|w| !w.is_empty()) {
                let length = 0.08 + 0.05 * word.len() as f64;
                let stress = (word.len() > 3).then_some(at + 0.4 * length);
                words.push(Word { text: word.into(), start: at, end: at + length, stress });
                at += length;
            }
            at += 0.4;
            text += &sentence;
        }
        Talk { text, words, phones: Vec::new(), duration: at + 0.3 }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn phases_are_in_order_and_no_hand_does_two_things(seed in 0u64..100_000) {
            let talk = talk(seed);
            let style = Style::from_seed(seed);
            let score = Score::plan(&talk, &style, seed);
            prop_assert_eq!(&score, &Score::plan(&talk, &style, seed));
            for (i, g) in score.gestures.iter().enumerate() {
                prop_assert!(0.0 <= g.start && g.start < g.stroke_start && g.stroke_start < g.stroke, "{g:?}");
                prop_assert!(g.stroke < g.stroke_end && g.stroke_end <= g.hold_end && g.hold_end <= g.end, "{g:?}");
                prop_assert!(g.end <= talk.duration + 1e-9, "{g:?}");
                let word = &talk.words[g.word];
                prop_assert!(g.stroke >= word.start && g.stroke <= word.end);
                for other in &score.gestures[i + 1..] {
                    if shares_a_hand(g.hands, other.hands) {
                        prop_assert!(g.end <= other.start + 1e-9, "{g:?} {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn most_triggers_and_some_syllables_are_answered() {
        let (mut gestures, mut beats, mut seconds) = (0, 0, 0.0);
        for seed in 0..40 {
            let talk = talk(seed);
            let score = Score::plan(&talk, &Style::from_seed(seed), seed);
            gestures += score.gestures.len();
            beats += score.gestures.iter().filter(|g| g.class == GestureClass::Beat).count();
            seconds += talk.duration;
        }
        let rate = gestures as f64 / seconds;
        assert!((0.35..1.6).contains(&rate) && beats * 8 > gestures, "{gestures} gestures, {beats} beats in {seconds} s");
    }
}

//! The phases of gestures whose strokes are fixed: preparation, stroke, hold, retraction (Kendon; McNeill 1992).

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::candidate::{
    Candidate, FASTEST_AT, Hand, SHORTEST_PREPARATION, SHORTEST_RETRACTION, free_between, must_retract,
    takes_part,
};
use crate::script::{Form, Gesture, Style, Talk};

/// Longest phases in seconds.
const LONGEST_PREPARATION: f64 = 0.6;
const LONGEST_STROKE: f64 = 0.45;
const LONGEST_RETRACTION: f64 = 0.7;
/// A hand retracts only if it can then rest this long, in seconds, before its next preparation.
const LEAST_REST: f64 = 0.2;
/// Ranges of the wished lengths in seconds at tempo 1.
const BEAT_STROKE: (f64, f64) = (0.17, 0.24);
const OTHER_STROKE: (f64, f64) = (0.28, 0.42);
const ROUND_STROKE: (f64, f64) = (0.38, 0.45);
const BEAT_PREPARATION: (f64, f64) = (0.27, 0.38);
const OTHER_PREPARATION: (f64, f64) = (0.35, 0.58);
const RETRACTION: (f64, f64) = (0.45, 0.7);
/// A beat is held this long after its stroke, in seconds.
const BEAT_HOLD: (f64, f64) = (0.04, 0.18);
/// Other gestures are held to the end of their word and this much longer, in seconds.
const HOLD_AFTER_WORD: (f64, f64) = (0.1, 0.6);
/// Spread of amplitudes about the style's, and the size of beats compared with other gestures.
const AMPLITUDE_SPREAD: (f32, f32) = (0.85, 1.15);
const BEAT_AMPLITUDE: (f32, f32) = (0.6, 0.85);
/// A stroke pressed into the shortest time is this much smaller.
const PRESSED_AMPLITUDE: f32 = 0.75;
/// Slowest and quickest tempo that a style's is limited to.
const TEMPO: (f64, f64) = (0.5, 2.0);

/// Draws within a range.
fn draw(range: (f64, f64), random: &mut ChaCha8Rng) -> f64 {
    random.random_range(range.0..range.1)
}

/// Wished lengths of one gesture's phases, in seconds, and its amplitude.
struct Wish {
    preparation: f64,
    stroke: f64,
    hold: f64,
    retraction: f64,
    amplitude: f32,
}

impl Wish {
    fn draw(candidate: &Candidate, talk: &Talk, style: &Style, random: &mut ChaCha8Rng) -> Wish {
        let tempo = f64::from(style.tempo).clamp(TEMPO.0, TEMPO.1);
        let (stroke, preparation) = match candidate.form {
            Form::Beat => (BEAT_STROKE, BEAT_PREPARATION),
            Form::Round => (ROUND_STROKE, OTHER_PREPARATION),
            _ => (OTHER_STROKE, OTHER_PREPARATION),
        };
        let stroke = (draw(stroke, random) / tempo).clamp(candidate.shortest(), LONGEST_STROKE);
        let preparation =
            (draw(preparation, random) / tempo).clamp(SHORTEST_PREPARATION, LONGEST_PREPARATION);
        let beat_hold = draw(BEAT_HOLD, random);
        let hold_after_word = draw(HOLD_AFTER_WORD, random);
        let stroke_end = candidate.stroke + (1.0 - FASTEST_AT) * stroke;
        let hold = if candidate.form == Form::Beat {
            beat_hold
        } else {
            (talk.words[candidate.word].end - stroke_end).max(0.0) + hold_after_word
        };
        let retraction = (draw(RETRACTION, random) / tempo).clamp(SHORTEST_RETRACTION, LONGEST_RETRACTION);
        let spread = random.random_range(AMPLITUDE_SPREAD.0..AMPLITUDE_SPREAD.1);
        let beat_size = random.random_range(BEAT_AMPLITUDE.0..BEAT_AMPLITUDE.1);
        let size = if candidate.form == Form::Beat { beat_size } else { 1.0 };
        Wish { preparation, stroke, hold, retraction, amplitude: style.amplitude * spread * size }
    }
}

/// Which gestures come before and after each one, hand by hand.
struct Neighbours {
    previous: [Option<usize>; 2],
    next: [Option<usize>; 2],
}

fn neighbours(candidates: &[Candidate], at: usize) -> Neighbours {
    let mut found = Neighbours { previous: [None; 2], next: [None; 2] };
    for (slot, hand) in [Hand::Left, Hand::Right].into_iter().enumerate() {
        if takes_part(candidates[at].hands, hand) {
            let takes = |index: &usize| takes_part(candidates[*index].hands, hand);
            found.previous[slot] = (0..at).rev().find(takes);
            found.next[slot] = (at + 1..candidates.len()).find(takes);
        }
    }
    found
}

/// How much of its wished length each stroke gets: 0 the shortest, 1 all.
fn stroke_shares(candidates: &[Candidate], wishes: &[Wish], all: &[Neighbours], duration: f64) -> Vec<f64> {
    let extra = |index: usize| wishes[index].stroke - candidates[index].shortest();
    let share_of = |free: f64, wished: f64| if wished > free { (free / wished).clamp(0.0, 1.0) } else { 1.0 };
    let mut shares = vec![1.0_f64; candidates.len()];
    for (at, candidate) in candidates.iter().enumerate() {
        let shortest = candidate.shortest();
        let before = candidate.stroke - FASTEST_AT * shortest - SHORTEST_PREPARATION;
        let after = duration - candidate.stroke - (1.0 - FASTEST_AT) * shortest;
        let edges =
            share_of(before, FASTEST_AT * extra(at)).min(share_of(after, (1.0 - FASTEST_AT) * extra(at)));
        shares[at] = shares[at].min(edges);
        for next in all[at].next.into_iter().flatten() {
            let later = &candidates[next];
            let shortest_halves = (1.0 - FASTEST_AT) * shortest + FASTEST_AT * later.shortest();
            let free = later.stroke
                - candidate.stroke
                - shortest_halves
                - free_between(candidate.hands, later.hands);
            let share = share_of(free, (1.0 - FASTEST_AT) * extra(at) + FASTEST_AT * extra(next));
            shares[at] = shares[at].min(share);
            shares[next] = shares[next].min(share);
        }
    }
    shares
}

/// Gives each gesture its phases. `candidates` are in order of their strokes and fit beside each other.
pub(super) fn lay_out(
    candidates: &[Candidate],
    talk: &Talk,
    style: &Style,
    random: &mut ChaCha8Rng,
) -> Vec<Gesture> {
    let wishes: Vec<Wish> =
        candidates.iter().map(|candidate| Wish::draw(candidate, talk, style, random)).collect();
    let all: Vec<Neighbours> = (0..candidates.len()).map(|at| neighbours(candidates, at)).collect();
    let shares = stroke_shares(candidates, &wishes, &all, talk.duration);

    let mut gestures: Vec<Gesture> = Vec::with_capacity(candidates.len());
    for (at, candidate) in candidates.iter().enumerate() {
        let wish = &wishes[at];
        let shortest = candidate.shortest();
        let length = shortest + shares[at] * (wish.stroke - shortest);
        let stroke_start = candidate.stroke - FASTEST_AT * length;
        // Not before the hands have done their last stroke (and gone home where only one of two goes on).
        let earliest = all[at].previous.into_iter().flatten().fold(0.0_f64, |earliest, previous| {
            let retraction = free_between(candidates[previous].hands, candidate.hands) - SHORTEST_PREPARATION;
            earliest.max(gestures[previous].stroke_end + retraction)
        });
        let pressed = PRESSED_AMPLITUDE + (1.0 - PRESSED_AMPLITUDE) * shares[at] as f32;
        gestures.push(Gesture {
            class: candidate.form.class(),
            form: candidate.form,
            hands: candidate.hands,
            word: candidate.word,
            start: (stroke_start - wish.preparation).max(earliest),
            stroke_start,
            stroke: candidate.stroke,
            stroke_end: stroke_start + length,
            hold_end: stroke_start + length,
            end: stroke_start + length,
            retracts: false,
            amplitude: wish.amplitude * pressed,
        });
    }
    for (at, wish) in wishes.iter().enumerate() {
        let starts = all[at].next.into_iter().flatten().map(|next| gestures[next].start);
        let next_start = starts.reduce(f64::min);
        let forced = all[at]
            .next
            .into_iter()
            .flatten()
            .any(|next| must_retract(candidates[at].hands, candidates[next].hands));
        close(&mut gestures[at], wish, next_start, forced, talk.duration);
    }
    gestures
}

/// Ends a gesture: a hold, then back to rest where there is time, else on to the next preparation at `next_start`.
fn close(gesture: &mut Gesture, wish: &Wish, next_start: Option<f64>, forced: bool, duration: f64) {
    let limit = next_start.unwrap_or(duration);
    let free = limit - gesture.stroke_end;
    let rests = free >= wish.hold + wish.retraction + LEAST_REST;
    let last = next_start.is_none() && free >= SHORTEST_RETRACTION;
    if rests {
        gesture.hold_end = gesture.stroke_end + wish.hold;
        gesture.end = gesture.hold_end + wish.retraction;
    } else if forced || last {
        let retraction = wish.retraction.min(free);
        gesture.hold_end = gesture.stroke_end + wish.hold.min(free - retraction);
        gesture.end = (gesture.hold_end + retraction).min(limit);
    } else {
        gesture.hold_end = limit;
        gesture.end = limit;
    }
    gesture.retracts = rests || forced || last;
}

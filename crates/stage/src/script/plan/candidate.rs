//! Which gestures fit beside each other: the least times between strokes of the same hand.

use crate::script::{Form, Hands};

/// Shortest preparation in seconds.
pub(super) const SHORTEST_PREPARATION: f64 = 0.25;
/// Shortest retraction in seconds.
pub(super) const SHORTEST_RETRACTION: f64 = 0.4;
/// Least time in seconds between two strokes of the same hand.
pub(super) const LEAST_STROKE_GAP: f64 = 0.45;
/// Shortest stroke in seconds, of beats and of all others.
const SHORTEST_BEAT: f64 = 0.16;
const SHORTEST_STROKE: f64 = 0.22;
/// Where in a stroke the wrist is fastest: the middle, as in minimum-jerk movement (Flash and Hogan 1985).
pub(super) const FASTEST_AT: f64 = 0.5;

/// A hand, where `Hands::Both` will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Left,
    Right,
}

/// Whether `hand` is one of `hands`.
pub(super) fn takes_part(hands: Hands, hand: Hand) -> bool {
    matches!((hands, hand), (Hands::Both, _) | (Hands::Left, Hand::Left) | (Hands::Right, Hand::Right))
}

/// A gesture that may be placed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Index of the word that carries it.
    pub word: usize,
    /// Moment of the stroke in seconds.
    pub stroke: f64,
    /// Form.
    pub form: Form,
    /// Hands: the choice made, once it is placed.
    pub hands: Hands,
    /// What else the hands could be.
    second_choice: Option<Hands>,
}

impl Candidate {
    /// A gesture with the hands it may be done with, best first.
    pub fn new(word: usize, stroke: f64, form: Form, hands: [Option<Hands>; 2]) -> Candidate {
        let [first, second_choice] = hands;
        Candidate { word, stroke, form, hands: first.unwrap_or(Hands::Both), second_choice }
    }

    /// Shortest time its stroke may take, in seconds.
    pub fn shortest(&self) -> f64 {
        if self.form == Form::Beat { SHORTEST_BEAT } else { SHORTEST_STROKE }
    }
}

/// Time in seconds between the end of `earlier`'s stroke and the start of `later`'s that must be free when they share
/// a hand: a preparation, and a retraction where the other hand of `earlier` has to go home.
pub(super) fn free_between(earlier: Hands, later: Hands) -> f64 {
    if must_retract(earlier, later) {
        SHORTEST_RETRACTION + SHORTEST_PREPARATION
    } else {
        SHORTEST_PREPARATION
    }
}

/// Whether `earlier` has to retract before `later` starts: only one of its two hands would go on.
pub(super) fn must_retract(earlier: Hands, later: Hands) -> bool {
    earlier == Hands::Both && later != Hands::Both
}

fn fit(earlier: &Candidate, later: &Candidate) -> bool {
    let halves = (1.0 - FASTEST_AT) * earlier.shortest() + FASTEST_AT * later.shortest();
    let needed = (free_between(earlier.hands, later.hands) + halves).max(LEAST_STROKE_GAP);
    later.stroke - earlier.stroke >= needed
}

/// The gestures placed so far.
pub(super) struct Chosen {
    duration: f64,
    /// In order of the stroke.
    candidates: Vec<Candidate>,
}

impl Chosen {
    /// No gestures yet, in a talk of `duration` seconds.
    pub fn within(duration: f64) -> Chosen {
        Chosen { duration, candidates: Vec::new() }
    }

    /// Whether the same form is placed within `gap` seconds.
    pub fn repeats(&self, candidate: &Candidate, gap: f64) -> bool {
        self.candidates
            .iter()
            .any(|other| other.form == candidate.form && (other.stroke - candidate.stroke).abs() < gap)
    }

    /// Places the gesture with the first choice of hands that leaves time for all phases; false if none does.
    pub fn insert(&mut self, candidate: Candidate) -> bool {
        let second = candidate.second_choice.map(|hands| Candidate { hands, ..candidate.clone() });
        for option in [Some(candidate), second].into_iter().flatten() {
            if self.has_room(&option) {
                let at = self.candidates.partition_point(|other| other.stroke < option.stroke);
                self.candidates.insert(at, option);
                return true;
            }
        }
        false
    }

    fn has_room(&self, candidate: &Candidate) -> bool {
        let before = FASTEST_AT * candidate.shortest() + SHORTEST_PREPARATION;
        let after = (1.0 - FASTEST_AT) * candidate.shortest();
        // Written so that a time that is not a number has no room either.
        let inside = candidate.stroke >= before && candidate.stroke + after <= self.duration;
        let at = self.candidates.partition_point(|other| other.stroke < candidate.stroke);
        let (earlier, later) = self.candidates.split_at(at);
        inside
            && [Hand::Left, Hand::Right].into_iter().filter(|hand| takes_part(candidate.hands, *hand)).all(
                |hand| {
                    let previous = earlier.iter().rev().find(|other| takes_part(other.hands, hand));
                    let next = later.iter().find(|other| takes_part(other.hands, hand));
                    previous.is_none_or(|previous| fit(previous, candidate))
                        && next.is_none_or(|next| fit(candidate, next))
                },
            )
    }

    /// The gestures in order of their stroke.
    pub fn into_sorted(self) -> Vec<Candidate> {
        self.candidates
    }
}

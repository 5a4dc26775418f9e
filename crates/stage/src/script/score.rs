//! What the hands will do in a clip: the gestures with their phases, each with what triggered it.

use serde::{Deserialize, Serialize};

/// The classes of gesture studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GestureClass {
    /// A short stroke on a stressed syllable.
    Beat,
    /// Pointing.
    Deictic,
    /// Drawing what is spoken of.
    Iconic,
    /// Giving a thought a place or a shape.
    Metaphoric,
}

/// What a gesture looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The hand drops sharply.
    Beat,
    /// "I", "me", "my": hand to the chest.
    PointSelf,
    /// "you": open hand or finger towards the camera.
    PointYou,
    /// "big", "huge": the hands move apart.
    Big,
    /// "small", "little": the hands come together, or thumb and index close.
    Small,
    /// "one" to "five": fingers are shown.
    Number(u8),
    /// "up", "rise": the hand rises.
    Up,
    /// "down", "fall": the hand sinks, palm down.
    Down,
    /// "round", "around": the hand draws a circle.
    Round,
    /// "on the one hand": the left side is offered.
    OneHand,
    /// "on the other": the right side is offered.
    OtherHand,
    /// "no", "never", "not": the palm wipes sideways.
    No,
    /// "idea", "think", "question": a cupped hand offers the thought.
    Offer,
    /// "all", "everything", "everybody": both hands sweep outwards.
    All,
}

impl Form {
    /// Every form once; `Number(1)` stands for all numbers.
    pub const ALL: [Self; 14] = [
        Self::Beat,
        Self::PointSelf,
        Self::PointYou,
        Self::Big,
        Self::Small,
        Self::Number(1),
        Self::Up,
        Self::Down,
        Self::Round,
        Self::OneHand,
        Self::OtherHand,
        Self::No,
        Self::Offer,
        Self::All,
    ];
}

/// Which hands take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hands {
    /// The person's left.
    Left,
    /// The person's right.
    Right,
    /// Both.
    Both,
}

/// One gesture and its phases, in seconds: preparation from `start` to `stroke_start`, stroke to `stroke_end`,
/// hold to `hold_end`, retraction to `end`. Phases never overlap those of another gesture of the same hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gesture {
    /// Class.
    pub class: GestureClass,
    /// Form.
    pub form: Form,
    /// Hands that take part.
    pub hands: Hands,
    /// Index of the word that triggered it.
    pub word: usize,
    /// Preparation begins.
    pub start: f64,
    /// Stroke begins.
    pub stroke_start: f64,
    /// The moment of greatest wrist speed in the stroke: for a beat, the middle of the stressed vowel.
    pub stroke: f64,
    /// Stroke ends.
    pub stroke_end: f64,
    /// Hold ends.
    pub hold_end: f64,
    /// Retraction ends; where the next gesture follows at once, its preparation begins here.
    pub end: f64,
    /// Whether the hand goes back to rest after the hold (otherwise the next gesture starts from here).
    pub retracts: bool,
    /// Size of the movement: 1 is ordinary.
    pub amplitude: f32,
}

/// All gestures of a clip in order of their stroke.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The gestures.
    pub gestures: Vec<Gesture>,
}

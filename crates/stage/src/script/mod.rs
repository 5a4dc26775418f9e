//! What is said and what the hands will do with it: speech with its times, speaking styles, the gesture grammar.

mod plan;
mod pronounce;
mod recordings;
mod score;
mod sentences;
mod style;
mod talk;
mod triggers;

pub use pronounce::{Sound, in_lexicon, mark_stress, pronounce, spoken_words, stresses};
pub use recordings::{Recording, Recordings, join};
pub use score::{Form, Gesture, GestureClass, Hands, Score};
pub use sentences::{Sentences, sentences, vocabulary};
pub use style::{RestPosture, Style};
pub use talk::{Phone, Talk, Word};
pub use triggers::{Trigger, find_triggers};

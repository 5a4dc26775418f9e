//! What is said and what the hands will do with it: speech with its times, speaking styles, the gesture grammar.

pub mod alignment;
pub mod bundled;
mod folder;
mod plan;
mod pronounce;
mod recordings;
mod score;
mod sentences;
pub mod sound;
mod style;
mod talk;
mod triggers;
pub mod voice;

pub use pronounce::{
    Sound, in_lexicon, is_function_word, is_vowel, mark_stress, pronounce, spoken_words, stresses,
};
pub use recordings::Recordings;
pub use score::{Form, Gesture, GestureClass, Hands, Score};
pub use sentences::{Sentences, sentences, vocabulary};
pub use style::{RestPosture, Style};
pub use talk::{Phone, Talk, Word};
pub use triggers::{Trigger, find_triggers};

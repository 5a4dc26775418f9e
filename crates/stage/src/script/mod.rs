//! What is said and what the hands will do with it: speech with its times, speaking styles, the gesture grammar.

mod score;
mod style;
mod talk;

pub use score::{Form, Gesture, GestureClass, Hands, Score};
pub use style::{RestPosture, Style};
pub use talk::{Phone, Talk, Word};

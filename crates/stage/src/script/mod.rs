//! What is said and what the hands will do with it: speech with its times, speaking styles, the gesture grammar.

mod plan;
mod score;
mod sentences;
mod style;
mod talk;
mod triggers;

pub use plan::Timing;
pub use score::{Form, Gesture, GestureClass, Hands, Score};
pub use sentences::sentences;
pub use style::{RestPosture, Style};
pub use talk::{Phone, Talk, Word};
pub use triggers::{Trigger, triggers};

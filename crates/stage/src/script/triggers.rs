//! The gesture grammar: which words and phrases call for which gesture.

use super::{Form, GestureClass, Word};

/// A word, or the head word of a phrase, that calls for a gesture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Index of the word on which the stroke falls.
    pub word: usize,
    /// What it calls for.
    pub form: Form,
    /// Its class.
    pub class: GestureClass,
}

/// Phrases, longest first; the number is the place of the stressed word inside the phrase.
const PHRASES: [(&[&str], usize, Form); 8] = [
    (&["on", "the", "one", "hand"], 2, Form::OneHand),
    (&["on", "the", "other", "hand"], 2, Form::OtherHand),
    (&["the", "whole", "world"], 1, Form::All),
    (&["on", "the", "other"], 2, Form::OtherHand),
    (&["of", "course"], 1, Form::Offer),
    (&["at", "all"], 1, Form::No),
    (&["each", "of", "you"], 2, Form::PointYou),
    (&["no", "one"], 0, Form::No),
];

/// Single words.
const WORDS: [(Form, &[&str]); 11] = [
    (Form::PointSelf, &["i", "i'm", "i've", "i'd", "i'll", "me", "my", "myself", "mine"]),
    (Form::PointYou, &["you", "you're", "you've", "you'll", "your", "yours", "yourself"]),
    (Form::Big, &["big", "bigger", "huge", "large", "great", "enormous", "wide", "giant", "long"]),
    (Form::Small, &["small", "smaller", "little", "tiny", "short", "narrow", "thin"]),
    (Form::Up, &["up", "rise", "rises", "higher", "high", "grow", "grows", "above", "top"]),
    (Form::Down, &["down", "fall", "falls", "lower", "low", "below", "bottom", "under"]),
    (Form::Round, &["round", "around", "circle", "wheel", "turn", "turns", "whole"]),
    (
        Form::No,
        &["no", "not", "never", "nothing", "nobody", "none", "don't", "can't", "won't", "didn't", "doesn't", "cannot"],
    ),
    (Form::Offer, &["idea", "ideas", "think", "question", "maybe", "reason", "example", "story", "answer"]),
    (Form::All, &["all", "every", "everything", "everybody", "everyone", "everywhere", "whole"]),
    (Form::Beat, &[]),
];

const NUMBERS: [&[&str]; 5] =
    [&["one", "first"], &["two", "second"], &["three", "third"], &["four", "fourth"], &["five", "fifth"]];

/// After these, "one" is a pronoun: "this one", "the big one".
const BEFORE_PRONOUN: [&str; 9] = ["this", "that", "which", "the", "another", "every", "any", "each", "some"];

/// All triggers of a talk, in order; where phrases and words overlap, the longest match is taken.
#[must_use]
pub fn triggers(words: &[Word]) -> Vec<Trigger> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (trigger, length) = match phrase(words, at) {
            Some((place, form, length)) => (Some((at + place, form)), length),
            None => (single(words, at).map(|form| (at, form)), 1),
        };
        if let Some((word, form)) = trigger {
            found.push(Trigger { word, form, class: form.class() });
        }
        at += length;
    }
    found
}

fn phrase(words: &[Word], at: usize) -> Option<(usize, Form, usize)> {
    PHRASES.iter().find_map(|(phrase, place, form)| {
        let here = words.get(at..at + phrase.len())?;
        here.iter().zip(*phrase).all(|(word, wanted)| word.text == *wanted).then_some((*place, *form, phrase.len()))
    })
}

fn single(words: &[Word], at: usize) -> Option<Form> {
    let text = words[at].text.as_str();
    if let Some(number) = NUMBERS.iter().position(|names| names.contains(&text)) {
        let before = at.checked_sub(1).map_or("", |before| words[before].text.as_str());
        let adjective = |word: &str| WORDS.iter().any(|(form, words)| {
            matches!(form, Form::Big | Form::Small) && words.contains(&word)
        });
        let pronoun = text == "one" && (BEFORE_PRONOUN.contains(&before) || adjective(before));
        // A second is also a moment.
        let moment = text == "second" && before == "a";
        return (!pronoun && !moment).then_some(Form::Number(number as u8 + 1));
    }
    WORDS.iter().find(|(_, words)| words.contains(&text)).map(|(form, _)| *form)
}

impl Form {
    /// The class that gesture studies give it.
    #[must_use]
    pub fn class(self) -> GestureClass {
        match self {
            Self::Beat => GestureClass::Beat,
            Self::PointSelf | Self::PointYou => GestureClass::Deictic,
            Self::Big | Self::Small | Self::Number(_) | Self::Up | Self::Down | Self::Round => GestureClass::Iconic,
            Self::OneHand | Self::OtherHand | Self::No | Self::Offer | Self::All => GestureClass::Metaphoric,
        }
    }

    /// The kind, with all numbers counted as one: what a style has favourites among.
    #[must_use]
    pub fn kind(self) -> Self {
        if let Self::Number(_) = self { Self::Number(1) } else { self }
    }

    /// All kinds that words can trigger.
    pub const KINDS: [Self; 13] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<(usize, Form)> {
        let words: Vec<Word> = text
            .split(' ')
            .map(|word| Word { text: word.into(), start: 0.0, end: 0.1, stress: None })
            .collect();
        triggers(&words).iter().map(|t| (t.word, t.form)).collect()
    }

    #[test]
    fn phrases_come_before_the_words_in_them() {
        assert_eq!(forms("on the one hand it is big"), [(2, Form::OneHand), (6, Form::Big)]);
        assert_eq!(forms("on the other it falls"), [(2, Form::OtherHand), (4, Form::Down)]);
        assert_eq!(forms("the whole world"), [(1, Form::All)]);
        assert_eq!(forms("no one knows"), [(0, Form::No)]);
    }

    #[test]
    fn numbers_are_told_from_pronouns_and_moments() {
        assert_eq!(forms("two of them"), [(0, Form::Number(2))]);
        assert_eq!(forms("one day"), [(0, Form::Number(1))]);
        assert_eq!(forms("this one here"), []);
        assert_eq!(forms("the big one"), [(1, Form::Big)]);
        assert_eq!(forms("wait a second"), []);
        assert_eq!(forms("the second day"), [(1, Form::Number(2))]);
    }

    #[test]
    fn words_without_meaning_for_the_hands_trigger_nothing() {
        assert_eq!(forms("they walked along the river"), []);
    }
}

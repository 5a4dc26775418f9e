//! The gesture grammar: which words and phrases trigger which gesture. The longest match wins.

use super::{Form, GestureClass};

/// A word or phrase that may be answered by a gesture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Index of the phrase's first word.
    pub first: usize,
    /// How many words the phrase has, at least 1.
    pub count: usize,
    /// Index of the word that carries the stroke.
    pub carrier: usize,
    /// What the gesture looks like.
    pub form: Form,
}

impl Form {
    /// The class this form belongs to.
    pub fn class(self) -> GestureClass {
        match self {
            Form::Beat => GestureClass::Beat,
            Form::PointSelf | Form::PointYou => GestureClass::Deictic,
            Form::Big | Form::Small | Form::Number(_) | Form::Up | Form::Down | Form::Round => {
                GestureClass::Iconic
            }
            Form::OneHand | Form::OtherHand | Form::No | Form::Offer | Form::All => GestureClass::Metaphoric,
        }
    }
}

/// Finds the triggers among `words` (small letters, without punctuation), in order; they never share a word.
pub fn find_triggers<S: AsRef<str>>(words: &[S]) -> Vec<Trigger> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let mut triggers: Vec<Trigger> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some(phrase) = longest_phrase(&words[at..]) else {
            if let Some(form) = form_of_word(&words, at) {
                triggers.push(Trigger { first: at, count: 1, carrier: at, form });
            }
            at += 1;
            continue;
        };
        let count = phrase.words.len();
        let one_side_named = || triggers.iter().any(|trigger| trigger.form == Form::OneHand);
        match phrase.meaning {
            Meaning::Gesture(form) => {
                triggers.push(Trigger { first: at, count, carrier: at + phrase.carrier, form });
            }
            Meaning::OtherSide if one_side_named() => {
                triggers.push(Trigger {
                    first: at,
                    count,
                    carrier: at + phrase.carrier,
                    form: Form::OtherHand,
                });
            }
            Meaning::OtherSide | Meaning::Nothing => {}
        }
        at += count;
    }
    triggers
}

/// What a phrase of several words stands for.
#[derive(Clone, Copy)]
enum Meaning {
    /// This gesture.
    Gesture(Form),
    /// `Form::OtherHand`, but only after the one hand was spoken of.
    OtherSide,
    /// No gesture, although a word in it would trigger one by itself.
    Nothing,
}

struct Phrase {
    words: &'static [&'static str],
    /// Offset of the word that carries the stroke.
    carrier: usize,
    meaning: Meaning,
}

const fn says(words: &'static [&'static str], carrier: usize, form: Form) -> Phrase {
    Phrase { words, carrier, meaning: Meaning::Gesture(form) }
}

const fn idle(words: &'static [&'static str]) -> Phrase {
    Phrase { words, carrier: 0, meaning: Meaning::Nothing }
}

const PHRASES: &[Phrase] = &[
    says(&["on", "the", "one", "hand"], 2, Form::OneHand),
    says(&["on", "one", "hand"], 1, Form::OneHand),
    says(&["on", "the", "one", "side"], 2, Form::OneHand),
    says(&["on", "the", "other", "hand"], 2, Form::OtherHand),
    says(&["on", "the", "other", "side"], 2, Form::OtherHand),
    Phrase { words: &["on", "the", "other"], carrier: 2, meaning: Meaning::OtherSide },
    says(&["whole", "world"], 0, Form::All),
    says(&["the", "whole", "thing"], 1, Form::All),
    says(&["all", "over", "the", "world"], 0, Form::All),
    says(&["all", "around"], 0, Form::All),
    says(&["first", "of", "all"], 0, Form::Number(1)),
    says(&["one", "by", "one"], 0, Form::Number(1)),
    says(&["number", "one"], 1, Form::Number(1)),
    says(&["not", "at", "all"], 0, Form::No),
    says(&["no", "one"], 0, Form::No),
    says(&["for", "example"], 1, Form::Offer),
    says(&["up", "and", "up"], 2, Form::Up),
    idle(&["at", "all"]),
    idle(&["after", "all"]),
    idle(&["above", "all"]),
    idle(&["all", "right"]),
    idle(&["at", "first"]),
    idle(&["not", "only"]),
    idle(&["no", "doubt"]),
    idle(&["in", "short"]),
    idle(&["at", "large"]),
    idle(&["by", "and", "large"]),
    idle(&["great", "britain"]),
    idle(&["one", "another"]),
    idle(&["one", "day"]),
    idle(&["up", "to"]),
    idle(&["give", "up"]),
    idle(&["gave", "up"]),
    idle(&["make", "up"]),
    idle(&["made", "up"]),
    idle(&["set", "up"]),
    idle(&["end", "up"]),
    idle(&["break", "down"]),
    idle(&["write", "down"]),
    idle(&["turn", "down"]),
];

fn longest_phrase(words: &[&str]) -> Option<&'static Phrase> {
    PHRASES.iter().filter(|phrase| words.starts_with(phrase.words)).max_by_key(|phrase| phrase.words.len())
}

fn form_of_word(words: &[&str], at: usize) -> Option<Form> {
    let before = at.checked_sub(1).and_then(|index| words.get(index)).copied();
    let after = words.get(at + 1).copied();
    match words[at] {
        "i" | "i'm" | "i've" | "i'd" | "i'll" | "me" | "my" | "myself" | "mine" => Some(Form::PointSelf),
        "you" | "you're" | "you've" | "you'd" | "you'll" | "your" | "yours" | "yourself" | "yourselves" => {
            Some(Form::PointYou)
        }
        "big" | "bigger" | "biggest" | "huge" | "large" | "larger" | "largest" | "great" | "greater"
        | "greatest" | "enormous" | "gigantic" | "wide" | "wider" | "widest" => Some(Form::Big),
        "small" | "smaller" | "smallest" | "little" | "tiny" | "short" | "shorter" | "shortest"
        | "narrow" | "narrower" => Some(Form::Small),
        "one" => is_numeral_one(before, after).then_some(Form::Number(1)),
        "two" | "three" | "four" | "five" => numeral(words[at], before, after),
        "first" => Some(Form::Number(1)),
        "second" => (!before.is_some_and(|word| MOMENT_BEFORE.contains(&word))).then_some(Form::Number(2)),
        "third" => Some(Form::Number(3)),
        "fourth" => Some(Form::Number(4)),
        "fifth" => Some(Form::Number(5)),
        "up" | "upwards" | "rise" | "rises" | "rising" | "higher" | "highest" | "grow" | "grows" | "grew"
        | "growing" => Some(Form::Up),
        "down" | "downwards" | "fall" | "falls" | "fell" | "falling" | "lower" | "lowest" => Some(Form::Down),
        "round" | "around" | "circle" | "circles" | "whole" | "wheel" | "wheels" => Some(Form::Round),
        "no" | "not" | "never" | "nothing" | "nobody" | "none" | "nowhere" | "neither" | "cannot" => {
            Some(Form::No)
        }
        "idea" | "ideas" | "think" | "thinks" | "thinking" | "thought" | "question" | "questions"
        | "maybe" | "perhaps" | "reason" | "reasons" | "example" | "examples" | "suppose" | "imagine" => {
            Some(Form::Offer)
        }
        "all" | "every" | "everything" | "everybody" | "everyone" | "everywhere" => Some(Form::All),
        other => other.ends_with("n't").then_some(Form::No),
    }
}

/// Before "second": then it is a moment, not a place in a row.
const MOMENT_BEFORE: &[&str] = &["a", "per", "each", "every", "this", "last", "next", "one", "split", "any"];

/// Words that make a numeral a part of a greater one: no fingers are shown for "five hundred" or "twenty one".
const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const POWERS: &[&str] = &["hundred", "thousand", "million", "billion", "point"];

fn part_of_greater(before: Option<&str>, after: Option<&str>) -> bool {
    before.is_some_and(|word| TENS.contains(&word) || POWERS.contains(&word))
        || after.is_some_and(|word| POWERS.contains(&word))
}

fn numeral(word: &str, before: Option<&str>, after: Option<&str>) -> Option<Form> {
    let count = match word {
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        _ => return None,
    };
    (!part_of_greater(before, after)).then_some(Form::Number(count))
}

/// "One" stands for a noun after these ("this one", "the big one").
const BEFORE_PRONOUN_ONE: &[&str] = &[
    "this",
    "that",
    "which",
    "each",
    "another",
    "every",
    "any",
    "some",
    "other",
    "same",
    "good",
    "better",
    "best",
    "bad",
    "new",
    "old",
    "right",
    "wrong",
    "last",
    "next",
    "first",
    "second",
    "third",
    "big",
    "bigger",
    "biggest",
    "huge",
    "large",
    "larger",
    "largest",
    "great",
    "greater",
    "greatest",
    "enormous",
    "wide",
    "wider",
    "small",
    "smaller",
    "smallest",
    "little",
    "tiny",
    "short",
    "shorter",
    "narrow",
    "young",
    "red",
    "blue",
    "green",
    "white",
    "black",
    "dark",
    "long",
    "strange",
    "beautiful",
    "special",
    "simple",
];

/// "One" stands for people in general before these.
const AFTER_GENERAL_ONE: &[&str] =
    &["can", "must", "should", "could", "would", "might", "may", "never", "always"];

/// "One" ends its noun phrase before these (or before nothing) …
const AFTER_NOUN_PHRASE: &[&str] = &[
    "and", "or", "but", "is", "was", "are", "were", "has", "had", "will", "in", "on", "at", "to", "for",
    "from", "with", "by", "than", "as", "that", "who", "which", "we", "i", "you", "they", "he", "she", "it",
    "so", "because", "when", "if", "about", "over", "under", "near", "behind", "today", "tomorrow", "too",
];

/// … and is still a numeral after these ("I need one", "number one").
const BEFORE_LONE_NUMERAL: &[&str] = &[
    "only", "just", "exactly", "or", "and", "than", "least", "have", "has", "had", "need", "want", "get",
    "take", "pick", "choose", "give", "show", "is", "was", "to", "from",
];

fn is_numeral_one(before: Option<&str>, after: Option<&str>) -> bool {
    if part_of_greater(before, after)
        || before.is_some_and(|word| BEFORE_PRONOUN_ONE.contains(&word))
        || after.is_some_and(|word| AFTER_GENERAL_ONE.contains(&word))
    {
        return false;
    }
    if after.is_some_and(|word| !AFTER_NOUN_PHRASE.contains(&word)) {
        return true;
    }
    before.is_some_and(|word| BEFORE_LONE_NUMERAL.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<(usize, Form)> {
        let words: Vec<&str> = text.split_whitespace().collect();
        find_triggers(&words).iter().map(|trigger| (trigger.carrier, trigger.form)).collect()
    }

    #[test]
    fn words_and_phrases_trigger_what_they_should() {
        for (text, expected) in [
            ("i think", vec![(0, Form::PointSelf), (1, Form::Offer)]),
            ("give it to me", vec![(3, Form::PointSelf)]),
            ("is that your dog", vec![(2, Form::PointYou)]),
            ("a huge dog", vec![(1, Form::Big)]),
            ("a tiny dog", vec![(1, Form::Small)]),
            ("we saw three dogs", vec![(2, Form::Number(3))]),
            ("the second dog", vec![(1, Form::Number(2))]),
            ("one of them left", vec![(0, Form::Number(1))]),
            ("there is one dog", vec![(2, Form::Number(1))]),
            ("on the one hand it is", vec![(2, Form::OneHand)]),
            ("on the one hand or on the other", vec![(2, Form::OneHand), (7, Form::OtherHand)]),
            ("but on the other hand", vec![(3, Form::OtherHand)]),
            ("prices rise and fall", vec![(1, Form::Up), (3, Form::Down)]),
            ("we went around it", vec![(2, Form::Round)]),
            ("the whole cake", vec![(1, Form::Round)]),
            ("the whole world knows", vec![(1, Form::All)]),
            ("they don't know", vec![(1, Form::No)]),
            ("no one came", vec![(0, Form::No)]),
            ("not at all", vec![(0, Form::No)]),
            ("for example", vec![(1, Form::Offer)]),
            ("everybody left", vec![(0, Form::All)]),
            ("first of all", vec![(0, Form::Number(1))]),
        ] {
            assert_eq!(forms(text), expected, "{text}");
        }
    }

    #[test]
    fn look_alikes_trigger_nothing() {
        for text in [
            "the one is old",
            "this one looks old",
            "which one",
            "one can see it",
            "they helped one another",
            "wait a second",
            "they know it",
            "at all",
            "it is all right",
            "five hundred people",
            "twenty one people",
            "at first",
            "they give up",
            "on the other",
            "to be too late for it",
            "the hand on the table",
        ] {
            assert_eq!(forms(text), vec![], "{text}");
        }
        assert_eq!(forms("the big one"), vec![(1, Form::Big)]);
    }
}

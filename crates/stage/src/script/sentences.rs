//! Sentences from a seed, rich in words that call for gestures.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// An endless run of English sentences; the same seed gives the same ones.
pub fn sentences(seed: u64) -> impl Iterator<Item = String> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    std::iter::repeat_with(move || Writer { chance: &mut chance }.sentence())
}

/// Frames of sentences: words in braces are drawn from the list of that name.
const FRAMES: [&str; 46] = [
    "On the one hand {pronoun} {like} the {adjective} {thing}, on the other hand it may be too {trouble}.",
    "On the one hand the {thing} is {adjective}, on the other it {costs}.",
    "I think {you} {can} {do} {number} {adjective} {things} {when}.",
    "You and I {know} that the {thing} was {never} {adjective}.",
    "No, I {never} said that {everybody} {likes} the {adjective} {thing}.",
    "{number} {things} go up, and {number} {things} come down.",
    "First we {do} the {thing}, second we {do} the {other}, and third we go {home}.",
    "The {adjective} {thing} goes round and round until {everybody} {knows} it.",
    "You {know}, my {friend} had a {adjective} idea about the {thing}.",
    "Maybe you {can} tell me why the {thing} is so {adjective}.",
    "I {can} {never} find my {thing} {when} {everybody} is {home}.",
    "There is no {thing} in the whole world that I {like} more than this {other}.",
    "Look up at the {adjective} {thing} and then down at your {other}.",
    "It was not a {adjective} {thing}, it was a {size} one.",
    "Everything around me was {adjective}, and nobody {did} the {thing}.",
    "The question is not how big the {thing} is, but how {adjective} it looks.",
    "My {friend} {did} {number} {size} {things} {when}.",
    "For example, you take a {size} {thing} and turn it around.",
    "Every {thing} has a reason, and I think this one is {adjective}.",
    "When the {things} rise, the {others} always fall.",
    "You {can} {do} it in {number} days, not in {number} weeks.",
    "We walked around the {thing} for {number} hours and {did} nothing.",
    "I have {number} {things} and you have only one {other}.",
    "Don't tell me that the {thing} is {size}, because I have seen it.",
    "All of you {know} the {thing}, and all of you {like} the {other}.",
    "The {friend} came {when}, and the {thing} was still {adjective}.",
    "The answer is simple, the {thing} {costs}, and that is all.",
    "She put the {size} {thing} high above the {other}.",
    "He {did} the {adjective} {thing} with his {friend} in the {place}.",
    "In the {place} they found a {size} {thing} and a {adjective} {other}.",
    "What would you do with a {size} {thing} in your {place}?",
    "Have you ever seen a {thing} so {size} and so {adjective}?",
    "Why can't we all {do} the {thing} {when}?",
    "Do you think that my {friend} {likes} the {adjective} {thing}?",
    "Nothing is as {adjective} as a {size} {thing} {when}.",
    "My first {thing} was {size}, but my second one was {adjective}.",
    "I told you the story of the {friend} and the {size} {thing}.",
    "The prices go up, the {things} go down, and {everybody} {knows} why.",
    "If you turn left at the {place}, you will see the {size} {thing}.",
    "Of course the {thing} is {adjective}, but that is not the reason.",
    "We need a {thing} for {everybody}, not only for you and me.",
    "A little {thing} {when} can make a great {other}.",
    "They moved the {thing} from the {place} to the {other_place} in {number} days.",
    "The {friend} smiled, opened the {thing}, and {did} the {other}.",
    "From the bottom to the top it took us {number} hours.",
    "I {like} the {place} in the morning, and you {like} the {other_place} at night.",
];

const LISTS: [(&str, &[&str]); 19] = [
    ("pronoun", &["I", "you", "they", "we", "all of you"]),
    ("like", &["like", "love", "want", "need", "know", "trust"]),
    ("likes", &["likes", "loves", "wants", "needs", "sees", "trusts"]),
    ("know", &["know", "see", "hope", "believe", "remember"]),
    ("knows", &["knows", "sees", "believes", "likes", "remembers"]),
    ("can", &["can", "could", "should", "will", "must"]),
    ("do", &["make", "build", "paint", "open", "close", "carry", "finish", "start", "draw", "sell", "move", "find"]),
    ("did", &["made", "built", "painted", "opened", "closed", "carried", "finished", "started", "sold", "moved", "found"]),
    ("never", &["never", "not", "always", "once", "only"]),
    ("you", &["you", "we", "my friends", "all of us"]),
    ("everybody", &["everybody", "everyone", "nobody", "my family", "the whole world", "the people here"]),
    (
        "thing",
        &[
            "house", "river", "table", "garden", "letter", "wheel", "market", "window", "bridge", "story", "picture",
            "school", "engine", "basket", "mountain", "kitchen", "song", "paper", "machine", "road", "tower", "box",
            "boat", "ladder", "bottle", "project", "city", "game", "lesson", "book",
        ],
    ),
    (
        "things",
        &[
            "houses", "rivers", "tables", "gardens", "letters", "wheels", "windows", "bridges", "stories", "pictures",
            "schools", "engines", "baskets", "songs", "papers", "machines", "roads", "boxes", "boats", "books", "games",
        ],
    ),
    ("size", &["big", "small", "huge", "tiny", "large", "little", "wide", "narrow", "long", "short", "round", "enormous"]),
    (
        "adjective",
        &[
            "simple", "beautiful", "heavy", "quiet", "strange", "perfect", "empty", "open", "old", "new", "broken",
            "green", "dark", "happy", "warm", "famous", "honest", "careful", "cheap", "strong",
        ],
    ),
    ("trouble", &["slow", "heavy", "late", "dark", "old", "quiet", "narrow", "small", "big"]),
    ("costs", &["costs five hundred", "takes three years", "falls every winter", "makes no sense", "has no end", "needs all of us"]),
    ("number", &["one", "two", "three", "four", "five"]),
    ("when", &["in the morning", "every day", "this evening", "after lunch", "in the summer", "last week", "at night"]),
];

const FRIENDS: [&str; 12] = [
    "teacher", "brother", "sister", "neighbor", "doctor", "father", "mother", "captain", "partner", "student", "farmer",
    "painter",
];
const PLACES: [&str; 10] =
    ["kitchen", "garden", "city", "market", "station", "office", "harbor", "village", "museum", "library"];

struct Writer<'a> {
    chance: &'a mut ChaCha8Rng,
}

impl Writer<'_> {
    fn sentence(&mut self) -> String {
        let mut left = FRAMES[self.chance.random_range(0..FRAMES.len())];
        let mut out = String::new();
        while let Some((before, rest)) = left.split_once('{') {
            out += before;
            let Some((name, after)) = rest.split_once('}') else { break };
            out += self.word(name);
            left = after;
        }
        out += left;
        capitalised(&articles(&out))
    }

    fn word(&mut self, name: &str) -> &'static str {
        let list: &[&'static str] = match name {
            "friend" => &FRIENDS,
            "place" | "other_place" => &PLACES,
            "home" => &["home", "home again", "up the hill", "down to the river", "around the corner"],
            _ => {
                let name = match name {
                    "other" => "thing",
                    "others" => "things",
                    name => name,
                };
                LISTS.iter().find(|(known, _)| *known == name).map_or(&[], |(_, words)| *words)
            }
        };
        list.choose(self.chance).copied().unwrap_or("")
    }
}

/// "a old house" is "an old house".
fn articles(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let vowel = |word: &str| {
        word.starts_with("honest") || (word.starts_with(['a', 'e', 'i', 'o']) && !word.starts_with("one"))
    };
    let mut out: Vec<&str> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let an = *word == "a" && words.get(index + 1).is_some_and(|next| vowel(next));
        out.push(if an { "an" } else { word });
    }
    out.join(" ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sentences_are_whole_varied_and_repeatable() {
        let many: Vec<String> = sentences(1).take(3000).collect();
        assert_eq!(many, sentences(1).take(3000).collect::<Vec<_>>());
        assert_ne!(many[..20], sentences(2).take(20).collect::<Vec<_>>()[..]);
        assert!(many.iter().collect::<BTreeSet<_>>().len() > 2700);
        for sentence in &many {
            let words = sentence.split(' ').count();
            assert!((5..=26).contains(&words), "{sentence}");
            assert!(!sentence.contains(['{', '}']) && !sentence.contains("  ") && !sentence.contains(" ,"), "{sentence}");
            assert!(sentence.ends_with(['.', '?']) && sentence.starts_with(char::is_uppercase), "{sentence}");
        }
    }
}

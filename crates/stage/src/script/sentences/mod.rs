//! Sentences from a seeded grammar: about everyday things, rich in words that trigger gestures, also numbers up to five.

mod patterns;
mod topics;

use std::collections::BTreeSet;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::patterns::PATTERNS;
use self::topics::{SHARED_SLOTS, TOPICS, Topic, shared};
use super::find_triggers;
use super::pronounce::spoken_words;

/// Stream of the random generator for sentences, so that other uses of the same seed stay independent.
const STREAM: u64 = 0x5345_4e54;
/// Words in a sentence.
const FEWEST_WORDS: usize = 6;
const MOST_WORDS: usize = 18;
/// Most triggers in a sentence.
const MOST_TRIGGERS: usize = 4;
/// How many sentences in a row are about the same topic.
const TOPIC_RUN: std::ops::RangeInclusive<u32> = 2..=5;
/// The last so many patterns do not come again at once.
const FRESH_PATTERNS: usize = 12;
/// A slot is drawn again at most this often when the sentence has the same word already.
const SLOT_DRAWS: usize = 8;
/// Names, days and "I" that are written with a capital wherever they stand.
const PROPER: &[&str] = &["anna", "peter", "maria", "david", "sarah", "thomas", "sunday"];

/// An endless row of English sentences of 6–18 words, each with at most four triggers, most with one at least. A few
/// sentences in a row are about the same topic. The same seed gives the same row.
pub fn sentences(seed: u64) -> Sentences {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    Sentences { random, topic: None, left: 0, recent: Vec::new() }
}

/// The row of [`sentences`].
#[derive(Clone, Debug)]
pub struct Sentences {
    random: ChaCha8Rng,
    /// Index into the topics.
    topic: Option<usize>,
    /// Sentences left about this topic.
    left: u32,
    /// The last patterns, oldest first.
    recent: Vec<usize>,
}

impl Iterator for Sentences {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.left == 0 {
            let others: Vec<usize> = (0..TOPICS.len()).filter(|index| Some(*index) != self.topic).collect();
            self.topic = others.choose(&mut self.random).copied();
            self.left = self.random.random_range(TOPIC_RUN);
        }
        self.left -= 1;
        let topic = &TOPICS[self.topic?];
        loop {
            let pattern = self.random.random_range(0..PATTERNS.len());
            if self.recent.contains(&pattern) {
                continue;
            }
            let sentence = fill(PATTERNS[pattern], topic, &mut self.random);
            let words = spoken_words(&sentence);
            let length = (FEWEST_WORDS..=MOST_WORDS).contains(&words.len());
            if length && find_triggers(&words).len() <= MOST_TRIGGERS {
                self.recent.push(pattern);
                if self.recent.len() > FRESH_PATTERNS {
                    self.recent.remove(0);
                }
                return Some(written(&sentence));
            }
        }
    }
}

/// Every word (small letters) that a sentence can have.
pub fn vocabulary() -> BTreeSet<&'static str> {
    let mut texts: Vec<&'static str> = Vec::new();
    for pattern in PATTERNS {
        texts.extend(pattern.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after)));
    }
    for topic in TOPICS {
        texts.extend(topic.things.iter().flat_map(|(one, many)| [*one, *many]));
        texts.extend(topic.acts.iter().flat_map(|(bare, gerund)| [*bare, *gerund]));
        texts.extend(topic.places);
    }
    texts.extend(SHARED_SLOTS.iter().filter_map(|slot| shared(slot)).flatten());
    let mut words: BTreeSet<&'static str> = texts
        .into_iter()
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_matches(|letter: char| !letter.is_ascii_alphabetic()))
        .map(|word| if word == "I" { "i" } else { word })
        .filter(|word| !word.is_empty())
        .collect();
    words.insert("an");
    words
}

/// Fills the slots of a pattern.
fn fill(pattern: &str, topic: &Topic, random: &mut ChaCha8Rng) -> String {
    let mut sentence = String::new();
    let mut used: Vec<&str> = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        sentence.push_str(before);
        let Some((slot, after)) = after.split_once('}') else { break };
        let mut chosen = "";
        for _ in 0..SLOT_DRAWS {
            chosen = draw(slot, topic, random);
            if !used.contains(&chosen) && !is_like(chosen, &used) {
                break;
            }
        }
        used.push(chosen);
        sentence.push_str(chosen);
        rest = after;
    }
    sentence.push_str(rest);
    sentence
}

/// Whether a longer word of `chosen` occurs, perhaps in another form, in what is used: "the trees near the trees".
fn is_like(chosen: &str, used: &[&str]) -> bool {
    /// Words are compared by so many letters.
    const STEM: usize = 4;
    let stems = |text: &str| -> BTreeSet<String> {
        text.split_whitespace()
            .filter(|word| word.len() >= STEM)
            .map(|word| word.chars().take(STEM).collect())
            .collect()
    };
    let new = stems(chosen);
    used.iter().any(|text| !stems(text).is_disjoint(&new))
}

fn draw(slot: &str, topic: &Topic, random: &mut ChaCha8Rng) -> &'static str {
    let drawn = match slot {
        "thing" => topic.things.choose(random).map(|(one, _)| *one),
        "things" => topic.things.choose(random).map(|(_, many)| *many),
        "act" => topic.acts.choose(random).map(|(bare, _)| *bare),
        "acting" => topic.acts.choose(random).map(|(_, gerund)| *gerund),
        "place" => topic.places.choose(random).copied(),
        other => shared(other).and_then(|words| words.choose(random).copied()),
    };
    drawn.unwrap_or_default()
}

/// Writes a sentence as it should be: "an" before vowels, capitals.
fn written(sentence: &str) -> String {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut text = String::with_capacity(sentence.len() + 1);
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let next = words.get(index + 1).copied().unwrap_or_default();
        let vowel = next.starts_with(['a', 'e', 'i', 'o', 'u'])
            && !next.starts_with("one")
            && !next.starts_with("uni");
        let word = if *word == "a" && vowel { "an" } else { word };
        let bare = word.trim_matches(|letter: char| !letter.is_ascii_alphabetic());
        if index == 0 || PROPER.contains(&bare) {
            let mut letters = word.chars();
            text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
            text.push_str(letters.as_str());
        } else {
            text.push_str(word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_keep_to_the_vocabulary_and_to_their_length() {
        let vocabulary = vocabulary();
        let mut counts = [0_usize; MOST_TRIGGERS + 1];
        for sentence in sentences(1).take(3000) {
            let words = spoken_words(&sentence);
            assert!((FEWEST_WORDS..=MOST_WORDS).contains(&words.len()), "{sentence}");
            assert!(sentence.ends_with(['.', '?']) && sentence.starts_with(|c: char| c.is_ascii_uppercase()));
            for word in &words {
                assert!(vocabulary.contains(word.as_str()), "{word} in {sentence}");
            }
            counts[find_triggers(&words).len()] += 1;
        }
        assert!(counts.iter().all(|count| *count > 30), "triggers: {counts:?}");
        assert!(counts[0] < 600, "triggers: {counts:?}");
    }

    #[test]
    fn there_are_tens_of_thousands() {
        let different: BTreeSet<String> = sentences(2).take(40_000).collect();
        assert!(different.len() > 30_000, "{} different", different.len());
    }

    #[test]
    fn same_seed_same_sentences() {
        let first: Vec<String> = sentences(5).take(20).collect();
        assert_eq!(first, sentences(5).take(20).collect::<Vec<_>>());
        assert_ne!(first, sentences(6).take(20).collect::<Vec<_>>());
    }

    #[test]
    fn articles_and_capitals() {
        assert_eq!(written("a apple on sunday, I say."), "An apple on Sunday, I say.");
        assert_eq!(written("a university and a one."), "A university and a one.");
    }

    #[test]
    fn every_slot_is_known() {
        let mut random = ChaCha8Rng::seed_from_u64(0);
        for pattern in PATTERNS {
            for part in pattern.split('{').skip(1) {
                let slot = part.split('}').next().unwrap();
                assert!(!draw(slot, &TOPICS[0], &mut random).is_empty(), "{slot}");
                assert!(shared(slot).is_none() || SHARED_SLOTS.contains(&slot), "{slot}");
            }
        }
    }
}

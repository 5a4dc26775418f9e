//! Words as groups of tokens, and their times from those of their tokens.

use super::Word;
use super::vocabulary::Vocabulary;
use crate::segments::Segment;

/// Pauses shorter than this many seconds are parts of words: the closure before a plosive is as quiet.
const SHORTEST_PAUSE: f64 = 0.08;
/// A pause this many seconds away from where the attention sees a boundary between words still is that boundary.
const BOUNDARY_TOLERANCE: f64 = 0.06;
/// No word is shorter than this many seconds, the step of the attention.
const SHORTEST_WORD: f64 = 0.02;

/// A word with its tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spoken {
    pub text: String,
    pub tokens: Vec<i64>,
}

/// The words of tokens that were heard: a word begins where a space does. Marks that stand alone go to the word before.
pub(crate) fn of_tokens(vocabulary: &Vocabulary, tokens: &[i64]) -> Vec<Spoken> {
    let mut groups: Vec<Vec<i64>> = Vec::new();
    for &token in tokens {
        match groups.last_mut() {
            Some(group) if !vocabulary.bytes(token).starts_with(b" ") => group.push(token),
            _ => groups.push(vec![token]),
        }
    }
    let words = groups.into_iter().map(|tokens| Spoken { text: vocabulary.decode(&tokens), tokens });
    joined(words)
}

/// The words of a given text, each as the model would write it behind another.
pub(crate) fn of_text(vocabulary: &Vocabulary, text: &str) -> Vec<Spoken> {
    let words = text
        .split_whitespace()
        .map(|word| Spoken { text: word.to_owned(), tokens: vocabulary.encode(&format!(" {word}")) });
    joined(words)
}

fn joined(words: impl Iterator<Item = Spoken>) -> Vec<Spoken> {
    let mut result: Vec<Spoken> = Vec::new();
    for word in words {
        let text = word.text.trim();
        if text.contains(char::is_alphanumeric) {
            result.push(Spoken { text: text.to_owned(), tokens: word.tokens });
        } else if let Some(before) = result.last_mut() {
            before.text = format!("{} {text}", before.text).trim().to_owned();
            before.tokens.extend(word.tokens);
        }
    }
    result
}

/// Words with times from those at which their tokens begin (`starts`, seconds, one more than there are tokens: the last is
/// the end of the text). Marks at the end of a word are where the pause behind it begins.
pub(crate) fn words(
    vocabulary: &Vocabulary,
    spoken: &[Spoken],
    starts: &[f64],
    logarithms: &[f64],
    length: f64,
) -> Vec<Word> {
    let time = |token: usize| starts.get(token).copied().unwrap_or(length).min(length);
    let mut first = 0;
    spoken
        .iter()
        .map(|word| {
            let end = first + word.tokens.len();
            let said = word.tokens.iter().rposition(|&token| !is_mark(vocabulary.bytes(token)));
            let behind = said.map_or(end, |last| first + last + 1);
            let known = &logarithms[first.min(logarithms.len())..end.min(logarithms.len())];
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            let result = Word {
                text: word.text.clone(),
                start: time(first),
                end: time(behind),
                probability: mean.exp().clamp(0.0, 1.0),
            };
            first = end;
            result
        })
        .collect()
}

/// Whether a token is nothing but white space and ASCII marks.
fn is_mark(token: &[u8]) -> bool {
    token.iter().all(|byte| byte.is_ascii_punctuation() || byte.is_ascii_whitespace())
}

/// Moves boundaries between words to the pauses they lie in or near (`pauses` in order of time): the attention knows the
/// order of words well, and the energy knows where silence begins.
pub(crate) fn fit_to_pauses(words: &mut [Word], pauses: &[Segment], length: f64) {
    for boundary in 0..=words.len() {
        let from = if boundary == 0 { 0.0 } else { words[boundary - 1].end - BOUNDARY_TOLERANCE };
        let to = words.get(boundary).map_or(length, |word| word.start + BOUNDARY_TOLERANCE);
        let longest = pauses
            .iter()
            .filter(|pause| pause.length() >= SHORTEST_PAUSE && pause.end > from && pause.start < to)
            .max_by(|a, b| a.length().total_cmp(&b.length()));
        let Some(pause) = longest else { continue };
        if boundary > 0 {
            let word = &mut words[boundary - 1];
            word.end = pause.start.max(word.start + SHORTEST_WORD);
        }
        if let Some(word) = words.get_mut(boundary) {
            word.start = pause.end.min(word.end - SHORTEST_WORD);
        }
    }
    // Whatever moved: in order, within the window.
    let mut earliest = 0.0f64;
    for word in words {
        word.start = word.start.clamp(earliest, length.max(earliest));
        word.end = word.end.clamp(word.start, length.max(word.start));
        earliest = word.end;
    }
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::tests::small;
    use super::*;
    use proptest::prelude::*;

    fn texts(words: &[Spoken]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn marks_belong_to_the_word_before() {
        let vocabulary = small();
        let text = " the cat, - that 's the cat.";
        let heard = of_tokens(&vocabulary, &vocabulary.encode(text));
        assert_eq!(texts(&heard), ["the", "cat, -", "that", "'s", "the", "cat."]);
        let given = of_text(&vocabulary, text);
        assert_eq!(given, heard);
        let all: Vec<i64> = heard.iter().flat_map(|word| word.tokens.clone()).collect();
        assert_eq!(all, vocabulary.encode(text));
        assert!(of_text(&vocabulary, " - ... ").is_empty() && of_tokens(&vocabulary, &[]).is_empty());
    }

    #[test]
    fn a_word_ends_where_its_marks_begin() {
        let vocabulary = small();
        let spoken = of_text(&vocabulary, "the cat, cat");
        // the | cat | , | cat | end
        let found = words(&vocabulary, &spoken, &[0.1, 0.5, 0.9, 1.4, 1.8], &[-0.1, -0.2, -0.4, 0.0], 2.0);
        let times: Vec<(f64, f64)> = found.iter().map(|word| (word.start, word.end)).collect();
        assert_eq!(times, [(0.1, 0.5), (0.5, 0.9), (1.4, 1.8)]);
        assert!((found[1].probability - (-0.3f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn boundaries_move_to_pauses() {
        let word = |start, end| Word { text: "w".into(), start, end, probability: 1.0 };
        let pause = |start, end| Segment { start, end };
        let mut words = [word(0.0, 0.8), word(0.8, 1.2), word(1.2, 1.9)];
        let pauses = [pause(0.0, 0.3), pause(0.5, 0.76), pause(1.0, 1.05), pause(1.7, 2.0)];
        fit_to_pauses(&mut words, &pauses, 2.0);
        let times: Vec<(f64, f64)> = words.iter().map(|word| (word.start, word.end)).collect();
        assert_eq!(times, [(0.3, 0.5), (0.76, 1.2), (1.2, 1.7)]);
    }

    proptest! {
        #[test]
        fn times_stay_in_order(
            lengths in prop::collection::vec(0.0f64..0.6, 1..12),
            silence in prop::collection::vec((0.0f64..5.0, 0.0f64..0.8), 0..12),
        ) {
            let mut end = 0.0;
            let mut words: Vec<Word> = lengths.iter().map(|length| {
                let start = end;
                end += length;
                Word { text: "w".into(), start, end, probability: 1.0 }
            }).collect();
            let mut pauses: Vec<Segment> =
                silence.iter().map(|&(start, length)| Segment { start, end: start + length }).collect();
            pauses.sort_by(|a, b| a.start.total_cmp(&b.start));
            fit_to_pauses(&mut words, &pauses, end);
            prop_assert!(words.iter().all(|word| word.start <= word.end && word.start >= 0.0 && word.end <= end + 1e-9));
            prop_assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}

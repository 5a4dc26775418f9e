//! Which part of a given text belongs to which window of a long recording: the text is laid beside what was heard, word by word.

use crate::{Result, SpeechError};

/// Longest texts that are laid side by side, in words: three quarters of an hour of speech. Time and memory grow with the square.
const MOST_WORDS: usize = 8_000;

/// For each word of `given` the number of one of `heard` that it lies beside: never falling, and equal words together where the
/// smallest number of changes (a word put in, left out, or exchanged) allows it. `heard` must not be empty.
///
/// # Errors
/// [`SpeechError::Argument`] for texts of more than 8,000 words.
pub(crate) fn lay_beside(given: &[String], heard: &[String]) -> Result<Vec<usize>> {
    let (rows, columns) = (given.len(), heard.len());
    if rows > MOST_WORDS || columns > MOST_WORDS || columns == 0 {
        return Err(SpeechError::Argument(format!(
            "{rows} given and {columns} heard words cannot be laid side by side; cut the recording and its text into parts"
        )));
    }
    // Steps of the best way to each pair: 0 both, 1 a given word that nobody heard, 2 a heard word that was not given.
    let mut steps = vec![0u8; (rows + 1) * (columns + 1)];
    let mut before: Vec<u32> = (0..=columns as u32).collect();
    steps[1..=columns].fill(2);
    for row in 1..=rows {
        let mut costs = vec![row as u32; columns + 1];
        steps[row * (columns + 1)] = 1;
        for column in 1..=columns {
            let same = given[row - 1] == heard[column - 1];
            let ways = [before[column - 1] + u32::from(!same), before[column] + 1, costs[column - 1] + 1];
            let (mut way, mut cost) = (0, ways[0]);
            for (index, &other) in ways.iter().enumerate().skip(1) {
                if other < cost {
                    (way, cost) = (index, other);
                }
            }
            costs[column] = cost;
            steps[row * (columns + 1) + column] = way as u8;
        }
        before = costs;
    }
    let mut result = vec![0; rows];
    let (mut row, mut column) = (rows, columns);
    while row > 0 {
        result[row - 1] = column.saturating_sub(1);
        match steps[row * (columns + 1) + column] {
            0 => (row, column) = (row - 1, column - 1),
            1 => row -= 1,
            _ => column -= 1,
        }
    }
    Ok(result)
}

/// A word without case and signs, for comparing.
pub(crate) fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(plain).collect()
    }

    #[test]
    fn equal_words_lie_together() {
        let beside =
            lay_beside(&words("He was not an ill-disposed young man"), &words("he was an illdisposed man."))
                .unwrap();
        // "not" was not heard, nor was "young".
        assert_eq!(beside[0..2], [0, 1]);
        assert_eq!(beside[3..5], [2, 3]);
        assert_eq!(beside[6], 4);
        assert!(lay_beside(&words("a"), &[]).is_err());
        assert!(lay_beside(&[], &words("a b")).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn order_is_kept(given in "[ab ]{0,30}", heard in "[ab ]{1,30}") {
            let (given, mut heard) = (words(&given), words(&heard));
            heard.push("z".into());
            let beside = lay_beside(&given, &heard).unwrap();
            prop_assert_eq!(beside.len(), given.len());
            prop_assert!(beside.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(beside.iter().all(|&index| index < heard.len()));
            let own = lay_beside(&given, &[given.clone(), vec!["z".into()]].concat()).unwrap();
            prop_assert_eq!(own, (0..given.len()).collect::<Vec<_>>());
        }
    }
}

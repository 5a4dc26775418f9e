//! Speech in another order: the chronological negatives of METHODS 2.1.
//!
//! The recipe is METHODS' own, the paper being silent: a window is cut at pauses of at least 120 ms into phrases of at least
//! 0.4 s; with fewer than three of them it is cut at its two longest pauses, and without two pauses its halves change
//! places. At least half of the frames move. Cutting without changing places, which METHODS wants for some positives, leaves
//! no trace in either form (`orator_speech::shuffle` joins neighbours as they were), so that nothing is done for them.

use orator_nn::Randomness;
use orator_speech::segments::{SHORTEST_PAUSE, split};
use orator_speech::{Segment, shuffled_frames};

/// Fewest phrases before the next rule is tried.
pub const FEWEST_PHRASES: usize = 3;
/// Smallest share of the frames that must move.
const LEAST_MOVED: f64 = 0.5;
/// Orders tried before the phrases are simply turned round.
const TRIES: usize = 24;

/// The phrases of the `duration` seconds from `start` on, of a clip with these pauses, in seconds from `start`: at least two.
#[must_use]
pub fn window_phrases(pauses: &[Segment], start: f64, duration: f64) -> Vec<Segment> {
    let inside: Vec<Segment> = pauses
        .iter()
        .filter(|p| p.end > start && p.start < start + duration)
        .map(|p| Segment { start: p.start - start, end: p.end - start })
        .collect();
    let at_pauses = split(&inside, duration, usize::MAX, SHORTEST_PAUSE);
    if at_pauses.len() >= FEWEST_PHRASES {
        return at_pauses;
    }
    let at_longest = split(&inside, duration, FEWEST_PHRASES, 0.0);
    if at_longest.len() >= FEWEST_PHRASES {
        return at_longest;
    }
    let half = duration / 2.0;
    vec![Segment { start: 0.0, end: half }, Segment { start: half, end: duration }]
}

/// In which order these phrases are to follow, so that at least half of the time moves (as `orator_speech::shuffle` takes it).
#[must_use]
pub fn shuffled_phrases(phrases: &[Segment], random: &mut Randomness) -> Vec<usize> {
    let total: f64 = phrases.iter().map(|p| p.length()).sum();
    for _ in 0..TRIES {
        let order = random.permutation(phrases.len());
        let mut at = 0.0;
        let mut moved = 0.0;
        for phrase in order.iter().filter_map(|&i| phrases.get(i)) {
            if (phrase.start - at).abs() > 1e-9 {
                moved += phrase.length();
            }
            at += phrase.length();
        }
        if moved >= LEAST_MOVED * total && moved > 0.0 {
            return order;
        }
    }
    (0..phrases.len()).rev().collect()
}

/// The source frame of each of a window's `frames` frames when the phrases of the clip from frame `start` on change places.
/// Should the phrases not cover the window, the halves of it do.
#[must_use]
pub fn shuffled_order(
    pauses: &[Segment],
    start: usize,
    frames: usize,
    rate: f64,
    random: &mut Randomness,
) -> Vec<usize> {
    let phrases = window_phrases(pauses, start as f64 / rate, frames as f64 / rate);
    let order = shuffled_phrases(&phrases, random);
    shuffled_frames(&phrases, &order, frames)
        .unwrap_or_else(|_| (frames / 2..frames).chain(0..frames / 2).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use orator_speech::segments::pauses_between;

    const RATE: f64 = 25.0;

    fn moved(order: &[usize]) -> usize {
        order.iter().enumerate().filter(|(to, from)| to != *from).count()
    }

    #[test]
    fn the_three_rules() {
        let words = [(0.0, 0.5), (0.52, 1.0), (1.3, 2.0), (2.4, 2.6), (2.62, 4.0)];
        let pauses = pauses_between(&words, 4.0);
        let starts = |phrases: &[Segment]| -> Vec<f64> {
            phrases.iter().map(|p| (p.start * 100.0).round() / 100.0).collect()
        };
        assert_eq!(starts(&window_phrases(&pauses, 0.0, 3.2)), [0.0, 1.15, 2.2]);
        assert_eq!(
            starts(&window_phrases(&pauses, 0.4, 3.2)),
            [0.0, 0.75, 1.8],
            "later windows see them earlier"
        );
        let short = pauses_between(&[(0.0, 0.8), (0.84, 1.6), (1.66, 2.4), (2.42, 3.2)], 3.2);
        assert_eq!(starts(&window_phrases(&short, 0.0, 3.2)), [0.0, 0.82, 1.63], "the two longest");
        assert_eq!(starts(&window_phrases(&[], 0.0, 3.2)), [0.0, 1.6], "halves");
    }

    #[test]
    fn shuffling_keeps_every_frame_and_moves_about_half_or_more() {
        let mut random = Randomness::new(3);
        for trial in 0..200 {
            let mut cursor = 0.0;
            let words: Vec<(f64, f64)> = (0..12)
                .map(|_| {
                    let start = cursor + 0.3 * random.uniform();
                    cursor = start + 0.05 + 0.5 * random.uniform();
                    (start, cursor)
                })
                .collect();
            let pauses = pauses_between(&words, cursor);
            let order = shuffled_order(&pauses, random.below(20), 80, RATE, &mut random);
            // Borders are rounded to frames: one frame of grace for each.
            assert!(moved(&order) >= 36, "trial {trial}: {order:?}");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..80).collect::<Vec<_>>(), "the same frames");
        }
    }
}

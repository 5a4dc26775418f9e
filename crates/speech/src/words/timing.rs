//! When each token is said: the decoder's cross-attention, followed along its ridge.
//!
//! Some heads of the decoder look at the place in the sound whose text they write. Their attention is normalised over the
//! tokens, smoothed by a median over time, averaged, and dynamic time warping finds the path that rises in tokens and time along
//! the largest values: how OpenAI's own package describes its word times.
//!
//! The heads are others than those published with tiny.en, (1, 0), (2, 0), (2, 5) and (3, 0) to (3, 4): by these words begin
//! 0.11 s late on the five LibriVox clips and 0.09 s late on 25 clips of GRID (medians). Of all sets of the seven
//! heads that follow speech best by themselves, the one chosen here was the second best on LibriVox (the best has two
//! heads, one early, one late) and the best of four tried on GRID, which had no part in the choice. Two of its heads are a little early
//! and two a little late.

use crate::Result;
use ndarray::{Array2, Axis, s};
use tch::{Kind, Tensor};

/// Layer and head of those whose attention tells when a token is said, in tiny.en.
pub(crate) const TINY_EN_HEADS: [(usize, i64); 4] = [(1, 5), (2, 1), (2, 5), (3, 4)];
/// Places of the attention in one second.
pub(crate) const PLACES_PER_SECOND: f64 = 50.0;
/// Width of the median filter over time, in places of 20 ms.
const MEDIAN_WIDTH: usize = 7;

/// How well each token goes with each place of the sound, `[tokens, places]`, from the scores of the cross-attention by layer
/// (`[heads, tokens, positions]`), over the first `places` positions.
pub(crate) fn agreement(scores: &[Tensor], heads: &[(usize, i64)], places: i64) -> Result<Array2<f32>> {
    let chosen: Vec<Tensor> = heads
        .iter()
        .filter_map(|&(layer, head)| Some(scores.get(layer)?.select(0, head).narrow(1, 0, places)))
        .collect();
    let weights = Tensor::f_stack(&chosen, 0)?.softmax(-1, Kind::Float);
    let mean = weights.mean_dim([1i64].as_slice(), true, Kind::Float);
    let deviation = weights.std_dim([1i64].as_slice(), false, true).clamp_min(1e-8);
    let normal = (weights - mean) / deviation;
    let mut sum: Option<Array2<f32>> = None;
    for head in 0..heads.len() {
        let mut table = orator_nn::to_array2(&normal.select(0, head as i64))?;
        for mut row in table.axis_iter_mut(Axis(0)) {
            let smooth = median(&row.to_vec());
            row.iter_mut().zip(smooth).for_each(|(value, smooth)| *value = smooth);
        }
        sum = Some(match sum {
            Some(sum) => sum + table,
            None => table,
        });
    }
    Ok(sum.unwrap_or_default() / heads.len().max(1) as f32)
}

/// When each token of a text of `count` tokens begins, and when the text ends, in seconds, from the agreement of what was read: two
/// signs, the text, and the end. What a token attends to belongs to the token after it.
pub(crate) fn starts_of_text(agreement: &Array2<f32>, count: usize) -> Vec<f64> {
    let text = agreement.slice(s![1..(count + 2).min(agreement.nrows()), ..]).to_owned();
    first_places(&text).into_iter().map(|place| place as f64 / PLACES_PER_SECOND).collect()
}

/// Logarithm of the probability of each token of a text, from the logits of two signs, the text, and the end.
pub(crate) fn logarithms(logits: &Tensor, text: &[i64]) -> Result<Vec<f64>> {
    let before = logits.f_narrow(0, 1, text.len() as i64)?.log_softmax(-1, Kind::Float);
    let chosen = before.f_gather(1, &Tensor::from_slice(text).unsqueeze(1), false)?;
    Ok(Vec::<f64>::try_from(&chosen.squeeze_dim(1).to_kind(Kind::Double))?)
}

/// The median over [`MEDIAN_WIDTH`] values around each; the ends are mirrored.
fn median(values: &[f32]) -> Vec<f32> {
    let count = values.len() as isize;
    let half = (MEDIAN_WIDTH / 2) as isize;
    let mirrored = |index: isize| {
        let index = index.abs();
        let index = if index >= count { 2 * (count - 1) - index } else { index };
        values[index.clamp(0, count - 1) as usize]
    };
    (0..count)
        .map(|centre| {
            let mut near: Vec<f32> = (centre - half..=centre + half).map(mirrored).collect();
            near.sort_by(f32::total_cmp);
            near[MEDIAN_WIDTH / 2]
        })
        .collect()
}

/// Dynamic time warping: the place at which the path of the largest sum from the first token and place to the last ones
/// reaches each token, `[tokens]`, never falling. Steps go to the next token, the next place, or both.
pub(crate) fn first_places(agreement: &Array2<f32>) -> Vec<usize> {
    let (tokens, places) = agreement.dim();
    if tokens == 0 || places == 0 {
        return vec![0; tokens];
    }
    let mut best = Array2::from_elem((tokens, places), f32::NEG_INFINITY);
    // Where the best path came from: 0 both, 1 the token before, 2 the place before.
    let mut from = Array2::<u8>::zeros((tokens, places));
    for token in 0..tokens {
        for place in 0..places {
            let at = |there: bool, t: usize, p: usize| if there { best[[t, p]] } else { f32::NEG_INFINITY };
            let ways = [
                at(token > 0 && place > 0, token.wrapping_sub(1), place.wrapping_sub(1)),
                at(token > 0, token.wrapping_sub(1), place),
                at(place > 0, token, place.wrapping_sub(1)),
            ];
            let (mut way, mut sum) = (0, ways[0]);
            for (index, &other) in ways.iter().enumerate().skip(1) {
                if other > sum {
                    (way, sum) = (index, other);
                }
            }
            let before = if token == 0 && place == 0 { 0.0 } else { sum };
            best[[token, place]] = before + agreement[[token, place]];
            from[[token, place]] = way as u8;
        }
    }
    let mut result = vec![0; tokens];
    let (mut token, mut place) = (tokens - 1, places - 1);
    loop {
        result[token] = place;
        match from[[token, place]] {
            _ if token == 0 => break,
            0 => (token, place) = (token - 1, place.saturating_sub(1)),
            1 => token -= 1,
            _ if place > 0 => place -= 1,
            _ => break,
        }
    }
    // The first token begins at the beginning of its row's run, which is the first place.
    result[0] = 0;
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tch::Device;

    #[test]
    fn a_staircase_is_found() {
        // Token 0 from 0, 1 from 4, 2 from 5, 3 from 11 of 14 places.
        let starts = [0usize, 4, 5, 11, 14];
        let table = Array2::from_shape_fn((4, 14), |(token, place)| {
            if (starts[token]..starts[token + 1]).contains(&place) { 1.0 } else { -0.3 }
        });
        assert_eq!(first_places(&table), starts[..4]);
        assert!(first_places(&Array2::zeros((0, 5))).is_empty());
        assert_eq!(first_places(&Array2::zeros((3, 1))), [0, 0, 0]);
    }

    #[test]
    fn heads_that_look_at_the_sound_win_over_noise() {
        tch::manual_seed(3);
        // Ten tokens over 100 places; one head looks ahead of each token, the other at one place always.
        let ahead = Tensor::from_slice(
            &(0..1000).map(|i| if (i % 100) / 10 == i / 100 { 6.0f32 } else { 0.0 }).collect::<Vec<_>>(),
        )
        .view([10, 100]);
        let always = Tensor::zeros([10, 100], (Kind::Float, Device::Cpu));
        let _ = always.narrow(1, 3, 1).fill_(9.0);
        let noise = Tensor::randn([2, 10, 100], (Kind::Float, Device::Cpu));
        let scores = [Tensor::stack(&[ahead, always], 0) + noise];
        let places = first_places(&agreement(&scores, &[(0, 0), (0, 1)], 100).unwrap());
        for (token, place) in places.iter().enumerate() {
            assert!(place.abs_diff(token * 10) <= 2, "{places:?}");
        }
    }

    #[test]
    fn medians_remove_single_peaks_only() {
        let mut values = vec![0.0; 20];
        values[5] = 9.0;
        values[10..16].fill(1.0);
        let smooth = median(&values);
        assert_eq!(smooth[5], 0.0);
        assert_eq!(smooth[10..16], [1.0; 6]);
        assert_eq!(median(&[1.0, 2.0]).len(), 2);
    }

    proptest! {
        #[test]
        fn the_path_is_the_best_one(tokens in 1usize..5, places in 1usize..6, seed in 0u32..1000) {
            let value = |t: usize, p: usize| ((t * 31 + p * 17 + seed as usize * 7) % 23) as f32 / 11.0 - 1.0;
            let table = Array2::from_shape_fn((tokens, places), |(t, p)| value(t, p));
            let starts = first_places(&table);
            prop_assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(starts.iter().all(|&start| start < places));
            // The best of all paths by trying every one; and the best among those that begin tokens where ours does.
            let all = exhaustive(&table, 0, 0, None);
            let ours = exhaustive(&table, 0, 0, Some(&starts));
            prop_assert!((all - ours).abs() < 1e-4, "{} {}", all, ours);
        }
    }

    fn exhaustive(table: &Array2<f32>, token: usize, place: usize, starts: Option<&[usize]>) -> f32 {
        let (tokens, places) = table.dim();
        let here = table[[token, place]];
        if (token, place) == (tokens - 1, places - 1) {
            return here;
        }
        let mut best = f32::NEG_INFINITY;
        for (t, p) in [(token + 1, place + 1), (token + 1, place), (token, place + 1)] {
            let allowed = t < tokens && p < places && (t == token || starts.is_none_or(|s| s[t] == p));
            if allowed {
                best = best.max(exhaustive(table, t, p, starts));
            }
        }
        here + best
    }
}

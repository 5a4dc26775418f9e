//! From probabilities to moments.

use super::StrokePlan;
use super::plan::RATE;
use ndarray::Array2;
use orator_nn::Randomness;

/// Least seconds between picked strokes: that between two strokes of a hand on the stage.
const SEPARATION: f64 = 0.45;
/// How much chance has to say in which of several likely moments are taken, in nepers.
pub const VARIETY: f64 = 0.3;
/// Hands are chosen anew after so many seconds without a stroke, and after so many with the same: speakers keep a hand for a
/// phrase.
const NEW_PHRASE: f64 = 1.5;
const LONGEST_PHRASE: f64 = 4.0;

/// Picks strokes from probabilities `[frames, 3]` (left alone, right alone, both): the likeliest moments at least 0.45 s apart, as
/// many as the probabilities foretell (`count` where it is given). `variety` scales the chance in it; 0 has none in the moments.
/// Times are finer than a frame.
#[must_use]
pub fn pick(
    probabilities: &Array2<f32>,
    count: Option<usize>,
    variety: f64,
    random: &mut Randomness,
) -> StrokePlan {
    let any: Vec<f64> =
        probabilities.rows().into_iter().map(|row| row.iter().map(|&p| f64::from(p)).sum()).collect();
    let count =
        count.unwrap_or_else(|| (any.iter().sum::<f64>() / StrokePlan::pulse_area()).round() as usize);
    let mut peaks: Vec<(f64, usize)> = (1..any.len().saturating_sub(1))
        .filter(|&f| any[f] > any[f - 1] && any[f] >= any[f + 1] && any[f] > 0.0)
        .map(|f| {
            let chance = -(-random.uniform().clamp(1e-9, 1.0 - 1e-9).ln()).ln();
            (any[f].ln() + variety * chance, f)
        })
        .collect();
    peaks.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut chosen: Vec<(f64, usize)> = Vec::with_capacity(count);
    for (_, frame) in peaks {
        if chosen.len() >= count {
            break;
        }
        let time = (frame as f64 + top(&any[frame - 1..=frame + 1])) / RATE;
        if chosen.iter().all(|(other, _)| (other - time).abs() >= SEPARATION) {
            chosen.push((time, frame));
        }
    }
    chosen.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut plan = StrokePlan::default();
    let (mut began, mut last, mut draw) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0.0);
    for (time, frame) in chosen {
        if time - last > NEW_PHRASE || time - began > LONGEST_PHRASE {
            (began, draw) = (time, random.uniform());
        }
        last = time;
        let share = |kind: usize| f64::from(probabilities[[frame, kind]]) / any[frame];
        let kind = [0, 1].into_iter().find(|&kind| (0..=kind).map(share).sum::<f64>() > draw).unwrap_or(2);
        for (side, hand) in plan.hands.iter_mut().enumerate() {
            if kind == side || kind == 2 {
                hand.push(time);
            }
        }
    }
    plan
}

/// Where the parabola through three values has its top, −0.5 to 0.5 from the middle one.
fn top(values: &[f64]) -> f64 {
    let &[left, middle, right] = values else { return 0.0 };
    let bend = left - 2.0 * middle + right;
    if bend < 0.0 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pulses as high as said, of both hands.
    fn likely(moments: &[(f64, f32)]) -> Array2<f32> {
        let mut all = Array2::zeros((250, 3));
        for &(time, height) in moments {
            let pulses = StrokePlan { hands: [vec![time], vec![time]] }.pulses(250);
            all = all + pulses * height;
        }
        all
    }

    #[test]
    fn the_likeliest_moments_apart_from_each_other() {
        let probabilities = likely(&[(1.013, 0.9), (1.3, 0.8), (3.0, 0.3), (5.0, 0.6), (7.0, 0.5)]);
        let plan = pick(&probabilities, Some(3), 0.0, &mut Randomness::new(1));
        assert_eq!(plan.hands[0], plan.hands[1]);
        assert_eq!(plan.hands[0].len(), 3, "{plan:?}");
        for (found, (wanted, near)) in plan.hands[0].iter().zip([(1.013, 0.01), (5.0, 1e-6), (7.0, 1e-6)]) {
            assert!((found - wanted).abs() < near, "{plan:?}");
        }
    }

    #[test]
    fn as_many_as_foretold_and_other_takes_differ() {
        let moments: Vec<(f64, f32)> = (1..20).map(|i| (f64::from(i) * 0.5, 0.5)).collect();
        let take = |seed| pick(&likely(&moments), None, VARIETY, &mut Randomness::new(seed));
        assert!((9..=10).contains(&take(1).hands[0].len()), "{:?}", take(1));
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
        assert_eq!(
            pick(&Array2::zeros((50, 3)), None, VARIETY, &mut Randomness::new(1)),
            StrokePlan::default()
        );
        assert_eq!(
            pick(&Array2::zeros((0, 3)), Some(4), VARIETY, &mut Randomness::new(1)),
            StrokePlan::default()
        );
    }

    #[test]
    fn hands_follow_their_shares() {
        let mut one_sided = likely(&(1..20).map(|i| (f64::from(i) * 0.5, 0.5)).collect::<Vec<_>>());
        one_sided.columns_mut().into_iter().take(2).for_each(|mut column| column.fill(0.0));
        let right = one_sided.column(2).to_owned();
        one_sided.column_mut(1).assign(&right);
        one_sided.column_mut(2).fill(0.0);
        let plan = pick(&one_sided, None, VARIETY, &mut Randomness::new(5));
        assert!(plan.hands[0].is_empty() && !plan.hands[1].is_empty(), "{plan:?}");
    }
}

//! Beats by dynamic programming (Ellis 2007, "Beat tracking by dynamic programming").

/// Weight of an even pace against strong onsets.
const TIGHTNESS: f64 = 100.0;
/// Share of the largest score below which a first beat is not counted as one.
const FIRST_BEAT_SHARE: f64 = 0.01;

/// Frames of the beats, rising, in an onset strength at `frame_rate`, for a tempo in beats per minute.
/// Weak beats before the first and after the last strong one are left out.
pub(crate) fn track(strength: &[f32], frame_rate: f64, tempo: f64) -> Vec<usize> {
    if strength.len() < 2 || strength.iter().all(|&value| value == 0.0) || !(tempo.is_finite() && tempo > 0.0)
    {
        return Vec::new();
    }
    let period = (frame_rate * 60.0 / tempo).round_ties_even().max(1.0);
    let score = local_score(&normalised(strength), period);
    let (links, total) = best_chains(&score, period);
    let mut beats = Vec::new();
    let mut next = last_beat(&total);
    while let Some(beat) = next {
        beats.push(beat);
        next = links[beat];
    }
    beats.reverse();
    trimmed(beats, &score)
}

fn normalised(strength: &[f32]) -> Vec<f64> {
    let count = strength.len() as f64;
    let mean = strength.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let variance =
        strength.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let scale = variance.sqrt() + f64::from(f32::MIN_POSITIVE);
    strength.iter().map(|&value| f64::from(value) / scale).collect()
}

/// The strength smoothed by a bell of a 32nd of a beat.
fn local_score(strength: &[f64], period: f64) -> Vec<f64> {
    let reach = period as isize;
    let bell: Vec<f64> =
        (-reach..=reach).map(|offset| (-0.5 * (offset as f64 * 32.0 / period).powi(2)).exp()).collect();
    let length = strength.len() as isize;
    (0..length)
        .map(|frame| {
            let from = (frame - reach).max(0);
            let to = (frame + reach).min(length - 1);
            (from..=to).map(|other| strength[other as usize] * bell[(frame - other + reach) as usize]).sum()
        })
        .collect()
}

/// For each frame the best beat before it, and the score of the best chain of beats that ends in it.
fn best_chains(score: &[f64], period: f64) -> (Vec<Option<usize>>, Vec<f64>) {
    let threshold = FIRST_BEAT_SHARE * score.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let nearest = (period / 2.0).round_ties_even() as usize;
    let farthest = (2.0 * period) as usize;
    let penalty: Vec<f64> =
        (0..=farthest).map(|distance| TIGHTNESS * ((distance as f64).ln() - period.ln()).powi(2)).collect();
    let mut links = vec![None; score.len()];
    let mut total = vec![0.0; score.len()];
    let mut before_first = true;
    for frame in 0..score.len() {
        let mut best: Option<(usize, f64)> = None;
        for (distance, cost) in penalty.iter().enumerate().skip(nearest.max(1)) {
            let Some(earlier) = frame.checked_sub(distance) else { break };
            let value = total[earlier] - cost;
            if best.is_none_or(|(_, highest)| value > highest) {
                best = Some((earlier, value));
            }
        }
        total[frame] = score[frame] + best.map_or(0.0, |(_, value)| value);
        if before_first && score[frame] < threshold {
            continue;
        }
        links[frame] = best.map(|(earlier, _)| earlier);
        before_first = false;
    }
    (links, total)
}

/// The last local maximum of the chains' scores that is at least half as high as their median.
fn last_beat(total: &[f64]) -> Option<usize> {
    let is_peak = |frame: usize| {
        frame > 0
            && total[frame] > total[frame - 1]
            && (frame + 1 == total.len() || total[frame] >= total[frame + 1])
    };
    let mut heights: Vec<f64> =
        (0..total.len()).filter(|&frame| is_peak(frame)).map(|frame| total[frame]).collect();
    let threshold = 0.5 * super::median(&mut heights)?;
    (0..total.len()).rev().find(|&frame| is_peak(frame) && total[frame] >= threshold)
}

fn trimmed(mut beats: Vec<usize>, score: &[f64]) -> Vec<usize> {
    let heights: Vec<f64> = beats.iter().map(|&beat| score[beat]).collect();
    // Five points of a Hann window over the beats; its outer two are zero.
    let at = |index: usize| heights.get(index).copied().unwrap_or(0.0);
    let squares: f64 = (0..heights.len())
        .map(|index| {
            let before = if index > 0 { at(index - 1) } else { 0.0 };
            (0.5 * before + at(index) + 0.5 * at(index + 1)).powi(2)
        })
        .sum();
    let threshold = 0.5 * (squares / heights.len().max(1) as f64).sqrt();
    let Some(first) = score.iter().position(|&value| value > threshold) else { return Vec::new() };
    let Some(last) = score.iter().rposition(|&value| value > threshold) else { return Vec::new() };
    beats.retain(|&beat| (first..=last).contains(&beat));
    beats
}

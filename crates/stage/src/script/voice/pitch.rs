//! Fundamental frequency over time: normalised autocorrelation of a decimated signal, and the smoothest path through its peaks.

/// Recordings below this rate are not tracked, in Hz.
pub(super) const MIN_RATE: u32 = 8_000;
/// Seconds between two frames.
const HOP: f32 = 0.01;
/// Length of the compared stretches in seconds: two periods of the deepest voice.
const WINDOW: f32 = 0.03;
const LOWEST_HZ: f32 = 65.0;
const HIGHEST_HZ: f32 = 450.0;
/// The signal is averaged down to about this rate first, in Hz.
const COARSE_RATE: u32 = 8_000;
/// Autocorrelation above which sound counts as voiced.
const VOICED: f32 = 0.5;
/// Frames quieter than this share of the loudest are unvoiced: -40 dB.
const SILENT: f32 = 1e-4;
/// Candidates kept per frame.
const CANDIDATES: usize = 5;
/// Cost of a jump by an octave from frame to frame, and of a change between voiced and unvoiced.
const JUMP_COST: f32 = 1.2;
const CHANGE_COST: f32 = 0.15;
/// Preference for the shorter of two equally good periods, per octave.
const OCTAVE_COST: f32 = 0.03;

/// The pitch of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct PitchTrack {
    /// For every hundredth of a second, centred on it: the fundamental frequency in Hz, 0 where the sound is not voiced.
    pub hz: Vec<f32>,
}

impl PitchTrack {
    /// The frequency at a time in seconds; `None` where the sound is not voiced.
    #[must_use]
    pub fn at(&self, seconds: f32) -> Option<f32> {
        let position = (seconds / HOP).max(0.0);
        let index = position as usize;
        let value = |index: usize| self.hz.get(index).copied().filter(|&hz| hz > 0.0);
        match (value(index), value(index + 1)) {
            (Some(one), Some(next)) => Some(one + (next - one) * (position - index as f32)),
            (one, next) => {
                if position - (index as f32) < 0.5 {
                    one
                } else {
                    next
                }
            }
        }
    }

    /// The median of the voiced frames in Hz.
    #[must_use]
    pub fn median_hz(&self) -> Option<f32> {
        let mut voiced: Vec<f32> = self.hz.iter().copied().filter(|&hz| hz > 0.0).collect();
        voiced.sort_by(f32::total_cmp);
        voiced.get(voiced.len() / 2).copied()
    }
}

/// A possible period of one frame; `hz` 0 for unvoiced.
#[derive(Clone, Copy)]
struct Candidate {
    hz: f32,
    cost: f32,
}

/// Tracks the pitch of a recording at `sample_rate` Hz (8,000 or more; below, nothing is voiced).
#[must_use]
pub fn track(samples: &[f32], sample_rate: u32) -> PitchTrack {
    if sample_rate < MIN_RATE || samples.is_empty() {
        return PitchTrack { hz: Vec::new() };
    }
    let step = (sample_rate / COARSE_RATE).max(1) as usize;
    let coarse: Vec<f32> =
        samples.chunks(step).map(|chunk| chunk.iter().sum::<f32>() / chunk.len() as f32).collect();
    let rate = sample_rate as f32 / step as f32;
    let frames = (samples.len() as f32 / sample_rate as f32 / HOP) as usize + 1;
    let window = (WINDOW * rate) as usize;
    let loudest =
        coarse.chunks(window).map(|chunk| chunk.iter().map(|x| x * x).sum::<f32>()).fold(0.0, f32::max);
    let candidates: Vec<Vec<Candidate>> = (0..frames)
        .map(|frame| {
            candidates(&coarse, rate, (frame as f32 * HOP * rate) as usize, window, loudest * SILENT)
        })
        .collect();
    PitchTrack { hz: best_path(&candidates) }
}

/// Unvoiced, and the best peaks of the normalised autocorrelation around `centre`.
fn candidates(coarse: &[f32], rate: f32, centre: usize, window: usize, silent: f32) -> Vec<Candidate> {
    let mut found = vec![Candidate { hz: 0.0, cost: 1.0 - VOICED }];
    let (shortest, longest) = ((rate / HIGHEST_HZ) as usize, (rate / LOWEST_HZ) as usize);
    // Both compared stretches lie about the centre, whatever the period.
    let Some(start) = centre.checked_sub((window + longest) / 2) else { return found };
    let Some(signal) = coarse.get(start..start + window + longest + 1) else { return found };
    let own: f32 = signal[..window].iter().map(|x| x * x).sum();
    let mut other: f32 = signal[shortest - 1..shortest - 1 + window].iter().map(|x| x * x).sum();
    if own <= silent.max(f32::MIN_POSITIVE) {
        return found;
    }
    let mut correlation = Vec::with_capacity(longest - shortest + 3);
    for lag in shortest - 1..=longest {
        let product = dot(&signal[..window], &signal[lag..lag + window]);
        correlation.push(product / (own * other.max(f32::MIN_POSITIVE)).sqrt());
        other += signal[lag + window] * signal[lag + window] - signal[lag] * signal[lag];
    }
    let mut peaks = Vec::new();
    for (index, three) in correlation.windows(3).enumerate() {
        let (left, top, right) = (three[0], three[1], three[2]);
        if top > left && top >= right && top > 0.3 {
            let bend = left - 2.0 * top + right;
            let offset = if bend < 0.0 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 };
            let hz = rate / ((shortest + index) as f32 + offset);
            let height = top - 0.25 * (left - right) * offset;
            peaks.push(Candidate { hz, cost: 1.0 - height + OCTAVE_COST * (HIGHEST_HZ / hz).log2() });
        }
    }
    peaks.sort_by(|one, other| one.cost.total_cmp(&other.cost));
    peaks.truncate(CANDIDATES);
    found.extend(peaks);
    found
}

/// Eight sums side by side, so that the compiler can use vector instructions; their order is fixed.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (left, right) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The cheapest way through the candidates (Viterbi).
fn best_path(frames: &[Vec<Candidate>]) -> Vec<f32> {
    let mut costs: Vec<f32> = Vec::new();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(frames.len());
    for (index, frame) in frames.iter().enumerate() {
        let mut next = Vec::with_capacity(frame.len());
        let mut from = Vec::with_capacity(frame.len());
        for candidate in frame {
            let (best, cost) = match index.checked_sub(1) {
                None => (0, 0.0),
                Some(before) => cheapest(&frames[before], &costs, candidate),
            };
            next.push(cost + candidate.cost);
            from.push(best);
        }
        back.push(from);
        costs = next;
    }
    let mut at = (0..costs.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap_or(0);
    let mut hz = vec![0.0; frames.len()];
    for index in (0..frames.len()).rev() {
        hz[index] = frames[index][at].hz;
        at = back[index][at];
    }
    hz
}

fn cheapest(before: &[Candidate], costs: &[f32], candidate: &Candidate) -> (usize, f32) {
    let mut best = (0, f32::INFINITY);
    for (index, (old, cost)) in before.iter().zip(costs).enumerate() {
        let step = match (old.hz > 0.0, candidate.hz > 0.0) {
            (true, true) => JUMP_COST * (candidate.hz / old.hz).log2().abs(),
            (false, false) => 0.0,
            _ => CHANGE_COST,
        };
        if cost + step < best.1 {
            best = (index, cost + step);
        }
    }
    best
}

//! Iterative decoding of one window (METHODS 2.5; MaskGIT, MoMask).

use super::{MaskInput, Networks, Stream, StrokeGuide};
use crate::SampleOptions;
use orator_nn::Randomness;
use tch::{IndexOp, Kind, Tensor};

/// A score above every probability: the token is kept for good.
pub(crate) const KEPT: f32 = f32::INFINITY;

/// How many of `unknown` tokens are masked at each of `steps` steps: max(1, round(cos(π k / 2(K−1)) · T)), rounding
/// halves to even. In 32-bit floats, as the reference: a cosine of exactly one half is not one in every precision.
#[must_use]
pub fn masked_counts(steps: usize, unknown: usize) -> Vec<usize> {
    if steps <= 1 {
        return vec![unknown; steps];
    }
    (0..steps)
        .map(|k| {
            let share = (k as f32 / (steps - 1) as f32 * std::f32::consts::PI * 0.5).cos();
            ((share * unknown as f32).round_ties_even() as usize).max(1).min(unknown)
        })
        .collect()
}

/// Which places are hidden when the `count` lowest scores below [`KEPT`] are; whatever is not hidden stays for good.
pub(crate) fn hide_lowest(scores: &mut [f32], count: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..scores.len()).filter(|&t| scores[t] < KEPT).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(a.cmp(&b)));
    let mut hidden = vec![false; scores.len()];
    order.iter().take(count).for_each(|&t| hidden[t] = true);
    for (score, _) in scores.iter_mut().zip(&hidden).filter(|(_, hidden)| !**hidden) {
        *score = KEPT;
    }
    hidden
}

/// One window to be filled in.
pub struct Window<'a> {
    /// Normalised speech `[1, time, features]`.
    pub speech: &'a Tensor,
    /// When the hands are to stroke ([`super::StrokePlan::guide`]), `[1, time, 8]`, if anybody says.
    pub strokes: Option<&'a Tensor>,
    /// Speaker numbers of face and body.
    pub speakers: [i64; 2],
    /// Tokens `[time][layers]` of both streams; read where `known`, written elsewhere.
    pub ids: [Vec<Vec<i64>>; 2],
    /// Which frames are given, per stream.
    pub known: [Vec<bool>; 2],
    /// Base-layer token of the source frame of both streams.
    pub source: [i64; 2],
}

/// Fills in what is not known, both streams and all layers that the options ask for.
pub fn fill(networks: &Networks, window: &mut Window<'_>, options: &SampleOptions, random: &mut Randomness) {
    tch::no_grad(|| {
        fill_base(networks, window, options, random);
        fill_residuals(networks, window, options, random);
    });
}

/// With guidance the conditional and the unconditional pass are one batch of two; the latter hears neither speech nor plan.
struct Guided {
    speech: Tensor,
    strokes: Option<Tensor>,
    speakers: [Tensor; 2],
    drop: Tensor,
    batch: i64,
    guidance: f64,
}

impl Guided {
    fn new(window: &Window<'_>, guidance: f64) -> Self {
        let batch = if (guidance - 1.0).abs() < 1e-9 { 1 } else { 2 };
        let device = window.speech.device();
        Self {
            speech: window.speech.expand([batch, -1, -1], false),
            strokes: window.strokes.map(|s| s.expand([batch, -1, -1], false)),
            speakers: window.speakers.map(|s| Tensor::full([batch], s, (Kind::Int64, device))),
            drop: Tensor::from_slice(&[0.0f32, 1.0][..batch as usize]).to_device(device),
            batch,
            guidance,
        }
    }

    fn input(&self) -> MaskInput<'_> {
        MaskInput {
            speech: &self.speech,
            speakers: [&self.speakers[0], &self.speakers[1]],
            drop_speech: &self.drop,
            strokes: self.strokes.as_ref().map(|numbers| StrokeGuide { numbers, drop: &self.drop }),
        }
    }

    /// `[time, codes]`.
    fn combine(&self, logits: &Tensor) -> Tensor {
        if self.batch == 1 {
            return logits.i(0);
        }
        logits.i(1) + (logits.i(0) - logits.i(1)) * self.guidance
    }
}

fn fill_base(networks: &Networks, window: &mut Window<'_>, options: &SampleOptions, random: &mut Randomness) {
    let guided = Guided::new(window, options.token_guidance());
    let device = window.speech.device();
    let mut scores: [Vec<f32>; 2] =
        [0, 1].map(|s| window.known[s].iter().map(|&k| if k { KEPT } else { 0.0 }).collect());
    let unknown = [0, 1].map(|s| window.known[s].iter().filter(|k| !**k).count());
    let counts = unknown.map(|n| masked_counts(options.token_steps(), n));
    let steps = counts[0].iter().zip(&counts[1]).map(|(&face, &body)| [face, body]);
    for counts in steps {
        let masked: [Vec<bool>; 2] = [0, 1].map(|s| {
            let count = if unknown[s] == 0 { 0 } else { counts[s] };
            hide_lowest(&mut scores[s], count)
        });
        if masked.iter().flatten().all(|m| !m) {
            break;
        }
        let tensors: [(Tensor, Tensor, Tensor); 2] = [0, 1].map(|s| {
            let codebook = networks.tokenizers[s].quantiser().codebook(0);
            let base: Vec<i64> = window.ids[s].iter().map(|layers| layers[0]).collect();
            let codes = codebook.index_select(0, &Tensor::from_slice(&base).to_device(device)).unsqueeze(0);
            let hidden: Vec<f32> = masked[s].iter().map(|&m| f32::from(u8::from(m))).collect();
            let hidden = Tensor::from_slice(&hidden).to_device(device).unsqueeze(0);
            let source = codebook.i(window.source[s]).unsqueeze(0);
            (
                codes.expand([guided.batch, -1, -1], false),
                hidden.expand([guided.batch, -1], false),
                source.expand([guided.batch, -1], false),
            )
        });
        let [(codes0, hidden0, source0), (codes1, hidden1, source1)] = tensors;
        let logits = networks.mask_generator.forward(
            &[codes0, codes1],
            &[hidden0, hidden1],
            &[source0, source1],
            &guided.input(),
            false,
        );
        for s in 0..2 {
            let (chosen, probability) = draw(&guided.combine(&logits[s]), options, random);
            for t in (0..masked[s].len()).filter(|&t| masked[s][t]) {
                window.ids[s][t][0] = chosen[t];
                scores[s][t] = probability[t];
            }
        }
    }
}

fn fill_residuals(
    networks: &Networks,
    window: &mut Window<'_>,
    options: &SampleOptions,
    random: &mut Randomness,
) {
    let guided = Guided::new(window, options.token_guidance());
    let device = window.speech.device();
    for stream in Stream::ALL {
        let s = stream as usize;
        if window.known[s].iter().all(|k| *k) {
            continue;
        }
        let layers = window.ids[s].first().map_or(0, Vec::len);
        let used = options.layers.unwrap_or(layers).min(layers);
        for q in 1..used {
            let flat: Vec<i64> = window.ids[s].iter().flatten().copied().collect();
            let ids = Tensor::from_slice(&flat).to_device(device).view([1, -1, layers as i64]);
            let summed =
                networks.tokenizers[s].quantiser().decode(&ids, q).expand([guided.batch, -1, -1], false);
            let logits = networks.residual_generator.forward(stream, q, &summed, &guided.input(), false);
            let (chosen, _) = draw(&guided.combine(&logits), options, random);
            for (t, token) in chosen.into_iter().enumerate().filter(|(t, _)| !window.known[s][*t]) {
                window.ids[s][t][q] = token;
            }
        }
    }
}

/// Draws one token a frame from `[time, codes]` logits; also the probability of each, without temperature.
pub(crate) fn draw(
    logits: &Tensor,
    options: &SampleOptions,
    random: &mut Randomness,
) -> (Vec<i64>, Vec<f32>) {
    let logits = logits.to_device(tch::Device::Cpu).to_kind(Kind::Float);
    let codes = logits.size()[1];
    let chosen = if options.temperature <= 0.0 {
        logits.argmax(-1, false)
    } else {
        let keep = ((codes as f64 * options.keep_share).ceil() as i64).clamp(1, codes);
        let threshold = logits.topk(keep, -1, true, true).0.select(1, keep - 1).unsqueeze(-1);
        let filtered = logits.masked_fill(&logits.lt_tensor(&threshold), f64::NEG_INFINITY);
        (filtered / options.temperature + random.gumbel_tensor(&logits.size())).argmax(-1, false)
    };
    let probability = logits.softmax(-1, Kind::Float).gather(1, &chosen.unsqueeze(-1), false).squeeze_dim(-1);
    let to_vec = |t: &Tensor| Vec::<i64>::try_from(t).unwrap_or_default();
    (to_vec(&chosen), Vec::<f32>::try_from(&probability).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_the_reference() {
        assert_eq!(masked_counts(5, 80), [80, 74, 57, 31, 1]);
        assert_eq!(masked_counts(1, 80), [80]);
        assert!(masked_counts(10, 3).iter().all(|&n| (1..=3).contains(&n)));
    }
}

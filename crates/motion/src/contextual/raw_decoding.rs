//! Decoding without tokens, for the ablation of the motion representation: hidden frames are guessed as numbers, again and
//! again while fewer of them are hidden, as tokens are (METHODS 2.5).
//!
//! Numbers have no probabilities, so that nothing says which guesses to keep: they are kept in a random order, which the
//! paper leaves open.

use super::{MaskInput, Networks, Stream, masked_counts};
use crate::SampleOptions;
use orator_nn::Randomness;
use tch::{IndexOp, Kind, Tensor};

/// One window of normalised motion to be filled in.
pub struct RawWindow<'a> {
    /// Normalised speech `[1, time, features]`.
    pub speech: &'a Tensor,
    /// Speaker numbers of face and body.
    pub speakers: [i64; 2],
    /// Normalised motion `[1, time, dimensions]`; read where `known`, replaced elsewhere.
    pub motion: [Tensor; 2],
    /// Which frames are given.
    pub known: &'a [bool],
    /// Normalised motion of the source frame, `[1, dimensions]`.
    pub source: [Tensor; 2],
}

/// Fills in what is not known.
pub fn fill_raw(
    networks: &Networks,
    window: &mut RawWindow<'_>,
    options: &SampleOptions,
    random: &mut Randomness,
) {
    let unknown: Vec<usize> = (0..window.known.len()).filter(|&t| !window.known[t]).collect();
    if unknown.is_empty() {
        return;
    }
    let order: Vec<usize> = random.permutation(unknown.len()).into_iter().map(|i| unknown[i]).collect();
    let device = window.speech.device();
    let guidance = options.token_guidance();
    let guided = (guidance - 1.0).abs() > 1e-9;
    let batch = if guided { 2 } else { 1 };
    let speech = window.speech.expand([batch, -1, -1], false);
    let speakers = window.speakers.map(|s| Tensor::full([batch], s, (Kind::Int64, device)));
    let drop = Tensor::from_slice(&[0.0f32, 1.0][..batch as usize]).to_device(device);
    let input = MaskInput {
        speech: &speech,
        speakers: [&speakers[0], &speakers[1]],
        drop_speech: &drop,
        strokes: None,
    };
    tch::no_grad(|| {
        for count in masked_counts(options.token_steps(), unknown.len()) {
            let mut hidden = vec![0.0f32; window.known.len()];
            order.iter().take(count).for_each(|&t| hidden[t] = 1.0);
            let hidden = Tensor::from_slice(&hidden).to_device(device).unsqueeze(0);
            let both = || [0, 1].map(|_| hidden.expand([batch, -1], false));
            let motion = window.motion.each_ref().map(|m| m.expand([batch, -1, -1], false));
            let source = window.source.each_ref().map(|s| s.expand([batch, -1], false));
            let made = networks.mask_generator.forward(&motion, &both(), &source, &input, false);
            let here = hidden.unsqueeze(-1);
            for s in [Stream::Face as usize, Stream::Body as usize] {
                let guess = if guided {
                    made[s].i(1) + (made[s].i(0) - made[s].i(1)) * guidance
                } else {
                    made[s].i(0)
                };
                window.motion[s] = &window.motion[s] * (1.0 - &here) + guess.unsqueeze(0) * &here;
            }
        }
    });
}

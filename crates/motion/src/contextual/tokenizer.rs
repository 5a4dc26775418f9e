//! The tokenizer of one stream (METHODS 2.2, Eq. 2, 3): convolutional encoder, residual quantiser, mirrored decoder; one
//! token a frame and layer.

use super::{Quantised, ResidualQuantiser, TokenizerConfig};
use crate::{BODY_DIMENSIONS, FACE_DIMENSIONS};
use orator_nn::Randomness;
use orator_nn::convolution::{ResidualStack, same_convolution};
use tch::Tensor;
use tch::nn::{self, Module, Path};

/// Which of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// 68 face points.
    Face,
    /// Arms and hands, 48 points.
    Body,
}

impl Stream {
    /// Both, in the order in which everything keeps them.
    pub const ALL: [Self; 2] = [Self::Face, Self::Body];

    /// Numbers a frame of keypoint motion; other layouts have their own ([`super::MotionLayout::dimensions`]).
    #[must_use]
    pub fn dimensions(self) -> usize {
        match self {
            Self::Face => FACE_DIMENSIONS,
            Self::Body => BODY_DIMENSIONS,
        }
    }

    /// The name in weight files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Body => "body",
        }
    }
}

/// One step of the decoder.
struct Widening {
    stack: ResidualStack,
    doubles: bool,
    convolution: nn::Conv1D,
}

/// Motion of one stream to tokens and back.
pub struct Tokenizer {
    enter: nn::Conv1D,
    encoder: Vec<(nn::Conv1D, ResidualStack)>,
    to_code: nn::Conv1D,
    quantiser: ResidualQuantiser,
    /// From a code to what the alignment encoder says of that frame (P of Eq. 2); training only.
    foretell: Option<nn::Linear>,
    from_code: nn::Conv1D,
    decoder: Vec<Widening>,
    middle: nn::Conv1D,
    leave: nn::Conv1D,
}

impl Tokenizer {
    /// The network for motion of `dimensions` numbers a frame, in `path`; with `distilled`, the width of the alignment encoders,
    /// it can be taught by them.
    #[must_use]
    pub fn new(path: &Path, dimensions: i64, config: &TokenizerConfig, distilled: Option<i64>) -> Self {
        let (w, d) = (config.width, config.code_dimensions);
        let stack = |at: &Path, reverse| ResidualStack::new(at, w, config.depth, 3, reverse);
        // Encoder and decoder mirror each other: the first stacks halve the time, the last ones double it.
        let halving = |i: i64| i < config.halvings;
        let doubling = |i: i64| i >= config.blocks - config.halvings;
        let encoder = (0..config.blocks)
            .map(|i| {
                let at = path / "encoder" / i;
                let convolution = if halving(i) {
                    let half = nn::ConvConfig { stride: 2, padding: 1, ..Default::default() };
                    nn::conv1d(&at / "convolution", w, w, 4, half)
                } else {
                    same_convolution(&at / "convolution", w, w, 3, 1)
                };
                (convolution, stack(&(&at / "stack"), config.encoder_widest_first))
            })
            .collect();
        let decoder = (0..config.blocks)
            .map(|i| {
                let at = path / "decoder" / i;
                Widening {
                    stack: stack(&(&at / "stack"), true),
                    doubles: doubling(i),
                    convolution: same_convolution(&at / "convolution", w, w, 3, 1),
                }
            })
            .collect();
        Self {
            enter: same_convolution(path / "enter", dimensions, w, 3, 1),
            encoder,
            to_code: same_convolution(path / "to_code", w, d, 3, 1),
            quantiser: ResidualQuantiser::new(&(path / "quantiser"), config),
            foretell: distilled
                .map(|width| nn::linear(path / "foretell", d, width, nn::LinearConfig::default())),
            from_code: same_convolution(path / "from_code", d, w, 3, 1),
            decoder,
            middle: same_convolution(path / "middle", w, w, 3, 1),
            leave: same_convolution(path / "leave", w, dimensions, 3, 1),
        }
    }

    /// The codebooks.
    #[must_use]
    pub fn quantiser(&self) -> &ResidualQuantiser {
        &self.quantiser
    }

    /// `[batch, time, dimensions]` (normalised) to what is quantised, `[batch, tokens, code]`.
    pub fn encode_continuous(&self, motion: &Tensor) -> Tensor {
        let mut x = self.enter.forward(&motion.transpose(1, 2)).relu();
        for (convolution, stack) in &self.encoder {
            x = stack.forward(&convolution.forward(&x));
        }
        self.to_code.forward(&x).transpose(1, 2)
    }

    /// Tokens `[batch, time, layers]` of normalised motion `[batch, time, dimensions]`.
    pub fn encode(&self, motion: &Tensor) -> Tensor {
        self.quantiser.encode(&self.encode_continuous(motion))
    }

    /// Normalised motion `[batch, time, dimensions]` from summed codes `[batch, time, code]`.
    pub fn decode_codes(&self, codes: &Tensor) -> Tensor {
        let mut x = self.from_code.forward(&codes.transpose(1, 2)).relu();
        for step in &self.decoder {
            x = step.stack.forward(&x);
            if step.doubles {
                x = x.repeat_interleave_self_int(2, 2, None);
            }
            x = step.convolution.forward(&x);
        }
        self.leave.forward(&self.middle.forward(&x).relu()).transpose(1, 2)
    }

    /// Normalised motion from tokens `[batch, time, layers]`.
    pub fn decode(&self, ids: &Tensor) -> Tensor {
        self.decode_codes(&self.quantiser.decode(ids, ids.size()[2] as usize))
    }

    /// One training pass: reconstruction `[batch, time, dimensions]` and what the quantiser did.
    pub fn train(&self, motion: &Tensor, random: &mut Randomness) -> (Tensor, Quantised) {
        let quantised = self.quantiser.train(&self.encode_continuous(motion), random);
        (self.decode_codes(&quantised.codes), quantised)
    }

    /// What summed codes `[batch, time, code]` foretell of the alignment encoder's content, `[batch, time, width]`, if this
    /// tokenizer is taught by one.
    #[must_use]
    pub fn foretell(&self, codes: &Tensor) -> Option<Tensor> {
        self.foretell.as_ref().map(|p| p.forward(codes))
    }
}

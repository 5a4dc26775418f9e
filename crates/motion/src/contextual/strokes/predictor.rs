//! Which frames bear a stroke, from speech: convolutions over 1.3 s to both sides.

use super::super::SPEECH_FEATURES;
use super::StrokeShaper;
use orator_nn::convolution::{ResidualStack, same_convolution};
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, Path};
use tch::{Device, Tensor};

/// Strokes of the left hand alone, of the right alone, of both.
pub const STROKE_KINDS: i64 = 3;
/// Dilation grows so from block to block.
const GROWTH: i64 = 2;
/// Logits begin here: a stroke of one kind every two seconds, a pulse being 2.5 frames wide.
const FIRST_LOGIT: f64 = -3.0;

/// The network that foretells strokes, and that the generator is told of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StrokeConfig {
    /// Channels.
    pub width: i64,
    /// Residual blocks; dilation doubles from one to the next, so that five see 32 frames to both sides.
    pub depth: i64,
    /// Dropout before the last layer.
    pub dropout: f64,
    /// Standard deviation in frames of the Gaussian that leaves the arms' slow motion. At 6 (0.24 s) a stroke, which takes 0.16 to
    /// 0.45 s, is gone and a gesture stays.
    pub smoothing: f64,
}

impl Default for StrokeConfig {
    fn default() -> Self {
        Self { width: 96, depth: 5, dropout: 0.1, smoothing: 6.0 }
    }
}

/// Speech and speaker to the probability of a stroke.
pub struct StrokePredictor {
    enter: nn::Conv1D,
    speakers: nn::Embedding,
    stack: ResidualStack,
    leave: nn::Conv1D,
    dropout: f64,
    /// What the arms do at strokes: it learns beside this one.
    pub shaper: StrokeShaper,
    /// The variables of both.
    pub store: nn::VarStore,
}

impl StrokePredictor {
    /// A fresh network for so many speakers.
    #[must_use]
    pub fn new(config: &StrokeConfig, speakers: usize, device: Device) -> Self {
        let store = nn::VarStore::new(device);
        let root: Path<'_> = store.root();
        let w = config.width;
        let rare = nn::ConvConfig { bs_init: nn::Init::Const(FIRST_LOGIT), ..Default::default() };
        Self {
            enter: same_convolution(&root / "enter", SPEECH_FEATURES as i64, w, 3, 1),
            speakers: nn::embedding(&root / "speakers", speakers as i64 + 1, w, Default::default()),
            stack: ResidualStack::new(&(&root / "stack"), w, config.depth, GROWTH, false),
            leave: nn::conv1d(&root / "leave", w, STROKE_KINDS, 1, rare),
            dropout: config.dropout,
            shaper: StrokeShaper::new(&(&root / "shaper"), config, speakers),
            store,
        }
    }

    /// Logits `[batch, time, 3]` from normalised speech `[batch, time, 163]` and speakers `[batch]` (int64; the number of
    /// speakers itself means nobody in particular).
    pub fn forward(&self, speech: &Tensor, speakers: &Tensor, train: bool) -> Tensor {
        // What is said is not listened to here, only how.
        let speech = &speech.narrow(2, 0, SPEECH_FEATURES as i64);
        let x = self.enter.forward(&speech.transpose(1, 2)) + self.speakers.forward(speakers).unsqueeze(-1);
        let x = self.stack.forward(&x).gelu("none").dropout(self.dropout, train);
        self.leave.forward(&x).transpose(1, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn strokes_are_rare_at_first_and_far_speech_does_not_matter() {
        tch::manual_seed(3);
        let predictor = StrokePredictor::new(&StrokeConfig::default(), 2, Device::Cpu);
        let speech = Tensor::randn([2, 120, SPEECH_FEATURES as i64], (Kind::Float, Device::Cpu));
        let speakers = Tensor::from_slice(&[0i64, 2]);
        let logits = predictor.forward(&speech, &speakers, false);
        assert_eq!(logits.size(), [2, 120, 3]);
        let middle = logits.median().double_value(&[]);
        assert!(middle < -2.0, "{middle}");
        let changed = speech.copy();
        let _ = changed.narrow(1, 0, 40).zero_();
        let after = predictor.forward(&changed, &speakers, false);
        let moved = |from: i64| (&after - &logits).narrow(1, from, 1).abs().max().double_value(&[]);
        assert!(moved(90) == 0.0, "{}", moved(90));
        assert!(moved(20) > 0.0);
    }
}

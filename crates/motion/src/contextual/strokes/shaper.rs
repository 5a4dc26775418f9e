//! The arms' motion round planned strokes: p(hands | strokes, slow motion).
//!
//! Tokens hold well where hands are and badly when they are fast: one code in 256 a frame, shared with ten fingers, jitters by more
//! than a beat is large. So tokens give the slow motion of the arms, and this network what is quick in it, from the plan.

use super::{GUIDE_NUMBERS, StrokeConfig};
use orator_nn::convolution::{ResidualStack, same_convolution};
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

/// Numbers of the body stream that are arms: the places of shoulders, elbows and wrists. They come first.
pub const ARM_NUMBERS: i64 = 12;
/// The kernel reaches so many standard deviations.
const REACH: f64 = 3.0;

/// What is quick in the arms' motion, from a plan of strokes and what is slow in it.
pub struct StrokeShaper {
    enter: nn::Conv1D,
    speakers: nn::Embedding,
    stack: ResidualStack,
    leave: nn::Conv1D,
    dropout: f64,
    smoothing: f64,
}

impl StrokeShaper {
    /// A fresh network in `path`, which adds nothing yet.
    #[must_use]
    pub fn new(path: &Path, config: &StrokeConfig, speakers: usize) -> Self {
        let w = config.width;
        let zero = nn::ConvConfig { ws_init: nn::Init::Const(0.0), ..Default::default() };
        Self {
            enter: same_convolution(path / "enter", ARM_NUMBERS + GUIDE_NUMBERS as i64, w, 3, 1),
            speakers: nn::embedding(path / "speakers", speakers as i64 + 1, w, Default::default()),
            stack: ResidualStack::new(&(path / "stack"), w, config.depth, 2, false),
            leave: nn::conv1d(path / "leave", w, ARM_NUMBERS, 1, zero),
            dropout: config.dropout,
            smoothing: config.smoothing,
        }
    }

    /// Normalised motion of the arms `[batch, time, 12]` from slow motion of the same shape ([`Self::slow`]), what a plan tells
    /// `[batch, time, 8]`, and speakers `[batch]`.
    pub fn forward(&self, slow: &Tensor, guide: &Tensor, speakers: &Tensor, train: bool) -> Tensor {
        let x = Tensor::cat(&[slow, guide], -1).transpose(1, 2);
        let x = self.enter.forward(&x) + self.speakers.forward(speakers).unsqueeze(-1);
        let x = self.stack.forward(&x).gelu("none").dropout(self.dropout, train);
        slow + self.leave.forward(&x).transpose(1, 2)
    }

    /// What is slow in motion `[batch, time, numbers]`: smoothed by a Gaussian, which is cut off at both ends.
    pub fn slow(&self, motion: &Tensor) -> Tensor {
        let (batch, time, numbers) = (motion.size()[0], motion.size()[1], motion.size()[2]);
        let reach = (REACH * self.smoothing).ceil() as i64;
        let kernel: Vec<f32> =
            (-reach..=reach).map(|d| (-0.5 * (d as f64 / self.smoothing).powi(2)).exp() as f32).collect();
        let kernel = Tensor::from_slice(&kernel).view([1, 1, -1]).to_device(motion.device());
        let smooth = |x: &Tensor| x.conv1d::<Tensor>(&kernel, None, [1], [reach], [1], 1);
        let whole = smooth(&Tensor::ones([1, 1, time], (Kind::Float, motion.device())));
        let rows = motion.transpose(1, 2).reshape([batch * numbers, 1, time]);
        (smooth(&rows) / whole).view([batch, numbers, time]).transpose(1, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;
    use tch::nn::VarStore;

    #[test]
    fn at_first_slow_motion_comes_back() {
        let store = VarStore::new(Device::Cpu);
        let shaper = StrokeShaper::new(&store.root(), &StrokeConfig::default(), 1);
        let slow = Tensor::randn([2, 80, ARM_NUMBERS], (Kind::Float, Device::Cpu));
        let guide = Tensor::zeros([2, 80, GUIDE_NUMBERS as i64], (Kind::Float, Device::Cpu));
        let made = shaper.forward(&slow, &guide, &Tensor::from_slice(&[0i64, 1]), false);
        assert!(made.equal(&slow));
    }

    #[test]
    fn slow_motion_keeps_level_and_loses_jitter() {
        let store = VarStore::new(Device::Cpu);
        let shaper = StrokeShaper::new(&store.root(), &StrokeConfig::default(), 1);
        let level = Tensor::full([1, 80, 2], 3.0, (Kind::Float, Device::Cpu));
        assert!((shaper.slow(&level) - &level).abs().max().double_value(&[]) < 1e-4);
        let jitter: Vec<f32> = (0..160).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let jitter = Tensor::from_slice(&jitter).view([1, 160, 1]);
        assert!(shaper.slow(&jitter).abs().max().double_value(&[]) < 0.2);
        let once = shaper.slow(&jitter.narrow(1, 0, 160));
        assert!(once.narrow(1, 60, 40).abs().max().double_value(&[]) < 1e-3);
    }
}

//! Sizes and choices of the latent motion diffusion.

use orator_nn::attention::RotaryPlace;
use serde::{Deserialize, Serialize};

/// Frames of a window (METHODS 1.8): 3.2 s at 25 frames a second.
pub const WINDOW_FRAMES: usize = 80;
/// Largest width, number of layers and the like that a configuration may ask for.
const LARGEST_SIZE: i64 = 8192;
/// Most layers of either kind.
const MOST_LAYERS: i64 = 64;
/// Most steps of sampling.
const MOST_STEPS: usize = 1000;
/// Order of the curves that motion is smoothed by.
pub(super) const SMOOTHING_ORDER: usize = 2;
/// Most candidates of a window.
const MOST_CANDIDATES: usize = 64;
/// Most numbers of a principal-component representation.
const MOST_COMPONENTS: usize = 2307;

/// Sizes of the denoiser. The defaults are the published ones (METHODS 1.8), the prefix is ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DenoiserConfig {
    /// Width of the transformer; even.
    pub width: i64,
    /// Attention heads.
    pub heads: i64,
    /// Hidden width of the feed-forward parts.
    pub hidden: i64,
    /// Decoder layers.
    pub layers: i64,
    /// Layers of the speech encoder.
    pub speech_layers: i64,
    /// Dropout everywhere, in training.
    pub dropout: f64,
    /// Clean frames of the window before that stand in front of a window's tokens, at the places −prefix..−1, marked by an
    /// embedding of their own (METHODS 1.8, open there; 4). 0, as published, has none.
    pub prefix: usize,
    /// What rotary positions turn.
    pub rotary: RotaryPlace,
}

impl Default for DenoiserConfig {
    fn default() -> Self {
        Self {
            width: 512,
            heads: 8,
            hidden: 1024,
            layers: 8,
            speech_layers: 2,
            dropout: 0.1,
            prefix: 4,
            rotary: RotaryPlace::Heads,
        }
    }
}

impl DenoiserConfig {
    /// What cannot be built, in words.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<(), String> {
        let sizes = [self.width, self.heads, self.hidden, self.layers];
        if sizes.iter().any(|n| !(1..=LARGEST_SIZE).contains(n))
            || !(0..=MOST_LAYERS).contains(&self.speech_layers)
            || self.layers > MOST_LAYERS
        {
            return Err(format!(
                "no size of the denoiser may be below 1 or above {LARGEST_SIZE}, and there are at most {MOST_LAYERS} layers"
            ));
        }
        // Sine and cosine take half of the width each, rotary positions pairs of a head's numbers.
        if self.width < 4 || self.width % (2 * self.heads) != 0 {
            return Err(format!(
                "the denoiser's width {} must be an even multiple of its {} heads",
                self.width, self.heads
            ));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(format!("dropout {} must be at least 0 and below 1", self.dropout));
        }
        if self.prefix >= WINDOW_FRAMES {
            return Err(format!("a prefix of {} is as long as a window", self.prefix));
        }
        Ok(())
    }
}

/// How noise becomes motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Process {
    /// A thousand steps of noise on the cosine schedule; the network foretells the clean motion (METHODS 1.8).
    #[default]
    Diffusion,
    /// A straight way from noise to motion; the network foretells its direction (METHODS 4.1).
    Flow,
}

/// What the network's numbers mean in the diffusion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Foretold {
    /// The clean motion, as published.
    #[default]
    Clean,
    /// v = √ᾱ ε − √(1−ᾱ) x₀ (Salimans and Ho 2022), from which the clean motion follows: a network that foretells nothing then leaves
    /// nearly clean motion as it is. Losses are of the clean motion all the same. (Ours.)
    Velocity,
}

/// Which numbers the diffusion works on (METHODS 1.8, representation remark).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumbersKind {
    /// The 2307 numbers as the renderer reads them: 256 rotation matrices and a translation.
    Matrix2307,
    /// 768 Euler angles in units of 99° and the translation.
    Angle771,
    /// Principal components of the 2307 numbers.
    #[default]
    Pca256,
}

/// The numbers that the diffusion works on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepresentationConfig {
    /// Which numbers.
    pub numbers: NumbersKind,
    /// How many principal components `pca256` keeps: 256, fewer for small data.
    pub components: usize,
    /// Whether motion is the offset from the portrait's own latent row (ours). The latent rows of small stage-1 networks also
    /// say who it is and how this person rests; offsets say it less.
    pub relative_to_source: bool,
}

impl Default for RepresentationConfig {
    fn default() -> Self {
        Self { numbers: NumbersKind::default(), components: 256, relative_to_source: true }
    }
}

/// How a take is drawn where the request does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingConfig {
    /// Steps: 50 for the diffusion (METHODS 1.8), 8 to 16 for the flow (METHODS 4.1).
    pub steps: usize,
    /// Classifier-free guidance; 1 is none.
    pub guidance: f64,
    /// DDIM's η: 1 draws noise in every step, 0 none.
    pub eta: f64,
    /// Whether the foretold clean motion is clipped to [−1, 1]: for data scaled to that range alone, never for whitened numbers.
    pub clip: bool,
    /// Candidates of every window after the first, of which the one that goes on best is taken (METHODS 1.8: 5).
    pub candidates: usize,
    /// Frames of the window in which drawn motion is smoothed by a parabola (Savitzky and Golay 1964), odd; 0 leaves it as it is
    /// (ours: what few steps leave of the noise is seen as trembling).
    pub smoothing: usize,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self { steps: 50, guidance: 2.0, eta: 1.0, clip: false, candidates: 5, smoothing: 0 }
    }
}

/// Everything that decides the networks' shapes and how they are used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeviationConfig {
    /// The denoiser.
    pub denoiser: DenoiserConfig,
    /// How noise becomes motion.
    pub process: Process,
    /// What the network foretells in the diffusion; the flow's network always foretells the direction.
    pub foretold: Foretold,
    /// The numbers it works on.
    pub representation: RepresentationConfig,
    /// Whether the keypoint streams of the same frames (face 136, body 96) are a second target (the paper's 2.2.1).
    pub keypoints: bool,
    /// How a take is drawn.
    pub sampling: SamplingConfig,
}

impl DeviationConfig {
    /// What cannot be built or does not fit together, in words.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<(), String> {
        self.denoiser.check()?;
        if !(1..=MOST_COMPONENTS).contains(&self.representation.components) {
            return Err(format!("components must be 1 to {MOST_COMPONENTS}"));
        }
        let s = &self.sampling;
        if !(1..=MOST_STEPS).contains(&s.steps) || !(1..=MOST_CANDIDATES).contains(&s.candidates) {
            return Err(format!(
                "sampling takes 1 to {MOST_STEPS} steps and 1 to {MOST_CANDIDATES} candidates"
            ));
        }
        if !(0.0..=1.0).contains(&s.eta) || !s.guidance.is_finite() {
            return Err("sampling needs an eta of 0 to 1 and a guidance that is a number".into());
        }
        let smooths = s.smoothing % 2 == 1 && (SMOOTHING_ORDER + 1..=WINDOW_FRAMES).contains(&s.smoothing);
        if s.smoothing != 0 && !smooths {
            return Err(format!("smoothing takes an odd number of frames from 3 to {WINDOW_FRAMES}, or 0"));
        }
        if s.clip {
            return Err("the numbers are whitened: clip must be false".into());
        }
        if self.representation.relative_to_source && self.denoiser.prefix == 0 {
            return Err(
                "relative_to_source needs a prefix: without one windows go on from their source frame".into(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        assert_eq!(DeviationConfig::default().check(), Ok(()));
        let refused = |change: &dyn Fn(&mut DeviationConfig), word: &str| {
            let mut config = DeviationConfig::default();
            change(&mut config);
            let text = config.check().unwrap_err();
            assert!(text.contains(word), "{text}");
        };
        refused(&|c| c.denoiser.width = 24, "multiple");
        refused(&|c| c.denoiser.layers = 1 << 40, "size");
        refused(&|c| c.denoiser.dropout = f64::NAN, "dropout");
        refused(&|c| c.denoiser.prefix = 0, "prefix");
        refused(&|c| c.sampling.clip = true, "clip");
        refused(&|c| c.sampling.eta = 2.0, "eta");
        refused(&|c| c.sampling.smoothing = 4, "odd");
        refused(&|c| c.sampling.smoothing = 1, "odd");
        refused(&|c| c.representation.components = 0, "components");
    }
}

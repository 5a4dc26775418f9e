//! Speech as it is heard in training: other voices and microphones, a little noise, and now and then nothing.

use orator_nn::Randomness;
use tch::{Kind, Tensor};

/// How speech is changed for training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hearing {
    /// Spread of the noise added to the normalised features.
    pub noise: f64,
    /// Spread of a shift of every feature that stays for a whole window.
    pub shift: f64,
    /// Spread of the logarithm of a factor on every feature, likewise.
    pub scale: f64,
    /// Probability of hearing nothing.
    pub drop: f64,
}

impl Hearing {
    /// Normalised speech `[batch, frames, features]` changed, and 1 where nothing is heard, `[batch]`. Noise comes from libtorch's
    /// generator, which the training loop seeds for each step.
    pub fn hear(&self, speech: &Tensor, random: &mut Randomness) -> (Tensor, Tensor) {
        let size = speech.size();
        let device = speech.device();
        let whole_window = || Tensor::randn([size[0], 1, size[2]], (Kind::Float, device));
        let voice = speech * (whole_window() * self.scale).exp() + whole_window() * self.shift;
        let heard = voice + speech.randn_like() * self.noise;
        let drop: Vec<f32> = (0..size[0]).map(|_| f32::from(u8::from(random.chance(self.drop)))).collect();
        (heard, Tensor::from_slice(&drop).to_device(device))
    }
}

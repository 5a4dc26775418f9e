//! A window of motion drawn from noise, by either process.

use super::flow::FlowStep;
use super::{
    Denoiser, DeviationConfig, Diffusion, DiffusionStep, Flow, Foretold, NoisyWindow, Process, SamplingConfig,
};
use orator_nn::Randomness;
use tch::{Kind, Tensor};

/// One step of sampling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    Diffusion(DiffusionStep),
    Flow(FlowStep),
}

/// What a window is drawn from.
pub struct Window<'a> {
    /// Normalised speech `[1, frames, features]`.
    pub speech: &'a Tensor,
    /// The source frame, `[1, numbers]`.
    pub source: &'a Tensor,
    /// The clean frames before the window, `[1, prefix, numbers]`.
    pub prefix: Option<&'a Tensor>,
}

/// Draws windows.
pub struct Sampler<'a> {
    denoiser: &'a Denoiser,
    diffusion: Diffusion,
    process: Process,
    foretold: Foretold,
    config: SamplingConfig,
}

impl<'a> Sampler<'a> {
    /// With a denoiser that was trained as `networks` says, and other settings of sampling than those.
    #[must_use]
    pub fn new(denoiser: &'a Denoiser, networks: &DeviationConfig, config: SamplingConfig) -> Self {
        let (process, foretold) = (networks.process, networks.foretold);
        Self { denoiser, diffusion: Diffusion::default(), process, foretold, config }
    }

    /// Draws `count` takes of a window, `[count, frames, numbers]`.
    pub fn draw(&self, window: &Window<'_>, count: usize, random: &mut Randomness) -> Tensor {
        tch::no_grad(|| self.draw_quietly(window, count.max(1) as i64, random))
    }

    fn draw_quietly(&self, window: &Window<'_>, count: i64, random: &mut Randomness) -> Tensor {
        let device = window.speech.device();
        let (frames, numbers) = (window.speech.size()[1], self.denoiser.numbers());
        let flag = |value: f64| Tensor::full([1], value, (Kind::Float, device));
        let hear = |deaf: f64| self.denoiser.hear(window.speech, &flag(deaf), false).repeated(count);
        let (heard, deaf) = (hear(0.0), hear(1.0));
        let source = window.source.repeat([count, 1]);
        let prefix = window.prefix.map(|p| p.repeat([count, 1, 1]));
        let mut noise = || random.normal_tensor(&[count, frames, numbers]).to_device(device);
        let mut x = noise();
        let steps: Vec<Step> = match self.process {
            Process::Diffusion => {
                let steps = self.diffusion.ddim(self.config.steps, self.config.eta);
                steps.into_iter().map(Step::Diffusion).collect()
            }
            Process::Flow => Flow.steps(self.config.steps).into_iter().map(Step::Flow).collect(),
        };
        for step in steps {
            let time = match step {
                Step::Diffusion(step) => Tensor::full([count], step.time as f64, (Kind::Float, device)),
                Step::Flow(step) => Flow.time(&step.place(count, device)),
            };
            let noisy = NoisyWindow { noisy: &x, time: &time, source: &source, prefix: prefix.as_ref() };
            let foretold = self.denoiser.guided(&noisy, &heard, &deaf, self.config.guidance);
            x = match step {
                Step::Diffusion(step) => {
                    let clean = self.diffusion.clean_foretold(foretold, self.foretold, &x, &time);
                    let clean = if self.config.clip { clean.clamp(-1.0, 1.0) } else { clean };
                    // Where no noise is wanted none is drawn: η = 0 needs the first alone.
                    let fresh = if step.sigma > 0.0 { noise() } else { x.zeros_like() };
                    self.diffusion.ddim_step(&step, &x, &clean, &fresh)
                }
                Step::Flow(step) => &x + foretold * step.length,
            };
        }
        x
    }
}

//! The diffusion process: the cosine schedule (Nichol and Dhariwal 2021, s = 0.008), conversions between clean motion, noise and
//! velocity, and DDIM steps (Song et al. 2021). Constants are computed as the published program does: β in 64 bits, its products
//! in 32 (fixture 04e).

use super::Foretold;
use orator_nn::Randomness;
use tch::{Kind, Tensor};

/// Steps of noise.
pub const STEPS: usize = 1000;
/// Offset of the cosine schedule.
const OFFSET: f64 = 0.008;
/// Largest β.
const LARGEST_BETA: f64 = 0.999;

/// One step of sampling: from the time `time` to `next`; `None` ends at clean motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiffusionStep {
    /// The time, 0..=999.
    pub time: usize,
    /// The next time.
    pub next: Option<usize>,
    /// Spread of the noise that is drawn.
    pub sigma: f64,
    /// Share of the foretold noise that stays.
    pub noise: f64,
    /// Share of the foretold clean motion.
    pub clean: f64,
}

/// The schedule.
#[derive(Clone, Debug)]
pub struct Diffusion {
    betas: Vec<f32>,
    /// ᾱ: how much of the clean motion's variance is left after each step.
    kept: Vec<f32>,
}

impl Default for Diffusion {
    fn default() -> Self {
        let share = |step: usize| {
            let angle = (step as f64 / STEPS as f64 + OFFSET) / (1.0 + OFFSET) * std::f64::consts::FRAC_PI_2;
            angle.cos().powi(2)
        };
        let beta = |step: usize| (1.0 - share(step + 1) / share(step)).clamp(0.0, LARGEST_BETA) as f32;
        let betas: Vec<f32> = (0..STEPS).map(beta).collect();
        let mut left = 1.0f32;
        let kept = betas.iter().map(|beta| {
            left *= 1.0 - beta;
            left
        });
        Self { kept: kept.collect(), betas }
    }
}

impl Diffusion {
    /// β of every step.
    #[must_use]
    pub fn betas(&self) -> &[f32] {
        &self.betas
    }

    /// ᾱ of every step: near 1 at the first, near 0 at the last.
    #[must_use]
    pub fn kept(&self) -> &[f32] {
        &self.kept
    }

    /// √ᾱ and √(1 − ᾱ) of times `[batch]` (whole numbers), each `[batch, 1, 1]`.
    fn shares(&self, time: &Tensor) -> (Tensor, Tensor) {
        let device = time.device();
        let kept = Tensor::from_slice(&self.kept).to_device(device);
        let kept = kept.index_select(0, &time.to_kind(Kind::Int64)).view([-1, 1, 1]);
        let left: Tensor = 1.0 - &kept;
        (kept.sqrt(), left.sqrt())
    }

    /// `clean` `[batch, frames, numbers]` with noise at `time` `[batch]`: √ᾱ x₀ + √(1−ᾱ) ε.
    pub fn noised(&self, clean: &Tensor, noise: &Tensor, time: &Tensor) -> Tensor {
        let (of_clean, of_noise) = self.shares(time);
        clean * of_clean + noise * of_noise
    }

    /// The noise in `noisy` when `clean` is what it was made of.
    pub fn noise_of(&self, noisy: &Tensor, clean: &Tensor, time: &Tensor) -> Tensor {
        let (of_clean, of_noise) = self.shares(time);
        (noisy - clean * of_clean) / of_noise
    }

    /// What `noisy` was made of when `noise` is in it.
    pub fn clean_of(&self, noisy: &Tensor, noise: &Tensor, time: &Tensor) -> Tensor {
        let (of_clean, of_noise) = self.shares(time);
        (noisy - noise * of_noise) / of_clean
    }

    /// v = √ᾱ ε − √(1−ᾱ) x₀ (Salimans and Ho 2022).
    pub fn velocity(&self, clean: &Tensor, noise: &Tensor, time: &Tensor) -> Tensor {
        let (of_clean, of_noise) = self.shares(time);
        noise * of_clean - clean * of_noise
    }

    /// x₀ = √ᾱ x_t − √(1−ᾱ) v.
    pub fn clean_of_velocity(&self, noisy: &Tensor, velocity: &Tensor, time: &Tensor) -> Tensor {
        let (of_clean, of_noise) = self.shares(time);
        noisy * of_clean - velocity * of_noise
    }

    /// The clean motion that a network's numbers `made` for `noisy` mean.
    pub fn clean_foretold(&self, made: Tensor, foretold: Foretold, noisy: &Tensor, time: &Tensor) -> Tensor {
        match foretold {
            Foretold::Clean => made,
            Foretold::Velocity => self.clean_of_velocity(noisy, &made, time),
        }
    }

    /// The steps of DDIM: `count` times evenly from the last to the first, with η of fresh noise.
    #[must_use]
    pub fn ddim(&self, count: usize, eta: f64) -> Vec<DiffusionStep> {
        let count = count.clamp(1, STEPS);
        // Evenly from −1 to the last step, cut to whole numbers; −1 is clean.
        let at = |i: usize| ((STEPS * i) as f64 / count as f64 - 1.0) as i64;
        let times: Vec<i64> = (0..=count).rev().map(at).collect();
        let step = |pair: &[i64]| {
            let time = pair[0].max(0) as usize;
            let Ok(next) = usize::try_from(pair[1]) else {
                return DiffusionStep { time, next: None, sigma: 0.0, noise: 0.0, clean: 1.0 };
            };
            let (here, there) = (f64::from(self.kept[time]), f64::from(self.kept[next]));
            let sigma = eta * ((1.0 - here / there) * (1.0 - there) / (1.0 - here)).sqrt();
            DiffusionStep {
                time,
                next: Some(next),
                sigma,
                noise: (1.0 - there - sigma * sigma).max(0.0).sqrt(),
                clean: there.sqrt(),
            }
        };
        times.windows(2).map(step).collect()
    }

    /// One step of DDIM from `noisy`, the clean motion that was foretold for it, and fresh noise.
    pub fn ddim_step(&self, step: &DiffusionStep, noisy: &Tensor, clean: &Tensor, fresh: &Tensor) -> Tensor {
        if step.next.is_none() {
            return clean.shallow_clone();
        }
        let time = Tensor::from_slice(&[step.time as i64]).to_device(noisy.device());
        let noise = self.noise_of(noisy, clean, &time);
        clean * step.clean + noise * step.noise + fresh * step.sigma
    }

    /// Draws the time of a training step for each of `batch` windows, `[batch]`.
    pub fn draw_time(&self, batch: usize, random: &mut Randomness) -> Tensor {
        let times: Vec<f32> = (0..batch).map(|_| random.below(STEPS) as f32).collect();
        Tensor::from_slice(&times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn draw() -> Tensor {
        Tensor::randn([3, 5, 2], (Kind::Float, Device::Cpu))
    }

    #[test]
    fn almost_all_is_kept_at_first_and_almost_nothing_at_last() {
        let kept = Diffusion::default().kept;
        assert_eq!(kept.len(), STEPS);
        assert!(kept[0] > 0.9999 && kept[STEPS - 1] < 1e-8, "{} {}", kept[0], kept[STEPS - 1]);
        assert!(kept.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn clean_noise_and_velocity_are_converted_there_and_back() {
        tch::manual_seed(1);
        let d = Diffusion::default();
        let (clean, noise) = (draw(), draw());
        let time = Tensor::from_slice(&[10i64, 500, 800]);
        let noisy = d.noised(&clean, &noise, &time);
        let far = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
        assert!(far(&d.noise_of(&noisy, &clean, &time), &noise) < 1e-4);
        assert!(far(&d.clean_of(&noisy, &noise, &time), &clean) < 1e-4);
        let velocity = d.velocity(&clean, &noise, &time);
        assert!(far(&d.clean_of_velocity(&noisy, &velocity, &time), &clean) < 1e-4);
    }

    #[test]
    fn steps_lead_from_noise_to_clean_motion() {
        let d = Diffusion::default();
        for count in [1, 7, 50, 1000] {
            let steps = d.ddim(count, 1.0);
            assert_eq!(steps.len(), count);
            assert_eq!(steps[0].time, STEPS - 1);
            assert_eq!(steps[count - 1].next, None);
            assert!(steps.windows(2).all(|pair| pair[0].next == Some(pair[1].time)));
        }
        assert!(d.ddim(50, 0.0).iter().all(|step| step.sigma == 0.0));
        // Without fresh noise a step with the true clean motion stays on the way that the same noise makes.
        tch::manual_seed(2);
        let (clean, noise) = (draw(), draw());
        let step = d.ddim(50, 0.0)[20];
        let at = |time: usize| d.noised(&clean, &noise, &Tensor::from_slice(&[time as i64]));
        let made = d.ddim_step(&step, &at(step.time), &clean, &draw());
        assert!((made - at(step.next.unwrap())).abs().max().double_value(&[]) < 1e-4);
    }
}

//! One training stage from start to weights.

use super::learner::Learner;
use super::stages::Stage;
use super::{alignment, generator, raw, residual, tokenizer, weights};
use crate::clips::Clips;
use crate::run_folder::{LOG, StageRun};
use crate::{Event, Result, StageConfig, TrainConfig, TrainError, curves, phrases, prepare};
use orator_motion::contextual::{Networks, Representation, SpeechMemory};
use orator_nn::{AdamW, ExponentialAverage, Randomness, clip_gradient_norm, mix, parameters};
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Tensor};

/// Trains one stage into the run folder `run`; returns when its weights are written.
///
/// The same seed gives the same weights only while nothing else in the process draws from libtorch's random generator,
/// of which there is one: train in a process of its own.
///
/// # Errors
/// When the corpus or an earlier stage's weights are missing, the folder cannot be written, or the loss diverges.
pub fn train(
    stage: Stage,
    config: &TrainConfig,
    corpus: &Path,
    run: &Path,
    resume: bool,
    device: Device,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let settings = config.settings(stage).ok_or_else(|| TrainError::Corpus {
        what: format!("the configuration does not say how to train the {}", stage.name()),
        hint: format!("add `{}:` with steps, batch and schedule", stage.name()),
    })?;
    let without_tokens = config.networks.representation == Representation::Raw;
    if without_tokens && matches!(stage, Stage::Tokenizer | Stage::Residual) {
        return Err(TrainError::Corpus {
            what: format!("raw motion has no tokens: there is no {} to train", stage.name()),
            hint: "train the generator, which writes the finished weights".into(),
        });
    }
    let state = run.join(stage.name()).join("state.safetensors");
    let begun = state.is_file();
    if !resume && begun {
        return Err(TrainError::Corpus {
            what: format!("{} was already begun in {}", stage.name(), run.display()),
            hint: "add --resume to go on, or choose another run folder".into(),
        });
    }
    let folder = run.join("prepared");
    let prepared = prepare(&config.clips, corpus, &folder, tell)?;
    tch::manual_seed(mix(config.seed, stage as u64) as i64);
    let networks = Networks::new(&config.networks, device);
    let earlier = weights::read_earlier(stage, run, config, &networks)?;
    let store = weights::store(stage, &networks)?;
    let generates = matches!(stage, Stage::Generator | Stage::Residual);
    if generates && config.networks.generator.speech_encoder == SpeechMemory::Aligned && !begun {
        weights::begin_aligned(stage, &networks)?;
    }
    let phrases = match (stage, &config.networks.alignment) {
        (Stage::Alignment, Some(a)) => {
            phrases::find(&prepared, a.chronological && config.losses.re_extracted > 0.0, &folder, tell)?
        }
        _ => Vec::new(),
    };
    let mut clips = Clips::new(prepared, &config.clips, &config.networks, earlier)?;
    clips.take_phrases(phrases);
    let mut folder = StageRun::open(run, stage.name(), settings.steps, tell)?;
    {
        let learner: Box<dyn Learner + '_> = match (stage, &networks.alignment) {
            (Stage::Alignment, Some(encoders)) => {
                Box::new(alignment::Aligning::new(encoders, &clips, config, settings, device)?)
            }
            (Stage::Tokenizer | Stage::Alignment, _) => {
                Box::new(tokenizer::Tokenizing::new(&networks, &clips, config, device)?)
            }
            (Stage::Generator, _) if without_tokens => {
                Box::new(raw::RawGenerating::new(&networks, &clips, config, device)?)
            }
            (Stage::Generator, _) => Box::new(generator::Generating::new(&networks, &clips, config, device)?),
            (Stage::Residual, _) => Box::new(residual::Refining::new(&networks, &clips, config, device)?),
        };
        run_steps(learner.as_ref(), store, settings, config.seed, &mut folder)?;
    }
    let drawn = folder.file("curves.svg");
    if curves::draw(&folder.file(LOG), &drawn)? {
        folder.wrote(&drawn);
    }
    for path in weights::write(stage, run, config, &clips, networks)? {
        folder.wrote(&path);
    }
    Ok(())
}

/// One step's gradients: the mean over `passes` batches of the gradients of their losses. Returns the losses' parts, means as
/// well; where a loss is not finite, also the random numbers that its batch was drawn with.
pub(super) fn accumulate(
    learner: &dyn Learner,
    passes: usize,
    random: &mut Randomness,
) -> (Vec<(&'static str, f64)>, Option<Randomness>) {
    let mut means: Vec<(&'static str, f64)> = Vec::new();
    for _ in 0..passes {
        let before = random.clone();
        let (loss, parts) = learner.loss(random);
        if !loss.double_value(&[]).is_finite() || parts.iter().any(|(_, v)| !v.is_finite()) {
            return (parts, Some(before));
        }
        (loss / passes as f64).backward();
        for (name, value) in parts {
            let share = value / passes as f64;
            match means.iter_mut().find(|(n, _)| *n == name) {
                Some((_, mean)) => *mean += share,
                None => means.push((name, share)),
            }
        }
    }
    (means, None)
}

fn run_steps(
    learner: &dyn Learner,
    store: &tch::nn::VarStore,
    settings: &StageConfig,
    seed: u64,
    folder: &mut StageRun<'_>,
) -> Result<()> {
    let variables = parameters(store);
    let mut optimiser = AdamW::new(parameters(store), settings.optimiser.clone());
    let mut average = ExponentialAverage::new(&variables, settings.average);
    let first = folder.resume(&variables, &mut optimiser, &mut average)?;
    let stage_seed = mix(seed, folder.stage.len() as u64);
    for step in first..settings.steps {
        // Dropout draws from libtorch's own generator: seed it per step, so that a resumed run draws the same.
        tch::manual_seed(mix(stage_seed, 2 * step) as i64);
        let mut random = Randomness::new(mix(stage_seed, 2 * step + 1));
        optimiser.zero_gradients();
        let first_pass = random.clone();
        let (mut parts, bad) = accumulate(learner, settings.accumulate, &mut random);
        let norm = clip_gradient_norm(optimiser.parameters(), settings.clip_gradient);
        // A step that is not finite is not taken: weights, state and log stay as the step before left them.
        if let Some(mut drawn) = bad.or((!norm.is_finite()).then_some(first_pass)) {
            parts.push(("gradient", norm));
            return Err(folder.diverged(step, &parts, learner.batch(&mut drawn)));
        }
        optimiser.step(settings.schedule.at(step, settings.steps));
        learner.after_step(&mut random);
        average.update(&variables, step);
        parts.push(("gradient", norm));
        folder.step(step, &parts)?;
        let done = step + 1;
        if done % settings.save_every == 0 || done == settings.steps {
            folder.save(done, &variables, &optimiser, &average)?;
            let measures = with_average(&variables, &average, || learner.validate());
            folder.validation(done, measures)?;
            if let Some(comparison) = with_average(&variables, &average, || learner.compare()) {
                let path = folder.file("held-out.mp4");
                comparison.write(&path)?;
                folder.wrote(&path);
            }
        }
    }
    // What ships is the average.
    tch::no_grad(|| {
        for (name, variable) in &variables {
            if let Some(mean) = average.tensors().get(name) {
                variable.shallow_clone().copy_(mean);
            }
        }
    });
    Ok(())
}

/// Runs `work` with the averaged weights in place and puts the others back.
fn with_average<T>(
    variables: &BTreeMap<String, Tensor>,
    average: &ExponentialAverage,
    work: impl FnOnce() -> T,
) -> T {
    let kept: BTreeMap<&String, Tensor> = variables.iter().map(|(n, t)| (n, t.detach().copy())).collect();
    tch::no_grad(|| {
        for (name, variable) in variables {
            if let Some(mean) = average.tensors().get(name) {
                variable.shallow_clone().copy_(mean);
            }
        }
    });
    let result = tch::no_grad(work);
    tch::no_grad(|| {
        for (name, tensor) in &kept {
            if let Some(variable) = variables.get(*name) {
                variable.shallow_clone().copy_(tensor);
            }
        }
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    /// Fits a line to drawn points; the loss of a pass is the mean over its points.
    struct Line {
        weight: Tensor,
        points: i64,
    }

    impl Line {
        fn of(&self, random: &mut Randomness) -> Tensor {
            random.uniform_tensor(&[self.points])
        }
    }

    impl Learner for Line {
        fn loss(&self, random: &mut Randomness) -> (Tensor, Vec<(&'static str, f64)>) {
            let x = self.of(random);
            let loss = (&x * &self.weight - &x * 3.0).square().mean(Kind::Float);
            let value = loss.double_value(&[]);
            (loss, vec![("line", value)])
        }
        fn batch(&self, random: &mut Randomness) -> BTreeMap<String, Tensor> {
            BTreeMap::from([("x".to_string(), self.of(random))])
        }
        fn validate(&self) -> BTreeMap<String, f64> {
            BTreeMap::new()
        }
    }

    #[test]
    fn passes_add_up_to_the_gradient_of_one_large_batch() {
        let gradient = |passes: usize, points: i64| {
            let weight = Tensor::from_slice(&[0.5f32]).set_requires_grad(true);
            let line = Line { weight: weight.shallow_clone(), points };
            let (parts, bad) = accumulate(&line, passes, &mut Randomness::new(9));
            assert!(bad.is_none());
            (parts[0].1, weight.grad().double_value(&[0]))
        };
        let (whole, parted) = (gradient(1, 24), gradient(4, 6));
        assert!(
            (whole.0 - parted.0).abs() < 1e-6 && (whole.1 - parted.1).abs() < 1e-6,
            "{whole:?} {parted:?}"
        );
    }

    #[test]
    fn a_bad_pass_gives_its_own_batch_back() {
        let line = Line { weight: Tensor::from_slice(&[f32::NAN]).set_requires_grad(true), points: 3 };
        let (parts, bad) = accumulate(&line, 2, &mut Randomness::new(4));
        assert!(parts[0].1.is_nan());
        let expected = line.of(&mut Randomness::new(4));
        assert!(line.batch(&mut bad.unwrap())["x"].equal(&expected));
    }
}

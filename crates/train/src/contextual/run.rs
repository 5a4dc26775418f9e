//! One training stage from start to weights.

use super::learner::Learner;
use super::stages::Stage;
use super::{generator, residual, tokenizer, weights};
use crate::clips::Clips;
use crate::run_folder::StageRun;
use crate::{Event, Result, StageConfig, TrainConfig, TrainError, prepare};
use orator_motion::contextual::Networks;
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
    let prepared = prepare(&config.clips, corpus, &run.join("prepared"), tell)?;
    tch::manual_seed(mix(config.seed, stage as u64) as i64);
    let networks = Networks::new(&config.networks, device);
    let earlier = weights::read_earlier(stage, run, config, &networks)?;
    let clips = Clips::new(prepared, &config.clips, &config.networks, earlier)?;
    let settings = match stage {
        Stage::Tokenizer => &config.tokenizer,
        Stage::Generator => &config.generator,
        Stage::Residual => &config.residual,
    };
    let state = run.join(stage.name()).join("state.safetensors");
    if !resume && state.is_file() {
        return Err(TrainError::Corpus {
            what: format!("{} was already begun in {}", stage.name(), run.display()),
            hint: "add --resume to go on, or choose another run folder".into(),
        });
    }
    let mut folder = StageRun::open(run, stage.name(), settings.steps, tell)?;
    {
        let store = &networks.stores[stage as usize];
        let learner: Box<dyn Learner + '_> = match stage {
            Stage::Tokenizer => Box::new(tokenizer::Tokenizing::new(&networks, &clips, config, device)?),
            Stage::Generator => Box::new(generator::Generating::new(&networks, &clips, config, device)?),
            Stage::Residual => Box::new(residual::Refining::new(&networks, &clips, config, device)?),
        };
        run_steps(learner.as_ref(), store, settings, config.seed, &mut folder)?;
    }
    for path in weights::write(stage, run, config, &clips, networks)? {
        folder.wrote(&path);
    }
    Ok(())
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
        let (loss, mut parts) = learner.loss(&mut random);
        loss.backward();
        let norm = clip_gradient_norm(optimiser.parameters(), settings.clip_gradient);
        optimiser.step(settings.schedule.at(step, settings.steps));
        average.update(&variables, step);
        parts.push(("gradient", norm));
        folder.step(step, &parts)?;
        let done = step + 1;
        if done % settings.save_every == 0 || done == settings.steps {
            folder.save(done, &variables, &optimiser, &average)?;
            let measures = with_average(&variables, &average, || learner.validate());
            folder.validation(done, measures)?;
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

//! One training stage from start to weights.

use super::stages::Stage;
use super::{alignment, generator, raw, residual, strokes, tokenizer, weights};
use crate::clips::Clips;
use crate::learner::Learner;
use crate::run_folder::{Sitting, StageRun};
use crate::training_loop::{draw_curves, refuse_begun, run_steps};
use crate::{Event, Result, TrainConfig, TrainError, gestures, phrases, prepare, text};
use orator_motion::contextual::{Networks, Representation, SpeechMemory};
use orator_nn::mix;
use std::path::Path;
use tch::Device;

/// Trains one stage into the run folder `run`; returns when its weights are written, or when the sitting's time is up.
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
    sitting: impl Into<Sitting>,
    device: Device,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let sitting = sitting.into();
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
    let begun = refuse_begun(run, stage.name(), sitting.resume)?;
    let folder = run.join("prepared");
    let mut prepared = prepare(&config.clips, corpus, &folder, tell)?;
    if config.networks.text_features > 0 {
        let model = config.text_model.as_deref();
        text::add(&mut prepared, config.networks.text_features, model, &folder, tell)?;
    }
    tch::manual_seed(mix(config.seed, stage as u64) as i64);
    let networks = Networks::new(&config.networks, device);
    let earlier = weights::read_earlier(stage, run, config, &networks)?;
    let store = weights::store(stage, &networks)?;
    let generates = matches!(stage, Stage::Generator | Stage::Residual);
    if generates && config.networks.generator.speech_encoder == SpeechMemory::Aligned && !begun {
        weights::begin_aligned(stage, &networks)?;
    }
    if let Some(path) = config.begin.get(stage.name()).filter(|_| !begun) {
        weights::begin_with(path, stage, &networks)?;
    }
    let phrases = match (stage, &config.networks.alignment) {
        (Stage::Alignment, Some(a)) => {
            phrases::find(&prepared, a.chronological && config.losses.re_extracted > 0.0, &folder, tell)?
        }
        _ => Vec::new(),
    };
    let places = gestures::places(&prepared);
    let mut clips = Clips::new(prepared, &config.clips, &config.networks, earlier)?;
    for (clip, why) in &clips.left_out {
        tell(Event::LeftOut { clip: clip.clone(), why: (*why).to_owned() });
    }
    clips.take_phrases(phrases);
    if config.networks.strokes.is_some() && matches!(stage, Stage::Strokes | Stage::Generator) {
        gestures::take_gestures(&mut clips.clips, &places)?;
    }
    if stage == Stage::Strokes {
        clips.adapt_speech();
    }
    let mut folder = StageRun::open(run, stage.name(), settings.steps, sitting, tell)?;
    let finished = {
        let learner: Box<dyn Learner + '_> = match (stage, &networks.alignment) {
            (Stage::Strokes, _) => {
                Box::new(strokes::Foretelling::new(&networks, &clips, config, settings, device)?)
            }
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
        run_steps(learner.as_ref(), store, settings, config.seed, &mut folder)?
    };
    if !finished {
        return Ok(());
    }
    draw_curves(&mut folder)?;
    for path in weights::write(stage, run, config, &clips, networks)? {
        folder.wrote(&path);
    }
    Ok(())
}

//! One training stage from start to weights.

use super::config::PictureTrainConfig;
use super::frame_store::{FrameClip, load_frames};
use super::guide_drawing::draw_guides;
use super::losses::Judges;
use super::motion_field::FieldLearner;
use super::refine::RefineLearner;
use super::stages::Stage;
use super::validation::Validation;
use super::weights;
use crate::learner::Learner;
use crate::run_folder::{Sitting, StageRun};
use crate::training_loop::{draw_curves, refuse_begun, run_steps};
use crate::{Event, Result, Split, TrainError};
use orator_nn::mix;
use orator_render::contextual::{PictureNetworks, Refinement, drawing_kind};
use orator_render::{Discriminator, DiscriminatorConfig};
use std::path::Path;
use tch::Device;
use tch::nn::VarStore;

/// Channels of the discriminator's first layer.
const DISCRIMINATOR_WIDTH: i64 = 32;

/// Trains one stage into the run folder `run`; returns when its weights are written, or when the sitting's time is up. As for motion, train in a process of its
/// own: libtorch has one random generator.
///
/// # Errors
/// When the corpus or the earlier stage's weights are missing, the folder cannot be written, or the loss diverges.
pub fn train(
    stage: Stage,
    config: &PictureTrainConfig,
    corpus: &Path,
    run: &Path,
    sitting: impl Into<Sitting>,
    device: Device,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let sitting = sitting.into();
    if stage == Stage::Refine && config.networks.refinement == Refinement::None {
        return Err(TrainError::Corpus {
            what: "networks.refinement is none: there is nothing to refine".into(),
            hint: "the weights of the motion-field are finished already".into(),
        });
    }
    let begun = refuse_begun(run, stage.name(), sitting.resume)?;
    let clips = load_clips(config, corpus, &run.join("prepared"), tell)?;
    tch::manual_seed(mix(config.seed, stage as u64) as i64);
    let store = VarStore::new(device);
    let kind = drawing_kind(device);
    let networks = PictureNetworks::new(&store.root(), &config.networks).computing_in(kind);
    let discriminator = (stage == Stage::Refine && config.losses.adversarial > 0.0).then(|| {
        let path = store.root() / stage.name() / weights::DISCRIMINATOR;
        let config = DiscriminatorConfig::contextual(networks.heatmap_channels(), DISCRIMINATOR_WIDTH);
        Discriminator::new(&path, config)
    });
    if stage == Stage::Refine && !begun {
        weights::read_field(run, config, &store)?;
    }
    weights::freeze_others(&store, stage);
    let settings = match stage {
        Stage::MotionField => &config.motion_field,
        Stage::Refine => &config.refine,
    };
    let losses = &config.losses;
    let wanted = (losses.perceptual > 0.0, losses.part_perceptual > 0.0);
    let judges = Judges::load(&losses.features, wanted, kind, device)?;
    let mut folder = StageRun::open(run, stage.name(), settings.steps, sitting, tell)?;
    let validation = Validation::new(&clips, losses.emphasis(), run.join(stage.name()), device);
    let finished = {
        let learner: Box<dyn Learner + '_> = match stage {
            Stage::MotionField => {
                Box::new(FieldLearner::new(&networks, &clips, config, judges, validation, device)?)
            }
            Stage::Refine => Box::new(RefineLearner::new(
                &networks,
                discriminator.as_ref(),
                &clips,
                config,
                judges,
                validation,
                kind,
                device,
            )?),
        };
        run_steps(learner.as_ref(), &store, settings, config.seed, &mut folder)?
    };
    if !finished {
        return Ok(());
    }
    draw_curves(&mut folder)?;
    // Without refinement the first stage makes the finished weights.
    let whole = stage == Stage::Refine || config.networks.refinement == Refinement::None;
    for path in weights::write(stage, run, config, &clips, &store, whole)? {
        folder.wrote(&path);
    }
    Ok(())
}

/// Perceives what is not perceived yet and keeps the frames of every clip that has pictures, and its guides where the networks
/// start from them.
pub(super) fn load_clips(
    config: &PictureTrainConfig,
    corpus: &Path,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<Vec<FrameClip>> {
    let mut clips = load_frames(&config.clips, (config.side, config.every), corpus, folder, tell)?;
    if config.networks.guided() {
        let mut perceiver = None;
        let total = clips.len();
        for (done, clip) in clips.iter_mut().enumerate() {
            tell(Event::Preparing { done, total, clip: format!("{} (guides)", clip.name) });
            let count = if clip.split == Split::Train { config.guide_sources } else { 1 };
            clip.guides = Some(draw_guides(clip, count, &mut perceiver, folder)?);
        }
    }
    Ok(clips)
}

//! The stage learns one batch by heart: the least that a trainer must do.

use super::config::{DeviationLosses, FeaturesTrainConfig};
use super::learner::{FeaturesLearner, StageJudges};
use crate::StageConfig;
use crate::picture::one_batch::{GENERATOR, clip, learned};
use crate::picture::{Judges, Validation};
use orator_nn::{AdamWConfig, Schedule};
use orator_render::deviation::{
    DecoderConfig, DeviationConfig, DeviationNetworks, EncoderConfig, EnhancerConfig, PoseEstimatorConfig,
    PoseNormalisation, TransformationConfig,
};
use std::sync::PoisonError;
use tch::nn::VarStore;
use tch::{Device, Kind};

/// The paper's form, or ours with every improvement; narrow.
fn networks(ours: bool) -> DeviationConfig {
    DeviationConfig {
        encoder: EncoderConfig { width: 4, halving_stem: ours, residual_blocks: 1 },
        enhancer: EnhancerConfig { active: true, widths: [32, 32] },
        pose: PoseEstimatorConfig {
            width: 4,
            bottlenecks: [1, 1, 1],
            bins: 66,
            normalisation: if ours { PoseNormalisation::Group } else { PoseNormalisation::Batch },
        },
        transformation: TransformationConfig { active: true, width: 8, residual_blocks: 1 },
        decoder: DecoderConfig {
            residual_blocks: 1,
            widths: [16, 16, 16],
            stage_blocks: [1, 1, 0],
            convolve_first: ours,
            paint_at_half: ours,
        },
        ..if ours { DeviationConfig::lite() } else { DeviationConfig::default() }
    }
}

#[test]
fn the_stage_learns_one_batch_by_heart() {
    let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    orator_nn::configure_threads(1);
    let folder = tempfile::tempdir().unwrap();
    let clips = vec![clip(folder.path())];
    for ours in [false, true] {
        tch::manual_seed(4);
        let config = FeaturesTrainConfig {
            name: "tiny".into(),
            seed: 1,
            side: 64,
            every: 1,
            networks: networks(ours),
            start_from: None,
            rest: Vec::new(),
            losses: DeviationLosses { perceptual: 0.0, colour_jitter: 0.0, ..DeviationLosses::default() },
            pose: None,
            features: StageConfig {
                steps: 1,
                batch: 2,
                accumulate: 1,
                schedule: Schedule { peak: 1e-3, warm_up: 0, hold: 1.0, floor: 1.0 },
                optimiser: AdamWConfig::default(),
                average: 0.5,
                clip_gradient: 1.0,
                save_every: 1,
            },
            clips: Vec::new(),
        };
        let store = VarStore::new(Device::Cpu);
        let networks = DeviationNetworks::new(&store.root(), &config.networks);
        let pictures =
            Judges::load(&config.losses.features, (false, false), Kind::Float, Device::Cpu).unwrap();
        let judges = StageJudges { pictures, regions: None, discriminator: None, probe: None };
        let looking =
            Validation::new(&clips, config.losses.emphasis(), folder.path().to_owned(), Device::Cpu);
        let learner =
            FeaturesLearner::new(&networks, &clips, &config, judges, looking, Kind::Float, Device::Cpu)
                .unwrap();
        let (first, last) = learned(&learner, &store, 60, 3e-3);
        assert!(last < 0.5 * first, "ours {ours}: {first} to {last}");
    }
}

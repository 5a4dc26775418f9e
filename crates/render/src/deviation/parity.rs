//! Fixture 02: every part of the released network by itself, from weights that follow from their names, through the importer.

use super::blocks::{Residual, Scale};
use super::config::DeviationConfig;
use super::decoder::DeviationDecoder;
use super::encoder::ImageEncoder;
use super::enhancer::FeatureEnhancer;
use super::import::deviation_name;
use super::networks::DeviationNetworks;
use super::pose_estimator::Estimate;
use super::warping::{self, WarpingRules};
use fixture::Case;
use orator_nn::grid::{Outside, identity_grid};
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, GroupNorm, double, halve};
use std::collections::BTreeMap;
use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Tensor};

#[path = "../../tests/published/fixture.rs"]
#[allow(dead_code, reason = "the other published networks use the rest")]
mod fixture;

/// Weights of this case under our names.
struct Weights(BTreeMap<String, Tensor>);

impl Weights {
    /// A module under `name`, filled.
    fn module<M>(&self, name: &str, make: impl Fn(&Path<'_>) -> M) -> M {
        let store = VarStore::new(Device::Cpu);
        let at = name.split('.').fold(store.root(), |path, part| path / part);
        let module = make(&at);
        let prefix = format!("{name}.");
        let mine = self.0.iter().filter(|(name, _)| name.starts_with(&prefix));
        let mine: BTreeMap<_, _> =
            mine.map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        for (name, mut variable) in store.variables() {
            tch::no_grad(|| variable.copy_(&mine[&name]));
        }
        module
    }
}

#[test]
fn every_part_of_the_released_network() {
    let Some(case) = Case::open("02_s1_submodules") else { return };
    let _guard = tch::no_grad_guard();
    let named =
        case.weights().into_iter().filter_map(|(name, tensor)| Some((deviation_name(&name)?, tensor)));
    let weights = Weights(named.collect());
    let config = DeviationConfig::published();
    let given = |name: &str| case.given(&format!("s1sub/{name}"));

    let layer = |x: &Tensor, name: &str, input: i64, output: i64, kernel: i64, groups: i64| {
        let conv = weights.module(&format!("{name}.conv"), |path| {
            Convolution::new(path, input, output, ConvolutionConfig::same(kernel))
        });
        let norm = weights.module(&format!("{name}.norm"), |path| GroupNorm::new(path, output, groups));
        norm.forward(&conv.forward(x)).relu()
    };
    case.check("generator.first", &layer(&given("first"), "encoder.first", 3, 64, 7, 4));
    case.check("generator.down_blocks.0", &halve(&layer(&given("down0"), "encoder.down.0", 64, 128, 3, 8)));
    case.check("generator.decoder.up1.0", &layer(&double(&given("up")), "decoder.stage.1", 512, 256, 3, 8));
    let residual = |name: &str, input: i64, output: i64, groups: i64, scale: Scale| {
        weights.module(name, |path| Residual::new(path, input, output, groups, scale))
    };
    let block = residual("encoder.residual.0", 512, 512, 16, Scale::Same);
    case.check("generator.res_ms.0", &block.forward(&given("res_gn")));
    let block = residual("enhancer.down.0", 512, 768, 8, Scale::Half);
    case.check("generator.Res_Feat.down_0", &block.forward(&given("gn2_down")));
    let block = residual("enhancer.up.1", 2048, 1024, 16, Scale::Double);
    case.check("generator.Res_Feat.up_1", &block.forward(&given("gn2_up")));
    let block = residual("decoder.scene.0.scene", 256, 512, 4, Scale::Same);
    case.check("generator.decoder.re_up0", &block.forward(&given("gn2_same")));
    case.check("generator.decoder.re_ac0", &given("prelu").prelu(&weights.0["decoder.scene.0.slope"]));

    let enhancer = weights.module("enhancer", |path| FeatureEnhancer::new(path, 512, &config.enhancer));
    case.check("generator.Res_Feat", &enhancer.forward(&given("res_feat")));
    let transformation = weights
        .module("transformation", |path| super::PoseTransformation::new(path, 1, &config.transformation));
    case.check("generator.pose_up", &transformation.forward(&[&given("rot")], Kind::Float));

    let decoder = weights.module("decoder", |path| DeviationDecoder::new(path, &config));
    let maps = [given("enc0"), given("enc1"), given("enc2")];
    let scene = decoder.scene(&given("enc0"), &maps);
    let still = Tensor::zeros([1, 4, 6, 2], (Kind::Float, Device::Cpu));
    case.check("generator.decoder", &decoder.forward(&given("dec"), &scene, &still).picture);

    let pose = weights.module("pose", |path| super::PoseEstimator::new(path, &config.pose, 3.14));
    let estimate = pose.estimate(&given("pose"), false);
    case.check("pose_base/yaw_down8", &estimate.yaw);
    case.check("pose_base/pitch_down8", &estimate.pitch);
    case.check("pose_base/roll_down8", &estimate.roll);
    case.check("pose_base/t_down8", &estimate.translation);
    let bottleneck = |name: &str, channels: i64, stride: i64| {
        weights.module(name, |path| {
            super::pose_estimator::Bottleneck::new(path, channels, stride, config.pose.normalisation)
        })
    };
    case.check("pose_base.block1.b1_0", &bottleneck("pose.stage.0.0", 256, 1).forward(&given("bott"), false));
    case.check("pose_base.block2", &bottleneck("pose.halve.0", 512, 2).forward(&given("bott2"), false));
    let logits = Estimate {
        yaw: given("yaw_logits"),
        pitch: given("pitch_logits"),
        roll: given("roll_logits"),
        translation: Tensor::zeros([1, 3], (Kind::Float, Device::Cpu)),
    };
    case.check("rotation_from_logits", &pose.pose(&logits).rotations);

    let rules = WarpingRules { as_released: true, planar: false, outside: Outside::Zeros };
    let (maps, t) = (given("warp_A"), given("warp_t").view([1, 3]));
    let places = warping::places(&maps, &t, 512);
    case.check("warp_grid", &places);
    let still = warping::places(&(&maps * 0.0), &(&t * 0.0), 512);
    case.check("identity_grid_512x6x5", &still);
    assert!(
        (still.select(1, 0).narrow(3, 0, 2) - identity_grid(6, 5, Device::Cpu)).abs().max().double_value(&[])
            < 1e-6
    );
    case.check("warped_volume", &warping::sample(&given("warp_volume"), &places, rules));
}

/// Kept here so that the whole and its parts are compared by the same code.
#[test]
fn the_released_configuration_has_as_many_numbers_as_released() {
    let store = VarStore::new(Device::Cpu);
    let _networks = DeviationNetworks::new(&store.root(), &DeviationConfig::published());
    let count: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
    // 210,645,333 in the fixture, which counts parameters alone.
    assert_eq!(count, 210_645_333);
    let lite = VarStore::new(Device::Cpu);
    let _networks = DeviationNetworks::new(&lite.root(), &DeviationConfig::lite());
    let count: usize = lite.trainable_variables().iter().map(Tensor::numel).sum();
    eprintln!("lite has {count} parameters");
    assert!(count < 8_000_000);
    let _ = ImageEncoder::new(&(lite.root() / "again"), &DeviationConfig::lite().encoder);
}

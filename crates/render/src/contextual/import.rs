//! The published TPS motion model's networks, and S2G's refiner on top of them, as configurations of ours.
//!
//! Only names and shapes of public checkpoints are used: which tensor is which. Our modules compute the same numbers
//! (fixtures 03b, 03d, 03e, 04a, 04a2, 04b, 04f).

use super::config::{
    FusionConfig, GeneratorConfig, MotionConfig, PictureConfig, PointHeatmaps, Refinement, RefinerConfig,
    Warping,
};
use super::renderer::checkpoint_of;
use crate::{Result, TpsForm};
use orator_nn::grid::Outside;
use orator_nn::picture_blocks::Normalisation;
use orator_nn::{Checkpoint, NnError};
use std::collections::BTreeMap;
use tch::Tensor;

/// Points of a spline in the published model.
const PUBLISHED_GROUP: i64 = 5;
/// Levels of S2G's refiner.
const REFINER_LEVELS: usize = 8;

/// Published tensors by their full names (`dense_motion_network.…`, `inpainting_network.…`, `kp_detector.…`,
/// `bg_predictor.…`, `e2e_generator.…`) to one of our weight files. Widths are read from the shapes. Constant buffers
/// and networks that we do not have are left out.
///
/// # Errors
/// [`NnError::Mismatch`] when a tensor that decides the sizes is missing or makes no sense.
pub fn import_tps(published: &BTreeMap<String, Tensor>) -> Result<Checkpoint> {
    let config = published_config(published)?;
    let tensors = published
        .iter()
        .filter_map(|(name, tensor)| Some((tps_name(name)?, tensor.shallow_clone())))
        .collect();
    checkpoint_of(&config, tensors, &BTreeMap::from([("imported".into(), "TPS motion model".into())]))
}

/// The configuration that these shapes belong to.
fn published_config(published: &BTreeMap<String, Tensor>) -> Result<PictureConfig> {
    let wrong = |what: String| NnError::Mismatch { what: format!("not a TPS motion checkpoint: {what}") };
    let outputs = |name: &str| -> Result<i64> {
        let tensor = published.get(name).ok_or_else(|| wrong(format!("{name} is missing")))?;
        tensor.size().first().copied().ok_or_else(|| wrong(format!("{name} has no shape")).into())
    };
    let count = |prefix: &str| -> usize {
        (0..64).take_while(|i| published.contains_key(&format!("{prefix}.{i}.conv.weight"))).count()
    };
    let widest = |prefix: &str, blocks: usize| -> Result<i64> {
        let (mut widest, mut before) = (0, None);
        for i in 0..blocks {
            let name = format!("{prefix}.{i}.conv.weight");
            let size = published.get(&name).map(Tensor::size).unwrap_or_default();
            // What one makes the next one takes; also so that no networks are made that are larger than the file.
            let [made, taken, _, _] = size[..] else {
                return Err(wrong(format!("{name} has the shape {size:?}")).into());
            };
            if before.is_some_and(|before| before != taken) {
                return Err(wrong(format!("{name} takes {taken} channels, unlike those it is given")).into());
            }
            widest = widest.max(made);
            before = Some(made);
        }
        Ok(widest)
    };
    let encoder = "dense_motion_network.hourglass.encoder.down_blocks";
    let decoder = "dense_motion_network.hourglass.decoder.up_blocks";
    let levels = count(encoder);
    if levels == 0 {
        return Err(wrong(format!("{encoder} is missing")).into());
    }
    let transforms = outputs("dense_motion_network.maps.weight")? - 1;
    let motion = MotionConfig {
        width: outputs(&format!("{decoder}.{}.conv.weight", levels - 1))?,
        maximum: widest(encoder, levels)?,
        levels,
        heatmaps: PointHeatmaps::Points,
        form: TpsForm::Legacy,
        outside: Outside::Zeros,
        ..MotionConfig::default()
    };
    let down = "inpainting_network.down_blocks";
    let halvings = count(down);
    let generator = GeneratorConfig {
        width: outputs("inpainting_network.first.conv.weight")?,
        maximum: widest(down, halvings)?,
        levels: halvings,
        residual_blocks: vec![2; halvings],
        ..GeneratorConfig::default()
    };
    let mut refiner = RefinerConfig {
        levels: REFINER_LEVELS,
        normalisation: Normalisation::Batch,
        residual: false,
        ..RefinerConfig::default()
    };
    let refinement = if published.contains_key("e2e_generator.model1.0.weight") {
        refiner.width = outputs("e2e_generator.model1.0.weight")?;
        refiner.maximum = outputs("e2e_generator.model8.1.weight")?;
        let deepest = &published["e2e_generator.model8.1.weight"].size();
        if deepest.get(1) != Some(&refiner.maximum) {
            return Err(wrong(format!("e2e_generator.model8.1.weight has the shape {deepest:?}")).into());
        }
        Refinement::Unet
    } else {
        Refinement::None
    };
    let finder = ["kp_detector.fg_encoder.conv1.weight", "bg_predictor.bg_encoder.conv1.weight"];
    let finder = finder.iter().find_map(|name| outputs(name).ok());
    let config = PictureConfig {
        warping: Warping::Unsupervised,
        learned_points: transforms * PUBLISHED_GROUP,
        learned_group: PUBLISHED_GROUP,
        background_motion: published.contains_key("bg_predictor.bg_encoder.conv1.weight"),
        finder_width: finder.unwrap_or(64),
        motion,
        generator,
        refinement,
        fusion: FusionConfig { active: false, ..FusionConfig::default() },
        refiner,
        ..PictureConfig::full()
    };
    config.check().map_err(wrong)?;
    Ok(config)
}

/// What we call a tensor of that name in a published TPS motion checkpoint; `None` for what we have no use for.
#[must_use]
pub fn tps_name(published: &str) -> Option<String> {
    if published.ends_with("num_batches_tracked") {
        return None;
    }
    if let Some(rest) = published.strip_prefix("dense_motion_network.") {
        return (rest != "down.weight").then(|| format!("motion-field.dense_motion.{rest}"));
    }
    if let Some(rest) = published.strip_prefix("e2e_generator.") {
        return refiner_name(rest).map(|name| format!("refine.refiner.{name}"));
    }
    [
        ("inpainting_network.", "motion-field.generator."),
        ("kp_detector.fg_encoder.", "motion-field.learned_keypoints.encoder."),
        ("bg_predictor.bg_encoder.", "motion-field.background_motion.encoder."),
    ]
    .into_iter()
    .find_map(|(theirs, ours)| published.strip_prefix(theirs).map(|rest| format!("{ours}{rest}")))
}

/// Names inside the refiner: `modelN.i.…` is a level down (1–8) or up (8–15), `i` a place in its sequence.
fn refiner_name(rest: &str) -> Option<String> {
    if let Some(rest) = rest.strip_prefix("final.1.") {
        return Some(format!("final.{rest}"));
    }
    for (theirs, ours) in [("resblock_128_", "half"), ("resblock_256_", "full")] {
        if let Some(rest) = rest.strip_prefix(theirs) {
            let (number, rest) = rest.split_once(".conv_block.")?;
            let number = number.parse::<usize>().ok()?.checked_sub(1)?;
            let (place, rest) = rest.split_once('.')?;
            let (part, step) = match place {
                "1" => ("conv", 0),
                "2" => ("norm", 0),
                "5" => ("conv", 1),
                "6" => ("norm", 1),
                _ => return None,
            };
            return Some(format!("{ours}.{number}.{part}.{step}.{rest}"));
        }
    }
    let (number, rest) = rest.strip_prefix("model")?.split_once('.')?;
    let number = number.parse::<usize>().ok()?;
    let (place, rest) = rest.split_once('.')?;
    let (way, level, part) = match (number, place) {
        (1, "0") | (2..=REFINER_LEVELS, "1") => ("down", number, "conv"),
        (2..REFINER_LEVELS, "2") => ("down", number, "norm"),
        (REFINER_LEVELS, "3") => ("up", REFINER_LEVELS - 1, "conv"),
        (REFINER_LEVELS, "4") => ("up", REFINER_LEVELS - 1, "norm"),
        (9..=15, "1") => ("up", 15 - number, "conv"),
        (9..=15, "2") => ("up", 15 - number, "norm"),
        _ => return None,
    };
    Some(format!("{way}.{level}.{part}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_kind() {
        let pairs = [
            ("dense_motion_network.maps.bias", Some("motion-field.dense_motion.maps.bias")),
            ("dense_motion_network.down.weight", None),
            ("e2e_generator.model1.0.weight", Some("refine.refiner.down.1.conv.weight")),
            ("e2e_generator.model8.1.weight", Some("refine.refiner.down.8.conv.weight")),
            ("e2e_generator.model8.4.bias", Some("refine.refiner.up.7.norm.bias")),
            ("e2e_generator.model14.2.running_var", Some("refine.refiner.up.1.norm.running_var")),
            ("e2e_generator.model15.1.bias", Some("refine.refiner.up.0.conv.bias")),
            ("e2e_generator.resblock_256_2.conv_block.6.bias", Some("refine.refiner.full.1.norm.1.bias")),
            ("e2e_generator.final.1.weight", Some("refine.refiner.final.weight")),
            ("bg_predictor.bg_encoder.bn1.num_batches_tracked", None),
            ("avd_network.fc.weight", None),
        ];
        for (theirs, ours) in pairs {
            assert_eq!(tps_name(theirs).as_deref(), ours, "{theirs}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = import_tps(&BTreeMap::new()).err().unwrap();
        assert!(error.to_string().contains("dense_motion_network"), "{error}");
        assert!(error.hint().is_some());
    }
}

//! The released stage-1 checkpoint (METHODS 1, "released code") as a configuration of our networks.
//!
//! Only names and shapes of the public checkpoint are used: which tensor is which. Our modules compute the same numbers
//! (fixtures 01, 01c, 02).

use super::config::{
    DecoderConfig, DeviationConfig, EncoderConfig, EnhancerConfig, PoseEstimatorConfig, TransformationConfig,
};
use super::renderer::checkpoint_of;
use crate::Result;
use orator_nn::{Checkpoint, NnError};
use std::collections::BTreeMap;
use tch::Tensor;

/// Released tensors by their full names (`generator.…`, `pose_base.…`) to one of our weight files. Widths are read from the
/// shapes; counters are left out.
///
/// # Errors
/// [`NnError::Mismatch`] when a tensor that decides the sizes is missing or makes no sense.
pub fn import_deviation(published: &BTreeMap<String, Tensor>) -> Result<Checkpoint> {
    let config = published_config(published)?;
    let tensors = published
        .iter()
        .filter_map(|(name, tensor)| Some((deviation_name(name)?, tensor.shallow_clone())))
        .collect();
    let notes = BTreeMap::from([("imported".into(), "latent deviation, stage 1".into())]);
    checkpoint_of(&config, tensors, &notes)
}

/// The configuration that these shapes belong to.
fn published_config(published: &BTreeMap<String, Tensor>) -> Result<DeviationConfig> {
    let wrong =
        |what: String| NnError::Mismatch { what: format!("not a latent deviation checkpoint: {what}") };
    let outputs = |name: &str| -> Result<i64> {
        let tensor = published.get(name).ok_or_else(|| wrong(format!("{name} is missing")))?;
        tensor.size().first().copied().ok_or_else(|| wrong(format!("{name} has no shape")).into())
    };
    let count =
        |name: &dyn Fn(usize) -> String| (0..64).take_while(|&i| published.contains_key(&name(i))).count();
    let stack = |prefix: &str| count(&|i| format!("{prefix}.{i}.conv1.weight"));
    let bottlenecks = |block: usize| count(&|i| format!("pose_base.block{block}.b{block}_{i}.conv1.weight"));
    let config = DeviationConfig {
        encoder: EncoderConfig {
            width: outputs("generator.first.conv.weight")?,
            halving_stem: false,
            residual_blocks: stack("generator.res_ms"),
        },
        enhancer: EnhancerConfig {
            active: true,
            widths: [
                outputs("generator.Res_Feat.down_0.conv1.weight")?,
                outputs("generator.Res_Feat.down_1.conv1.weight")?,
            ],
        },
        pose: PoseEstimatorConfig {
            width: outputs("pose_base.conv1.weight")?,
            bottlenecks: [bottlenecks(1), bottlenecks(3), bottlenecks(5)],
            bins: outputs("pose_base.fc_pitch_down8.weight")?,
            ..PoseEstimatorConfig::default()
        },
        transformation: TransformationConfig {
            active: true,
            width: outputs("generator.pose_up.conv_0.weight")?,
            residual_blocks: stack("generator.pose_up.res_mid"),
        },
        decoder: DecoderConfig {
            residual_blocks: stack("generator.decoder.res_ms"),
            widths: [
                outputs("generator.decoder.up0.0.conv.weight")?,
                outputs("generator.decoder.up1.0.conv.weight")?,
                outputs("generator.decoder.up2.0.conv.weight")?,
            ],
            ..DecoderConfig::default()
        },
        ..DeviationConfig::published()
    };
    config.check().map_err(wrong)?;
    Ok(config)
}

/// What we call a tensor of that name in the released checkpoint; `None` for what we have no use for. Yaw and roll have
/// changed places there: what is stored as the one is computed with as the other.
#[must_use]
pub fn deviation_name(published: &str) -> Option<String> {
    if published.ends_with("num_batches_tracked") {
        return None;
    }
    if let Some(rest) = published.strip_prefix("pose_base.") {
        return pose_name(rest).map(|name| format!("pose.{name}"));
    }
    let rest = published.strip_prefix("generator.")?;
    let (module, rest) = rest.split_once('.')?;
    match module {
        "first" => Some(format!("encoder.first.{rest}")),
        "down_blocks" => Some(format!("encoder.down.{rest}")),
        "res_ms" => Some(format!("encoder.residual.{rest}")),
        "Res_Feat" => enhancer_name(rest).map(|name| format!("enhancer.{name}")),
        "pose_up" => transformation_name(rest).map(|name| format!("transformation.{name}")),
        "decoder" => decoder_name(rest).map(|name| format!("decoder.{name}")),
        _ => None,
    }
}

fn enhancer_name(rest: &str) -> Option<String> {
    let (part, rest) = rest.split_once('.')?;
    Some(match part {
        "down_0" => format!("down.0.{rest}"),
        "down_1" => format!("down.1.{rest}"),
        "mid_0" => format!("middle.{rest}"),
        "up_0" => format!("up.0.{rest}"),
        "up_1" => format!("up.1.{rest}"),
        "out_o" => match rest.split_once('.')? {
            ("0", rest) => format!("norm.{rest}"),
            ("2", rest) => format!("out.{rest}"),
            _ => return None,
        },
        _ => return None,
    })
}

fn transformation_name(rest: &str) -> Option<String> {
    let (part, rest) = rest.split_once('.')?;
    Some(match part {
        "conv_0" => format!("first.{rest}"),
        "down_0" => format!("down.0.{rest}"),
        "down_1" => format!("down.1.{rest}"),
        "mid_0" => format!("middle.0.{rest}"),
        "res_mid" => {
            let (number, rest) = rest.split_once('.')?;
            format!("middle.{}.{rest}", number.parse::<usize>().ok()?.checked_add(1)?)
        }
        "up_1" => format!("up.2.{rest}"),
        "up_0" => format!("up.1.{rest}"),
        "up_out" => format!("up.0.{rest}"),
        "out_0" => format!("narrow.{rest}"),
        "out_1" => format!("out.{}", rest.strip_prefix("0.")?),
        _ => return None,
    })
}

fn decoder_name(rest: &str) -> Option<String> {
    let (part, rest) = rest.split_once('.')?;
    if let Some(stage) = part.strip_prefix("up") {
        let stage: usize = stage.parse().ok()?;
        return match rest.split_once('.')? {
            ("0", rest) => Some(format!("stage.{stage}.{rest}")),
            ("1", rest) => Some(format!("stage.{stage}.residual.0.{rest}")),
            _ => None,
        };
    }
    for (theirs, ours) in [("mask_up", "mask."), ("re_up", "scene."), ("re_ac", "")] {
        if let Some(stage) = part.strip_prefix(theirs) {
            let stage: usize = stage.parse().ok()?;
            let rest = if ours.is_empty() { rest.replacen("weight", "slope", 1) } else { rest.to_owned() };
            return Some(format!("scene.{stage}.{ours}{rest}"));
        }
    }
    match part {
        "conv_in" => Some(format!("first.{rest}")),
        "res_ms" => Some(format!("residual.{rest}")),
        "conv_img" => Some(format!("out.{rest}")),
        _ => None,
    }
}

fn pose_name(rest: &str) -> Option<String> {
    for (theirs, ours) in [
        // Crossed in the released code.
        ("fc_roll_down8.", "yaw."),
        ("fc_yaw_down8.", "roll."),
        ("fc_pitch_down8.", "pitch."),
        ("fc_t_down8.0.", "translation."),
    ] {
        if let Some(rest) = rest.strip_prefix(theirs) {
            return Some(format!("{ours}{rest}"));
        }
    }
    let (part, rest) = rest.split_once('.')?;
    if let Some(block) = part.strip_prefix("block") {
        let block: usize = block.parse().ok()?;
        let (place, rest) = match block {
            1 | 3 | 5 => {
                let (number, rest) = rest.strip_prefix(&format!("b{block}_"))?.split_once('.')?;
                (format!("stage.{}.{}", block / 2, number.parse::<usize>().ok()?), rest)
            }
            2 | 4 => (format!("halve.{}", block / 2 - 1), rest),
            _ => return None,
        };
        let (layer, rest) = rest.split_once('.')?;
        let layer = match layer {
            "conv1" => "narrow.conv",
            "norm1" => "narrow.norm",
            "conv2" => "middle.conv",
            "norm2" => "middle.norm",
            "conv3" => "widen.conv",
            "norm3" => "widen.norm",
            "skip" => "skip.conv",
            "norm4" => "skip.norm",
            _ => return None,
        };
        return Some(format!("{place}.{layer}.{rest}"));
    }
    let (kind, number) = part.split_at_checked(4)?;
    let place = match number.parse::<usize>().ok()? {
        1 => "stem".to_owned(),
        number @ 2..=4 => format!("widen.{}", number - 2),
        _ => return None,
    };
    matches!(kind, "conv" | "norm").then(|| format!("{place}.{kind}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_kind() {
        let pairs = [
            ("generator.first.norm.bias", Some("encoder.first.norm.bias")),
            ("generator.res_ms.3.conv2.weight", Some("encoder.residual.3.conv2.weight")),
            ("generator.Res_Feat.out_o.2.weight", Some("enhancer.out.weight")),
            ("generator.pose_up.res_mid.2.norm1.bias", Some("transformation.middle.3.norm1.bias")),
            ("generator.pose_up.up_out.conv3.bias", Some("transformation.up.0.conv3.bias")),
            ("generator.pose_up.out_1.0.weight", Some("transformation.out.weight")),
            ("generator.decoder.up1.1.norm2.weight", Some("decoder.stage.1.residual.0.norm2.weight")),
            ("generator.decoder.re_ac1.weight", Some("decoder.scene.1.slope")),
            ("generator.decoder.mask_up0.bias", Some("decoder.scene.0.mask.bias")),
            ("generator.decoder.re_up1.conv3.weight", Some("decoder.scene.1.scene.conv3.weight")),
            ("pose_base.fc_roll_down8.weight", Some("pose.yaw.weight")),
            ("pose_base.block5.b5_4.norm2.running_var", Some("pose.stage.2.4.middle.norm.running_var")),
            ("pose_base.block4.skip.weight", Some("pose.halve.1.skip.conv.weight")),
            ("pose_base.norm3.running_mean", Some("pose.widen.1.norm.running_mean")),
            ("pose_base.norm1.num_batches_tracked", None),
            ("discriminator.conv.weight", None),
        ];
        for (theirs, ours) in pairs {
            assert_eq!(deviation_name(theirs).as_deref(), ours, "{theirs}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = import_deviation(&BTreeMap::new()).err().unwrap();
        assert!(error.to_string().contains("generator.first.conv.weight"), "{error}");
        assert!(error.hint().is_some());
    }
}

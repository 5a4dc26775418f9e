//! Whether a file holds what its configuration says, before networks of that size are made: a kilobyte can state a configuration
//! of gigabytes.

use super::config::DeviationConfig;
use orator_nn::NnError;
use std::collections::BTreeMap;
use tch::Tensor;

/// Checks that the largest convolution of every stack is there in its size, so that what is made is no more than a few times what
/// was read.
///
/// # Errors
/// [`NnError::Mismatch`] naming the first that is missing or of another shape.
pub(super) fn check(config: &DeviationConfig, tensors: &BTreeMap<String, Tensor>) -> orator_nn::Result<()> {
    for (name, shape) in largest(config) {
        let name = format!("{name}.weight");
        let found = tensors.get(&name).map(Tensor::size);
        if found.as_deref() != Some(&shape[..]) {
            let found = found.map_or_else(|| "is missing".to_owned(), |size| format!("is {size:?}"));
            let what = format!("the weights do not fit the network: {name} {found} and should be {shape:?}");
            return Err(NnError::Mismatch { what });
        }
    }
    Ok(())
}

/// Convolutions by name with their shapes.
fn largest(config: &DeviationConfig) -> Vec<(String, [i64; 4])> {
    let mut all = Vec::new();
    let mut add = |name: String, output: i64, input: i64, kernel: i64| {
        all.push((name, [output, input, kernel, kernel]));
    };
    let depth = config.depth();

    let halvings = if config.encoder.halving_stem { 2 } else { 3 };
    add(format!("encoder.down.{}.conv", halvings - 1), depth, depth / 2, 3);
    for i in 0..config.encoder.residual_blocks {
        add(format!("encoder.residual.{i}.conv2"), depth, depth, 3);
    }
    if config.enhancer.active {
        let [wide, wider] = config.enhancer.widths;
        add("enhancer.down.0.conv1".into(), wide, depth, 3);
        add("enhancer.up.0.conv1".into(), wide, wider + wide, 3);
        add("enhancer.up.1.conv1".into(), wider, wider * 2, 3);
    }
    let pose = &config.pose;
    add("pose.widen.2.conv".into(), pose.width * 16, pose.width * 8, 1);
    add("pose.yaw".into(), pose.bins, pose.width * 16, 1);
    for (i, &blocks) in pose.bottlenecks.iter().enumerate() {
        let width = pose.width << (i + 2);
        for j in 0..blocks {
            add(format!("pose.stage.{i}.{j}.narrow.conv"), (width / 4).max(1), width, 1);
        }
    }
    if config.transformation.active {
        let width = config.transformation.width;
        add("transformation.up.2.conv1".into(), width * 6, width * 12, 3);
        for i in 0..=config.transformation.residual_blocks {
            add(format!("transformation.middle.{i}.conv2"), width * 8, width * 8, 3);
        }
    }
    let decoder = &config.decoder;
    add("decoder.first".into(), depth, depth, 1);
    for i in 0..decoder.residual_blocks {
        add(format!("decoder.residual.{i}.conv2"), depth, depth, 3);
    }
    let stages = if decoder.paint_at_half { 2 } else { 3 };
    let inputs = [depth, decoder.widths[0], decoder.widths[1]];
    let sizes = inputs.into_iter().zip(decoder.widths).zip(decoder.stage_blocks);
    for (i, ((input, width), blocks)) in sizes.enumerate().take(stages) {
        add(format!("decoder.stage.{i}.conv"), width, input, 3);
        for j in 0..blocks {
            add(format!("decoder.stage.{i}.residual.{j}.conv2"), width, width, 3);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::networks::DeviationNetworks;
    use super::*;
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    /// A configuration with every switch on, small.
    fn small() -> DeviationConfig {
        let mut config = DeviationConfig::lite();
        config.encoder.width = 4;
        config.enhancer.widths = [16, 24];
        config
    }

    #[test]
    fn networks_hold_what_their_configuration_says() {
        let mut whole = small();
        whole.encoder.halving_stem = false;
        whole.decoder.paint_at_half = false;
        for config in [small(), whole] {
            let store = VarStore::new(Device::Cpu);
            let _networks = DeviationNetworks::new(&store.root(), &config);
            let tensors = orator_nn::parameters(&store);
            check(&config, &tensors).unwrap();
            // No tensor is larger than the largest of these.
            let most = tensors.values().map(Tensor::numel).max().unwrap();
            assert!(largest(&config).iter().any(|(_, shape)| shape.iter().product::<i64>() as usize == most));
        }
    }

    #[test]
    fn what_is_only_stated_is_refused() {
        let store = VarStore::new(Device::Cpu);
        let _networks = DeviationNetworks::new(&store.root(), &small());
        let tensors = orator_nn::parameters(&store);
        let mut wide = small();
        wide.encoder.width = 512;
        let mut deep = small();
        deep.decoder.residual_blocks = 64;
        let mut enhanced = small();
        enhanced.enhancer.widths = [4096, 4096];
        for config in [wide, deep, enhanced] {
            assert!(config.check().is_ok());
            let error = check(&config, &tensors).unwrap_err().to_string();
            assert!(error.contains("do not fit"), "{error}");
        }
        let nothing = BTreeMap::from([("x".to_owned(), Tensor::zeros([1], (Kind::Float, Device::Cpu)))]);
        assert!(check(&small(), &nothing).is_err());
    }
}

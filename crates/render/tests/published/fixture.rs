//! Fixtures of the shared folder: what is stored, and weights that follow from their names.

use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tch::{Device, Kind, Tensor};

pub const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// The fill formula of `formula.json`: FNV-1a of the name, SplitMix64 of hash + index, to [−1, 1).
pub fn fill(name: &str, shape: &[i64], value: impl Fn(f64) -> f64) -> Tensor {
    let hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let count: i64 = shape.iter().product();
    let values: Vec<f32> = (0..count as u64)
        .map(|i| {
            let mut z = hash.wrapping_add(i).wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            value(2.0 * ((z >> 11) as f64 / (1u64 << 53) as f64) - 1.0) as f32
        })
        .collect();
    Tensor::from_slice(&values).view(shape)
}

pub fn input(name: &str, shape: &[i64], low: f64, high: f64) -> Tensor {
    fill(&format!("input/{name}"), shape, |u| low + (high - low) * (u + 1.0) / 2.0)
}

/// `base` + `size` · u, the sum in 64 bits.
pub fn moved(base: &Tensor, name: &str, size: f64) -> Tensor {
    let delta = fill(&format!("input/{name}"), &base.size(), |u| u);
    // The formula's own u has 64 bits; its rounding to 32 is far below the tolerances.
    (base.to_kind(Kind::Double) + delta.to_kind(Kind::Double) * size).to_kind(Kind::Float)
}

pub struct Case {
    pub name: &'static str,
    pub description: Value,
    pub stored: Vec<u8>,
}

impl Case {
    pub fn open(name: &'static str) -> Option<Self> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let shared =
            std::env::var_os("ORATOR_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
        let folder = shared.join("fixtures").join(name);
        let Ok(text) = std::fs::read_to_string(folder.join("case.json")) else {
            eprintln!("skipped: no fixture {name} (set ORATOR_SHARED to the shared folder)");
            return None;
        };
        let stored = std::fs::read(folder.join("fixture.safetensors")).unwrap();
        Some(Self { name, description: serde_json::from_str(&text).unwrap(), stored })
    }

    /// The published tensors, made from their names.
    pub fn weights(&self) -> BTreeMap<String, Tensor> {
        let list = self.description["parameters"].as_array().unwrap();
        list.iter()
            .map(|entry| {
                let name = entry["name"].as_str().unwrap();
                let shape: Vec<i64> =
                    entry["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
                let rule = entry["fill"].as_str().unwrap();
                let gain: f64 = rule.split("then *").nth(1).map_or(1.0, |g| g.parse().unwrap());
                let tensor = if rule.starts_with("u/sqrt") {
                    let fan_in: i64 = shape[1..].iter().product();
                    fill(name, &shape, |u| u / (fan_in as f64).sqrt() * gain)
                } else if rule.starts_with("1+0.1*u") {
                    fill(name, &shape, |u| 1.0 + 0.1 * u)
                } else if rule.starts_with("0.14159") {
                    fill(name, &shape, |u| 0.141_59 + 0.05 * u)
                } else if rule.starts_with("0.1*u") {
                    fill(name, &shape, |u| 0.1 * u)
                } else {
                    Tensor::zeros(&shape, FLOAT)
                };
                (name.to_string(), tensor)
            })
            .collect()
    }

    /// Compares with what the fixture holds of `output`.
    pub fn check(&self, output: &str, found: &Tensor) {
        let entry = &self.description["outputs"][output];
        let shape: Vec<i64> =
            entry["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        let found = found.to_kind(Kind::Float).contiguous().view(shape.as_slice()).view([-1]);
        let stride = entry["stride"].as_u64().unwrap() as usize;
        let tolerance = entry["suggested_atol"].as_f64().unwrap() as f32;
        let file = SafeTensors::deserialize(&self.stored).unwrap();
        let stored: Vec<f32> = file
            .tensor(output)
            .unwrap()
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        let found: Vec<f32> = Vec::<f32>::try_from(&found).unwrap().into_iter().step_by(stride).collect();
        assert_eq!(found.len(), stored.len(), "{}: {output}", self.name);
        let worst = found.iter().zip(&stored).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        eprintln!("{}: {output} differs by {worst:.1e} (tolerance {tolerance:.1e})", self.name);
        assert!(worst <= tolerance, "{}: {output} differs by {worst} > {tolerance}", self.name);
    }

    /// Input by its name, in the range and shape that the case gives.
    pub fn given(&self, name: &str) -> Tensor {
        let entry = &self.description["inputs"][name];
        let numbers = |key: &str| -> Vec<f64> {
            entry[key].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
        };
        let shape: Vec<i64> = numbers("shape").iter().map(|n| *n as i64).collect();
        let range = numbers("range");
        input(name, &shape, range[0], range[1])
    }
}

//! MoMask's published networks, rebuilt and fed with the fixtures' formula-made weights under their published names, give the
//! published programs' numbers.
//!
//! The reduced cases lie beside this file; the full ones are read from the shared folder and skipped where that is absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use orator_motion::SampleOptions;
use orator_motion::contextual::masked_counts;
use orator_motion::momask::{Imported, ResidualTransformer, ResidualTransformerConfig, import_momask};
use orator_nn::{Checkpoint, Precision, Randomness, assign};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

const LENGTHS: [usize; 2] = [80, 61];

/// The fixtures' pseudo-random numbers (FNV-1a of the name, splitmix64 finaliser), in [−1, 1).
fn filled(name: &str, count: usize) -> impl Iterator<Item = f64> {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (0..count as u64).map(move |i| {
        let mut z = hash.wrapping_add(i).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        2.0 * ((z >> 11) as f64 / 9_007_199_254_740_992.0) - 1.0
    })
}

struct Case {
    text: Value,
    expected: BTreeMap<String, Tensor>,
}

impl Case {
    fn read(name: &str) -> Option<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shared =
            std::env::var_os("ORATOR_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
        let places = [here.join("tests/fixtures").join(name), shared.join("fixtures").join(name)];
        let Some(folder) = places.into_iter().find(|p| p.join("case.json").is_file()) else {
            eprintln!("skipped: the fixture {name} is not there");
            return None;
        };
        let text = std::fs::read_to_string(folder.join("case.json")).unwrap();
        let expected = Checkpoint::read(&folder.join("fixture.safetensors")).unwrap().tensors;
        Some(Self { text: serde_json::from_str(&text).unwrap(), expected })
    }

    fn shape(value: &Value) -> Vec<i64> {
        value["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect()
    }

    /// All parameters under their published names; what is computed by the module (positions) is left out.
    fn weights(&self) -> BTreeMap<String, Tensor> {
        let mut all = BTreeMap::new();
        for parameter in self.text["parameters"].as_array().unwrap() {
            let (name, fill) = (parameter["name"].as_str().unwrap(), parameter["fill"].as_str().unwrap());
            if fill == "constructed" {
                continue;
            }
            let (base, gain) = match fill.split_once(" then *") {
                // Printed with six digits.
                Some((base, "2.44949")) => (base, 6f64.sqrt()),
                Some((base, gain)) => (base, gain.parse::<f64>().unwrap()),
                None => (fill, 1.0),
            };
            let shape = Self::shape(parameter);
            let (offset, scale) = match base {
                "0.1*u" => (0.0, 0.1),
                "1+0.1*u" => (1.0, 0.1),
                _ => (0.0, 1.0 / (shape[1..].iter().product::<i64>() as f64).sqrt()),
            };
            let count = shape.iter().product::<i64>() as usize;
            let values: Vec<f32> =
                filled(name, count).map(|u| ((offset + u * scale) * gain) as f32).collect();
            all.insert(name.to_owned(), Tensor::from_slice(&values).view(shape.as_slice()));
        }
        all
    }

    /// Uniform numbers in [−1, 1] of the shape that the case gives for this input.
    fn numbers(&self, input: &str) -> Tensor {
        let shape = Self::shape(&self.text["inputs"][input]);
        let count = shape.iter().product::<i64>() as usize;
        let values: Vec<f32> =
            filled(&format!("input/{input}"), count).map(|u| (-1.0 + 2.0 * (u + 1.0) / 2.0) as f32).collect();
        Tensor::from_slice(&values).view(shape.as_slice())
    }

    /// Whole numbers below `bound`.
    fn ids(&self, input: &str, bound: i64) -> Tensor {
        let shape = Self::shape(&self.text["inputs"][input]);
        let count = shape.iter().product::<i64>() as usize;
        let values: Vec<i64> = filled(&format!("input/{input}"), count)
            .map(|u| ((u + 1.0) / 2.0 * bound as f64).floor() as i64)
            .collect();
        Tensor::from_slice(&values).view(shape.as_slice())
    }

    /// Compares within the case's tolerance.
    fn check(&self, output: &str, made: &Tensor) {
        let about = &self.text["outputs"][output];
        assert_eq!(made.size(), Self::shape(about), "{output}");
        let stride = about["stride"].as_i64().unwrap();
        let flat = made.contiguous().view([-1]);
        let picked = flat.slice(0, 0, flat.size()[0], stride);
        let expected = self.expected[output].view([-1]);
        let tolerance = about["suggested_atol"].as_f64().unwrap();
        let worst = (picked - expected).abs().max().to_kind(Kind::Double).double_value(&[]);
        assert!(worst <= tolerance, "{output}: {worst} is more than {tolerance}");
    }
}

/// Rows of different sequences as one int64 tensor.
fn tensor(rows: &[Vec<i64>]) -> Tensor {
    let flat: Vec<i64> = rows.iter().flatten().copied().collect();
    Tensor::from_slice(&flat).view([rows.len() as i64, -1])
}

fn padded(ids: &Tensor, pad: i64) -> Tensor {
    let mut rows = rows_of(ids);
    for (row, length) in rows.iter_mut().zip(LENGTHS) {
        row[length..].fill(pad);
    }
    tensor(&rows)
}

fn rows_of(ids: &Tensor) -> Vec<Vec<i64>> {
    (0..ids.size()[0]).map(|b| Vec::<i64>::try_from(&ids.select(0, b)).unwrap()).collect()
}

fn greedy(guidance: f64) -> SampleOptions {
    SampleOptions { steps: 5, guidance, temperature: 0.0, ..SampleOptions::default() }
}

fn tokenizer(name: &str, motion: &str, codes: &str) {
    let Some(case) = Case::read(name) else { return };
    let imported = import_momask(&case.weights()).unwrap();
    let Imported::Tokenizer { network, config, .. } = &imported else { panic!("a tokenizer") };
    let motion = case.numbers(motion);
    let _guard = tch::no_grad_guard();
    let continuous = network.encode_continuous(&motion);
    case.check("encoder_output", &continuous.transpose(1, 2));
    let ids = network.encode(&motion);
    case.check("code_indices", &ids);
    let of_layer = |q: i64| {
        let chosen = ids.select(2, q).reshape([-1]);
        network.quantiser().codebook(q as usize).index_select(0, &chosen).view_as(&continuous)
    };
    let layers: Vec<Tensor> = (0..config.layers).map(of_layer).collect();
    let turned: Vec<Tensor> = layers.iter().map(|l| l.transpose(1, 2)).collect();
    case.check("all_codes", &Tensor::stack(&turned, 0));
    case.check("reconstruction", &network.decode(&ids));
    let mut residual = continuous.shallow_clone();
    let mut commitment = 0.0;
    let mut perplexity = 0.0;
    for (q, codes) in (0..).zip(&layers) {
        commitment += (&residual - codes).square().mean(Kind::Double).double_value(&[]);
        residual = residual - codes;
        let used = ids.select(2, q).reshape([-1]).one_hot(config.codes).to_kind(Kind::Double);
        let share = used.mean_dim([0i64].as_slice(), false, Kind::Double);
        perplexity += (-(&share * (&share + 1e-7).log()).sum(Kind::Double)).exp().double_value(&[]);
    }
    let mean = |sum: f64| Tensor::from_slice(&[(sum / config.layers as f64) as f32]);
    case.check("commit_loss", &mean(commitment));
    case.check("perplexity", &mean(perplexity));
    let given = case.ids(codes, config.codes);
    case.check("decoded_from_given_codes", &network.decode(&given));
    let two = network.quantiser().decode(&given, 2);
    case.check("decoded_first_two_layers", &network.decode_codes(&two));
}

#[test]
fn the_tokenizer() {
    tokenizer("06a_momask_rvq_reduced", "momask/motion_24", "momask/codes_4_64");
}

#[test]
fn the_tokenizer_at_its_full_size() {
    tokenizer("06b_momask_rvq_full", "momask/motion_263", "momask/codes_6_512");
}

#[test]
fn the_mask_transformer() {
    let Some(case) = Case::read("06d_mask_transformer_reduced") else { return };
    let Imported::Mask(network) = import_momask(&case.weights()).unwrap() else {
        panic!("a mask transformer")
    };
    let condition = case.numbers("momask/cond");
    let ids = padded(&case.ids("momask/ids_64", network.mask_id() + 1), network.pad_id());
    for (output, guidance) in [("logits", 1.0), ("logits_uncond", 0.0), ("logits_cond_scale4", 4.0)] {
        let logits = network.forward(&ids, &condition, &LENGTHS, guidance);
        case.check(output, &logits.transpose(1, 2));
    }
    let made = network.generate(&condition, &LENGTHS, &greedy(4.0), &mut Randomness::new(0));
    case.check("greedy_generate_K5", &tensor(&made));
}

fn residual(name: &str, base: &str, history: &str) {
    let Some(case) = Case::read(name) else { return };
    let imported = import_momask(&case.weights()).unwrap();
    let Imported::Residual(network) = &imported else { panic!("a residual transformer") };
    let condition = case.numbers("momask/cond");
    let summed = case.numbers(history);
    let content = network.content(3, &summed, &condition, &LENGTHS);
    case.check("trans_forward_q3", &content.transpose(1, 2));
    case.check("logits_q3", &network.project(3, &content).transpose(1, 2));
    let scaled = network.forward(3, &summed, &condition, &LENGTHS, 2.0);
    case.check("logits_q3_scale2", &scaled.transpose(1, 2));
    let base = rows_of(&case.ids(base, network.pad_id()));
    let made = network.generate(&base, &condition, &LENGTHS, &greedy(2.0), &mut Randomness::new(0));
    let flat: Vec<i64> = made.iter().flatten().flatten().copied().collect();
    case.check("greedy_generate", &Tensor::from_slice(&flat).view([2, 80, -1]));
    assert_eq!(network.config().doubled, !network.config().tied);
    if network.config().doubled {
        // The same weights without the published mistake.
        let config = ResidualTransformerConfig { doubled: false, ..network.config().clone() };
        let right = ResidualTransformer::new(&config, Device::Cpu);
        assign(&right.store, &imported.checkpoint().tensors, "").unwrap();
        case.check("logits_q3_without_doubling", &right.project(3, &content).transpose(1, 2));
    }
}

#[test]
fn the_residual_transformer_with_tables_of_its_own() {
    residual("06f_residual_transformer_untied_reduced", "momask/base_ids_64", "momask/history_32");
}

#[test]
fn the_residual_transformer_with_shared_tables() {
    residual("06g_residual_transformer_shared_reduced", "momask/base_ids_64", "momask/history_32");
}

#[test]
fn the_residual_transformer_at_its_full_size() {
    residual("06h_residual_transformer_shared_full", "momask/base_ids_512", "momask/history_512");
}

#[test]
fn unmasking_counts() {
    let Some(case) = Case::read("06c_momask_unmask_counts") else { return };
    for (name, expected) in &case.expected {
        let (time, steps) = name[1..].split_once("_K").unwrap();
        let made = masked_counts(steps.parse().unwrap(), time.parse().unwrap());
        let made: Vec<i64> = made.into_iter().map(|n| n as i64).collect();
        assert_eq!(made, Vec::<i64>::try_from(expected).unwrap(), "{name}");
    }
    assert_eq!(case.expected.len(), 24);
}

#[test]
fn imported_networks_are_kept_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("momask.safetensors");
    for name in [
        "06a_momask_rvq_reduced",
        "06d_mask_transformer_reduced",
        "06f_residual_transformer_untied_reduced",
        "06g_residual_transformer_shared_reduced",
    ] {
        let Some(case) = Case::read(name) else { return };
        let written = import_momask(&case.weights()).unwrap().checkpoint();
        written.write(&path, Precision::Full).unwrap();
        let read = Imported::read(&path).unwrap().checkpoint();
        assert_eq!(read.metadata, written.metadata);
        assert!(read.tensors.iter().all(|(name, tensor)| tensor.equal(&written.tensors[name])), "{name}");
    }
    Checkpoint { metadata: BTreeMap::new(), tensors: BTreeMap::new() }.write(&path, Precision::Full).unwrap();
    assert!(Imported::read(&path).err().unwrap().to_string().contains("no network of MoMask"));
}

#[test]
fn what_is_not_momask_is_refused_by_name() {
    let Some(case) = Case::read("06d_mask_transformer_reduced") else { return };
    let refused = |tensors: &BTreeMap<String, Tensor>| import_momask(tensors).err().unwrap().to_string();
    assert!(refused(&BTreeMap::new()).contains("neither"));
    let mut weights = case.weights();
    weights.insert("position_enc.pe".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
    weights.insert("clip_model.visual".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
    assert!(import_momask(&weights).is_ok(), "what is computed or of another network is passed over");
    let saved: BTreeMap<String, Tensor> =
        weights.iter().map(|(n, t)| (format!("t2m_transformer.{n}"), t.shallow_clone())).collect();
    assert!(import_momask(&saved).is_ok(), "below the key of the published program");
    weights.insert("stranger".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
    assert!(refused(&weights).contains("stranger"));
    weights.remove("stranger");
    weights.remove("cond_emb.bias");
    assert!(refused(&weights).contains("cond_emb.bias"));
    weights.insert("cond_emb.bias".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
    assert!(refused(&weights).contains("condition.bias"));
}

//! MoMask's published networks, rebuilt and fed with the fixtures' formula-made weights under their published names, give the
//! published programs' numbers.
//!
//! The reduced cases lie beside this file; the full ones are read from the shared folder and skipped where that is absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use orator_motion::SampleOptions;
use orator_motion::contextual::masked_counts;
use orator_motion::momask::{Imported, ResidualTransformer, ResidualTransformerConfig, import_momask};
use orator_nn::{Checkpoint, Precision, Randomness, assign};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

mod fixture;
use fixture::Case;

const LENGTHS: [usize; 2] = [80, 61];

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
    SampleOptions { steps: Some(5), guidance: Some(guidance), temperature: 0.0, ..SampleOptions::default() }
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

//! S2G-MDDiffusion's published denoiser, rebuilt and fed with the fixtures' formula-made weights under their published names,
//! gives the published program's numbers; so do the schedule and a step of DDIM.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod fixture;

use fixture::Case;
use orator_motion::deviation::{
    Denoiser, Diffusion, Heard, NoisyWindow, S2gDenoiser, import_s2g, passed_over_by_s2g,
};
use orator_nn::rotary::Turns;
use orator_nn::{Checkpoint, Precision};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Heads of the reduced network.
const HEADS: Option<i64> = Some(4);
/// The time of the denoiser's case.
const TIME: f32 = 437.0;

fn heard(denoiser: &Denoiser, case: &Case) -> [Heard; 2] {
    let speech = case.numbers("s2g/cond_35");
    [0.0f32, 1.0].map(|deaf| denoiser.hear(&speech, &Tensor::from_slice(&[deaf]), false))
}

#[test]
fn the_denoiser() {
    let Some(case) = Case::read("04c_s2g_denoiser_reduced") else { return };
    let made = import_s2g(&case.weights(), HEADS).unwrap();
    let _guard = tch::no_grad_guard();
    let (noisy, source) = (case.numbers("s2g/x_t"), case.numbers("s2g/cond_frame"));
    let time = Tensor::from_slice(&[TIME]);
    let window = NoisyWindow { noisy: &noisy, time: &time, source: &source, prefix: None };
    let [hearing, deaf] = heard(&made.denoiser, &case);
    case.check("conditional", &made.denoiser.forward(&window, &hearing, false));
    case.check("unconditional", &made.denoiser.forward(&window, &deaf, false));
    case.check("guided_weight2", &made.denoiser.guided(&window, &hearing, &deaf, 2.0));
    let places: Vec<f64> = (0..8).map(f64::from).collect();
    case.check("rotary_angles_first", &Turns::angles(&places, made.denoiser.config().width));
    case.check("time_embedding", &orator_motion::deviation::time_waves(&time, made.denoiser.config().width));
}

#[test]
fn the_schedule_and_a_step_of_ddim() {
    let (Some(case), Some(network)) =
        (Case::read("04e_s2g_ddim_schedule"), Case::read("04c_s2g_denoiser_reduced"))
    else {
        return;
    };
    let diffusion = Diffusion::default();
    // Products of a thousand 32-bit numbers: a few of their last digits.
    case.check_within("schedule/betas", &Tensor::from_slice(diffusion.betas()), 1e-9);
    case.check_within("schedule/alphas_cumprod", &Tensor::from_slice(diffusion.kept()), 1e-6);
    let steps = diffusion.ddim(50, 1.0);
    let whole = |of: &dyn Fn(&orator_motion::deviation::DiffusionStep) -> i64| {
        Tensor::from_slice(&steps.iter().map(of).collect::<Vec<i64>>())
    };
    case.check_within("ddim/time", &whole(&|s| s.time as i64), 0.0);
    case.check_within("ddim/time_next", &whole(&|s| s.next.map_or(-1, |n| n as i64)), 0.0);
    let last = steps.len() - 1;
    let real = |of: &dyn Fn(&orator_motion::deviation::DiffusionStep) -> f64| {
        Tensor::from_slice(&steps[..last].iter().map(|s| of(s) as f32).collect::<Vec<f32>>())
    };
    for (name, made) in [
        ("ddim/sigma", real(&|s| s.sigma)),
        ("ddim/c", real(&|s| s.noise)),
        ("ddim/sqrt_alpha_next", real(&|s| s.clean)),
    ] {
        let expected = case.expected[name].view([-1]).narrow(0, 0, last as i64);
        let worst = (expected - made).abs().max().double_value(&[]);
        assert!(worst < 2e-5, "{name}: {worst}");
    }

    let made = import_s2g(&network.weights(), HEADS).unwrap();
    let _guard = tch::no_grad_guard();
    let step = &steps[20];
    let (noisy, source) = (case.numbers("s2g/x_t"), case.numbers("s2g/cond_frame"));
    let time = Tensor::from_slice(&[step.time as i64]);
    let window = NoisyWindow { noisy: &noisy, time: &time, source: &source, prefix: None };
    let [hearing, deaf] = heard(&made.denoiser, &case);
    let clean = made.denoiser.guided(&window, &hearing, &deaf, 2.0).clamp(-1.0, 1.0);
    case.check_within("step20/x_start_clamped", &clean, 1.6e-5);
    case.check_within("step20/pred_noise", &diffusion.noise_of(&noisy, &clean, &time), 2e-5);
    let next = diffusion.ddim_step(step, &noisy, &clean, &case.numbers("s2g/noise"));
    case.check_within("step20/x_next", &next, 2e-5);
}

#[test]
fn an_imported_denoiser_is_kept_and_read_again() {
    let Some(case) = Case::read("04c_s2g_denoiser_reduced") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s2g.safetensors");
    let written = import_s2g(&case.weights(), HEADS).unwrap().checkpoint();
    written.write(&path, Precision::Full).unwrap();
    let read = S2gDenoiser::read(&path).unwrap().checkpoint();
    assert_eq!(read.metadata, written.metadata);
    assert!(read.tensors.iter().all(|(name, tensor)| tensor.equal(&written.tensors[name])));
    Checkpoint { metadata: BTreeMap::new(), tensors: BTreeMap::new() }.write(&path, Precision::Full).unwrap();
    assert!(S2gDenoiser::read(&path).err().unwrap().to_string().contains("s2g-denoiser"));
}

#[test]
fn what_is_not_s2g_is_refused_by_name() {
    let Some(case) = Case::read("04c_s2g_denoiser_reduced") else { return };
    let refused = |tensors: &BTreeMap<String, Tensor>| import_s2g(tensors, HEADS).err().unwrap().to_string();
    let three = || Tensor::zeros([3], (Kind::Float, Device::Cpu));
    assert!(refused(&BTreeMap::new()).contains("null_cond_embed"));
    let mut weights = case.weights();
    weights.insert("rotary.freqs".into(), three());
    assert!(import_s2g(&weights, HEADS).is_ok(), "what is computed is passed over");
    // As saved by the published program: twice, the averaged weights first.
    let saved: BTreeMap<String, Tensor> = weights
        .iter()
        .flat_map(|(name, t)| {
            let averaged = (format!("ema_state_dict.{name}"), t.shallow_clone());
            [averaged, (format!("model_state_dict.{name}"), t.zeros_like())]
        })
        .collect();
    let made = import_s2g(&saved, HEADS).unwrap().checkpoint();
    assert!(made.tensors["enter.weight"].equal(&weights["input_projection.weight"]));
    let passed = passed_over_by_s2g(&saved);
    assert!(passed.iter().all(|n| n.starts_with("model_state_dict.") || n.ends_with("rotary.freqs")));
    assert_eq!(passed.len(), weights.len() + 1);
    weights.insert("stranger".into(), three());
    assert!(refused(&weights).contains("stranger"));
    weights.remove("stranger");
    weights.remove("final_layer.bias");
    assert!(refused(&weights).contains("final_layer.bias"));
    weights.insert("final_layer.bias".into(), three());
    assert!(refused(&weights).contains("leave.bias"));
    weights.insert("input_projection.weight".into(), three());
    assert!(refused(&weights).contains("input_projection.weight"));
    assert!(import_s2g(&case.weights(), Some(7)).is_err());
}

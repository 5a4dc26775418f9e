//! `orator import`: what is taken up, what is left out, and what is refused.

use crate::bench::Bench;
use crate::published::{momask, s2g, schedule, torch_file, tps};
use crate::writer::{Pickle, torch_zip};
use orator_motion::deviation::S2gDenoiser;
use orator_motion::momask::Imported;
use orator_nn::{Checkpoint, Precision};
use std::fs;
use tch::{Device, Kind, Tensor};

#[test]
fn tps_weights_are_taken_up_bit_by_bit() {
    let bench = Bench::new();
    let tps = tps();
    bench.file("vox.pth.tar", &torch_file(&tps.published, |pickle| pickle));
    let outcome = bench.run("import tps vox.pth.tar --out tps.safetensors");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stderr);
    let read = Checkpoint::read(&bench.path("tps.safetensors")).unwrap();
    assert_eq!(read.metadata["imported"], "TPS motion model");
    assert_eq!(read.metadata["source_sha256"].len(), 64);
    assert!(read.tensors.keys().eq(tps.ours.keys()));
    assert!(read.tensors.iter().all(|(name, tensor)| tensor.equal(&tps.ours[name])));
    assert_eq!(bench.names(), ["tps.safetensors", "vox.pth.tar"]);

    // The same from safetensors under the published names.
    let tensors = tps.published.iter().map(|(name, (shape, numbers))| {
        let shape: Vec<i64> = shape.iter().map(|&side| side.into()).collect();
        (name.clone(), Tensor::from_slice(numbers).view(shape.as_slice()))
    });
    let same = Checkpoint { metadata: Default::default(), tensors: tensors.collect() };
    same.write(&bench.path("vox.safetensors"), Precision::Full).unwrap();
    let outcome = bench.run("import tps vox.safetensors --out again.safetensors --json");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let report = outcome.event("imported");
    assert_eq!(report["kind"], "contextual-picture");
    assert_eq!(report["left_out"]["avd_network"]["numbers"], 5);
    let again = Checkpoint::read(&bench.path("again.safetensors")).unwrap();
    assert!(again.tensors.iter().all(|(name, tensor)| tensor.equal(&read.tensors[name])));

    // They find their points in the driving picture, and no command gives them one: said, not crashed on.
    if crate::bench::assets_are_there() {
        let photo = crate::bench::of_checkout("assets/presenter_man.png");
        bench.file("speech.wav", &crate::made::wav(1.0));
        let used = bench.run(&format!(
            "generate --image {} --audio speech.wav --renderer contextual --renderer-weights tps.safetensors --out a.mp4",
            photo.display()
        ));
        assert_eq!(used.code, 6, "{}", used.stderr);
        assert!(used.stderr.contains("points of their own"), "{}", used.stderr);
    }
}

#[test]
fn each_network_of_momask_is_known_by_its_names() {
    let bench = Bench::new();
    let mut told = String::new();
    for (case, key) in [
        ("06a_momask_rvq_reduced", "vq_model"),
        ("06d_mask_transformer_reduced", "t2m_transformer"),
        ("06f_residual_transformer_untied_reduced", "res_transformer"),
        ("06g_residual_transformer_shared_reduced", "res_transformer"),
    ] {
        bench.file("net_best.tar", &torch_file(&momask(case, key), schedule));
        let outcome = bench.run("import momask net_best.tar --out out.safetensors");
        assert_eq!(outcome.code, 0, "{case}: {}", outcome.stderr);
        told += &format!("{}\n", outcome.stderr);
        Imported::read(&bench.path("out.safetensors")).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_averaged_denoiser_of_s2g_is_taken_up() {
    let bench = Bench::new();
    bench.file("checkpoint.pt", &torch_file(&s2g(), |pickle| pickle));
    let outcome = bench.run("import s2g checkpoint.pt --out out.safetensors");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stderr);
    let read = S2gDenoiser::read(&bench.path("out.safetensors")).unwrap();
    assert_eq!((read.denoiser.numbers(), read.features), (200, 35));
}

/// What `import` says, and that the folder is as it was.
fn refused(bench: &Bench, arguments: &str, code: i32) -> String {
    let before = bench.names();
    let outcome = bench.run(&format!("import {arguments}"));
    assert_eq!(outcome.code, code, "{arguments}: {}", outcome.stderr);
    assert_eq!(outcome.stdout, "");
    assert_eq!(bench.names(), before, "{arguments} left something behind");
    assert!(outcome.stderr.contains("help: "), "{}", outcome.stderr);
    outcome.stderr.replace(&bench.path("").display().to_string(), "FOLDER/")
}

#[test]
fn what_is_no_published_checkpoint() {
    let bench = Bench::new();
    let good = torch_file(&tps().published, |pickle| pickle);
    bench.file("vox.tar", &good);
    bench.file("cut.tar", &good[..good.len() / 2]);
    bench.file("text.tar", b"To be, or not to be, that is the question.\n");
    bench.file("empty.tar", b"");
    let evil = Pickle::new(2).global("os", "system").raw(b"(").text("touch owned").raw(b"tR").done();
    bench.file("evil.tar", &torch_zip("archive/", &evil, &[], false));
    let mut wrong = tps().published;
    let maps = wrong.get_mut("dense_motion_network.hourglass.encoder.down_blocks.1.conv.weight").unwrap();
    maps.0[1] += 1;
    maps.1.resize(maps.0.iter().product::<i32>() as usize, 0.0);
    bench.file("sizes.tar", &torch_file(&wrong, |pickle| pickle));
    let mut absurd = tps().published;
    absurd
        .insert("inpainting_network.first.conv.weight".into(), (vec![100_000, 1, 1, 1], vec![0.0; 100_000]));
    bench.file("absurd.tar", &torch_file(&absurd, |pickle| pickle));
    let mut lacking = tps().published;
    lacking.remove("kp_detector.fg_encoder.conv1.weight");
    bench.file("lacking.tar", &torch_file(&lacking, |pickle| pickle));
    let mut broken = tps().published;
    broken.get_mut("inpainting_network.first.conv.bias").unwrap().1[0] = f32::NAN;
    bench.file("nan.tar", &torch_file(&broken, |pickle| pickle));
    let mut stranger = momask("06d_mask_transformer_reduced", "t2m_transformer");
    stranger.insert("t2m_transformer.stranger.weight".into(), (vec![1], vec![0.0]));
    bench.file("stranger.tar", &torch_file(&stranger, schedule));
    let mut text = String::new();
    for (arguments, code) in [
        ("tps missing.tar --out out.safetensors", 3),
        ("tps cut.tar --out out.safetensors", 3),
        ("tps text.tar --out out.safetensors", 3),
        ("tps empty.tar --out out.safetensors", 3),
        ("momask evil.tar --out out.safetensors", 3),
        ("tps sizes.tar --out out.safetensors", 3),
        ("tps absurd.tar --out out.safetensors", 3),
        ("tps lacking.tar --out out.safetensors", 3),
        ("tps nan.tar --out out.safetensors", 3),
        ("momask vox.tar --out out.safetensors", 3),
        ("momask stranger.tar --out out.safetensors", 3),
        ("s2g vox.tar --out out.safetensors", 3),
        ("tps vox.tar --out out.pth", 2),
        ("tps vox.tar --out nowhere/out.safetensors", 5),
    ] {
        text += &format!("{}\n", refused(&bench, arguments, code));
    }
    insta::assert_snapshot!(text);
    assert!(!bench.path("owned").exists());
}

/// An input that is also the output, and sizes that only a much larger file could hold.
#[test]
fn nothing_is_overwritten_and_nothing_larger_than_the_file_is_made() {
    let bench = Bench::new();
    let tensors =
        [("encoder.model.0.weight", vec![8000, 1, 3]), ("encoder.model.2.0.weight", vec![8000, 1, 4])].map(
            |(name, shape): (&str, Vec<i64>)| {
                (name.to_owned(), Tensor::zeros(shape, (Kind::Float, Device::Cpu)))
            },
        );
    let codes = Tensor::zeros([4, 4], (Kind::Float, Device::Cpu));
    let all = tensors.into_iter().chain([("quantizer.layers.0.codebook".to_owned(), codes)]).collect();
    let file = Checkpoint { metadata: Default::default(), tensors: all };
    file.write(&bench.path("wide.safetensors"), Precision::Full).unwrap();
    let text = refused(&bench, "momask wide.safetensors --out out.safetensors", 3);
    assert!(text.contains("width 8000"), "{text}");
    let before = fs::read(bench.path("wide.safetensors")).unwrap();
    refused(&bench, "momask wide.safetensors --out wide.safetensors", 2);
    assert_eq!(fs::read(bench.path("wide.safetensors")).unwrap(), before);
}

//! The latent deviation system: a video and a recording drive a photo, with small weights that were never trained; the released
//! checkpoint, small and made up, is taken up; what does not belong together is refused.

use crate::bench::{Bench, assets_are_there, of_checkout};
use crate::made;
use crate::published::{Weights, torch_file};
use orator_media::video_in::{VideoReadOptions, VideoReader};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Limits};
use orator_nn::{Checkpoint, Precision};
use orator_render::deviation::{
    DecoderConfig, DeviationConfig, DeviationNetworks, EncoderConfig, EnhancerConfig, PoseEstimatorConfig,
    TransformationConfig, deviation_checkpoint, deviation_name,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tch::nn::VarStore;
use tch::{Device, Tensor};

/// Narrow networks of the given form.
fn narrow(form: DeviationConfig) -> DeviationConfig {
    let (halving_stem, paint_at_half) = (form.encoder.halving_stem, form.decoder.paint_at_half);
    DeviationConfig {
        encoder: EncoderConfig { width: 2, halving_stem, residual_blocks: 1 },
        enhancer: EnhancerConfig { active: true, widths: [16, 16] },
        pose: PoseEstimatorConfig { width: 4, bottlenecks: [1, 1, 1], ..form.pose.clone() },
        transformation: TransformationConfig { active: true, width: 4, residual_blocks: 1 },
        decoder: DecoderConfig {
            residual_blocks: 1,
            widths: [8, 8, 8],
            stage_blocks: [1, 1, 1],
            paint_at_half,
            ..form.decoder.clone()
        },
        ..form
    }
}

fn weights(path: &Path) {
    let config = narrow(DeviationConfig::lite());
    let store = VarStore::new(Device::Cpu);
    let _ = DeviationNetworks::new(&store.root(), &config);
    deviation_checkpoint(&config, &store, &BTreeMap::new()).unwrap().write(path, Precision::Half).unwrap();
}

/// The presenter, panned by a pixel a frame.
fn video(path: &Path, frames: usize) {
    let photo =
        orator_media::picture::read(&of_checkout("assets/presenter_man.png"), &Limits::default()).unwrap();
    let photo = photo.resize(256, 256);
    let mut film = VideoWriter::create(path, VideoSettings::new(256, 256, FrameRate::MOTION)).unwrap();
    for frame in 0..frames {
        let mut moved = photo.clone();
        for row in moved.rgb_mut().chunks_exact_mut(256 * 3) {
            row.rotate_left(frame * 3);
        }
        film.push(&moved).unwrap();
    }
    film.finish().unwrap();
}

fn frames_of(path: &Path) -> usize {
    VideoReader::open(path, &VideoReadOptions::default()).unwrap().map(Result::unwrap).count()
}

#[test]
fn a_video_drives_a_photo_and_itself() {
    if !assets_are_there() {
        return;
    }
    let bench = Bench::new();
    weights(&bench.path("w.safetensors"));
    video(&bench.path("driving.mp4"), 7);
    fs::copy(of_checkout("assets/presenter_man.png"), bench.path("photo.png")).unwrap();
    for image in ["", "--image photo.png"] {
        let outcome = bench.run(&format!(
            "animate --driving driving.mp4 {image} --renderer deviation --renderer-weights w.safetensors --out out.mp4"
        ));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert_eq!(frames_of(&bench.path("out.mp4")), 7);
    }
    let told = bench.run("inspect out.mp4 --json");
    assert!(told.stdout.contains("synthetic"), "{}", told.stdout);

    // Keypoints are no latent motion.
    assert_eq!(bench.run("inspect photo.png --out still.safetensors").code, 0);
    let before = bench.names();
    let refused = bench.run(
        "animate --driving still.safetensors --image photo.png --renderer deviation --renderer-weights w.safetensors --out no.mp4",
    );
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("driving video"), "{}", refused.stderr);
    // Nor are they drawn by the other's motion.
    bench.file("speech.wav", &made::wav(0.5));
    let refused = bench.run(
        "generate --image photo.png --audio speech.wav --renderer deviation --renderer-weights w.safetensors --out no.mp4",
    );
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("keypoints-133"), "{}", refused.stderr);
    // Another renderer's weights.
    let refused = bench.run(
        "animate --driving driving.mp4 --renderer contextual --renderer-weights w.safetensors --out no.mp4",
    );
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("deviation-picture"), "{}", refused.stderr);
    fs::remove_file(bench.path("speech.wav")).unwrap();
    assert_eq!(bench.names(), before);
}

/// The released checkpoint's names with narrow shapes and any numbers; and what they are for us.
fn released() -> (Weights, BTreeMap<String, Tensor>) {
    let names: serde_json::Value =
        serde_json::from_str(include_str!("../../../render/tests/fixtures/deviation_names.json")).unwrap();
    let config = narrow(DeviationConfig::published());
    let store = VarStore::new(Device::Cpu);
    let _ = DeviationNetworks::new(&store.root(), &config);
    let ours = orator_nn::parameters(&store);
    let mut published = Weights::new();
    for name in names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
        let Some(tensor) = deviation_name(name).and_then(|ours_name| ours.get(&ours_name)) else { continue };
        let shape = tensor.size().iter().map(|&side| side as i32).collect();
        let numbers = Vec::<f32>::try_from(&tensor.contiguous().view([-1])).unwrap();
        published.insert(name.to_owned(), (shape, numbers));
    }
    assert_eq!(published.len(), ours.len(), "every tensor of ours has a released name");
    published.insert("discriminator.conv.weight".into(), (vec![5], vec![0.5; 5]));
    (published, ours)
}

#[test]
fn the_released_checkpoint_is_taken_up_bit_by_bit() {
    let bench = Bench::new();
    let (published, ours) = released();
    bench.file("ssl.pth", &torch_file(&published, |pickle| pickle));
    let outcome = bench.run("import deviation ssl.pth --out d.safetensors --json");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let report = outcome.event("imported");
    assert_eq!(report["kind"], "deviation-picture");
    assert_eq!(report["left_out"]["discriminator"]["numbers"], 5);
    let read = Checkpoint::read(&bench.path("d.safetensors")).unwrap();
    assert_eq!(read.metadata["source_sha256"].len(), 64);
    assert!(read.tensors.keys().eq(ours.keys()));
    assert!(read.tensors.iter().all(|(name, tensor)| tensor.equal(&ours[name])));

    // One tensor less, and one of another shape.
    for (change, said) in [
        ("generator.pose_up.out_1.0.bias", "transformation.out.bias"),
        ("generator.first.conv.weight", "generator.first.conv.weight"),
    ] {
        let mut broken = published.clone();
        broken.remove(change);
        bench.file("broken.pth", &torch_file(&broken, |pickle| pickle));
        let outcome = bench.run("import deviation broken.pth --out no.safetensors");
        assert_eq!(outcome.code, 3, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    assert!(!bench.path("no.safetensors").exists());
}

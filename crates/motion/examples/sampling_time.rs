//! How long motion for ten seconds of speech takes with so many steps of decoding:
//! `cargo run --release -p orator-motion --example sampling_time -- WEIGHTS.safetensors 5 10 20`
//!
//! The quickest of several takes on one thread; speech and pose are made up, because they do not matter for the time.

use ndarray::{Array2, Array3};
use orator_body::{KeypointTrack, Layout};
use orator_media::FrameRate;
use orator_motion::contextual::{ContextualModel, SPEECH_LEARNED, SPEECH_LOW_LEVEL};
use orator_motion::{MotionModel, SampleOptions, SampleRequest};
use orator_speech::Speech;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

const FRAMES: usize = 250;
const TAKES: u64 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let weights = PathBuf::from(arguments.next().ok_or("name a weight file, then numbers of steps")?);
    orator_nn::configure_threads(1);
    let model = ContextualModel::load(&weights, orator_nn::choose_device())?;
    let points = Array3::from_shape_fn((1, 133, 2), |(_, point, axis)| {
        if axis == 0 { 50.0 + (point * 37 % 101) as f32 } else { 60.0 + (point * 53 % 89) as f32 }
    });
    let seen = Array2::ones((1, 133));
    let reference = KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, (256, 256), points, seen)?;
    let speech = Speech {
        waveform_16k: vec![0.0; FRAMES * 640],
        frames: FRAMES,
        learned: Array2::from_shape_fn((FRAMES, SPEECH_LEARNED), |(f, c)| ((f + c) as f32 * 0.3).sin()),
        low_level: Array2::from_shape_fn((FRAMES, SPEECH_LOW_LEVEL), |(f, c)| ((f * c) as f32 * 0.1).sin()),
        text: None,
    };
    for steps in arguments {
        let steps: usize = steps.parse()?;
        let mut quickest = f64::INFINITY;
        for seed in 0..TAKES {
            let options = SampleOptions { seed, steps: Some(steps), ..SampleOptions::default() };
            let request = SampleRequest {
                speech: &speech,
                reference: &reference,
                latent: None,
                known: None,
                speaker: None,
                options,
            };
            let begun = Instant::now();
            model.sample(&request, &mut |_, _| {})?;
            quickest = quickest.min(begun.elapsed().as_secs_f64());
        }
        println!("{steps} steps: {quickest:.2} s");
    }
    Ok(())
}

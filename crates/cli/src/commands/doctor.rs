//! `orator doctor`: whether everything that is needed is there.

use crate::exit::{Code, Failure};
use crate::screen::Screen;
use orator_assets::Asset;
use orator_media::video_in::ffmpeg_is_present;
use orator_nn::{from_array2, to_array2};
use orator_studio::models;
use serde::Serialize;

/// One thing that was looked at.
#[derive(Serialize)]
#[serde(tag = "event", rename = "check")]
struct Check {
    name: String,
    /// `ok`, `missing` (needed), or `absent` (not needed).
    state: &'static str,
    detail: String,
}

/// Carries it out.
pub fn run(screen: &mut Screen) -> Result<(), Failure> {
    let mut missing = Vec::new();
    let mut tell = |name: &str, state: &'static str, detail: String| {
        let check = Check { name: name.to_owned(), state, detail };
        screen.json(&check);
        screen.say(&format!("{:<8} {:<18} {}", check.state, check.name, check.detail));
        if state == "missing" {
            missing.push(check.name);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    tell("cores", "ok", cores.to_string());
    tell("processor", "ok", processor_features());
    match orator_assets::home() {
        Ok(home) => tell("cache", "ok", home.display().to_string()),
        Err(error) => tell("cache", "missing", error.to_string()),
    }
    for asset in Asset::ALL {
        let name = format!("{asset:?}");
        match orator_assets::verify(asset) {
            Ok(path) => tell(&name, "ok", path.display().to_string()),
            Err(error) => tell(&name, "missing", error.to_string()),
        }
    }
    let (state, detail) = libtorch();
    tell("libtorch", state, detail);
    if ffmpeg_is_present() {
        tell("ffmpeg", "ok", "other video formats and AAC sound can be used".into());
    } else {
        tell(
            "ffmpeg",
            "absent",
            "not needed for H.264 in mp4; other video formats and AAC sound need it".into(),
        );
    }
    match models::verify() {
        Ok(list) if list.is_empty() => tell("weights", "missing", "no weights are there".into()),
        Ok(list) => {
            for model in list {
                let state = if model.fault.is_some() { "missing" } else { "ok" };
                tell(&model.name, state, model.fault.unwrap_or_else(|| model.path.display().to_string()));
            }
        }
        Err(error) => tell("weights", "missing", error.to_string()),
    }
    if missing.is_empty() {
        screen.say("everything is there");
        return Ok(());
    }
    Err(Failure::new(
        Code::Models,
        format!("missing or damaged: {}", missing.join(", ")),
        "run `cargo xtask setup` for fetched files; `git checkout` brings back committed weights",
    ))
}

/// The features that make tensors quick.
fn processor_features() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let features = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
            ("avx512vnni", std::arch::is_x86_feature_detected!("avx512vnni")),
            ("avx512bf16", std::arch::is_x86_feature_detected!("avx512bf16")),
        ];
        let there: Vec<&str> = features.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
        if there.is_empty() { "none of avx2, fma, avx512: slow".into() } else { there.join(" ") }
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::env::consts::ARCH.to_owned()
}

/// Sends two numbers through a tensor.
fn libtorch() -> (&'static str, String) {
    let numbers = ndarray::arr2(&[[1.0f32, 2.0]]);
    match to_array2(&from_array2(&numbers)) {
        Ok(back) if back == numbers => ("ok", format!("works on {:?}", orator_nn::choose_device())),
        Ok(_) => ("missing", "gives wrong numbers".into()),
        Err(error) => ("missing", error.to_string()),
    }
}

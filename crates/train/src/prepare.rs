//! From files of the corpus to keypoints and speech features, computed once and kept in a folder.

use crate::{ClipSource, Event, Result, TrainError, poses};
use ndarray::Array2;
use orator_body::{KeypointTrack, read_keypoints, write_keypoints};
use orator_media::FrameRate;
use orator_media::video_in::{Position, VideoReadOptions, VideoReader};
use orator_nn::{Checkpoint, Precision, from_array2, to_array2};
use orator_perceive::Perceiver;
use orator_speech::{Speech, SpeechEncoder, WakeHubert};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A clip as it lies in the prepared folder.
pub struct PreparedClip {
    /// A name made of the file and its range.
    pub name: String,
    /// 133 points at 25 fps.
    pub track: KeypointTrack,
    /// `[frames, 163]`, not normalised; absent where there is no speech.
    pub speech: Option<Array2<f32>>,
    /// Where it came from in the configuration.
    pub source: usize,
}

/// Files that match `source` below `corpus`, in order of name.
fn matching_files(corpus: &Path, source: &ClipSource) -> Result<Vec<PathBuf>> {
    let nothing = |what: String| TrainError::Corpus {
        what,
        hint: "check --corpus and the configuration's clips".into(),
    };
    let pattern = corpus.join(&source.files);
    let pattern = pattern.to_str().ok_or_else(|| nothing(format!("{} is not text", pattern.display())))?;
    let mut files: Vec<PathBuf> = glob::glob(pattern)
        .map_err(|e| nothing(format!("{}: {e}", source.files)))?
        .filter_map(std::result::Result::ok)
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    let files: Vec<_> =
        files.into_iter().skip(source.first).take(source.count.unwrap_or(usize::MAX)).collect();
    if files.is_empty() {
        return Err(nothing(format!("no file below {} matches {}", corpus.display(), source.files)));
    }
    Ok(files)
}

/// Perceives and analyses every clip of the configuration that is not in `folder` yet, and loads them all.
///
/// A video in which nobody is found is left out with a warning on `tell`, so that one bad file does not stop a run.
///
/// # Errors
/// When a pattern matches nothing, a file cannot be read, or the models are missing.
pub fn prepare(
    sources: &[ClipSource],
    corpus: &Path,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<Vec<PreparedClip>> {
    std::fs::create_dir_all(folder).map_err(|e| TrainError::io(folder, e))?;
    let mut wanted = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        for file in matching_files(corpus, source)? {
            wanted.push((number, file));
        }
    }
    let mut tools: Option<(Perceiver, WakeHubert)> = None;
    let mut clips = Vec::with_capacity(wanted.len());
    let total = wanted.len();
    for (done, (number, file)) in wanted.into_iter().enumerate() {
        let source = &sources[number];
        let name = clip_name(&file, source);
        tell(Event::Preparing { done, total, clip: name.clone() });
        let keypoint_file = folder.join(format!("{name}.keypoints.safetensors"));
        let speech_file = folder.join(format!("{name}.speech.safetensors"));
        let track = if keypoint_file.is_file() {
            read_keypoints(&keypoint_file)?.track
        } else {
            let track = if file.extension().is_some_and(|e| e == "npz") {
                poses::read(&file)?
            } else {
                let (perceiver, _) = loaded(&mut tools)?;
                perceive(perceiver, &file, source)?
            };
            write_keypoints(&keypoint_file, &track, &name)?;
            track
        };
        let speech = if !source.speech {
            None
        } else if speech_file.is_file() {
            let kept = Checkpoint::read(&speech_file)?;
            kept.tensors.get("speech").map(to_array2).transpose()?
        } else {
            let (_, encoder) = loaded(&mut tools)?;
            let features = analyse(encoder, &file, source, track.frames())?;
            let tensors = BTreeMap::from([("speech".to_string(), from_array2(&features))]);
            Checkpoint { metadata: BTreeMap::new(), tensors }.write(&speech_file, Precision::Full)?;
            Some(features)
        };
        clips.push(PreparedClip { name, track, speech, source: number });
    }
    tell(Event::Preparing { done: total, total, clip: String::new() });
    Ok(clips)
}

fn clip_name(file: &Path, source: &ClipSource) -> String {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let parent =
        file.parent().and_then(Path::file_name).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    match (source.from_frame, source.to_frame) {
        (0, None) => format!("{parent}-{stem}"),
        (from, None) => format!("{parent}-{stem}-{from}-end"),
        (from, Some(to)) => format!("{parent}-{stem}-{from}-{to}"),
    }
}

fn loaded(tools: &mut Option<(Perceiver, WakeHubert)>) -> Result<(&mut Perceiver, &mut WakeHubert)> {
    if tools.is_none() {
        *tools = Some((Perceiver::load()?, WakeHubert::load()?));
    }
    match tools {
        Some((perceiver, encoder)) => Ok((perceiver, encoder)),
        None => Err(TrainError::Corpus {
            what: "the models did not load".into(),
            hint: "run `cargo xtask setup`".into(),
        }),
    }
}

fn perceive(perceiver: &mut Perceiver, file: &Path, source: &ClipSource) -> Result<KeypointTrack> {
    let options = VideoReadOptions {
        from: (source.from_frame > 0).then_some(Position::Frame(source.from_frame)),
        to: source.to_frame.map(Position::Frame),
        ..VideoReadOptions::at_motion_rate()
    };
    let reader = VideoReader::open(file, &options)?;
    let found = perceiver.video(reader, FrameRate::MOTION, &mut |_| {})?;
    Ok(found.track)
}

/// Speech features of the whole recording, cut to the clip afterwards, so that the encoder hears what comes before.
fn analyse(
    encoder: &mut dyn SpeechEncoder,
    file: &Path,
    source: &ClipSource,
    frames: usize,
) -> Result<Array2<f32>> {
    let audio = orator_media::audio::read(file, &orator_media::Limits::default())?;
    let from = source.from_frame as usize;
    let whole = FrameRate::MOTION.frames_covering(audio.samples.len() as u64, audio.rate) as usize;
    let speech = Speech::analyse(&audio, encoder, whole.max(from + frames), &mut |_| {})?;
    Ok(speech.features().slice_move(ndarray::s![from..from + frames, ..]))
}

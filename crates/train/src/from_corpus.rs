//! Clips of a corpus folder, which need no perceiving: the truth says where the keypoints are.

use crate::prepare::{ClipPlace, PreparedClip, Tools, keep_speech, kept_speech};
use crate::{ClipSource, Event, Result, TrainError};
use ndarray::Array2;
use orator_body::{KeypointTrack, read_keypoints, write_keypoints};
use orator_corpus::{Clip, Corpus, CorpusError};
use orator_media::FrameRate;
use orator_speech::{Speech, SpeechEncoder};
use std::path::Path;

/// Digits of a shard's checksum in the name of a prepared clip: a corpus that was made again is prepared again.
const CHECKSUM_DIGITS: usize = 8;

/// The clips that `source` asks for in the corpus folder `dir`, in order.
///
/// # Errors
/// When the corpus is damaged or holds no such clip.
pub(crate) fn matching_clips<'a>(corpus: &'a Corpus, source: &ClipSource) -> Result<Vec<Clip<'a>>> {
    let clips: Vec<_> = corpus
        .clips_of(source.split)
        .filter(|clip| clip.row().truth.is_some())
        .skip(source.first)
        .take(source.count.unwrap_or(usize::MAX))
        .collect();
    if clips.is_empty() {
        return Err(TrainError::Corpus {
            what: format!(
                "{} holds no clip of the side `{}` with keypoints",
                corpus.dir().display(),
                source.split.name()
            ),
            hint: "check --corpus and the configuration's clips".into(),
        });
    }
    Ok(clips)
}

/// Opens a corpus: assembled, or else the shards that are there.
///
/// # Errors
/// As [`Corpus::open`].
pub(crate) fn open(dir: &Path) -> Result<Corpus> {
    match Corpus::open(dir) {
        Err(CorpusError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound && dir.is_dir() =>
        {
            Ok(Corpus::open_shards(dir, &orator_corpus::Limits::default())?)
        }
        other => Ok(other?),
    }
}

/// The name under which a clip is kept among the prepared ones.
fn name_of(corpus: &Corpus, clip: Clip<'_>) -> String {
    let folder = corpus.dir().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let shard = corpus.shards().iter().find(|shard| shard.shard == clip.row().shard);
    let sum: String = shard.map(|s| s.sha256.chars().take(CHECKSUM_DIGITS).collect()).unwrap_or_default();
    format!("{folder}-{}-{sum}", clip.id())
}

/// Keypoints from the truth and features of the clip's sound, computed once and kept in `folder` in the same form as those
/// of other clips.
///
/// # Errors
/// When the clip is damaged, not at 25 frames a second, or the speech model is missing.
pub(crate) fn prepare_clip(
    corpus: &Corpus,
    clip: Clip<'_>,
    number: usize,
    source: &ClipSource,
    folder: &Path,
    tools: &mut Tools,
    tell: &mut dyn FnMut(&str),
) -> Result<PreparedClip> {
    let row = clip.row();
    let name = name_of(corpus, clip);
    tell(&name);
    if row.rate != FrameRate::MOTION {
        return Err(TrainError::Corpus {
            what: format!("clip {} of {} has {} frames a second", row.id, corpus.dir().display(), row.rate),
            hint: "build the corpus at 25 frames a second".into(),
        });
    }
    let keypoint_file = folder.join(format!("{name}.keypoints.safetensors"));
    let track = if keypoint_file.is_file() {
        read_keypoints(&keypoint_file)?.track
    } else {
        let mut track = clip.track()?;
        hide_unusable(&mut track, &row.usable);
        write_keypoints(&keypoint_file, &track, &name)?;
        track
    };
    let speech_file = folder.join(format!("{name}.speech.safetensors"));
    let speech = if !source.speech || row.samples == 0 {
        None
    } else if let Some(kept) = kept_speech(&speech_file)? {
        Some(kept)
    } else {
        let features = analyse(tools.encoder()?, clip, track.frames())?;
        if let Some(features) = &features {
            keep_speech(&speech_file, features)?;
        }
        features
    };
    Ok(PreparedClip {
        name,
        speaker: source.speaker.clone().unwrap_or_else(|| row.speaker.clone()),
        track,
        exact: row.exact,
        speech,
        source: number,
        motion: None,
        place: ClipPlace::Corpus(corpus.dir().to_owned(), row.id.clone()),
    })
}

/// Frames outside of the usable ranges show nobody.
fn hide_unusable(track: &mut KeypointTrack, usable: &[(u64, u64)]) {
    if usable.is_empty() {
        return;
    }
    let (_, confidence) = track.parts_mut();
    for (frame, mut points) in (0u64..).zip(confidence.rows_mut()) {
        if !usable.iter().any(|&(from, to)| (from..to).contains(&frame)) {
            points.fill(0.0);
        }
    }
}

fn analyse(encoder: &mut dyn SpeechEncoder, clip: Clip<'_>, frames: usize) -> Result<Option<Array2<f32>>> {
    let Some(audio) = clip.audio()? else { return Ok(None) };
    let whole = FrameRate::MOTION.frames_covering(audio.samples.len() as u64, audio.rate) as usize;
    let speech = Speech::analyse(&audio, encoder, whole.max(frames), &mut |_| {})?;
    Ok(Some(speech.features().slice_move(ndarray::s![..frames, ..])))
}

/// Told as a clip's beginning.
pub(crate) fn preparing(done: usize, total: usize, clip: &str) -> Event {
    Event::Preparing { done, total, clip: clip.to_owned() }
}

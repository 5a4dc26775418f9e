//! From files of the corpus to keypoints and speech features, computed once and kept in a folder.

use crate::cache;
use crate::from_corpus::{matching_clips, open, prepare_clip, preparing};
use crate::{ClipSource, Event, Result, TrainError, beat2, poses};
use ndarray::Array2;
use orator_body::{KeypointTrack, Layout, read_keypoints, write_keypoints};
use orator_corpus::{Clip, Corpus};
use orator_media::video_in::{Position, VideoReadOptions, VideoReader};
use orator_media::{FrameRate, Picture};
use orator_motion::Streams;
use orator_nn::{Checkpoint, Precision, from_array2, to_array2};
use orator_perceive::Perceiver;
use orator_speech::{Speech, SpeechEncoder, WakeHubert};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

/// Picture size of a track that shows nobody.
const NOBODY_SIZE: (u32, u32) = (256, 256);

/// A clip as it lies in the prepared folder.
pub struct PreparedClip {
    /// A name made of the file and its range, or of the corpus and the clip.
    pub name: String,
    /// Whose style it is; one that the configuration does not name counts as nobody's.
    pub speaker: String,
    /// 133 points at 25 fps.
    pub track: KeypointTrack,
    /// Whether the keypoints are known and not found by a detector: nothing is to be filled or smoothed.
    pub exact: bool,
    /// `[frames, 163]`, not normalised; absent where there is no speech.
    pub speech: Option<Array2<f32>>,
    /// Where it came from in the configuration.
    pub source: usize,
    /// Motion of another layout than keypoints, at 25 fps and not normalised; `track` then shows nobody.
    pub motion: Option<Streams>,
    /// Where it lies.
    pub place: ClipPlace,
}

/// Where a clip lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipPlace {
    /// A file, and the frame at 25 fps at which the clip begins in it.
    File(PathBuf, u64),
    /// A corpus folder, and the clip's name in it.
    Corpus(PathBuf, String),
}

/// Files that match `source` below `corpus`, in order of name.
fn matching_files(corpus: &Path, files: &str, source: &ClipSource) -> Result<Vec<PathBuf>> {
    let nothing = |what: String| TrainError::Corpus {
        what,
        hint: "check --corpus and the configuration's clips".into(),
    };
    let pattern = corpus.join(files);
    let pattern = pattern.to_str().ok_or_else(|| nothing(format!("{} is not text", pattern.display())))?;
    let mut found: Vec<PathBuf> = glob::glob(pattern)
        .map_err(|e| nothing(format!("{files}: {e}")))?
        .filter_map(std::result::Result::ok)
        .filter(|p| p.is_file())
        .collect();
    found.sort();
    let found: Vec<_> =
        found.into_iter().skip(source.first).take(source.count.unwrap_or(usize::MAX)).collect();
    if found.is_empty() {
        return Err(nothing(format!("no file below {} matches {files}", corpus.display())));
    }
    Ok(found)
}

/// The models that preparing needs, loaded when first asked for.
#[derive(Default)]
pub(crate) struct Tools {
    perceiver: Option<Perceiver>,
    encoder: Option<WakeHubert>,
}

impl Tools {
    fn perceiver(&mut self) -> Result<&mut Perceiver> {
        if self.perceiver.is_none() {
            self.perceiver = Some(Perceiver::load()?);
        }
        self.perceiver.as_mut().ok_or_else(not_loaded)
    }

    pub(crate) fn encoder(&mut self) -> Result<&mut WakeHubert> {
        if self.encoder.is_none() {
            self.encoder = Some(WakeHubert::load()?);
        }
        self.encoder.as_mut().ok_or_else(not_loaded)
    }
}

fn not_loaded() -> TrainError {
    TrainError::Corpus { what: "the models did not load".into(), hint: "run `cargo xtask setup`".into() }
}

/// What one entry of the configuration stands for.
enum Wanted<'a> {
    File(PathBuf),
    Clip(&'a Corpus, Clip<'a>),
}

/// Where the pictures of a clip are.
pub(crate) enum Pictures<'a> {
    /// A video and which of its frames.
    File(&'a Path, &'a ClipSource),
    /// A clip of a corpus.
    Clip(Clip<'a>),
}

impl Pictures<'_> {
    /// Gives every frame at 25 fps to `each` with its number; false when there are none to give.
    ///
    /// # Errors
    /// When the video is damaged, and whatever `each` says.
    pub fn read(&self, each: &mut dyn FnMut(usize, Picture) -> Result<()>) -> Result<bool> {
        // What was extracted is deleted when it is dropped: it is held until all is read.
        let (reader, _held) = match self {
            Self::File(path, _) if is_poses(path) => return Ok(false),
            Self::File(path, source) => (VideoReader::open(path, &range_of(source))?, None),
            Self::Clip(clip) => match clip.video(&VideoReadOptions::at_motion_rate())? {
                Some((reader, extracted)) => (reader, Some(extracted)),
                None => return Ok(false),
            },
        };
        for (frame, picture) in reader.enumerate() {
            each(frame, picture?)?;
        }
        Ok(true)
    }
}

/// Perceives and analyses every clip of the configuration that is not in `folder` yet, and loads them all. Clips of a
/// corpus folder are not perceived: their keypoints are taken from the truth.
///
/// # Errors
/// When a pattern matches nothing, a file or corpus cannot be read, or the models are missing.
pub fn prepare(
    sources: &[ClipSource],
    corpus: &Path,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<Vec<PreparedClip>> {
    let mut clips = Vec::new();
    prepare_each(sources, corpus, folder, tell, &mut |clip, _| {
        clips.push(clip);
        Ok(())
    })?;
    Ok(clips)
}

/// [`prepare`], giving the clips one by one together with where their pictures are.
///
/// # Errors
/// As [`prepare`], and whatever `take` says.
pub(crate) fn prepare_each(
    sources: &[ClipSource],
    corpus: &Path,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
    take: &mut dyn FnMut(PreparedClip, Pictures<'_>) -> Result<()>,
) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| TrainError::io(folder, e))?;
    // A corpus that several entries name is opened once.
    let mut opened: BTreeMap<PathBuf, Corpus> = BTreeMap::new();
    for dir in sources.iter().filter_map(|source| source.corpus.as_ref()) {
        if let Entry::Vacant(place) = opened.entry(corpus.join(dir)) {
            let found = open(place.key())?;
            place.insert(found);
        }
    }
    let mut wanted = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        if let Some(files) = &source.files {
            wanted.extend(
                matching_files(corpus, files, source)?.into_iter().map(|f| (number, Wanted::File(f))),
            );
        }
        if let Some(found) = source.corpus.as_ref().and_then(|dir| opened.get(&corpus.join(dir))) {
            wanted
                .extend(matching_clips(found, source)?.into_iter().map(|c| (number, Wanted::Clip(found, c))));
        }
    }
    let mut tools = Tools::default();
    let total = wanted.len();
    for (done, (number, wanted)) in wanted.into_iter().enumerate() {
        let source = &sources[number];
        let mut begin = |name: &str| tell(preparing(done, total, name));
        match wanted {
            Wanted::File(file) => {
                let clip = prepare_file(&file, number, source, folder, &mut tools, &mut begin)?;
                take(clip, Pictures::File(&file, source))?;
            }
            Wanted::Clip(corpus, clip) => {
                let prepared = prepare_clip(corpus, clip, number, source, folder, &mut tools, &mut begin)?;
                take(prepared, Pictures::Clip(clip))?;
            }
        }
    }
    tell(preparing(total, total, ""));
    Ok(())
}

/// Whether a file holds poses and no pictures.
fn is_poses(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "npz")
}

/// The frames of a file that an entry asks for.
fn range_of(source: &ClipSource) -> VideoReadOptions {
    VideoReadOptions {
        from: (source.from_frame > 0).then_some(Position::Frame(source.from_frame)),
        to: source.to_frame.map(Position::Frame),
        ..VideoReadOptions::at_motion_rate()
    }
}

fn prepare_file(
    file: &Path,
    number: usize,
    source: &ClipSource,
    folder: &Path,
    tools: &mut Tools,
    tell: &mut dyn FnMut(&str),
) -> Result<PreparedClip> {
    let name = cache::name_for(&clip_name(file, source), file, folder)?;
    tell(&name);
    if file.extension().is_some_and(|e| e == "npz") && beat2::is_smplx(file) {
        return prepare_smplx(name, file, number, source, folder, tools);
    }
    let keypoint_file = folder.join(format!("{name}.keypoints.safetensors"));
    let speech_file = folder.join(format!("{name}.speech.safetensors"));
    let track = if keypoint_file.is_file() {
        read_keypoints(&keypoint_file)?.track
    } else {
        let track = if is_poses(file) {
            let whole = poses::read(file)?;
            let end = source.to_frame.map_or(whole.frames(), |to| to as usize);
            whole.window(source.from_frame as usize..end)
        } else {
            perceive(tools.perceiver()?, file, source)?
        };
        if track.frames() == 0 {
            return Err(TrainError::Corpus {
                what: format!("{} has no frame from {} on", file.display(), source.from_frame),
                hint: "check from_frame and to_frame in the configuration".into(),
            });
        }
        write_keypoints(&keypoint_file, &track, &name)?;
        track
    };
    let speech = if !source.speech {
        None
    } else if let Some(kept) = kept_speech(&speech_file)? {
        Some(kept)
    } else {
        let features = analyse(tools.encoder()?, file, source, track.frames())?;
        keep_speech(&speech_file, &features)?;
        Some(features)
    };
    let speaker = source.speaker.clone().unwrap_or_default();
    let place = ClipPlace::File(file.to_owned(), source.from_frame);
    Ok(PreparedClip { name, speaker, track, exact: false, speech, source: number, motion: None, place })
}

/// A take of BEAT2's kind: its motion, and the features of the sound beside it where there is some.
fn prepare_smplx(
    name: String,
    file: &Path,
    number: usize,
    source: &ClipSource,
    folder: &Path,
    tools: &mut Tools,
) -> Result<PreparedClip> {
    let motion = beat2::read(file, source.from_frame, source.to_frame)?;
    let frames = motion.face.nrows();
    let nobody =
        (ndarray::Array3::zeros((frames, Layout::WholeBody133.len(), 2)), Array2::zeros((frames, 133)));
    let track = KeypointTrack::new(Layout::WholeBody133, FrameRate::MOTION, NOBODY_SIZE, nobody.0, nobody.1)?;
    let speech_file = folder.join(format!("{name}.speech.safetensors"));
    let sound = beat2::sound_of(file).filter(|_| source.speech);
    let place = ClipPlace::File(sound.clone().unwrap_or_else(|| file.to_owned()), source.from_frame);
    let speech = match (sound, kept_speech(&speech_file)?) {
        (None, _) => None,
        (Some(_), Some(kept)) => Some(kept),
        (Some(sound), None) => {
            let features = analyse(tools.encoder()?, &sound, source, frames)?;
            keep_speech(&speech_file, &features)?;
            Some(features)
        }
    };
    let speaker = source.speaker.clone().unwrap_or_default();
    Ok(PreparedClip {
        name,
        speaker,
        track,
        exact: true,
        speech,
        source: number,
        motion: Some(motion),
        place,
    })
}

/// Speech features that were kept at `path`; `None` if there are none yet.
pub(crate) fn kept_speech(path: &Path) -> Result<Option<Array2<f32>>> {
    if !path.is_file() {
        return Ok(None);
    }
    Ok(Checkpoint::read(path)?.tensors.get("speech").map(to_array2).transpose()?)
}

/// Keeps speech features at `path`.
pub(crate) fn keep_speech(path: &Path, features: &Array2<f32>) -> Result<()> {
    let tensors = BTreeMap::from([("speech".to_string(), from_array2(features))]);
    Ok(Checkpoint { metadata: BTreeMap::new(), tensors }.write(path, Precision::Full)?)
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

fn perceive(perceiver: &mut Perceiver, file: &Path, source: &ClipSource) -> Result<KeypointTrack> {
    let reader = VideoReader::open(file, &range_of(source))?;
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

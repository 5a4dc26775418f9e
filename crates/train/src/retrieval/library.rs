//! The windows of a corpus with their embeddings.

use super::question::in_view;
use super::{Found, Query, RATE, RetrievalRequest, literal, nothing};
use crate::clips::as_learned;
use crate::from_corpus::open;
use crate::prepare::{PreparedClip, prepare_each};
use crate::{ClipPlace, ClipSource, Event, Result, Split, TrainError};
use ndarray::{Array2, ArrayView1, Axis, concatenate, s};
use orator_corpus::{MANIFEST, SHARDS};
use orator_motion::MotionError;
use orator_motion::contextual::{ContextualModel, SPEECH_FEATURES, SPEECH_LEARNED, Stream, WINDOW_FRAMES};
use orator_perceive::PerceiveError;
use orator_speech::Speech;
use std::path::{Path, PathBuf};

/// Frames between windows of a clip.
const STRIDE: usize = 20;
/// Fewest frames that a clip must have: one second, as in training.
const FEWEST_FRAMES: usize = 25;
/// Videos by the ends of their names.
const VIDEOS: [&str; 6] = ["mp4", "mov", "mkv", "webm", "avi", "m4v"];

/// A clip of the corpus.
pub(super) struct LibraryClip {
    name: String,
    speaker: String,
    prepared: String,
    place: ClipPlace,
}

/// First frames and ends of a clip's windows with their embeddings by stream; or why there are none.
type Embedded = std::result::Result<(Vec<(usize, usize)>, Vec<Array2<f32>>), String>;

/// All windows that can be compared.
pub(super) struct Library {
    pub clips: Vec<LibraryClip>,
    /// Clip, first frame and the one after the last.
    pub windows: Vec<(usize, usize, usize)>,
    /// Embeddings by stream, `[windows, embedding]`.
    pub embeddings: Vec<Array2<f32>>,
    /// What could not be used, and why.
    pub skipped: Vec<String>,
}

/// All clips of a place that is still to be named, with speech.
pub(super) fn everything() -> ClipSource {
    ClipSource {
        files: None,
        corpus: None,
        first: 0,
        count: None,
        from_frame: 0,
        to_frame: None,
        speaker: None,
        body: true,
        speech: true,
        weight: 1.0,
        split: Split::Train,
    }
}

impl Library {
    /// Reads and embeds all of a corpus: its motion where a recording asks, its speech where a gesture does.
    pub(super) fn read(
        model: &ContextualModel,
        request: &RetrievalRequest,
        folder: &Path,
        tell: &mut dyn FnMut(Event),
    ) -> Result<Self> {
        let corpus = &request.corpus;
        let by_motion = matches!(request.query, Query::Recording(_));
        let mut library = Self { clips: vec![], windows: vec![], embeddings: vec![], skipped: vec![] };
        let mut parts: Vec<Vec<Array2<f32>>> = request.streams.iter().map(|_| Vec::new()).collect();
        for source in sources(corpus, !by_motion, &mut library.skipped)? {
            let file = source.files.clone();
            let mut take = |clip: PreparedClip| {
                let embedded = if by_motion {
                    of_motion(model, &clip, &request.streams)?
                } else {
                    of_speech(model, &clip, &request.streams)?
                };
                library.add(corpus, clip, embedded, &mut parts);
                Ok(())
            };
            // Videos one by one, so that one without anybody in it stops nothing.
            let done = prepare_each(&[source], corpus, folder, tell, &mut |clip, _| take(clip));
            match (done, file) {
                (
                    Err(TrainError::Perceive(error @ (PerceiveError::NoPerson | PerceiveError::NoFrames))),
                    Some(file),
                ) => library.skipped.push(format!("{file}: {error}")),
                (done, _) => done?,
            }
        }
        if library.windows.is_empty() {
            let why = library.skipped.first().map(|first| format!(" ({first})")).unwrap_or_default();
            let what = format!("{}: nothing in it can be compared{why}", corpus.display());
            return Err(nothing(what, "give a corpus of people who speak, with face and hands in view"));
        }
        for part in parts {
            let views: Vec<_> = part.iter().map(|rows| rows.view()).collect();
            let all = concatenate(Axis(0), &views);
            library.embeddings.push(all.map_err(|e| orator_nn::NnError::Shape(e.to_string()))?);
        }
        Ok(library)
    }

    fn add(&mut self, corpus: &Path, clip: PreparedClip, embedded: Embedded, parts: &mut [Vec<Array2<f32>>]) {
        let name = match &clip.place {
            ClipPlace::Corpus(_, id) => id.clone(),
            ClipPlace::File(path, _) => path.strip_prefix(corpus).unwrap_or(path).display().to_string(),
        };
        let (windows, rows) = match embedded {
            Ok(embedded) => embedded,
            Err(why) => return self.skipped.push(format!("{name}: {why}")),
        };
        let number = self.clips.len();
        for (part, rows) in parts.iter_mut().zip(rows) {
            part.push(rows);
        }
        self.windows.extend(windows.into_iter().map(|(from, to)| (number, from, to)));
        let PreparedClip { name: prepared, speaker, place, .. } = clip;
        self.clips.push(LibraryClip { name, speaker, prepared, place });
    }

    /// The `count` windows with the highest similarity, best first; none overlaps a better one of its clip.
    pub(super) fn best(&self, similarity: ArrayView1<'_, f32>, count: usize) -> Vec<Found> {
        let mut order: Vec<usize> = (0..self.windows.len()).collect();
        order.sort_by(|&a, &b| similarity[b].total_cmp(&similarity[a]).then(a.cmp(&b)));
        let mut chosen: Vec<usize> = Vec::new();
        for candidate in order {
            if chosen.len() == count {
                break;
            }
            let (clip, from, to) = self.windows[candidate];
            let overlaps = chosen.iter().any(|&other| {
                let (its, its_from, its_to) = self.windows[other];
                its == clip && from < its_to && its_from < to
            });
            if !overlaps {
                chosen.push(candidate);
            }
        }
        let found = |&window: &usize| {
            let (number, from, to) = self.windows[window];
            let clip = &self.clips[number];
            Found {
                clip: clip.name.clone(),
                speaker: clip.speaker.clone(),
                from: from as f64 / RATE,
                to: to as f64 / RATE,
                similarity: f64::from(similarity[window]),
                prepared: clip.prepared.clone(),
                place: clip.place.clone(),
                frames: (from, to),
            }
        };
        chosen.iter().map(found).collect()
    }
}

/// The motion of a clip.
fn of_motion(model: &ContextualModel, clip: &PreparedClip, streams: &[Stream]) -> Result<Embedded> {
    if clip.motion.is_some() {
        return Ok(Err("motion of another layout than keypoints".into()));
    }
    let windows = windows(clip.track.frames());
    let in_view: Vec<usize> = (0..windows.len())
        .filter(|&w| streams.iter().all(|&stream| in_view(&clip.track, stream, windows[w])))
        .collect();
    if in_view.is_empty() {
        return Ok(Err("too short, or face or hands are hardly in view".into()));
    }
    let track = as_learned(&clip.track, clip.exact)?;
    let mut rows = Vec::new();
    for &stream in streams {
        match model.embed_motion(stream, &track, STRIDE) {
            Ok(all) => rows.push(all.select(Axis(0), &in_view)),
            Err(MotionError::Request { what, .. }) => return Ok(Err(what)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok((in_view.iter().map(|&w| windows[w]).collect(), rows)))
}

/// The speech of a clip.
fn of_speech(model: &ContextualModel, clip: &PreparedClip, streams: &[Stream]) -> Result<Embedded> {
    let Some(features) = clip.speech.as_ref().filter(|f| f.nrows() >= FEWEST_FRAMES) else {
        return Ok(Err("too short, or without sound".into()));
    };
    if features.ncols() != SPEECH_FEATURES {
        return Ok(Err(format!("{} speech features a frame, not {SPEECH_FEATURES}", features.ncols())));
    }
    let speech = Speech {
        waveform_16k: Vec::new(),
        frames: features.nrows(),
        learned: features.slice(s![.., ..SPEECH_LEARNED]).to_owned(),
        low_level: features.slice(s![.., SPEECH_LEARNED..]).to_owned(),
        text: None,
    };
    let embed = |&stream: &Stream| Ok(model.embed_speech(stream, &speech, STRIDE)?);
    let rows = streams.iter().map(embed).collect::<Result<_>>()?;
    Ok(Ok((windows(features.nrows()), rows)))
}

/// The windows that the model embeds of so many frames; none of too few.
fn windows(frames: usize) -> Vec<(usize, usize)> {
    if frames < FEWEST_FRAMES {
        return Vec::new();
    }
    let starts = (0..=frames.saturating_sub(WINDOW_FRAMES)).step_by(STRIDE);
    starts.map(|start| (start, (start + WINDOW_FRAMES).min(frames))).collect()
}

/// What a folder holds: a corpus, or videos in it and in its folders. `speech`: those without sound are skipped.
fn sources(corpus: &Path, speech: bool, skipped: &mut Vec<String>) -> Result<Vec<ClipSource>> {
    if corpus.join(MANIFEST).is_file() || corpus.join(SHARDS).is_dir() {
        let opened = open(corpus)?;
        let has = |split: Split| opened.clips_of(split).any(|clip| clip.row().truth.is_some());
        let sides = [Split::Train, Split::HeldOut].into_iter().filter(|&split| has(split));
        let source = |split| ClipSource { corpus: Some(".".into()), split, speech, ..everything() };
        return Ok(sides.map(source).collect());
    }
    if !corpus.is_dir() {
        let what = format!("{}: there is no such folder", corpus.display());
        return Err(nothing(what, "check the path"));
    }
    let mut files = Vec::new();
    collect_videos(corpus, true, &mut files)?;
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let below = file.strip_prefix(corpus).unwrap_or(&file);
        if speech && !has_sound(&file)? {
            skipped.push(format!("{}: without sound", below.display()));
            continue;
        }
        sources.push(ClipSource { files: Some(literal(below)), speech, ..everything() });
    }
    if sources.is_empty() && skipped.is_empty() {
        let what = format!("{} is neither a corpus nor a folder with videos", corpus.display());
        return Err(nothing(what, "give a folder made by `orator stage render`, or one with .mp4 files"));
    }
    Ok(sources)
}

fn has_sound(file: &Path) -> Result<bool> {
    let options = orator_media::video_in::VideoReadOptions::at_motion_rate();
    Ok(orator_media::video_in::VideoReader::open(file, &options)?.info().has_audio)
}

/// Videos of a folder, and of its folders when they are `deep`.
fn collect_videos(folder: &Path, deep: bool, files: &mut Vec<PathBuf>) -> Result<()> {
    let io = |error| TrainError::io(folder, error);
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        if path.is_dir() {
            if deep {
                collect_videos(&path, false, files)?;
            }
        } else if extension.is_some_and(|e| VIDEOS.contains(&e.as_str())) {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Library {
        let clip = |name: &str| LibraryClip {
            name: name.into(),
            speaker: String::new(),
            prepared: name.into(),
            place: ClipPlace::File(name.into(), 0),
        };
        let windows = vec![(0, 0, 80), (0, 20, 100), (0, 80, 160), (1, 0, 80), (1, 100, 180)];
        Library { clips: vec![clip("a"), clip("b")], windows, embeddings: vec![], skipped: vec![] }
    }

    #[test]
    fn the_best_come_first_and_do_not_overlap() {
        let similarity = ndarray::arr1(&[0.8, 0.9, 0.5, 0.7, 0.9]);
        let found = library().best(similarity.view(), 4);
        let told: Vec<_> = found.iter().map(|f| (f.clip.as_str(), f.frames.0)).collect();
        // The first and third window of `a` overlap its better second.
        assert_eq!(told, [("a", 20), ("b", 100), ("b", 0)]);
        assert_eq!((found[0].from, found[0].to), (0.8, 4.0));
        assert!(found.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
    }

    #[test]
    fn windows_are_those_that_are_embedded() {
        assert_eq!(windows(24), []);
        assert_eq!(windows(30), [(0, 30)]);
        assert_eq!(windows(121), [(0, 80), (20, 100), (40, 120)]);
    }

    #[test]
    fn a_folder_with_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = sources(folder.path(), false, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("neither"), "{error}");
        assert!(sources(&folder.path().join("none"), false, &mut Vec::new()).is_err());
        std::fs::create_dir(folder.path().join("[1]")).unwrap();
        for name in ["b.MP4", "a.txt", "[1]/c*.mov"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = sources(folder.path(), false, &mut Vec::new()).unwrap();
        let files: Vec<_> = found.into_iter().map(|s| s.files.unwrap()).collect();
        assert_eq!(files, ["[[]1[]]/c[*].mov", "b.MP4"]);
    }
}

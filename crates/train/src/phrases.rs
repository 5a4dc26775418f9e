//! Where speakers pause, and their speech with its phrases in another order: what chronological negatives are made of
//! (METHODS 2.1). Found once per clip and kept in the folder of prepared clips.
//!
//! Pauses lie between words: those that a corpus tells, else those that Whisper tiny.en hears, and where neither is to be had
//! between loud and quiet.

use crate::prepare::{ClipPlace, PreparedClip, Tools};
use crate::{Event, Result, TrainError};
use ndarray::Array2;
use orator_corpus::{ClipDescription, Corpus};
use orator_media::Audio;
use orator_motion::contextual::WINDOW_FRAMES;
use orator_motion::contextual::alignment::{shuffled_phrases, window_phrases};
use orator_nn::{Checkpoint, Precision, Randomness, from_array2, mix, to_array2};
use orator_speech::segments::{pauses_between, quiet_stretches};
use orator_speech::{
    CROSS_FADE, ENCODER_RATE, ENCODER_SAMPLES_PER_FRAME, Segment, Speech, WordFinder, Words, shuffle,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::Tensor;

/// Seed of the orders in which waveforms are cut and joined. It is no setting, because what was made is kept from run to run.
const SEED: u64 = 0x6f72_6465_7273;

/// What is known of a clip's phrases.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phrases {
    /// The pauses in seconds from the clip's start, in order.
    pub pauses: Vec<Segment>,
    /// Speech features `[frames, 163]` of the clip's sound in which, in every window of 80 frames from its start on, the
    /// phrases change places. Present if asked for and if the clip has a whole window.
    pub shuffled: Option<Array2<f32>>,
}

/// The phrases of every clip that has speech; with `re_extract` also its speech in another order, which takes as long as
/// analysing it took.
///
/// # Errors
/// When a clip's sound cannot be read again, or the speech model is missing.
pub(crate) fn find(
    clips: &[PreparedClip],
    re_extract: bool,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<Vec<Phrases>> {
    let mut tools = Tools::default();
    let mut listener = Listener::default();
    let mut opened: BTreeMap<PathBuf, Corpus> = BTreeMap::new();
    let mut found = Vec::with_capacity(clips.len());
    for (done, clip) in clips.iter().enumerate() {
        if clip.speech.is_none() {
            found.push(Phrases::default());
            continue;
        }
        let path = folder.join(format!("{}.phrases.safetensors", clip.name));
        let wanted = re_extract && clip.track.frames() >= WINDOW_FRAMES;
        if let Some(kept) = kept(&path)?.filter(|kept| kept.shuffled.is_some() || !wanted) {
            found.push(kept);
            continue;
        }
        tell(Event::Preparing { done, total: clips.len(), clip: format!("{} (phrases)", clip.name) });
        let (sound, words) = sound_and_words(&clip.place, &mut opened)?;
        let frames = clip.track.frames();
        let mut waveform = sound.resampled(ENCODER_RATE)?.samples;
        waveform.resize(frames * ENCODER_SAMPLES_PER_FRAME, 0.0);
        let words = words.map_or_else(|| listener.words(&waveform), Ok)?;
        let pauses = if words.is_empty() {
            quiet_stretches(&waveform)
        } else {
            pauses_between(&words, waveform.len() as f64 / f64::from(ENCODER_RATE))
        };
        // As they will be read back from the file, so that a resumed run cuts at the same samples.
        let rounded = |seconds: f64| f64::from(seconds as f32);
        let pauses: Vec<Segment> =
            pauses.into_iter().map(|p| Segment { start: rounded(p.start), end: rounded(p.end) }).collect();
        let shuffled = if wanted {
            let mut random = Randomness::new(mix(SEED, done as u64));
            let other = in_another_order(&waveform, &pauses, &mut random)?;
            Some(Speech::from_waveform(other, tools.encoder()?, frames, &mut |_| {})?.features())
        } else {
            None
        };
        let phrases = Phrases { pauses, shuffled };
        keep(&path, &phrases)?;
        found.push(phrases);
    }
    Ok(found)
}

/// Recognises words, if the recogniser is there; it is loaded when first asked.
#[derive(Default)]
struct Listener {
    finder: Option<Option<WordFinder>>,
}

impl Listener {
    /// The (start, end) of the words in seconds; none without a recogniser, and where nothing is understood.
    fn words(&mut self, waveform_16k: &[f32]) -> Result<Vec<(f64, f64)>> {
        let finder = self.finder.get_or_insert_with(|| WordFinder::load().ok());
        let Some(finder) = finder else { return Ok(Vec::new()) };
        let audio = Audio::new(ENCODER_RATE, waveform_16k.to_vec())?;
        // What cannot be understood still has pauses: an error, and another language, in which tiny.en hears words that nobody
        // said and is unsure of them.
        Ok(finder
            .recognise(&audio)
            .ok()
            .filter(Words::are_sure)
            .map(|words| words.times())
            .unwrap_or_default())
    }
}

/// The (start, end) of words in seconds, where somebody knows them.
type KnownWords = Option<Vec<(f64, f64)>>;

/// The clip's sound, from its beginning on, and its words as far as the corpus tells them.
fn sound_and_words(place: &ClipPlace, opened: &mut BTreeMap<PathBuf, Corpus>) -> Result<(Audio, KnownWords)> {
    let (sound, description) = sound_of(place, opened)?;
    let words: Vec<_> = description.iter().flat_map(|d| &d.words).map(|w| (w.start, w.end)).collect();
    Ok((sound, (!words.is_empty()).then_some(words)))
}

/// The clip's sound, from its beginning on, and what a corpus says about it.
///
/// # Errors
/// When it cannot be read again.
pub(crate) fn sound_of(
    place: &ClipPlace,
    opened: &mut BTreeMap<PathBuf, Corpus>,
) -> Result<(Audio, Option<ClipDescription>)> {
    match place {
        ClipPlace::File(path, from_frame) => {
            let audio = orator_media::audio::read(path, &orator_media::Limits::default())?;
            let from = (*from_frame as usize).saturating_mul(audio.rate as usize) / 25;
            let samples = audio.samples.get(from..).unwrap_or_default().to_vec();
            Ok((Audio::new(audio.rate, samples)?, None))
        }
        ClipPlace::Corpus(dir, id) => {
            let clip = open_clip(dir, id, opened)?;
            Ok((clip.audio()?.ok_or_else(|| gone(dir, id))?, Some(clip.description()?)))
        }
    }
}

fn gone(dir: &Path, id: &str) -> TrainError {
    TrainError::Corpus {
        what: format!("{} holds no clip {id} with sound any more", dir.display()),
        hint: "start another run folder after changing the corpus".into(),
    }
}

/// A clip of a corpus folder, which is opened once.
///
/// # Errors
/// When it is not there any more.
pub(crate) fn open_clip<'a>(
    dir: &Path,
    id: &str,
    opened: &'a mut BTreeMap<PathBuf, Corpus>,
) -> Result<orator_corpus::Clip<'a>> {
    if !opened.contains_key(dir) {
        opened.insert(dir.to_owned(), crate::from_corpus::open(dir)?);
    }
    opened.get(dir).and_then(|corpus| corpus.clip(id)).ok_or_else(|| gone(dir, id))
}

/// Every whole window with its phrases in another order; the rest of the recording as it was.
fn in_another_order(waveform: &[f32], pauses: &[Segment], random: &mut Randomness) -> Result<Vec<f32>> {
    let size = WINDOW_FRAMES * ENCODER_SAMPLES_PER_FRAME;
    let seconds = size as f64 / f64::from(ENCODER_RATE);
    let mut other = Vec::with_capacity(waveform.len());
    for (number, window) in waveform.chunks(size).enumerate() {
        if window.len() < size {
            other.extend_from_slice(window);
            continue;
        }
        let phrases = window_phrases(pauses, number as f64 * seconds, seconds);
        let order = shuffled_phrases(&phrases, random);
        other.extend(shuffle(window, &phrases, &order, CROSS_FADE)?);
    }
    Ok(other)
}

fn kept(path: &Path) -> Result<Option<Phrases>> {
    if !path.is_file() {
        return Ok(None);
    }
    let tensors = Checkpoint::read(path)?.tensors;
    let Some(pauses) = tensors.get("pauses") else { return Ok(None) };
    let pauses = to_array2(pauses)?
        .rows()
        .into_iter()
        .map(|row| Segment { start: f64::from(row[0]), end: f64::from(row[1]) })
        .collect();
    let shuffled = tensors.get("shuffled").map(to_array2).transpose()?;
    Ok(Some(Phrases { pauses, shuffled }))
}

fn keep(path: &Path, phrases: &Phrases) -> Result<()> {
    let pauses: Vec<f32> = phrases.pauses.iter().flat_map(|p| [p.start as f32, p.end as f32]).collect();
    let mut tensors = BTreeMap::from([("pauses".to_string(), Tensor::from_slice(&pauses).view([-1, 2]))]);
    if let Some(shuffled) = &phrases.shuffled {
        tensors.insert("shuffled".into(), from_array2(shuffled));
    }
    Ok(Checkpoint { metadata: BTreeMap::new(), tensors }.write(path, Precision::Full)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_change_inside_and_the_rest_stays() {
        let size = WINDOW_FRAMES * ENCODER_SAMPLES_PER_FRAME;
        let waveform: Vec<f32> = (0..2 * size + 700).map(|i| (i as f32 * 0.01).sin()).collect();
        let pauses = [Segment { start: 0.9, end: 1.1 }, Segment { start: 2.0, end: 2.3 }];
        let other = in_another_order(&waveform, &pauses, &mut Randomness::new(1)).unwrap();
        assert_eq!(other.len(), waveform.len());
        assert_eq!(other[2 * size..], waveform[2 * size..]);
        assert_ne!(other[..size], waveform[..size]);
        assert_ne!(other[size..2 * size], waveform[size..2 * size]);
    }

    #[test]
    fn what_was_found_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.phrases.safetensors");
        assert_eq!(kept(&path).unwrap(), None);
        for shuffled in [None, Some(Array2::from_elem((3, 4), 0.5))] {
            let phrases = Phrases { pauses: vec![Segment { start: 0.5, end: 0.75 }], shuffled };
            keep(&path, &phrases).unwrap();
            assert_eq!(kept(&path).unwrap(), Some(phrases));
        }
        let nothing = Phrases::default();
        keep(&path, &nothing).unwrap();
        assert_eq!(kept(&path).unwrap(), Some(nothing));
    }
}

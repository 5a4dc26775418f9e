//! Recordings with the times of their words: a folder of sound files, each with a JSON file of the same name.

use orator_media::{Audio, Limits, audio};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Talk;
use crate::{Result, StageError};

/// One recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// What is said, and when.
    pub talk: Talk,
    /// The sound, one channel.
    pub sound: Audio,
}

/// Recordings; sounds are read when they are asked for.
#[derive(Clone, Debug)]
pub struct Recordings {
    entries: Vec<(Source, Talk)>,
}

/// Where a recording's sound is.
#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    /// OGG/Vorbis that is part of the program.
    Bundled(&'static [u8]),
}

/// Larger than the JSON file of any recording that makes a clip.
const MOST_JSON_BYTES: u64 = 4 << 20;
/// Longest recording, in seconds.
const MOST_SECONDS: f64 = 3600.0;
/// A sound may be this much shorter than its JSON file says, in seconds.
const TOLERANCE: f64 = 0.05;
/// Pauses between joined recordings, in seconds.
const PAUSES: [f64; 2] = [0.15, 0.6];

macro_rules! bundled {
    ($($number:literal)*) => {
        [$(include_bytes!(concat!("../../speech/", $number, ".ogg")).as_slice()),*]
    };
}

/// The sounds of `talks.json`, in its order.
const BUNDLED: [&[u8]; 40] = bundled!(
    "00000" "00001" "00002" "00003" "00004" "00005" "00006" "00007"
    "00008" "00009" "00010" "00011" "00012" "00013" "00014" "00015"
    "00016" "00017" "00018" "00019" "00020" "00021" "00022" "00023"
    "00024" "00025" "00026" "00027" "00028" "00029" "00030" "00031"
    "00032" "00033" "00034" "00035" "00036" "00037" "00038" "00039"
);

impl Recordings {
    /// The sentences that come with the project (`crates/stage/speech`).
    ///
    /// # Errors
    /// Never, unless what is compiled in was spoilt.
    pub fn bundled() -> Result<Self> {
        let path = Path::new("talks.json");
        let fault = |cause: String| StageError::Speech { path: path.to_owned(), cause };
        let talks: Vec<Talk> =
            serde_json::from_str(include_str!("../../speech/talks.json")).map_err(|e| fault(e.to_string()))?;
        if talks.len() != BUNDLED.len() {
            return Err(fault(format!("{} talks for {} sounds", talks.len(), BUNDLED.len())));
        }
        let mut entries = Vec::with_capacity(talks.len());
        for (talk, sound) in talks.into_iter().zip(BUNDLED) {
            talk.check().map_err(fault)?;
            entries.push((Source::Bundled(sound), talk));
        }
        Ok(Self { entries })
    }

    /// Lists the recordings of a folder in the order of their names: every `NAME.wav` with its `NAME.json`.
    ///
    /// # Errors
    /// [`StageError::Speech`] when there are none, or a JSON file is missing, damaged or contradicts itself.
    pub fn open(folder: &Path) -> Result<Self> {
        let fault = |path: &Path, cause: String| StageError::Speech { path: path.to_owned(), cause };
        let listing = std::fs::read_dir(folder).map_err(|e| fault(folder, e.to_string()))?;
        let mut sounds: Vec<PathBuf> = listing
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "wav"))
            .collect();
        sounds.sort();
        if sounds.is_empty() {
            return Err(fault(folder, "there is no .wav file in this folder".into()));
        }
        let mut entries = Vec::with_capacity(sounds.len());
        for sound in sounds {
            let json = sound.with_extension("json");
            let length = std::fs::metadata(&json).map_err(|e| fault(&json, e.to_string()))?.len();
            if length > MOST_JSON_BYTES {
                return Err(fault(&json, format!("{length} bytes are too many")));
            }
            let bytes = std::fs::read(&json).map_err(|e| fault(&json, e.to_string()))?;
            let talk: Talk = serde_json::from_slice(&bytes).map_err(|e| fault(&json, e.to_string()))?;
            talk.check().map_err(|cause| fault(&json, cause))?;
            entries.push((Source::File(sound), talk));
        }
        Ok(Self { entries })
    }

    /// Length of each recording in seconds.
    #[must_use]
    pub fn seconds(&self) -> Vec<f64> {
        self.entries.iter().map(|(_, talk)| talk.duration).collect()
    }

    /// Reads one recording.
    ///
    /// # Errors
    /// When the sound cannot be read or is shorter than its words.
    pub fn read(&self, index: usize) -> Result<Recording> {
        let (source, talk) = &self.entries[index];
        let unpacked;
        let path = match source {
            Source::File(path) => path.as_path(),
            Source::Bundled(bytes) => {
                // Sound is read in one way, from files.
                let unwritable = |e: std::io::Error| StageError::Speech { path: std::env::temp_dir(), cause: e.to_string() };
                let mut file = tempfile::Builder::new().suffix(".ogg").tempfile().map_err(unwritable)?;
                file.write_all(bytes).map_err(unwritable)?;
                unpacked = file;
                unpacked.path()
            }
        };
        let fault = |cause: String| StageError::Speech { path: path.to_owned(), cause };
        let sound = audio::read(path, &Limits::default()).map_err(|e| fault(e.to_string()))?;
        let seconds = sound.samples.len() as f64 / f64::from(sound.rate);
        if seconds + TOLERANCE < talk.duration {
            return Err(fault(format!("lasts {seconds:.2} s, but its words are timed for {:.2} s", talk.duration)));
        }
        Ok(Recording { talk: talk.clone(), sound })
    }
}

impl Talk {
    /// What is wrong with the times, if anything.
    fn check(&self) -> std::result::Result<(), String> {
        if !(self.duration > 0.0 && self.duration <= MOST_SECONDS) {
            return Err(format!("a duration of {} s is not between 0 and {MOST_SECONDS}", self.duration));
        }
        let mut last = 0.0;
        for word in &self.words {
            let fine = word.start >= last - 1e-6 && word.end >= word.start && word.end <= self.duration + 1.0;
            if !fine || word.stress.is_some_and(|stress| stress < word.start - 0.01 || stress > word.end + 0.01) {
                return Err(format!("the times of the word `{}` are out of order", word.text));
            }
            last = word.end;
        }
        let mut last = 0.0;
        for phone in &self.phones {
            if !(phone.start >= last - 1e-6 && phone.end >= phone.start && phone.end <= self.duration + 1.0) {
                return Err(format!("the times of a phone {} at {} s are out of order", phone.symbol, phone.start));
            }
            last = phone.end;
        }
        Ok(())
    }

    /// The same later by `seconds`.
    fn later(mut self, seconds: f64) -> Self {
        for word in &mut self.words {
            word.start += seconds;
            word.end += seconds;
            word.stress = word.stress.map(|at| at + seconds);
        }
        for phone in &mut self.phones {
            phone.start += seconds;
            phone.end += seconds;
        }
        self
    }
}

/// Joins recordings to one, with pauses between them. All must have one sample rate; others are left out.
#[must_use]
pub fn join(parts: Vec<Recording>, chance: &mut ChaCha8Rng) -> Option<Recording> {
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    let rate = whole.sound.rate;
    for part in parts.filter(|part| part.sound.rate == rate) {
        let pause = (chance.random_range(PAUSES[0]..PAUSES[1]) * f64::from(rate)) as usize;
        whole.sound.samples.extend(std::iter::repeat_n(0.0, pause));
        let at = whole.sound.samples.len() as f64 / f64::from(rate);
        whole.sound.samples.extend(&part.sound.samples);
        let part = part.talk.later(at);
        whole.talk.text = format!("{} {}", whole.talk.text, part.text);
        whole.talk.words.extend(part.words);
        whole.talk.phones.extend(part.phones);
    }
    whole.talk.duration = whole.sound.samples.len() as f64 / f64::from(rate);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Phone, Word};
    use rand::SeedableRng;

    fn recording(seconds: f64) -> Recording {
        let talk = Talk {
            text: "Big.".into(),
            words: vec![Word { text: "big".into(), start: 0.1, end: 0.4, stress: Some(0.25) }],
            phones: vec![Phone { symbol: "B".into(), stress: 0, start: 0.1, end: 0.2 }],
            duration: seconds,
        };
        Recording { talk, sound: Audio::new(16_000, vec![0.1; (seconds * 16_000.0) as usize]).unwrap() }
    }

    #[test]
    fn joined_times_lie_on_the_joined_sound() {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let whole = join(vec![recording(1.0), recording(2.0), recording(0.5)], &mut chance).unwrap();
        assert_eq!(whole.talk.words.len(), 3);
        whole.talk.check().unwrap();
        for word in &whole.talk.words {
            assert!((whole.sound.samples[(word.start * 16_000.0) as usize] - 0.1).abs() < 1e-6);
        }
        let gap = whole.talk.words[1].start - 1.0 - 0.1;
        assert!((PAUSES[0] - 0.001..PAUSES[1]).contains(&gap), "{gap}");
        assert_eq!(whole.talk.duration, whole.sound.samples.len() as f64 / 16_000.0);
        assert!(join(Vec::new(), &mut chance).is_none());
    }

    #[test]
    fn what_is_bundled_can_be_read_and_lasts_as_long_as_its_words() {
        let bundled = Recordings::bundled().unwrap();
        assert_eq!(bundled.seconds().len(), BUNDLED.len());
        for index in [0, 17, 39] {
            let recording = bundled.read(index).unwrap();
            let loud = |from: f64, to: f64| {
                let rate = f64::from(recording.sound.rate);
                let samples = &recording.sound.samples[(from * rate) as usize..(to * rate) as usize];
                samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32
            };
            let vowels = recording.talk.phones.iter().filter(|p| p.stress == 1).map(|p| loud(p.start, p.end));
            let silence = loud(0.0, recording.talk.phones[0].end * 0.8);
            assert!(vowels.fold(f32::INFINITY, f32::min) > 3.0 * silence, "{index}: the times lie on the sound");
        }
    }

    #[test]
    fn folders_that_are_no_recordings_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Recordings::open(folder.path()).is_err());
        let json = folder.path().join("a.json");
        std::fs::write(folder.path().join("a.wav"), b"RIFF").unwrap();
        let broken = [
            "",
            "{",
            r#"{"text":"","words":[],"phones":[],"duration":-1}"#,
            r#"{"text":"a","words":[{"text":"a","start":2,"end":1,"stress":null}],"phones":[],"duration":3}"#,
            r#"{"text":"a","words":[{"text":"a","start":1,"end":2,"stress":7}],"phones":[],"duration":3}"#,
        ];
        for text in broken {
            std::fs::write(&json, text).unwrap();
            let error = Recordings::open(folder.path()).unwrap_err();
            assert!(error.to_string().contains("a.json"), "{error}");
        }
        std::fs::write(&json, r#"{"text":"","words":[],"phones":[],"duration":1}"#).unwrap();
        assert!(Recordings::open(folder.path()).unwrap().read(0).is_err(), "the sound is no sound");
    }
}

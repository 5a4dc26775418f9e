//! A folder of recordings: which sound belongs to which times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sound::SpokenTalk;
use crate::{Result, StageError};

/// The most recordings that are listed from one folder.
const MAX_RECORDINGS: usize = 1_000_000;
/// What sound is read from, by extension: the sound of a video counts.
const SOUNDS: [&str; 2] = ["wav", "mp4"];
/// What times are read from, by extension.
const TIMES: [&str; 2] = ["json", "align"];
/// Where the GRID corpus keeps its times, beside the sounds.
const GRID_FOLDER: &str = "align";

/// One recording of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TalkFile {
    /// NAME.
    pub name: String,
    /// The sound.
    pub sound: PathBuf,
    /// The times.
    pub times: PathBuf,
}

impl TalkFile {
    /// Reads it.
    ///
    /// # Errors
    /// As [`SpokenTalk::read`].
    pub fn read(&self) -> Result<SpokenTalk> {
        SpokenTalk::read(&self.sound, &self.times)
    }
}

/// Sounds and times of one name.
#[derive(Default)]
struct Found {
    sounds: Vec<PathBuf>,
    times: Vec<PathBuf>,
}

/// The recordings of a folder, by name: `NAME.wav` or `NAME.mp4`, each with its times in `NAME.json`, `NAME.align` or
/// `align/NAME.align` ([`read`](super::alignment::read) says which forms these may have, and they may differ within a folder). Files of other
/// extensions, and those whose name begins with a dot, are passed over.
///
/// # Errors
/// [`StageError::Speech`] where the folder cannot be read, holds no recording or more than a million, where a sound has no times
/// or times have no sound, or where a name has two of either.
pub fn list_folder(folder: &Path) -> Result<Vec<TalkFile>> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| StageError::speech(folder, error))? {
        let path = entry.map_err(|error| StageError::speech(folder, error))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let Some(name) =
            path.file_stem().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.'))
        else {
            continue;
        };
        if SOUNDS.contains(&extension) {
            found.entry(name.to_owned()).or_default().sounds.push(path.clone());
        } else if TIMES.contains(&extension) {
            found.entry(name.to_owned()).or_default().times.push(path.clone());
        }
        if found.len() > MAX_RECORDINGS {
            return Err(StageError::speech(folder, format!("holds more than {MAX_RECORDINGS} recordings")));
        }
    }
    if found.values().all(|found| found.sounds.is_empty()) {
        return Err(StageError::speech(folder, "holds no NAME.wav or NAME.mp4 with its times"));
    }
    found.into_iter().map(|(name, found)| pair(folder, name, found)).collect()
}

fn pair(folder: &Path, name: String, mut found: Found) -> Result<TalkFile> {
    let grid = folder.join(GRID_FOLDER).join(format!("{name}.align"));
    if grid.is_file() {
        found.times.push(grid);
    }
    let Some(sound) = one(&name, "sounds", found.sounds)? else {
        let times = found.times.into_iter().next().unwrap_or_default();
        return Err(StageError::speech(
            &times,
            format!("stands alone: there is no {name}.wav or {name}.mp4"),
        ));
    };
    let Some(times) = one(&name, "files of times", found.times)? else {
        return Err(StageError::speech(
            &sound,
            format!("stands alone: there is no {name}.json, {name}.align or {GRID_FOLDER}/{name}.align"),
        ));
    };
    Ok(TalkFile { name, sound, times })
}

/// The only one, if there is one.
fn one(name: &str, what: &str, mut paths: Vec<PathBuf>) -> Result<Option<PathBuf>> {
    paths.sort();
    let mut paths = paths.into_iter();
    match (paths.next(), paths.next()) {
        (Some(first), Some(second)) => Err(StageError::speech(
            &second,
            format!(
                "is the second of two {what} named {name}: which is meant? (the other is {})",
                first.display()
            ),
        )),
        (first, _) => Ok(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orator_media::{Audio, audio};

    const GRID: &str = "0 2500 sil\n2500 7500 bin\n7500 12500 sil\n";
    const SPHINX: &str = r#"{"b":0,"d":0.5,"t":"no","w":[{"b":0.1,"d":0.2,"t":"no"}]}"#;
    const OWN: &str = r#"{"text":"No.","words":[{"text":"no","start":0.1,"end":0.3,"stress":0.2}],"phones":[],"duration":0.5}"#;

    fn sound(path: &Path, rate: u32, seconds: f64) {
        let samples =
            (0..(seconds * f64::from(rate)) as usize).map(|i| (i as f32 * 0.3).sin() * 0.3).collect();
        audio::write_wav(path, &Audio::new(rate, samples).unwrap()).unwrap();
    }

    #[test]
    fn forms_and_rates_may_be_mixed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("align")).unwrap();
        for (name, rate, times, text) in [
            ("a", 16_000, "a.json", OWN),
            ("b", 44_100, "b.json", SPHINX),
            ("c", 8_000, "align/c.align", GRID),
            ("d", 48_000, "d.align", GRID),
        ] {
            sound(&at(&format!("{name}.wav")), rate, 0.5);
            std::fs::write(at(times), text).unwrap();
        }
        for passed_over in ["LICENSE", "a.txt", ".whole.json", "align/none.align"] {
            std::fs::write(at(passed_over), "").unwrap();
        }
        let listed = list_folder(folder.path()).unwrap();
        let said: Vec<_> = listed
            .iter()
            .map(|file| {
                let spoken = file.read().unwrap();
                assert_eq!((spoken.sample_rate, spoken.samples.len()), (16_000, 8_000), "{}", file.name);
                spoken.talk.words[0].text.clone()
            })
            .collect();
        assert_eq!(said, ["no", "no", "bin", "bin"]);
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let fault = || list_folder(folder.path()).unwrap_err().to_string();
        assert!(list_folder(&at("none")).is_err());
        assert!(fault().contains("holds no NAME.wav"), "{}", fault());
        sound(&at("b.wav"), 16_000, 0.5);
        assert!(fault().contains("b.wav: stands alone: there is no b.json"), "{}", fault());
        std::fs::write(at("b.json"), OWN).unwrap();
        assert_eq!(list_folder(folder.path()).unwrap().len(), 1);
        std::fs::write(at("b.align"), GRID).unwrap();
        assert!(fault().contains("two files of times named b"), "{}", fault());
        std::fs::remove_file(at("b.align")).unwrap();
        std::fs::write(at("b.mp4"), "").unwrap();
        assert!(fault().contains("two sounds named b"), "{}", fault());
        std::fs::remove_file(at("b.mp4")).unwrap();
        std::fs::write(at("c.json"), OWN).unwrap();
        assert!(fault().contains("c.json: stands alone: there is no c.wav"), "{}", fault());
        std::fs::remove_file(at("c.json")).unwrap();

        let read = || list_folder(folder.path()).unwrap()[0].read().unwrap_err().to_string();
        sound(&at("b.wav"), 16_000, 0.8);
        assert!(read().contains("b.wav") && read().contains("its times are for"), "{}", read());
        std::fs::write(at("b.wav"), "no sound").unwrap();
        assert_eq!(read().matches("b.wav").count(), 1, "{}", read());
        std::fs::write(at("b.json"), r#"{"title":"x"}"#).unwrap();
        assert!(read().contains("b.json") && read().contains("`words`"), "{}", read());
    }

    /// The five LibriVox clips that set-up brings, with PocketSphinx's phones.
    #[test]
    fn librivox_is_read_as_it_comes() {
        let clips = match orator_assets::demo_speeches() {
            Ok(clips) => clips,
            Err(error) => return eprintln!("skipped: {error}"),
        };
        let files = list_folder(clips[0].parent().unwrap()).unwrap();
        assert_eq!(
            files.iter().map(|file| &file.sound).collect::<Vec<_>>(),
            clips.iter().collect::<Vec<_>>()
        );
        for file in &files {
            let talk = file.read().unwrap().talk;
            assert!(
                !talk.phones.is_empty() && talk.words.iter().any(|word| word.stress.is_some()),
                "{talk:?}"
            );
        }
        let talk = files[0].read().unwrap().talk;
        let word = talk.words.iter().find(|word| word.text == "consider").unwrap();
        let stressed = word.stress.unwrap();
        let phone = talk.phones.iter().find(|phone| (phone.start..phone.end).contains(&stressed)).unwrap();
        assert_eq!((phone.symbol.as_str(), phone.stress), ("IH", 1), "con-SI-der");
    }

    /// The GRID corpus as it lies in the shared folder.
    #[test]
    fn grid_is_read_as_it_comes() {
        let shared = std::env::var_os("ORATOR_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
        let folder = shared.join("data/grid_s1");
        if !folder.is_dir() {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
        let files = list_folder(&folder).unwrap();
        assert_eq!(files.len(), 500);
        let spoken = files[0].read().unwrap();
        assert_eq!(spoken.talk.text, "bin blue at f three soon");
        assert_eq!(spoken.sample_rate, 16_000);
        // Speech is loud in the words and quiet around them.
        let power = |from: f64, to: f64| {
            let part = &spoken.samples[(from * 16_000.0) as usize..(to * 16_000.0) as usize];
            part.iter().map(|x| f64::from(x * x)).sum::<f64>() / part.len() as f64
        };
        let words = &spoken.talk.words;
        let (first, last) = (words[0].start, words[words.len() - 1].end);
        assert!(power(first, last) > 10.0 * power(0.1, first - 0.1), "{first} to {last}");
    }
}

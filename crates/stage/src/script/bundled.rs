//! The sentences that ship: what is said, when, and the sound. Origin and licences: `crates/stage/speech/README.md`.

use std::io::Write;

use super::Talk;
use super::alignment::check;
use super::sound::SpokenTalk;
use crate::{Result, StageError};

/// Where the set is kept, for messages.
const SOURCE: &str = "speech/talks.json";
const TALKS: &str = include_str!("../../speech/talks.json");

/// The sounds, in the order of the talks.
const SOUNDS: [&[u8]; 40] = [
    include_bytes!("../../speech/00000.ogg"),
    include_bytes!("../../speech/00001.ogg"),
    include_bytes!("../../speech/00002.ogg"),
    include_bytes!("../../speech/00003.ogg"),
    include_bytes!("../../speech/00004.ogg"),
    include_bytes!("../../speech/00005.ogg"),
    include_bytes!("../../speech/00006.ogg"),
    include_bytes!("../../speech/00007.ogg"),
    include_bytes!("../../speech/00008.ogg"),
    include_bytes!("../../speech/00009.ogg"),
    include_bytes!("../../speech/00010.ogg"),
    include_bytes!("../../speech/00011.ogg"),
    include_bytes!("../../speech/00012.ogg"),
    include_bytes!("../../speech/00013.ogg"),
    include_bytes!("../../speech/00014.ogg"),
    include_bytes!("../../speech/00015.ogg"),
    include_bytes!("../../speech/00016.ogg"),
    include_bytes!("../../speech/00017.ogg"),
    include_bytes!("../../speech/00018.ogg"),
    include_bytes!("../../speech/00019.ogg"),
    include_bytes!("../../speech/00020.ogg"),
    include_bytes!("../../speech/00021.ogg"),
    include_bytes!("../../speech/00022.ogg"),
    include_bytes!("../../speech/00023.ogg"),
    include_bytes!("../../speech/00024.ogg"),
    include_bytes!("../../speech/00025.ogg"),
    include_bytes!("../../speech/00026.ogg"),
    include_bytes!("../../speech/00027.ogg"),
    include_bytes!("../../speech/00028.ogg"),
    include_bytes!("../../speech/00029.ogg"),
    include_bytes!("../../speech/00030.ogg"),
    include_bytes!("../../speech/00031.ogg"),
    include_bytes!("../../speech/00032.ogg"),
    include_bytes!("../../speech/00033.ogg"),
    include_bytes!("../../speech/00034.ogg"),
    include_bytes!("../../speech/00035.ogg"),
    include_bytes!("../../speech/00036.ogg"),
    include_bytes!("../../speech/00037.ogg"),
    include_bytes!("../../speech/00038.ogg"),
    include_bytes!("../../speech/00039.ogg"),
];

/// One sentence that ships.
#[derive(Clone, Debug, PartialEq)]
pub struct BundledTalk {
    /// What is said, and when.
    pub talk: Talk,
    /// The sound: Ogg Vorbis, 16 kHz, one channel.
    pub sound: &'static [u8],
}

impl BundledTalk {
    /// Decodes the sound.
    ///
    /// # Errors
    /// [`StageError::Speech`] where no temporary file can be written (the decoder reads files) or the sound does not fit the times.
    pub fn decode(&self) -> Result<SpokenTalk> {
        let fault = |error| {
            StageError::speech(SOURCE.as_ref(), format!("cannot be put into a temporary file: {error}"))
        };
        let mut file = tempfile::Builder::new().suffix(".ogg").tempfile().map_err(fault)?;
        file.write_all(self.sound).map_err(fault)?;
        SpokenTalk::with_sound(file.path(), self.talk.clone())
    }
}

/// All sentences that ship, always in the same order: forty, 1.9 minutes.
///
/// # Errors
/// [`StageError::Speech`] where the set was altered before the program was built.
pub fn talks() -> Result<Vec<BundledTalk>> {
    let fault = |cause: String| StageError::speech(SOURCE.as_ref(), cause);
    let talks: Vec<Talk> = serde_json::from_str(TALKS).map_err(|error| fault(error.to_string()))?;
    if talks.len() != SOUNDS.len() {
        return Err(fault(format!("holds {} talks for {} sounds", talks.len(), SOUNDS.len())));
    }
    for talk in &talks {
        check(talk).map_err(|cause| fault(format!("`{}` {cause}", talk.text)))?;
    }
    Ok(talks.into_iter().zip(SOUNDS).map(|(talk, sound)| BundledTalk { talk, sound }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{is_function_word, is_vowel};

    #[test]
    fn the_set_is_consistent() {
        let talks = talks().unwrap();
        let seconds: f64 = talks.iter().map(|bundled| bundled.talk.duration).sum();
        assert!((100.0..200.0).contains(&seconds), "{seconds}");
        for BundledTalk { talk, .. } in &talks {
            let spoken: Vec<_> = talk.text.split_whitespace().collect();
            assert_eq!(spoken.len(), talk.words.len(), "{}", talk.text);
            assert!(
                talk.phones[0].start == 0.0
                    && (talk.phones[talk.phones.len() - 1].end - talk.duration).abs() < 1e-4
            );
            for word in &talk.words {
                let own = |middle: f64| (word.start..=word.end).contains(&middle);
                let phones: Vec<_> =
                    talk.phones.iter().filter(|phone| own(0.5 * (phone.start + phone.end))).collect();
                assert!(phones.iter().any(|phone| is_vowel(&phone.symbol)), "{} in {}", word.text, talk.text);
                assert_eq!(
                    word.stress.is_none(),
                    is_function_word(&word.text),
                    "{} in {}",
                    word.text,
                    talk.text
                );
                let Some(stress) = word.stress else { continue };
                let stressed =
                    phones.iter().find(|phone| (phone.start..phone.end).contains(&stress)).unwrap();
                assert!(is_vowel(&stressed.symbol) && stressed.stress == 1, "{} in {}", word.text, talk.text);
            }
            for phone in talk.phones.iter().filter(|phone| phone.symbol != "SIL") {
                let middle = 0.5 * (phone.start + phone.end);
                assert!(
                    talk.words.iter().any(|word| (word.start..=word.end).contains(&middle)),
                    "{}",
                    talk.text
                );
            }
        }
    }

    #[test]
    fn speech_is_loud_where_the_times_say_vowels() {
        for bundled in talks().unwrap().iter().step_by(9) {
            let spoken = bundled.decode().unwrap();
            assert_eq!(spoken.sample_rate, 16_000);
            let power = |wanted: &dyn Fn(&str) -> bool| {
                let parts =
                    spoken.talk.phones.iter().filter(|phone| wanted(&phone.symbol)).flat_map(|phone| {
                        let at = |seconds: f64| ((seconds * 16_000.0) as usize).min(spoken.samples.len());
                        &spoken.samples[at(phone.start)..at(phone.end)]
                    });
                let (sum, count) =
                    parts.fold((0.0_f64, 0_u32), |(sum, count), &x| (sum + f64::from(x * x), count + 1));
                sum / f64::from(count.max(1))
            };
            assert!(power(&is_vowel) > 30.0 * power(&|symbol| symbol == "SIL"), "{}", bundled.talk.text);
        }
    }
}

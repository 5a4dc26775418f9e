//! One clip as the index knows it.

use crate::{ClipDescription, Split};
use orator_media::FrameRate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a member's content lies in its tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// First byte of the content, counted from the start of the tar; its header are the 512 bytes before.
    pub offset: u64,
    /// Length of the content.
    pub bytes: u64,
}

/// How sound outside of the video is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundFormat {
    /// 16-bit PCM.
    Wav,
    /// FLAC.
    Flac,
}

impl SoundFormat {
    /// The member's extension.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }

    /// The format with this extension.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        [Self::Wav, Self::Flac].into_iter().find(|format| format.extension() == extension)
    }
}

/// One row of the index: a clip without its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipRow {
    /// The clip's name, unique in the corpus; letters, digits, `-` and `_`.
    pub id: String,
    /// Number of its shard.
    pub shard: u32,
    /// Who speaks.
    pub speaker: String,
    /// Seed of a made-up person; absent for filmed ones.
    pub identity: Option<u64>,
    /// Train or held out.
    pub split: Split,
    /// Frames per second.
    pub rate: FrameRate,
    /// Number of frames, at least 1.
    pub frames: u64,
    /// Width of the picture in pixels: what keypoints refer to, even where there are no pictures.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// Length of the sound in samples; 0 without sound.
    pub samples: u64,
    /// Samples per second; 0 without sound.
    pub sample_rate: u32,
    /// People in view.
    pub people: u32,
    /// Licence as an SPDX expression, where it is not the corpus's.
    pub licence: Option<String>,
    /// Where the clip was taken from, where it is not the corpus's source.
    pub source: Option<String>,
    /// What is said.
    pub text: String,
    /// Number of words with times.
    pub words: u32,
    /// Number of gesture triggers.
    pub triggers: u32,
    /// The speaker's style, whatever its maker put there.
    pub style: Option<Value>,
    /// Ranges of frames (first, one past the last) that windows may be cut from; empty means all.
    pub usable: Vec<(u64, u64)>,
    /// Whether the truth's keypoints are known, and not found by a detector.
    pub exact: bool,
    /// `ID.mp4`: pictures, with sound unless `sound` is there.
    pub pictures: Option<Member>,
    /// `ID.wav` or `ID.flac`.
    pub sound: Option<Member>,
    /// Which of the two.
    pub sound_format: Option<SoundFormat>,
    /// `ID.json`.
    pub description: Member,
    /// `ID.truth`.
    pub truth: Option<Member>,
}

impl ClipRow {
    /// The row of a described clip; the members are filled in by the one who writes them.
    pub(crate) fn of(description: &ClipDescription, shard: u32) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            id: description.id.clone(),
            shard,
            speaker: description.speaker.clone(),
            identity: description.identity,
            split: description.split,
            rate: description.rate,
            frames: description.frames,
            width: description.size.0,
            height: description.size.1,
            samples: description.samples,
            sample_rate: description.sample_rate,
            people: description.people,
            licence: description.licence.clone(),
            source: description.source.clone(),
            text: description.text.clone(),
            words: count(description.words.len()),
            triggers: count(description.triggers.len()),
            style: description.style.clone(),
            usable: description.usable.clone(),
            exact: false,
            pictures: None,
            sound: None,
            sound_format: None,
            description: Member { offset: 0, bytes: 0 },
            truth: None,
        }
    }

    /// Length in seconds, for display.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / self.rate.as_f64()
    }

    /// The members with their extensions, in the order in which they lie in the tar.
    #[must_use]
    pub fn members(&self) -> Vec<(&'static str, Member)> {
        let sound = self.sound_format.unwrap_or(SoundFormat::Wav).extension();
        [
            self.pictures.map(|member| ("mp4", member)),
            self.sound.map(|member| (sound, member)),
            Some(("json", self.description)),
            self.truth.map(|member| ("truth", member)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

//! Video out: pictures and a recording become an MP4 file that any browser plays.
//!
//! H.264 4:2:0 (OpenH264, BT.709 limited range, tagged so in the stream and in the container) with
//! Opus sound (libopus), nothing to be installed. The file carries, readable by `ffprobe` and by
//! [`read_provenance`], that it was generated, by what, from which seed and weights. It appears
//! under its name only when it is whole; its index comes first, so that it plays while it loads.
//! The same pictures and sound give the same bytes.
//!
//! ```no_run
//! # fn main() -> orator_media::Result<()> {
//! use orator_media::video_out::{VideoSettings, VideoWriter};
//! use orator_media::{FrameRate, Picture};
//! let settings = VideoSettings::new(256, 256, FrameRate::MOTION);
//! let mut writer = VideoWriter::create("out.mp4".as_ref(), settings)?;
//! for _ in 0..50 {
//!     writer.push(&Picture::filled(256, 256, [90, 120, 90]))?;
//! }
//! writer.finish()?;
//! # Ok(())
//! # }
//! ```

mod aac;
mod h264;
mod index;
mod label;
mod opus;
mod provenance;
mod sound;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

pub use provenance::{Provenance, read_provenance};

use crate::{Audio, FrameRate, MediaError, OutputFile, Picture, Result};
use h264::H264Encoder;
use index::{Index, SoundTrack, Track, VideoTrack};
use label::Label;
use sound::Sound;

/// How the sound is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudioCodec {
    /// Opus, 64 kbit/s; built in.
    #[default]
    Opus,
    /// AAC, 128 kbit/s; needs the ffmpeg program.
    Aac,
}

/// How well the pictures are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// The same fineness throughout: H.264's quantiser, 12 (finest) to 51 (coarsest).
    Quantiser(u8),
    /// About this many bits per second.
    BitsPerSecond(u32),
}

impl Default for Quality {
    /// Quantiser 20: no loss that one sees.
    fn default() -> Self {
        Self::Quantiser(20)
    }
}

/// What is written, and how.
#[derive(Clone, Debug)]
pub struct VideoSettings {
    /// Width of every picture in pixels: even, 16 to 3840.
    pub width: usize,
    /// Height of every picture in pixels: even, 16 to 3840; one side at most 2160.
    pub height: usize,
    /// The constant frame rate.
    pub rate: FrameRate,
    /// How well the pictures are kept.
    pub quality: Quality,
    /// The sound, any sample rate; `None` for a silent file.
    pub audio: Option<Audio>,
    /// How the sound is coded.
    pub audio_codec: AudioCodec,
    /// A short visible text in the lower left corner, basic Latin letters.
    pub label: Option<String>,
    /// Where the video comes from; written into the file.
    pub provenance: Provenance,
}

impl VideoSettings {
    /// A silent video without label, of default quality.
    #[must_use]
    pub fn new(width: usize, height: usize, rate: FrameRate) -> Self {
        Self {
            width,
            height,
            rate,
            quality: Quality::default(),
            audio: None,
            audio_codec: AudioCodec::default(),
            label: None,
            provenance: Provenance::default(),
        }
    }

    /// How many frames the sound needs: the number that must be pushed. `None` without sound.
    #[must_use]
    pub fn frames_needed(&self) -> Option<u64> {
        let audio = self.audio.as_ref()?;
        Some(self.rate.frames_covering(audio.samples.len() as u64, audio.rate))
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoSummary {
    /// Number of frames.
    pub frames: u64,
    /// Length of the pictures in seconds.
    pub video_seconds: f64,
    /// Length of the sound in seconds; less than one frame from `video_seconds`.
    pub audio_seconds: Option<f64>,
    /// Size of the file.
    pub bytes: u64,
}

/// A video file being written. Dropping it unfinished leaves nothing behind.
pub struct VideoWriter {
    output: OutputFile,
    settings: Frame,
    encoder: H264Encoder,
    label: Option<Label>,
    sound: Option<Sound>,
    provenance: Provenance,
    /// Where the next byte goes.
    at: u64,
    video: Track,
    key_frames: Vec<u32>,
    sound_track: Track,
    /// Frames when sound was last written.
    sound_written_to: u64,
    coded: Vec<u8>,
}

/// The settings that every push needs.
struct Frame {
    width: usize,
    height: usize,
    rate: FrameRate,
}

/// Sound is laid between the pictures in stretches of about a second.
const SECONDS_PER_STRETCH: u64 = 1;
/// Longest side and longest other side that the encoder takes.
const LARGEST: (usize, usize) = (3840, 2160);
const SMALLEST: usize = 16;
/// Block in which the finished pictures are moved behind the index.
const MOVE_BLOCK: usize = 1 << 20;

impl VideoWriter {
    /// Checks everything that can be checked and opens the file, before any work is done.
    ///
    /// # Errors
    /// [`MediaError::Argument`] for an odd or impossible size, a wrong quality, an empty recording
    /// or a label that cannot be drawn; [`MediaError::Io`] when the folder cannot be written to;
    /// [`MediaError::Unsupported`] for AAC without the ffmpeg program.
    pub fn create(path: &Path, settings: VideoSettings) -> Result<Self> {
        let (width, height) = (settings.width, settings.height);
        check_size(width, height)?;
        if settings.audio.as_ref().is_some_and(|audio| audio.samples.is_empty()) {
            return Err(MediaError::Argument("the sound for the video has no samples".into()));
        }
        let label = settings.label.as_deref().map(|text| Label::new(text, width, height)).transpose()?;
        let encoder = H264Encoder::new(path, settings.rate, settings.quality)?;
        let mut output = OutputFile::create(path)?;
        let sound = settings.audio.map(|audio| Sound::new(path, audio, settings.audio_codec)).transpose()?;
        let head = index::head();
        output.write_all(&head).map_err(|error| output.error(error))?;
        Ok(Self {
            at: head.len() as u64,
            output,
            settings: Frame { width, height, rate: settings.rate },
            encoder,
            label,
            sound,
            provenance: settings.provenance,
            video: Track::default(),
            key_frames: Vec::new(),
            sound_track: Track::default(),
            sound_written_to: 0,
            coded: Vec::new(),
        })
    }

    /// Appends one frame.
    ///
    /// # Errors
    /// [`MediaError::Argument`] when the picture has another size than the video;
    /// [`MediaError::Io`] when the disk is full.
    pub fn push(&mut self, picture: &Picture) -> Result<()> {
        let (width, height) = (self.settings.width, self.settings.height);
        if (picture.width(), picture.height()) != (width, height) {
            return Err(MediaError::Argument(format!(
                "a {}x{} picture does not fit into a {width}x{height} video",
                picture.width(),
                picture.height()
            )));
        }
        self.coded.clear();
        let is_key = match &self.label {
            Some(label) => {
                let mut marked = picture.clone();
                label.draw(&mut marked);
                self.encoder.encode(&marked, &mut self.coded)?
            }
            None => self.encoder.encode(picture, &mut self.coded)?,
        };
        self.output.write_all(&self.coded).map_err(|error| self.output.error(error))?;
        if is_key {
            self.key_frames.push(u32::try_from(self.frames()).unwrap_or(u32::MAX));
        }
        self.video.add(self.at, self.coded.len() as u64);
        self.at += self.coded.len() as u64;
        let per_stretch = u64::from(self.settings.rate.numerator()) * SECONDS_PER_STRETCH
            / u64::from(self.settings.rate.denominator());
        if self.frames() >= self.sound_written_to + per_stretch.max(1) {
            self.write_sound(Some(self.frames()))?;
        }
        Ok(())
    }

    /// How many frames were pushed.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.video.len() as u64
    }

    /// Writes the rest of the sound and the index, and gives the file its name.
    ///
    /// # Errors
    /// [`MediaError::Argument`] when pictures and sound differ by a frame or more;
    /// [`MediaError::Empty`] without any frame; [`MediaError::Io`] when the disk is full. Nothing
    /// is left behind then.
    pub fn finish(mut self) -> Result<VideoSummary> {
        let frames = self.frames();
        let rate = self.settings.rate;
        if frames == 0 {
            return Err(MediaError::Empty {
                path: self.output.final_path().to_owned(),
                what: "would be a video without frames".into(),
            });
        }
        if let Some(sound) = &self.sound {
            let (samples, sample_rate) = sound.length();
            let needed = rate.frames_covering(samples, sample_rate);
            // One frame less still ends less than a frame before the sound.
            if frames != needed && frames + 1 != needed {
                return Err(MediaError::Argument(format!(
                    "{frames} frames at {rate} per second do not fit {:.3} s of sound, which need {needed}",
                    samples as f64 / f64::from(sample_rate)
                )));
            }
        }
        self.write_sound(None)?;
        let (Some(sequence), Some(picture)) = self.encoder.parameter_sets() else {
            return Err(self.encoder.failure("gave no parameter sets"));
        };
        let index = Index {
            video: VideoTrack {
                track: &self.video,
                width: self.settings.width,
                height: self.settings.height,
                rate,
                sequence,
                picture,
                key_frames: &self.key_frames,
            },
            sound: self
                .sound
                .as_ref()
                .map(|sound| SoundTrack { track: &self.sound_track, format: sound.format() }),
            provenance: &self.provenance,
        };
        let index = index.to_bytes(self.at, self.output.final_path())?;
        let bytes = self.at + index.len() as u64;
        self.put_in_front(&index).map_err(|error| self.output.error(error))?;
        let summary = VideoSummary {
            frames,
            video_seconds: frames as f64 * f64::from(rate.denominator()) / f64::from(rate.numerator()),
            audio_seconds: self.sound.as_ref().map(|sound| {
                let (samples, sample_rate) = sound.length();
                samples as f64 / f64::from(sample_rate)
            }),
            bytes,
        };
        self.output.persist()?;
        Ok(summary)
    }

    /// Writes sound up to the start of frame `frame`, or all of it.
    fn write_sound(&mut self, frame: Option<u64>) -> Result<()> {
        let Some(sound) = &mut self.sound else { return Ok(()) };
        self.sound_written_to = frame.unwrap_or(0);
        let until = frame
            .map_or(u64::MAX, |frame| self.settings.rate.start_of_frame(frame, sound.format().timescale));
        while sound.position() < until {
            let Some(packet) = sound.next_packet()? else { break };
            self.output.write_all(&packet).map_err(|error| self.output.error(error))?;
            self.sound_track.add(self.at, packet.len() as u64);
            self.at += packet.len() as u64;
        }
        Ok(())
    }

    /// Moves everything behind the file's type box back, from the end on, and puts `index` before
    /// it; completes the data box's length.
    fn put_in_front(&mut self, index: &[u8]) -> std::io::Result<()> {
        let start = index::TYPE_LENGTH;
        let shift = index.len() as u64;
        let mut reader = File::open(self.output.temporary_path())?;
        let mut block = vec![0u8; MOVE_BLOCK];
        let mut end = self.at;
        while end > start {
            let from = end.saturating_sub(MOVE_BLOCK as u64).max(start);
            let part = &mut block[..(end - from) as usize];
            reader.seek(SeekFrom::Start(from))?;
            reader.read_exact(part)?;
            self.output.seek(SeekFrom::Start(from + shift))?;
            self.output.write_all(part)?;
            end = from;
        }
        self.output.seek(SeekFrom::Start(start))?;
        self.output.write_all(index)?;
        self.output.write_all(&index::data_header(self.at - start))?;
        self.output.flush()
    }
}

fn check_size(width: usize, height: usize) -> Result<()> {
    let (long, short) = (width.max(height), width.min(height));
    let reason = if width % 2 == 1 || height % 2 == 1 {
        "width and height must be even"
    } else if short < SMALLEST {
        "a side must be at least 16 pixels"
    } else if long > LARGEST.0 || short > LARGEST.1 {
        "at most 3840x2160 can be written"
    } else {
        return Ok(());
    };
    Err(MediaError::Argument(format!("a {width}x{height} video is not possible: {reason}")))
}

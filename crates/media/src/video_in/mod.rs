//! Video in: a file becomes an iterator of upright RGB pictures.
//!
//! Two ways of reading stand behind [`VideoReader`]. Where the `ffmpeg` and `ffprobe` programs are
//! present they read whatever they know; without them, H.264 in MP4 is read by what is built in.
//! Both turn the pictures upright, apply the file's edit list, honour its colour matrix and range,
//! and resample to a constant rate by the same rule ([`ConstantRate`]), so that the same file gives
//! the same number of frames either way.
//!
//! ```no_run
//! # fn main() -> orator_media::Result<()> {
//! use orator_media::video_in::{VideoReader, VideoReadOptions};
//! let options = VideoReadOptions::at_motion_rate();
//! for picture in VideoReader::open("talk.mp4".as_ref(), &options)? {
//!     let picture = picture?;
//! }
//! # Ok(())
//! # }
//! ```

mod constant_rate;
mod ffmpeg;
mod h264;
pub(crate) mod mp4;
mod orientation;
pub(crate) mod programs;
mod sps;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use constant_rate::ConstantRate;
pub use programs::VARIABLE as FFMPEG_VARIABLE;

use crate::{ContentKind, FrameRate, Limits, MediaError, Picture, Result};
use ffmpeg::FfmpegReader;
use h264::H264Reader;
use programs::Programs;

/// The next step where the built-in reader gives up.
pub(crate) const INSTALL_FFMPEG: &str =
    "install the ffmpeg program (Debian: apt-get install ffmpeg) and try again";

/// A point in a video, on its own time line that starts at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The frame of this index, counted in frames of the output from the file's start.
    Frame(u64),
    /// `numerator / denominator` seconds; it names the first frame that starts then or later.
    Time {
        /// Seconds times `denominator`.
        numerator: u64,
        /// Above zero.
        denominator: u64,
    },
}

impl Position {
    /// Seconds to the nearest microsecond; negative ones and NaN count as 0.
    #[must_use]
    pub fn seconds(seconds: f64) -> Self {
        Self::Time { numerator: (seconds.max(0.0) * 1e6).round() as u64, denominator: 1_000_000 }
    }

    /// The index of the first frame at `rate` that starts here or later.
    #[must_use]
    pub fn frame_at(self, rate: FrameRate) -> u64 {
        match self {
            Self::Frame(frame) => frame,
            Self::Time { numerator, denominator } => {
                let ticks = u128::from(numerator) * u128::from(rate.numerator());
                let per_frame = u128::from(denominator.max(1)) * u128::from(rate.denominator());
                u64::try_from(ticks.div_ceil(per_frame)).unwrap_or(u64::MAX)
            }
        }
    }
}

/// Which way a video is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The ffmpeg program where it is present, else what is built in.
    #[default]
    Auto,
    /// The ffmpeg program or nothing.
    Ffmpeg,
    /// Only what is built in: H.264 in MP4.
    BuiltIn,
}

/// How to read a video.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VideoReadOptions {
    /// Resample to this constant rate; `None` gives the pictures as they are in the file.
    pub rate: Option<FrameRate>,
    /// The first frame to give out; `None` is the beginning.
    pub from: Option<Position>,
    /// The first frame *not* to give out any more; `None` is the end.
    pub to: Option<Position>,
    /// What is refused for its size or length.
    pub limits: Limits,
    /// Which way to read.
    pub backend: Backend,
}

impl VideoReadOptions {
    /// The whole video at 25 frames per second.
    #[must_use]
    pub fn at_motion_rate() -> Self {
        Self { rate: Some(FrameRate::MOTION), ..Self::default() }
    }
}

/// What is known about a video before its first picture.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoInfo {
    /// Width of the pictures that come out, in pixels.
    pub width: usize,
    /// Height of the pictures that come out, in pixels.
    pub height: usize,
    /// Rate of the pictures that come out; without resampling, the file's average rate.
    pub rate: FrameRate,
    /// The file's own average rate.
    pub source_rate: FrameRate,
    /// How many pictures will come out, where the file says enough to tell.
    pub frames: Option<u64>,
    /// By how many degrees clockwise the pictures were turned to be upright: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether the file has sound, too.
    pub has_audio: bool,
    /// What reads it: `"ffmpeg"` or `"built-in"`.
    pub backend: &'static str,
}

/// An open video: an iterator of pictures, all of the size that [`VideoReader::info`] gives. It
/// holds one or two pictures at a time. After an error it ends.
pub struct VideoReader {
    info: VideoInfo,
    source: Source,
}

enum Source {
    Ffmpeg(FfmpegReader),
    BuiltIn(Box<H264Reader>),
}

impl VideoReader {
    /// Opens `path` and checks its head against the limits, before anything is decoded.
    ///
    /// # Errors
    /// [`MediaError::Io`] when it cannot be read, [`MediaError::Damaged`] when it is cut off or not
    /// a video, [`MediaError::Empty`] without any content or pictures, [`MediaError::TooLarge`]
    /// above a limit, [`MediaError::Unsupported`] for sound or pictures without video and for what
    /// only ffmpeg could read, [`MediaError::Argument`] for an empty range. The iterator gives the
    /// same errors where they show only later.
    pub fn open(path: &Path, options: &VideoReadOptions) -> Result<Self> {
        check_range(options)?;
        let mut file = File::open(path).map_err(|error| MediaError::io(path, error))?;
        let mut start = vec![0u8; ContentKind::BYTES_NEEDED];
        let mut got = 0;
        while got < start.len() {
            match file.read(&mut start[got..]).map_err(|error| MediaError::io(path, error))? {
                0 => break,
                read => got += read,
            }
        }
        start.truncate(got);
        drop(file);
        let kind = ContentKind::of(&start);
        refuse_other_kinds(path, kind)?;

        let programs = match options.backend {
            Backend::BuiltIn => None,
            Backend::Auto | Backend::Ffmpeg => Programs::find(),
        };
        if options.backend == Backend::Ffmpeg && programs.is_none() {
            return Err(MediaError::Unsupported {
                path: path.to_owned(),
                what: "was to be read by the ffmpeg program, which is not there".into(),
                hint: INSTALL_FFMPEG.into(),
            });
        }
        let is_mp4 = mp4::looks_like_mp4(&start);
        match programs {
            Some(programs) => Self::open_with_ffmpeg(path, options, &programs, is_mp4),
            None if is_mp4 => Self::open_built_in(path, options),
            None => Err(MediaError::Unsupported {
                path: path.to_owned(),
                what: format!("holds {kind}; only H.264 in MP4 is read without the ffmpeg program"),
                hint: INSTALL_FFMPEG.into(),
            }),
        }
    }

    fn open_with_ffmpeg(
        path: &Path,
        options: &VideoReadOptions,
        programs: &Programs,
        is_mp4: bool,
    ) -> Result<Self> {
        if is_mp4 {
            // ffmpeg reads what is there of a file that was cut off, and says little about it.
            mp4::outline(path)?;
            if let Err(error @ MediaError::TooLarge { .. }) = mp4::read(path, &options.limits) {
                return Err(error);
            }
        }
        let probe = ffmpeg::probe(programs, path, &options.limits)?;
        let whole = match options.rate {
            Some(rate) => probe.duration.map(|end| ConstantRate::new(rate, 1_000_000).total(end)),
            None => probe.source_frames,
        };
        let rate = options.rate.unwrap_or(probe.source_rate);
        let frames = whole.map(|whole| frames_in_range(whole, options, rate));
        let info = VideoInfo {
            width: probe.width,
            height: probe.height,
            rate,
            source_rate: probe.source_rate,
            frames,
            rotation: probe.rotation,
            has_audio: probe.has_audio,
            backend: "ffmpeg",
        };
        let reader = FfmpegReader::start(programs, path, &probe, options, frames)?;
        Ok(Self { info, source: Source::Ffmpeg(reader) })
    }

    fn open_built_in(path: &Path, options: &VideoReadOptions) -> Result<Self> {
        let movie = mp4::read(path, &options.limits)?;
        let has_audio = movie.has_audio;
        let reader = H264Reader::new(path, movie, options)?;
        let track = reader.track();
        let shown = track.samples.iter().filter(|sample| sample.shown).count() as u64;
        let source_rate = average_rate(shown, track.duration, track.timescale);
        let rate = options.rate.unwrap_or(source_rate);
        let whole = match options.rate {
            Some(rate) => ConstantRate::new(rate, track.timescale).total(track.duration),
            None => shown,
        };
        let (width, height) = reader.coded_size();
        let (width, height) = track.orientation.size(width, height);
        let info = VideoInfo {
            width,
            height,
            rate,
            source_rate,
            frames: Some(frames_in_range(whole, options, rate)),
            rotation: track.orientation.clockwise_degrees(),
            has_audio,
            backend: "built-in",
        };
        Ok(Self { info, source: Source::BuiltIn(Box::new(reader)) })
    }

    /// Size, rate and length.
    #[must_use]
    pub fn info(&self) -> &VideoInfo {
        &self.info
    }
}

impl Iterator for VideoReader {
    type Item = Result<Picture>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            Source::Ffmpeg(reader) => reader.next_picture(),
            Source::BuiltIn(reader) => reader.next_picture(),
        }
    }
}

/// Whether the `ffmpeg` and `ffprobe` programs are there (see [`FFMPEG_VARIABLE`]); for `doctor`.
#[must_use]
pub fn ffmpeg_is_present() -> bool {
    Programs::find().is_some()
}

/// Refuses what is certainly no video, by name, whatever the file is called.
fn refuse_other_kinds(path: &Path, kind: ContentKind) -> Result<()> {
    let path = path.to_owned();
    match kind {
        ContentKind::Nothing => Err(MediaError::Empty { path, what: "is an empty file".into() }),
        // An animated GIF is a video to ffmpeg.
        ContentKind::OtherPicture("GIF") => Ok(()),
        ContentKind::Png
        | ContentKind::Jpeg
        | ContentKind::WebP
        | ContentKind::OtherPicture(_)
        | ContentKind::Wav
        | ContentKind::Flac
        | ContentKind::Mp3
        | ContentKind::OtherSound(_)
        | ContentKind::Pdf
        | ContentKind::Zip
        | ContentKind::MarkUp
        | ContentKind::Text => Err(MediaError::Unsupported {
            path,
            what: format!("holds {kind}, not a video"),
            hint: "give a video file".into(),
        }),
        _ => Ok(()),
    }
}

pub(crate) fn no_video(path: &Path, has_audio: bool) -> MediaError {
    MediaError::Unsupported {
        path: path.to_owned(),
        what: if has_audio { "holds sound only, no video".into() } else { "holds no video".to_owned() },
        hint: "give a file with a video in it".into(),
    }
}

/// Checks a video's length, as its head states it.
pub(crate) fn check_length(path: &Path, limits: &Limits, seconds: f64, frames: Option<u64>) -> Result<()> {
    let what = if seconds > limits.max_video_seconds {
        let (long, most) =
            (crate::limits::in_words(seconds), crate::limits::in_words(limits.max_video_seconds));
        format!("lasts {long}; at most {most} are read")
    } else if let Some(frames) = frames.filter(|&frames| frames > limits.max_video_frames) {
        format!("has {frames} frames; at most {} are read", limits.max_video_frames)
    } else {
        return Ok(());
    };
    Err(MediaError::TooLarge { path: path.to_owned(), what })
}

fn check_range(options: &VideoReadOptions) -> Result<()> {
    let bounds = [options.from, options.to];
    if bounds.iter().flatten().any(|b| matches!(b, Position::Time { denominator: 0, .. })) {
        return Err(MediaError::Argument("a time has the denominator 0".into()));
    }
    // Times and frames compare once a rate is known.
    let comparable = match (options.rate, options.from, options.to) {
        (Some(rate), from, Some(to)) => Some((from.map_or(0, |from| from.frame_at(rate)), to.frame_at(rate))),
        (None, Some(Position::Frame(from)), Some(Position::Frame(to))) => Some((from, to)),
        (None, None, Some(Position::Frame(to))) => Some((0, to)),
        _ => None,
    };
    match comparable {
        Some((from, to)) if from >= to => {
            Err(MediaError::Argument(format!("the range from frame {from} to frame {to} is empty")))
        }
        _ => Ok(()),
    }
}

fn frames_in_range(whole: u64, options: &VideoReadOptions, rate: FrameRate) -> u64 {
    let to = options.to.map_or(whole, |to| to.frame_at(rate).min(whole));
    to.saturating_sub(options.from.map_or(0, |from| from.frame_at(rate)))
}

/// `frames / duration` in lowest terms, as far as 32 bits allow.
fn average_rate(frames: u64, duration: i64, timescale: u32) -> FrameRate {
    let (mut numerator, mut denominator) =
        (u128::from(frames) * u128::from(timescale), u128::from(duration.max(1).unsigned_abs()));
    let (mut a, mut b) = (numerator, denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    numerator /= a.max(1);
    denominator /= a.max(1);
    while numerator > u128::from(u32::MAX) || denominator > u128::from(u32::MAX) {
        numerator /= 2;
        denominator /= 2;
    }
    let (numerator, denominator) = (numerator.max(1) as u32, denominator.max(1) as u32);
    FrameRate::new(numerator, denominator).unwrap_or(FrameRate::MOTION)
}

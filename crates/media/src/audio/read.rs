//! Reading a recording: finding its sound track, decoding it block by block, and noticing when the
//! file ends early.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::decode::Collector;
use super::track::{Ending, TrackDecoder, decode_track};
use super::{Audio, AudioNotes, file_end, mp4_edits, outside_program};
use crate::limits::in_words;
use crate::video_in::ffmpeg_is_present;
use crate::{ContentKind, Limits, MediaError, Result};

/// Reads a recording: WAV, FLAC, MP3, Ogg (Vorbis, Opus, FLAC), AAC or Opus in mp4/m4a, Matroska and
/// WebM, also the sound track of a video. It is told by content, not by name. The channels are
/// averaged while decoding; the sample rate stays.
///
/// Values that are no numbers become zero and samples outside [-1, 1] are cut; [`read_with_notes`]
/// also tells how many. What an encoder put before and after the sound (MP3's, AAC's and Opus' run-up)
/// is left out where the file says how much that is. A silent recording is no error. What cannot be
/// decoded here (as HE-AAC, AC-3) goes through the `ffmpeg` program where it is installed.
///
/// # Errors
/// * [`MediaError::Io`]: the file cannot be opened or read.
/// * [`MediaError::Empty`]: no bytes, or no samples.
/// * [`MediaError::TooLarge`]: longer than [`Limits::max_audio_seconds`]; found from the header where it
///   states a length, otherwise as soon as the limit is passed.
/// * [`MediaError::Unsupported`]: it holds something else, or sound that nothing here can decode.
/// * [`MediaError::Damaged`]: cut off (the message says how much was there) or broken.
pub fn read(path: &Path, limits: &Limits) -> Result<Audio> {
    read_with_notes(path, limits).map(|(audio, _)| audio)
}

/// As [`read`], with what was noticed on the way.
///
/// # Errors
/// As [`read`].
pub fn read_with_notes(path: &Path, limits: &Limits) -> Result<(Audio, AudioNotes)> {
    let io = |error| MediaError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let mut start = Vec::new();
    file.by_ref().take(ContentKind::BYTES_NEEDED as u64).read_to_end(&mut start).map_err(io)?;
    let kind = ContentKind::of(&start);
    refuse_other_kinds(path, kind)?;
    if let Some(missing) = file_end::missing(&mut file, kind).map_err(io)? {
        return Err(damaged(path, format!("the recording is cut off: {missing}")));
    }
    let edits = if kind == ContentKind::Mp4 { mp4_edits::read(&mut file) } else { Vec::new() };
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    // The decoders are written not to panic; a hostile file that makes one do so all the same is a
    // damaged file and not the end of the program.
    catch_unwind(AssertUnwindSafe(|| decode_file(path, file, kind, &edits, limits)))
        .unwrap_or_else(|_| Err(damaged(path, "the recording is damaged: its decoder gave up")))
}

fn damaged(path: &Path, what: impl Into<String>) -> MediaError {
    MediaError::Damaged { path: path.to_owned(), what: what.into() }
}

/// Says at once what a file is that cannot hold sound.
fn refuse_other_kinds(path: &Path, kind: ContentKind) -> Result<()> {
    match kind {
        ContentKind::Nothing => {
            Err(MediaError::Empty { path: path.to_owned(), what: "the file has no bytes".into() })
        }
        ContentKind::Png
        | ContentKind::Jpeg
        | ContentKind::WebP
        | ContentKind::OtherPicture(_)
        | ContentKind::Pdf
        | ContentKind::Zip
        | ContentKind::MarkUp
        | ContentKind::Text => {
            let named = path.extension().map_or_else(String::new, |extension| {
                format!("is named .{} but ", extension.to_string_lossy())
            });
            Err(MediaError::Unsupported {
                path: path.to_owned(),
                what: format!("{named}holds {kind}, not sound"),
                hint: "give a WAV, FLAC, MP3, Ogg or m4a recording, or a video with sound".into(),
            })
        }
        _ => Ok(()),
    }
}

fn decode_file(
    path: &Path,
    file: File,
    kind: ContentKind,
    edits: &[(u32, mp4_edits::Edits)],
    limits: &Limits,
) -> Result<(Audio, AudioNotes)> {
    let mut collector = Collector::new(path, limits);
    let file_bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let probed = symphonia::default::get_probe().probe(
        &Hint::new(),
        MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default()),
        FormatOptions::default(),
        MetadataOptions::default(),
    );
    let mut format = match probed {
        Ok(format) => format,
        Err(error) => {
            unreadable_container(path, kind, &error, &mut collector)?;
            return collector.finish();
        }
    };
    let Some(track) = format.default_track(TrackType::Audio).cloned() else {
        return Err(MediaError::Unsupported {
            path: path.to_owned(),
            what: "has no sound".into(),
            hint: "give a recording, or a video with sound".into(),
        });
    };
    collector.notes_mut().container = format.format_info().short_name.into();
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let Some(mut decoder) = parameters.and_then(|parameters| TrackDecoder::new(parameters, &track)) else {
        outside_program::decode(path, UNKNOWN_CODING, &mut collector)?;
        return collector.finish();
    };
    collector.notes_mut().codec = decoder.name().into();

    let promise = Promise::of(&track, kind);
    if let (Some(promise), Some(rate)) = (&promise, parameters.and_then(|parameters| parameters.sample_rate))
    {
        // An estimate from the bit rate may be off by some for a variable one.
        let certain = if promise.is_estimate { promise.seconds / 2.0 } else { promise.seconds };
        limits.check_audio_length(path, (certain * f64::from(rate)) as u64, rate)?;
        collector.reserve((promise.seconds * f64::from(rate)).ceil() as u64, file_bytes);
    }
    let edits = edits.iter().find(|(id, _)| *id == track.id).map(|(_, edits)| *edits);
    let ending = decode_track(path, &mut *format, track.id, &mut decoder, edits, &mut collector)?;
    drop(format);
    match ending {
        Ending::NotDecodable => {
            let mut collector = Collector::new(path, limits);
            outside_program::decode(path, UNKNOWN_CODING, &mut collector)?;
            return collector.finish();
        }
        Ending::Reached { frames, early } => {
            let seconds = frames as f64 / f64::from(collector.rate().max(1));
            let missing = promise
                .filter(|promise| !promise.is_estimate && seconds < promise.seconds - promise.tolerance);
            match missing {
                Some(promise) if frames > 0 => {
                    return Err(damaged(
                        path,
                        format!(
                            "the recording is cut off: it states {} and holds {}",
                            in_words(promise.seconds),
                            in_words(seconds)
                        ),
                    ));
                }
                _ if early && frames > 0 && kind != ContentKind::Wav => {
                    return Err(damaged(
                        path,
                        format!("the recording is cut off after {}", in_words(seconds)),
                    ));
                }
                _ if frames == 0 && (early || missing.is_some()) => {
                    return Err(damaged(path, "the recording is cut off before its first sample"));
                }
                _ => {}
            }
        }
    }
    collector.finish()
}

const UNKNOWN_CODING: &str = "its sound is coded in a way that is not decoded here";

/// The container could not be opened: says why, or lets the outside program try where the kind is one
/// that it may know.
fn unreadable_container(
    path: &Path,
    kind: ContentKind,
    error: &DecodeError,
    collector: &mut Collector,
) -> Result<()> {
    match kind {
        ContentKind::Avi | ContentKind::OtherSound(_) => {
            outside_program::decode(path, &format!("holds {kind}, which is not decoded here"), collector)
        }
        ContentKind::Unknown => Err(damaged(path, format!("is no recording: it holds {kind}"))),
        _ => match error {
            DecodeError::Unsupported(_) if !matches!(kind, ContentKind::Mp4 | ContentKind::Matroska) => {
                outside_program::decode(
                    path,
                    &format!("holds {kind} of a sort that is not decoded here"),
                    collector,
                )
            }
            DecodeError::IoError(error) if error.kind() != ErrorKind::UnexpectedEof => {
                Err(damaged(path, format!("the file starts as {kind} but is damaged ({error})")))
            }
            DecodeError::IoError(_) => {
                Err(damaged(path, format!("the file starts as {kind} but is cut off")))
            }
            // The demuxer also gives up on whole files whose video it does not know (HEVC with long headers):
            // only when the outside program fails too is the file taken for damaged.
            error if kind == ContentKind::Mp4 && ffmpeg_is_present() => {
                let what = format!("holds {kind} of a sort that is not decoded here");
                outside_program::decode(path, &what, collector)
                    .map_err(|_| damaged(path, format!("the file starts as {kind} but is damaged ({error})")))
            }
            error => Err(damaged(path, format!("the file starts as {kind} but is damaged ({error})"))),
        },
    }
}

/// How long the container says that the decoded sound is.
struct Promise {
    seconds: f64,
    /// How much may be missing without a complaint.
    tolerance: f64,
    /// Guessed from the size of the file.
    is_estimate: bool,
}

impl Promise {
    fn of(track: &Track, kind: ContentKind) -> Option<Self> {
        let rate = track.codec_params.as_ref()?.audio()?.sample_rate.filter(|&rate| rate > 0)?;
        let from_duration = || Some(track.time_base?.calc_duration(track.duration?)?.as_secs_f64());
        let from_frames = || Some(track.num_frames? as f64 / f64::from(rate));
        let seconds = match kind {
            ContentKind::Mp4 | ContentKind::Matroska => from_duration().or_else(from_frames),
            _ => from_frames().or_else(from_duration),
        }?;
        // A count of zero is what recorders leave that never came back to fill it in.
        (seconds > 0.0).then_some(Self {
            seconds,
            tolerance: match kind {
                ContentKind::Wav | ContentKind::Flac => 0.5 / f64::from(rate),
                _ => 0.15,
            },
            is_estimate: match kind {
                // Only the encoder's tag tells the run-up; without it the length is a guess.
                ContentKind::Mp3 => track.delay.is_none(),
                ContentKind::Wav | ContentKind::Flac | ContentKind::Mp4 | ContentKind::Ogg => false,
                // Matroska states the length of the longest track.
                _ => true,
            },
        })
    }
}

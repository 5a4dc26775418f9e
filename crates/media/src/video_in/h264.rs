//! The built-in reader: H.264 in MP4, decoded by OpenH264.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use super::constant_rate::ConstantRate;
use super::mp4::{Movie, VideoTrack};
use super::sps::{self, SequenceParameters};
use super::{INSTALL_FFMPEG, Position, VideoReadOptions};
use crate::colour::{ColourMatrix, Planes};
use crate::{Limits, MediaError, Picture, Result};

/// Streams the pictures of one track, one decoded picture at a time.
pub(crate) struct H264Reader {
    path: PathBuf,
    file: File,
    decoder: Decoder,
    limits: Limits,
    track: VideoTrack,
    colours: ColourMatrix,
    size: (usize, usize),
    length_size: usize,
    /// In the order of showing, which is the order in which the decoder gives pictures out.
    schedule: Vec<Showing>,
    /// Pictures that came out of the decoder.
    decoded: usize,
    next_sample: usize,
    flushed: bool,
    /// Came out when the decoder was emptied at the end.
    drained: VecDeque<Option<Picture>>,
    clock: Option<ConstantRate>,
    from: Position,
    to: Option<Position>,
    /// Frames of the output passed so far, shown or skipped.
    position: u64,
    /// The source picture that is shown until the next one takes over.
    held: Option<Picture>,
    /// How often the picture in `ready` is still to be given out.
    copies: u64,
    ready: Option<Picture>,
    ended: bool,
}

#[derive(Clone, Copy)]
struct Showing {
    at: i64,
    shown: bool,
}

impl H264Reader {
    /// Takes over a parsed movie.
    pub fn new(path: &Path, movie: Movie, options: &VideoReadOptions) -> Result<Self> {
        let unsupported = |what: String| MediaError::Unsupported {
            path: path.to_owned(),
            what,
            hint: INSTALL_FFMPEG.into(),
        };
        if movie.fragmented {
            return Err(unsupported("is a fragmented MP4".into()));
        }
        let Some(mut track) = movie.video else {
            return Err(super::no_video(path, movie.has_audio));
        };
        let Some(avc) = track.avc.take().filter(|_| track.coding.starts_with("avc")) else {
            return Err(unsupported(format!(
                "holds {} video; only H.264 is read without the ffmpeg program",
                coding_name(&track.coding)
            )));
        };
        let parameters =
            avc.sequence_parameter_sets.first().and_then(|nal| sps::parse(nal)).ok_or_else(|| {
                MediaError::Damaged {
                    path: path.to_owned(),
                    what: "has a damaged H.264 parameter set".into(),
                }
            })?;
        check_parameters(path, &parameters, &options.limits)?;
        if !track.samples.iter().any(|sample| sample.shown) {
            return Err(MediaError::Empty { path: path.to_owned(), what: "has no pictures".into() });
        }

        let file = File::open(path).map_err(|error| MediaError::io(path, error))?;
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let mut decoder = Decoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|error| unsupported(format!("OpenH264 does not start ({error})")))?;
        let mut start = Vec::new();
        for nal in avc.sequence_parameter_sets.iter().chain(&avc.picture_parameter_sets) {
            start.extend_from_slice(&[0, 0, 0, 1]);
            start.extend_from_slice(nal);
        }
        decoder.decode(&start).map_err(|error| MediaError::Damaged {
            path: path.to_owned(),
            what: format!("has damaged H.264 parameter sets ({error})"),
        })?;

        let mut schedule: Vec<Showing> =
            track.samples.iter().map(|s| Showing { at: s.shown_at, shown: s.shown }).collect();
        schedule.sort_by_key(|showing| showing.at);
        // The bitstream's own statement goes before the container's, as in ffmpeg.
        let (matrix, full_range) = match (parameters.matrix, track.colours) {
            (2, Some((code, full))) => (code, full || parameters.full_range),
            (code, _) => (code, parameters.full_range),
        };
        let clock = options.rate.map(|rate| ConstantRate::new(rate, track.timescale));
        Ok(Self {
            path: path.to_owned(),
            file,
            decoder,
            limits: options.limits.clone(),
            colours: ColourMatrix::from_code(matrix, full_range),
            size: (parameters.width as usize, parameters.height as usize),
            length_size: usize::from(avc.length_size),
            schedule,
            track,
            decoded: 0,
            next_sample: 0,
            flushed: false,
            drained: VecDeque::new(),
            clock,
            from: options.from.unwrap_or(Position::Frame(0)),
            to: options.to,
            position: 0,
            held: None,
            copies: 0,
            ready: None,
            ended: false,
        })
    }

    /// The track, for its size, rate and length.
    pub fn track(&self) -> &VideoTrack {
        &self.track
    }

    /// Width and height as decoded, before turning.
    pub fn coded_size(&self) -> (usize, usize) {
        self.size
    }

    /// The next picture of the output.
    pub fn next_picture(&mut self) -> Option<Result<Picture>> {
        if self.ended {
            return None;
        }
        let next = self.advance();
        if !matches!(next, Ok(Some(_))) {
            self.ended = true;
        }
        next.transpose()
    }

    fn advance(&mut self) -> Result<Option<Picture>> {
        loop {
            while self.copies > 0 {
                self.copies -= 1;
                let position = self.position;
                self.position += 1;
                if self.clock.is_some() && self.is_past_end(position, 0) {
                    return Ok(None);
                }
                let picture = if self.copies == 0 { self.ready.take() } else { self.ready.clone() };
                if self.clock.is_none() || !self.is_before_start(position, 0) {
                    return Ok(picture);
                }
            }
            let Some((at, picture)) = self.next_shown()? else {
                // The end of the last picture.
                if let (Some(clock), Some(held)) = (&mut self.clock, self.held.take()) {
                    self.copies = clock.advance(self.track.duration);
                    self.ready = Some(held);
                    if self.copies > 0 {
                        continue;
                    }
                }
                return Ok(None);
            };
            match &mut self.clock {
                Some(clock) => {
                    if let Some(held) = self.held.replace(picture) {
                        self.copies = clock.advance(at);
                        self.ready = Some(held);
                    }
                }
                None => {
                    let position = self.position;
                    if self.is_past_end(position, at) {
                        return Ok(None);
                    }
                    if self.is_before_start(position, at) {
                        self.position += 1;
                    } else {
                        self.copies = 1;
                        self.ready = Some(picture);
                    }
                }
            }
        }
    }

    /// Whether output frame `position` (without a rate: shown at `at`) lies before the asked range.
    fn is_before_start(&self, position: u64, at: i64) -> bool {
        self.compare(self.from, position, at)
    }

    fn is_past_end(&self, position: u64, at: i64) -> bool {
        self.to.is_some_and(|to| !self.compare(to, position, at))
    }

    /// Whether the frame lies before `bound`.
    fn compare(&self, bound: Position, position: u64, at: i64) -> bool {
        match (bound, &self.clock) {
            (Position::Frame(frame), _) => position < frame,
            (Position::Time { numerator, denominator }, None) => {
                i128::from(at) * i128::from(denominator)
                    < i128::from(numerator) * i128::from(self.track.timescale)
            }
            (time @ Position::Time { .. }, Some(clock)) => position < time.frame_at(clock.rate()),
        }
    }

    /// The next decoded picture that the edit list shows, turned upright, with its time.
    fn next_shown(&mut self) -> Result<Option<(i64, Picture)>> {
        loop {
            let Some(picture) = self.next_decoded()? else { return Ok(None) };
            let Some(showing) = self.schedule.get(self.decoded) else { return Ok(None) };
            let showing = *showing;
            self.decoded += 1;
            if let Some(picture) = picture.filter(|_| showing.shown) {
                return Ok(Some((showing.at, self.track.orientation.apply(picture)?)));
            }
        }
    }

    /// The next picture out of the decoder; the inner `None` is one that nobody will see.
    fn next_decoded(&mut self) -> Result<Option<Option<Picture>>> {
        let mut packet = Vec::new();
        while self.next_sample < self.track.samples.len() {
            self.read_sample(&mut packet)?;
            self.next_sample += 1;
            let wanted = self.schedule.get(self.decoded).is_some_and(|showing| showing.shown);
            let (colours, size) = (self.colours, self.size);
            match self.decoder.decode(&packet) {
                Ok(Some(image)) => return to_picture(&self.path, colours, size, &image, wanted).map(Some),
                Ok(None) => {}
                Err(error) => {
                    return Err(MediaError::Damaged {
                        path: self.path.clone(),
                        what: format!("picture {} does not decode ({error})", self.next_sample),
                    });
                }
            }
        }
        if !self.flushed {
            self.flushed = true;
            let (colours, size, path) = (self.colours, self.size, &self.path);
            let images = self.decoder.flush_remaining().map_err(|error| MediaError::Damaged {
                path: path.clone(),
                what: format!("its last pictures do not decode ({error})"),
            })?;
            for image in &images {
                self.drained.push_back(to_picture(path, colours, size, image, true)?);
            }
        }
        match self.drained.pop_front() {
            Some(picture) => Ok(Some(picture)),
            None if self.decoded < self.schedule.len() => Err(MediaError::Damaged {
                path: self.path.clone(),
                what: format!("only {} of {} pictures decode", self.decoded, self.schedule.len()),
            }),
            None => Ok(None),
        }
    }

    /// Reads one coded picture and puts start codes in the place of lengths.
    fn read_sample(&mut self, packet: &mut Vec<u8>) -> Result<()> {
        let sample = self.track.samples[self.next_sample];
        let cut_off = |path: &Path| MediaError::Damaged {
            path: path.to_owned(),
            what: format!("picture {} is damaged", self.next_sample + 1),
        };
        let mut coded = vec![0u8; sample.size as usize];
        self.file
            .seek(SeekFrom::Start(sample.offset))
            .and_then(|_| self.file.read_exact(&mut coded))
            .map_err(|error| MediaError::io(&self.path, error))?;
        packet.clear();
        let mut rest = &coded[..];
        while !rest.is_empty() {
            let (length, after) =
                rest.split_at_checked(self.length_size).ok_or_else(|| cut_off(&self.path))?;
            let length = length.iter().fold(0usize, |sum, &byte| sum << 8 | usize::from(byte));
            let (nal, after) = after.split_at_checked(length).ok_or_else(|| cut_off(&self.path))?;
            // A parameter set in the stream could ask for any size: checked before it is decoded.
            if let Some(parameters) = sps::parse(nal) {
                check_parameters(&self.path, &parameters, &self.limits)?;
            }
            packet.extend_from_slice(&[0, 0, 0, 1]);
            packet.extend_from_slice(nal);
            rest = after;
        }
        Ok(())
    }
}

fn check_parameters(path: &Path, parameters: &SequenceParameters, limits: &Limits) -> Result<()> {
    limits.check_picture_size(path, u64::from(parameters.width), u64::from(parameters.height))?;
    let what = if parameters.chroma_format != 1 || parameters.bit_depth != 8 {
        "holds H.264 that is not 8-bit 4:2:0"
    } else if !parameters.progressive {
        "holds interlaced H.264"
    } else {
        return Ok(());
    };
    Err(MediaError::Unsupported { path: path.to_owned(), what: what.into(), hint: INSTALL_FFMPEG.into() })
}

fn to_picture(
    path: &Path,
    colours: ColourMatrix,
    size: (usize, usize),
    image: &DecodedYUV<'_>,
    wanted: bool,
) -> Result<Option<Picture>> {
    if !wanted {
        return Ok(None);
    }
    if image.dimensions() != size {
        return Err(MediaError::Unsupported {
            path: path.to_owned(),
            what: "changes its picture size on the way".into(),
            hint: INSTALL_FFMPEG.into(),
        });
    }
    let (width, height) = size;
    let (y_stride, chroma_stride, _) = image.strides();
    let planes = Planes { y: image.y(), u: image.u(), v: image.v(), y_stride, chroma_stride };
    let mut rgb = vec![0u8; width * height * 3];
    colours.to_rgb(&planes, width, height, &mut rgb);
    Picture::from_rgb(width, height, rgb).map(Some)
}

/// The name people use for a sample entry's four letters.
fn coding_name(coding: &str) -> String {
    match coding {
        "hvc1" | "hev1" => "H.265 (HEVC)".into(),
        "av01" => "AV1".into(),
        "vp09" => "VP9".into(),
        "vp08" => "VP8".into(),
        "mp4v" => "MPEG-4 part 2".into(),
        "jpeg" | "mjpa" | "mjpb" => "motion JPEG".into(),
        "apch" | "apcn" | "apcs" | "apco" | "ap4h" | "ap4x" => "ProRes".into(),
        other => format!("“{other}”"),
    }
}

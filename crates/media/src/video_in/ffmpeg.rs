//! The reader through the `ffmpeg` program: raw RGB over a pipe, one frame at a time.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::orientation::Orientation;
use super::programs::{Complaints, Programs, file_url, shorten};
use super::{Position, VideoReadOptions};
use crate::{FrameRate, Limits, MediaError, Picture, Result};

/// Protocols a file may lead to: nothing that leaves this machine.
const PROTOCOLS: [&str; 2] = ["-protocol_whitelist", "file,pipe,data,crypto"];
const MICROSECONDS: u32 = 1_000_000;

/// What `ffprobe` says about a file's first video stream.
#[derive(Debug)]
pub(crate) struct Probe {
    stream: u64,
    /// After turning.
    pub width: usize,
    /// After turning.
    pub height: usize,
    pub rotation: u16,
    pub source_rate: FrameRate,
    /// Pictures in the file, where it says so.
    pub source_frames: Option<u64>,
    /// From the start of the file to the end of its last picture, in microseconds.
    pub duration: Option<i64>,
    pub has_audio: bool,
}

/// Asks `ffprobe`, which decodes at most a few frames, and checks the limits.
pub(crate) fn probe(programs: &Programs, path: &Path, limits: &Limits) -> Result<Probe> {
    let output = Command::new(&programs.ffprobe)
        .args(["-v", "error", "-of", "json", "-show_streams", "-show_format"])
        .args(PROTOCOLS)
        .arg(file_url(path))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| MediaError::io(&programs.ffprobe, error))?;
    let damaged = |what: String| MediaError::Damaged { path: path.to_owned(), what };
    if !output.status.success() {
        let said = shorten(&String::from_utf8_lossy(&output.stderr));
        let said = said.replace(&format!("file:{}: ", path.display()), "");
        return Err(damaged(format!("is not a video, or is damaged ({said})")));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| damaged(format!("ffprobe's answer about it makes no sense ({error})")))?;
    interpret(&answer, path, limits)
}

fn interpret(answer: &Value, path: &Path, limits: &Limits) -> Result<Probe> {
    let format = &answer["format"];
    let format_name = format["format_name"].as_str().unwrap_or("");
    let streams = answer["streams"].as_array().map_or(&[][..], Vec::as_slice);
    let has_audio = streams.iter().any(|stream| stream["codec_type"] == "audio");
    let is_picture = |stream: &Value| stream["disposition"]["attached_pic"] == 1;
    // A single picture and a text file are videos, too, in ffmpeg's eyes.
    let single = format_name.ends_with("_pipe") || ["image2", "tty"].contains(&format_name);
    let stream = streams.iter().find(|stream| stream["codec_type"] == "video" && !is_picture(stream));
    let Some(stream) = stream.filter(|_| !single) else {
        return Err(super::no_video(path, has_audio));
    };

    let side = |key: &str| stream[key].as_u64().unwrap_or(0);
    limits.check_picture_size(path, side("width"), side("height"))?;
    let turn = stream["side_data_list"]
        .as_array()
        .and_then(|list| list.iter().find_map(|data| number(&data["rotation"])))
        .map(|counter_clockwise| -counter_clockwise)
        .or_else(|| number(&stream["tags"]["rotate"]))
        .unwrap_or(0.0);
    let orientation = Orientation::from_clockwise_degrees(turn.round() as i64);
    let (width, height) = orientation.size(side("width") as usize, side("height") as usize);

    let rate = |key: &str| stream[key].as_str().and_then(parse_rate);
    let source_rate = rate("avg_frame_rate").or_else(|| rate("r_frame_rate")).unwrap_or(FrameRate::MOTION);
    let source_frames = number(&stream["nb_frames"]).map(|count| count as u64).filter(|&count| count > 0);
    let file_start = number(&format["start_time"]).unwrap_or(0.0);
    let stream_start = number(&stream["start_time"]).map_or(0.0, |start| start - file_start);
    let duration = number(&stream["duration"])
        .map(|length| length + stream_start)
        .or_else(|| number(&format["duration"]))
        .map(|seconds| (seconds * f64::from(MICROSECONDS)).round() as i64);
    if let Some(duration) = duration {
        super::check_length(path, limits, duration as f64 / f64::from(MICROSECONDS), source_frames)?;
    }
    Ok(Probe {
        stream: side("index"),
        width,
        height,
        rotation: orientation.clockwise_degrees(),
        source_rate,
        source_frames,
        duration,
        has_audio,
    })
}

/// ffprobe writes most numbers as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
}

fn parse_rate(text: &str) -> Option<FrameRate> {
    let (numerator, denominator) = text.split_once('/')?;
    FrameRate::new(numerator.parse().ok()?, denominator.parse().ok()?)
}

/// A running `ffmpeg`; it is ended when this is dropped.
pub(crate) struct FfmpegReader {
    path: PathBuf,
    child: Child,
    output: ChildStdout,
    complaints: Complaints,
    width: usize,
    height: usize,
    frames: u64,
    most_frames: u64,
    /// How many there should be, where that is known.
    expected: Option<u64>,
    ended: bool,
}

impl FfmpegReader {
    /// Starts decoding. `expected` is the number of frames that should come.
    pub fn start(
        programs: &Programs,
        path: &Path,
        probe: &Probe,
        options: &VideoReadOptions,
        expected: Option<u64>,
    ) -> Result<Self> {
        let mut child = Command::new(&programs.ffmpeg)
            .args(["-hide_banner", "-nostdin", "-v", "error"])
            .args(PROTOCOLS)
            .arg("-i")
            .arg(file_url(path))
            .args(["-map", &format!("0:{}", probe.stream), "-vf"])
            .arg(filters(options))
            .args(programs.passthrough_option())
            .args(["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| MediaError::io(&programs.ffmpeg, error))?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            let _ = child.kill();
            let _ = child.wait();
            let error = std::io::Error::new(ErrorKind::BrokenPipe, "its output cannot be read");
            return Err(MediaError::io(&programs.ffmpeg, error));
        };
        Ok(Self {
            path: path.to_owned(),
            child,
            output,
            complaints: Complaints::collect(errors),
            width: probe.width,
            height: probe.height,
            frames: 0,
            most_frames: options.limits.max_video_frames,
            expected,
            ended: false,
        })
    }

    /// The next picture of the output.
    pub fn next_picture(&mut self) -> Option<Result<Picture>> {
        if self.ended {
            return None;
        }
        let next = self.read_frame();
        if !matches!(next, Ok(Some(_))) {
            self.ended = true;
        }
        next.transpose()
    }

    fn read_frame(&mut self) -> Result<Option<Picture>> {
        let mut rgb = vec![0u8; self.width * self.height * 3];
        let mut got = 0;
        while got < rgb.len() {
            match self.output.read(&mut rgb[got..]) {
                Ok(0) => break,
                Ok(read) => got += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(MediaError::io(&self.path, error)),
            }
        }
        if got < rgb.len() {
            return self.finish(got > 0).map(|()| None);
        }
        self.frames += 1;
        if self.frames > self.most_frames {
            return Err(MediaError::TooLarge {
                path: self.path.clone(),
                what: format!("has more than {} frames", self.most_frames),
            });
        }
        Picture::from_rgb(self.width, self.height, rgb).map(Some)
    }

    /// Judges the end of the stream.
    fn finish(&mut self, cut_short: bool) -> Result<()> {
        let status = self.child.wait().map_err(|error| MediaError::io(&self.path, error))?;
        let said = self.complaints.text();
        let said = said.replace(&format!("file:{}: ", self.path.display()), "");
        let brackets = if said.is_empty() { String::new() } else { format!(" ({said})") };
        // A container's own count may be off by a frame or two; without a complaint it is believed.
        let missing = self.expected.is_some_and(|expected| self.frames + 2 < expected);
        if !status.success() || cut_short || (missing && !said.is_empty()) {
            return Err(MediaError::Damaged {
                path: self.path.clone(),
                what: format!("decodes only as far as frame {}{brackets}", self.frames),
            });
        }
        if self.frames == 0 {
            return Err(MediaError::Empty {
                path: self.path.clone(),
                what: format!("has no pictures in the part that was asked for{brackets}"),
            });
        }
        Ok(())
    }
}

impl Drop for FfmpegReader {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The filter chain: constant rate, counted from the file's start, then the asked range.
fn filters(options: &VideoReadOptions) -> OsString {
    let mut chain = Vec::new();
    if let Some(rate) = options.rate {
        chain.push(format!("fps={}/{}:start_time=0", rate.numerator(), rate.denominator()));
    }
    let bound = |name: &str, position: Position| match (position, options.rate) {
        (Position::Frame(frame), _) => format!("{name}_frame={frame}"),
        (time @ Position::Time { .. }, Some(rate)) => format!("{name}_frame={}", time.frame_at(rate)),
        (Position::Time { numerator, denominator }, None) => {
            let ticks = u128::from(numerator) * u128::from(MICROSECONDS);
            format!("{name}={}us", ticks.div_ceil(u128::from(denominator.max(1))))
        }
    };
    let bounds: Vec<String> = [("start", options.from), ("end", options.to)]
        .into_iter()
        .filter_map(|(name, position)| position.map(|position| bound(name, position)))
        .collect();
    if !bounds.is_empty() {
        chain.push(format!("trim={}", bounds.join(":")));
    }
    if chain.is_empty() { "null".into() } else { chain.join(",").into() }
}

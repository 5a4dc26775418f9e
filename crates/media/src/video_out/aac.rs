//! Sound to AAC through the `ffmpeg` program; the packets go into our own file.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::video_in::INSTALL_FFMPEG;
use crate::video_in::programs::{Complaints, Programs};
use crate::{Audio, MediaError, Result};

/// Samples per second of the coded sound.
pub(crate) const RATE: u32 = 48_000;
/// Samples of a packet.
pub(crate) const PACKET_LENGTH: u32 = 1024;
/// Samples that ffmpeg's encoder puts before the first one.
pub(crate) const PRIMING: u64 = 1024;

const BIT_RATE: &str = "128k";
const HEADER: usize = 7;
const HEADER_WITH_CHECKSUM: usize = 9;

/// A whole recording in packets.
pub(crate) struct Coded {
    /// AudioSpecificConfig of ISO/IEC 14496-3.
    pub configuration: Vec<u8>,
    pub packets: VecDeque<Vec<u8>>,
}

/// Codes `audio`; `path` is only for error messages.
pub(crate) fn encode(path: &Path, audio: Audio) -> Result<Coded> {
    let programs = Programs::find().ok_or_else(|| MediaError::Unsupported {
        path: path.to_owned(),
        what: "is to have AAC sound, which only the ffmpeg program can make".into(),
        hint: format!("{INSTALL_FFMPEG}, or keep the default sound (Opus)"),
    })?;
    let audio = if audio.rate == RATE { audio } else { audio.resampled(RATE)? };
    let started = |error| MediaError::io(&programs.ffmpeg, error);
    let mut child = Command::new(&programs.ffmpeg)
        .args(["-hide_banner", "-v", "error", "-f", "f32le", "-ar", &RATE.to_string(), "-ac", "1"])
        .args(["-i", "pipe:0", "-c:a", "aac", "-b:a", BIT_RATE, "-f", "adts", "pipe:1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(started)?;
    let (Some(mut input), Some(mut output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(started(ErrorKind::BrokenPipe.into()));
    };
    let mut complaints = Complaints::collect(errors);
    let feeder = std::thread::spawn(move || {
        for block in audio.samples.chunks(8192) {
            let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            // A pipe that closes early shows in the program's end.
            if input.write_all(&bytes).is_err() {
                break;
            }
        }
    });
    let mut stream = Vec::new();
    let read = output.read_to_end(&mut stream);
    let status = child.wait().map_err(started)?;
    let _ = feeder.join();
    read.map_err(started)?;
    let failed = |what: String| {
        let error = std::io::Error::other(format!("ffmpeg could not code the sound as AAC ({what})"));
        MediaError::io(path, error)
    };
    if !status.success() {
        return Err(failed(complaints.text()));
    }
    split(&stream).ok_or_else(|| failed("its output makes no sense".into()))
}

/// Takes an ADTS stream apart (ISO/IEC 13818-7, 6.2).
fn split(stream: &[u8]) -> Option<Coded> {
    let mut packets = VecDeque::new();
    let mut configuration = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let head = rest.first_chunk::<HEADER>()?;
        if head[0] != 0xff || head[1] & 0xf0 != 0xf0 {
            return None;
        }
        let header = if head[1] & 1 == 1 { HEADER } else { HEADER_WITH_CHECKSUM };
        let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
        let (frame, after) = rest.split_at_checked(length)?;
        packets.push_back(frame.get(header..)?.to_vec());
        if configuration.is_empty() {
            let object_type = u16::from(head[2] >> 6) + 1;
            let rate_index = u16::from(head[2] >> 2 & 0xf);
            let channels = u16::from(head[2] & 1) << 2 | u16::from(head[3] >> 6);
            configuration = (object_type << 11 | rate_index << 7 | channels << 3).to_be_bytes().to_vec();
        }
        rest = after;
    }
    (!packets.is_empty()).then_some(Coded { configuration, packets })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_stream_apart() {
        // Two frames of low-complexity AAC, 48 kHz, one channel, of 2 and 1 bytes.
        let head = |length: u8| [0xff, 0xf1, 0x4c, 0x40, length >> 3, length << 5 | 0x1f, 0xfc];
        let mut stream = head(9).to_vec();
        stream.extend([1, 2]);
        stream.extend(head(8));
        stream.push(3);
        let coded = split(&stream).unwrap();
        assert_eq!(coded.packets, [vec![1, 2], vec![3]]);
        assert_eq!(coded.configuration, [0x11, 0x88]);
        assert!(split(&stream[..12]).is_none());
        assert!(split(b"no AAC at all").is_none());
    }
}

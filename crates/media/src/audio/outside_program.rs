//! Sound that nothing here decodes, through the `ffmpeg` program where it is installed.

use std::ffi::OsString;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::decode::Collector;
use crate::video_in::INSTALL_FFMPEG;
use crate::video_in::programs::Programs;
use crate::{MediaError, Result};

/// Ends the program when reading stops early, by an error or by the length limit.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Decodes the first sound track of `path` into `collector`. `what` says what could not be decoded
/// here, for the error when the program is missing or fails too.
pub(super) fn decode(path: &Path, what: &str, collector: &mut Collector) -> Result<()> {
    decode_by(Programs::find(), path, what, collector)
}

fn decode_by(programs: Option<Programs>, path: &Path, what: &str, collector: &mut Collector) -> Result<()> {
    let unsupported = |hint: &str| MediaError::Unsupported {
        path: path.to_owned(),
        what: what.to_owned(),
        hint: hint.to_owned(),
    };
    let missing = || unsupported(&format!("{INSTALL_FFMPEG}, or save the recording as WAV or FLAC"));
    let Some(programs) = programs else { return Err(missing()) };
    // The prefix keeps names that look like options or addresses from being taken as such.
    let mut input = OsString::from("file:");
    input.push(path);
    let child = Command::new(&programs.ffmpeg)
        .args(["-nostdin", "-v", "quiet", "-i"])
        .arg(input)
        .args(["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "-bitexact", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = child else { return Err(missing()) };
    let mut child = Running(child);
    let Some(output) = child.0.stdout.take() else {
        return Err(unsupported("save the recording as WAV or FLAC"));
    };
    collector.notes_mut().codec = "through ffmpeg".into();
    let mut output = BufReader::new(output);
    let decoded = match read_format(&mut output) {
        Ok((rate, channels)) => {
            collector.set_rate(rate)?;
            read_samples(&mut output, channels, collector)?
        }
        Err(_) => false,
    };
    drop(output);
    let succeeded = child.0.wait().is_ok_and(|status| status.success());
    match (decoded, succeeded) {
        (true, true) => Ok(()),
        (true, false) if collector.len() > 0 => Err(MediaError::Damaged {
            path: path.to_owned(),
            what: format!("the recording is damaged after {} samples", collector.len()),
        }),
        _ => Err(unsupported("save the recording as WAV or FLAC; ffmpeg cannot read it either")),
    }
}

/// The head of a WAV stream of 32-bit floats: rate and channels; afterwards come the samples.
fn read_format(stream: &mut BufReader<ChildStdout>) -> std::io::Result<(u32, usize)> {
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    let mut format = None;
    loop {
        let mut chunk = [0; 8];
        stream.read_exact(&mut chunk)?;
        let size = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        if &chunk[..4] == b"data" {
            return format.ok_or_else(|| ErrorKind::InvalidData.into());
        }
        let mut content = Vec::new();
        stream.take(u64::from(size) + u64::from(size % 2)).read_to_end(&mut content)?;
        if let (b"fmt ", Some(&[_, _, c0, c1, r0, r1, r2, r3])) = (&chunk[..4], content.first_chunk::<8>()) {
            let rate = u32::from_le_bytes([r0, r1, r2, r3]);
            format = Some((rate, usize::from(u16::from_le_bytes([c0, c1])).max(1)));
        }
    }
}

fn read_samples(
    stream: &mut BufReader<ChildStdout>,
    channels: usize,
    collector: &mut Collector,
) -> Result<bool> {
    let mut bytes = vec![0; 4096 * channels * 4];
    let mut block = Vec::with_capacity(4096 * channels);
    loop {
        let mut filled = 0;
        while filled < bytes.len() {
            match stream.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(false),
            }
        }
        block.clear();
        block.extend(
            bytes[..filled]
                .chunks_exact(4)
                .map(|sample| f32::from_le_bytes([sample[0], sample[1], sample[2], sample[3]])),
        );
        collector.push(&block, channels)?;
        if filled < bytes.len() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn without_the_program_the_error_says_what_to_install() {
        let (path, limits) = (Path::new("speech.mka"), Limits::default());
        let error =
            decode_by(None, path, "its sound is AC-3", &mut Collector::new(path, &limits)).unwrap_err();
        assert!(matches!(error, MediaError::Unsupported { .. }));
        assert!(error.to_string().contains("speech.mka: its sound is AC-3"));
        assert!(error.hint().unwrap().contains("ffmpeg"));
    }
}

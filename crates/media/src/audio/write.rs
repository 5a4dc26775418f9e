//! Writing WAV files.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::Audio;
use crate::{MediaError, OutputFile, Result};

/// Writes a mono 16-bit PCM WAV file; it appears under `path` only when it is whole. Samples outside
/// [-1, 1] are cut to it, and what is not a number becomes zero.
///
/// # Errors
/// [`MediaError::Io`]: `path` cannot be written; [`MediaError::Argument`]: more than 4 GiB of samples,
/// which WAV cannot store.
pub fn write_wav(path: &Path, audio: &Audio) -> Result<()> {
    const HEADER: u64 = 36;
    let data_bytes = audio.samples.len() as u64 * 2;
    let Ok(riff_bytes) = u32::try_from(data_bytes + HEADER) else {
        return Err(MediaError::Argument(format!(
            "{} samples are more than a WAV file can hold",
            audio.samples.len()
        )));
    };
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&riff_bytes.to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16u32.to_le_bytes());
    header.extend_from_slice(&1u16.to_le_bytes()); // integer PCM
    header.extend_from_slice(&1u16.to_le_bytes()); // one channel
    header.extend_from_slice(&audio.rate.to_le_bytes());
    header.extend_from_slice(&audio.rate.saturating_mul(2).to_le_bytes());
    header.extend_from_slice(&2u16.to_le_bytes()); // bytes a frame
    header.extend_from_slice(&16u16.to_le_bytes()); // bits a sample
    header.extend_from_slice(b"data");
    header.extend_from_slice(&(riff_bytes - HEADER as u32).to_le_bytes());

    let mut output = OutputFile::create(path)?;
    let mut target = BufWriter::new(&mut output);
    let written = target
        .write_all(&header)
        .and_then(|()| {
            audio.samples.iter().try_for_each(|&sample| target.write_all(&to_i16(sample).to_le_bytes()))
        })
        .and_then(|()| target.flush());
    drop(target);
    written.map_err(|error| output.error(error))?;
    output.persist()
}

/// [-1, 1) to the whole 16-bit range, rounded; the inverse of the division by 32768 when reading.
fn to_i16(sample: f32) -> i16 {
    // `as` saturates and maps NaN to zero.
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::to_i16;

    #[test]
    fn sixteen_bit_values_survive_the_round_trip() {
        for value in i16::MIN..=i16::MAX {
            assert_eq!(to_i16(f32::from(value) / 32_768.0), value);
        }
        assert_eq!(to_i16(1.0), i16::MAX);
        assert_eq!(to_i16(f32::NAN), 0);
        assert_eq!(to_i16(f32::NEG_INFINITY), i16::MIN);
    }
}

//! A recording of a wanted length, from the demo speech said over and over.

use std::path::Path;

use crate::error::ChoreError;

/// Reads a 16-bit PCM WAV file, repeats or cuts its samples to `seconds`, and writes that as WAV.
pub fn write_looped(source: &Path, seconds: u32, target: &Path) -> Result<(), ChoreError> {
    let bytes = std::fs::read(source).map_err(ChoreError::file("read", source))?;
    let looped = looped(&bytes, seconds).map_err(|detail| ChoreError::Unexpected {
        what: source.display().to_string(),
        detail: detail.to_owned(),
    })?;
    std::fs::write(target, looped).map_err(ChoreError::file("write", target))
}

fn looped(wav: &[u8], seconds: u32) -> Result<Vec<u8>, &'static str> {
    let format = chunk(wav, b"fmt ").ok_or("it has no `fmt ` chunk")?;
    let data = chunk(wav, b"data").ok_or("it has no `data` chunk")?;
    let [1, 0, channels, 0, r0, r1, r2, r3, _, _, _, _, frame, 0, 16, 0] =
        *format.get(..16).ok_or("it is cut short")?
    else {
        return Err("it is not 16-bit PCM");
    };
    let frame_bytes = usize::from(frame);
    if data.len() < frame_bytes || frame_bytes != usize::from(channels) * 2 {
        return Err("it has no samples");
    }
    let rate = u32::from_le_bytes([r0, r1, r2, r3]);
    let length = seconds.checked_mul(rate).and_then(|frames| frames.checked_mul(u32::from(frame)));
    let length = length.filter(|length| *length < u32::MAX - 36).ok_or("the wanted length is too long")?;
    let whole = &data[..data.len() / frame_bytes * frame_bytes];
    let mut out = Vec::with_capacity(44 + length as usize);
    out.extend(b"RIFF");
    out.extend((36 + length).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend(&format[..16]);
    out.extend(b"data");
    out.extend(length.to_le_bytes());
    out.extend(whole.iter().cycle().take(length as usize));
    Ok(out)
}

/// The content of the first RIFF chunk of a name.
fn chunk<'a>(wav: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = wav.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    loop {
        let (head, body) = rest.split_at_checked(8)?;
        let length = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
        if &head[..4] == name {
            return body.get(..length);
        }
        rest = body.get(length + length % 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(samples: &[i16]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0".to_vec();
        out.extend(4_u32.to_le_bytes());
        out.extend(8_u32.to_le_bytes());
        out.extend([2, 0, 16, 0]);
        out.extend(b"data");
        out.extend((samples.len() as u32 * 2).to_le_bytes());
        out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        out
    }

    #[test]
    fn samples_are_repeated_and_cut() {
        let long = looped(&wav(&[1, 2, 3]), 2).unwrap();
        let samples: Vec<u8> = long[44..].iter().step_by(2).copied().collect();
        assert_eq!(samples, [1, 2, 3, 1, 2, 3, 1, 2]);
        assert_eq!(chunk(&long, b"data").unwrap().len(), 16);
        assert_eq!(looped(&long, 1).unwrap()[44..].len(), 8);
    }

    #[test]
    fn other_files_are_refused() {
        assert!(looped(b"RIFF", 1).is_err());
        assert!(looped(&wav(&[]), 1).is_err());
        let mut floats = wav(&[1]);
        floats[32] = 3;
        assert!(looped(&floats, 1).is_err());
    }
}

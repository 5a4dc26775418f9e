//! The edit list of an mp4's sound track (ISO/IEC 14496-12, 8.6.6): which part of the coded sound is
//! heard, and when it begins. Encoders put 20 to 50 ms of run-up in front of the sound, which would
//! otherwise delay the lips by a frame.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// The largest table of contents that is looked at.
const MAX_MOOV: u64 = 256 << 20;

/// What of the coded sound is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Edits {
    /// Seconds of silence before it begins.
    pub silence: f64,
    /// Seconds of coded sound that are not heard.
    pub skip: f64,
    /// Seconds that are heard; `None` for all of the rest.
    pub duration: Option<f64>,
}

/// Reads the edit lists of all tracks that have one, with the track's number; lists that are more than
/// one simple cut are left out. The file's position is changed.
pub(super) fn read(file: &mut File) -> Vec<(u32, Edits)> {
    table_of_contents(file).map(|moov| from_moov(&moov)).unwrap_or_default()
}

fn table_of_contents(file: &mut File) -> Option<Vec<u8>> {
    let length = file.metadata().ok()?.len();
    let mut at = 0;
    // Not more than a handful of boxes lie at the top, save in fragmented files.
    for _ in 0..10_000 {
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut head = [0; 16];
        file.read_exact(&mut head[..8]).ok()?;
        let (mut header, mut size) = (8, u64::from(u32_at(&head, 0)?));
        if size == 1 {
            file.read_exact(&mut head[8..]).ok()?;
            header = 16;
            size = u64_at(&head, 8)?;
        } else if size == 0 {
            size = length - at;
        }
        if size < header {
            return None;
        }
        if &head[4..8] == b"moov" {
            let mut moov = Vec::new();
            file.take((size - header).min(MAX_MOOV)).read_to_end(&mut moov).ok()?;
            return Some(moov);
        }
        at = at.checked_add(size)?;
    }
    None
}

fn from_moov(moov: &[u8]) -> Vec<(u32, Edits)> {
    let Some(movie_ticks) = child(moov, b"mvhd").and_then(timescale) else { return Vec::new() };
    children(moov)
        .filter(|(kind, _)| kind == b"trak")
        .filter_map(|(_, track)| {
            Some((child(track, b"tkhd").and_then(id_of_track)?, of_track(track, movie_ticks)?))
        })
        .collect()
}

fn of_track(track: &[u8], movie_ticks: f64) -> Option<Edits> {
    let media_ticks = timescale(child(child(track, b"mdia")?, b"mdhd")?)?;
    let list = child(child(track, b"edts")?, b"elst")?;
    let wide = *list.first()? == 1;
    let count = u32_at(list, 4)? as usize;
    let mut edits = Edits::default();
    let mut found = false;
    for index in 0..count.min(64) {
        // Duration in the movie's ticks, start in the track's.
        let (duration, start) = if wide {
            (u64_at(list, 8 + 20 * index)?, u64_at(list, 16 + 20 * index)? as i64)
        } else {
            let at = 8 + 12 * index;
            (u64::from(u32_at(list, at)?), i64::from(u32_at(list, at + 4)? as i32))
        };
        let seconds = duration as f64 / movie_ticks;
        if start < 0 {
            if found {
                return None;
            }
            edits.silence += seconds;
        } else if found {
            // Several pieces: played whole instead of cut wrongly.
            return None;
        } else {
            found = true;
            edits.skip = start as f64 / media_ticks;
            edits.duration = (duration > 0).then_some(seconds);
        }
    }
    found.then_some(edits)
}

fn timescale(header: &[u8]) -> Option<f64> {
    let ticks = u32_at(header, if *header.first()? == 1 { 20 } else { 12 })?;
    (ticks > 0).then_some(f64::from(ticks))
}

fn id_of_track(header: &[u8]) -> Option<u32> {
    u32_at(header, if *header.first()? == 1 { 20 } else { 12 })
}

fn child<'a>(parent: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    children(parent).find(|(found, _)| found == kind).map(|(_, content)| content)
}

/// The boxes inside a box: kind and content.
fn children(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let size = u32_at(rest, 0)? as usize;
        let kind = *rest.get(4..)?.first_chunk::<4>()?;
        let size = if size == 0 { rest.len() } else { size };
        let content = rest.get(8..size)?;
        rest = &rest[size..];
        Some((kind, content))
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|chunk| u32::from_be_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|chunk| u64::from_be_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut bytes = ((content.len() + 8) as u32).to_be_bytes().to_vec();
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(content);
        bytes
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn moov(entries: &[[u32; 3]]) -> Vec<u8> {
        let mut list = words(&[0, entries.len() as u32]);
        entries.iter().for_each(|entry| list.extend(words(entry)));
        let track = [
            boxed(b"tkhd", &words(&[0, 0, 0, 7, 0, 0])),
            boxed(b"edts", &boxed(b"elst", &list)),
            boxed(b"mdia", &boxed(b"mdhd", &words(&[0, 0, 0, 48_000, 0, 0]))),
        ]
        .concat();
        [boxed(b"mvhd", &words(&[0, 0, 0, 1000, 0])), boxed(b"trak", &track)].concat()
    }

    #[test]
    fn a_run_up_and_a_late_start() {
        let late = from_moov(&moov(&[[500, u32::MAX, 1 << 16], [2000, 1024, 1 << 16]]));
        assert_eq!(late, [(7, Edits { silence: 0.5, skip: 1024.0 / 48_000.0, duration: Some(2.0) })]);
        assert_eq!(from_moov(&moov(&[[1, 0, 0], [1, 5, 0]])), []);
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..200) {
            let _ = from_moov(&bytes);
            let mut good = moov(&[[2000, 1024, 1 << 16]]);
            let at = at % good.len();
            good[at] ^= bytes.first().copied().unwrap_or(0xff);
            let _ = from_moov(&good);
        }
    }
}

//! The sample table of an MP4 (ISO/IEC 14496-12): where each coded picture lies and when it is
//! shown. Nothing is allocated by a stated count that the file's own size does not bear out.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use mp4_atom::{
    Atom, Avcc, Co64, Colr, Ctts, Elst, FourCC, Hdlr, Mdhd, Mvhd, Stco, Stsc, Stsz, StszSamples, Stts, Tkhd,
};

use super::orientation::Orientation;
use crate::{Limits, MediaError, Result};

/// A `moov` box above this size is refused; two hours at 60 frames per second take about 10 MB.
const LARGEST_INDEX: u64 = 256 << 20;

/// What an MP4 file holds, as far as reading its pictures needs it.
#[derive(Debug)]
pub(crate) struct Movie {
    pub video: Option<VideoTrack>,
    pub has_audio: bool,
    /// Made of fragments (`moof`), whose samples are not listed here.
    pub fragmented: bool,
}

/// The first enabled video track.
#[derive(Debug)]
pub(crate) struct VideoTrack {
    /// The four letters of the coding, `avc1` for H.264.
    pub coding: String,
    /// The decoder's configuration where the coding is H.264.
    pub avc: Option<Avcc>,
    /// Matrix code and full-range flag of a `colr` box.
    pub colours: Option<(u8, bool)>,
    pub orientation: Orientation,
    /// Ticks per second of all times below.
    pub timescale: u32,
    /// In the order of decoding.
    pub samples: Vec<Sample>,
    /// Ticks from the first shown picture to the end of the last.
    pub duration: i64,
}

/// One coded picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub offset: u64,
    pub size: u32,
    /// When it is shown, on the movie's time line (the edit list applied).
    pub shown_at: i64,
    pub duration: u32,
    /// False for pictures outside the edit list: decoded, not shown.
    pub shown: bool,
}

/// Whether the file starts like an MP4 or QuickTime file.
pub(crate) fn looks_like_mp4(start: &[u8]) -> bool {
    start
        .get(4..8)
        .is_some_and(|kind| [&b"ftyp"[..], b"moov", b"mdat", b"wide", b"free", b"skip"].contains(&kind))
}

/// Reads the whole index.
///
/// # Errors
/// `Damaged` if the file is cut off or its index makes no sense, `TooLarge` before anything is
/// allocated by what it states.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Movie> {
    let outline = outline(path)?;
    parse_index(&outline, limits, path)
}

/// The outermost boxes of a file.
pub(crate) struct Outline {
    /// The body of the `moov` box.
    pub index: Vec<u8>,
    file_length: u64,
    fragmented: bool,
}

/// Walks over the outermost boxes; `Damaged` if the file is cut off or has no index.
pub(crate) fn outline(path: &Path) -> Result<Outline> {
    let damaged = |what: String| MediaError::Damaged { path: path.to_owned(), what };
    let mut file = File::open(path).map_err(|error| MediaError::io(path, error))?;
    let length = file.metadata().map_err(|error| MediaError::io(path, error))?.len();
    let mut index = None;
    let mut fragmented = false;
    let mut at = 0u64;
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at)).map_err(|error| MediaError::io(path, error))?;
        let mut head = [0u8; 16];
        let got = read_up_to(&mut file, &mut head).map_err(|error| MediaError::io(path, error))?;
        let stated = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let kind = [head[4], head[5], head[6], head[7]];
        let (head_length, size) = match stated {
            0 => (8, length - at),
            1 if got == 16 => {
                let mut wide = [0u8; 8];
                wide.copy_from_slice(&head[8..]);
                (16, u64::from_be_bytes(wide))
            }
            size => (8, size),
        };
        if size < head_length {
            return Err(damaged(format!("has a box of impossible size at byte {at}")));
        }
        let end = at.checked_add(size).filter(|&end| end <= length).ok_or_else(|| {
            let missing = at.saturating_add(size).saturating_sub(length);
            damaged(format!("is cut off: at least {missing} bytes are missing at the end"))
        })?;
        match &kind {
            b"moov" => {
                if size > LARGEST_INDEX {
                    return Err(MediaError::TooLarge {
                        path: path.to_owned(),
                        what: format!("its index alone takes {} MiB", size >> 20),
                    });
                }
                let mut body = vec![0u8; usize::try_from(size - head_length).unwrap_or(0)];
                file.seek(SeekFrom::Start(at + head_length)).map_err(|error| MediaError::io(path, error))?;
                file.read_exact(&mut body).map_err(|error| MediaError::io(path, error))?;
                index = Some(body);
            }
            b"moof" => fragmented = true,
            _ => {}
        }
        at = end;
    }
    let Some(index) = index else {
        return Err(damaged("has no index (moov box): the recording was cut off or never finished".into()));
    };
    Ok(Outline { index, file_length: length, fragmented })
}

fn parse_index(outline: &Outline, limits: &Limits, path: &Path) -> Result<Movie> {
    let damaged = |what: String| MediaError::Damaged { path: path.to_owned(), what };
    let mut movie = Movie { video: None, has_audio: false, fragmented: outline.fragmented };
    let mut movie_timescale = 1000;
    for (kind, body) in Boxes(&outline.index) {
        match &kind {
            b"mvhd" => {
                movie_timescale = leaf::<Mvhd>(body).map_err(&damaged)?.timescale.max(1);
            }
            b"mvex" => movie.fragmented = true,
            b"trak" => {
                let Some(media) = find(body, b"mdia") else { continue };
                let Some(handler) = find(media, b"hdlr") else { continue };
                let handler = leaf::<Hdlr>(handler).map_err(&damaged)?.handler;
                if handler == FourCC::new(b"soun") {
                    movie.has_audio = true;
                } else if handler == FourCC::new(b"vide") && movie.video.is_none() {
                    movie.video =
                        parse_video_track(body, media, movie_timescale, outline.file_length, limits, path)?;
                }
            }
            _ => {}
        }
    }
    Ok(movie)
}

fn parse_video_track(
    track: &[u8],
    media: &[u8],
    movie_timescale: u32,
    file_length: u64,
    limits: &Limits,
    path: &Path,
) -> Result<Option<VideoTrack>> {
    let damaged = |what: String| MediaError::Damaged { path: path.to_owned(), what };
    let missing = |name: &str| damaged(format!("lacks its {name} box"));
    let header = leaf::<Tkhd>(find(track, b"tkhd").ok_or_else(|| missing("tkhd"))?).map_err(&damaged)?;
    let media_header =
        leaf::<Mdhd>(find(media, b"mdhd").ok_or_else(|| missing("mdhd"))?).map_err(&damaged)?;
    let timescale = media_header.timescale;
    if timescale == 0 {
        return Err(damaged("counts time in zero ticks per second".into()));
    }
    let table = find(media, b"minf").and_then(|minf| find(minf, b"stbl")).ok_or_else(|| missing("stbl"))?;
    let Some(entry) = first_sample_entry(table) else { return Ok(None) };
    limits.check_picture_size(path, u64::from(entry.width), u64::from(entry.height))?;

    let mut samples = read_samples(table, file_length, timescale, limits, path)?;
    let edits = match find(track, b"edts").and_then(|edits| find(edits, b"elst")) {
        Some(body) => leaf::<Elst>(body).map_err(&damaged)?.entries,
        None => Vec::new(),
    };
    let edit =
        Edit::from_list(&edits, movie_timescale, timescale).ok_or_else(|| MediaError::Unsupported {
            path: path.to_owned(),
            what: "joins several pieces by an edit list".into(),
            hint: super::INSTALL_FFMPEG.into(),
        })?;
    let mut duration = 0;
    for sample in &mut samples {
        sample.shown = edit.shows(sample.shown_at);
        sample.shown_at = sample.shown_at - edit.media_start + edit.delay;
        if sample.shown {
            duration = duration.max(sample.shown_at + i64::from(sample.duration));
        }
    }
    let m = &header.matrix;
    Ok(Some(VideoTrack {
        coding: entry.coding,
        avc: entry.avc,
        colours: entry.colours,
        orientation: Orientation::from_matrix([m.a, m.b, m.c, m.d]),
        timescale,
        samples,
        duration,
    }))
}

/// The one stretch of the media that is shown, and when.
struct Edit {
    delay: i64,
    media_start: i64,
    media_end: Option<i64>,
}

impl Edit {
    /// Empty edits at the start are a delay; one stretch of media may follow. `None` if there are
    /// more.
    fn from_list(entries: &[mp4_atom::ElstEntry], movie_timescale: u32, timescale: u32) -> Option<Self> {
        let in_media = |ticks: u64| {
            let scaled = u128::from(ticks) * u128::from(timescale) / u128::from(movie_timescale);
            i64::try_from(scaled).unwrap_or(i64::MAX / 4)
        };
        let mut edit = Self { delay: 0, media_start: 0, media_end: None };
        let mut seen = false;
        for entry in entries {
            match entry.media_time {
                None if !seen => edit.delay = edit.delay.saturating_add(in_media(entry.segment_duration)),
                None => {}
                Some(_) if seen => return None,
                Some(start) => {
                    seen = true;
                    edit.media_start = i64::try_from(start).ok()?;
                    // A length of zero means "to the end".
                    if entry.segment_duration > 0 {
                        edit.media_end =
                            Some(edit.media_start.saturating_add(in_media(entry.segment_duration)));
                    }
                }
            }
        }
        Some(edit)
    }

    fn shows(&self, media_time: i64) -> bool {
        media_time >= self.media_start && self.media_end.is_none_or(|end| media_time < end)
    }
}

/// Expands the tables to one entry per picture. Times are media times until the edit is applied.
fn read_samples(
    table: &[u8],
    file_length: u64,
    timescale: u32,
    limits: &Limits,
    path: &Path,
) -> Result<Vec<Sample>> {
    let damaged = |what: String| MediaError::Damaged { path: path.to_owned(), what };
    let missing = |name: &str| damaged(format!("lacks its {name} box"));
    let durations = leaf::<Stts>(find(table, b"stts").ok_or_else(|| missing("stts"))?).map_err(&damaged)?;
    let chunks = leaf::<Stsc>(find(table, b"stsc").ok_or_else(|| missing("stsc"))?).map_err(&damaged)?;
    let sizes = leaf::<Stsz>(find(table, b"stsz").ok_or_else(|| missing("stsz"))?).map_err(&damaged)?.samples;
    let offsets: Vec<u64> = if let Some(body) = find(table, b"co64") {
        leaf::<Co64>(body).map_err(&damaged)?.entries
    } else {
        let body = find(table, b"stco").ok_or_else(|| missing("stco"))?;
        leaf::<Stco>(body).map_err(&damaged)?.entries.into_iter().map(u64::from).collect()
    };
    let shifts = match find(table, b"ctts") {
        Some(body) => leaf::<Ctts>(body).map_err(&damaged)?.entries,
        None => Vec::new(),
    };
    let count = match &sizes {
        StszSamples::Identical { count, .. } => *count as usize,
        StszSamples::Different { sizes } => sizes.len(),
    };
    let length: u64 = durations
        .entries
        .iter()
        .map(|e| u64::from(e.sample_count) * u64::from(e.sample_delta))
        .fold(0, u64::saturating_add);
    super::check_length(path, limits, length as f64 / f64::from(timescale), Some(count as u64))?;

    let mut samples = Vec::with_capacity(count);
    let mut sizes_left: Box<dyn Iterator<Item = u32>> = match sizes {
        StszSamples::Identical { count, size } => Box::new(std::iter::repeat_n(size, count as usize)),
        StszSamples::Different { sizes } => Box::new(sizes.into_iter()),
    };
    let mut deltas = durations
        .entries
        .iter()
        .flat_map(|entry| std::iter::repeat_n(entry.sample_delta, entry.sample_count as usize));
    let mut composition =
        shifts.iter().flat_map(|entry| std::iter::repeat_n(entry.sample_offset, entry.sample_count as usize));
    let mut runs = chunks.entries.iter().peekable();
    let mut per_chunk = 0;
    let mut decode_time = 0i64;
    let mut delta = 0;
    'chunks: for (chunk, &chunk_offset) in offsets.iter().enumerate() {
        while let Some(run) = runs.next_if(|run| run.first_chunk as usize <= chunk + 1) {
            per_chunk = run.samples_per_chunk;
        }
        let mut offset = chunk_offset;
        for _ in 0..per_chunk {
            let Some(size) = sizes_left.next() else { break 'chunks };
            let end = offset.checked_add(u64::from(size)).filter(|&end| end <= file_length);
            let Some(end) = end else {
                return Err(damaged("is cut off: its index points behind its end".into()));
            };
            // A table that is too short repeats its last duration.
            delta = deltas.next().unwrap_or(delta);
            let shift = composition.next().unwrap_or(0);
            samples.push(Sample {
                offset,
                size,
                shown_at: decode_time.saturating_add(shift),
                duration: delta,
                shown: true,
            });
            offset = end;
            decode_time = decode_time.saturating_add(i64::from(delta));
        }
    }
    if samples.len() < count {
        return Err(damaged(format!("lists {count} pictures but places only {}", samples.len())));
    }
    Ok(samples)
}

struct SampleEntry {
    coding: String,
    avc: Option<Avcc>,
    colours: Option<(u8, bool)>,
    width: u32,
    height: u32,
}

/// Length of the fixed part of a visual sample entry, before its boxes.
const VISUAL_ENTRY: usize = 78;

fn first_sample_entry(table: &[u8]) -> Option<SampleEntry> {
    // Version, flags and the number of entries come first.
    let (kind, body) = Boxes(find(table, b"stsd")?.get(8..)?).next()?;
    let size = |at: usize| Some(u32::from(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?])));
    let mut entry = SampleEntry {
        coding: String::from_utf8_lossy(&kind).trim_end().to_owned(),
        avc: None,
        colours: None,
        width: size(24)?,
        height: size(26)?,
    };
    for (kind, body) in Boxes(body.get(VISUAL_ENTRY..).unwrap_or(&[])) {
        match &kind {
            b"avcC" => entry.avc = leaf::<Avcc>(body).ok(),
            b"colr" => {
                entry.colours = match leaf::<Colr>(body) {
                    Ok(Colr::Nclx { matrix_coefficients, full_range_flag, .. }) => {
                        u8::try_from(matrix_coefficients).ok().map(|code| (code, full_range_flag))
                    }
                    Ok(Colr::Nclc { matrix_coefficients, .. }) => {
                        u8::try_from(matrix_coefficients).ok().map(|code| (code, false))
                    }
                    _ => None,
                }
            }
            _ => {}
        }
    }
    Some(entry)
}

/// Decodes a box without children from its body.
fn leaf<A: Atom>(mut body: &[u8]) -> std::result::Result<A, String> {
    A::decode_body(&mut body).map_err(|error| format!("has a damaged {} box ({error})", A::KIND))
}

/// The children of a box, one after the other; ends at the first that does not fit.
pub(crate) struct Boxes<'a>(pub &'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        let kind = [head[4], head[5], head[6], head[7]];
        let stated = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let (body, after) = match stated {
            0 => (rest, &rest[rest.len()..]),
            1 => {
                let (wide, rest) = rest.split_first_chunk::<8>()?;
                let size = usize::try_from(u64::from_be_bytes(*wide)).ok()?.checked_sub(16)?;
                rest.split_at_checked(size)?
            }
            size => rest.split_at_checked((size as usize).checked_sub(8)?)?,
        };
        self.0 = after;
        Some((kind, body))
    }
}

/// The first child of kind `name`.
pub(crate) fn find<'a>(body: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    Boxes(body).find(|(kind, _)| kind == name).map(|(_, body)| body)
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

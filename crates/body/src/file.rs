//! The keypoint file: safetensors with `points`, `confidence` and what they mean.
//!
//! | entry | content |
//! |---|---|
//! | `points` | f32 `[frames, layout, 2]`, pixels, x right, y down |
//! | `confidence` | f32 `[frames, layout]`, 0..=1, 0 = absent |
//! | metadata `format` | `orator-keypoints` |
//! | metadata `version` | `1` |
//! | metadata `layout` | `whole-body133`, `contextual116` or `skeleton123` |
//! | metadata `rate` | frames per second as a fraction, `25/1` |
//! | metadata `size` | the picture's width and height, `1080x1920` |
//! | metadata `source` | what the keypoints were found in or made from, in words |

use crate::{BodyError, KeypointTrack, Layout, Result};
use ndarray::{Array2, Array3};
use orator_media::{FrameRate, OutputFile};
use safetensors::{Dtype, SafeTensors};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// What `format` says in every keypoint file.
pub const FORMAT: &str = "orator-keypoints";
/// The version written, and the only one read.
pub const VERSION: &str = "1";
/// Longest keypoint file read or written: two hours at 25 frames a second.
pub const MAX_FRAMES: usize = 2 * 3600 * 25;
/// Largest file read: [`MAX_FRAMES`] of 133 points with three numbers each, and room for the header.
pub const MAX_BYTES: u64 = (MAX_FRAMES * 133 * 3 * 4 + (1 << 20)) as u64;
/// Farthest coordinate accepted, in pixels: well outside any picture, well inside what squares of f32 hold.
pub const MAX_COORDINATE: f32 = 1e6;
/// Highest frame rate accepted.
pub const MAX_RATE: f64 = 1000.0;
/// Longest side of a picture accepted, in pixels.
pub const MAX_SIDE: u32 = 65_535;
/// Longest `source` text kept, in characters.
const MAX_SOURCE: usize = 4096;

/// A keypoint file's content.
#[derive(Clone, Debug, PartialEq)]
pub struct KeypointFile {
    /// The keypoints, in any layout; lift a view with [`KeypointTrack::lift`].
    pub track: KeypointTrack,
    /// What they were found in or made from.
    pub source: String,
}

/// Writes `track` and a word on its `source` to `path`, through a temporary file in the same folder that is
/// renamed when whole.
///
/// # Errors
/// [`BodyError::Shape`] when the track is longer than [`MAX_FRAMES`] or holds numbers that
/// [`read_keypoints`] would refuse; [`BodyError::Media`] when the system refuses.
pub fn write_keypoints(path: &Path, track: &KeypointTrack, source: &str) -> Result<()> {
    check(track).map_err(BodyError::Shape)?;
    let header = header_of(track, source);
    let mut output = OutputFile::create(path)?;
    let written = write_content(BufWriter::new(&mut output), &header, track);
    written.map_err(|error| output.error(error))?;
    Ok(output.persist()?)
}

fn write_content(mut writer: impl Write, header: &str, track: &KeypointTrack) -> std::io::Result<()> {
    writer.write_all(&(header.len() as u64).to_le_bytes())?;
    writer.write_all(header.as_bytes())?;
    for value in track.points().iter().chain(track.confidence()) {
        writer.write_all(&value.to_le_bytes())?;
    }
    writer.flush()
}

/// The safetensors header. Written here and not by the library, which keeps metadata in an order that
/// changes from run to run: the same track must give the same file.
fn header_of(track: &KeypointTrack, source: &str) -> String {
    let (width, height) = track.size();
    let rate = track.rate();
    let source: String = source.chars().filter(|c| !c.is_control()).take(MAX_SOURCE).collect();
    let (points, confidence) = (track.points().len() * 4, track.confidence().len() * 4);
    let mut header = serde_json::json!({
        "__metadata__": {
            "format": FORMAT,
            "version": VERSION,
            "layout": track.layout().name(),
            "rate": format!("{}/{}", rate.numerator(), rate.denominator()),
            "size": format!("{width}x{height}"),
            "source": source,
        },
        "points": {
            "dtype": "F32", "shape": track.points().shape(), "data_offsets": [0, points],
        },
        "confidence": {
            "dtype": "F32", "shape": track.confidence().shape(), "data_offsets": [points, points + confidence],
        },
    })
    .to_string();
    // The numbers start at a multiple of eight bytes, as the format asks.
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    header
}

/// Reads and checks a keypoint file of any layout.
///
/// # Errors
/// [`BodyError::Io`] when it cannot be opened; [`BodyError::File`] when it is larger than [`MAX_BYTES`], not
/// a keypoint file, damaged, or holds shapes, types or numbers outside the limits of this module.
pub fn read_keypoints(path: &Path) -> Result<KeypointFile> {
    let file = File::open(path).map_err(|source| BodyError::io(path, source))?;
    let status = file.metadata().map_err(|source| BodyError::io(path, source))?;
    if !status.is_file() {
        return Err(BodyError::file(path, "not an ordinary file"));
    }
    let too_large = || {
        BodyError::file(
            path,
            format!("larger than {} MB, the most a keypoint file may have", MAX_BYTES >> 20),
        )
    };
    if status.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|source| BodyError::io(path, source))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    parse(&bytes).map_err(|what| BodyError::file(path, what))
}

/// The content of a keypoint file's bytes, or what is wrong with them.
fn parse(bytes: &[u8]) -> std::result::Result<KeypointFile, String> {
    let damaged = |error| format!("not a safetensors file, or cut off ({error})");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let entry =
        |key: &str| metadata.get(key).map(String::as_str).ok_or_else(|| format!("the metadata lack `{key}`"));
    match metadata.get("format").map(String::as_str) {
        Some(FORMAT) => {}
        Some(other) => return Err(format!("holds `{other}`, not keypoints")),
        None => return Err("a safetensors file, but not of keypoints (the metadata lack `format`)".into()),
    }
    if entry("version")? != VERSION {
        return Err(format!(
            "written in version {}; this program reads version {VERSION}",
            entry("version")?
        ));
    }
    let layout = Layout::from_name(entry("layout")?).ok_or_else(|| {
        let known = Layout::ALL.map(Layout::name).join(", ");
        format!("layout `{}` is not known ({known} are)", entry("layout").unwrap_or_default())
    })?;
    let rate = parse_rate(entry("rate")?)?;
    let size = parse_size(entry("size")?)?;
    let source: String = entry("source").unwrap_or_default().chars().take(MAX_SOURCE).collect();

    let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let frames = match tensors.tensor("points").map_err(|_| "`points` is missing")?.shape() {
        [frames, ..] => *frames,
        [] => return Err("`points` is a single number".into()),
    };
    if frames > MAX_FRAMES {
        return Err(format!("{frames} frames, more than the {MAX_FRAMES} allowed"));
    }
    let count = layout.len();
    let points = numbers(&tensors, "points", &[frames, count, 2])?;
    let confidence = numbers(&tensors, "confidence", &[frames, count])?;
    let shaped = "the arrays do not fit their shapes";
    let track = KeypointTrack::new(
        layout,
        rate,
        size,
        Array3::from_shape_vec((frames, count, 2), points).map_err(|_| shaped)?,
        Array2::from_shape_vec((frames, count), confidence).map_err(|_| shaped)?,
    )
    .map_err(|error| error.to_string())?;
    check(&track)?;
    Ok(KeypointFile { track, source })
}

/// The limits that hold for written and read tracks alike.
fn check(track: &KeypointTrack) -> std::result::Result<(), String> {
    if track.frames() > MAX_FRAMES {
        return Err(format!("{} frames, more than the {MAX_FRAMES} allowed", track.frames()));
    }
    let (width, height) = track.size();
    if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
        return Err(format!("a picture of {width}x{height} pixels is out of range (1 to {MAX_SIDE})"));
    }
    if track.rate().as_f64() > MAX_RATE {
        return Err(format!("{} frames a second are more than the {MAX_RATE} allowed", track.rate()));
    }
    if let Some(far) = track.points().iter().find(|v| v.is_nan() || v.abs() > MAX_COORDINATE) {
        return Err(format!("a coordinate of {far} pixels is out of range (up to {MAX_COORDINATE})"));
    }
    if let Some(odd) = track.confidence().iter().find(|v| !(0.0..=1.0).contains(*v)) {
        return Err(format!("a confidence of {odd} is out of range (0 to 1)"));
    }
    Ok(())
}

fn numbers(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> std::result::Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("`{name}` is missing"))?;
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("`{name}` holds {:?}, not F32", tensor.dtype()));
    }
    if tensor.shape() != shape {
        return Err(format!("`{name}` has shape {:?}, not {shape:?}", tensor.shape()));
    }
    Ok(tensor.data().as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
}

fn parse_rate(text: &str) -> std::result::Result<FrameRate, String> {
    text.split_once('/')
        .and_then(|(numerator, denominator)| {
            FrameRate::new(numerator.parse().ok()?, denominator.parse().ok()?)
        })
        .ok_or_else(|| format!("`{text}` is not a frame rate such as 25/1"))
}

fn parse_size(text: &str) -> std::result::Result<(u32, u32), String> {
    text.split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .ok_or_else(|| format!("`{text}` is not a picture size such as 1080x1920"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::track;
    use proptest::prelude::*;
    use safetensors::tensor::TensorView;
    use std::collections::HashMap;

    fn written(track: &KeypointTrack) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.safetensors");
        write_keypoints(&path, track, "a test").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
        std::fs::read(path).unwrap()
    }

    /// A file with one thing changed.
    fn made(
        change: impl Fn(&mut HashMap<String, String>),
        dtype: Dtype,
        shape: Vec<usize>,
        value: f32,
    ) -> Vec<u8> {
        let mut metadata = HashMap::from(
            [
                ("format", FORMAT),
                ("version", VERSION),
                ("layout", "whole-body133"),
                ("rate", "25/1"),
                ("size", "8x6"),
                ("source", "x"),
            ]
            .map(|(k, v)| (k.to_owned(), v.to_owned())),
        );
        change(&mut metadata);
        let width = if dtype == Dtype::F64 { 8 } else { 4 };
        let points = value.to_le_bytes().repeat(shape.iter().product::<usize>() * width / 4);
        let confidence = 0.5f32.to_le_bytes().repeat(133);
        let tensors = [
            ("points", TensorView::new(dtype, shape, &points).unwrap()),
            ("confidence", TensorView::new(Dtype::F32, vec![1, 133], &confidence).unwrap()),
        ];
        safetensors::serialize(tensors, Some(metadata)).unwrap()
    }

    fn complaint(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err()
    }

    #[test]
    fn every_layout_comes_back_as_it_was_written() {
        for layout in Layout::ALL {
            for frames in [0, 1, 7] {
                let original = track(layout, frames, 11);
                let read = parse(&written(&original)).unwrap();
                assert_eq!(read.track, original);
                assert_eq!(read.source, "a test");
            }
        }
    }

    #[test]
    fn writing_is_repeatable() {
        let original = track(Layout::WholeBody133, 3, 1);
        let first = written(&original);
        for _ in 0..5 {
            assert!(written(&original) == first);
        }
    }

    #[test]
    fn odd_content_is_named() {
        let good = vec![1, 133, 2];
        let f32_ = Dtype::F32;
        let meta = |key: &'static str, value: &'static str| {
            complaint(&made(|m| _ = m.insert(key.into(), value.into()), f32_, good.clone(), 1.0))
        };
        assert!(parse(&made(|_| {}, f32_, good.clone(), 1.0)).is_ok());
        assert!(meta("format", "weights").contains("not keypoints"));
        assert!(complaint(&made(|m| m.clear(), f32_, good.clone(), 1.0)).contains("not of keypoints"));
        assert!(meta("version", "2").contains("version 2"));
        assert!(meta("layout", "hand21").contains("hand21"));
        assert!(meta("rate", "25").contains("frame rate"));
        assert!(meta("rate", "0/1").contains("frame rate"));
        assert!(meta("rate", "4000000000/1").contains("a second"));
        assert!(meta("size", "99999x4").contains("out of range"));
        assert!(meta("size", "0x4").contains("out of range"));
        assert!(meta("size", "-1x4").contains("picture size"));
        assert!(meta("layout", "contextual116").contains("shape"));
        assert!(complaint(&made(|_| {}, f32_, good.clone(), f32::NAN)).contains("finite"));
        assert!(complaint(&made(|_| {}, f32_, good.clone(), 1e30)).contains("out of range"));
        assert!(complaint(&made(|_| {}, Dtype::F64, good.clone(), 1.0)).contains("F64"));
        assert!(complaint(&made(|_| {}, f32_, vec![1, 133, 3], 1.0)).contains("shape"));
        assert!(complaint(&made(|_| {}, f32_, vec![2, 133, 2], 1.0)).contains("`confidence` has shape"));
        assert!(complaint(&made(|_| {}, f32_, vec![], 1.0)).contains("single number"));
    }

    #[test]
    fn hostile_headers_are_refused_without_allocating() {
        let mut long_header = u64::MAX.to_le_bytes().to_vec();
        long_header.extend(b"{}");
        assert!(complaint(&long_header).contains("safetensors"));
        let header = br#"{"__metadata__":{"format":"orator-keypoints","version":"1","layout":"whole-body133","rate":"25/1","size":"8x6"},"points":{"dtype":"F32","shape":[18446744073709551615,133,2],"data_offsets":[0,8]},"confidence":{"dtype":"F32","shape":[1,133],"data_offsets":[8,16]}}"#;
        let mut huge_shape = (header.len() as u64).to_le_bytes().to_vec();
        huge_shape.extend(header);
        huge_shape.extend([0; 16]);
        assert!(parse(&huge_shape).is_err());
    }

    proptest! {
        #[test]
        fn cut_off_and_garbled_files_never_panic(at in 0usize..2000, byte in any::<u8>(), cut in any::<bool>()) {
            let mut bytes = made(|_| {}, Dtype::F32, vec![1, 133, 2], 1.0);
            let at = at.min(bytes.len() - 1);
            if cut {
                bytes.truncate(at);
                prop_assert!(parse(&bytes).is_err());
            } else {
                bytes[at] = byte;
                _ = parse(&bytes);
            }
        }
    }

    #[test]
    fn absent_and_odd_paths_are_errors_with_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        let absent = read_keypoints(&folder.path().join("none")).unwrap_err();
        assert_eq!(absent.hint().as_deref(), Some("check the path"));
        assert!(read_keypoints(folder.path()).is_err());
        let original = track(Layout::WholeBody133, 1, 1);
        assert!(write_keypoints(&folder.path().join("no/such/folder"), &original, "").is_err());
    }

    #[test]
    fn a_track_that_could_not_be_read_again_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut odd = track(Layout::WholeBody133, 1, 1);
        odd.parts_mut().1[[0, 0]] = 1.5;
        assert!(write_keypoints(&folder.path().join("k"), &odd, "").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

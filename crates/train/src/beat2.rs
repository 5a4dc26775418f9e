//! SMPL-X motion as BEAT2 keeps it (METHODS 2.9a): one `.npz` a take with `poses` `[frames, 165]` (55 joints, axis times angle),
//! `expressions` `[frames, 100]` and `trans` `[frames, 3]`, its sound as `wave16k/NAME.wav` beside the folder of the takes.
//!
//! BEAT2 and SMPL-X may not be used commercially and are only ever read from a folder of the user's. Chosen here: motion is
//! brought from its own rate to 25 frames a second, the rate of everything else, by interpolating the six numbers of a
//! rotation and not its angles; a file that does not name a rate has BEAT2's, 30.

use crate::numpy::{self, NumpyArray};
use crate::{Result, TrainError};
use ndarray::{Array2, s};
use orator_motion::Streams;
use orator_motion::contextual::{MotionLayout, Stream};
use std::path::{Path, PathBuf};

/// Joints of SMPL-X in the order of `poses`.
const JOINTS: usize = 55;
const EXPRESSIONS: usize = 100;
/// The first joint of the head (jaw, then both eyes), of the left hand and of the right hand; the body's come before.
const HEAD: usize = 22;
const LEFT_HAND: usize = 25;
const RIGHT_HAND: usize = 40;
/// BEAT2's frames a second.
const USUAL_RATE: f64 = 30.0;
/// Frames a second here.
const RATE: f64 = 25.0;
/// Rates that are believed.
const RATES: std::ops::RangeInclusive<f64> = 1.0..=1000.0;
/// Below this angle, in radians, a rotation is none.
const NO_ANGLE: f32 = 1e-8;

/// Whether an npz file is of this kind.
pub(crate) fn is_smplx(path: &Path) -> bool {
    let names = numpy::names(path);
    ["poses", "expressions", "trans"].iter().all(|wanted| names.iter().any(|n| n == wanted))
}

/// The sound of a take, if it is where BEAT2 has it.
pub(crate) fn sound_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_stem()?;
    let wav = path.parent()?.parent()?.join("wave16k").join(name).with_extension("wav");
    wav.is_file().then_some(wav)
}

/// Reads a take as both streams of [`MotionLayout::smplx`] at 25 frames a second, from frame `from` to before frame `to` of
/// these.
pub(crate) fn read(path: &Path, from: u64, to: Option<u64>) -> Result<Streams> {
    let wrong = |what: String| TrainError::Corpus {
        what: format!("{}: {what}", path.display()),
        hint:
            "the layout is that of BEAT2: poses [frames, 165], expressions [frames, 100], trans [frames, 3]"
                .into(),
    };
    let get = |name: &str, width: usize| -> Result<(usize, NumpyArray)> {
        let array = numpy::read(path, name)?;
        let frames = array.shape.first().copied().unwrap_or(0);
        if frames == 0 || array.shape.get(1) != Some(&width) || array.values.len() != frames * width {
            return Err(wrong(format!("{name} has the shape {:?}", array.shape)));
        }
        if array.values.iter().any(|v| !v.is_finite()) {
            return Err(wrong(format!("{name} holds numbers that are not finite")));
        }
        Ok((frames, array))
    };
    let (frames, poses) = get("poses", JOINTS * 3)?;
    let (others, expressions) = get("expressions", EXPRESSIONS)?;
    let (placed, translation) = get("trans", 3)?;
    if others != frames || placed != frames {
        return Err(wrong(format!("{frames} poses, {others} expressions and {placed} places")));
    }
    let rate = match numpy::names(path).iter().any(|n| n == "mocap_frame_rate") {
        true => numpy::read(path, "mocap_frame_rate")?.values.first().map_or(USUAL_RATE, |&r| f64::from(r)),
        false => USUAL_RATE,
    };
    if !RATES.contains(&rate) {
        return Err(wrong(format!("{rate} frames a second")));
    }
    let layout = MotionLayout::smplx();
    let dimensions = Stream::ALL.map(|s| layout.dimensions(s));
    let mut face = Array2::zeros((frames, dimensions[Stream::Face as usize]));
    let mut body = Array2::zeros((frames, dimensions[Stream::Body as usize]));
    let put = |row: &mut [f32], joints: std::ops::Range<usize>, frame: usize| {
        for (six, joint) in row.chunks_exact_mut(6).zip(joints) {
            let at = frame * JOINTS * 3 + joint * 3;
            six.copy_from_slice(&six_numbers([poses.values[at], poses.values[at + 1], poses.values[at + 2]]));
        }
    };
    for f in 0..frames {
        let mut row = vec![0.0; 6 * JOINTS];
        put(&mut row, 0..JOINTS, f);
        let six = |joints: std::ops::Range<usize>| {
            ndarray::ArrayView1::from(&row[6 * joints.start..6 * joints.end])
        };
        let head = 6 * (LEFT_HAND - HEAD);
        face.slice_mut(s![f, ..head]).assign(&six(HEAD..LEFT_HAND));
        let expression = &expressions.values[f * EXPRESSIONS..(f + 1) * EXPRESSIONS];
        face.slice_mut(s![f, head..]).assign(&ndarray::ArrayView1::from(expression));
        body.slice_mut(s![f, ..3]).assign(&ndarray::ArrayView1::from(&translation.values[3 * f..3 * f + 3]));
        let hands = 3 + 6 * HEAD;
        body.slice_mut(s![f, 3..hands]).assign(&six(0..HEAD));
        body.slice_mut(s![f, hands..hands + 6 * (RIGHT_HAND - LEFT_HAND)])
            .assign(&six(LEFT_HAND..RIGHT_HAND));
        body.slice_mut(s![f, hands + 6 * (RIGHT_HAND - LEFT_HAND)..]).assign(&six(RIGHT_HAND..JOINTS));
    }
    let (face, body) = (at_our_rate(&face, rate), at_our_rate(&body, rate));
    let end = to.map_or(face.nrows(), |to| face.nrows().min(to as usize));
    let from = from as usize;
    if from >= end {
        return Err(wrong(format!(
            "has {} frames at 25 a second, none from {from} on to {end}",
            face.nrows()
        )));
    }
    let (face, body) = (face.slice_move(s![from..end, ..]), body.slice_move(s![from..end, ..]));
    let (face_seen, body_seen) = (Array2::ones(face.dim()), Array2::ones(body.dim()));
    Ok(Streams { face, body, face_seen, body_seen })
}

/// The first two columns of the rotation about `axis_angle` by its length (Rodrigues), one after the other.
fn six_numbers(axis_angle: [f32; 3]) -> [f32; 6] {
    let angle = axis_angle.iter().map(|v| v * v).sum::<f32>().sqrt();
    if angle < NO_ANGLE {
        return [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    }
    let [x, y, z] = axis_angle.map(|v| v / angle);
    let (sin, cos) = angle.sin_cos();
    let rest = 1.0 - cos;
    [
        cos + x * x * rest,
        y * x * rest + z * sin,
        z * x * rest - y * sin,
        x * y * rest - z * sin,
        cos + y * y * rest,
        z * y * rest + x * sin,
    ]
}

/// Rows at 25 a second from rows at `rate` a second, by linear interpolation.
fn at_our_rate(rows: &Array2<f32>, rate: f64) -> Array2<f32> {
    let (count, columns) = rows.dim();
    let frames = ((count as f64 * RATE / rate).round() as usize).max(1);
    let mut made = Array2::zeros((frames, columns));
    for f in 0..frames {
        let at = (f as f64 * rate / RATE).min((count - 1) as f64);
        let (from, share) = (at.floor() as usize, at.fract() as f32);
        let to = (from + 1).min(count - 1);
        let mixed = &rows.row(from) * (1.0 - share) + &rows.row(to) * share;
        made.row_mut(f).assign(&mixed);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    type Arrays = Vec<(&'static str, Vec<usize>, Vec<f64>)>;

    /// An npz file of float64 arrays, as BEAT2's are.
    fn write(path: &Path, arrays: &[(&str, Vec<usize>, Vec<f64>)]) {
        let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
        for (name, shape, values) in arrays {
            let shape: Vec<String> = shape.iter().map(|n| format!("{n}, ")).collect();
            let header =
                format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", shape.concat());
            zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
            zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
            zip.write_all(header.as_bytes()).unwrap();
            for value in values {
                zip.write_all(&value.to_le_bytes()).unwrap();
            }
        }
        zip.finish().unwrap();
    }

    fn take(frames: usize) -> Arrays {
        let mut poses = vec![0.0; frames * 165];
        for f in 0..frames {
            // The jaw opens about x, the last finger joint turns about z.
            poses[f * 165 + 22 * 3] = 0.01 * f as f64;
            poses[f * 165 + 54 * 3 + 2] = std::f64::consts::FRAC_PI_2;
        }
        vec![
            ("poses", vec![frames, 165], poses),
            ("expressions", vec![frames, 100], vec![0.5; frames * 100]),
            ("trans", vec![frames, 3], (0..frames * 3).map(|i| (i / 3) as f64).collect()),
        ]
    }

    #[test]
    fn a_take_becomes_two_streams_at_25_frames_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("smplxflame_30").join("1_made_0_1.npz");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(&path, &take(60));
        assert!(is_smplx(&path) && sound_of(&path).is_none());
        let streams = read(&path, 0, None).unwrap();
        assert_eq!((streams.face.dim(), streams.body.dim()), ((50, 118), (50, 315)));
        // Frame 5 here is frame 6 there.
        let jaw = 0.06f32;
        let expected = [1.0, 0.0, 0.0, 0.0, jaw.cos(), jaw.sin()];
        for (column, value) in expected.into_iter().enumerate() {
            assert!((streams.face[[5, column]] - value).abs() < 1e-5);
        }
        assert_eq!(streams.face[[7, 18]], 0.5);
        assert!((streams.body[[5, 0]] - 6.0).abs() < 1e-4, "where the body is");
        let finger: Vec<f32> = streams.body.row(9).iter().skip(309).copied().collect();
        for (made, value) in finger.iter().zip([0.0, 1.0, 0.0, -1.0, 0.0, 0.0]) {
            assert!((made - value).abs() < 1e-6, "{finger:?}");
        }
        std::fs::create_dir_all(folder.path().join("wave16k")).unwrap();
        std::fs::write(folder.path().join("wave16k/1_made_0_1.wav"), b"x").unwrap();
        assert!(sound_of(&path).is_some());
    }

    #[test]
    fn other_rates_and_wrong_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npz");
        let mut slow = take(40);
        slow.push(("mocap_frame_rate", vec![], vec![50.0]));
        write(&path, &slow);
        assert_eq!(read(&path, 0, None).unwrap().body.nrows(), 20);
        assert_eq!(read(&path, 4, Some(10)).unwrap().body.nrows(), 6);
        assert!(read(&path, 20, None).is_err());
        let wrong = |change: &dyn Fn(&mut Arrays)| {
            let mut arrays = take(10);
            change(&mut arrays);
            write(&path, &arrays);
            read(&path, 0, None).unwrap_err().to_string()
        };
        assert!(wrong(&|a| a[0].1 = vec![11, 150]).contains("shape"));
        assert!(wrong(&|a| a[2].2[4] = f64::NAN).contains("not finite"));
        assert!(wrong(&|a| a.push(("mocap_frame_rate", vec![], vec![0.0]))).contains("a second"));
        let short = wrong(&|a| {
            a[1].1[0] = 9;
            a[1].2.truncate(900);
        });
        assert!(short.contains("9 expressions"), "{short}");
        assert!(!is_smplx(&folder.path().join("none.npz")));
    }
}

use super::*;
use crate::Limits;
use crate::samples::{SIZE, numbers, truth};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Truth, String> {
    TruthFile::open(bytes, &Limits::default())?.all()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_round_trip_keeps_the_stated_bounds(seed in 0u64..10_000, frames in 1usize..40, side in 16u32..8000) {
        let mut original = truth(frames, seed);
        original.size = (side, side / 2 + 1);
        let scale = side as f32 / SIZE.0 as f32;
        original.keypoints.mapv_inplace(|v| v * scale);
        let back = read(&encode(&original).unwrap()).unwrap();
        let step = keypoint_step(original.size);
        for (a, b) in original.keypoints.iter().zip(&back.keypoints) {
            // f32 itself is coarser than nothing at thousands of pixels.
            prop_assert!((a - b).abs() <= step / 2.0 + 1e-3, "{a} {b} {step}");
        }
        prop_assert_eq!(&back.visibility, &original.visibility);
        prop_assert_eq!(&back.masks, &original.masks);
        prop_assert_eq!(&back.depth, &original.depth);
        prop_assert_eq!(back.confidence.is_some(), original.confidence.is_some());
        if let (Some(a), Some(b)) = (&original.confidence, &back.confidence) {
            prop_assert!((a - b).iter().all(|d| d.abs() <= 1.0 / 510.0 + 1e-6));
        }
        for (a, b) in original.curves["gaze"].values.iter().zip(&back.curves["gaze"].values) {
            prop_assert!((a - b).abs() <= (a.abs() / 2048.0).max(2f32.powi(-25)), "{a} {b}");
        }
    }

    #[test]
    fn far_points_are_moved_to_one_side_outside(x in -1e9f32..1e9, width in 1u32..MAX_SIDE, height in 1u32..MAX_SIDE) {
        let mut original = truth(1, 3);
        original.size = (width, height);
        original.keypoints.fill(x);
        let back = read(&encode(&original).unwrap()).unwrap().keypoints[[0, 0, 0]];
        let side = width.max(height) as f32;
        let step = keypoint_step(original.size);
        prop_assert!((x.clamp(-side, 2.0 * side) - back).abs() <= step / 2.0 + side * 1e-6, "{x} {back}");
    }

    #[test]
    fn damaged_bytes_end_in_an_error_or_a_truth(seed in 0u64..10_000, hits in 1usize..20) {
        let mut bytes = encode(&truth(3, 2)).unwrap();
        let mut next = numbers(seed);
        for _ in 0..hits {
            let at = (next() * bytes.len() as f32) as usize % bytes.len();
            bytes[at] = (next() * 256.0) as u8;
        }
        bytes.truncate(bytes.len() - (next() * 40.0) as usize);
        let _ = read(&bytes);
    }
}

#[test]
fn steps_follow_the_picture() {
    assert_eq!(keypoint_step((256, 256)), 0.0625);
    assert_eq!(keypoint_step((1023, 10)), 0.0625);
    assert_eq!(keypoint_step((1024, 10)), 0.125);
    assert_eq!(keypoint_step((1920, 1080)), 0.125);
    assert_eq!(keypoint_step((MAX_SIDE, 1)), 2.0);
}

#[test]
fn depth_is_rounded_to_millimetres_and_nothing_is_zero() {
    let metres =
        Array3::from_shape_vec((1, 1, 6), vec![1.0004, -1.0, f32::NAN, 65.535, 70.0, f32::INFINITY]).unwrap();
    let depth = Depth::from_metres(1, &metres);
    assert_eq!(depth.millimetres.into_raw_vec_and_offset().0, [1000, 0, 0, 65_535, 0, 0]);
}

#[test]
fn the_same_truth_gives_the_same_bytes() {
    assert_eq!(encode(&truth(30, 4)).unwrap(), encode(&truth(30, 4)).unwrap());
}

#[test]
fn what_does_not_fit_is_named() {
    let wrong = |change: fn(&mut Truth)| {
        let mut truth = truth(4, 1);
        change(&mut truth);
        encode(&truth).unwrap_err()
    };
    assert!(wrong(|t| t.keypoints[[0, 0, 0]] = f32::NAN).contains("finite"));
    assert!(wrong(|t| t.visibility[[0, 0]] = 3).contains("visibility of 3"));
    assert!(wrong(|t| t.visibility = Array2::zeros((3, 133))).contains("[3, 133]"));
    assert!(wrong(|t| t.masks.as_mut().unwrap().every = 7).contains("parts"));
    assert!(wrong(|t| t.masks.as_mut().unwrap().legend.truncate(1)).contains("part 3"));
    assert!(wrong(|t| t.curves.get_mut("gaze").unwrap().values[[0, 0]] = 1e6).contains("gaze"));
    assert!(wrong(|t| t.size = (0, 5)).contains("0x5"));
    assert!(wrong(|t| t.confidence = Some(Array2::from_elem((4, 133), 1.5))).contains("1.5"));
}

#[test]
fn limits_hold_before_anything_is_unpacked() {
    let bytes = encode(&truth(50, 1)).unwrap();
    let small = Limits { max_array_bytes: 1000, ..Limits::default() };
    let error = TruthFile::open(&bytes, &small).unwrap().all().unwrap_err();
    assert!(error.contains("larger than the 1000 bytes"), "{error}");
    let short = Limits { max_frames: 49, ..Limits::default() };
    assert!(TruthFile::open(&bytes, &short).is_err());
    assert!(read(&bytes[..bytes.len() - 1]).is_err());
    assert!(read(b"").is_err());
}

#[test]
fn a_track_has_a_detectors_confidence() {
    let mut truth = truth(1, 1);
    truth.visibility.fill(2);
    truth.visibility[[0, 9]] = 1;
    truth.visibility[[0, 10]] = 0;
    truth.visibility.slice_mut(ndarray::s![0, LEFT_HAND]).fill(0);
    truth.visibility[[0, RIGHT_HAND.start]] = 0;
    let track = truth.track().unwrap();
    let of = |p: usize| track.confidence()[[0, p]];
    assert_eq!((of(0), of(9), of(10)), (1.0, HIDDEN_CONFIDENCE, 0.0));
    assert_eq!((of(FACE.start), of(LEFT_HAND.start)), (1.0, 0.0));
    // A hand is judged as a whole: one finger tip outside does not make it absent.
    assert!((of(RIGHT_HAND.start) - 20.0 / 21.0).abs() < 1e-6);
}

#[test]
fn the_person_is_made_of_the_parts_that_are_theirs() {
    let truth = truth(4, 1);
    let masks = truth.masks.unwrap();
    let person = masks.person(1).unwrap();
    assert!(person[[20, 20]] && !person[[0, 0]]);
    assert!(masks.person(2).is_none());
}

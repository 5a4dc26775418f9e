//! Packing the truth into a member's bytes.

use super::array::{ArrayInfo, Type, pack};
use super::fixed_point::{keypoint_step, to_fixed};
use super::{FORMAT, MAX_LAYER_SIDE, MAX_SIDE, Truth, VERSION};
use half::f16;
use ndarray::Array3;
use orator_body::layout::WHOLE_BODY;
use std::collections::BTreeMap;

/// zstd's level: what a frame costs in time stays far below drawing it. One level and one thread, so that the same
/// truth gives the same bytes.
const COMPRESSION_LEVEL: i32 = 5;

/// Packs `truth` as the module describes.
///
/// # Errors
/// What does not fit: shapes, numbers that are not finite, sizes out of range, a part number without a name.
pub fn encode(truth: &Truth) -> Result<Vec<u8>, String> {
    check(truth)?;
    let mut arrays: BTreeMap<String, (ArrayInfo, Vec<u8>)> = BTreeMap::new();
    let mut add = |name: &str, info: ArrayInfo, unpacked: Vec<u8>| {
        let packed =
            zstd::bulk::compress(&unpacked, COMPRESSION_LEVEL).map_err(|e| format!("{name}: {e}"))?;
        arrays.insert(name.to_owned(), (info, packed));
        Ok::<(), String>(())
    };
    let step = keypoint_step(truth.size);
    let fixed: Vec<u16> =
        truth.keypoints.iter().map(|&v| to_fixed(v, truth.size, step).cast_unsigned()).collect();
    let info = ArrayInfo {
        lag: 2 * WHOLE_BODY,
        step: Some(f64::from(step)),
        ..ArrayInfo::new(Type::I16, truth.keypoints.shape())
    };
    let lag = info.lag;
    add("keypoints", info, pack(&fixed, lag))?;
    let bytes = truth.visibility.iter().copied().collect();
    add("visibility", ArrayInfo::new(Type::U8, truth.visibility.shape()), bytes)?;
    if let Some(confidence) = &truth.confidence {
        // `as` saturates; the range was checked.
        let bytes = confidence.iter().map(|c| (c * 255.0).round() as u8).collect();
        add("confidence", ArrayInfo::new(Type::U8, confidence.shape()), bytes)?;
    }
    if let Some(masks) = &truth.masks {
        let info = ArrayInfo {
            every: masks.every,
            legend: masks.legend.clone(),
            ..ArrayInfo::new(Type::U8, masks.parts.shape())
        };
        add("parts", info, masks.parts.iter().copied().collect())?;
    }
    if let Some(depth) = &truth.depth {
        let numbers: Vec<u16> = depth.millimetres.iter().copied().collect();
        let info =
            ArrayInfo { every: depth.every, lag: 1, ..ArrayInfo::new(Type::U16, depth.millimetres.shape()) };
        add("depth", info, pack(&numbers, 1))?;
    }
    for (name, curve) in &truth.curves {
        let numbers: Vec<u16> = curve.values.iter().map(|&v| f16::from_f32(v).to_bits()).collect();
        let info =
            ArrayInfo { names: curve.names.clone(), ..ArrayInfo::new(Type::F16, curve.values.shape()) };
        add(&format!("curve.{name}"), info, pack(&numbers, 0))?;
    }
    join(truth, &arrays)
}

/// The safetensors file. Written here and not by the library, which keeps metadata in an order that changes from run to
/// run: the same truth must give the same bytes.
fn join(truth: &Truth, arrays: &BTreeMap<String, (ArrayInfo, Vec<u8>)>) -> Result<Vec<u8>, String> {
    let infos: BTreeMap<&str, &ArrayInfo> =
        arrays.iter().map(|(name, (info, _))| (name.as_str(), info)).collect();
    let metadata = serde_json::json!({
        "format": FORMAT,
        "version": VERSION,
        "layout": orator_body::Layout::WholeBody133.name(),
        "rate": format!("{}/{}", truth.rate.numerator(), truth.rate.denominator()),
        "size": format!("{}x{}", truth.size.0, truth.size.1),
        "frames": truth.frames().to_string(),
        "arrays": serde_json::to_string(&infos).map_err(|e| e.to_string())?,
    });
    let mut header = BTreeMap::from([("__metadata__", metadata)]);
    let mut at = 0;
    for (name, (_, packed)) in arrays {
        let offsets = [at, at + packed.len()];
        at += packed.len();
        let entry = serde_json::json!({ "dtype": "U8", "shape": [packed.len()], "data_offsets": offsets });
        header.insert(name, entry);
    }
    let mut header = serde_json::to_string(&header).map_err(|e| e.to_string())?;
    // The numbers start at a multiple of eight bytes, as the format asks.
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut bytes = Vec::with_capacity(8 + header.len() + at);
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    for (_, packed) in arrays.values() {
        bytes.extend_from_slice(packed);
    }
    Ok(bytes)
}

fn check(truth: &Truth) -> Result<(), String> {
    let frames = truth.frames();
    let sides = 1..=MAX_SIDE;
    if frames == 0 || !sides.contains(&truth.size.0) || !sides.contains(&truth.size.1) {
        return Err(format!("{frames} frames of {}x{} pixels cannot be stored", truth.size.0, truth.size.1));
    }
    let fit = |name: &str, found: &[usize], wanted: &[usize]| {
        if found == wanted { Ok(()) } else { Err(format!("{name} has shape {found:?}, not {wanted:?}")) }
    };
    fit("keypoints", truth.keypoints.shape(), &[frames, WHOLE_BODY, 2])?;
    fit("visibility", truth.visibility.shape(), &[frames, WHOLE_BODY])?;
    if truth.keypoints.iter().any(|v| !v.is_finite()) {
        return Err("keypoints hold numbers that are not finite".into());
    }
    if let Some(odd) = truth.visibility.iter().find(|v| **v > 2) {
        return Err(format!("a visibility of {odd}; 0, 1 and 2 are possible"));
    }
    if let Some(confidence) = &truth.confidence {
        fit("confidence", confidence.shape(), &[frames, WHOLE_BODY])?;
        if let Some(odd) = confidence.iter().find(|c| !(0.0..=1.0).contains(*c)) {
            return Err(format!("a confidence of {odd}; it lies between 0 and 1"));
        }
    }
    if let Some(masks) = &truth.masks {
        check_layer("parts", &masks.parts, masks.every, frames)?;
        let mut named = [false; 256];
        masks.legend.iter().for_each(|part| named[usize::from(part.number)] = true);
        if let Some(odd) = masks.parts.iter().find(|part| !named[usize::from(**part)]) {
            return Err(format!("part {odd} of the masks has no name in the legend"));
        }
    }
    if let Some(depth) = &truth.depth {
        check_layer("depth", &depth.millimetres, depth.every, frames)?;
    }
    for (name, curve) in &truth.curves {
        check_curve_name(name)?;
        fit(name, curve.values.shape(), &[frames, curve.names.len()])?;
        let most = f32::from(f16::MAX);
        if let Some(odd) = curve.values.iter().find(|v| v.is_nan() || v.abs() > most) {
            return Err(format!("curve {name} holds {odd}; numbers lie within ±{most}"));
        }
    }
    Ok(())
}

pub(super) fn check_curve_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 80 || !name.chars().all(fits) {
        return Err(format!(
            "a curve's name is 1 to 80 small letters, digits, `-`, `_`, not `{}`",
            name.escape_debug()
        ));
    }
    Ok(())
}

fn check_layer<T>(name: &str, layer: &Array3<T>, every: u32, frames: usize) -> Result<(), String> {
    check_layer_shape(name, layer.shape(), every, frames)
}

pub(super) fn check_layer_shape(
    name: &str,
    shape: &[usize],
    every: u32,
    frames: usize,
) -> Result<(), String> {
    let sides = 1..=MAX_LAYER_SIDE;
    let [count, height, width] = shape else {
        return Err(format!("{name} has shape {shape:?}, not [n, height, width]"));
    };
    if every == 0 || *count != frames.div_ceil(every as usize) {
        return Err(format!("{name}: {count} pictures, one every {every}, do not fit {frames} frames"));
    }
    if !sides.contains(height) || !sides.contains(width) {
        return Err(format!("{name}: {width}x{height} pixels; a side has 1 to {MAX_LAYER_SIDE}"));
    }
    Ok(())
}

//! Unpacking the truth: all of it, or only what is asked for.

use super::array::{ArrayInfo, Type, unpack};
use super::encode::{check_curve_name, check_layer_shape};
use super::fixed_point::{keypoint_step, to_pixels};
use super::{Curve, Depth, FORMAT, MAX_SIDE, Masks, Truth, VERSION};
use crate::Limits;
use half::f16;
use ndarray::{Array2, Array3};
use orator_body::Layout;
use orator_body::layout::WHOLE_BODY;
use orator_media::FrameRate;
use safetensors::SafeTensors;
use std::collections::BTreeMap;

type Outcome<T> = Result<T, String>;

/// A truth member whose header is read and whose arrays are unpacked when asked for.
pub struct TruthFile<'a> {
    tensors: SafeTensors<'a>,
    arrays: BTreeMap<String, ArrayInfo>,
    rate: FrameRate,
    size: (u32, u32),
    frames: usize,
    limits: Limits,
}

impl<'a> TruthFile<'a> {
    /// Reads the header of a member's bytes.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Outcome<Self> {
        let damaged = |e| format!("not a truth file, or cut off ({e})");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let entry = |key: &str| {
            metadata.get(key).map(String::as_str).ok_or_else(|| format!("the metadata lack `{key}`"))
        };
        if entry("format")? != FORMAT {
            return Err(format!("holds `{}`, not `{FORMAT}`", entry("format")?.escape_debug()));
        }
        if entry("version")? != VERSION {
            return Err(format!(
                "written in version {}; this program reads {VERSION}",
                entry("version")?.escape_debug()
            ));
        }
        if entry("layout")? != Layout::WholeBody133.name() {
            return Err(format!(
                "layout `{}` is not {}",
                entry("layout")?.escape_debug(),
                Layout::WholeBody133.name()
            ));
        }
        let pair = |key: &str, mark: char| -> Outcome<(u32, u32)> {
            let text = entry(key)?;
            text.split_once(mark)
                .and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)))
                .ok_or_else(|| format!("`{key}` cannot be `{}`", text.escape_debug()))
        };
        let rate = FrameRate::try_from(pair("rate", '/')?)?;
        let size = pair("size", 'x')?;
        let frames: usize = entry("frames")?.parse().map_err(|_| "`frames` is no number")?;
        if frames == 0 || frames as u64 > limits.max_frames {
            return Err(format!("{frames} frames; 1 to {} are possible", limits.max_frames));
        }
        if !(1..=MAX_SIDE).contains(&size.0) || !(1..=MAX_SIDE).contains(&size.1) {
            return Err(format!("a picture of {}x{} pixels; a side has 1 to {MAX_SIDE}", size.0, size.1));
        }
        let arrays = serde_json::from_str(entry("arrays")?).map_err(|e| format!("`arrays`: {e}"))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        Ok(Self { tensors, arrays, rate, size, frames, limits: limits.clone() })
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Names of the arrays with what they hold.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &ArrayInfo)> {
        self.arrays.iter().map(|(name, info)| (name.as_str(), info))
    }

    /// Everything.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn all(&self) -> Outcome<Truth> {
        let mut truth = self.motion()?;
        truth.masks = self.masks()?;
        truth.depth = self.depth()?;
        for name in self.arrays.keys() {
            if let Some(name) = name.strip_prefix("curve.") {
                truth.curves.insert(name.to_owned(), self.curve(name)?);
            }
        }
        Ok(truth)
    }

    /// Keypoints with visibility and confidence; masks, depth and curves stay packed.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn motion(&self) -> Outcome<Truth> {
        let flat = [self.frames, WHOLE_BODY];
        let info = self.info("keypoints", Type::I16)?;
        let step = info.step.unwrap_or_default() as f32;
        if step.to_bits() != keypoint_step(self.size).to_bits() {
            return Err(format!("keypoints in steps of {step} pixels do not fit the picture's size"));
        }
        let numbers = self.numbers("keypoints", info, &[self.frames, WHOLE_BODY, 2])?;
        let pixels = numbers.into_iter().map(|n| to_pixels(n.cast_signed(), step)).collect();
        let keypoints =
            Array3::from_shape_vec((self.frames, WHOLE_BODY, 2), pixels).map_err(|e| e.to_string())?;
        let visibility = self.bytes("visibility", self.info("visibility", Type::U8)?, &flat)?;
        if let Some(odd) = visibility.iter().find(|v| **v > 2) {
            return Err(format!("a visibility of {odd}; 0, 1 and 2 are possible"));
        }
        let visibility =
            Array2::from_shape_vec((self.frames, WHOLE_BODY), visibility).map_err(|e| e.to_string())?;
        let mut truth = Truth::new(self.rate, self.size, keypoints, visibility);
        if self.arrays.contains_key("confidence") {
            let bytes = self.bytes("confidence", self.info("confidence", Type::U8)?, &flat)?;
            let values = bytes.into_iter().map(|b| f32::from(b) / 255.0).collect();
            truth.confidence =
                Some(Array2::from_shape_vec((self.frames, WHOLE_BODY), values).map_err(|e| e.to_string())?);
        }
        Ok(truth)
    }

    /// The part masks, if there are any.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn masks(&self) -> Outcome<Option<Masks>> {
        if !self.arrays.contains_key("parts") {
            return Ok(None);
        }
        let info = self.info("parts", Type::U8)?;
        check_layer_shape("parts", &info.shape, info.every, self.frames)?;
        let bytes = self.bytes("parts", info, &info.shape)?;
        let parts = three(&info.shape, bytes)?;
        Ok(Some(Masks { every: info.every, parts, legend: info.legend.clone() }))
    }

    /// The depth pictures, if there are any.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn depth(&self) -> Outcome<Option<Depth>> {
        if !self.arrays.contains_key("depth") {
            return Ok(None);
        }
        let info = self.info("depth", Type::U16)?;
        check_layer_shape("depth", &info.shape, info.every, self.frames)?;
        let numbers = self.numbers("depth", info, &info.shape)?;
        Ok(Some(Depth { every: info.every, millimetres: three(&info.shape, numbers)? }))
    }

    /// The curve with this name.
    ///
    /// # Errors
    /// That there is none, or what is wrong with it, in words.
    pub fn curve(&self, name: &str) -> Outcome<Curve> {
        check_curve_name(name)?;
        let key = format!("curve.{name}");
        let info = self.info(&key, Type::F16)?;
        let shape = [self.frames, info.names.len()];
        let numbers = self.numbers(&key, info, &shape)?;
        let values: Vec<f32> = numbers.into_iter().map(|bits| f16::from_bits(bits).to_f32()).collect();
        if values.iter().any(|v| !v.is_finite()) {
            return Err(format!("curve {name} holds numbers that are not finite"));
        }
        let values = Array2::from_shape_vec((shape[0], shape[1]), values).map_err(|e| e.to_string())?;
        Ok(Curve { names: info.names.clone(), values })
    }

    fn info(&self, name: &str, dtype: Type) -> Outcome<&ArrayInfo> {
        let info = self.arrays.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
        if info.dtype != dtype {
            return Err(format!("`{name}` holds {:?}, not {dtype:?}", info.dtype));
        }
        Ok(info)
    }

    fn numbers(&self, name: &str, info: &ArrayInfo, shape: &[usize]) -> Outcome<Vec<u16>> {
        Ok(unpack(&self.bytes(name, info, shape)?, info.lag))
    }

    /// The unpacked bytes of an array that must have this shape.
    fn bytes(&self, name: &str, info: &ArrayInfo, shape: &[usize]) -> Outcome<Vec<u8>> {
        if info.shape != shape {
            return Err(format!("`{name}` has shape {:?}, not {shape:?}", info.shape));
        }
        let most = self.limits.max_array_bytes;
        let length = info.bytes().filter(|bytes| *bytes <= most);
        let length = length.and_then(|bytes| usize::try_from(bytes).ok()).ok_or_else(|| {
            format!("`{name}` of shape {:?} is larger than the {most} bytes allowed", info.shape)
        })?;
        let packed = self.tensors.tensor(name).map_err(|_| format!("`{name}` is missing"))?;
        let bytes = zstd::bulk::decompress(packed.data(), length)
            .map_err(|e| format!("`{name}` does not unpack ({e})"))?;
        if bytes.len() != length {
            return Err(format!("`{name}` unpacks to {} bytes, not {length}", bytes.len()));
        }
        Ok(bytes)
    }
}

fn three<T>(shape: &[usize], numbers: Vec<T>) -> Outcome<Array3<T>> {
    match shape {
        [a, b, c] => Array3::from_shape_vec((*a, *b, *c), numbers).map_err(|e| e.to_string()),
        _ => Err(format!("shape {shape:?} is not [n, height, width]")),
    }
}

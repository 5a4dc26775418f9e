//! Pictures as tensors and back.

use crate::{RenderError, Result};
use orator_media::Picture;
use orator_nn::grid::resize;
use tch::{Device, Kind, Tensor};

/// Pictures are drawn at a multiple of this many pixels, between the two below, and resized to the portrait's size.
const STEP: usize = 64;
const SMALLEST: usize = 128;
const LARGEST: usize = 1024;

/// The side at which a portrait of `size` pixels is drawn.
pub(crate) fn drawing_side(size: usize) -> i64 {
    ((size + STEP / 2) / STEP * STEP).clamp(SMALLEST, LARGEST) as i64
}

/// A picture as `[1, 3, height, width]` in 0..1.
pub(crate) fn to_tensor(picture: &Picture, device: Device) -> Tensor {
    let shape = [1, picture.height() as i64, picture.width() as i64, 3];
    let bytes = Tensor::from_slice(picture.rgb()).view(shape).to_device(device);
    bytes.permute([0, 3, 1, 2]).to_kind(Kind::Float) / 255.0
}

/// `[1, 3, s, s]` as a picture of `size` × `size` pixels; what leaves 0..1 is cut.
pub(crate) fn to_picture(drawn: &Tensor, size: usize) -> Result<Picture> {
    let drawn = resize(drawn, size as i64, size as i64);
    let bytes = (drawn.clamp(0.0, 1.0) * 255.0).round().to_kind(Kind::Uint8);
    let bytes = bytes.squeeze_dim(0).permute([1, 2, 0]).contiguous().to_device(Device::Cpu);
    let rgb = Vec::<u8>::try_from(&bytes.view([-1]))?;
    Picture::from_rgb(size, size, rgb).map_err(|e| RenderError::Motion(e.to_string()))
}

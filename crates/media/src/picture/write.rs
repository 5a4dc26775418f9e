//! Writing a picture as PNG or JPEG.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageError};

use super::Picture;
use crate::{MediaError, OutputFile, Result};

impl Picture {
    /// Writes an 8-bit RGB PNG file; it appears under `path` only when it is whole.
    ///
    /// # Errors
    /// [`MediaError::Io`]: `path` cannot be written (no folder, no permission, full disk).
    pub fn write_png(&self, path: &Path) -> Result<()> {
        self.write_through(path, |picture, target| picture.encode_png(target))
    }

    /// Writes a JPEG file of `quality` 1 to 100 (clamped); it appears under `path` only when it is
    /// whole.
    ///
    /// # Errors
    /// [`MediaError::Io`]: `path` cannot be written; [`MediaError::Argument`]: a side is above 65535,
    /// which JPEG cannot store.
    pub fn write_jpeg(&self, path: &Path, quality: u8) -> Result<()> {
        if self.width().max(self.height()) > 65_535 {
            return Err(MediaError::Argument(format!(
                "a JPEG picture may have 65535 pixels a side, not {}x{}",
                self.width(),
                self.height()
            )));
        }
        self.write_through(path, |picture, target| picture.encode_jpeg(target, quality))
    }

    /// Encodes an 8-bit RGB PNG file into `target`.
    ///
    /// # Errors
    /// What `target` fails with.
    pub fn encode_png(&self, target: &mut dyn Write) -> io::Result<()> {
        let (width, height) = (self.width() as u32, self.height() as u32);
        PngEncoder::new_with_quality(target, CompressionType::Default, FilterType::Adaptive)
            .write_image(self.rgb(), width, height, ExtendedColorType::Rgb8)
            .map_err(as_io_error)
    }

    /// Encodes a JPEG file of `quality` 1 to 100 (clamped) into `target`.
    ///
    /// # Errors
    /// What `target` fails with.
    pub fn encode_jpeg(&self, target: &mut dyn Write, quality: u8) -> io::Result<()> {
        let (width, height) = (self.width() as u32, self.height() as u32);
        JpegEncoder::new_with_quality(target, quality.clamp(1, 100))
            .write_image(self.rgb(), width, height, ExtendedColorType::Rgb8)
            .map_err(as_io_error)
    }

    fn write_through(
        &self,
        path: &Path,
        encode: impl Fn(&Self, &mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let mut output = OutputFile::create(path)?;
        let mut buffered = BufWriter::new(&mut output);
        let written = encode(self, &mut buffered).and_then(|()| buffered.flush());
        drop(buffered);
        written.map_err(|error| output.error(error))?;
        output.persist()
    }
}

fn as_io_error(error: ImageError) -> io::Error {
    match error {
        ImageError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

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
        let mut target = Remembering { target, failure: None };
        let written =
            PngEncoder::new_with_quality(&mut target, CompressionType::Default, FilterType::Adaptive)
                .write_image(self.rgb(), width, height, ExtendedColorType::Rgb8);
        target.outcome(written)
    }

    /// Encodes a JPEG file of `quality` 1 to 100 (clamped) into `target`.
    ///
    /// # Errors
    /// What `target` fails with.
    pub fn encode_jpeg(&self, target: &mut dyn Write, quality: u8) -> io::Result<()> {
        let (width, height) = (self.width() as u32, self.height() as u32);
        let mut target = Remembering { target, failure: None };
        let written = JpegEncoder::new_with_quality(&mut target, quality.clamp(1, 100)).write_image(
            self.rgb(),
            width,
            height,
            ExtendedColorType::Rgb8,
        );
        target.outcome(written)
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

/// Keeps the system's own error, which the encoders wrap beyond recognition: a full disk has to be
/// told from other failures.
struct Remembering<'a> {
    target: &'a mut dyn Write,
    failure: Option<io::Error>,
}

impl Remembering<'_> {
    fn outcome(self, written: std::result::Result<(), ImageError>) -> io::Result<()> {
        match (self.failure, written) {
            (Some(failure), _) => Err(failure),
            (None, written) => written.map_err(io::Error::other),
        }
    }

    fn remember<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failure.get_or_insert(error);
            }
            kind.into()
        })
    }
}

impl Write for Remembering<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.target.write(bytes);
        self.remember(outcome)
    }
    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.target.flush();
        self.remember(outcome)
    }
}

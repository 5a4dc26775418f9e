//! How large an input may be. Every limit is checked against what a file's header states, before
//! memory is asked for, and again while decoding, because headers lie.

use std::path::Path;

use crate::{MediaError, Result};

/// The largest inputs that are accepted. The defaults suit an ordinary machine; a caller with
/// other needs changes single fields:
///
/// ```
/// let limits = orator_media::Limits { max_audio_seconds: 600.0, ..Default::default() };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Width × height of a picture or of a video frame. Default 64 million pixels, above what
    /// current cameras deliver and at most 0.7 GB while a 16-bit picture is being decoded.
    pub max_picture_pixels: u64,
    /// Width or height of a picture or of a video frame, in pixels. Default 16384.
    pub max_picture_side: u32,
    /// Size of a picture's file in bytes. Default 512 MiB.
    pub max_picture_bytes: u64,
    /// Length of a recording in seconds. Default two hours.
    pub max_audio_seconds: f64,
    /// Length of a video in seconds. Default two hours.
    pub max_video_seconds: f64,
    /// Frames of a video. Default two hours at 60 frames per second.
    pub max_video_frames: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_picture_pixels: 64_000_000,
            max_picture_side: 16_384,
            max_picture_bytes: 512 << 20,
            max_audio_seconds: 7200.0,
            max_video_seconds: 7200.0,
            max_video_frames: 432_000,
        }
    }
}

impl Limits {
    /// Checks the size of a picture or of a video's frames.
    ///
    /// # Errors
    /// [`MediaError::TooLarge`] naming the limit; [`MediaError::Damaged`] when a side is zero.
    pub fn check_picture_size(&self, path: &Path, width: u64, height: u64) -> Result<()> {
        if width == 0 || height == 0 {
            return Err(MediaError::Damaged {
                path: path.to_owned(),
                what: format!("states a size of {width}x{height} pixels"),
            });
        }
        let side = u64::from(self.max_picture_side);
        if width > side || height > side {
            return Err(MediaError::TooLarge {
                path: path.to_owned(),
                what: format!("{width}x{height} pixels; a side may have at most {side}"),
            });
        }
        if width * height > self.max_picture_pixels {
            return Err(MediaError::TooLarge {
                path: path.to_owned(),
                what: format!(
                    "{width}x{height} pixels are {:.1} million; at most {:.1} million are read",
                    (width * height) as f64 / 1e6,
                    self.max_picture_pixels as f64 / 1e6
                ),
            });
        }
        Ok(())
    }

    /// The largest number of samples a recording at `rate` may have.
    #[must_use]
    pub fn max_audio_samples(&self, rate: u32) -> u64 {
        // `as` saturates: an infinite limit becomes the largest number.
        (self.max_audio_seconds.max(0.0) * f64::from(rate)) as u64
    }

    /// Checks the length of a recording.
    ///
    /// # Errors
    /// [`MediaError::TooLarge`] naming both lengths.
    pub fn check_audio_length(&self, path: &Path, samples: u64, rate: u32) -> Result<()> {
        if samples > self.max_audio_samples(rate) {
            return Err(MediaError::TooLarge {
                path: path.to_owned(),
                what: format!(
                    "lasts {}; at most {} are read",
                    in_words(samples as f64 / f64::from(rate.max(1))),
                    in_words(self.max_audio_seconds)
                ),
            });
        }
        Ok(())
    }
}

/// A length of time for people: `0.48 s`, `12.0 s`, `3 min 20 s`, `10 h 0 min`.
pub(crate) fn in_words(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        if whole < 7200 {
            format!("{} min {} s", whole / 60, whole % 60)
        } else {
            format!("{} h {} min", whole / 3600, whole % 3600 / 60)
        }
    }
}

/// A number of bytes for people: `512 MiB`.
pub(crate) fn in_words_of_bytes(bytes: u64) -> String {
    if bytes >= 10 << 20 {
        format!("{} MiB", bytes >> 20)
    } else if bytes >= 10 << 10 {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_square_is_refused_and_the_words_say_why() {
        let error = Limits::default().check_picture_size(Path::new("a.png"), 65_535, 65_535);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("65535x65535") && text.contains("16384"), "{text}");
        let error = Limits::default().check_picture_size(Path::new("a.png"), 16_000, 16_000);
        assert!(matches!(error, Err(MediaError::TooLarge { .. })));
        assert!(Limits::default().check_picture_size(Path::new("a.png"), 8000, 8000).is_ok());
        let error = Limits::default().check_picture_size(Path::new("a.png"), 0, 10);
        assert!(matches!(error, Err(MediaError::Damaged { .. })));
    }

    #[test]
    fn lengths_are_told_in_words() {
        assert_eq!(in_words(0.5), "0.50 s");
        assert_eq!(in_words(61.0), "61.0 s");
        assert_eq!(in_words(200.0), "3 min 20 s");
        assert_eq!(in_words(36_000.0), "10 h 0 min");
        let limits = Limits::default();
        assert!(limits.check_audio_length(Path::new("a"), 7200 * 48_000, 48_000).is_ok());
        let text =
            limits.check_audio_length(Path::new("a"), 36_000 * 48_000, 48_000).unwrap_err().to_string();
        assert!(text.contains("10 h") && text.contains("2 h"), "{text}");
    }
}

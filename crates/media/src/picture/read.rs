//! Reading a picture file: what it is, how large it would be, then its pixels.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use super::{Picture, jpeg_end};
use crate::limits::in_words_of_bytes;
use crate::{ContentKind, Limits, MediaError, Result};

/// Reads a PNG, JPEG or WebP file, told apart by content and not by name.
///
/// The picture is turned upright as its EXIF orientation says. 16-bit samples are rounded to 8 bits
/// (`v · 255 / 65535`). Grey and palette pictures become RGB. Transparent parts are laid over white
/// in the stored (gamma-encoded) values, as browsers do. Colour profiles are not applied: values are
/// taken as sRGB. Of an animation the first picture is read.
///
/// # Errors
/// * [`MediaError::Io`]: the file cannot be opened or read.
/// * [`MediaError::Empty`]: it has no bytes.
/// * [`MediaError::TooLarge`]: it is above `limits`; found from its header.
/// * [`MediaError::Unsupported`]: it is something else, which the message names.
/// * [`MediaError::Damaged`]: it is cut off or broken.
pub fn read(path: &Path, limits: &Limits) -> Result<Picture> {
    let io = |error| MediaError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.by_ref().take(ContentKind::BYTES_NEEDED as u64).read_to_end(&mut bytes).map_err(io)?;
    // A four-hour video under a picture's name is refused by its first bytes.
    let kind = picture_kind(path, &bytes)?;
    file.take(limits.max_picture_bytes.saturating_sub(bytes.len() as u64).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    decode(path, kind, &bytes, limits)
}

/// Reads a picture that is in memory already; `name` stands for it in errors.
///
/// # Errors
/// As [`read`], less [`MediaError::Io`].
pub fn read_bytes(name: &Path, bytes: &[u8], limits: &Limits) -> Result<Picture> {
    let kind = picture_kind(name, bytes)?;
    decode(name, kind, bytes, limits)
}

/// Which of the readable kinds it is, or an error that says what it is instead.
fn picture_kind(path: &Path, start: &[u8]) -> Result<ImageFormat> {
    match ContentKind::of(start) {
        ContentKind::Png => Ok(ImageFormat::Png),
        ContentKind::Jpeg => Ok(ImageFormat::Jpeg),
        ContentKind::WebP => Ok(ImageFormat::WebP),
        ContentKind::Nothing => {
            Err(MediaError::Empty { path: path.to_owned(), what: "the file has no bytes".into() })
        }
        ContentKind::Unknown => Err(MediaError::Damaged {
            path: path.to_owned(),
            what: format!("is no picture: it holds {}", ContentKind::Unknown),
        }),
        other => {
            let named = path.extension().map_or_else(String::new, |extension| {
                format!("is named .{} but ", extension.to_string_lossy())
            });
            let hint = match other {
                ContentKind::OtherPicture(_) => "save it as PNG or JPEG first",
                ContentKind::Mp4 | ContentKind::Matroska | ContentKind::Avi => {
                    "save one frame of the video as PNG or JPEG and give that"
                }
                _ => "give a PNG, JPEG or WebP picture",
            };
            Err(MediaError::Unsupported {
                path: path.to_owned(),
                what: format!("{named}holds {other}"),
                hint: hint.into(),
            })
        }
    }
}

fn decode(path: &Path, format: ImageFormat, bytes: &[u8], limits: &Limits) -> Result<Picture> {
    if bytes.len() as u64 > limits.max_picture_bytes {
        return Err(MediaError::TooLarge {
            path: path.to_owned(),
            what: format!(
                "a picture's file may have at most {}",
                in_words_of_bytes(limits.max_picture_bytes)
            ),
        });
    }
    let damaged = |error: ImageError| as_media_error(path, format, error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // Our own limits, in our own words, come right after the header; the decoder's only bound what
    // it asks for besides the pixels.
    reader.limits(image::Limits::no_limits());
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    limits.check_picture_size(path, u64::from(width), u64::from(height))?;
    if format == ImageFormat::Jpeg && !jpeg_end::is_whole(bytes) {
        return Err(MediaError::Damaged {
            path: path.to_owned(),
            what: "the JPEG picture is cut off before its end".into(),
        });
    }
    let mut inner = image::Limits::no_limits();
    inner.max_alloc = Some(decoder.total_bytes().saturating_add(256 << 20));
    decoder.set_limits(inner).map_err(damaged)?;
    // A broken EXIF block is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    pixels.apply_orientation(orientation);
    let rgb = over_white(pixels);
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    Picture::from_rgb(width, height, rgb.into_raw())
}

/// Lays the picture over white and reduces it to 8-bit RGB.
fn over_white(pixels: DynamicImage) -> image::RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let (width, height) = (pixels.width(), pixels.height());
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    if pixels.color().bytes_per_pixel() / pixels.color().channel_count() > 1 {
        // Blend before reducing to 8 bits, so that nothing is rounded twice.
        for pixel in pixels.into_rgba16().pixels() {
            let alpha = u64::from(pixel.0[3]);
            rgb.extend(pixel.0[..3].iter().map(|&value| {
                let blended = u64::from(value) * alpha + 65_535 * (65_535 - alpha);
                // `blended` is in 0..=65535²; to 0..=255 with rounding.
                ((blended * 255 + 65_535 * 65_535 / 2) / (65_535 * 65_535)) as u8
            }));
        }
    } else {
        for pixel in pixels.into_rgba8().pixels() {
            let alpha = u32::from(pixel.0[3]);
            rgb.extend(
                pixel.0[..3]
                    .iter()
                    .map(|&value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8),
            );
        }
    }
    image::RgbImage::from_raw(width, height, rgb).unwrap_or_default()
}

fn as_media_error(path: &Path, format: ImageFormat, error: ImageError) -> MediaError {
    let path = path.to_owned();
    let name = match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        _ => "WebP",
    };
    match error {
        ImageError::Unsupported(error) => MediaError::Unsupported {
            path,
            what: format!("a kind of {name} picture that is not read here ({error})"),
            hint: "open it in a picture editor and save it as an ordinary 8-bit PNG".into(),
        },
        ImageError::Limits(error) => {
            MediaError::TooLarge { path, what: format!("reading it needs too much memory ({error})") }
        }
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            MediaError::Damaged { path, what: format!("the {name} picture is cut off before its end") }
        }
        error => MediaError::Damaged { path, what: format!("the {name} picture is damaged ({error})") },
    }
}

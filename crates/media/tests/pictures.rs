//! Pictures of every kind that is read.
//!
//! The fixtures are 48 × 32 grey pictures with a red, green, blue and white corner (from the upper left,
//! row by row), turned by the inverse of what their EXIF orientation says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod inputs;

use image::{DynamicImage, ExtendedColorType, ImageEncoder};
use inputs::{fixture, put};
use orator_media::{Limits, Picture, picture};

fn read(name: &str) -> Picture {
    picture::read(&fixture(&format!("pictures/{name}")), &Limits::default()).unwrap()
}

fn is_near(a: [u8; 3], b: [u8; 3], tolerance: u8) -> bool {
    a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= tolerance)
}

fn check_corners(name: &str, picture: &Picture, tolerance: u8) {
    assert_eq!((picture.width(), picture.height()), (48, 32), "{name}");
    let corners = [(3, 3), (44, 3), (3, 28), (44, 28), (24, 16)];
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3], [128; 3]];
    for ((x, y), colour) in corners.into_iter().zip(colours) {
        let found = picture.pixel(x, y);
        assert!(is_near(found, colour, tolerance), "{name} at {x},{y}: {found:?}, not {colour:?}");
    }
}

#[test]
fn pictures_are_turned_upright() {
    for name in [
        "orientation_3.jpg",
        "orientation_5.jpg",
        "orientation_6.jpg",
        "orientation_8.png",
        "orientation_6.webp",
    ] {
        check_corners(name, &read(name), 12);
    }
}

#[test]
fn other_codings_of_the_same_picture() {
    for name in ["progressive.jpg", "lossy.webp", "animated.webp"] {
        check_corners(name, &read(name), 12);
    }
    // Four inks are converted without a colour profile: only roughly the same colours.
    check_corners("cmyk.jpg", &read("cmyk.jpg"), 40);
    let grey = read("grey.jpg");
    assert!(is_near(grey.pixel(24, 16), [128; 3], 3));
    assert_eq!(grey.pixel(24, 16)[0], grey.pixel(24, 16)[2]);
}

#[test]
fn transparent_parts_are_laid_over_white() {
    for name in ["alpha.png", "alpha.webp"] {
        let picture = read(name);
        assert!(is_near(picture.pixel(10, 16), [128; 3], 4), "{name}");
        assert_eq!(picture.pixel(40, 16), [255; 3], "{name}");
        // Half transparent grey: 255 + (128 - 255) · 128 / 255 = 191.25.
        assert!(is_near(picture.pixel(22, 16), [191; 3], 4), "{name}: {:?}", picture.pixel(22, 16));
    }
    // Grey, the most frequent colour, is the transparent entry of the palette.
    let palette = read("palette.png");
    assert_eq!(palette.pixel(24, 16), [255; 3]);
    assert!(is_near(palette.pixel(3, 3), [255, 0, 0], 8));
}

#[test]
fn sixteen_bits_are_rounded_and_not_cut() {
    let grey = read("grey16.png");
    for (index, pixel) in grey.rgb().chunks(3).enumerate() {
        let value = (index as f64 * 65_535.0 / (48.0 * 32.0 - 1.0)).floor();
        let expected = (value * 255.0 / 65_535.0).round() as u8;
        assert!(pixel.iter().all(|v| *v == expected), "{index}: {pixel:?}, not {expected}");
    }
    // Colour with alpha: blended before rounding.
    let raw: Vec<u16> = vec![10_000, 40_000, 65_535, 30_000, 0, 0, 0, 0];
    let deep = image::ImageBuffer::<image::Rgba<u16>, _>::from_raw(2, 1, raw).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgba16(deep).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let picture = picture::read_bytes("deep.png".as_ref(), &bytes.into_inner(), &Limits::default()).unwrap();
    let expected = [10_000.0, 40_000.0, 65_535.0].map(|value: f64| {
        let alpha = 30_000.0 / 65_535.0;
        ((value * alpha + 65_535.0 * (1.0 - alpha)) * 255.0 / 65_535.0).round() as u8
    });
    assert_eq!(picture.pixel(0, 0), expected);
    assert_eq!(picture.pixel(1, 0), [255; 3]);
}

#[test]
fn lossless_files_are_exact_whatever_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let rgb: Vec<u8> = (0..31 * 17 * 3).map(|n| (n * 7919 % 256) as u8).collect();
    let made = Picture::from_rgb(31, 17, rgb.clone()).unwrap();
    let path = folder.path().join("portrait.jpg");
    made.write_png(&path).unwrap();
    assert!(picture::read(&path, &Limits::default()).unwrap() == made);

    let mut webp = Vec::new();
    image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
        .write_image(&rgb, 31, 17, ExtendedColorType::Rgb8)
        .unwrap();
    let path = put(folder.path(), "portrait.png", &webp);
    assert!(picture::read(&path, &Limits::default()).unwrap() == made);
}

#[test]
fn jpeg_is_written_in_the_quality_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let rgb = (0..64).flat_map(|y| (0..64).flat_map(move |x| [2 * x + 30, 3 * y + 10, x + y])).collect();
    let made = Picture::from_rgb(64, 64, rgb).unwrap();
    let size = |quality: u8| {
        let path = folder.path().join(format!("{quality}.jpg"));
        made.write_jpeg(&path, quality).unwrap();
        let back = picture::read(&path, &Limits::default()).unwrap();
        assert_eq!((back.width(), back.height()), (64, 64));
        let worst = back.rgb().iter().zip(made.rgb()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(quality < 95 || worst < 12, "{quality}: {worst}");
        std::fs::metadata(path).unwrap().len()
    };
    assert!(size(20) < size(95));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

//! Pictures that cannot be read: each gets an error that names the file and the cause, at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod inputs;

use std::path::Path;
use std::time::Instant;

use inputs::{fixture, put};
use orator_media::{Limits, MediaError, Picture, picture};
use proptest::prelude::*;

fn error_of(path: &Path) -> MediaError {
    let error = picture::read(path, &Limits::default()).expect_err(&path.display().to_string());
    let name = path.file_name().unwrap().to_string_lossy();
    assert!(error.to_string().contains(name.as_ref()), "{error}");
    error
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in kind.iter().chain(content) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut bytes = (content.len() as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(content);
    bytes.extend((!crc).to_be_bytes());
    bytes
}

fn png_head(width: u32, height: u32, bits: u8, colour: u8) -> Vec<u8> {
    let mut head = width.to_be_bytes().to_vec();
    head.extend(height.to_be_bytes());
    head.extend([bits, colour, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(b"IHDR", &head));
    bytes.extend(chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0]));
    bytes
}

#[test]
fn huge_pictures_are_refused_from_their_header() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut jpeg =
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01".to_vec();
    jpeg.extend(b"\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0\0\0\xff\xd9");
    let mut webp = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    webp.extend([0xff, 0xff, 0, 0xff, 0xff, 0]);
    webp.extend([0; 4]);
    for (name, bytes) in [
        ("huge.png", png_head(65_535, 65_535, 16, 6)),
        ("wide.png", png_head(16_385, 1, 8, 2)),
        ("largest.png", png_head(0x7fff_ffff, 0x7fff_ffff, 8, 2)),
        ("many.png", png_head(16_000, 16_000, 1, 0)),
        ("huge.jpg", jpeg),
    ] {
        let error = error_of(&put(folder.path(), name, &bytes));
        assert!(matches!(error, MediaError::TooLarge { .. }), "{name}: {error:?}");
    }
    // A WebP file that states 65536 × 65536 and holds nothing: too large or damaged, but at once.
    let error = error_of(&put(folder.path(), "huge.webp", &webp));
    assert!(matches!(error, MediaError::TooLarge { .. } | MediaError::Damaged { .. }), "{error:?}");
    assert!(started.elapsed().as_secs() < 2);
}

#[test]
fn a_file_of_endless_size_is_not_read_into_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "endless.png", &png_head(100, 100, 8, 2));
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(40 << 30).unwrap();
    let limits = Limits { max_picture_bytes: 1 << 20, ..Default::default() };
    let error = picture::read(&path, &limits).unwrap_err();
    assert!(matches!(error, MediaError::TooLarge { .. }), "{error:?}");
}

#[test]
fn cut_off_files_are_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let rgb = (0..64 * 64 * 3).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let made = Picture::from_rgb(64, 64, rgb).unwrap();
    let (mut png, mut jpeg) = (Vec::new(), Vec::new());
    made.encode_png(&mut png).unwrap();
    made.encode_jpeg(&mut jpeg, 90).unwrap();
    let webp = std::fs::read(fixture("pictures/lossy.webp")).unwrap();
    let progressive = std::fs::read(fixture("pictures/progressive.jpg")).unwrap();
    for (name, whole) in [("a.png", png), ("a.jpg", jpeg), ("a.webp", webp), ("b.jpg", progressive)] {
        for share in [20, 50, 90] {
            let path = put(folder.path(), name, &whole[..whole.len() * share / 100]);
            let error = error_of(&path);
            assert!(matches!(error, MediaError::Damaged { .. }), "{name} at {share} %: {error:?}");
        }
    }
}

#[test]
fn other_kinds_of_file_are_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let video = std::fs::read(fixture("sound/two_pulses_video.mp4")).unwrap();
    let error = error_of(&put(folder.path(), "portrait.png", &video));
    assert!(error.to_string().contains("is named .png but holds an mp4 video"), "{error}");
    assert!(error.hint().unwrap().contains("frame"));
    let error = error_of(&fixture("pictures/animated.gif"));
    assert!(error.to_string().contains("GIF") && error.hint().unwrap().contains("PNG"), "{error}");
    let error = error_of(&put(folder.path(), "drawing.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"));
    assert!(error.to_string().contains("SVG"), "{error}");
    let error = error_of(&put(folder.path(), "notes.png", b"Dear reader,"));
    assert!(error.to_string().contains("holds text"), "{error}");
    assert!(matches!(error_of(&put(folder.path(), "none.png", b"")), MediaError::Empty { .. }));
    let error = error_of(&put(folder.path(), "junk.png", &[0, 1, 2, 3, 200, 201]));
    assert!(matches!(error, MediaError::Damaged { .. }), "{error:?}");
    assert!(matches!(error_of(&folder.path().join("missing.png")), MediaError::Io { .. }));
    assert!(matches!(error_of(folder.path()), MediaError::Io { .. }));
}

#[test]
fn pictures_that_cannot_be_written_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let made = Picture::filled(8, 8, [1, 2, 3]);
    let error = made.write_png(&folder.path().join("missing/out.png")).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert!(matches!(
        Picture::filled(70_000, 1, [0; 3]).write_jpeg(&folder.path().join("a.jpg"), 90),
        Err(MediaError::Argument(_))
    ));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_noticed_by_both_encoders() {
    let made = Picture::filled(300, 300, [1, 2, 3]);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(made.encode_png(&mut full()).unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(made.encode_jpeg(&mut full(), 90).unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever happens to a file, reading ends with a picture within the limits or with an error.
    #[test]
    fn damage_anywhere_does_no_harm(
        name in prop::sample::select(vec![
            "alpha.png", "palette.png", "grey16.png", "orientation_6.jpg", "progressive.jpg", "cmyk.jpg",
            "lossy.webp", "alpha.webp", "animated.webp",
        ]),
        damage in prop::collection::vec((0.0f64..1.0, any::<u8>()), 1..6),
    ) {
        let mut bytes = std::fs::read(fixture(&format!("pictures/{name}"))).unwrap();
        for (place, value) in damage {
            let at = (place * bytes.len() as f64) as usize;
            bytes[at] = value;
        }
        let limits = Limits { max_picture_pixels: 1_000_000, ..Default::default() };
        if let Ok(picture) = picture::read_bytes(name.as_ref(), &bytes, &limits) {
            prop_assert!(picture.width() * picture.height() <= 1_000_000);
            prop_assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3);
        }
    }
}

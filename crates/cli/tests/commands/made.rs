//! Files made for the tests.

use orator_media::Picture;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// A PNG file that states 65535×65535 pixels and holds next to nothing.
pub const HUGE_PNG: [u8; 69] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xff, 0xff,
    0, 0, 0xff, 0xff, 8, 2, 0, 0, 0, 0x39, 0x67, 0x4e, 0x07, 0, 0, 0, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0x60, 0xa0, 0x0c, 0, 0, 0, 0x40, 0, 0x01, 0xb7, 0x34, 0x7c, 0xef, 0, 0, 0, 0, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// The head of a WAV file: 16-bit, one channel, `samples` at 16 kHz.
pub fn wav_head(samples: u32) -> Vec<u8> {
    let bytes = samples * 2;
    let mut head = Vec::from(*b"RIFF");
    head.extend((36 + bytes).to_le_bytes());
    head.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    head.extend(16_000u32.to_le_bytes());
    head.extend(32_000u32.to_le_bytes());
    head.extend(b"\x02\0\x10\0data");
    head.extend(bytes.to_le_bytes());
    head
}

/// A WAV file of syllables that no mouth ever spoke.
pub fn wav(seconds: f32) -> Vec<u8> {
    let samples = (seconds * 16_000.0) as u32;
    let mut file = wav_head(samples);
    for n in 0..samples {
        let time = n as f32 / 16_000.0;
        let syllable = (time * 12.0).sin().max(0.0);
        let voice = (time * 900.0).sin() + 0.5 * (time * 1800.0).sin() + 0.3 * (time * 7000.0).sin();
        file.extend(((syllable * voice * 8000.0) as i16).to_le_bytes());
    }
    file
}

/// A WAV file of silence.
pub fn silent_wav(seconds: f32) -> Vec<u8> {
    let samples = (seconds * 16_000.0) as u32;
    let mut file = wav_head(samples);
    file.resize(file.len() + samples as usize * 2, 0);
    file
}

/// A WAV file of ten hours that takes no room on the disk.
pub fn ten_hours(path: &Path) {
    let samples = 36_000 * 16_000;
    let mut file = File::create(path).unwrap();
    file.write_all(&wav_head(samples)).unwrap();
    file.set_len(44 + u64::from(samples) * 2).unwrap();
}

/// A drawing of a house and a sun: colours and shapes, but nobody.
pub fn drawing() -> Picture {
    let mut picture = Picture::filled(320, 240, [150, 200, 250]);
    let mut paint = |inside: &dyn Fn(i32, i32) -> bool, colour: [u8; 3]| {
        for y in 0..240 {
            for x in 0..320 {
                if inside(x, y) {
                    let at = ((y * 320 + x) * 3) as usize;
                    picture.rgb_mut()[at..at + 3].copy_from_slice(&colour);
                }
            }
        }
    };
    paint(&|_, y| y > 180, [90, 170, 80]);
    paint(&|x, y| (60..200).contains(&x) && (100..200).contains(&y), [200, 90, 70]);
    paint(&|x, y| y < 100 && y > 40 && (x - 130).abs() < (y - 40) * 3 / 2, [120, 60, 50]);
    paint(&|x, y| (x - 270).pow(2) + (y - 40).pow(2) < 700, [255, 230, 60]);
    paint(&|x, y| (115..145).contains(&x) && (140..200).contains(&y), [80, 50, 30]);
    picture
}

//! What a file really holds, told from its first bytes, so that an error can say it.

use std::fmt;

/// What the first bytes of a file say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentKind {
    /// Not a single byte.
    Nothing,
    /// PNG picture.
    Png,
    /// JPEG picture.
    Jpeg,
    /// WebP picture.
    WebP,
    /// A picture of a kind that is not read here, by name.
    OtherPicture(&'static str),
    /// mp4 or QuickTime: video, sound or both.
    Mp4,
    /// Matroska or WebM.
    Matroska,
    /// AVI video.
    Avi,
    /// Ogg: Vorbis, Opus, FLAC or video.
    Ogg,
    /// WAV sound.
    Wav,
    /// FLAC sound.
    Flac,
    /// MP3 sound.
    Mp3,
    /// A sound file of a kind that is not read here, by name.
    OtherSound(&'static str),
    /// PDF document.
    Pdf,
    /// ZIP archive, also office documents.
    Zip,
    /// A web page or other mark-up.
    MarkUp,
    /// Plain text.
    Text,
    /// Nothing that is known.
    Unknown,
}

impl ContentKind {
    /// How many leading bytes [`ContentKind::of`] looks at.
    pub const BYTES_NEEDED: usize = 512;

    /// Judges by the first bytes (at most [`ContentKind::BYTES_NEEDED`] of them matter).
    #[must_use]
    pub fn of(start: &[u8]) -> Self {
        let start = &start[..start.len().min(Self::BYTES_NEEDED)];
        let at = |offset: usize, magic: &[u8]| start.get(offset..offset + magic.len()) == Some(magic);
        if start.is_empty() {
            Self::Nothing
        } else if at(0, b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if at(0, b"\xff\xd8\xff") {
            Self::Jpeg
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Self::WebP
        } else if (at(0, b"RIFF") || at(0, b"RF64") || at(0, b"RIFX")) && at(8, b"WAVE") {
            Self::Wav
        } else if at(0, b"RIFF") && at(8, b"AVI ") {
            Self::Avi
        } else if at(4, b"ftyp") {
            match start.get(8..12) {
                Some(b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1") => Self::OtherPicture("HEIC"),
                Some(b"avif" | b"avis") => Self::OtherPicture("AVIF"),
                _ => Self::Mp4,
            }
        } else if at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") || at(4, b"free") {
            Self::Mp4
        } else if at(0, b"\x1a\x45\xdf\xa3") {
            Self::Matroska
        } else if at(0, b"OggS") {
            Self::Ogg
        } else if at(0, b"fLaC") {
            Self::Flac
        } else if at(0, b"ID3") || is_mpeg_audio_frame(start) {
            Self::Mp3
        } else if at(0, b"GIF8") {
            Self::OtherPicture("GIF")
        } else if at(0, b"BM") && at(6, &[0; 4]) {
            Self::OtherPicture("BMP")
        } else if at(0, b"II*\0") || at(0, b"MM\0*") {
            Self::OtherPicture("TIFF or camera raw")
        } else if at(0, b"8BPS") {
            Self::OtherPicture("Photoshop")
        } else if at(0, b"\0\0\0\x0cJXL ") || at(0, b"\xff\x0a") {
            Self::OtherPicture("JPEG XL")
        } else if at(0, b"\0\0\0\x0cjP  ") {
            Self::OtherPicture("JPEG 2000")
        } else if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) {
            Self::OtherSound("AIFF")
        } else if at(0, b"caff") {
            Self::OtherSound("CAF")
        } else if at(0, b"#!AMR") {
            Self::OtherSound("AMR")
        } else if at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") {
            Self::OtherSound("Windows Media")
        } else if at(0, &[0xff, 0xf1]) || at(0, &[0xff, 0xf9]) {
            Self::OtherSound("bare AAC (ADTS)")
        } else if at(0, b"%PDF") {
            Self::Pdf
        } else if at(0, b"PK\x03\x04") {
            Self::Zip
        } else {
            text_kind(start)
        }
    }

    /// Whether the picture reader can read it.
    #[must_use]
    pub fn is_readable_picture(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg | Self::WebP)
    }
}

/// The four-byte head of an MPEG layer 3 frame: eleven set bits, then no reserved values.
fn is_mpeg_audio_frame(start: &[u8]) -> bool {
    let [0xff, second, third, ..] = *start else { return false };
    let layer3 = second & 0b1110_0110 == 0b1110_0010;
    let version_reserved = second & 0b0001_1000 == 0b0000_1000;
    let bit_rate = third >> 4;
    layer3 && !version_reserved && bit_rate != 0 && bit_rate != 15 && third & 0b1100 != 0b1100
}

fn text_kind(start: &[u8]) -> ContentKind {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The window may cut a character in two at its end.
        Err(error) if error.valid_up_to() + 4 > start.len() && error.valid_up_to() > 0 => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return ContentKind::Unknown,
    };
    if text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        ContentKind::Unknown
    } else if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        if text.contains("<svg") { ContentKind::OtherPicture("SVG") } else { ContentKind::MarkUp }
    } else {
        ContentKind::Text
    }
}

impl fmt::Display for ContentKind {
    /// With its article, ready for "holds …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Png => f.write_str("a PNG picture"),
            Self::Jpeg => f.write_str("a JPEG picture"),
            Self::WebP => f.write_str("a WebP picture"),
            Self::OtherPicture(name) => write!(f, "a picture in {name} format"),
            Self::Mp4 => f.write_str("an mp4 video or recording"),
            Self::Matroska => f.write_str("a Matroska or WebM video"),
            Self::Avi => f.write_str("an AVI video"),
            Self::Ogg => f.write_str("an Ogg recording"),
            Self::Wav => f.write_str("a WAV recording"),
            Self::Flac => f.write_str("a FLAC recording"),
            Self::Mp3 => f.write_str("an MP3 recording"),
            Self::OtherSound(name) => write!(f, "a recording in {name} format"),
            Self::Pdf => f.write_str("a PDF document"),
            Self::Zip => f.write_str("a ZIP archive or an office document"),
            Self::MarkUp => f.write_str("a web page"),
            Self::Text => f.write_str("text"),
            Self::Unknown => f.write_str("data of no kind that is known here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_beginnings() {
        assert_eq!(ContentKind::of(b""), ContentKind::Nothing);
        assert_eq!(ContentKind::of(b"\x89PNG\r\n\x1a\n...."), ContentKind::Png);
        assert_eq!(ContentKind::of(b"\xff\xd8\xff\xe0"), ContentKind::Jpeg);
        assert_eq!(ContentKind::of(b"RIFF\0\0\0\0WEBPVP8 "), ContentKind::WebP);
        assert_eq!(ContentKind::of(b"RIFF\0\0\0\0WAVEfmt "), ContentKind::Wav);
        assert_eq!(ContentKind::of(b"\0\0\0\x20ftypisom"), ContentKind::Mp4);
        assert_eq!(ContentKind::of(b"\0\0\0\x20ftypavif"), ContentKind::OtherPicture("AVIF"));
        assert_eq!(ContentKind::of(b"OggS\0\x02"), ContentKind::Ogg);
        assert_eq!(ContentKind::of(b"\xff\xfb\x90\x64"), ContentKind::Mp3);
        assert_eq!(ContentKind::of(b"<!DOCTYPE html>"), ContentKind::MarkUp);
        assert_eq!(ContentKind::of(b"<svg xmlns"), ContentKind::OtherPicture("SVG"));
        assert_eq!(ContentKind::of("Grüße".as_bytes()), ContentKind::Text);
        assert_eq!(ContentKind::of(b"\0\x01\x02\x03\x04"), ContentKind::Unknown);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_kind(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = ContentKind::of(&bytes).to_string();
        }
    }
}

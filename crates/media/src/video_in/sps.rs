//! The sequence parameter set of H.264: the picture's size and colours, read before any decoder
//! allocates by them (ITU-T H.264, 7.3.2.1.1 and annex E.1.1).

/// What a sequence parameter set says that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SequenceParameters {
    /// Pixels in a row, after cropping.
    pub width: u32,
    /// Rows, after cropping.
    pub height: u32,
    /// 1 for 4:2:0; 0 grey, 2 for 4:2:2, 3 for 4:4:4.
    pub chroma_format: u32,
    /// Bits of a luma sample.
    pub bit_depth: u32,
    /// Frames only, no fields.
    pub progressive: bool,
    /// Samples use 0–255 and not 16–235.
    pub full_range: bool,
    /// `matrix_coefficients` of annex E; 2 where nothing is said.
    pub matrix: u8,
}

/// Reads the NAL unit `nal` (with its header byte, without start code); `None` if it is cut off,
/// not a sequence parameter set, or states an impossible size.
pub(crate) fn parse(nal: &[u8]) -> Option<SequenceParameters> {
    if nal.first()? & 0x1f != 7 {
        return None;
    }
    let bytes = without_emulation_prevention(&nal[1..]);
    let mut bits = Bits { bytes: &bytes, at: 0 };
    let profile = bits.take(8)?;
    bits.take(16)?; // constraint flags, level
    bits.unsigned()?; // identifier
    let (mut chroma_format, mut bit_depth, mut separate_planes) = (1, 8, false);
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma_format = bits.unsigned()?;
        if chroma_format == 3 {
            separate_planes = bits.flag()?;
        }
        bit_depth = bits.unsigned()?.checked_add(8)?;
        bits.unsigned()?;
        bits.flag()?;
        if bits.flag()? {
            for list in 0..if chroma_format == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.unsigned()?; // log2_max_frame_num
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.flag()?;
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    bits.unsigned()?; // reference frames
    bits.flag()?;
    let wide = bits.unsigned()?.checked_add(1)?.checked_mul(16)?;
    let map_units = bits.unsigned()?.checked_add(1)?;
    let progressive = bits.flag()?;
    let high = map_units.checked_mul(if progressive { 16 } else { 32 })?;
    if !progressive {
        bits.flag()?;
    }
    bits.flag()?; // direct_8x8_inference
    let (mut width, mut height) = (wide, high);
    if bits.flag()? {
        let (left, right) = (bits.unsigned()?, bits.unsigned()?);
        let (top, bottom) = (bits.unsigned()?, bits.unsigned()?);
        let planar = chroma_format == 0 || separate_planes;
        let unit_x = if planar || chroma_format == 3 { 1 } else { 2 };
        let unit_y = if !planar && chroma_format == 1 { 2 } else { 1 } * if progressive { 1 } else { 2 };
        width = wide.checked_sub(left.checked_add(right)?.checked_mul(unit_x)?)?;
        height = high.checked_sub(top.checked_add(bottom)?.checked_mul(unit_y)?)?;
    }
    if width == 0 || height == 0 {
        return None;
    }
    let (full_range, matrix) =
        if bits.flag()? { colour_description(&mut bits).unwrap_or((false, 2)) } else { (false, 2) };
    Some(SequenceParameters { width, height, chroma_format, bit_depth, progressive, full_range, matrix })
}

/// The start of the video usability information, up to the colours.
fn colour_description(bits: &mut Bits<'_>) -> Option<(bool, u8)> {
    const EXTENDED_ASPECT: u32 = 255;
    if bits.flag()? && bits.take(8)? == EXTENDED_ASPECT {
        bits.take(32)?;
    }
    if bits.flag()? {
        bits.flag()?; // overscan
    }
    if !bits.flag()? {
        return Some((false, 2));
    }
    bits.take(3)?; // video format
    let full_range = bits.flag()?;
    if !bits.flag()? {
        return Some((full_range, 2));
    }
    bits.take(16)?; // primaries, transfer
    Some((full_range, u8::try_from(bits.take(8)?).ok()?))
}

fn skip_scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8i32, 8i32);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.signed()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// Removes the 3 of every 0, 0, 3 that keeps start codes out of the payload.
fn without_emulation_prevention(nal: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0u32;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// `ue(v)`: an Exp-Golomb code.
    fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        (1u32 << zeros).checked_sub(1)?.checked_add(self.take(zeros)?)
    }

    /// `se(v)`: a signed Exp-Golomb code.
    fn signed(&mut self) -> Option<i32> {
        let code = i64::from(self.unsigned()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_size_cropping_and_colours() {
        // x264, high profile, 1920x1080 cropped from 1088 rows, BT.709 limited range.
        let nal = [
            0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0x9a, 0x80, 0x80, 0x80, 0xa0,
            0x00, 0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x07, 0x81, 0xe3, 0x06, 0x32, 0xc0,
        ];
        let parsed = parse(&nal).unwrap();
        assert_eq!((parsed.width, parsed.height), (1920, 1080));
        assert_eq!((parsed.matrix, parsed.full_range), (1, false));
        assert!(parsed.progressive);
    }

    proptest! {
        #[test]
        fn never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(first) = bytes.first_mut() { *first = 0x67; }
            let _ = parse(&bytes);
        }
    }
}

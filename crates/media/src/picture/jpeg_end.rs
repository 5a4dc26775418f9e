//! Whether a JPEG file reaches its end mark.
//!
//! Decoders fill what is missing of a cut-off JPEG with grey and say nothing, so the markers are
//! walked here (ISO/IEC 10918-1, annex B).

/// Follows the segments of the outer picture (previews inside EXIF blocks are skipped with their
/// segment) up to the end-of-image mark.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // Between segments: any number of fill bytes FF, then the marker.
        let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) else {
            return false;
        };
        at += offset;
        while bytes.get(at) == Some(&0xff) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at) else { return false };
        at += 1;
        match marker {
            0xd9 => return true,
            // A stuffed byte or a mark without a length: part of the compressed data, or to be skipped.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            // All others carry their length. After the one that starts a scan (0xda) the search above
            // runs through the compressed data.
            _ => {
                let Some(&[high, low]) = bytes.get(at..at + 2) else { return false };
                at += usize::from(u16::from_be_bytes([high, low])).max(2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outer_end_counts() {
        // An EXIF segment that holds a preview with an end mark of its own, a scan with a stuffed byte.
        let whole = [
            &[0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9][..],
            &[0xff, 0xda, 0, 3, 0, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xd9],
        ]
        .concat();
        assert!(is_whole(&whole));
        assert!(is_whole(&[&whole[..], b"trailing"].concat()));
        for length in 2..whole.len() {
            assert!(!is_whole(&whole[..length]), "{length}");
        }
    }
}

//! Whether a file reaches its own end: cut-off downloads are told before anything is decoded.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};

use crate::ContentKind;
use crate::limits::in_words_of_bytes;

/// An Ogg page is at most 27 + 255 + 255·255 bytes long (RFC 3533, section 6).
const LONGEST_PAGE: u64 = 65_307;

/// In words, what is missing at the end of a file of this kind; `None` if nothing is, or if the kind
/// does not tell. The file's position is changed.
pub(super) fn missing(file: &mut File, kind: ContentKind) -> Result<Option<String>> {
    let length = file.metadata()?.len();
    let stated = match kind {
        ContentKind::Ogg => {
            file.seek(SeekFrom::Start(length.saturating_sub(2 * LONGEST_PAGE)))?;
            let mut tail = Vec::new();
            file.take(2 * LONGEST_PAGE).read_to_end(&mut tail)?;
            return Ok((!ends_whole(&tail)).then(|| "its last Ogg page is not whole".into()));
        }
        ContentKind::Mp4 => end_of_mp4(file, length),
        ContentKind::Matroska => end_of_matroska(file),
        _ => None,
    };
    Ok(stated
        .filter(|&end| end > length)
        .map(|end| format!("{} of {} are missing", in_words_of_bytes(end - length), in_words_of_bytes(end))))
}

/// Where the last box of an mp4 file ends by its own statement (ISO/IEC 14496-12, 4.2), counting only
/// the boxes that hold sound, pictures and their tables: what follows them may be anything.
fn end_of_mp4(file: &mut File, length: u64) -> Option<u64> {
    let (mut at, mut end) = (0, None);
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut head = Vec::new();
        file.by_ref().take(16).read_to_end(&mut head).ok()?;
        // The last box may be shorter than a long head.
        head.resize(16, 0);
        let [s0, s1, s2, s3, k0, k1, k2, k3, large @ ..] = *head.first_chunk::<16>()?;
        let size = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => break,
            1 => u64::from_be_bytes(large),
            size => u64::from(size),
        };
        at = at.checked_add(size.max(8))?;
        if matches!(&[k0, k1, k2, k3], b"moov" | b"mdat" | b"moof") {
            end = Some(at);
        }
    }
    end
}

/// Where the segment of a Matroska file ends by its own statement (RFC 8794, 9559): `None` for a live
/// stream, which states none.
fn end_of_matroska(file: &mut File) -> Option<u64> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut start = Vec::new();
    file.take(4096).read_to_end(&mut start).ok()?;
    let (head_size, head_bytes) = element_size(start.get(4..)?)?;
    let segment = 4 + head_bytes + usize::try_from(head_size?).ok()?;
    let rest = start.get(segment..)?.strip_prefix(b"\x18\x53\x80\x67")?;
    let (size, bytes) = element_size(rest)?;
    (segment as u64 + 4 + bytes as u64).checked_add(size?)
}

/// An element's size (`None` if it is left open) and the number of bytes that it is written in.
fn element_size(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let count = first.leading_zeros() as usize + 1;
    let written = bytes.get(..count).filter(|_| count <= 8)?;
    let all = written.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let largest = (1u64 << (7 * count)) - 1;
    let value = all & largest;
    Some(((value != largest).then_some(value), count))
}

fn ends_whole(tail: &[u8]) -> bool {
    const HEADER: usize = 27;
    // The capture pattern may also occur inside a page, so the pages are walked from the first one
    // that leads exactly to others, or to the end.
    let starts = tail.windows(4).enumerate().filter(|(_, window)| window == b"OggS");
    for (start, _) in starts {
        let mut at = start;
        while let Some(header) = tail.get(at..at + HEADER).filter(|header| header.starts_with(b"OggS")) {
            let segments = usize::from(header[26]);
            let Some(lacing) = tail.get(at + HEADER..at + HEADER + segments) else { break };
            at += HEADER + segments + lacing.iter().map(|&size| usize::from(size)).sum::<usize>();
            if at == tail.len() {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_page_is_noticed() {
        let page = |content: &[u8]| {
            let mut page = b"OggS".to_vec();
            page.extend([0; 22]);
            page.push(1);
            page.push(content.len() as u8);
            page.extend(content);
            page
        };
        let whole = [page(b"one OggS inside"), page(b"two")].concat();
        assert!(ends_whole(&whole));
        assert!(!ends_whole(&whole[..whole.len() - 1]));
        assert!(!ends_whole(&whole[..whole.len() - 10]));
        assert!(!ends_whole(b"nothing of the kind"));
    }

    fn with(bytes: &[u8]) -> File {
        use std::io::Write;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_cut_mp4_states_more_than_there_is() {
        let mut whole = b"\0\0\0\x0cftypisom\0\0\0\x18mdat".to_vec();
        whole.extend([1; 16]);
        let words = |bytes: &[u8]| missing(&mut with(bytes), ContentKind::Mp4).unwrap();
        assert_eq!(words(&whole), None);
        assert_eq!(words(&[&whole[..], &[9; 30]].concat()), None);
        assert_eq!(words(&whole[..30]).unwrap(), "6 bytes of 36 bytes are missing");
    }

    #[test]
    fn a_cut_matroska_file_states_more_than_there_is() {
        let mut whole = b"\x1a\x45\xdf\xa3\x82ab\x18\x53\x80\x67\x01\0\0\0\0\0\0\x05".to_vec();
        whole.extend(b"12345");
        let words = |bytes: &[u8]| missing(&mut with(bytes), ContentKind::Matroska).unwrap();
        assert_eq!(words(&whole), None);
        assert_eq!(words(&whole[..22]).unwrap(), "2 bytes of 24 bytes are missing");
        whole[12..19].fill(0xff);
        whole[11] = 0x01;
        assert_eq!(words(&whole[..20]), None);
    }
}

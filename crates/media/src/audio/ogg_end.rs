//! Whether an Ogg file ends with a whole page (RFC 3533, section 6).

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};

/// A page is at most 27 + 255 + 255·255 bytes long.
const LONGEST_PAGE: u64 = 65_307;

/// Whether the last page of the file is complete. The file's position is changed.
pub(super) fn is_whole(file: &mut File) -> Result<bool> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(2 * LONGEST_PAGE)))?;
    let mut tail = Vec::new();
    file.take(2 * LONGEST_PAGE).read_to_end(&mut tail)?;
    Ok(ends_whole(&tail))
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
}

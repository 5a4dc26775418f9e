//! The members of a zip archive, found through its directory and taken out one at a time.
//!
//! Only what PyTorch writes is read: members as they are, without compression or encryption, with 64-bit sizes where needed.
//! The general reader that stood here before looked for another ending wherever one was wrong, and read the whole
//! directory again each time: 900 kB of such endings kept it busy for half a minute. Here there is one ending: the last.

use crate::error::shown;
use crate::{Limits, PickleError, Result};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// How a member begins, and so the archive.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

const ENTRY: &[u8] = b"PK\x01\x02";
const ENDING: &[u8] = b"PK\x05\x06";
const WIDE_ENDING: &[u8] = b"PK\x06\x06";
const WIDE_LOCATOR: &[u8] = b"PK\x06\x07";

/// Bytes of a member's own header, of an entry, of the ending, each without what has a length of its own.
const HEADER_BYTES: usize = 30;
const ENTRY_BYTES: usize = 46;
const ENDING_BYTES: usize = 22;
const WIDE_ENDING_BYTES: usize = 56;
const WIDE_LOCATOR_BYTES: usize = 20;

/// Longest comment behind the ending.
const COMMENT_BYTES: usize = 0xffff;

/// What stands in place of a 32-bit number whose 64-bit form stands elsewhere.
const SEE_ELSEWHERE: u64 = 0xffff_ffff;

/// The extra field with 64-bit sizes.
const WIDE_SIZES: u16 = 1;

/// A member as the directory describes it.
struct Member {
    /// Where in the directory its name stands.
    name: Range<usize>,
    encrypted: bool,
    compressed: bool,
    checksum: u32,
    size: u64,
    /// Where in the file its header begins.
    place: u64,
}

/// An archive's members.
pub(crate) struct Members<R> {
    reader: R,
    directory: Vec<u8>,
    /// By name.
    members: Vec<Member>,
    /// Bytes that may still be taken out; members that overlap would give more than the file has.
    left: u64,
}

impl<R: Read + Seek> Members<R> {
    /// Reads the directory of an archive of `file_bytes` bytes.
    ///
    /// # Errors
    /// [`PickleError::Damaged`] when it contradicts itself; [`PickleError::TooLarge`] for more members than objects.
    pub(crate) fn open(mut reader: R, file_bytes: u64, limits: &Limits) -> Result<Self> {
        let (start, size, count) = directory(&mut reader, file_bytes)?;
        if size > file_bytes || count > size / ENTRY_BYTES as u64 {
            return Err(wrong("a directory larger than itself"));
        }
        if count > limits.objects as u64 {
            return Err(PickleError::too_large(format!("a zip archive of {count} members")));
        }
        let directory = at(&mut reader, start, size)?;
        let mut members = Vec::with_capacity(count as usize);
        let mut place = 0;
        for _ in 0..count {
            let member = entry(&directory, &mut place)?;
            members.push(member);
        }
        let name = |member: &Member| &directory[member.name.clone()];
        members.sort_by(|one, other| name(one).cmp(name(other)));
        if let Some(pair) = members.windows(2).find(|pair| name(&pair[0]) == name(&pair[1])) {
            let name = String::from_utf8_lossy(name(&pair[0]));
            return Err(wrong(&format!("two members called `{}`", shown(&name))));
        }
        Ok(Self { reader, directory, members, left: file_bytes })
    }

    /// The members' names that are texts, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members
            .iter()
            .filter_map(|member| std::str::from_utf8(&self.directory[member.name.clone()]).ok())
    }

    /// A member's bytes, its checksum verified; `None` when there is none of this name.
    ///
    /// # Errors
    /// [`PickleError::Damaged`] when it is cut off, altered or overlaps others; [`PickleError::Unsupported`] when it is
    /// compressed or encrypted.
    pub(crate) fn find(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let directory = &self.directory;
        let found =
            self.members.binary_search_by(|member| directory[member.name.clone()].cmp(name.as_bytes()));
        let Ok(found) = found else { return Ok(None) };
        let member = &self.members[found];
        let name = shown(name);
        let wrong = |cause: &str| PickleError::damaged(format!("member `{name}`: {cause}"));
        if member.compressed || member.encrypted {
            let how = if member.encrypted { "encrypted" } else { "compressed" };
            return Err(PickleError::unsupported(format!("the {how} member `{name}`")));
        }
        self.left = self.left.checked_sub(member.size).ok_or_else(|| wrong("it overlaps others"))?;
        let cut_off = |_| wrong("it is cut off");
        let header = at(&mut self.reader, member.place, HEADER_BYTES as u64).map_err(cut_off)?;
        if !header.starts_with(MAGIC) {
            return Err(wrong("it does not begin where the directory says"));
        }
        let lead = number(&header, 26, 2)? + number(&header, 28, 2)? + HEADER_BYTES as u64;
        let start = member.place.checked_add(lead).ok_or_else(|| wrong("it is cut off"))?;
        let bytes = at(&mut self.reader, start, member.size).map_err(cut_off)?;
        if crc32fast::hash(&bytes) == member.checksum {
            Ok(Some(bytes))
        } else {
            Err(wrong("its checksum is another"))
        }
    }
}

fn wrong(what: &str) -> PickleError {
    PickleError::damaged(format!("a zip archive with {what}"))
}

/// `size` bytes from `start` on. Callers have checked `size` against the file's.
fn at<R: Read + Seek>(reader: &mut R, start: u64, size: u64) -> Result<Vec<u8>> {
    let cut_off = |_| wrong("parts outside of the file");
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| wrong("parts beyond this machine"))?];
    reader.seek(SeekFrom::Start(start)).map_err(cut_off)?;
    reader.read_exact(&mut bytes).map_err(cut_off)?;
    Ok(bytes)
}

/// The little-endian number of `width` bytes at `place`.
fn number(bytes: &[u8], place: usize, width: usize) -> Result<u64> {
    let mut wide = [0; 8];
    let found = place.checked_add(width).and_then(|end| bytes.get(place..end));
    wide[..width].copy_from_slice(found.ok_or_else(|| wrong("an entry that is cut off"))?);
    Ok(u64::from_le_bytes(wide))
}

/// Where the directory begins, its bytes, and how many members it has.
fn directory<R: Read + Seek>(reader: &mut R, file_bytes: u64) -> Result<(u64, u64, u64)> {
    let tail_bytes = file_bytes.min((ENDING_BYTES + COMMENT_BYTES + WIDE_LOCATOR_BYTES) as u64);
    let tail = at(reader, file_bytes - tail_bytes, tail_bytes)?;
    // The ending is the last place that looks like one and whose comment reaches to the end of the file.
    let places = (0..=tail.len().saturating_sub(ENDING_BYTES)).rev();
    let ending = places.filter(|place| tail[*place..].starts_with(ENDING)).find(|place| {
        number(&tail, place + 20, 2)
            .is_ok_and(|comment| *place as u64 + ENDING_BYTES as u64 + comment == tail_bytes)
    });
    let ending = ending.ok_or_else(|| wrong("no directory: it is cut off"))?;
    let disks = (number(&tail, ending + 4, 2)?, number(&tail, ending + 6, 2)?);
    let count = number(&tail, ending + 10, 2)?;
    let (size, start) = (number(&tail, ending + 12, 4)?, number(&tail, ending + 16, 4)?);
    let locator =
        ending.checked_sub(WIDE_LOCATOR_BYTES).filter(|place| tail[*place..].starts_with(WIDE_LOCATOR));
    let (start, size, count, disks) = match locator {
        None => (start, size, count, disks),
        Some(locator) => {
            let wide = at(reader, number(&tail, locator + 8, 8)?, WIDE_ENDING_BYTES as u64)?;
            if !wide.starts_with(WIDE_ENDING) {
                return Err(wrong("no directory where it says"));
            }
            let disks = (number(&wide, 16, 4)?, number(&wide, 20, 4)?);
            (number(&wide, 48, 8)?, number(&wide, 40, 8)?, number(&wide, 32, 8)?, disks)
        }
    };
    if disks != (0, 0) {
        return Err(PickleError::unsupported("a zip archive on several disks"));
    }
    Ok((start, size, count))
}

/// The entry at `place`, which moves behind it.
fn entry(directory: &[u8], place: &mut usize) -> Result<Member> {
    let here = *place;
    if !directory.get(here..).is_some_and(|rest| rest.starts_with(ENTRY)) {
        return Err(wrong("a directory that is damaged"));
    }
    let field = |offset, width| number(directory, here + offset, width);
    let (name, extra, comment) = (field(28, 2)?, field(30, 2)?, field(32, 2)?);
    let name = here + ENTRY_BYTES..here + ENTRY_BYTES + name as usize;
    let extra = name.end..name.end + extra as usize;
    *place = extra.end + comment as usize;
    if *place > directory.len() {
        return Err(wrong("an entry that is cut off"));
    }
    let (stored, size, start) = (field(20, 4)?, field(24, 4)?, field(42, 4)?);
    let mut numbers = [size, stored, start];
    widen(&directory[extra], &mut numbers)?;
    let [size, stored, start] = numbers;
    Ok(Member {
        name,
        encrypted: field(8, 2)? & 1 != 0,
        compressed: field(10, 2)? != 0 || stored != size,
        checksum: field(16, 4)? as u32,
        size,
        place: start,
    })
}

/// Takes the 64-bit forms of those numbers that refer to them, in this order, from an entry's extra fields.
fn widen(mut extra: &[u8], numbers: &mut [u64; 3]) -> Result<()> {
    while extra.len() >= 4 {
        let (kind, size) = (number(extra, 0, 2)?, number(extra, 2, 2)? as usize);
        let Some((field, rest)) = extra[4..].split_at_checked(size) else { break };
        if kind == u64::from(WIDE_SIZES) {
            let mut place = 0;
            for wide in numbers.iter_mut().filter(|number| **number == SEE_ELSEWHERE) {
                *wide = number(field, place, 8)?;
                place += 8;
            }
            break;
        }
        extra = rest;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_stand_where_narrow_ones_say_so() {
        let field = |numbers: &[u64]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            [&WIDE_SIZES.to_le_bytes()[..], &(bytes.len() as u16).to_le_bytes(), &bytes].concat()
        };
        let extra = [b"FB\x02\0zz".to_vec(), field(&[5 << 32, 6 << 32])].concat();
        let mut numbers = [SEE_ELSEWHERE, 7, SEE_ELSEWHERE];
        widen(&extra, &mut numbers).unwrap();
        assert_eq!(numbers, [5 << 32, 7, 6 << 32]);
        assert!(widen(&field(&[1]), &mut [SEE_ELSEWHERE; 3]).is_err());
        // A field that is longer than what is there is nobody's.
        let mut untouched = [1, 2, 3];
        widen(b"\x01\0\xff\xff12", &mut untouched).unwrap();
        assert_eq!(untouched, [1, 2, 3]);
    }
}

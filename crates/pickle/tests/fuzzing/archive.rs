//! Zip archives written field by field, so that any field can lie.

use super::chance::Chance;
use std::collections::BTreeMap;

/// A member: its name, its bytes, and how it says that it is stored.
#[derive(Clone)]
pub struct Member {
    pub name: Vec<u8>,
    pub bytes: Vec<u8>,
}

/// Fields in a row; those that are listed get another value than the right one.
struct Fields {
    bytes: Vec<u8>,
    written: usize,
    lies: BTreeMap<usize, i128>,
}

impl Fields {
    fn field(&mut self, value: usize, width: usize) {
        let value = self.lies.get(&self.written).copied().unwrap_or(value as i128);
        self.written += 1;
        self.bytes.extend_from_slice(&value.to_le_bytes()[..width]);
    }

    fn all(&mut self, fields: &[(usize, usize)]) {
        for (value, width) in fields {
            self.field(*value, *width);
        }
    }
}

/// What an archive looks like besides its members.
#[derive(Clone, Default)]
pub struct Style {
    /// With an ending of 64-bit numbers.
    pub wide: bool,
    pub comment: Vec<u8>,
    /// Bytes between the directory and its ending.
    pub gap: Vec<u8>,
    /// Members in the directory that stand nowhere.
    pub ghosts: usize,
}

/// An archive with `lies` of its fields wrong.
pub fn write(members: &[Member], style: &Style, lies: usize, chance: &mut Chance) -> Vec<u8> {
    let sound = put(members, style, BTreeMap::new());
    let mut lying = BTreeMap::new();
    for _ in 0..lies {
        let at = chance.below(sound.written);
        // Sizes and offsets that are nearly right are harder to tell than large ones.
        let value = match chance.below(3) {
            0 => chance.below(sound.bytes.len() + 2) as i128,
            _ => chance.hostile(),
        };
        lying.insert(at, value);
    }
    if lying.is_empty() { sound.bytes } else { put(members, style, lying).bytes }
}

fn put(members: &[Member], style: &Style, lies: BTreeMap<usize, i128>) -> Fields {
    let mut file = Fields { bytes: Vec::new(), written: 0, lies };
    let mut places = Vec::new();
    for member in members {
        places.push(file.bytes.len());
        let size = member.bytes.len();
        file.bytes.extend_from_slice(b"PK\x03\x04");
        file.all(&[(20, 2), (0, 2), (0, 2), (0, 2), (33, 2), (crc(&member.bytes) as usize, 4)]);
        file.all(&[(size, 4), (size, 4), (member.name.len(), 2), (0, 2)]);
        file.bytes.extend_from_slice(&member.name);
        file.bytes.extend_from_slice(&member.bytes);
    }
    let directory = file.bytes.len();
    for (member, place) in
        members.iter().zip(&places).chain(members.iter().zip(&places).cycle().take(style.ghosts))
    {
        let size = member.bytes.len();
        file.bytes.extend_from_slice(b"PK\x01\x02");
        file.all(&[(20, 2), (20, 2), (0, 2), (0, 2), (0, 2), (33, 2), (crc(&member.bytes) as usize, 4)]);
        file.all(&[(size, 4), (size, 4), (member.name.len(), 2), (0, 2), (0, 2), (0, 2), (0, 2), (0, 4)]);
        file.field(*place, 4);
        file.bytes.extend_from_slice(&member.name);
    }
    let end = file.bytes.len();
    file.bytes.extend_from_slice(&style.gap);
    let count = members.len() + style.ghosts;
    if style.wide {
        let ending = file.bytes.len();
        file.bytes.extend_from_slice(b"PK\x06\x06");
        file.all(&[
            (44, 8),
            (45, 2),
            (45, 2),
            (0, 4),
            (0, 4),
            (count, 8),
            (count, 8),
            (end - directory, 8),
            (directory, 8),
        ]);
        file.bytes.extend_from_slice(b"PK\x06\x07");
        file.all(&[(0, 4), (ending, 8), (1, 4)]);
        file.bytes.extend_from_slice(b"PK\x05\x06");
        file.all(&[(0, 2), (0, 2), (0xffff, 2), (0xffff, 2), (0xffff_ffff, 4), (0xffff_ffff, 4)]);
    } else {
        file.bytes.extend_from_slice(b"PK\x05\x06");
        file.all(&[(0, 2), (0, 2), (count, 2), (count, 2), (end - directory, 4), (directory, 4)]);
    }
    file.field(style.comment.len(), 2);
    file.bytes.extend_from_slice(&style.comment);
    file
}

/// The checksum of zip archives, a bit at a time.
pub fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

//! Writes small pickles as Python and torch write them, so that tests need no files of others.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// A pickle in the making: bytes of instructions.
#[derive(Clone, Default)]
pub struct Pickle(Vec<u8>);

impl Pickle {
    /// Begins with the version of the format.
    pub fn new(version: u8) -> Self {
        Self(vec![0x80, version])
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn text(self, text: &str) -> Self {
        self.raw(b"X").raw(&(text.len() as u32).to_le_bytes()).raw(text.as_bytes())
    }

    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.raw(b"B").raw(&(bytes.len() as u32).to_le_bytes()).raw(bytes)
    }

    pub fn int(self, number: i32) -> Self {
        self.raw(b"J").raw(&number.to_le_bytes())
    }

    pub fn global(self, module: &str, name: &str) -> Self {
        self.raw(format!("c{module}\n{name}\n").as_bytes())
    }

    pub fn tuple(mut self, numbers: &[i32]) -> Self {
        self = self.raw(b"(");
        for number in numbers {
            self = self.int(*number);
        }
        self.raw(b"t")
    }

    /// An array of numpy in the order and with the byte order given.
    pub fn numpy(self, code: &str, order: &str, shape: &[i32], columns_first: bool, data: &[u8]) -> Self {
        let state = self
            .global("numpy.core.multiarray", "_reconstruct")
            .global("numpy", "ndarray")
            .raw(b"K\0\x85C\x01b\x87R(K\x01")
            .tuple(shape)
            .global("numpy", "dtype")
            .text(code)
            .raw(b"\x89\x88\x87R(K\x03")
            .text(order)
            .raw(b"NNN")
            .int(-1)
            .int(-1)
            .raw(b"K\0tb");
        state.raw(if columns_first { b"\x88" } else { b"\x89" }).bytes(data).raw(b"tb")
    }

    /// A tensor of torch; `old` files have one part more in the storage's reference.
    pub fn tensor(
        self,
        storage: (&str, &str, i32),
        offset: i32,
        shape: &[i32],
        strides: &[i32],
        old: bool,
    ) -> Self {
        let (class, key, count) = storage;
        let reference = self
            .global("torch._utils", "_rebuild_tensor_v2")
            .raw(b"((")
            .text("storage")
            .global("torch", class)
            .text(key)
            .text("cpu")
            .int(count)
            .raw(if old { b"NtQ" } else { b"tQ" });
        let placed = reference.int(offset).tuple(shape).tuple(strides);
        placed.raw(b"\x89").global("collections", "OrderedDict").raw(b")RtR")
    }

    /// Ends it.
    pub fn done(self) -> Vec<u8> {
        self.raw(b".").0
    }
}

pub fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A torch zip archive: storages by key, and other members by their names.
pub fn torch_zip(folder: &str, pickle: &[u8], storages: &[(&str, &[u8])], compressed: bool) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let method = if compressed { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = SimpleFileOptions::default().compression_method(method);
    archive.start_file(format!("{folder}data.pkl"), options).unwrap();
    archive.write_all(pickle).unwrap();
    archive.start_file(format!("{folder}byteorder"), options).unwrap();
    archive.write_all(b"little").unwrap();
    for (key, bytes) in storages {
        // A name with a point is a member of its own.
        let place = if key.contains('.') { "" } else { "data/" };
        archive.start_file(format!("{folder}{place}{key}"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.start_file(format!("{folder}version"), options).unwrap();
    archive.write_all(b"3\n").unwrap();
    archive.finish().unwrap().into_inner()
}

/// The older stream of torch: each storage with how many numbers it holds.
pub fn torch_legacy(pickle: &[u8], storages: &[(&str, u64, &[u8])]) -> Vec<u8> {
    let magic = Pickle::new(2).raw(b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19").done();
    let facts = Pickle::new(2).raw(b"}").text("little_endian").raw(b"\x88s").done();
    let mut names = Pickle::new(2).raw(b"](");
    for (key, ..) in storages {
        names = names.text(key);
    }
    let version = Pickle::new(2).raw(b"M\xe9\x03").done();
    let mut file = [magic, version, facts, pickle.to_vec(), names.raw(b"e").done()].concat();
    for (_, count, bytes) in storages {
        file.extend_from_slice(&count.to_le_bytes());
        file.extend_from_slice(bytes);
    }
    file
}

//! Files that were cut off or altered anywhere end in a value or an error, never in a panic or in much memory.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod writer;

use orator_pickle::{Kind, Limits, Value, read_bytes};
use proptest::prelude::*;
use writer::{Pickle, floats, torch_legacy, torch_zip};

/// One small file of each kind.
fn files() -> Vec<Vec<u8>> {
    let numbers = floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let tensors = |old| {
        let first =
            Pickle::new(2).raw(b"}(").text("a").tensor(("FloatStorage", "0", 6), 1, &[2, 2], &[1, 2], old);
        first.text("b").tensor(("HalfStorage", "1", 2), 0, &[2], &[1], old).raw(b"u").done()
    };
    let numpy = Pickle::new(4)
        .raw(b"\x95\0\0\0\0\0\0\0\0}(")
        .text("a")
        .numpy("f4", "<", &[3, 2], true, &numbers)
        .text("b")
        .raw(b"](K\x01M\x02\x01\x8a\x01\xffG\x3f\xf8\0\0\0\0\0\0\x88Neu")
        .done();
    vec![
        torch_zip("archive/", &tensors(false), &[("0", &numbers), ("1", &[0; 4])], false),
        torch_legacy(&tensors(true), &[("0", 6, &numbers), ("1", 2, &[0; 4])]),
        numpy,
    ]
}

fn small() -> Limits {
    Limits { objects: 10_000, ..Limits::default() }
}

/// What comes out must be sound: as many bytes as the shape says, and not more than the file could hold.
fn judge(bytes: &[u8]) {
    let Ok(tree) = read_bytes(bytes, &small()) else { return };
    let Ok(arrays) = tree.arrays() else { return };
    let total: usize = arrays.values().map(|array| array.bytes().len()).sum();
    assert!(total <= 16 * bytes.len());
    for array in arrays.values() {
        assert_eq!(array.len(), array.shape().iter().product::<usize>());
    }
}

#[test]
fn every_file_is_whole_before_it_is_damaged() {
    for file in files() {
        assert!(read_bytes(&file, &small()).unwrap().arrays().unwrap().contains_key("a"));
    }
}

#[test]
fn every_cut_is_an_error() {
    for file in files() {
        for end in 0..file.len() {
            assert!(read_bytes(&file[..end], &small()).is_err(), "cut at {end} of {}", file.len());
        }
    }
}

#[test]
fn every_byte_altered() {
    for file in files() {
        for at in 0..file.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut altered = file.clone();
                altered[at] ^= change;
                judge(&altered);
            }
        }
    }
}

proptest! {
    #[test]
    fn several_bytes_altered(
        which in 0usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = files().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        judge(&file);
    }

    #[test]
    fn pieces_moved(which in 0usize..3, from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), length in 1usize..40) {
        let mut file = files().swap_remove(which);
        let (from, to) = (from.index(file.len()), to.index(file.len()));
        let piece: Vec<u8> = file[from..file.len().min(from + length)].to_vec();
        file.splice(to..to, piece);
        judge(&file);
    }

    #[test]
    fn instructions_in_any_order(
        codes in prop::collection::vec(
            prop::sample::select(b"(012NIJKMLGTUXBC)t\x85\x86\x87]lae}dsu\x8f\x90\x91c\x93R\x81bghjpqr\x94Q\x88\x89\x8a\x8b\x8c\x8d\x8e".to_vec()),
            0..60,
        ),
    ) {
        let mut bytes = vec![0x80, 4];
        bytes.extend(codes);
        bytes.push(b'.');
        judge(&bytes);
    }

    #[test]
    fn arrays_come_back_as_they_were(
        shape in prop::collection::vec(0i32..5, 0..4),
        seed in any::<u8>(),
    ) {
        let count: i32 = shape.iter().product();
        let data: Vec<u8> = (0..count * 8).map(|at| (at as u8).wrapping_mul(31) ^ seed).collect();
        let sides: Vec<usize> = shape.iter().map(|side| *side as usize).collect();
        let numpy = Pickle::new(3).numpy("i8", "<", &shape, false, &data).done();
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis].max(1);
        }
        let pickle = Pickle::new(2).tensor(("LongStorage", "0", count), 0, &shape, &strides, false).done();
        for file in [numpy, torch_zip("a/", &pickle, &[("0", &data)], false)] {
            let Value::Array(array) = read_bytes(&file, &Limits::default()).unwrap() else { panic!() };
            prop_assert_eq!(array.kind(), Kind::I64);
            prop_assert_eq!(array.shape(), &sides[..]);
            prop_assert_eq!(array.bytes(), &data[..]);
        }
    }
}

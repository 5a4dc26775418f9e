//! Weight files that are wrong on purpose end in an error or in sound tensors, never in a panic.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

use orator_nn::{Checkpoint, NnError};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::path::Path;
use tch::Kind;

/// How many files are made and spoilt.
const CASES: u64 = 4000;

const TYPES: [(&str, usize); 16] = [
    ("F32", 4),
    ("F16", 2),
    ("BF16", 2),
    ("F64", 8),
    ("I64", 8),
    ("I32", 4),
    ("I16", 2),
    ("I8", 1),
    ("U64", 8),
    ("U8", 1),
    ("BOOL", 1),
    ("F8_E4M3", 1),
    ("F4", 1),
    ("f32", 4),
    ("C64", 8),
    ("", 1),
];

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn read(path: &Path, bytes: &[u8]) -> orator_nn::Result<Checkpoint> {
    std::fs::write(path, bytes).unwrap();
    Checkpoint::read(path)
}

/// An edge of some integer's range, or near it, as JSON.
fn hostile(chance: &mut impl Rng) -> Value {
    let edge = 1u64.checked_shl([0, 1, 8, 16, 31, 32, 33, 61, 62, 63][chance.random_range(0..10)]).unwrap();
    match chance.random_range(0..8) {
        0 => json!(edge - 1),
        1 => json!(u64::MAX),
        2 => json!(-1),
        3 => json!(1.5),
        4 => json!("7"),
        5 => json!(edge / 3),
        _ => json!(edge),
    }
}

/// A file of a few tensors, most of them sound.
fn made(case: u64) -> Vec<u8> {
    let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(case);
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for tensor in 0..chance.random_range(1..4) {
        let known = if chance.random_ratio(1, 6) { TYPES.len() } else { 5 };
        let (name, width) = TYPES[chance.random_range(0..known)];
        let axes =
            if chance.random_ratio(1, 30) { chance.random_range(5..200) } else { chance.random_range(0..4) };
        let sides: Vec<usize> =
            (0..axes).map(|_| if axes > 4 { 1 } else { chance.random_range(0..4) }).collect();
        let begin = data.len();
        let count = sides.iter().product::<usize>();
        // Small numbers of every kind: no float of these bytes is infinite.
        data.extend((0..count * width).map(|_| chance.random_range(0..0x40u8)));
        let mut shape: Vec<Value> = sides.iter().map(|side| json!(side)).collect();
        let mut offsets = [json!(begin), json!(data.len())];
        if chance.random_ratio(1, 4) && !shape.is_empty() {
            let at = chance.random_range(0..shape.len());
            shape[at] = hostile(&mut chance);
        }
        if chance.random_ratio(1, 6) {
            offsets[chance.random_range(0..2)] = hostile(&mut chance);
        }
        header.insert(
            format!("layer.{tensor}.weight"),
            json!({ "dtype": name, "shape": shape, "data_offsets": offsets }),
        );
    }
    match chance.random_range(0..8) {
        0 => drop(header.insert("__metadata__".into(), json!({ "orator": "{\"kind\":\"test\"}" }))),
        1 => drop(header.insert("__metadata__".into(), json!({ "orator": "[".repeat(500) }))),
        2 => drop(header.insert("__metadata__".into(), json!({ "orator": 7 }))),
        _ => {}
    }
    let mut bytes = file(&Value::Object(header).to_string(), &data);
    match chance.random_range(0..8) {
        0 => bytes.truncate(chance.random_range(0..bytes.len())),
        1 => {
            let at = chance.random_range(0..bytes.len());
            bytes[at] ^= 1 << chance.random_range(0..8);
        }
        2 => {
            let length = hostile(&mut chance).as_u64().unwrap_or(u64::MAX);
            bytes[..8].copy_from_slice(&length.to_le_bytes());
        }
        _ => {}
    }
    bytes
}

#[test]
fn spoilt_weights_end_in_errors_or_sound_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let (mut sound, mut refused) = (0, 0);
    for case in 0..CASES {
        let bytes = made(case);
        match read(&path, &bytes) {
            Ok(checkpoint) => {
                sound += 1;
                for (name, tensor) in &checkpoint.tensors {
                    let stored = tensor.numel() * 2;
                    assert!(stored <= bytes.len(), "case {case}: {name} is {:?}", tensor.size());
                    assert!(matches!(tensor.kind(), Kind::Float | Kind::Int64));
                }
            }
            Err(error @ NnError::Damaged { .. }) => {
                refused += 1;
                let text = error.to_string();
                assert!(text.contains("w.safetensors") && text.len() < 1000, "case {case}: {text}");
            }
            Err(other) => panic!("case {case}: {other:?}"),
        }
    }
    assert!(sound > CASES / 10 && refused > CASES / 10, "{sound} read, {refused} refused");
}

#[test]
fn what_headers_may_not_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let wrong = |header: &str, data: &[u8], word: &str| match read(&path, &file(header, data)) {
        Err(error @ NnError::Damaged { .. }) => assert!(error.to_string().contains(word), "{error}"),
        Err(other) => panic!("{other:?}"),
        Ok(read) => panic!("{:?}", read.tensors.keys()),
    };
    let tensor = |kind: &str, shape: &str, end: u64| {
        format!(r#"{{"a":{{"dtype":"{kind}","shape":{shape},"data_offsets":[0,{end}]}}}}"#)
    };
    // More axes than libtorch works on: reading 16-bit floats as 32-bit ones used to panic.
    wrong(&tensor("F16", &format!("[{}1]", "1,".repeat(70)), 2), &[0, 0], "shape");
    // No numbers, yet a side beyond what libtorch counts.
    wrong(&tensor("F32", "[0,18446744073709551615]", 0), &[], "shape");
    // The same where the sides' product is too large on the way to 0: it overflowed.
    wrong(&tensor("F32", "[4611686018427387904,2,0]", 0), &[], "shape");
    wrong(&tensor("F32", "[0,9223372036854775807,9223372036854775807]", 0), &[], "");
    wrong(&tensor("F32", "[4611686018427387904,4]", 16), &[0; 16], "");
    wrong(&tensor("F32", "[2]", 8), &[0; 7], "whole");
    wrong(&tensor("F32", "[2]", 8), &[0; 9], "whole");
    wrong(&tensor("I32", "[2]", 8), &[0; 8], "I32");
    wrong(&tensor("F32", "[1]", 4), &f32::NAN.to_le_bytes(), "finite");
    // Two tensors on the same bytes.
    let twice = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#;
    wrong(twice, &[0; 4], "whole");
    // A header of gigabytes, one that nests, one that is no text.
    std::fs::write(&path, (1u64 << 40).to_le_bytes()).unwrap();
    assert!(matches!(Checkpoint::read(&path), Err(NnError::Damaged { what, .. }) if what.contains("header")));
    wrong(&format!("{{\"a\":{}", "[".repeat(100_000)), &[], "whole");
    wrong("\u{1}", &[], "whole");
}

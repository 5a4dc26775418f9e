//! The three kinds of files, as Python writes them.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod writer;

use orator_pickle::{Kind, Limits, PickleError, Value, read, read_bytes};
use std::sync::Arc;
use writer::{Pickle, floats, torch_legacy, torch_zip};

fn parse(bytes: &[u8]) -> orator_pickle::Result<Value> {
    read_bytes(bytes, &Limits::default())
}

/// A state dictionary with a whole storage, a transposed view of it, and 16-bit numbers.
fn state(old: bool) -> Vec<u8> {
    Pickle::new(2)
        .global("collections", "OrderedDict")
        .raw(b")R(")
        .text("whole")
        .tensor(("FloatStorage", "0", 6), 0, &[2, 3], &[3, 1], old)
        .text("turned")
        .tensor(("FloatStorage", "0", 6), 0, &[3, 2], &[1, 3], old)
        .text("tied")
        .tensor(("FloatStorage", "0", 6), 0, &[2, 3], &[3, 1], old)
        .text("half")
        .tensor(("HalfStorage", "1", 2), 1, &[], &[], old)
        .text("steps")
        .tensor(("LongStorage", "2", 1), 0, &[1], &[1], old)
        // The attribute that state dictionaries carry.
        .raw(b"u}")
        .text("_metadata")
        .raw(b"}sb")
        .done()
}

const NUMBERS: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const HALVES: [u8; 4] = [0, 0x3c, 0, 0xc0];

fn check(tree: &Value) {
    let arrays = tree.arrays().unwrap();
    assert_eq!(arrays["whole"].shape(), [2, 3]);
    assert_eq!(arrays["whole"].to_f32().unwrap(), NUMBERS);
    assert_eq!(arrays["turned"].shape(), [3, 2]);
    assert_eq!(arrays["turned"].to_f32().unwrap(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert!(Arc::ptr_eq(&arrays["whole"], &arrays["tied"]));
    assert_eq!((arrays["half"].kind(), arrays["half"].shape()), (Kind::F16, &[][..]));
    assert_eq!(arrays["half"].to_f32().unwrap(), [-2.0]);
    assert_eq!(arrays["steps"].to_i64().unwrap(), [1 << 40]);
    assert_eq!(arrays.len(), 5);
}

fn archive() -> Vec<u8> {
    let storages: [(&str, &[u8]); 3] =
        [("0", &floats(&NUMBERS)), ("1", &HALVES), ("2", &(1i64 << 40).to_le_bytes())];
    torch_zip("archive/", &state(false), &storages, false)
}

#[test]
fn zip_archives_of_torch() {
    check(&parse(&archive()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pt");
    std::fs::write(&path, archive()).unwrap();
    check(&read(&path).unwrap());
}

#[test]
fn the_older_stream_of_torch() {
    let (numbers, steps) = (floats(&NUMBERS), (1i64 << 40).to_le_bytes());
    let storages: [(&str, u64, &[u8]); 3] = [("2", 1, &steps), ("0", 6, &numbers), ("1", 2, &HALVES)];
    check(&parse(&torch_legacy(&state(true), &storages)).unwrap());
    // Cut off, longer, and a storage that nobody uses.
    let whole = torch_legacy(&state(true), &storages);
    assert!(matches!(parse(&whole[..whole.len() - 1]), Err(PickleError::Damaged(_))));
    assert!(matches!(parse(&[&whole[..], b"x"].concat()), Err(PickleError::Damaged(_))));
    assert!(parse(&torch_legacy(&state(true), &storages[..2])).is_err());
}

#[test]
fn pickles_of_numpy() {
    let both = floats(&NUMBERS);
    let big: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|number| number.to_be_bytes()).collect();
    let pickle = Pickle::new(3)
        .raw(b"}(")
        .text("rows")
        .numpy("f4", "<", &[2, 3], false, &both)
        .text("columns")
        .numpy("f4", "<", &[2, 3], true, &both)
        .text("big")
        .numpy("f4", ">", &[2], false, &big)
        .text("bytes")
        .numpy("u1", "|", &[3], false, &[1, 2, 3])
        .raw(b"u")
        .done();
    let arrays = parse(&pickle).unwrap().arrays().unwrap();
    assert_eq!(arrays["rows"].to_f32().unwrap(), NUMBERS);
    assert_eq!(arrays["columns"].to_f32().unwrap(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
    assert_eq!(arrays["columns"].shape(), [2, 3]);
    assert_eq!(arrays["big"].to_f32().unwrap(), [1.5, -2.0]);
    assert_eq!(arrays["bytes"].to_i64().unwrap(), [1, 2, 3]);
}

#[test]
fn plain_values_and_shared_objects() {
    // The list is filled after it was stored and named again.
    let pickle = Pickle::new(4)
        .raw(b"](]\x94K\x07I01\nL-5L\nG\x3f\xf8\0\0\0\0\0\0N")
        .raw(b"\x8c\x02hi\x8a\x01\xff}\x94\x8c\x01kh\0se")
        .raw(b"h\0K\x03a0")
        .done();
    let Value::List(items) = parse(&pickle).unwrap() else { panic!() };
    assert_eq!(items[0], Value::List(vec![Value::Int(3)]));
    assert_eq!(
        items[1..7],
        [
            Value::Int(7),
            Value::Bool(true),
            Value::Int(-5),
            Value::Float(1.5),
            Value::None,
            Value::Text("hi".into())
        ]
    );
    assert_eq!(items[7], Value::Int(-1));
    assert_eq!(items[8].get("k"), Some(&items[0]));
}

/// As a schedule of torch keeps the steps at which it changes.
#[test]
fn counters_are_dictionaries() {
    let counter =
        Pickle::new(2).global("collections", "Counter").raw(b"}").int(50).int(2).raw(b"s\x85R").done();
    assert_eq!(parse(&counter).unwrap(), Value::Dict(vec![(Value::Int(50), Value::Int(2))]));
}

#[test]
fn names_outside_the_list_are_told_and_not_run() {
    let attack = Pickle::new(2).global("os", "system").text("true").raw(b"\x85R").done();
    let error = parse(&attack).unwrap_err();
    assert!(matches!(&error, PickleError::Forbidden(name) if name == "os.system"), "{error}");
    assert!(error.hint().is_some());
    let stack = Pickle::new(4).text("builtins").text("eval").raw(b"\x93").done();
    assert!(matches!(parse(&stack), Err(PickleError::Forbidden(name)) if name == "builtins.eval"));
    let inside = torch_zip("a/", &attack, &[], false);
    assert!(matches!(parse(&inside), Err(PickleError::Forbidden(_))));
    let instance = Pickle::new(2).raw(b"(ios\nsystem\n").done();
    assert!(matches!(parse(&instance), Err(PickleError::Unsupported(name)) if name.contains("INST")));
}

#[test]
fn archives_that_are_not_of_torch() {
    let storage = floats(&NUMBERS);
    let pickle = Pickle::new(2).tensor(("FloatStorage", "0", 6), 0, &[6], &[1], false).done();
    assert!(parse(&torch_zip("", &pickle, &[("0", &storage)], false)).is_ok());
    let wrong = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
    assert!(wrong(&torch_zip("a/", &pickle, &[("0", &storage)], true)).contains("compressed"));
    assert!(wrong(&torch_zip("a/", &pickle, &[("1", &storage)], false)).contains("missing"));
    assert!(wrong(&torch_zip("a/", &pickle, &[("0", &storage[..20])], false)).contains("fewer"));
    assert!(wrong(&torch_zip("a/b.", &pickle, &[], false)).contains("data.pkl"));
    let script = torch_zip("a/", &pickle, &[("0", &storage), ("constants.pkl", b"")], false);
    assert!(wrong(&script).contains("TorchScript"));
    // One byte of a storage altered: the checksum tells.
    let mut altered = torch_zip("a/", &pickle, &[("0", &storage)], false);
    let at = altered.windows(24).position(|window| window == storage).unwrap();
    altered[at] ^= 1;
    assert!(matches!(parse(&altered), Err(PickleError::Damaged(_))));
}

#[test]
fn small_files_cannot_take_much_memory() {
    let storage = floats(&NUMBERS);
    // One number repeated to a terabyte.
    let wide = Pickle::new(2).tensor(("FloatStorage", "0", 6), 0, &[1 << 20, 1 << 20], &[0, 0], false).done();
    assert!(matches!(
        parse(&torch_zip("a/", &wide, &[("0", &storage)], false)),
        Err(PickleError::TooLarge(_))
    ));
    let outside = Pickle::new(2).tensor(("FloatStorage", "0", 6), 1, &[6], &[1], false).done();
    assert!(matches!(
        parse(&torch_zip("a/", &outside, &[("0", &storage)], false)),
        Err(PickleError::Damaged(_))
    ));
    // A list of the list before it, twice, thirty times over.
    let mut doubling = Pickle::new(4).raw(b"]\x94");
    for level in 0..30u8 {
        doubling = doubling.raw(&[b']', 0x94, b'(', b'h', level, b'h', level, b'e']);
    }
    assert!(matches!(parse(&doubling.done()), Err(PickleError::TooLarge(_))));
    // A list that contains itself.
    let circle = Pickle::new(4).raw(b"]\x94h\0a").done();
    assert!(matches!(parse(&circle), Err(PickleError::TooLarge(_))));
    let few = Limits { objects: 10, ..Limits::default() };
    let many = Pickle::new(2).raw(b"(").raw(&[b'N'; 20]).raw(b"t").done();
    assert!(matches!(read_bytes(&many, &few), Err(PickleError::TooLarge(_))));
    // A text of four gigabytes in a few bytes.
    assert!(matches!(parse(b"\x80\x02X\xff\xff\xff\xffhi."), Err(PickleError::Damaged(_))));
    assert!(matches!(
        parse(b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffhi."),
        Err(PickleError::Damaged(_))
    ));
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.pth");
    std::fs::write(&path, b"hello").unwrap();
    let error = read(&path).unwrap_err();
    assert!(error.to_string().contains("broken.pth") && error.hint().is_some(), "{error}");
    assert!(matches!(read(&folder.path().join("none")), Err(PickleError::Io { .. })));
    assert!(parse(b"").is_err());
}

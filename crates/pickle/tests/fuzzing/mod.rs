//! Checkpoints that are wrong on purpose: made sound, then spoilt in their structure, each from a number alone.
//!
//! What must hold for every one of them is [`judge`]: reading ends in an error or in arrays that are sound, takes no more
//! memory than [`Limits::memory`] says, and does not panic.

#![allow(clippy::unwrap_used, clippy::panic)] // for tests and the example that runs for long

pub mod archive;
pub mod chance;
pub mod counted;
pub mod program;

use archive::{Member, Style};
use chance::Chance;
use orator_pickle::{Limits, PickleError, Value, read_bytes};
use program::{Program, Storage};
use std::sync::Arc;

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Read, with arrays.
    Arrays,
    /// Read, without arrays.
    Plain,
    Damaged,
    Forbidden,
    Unsupported,
    TooLarge,
}

/// The limits under which cases are read: few objects, so that a bomb is small.
pub fn limits() -> Limits {
    Limits { objects: 20_000, ..Limits::default() }
}

/// The file of a case.
pub fn file(case: u64) -> Vec<u8> {
    let mut chance = Chance::of(case);
    // One in ten is left whole by its structure: the generator itself must make what is read.
    let wounds = if chance.one_in(10) { 0 } else { 1 + chance.below(3) };
    let level = chance.below(3);
    let (in_program, in_container) = match level {
        0 => (wounds, 0),
        1 => (0, wounds),
        _ => (wounds, usize::from(wounds > 0)),
    };
    let mut file = match chance.below(4) {
        0 => numpy(in_program, &mut chance),
        1 => stream(in_program, in_container, &mut chance),
        _ => zip(in_program, in_container, &mut chance),
    };
    if wounds > 0 && chance.one_in(4) {
        bytes(&mut file, &mut chance);
    }
    file
}

/// Whether a case is as it should be; its file is given so that callers can keep it. The memory it took comes with it.
///
/// # Errors
/// What is wrong, in words.
pub fn judge(file: &[u8]) -> Result<(Outcome, u64), String> {
    let limits = limits();
    let (outcome, held) =
        counted::most_held(|| std::panic::catch_unwind(|| read_bytes(file, &limits).and_then(sound)));
    let outcome = outcome.map_err(|_| "it panics".to_owned())?;
    let allowed = limits.memory(file.len() as u64);
    if held > allowed {
        return Err(format!("{held} bytes of memory for a file of {}; allowed are {allowed}", file.len()));
    }
    let outcome = match outcome {
        Ok(Ok(0)) => Outcome::Plain,
        Ok(Ok(bytes)) if bytes as u64 <= limits.repeats * file.len() as u64 => Outcome::Arrays,
        Ok(Ok(bytes)) => return Err(format!("{bytes} bytes of arrays from {}", file.len())),
        Ok(Err(wrong)) => return Err(wrong),
        Err(error) => {
            let message = error.to_string();
            if message.len() > 1000 || error.hint().is_none() {
                return Err(format!("a message of {} bytes, hint {:?}", message.len(), error.hint()));
            }
            match error {
                PickleError::Damaged(_) => Outcome::Damaged,
                PickleError::Forbidden(_) => Outcome::Forbidden,
                PickleError::Unsupported(_) => Outcome::Unsupported,
                PickleError::TooLarge(_) => Outcome::TooLarge,
                other => return Err(format!("{other:?} from memory")),
            }
        }
    };
    Ok((outcome, held))
}

/// The bytes of all arrays of a tree, each once, after a look at each; what is wrong with one is the inner error.
#[allow(clippy::unnecessary_wraps)] // goes behind `and_then`
fn sound(tree: Value) -> Result<Result<usize, String>, PickleError> {
    let arrays = tree.arrays()?;
    let mut seen = Vec::new();
    let mut total = 0;
    for (name, array) in &arrays {
        if array.shape().iter().product::<usize>() * array.kind().bytes() != array.bytes().len() {
            return Ok(Err(format!("{name} is {:?} with {} bytes", array.shape(), array.bytes().len())));
        }
        if array.kind().is_float() != array.to_f32().is_ok() {
            return Ok(Err(format!("{name} is {:?} and cannot be had as such", array.kind())));
        }
        if !seen.contains(&Arc::as_ptr(array)) {
            seen.push(Arc::as_ptr(array));
            total += array.bytes().len();
        }
    }
    Ok(Ok(total))
}

fn spoilt(mut program: Program, wounds: usize, chance: &mut Chance) -> Vec<u8> {
    for _ in 0..wounds {
        program::spoil(&mut program, chance);
    }
    program.concat()
}

fn numpy(wounds: usize, chance: &mut Chance) -> Vec<u8> {
    let program = program::numpy(chance);
    spoilt(program, wounds, chance)
}

/// The bytes of a storage: what its tensors need, or now and then fewer.
fn numbers(storage: &Storage, chance: &mut Chance) -> Vec<u8> {
    let size = storage.width * storage.count;
    let size = if chance.one_in(30) { chance.below(size + 1) } else { size };
    chance.bytes(size)
}

fn zip(in_program: usize, in_container: usize, chance: &mut Chance) -> Vec<u8> {
    let (program, storages) = program::torch(chance, false);
    let folder = *chance.pick(&[&"archive/", &"", &"a/b/"]);
    let member =
        |name: String, bytes: Vec<u8>| Member { name: format!("{folder}{name}").into_bytes(), bytes };
    let mut members = vec![member("data.pkl".into(), spoilt(program, in_program, chance))];
    if !chance.one_in(4) {
        members.push(member("byteorder".into(), b"little".to_vec()));
    }
    for storage in &storages {
        members.push(member(format!("data/{}", storage.key), numbers(storage, chance)));
    }
    members.push(member("version".into(), b"3\n".to_vec()));
    let mut style = Style { wide: chance.one_in(4), ..Style::default() };
    let mut lies = 0;
    for _ in 0..in_container {
        match chance.below(8) {
            0 => {
                let at = chance.below(members.len());
                members.remove(at);
            }
            1 => {
                let copy = members[chance.below(members.len())].clone();
                members.push(copy);
            }
            2 => {
                let (from, to) = (chance.below(members.len().max(1)), chance.below(members.len().max(1)));
                members[to].name = members[from].name.clone();
            }
            3 => {
                let at = chance.below(members.len());
                let bad: &[u8] =
                    chance.pick(&[&b"../../x"[..], b"constants.pkl", b"", b"\xff\xfe", b"/data.pkl"]);
                members[at].name = bad.to_vec();
            }
            4 => style.ghosts = if chance.one_in(20) { 20_000 } else { chance.below(100) },
            5 => {
                let length = chance.below(400);
                style.comment = chance.bytes(length);
            }
            6 => {
                // What looks like many endings.
                let copies = if chance.one_in(20) { 2_000 } else { chance.below(40) };
                style.gap = b"PK\x05\x06\0\0\0\0\x09\0\x09\0\x40\0\0\0\0\0\0\0\0\0".repeat(copies);
            }
            _ => lies += 1 + chance.below(2),
        }
        if members.is_empty() {
            members.push(Member { name: b"data.pkl".to_vec(), bytes: b"N.".to_vec() });
        }
    }
    archive::write(&members, &style, lies, chance)
}

/// The older stream of torch; it may be spoilt in the pickles around the object, the counts and the order.
fn stream(in_program: usize, in_container: usize, chance: &mut Chance) -> Vec<u8> {
    let (program, storages) = program::torch(chance, true);
    let mut names: Program = vec![vec![0x80, 2], b"]".to_vec(), b"(".to_vec()];
    for storage in &storages {
        names.push([b"X", &(storage.key.len() as u32).to_le_bytes()[..], storage.key.as_bytes()].concat());
    }
    names.extend([b"e".to_vec(), b".".to_vec()]);
    let mut parts: Vec<Program> = vec![
        vec![vec![0x80, 2], b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19".to_vec(), b".".to_vec()],
        vec![vec![0x80, 2], b"M\xe9\x03".to_vec(), b".".to_vec()],
        vec![vec![0x80, 2], b"}".to_vec(), b"X\x0d\0\0\0little_endian".to_vec(), b"\x88s.".to_vec()],
        program,
        names,
    ];
    for _ in 0..in_program {
        program::spoil(&mut parts[3], chance);
    }
    for _ in 0..in_container {
        match chance.below(4) {
            0 => {
                let (from, to) = (chance.below(parts.len()), chance.below(parts.len()));
                parts.swap(from, to);
            }
            1 => parts.truncate(1 + chance.below(5)),
            _ => {
                let at = chance.below(parts.len());
                program::spoil(&mut parts[at], chance);
            }
        }
    }
    let mut file = parts.concat().concat();
    for storage in &storages {
        let lies = in_container > 0 && chance.one_in(8);
        let count = if lies { chance.hostile() as u64 } else { storage.count as u64 };
        file.extend_from_slice(&count.to_le_bytes());
        file.extend(numbers(storage, chance));
    }
    file
}

/// Damage that knows nothing of the structure: a cut, bytes altered, taken out, repeated.
fn bytes(file: &mut Vec<u8>, chance: &mut Chance) {
    if file.is_empty() {
        return;
    }
    let at = chance.below(file.len());
    let to = at + 1 + chance.below((file.len() - at).min(40));
    match chance.below(5) {
        0 => file.truncate(at),
        1 => drop(file.drain(at..to.min(file.len()))),
        2 => {
            let piece = file[at..to.min(file.len())].to_vec();
            let place = chance.below(file.len());
            file.splice(place..place, piece);
        }
        _ => {
            for _ in 0..1 + chance.below(4) {
                let place = chance.below(file.len());
                file[place] = chance.bytes(1)[0];
            }
        }
    }
}

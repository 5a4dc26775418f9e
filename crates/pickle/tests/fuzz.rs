//! Some thousand checkpoints that are spoilt in their structure; `examples/fuzz.rs` makes them for as long as one likes.

#![allow(clippy::unwrap_used)] // helpers outside #[test] functions

mod fuzzing;

use fuzzing::archive::{Member, Style, write};
use fuzzing::chance::Chance;
use fuzzing::counted::{Counted, most_held};
use fuzzing::{Outcome, file, judge, limits};
use orator_pickle::{PickleError, Value, read_bytes};
use std::collections::BTreeMap;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Enough to reach every outcome in a second or two.
const CASES: u64 = 20_000;

#[test]
fn spoilt_checkpoints_end_in_errors_or_sound_arrays() {
    let mut outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
    for case in 0..CASES {
        match judge(&file(case)) {
            Ok((outcome, _)) => *outcomes.entry(outcome).or_default() += 1,
            Err(wrong) => panic!("case {case}: {wrong}; `--example fuzz -- --case {case}` gives it again"),
        }
    }
    // A generator whose files are all read, or none, would prove nothing.
    assert_eq!(outcomes.len(), 6, "{outcomes:?}");
    assert!(
        outcomes[&Outcome::Arrays] > CASES / 20 && outcomes[&Outcome::Damaged] > CASES / 20,
        "{outcomes:?}"
    );
}

fn archive(members: &[(&str, &[u8])], style: &Style) -> Vec<u8> {
    let members: Vec<Member> = members
        .iter()
        .map(|(name, bytes)| Member { name: name.as_bytes().to_vec(), bytes: bytes.to_vec() })
        .collect();
    write(&members, style, 0, &mut Chance::of(0))
}

#[test]
fn archives_with_comments_gaps_and_wide_numbers_are_whole() {
    let members: [(&str, &[u8]); 2] = [("a/data.pkl", b"\x80\x02K\x07."), ("a/version", b"3\n")];
    let gap = b"PK\x05\x06 is not the ending".to_vec();
    for style in [
        Style { wide: true, ..Style::default() },
        Style { comment: b"by hand".to_vec(), ..Style::default() },
        Style { wide: true, gap, comment: vec![0; 0xffff], ..Style::default() },
    ] {
        assert_eq!(read_bytes(&archive(&members, &style), &limits()).unwrap(), Value::Int(7));
    }
}

/// Each ending used to be tried with the whole directory: the time went with the square of the file's size, 27 seconds
/// for one of this kind. The memory that is taken tells as well: nothing is kept of the endings.
#[test]
fn many_endings_are_one_error() {
    let members: [(&str, &[u8]); 1] = [("a/data.pkl", b"N.")];
    let lie = b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\x40\0\0\0\0\0\0\0\0\0".repeat(40_000);
    let style = Style { gap: lie.clone(), ghosts: 10_000, ..Style::default() };
    let mut file = archive(&members, &style);
    // Ghosts have the name of the one member.
    assert!(
        matches!(read_bytes(&file, &limits()), Err(PickleError::Damaged(what)) if what.contains("two members"))
    );
    file.extend_from_slice(&lie);
    assert!(matches!(judge(&file), Ok((Outcome::Damaged, held)) if held < 1 << 20));
}

/// Names repeat the keys above them: a long key above many arrays made names of any length together.
#[test]
fn long_keys_do_not_multiply() {
    let key = "k".repeat(100_000);
    let array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R(K\x01K\x01\x85cnumpy\ndtype\n\
        X\x02\0\0\0u1\x89\x88\x87R(K\x03X\x01\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89B\x01\0\0\0\x07tbq\x010";
    let mut pickle = [b"\x80\x02}X", &(key.len() as u32).to_le_bytes()[..], key.as_bytes(), b"}("].concat();
    let once = pickle.len() - 2;
    pickle.splice(once..once, array.iter().copied());
    for entry in 0..1000i32 {
        pickle.extend([b"J", &entry.to_le_bytes()[..], b"h\x01"].concat());
    }
    pickle.extend_from_slice(b"us.");
    let tree = read_bytes(&pickle, &limits()).unwrap();
    let (arrays, held) = most_held(|| tree.arrays());
    assert!(matches!(arrays, Err(PickleError::TooLarge(_))));
    assert!(held < 1 << 20, "{held}");
}

/// Storages' names are compared tensor by tensor.
#[test]
fn storages_have_short_names() {
    let name = "9".repeat(1000);
    let pickle = [
        &b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX"[..],
        &(name.len() as u32).to_le_bytes(),
        name.as_bytes(),
        b"X\x03\0\0\0cpuK\x01tQ.",
    ];
    let file = archive(&[("a/data.pkl", &pickle.concat())], &Style::default());
    assert!(matches!(read_bytes(&file, &limits()), Err(PickleError::Damaged(what)) if what.contains("name")));
}

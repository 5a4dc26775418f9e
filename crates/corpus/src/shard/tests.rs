use super::*;
use crate::samples::{clip, origin};
use crate::{CorpusError, Limits, Truth};
use std::fs;
use std::process::Command;

fn plan(shard: u32) -> ShardPlan {
    ShardPlan::new(shard, Some(2), origin())
}

fn write(dir: &Path, shard: u32, clips: &[&str]) -> ShardRecord {
    let mut writer = ShardWriter::begin(dir, plan(shard)).unwrap();
    for id in clips {
        writer.push(&clip(id, 1, 10)).unwrap();
    }
    writer.finish().unwrap()
}

fn is_whole(dir: &Path, shard: u32, check: Check) -> bool {
    finished(dir, shard, Some(2), &origin(), check).unwrap().is_some()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir.join(SHARDS))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_same_clips_give_the_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&a, &b] {
        write(dir.path(), 1, &["x", "y"]);
    }
    for name in ["00001.tar", "00001.json"] {
        let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(SHARDS).join(name)).unwrap();
        assert_eq!(read(&a), read(&b), "{name}");
    }
}

#[test]
fn the_tar_is_an_ordinary_one_with_common_stems() {
    let dir = tempfile::tempdir().unwrap();
    let record = write(dir.path(), 0, &["x", "y"]);
    let tar = fs::read(tar_path(dir.path(), 0)).unwrap();
    assert_eq!(tar.len() as u64, record.bytes);
    let mut archive = tar::Archive::new(tar.as_slice());
    let found: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(
                (header.mtime().unwrap(), header.uid().unwrap(), header.mode().unwrap()),
                (0, 0, 0o644)
            );
            (entry.path().unwrap().to_string_lossy().into_owned(), entry.raw_file_position(), entry.size())
        })
        .collect();
    let stated: Vec<_> = record
        .clips
        .iter()
        .flat_map(|row| {
            row.members().into_iter().map(|(e, m)| (format!("{}.{e}", row.id), m.offset, m.bytes))
        })
        .collect();
    assert_eq!(found, stated);
    assert_eq!(found.len(), 6);
    assert_eq!(found[0].0, "x.wav");
}

#[test]
fn a_whole_shard_is_known_again_and_a_changed_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!is_whole(dir.path(), 0, Check::Size));
    write(dir.path(), 0, &["x"]);
    assert!(is_whole(dir.path(), 0, Check::Checksum));

    let tar = tar_path(dir.path(), 0);
    let bytes = fs::read(&tar).unwrap();
    let mut changed = bytes.clone();
    changed[700] ^= 1;
    fs::write(&tar, &changed).unwrap();
    assert!(is_whole(dir.path(), 0, Check::Size));
    assert!(!is_whole(dir.path(), 0, Check::Checksum));

    for length in [0, 1, 512, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&tar, &bytes[..length]).unwrap();
        assert!(!is_whole(dir.path(), 0, Check::Size), "{length} of {} bytes", bytes.len());
    }
    fs::remove_file(&tar).unwrap();
    assert!(!is_whole(dir.path(), 0, Check::Size));

    fs::write(&tar, &bytes).unwrap();
    let sidecar = sidecar_path(dir.path(), 0);
    let text = fs::read(&sidecar).unwrap();
    for length in [0, 1, text.len() / 2, text.len() - 1] {
        fs::write(&sidecar, &text[..length]).unwrap();
        assert!(!is_whole(dir.path(), 0, Check::Size), "{length} of {} bytes", text.len());
    }
    fs::write(&sidecar, &text).unwrap();
    assert!(is_whole(dir.path(), 0, Check::Checksum));
}

#[test]
fn other_settings_are_told_and_not_mixed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 0, &["x"]);
    let mut other = origin();
    other.settings["people"] = 4.into();
    let error = finished(dir.path(), 0, Some(2), &other, Check::Size).unwrap_err();
    assert!(matches!(error, CorpusError::Different { .. }));
    assert!(error.to_string().contains("settings.people is 3 there and 4 here"), "{error}");
    assert!(error.hint().unwrap().contains("another folder"));
    assert!(finished(dir.path(), 0, Some(3), &origin(), Check::Size).is_err());
}

#[test]
fn a_shard_that_is_begun_again_counts_no_more() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 0, &["x"]);
    let writer = ShardWriter::begin(dir.path(), plan(0)).unwrap();
    assert!(!is_whole(dir.path(), 0, Check::Size));
    drop(writer);
    assert!(!is_whole(dir.path(), 0, Check::Size));
    assert_eq!(names(dir.path()), ["00000.tar"]);
    write(dir.path(), 0, &["y"]);
    assert!(is_whole(dir.path(), 0, Check::Checksum));
}

#[test]
fn leftovers_of_this_shard_are_removed_and_work_of_others_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(SHARDS);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("00000.partial-1-0.tar"), "half").unwrap();
    fs::write(folder.join("00000.partial-1-1.json"), "half").unwrap();
    fs::write(folder.join("00001.partial-1-0.tar"), "half").unwrap();
    let writer = ShardWriter::begin(dir.path(), plan(0)).unwrap();
    // A second process on the same shard is told so, and takes nothing away.
    assert!(matches!(ShardWriter::begin(dir.path(), plan(0)), Err(CorpusError::Busy { .. })));
    writer.finish().unwrap();
    assert_eq!(names(dir.path()), ["00000.json", "00000.tar", "00001.partial-1-0.tar"]);
}

#[test]
fn a_full_shard_stays_usable() {
    let dir = tempfile::tempdir().unwrap();
    let size = write(dir.path(), 0, &["x"]).bytes;
    let small = ShardPlan { max_bytes: size + 600, ..plan(1) };
    let mut writer = ShardWriter::begin(dir.path(), small).unwrap();
    writer.push(&clip("x", 1, 10)).unwrap();
    let error = writer.push(&clip("y", 1, 10)).unwrap_err();
    assert!(matches!(error, CorpusError::ShardFull { .. }), "{error}");
    assert!(writer.finish().unwrap().bytes <= size + 600);
    assert!(is_whole(dir.path(), 1, Check::Checksum));
}

#[test]
fn shards_follow_each_other_and_none_is_too_large() {
    let dir = tempfile::tempdir().unwrap();
    let size = write(dir.path(), 0, &["x"]).bytes;
    let bound = 2 * size + 2000;
    let mut writer = RollingWriter::new(dir.path(), origin(), 0).with_max_bytes(bound);
    for i in 0..7 {
        writer.push(&clip(&format!("c{i}"), 1, 10)).unwrap();
    }
    assert!(matches!(writer.push(&clip("long", 1, 60)), Err(CorpusError::ShardFull { .. })));
    let records = writer.finish().unwrap();
    assert_eq!(records.iter().map(|r| r.clips.len()).collect::<Vec<_>>(), [2, 2, 2, 1]);
    assert!(records.iter().all(|r| r.bytes <= bound && r.of.is_none()));
}

#[test]
fn clips_that_cannot_be_stored_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = ShardWriter::begin(dir.path(), plan(0)).unwrap();
    let mut refuse = |change: fn(&mut ClipInput)| {
        let mut input = clip("x", 1, 10);
        change(&mut input);
        writer.push(&input).unwrap_err().to_string()
    };
    assert!(refuse(|c| c.description.id = "a/../b".into()).contains("letters"));
    assert!(refuse(|c| c.description.id = "a.b".into()).contains("letters"));
    assert!(refuse(|c| c.description.identity = Some(20)).contains("held-out"));
    assert!(refuse(|c| c.description.frames = 11).contains("11"));
    assert!(refuse(|c| c.description.words[0].end = 0.0).contains("word 0"));
    assert!(refuse(|c| c.description.triggers[0].word = 2).contains("trigger 0"));
    assert!(refuse(|c| c.description.triggers[0].stroke = f64::NAN).contains("trigger 0"));
    assert!(refuse(|c| c.description.usable = vec![(0, 5), (4, 8)]).contains("4..8"));
    assert!(refuse(|c| c.sound = None).contains("neither"));
    assert!(refuse(|c| c.truth = c.truth.take().map(|t| Truth { size: (9, 9), ..t })).contains("(9, 9)"));
    assert!(refuse(|c| c.pictures = Some(Content::File("missing.mp4".into()))).contains("missing.mp4"));
    writer.push(&clip("x", 1, 10)).unwrap();
    assert!(writer.push(&clip("x", 1, 10)).unwrap_err().to_string().contains("already"));
    assert_eq!(writer.finish().unwrap().clips.len(), 1);
}

/// Writes a shard of some hundred kilobytes in the folder that the variable names: the other half of the next test.
#[test]
fn child_of_a_full_disk() {
    let Some(dir) = std::env::var_os("ORATOR_CORPUS_TEST_FULL") else { return };
    let dir = Path::new(&dir);
    let mut writer = ShardWriter::begin(dir, plan(0)).unwrap();
    let result = (0..20).try_for_each(|i| writer.push(&clip(&format!("c{i}"), 1, 30)));
    let result = result.and_then(|()| writer.finish().map(|_| ()));
    if let Err(error) = result {
        eprintln!("told: {error}; {}", error.hint().unwrap_or_default());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn neither_a_full_disk_nor_a_killed_run_leaves_a_whole_shard() {
    let run = |dir: &Path, before: &str| {
        let program = std::env::current_exe().unwrap();
        Command::new("sh")
            .args([
                "-c",
                &format!("{before} exec \"$0\" --exact shard::tests::child_of_a_full_disk --nocapture"),
            ])
            .arg(program)
            .env("ORATOR_CORPUS_TEST_FULL", dir)
            .output()
            .unwrap()
    };
    // Files may have 100 blocks of 512 bytes. With the signal ignored, the system refuses to write more.
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), "trap '' XFSZ; ulimit -f 100;");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("told:") && told.contains("00000.tar"), "{told}");
    assert!(told.contains("free some space"), "{told}");
    assert!(!is_whole(dir.path(), 0, Check::Size));
    assert!(names(dir.path()).is_empty(), "{:?}", names(dir.path()));

    // With the signal in force, the process is killed in the middle of its writing.
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), "ulimit -c 0; ulimit -f 100;");
    assert!(!output.status.success());
    assert!(!is_whole(dir.path(), 0, Check::Size));
    assert_eq!(names(dir.path()).len(), 1, "the leftover of a killed run");

    // Started again, with room enough, it ends well and clears what the killed run left.
    let output = run(dir.path(), "");
    assert!(output.status.success());
    assert!(is_whole(dir.path(), 0, Check::Checksum));
    assert_eq!(names(dir.path()), ["00000.json", "00000.tar"]);
}

#[test]
fn records_of_other_versions_and_kinds_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 0, &["x"]);
    let path = sidecar_path(dir.path(), 0);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"version\":1", "\"version\":2", 1)).unwrap();
    let error = ShardRecord::read(dir.path(), 0, &Limits::default()).unwrap_err();
    assert!(matches!(error, CorpusError::Version { found: 2, read: 1, .. }), "{error}");
    fs::write(&path, text.replacen("orator-shard", "other-shard", 1)).unwrap();
    let error = ShardRecord::read(dir.path(), 0, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("other-shard"), "{error}");
}

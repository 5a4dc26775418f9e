//! Ctrl-C in the middle: every unfinished file of the process can be deleted at once. Alone in this
//! program, because the list is one for the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::io::Write;

use orator_media::{MediaError, OutputFile, output_file};

#[test]
fn all_unfinished_files_are_removed_and_cannot_be_finished_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut open: Vec<_> =
        (0..3).map(|n| OutputFile::create(&folder.path().join(format!("{n}.mp4"))).unwrap()).collect();
    for output in &mut open {
        output.write_all(&[0; 1000]).unwrap();
    }
    open.pop().unwrap().persist().unwrap();
    assert_eq!(output_file::remove_all_unfinished(), 2);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["2.mp4"]);
    for output in open {
        assert!(matches!(output.persist(), Err(MediaError::Io { .. })));
    }
    assert_eq!(output_file::remove_all_unfinished(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

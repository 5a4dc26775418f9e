//! Names in the folder of prepared clips: one for each file, and none that stands for another file or for what a file once was.

use crate::{Result, TrainError};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The name under which what is found in `file` is kept in `folder`: `wished`, unless that stands for a file in another place
/// already. What was kept of the same file before it was replaced is deleted.
///
/// # Errors
/// When the file or the folder cannot be used.
pub(crate) fn name_for(wished: &str, file: &Path, folder: &Path) -> Result<String> {
    let io = |e| TrainError::io(file, e);
    let place = std::fs::canonicalize(file).map_err(io)?;
    let data = std::fs::metadata(file).map_err(io)?;
    let changed = data.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let place = place.display().to_string();
    let now = format!("{place}\n{} bytes, {} s\n", data.len(), changed.map_or(0, |t| t.as_secs()));
    let mut name = wished.to_owned();
    for number in 2.. {
        let note = folder.join(format!("{name}.origin"));
        let before = match std::fs::read_to_string(&note) {
            Ok(before) => before,
            Err(_) => {
                // Folders of earlier versions have no notes: what lies there is taken for this file's.
                std::fs::write(&note, &now).map_err(|e| TrainError::io(&note, e))?;
                break;
            }
        };
        if before == now {
            break;
        }
        if before.lines().next() == Some(place.as_str()) {
            forget(&name, folder)?;
            std::fs::write(&note, &now).map_err(|e| TrainError::io(&note, e))?;
            break;
        }
        name = format!("{wished}-{number}");
    }
    Ok(name)
}

/// Deletes everything that is kept under a name.
fn forget(name: &str, folder: &Path) -> Result<()> {
    let io = |e| TrainError::io(folder, e);
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let rest = file.strip_prefix(name);
        // Frames and guides have their size behind the name.
        let own =
            rest.is_some_and(|r| r.starts_with('.') || r.ends_with(".frames") || r.ends_with(".guides"));
        if own {
            std::fs::remove_file(entry.path()).map_err(|e| TrainError::io(&entry.path(), e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_are_kept_apart_and_a_replaced_file_is_read_anew() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("prepared");
        std::fs::create_dir_all(&folder).unwrap();
        let files = ["x/day/a.mp4", "y/day/a.mp4"].map(|f| home.path().join(f));
        for file in &files {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "one").unwrap();
        }
        let name = |file: &Path| name_for("day-a", file, &folder).unwrap();
        assert_eq!((name(&files[0]), name(&files[1])), ("day-a".into(), "day-a-2".into()));
        let kept = ["day-a.speech.safetensors", "day-a-256-3.frames", "day-a-2.speech.safetensors"];
        for file in kept {
            std::fs::write(folder.join(file), "kept").unwrap();
        }
        assert_eq!((name(&files[0]), name(&files[1])), ("day-a".into(), "day-a-2".into()));
        std::fs::write(&files[0], "another").unwrap();
        assert_eq!(name(&files[0]), "day-a");
        let left = kept.map(|file| folder.join(file).exists());
        assert_eq!(left, [false, false, true]);
    }
}

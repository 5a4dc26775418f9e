//! Outputs are looked at before any work: an hour of work is not to end in a wrong file name.

use crate::{Result, StudioError};
use orator_media::OutputFile;
use std::path::{Path, PathBuf};

/// Checks that `path` ends in one of `extensions` and that its folder can be written to.
pub(crate) fn check(path: &Path, extensions: &[&str]) -> Result<()> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if !extensions.contains(&extension.as_str()) {
        let names: Vec<String> = extensions.iter().map(|e| format!(".{e}")).collect();
        return Err(StudioError::Usage {
            what: format!("{}: the name of this output must end in {}", path.display(), names.join(" or ")),
            hint: format!("for example {}", path.with_extension(extensions[0]).display()),
        });
    }
    // Dropped at once, which deletes it.
    OutputFile::create(path).map_err(StudioError::Output)?;
    Ok(())
}

/// The path of each take: `path` itself for one, else `stem-1.ext`, `stem-2.ext`, …
pub(crate) fn numbered(path: &Path, takes: usize) -> Vec<PathBuf> {
    if takes <= 1 {
        return vec![path.to_owned()];
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    (1..=takes).map(|take| path.with_file_name(format!("{stem}-{take}{extension}"))).collect()
}

/// Refuses an output that is also an input.
pub(crate) fn differs_from_inputs(output: &Path, inputs: &[&Path]) -> Result<()> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let Some(there) = real(output) else { return Ok(()) };
    match inputs.iter().find(|input| real(input).as_ref() == Some(&there)) {
        None => Ok(()),
        Some(_) => Err(StudioError::Usage {
            what: format!("{}: is an input, too, and would be overwritten", output.display()),
            hint: "choose another name for the output".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn names_and_folders_are_checked_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |path: &Path| check(path, &["mp4"]).unwrap_err().kind();
        assert_eq!(kind(&folder.path().join("out.avi")), ErrorKind::Usage);
        assert_eq!(kind(&folder.path().join("out")), ErrorKind::Usage);
        assert_eq!(kind(&folder.path().join("missing/out.mp4")), ErrorKind::Output);
        check(&folder.path().join("OUT.MP4"), &["mp4"]).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let input = folder.path().join("in.mp4");
        std::fs::write(&input, "x").unwrap();
        assert!(differs_from_inputs(&folder.path().join("./in.mp4"), &[&input]).is_err());
        assert!(differs_from_inputs(&folder.path().join("out.mp4"), &[&input]).is_ok());
    }

    #[test]
    fn takes_are_numbered_only_when_there_are_several() {
        let path = Path::new("a/b.c.mp4");
        assert_eq!(numbered(path, 1), [path]);
        assert_eq!(numbered(path, 2), [Path::new("a/b.c-1.mp4"), Path::new("a/b.c-2.mp4")]);
    }
}

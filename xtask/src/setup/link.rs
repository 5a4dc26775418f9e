//! The link from a checkout to the libtorch in the cache; `.cargo/config.toml` points at it.

use std::path::Path;

use orator_assets::catalogue;

use crate::error::ChoreError;

/// Makes `<root>/.orator/libtorch` point at the cache. Gives whether anything had to change.
pub fn libtorch(root: &Path, home: &Path) -> Result<bool, ChoreError> {
    let Some(bundle) = catalogue().iter().find(|bundle| bundle.folder.starts_with("libtorch-")) else {
        return Ok(false);
    };
    link(&root.join(".orator"), "libtorch", &home.join(bundle.folder))
}

/// Makes `<folder>/<name>` a symbolic link to `target`, in one step.
fn link(folder: &Path, name: &str, target: &Path) -> Result<bool, ChoreError> {
    let path = folder.join(name);
    match std::fs::symlink_metadata(&path) {
        Ok(found) if !found.is_symlink() => return Err(ChoreError::InTheWay { path }),
        Ok(_) if std::fs::read_link(&path).is_ok_and(|old| old == target) => return Ok(false),
        _ => {}
    }
    std::fs::create_dir_all(folder).map_err(ChoreError::file("make the folder", folder))?;
    let new = folder.join(format!("{name}.{}.partial", std::process::id()));
    symlink(target, &new).map_err(ChoreError::file("link", &new))?;
    std::fs::rename(&new, &path).map_err(ChoreError::file("link", &path))?;
    Ok(true)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_made_once_and_follows_a_moved_cache() {
        let checkout = tempfile::tempdir().unwrap();
        let folder = checkout.path().join(".orator");
        assert!(link(&folder, "libtorch", Path::new("/a")).unwrap());
        assert!(!link(&folder, "libtorch", Path::new("/a")).unwrap());
        assert!(link(&folder, "libtorch", Path::new("/b")).unwrap());
        assert_eq!(std::fs::read_link(folder.join("libtorch")).unwrap(), Path::new("/b"));
    }

    #[test]
    fn a_real_folder_is_not_overwritten() {
        let checkout = tempfile::tempdir().unwrap();
        std::fs::create_dir(checkout.path().join("libtorch")).unwrap();
        let error = link(checkout.path(), "libtorch", Path::new("/a")).unwrap_err();
        assert!(matches!(error, ChoreError::InTheWay { .. }));
    }
}

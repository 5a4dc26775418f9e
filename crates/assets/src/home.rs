//! Where the cache lies.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::AssetError;

/// The cache shared by all checkouts, as an absolute path: `ORATOR_HOME`, else `orator` in the platform's
/// cache folder (`XDG_CACHE_HOME`, else `.cache` in the home folder).
///
/// # Errors
/// [`AssetError::NoHome`] when none of the three variables is set.
pub fn home() -> Result<PathBuf, AssetError> {
    home_from(|name| std::env::var_os(name))
}

/// [`home`] over any environment, so that tests need not change the real one.
fn home_from(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, AssetError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("ORATOR_HOME")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("orator")))
        .or_else(|| set("HOME").map(|home| home.join(".cache").join("orator")))
        .ok_or(AssetError::NoHome)?;
    // Tests run in their own crate's folder: a relative cache would be a different one for each.
    std::path::absolute(&folder).map_err(|cause| AssetError::Unreadable { path: folder, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<PathBuf, AssetError> {
        home_from(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_most_specific_variable_wins() {
        let all = [("ORATOR_HOME", "/a"), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c")];
        assert_eq!(with(&all).unwrap(), PathBuf::from("/a"));
        assert_eq!(with(&all[1..]).unwrap(), PathBuf::from("/b/orator"));
        assert_eq!(with(&all[2..]).unwrap(), PathBuf::from("/c/.cache/orator"));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(with(&[("ORATOR_HOME", ""), ("HOME", "/c")]).unwrap(), PathBuf::from("/c/.cache/orator"));
    }

    #[test]
    fn a_relative_home_becomes_absolute() {
        assert!(with(&[("ORATOR_HOME", "cache")]).unwrap().is_absolute());
    }

    #[test]
    fn no_variable_is_an_error_with_a_next_step() {
        let error = with(&[]).unwrap_err();
        assert!(error.hint().unwrap().contains("ORATOR_HOME"));
    }
}

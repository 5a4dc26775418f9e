//! The stamp in a bundle's folder: what was unpacked, so that the next run need not hash a gigabyte.

use std::path::Path;

use orator_assets::{Bundle, Hasher, Part, sha256_of};
use serde::{Deserialize, Serialize};

use crate::error::ChoreError;

const STAMP: &str = ".whole.json";

/// What was unpacked into a folder, and from which plan.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stamp {
    /// Changes with everything in the catalogue that says what the folder should hold.
    plan: String,
    /// Whether the CUDA libraries are among the files.
    cuda: bool,
    files: Vec<StampedFile>,
}

/// One unpacked file.
#[derive(Debug, Serialize, Deserialize)]
pub struct StampedFile {
    /// Path inside the bundle's folder, with `/` between its parts.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Stamp {
    /// The stamp of a bundle that was unpacked just now.
    pub fn new(bundle: &Bundle, cuda: bool, files: Vec<StampedFile>) -> Self {
        Self { plan: plan(bundle), cuda, files }
    }

    /// The stamp in a folder; none where it is absent or unreadable.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(STAMP)).ok()?).ok()
    }

    /// Writes the stamp into a folder.
    pub fn write(&self, folder: &Path) -> Result<(), ChoreError> {
        let path = folder.join(STAMP);
        let text = serde_json::to_string(self).map_err(|cause| ChoreError::Unexpected {
            what: "the stamp".into(),
            detail: cause.to_string(),
        })?;
        std::fs::write(&path, text).map_err(ChoreError::file("write", &path))
    }

    /// Whether the folder was made from today's catalogue.
    pub fn fits(&self, bundle: &Bundle) -> bool {
        self.plan == plan(bundle)
    }

    /// Whether the CUDA libraries were unpacked too; always so where the bundle has none.
    pub fn has_cuda(&self, bundle: &Bundle) -> bool {
        let mut members = bundle.packages.iter().flat_map(|package| package.members);
        self.cuda || !members.any(|member| member.part == Part::Cuda)
    }

    /// Whether every file is there in its size.
    pub fn sizes_hold(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| {
            std::fs::metadata(folder.join(&file.path))
                .is_ok_and(|found| found.is_file() && found.len() == file.bytes)
        })
    }

    /// All bytes together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The files whose content is no longer what was unpacked.
    pub fn damaged(&self, folder: &Path, mut progress: impl FnMut(u64)) -> Vec<&str> {
        let differs = |file: &&StampedFile| {
            sha256_of(&folder.join(&file.path), &mut progress).ok().as_ref() != Some(&file.sha256)
        };
        self.files.iter().filter(differs).map(|file| file.path.as_str()).collect()
    }
}

/// A hash over everything in the catalogue that decides what a bundle's folder holds.
fn plan(bundle: &Bundle) -> String {
    let mut hasher = Hasher::default();
    hasher.update(b"orator stamp 1\n");
    for package in bundle.packages {
        hasher.update(format!("{} {}\n", package.requirement(), package.archive.sha256).as_bytes());
        for member in package.members {
            hasher.update(format!("{} {} {:?}\n", member.from, member.to, member.part).as_bytes());
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use orator_assets::catalogue;

    use super::*;

    fn filled(folder: &Path) -> Stamp {
        std::fs::create_dir_all(folder.join("lib")).unwrap();
        std::fs::write(folder.join("lib/a.so"), b"abc").unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        let stamp = Stamp::new(
            &catalogue()[0],
            true,
            vec![StampedFile { path: "lib/a.so".into(), bytes: 3, sha256 }],
        );
        stamp.write(folder).unwrap();
        stamp
    }

    #[test]
    fn a_written_stamp_holds() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        let stamp = Stamp::read(folder.path()).unwrap();
        assert!(
            stamp.fits(&catalogue()[0]) && stamp.sizes_hold(folder.path()) && stamp.has_cuda(&catalogue()[0])
        );
        assert!(stamp.damaged(folder.path(), |_| {}).is_empty());
        assert_eq!(stamp.bytes(), 3);
    }

    #[test]
    fn a_folder_without_stamp_or_with_a_torn_one_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Stamp::read(folder.path()).is_none());
        std::fs::write(folder.path().join(STAMP), b"{\"plan\":\"").unwrap();
        assert!(Stamp::read(folder.path()).is_none());
    }

    #[test]
    fn a_missing_or_shortened_file_is_seen_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = filled(folder.path());
        std::fs::write(folder.path().join("lib/a.so"), b"ab").unwrap();
        assert!(!stamp.sizes_hold(folder.path()));
        std::fs::remove_file(folder.path().join("lib/a.so")).unwrap();
        assert!(!stamp.sizes_hold(folder.path()));
    }

    #[test]
    fn a_changed_byte_is_seen_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = filled(folder.path());
        std::fs::write(folder.path().join("lib/a.so"), b"abd").unwrap();
        assert!(stamp.sizes_hold(folder.path()));
        assert_eq!(stamp.damaged(folder.path(), |_| {}), ["lib/a.so"]);
    }

    #[test]
    fn only_a_bundle_with_cuda_libraries_can_lack_them() {
        let [libtorch, litert] = [&catalogue()[0], &catalogue()[1]];
        assert!(!Stamp::new(libtorch, false, Vec::new()).has_cuda(libtorch));
        assert!(Stamp::new(litert, false, Vec::new()).has_cuda(litert));
    }

    #[test]
    fn a_changed_catalogue_asks_for_a_new_folder() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = filled(folder.path());
        assert!(!stamp.fits(&catalogue()[1]));
    }
}

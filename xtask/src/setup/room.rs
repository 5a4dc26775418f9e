//! Room on disk, asked before the first byte is fetched.

use std::path::Path;

use orator_assets::Bundle;

use crate::error::ChoreError;

/// What pip and the file system may need beside the files themselves.
const SPARE_BYTES: u64 = 100_000_000;

/// Fails when the cache's disk cannot take what is still to come.
pub fn check(home: &Path, downloads: &Path, pending: &[&Bundle]) -> Result<(), ChoreError> {
    let present = |file: &str| downloads.join(file).is_file();
    let need = needed(pending, present);
    let disk = rustix::fs::statvfs(home).map_err(|cause| ChoreError::File {
        doing: "ask for free room in",
        path: home.into(),
        cause: cause.into(),
    })?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < need { Err(ChoreError::NoRoom { folder: home.into(), free, need }) } else { Ok(()) }
}

/// The bytes still to be written. While pip stores a file it holds it twice.
fn needed(pending: &[&Bundle], present: impl Fn(&str) -> bool) -> u64 {
    let unpacked: u64 = pending.iter().map(|bundle| bundle.unpacked_bytes).sum();
    let archives = pending.iter().flat_map(|bundle| bundle.packages).map(|package| package.archive);
    let missing: Vec<u64> =
        archives.filter(|archive| !present(archive.file)).map(|archive| archive.bytes).collect();
    unpacked + missing.iter().sum::<u64>() + missing.iter().copied().max().unwrap_or(0) + SPARE_BYTES
}

#[cfg(test)]
mod tests {
    use orator_assets::catalogue;

    use super::*;

    #[test]
    fn archives_at_hand_need_no_further_room() {
        let all: Vec<&Bundle> = catalogue().iter().collect();
        let fresh = needed(&all, |_| false);
        let fetched = needed(&all, |_| true);
        assert!(fresh > 2_600_000_000 && fresh < 3_600_000_000, "{fresh}");
        assert!(fetched < fresh && fetched > 1_000_000_000, "{fetched}");
        assert_eq!(needed(&[], |_| false), SPARE_BYTES);
    }
}

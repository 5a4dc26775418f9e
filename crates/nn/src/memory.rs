//! The C library's memory, which libtorch takes its tensors from.

/// Blocks below this many bytes come from memory that is kept (glibc allows at most 32 MiB).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_BLOCK: libc::c_int = 32 << 20;
/// How much freed memory the process keeps for the next tensors, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: libc::c_int = 512 << 20;

/// Lets the process keep freed memory instead of handing it back to the system after each operation: else a network's
/// temporary tensors are cleared page by page by the kernel, again for every frame (half of the time of a small one).
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes two plain numbers, touches no memory of ours and may be called at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT_BLOCK);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}

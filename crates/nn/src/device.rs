//! Where the arithmetic happens.

use tch::Device;

/// The first CUDA device when this build has CUDA and a GPU is there, else the CPU.
#[must_use]
pub fn choose_device() -> Device {
    Device::cuda_if_available()
}

/// Sets libtorch's threads: `threads` for one operation, one for running operations side by side (two pools would
/// fight over the cores). Lets the process keep the memory of freed tensors. Call early.
pub fn configure_threads(threads: usize) {
    tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(1));
    crate::memory::keep_freed();
    // libtorch takes this number once, before anything runs.
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| tch::set_num_interop_threads(1));
}

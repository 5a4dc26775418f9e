//! What has to be right before any work: threads, Ctrl-C.

use crate::exit::{Code, Failure};
use crate::stop;
use std::num::NonZeroUsize;
use std::os::unix::process::CommandExt;

/// Read by libgomp when it is loaded; either one is the user's own choice.
const WAITING: [&str; 2] = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"];
/// Turns of a waiting thread before it sleeps: some tens of microseconds. Measured on two cores in training: sleeping at
/// once costs as much as one core gains, and libgomp's own default of minutes takes the cores from everything else.
const SPINS: &str = "60000";
/// Says that the program was already started a second time.
const STARTED_AGAIN: &str = "ORATOR_STARTED_AGAIN";

/// Starts the program anew with a short spin count for libgomp, unless one is set. libtorch's threads otherwise spin
/// while they wait and take the cores from the renderer, and libgomp reads the variable before `main` begins.
/// When that is not possible, the program goes on as it is, only slower.
pub fn with_sleeping_threads() {
    if WAITING.into_iter().chain([STARTED_AGAIN]).any(|name| std::env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.clone().into_os_string());
    // Does not come back unless it fails.
    let _ = std::process::Command::new(&program)
        .arg0(name)
        .args(arguments)
        .env(WAITING[0], SPINS)
        .env(STARTED_AGAIN, "1")
        .exec();
}

/// Lets libtorch and the renderer use `threads` threads each; as many as there are cores when not given.
pub fn threads(threads: Option<NonZeroUsize>) {
    let count = threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    orator_nn::configure_threads(count);
    // Fails only when a pool exists already, which then is used.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(count).build_global();
}

/// On Ctrl-C (and SIGTERM, SIGHUP) deletes what is half-written and ends.
pub fn remove_files_on_interrupt() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        orator_media::output_file::remove_all_unfinished();
        eprintln!("\nstopped; nothing was left half-written");
        stop::at_once(Code::Interrupted);
    })
    .map_err(|error| Failure {
        code: Code::Internal,
        text: format!("Ctrl-C cannot be handled: {error}"),
        hint: None,
    })
}

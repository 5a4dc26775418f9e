//! Runs a program and watches its time and its peak memory.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::ChoreError;

/// How a watched program ran.
pub struct Watched {
    pub stdout: String,
    pub wall_seconds: f64,
    /// Time on all cores together, in user and in system mode.
    pub cpu_seconds: f64,
    pub peak_mb: f64,
}

/// The unit of processor times in `/proc` (`USER_HZ`), the same on every Linux that programs see.
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs to the end; stderr passes through, stdout is collected.
pub fn run(mut command: Command) -> Result<Watched, ChoreError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let ticks_before = ticks_of_ended_children().unwrap_or(0);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|cause| ChoreError::Start { program: program.clone(), cause })?;
    let mut pipe = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = &mut pipe {
            // A pipe that breaks ends the reading; the program's own end tells the rest.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut peak_kb = 0;
    let status = loop {
        // The kernel keeps the peak itself, so a rare look is enough; what is lost is the last moment only.
        peak_kb = peak_kb.max(peak_kilobytes(child.id()).unwrap_or(0));
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(cause) => return Err(ChoreError::Start { program, cause }),
        }
    };
    let wall_seconds = started.elapsed().as_secs_f64();
    let stdout = reader.join().unwrap_or_default();
    if !status.success() {
        return Err(ChoreError::Ended { command: program, status: status.to_string() });
    }
    let ticks = ticks_of_ended_children().unwrap_or(0).saturating_sub(ticks_before);
    let cpu_seconds = ticks as f64 / TICKS_PER_SECOND;
    Ok(Watched { stdout, wall_seconds, cpu_seconds, peak_mb: peak_kb as f64 / 1000.0 })
}

/// The processor time of all children that were waited for (`cutime` and `cstime` of `proc_pid_stat(5)`), in ticks.
fn ticks_of_ended_children() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold anything; the state behind it is the third field.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(16 - 3);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// The most memory the process ever had in RAM (`VmHWM`), in kilobytes.
fn peak_kilobytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn output_time_and_memory_are_watched() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo hello; sleep 0.1"]);
        let watched = run(command).unwrap();
        assert_eq!(watched.stdout, "hello\n");
        assert!(watched.wall_seconds >= 0.1 && watched.peak_mb > 0.1);
    }

    #[test]
    fn time_on_a_core_is_counted_without_sleep() {
        let mut command = Command::new("sh");
        command.args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 0.3"]);
        let watched = run(command).unwrap();
        assert!(watched.cpu_seconds > 0.0, "{}", watched.cpu_seconds);
    }

    #[test]
    fn a_bad_end_is_an_error() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        assert!(run(command).is_err());
    }
}

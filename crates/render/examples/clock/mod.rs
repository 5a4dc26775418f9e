//! Clocks of the examples that measure.

use std::time::Instant;

/// Least wall time and mean processor time, in milliseconds, of some runs after one to warm up.
pub fn time<T>(repeats: i64, mut work: impl FnMut() -> T) -> (f64, f64) {
    let _ = work();
    let repeats = repeats.max(1);
    let busy = processor_time();
    let mut least = f64::INFINITY;
    for _ in 0..repeats {
        let started = Instant::now();
        let _ = work();
        least = least.min(started.elapsed().as_secs_f64() * 1e3);
    }
    (least, (processor_time() - busy) / repeats as f64)
}

/// Milliseconds that this program's threads have worked so far; 0 where the system does not say.
pub fn processor_time() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return 0.0 };
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<f64>().ok())
        .sum::<f64>()
        / 1e6
}

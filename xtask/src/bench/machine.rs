//! What a measurement was made on, and when.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The CPU features that decide how fast tensors are.
const FEATURES: [&str; 9] =
    ["avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16"];

/// Cores, memory, processor and its features.
pub fn describe() -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    let flags: Vec<&str> =
        field(&cpu, "flags").map(|flags| flags.split_whitespace().collect()).unwrap_or_default();
    let features: Vec<&str> = FEATURES.into_iter().filter(|feature| flags.contains(feature)).collect();
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory_mb": kilobytes.map(|kilobytes| kilobytes / 1000),
        "processor": field(&cpu, "model name"),
        "features": features,
    })
}

/// [`describe`] in one line.
pub fn line(machine: &Value) -> String {
    let features: Vec<&str> =
        machine["features"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let processor = machine["processor"].as_str().unwrap_or("unknown processor");
    format!("{} cores, {} MB, {processor}, {}", machine["cores"], machine["memory_mb"], features.join(" "))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':')).map(str::trim)
}

/// The time now in UTC, as `2026-11-21T09:30:00Z`.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    told(seconds)
}

/// Seconds since 1970 as a date and time, in the proleptic Gregorian calendar.
fn told(seconds: u64) -> String {
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let is_leap =
        |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_right() {
        assert_eq!(told(0), "1970-01-01T00:00:00Z");
        assert_eq!(told(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(told(1_735_689_599), "2024-12-31T23:59:59Z");
    }

    #[test]
    fn fields_are_found() {
        assert_eq!(field("a\t: 1\nmodel name\t: X 9\n", "model name"), Some("X 9"));
    }
}

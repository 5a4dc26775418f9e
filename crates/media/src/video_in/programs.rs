//! Finding and running the `ffmpeg` and `ffprobe` programs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Names the ffmpeg program; set but empty, no ffmpeg is used.
pub const VARIABLE: &str = "ORATOR_FFMPEG";

/// The two programs, both present.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub ffmpeg: PathBuf,
    pub ffprobe: PathBuf,
}

impl Programs {
    /// By `ORATOR_FFMPEG`, else on the `PATH`. `ffprobe` is looked for beside `ffmpeg` first.
    pub fn find() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        Self::find_with(env::var_os(VARIABLE).as_deref(), &path)
    }

    fn find_with(variable: Option<&OsStr>, path: &OsStr) -> Option<Self> {
        let ffmpeg = match variable {
            Some(name) if name.is_empty() => return None,
            Some(name) if Path::new(name).components().count() > 1 => {
                Some(PathBuf::from(name)).filter(|file| file.is_file())?
            }
            Some(name) => on_path(name, path)?,
            None => on_path(OsStr::new("ffmpeg"), path)?,
        };
        let mut probe_name = OsString::from("ffprobe");
        probe_name.push(env::consts::EXE_SUFFIX);
        let beside = ffmpeg.with_file_name(&probe_name);
        let ffprobe = if beside.is_file() { beside } else { on_path(OsStr::new("ffprobe"), path)? };
        Some(Self { ffmpeg, ffprobe })
    }

    /// The option that passes every frame on untouched: renamed in 5.1, the old name since removed.
    pub fn passthrough_option(&self) -> [&'static str; 2] {
        let text = Command::new(&self.ffmpeg)
            .arg("-version")
            .stdin(Stdio::null())
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
            .unwrap_or_default();
        if is_before_5_1(&text) { ["-vsync", "0"] } else { ["-fps_mode", "passthrough"] }
    }
}

fn on_path(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path).find_map(|folder| {
        let plain = folder.join(name);
        let mut with_suffix = plain.clone().into_os_string();
        with_suffix.push(env::consts::EXE_SUFFIX);
        [plain, PathBuf::from(with_suffix)].into_iter().find(|file| file.is_file())
    })
}

/// Builds between releases have other numbering and count as new.
fn is_before_5_1(text: &str) -> bool {
    let Some(version) = text.strip_prefix("ffmpeg version ") else { return false };
    let mut numbers = version.trim_start_matches('n').split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match next() {
        Some(major) => (major, next().unwrap_or(0)) < (5, 1),
        None => false,
    }
}

/// How much of a program's complaints is kept.
const KEPT_TEXT: usize = 8192;

/// Reads what a program says on its error output, beside the real work, so that it never blocks.
pub(crate) struct Complaints {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Complaints {
    pub fn collect(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0u8; 1024];
            while let Ok(got) = stream.read(&mut buffer) {
                if got == 0 {
                    break;
                }
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT_TEXT.saturating_sub(kept.len());
                kept.extend_from_slice(&buffer[..got.min(room)]);
            }
        });
        Self { text, reader: Some(reader) }
    }

    /// All that was said; call it after the program has ended.
    pub fn text(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        let kept = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        shorten(&String::from_utf8_lossy(&kept))
    }
}

/// The first few lines of a program's complaints in one line, without memory addresses.
pub(crate) fn shorten(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = match line.split_once("] ") {
            Some((head, rest)) if head.starts_with('[') && head.contains(" @ 0x") => rest,
            _ => line,
        };
        let line = line.trim();
        if !line.is_empty() && !lines.iter().any(|known| known == line) {
            lines.push(line.to_owned());
        }
    }
    lines.truncate(3);
    lines.join("; ")
}

/// A path as ffmpeg's file protocol takes it: never an option, a URL or a pattern.
pub(crate) fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_disables_ffmpeg() {
        assert!(Programs::find_with(Some(OsStr::new("")), OsStr::new("/usr/bin")).is_none());
        assert!(Programs::find_with(Some(OsStr::new("/no/such/ffmpeg")), OsStr::new("/usr/bin")).is_none());
        assert!(Programs::find_with(None, OsStr::new("/nowhere")).is_none());
    }

    #[test]
    fn versions() {
        assert!(is_before_5_1("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright"));
        assert!(is_before_5_1("ffmpeg version n5.0.1 Copyright"));
        assert!(!is_before_5_1("ffmpeg version 5.1.9-0+deb12u1 Copyright"));
        assert!(!is_before_5_1("ffmpeg version 7.0 Copyright"));
        assert!(!is_before_5_1("ffmpeg version N-109012-g1234567 Copyright"));
    }

    #[test]
    fn complaints_lose_addresses_and_repetitions() {
        let text = "[mov,mp4 @ 0x55d2] moov atom not found\n[mov,mp4 @ 0x55d3] moov atom not found\nfile: Invalid data\n";
        assert_eq!(shorten(text), "moov atom not found; file: Invalid data");
    }
}

//! Progress for people, on stderr: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// One step with a known number of bytes.
pub struct Step {
    bar: ProgressBar,
    label: String,
    started: std::time::Instant,
    plain: bool,
}

impl Step {
    /// Starts a step over `total` bytes.
    pub fn bytes(label: &str, total: u64) -> Self {
        let plain = !std::io::stderr().is_terminal();
        let bar = if plain { ProgressBar::hidden() } else { ProgressBar::new(total) };
        let template =
            "  {prefix:<40} [{bar:24}] {decimal_bytes:>9} of {decimal_total_bytes:<9} {eta:>4} left {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        if plain {
            eprintln!("  {label} ({:.1} MB) ...", total as f64 / 1e6);
        }
        Self { bar, label: label.to_owned(), started: std::time::Instant::now(), plain }
    }

    /// So many bytes are done in all.
    pub fn reach(&self, bytes: u64) {
        self.bar.set_position(self.bar.length().map_or(bytes, |total| bytes.min(total)));
    }

    /// So many bytes more are done.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// A short remark behind the bar.
    pub fn remark(&self, text: &'static str) {
        self.bar.set_message(text);
    }

    /// The step is done.
    pub fn done(self) {
        self.bar.finish_and_clear();
        let seconds = self.started.elapsed().as_secs_f64();
        if self.plain {
            eprintln!("  {} done in {seconds:.1} s", self.label);
        } else {
            eprintln!("  {:<40} done in {seconds:.1} s", self.label);
        }
    }

    /// The step is given up; an error message follows.
    pub fn abandon(self) {
        self.bar.finish_and_clear();
    }
}

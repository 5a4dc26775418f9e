//! What is shown: progress and words for people on stderr, events as JSON lines on stdout.

use crate::exit::{Code, Failure};
use crate::stop;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use orator_studio::Event;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Stages shorter than this show no bar.
const WITHOUT_BAR: Duration = Duration::from_secs(1);

/// Where everything goes that is shown.
pub struct Screen {
    json: bool,
    quiet: bool,
    verbose: bool,
    bar: Option<ProgressBar>,
    stage_began: Instant,
}

impl Screen {
    /// JSON on stdout, nothing but errors on stderr, more words on stderr.
    pub fn new(json: bool, quiet: bool, verbose: bool) -> Self {
        Self { json, quiet, verbose, bar: None, stage_began: Instant::now() }
    }

    /// Shows an event.
    pub fn event(&mut self, event: &Event) {
        self.json(event);
        match event {
            Event::Start { .. } => self.stage_began = Instant::now(),
            Event::Progress { name, done, total, seconds_left } => {
                self.progress(name, *done, *total, *seconds_left);
            }
            Event::Stage { name, seconds } => {
                self.end_bar();
                if self.verbose || Duration::from_secs_f64(seconds.max(0.0)) > WITHOUT_BAR {
                    self.say(&format!("{name:<9} {seconds:>6.1} s"));
                }
            }
            Event::Warning { text } => self.say(&format!("warning: {text}")),
            Event::Remark { text } => self.say(&format!("note: {text}")),
            Event::Wrote { path, frames, seed } => {
                let frames = frames.map(|frames| format!(", {frames} frames")).unwrap_or_default();
                let seed = seed.map(|seed| format!(", seed {seed}")).unwrap_or_default();
                self.say(&format!("wrote {}{frames}{seed}", path.display()));
            }
        }
    }

    /// Moves the bar of a stage that already takes longer than a second.
    pub fn progress(&mut self, name: &str, done: u64, total: u64, seconds_left: f64) {
        if self.quiet || (self.bar.is_none() && self.stage_began.elapsed() < WITHOUT_BAR) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix:<9} [{bar:30}] {pos}/{len}  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar
        });
        bar.set_prefix(name.to_owned());
        bar.set_length(total);
        if seconds_left.is_finite() {
            bar.set_message(format!("{} left", in_words(seconds_left)));
        }
        bar.set_position(done);
    }

    /// Ends a bar that is shown.
    pub fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.stage_began = Instant::now();
    }

    /// A line for people.
    pub fn say(&self, line: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            // Nothing better can be done when stderr is closed.
            Some(bar) => bar.suspend(|| drop(writeln!(std::io::stderr(), "{line}"))),
            None => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    /// A line for people who want to know more.
    pub fn detail(&self, line: &str) {
        if self.verbose {
            self.say(line);
        }
    }

    /// A line that was asked for, on stdout.
    pub fn print(&self, line: &str) {
        if let Err(error) = writeln!(std::io::stdout().lock(), "{line}")
            && error.kind() == ErrorKind::BrokenPipe
        {
            stop::at_once(Code::ClosedPipe);
        }
    }

    /// A line that was asked for: on stdout, unless that is for programs.
    pub fn answer(&self, line: &str) {
        if self.json { self.say(line) } else { self.print(line) }
    }

    /// A line for programs, if they want lines.
    pub fn json(&self, event: &impl Serialize) {
        if !self.json {
            return;
        }
        let Ok(line) = serde_json::to_string(event) else { return };
        if let Err(error) = writeln!(std::io::stdout().lock(), "{line}")
            && error.kind() == ErrorKind::BrokenPipe
        {
            orator_media::output_file::remove_all_unfinished();
            stop::at_once(Code::ClosedPipe);
        }
    }

    /// Tells why the command did not succeed; the program's exit code.
    pub fn fail(&mut self, failure: &Failure) -> ExitCode {
        self.end_bar();
        let code = failure.code as u8;
        self.json(&serde_json::json!({
            "event": "error", "text": failure.text, "help": failure.hint, "code": code,
        }));
        let help = failure.hint.as_ref().map(|hint| format!("\nhelp: {hint}")).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "error: {}{help}", failure.text));
        ExitCode::from(code)
    }
}

/// `8 s`, `3 min 20 s`, `2 h 5 min`.
pub fn in_words(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_words() {
        assert_eq!(in_words(7.6), "8 s");
        assert_eq!(in_words(200.0), "3 min 20 s");
        assert_eq!(in_words(7500.0), "2 h 5 min");
        assert_eq!(in_words(f64::NAN), "0 s");
    }
}

//! What is told while clips are prepared, by every command that reads a corpus.

use crate::screen::Screen;

/// Shows that `done` of `total` clips are prepared and `clip` is at work.
pub fn show(done: usize, total: usize, clip: &str, screen: &mut Screen) {
    screen.progress("prepare", done as u64, total as u64, f64::NAN);
    if done == total {
        screen.end_bar();
    } else {
        screen.detail(&format!("clip {} of {total}: {clip}", done + 1));
    }
}

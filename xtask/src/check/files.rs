//! A file is one idea: source files stay short, and none is a drawer for odds and ends.

use std::path::Path;
use std::process::Command;

use crate::commands;
use crate::error::ChoreError;

/// "Past about 500 lines, look for the second idea"; past this many it is not a question any more.
const MOST_LINES: usize = 600;

/// Names that say nothing about what is inside.
const DRAWERS: [&str; 6] = ["utils", "util", "common", "misc", "helpers", "helper"];

/// Which source files are too long or named like a drawer.
pub fn check(root: &Path) -> Result<Vec<String>, ChoreError> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "*.rs"]).current_dir(root);
    let mut wrong = Vec::new();
    for file in commands::output(command)?.split('\0').filter(|file| !file.is_empty()) {
        let path = root.join(file);
        // A file may be tracked and just now moved away.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        wrong.extend(judge(file, text.lines().count()));
    }
    Ok(wrong)
}

fn judge(file: &str, lines: usize) -> Option<String> {
    let is_drawer = |part: &str| DRAWERS.contains(&part.trim_end_matches(".rs"));
    if file.split('/').any(is_drawer) {
        Some(format!("{file} is named like a drawer: name what is inside"))
    } else if lines > MOST_LINES {
        Some(format!("{file} has {lines} lines (at most {MOST_LINES}): look for the second idea"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_and_drawers_are_caught() {
        assert_eq!(judge("crates/media/src/sound.rs", 500), None);
        assert!(judge("crates/media/src/sound.rs", 601).is_some());
        assert!(judge("crates/media/src/utils.rs", 5).is_some());
        assert!(judge("crates/media/src/common/sound.rs", 5).is_some());
    }
}

//! No file of the repository names a path of somebody's machine.

use std::path::Path;
use std::process::Command;

use crate::commands;
use crate::error::ChoreError;

/// Folders that exist on one machine only. Written in two halves, so that this file passes its own check.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/", "root/"), concat!("/", "home/"), concat!("/", "Users/"), concat!("/", "work/")];

/// Files up to this size are read; larger ones are weights and pictures.
const TEXT_BYTES: u64 = 2_000_000;

/// Which lines of which files name a machine's path.
pub fn check(root: &Path) -> Result<Vec<String>, ChoreError> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z"]).current_dir(root);
    let files = commands::output(command)?;
    let mut wrong = Vec::new();
    for file in files.split('\0').filter(|file| !file.is_empty()) {
        let path = root.join(file);
        let Ok(found) = std::fs::metadata(&path) else { continue };
        if !found.is_file() || found.len() > TEXT_BYTES {
            continue;
        }
        let content = std::fs::read(&path).map_err(ChoreError::file("read", &path))?;
        if let Ok(text) = std::str::from_utf8(&content) {
            wrong.extend(lines_naming(text).map(|line| format!("{file}:{line} names a path of one machine")));
        }
    }
    Ok(wrong)
}

/// The numbers of the lines in which an absolute path of one machine begins.
fn lines_naming(text: &str) -> impl Iterator<Item = usize> {
    text.lines().enumerate().filter(|(_, line)| names_machine(line)).map(|(index, _)| index + 1)
}

fn names_machine(line: &str) -> bool {
    MACHINE_FOLDERS.iter().any(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            // "a/home/b" is a relative path: what stands before must end a word.
            !line[..at]
                .chars()
                .next_back()
                .is_some_and(|before| before.is_alphanumeric() || "._-~$}/>".contains(before))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_paths_are_found() {
        let text = format!("fine\nlet p = \"{}me/x\";\nsee {}x/y.\n", MACHINE_FOLDERS[1], MACHINE_FOLDERS[3]);
        assert_eq!(lines_naming(&text).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn relative_paths_and_variables_are_fine() {
        for line in ["../shared/work/x", "$HOME/work/y", "a/home/b", "~/work/z"] {
            assert!(!names_machine(line), "{line}");
        }
    }
}

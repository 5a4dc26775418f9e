//! Every crate has its row in `crates/README.md`, with one sentence and what it depends on.

use std::path::Path;

use super::metadata::Metadata;
use crate::error::ChoreError;

/// What is wrong with the crate map.
pub fn check(root: &Path, metadata: &Metadata) -> Result<Vec<String>, ChoreError> {
    let path = root.join("crates/README.md");
    let map = std::fs::read_to_string(&path).map_err(ChoreError::file("read", &path))?;
    let mut wrong = Vec::new();
    for package in metadata.ours().filter(|package| package.manifest_path.starts_with(root.join("crates"))) {
        let folder = package.name.trim_start_matches("orator-");
        let uses: Vec<&str> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none())
            .filter_map(|dependency| dependency.name.strip_prefix("orator-"))
            .collect();
        wrong.extend(judge(&map, folder, &uses));
    }
    Ok(wrong)
}

/// Judges one crate's row: `| floor | [name](name) | sentence. | what it depends on |`.
fn judge(map: &str, folder: &str, uses: &[&str]) -> Option<String> {
    let cells: Vec<Vec<&str>> = map
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let Some(row) = cells.iter().find(|row| row.get(1) == Some(&format!("[{folder}]({folder})").as_str()))
    else {
        return Some(format!("crates/README.md has no row for `{folder}`"));
    };
    let sentence = row.get(2).copied().unwrap_or_default();
    if sentence.len() < 20 || !sentence.ends_with('.') || sentence.contains(". ") {
        return Some(format!(
            "crates/README.md: `{folder}` wants exactly one sentence, ending in a full stop"
        ));
    }
    let mut listed: Vec<&str> = row
        .get(3)
        .copied()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| *name != "–")
        .collect();
    let mut uses = uses.to_vec();
    listed.sort_unstable();
    uses.sort_unstable();
    uses.dedup();
    (listed != uses).then(|| {
        format!("crates/README.md: `{folder}` depends on `{}`, the row says otherwise", uses.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "| floor | crate | what lives there | depends on |\n|---|---|---|---|\n\
        | 0 | [assets](assets) | Where the fetched files lie. | – |\n\
        | 1 | [speech](speech) | Sound into features at 25 Hz. | media, assets |\n\
        | 1 | [perceive](perceive) | Finds a person. And more. | – |\n";

    #[test]
    fn good_rows_pass() {
        assert_eq!(judge(MAP, "assets", &[]), None);
        assert_eq!(judge(MAP, "speech", &["assets", "media"]), None);
    }

    #[test]
    fn a_missing_row_two_sentences_or_wrong_dependencies_are_caught() {
        assert!(judge(MAP, "attic", &[]).unwrap().contains("no row"));
        assert!(judge(MAP, "perceive", &[]).unwrap().contains("one sentence"));
        assert!(judge(MAP, "speech", &["media"]).unwrap().contains("depends on"));
    }
}

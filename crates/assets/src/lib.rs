//! The catalogue of pinned third-party files and where they lie on disk.
//!
//! `cargo xtask setup` fetches them; everything else only asks [`locate`].

use std::path::PathBuf;

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
}

/// Why an asset is not at hand.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// Neither `ORATOR_HOME` nor a home folder is known.
    #[error("no cache folder: neither ORATOR_HOME nor HOME is set")]
    NoHome,
    /// The file was never fetched.
    #[error("{} is missing", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
}

/// The cache shared by all checkouts: `ORATOR_HOME`, else the platform's cache folder.
///
/// # Errors
/// [`AssetError::NoHome`].
pub fn home() -> Result<PathBuf, AssetError> {
    if let Some(home) = std::env::var_os("ORATOR_HOME").filter(|h| !h.is_empty()) {
        return Ok(home.into());
    }
    if let Some(cache) = std::env::var_os("XDG_CACHE_HOME").filter(|h| !h.is_empty()) {
        return Ok(PathBuf::from(cache).join("orator"));
    }
    let home = std::env::var_os("HOME").filter(|h| !h.is_empty()).ok_or(AssetError::NoHome)?;
    Ok(PathBuf::from(home).join(".cache/orator"))
}

/// The path of a fetched asset.
///
/// # Errors
/// [`AssetError::Missing`] when `cargo xtask setup` has not brought it.
pub fn locate(asset: Asset) -> Result<PathBuf, AssetError> {
    let path = home()?.join(match asset {
        Asset::LiteRtLibrary => "litert-2.3.0/libLiteRt.so",
        Asset::PoseDetection => "mediapipe-0.10.14/pose_detection.tflite",
        Asset::PoseLandmark => "mediapipe-0.10.14/pose_landmark_full.tflite",
        Asset::HandRecrop => "mediapipe-0.10.14/hand_recrop.tflite",
        Asset::HandLandmark => "mediapipe-0.10.14/hand_landmark_full.tflite",
        Asset::FaceDetection => "mediapipe-0.10.14/face_detection_short_range.tflite",
        Asset::FaceLandmark => "mediapipe-0.10.14/face_landmark.tflite",
        Asset::WakeHubert => "wakehubert-tiny-0.3.0/wakehubert.onnx",
    });
    if path.is_file() { Ok(path) } else { Err(AssetError::Missing { path }) }
}

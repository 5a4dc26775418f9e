//! The latent deviation decoder (METHODS 1.6, Eq. 5–7): paints from warped features, and mixes in what the whole scene of the
//! source shows.

use super::blocks::{Residual, Scale};
use super::config::DeviationConfig;
use orator_nn::grid::{Outside, depth_to_space, identity_grid, look_up, resize, resize_grid};
use orator_nn::picture_blocks::{
    Convolution, ConvolutionConfig, GroupNorm, channels_last, double, groups_of,
};
use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

/// Groups of the normalisers: residual blocks, doubling stages, blocks on the scene's maps, as released.
const GROUPS: [i64; 3] = [16, 8, 4];
/// The residual block of a stage has fewer groups with fewer channels, this many in each.
const STAGE_GROUP: i64 = 32;
/// Initial slope of Eq. 7 below zero.
const SLOPE: f64 = 0.141_59;
/// Slope below zero before the last convolution.
const LEAK: f64 = 0.2;
/// How sure of the warped source a network is at first: the logit of its share.
const WARPED_AT_FIRST: f64 = 2.0;

/// Doubling: nearest, 3 × 3 convolution, group normaliser, ReLU, residual blocks.
struct Stage {
    conv: Convolution,
    norm: GroupNorm,
    blocks: Vec<Residual>,
    convolve_first: bool,
}

impl Stage {
    fn new(path: &Path, input: i64, output: i64, blocks: usize, convolve_first: bool) -> Self {
        let groups = (output / STAGE_GROUP).clamp(1, GROUPS[1]);
        Self {
            conv: Convolution::new(&(path / "conv"), input, output, ConvolutionConfig::same(3)),
            norm: GroupNorm::new(&(path / "norm"), output, groups_of(GROUPS[1].min(output / 16), &[output])),
            blocks: (0..blocks)
                .map(|i| Residual::new(&(path / "residual" / i as i64), output, output, groups, Scale::Same))
                .collect(),
            convolve_first,
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let mut x = if self.convolve_first {
            double(&self.norm.forward(&self.conv.forward(x)).relu())
        } else {
            self.norm.forward(&self.conv.forward_doubled(x)).relu()
        };
        for block in &self.blocks {
            x = block.forward(&x);
        }
        x
    }
}

/// The full-scene deviation at one size.
struct FullScene {
    mask: Convolution,
    scene: Residual,
    slope: Tensor,
    occlusion: Option<Convolution>,
}

impl FullScene {
    fn new(path: &Path, input: i64, channels: i64, warped: bool) -> Self {
        let same = ConvolutionConfig::same(3);
        let occlusion = warped.then(|| {
            let conv = Convolution::new(&(path / "occlusion"), channels, 1, same.from_zero());
            conv.start_bias(WARPED_AT_FIRST);
            conv
        });
        Self {
            mask: Convolution::new(&(path / "mask"), channels, channels, same),
            scene: Residual::new(&(path / "scene"), input, channels, GROUPS[2], Scale::Same),
            slope: path.var("slope", &[channels], Init::Const(SLOPE)),
            occlusion,
        }
    }

    /// Eq. 5 to 7. `scene` is S(f) of the source; with an occlusion it follows `grid` `[batch, h, w, 2]` first.
    fn forward(&self, x: &Tensor, scene: &Tensor, grid: Option<&Tensor>) -> Tensor {
        let mask = self.mask.forward(x).sigmoid();
        let scene = match (&self.occlusion, grid) {
            (Some(occlusion), Some(grid)) => {
                let trust = occlusion.forward(x).sigmoid();
                channels_last(&look_up(scene, grid, Outside::Border).to_kind(x.kind())) * trust
            }
            _ => scene.shallow_clone(),
        };
        let mixed = scene.lerp_tensor(x, &mask);
        mixed.prelu(&self.slope.to_kind(mixed.kind()))
    }
}

/// What the source gives to every frame: S(f₂), S(f₁), and its picture, each where it is used.
pub struct SceneMaps {
    maps: Vec<Tensor>,
    picture: Tensor,
}

impl SceneMaps {
    /// The same tensors under new handles.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            maps: self.maps.iter().map(Tensor::shallow_clone).collect(),
            picture: self.picture.shallow_clone(),
        }
    }

    /// The source picture `[1 or batch, 3, s, s]`.
    pub fn picture(&self) -> &Tensor {
        &self.picture
    }
}

/// A frame and how it came about.
pub struct Decoded {
    /// `[batch, 3, s, s]` in 0..=1, 32-bit floats.
    pub picture: Tensor,
    /// The corrected motion in the plane, `[batch, h, w, 2]`, where the source is looked up.
    pub flow: Option<Tensor>,
    /// The source picture moved by that, where the configuration mixes it in.
    pub warped: Option<Tensor>,
    /// The share of it, `[batch, 1, s, s]`.
    pub share: Option<Tensor>,
}

/// The latent deviation decoder.
pub struct DeviationDecoder {
    first: Convolution,
    residual: Vec<Residual>,
    stages: Vec<Stage>,
    scenes: Vec<FullScene>,
    correction: Option<Convolution>,
    reach: f64,
    out: Convolution,
    shrink: i64,
    warped_picture: bool,
}

impl DeviationDecoder {
    /// Under `path`: `first`, `residual.i`, `stage.i`, `scene.i`, `correction`, `out`.
    #[must_use]
    pub fn new(path: &Path, config: &DeviationConfig) -> Self {
        let (depth, decoder) = (config.depth(), &config.decoder);
        let widths = decoder.widths;
        let inputs = [depth, widths[0], widths[1]];
        let stage = |i: usize| {
            let at = path / "stage" / i as i64;
            Stage::new(&at, inputs[i], widths[i], decoder.stage_blocks[i], decoder.convolve_first)
        };
        // Encoder maps at 1/4 and 1/2 of the size.
        let scene = |i: usize| {
            let input = config.encoder.width << (2 - i);
            FullScene::new(&(path / "scene" / i as i64), input, widths[i], config.warp_skips)
        };
        let same = ConvolutionConfig::same(3);
        let correction = config.flow_correction > 0.0;
        let outputs = if config.warped_picture { 4 } else { 3 };
        let (stages, shrink) = if decoder.paint_at_half { (2, 2) } else { (3, 1) };
        let out = Convolution::new(&(path / "out"), widths[stages - 1], outputs * shrink * shrink, same);
        Self {
            first: Convolution::new(&(path / "first"), depth, depth, ConvolutionConfig::same(1)),
            residual: (0..decoder.residual_blocks)
                .map(|i| Residual::new(&(path / "residual" / i as i64), depth, depth, GROUPS[0], Scale::Same))
                .collect(),
            stages: (0..stages).map(stage).collect(),
            scenes: if config.full_scene { (0..2).map(scene).collect() } else { Vec::new() },
            correction: correction
                .then(|| Convolution::new(&(path / "correction"), widths[0], 2, same.from_zero())),
            reach: config.flow_correction * 2.0,
            out,
            shrink,
            warped_picture: config.warped_picture,
        }
    }

    /// The source's part: `maps` are the encoder's f₀, f₁, f₂.
    #[must_use]
    pub fn scene(&self, picture: &Tensor, maps: &[Tensor]) -> SceneMaps {
        let coarsest_first = maps.iter().rev();
        SceneMaps {
            maps: self
                .scenes
                .iter()
                .zip(coarsest_first)
                .map(|(scene, map)| scene.scene.forward(map))
                .collect(),
            picture: picture.to_kind(Kind::Float),
        }
    }

    /// Decodes warped features `[batch, depth, h, w]`; `displacement` `[batch, h, w, 2]` is their motion in the plane.
    #[must_use]
    pub fn forward(&self, warped: &Tensor, scene: &SceneMaps, displacement: &Tensor) -> Decoded {
        let mut x = self.first.forward(warped);
        for block in &self.residual {
            x = block.forward(&x);
        }
        let mut flow = self.follows().then(|| {
            let size = displacement.size();
            displacement + identity_grid(size[1], size[2], displacement.device())
        });
        for (i, stage) in self.stages.iter().enumerate() {
            x = stage.forward(&x);
            let size = x.size();
            if let (0, Some(conv), Some(coarse)) = (i, &self.correction, &flow) {
                let change = conv.forward(&x).to_kind(Kind::Float).tanh() * self.reach;
                flow = Some(resize_grid(coarse, size[2], size[3]) + change.permute([0, 2, 3, 1]));
            }
            if let (Some(mix), Some(map)) = (self.scenes.get(i), scene.maps.get(i)) {
                let grid = flow.as_ref().map(|flow| resize_grid(flow, size[2], size[3]));
                x = mix.forward(&x, map, grid.as_ref());
            }
        }
        let leaky = x.maximum(&(&x * LEAK));
        let made = depth_to_space(&self.out.forward(&leaky).to_kind(Kind::Float), self.shrink).sigmoid();
        let painted = made.narrow(1, 0, 3);
        let (true, Some(flow)) = (self.warped_picture, &flow) else {
            return Decoded { picture: painted, flow, warped: None, share: None };
        };
        let size = made.size();
        let source = resize(&scene.picture, size[2], size[3]);
        let moved = look_up(&source, &resize_grid(flow, size[2], size[3]), Outside::Border);
        let share = made.narrow(1, 3, 1);
        let picture = &painted + &share * (&moved - &painted);
        Decoded { picture, flow: Some(flow.shallow_clone()), warped: Some(moved), share: Some(share) }
    }

    /// Whether anything follows the motion in the plane.
    fn follows(&self) -> bool {
        self.warped_picture || self.scenes.iter().any(|scene| scene.occlusion.is_some())
    }
}

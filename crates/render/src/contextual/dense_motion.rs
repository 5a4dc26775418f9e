//! Dense motion: which spline moves which pixel, and where the warped picture can be trusted (METHODS 2.6).

use super::config::{MotionConfig, PictureConfig, PointHeatmaps};
use super::grouping::{Groups, seen};
use super::hourglass::Hourglass;
use super::transforms::Transforms;
use orator_nn::grid::{depth_to_space, for_convolution, identity_grid, look_up, shrink};
use orator_nn::picture_blocks::{Convolution, ConvolutionConfig, Normalisation, UpBlock};
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Variance of a point's heatmap, in squared half picture widths (as published).
const VARIANCE: f64 = 0.01;
/// Added to heatmaps before the logarithm that turns them into a first guess of the contributions.
const NEARNESS_FLOOR: f64 = 1e-4;
/// Height of a heatmap at which a pixel starts as half background.
const BACKGROUND_NEARNESS: f64 = 0.1;
/// Where nothing is known yet, the warped source is trusted (sigmoid of 2 = 0.88).
const TRUST_AT_FIRST: f64 = 2.0;
/// Takes a transform out of the softmax.
const LEFT_OUT: f64 = -1e9;
/// Weights of red, green and blue in grey (ITU-R BT.601).
const GREY: [f32; 3] = [0.299, 0.587, 0.114];

/// The points of one picture: the 116 and those that a network found.
pub struct Points {
    /// `[batch, 116, 2]`; `None` where detected points are not used.
    pub detected: Option<(Tensor, Tensor)>,
    /// `[batch, learned points, 2]`; `None` where none are used.
    pub learned: Option<Tensor>,
}

/// What dense motion needs of the source picture; computed once.
pub struct MotionSource {
    points: Points,
    small: Tensor,
    heatmaps: Tensor,
}

impl MotionSource {
    /// The same tensors under new handles, for another thread.
    pub(super) fn share(&self) -> Self {
        let points = Points {
            detected: self.points.detected.as_ref().map(|(p, c)| (p.shallow_clone(), c.shallow_clone())),
            learned: self.points.learned.as_ref().map(Tensor::shallow_clone),
        };
        Self { points, small: self.small.shallow_clone(), heatmaps: self.heatmaps.shallow_clone() }
    }
}

/// The flow and what goes with it.
pub struct Field {
    /// Share of each transform `[batch, transforms + 1, h, w]`; the first is the background's.
    pub contributions: Tensor,
    /// Where to look in the source, in [−1, 1]: `[batch, h, w, 2]`.
    pub flow: Tensor,
    /// Trust in the warped source in 0..1, coarsest first, `[batch, 1, ·, ·]` at 1/2, 1, 2 and 4 times the flow's size.
    pub occlusions: Vec<Tensor>,
    /// The small source picture under each transform `[batch, transforms + 1, channels, h, w]`.
    pub deformed: Tensor,
}

enum Occlusion {
    /// The published way: two further blocks, a head at each size.
    Blocks { up: Vec<UpBlock>, heads: Vec<Convolution> },
    /// One head at the flow's size whose channels are the finer pixels.
    Depth { coarse: Convolution, fine: Convolution },
}

/// The dense motion network.
pub struct MotionField {
    config: MotionConfig,
    learned_group: i64,
    groups: Groups,
    hourglass: Hourglass,
    maps: Convolution,
    occlusion: Occlusion,
    /// Sharpness and background level of the first guess, where it is used.
    nearness: Option<(Tensor, Tensor)>,
}

impl MotionField {
    /// The network of a configuration.
    #[must_use]
    pub fn new(path: &Path, whole: &PictureConfig) -> Self {
        let config = whole.motion.clone();
        let transforms = whole.transforms();
        let colours = if config.colour { 3 } else { 1 };
        let heatmaps = match config.heatmaps {
            PointHeatmaps::Points => whole.control_points(),
            PointHeatmaps::Groups => transforms,
        };
        let input = heatmaps + 1 + colours * (transforms + 1);
        let hourglass = Hourglass::new(&(path / "hourglass"), input, &config);
        let (fine, coarse) = hourglass.channels();
        let head = ConvolutionConfig::same(config.head_kernel);
        // With a first guess the network begins by agreeing with it.
        let maps_start = if config.nearness { head.from_zero() } else { head };
        let occlusion = if config.occlusion_from_depth {
            let coarse = Convolution::new(&(path / "occlusion" / 0), coarse, 1, head.from_zero());
            let fine = Convolution::new(&(path / "occlusion" / 1), fine, 1 + 4 + 16, head.from_zero());
            coarse.start_bias(TRUST_AT_FIRST);
            fine.start_bias(TRUST_AT_FIRST);
            Occlusion::Depth { coarse, fine }
        } else {
            let widths = [fine, fine / 2, fine / 4];
            let up = (0..2)
                .map(|i| {
                    let at = path / "up" / i;
                    UpBlock::new(&at, widths[i], widths[i + 1], Normalisation::Instance, false)
                })
                .collect();
            let heads = [coarse, fine, fine / 2, fine / 4]
                .into_iter()
                .enumerate()
                .map(|(i, width)| Convolution::new(&(path / "occlusion" / i), width, 1, head))
                .collect();
            Occlusion::Blocks { up, heads }
        };
        let nearness = config.nearness.then(|| {
            let level = tch::nn::Init::Const(BACKGROUND_NEARNESS.ln());
            (path.ones("sharpness", &[1]), path.var("background", &[1], level))
        });
        Self {
            learned_group: whole.learned_group,
            groups: Groups::new(config.grouping, path.device()),
            maps: Convolution::new(&(path / "maps"), fine, transforms + 1, maps_start),
            hourglass,
            occlusion,
            nearness,
            config,
        }
    }

    /// Prepares the source `picture` `[batch, 3, s, s]`, s a multiple of the flow's size.
    #[must_use]
    pub fn source(&self, picture: &Tensor, points: Points) -> MotionSource {
        let picture = picture.to_kind(Kind::Float);
        let small = shrink(&picture, (picture.size()[3] / self.config.flow_size).max(1));
        let small = if self.config.colour {
            small
        } else {
            let weights = Tensor::from_slice(&GREY).view([1, 3, 1, 1]).to_device(small.device());
            (small * weights).sum_dim_intlist(1, true, Kind::Float)
        };
        let heatmaps = self.heatmaps(&points, small.size()[3]);
        MotionSource { points, small, heatmaps }
    }

    /// The field that brings the source to the driving points. `background` `[batch, 3, 3]` is the camera's motion,
    /// `kept` `[batch, transforms]` (1 or 0) says which transforms TPS dropout leaves, `kind` what the network
    /// computes in.
    pub fn forward(
        &self,
        source: &MotionSource,
        driving: &Points,
        background: Option<&Tensor>,
        kept: Option<&Tensor>,
        kind: Kind,
    ) -> Field {
        let size = source.small.size()[3];
        let device = source.small.device();
        let grid = identity_grid(size, size, device);
        let transforms = self.transforms(source, driving, &grid);
        let batch = transforms.size()[0];
        let still = match background {
            Some(motion) => camera_grid(&grid, motion),
            None => grid.unsqueeze(0).expand([batch, size, size, 2], false),
        };
        let transforms = Tensor::cat(&[still.permute([0, 3, 1, 2]).unsqueeze(1), transforms], 1);
        let deformed = deform(&source.small, &transforms, self.config.outside);

        let heatmaps = self.heatmaps(driving, size);
        let difference = &heatmaps - &source.heatmaps;
        let zero = difference.narrow(1, 0, 1).zeros_like();
        let shape = [batch, -1, size, size];
        let input = Tensor::cat(&[zero, difference, deformed.reshape(shape)], 1);
        let (fine, coarse) = self.hourglass.forward(&for_convolution(&input, kind));

        let mut logits = self.maps.forward(&fine).to_kind(Kind::Float);
        if let Some((sharpness, level)) = &self.nearness {
            let near = (self.group_heatmaps(driving, size) + NEARNESS_FLOOR).log() * sharpness;
            let still = near.narrow(1, 0, 1).zeros_like() + level;
            logits = logits + Tensor::cat(&[still, near], 1);
        }
        if let Some(kept) = kept {
            let always = kept.narrow(1, 0, 1).ones_like();
            let kept = Tensor::cat(&[&always, kept], 1).unsqueeze(-1).unsqueeze(-1);
            logits = logits + (1.0 - kept) * LEFT_OUT;
        }
        let contributions = logits.softmax(1, Kind::Float);
        let flow = (contributions.unsqueeze(2) * transforms).sum_dim_intlist(1, false, Kind::Float);
        let occlusions = self.occlusions(fine, &coarse);
        Field { contributions, flow: flow.permute([0, 2, 3, 1]), occlusions, deformed }
    }

    fn transforms(&self, source: &MotionSource, driving: &Points, grid: &Tensor) -> Tensor {
        let mut parts = Vec::new();
        if let (Some((from, from_sure)), Some((to, to_sure))) = (&source.points.detected, &driving.detected) {
            let (q, s) = self.groups.control_points(to, to_sure, from, from_sure);
            parts.push(Transforms::fit(&q, &s, self.config.form).on_grid(grid));
        }
        if let (Some(from), Some(to)) = (&source.points.learned, &driving.learned) {
            let grouped = |t: &Tensor| t.reshape([t.size()[0], -1, self.learned_group, 2]);
            parts.push(Transforms::fit(&grouped(to), &grouped(from), self.config.form).on_grid(grid));
        }
        Tensor::cat(&parts, 1)
    }

    fn heatmaps(&self, points: &Points, size: i64) -> Tensor {
        match self.config.heatmaps {
            PointHeatmaps::Groups => self.group_heatmaps(points, size),
            PointHeatmaps::Points => {
                let mut parts = Vec::new();
                if let Some((places, sure)) = &points.detected {
                    let (across, down) = bells(places, size);
                    let down = down * seen(sure).unsqueeze(-1);
                    parts.push(down.unsqueeze(-1) * across.unsqueeze(-2));
                }
                if let Some(places) = &points.learned {
                    let (across, down) = bells(places, size);
                    parts.push(down.unsqueeze(-1) * across.unsqueeze(-2));
                }
                Tensor::cat(&parts, 1)
            }
        }
    }

    /// The sum of each group's point heatmaps `[batch, transforms, size, size]`.
    fn group_heatmaps(&self, points: &Points, size: i64) -> Tensor {
        // A bell in two dimensions is a product of two in one; their sum over a group is one matrix product.
        let sum = |across: Tensor, down: Tensor| down.transpose(-1, -2).matmul(&across);
        let mut parts = Vec::new();
        if let Some((places, sure)) = &points.detected {
            let (across, down) = bells(places, size);
            let down = down * seen(sure).unsqueeze(-1);
            parts.push(sum(self.groups.gather(&across), self.groups.gather(&down)));
        }
        if let Some(places) = &points.learned {
            let (across, down) = bells(places, size);
            let grouped = |t: Tensor| t.view([t.size()[0], -1, self.learned_group, size]);
            parts.push(sum(grouped(across), grouped(down)));
        }
        Tensor::cat(&parts, 1)
    }

    fn occlusions(&self, fine: Tensor, coarse: &Tensor) -> Vec<Tensor> {
        let trust = |t: Tensor| t.to_kind(Kind::Float).sigmoid();
        match &self.occlusion {
            Occlusion::Depth { coarse: first, fine: rest } => {
                let rest = rest.forward(&fine).to_kind(Kind::Float);
                vec![
                    trust(first.forward(coarse)),
                    trust(rest.narrow(1, 0, 1)),
                    trust(depth_to_space(&rest.narrow(1, 1, 4), 2)),
                    trust(depth_to_space(&rest.narrow(1, 5, 16), 4)),
                ]
            }
            Occlusion::Blocks { up, heads } => {
                let mut here = fine;
                let mut maps = Vec::with_capacity(heads.len());
                for (i, head) in heads.iter().enumerate() {
                    if i == 0 {
                        maps.push(trust(head.forward(coarse)));
                        continue;
                    }
                    if let Some(block) = i.checked_sub(2).and_then(|n| up.get(n)) {
                        here = block.forward(&here);
                    }
                    maps.push(trust(head.forward(&here)));
                }
                maps
            }
        }
    }
}

/// exp(−(x − p)² / 2·variance) along both axes: `[batch, points, size]` each, across and down.
fn bells(points: &Tensor, size: i64) -> (Tensor, Tensor) {
    let line = identity_grid(1, size, points.device()).select(2, 0).view([1, 1, size]);
    let bell =
        |axis: i64| ((&line - points.select(2, axis).unsqueeze(-1)).square() * (-0.5 / VARIANCE)).exp();
    (bell(0), bell(1))
}

/// A grid `[h, w, 2]` under the camera's motion `[batch, 3, 3]`: `[batch, h, w, 2]`.
fn camera_grid(grid: &Tensor, motion: &Tensor) -> Tensor {
    let size = grid.size();
    let places = Tensor::cat(&[grid, &grid.narrow(2, 0, 1).ones_like()], 2).view([-1, 3]);
    let moved = places.matmul(&motion.to_kind(Kind::Float).transpose(1, 2));
    let moved = moved.narrow(2, 0, 2) / moved.narrow(2, 2, 1);
    moved.view([-1, size[0], size[1], 2])
}

/// The small picture under each of `[batch, n, 2, h, w]`: `[batch, n, channels, h, w]`.
fn deform(small: &Tensor, transforms: &Tensor, outside: orator_nn::grid::Outside) -> Tensor {
    let (picture, size) = (small.size(), transforms.size());
    let (batch, count) = (size[0], size[1]);
    let grids = transforms.permute([0, 1, 3, 4, 2]).reshape([batch * count, size[3], size[4], 2]);
    let pictures = if picture[0] == 1 {
        small.shallow_clone()
    } else {
        let spread = [batch, count, picture[1], picture[2], picture[3]];
        let flat = [batch * count, picture[1], picture[2], picture[3]];
        small.unsqueeze(1).expand(spread, false).reshape(flat)
    };
    look_up(&pictures, &grids, outside).view([batch, count, picture[1], size[3], size[4]])
}

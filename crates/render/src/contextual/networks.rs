//! The picture networks together: source branch once, driven branch for each frame.

use super::background_motion::BackgroundMotion;
use super::config::{PictureConfig, Refinement, Warping};
use super::dense_motion::{MotionField, MotionSource, Points};
use super::edge_heatmap::EdgeHeatmap;
use super::fusion::Fusion;
use super::generator::Generator;
use super::learned_keypoints::LearnedKeypoints;
use super::refiner::{Refiner, Structure, Unrefined};
use orator_nn::Randomness;
use orator_nn::grid::{resize, shrink};
use tch::nn::Path;
use tch::{Kind, Tensor};

/// Prefixes of the variables' names, one a training stage: dense motion with the generator, then fusion with the
/// refiner while the former rests.
pub const STAGES: [&str; 2] = ["motion-field", "refine"];
/// Whole pictures are looked at for points and camera motion at this size.
const FINDER_SIZE: i64 = 256;

/// Everything about a source picture that does not depend on the driving pose.
pub struct SourceFeatures {
    picture: Tensor,
    motion: MotionSource,
    features: Vec<Tensor>,
}

impl SourceFeatures {
    /// Height and width of the picture in pixels.
    #[must_use]
    pub fn side(&self) -> i64 {
        self.picture.size()[3]
    }

    /// The same tensors under new handles, for another thread.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            picture: self.picture.shallow_clone(),
            motion: self.motion.share(),
            features: self.features.iter().map(Tensor::shallow_clone).collect(),
        }
    }
}

/// The pose to draw: points `[batch, 116, 2]` in [−1, 1] and confidences `[batch, 116]`.
pub struct Driving<'a> {
    /// Where the points are.
    pub points: &'a Tensor,
    /// How sure each is, 0..1; below 0.3 a point counts as unseen.
    pub confidence: &'a Tensor,
    /// The driving picture `[batch, 3, s, s]` where there is one: only camera motion and learned points look at it.
    pub picture: Option<&'a Tensor>,
    /// The pose as the `warp` renderer draws it `[batch, 3, s, s]`, for networks that start from that
    /// ([`PictureConfig::guided`]).
    pub guide: Option<&'a Tensor>,
}

/// What training does differently.
pub struct Training<'a> {
    /// Share of the transforms that TPS dropout leaves out ([`super::TransformDropout::at`]).
    pub transform_dropout: f64,
    /// Where its chance comes from.
    pub randomness: &'a mut Randomness,
}

/// A drawn frame and what led to it.
pub struct Drawn {
    /// The result `[batch, 3, s, s]`; refined ones may leave 0..1 a little.
    pub picture: Tensor,
    /// The generator's picture before refinement, in 0..1.
    pub generated: Tensor,
    /// The source picture moved by the flow.
    pub warped: Tensor,
    /// Where to look in the source `[batch, h, w, 2]`, at the flow's size.
    pub flow: Tensor,
    /// Share of each transform `[batch, transforms + 1, h, w]`, the background's first.
    pub contributions: Tensor,
    /// Trust in the warped source, coarsest first: at 1/8, 1/4, 1/2 and the whole of a picture of 4 × the flow's size.
    pub occlusions: Vec<Tensor>,
    /// Warped source features times their occlusion map, coarsest first, in the kind of the computation (for the feature
    /// warp loss).
    pub features: Vec<Tensor>,
    /// The edge heatmap `[batch, channels, ·, ·]` where the refinement has one.
    pub heatmaps: Option<Tensor>,
    /// The refiner's own picture before blending, where there is a refiner.
    pub painted: Option<Tensor>,
    /// The camera's motion `[batch, 3, 3]` where it was estimated.
    pub background: Option<Tensor>,
}

/// What goes into a drawing besides source and points.
struct Conditions {
    background: Option<Tensor>,
    kept: Option<Tensor>,
    heatmaps: Option<Tensor>,
    guide: Option<Tensor>,
    train: bool,
}

struct Refine {
    structure: Option<(EdgeHeatmap, Option<Fusion>)>,
    refiner: Refiner,
}

/// All networks of the picture half.
pub struct PictureNetworks {
    config: PictureConfig,
    motion: MotionField,
    generator: Generator,
    background: Option<BackgroundMotion>,
    learned: Option<LearnedKeypoints>,
    refine: Option<Refine>,
    kind: Kind,
}

impl PictureNetworks {
    /// Fresh networks under `path`; check the configuration first ([`PictureConfig::check`]). Initial values come from
    /// libtorch's generator, so seed that.
    #[must_use]
    pub fn new(path: &Path, config: &PictureConfig) -> Self {
        let field = path / STAGES[0];
        let width = config.finder_width;
        let learned = (config.warping != Warping::DetectedKeypoints).then(|| {
            let points = config.learned_groups() * config.learned_group;
            LearnedKeypoints::new(&(&field / "learned_keypoints"), points, width)
        });
        let refine = (config.refinement != Refinement::None).then(|| {
            let at = path / STAGES[1];
            let structure = (config.refinement != Refinement::Unet).then(|| {
                let edges = EdgeHeatmap::new(&(&at / "edge_heatmap"), &config.edges, config.refinement);
                let fusion = config.fusion.active.then(|| {
                    Fusion::new(&(&at / "fusion"), &config.fusion, &config.generator, edges.channels())
                });
                (edges, fusion)
            });
            let channels = structure.as_ref().map(|(edges, _)| (edges.channels(), &config.fusion));
            Refine { refiner: Refiner::new(&(&at / "refiner"), &config.refiner, channels), structure }
        });
        Self {
            motion: MotionField::new(&(&field / "dense_motion"), config),
            generator: Generator::new(&(&field / "generator"), &config.generator),
            background: config
                .background_motion
                .then(|| BackgroundMotion::new(&(&field / "background_motion"), width)),
            learned,
            refine,
            config: config.clone(),
            kind: Kind::Float,
        }
    }

    /// The same computing in `kind`: [`Kind::Float`], or [`Kind::BFloat16`], in which points, splines, flow and
    /// blending stay in 32 bits.
    #[must_use]
    pub fn computing_in(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &PictureConfig {
        &self.config
    }

    /// Channels of the edge heatmap, which the discriminator is conditioned on; 0 without one.
    #[must_use]
    pub fn heatmap_channels(&self) -> i64 {
        let structure = self.refine.as_ref().and_then(|r| r.structure.as_ref());
        structure.map_or(0, |(edges, _)| edges.channels())
    }

    /// The dense motion network.
    #[must_use]
    pub fn motion(&self) -> &MotionField {
        &self.motion
    }

    /// The generator.
    #[must_use]
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// The point finder, where there is one.
    #[must_use]
    pub fn learned(&self) -> Option<&LearnedKeypoints> {
        self.learned.as_ref()
    }

    /// The refiner, where there is one.
    #[must_use]
    pub fn refiner(&self) -> Option<&Refiner> {
        self.refine.as_ref().map(|refine| &refine.refiner)
    }

    /// The source branch: `picture` `[batch, 3, s, s]` in 0..1, s a multiple of the flow's size and of 8; its points
    /// `[batch, 116, 2]` and confidences `[batch, 116]`.
    #[must_use]
    pub fn source(&self, picture: &Tensor, points: &Tensor, confidence: &Tensor) -> SourceFeatures {
        self.source_for(picture, points, confidence, false)
    }

    /// As [`PictureNetworks::source`]; `train` lets point finders follow the batch's statistics.
    #[must_use]
    pub fn source_for(
        &self,
        picture: &Tensor,
        points: &Tensor,
        confidence: &Tensor,
        train: bool,
    ) -> SourceFeatures {
        let points = self.points(points, confidence, Some(picture), train);
        SourceFeatures {
            motion: self.motion.source(picture, points),
            features: self.generator.encode(picture, self.kind),
            picture: picture.to_kind(Kind::Float),
        }
    }

    /// Features of any picture `[batch, 3, s, s]` as the source branch has them, coarsest first (for the feature warp
    /// loss).
    #[must_use]
    pub fn encode(&self, picture: &Tensor) -> Vec<Tensor> {
        self.generator.encode(picture, self.kind)
    }

    /// The map from the driving picture's background to the source's, `[batch, 3, 3]`, where it is estimated at all.
    pub fn camera(&self, source: &Tensor, driving: &Tensor, train: bool) -> Option<Tensor> {
        let small = |t: &Tensor| shrink(t, (t.size()[3] / FINDER_SIZE).max(1));
        self.background.as_ref().map(|b| b.forward(&small(source), &small(driving), train))
    }

    /// The edge heatmap of a pose at a picture size of `side`, where the refinement has one.
    pub fn heatmaps(&self, points: &Tensor, confidence: &Tensor, side: i64) -> Option<Tensor> {
        let structure = self.refine.as_ref().and_then(|r| r.structure.as_ref());
        structure.map(|(edges, _)| edges.forward(points, confidence, side / self.config.edges.shrink))
    }

    /// Draws driving poses; the source may be a batch of one.
    pub fn drive(
        &self,
        source: &SourceFeatures,
        driving: &Driving<'_>,
        training: Option<Training<'_>>,
    ) -> Drawn {
        let train = training.is_some();
        let background = driving.picture.and_then(|picture| self.camera(&source.picture, picture, train));
        let points = self.points(driving.points, driving.confidence, driving.picture, train);
        let kept = training.filter(|t| t.transform_dropout > 0.0).map(|t| {
            let shape = [driving.points.size()[0], self.config.transforms()];
            let chance = t.randomness.uniform_tensor(&shape).to_device(driving.points.device());
            chance.ge(t.transform_dropout).to_kind(Kind::Float)
        });
        let heatmaps = self.heatmaps(driving.points, driving.confidence, source.picture.size()[3]);
        let guide = driving.guide.map(|guide| guide.to_kind(Kind::Float));
        let conditions = Conditions { background, kept, heatmaps, guide, train };
        self.draw(source, &points, conditions)
    }

    /// Draws with points that were found elsewhere in place of those of the point finder, `[batch, points, 2]` each, and
    /// with a camera motion `[batch, 3, 3]` if given. Only for networks without detected points ([`Warping::Unsupervised`]).
    #[must_use]
    pub fn drive_points(
        &self,
        picture: &Tensor,
        source: &Tensor,
        driving: &Tensor,
        camera: Option<&Tensor>,
    ) -> Drawn {
        let found = |t: &Tensor| Points { detected: None, learned: Some(t.to_kind(Kind::Float)) };
        let source = SourceFeatures {
            motion: self.motion.source(picture, found(source)),
            features: self.generator.encode(picture, self.kind),
            picture: picture.to_kind(Kind::Float),
        };
        let background = camera.map(Tensor::shallow_clone);
        let conditions = Conditions { background, kept: None, heatmaps: None, guide: None, train: false };
        self.draw(&source, &found(driving), conditions)
    }

    fn draw(&self, source: &SourceFeatures, points: &Points, conditions: Conditions) -> Drawn {
        let Conditions { background, kept, heatmaps, guide, train } = conditions;
        let (background_ref, kept_ref) = (background.as_ref(), kept.as_ref());
        let field = self.motion.forward(&source.motion, points, background_ref, kept_ref, self.kind);
        let outside = self.config.motion.outside;
        let made = self.generator.decode(&source.features, &source.picture, &field, outside, self.kind);
        let side = source.picture.size()[3];
        let refined = self.refine.as_ref().map(|refine| {
            let fused = match (&refine.structure, &heatmaps) {
                (Some((_, Some(fusion))), Some(map)) => fusion.forward(&made.features, map),
                _ => Vec::new(),
            };
            let structure = heatmaps.as_ref().map(|map| Structure { map, fused: &fused });
            let trust = resize(&field.occlusions[field.occlusions.len() - 1], side, side);
            let unrefined = Unrefined { picture: &made.picture, trust: &trust, guide: guide.as_ref() };
            refine.refiner.forward(&unrefined, structure.as_ref(), self.kind, train)
        });
        let (picture, painted) = match refined {
            Some((picture, painted)) => (picture, Some(painted)),
            None => (made.picture.shallow_clone(), None),
        };
        Drawn {
            picture,
            generated: made.picture,
            warped: made.warped,
            flow: field.flow,
            contributions: field.contributions,
            occlusions: field.occlusions,
            features: made.features,
            heatmaps,
            painted,
            background,
        }
    }

    fn points(&self, points: &Tensor, confidence: &Tensor, picture: Option<&Tensor>, train: bool) -> Points {
        let learned = match (&self.learned, picture) {
            (Some(finder), Some(picture)) => {
                let factor = (picture.size()[3] / FINDER_SIZE).max(1);
                Some(finder.forward(&shrink(picture, factor), train))
            }
            _ => None,
        };
        let detected = (self.config.warping != Warping::Unsupervised)
            .then(|| (points.to_kind(Kind::Float), confidence.to_kind(Kind::Float)));
        Points { detected, learned }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, nn::VarStore};

    const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

    /// A lite network for pictures of 64², so that tests are quick.
    fn tiny() -> PictureConfig {
        let mut config = PictureConfig::lite();
        config.motion.flow_size = 16;
        config.motion.levels = 3;
        config.refiner.levels = 4;
        config.background_motion = false;
        config
    }

    fn smooth_picture(batch: i64) -> Tensor {
        resize(&Tensor::rand([batch, 3, 6, 6], FLOAT), 64, 64)
    }

    fn pose(batch: i64) -> (Tensor, Tensor) {
        (Tensor::rand([batch, 116, 2], FLOAT) - 0.5, Tensor::ones([batch, 116], FLOAT))
    }

    #[test]
    fn no_motion_brings_the_source_back() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let networks = PictureNetworks::new(&store.root(), &tiny());
        let (picture, (points, confidence)) = (smooth_picture(1), pose(1));
        let drawn = tch::no_grad(|| {
            let source = networks.source(&picture, &points, &confidence);
            let driving = Driving { points: &points, confidence: &confidence, picture: None, guide: None };
            networks.drive(&source, &driving, None)
        });
        assert!((&drawn.warped - &picture).abs().max().double_value(&[]) < 1e-3);
        assert!((&drawn.picture - &drawn.generated).abs().max().double_value(&[]) < 1e-5, "begins unrefined");
        let sizes: Vec<i64> = drawn.occlusions.iter().map(|o| o.size()[3]).collect();
        assert_eq!(sizes, [8, 16, 32, 64]);
        assert_eq!(drawn.contributions.size(), [1, 30, 16, 16]);
    }

    #[test]
    fn a_common_shift_moves_the_picture() {
        tch::manual_seed(5);
        let store = VarStore::new(Device::Cpu);
        let networks = PictureNetworks::new(&store.root(), &tiny());
        let (picture, (points, confidence)) = (smooth_picture(1), pose(1));
        let pixel = 2.0 / 63.0;
        let moved = &points + 4.0 * pixel;
        let flow = tch::no_grad(|| {
            let source = networks.source(&picture, &points, &confidence);
            let driving = Driving { points: &moved, confidence: &confidence, picture: None, guide: None };
            networks.drive(&source, &driving, None).flow
        });
        let still = orator_nn::grid::identity_grid(16, 16, Device::Cpu);
        let here = (flow.select(0, 0) - still).narrow(0, 6, 4).narrow(1, 6, 4);
        assert!((here + 4.0 * pixel).abs().max().double_value(&[]) < 0.3 * 4.0 * pixel);
    }

    #[test]
    fn every_switch_draws_and_gradients_reach_every_variable() {
        tch::manual_seed(9);
        let mut configs = Vec::new();
        for refinement in
            [Refinement::None, Refinement::Unet, Refinement::SkeletonMap, Refinement::EdgeHeatmap]
        {
            configs.push(PictureConfig { refinement, ..tiny() });
        }
        for warping in [Warping::WithLearnedPoints, Warping::Unsupervised] {
            configs.push(PictureConfig {
                warping,
                learned_points: 10,
                finder_width: 4,
                background_motion: true,
                ..tiny()
            });
        }
        let mut published = tiny();
        published.motion.occlusion_from_depth = false;
        published.motion.nearness = false;
        published.motion.heatmaps = super::super::PointHeatmaps::Points;
        published.motion.colour = true;
        published.refiner.final_kernel = 7;
        published.refiner.residual_blocks = 1;
        configs.push(published);
        for config in configs {
            config.check().unwrap();
            let store = VarStore::new(Device::Cpu);
            let networks = PictureNetworks::new(&store.root(), &config);
            // What begins at zero passes no gradient on; start everything a little off.
            tch::no_grad(|| {
                let mut variables: Vec<_> = store.variables().into_iter().collect();
                variables.sort_by(|a, b| a.0.cmp(&b.0));
                for (name, mut v) in variables {
                    if !name.contains("running") && !name.contains("log_variance") {
                        let noise = Tensor::rand_like(&v) * 0.1 - 0.05;
                        let _ = v.g_add_(&noise);
                    }
                }
            });
            let picture = smooth_picture(2);
            let ((points, confidence), (moved, _)) = (pose(2), pose(2));
            let mut randomness = Randomness::new(1);
            let training = Training { transform_dropout: 0.3, randomness: &mut randomness };
            let source = networks.source_for(&picture, &points, &confidence, true);
            let other = smooth_picture(2);
            let driving = Driving {
                points: &moved,
                confidence: &confidence,
                picture: Some(&other),
                guide: Some(&other),
            };
            let drawn = networks.drive(&source, &driving, Some(training));
            assert_eq!(drawn.picture.size(), [2, 3, 64, 64]);
            let weights = Tensor::rand_like(&drawn.picture);
            let loss = ((&drawn.picture + &drawn.generated) * weights).sum(Kind::Float);
            loss.backward();
            for (name, variable) in store.variables() {
                if variable.requires_grad() {
                    let grad = variable.grad();
                    assert!(grad.defined(), "{name} {:?} {:?}", config.refinement, config.warping);
                    assert!(grad.isfinite().all().int64_value(&[]) == 1, "{name}");
                }
            }
        }
    }

    #[test]
    fn one_source_serves_many_poses_and_bfloat16_stays_near() {
        tch::manual_seed(4);
        let store = VarStore::new(Device::Cpu);
        let networks = PictureNetworks::new(&store.root(), &tiny());
        let (picture, (points, confidence)) = (smooth_picture(1), pose(1));
        let (moved, sure) = ((&points + 0.05).repeat([3, 1, 1]), confidence.repeat([3, 1]));
        let draw = |networks: &PictureNetworks| {
            tch::no_grad(|| {
                let source = networks.source(&picture, &points, &confidence);
                let driving = Driving { points: &moved, confidence: &sure, picture: None, guide: None };
                networks.drive(&source, &driving, None).picture
            })
        };
        let precise = draw(&networks);
        assert!((precise.select(0, 0) - precise.select(0, 2)).abs().max().double_value(&[]) < 1e-5);
        let quick = draw(&networks.computing_in(Kind::BFloat16));
        assert!((precise - quick).abs().max().double_value(&[]) < 0.05);
    }
}

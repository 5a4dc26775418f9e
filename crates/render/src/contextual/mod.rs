//! The `contextual` renderer: learned dense motion over 29 thin-plate splines, a generator that paints what was hidden,
//! and a refiner that is shown the skeleton (METHODS 2.6, 2.7).

mod background_motion;
mod config;
mod dense_motion;
mod edge_heatmap;
mod fusion;
mod generator;
mod grouping;
mod guide;
mod hourglass;
mod import;
mod learned_keypoints;
mod networks;
mod refiner;
mod renderer;
mod transforms;

pub use background_motion::BackgroundMotion;
pub use config::{
    EdgeConfig, FusionConfig, GeneratorConfig, Grouping, MotionConfig, OCCLUSION_MAPS, POINTS, PictureConfig,
    PointHeatmaps, Refinement, RefinerConfig, TransformDropout, Warping,
};
pub use dense_motion::{Field, MotionField, MotionSource, Points};
pub use edge_heatmap::EdgeHeatmap;
pub use generator::{Generated, Generator};
pub use grouping::group_order;
pub use import::{import_tps, tps_name};
pub use learned_keypoints::LearnedKeypoints;
pub use networks::{Drawn, Driving, PictureNetworks, STAGES, SourceFeatures, Training};
pub use refiner::{Refiner, Structure, Unrefined};
pub use renderer::{ContextualRenderer, drawing_kind, networks_of, picture_checkpoint, to_unit};
pub use transforms::Transforms;

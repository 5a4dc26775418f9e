//! The picture half of the contextual system on held-out pairs, as in a real drawing.

use super::pairs::Pairs;
use super::validation::Attempt;
use orator_render::contextual::{Driving, PictureNetworks, Warping};

/// Draws the pairs, whose sources are all the same frame.
pub(super) fn attempt(networks: &PictureNetworks, pairs: &Pairs) -> Attempt {
    let source = networks.source(
        &pairs.source.narrow(0, 0, 1),
        &pairs.source_points.narrow(0, 0, 1),
        &pairs.source_confidence.narrow(0, 0, 1),
    );
    let driving = Driving {
        points: &pairs.driving_points,
        confidence: &pairs.driving_confidence,
        // There is no driving picture, unless points are found in it.
        picture: (networks.config().warping != Warping::DetectedKeypoints).then_some(&pairs.driving),
        guide: pairs.guide.as_ref(),
    };
    let drawn = networks.drive(&source, &driving, None);
    Attempt { warped: drawn.warped, picture: drawn.picture }
}

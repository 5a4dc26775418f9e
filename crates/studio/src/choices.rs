//! Which systems there are to choose from, and whether a choice fits together.

use crate::{Result, StudioError, models};
use orator_body::KEYPOINTS;
use orator_motion::MotionModel;
use orator_nn::choose_device;
use orator_render::contextual::ContextualRenderer;
use orator_render::{DeviationRenderer, Renderer, WarpRenderer};

/// Systems that make motion from speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MotionKind {
    /// Masked gesture tokens (METHODS 2).
    #[default]
    Contextual,
    /// Diffusion of latent motion, drawn by the renderer of the same name (METHODS 1.8).
    Deviation,
}

impl MotionKind {
    /// The name users give.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contextual => "contextual",
            Self::Deviation => "deviation",
        }
    }

    /// The renderer that draws it when none is named.
    #[must_use]
    pub fn renderer(self) -> RendererKind {
        match self {
            Self::Contextual => RendererKind::Contextual,
            Self::Deviation => RendererKind::Deviation,
        }
    }

    /// Name of the weights that are taken when none are given.
    #[must_use]
    pub fn default_weights(self) -> &'static str {
        match self {
            Self::Contextual => "contextual-small",
            Self::Deviation => "deviation-motion-lite",
        }
    }
}

/// Renderers that draw motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RendererKind {
    /// Thin-plate-spline warps of the portrait's own pixels; needs no training (METHODS 2.6).
    Warp,
    /// Learned dense motion, painting and refinement (METHODS 2.6, 2.7).
    #[default]
    Contextual,
    /// Features warped by latent motion that the networks find themselves (METHODS 1.2–1.6).
    Deviation,
}

impl RendererKind {
    /// The name users give.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warp => WarpRenderer.name(),
            Self::Contextual => "contextual",
            Self::Deviation => "deviation",
        }
    }

    /// Name of the weights that are taken when none are given; `None` where none are needed.
    #[must_use]
    pub fn default_weights(self) -> Option<&'static str> {
        match self {
            Self::Warp => None,
            Self::Contextual => Some("contextual-picture-lite"),
            Self::Deviation => Some("deviation-lite"),
        }
    }
}

/// A renderer with its weights (`None`: those that ship), and how a video names them.
///
/// # Errors
/// [`StudioError::Models`] when the weights are missing or damaged.
pub fn load_renderer(
    kind: RendererKind,
    weights: Option<&str>,
) -> Result<(Box<dyn Renderer>, Option<String>)> {
    let Some(usual) = kind.default_weights() else { return Ok((Box::new(WarpRenderer), None)) };
    let checked = models::check_hash(&models::find(weights.unwrap_or(usual))?)?;
    let (path, device) = (&checked.path, choose_device());
    let renderer: Box<dyn Renderer> = match kind {
        RendererKind::Warp => Box::new(WarpRenderer),
        RendererKind::Contextual => Box::new(ContextualRenderer::load(path, device)?),
        RendererKind::Deviation => Box::new(DeviationRenderer::load(path, device)?),
    };
    Ok((renderer, Some(checked.short())))
}

/// Refuses a motion system whose motion the renderer cannot draw.
pub(crate) fn check_fit(motion: &dyn MotionModel, renderer: &dyn Renderer) -> Result<()> {
    fit((motion.name(), motion.representation()), (renderer.name(), renderer.representation()))
}

fn fit((motion, made): (&str, &str), (renderer, drawn): (&str, &str)) -> Result<()> {
    if made == drawn {
        return Ok(());
    }
    Err(StudioError::Usage {
        what: format!("the motion system {motion} makes {made}, but the renderer {renderer} draws {drawn}"),
        hint: "choose --motion and --renderer of the same system".into(),
    })
}

/// Refuses motion that is not keypoints where keypoints are needed.
pub(crate) fn check_keypoints(representation: &str) -> Result<()> {
    if representation == KEYPOINTS {
        return Ok(());
    }
    Err(StudioError::Usage {
        what: format!("this needs keypoints, but the motion is {representation}"),
        hint: "choose a motion system and a renderer of keypoints, for example contextual".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_is_named_before_any_work() {
        assert!(fit(("contextual", KEYPOINTS), ("warp", KEYPOINTS)).is_ok());
        let text = fit(("deviation", "deviation-2307"), ("warp", KEYPOINTS)).unwrap_err().to_string();
        assert!(text.contains("deviation-2307") && text.contains("warp"), "{text}");
        assert!(check_keypoints(KEYPOINTS).is_ok() && check_keypoints("deviation-2307").is_err());
    }
}

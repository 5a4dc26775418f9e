//! Which systems there are to choose from, and whether a choice fits together.

use crate::{Result, StudioError, models};
use orator_nn::choose_device;
use orator_render::contextual::ContextualRenderer;
use orator_render::{Renderer, WarpRenderer};

/// Systems that make motion from speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MotionKind {
    /// Masked gesture tokens (METHODS 2).
    #[default]
    Contextual,
}

impl MotionKind {
    /// The name users give.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contextual => "contextual",
        }
    }

    /// Name of the weights that are taken when none are given.
    #[must_use]
    pub fn default_weights(self) -> &'static str {
        match self {
            Self::Contextual => "contextual-small",
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
}

impl RendererKind {
    /// The name users give.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warp => WarpRenderer.name(),
            Self::Contextual => "contextual",
        }
    }

    /// The representation of motion that it draws, as [`orator_motion::Motion::representation`].
    #[must_use]
    pub fn representation(self) -> &'static str {
        match self {
            Self::Warp | Self::Contextual => "keypoints-133",
        }
    }

    /// Name of the weights that are taken when none are given; `None` where none are needed.
    #[must_use]
    pub fn default_weights(self) -> Option<&'static str> {
        match self {
            Self::Warp => None,
            Self::Contextual => Some("contextual-picture-lite"),
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
    match kind {
        RendererKind::Warp => Ok((Box::new(WarpRenderer), None)),
        RendererKind::Contextual => {
            let name = weights.or(kind.default_weights()).unwrap_or_default();
            let path = models::find(name)?;
            let checked = models::check_hash(&path)?;
            let renderer = ContextualRenderer::load(&checked.path, choose_device())?;
            Ok((Box::new(renderer), Some(checked.short())))
        }
    }
}

/// Refuses a motion system whose motion the renderer cannot draw.
pub(crate) fn check_fit(motion: (&str, &str), renderer: RendererKind) -> Result<()> {
    let (name, made) = motion;
    if made == renderer.representation() {
        return Ok(());
    }
    Err(StudioError::Usage {
        what: format!(
            "the motion system {name} makes {made}, but the renderer {} draws {}",
            renderer.name(),
            renderer.representation()
        ),
        hint: "choose a renderer of the same system".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_is_named_before_any_work() {
        assert!(check_fit(("contextual", "keypoints-133"), RendererKind::Warp).is_ok());
        let text = check_fit(("deviation", "latent-256"), RendererKind::Warp).unwrap_err().to_string();
        assert!(text.contains("latent-256") && text.contains("warp"), "{text}");
    }
}

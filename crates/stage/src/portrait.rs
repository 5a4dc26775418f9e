//! A portrait: one person, silent, with open hands, as a picture to make videos of.

use orator_media::Picture;

use crate::figure::Anatomy;
use crate::picture::PictureMaker;
use crate::script::{Form, Gesture, Hands, Score, Talk};
use crate::{Presenter, RenderSettings, Result, Scene};

/// Seconds of the gesture that is held for a portrait: its stroke, and when the picture is taken.
const STROKE: std::ops::Range<f64> = 1.2..1.5;
const TAKEN: f64 = 1.8;

/// A portrait's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PortraitSettings {
    /// Who: the identity seed.
    pub identity: u64,
    /// The gesture that both hands hold.
    pub form: Form,
    /// Side in pixels: even, 64 to 1024.
    pub size: usize,
    /// How cluttered the background may be: 0 plain to 1.
    pub clutter: f32,
    /// Seed of light, background and posture.
    pub seed: u64,
}

/// Draws a portrait.
///
/// # Errors
/// [`crate::StageError::Setting`] for sizes and clutter out of range; when the figure's data is missing.
pub fn portrait(anatomy: &Anatomy, settings: &PortraitSettings) -> Result<Picture> {
    let look = RenderSettings {
        size: Some(settings.size),
        clutter: settings.clutter,
        drift: false,
        ..RenderSettings::default()
    };
    look.check()?;
    let presenter = Presenter::new(anatomy, settings.identity)?;
    let silence = Talk { duration: 4.0, ..Talk::default() };
    let score = Score { gestures: vec![held(settings.form, Hands::Both, STROKE)] };
    let scene = Scene::new(&presenter, &silence, settings.seed, &look).with_score(&silence, score);
    let drawn = scene.draw(TAKEN, &mut PictureMaker::new(settings.size)).unwrap_or_default();
    Ok(Picture::from_rgb(settings.size, settings.size, drawn.rgb)?)
}

/// A gesture whose stroke fills `stroke` (seconds) and whose end is held for a while, to be looked at.
pub(crate) fn held(form: Form, hands: Hands, stroke: std::ops::Range<f64>) -> Gesture {
    Gesture {
        class: form.class(),
        form,
        hands,
        word: 0,
        start: stroke.start - 0.6,
        stroke_start: stroke.start,
        stroke: 0.5 * (stroke.start + stroke.end),
        stroke_end: stroke.end,
        hold_end: stroke.end + 0.7,
        end: stroke.end + 1.3,
        retracts: true,
        amplitude: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_gesture_has_its_phases_in_order() {
        let gesture = held(Form::Big, Hands::Both, 1.2..1.5);
        let times = [
            gesture.start,
            gesture.stroke_start,
            gesture.stroke,
            gesture.stroke_end,
            gesture.hold_end,
            gesture.end,
        ];
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(gesture.start >= 0.0 && gesture.hold_end > TAKEN);
    }
}

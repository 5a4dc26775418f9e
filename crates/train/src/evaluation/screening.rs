//! Motion as a video shows it: it is drawn, and the person found again in the pictures. What a renderer loses does not count as made.

use crate::picture::{FrameClip, portrait};
use crate::{Result, TrainError};
use orator_body::{KeypointTrack, Portrait};
use orator_media::{FrameRate, Picture};
use orator_motion::Motion;
use orator_perceive::Perceiver;
use orator_render::{Renderer, Scene};
use std::collections::{BTreeMap, VecDeque};

/// Frames drawn at once.
const AT_ONCE: usize = 8;

/// A renderer, and the held-out clips with their pictures.
pub(super) struct Screening<'a> {
    renderer: &'a dyn Renderer,
    perceiver: Perceiver,
    clips: BTreeMap<String, FrameClip>,
}

/// A clip's first good frame, ready to be drawn.
pub(super) struct Screen {
    pub portrait: Portrait,
    pub scene: Box<dyn Scene>,
}

impl<'a> Screening<'a> {
    /// # Errors
    /// When the detector's networks are not there.
    pub fn new(renderer: &'a dyn Renderer, clips: Vec<FrameClip>) -> Result<Self> {
        let clips = clips.into_iter().map(|clip| (clip.name.clone(), clip)).collect();
        Ok(Self { renderer, perceiver: Perceiver::load()?, clips })
    }

    /// The clip's first frame with a face as a portrait; `None` where it has no pictures or no face.
    ///
    /// # Errors
    /// When the picture cannot be read or drawn from.
    pub fn open(&mut self, name: &str) -> Result<Option<Screen>> {
        let Some(clip) = self.clips.get(name) else { return Ok(None) };
        let Some(first) = (0..clip.frames()).find(|&frame| clip.has_face(frame)) else { return Ok(None) };
        let portrait = portrait(clip, first, &mut self.perceiver)?;
        let scene = self.renderer.prepare(&portrait)?;
        Ok(Some(Screen { portrait, scene }))
    }

    /// Draws the motion and finds the person again; a handful of pictures exist at a time.
    ///
    /// # Errors
    /// When a frame cannot be drawn, or nobody is in any.
    pub fn seen(&mut self, screen: &mut Screen, motion: &Motion) -> Result<KeypointTrack> {
        let frames = motion.frames();
        let mut fault = None;
        let mut drawn: VecDeque<Picture> = VecDeque::new();
        let mut next = 0;
        let scene = screen.scene.as_mut();
        let pictures = std::iter::from_fn(|| {
            if drawn.is_empty() && next < frames && fault.is_none() {
                let range = next..(next + AT_ONCE).min(frames);
                next = range.end;
                match scene.render_frames(motion, range) {
                    Ok(more) => drawn.extend(more),
                    Err(error) => fault = Some(error),
                }
            }
            drawn.pop_front().map(Ok)
        });
        let found = self.perceiver.video(pictures, FrameRate::MOTION, &mut |_| {});
        match fault {
            Some(error) => Err(TrainError::Render(error)),
            None => Ok(found?.track),
        }
    }
}

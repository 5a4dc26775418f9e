//! From a recording to what motion is made from.

use crate::Result;
use crate::stages::Progress;
use orator_media::Audio;
use orator_motion::MotionModel;
use orator_speech::{Speech, TextListener, WakeHubert};
use std::path::Path;

/// The recording's features, with those of its text where the model listens to it: then words are recognised, and read by MiniLM
/// or the text model of a folder.
pub(crate) fn listen(
    audio: &Audio,
    frames: usize,
    model: &dyn MotionModel,
    text_model: Option<&Path>,
    progress: &mut Progress<'_>,
) -> Result<Speech> {
    let mut encoder = WakeHubert::load()?;
    let speech = Speech::analyse(audio, &mut encoder, frames, &mut |share| progress.share(share))?;
    if model.text_features() == 0 {
        return Ok(speech);
    }
    Ok(TextListener::load(text_model)?.add_to(speech, audio)?)
}

//! Features of what is said in the clips, found once and kept in the folder of prepared clips (METHODS 0.3's optional block).

use crate::phrases::sound_of;
use crate::prepare::{PreparedClip, keep_speech, kept_speech};
use crate::{Event, Result, TrainError};
use ndarray::{Array2, Axis, concatenate};
use orator_corpus::{ClipDescription, Corpus};
use orator_speech::{TextListener, Word, Words};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Appends `wanted` features of the text to the speech features of every clip that has some. `text_model` is the folder of the
/// text model; MiniLM where it is absent.
///
/// # Errors
/// When a clip's sound cannot be read again, a model is missing, or the text model has another number of features.
pub(crate) fn add(
    clips: &mut [PreparedClip],
    wanted: usize,
    text_model: Option<&Path>,
    folder: &Path,
    tell: &mut dyn FnMut(Event),
) -> Result<()> {
    let mut listener: Option<TextListener> = None;
    let mut opened: BTreeMap<PathBuf, Corpus> = BTreeMap::new();
    let total = clips.len();
    for (done, clip) in clips.iter_mut().enumerate() {
        let Some(speech) = &clip.speech else { continue };
        let frames = speech.nrows();
        let path = folder.join(format!("{}.text-{wanted}.safetensors", clip.name));
        let fits = |kept: &Array2<f32>| kept.dim() == (frames, wanted);
        let text = match kept_speech(&path)?.filter(fits) {
            Some(kept) => kept,
            None => {
                tell(Event::Preparing { done, total, clip: format!("{} (text)", clip.name) });
                let listener = match &mut listener {
                    Some(listener) => listener,
                    none => none.insert(load(text_model, wanted)?),
                };
                let (sound, description) = sound_of(&clip.place, &mut opened)?;
                let text = match description.as_ref().and_then(known_words) {
                    Some(words) => listener.read(&words, frames)?,
                    None => listener.hear(&sound, frames)?,
                };
                keep_speech(&path, &text)?;
                text
            }
        };
        let joined = concatenate(Axis(1), &[speech.view(), text.view()]);
        clip.speech = Some(joined.map_err(|e| orator_nn::NnError::Shape(e.to_string()))?);
    }
    Ok(())
}

fn load(text_model: Option<&Path>, wanted: usize) -> Result<TextListener> {
    let listener = TextListener::load(text_model)?;
    if listener.dimensions() == wanted {
        return Ok(listener);
    }
    Err(TrainError::Corpus {
        what: format!("networks.text_features is {wanted}, and the text model has {}", listener.dimensions()),
        hint: "MiniLM has 384; name the folder of another model with text_model".into(),
    })
}

/// The words that a corpus tells.
fn known_words(description: &ClipDescription) -> Option<Words> {
    let words: Vec<Word> = description
        .words
        .iter()
        .map(|w| Word { text: w.text.clone(), start: w.start, end: w.end, probability: 1.0 })
        .collect();
    let text = description.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(Words { text, words })
}

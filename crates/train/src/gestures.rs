//! When the hands of a clip stroke: what the predictor of strokes learns, and what generators are told in training.
//!
//! Where a corpus names its gestures, they are the strokes. Else they are found in the motion: the detector (METHODS 5) also finds
//! preparations and retractions, most of which are slower, so that of what it finds the faster half of each hand is taken.

use crate::Result;
use crate::clips::{Clip, Gestures, RATE, has_body};
use crate::phrases::open_clip;
use crate::prepare::{ClipPlace, PreparedClip};
use orator_body::KeypointTrack;
use orator_body::layout::WRISTS;
use orator_corpus::{ClipDescription, Corpus};
use orator_metrics::strokes::{Detector, Peak, detect_strokes};
use orator_motion::contextual::StrokePlan;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A point counts as seen from this confidence on.
const SEEN: f32 = 0.5;

/// When the hands of a staged clip stroke, the left and the right, before `seconds`.
pub(crate) fn triggered(description: &ClipDescription, seconds: f64) -> StrokePlan {
    let hand = |not_its: &str| {
        let its = description.triggers.iter().filter(|t| t.hands != not_its && t.stroke < seconds);
        let mut times: Vec<f64> = its.map(|t| t.stroke).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    StrokePlan { hands: [hand("right"), hand("left")] }
}

/// The strokes that are detected in the motion of both wrists.
pub(crate) fn detected(track: &KeypointTrack) -> [Vec<Peak>; 2] {
    WRISTS.map(|wrist| {
        let way: Vec<[f32; 2]> =
            (0..track.frames()).map(|f| track.confident(f, wrist, SEEN).unwrap_or([f32::NAN; 2])).collect();
        detect_strokes(&way, track.rate().as_f64(), &Detector::default())
    })
}

/// The faster half of a hand's strokes.
pub(crate) fn faster_half(peaks: &[Peak]) -> Vec<f64> {
    let mut speeds: Vec<f64> = peaks.iter().map(|peak| peak.speed).collect();
    speeds.sort_by(f64::total_cmp);
    let Some(&middle) = speeds.get(speeds.len() / 2) else { return Vec::new() };
    peaks.iter().filter(|peak| peak.speed >= middle).map(|peak| peak.seconds).collect()
}

/// Takes up the gestures of all clips with a body, in their order; `prepared` says where they lie.
///
/// # Errors
/// When a corpus cannot be read again.
pub(crate) fn take_gestures(clips: &mut [Clip], places: &[ClipPlace]) -> Result<()> {
    let mut opened: BTreeMap<PathBuf, Corpus> = BTreeMap::new();
    for clip in clips.iter_mut().filter(|clip| has_body(clip)) {
        let frames = clip.streams.body.nrows();
        let seconds = frames as f64 / RATE;
        let description = match places.get(clip.number) {
            Some(ClipPlace::Corpus(dir, id)) => Some(open_clip(dir, id, &mut opened)?.description()?),
            _ => None,
        };
        clip.gestures = Some(match description.filter(|d| !d.triggers.is_empty()) {
            Some(description) => {
                let stresses = description.words.iter().filter_map(|word| word.stress);
                let stresses = stresses.filter(|&at| at < seconds).collect();
                Gestures::new(triggered(&description, seconds), stresses, frames)
            }
            None => {
                let hands = detected(&clip.track).map(|peaks| faster_half(&peaks));
                Gestures::new(StrokePlan { hands }, Vec::new(), frames)
            }
        });
    }
    Ok(())
}

/// Where prepared clips lie, by their number.
pub(crate) fn places(prepared: &[PreparedClip]) -> Vec<ClipPlace> {
    prepared.iter().map(|clip| clip.place.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faster_half_is_taken() {
        let peaks: Vec<Peak> =
            (0..6).map(|i| Peak { seconds: f64::from(i), speed: f64::from((i * 5) % 6) }).collect();
        assert_eq!(faster_half(&peaks), [1.0, 2.0, 3.0]);
        assert!(faster_half(&[]).is_empty());
    }

    #[test]
    fn triggers_belong_to_their_hands() {
        let trigger = |hands: &str, stroke: f64| orator_corpus::Trigger {
            word: 0,
            time: stroke,
            class: "beat".into(),
            form: String::new(),
            hands: hands.into(),
            start: stroke - 0.3,
            stroke,
            end: stroke + 0.2,
        };
        let rate = orator_media::FrameRate::MOTION;
        let mut description = ClipDescription::new("a", "b", None, rate, 100, (8, 8));
        description.triggers = vec![trigger("left", 1.0), trigger("both", 2.0), trigger("right", 9.0)];
        assert_eq!(triggered(&description, 4.0).hands, [vec![1.0, 2.0], vec![2.0]]);
    }
}

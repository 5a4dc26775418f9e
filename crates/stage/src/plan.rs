//! Which clips a corpus holds: who says what in which of them. It follows from the settings alone, so that any shard can
//! be rendered on any machine.

use orator_corpus::Split;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{Result, StageError};

/// What is rendered. The same settings and the same speech give the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenderSettings {
    /// Seed of everything.
    pub seed: u32,
    /// Number of people: 1–1000.
    pub people: u32,
    /// Minutes over all people together.
    pub minutes: f64,
    /// Number of shards the clips are spread over.
    pub shards: u32,
    /// Side of the square pictures in pixels; `None`: sound and truth only.
    pub size: Option<usize>,
    /// How cluttered backgrounds are: 0 plain to 1.
    pub clutter: f32,
    /// How strongly videos are compressed: each clip draws its own strength from 0 to this; 0 leaves nothing to be seen, 1 is a
    /// bad video call (see [`ClipPlan::quantiser`]).
    pub compression: f32,
    /// Whether the camera drifts and zooms.
    pub drift: bool,
    /// Length that clips have at least, in seconds, unless the speech runs out: 2–60.
    pub clip_seconds: f64,
}

impl Default for RenderSettings {
    fn default() -> Self {
        Self {
            seed: 0,
            people: 20,
            minutes: 10.0,
            shards: 1,
            size: Some(256),
            clutter: 0.5,
            compression: 0.7,
            drift: true,
            clip_seconds: 9.0,
        }
    }
}

/// People of one seed have identity seeds from `seed · PEOPLE_PER_SEED` on, so that corpora of two seeds share nobody.
/// A multiple of ten: which of them are held out does not depend on the seed.
pub const PEOPLE_PER_SEED: u64 = 1000;
/// Most minutes of one corpus.
const MOST_MINUTES: f64 = 100_000.0;

/// Quantiser of a clip without visible loss, and the coarsest one, at which faces fall into blocks.
const FINEST_QUANTISER: u8 = 20;
/// See [`FINEST_QUANTISER`].
const COARSEST_QUANTISER: u8 = 40;
/// Stream of the random generator for quantisers, so that other draws from a clip's seed stay as they are.
const QUANTISER_STREAM: u64 = 0x0051_7561_6e74;

/// One clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipPlan {
    /// Number in the corpus, from 0.
    pub number: u32,
    /// Who: the seed of the identity.
    pub identity: u64,
    /// Seed of everything that is drawn for this clip alone.
    pub seed: u64,
    /// What is said: sentences by their index, in order.
    pub sentences: Vec<usize>,
}

impl ClipPlan {
    /// The clip's name in the corpus.
    #[must_use]
    pub fn id(&self, settings: &RenderSettings) -> String {
        format!("staged-{}-{:06}", settings.seed, self.number)
    }

    /// H.264's quantiser for the clip's video: from 20 (no visible loss) evenly up to a share of the way to 40 (faces fall into
    /// blocks) that the settings give. The blocks, ringing and smear of strong compression are thus the encoder's own, over
    /// time too.
    #[must_use]
    pub fn quantiser(&self, settings: &RenderSettings) -> u8 {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        chance.set_stream(QUANTISER_STREAM);
        let span = f32::from(COARSEST_QUANTISER - FINEST_QUANTISER) * settings.compression.clamp(0.0, 1.0);
        FINEST_QUANTISER + (span * chance.random_range(0.0..1.0f32)).round() as u8
    }
}

/// Whether an identity belongs to the held-out split.
fn is_held_out(identity: u64) -> bool {
    Split::of_identity(identity) == Split::HeldOut
}

impl RenderSettings {
    /// Refuses what cannot be carried out.
    ///
    /// # Errors
    /// [`StageError::Setting`].
    pub fn check(&self) -> Result<()> {
        let wrong =
            |what: &str, hint: &str| Err(StageError::Setting { what: what.into(), hint: hint.into() });
        if !(1..=PEOPLE_PER_SEED as u32).contains(&self.people) {
            return wrong("there must be 1 to 1000 people", "give --people; for more, take further seeds");
        }
        if !(self.minutes.is_finite() && self.minutes > 0.0 && self.minutes <= MOST_MINUTES) {
            return wrong("the minutes must be above 0 and at most 100,000", "give --minutes");
        }
        if self.shards == 0 {
            return wrong("there must be at least one shard", "give --shard as I/N with N above 0");
        }
        if self.size.is_some_and(|size| !(64..=1024).contains(&size) || size % 2 != 0) {
            return wrong("the picture's side must be even and 64 to 1024 pixels", "give --size 256 or 512");
        }
        if !(0.0..=1.0).contains(&self.clutter) {
            return wrong("clutter must be between 0 and 1", "give --clutter 0 for plain backgrounds");
        }
        if !(0.0..=1.0).contains(&self.compression) {
            return wrong("compression must be between 0 and 1", "give --compression 0 for clean pictures");
        }
        if !(2.0..=60.0).contains(&self.clip_seconds) {
            return wrong("clips must be 2 to 60 seconds long", "give --clip-seconds");
        }
        Ok(())
    }
}

/// Pause between two sentences of a clip, in seconds, as it is counted here; the actor varies it.
const PAUSE: f64 = 0.4;

/// All clips of a corpus, given how long each sentence of the speech is (seconds). People take turns; held-out people
/// say held-out sentences (every tenth one) as far as there are ten, so that neither their looks nor their words were
/// seen in training.
///
/// # Errors
/// [`StageError::Setting`] for settings out of range or no speech.
pub fn plan(settings: &RenderSettings, sentences: &[f64]) -> Result<Vec<ClipPlan>> {
    settings.check()?;
    if sentences.is_empty() {
        return Err(StageError::Setting {
            what: "there is no speech to stage".into(),
            hint: "leave --speech away to use the sentences that come with orator".into(),
        });
    }
    let (held_out, train): (Vec<usize>, Vec<usize>) =
        (0..sentences.len()).partition(|index| sentences.len() >= 10 && index % 10 == 0);
    let mut chance = ChaCha8Rng::seed_from_u64(u64::from(settings.seed) ^ 0x5A6E_57A6_E000_0001);
    let mut decks = [Deck::new(if held_out.is_empty() { train.clone() } else { held_out }), Deck::new(train)];
    let mut clips = Vec::new();
    let mut seconds = 0.0;
    while seconds < settings.minutes * 60.0 {
        let number = clips.len() as u32;
        let identity = u64::from(settings.seed) * PEOPLE_PER_SEED + u64::from(number % settings.people);
        let deck = &mut decks[usize::from(!is_held_out(identity))];
        let mut said = Vec::new();
        let mut length = 0.0;
        while length < settings.clip_seconds {
            let sentence = deck.next(&mut chance);
            length += sentences[sentence].max(0.1) + PAUSE;
            said.push(sentence);
        }
        seconds += length;
        clips.push(ClipPlan { number, identity, seed: chance.random(), sentences: said });
    }
    Ok(clips)
}

/// The clips of shard `index` (from 0) of `settings.shards`: a run of neighbours, so that shards are equally long.
#[must_use]
pub fn clips_of_shard(settings: &RenderSettings, clips: &[ClipPlan], index: u32) -> Vec<ClipPlan> {
    let edge = |shard: u32| clips.len() * shard as usize / settings.shards as usize;
    clips[edge(index)..edge(index + 1)].to_vec()
}

/// Sentences in random order; each is said once before any is said again.
struct Deck {
    all: Vec<usize>,
    left: Vec<usize>,
}

impl Deck {
    fn new(all: Vec<usize>) -> Self {
        Self { all, left: Vec::new() }
    }

    fn next(&mut self, chance: &mut ChaCha8Rng) -> usize {
        if self.left.is_empty() {
            self.left.clone_from(&self.all);
            self.left.shuffle(chance);
        }
        self.left.pop().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shards_cover_all_clips_once_and_minutes_are_reached(
            seed in 0u32..50, people in 1u32..40, minutes in 0.5f64..20.0, shards in 1u32..9,
            sentences in prop::collection::vec(0.5f64..6.0, 1..40),
        ) {
            let settings = RenderSettings { seed, people, minutes, shards, ..RenderSettings::default() };
            let clips = plan(&settings, &sentences).unwrap();
            let joined: Vec<ClipPlan> = (0..shards).flat_map(|s| clips_of_shard(&settings, &clips, s)).collect();
            prop_assert_eq!(&joined, &clips);
            let said: f64 = clips.iter().flat_map(|c| &c.sentences).map(|&s| sentences[s] + PAUSE).sum();
            prop_assert!(said >= minutes * 60.0 - 1e-6 && said < minutes * 60.0 + 70.0);
            for clip in &clips {
                let apart = sentences.len() < 10 || clip.sentences.iter().all(|s| (s % 10 == 0) == is_held_out(clip.identity));
                prop_assert!(apart && clip.identity / PEOPLE_PER_SEED == u64::from(seed));
            }
        }
    }

    #[test]
    fn clips_are_compressed_differently_as_far_as_the_settings_say() {
        let settings = RenderSettings { minutes: 30.0, ..RenderSettings::default() };
        let clips = plan(&settings, &[3.0; 20]).unwrap();
        let drawn = |compression: f32| {
            let settings = RenderSettings { compression, ..settings.clone() };
            clips.iter().map(|clip| clip.quantiser(&settings)).collect::<Vec<_>>()
        };
        assert!(drawn(0.0).iter().all(|quantiser| *quantiser == FINEST_QUANTISER));
        let whole = drawn(1.0);
        assert!(whole.iter().all(|q| (FINEST_QUANTISER..=COARSEST_QUANTISER).contains(q)));
        assert!(whole.iter().any(|q| *q < 24) && whole.iter().any(|q| *q > 36), "{whole:?}");
        assert!(drawn(0.5).iter().zip(&whole).all(|(half, whole)| half <= whole));
    }

    #[test]
    fn impossible_settings_are_refused_with_a_next_step() {
        let fine = RenderSettings::default();
        let wrong = [
            RenderSettings { people: 0, ..fine.clone() },
            RenderSettings { people: 1001, ..fine.clone() },
            RenderSettings { minutes: f64::NAN, ..fine.clone() },
            RenderSettings { minutes: 0.0, ..fine.clone() },
            RenderSettings { shards: 0, ..fine.clone() },
            RenderSettings { size: Some(255), ..fine.clone() },
            RenderSettings { size: Some(100_000), ..fine.clone() },
            RenderSettings { clutter: 2.0, ..fine.clone() },
            RenderSettings { compression: -0.1, ..fine.clone() },
            RenderSettings { clip_seconds: 0.0, ..fine.clone() },
        ];
        for settings in wrong {
            assert!(settings.check().unwrap_err().hint().is_some(), "{settings:?}");
        }
        fine.check().unwrap();
        assert!(plan(&fine, &[]).is_err());
    }
}

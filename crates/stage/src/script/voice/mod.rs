//! A voice for every identity: one recording said by many people.
//!
//! Pitch, formants and brightness of a recording are changed independently and its length is not, so that the times of its words and
//! phones stay valid. The method is time-domain pitch-synchronous overlap-add (Moulines and Charpentier 1990): one grain of two periods
//! around every pitch mark, squeezed or stretched in time (which moves the formants) and set down at the new period (which is the pitch).

mod grains;
mod marks;
mod pitch;
mod timbre;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub use pitch::{PitchTrack, track};

/// Median fundamental frequencies of adult men and women in reading, in Hz (Peterson and Barney 1952 and later surveys).
const MAN_HZ: f32 = 115.0;
const WOMAN_HZ: f32 = 205.0;
/// Women's formants lie this much higher than men's on average (same source).
const WOMAN_FORMANTS: f32 = 1.165;
/// How much the median pitch varies among men and among women: a factor of up to 2 to this power either way.
const PITCH_SPREAD_OCTAVES: f32 = 0.33;
/// The same of formants, as a share.
const FORMANT_SPREAD: f32 = 0.06;
/// Range of the intonation against the recording's.
const LIVELINESS: std::ops::Range<f32> = 0.8..1.25;
/// Change of the sound above about 1 kHz, in decibels.
const BRIGHTNESS_DB: std::ops::Range<f32> = -3.5..3.5;
/// What grains can do without sounding torn.
const PITCH_LIMITS: (f32, f32) = (0.5, 2.8);
const FORMANT_LIMITS: (f32, f32) = (0.75, 1.35);

/// How a person sounds, whoever reads the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Median fundamental frequency in Hz, about 85 to 270.
    pub median_hz: f32,
    /// Formants against an average man's, about 0.94 to 1.24.
    pub formants: f32,
    /// Range of the intonation against the recording's, 0.8 to 1.25.
    pub liveliness: f32,
    /// Gain above about 1 kHz in decibels, -3.5 to 3.5.
    pub brightness_db: f32,
}

/// What is done to a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceChange {
    /// Factor on the fundamental frequency, 0.5 to 2.8.
    pub pitch: f32,
    /// Factor on the formants, 0.75 to 1.35.
    pub formants: f32,
    /// Factor on the intonation's range around the median, in octaves.
    pub liveliness: f32,
    /// Gain above about 1 kHz in decibels.
    pub brightness_db: f32,
}

impl Voice {
    /// The voice of an identity. `masculinity` runs from 0 (woman) to 1 (man), as the identity's own parameter.
    #[must_use]
    pub fn from_seed(seed: u64, masculinity: f32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let femininity = 1.0 - masculinity.clamp(0.0, 1.0);
        // The mean of two draws: extremes are rare.
        let mut spread =
            || random.random_range(-1.0..1.0_f32) * 0.5 + random.random_range(-1.0..1.0_f32) * 0.5;
        let height = spread();
        let median = MAN_HZ * (WOMAN_HZ / MAN_HZ).powf(femininity) * (PITCH_SPREAD_OCTAVES * height).exp2();
        // A small person's throat is short: formants follow pitch in part.
        let formants =
            WOMAN_FORMANTS.powf(femininity) * (1.0 + FORMANT_SPREAD * (0.4 * height + 0.6 * spread()));
        Self {
            median_hz: median,
            formants,
            liveliness: random.random_range(LIVELINESS),
            brightness_db: random.random_range(BRIGHTNESS_DB),
        }
    }

    /// What turns a recording with this pitch into the voice. The recording's own formants are estimated from its median pitch; a
    /// recording without voiced sound keeps its own.
    #[must_use]
    pub fn change_for(&self, track: &PitchTrack) -> VoiceChange {
        let Some(median) = track.median_hz() else {
            return VoiceChange {
                pitch: 1.0,
                formants: 1.0,
                liveliness: 1.0,
                brightness_db: self.brightness_db,
            };
        };
        let femininity = ((median / MAN_HZ).ln() / (WOMAN_HZ / MAN_HZ).ln()).clamp(0.0, 1.0);
        VoiceChange {
            pitch: (self.median_hz / median).clamp(PITCH_LIMITS.0, PITCH_LIMITS.1),
            formants: (self.formants / WOMAN_FORMANTS.powf(femininity))
                .clamp(FORMANT_LIMITS.0, FORMANT_LIMITS.1),
            liveliness: self.liveliness,
            brightness_db: self.brightness_db,
        }
    }

    /// Gives a recording this voice: as many samples at the same loudness, within [-1, 1].
    ///
    /// `sample_rate` in Hz, 8,000 or more; below that the recording is returned as it is.
    #[must_use]
    pub fn apply(&self, samples: &[f32], sample_rate: u32) -> Vec<f32> {
        let track = track(samples, sample_rate);
        self.change_for(&track).apply_tracked(samples, sample_rate, &track)
    }
}

impl VoiceChange {
    /// Changes a recording: as many samples at the same loudness, within [-1, 1].
    ///
    /// `sample_rate` in Hz, 8,000 or more; below that the recording is returned as it is. Factors beyond the fields' ranges are brought
    /// into them.
    #[must_use]
    pub fn apply(&self, samples: &[f32], sample_rate: u32) -> Vec<f32> {
        self.apply_tracked(samples, sample_rate, &track(samples, sample_rate))
    }

    fn apply_tracked(&self, samples: &[f32], sample_rate: u32, track: &PitchTrack) -> Vec<f32> {
        if sample_rate < pitch::MIN_RATE || samples.is_empty() {
            return samples.to_vec();
        }
        let change = Self {
            pitch: self.pitch.clamp(PITCH_LIMITS.0, PITCH_LIMITS.1),
            formants: self.formants.clamp(FORMANT_LIMITS.0, FORMANT_LIMITS.1),
            ..*self
        };
        let marks = marks::place(samples, sample_rate, track);
        let mut changed = grains::overlap(samples, sample_rate, &marks, &change, track);
        timbre::brighten(&mut changed, sample_rate, change.brightness_db);
        timbre::match_level(&mut changed, samples, sample_rate);
        changed
    }
}

#[cfg(test)]
mod tests;

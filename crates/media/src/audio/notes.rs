//! What was noticed about a recording while reading it.

/// What was noticed about a recording while reading it; nothing here is an error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioNotes {
    /// The file's kind, as `wave`, `mp3`, `ogg`.
    pub container: String,
    /// How the sound is coded, as `pcm_s16le`, `aac`, `opus`.
    pub codec: String,
    /// Channels in the file, before they were averaged to one.
    pub channels: usize,
    /// Samples that were outside [-1, 1] and were cut to it (of the averaged channel).
    pub clipped_samples: u64,
    /// Samples that sit at the end of the number range, as an overdriven recording has them.
    pub full_scale_samples: u64,
    /// Values that were not finite numbers and became zero (of all channels).
    pub replaced_values: u64,
    /// Packets that could not be decoded and became silence of the same length.
    pub lost_packets: u64,
    /// The largest absolute value before cutting.
    pub peak: f32,
    /// Nothing is louder than one step of a 16-bit recording.
    pub silent: bool,
    /// Number of samples that were read.
    pub samples: u64,
}

impl AudioNotes {
    /// What a person should be told, one sentence each; empty for a good recording.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let share = |count: u64| count as f64 / self.samples.max(1) as f64;
        if self.silent {
            warnings.push("the recording is silent: the mouth and hands will hardly move".into());
        }
        // Lossy codecs overshoot by a little here and there: that is no fault of the recording.
        if self.peak > 1.2 && self.clipped_samples > 0 {
            warnings.push(format!(
                "{} samples were louder than full scale (up to {:.1} times) and were cut",
                self.clipped_samples, self.peak
            ));
        } else if share(self.full_scale_samples) > 1e-3 {
            warnings.push(format!(
                "the recording is overdriven: {:.1} % of it is at full scale",
                100.0 * share(self.full_scale_samples)
            ));
        }
        if self.replaced_values > 0 {
            warnings.push(format!(
                "{} values were not numbers and were replaced by silence",
                self.replaced_values
            ));
        }
        if self.lost_packets > 0 {
            warnings.push(format!(
                "{} damaged pieces of the recording were replaced by silence",
                self.lost_packets
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_recording_has_no_warnings_and_a_bad_one_has_several() {
        let good = AudioNotes { samples: 1000, peak: 1.05, clipped_samples: 2, ..Default::default() };
        assert!(good.warnings().is_empty());
        let bad = AudioNotes {
            samples: 1000,
            peak: 3.0,
            clipped_samples: 20,
            replaced_values: 3,
            lost_packets: 1,
            ..Default::default()
        };
        assert_eq!(bad.warnings().len(), 3);
        let overdriven =
            AudioNotes { samples: 1000, peak: 1.0, full_scale_samples: 50, ..Default::default() };
        assert!(overdriven.warnings()[0].contains("5.0 %"));
    }
}

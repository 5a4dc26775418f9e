//! Decoded sound on its way to one channel: averaging, repairing, counting, and the length limit.

use std::path::Path;

use super::mp4_edits::Edits;
use super::{AudioNotes, MAX_RATE};
use crate::{Limits, MediaError, Result};

/// A sample at or beyond the last step of a 16-bit recording.
const FULL_SCALE: f32 = 32_767.0 / 32_768.0;

/// Takes decoded blocks of any channel count and keeps their mean.
pub(super) struct Collector<'a> {
    path: &'a Path,
    limits: &'a Limits,
    /// Zero until the first block.
    rate: u32,
    samples: Vec<f32>,
    /// Frames still to be thrown away: what an encoder put in front.
    skip: u64,
    /// Samples after which nothing is kept: where the container says that the sound ends.
    end: u64,
    /// Silence that waits for the rate, too.
    waiting_silence: u64,
    /// Waits for the rate, which turns its seconds into samples.
    edits: Edits,
    notes: AudioNotes,
}

impl<'a> Collector<'a> {
    pub fn new(path: &'a Path, limits: &'a Limits) -> Self {
        Self {
            path,
            limits,
            rate: 0,
            samples: Vec::new(),
            skip: 0,
            end: u64::MAX,
            waiting_silence: 0,
            edits: Edits::default(),
            notes: AudioNotes::default(),
        }
    }

    pub fn notes_mut(&mut self) -> &mut AudioNotes {
        &mut self.notes
    }

    /// Samples kept so far.
    pub fn len(&self) -> u64 {
        self.samples.len() as u64
    }

    /// Samples per second; zero before the first block.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Says which part of what comes is kept; before the first block.
    pub fn set_edits(&mut self, edits: Edits) {
        self.edits = edits;
    }

    /// Makes room for what a header promises, as far as that is believable: memory is only asked for
    /// up to what `file_bytes` of well-compressed sound can hold.
    pub fn reserve(&mut self, promised_frames: u64, file_bytes: u64) {
        let believable = promised_frames.min(file_bytes.saturating_mul(64));
        // Failing here is no error: the buffer then grows as it fills.
        let _ = usize::try_from(believable).map(|frames| self.samples.try_reserve_exact(frames));
    }

    /// Sets the rate at the first block and refuses a change later on.
    pub fn set_rate(&mut self, rate: u32) -> Result<()> {
        if rate == 0 || rate > MAX_RATE {
            return Err(MediaError::Damaged {
                path: self.path.to_owned(),
                what: format!("states a sample rate of {rate} Hz"),
            });
        }
        if self.rate != 0 && self.rate != rate {
            return Err(MediaError::Unsupported {
                path: self.path.to_owned(),
                what: format!("its sample rate changes from {} to {rate} Hz midway", self.rate),
                hint: "save it as WAV with an audio editor first".into(),
            });
        }
        if self.rate == 0 {
            self.rate = rate;
            // `as` saturates.
            let samples = |seconds: f64| (seconds * f64::from(rate)).round() as u64;
            // Silence takes the place of damaged packets before the first good one.
            let waiting = std::mem::take(&mut self.waiting_silence);
            self.push_silence(samples(self.edits.silence))?;
            self.end =
                self.edits.duration.map_or(u64::MAX, |seconds| self.len().saturating_add(samples(seconds)));
            self.skip = samples(self.edits.skip);
            self.push_silence(waiting)?;
        }
        Ok(())
    }

    /// Takes one block, `[frames, channels]`. The rate must have been set.
    pub fn push(&mut self, interleaved: &[f32], channels: usize) -> Result<()> {
        let channels = channels.max(1);
        self.notes.channels = self.notes.channels.max(channels);
        let frames = (interleaved.len() / channels) as u64;
        let skipped = self.skip.min(frames);
        self.skip -= skipped;
        let kept = (frames - skipped).min(self.end.saturating_sub(self.len()));
        self.limits.check_audio_length(self.path, self.len() + kept, self.rate)?;
        let share = 1.0 / channels as f32;
        for frame in interleaved.chunks_exact(channels).skip(skipped as usize).take(kept as usize) {
            let mut sum = 0.0;
            for &value in frame {
                if value.is_finite() {
                    sum += value;
                } else {
                    self.notes.replaced_values += 1;
                }
            }
            let mut mean = sum * share;
            let size = mean.abs();
            self.notes.peak = self.notes.peak.max(size);
            if size >= FULL_SCALE {
                self.notes.full_scale_samples += 1;
                if size > 1.0 {
                    self.notes.clipped_samples += 1;
                    mean = mean.clamp(-1.0, 1.0);
                }
            }
            self.samples.push(mean);
        }
        Ok(())
    }

    /// Silence in place of `frames` that could not be decoded.
    pub fn push_silence(&mut self, frames: u64) -> Result<()> {
        if self.rate == 0 {
            self.waiting_silence = self.waiting_silence.saturating_add(frames);
            return Ok(());
        }
        let skipped = self.skip.min(frames);
        self.skip -= skipped;
        let kept = (frames - skipped).min(self.end.saturating_sub(self.len()));
        self.limits.check_audio_length(self.path, self.len() + kept, self.rate)?;
        self.samples.resize(self.samples.len() + kept as usize, 0.0);
        Ok(())
    }

    /// The recording.
    ///
    /// # Errors
    /// [`MediaError::Empty`] when nothing was decoded.
    pub fn finish(mut self) -> Result<(super::Audio, AudioNotes)> {
        if self.samples.is_empty() {
            return Err(MediaError::Empty {
                path: self.path.to_owned(),
                what: "the recording has no samples".into(),
            });
        }
        if self.samples.capacity() > self.samples.len() + self.samples.len() / 8 {
            self.samples.shrink_to_fit();
        }
        let audio = super::Audio::new(self.rate, self.samples)?;
        self.notes.silent = audio.is_silent();
        self.notes.samples = audio.samples.len() as u64;
        Ok((audio, self.notes))
    }
}

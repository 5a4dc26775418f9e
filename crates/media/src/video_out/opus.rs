//! Sound to Opus (RFC 6716), by libopus.

use std::path::{Path, PathBuf};

use unsafe_libopus::{
    OPUS_APPLICATION_AUDIO, OPUS_GET_LOOKAHEAD_REQUEST, OPUS_OK, OPUS_SET_BITRATE_REQUEST, opus_encode_float,
    opus_encoder_create, opus_encoder_ctl, opus_encoder_destroy,
};

use crate::{Audio, MediaError, Result};

/// Bits per second; speech in one channel is transparent well below this.
const BIT_RATE: i32 = 64_000;
/// Rates that libopus takes as they are; others are resampled to 48 kHz.
const NATIVE_RATES: [u32; 5] = [8000, 12_000, 16_000, 24_000, 48_000];
/// The largest packet that is useful (RFC 6716, 3.2.1 and libopus's advice).
const LARGEST_PACKET: usize = 4000;
const PACKETS_PER_SECOND: u32 = 50;

/// Codes a recording packet by packet of 20 ms.
pub(crate) struct OpusEncoder {
    path: PathBuf,
    state: *mut unsafe_libopus::OpusEncoder,
    audio: Audio,
    at: usize,
    priming: u64,
    block: Vec<f32>,
}

// SAFETY: the state is owned by this value alone and libopus keeps nothing per thread.
unsafe impl Send for OpusEncoder {}

impl OpusEncoder {
    /// Opus in MP4 always counts 48,000 ticks per second.
    pub const TIMESCALE: u32 = 48_000;
    /// Ticks of a packet.
    pub const PACKET_LENGTH: u32 = Self::TIMESCALE / PACKETS_PER_SECOND;

    /// `path` is only for error messages.
    pub fn new(path: &Path, audio: Audio) -> Result<Self> {
        let audio =
            if NATIVE_RATES.contains(&audio.rate) { audio } else { audio.resampled(Self::TIMESCALE)? };
        let mut error = OPUS_OK;
        // SAFETY: `error` outlives the call; the state returned is null or ours to destroy.
        let state =
            unsafe { opus_encoder_create(audio.rate as i32, 1, OPUS_APPLICATION_AUDIO, &raw mut error) };
        if state.is_null() || error != OPUS_OK {
            return Err(failure(path, error));
        }
        let block = vec![0.0; (audio.rate / PACKETS_PER_SECOND) as usize];
        let mut encoder = Self { path: path.to_owned(), state, audio, at: 0, priming: 0, block };
        let mut lookahead = 0i32;
        // SAFETY: the state is valid, the arguments are of the kinds that these requests take.
        let (rate_set, delay_got) = unsafe {
            (
                opus_encoder_ctl!(encoder.state, OPUS_SET_BITRATE_REQUEST, BIT_RATE),
                opus_encoder_ctl!(encoder.state, OPUS_GET_LOOKAHEAD_REQUEST, &mut lookahead),
            )
        };
        if rate_set != OPUS_OK || delay_got != OPUS_OK {
            return Err(failure(path, rate_set.min(delay_got)));
        }
        let lookahead = u64::try_from(lookahead).unwrap_or(0);
        encoder.priming = lookahead * u64::from(Self::TIMESCALE) / u64::from(encoder.audio.rate);
        Ok(encoder)
    }

    /// Ticks that a decoder delivers before the first sample.
    pub fn priming(&self) -> u64 {
        self.priming
    }

    /// Codes the next 20 ms; silence after the end.
    pub fn next_packet(&mut self) -> Result<Vec<u8>> {
        let rest = self.audio.samples.get(self.at..).unwrap_or(&[]);
        let count = rest.len().min(self.block.len());
        for (slot, sample) in self.block.iter_mut().zip(&rest[..count]) {
            *slot = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        self.block[count..].fill(0.0);
        self.at += count;
        let mut packet = vec![0u8; LARGEST_PACKET];
        // SAFETY: the block holds exactly the samples stated, the packet the bytes stated.
        let length = unsafe {
            opus_encode_float(
                self.state,
                self.block.as_ptr(),
                self.block.len() as i32,
                packet.as_mut_ptr(),
                LARGEST_PACKET as i32,
            )
        };
        let length = usize::try_from(length).map_err(|_| failure(&self.path, length))?;
        packet.truncate(length);
        packet.shrink_to_fit();
        Ok(packet)
    }
}

impl Drop for OpusEncoder {
    fn drop(&mut self) {
        // SAFETY: made by `opus_encoder_create` and destroyed once.
        unsafe { opus_encoder_destroy(self.state) }
    }
}

fn failure(path: &Path, code: i32) -> MediaError {
    MediaError::io(path, std::io::Error::other(format!("the Opus encoder failed (code {code})")))
}

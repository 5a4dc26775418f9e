//! The sound track while it is written: packets in order, whatever codes them.

use std::collections::VecDeque;
use std::path::Path;

use super::AudioCodec;
use super::aac;
use super::opus::OpusEncoder;
use crate::{Audio, Result};

/// How a sound track is coded; what the index says about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SoundFormat {
    pub codec: AudioCodec,
    /// Ticks, that is samples, per second.
    pub timescale: u32,
    /// Ticks at the start that decoders deliver too much; the edit list hides them.
    pub priming: u64,
    /// Ticks that are heard.
    pub length: u64,
    /// Ticks of every packet but the last.
    pub packet_length: u32,
    /// Samples per second of the recording.
    pub source_rate: u32,
    /// The decoder's configuration, for AAC.
    pub configuration: Vec<u8>,
}

/// The packets of a recording, one after the other.
pub(crate) struct Sound {
    format: SoundFormat,
    source_samples: u64,
    packets: Packets,
    given: u64,
}

enum Packets {
    /// Coded when asked for.
    Opus(Box<OpusEncoder>),
    /// Coded by ffmpeg in one go; a few megabytes for minutes of sound.
    Ready(VecDeque<Vec<u8>>),
}

impl Sound {
    /// Prepares `audio`, which has samples, for coding.
    pub fn new(path: &Path, audio: Audio, codec: AudioCodec) -> Result<Self> {
        let (source_samples, source_rate) = (audio.samples.len() as u64, audio.rate);
        let (format, packets) = match codec {
            AudioCodec::Opus => {
                let encoder = OpusEncoder::new(path, audio)?;
                let format = SoundFormat {
                    codec,
                    timescale: OpusEncoder::TIMESCALE,
                    priming: encoder.priming(),
                    length: in_ticks(source_samples, source_rate, OpusEncoder::TIMESCALE),
                    packet_length: OpusEncoder::PACKET_LENGTH,
                    source_rate,
                    configuration: Vec::new(),
                };
                (format, Packets::Opus(Box::new(encoder)))
            }
            AudioCodec::Aac => {
                let coded = aac::encode(path, audio)?;
                let format = SoundFormat {
                    codec,
                    timescale: aac::RATE,
                    priming: aac::PRIMING,
                    length: in_ticks(source_samples, source_rate, aac::RATE),
                    packet_length: aac::PACKET_LENGTH,
                    source_rate,
                    configuration: coded.configuration,
                };
                (format, Packets::Ready(coded.packets))
            }
        };
        Ok(Self { format, source_samples, packets, given: 0 })
    }

    pub fn format(&self) -> &SoundFormat {
        &self.format
    }

    /// Samples and rate of the recording.
    pub fn length(&self) -> (u64, u32) {
        (self.source_samples, self.format.source_rate)
    }

    /// The tick, heard or not, at which the next packet starts.
    pub fn position(&self) -> u64 {
        self.given * u64::from(self.format.packet_length)
    }

    /// The next packet; `None` once everything that is heard has been given.
    pub fn next_packet(&mut self) -> Result<Option<Vec<u8>>> {
        if self.position() >= self.format.priming + self.format.length {
            return Ok(None);
        }
        let packet = match &mut self.packets {
            Packets::Opus(encoder) => Some(encoder.next_packet()?),
            Packets::Ready(packets) => packets.pop_front(),
        };
        self.given += u64::from(packet.is_some());
        Ok(packet)
    }
}

/// `samples` at `rate` in ticks of `timescale`, to the nearest.
fn in_ticks(samples: u64, rate: u32, timescale: u32) -> u64 {
    let (rate, timescale) = (u128::from(rate), u128::from(timescale));
    u64::try_from((u128::from(samples) * timescale + rate / 2) / rate).unwrap_or(u64::MAX)
}

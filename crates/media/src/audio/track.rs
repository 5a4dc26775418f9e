//! Decoding one track packet by packet.

use std::io::ErrorKind;
use std::path::Path;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP3, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;

use super::decode::Collector;
use super::mp4_edits::Edits;
use super::opus::{self, OpusDecoder, OpusHead};
use crate::{MediaError, Result};

/// One of Symphonia's decoders, or libopus for Opus, which Symphonia has none for.
pub(super) enum TrackDecoder {
    Symphonia(Box<dyn AudioDecoder>),
    Opus {
        decoder: OpusDecoder,
        channels: usize,
        /// Samples of run-up.
        pre_skip: u64,
    },
}

/// How decoding ended.
pub(super) enum Ending {
    /// No packet could be decoded, because the decoder does not know this sort.
    NotDecodable,
    /// The end of the track, after `frames` decoded frames; `early` if the file broke off.
    Reached { frames: u64, early: bool },
}

impl TrackDecoder {
    /// `None` if nothing here decodes it.
    pub fn new(parameters: &AudioCodecParameters, track: &Track) -> Option<Self> {
        if parameters.codec == CODEC_ID_OPUS {
            let head = OpusHead::parse(parameters.extra_data.as_deref()?)?;
            return Some(Self::Opus {
                decoder: OpusDecoder::new(&head)?,
                channels: usize::from(head.channels),
                pre_skip: u64::from(head.pre_skip),
            });
        }
        // Without the encoder's tag an MP3 file's length is an estimate, and cutting to it loses sound.
        let cuts = parameters.codec != CODEC_ID_MP3 || track.delay.is_some();
        symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default().gapless(cuts))
            .ok()
            .map(Self::Symphonia)
    }

    /// The coding's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Symphonia(decoder) => decoder.codec_info().short_name,
            Self::Opus { .. } => "opus",
        }
    }

    /// Run-up that the decoder does not cut off itself, in samples.
    fn run_up(&self) -> u64 {
        match self {
            Self::Opus { pre_skip, .. } => *pre_skip,
            _ => 0,
        }
    }

    /// Decodes a packet into `collector`; gives the number of frames it held.
    fn decode(
        &mut self,
        packet: &Packet,
        block: &mut Vec<f32>,
        collector: &mut Collector,
    ) -> std::result::Result<u64, Failure> {
        match self {
            Self::Symphonia(decoder) => {
                let decoded = decoder.decode(packet).map_err(Failure::Packet)?;
                let (channels, rate) = (decoded.num_planes(), decoded.spec().rate());
                decoded.copy_to_vec_interleaved(block);
                collector.set_rate(rate).map_err(Failure::Fatal)?;
                collector.push(block, channels).map_err(Failure::Fatal)?;
                Ok((block.len() / channels.max(1)) as u64)
            }
            Self::Opus { decoder, channels, .. } => {
                let decoded = decoder
                    .decode(&packet.data)
                    .ok_or(Failure::Packet(DecodeError::DecodeError("opus: damaged packet")))?;
                let frames = decoded.len() / *channels;
                // The last packet of an Ogg stream says how much of it is padding. The run-up at the
                // start is not marked in the packets.
                let kept = frames.saturating_sub(usize::try_from(packet.trim_end.get()).unwrap_or(0));
                collector.set_rate(opus::RATE).map_err(Failure::Fatal)?;
                collector.push(&decoded[..kept * *channels], *channels).map_err(Failure::Fatal)?;
                Ok(frames as u64)
            }
        }
    }
}

enum Failure {
    /// This packet cannot be decoded.
    Packet(DecodeError),
    /// Reading has to stop.
    Fatal(MediaError),
}

/// Decodes all packets of track `track_id`. A damaged packet becomes silence of its length, so that
/// what follows stays in its place; when more than one in ten is damaged, the file is.
pub(super) fn decode_track(
    path: &Path,
    format: &mut dyn FormatReader,
    track_id: u32,
    decoder: &mut TrackDecoder,
    edits: Option<Edits>,
    collector: &mut Collector,
) -> Result<Ending> {
    let damaged = |what: String| MediaError::Damaged { path: path.to_owned(), what };
    let mut block = Vec::new();
    let (mut frames, mut packets, mut lost) = (0u64, 0u64, 0u64);
    collector.set_edits(
        edits.unwrap_or(Edits { skip: decoder.run_up() as f64 / f64::from(opus::RATE), ..Edits::default() }),
    );
    let early = loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break false,
            Err(DecodeError::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break true,
            // A second recording is chained to the first (Ogg): the first is what was asked for.
            Err(DecodeError::ResetRequired) => break false,
            Err(DecodeError::IoError(error)) => return Err(MediaError::io(path, error)),
            Err(error) => {
                return Err(damaged(format!("the recording is damaged after {frames} samples ({error})")));
            }
        };
        if packet.track_id != track_id {
            continue;
        }
        packets += 1;
        match decoder.decode(&packet, &mut block, collector) {
            Ok(decoded) => frames += decoded,
            Err(Failure::Packet(DecodeError::Unsupported(_))) if frames == 0 => {
                return Ok(Ending::NotDecodable);
            }
            Err(Failure::Packet(_)) => {
                lost += 1;
                let length = packet.block_dur().get();
                collector.push_silence(length)?;
                frames += length;
            }
            Err(Failure::Fatal(error)) => return Err(error),
        }
    };
    if lost * 10 > packets {
        return Err(damaged(format!("{lost} of {packets} pieces of the recording are damaged")));
    }
    collector.notes_mut().lost_packets = lost;
    Ok(Ending::Reached { frames, early })
}

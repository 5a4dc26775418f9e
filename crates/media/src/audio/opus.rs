//! Decoding Opus packets (RFC 6716) with the head that containers carry (RFC 7845, section 5.1).

use unsafe_libopus::{
    OpusMSDecoder, opus_multistream_decode_float, opus_multistream_decoder_create,
    opus_multistream_decoder_destroy,
};

/// Opus always decodes to this rate here.
pub(super) const RATE: u32 = 48_000;

/// The longest packet: 120 ms.
const MAX_FRAMES: usize = 5760;

/// What an `OpusHead` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpusHead {
    pub channels: u8,
    /// Samples to be thrown away at the start.
    pub pre_skip: u16,
    /// Output gain in 1/256 decibel.
    gain: i16,
    streams: u8,
    coupled: u8,
    mapping: Vec<u8>,
}

impl OpusHead {
    /// Reads an `OpusHead`; `None` if it is not one. The numbers are little-endian in Ogg and Matroska
    /// and big-endian in mp4, where the version is 0 instead of 1.
    pub fn parse(head: &[u8]) -> Option<Self> {
        let body = head.strip_prefix(b"OpusHead")?;
        let &[version, channels, skip0, skip1, _, _, _, _, gain0, gain1, family, ref rest @ ..] = body else {
            return None;
        };
        let two = |bytes: [u8; 2]| {
            if version == 0 { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
        };
        if channels == 0 {
            return None;
        }
        let (streams, coupled, mapping) = if family == 0 {
            if channels > 2 {
                return None;
            }
            (1, channels - 1, (0..channels).collect())
        } else {
            let (&[streams, coupled], mapping) = rest.split_first_chunk::<2>()?;
            (streams, coupled, mapping.get(..usize::from(channels))?.to_vec())
        };
        let head = Self {
            channels,
            pre_skip: two([skip0, skip1]),
            gain: two([gain0, gain1]) as i16,
            streams,
            coupled,
            mapping,
        };
        (streams >= 1 && coupled <= streams && u16::from(streams) + u16::from(coupled) <= 255).then_some(head)
    }
}

/// A decoder for one track.
pub(super) struct OpusDecoder {
    state: *mut OpusMSDecoder,
    channels: usize,
    gain: f32,
    block: Vec<f32>,
}

impl OpusDecoder {
    /// `None` if the library refuses the layout.
    pub fn new(head: &OpusHead) -> Option<Self> {
        let mut error = 0;
        // SAFETY: the mapping has `channels` entries (checked when the head was parsed), and `error` is
        // a valid place to write to.
        let state = unsafe {
            opus_multistream_decoder_create(
                RATE as i32,
                i32::from(head.channels),
                i32::from(head.streams),
                i32::from(head.coupled),
                head.mapping.as_ptr(),
                &mut error,
            )
        };
        if state.is_null() || error != 0 {
            return None;
        }
        let channels = usize::from(head.channels);
        let gain = 10f32.powf(f32::from(head.gain) / (20.0 * 256.0));
        Some(Self { state, channels, gain, block: vec![0.0; MAX_FRAMES * channels] })
    }

    /// Decodes one packet to `[frames, channels]`; `None` if it is damaged.
    pub fn decode(&mut self, packet: &[u8]) -> Option<&[f32]> {
        let length = i32::try_from(packet.len()).ok().filter(|&length| length > 0)?;
        // SAFETY: `state` is live, `packet` has `length` bytes, and the block has room for the
        // longest packet (`MAX_FRAMES`) of all channels.
        let frames = unsafe {
            opus_multistream_decode_float(
                &mut *self.state,
                packet.as_ptr(),
                length,
                self.block.as_mut_ptr(),
                MAX_FRAMES as i32,
                0,
            )
        };
        let block = self.block.get_mut(..usize::try_from(frames).ok()? * self.channels)?;
        if self.gain != 1.0 {
            block.iter_mut().for_each(|sample| *sample *= self.gain);
        }
        Some(block)
    }
}

impl Drop for OpusDecoder {
    fn drop(&mut self) {
        // SAFETY: made by the matching create function and not used afterwards.
        unsafe { opus_multistream_decoder_destroy(self.state) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_both_byte_orders() {
        let ogg = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        let head = OpusHead::parse(ogg).unwrap();
        assert_eq!((head.channels, head.pre_skip, head.streams, head.coupled), (2, 312, 1, 1));
        let mp4 = b"OpusHead\0\x01\x01\x38\0\0\xbb\x80\0\0\0";
        let head = OpusHead::parse(mp4).unwrap();
        assert_eq!((head.channels, head.pre_skip, head.mapping.len()), (1, 312, 1));
        assert_eq!(OpusHead::parse(b"OpusHead\x01\x03\x38\x01\x80\xbb\0\0\0\0\0"), None);
        assert_eq!(OpusHead::parse(b"OpusHead\x01"), None);
        assert_eq!(OpusHead::parse(b""), None);
    }

    #[test]
    fn nonsense_packets_are_refused() {
        let head = OpusHead::parse(b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0").unwrap();
        let mut decoder = OpusDecoder::new(&head).unwrap();
        assert!(decoder.decode(&[]).is_none());
        assert!(decoder.decode(&[0xff, 0xff, 0xff]).is_none());
    }
}

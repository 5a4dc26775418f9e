//! The index of the file (`moov` box, ISO/IEC 14496-12; Opus as in "Encapsulation of Opus in ISO
//! Base Media File Format" 0.8.1). No times of creation, so that equal work gives equal bytes.

use std::path::Path;

use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{
    Any, AnySampleGroupEntry, Audio, Avc1, Avcc, Co64, Codec, Colr, Dinf, Dops, Dref, Edts, Elst, ElstEntry,
    Encode, Esds, FourCC, Hdlr, Mdhd, Mdia, Meta, Minf, Moov, Mp4a, Mvhd, Opus, Sbgp, SbgpEntry, Sgpd,
    SgpdEntry, Smhd, Stbl, Stco, Stsc, StscEntry, Stsd, Stss, Stsz, StszSamples, Stts, SttsEntry, Tkhd, Trak,
    Udta, Url, Visual, Vmhd,
};

use super::AudioCodec;
use super::provenance::Provenance;
use super::sound::SoundFormat;
use crate::{FrameRate, MediaError, Result};

/// Length of the type box, before which nothing comes.
pub(crate) const TYPE_LENGTH: u64 = 32;
/// Ticks per second of the whole movie: every audio length is exact.
const MOVIE_TIMESCALE: u32 = 48_000;
/// Ticks per second of the pictures are a multiple of the frame rate, at least this.
const LEAST_TIMESCALE: u32 = 10_000;
/// BT.709 for primaries, transfer and matrix.
const BT709: u16 = 1;
/// 80 ms, the preroll that Opus wants after a jump, in packets of 20 ms.
const OPUS_PREROLL: i16 = -4;
const UNDETERMINED_LANGUAGE: &str = "und";

/// Where the coded parts of one track lie.
#[derive(Debug, Default)]
pub(crate) struct Track {
    sizes: Vec<u32>,
    /// Start of every run of neighbouring parts, and how many it has.
    chunks: Vec<(u64, u32)>,
    end: u64,
}

impl Track {
    /// Notes a part of `size` bytes at `offset`.
    pub fn add(&mut self, offset: u64, size: u64) {
        self.sizes.push(u32::try_from(size).unwrap_or(u32::MAX));
        match self.chunks.last_mut() {
            Some((_, count)) if self.end == offset => *count += 1,
            _ => self.chunks.push((offset, 1)),
        }
        self.end = offset + size;
    }

    pub fn len(&self) -> usize {
        self.sizes.len()
    }
}

/// The picture track.
pub(crate) struct VideoTrack<'a> {
    pub track: &'a Track,
    pub width: usize,
    pub height: usize,
    pub rate: FrameRate,
    pub sequence: &'a [u8],
    pub picture: &'a [u8],
    /// Indexes of the frames that decode on their own.
    pub key_frames: &'a [u32],
}

/// The sound track.
pub(crate) struct SoundTrack<'a> {
    pub track: &'a Track,
    pub format: &'a SoundFormat,
}

/// Everything that the index says.
pub(crate) struct Index<'a> {
    pub video: VideoTrack<'a>,
    pub sound: Option<SoundTrack<'a>>,
    pub provenance: &'a Provenance,
}

/// The type box and the head of the data box, whose length is filled in at the end.
pub(crate) fn head() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(TYPE_LENGTH as u32).to_be_bytes());
    bytes.extend_from_slice(b"ftypisom\0\0\x02\0isomiso2avc1mp41");
    bytes.extend_from_slice(&data_header(0));
    bytes
}

/// The head of a data box that is `length` bytes long with it.
pub(crate) fn data_header(length: u64) -> [u8; 16] {
    let mut head = *b"\0\0\0\x01mdat\0\0\0\0\0\0\0\0";
    head[8..].copy_from_slice(&length.to_be_bytes());
    head
}

impl Index<'_> {
    /// The `moov` box for data that lies as noted now, in a file of `end` bytes, and will be moved
    /// back by the index's own length.
    pub fn to_bytes(&self, end: u64, path: &Path) -> Result<Vec<u8>> {
        // The length of the index does not depend on the offsets, only on their width.
        let first = self.encode(end, 0, path)?;
        self.encode(end, first.len() as u64, path)
    }

    fn encode(&self, end: u64, shift: u64, path: &Path) -> Result<Vec<u8>> {
        // A generous guess at the index's length decides the width of the offsets, once.
        let wide = end > u64::from(u32::MAX) - (256 << 20);
        let offsets = Offsets { shift, wide };
        let mut bytes = Vec::new();
        self.movie(&offsets).encode(&mut bytes).map_err(|error| {
            MediaError::io(path, std::io::Error::other(format!("its index cannot be written ({error})")))
        })?;
        Ok(bytes)
    }

    fn movie(&self, offsets: &Offsets) -> Moov {
        let mut tracks = vec![self.video.to_trak(offsets)];
        tracks.extend(self.sound.as_ref().map(|sound| sound.to_trak(offsets)));
        let duration = tracks.iter().map(|track| track.tkhd.duration).max().unwrap_or(0);
        Moov {
            mvhd: Mvhd {
                creation_time: 0,
                modification_time: 0,
                timescale: MOVIE_TIMESCALE,
                duration,
                rate: 1.into(),
                volume: 1.into(),
                matrix: Default::default(),
                next_track_id: tracks.len() as u32 + 1,
            },
            trak: tracks,
            udta: Some(Udta {
                meta: Some(Meta {
                    hdlr: Hdlr { handler: FourCC::new(b"mdir"), name: String::new() },
                    items: vec![Any::Unknown(FourCC::new(b"ilst"), self.provenance.tags())],
                }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

struct Offsets {
    shift: u64,
    wide: bool,
}

impl Offsets {
    /// The boxes that say where the track's parts lie and how large they are.
    fn table(&self, track: &Track) -> Stbl {
        let starts: Vec<u64> = track.chunks.iter().map(|(offset, _)| offset + self.shift).collect();
        let mut runs: Vec<StscEntry> = Vec::new();
        for (index, &(_, count)) in track.chunks.iter().enumerate() {
            if runs.last().is_none_or(|run| run.samples_per_chunk != count) {
                runs.push(StscEntry {
                    first_chunk: index as u32 + 1,
                    samples_per_chunk: count,
                    sample_description_index: 1,
                });
            }
        }
        let mut table = Stbl {
            stsc: Stsc { entries: runs },
            stsz: Stsz { samples: StszSamples::Different { sizes: track.sizes.clone() } },
            ..Default::default()
        };
        if self.wide {
            table.co64 = Some(Co64 { entries: starts });
        } else {
            table.stco = Some(Stco { entries: starts.iter().map(|&start| start as u32).collect() });
        }
        table
    }
}

impl VideoTrack<'_> {
    fn to_trak(&self, offsets: &Offsets) -> Trak {
        // A whole number of ticks per frame, whatever the rate.
        let factor = LEAST_TIMESCALE.div_ceil(self.rate.numerator());
        let timescale = self.rate.numerator() * factor;
        let ticks_per_frame = self.rate.denominator() * factor;
        let frames = self.track.len() as u64;
        let duration = frames * u64::from(ticks_per_frame);
        let (width, height) = (self.width as u16, self.height as u16);
        let entry = Avc1 {
            visual: Visual { data_reference_index: 1, width, height, ..Default::default() },
            avcc: Avcc {
                configuration_version: 1,
                avc_profile_indication: self.sequence.get(1).copied().unwrap_or(0),
                profile_compatibility: self.sequence.get(2).copied().unwrap_or(0),
                avc_level_indication: self.sequence.get(3).copied().unwrap_or(0),
                length_size: 4,
                sequence_parameter_sets: vec![self.sequence.to_vec()],
                picture_parameter_sets: vec![self.picture.to_vec()],
                ext: None,
            },
            colr: Some(Colr::Nclx {
                colour_primaries: BT709,
                transfer_characteristics: BT709,
                matrix_coefficients: BT709,
                full_range_flag: false,
            }),
            ..Default::default()
        };
        let table = Stbl {
            stsd: Stsd { codecs: vec![Codec::Avc1(entry)] },
            stts: Stts {
                entries: vec![SttsEntry { sample_count: frames as u32, sample_delta: ticks_per_frame }],
            },
            stss: Some(Stss { entries: self.key_frames.iter().map(|frame| frame + 1).collect() }),
            ..offsets.table(self.track)
        };
        let movie_duration = scale(duration, timescale, MOVIE_TIMESCALE);
        trak(Description {
            id: 1,
            kind: b"vide",
            name: "Pictures",
            size: (width, height),
            timescale,
            duration,
            edit: None,
            movie_duration,
            table,
        })
    }
}

impl SoundTrack<'_> {
    fn to_trak(&self, offsets: &Offsets) -> Trak {
        let format = self.format;
        let packets = self.track.len() as u64;
        let duration = format.priming + format.length;
        // The last packet counts only as far as it is heard.
        let full = packets.saturating_sub(1);
        let last = duration.saturating_sub(full * u64::from(format.packet_length)) as u32;
        let mut times = vec![SttsEntry { sample_count: full as u32, sample_delta: format.packet_length }];
        times.push(SttsEntry { sample_count: 1, sample_delta: last });
        times.retain(|entry| entry.sample_count > 0);
        let mut table = Stbl {
            stsd: Stsd { codecs: vec![self.sample_entry()] },
            stts: Stts { entries: times },
            ..offsets.table(self.track)
        };
        if format.codec == AudioCodec::Opus {
            let grouping_type = FourCC::new(b"roll");
            table.sgpd = vec![Sgpd {
                grouping_type,
                default_length: Some(2),
                default_group_description_index: None,
                static_group_description: false,
                static_mapping: false,
                essential: false,
                entries: vec![SgpdEntry {
                    description_length: Some(2),
                    entry: AnySampleGroupEntry::UnknownGroupingType(
                        grouping_type,
                        OPUS_PREROLL.to_be_bytes().to_vec(),
                    ),
                }],
            }];
            table.sbgp = vec![Sbgp {
                grouping_type,
                grouping_type_parameter: None,
                entries: vec![SbgpEntry { sample_count: packets as u32, group_description_index: 1 }],
            }];
        }
        let movie_duration = scale(format.length, format.timescale, MOVIE_TIMESCALE);
        trak(Description {
            id: 2,
            kind: b"soun",
            name: "Sound",
            size: (0, 0),
            timescale: format.timescale,
            duration,
            edit: Some(format.priming),
            movie_duration,
            table,
        })
    }

    fn sample_entry(&self) -> Codec {
        let format = self.format;
        let audio = Audio {
            data_reference_index: 1,
            channel_count: 1,
            sample_size: 16,
            sample_rate: (format.timescale as u16).into(),
        };
        match format.codec {
            AudioCodec::Opus => Codec::Opus(Opus {
                audio,
                dops: Dops {
                    output_channel_count: 1,
                    pre_skip: format.priming as u16,
                    input_sample_rate: format.source_rate,
                    output_gain: 0,
                    channel_mapping: None,
                },
                btrt: None,
            }),
            AudioCodec::Aac => Codec::Mp4a(Mp4a {
                audio,
                esds: Esds {
                    es_desc: EsDescriptor {
                        es_id: 2,
                        depends_on_es_id: None,
                        url: None,
                        ocr_es_id: None,
                        stream_priority: 0,
                        dec_config: DecoderConfig {
                            object_type_indication: 0x40,
                            stream_type: 5,
                            up_stream: 0,
                            buffer_size_db: Default::default(),
                            max_bitrate: 0,
                            avg_bitrate: 0,
                            dec_specific: Some(decoder_specific(&format.configuration)),
                        },
                        sl_config: SLConfig::default(),
                    },
                },
                btrt: None,
                taic: None,
            }),
        }
    }
}

fn decoder_specific(configuration: &[u8]) -> DecoderSpecific {
    let word = configuration.iter().take(2).fold(0u16, |word, &byte| word << 8 | u16::from(byte));
    DecoderSpecific {
        profile: (word >> 11) as u8,
        freq_index: (word >> 7 & 0xf) as u8,
        chan_conf: (word >> 3 & 0xf) as u8,
        raw: configuration.to_vec(),
    }
}

/// What differs between the tracks.
struct Description {
    id: u32,
    kind: &'static [u8; 4],
    name: &'static str,
    size: (u16, u16),
    timescale: u32,
    duration: u64,
    /// Ticks to pass over at the start.
    edit: Option<u64>,
    /// Length in the movie's ticks.
    movie_duration: u64,
    table: Stbl,
}

fn trak(track: Description) -> Trak {
    let is_sound = track.kind == b"soun";
    Trak {
        tkhd: Tkhd {
            track_id: track.id,
            duration: track.movie_duration,
            alternate_group: u16::from(is_sound),
            enabled: true,
            in_movie: true,
            volume: u8::from(is_sound).into(),
            width: track.size.0.into(),
            height: track.size.1.into(),
            ..Default::default()
        },
        edts: track.edit.map(|media_time| Edts {
            elst: Some(Elst {
                entries: vec![ElstEntry {
                    segment_duration: track.movie_duration,
                    media_time: Some(media_time),
                    media_rate: 1.into(),
                }],
            }),
        }),
        mdia: Mdia {
            mdhd: Mdhd {
                timescale: track.timescale,
                duration: track.duration,
                language: UNDETERMINED_LANGUAGE.into(),
                ..Default::default()
            },
            hdlr: Hdlr { handler: FourCC::new(track.kind), name: track.name.into() },
            minf: Minf {
                vmhd: (!is_sound).then(Vmhd::default),
                smhd: is_sound.then(Smhd::default),
                dinf: Dinf { dref: Dref { entries: vec![Url::default().into()] } },
                stbl: track.table,
                ..Default::default()
            },
        },
        ..Default::default()
    }
}

fn scale(ticks: u64, from: u32, to: u32) -> u64 {
    let scaled = (u128::from(ticks) * u128::from(to)).div_ceil(u128::from(from));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

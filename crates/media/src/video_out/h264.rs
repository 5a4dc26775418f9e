//! Pictures to H.264, by OpenH264: constrained baseline profile, one slice, no reordering.

use std::path::{Path, PathBuf};

use openh264::OpenH264API;
use openh264::Timestamp;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate as EncoderRate, FrameType, IntraFramePeriod,
    QpRange, RateControlMode, VuiConfig,
};
use openh264::formats::YUVSlices;

use super::Quality;
use crate::colour::ColourMatrix;
use crate::{FrameRate, MediaError, Picture, Result};

/// The finest and coarsest quantiser of [`Quality::Quantiser`].
const QUANTISERS: std::ops::RangeInclusive<u8> = 12..=51;
const NOMINAL_BIT_RATE: u32 = 2_000_000;
/// A picture that decodes on its own comes every so many seconds, for seeking.
const SECONDS_BETWEEN_KEY_FRAMES: f64 = 2.0;

/// `ENCODER_OPTION_TRACE_LEVEL` and `WELS_LOG_QUIET` of OpenH264's interface.
const TRACE_LEVEL: i32 = 25;
const QUIET: i32 = 0;

const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// An encoder and the planes that it reads.
pub(crate) struct H264Encoder {
    path: PathBuf,
    encoder: Encoder,
    rate: FrameRate,
    planes: Vec<u8>,
    frames: u64,
    sequence: Option<Vec<u8>>,
    picture: Option<Vec<u8>>,
}

impl H264Encoder {
    /// `path` is only for error messages.
    pub fn new(path: &Path, rate: FrameRate, quality: Quality) -> Result<Self> {
        let key_period = (rate.as_f64() * SECONDS_BETWEEN_KEY_FRAMES).round().max(1.0) as u32;
        let config = EncoderConfig::new()
            .complexity(Complexity::High)
            .max_frame_rate(EncoderRate::from_hz(rate.as_f64() as f32))
            .skip_frames(false)
            .scene_change_detect(false)
            .background_detection(false)
            .adaptive_quantization(false)
            .long_term_reference(false)
            // Threads would only serve several slices.
            .num_threads(1)
            .intra_frame_period(IntraFramePeriod::from_num_frames(key_period))
            .vui(VuiConfig::bt709());
        let config = match quality {
            Quality::Quantiser(quantiser) if QUANTISERS.contains(&quantiser) => {
                // Without rate control OpenH264 knows one quantiser only; with it, a range of one
                // leaves nothing to control, whatever the bit rate (which still raises the level).
                config
                    .rate_control_mode(RateControlMode::Quality)
                    .bitrate(BitRate::from_bps(NOMINAL_BIT_RATE))
                    .qp(QpRange::new(quantiser, quantiser))
            }
            Quality::BitsPerSecond(bits) if bits >= 10_000 => {
                config.rate_control_mode(RateControlMode::Bitrate).bitrate(BitRate::from_bps(bits))
            }
            _ => {
                return Err(MediaError::Argument(format!(
                    "{quality:?} is no video quality: the quantiser goes from 12 to 51, the bit rate from 10000 on"
                )));
            }
        };
        let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|error| failure(path, &error.to_string()))?;
        let mut quiet = QUIET;
        // SAFETY: the option takes a pointer to one int, which OpenH264 copies; it may be set
        // before the encoder is initialised. Without it, advice is printed to the error output.
        unsafe { encoder.raw_api().set_option(TRACE_LEVEL, (&raw mut quiet).cast()) };
        Ok(Self {
            path: path.to_owned(),
            encoder,
            rate,
            planes: Vec::new(),
            frames: 0,
            sequence: None,
            picture: None,
        })
    }

    /// Appends the coded picture to `coded`, each unit after its length in four bytes, as MP4 wants
    /// it; gives whether it decodes on its own. Width and height are even.
    pub fn encode(&mut self, picture: &Picture, coded: &mut Vec<u8>) -> Result<bool> {
        let (width, height) = (picture.width(), picture.height());
        self.planes.resize(width * height * 3 / 2, 0);
        ColourMatrix::BT709.to_planes(picture.rgb(), width, height, &mut self.planes);
        let (y, chroma) = self.planes.split_at(width * height);
        let (u, v) = chroma.split_at(chroma.len() / 2);
        let source = YUVSlices::new((y, u, v), (width, height), (width, width / 2, width / 2));
        let at = Timestamp::from_millis(self.rate.start_of_frame(self.frames, 1000));
        self.frames += 1;
        let stream =
            self.encoder.encode_at(&source, at).map_err(|error| failure(&self.path, &error.to_string()))?;
        let is_key = stream.frame_type() == FrameType::IDR;
        for layer in (0..stream.num_layers()).filter_map(|index| stream.layer(index)) {
            for unit in (0..layer.nal_count()).filter_map(|index| layer.nal_unit(index)) {
                let unit = without_start_code(unit);
                match unit.first().map(|head| head & 0x1f) {
                    Some(SEQUENCE_PARAMETERS) => keep(&mut self.sequence, unit, &self.path)?,
                    Some(PICTURE_PARAMETERS) => keep(&mut self.picture, unit, &self.path)?,
                    Some(_) => {
                        coded.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                        coded.extend_from_slice(unit);
                    }
                    None => {}
                }
            }
        }
        if coded.is_empty() {
            return Err(failure(&self.path, "left out a frame"));
        }
        Ok(is_key)
    }

    /// The sequence and the picture parameter set, once a picture was coded.
    pub fn parameter_sets(&self) -> (Option<&[u8]>, Option<&[u8]>) {
        (self.sequence.as_deref(), self.picture.as_deref())
    }

    /// An error of the encoder.
    pub fn failure(&self, what: &str) -> MediaError {
        failure(&self.path, what)
    }
}

/// Parameter sets go into the index, once; they never change.
fn keep(place: &mut Option<Vec<u8>>, unit: &[u8], path: &Path) -> Result<()> {
    match place {
        Some(known) if known != unit => Err(failure(path, "changed its parameters on the way")),
        Some(_) => Ok(()),
        None => {
            *place = Some(unit.to_vec());
            Ok(())
        }
    }
}

fn without_start_code(unit: &[u8]) -> &[u8] {
    let zeros = unit.iter().take_while(|&&byte| byte == 0).count();
    match unit.get(zeros) {
        Some(1) if zeros >= 2 => &unit[zeros + 1..],
        _ => unit,
    }
}

fn failure(path: &Path, what: &str) -> MediaError {
    MediaError::io(path, std::io::Error::other(format!("the H.264 encoder {what}")))
}

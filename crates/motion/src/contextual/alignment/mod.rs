//! Chronological alignment of speech and gesture (METHODS 2.1): one space in which a window of motion and the speech it
//! belongs to are near each other, and speech in another order is not.

mod contrastive;
mod encoder;
mod retrieval;
mod shuffle;

pub use contrastive::{Contrast, contrastive_loss, sigmoid_loss};
pub use retrieval::{Recall, batch_recall, recall_at};
pub use shuffle::{FEWEST_PHRASES, shuffled_order, shuffled_phrases, window_phrases};

pub(super) use encoder::{ContentEncoder, EncoderSizes};

use super::{AlignmentConfig, MotionLayout, Stream};
use encoder::EmbeddingHead;
use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Tensor};

struct Pair {
    motion: ContentEncoder,
    speech: ContentEncoder,
    motion_head: EmbeddingHead,
    speech_head: EmbeddingHead,
}

/// The encoders of face and body, each with a speech encoder of its own.
pub struct Alignment {
    pairs: [Pair; 2],
    /// The variables; names begin with the stream.
    pub store: VarStore,
}

impl Alignment {
    /// Fresh encoders for `features` numbers of speech a frame; initial values come from libtorch's generator, so seed that first.
    #[must_use]
    pub fn new(config: &AlignmentConfig, layout: &MotionLayout, features: i64, device: Device) -> Self {
        let store = VarStore::new(device);
        let root = store.root();
        let pair = |stream: Stream| {
            let at: Path = &root / stream.name();
            Pair {
                motion: ContentEncoder::new(
                    &(&at / "motion"),
                    layout.dimensions(stream) as i64,
                    config.into(),
                ),
                speech: ContentEncoder::new(&(&at / "speech"), features, config.into()),
                motion_head: EmbeddingHead::new(&(&at / "motion_head"), config),
                speech_head: EmbeddingHead::new(&(&at / "speech_head"), config),
            }
        };
        let pairs = [pair(Stream::Face), pair(Stream::Body)];
        Self { pairs, store }
    }

    /// Content of every frame `[batch, time, width]` of normalised motion `[batch, time, dimensions]`: z of Eq. 2.
    pub fn motion_content(&self, stream: Stream, motion: &Tensor, train: bool) -> Tensor {
        self.pairs[stream as usize].motion.forward(motion, train)
    }

    /// Embeddings `[batch, embedding]` of length 1 of normalised motion `[batch, time, dimensions]`; frames with `valid`
    /// `[batch, time]` 0 do not count.
    pub fn embed_motion(&self, stream: Stream, motion: &Tensor, valid: &Tensor, train: bool) -> Tensor {
        let pair = &self.pairs[stream as usize];
        pair.motion_head.forward(&pair.motion.forward(motion, train), valid)
    }

    /// Embeddings `[batch, embedding]` of length 1 of normalised speech features `[batch, time, features]`.
    pub fn embed_speech(&self, stream: Stream, speech: &Tensor, train: bool) -> Tensor {
        let pair = &self.pairs[stream as usize];
        let all = Tensor::ones(&speech.size()[..2], (Kind::Float, speech.device()));
        pair.speech_head.forward(&pair.speech.forward(speech, train), &all)
    }
}

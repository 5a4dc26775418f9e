//! S2G-MDDiffusion's published denoiser by its own names into [`Denoiser`].
//!
//! Every name must be known: a tensor that finds no place is an error, as is a place without one. A checkpoint of the published
//! program holds the network twice, the averaged weights below `ema_state_dict`; these are taken, because sampling uses them.

use super::{Denoiser, DenoiserConfig, WINDOW_FRAMES};
use crate::Result;
use orator_nn::attention::RotaryPlace;
use orator_nn::{Checkpoint, NnError, assign, parameters};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use tch::nn::VarStore;
use tch::{Device, Tensor};

/// What the weight file says it is.
const KIND: &str = "s2g-denoiser";
/// Attention heads of the published network; weights do not tell them.
pub(super) const HEADS: i64 = 8;
/// Keys below which the published program saves the network, best first.
const KEYS: [&str; 3] = ["ema_state_dict.", "model_state_dict.", ""];
/// The tensor by which the network is known.
const MARK: &str = "null_cond_embed";
/// The end of names that hold nothing to take up: tables that are computed here.
const COMPUTED: &str = "rotary.freqs";
/// Most numbers of a frame of motion or of speech.
const WIDEST: i64 = 8192;

type Tensors = BTreeMap<String, Tensor>;

/// The published denoiser with its weights.
pub struct S2gDenoiser {
    /// The network.
    pub denoiser: Denoiser,
    /// Numbers a frame of speech.
    pub features: i64,
    store: VarStore,
}

/// What a weight file says of its sizes.
#[derive(Serialize, Deserialize)]
struct Sizes {
    denoiser: DenoiserConfig,
    numbers: i64,
    features: i64,
}

fn mismatch(what: String) -> NnError {
    NnError::Mismatch { what: format!("not S2G's denoiser as published: {what}") }
}

/// Takes up the published tensors; `heads` is 8 in what was published.
///
/// # Errors
/// [`NnError::Mismatch`] when they are of another network, or a tensor is missing, left over or of another shape.
pub fn import_s2g(tensors: &Tensors, heads: Option<i64>) -> Result<S2gDenoiser> {
    let key = key_of(tensors).ok_or_else(|| mismatch(format!("they have no {MARK}")))?;
    let own: Tensors = tensors
        .iter()
        .filter_map(|(name, t)| Some((own_name(name, key)?.to_owned(), t.shallow_clone())))
        .collect();
    let (config, numbers, features) = sizes(&own, heads.unwrap_or(HEADS))?;
    let made = S2gDenoiser::new(&config, numbers, features);
    let mut names = Renaming { from: &own, to: Tensors::new(), taken: Vec::new() };
    names.network(&config)?;
    if let Some(left) = own.keys().find(|name| !names.taken.contains(name)) {
        return Err(mismatch(format!("nothing here is called {left}")).into());
    }
    assign(&made.store, &names.to, "")?;
    Ok(made)
}

/// Names of the tensors that [`import_s2g`] passes over: optimisers', the weights that are not averaged, and what is computed here.
/// All, when they are not S2G's.
#[must_use]
pub fn passed_over_by_s2g(tensors: &Tensors) -> Vec<&str> {
    let key = key_of(tensors);
    let passed = |name: &&str| key.is_none_or(|key| own_name(name, key).is_none());
    tensors.keys().map(String::as_str).filter(passed).collect()
}

fn key_of(tensors: &Tensors) -> Option<&'static str> {
    KEYS.into_iter().find(|key| tensors.contains_key(&format!("{key}{MARK}")))
}

fn own_name<'a>(name: &'a str, key: &str) -> Option<&'a str> {
    name.strip_prefix(key).filter(|own| !own.ends_with(COMPUTED))
}

fn size(tensors: &Tensors, name: &str, axes: usize) -> Result<Vec<i64>> {
    let size = tensors.get(name).map(Tensor::size).filter(|s| s.len() == axes && s.iter().all(|&n| n > 0));
    Ok(size.ok_or_else(|| mismatch(format!("{name} is missing or has not {axes} axes")))?)
}

/// Sizes by the shapes of the tensors, so that nothing larger is made than the file is.
fn sizes(tensors: &Tensors, heads: i64) -> Result<(DenoiserConfig, i64, i64)> {
    let enter = size(tensors, "input_projection.weight", 2)?;
    let (width, numbers) = (enter[0], enter[1] / 2);
    let features = size(tensors, "cond_projection.weight", 2)?[1];
    let none = size(tensors, MARK, 3)?;
    if none != [1, WINDOW_FRAMES as i64, width] {
        return Err(mismatch(format!("{MARK} is {none:?} and not of {WINDOW_FRAMES} frames")).into());
    }
    if enter[1] % 2 != 0 || numbers > WIDEST || features > WIDEST {
        return Err(mismatch(format!("motion of {numbers} and speech of {features} numbers a frame")).into());
    }
    let mut hidden = None;
    let mut count = |name: &dyn Fn(i64) -> String| -> Result<i64> {
        let layers = (0..).take_while(|&i| tensors.contains_key(&name(i))).count() as i64;
        for i in 0..layers {
            let name = name(i);
            let size = size(tensors, &name, 2)?;
            if size[1] != width || *hidden.get_or_insert(size[0]) != size[0] {
                return Err(mismatch(format!("{name} has another size than the layers before")).into());
            }
        }
        Ok(layers)
    };
    let layers = count(&|i| format!("seqTransDecoder.stack.{i}.linear1.weight"))?;
    let speech_layers = count(&|i| format!("cond_encoder.{i}.linear1.weight"))?;
    let config = DenoiserConfig {
        width,
        heads,
        hidden: hidden.unwrap_or(0),
        layers,
        speech_layers,
        prefix: 0,
        rotary: RotaryPlace::Latent,
        ..DenoiserConfig::default()
    };
    config.check().map_err(mismatch)?;
    Ok((config, numbers, features))
}

/// Renames, and remembers what was taken.
struct Renaming<'a> {
    from: &'a Tensors,
    to: Tensors,
    taken: Vec<String>,
}

impl Renaming<'_> {
    fn take(&mut self, name: &str) -> Result<Tensor> {
        let tensor = self.from.get(name).ok_or_else(|| mismatch(format!("{name} is missing")))?;
        self.taken.push(name.to_owned());
        Ok(tensor.shallow_clone())
    }

    fn rename(&mut self, name: &str, to: &str) -> Result<()> {
        let tensor = self.take(name)?;
        self.to.insert(to.to_owned(), tensor);
        Ok(())
    }

    /// Weight and bias.
    fn both(&mut self, name: &str, to: &str) -> Result<()> {
        for part in ["weight", "bias"] {
            self.rename(&format!("{name}.{part}"), &format!("{to}.{part}"))?;
        }
        Ok(())
    }

    fn attention(&mut self, from: &str, to: &str) -> Result<()> {
        for part in ["weight", "bias"] {
            let joined = self.take(&format!("{from}.in_proj_{part}"))?;
            if joined.dim() == 0 || joined.size()[0] % 3 != 0 {
                return Err(mismatch(format!("{from}.in_proj_{part} is not of three parts")).into());
            }
            for (piece, name) in joined.chunk(3, 0).into_iter().zip(["query", "key", "value"]) {
                self.to.insert(format!("{to}.{name}.{part}"), piece.contiguous());
            }
        }
        self.both(&format!("{from}.out_proj"), &format!("{to}.output"))
    }

    fn feed_forward(&mut self, from: &str, to: &str) -> Result<()> {
        self.both(&format!("{from}.linear1"), &format!("{to}.feed_forward.inner"))?;
        self.both(&format!("{from}.linear2"), &format!("{to}.feed_forward.outer"))
    }

    fn network(&mut self, config: &DenoiserConfig) -> Result<()> {
        self.rename(MARK, "no_speech")?;
        self.rename("null_cond_hidden", "no_pooled")?;
        for (from, to) in [
            ("time_mlp.1", "time_hidden"),
            ("to_time_cond.0", "time_condition"),
            ("to_time_tokens.0", "time_tokens"),
            ("norm_cond", "memory_norm"),
            ("input_projection", "enter"),
            ("cond_projection", "speech_enter"),
            ("non_attn_cond_projection.0", "pooled_norm"),
            ("non_attn_cond_projection.1", "pooled_inner"),
            ("non_attn_cond_projection.3", "pooled_outer"),
            ("final_layer", "leave"),
        ] {
            self.both(from, to)?;
        }
        for i in 0..config.speech_layers {
            let (from, to) = (format!("cond_encoder.{i}"), format!("speech_layer.{i}"));
            self.attention(&format!("{from}.self_attn"), &format!("{to}.attention"))?;
            self.feed_forward(&from, &to)?;
            self.both(&format!("{from}.norm1"), &format!("{to}.norm_attention"))?;
            self.both(&format!("{from}.norm2"), &format!("{to}.norm_feed_forward"))?;
        }
        for i in 0..config.layers {
            let (from, to) = (format!("seqTransDecoder.stack.{i}"), format!("layer.{i}"));
            self.attention(&format!("{from}.self_attn"), &format!("{to}.own"))?;
            self.attention(&format!("{from}.multihead_attn"), &format!("{to}.memory"))?;
            self.feed_forward(&from, &to)?;
            for (number, part) in (1..).zip(["own", "memory", "feed_forward"]) {
                self.both(&format!("{from}.norm{number}"), &format!("{to}.norm_{part}"))?;
                self.both(&format!("{from}.film{number}.block.1"), &format!("{to}.film_{part}"))?;
            }
        }
        Ok(())
    }
}

impl S2gDenoiser {
    fn new(config: &DenoiserConfig, numbers: i64, features: i64) -> Self {
        let store = VarStore::new(Device::Cpu);
        let denoiser = Denoiser::new(&store.root(), numbers, features, config);
        Self { denoiser, features, store }
    }

    /// As a weight file.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let sizes = Sizes {
            denoiser: self.denoiser.config().clone(),
            numbers: self.denoiser.numbers(),
            features: self.features,
        };
        let metadata = BTreeMap::from([
            ("kind".to_string(), KIND.to_string()),
            ("config".to_string(), serde_json::to_string(&sizes).unwrap_or_default()),
        ]);
        Checkpoint { metadata, tensors: parameters(&self.store) }
    }

    /// Reads a file written by [`S2gDenoiser::checkpoint`].
    ///
    /// # Errors
    /// When the file is damaged, of another kind, or does not fit its own configuration.
    pub fn read(path: &Path) -> Result<Self> {
        let file = Checkpoint::read(path)?;
        let mismatch = |what: String| NnError::Mismatch { what: format!("{}: {what}", path.display()) };
        let text = |key: &str| file.metadata.get(key).map(String::as_str).unwrap_or_default();
        if text("kind") != KIND {
            return Err(mismatch(format!("holds {:?} and not {KIND}", text("kind"))).into());
        }
        let sizes: Sizes =
            serde_json::from_str(text("config")).map_err(|e| mismatch(format!("configuration: {e}")))?;
        sizes.denoiser.check().map_err(|what| mismatch(format!("configuration: {what}")))?;
        if ![sizes.numbers, sizes.features].iter().all(|n| (1..=WIDEST).contains(n)) {
            return Err(mismatch("the sizes cannot be".into()).into());
        }
        let made = Self::new(&sizes.denoiser, sizes.numbers, sizes.features);
        assign(&made.store, &file.tensors, "")?;
        Ok(made)
    }
}

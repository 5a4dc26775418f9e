//! Published MoMask weights by their own names into these modules.
//!
//! Takes tensors by name, as a reader of checkpoints gives them; names may stand below the key under which the published
//! programs save the network. Every name must be known: a tensor that finds no place is an error, as is a place without one.

use super::weight_file::{MOST_LAYERS, WIDEST};
use super::{MaskTransformer, ResidualTransformer, ResidualTransformerConfig, TextTransformerConfig};
use crate::Result;
use crate::contextual::{Tokenizer, TokenizerConfig};
use orator_nn::{NnError, assign};
use std::collections::BTreeMap;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// Keys below which the published programs save a network.
const KEYS: [&str; 6] = ["", "vq_model.", "net.", "t2m_transformer.", "trans.", "res_transformer."];
/// Tensors by which a tokenizer, a residual and a mask transformer are told apart, in this order.
const MARKS: [&str; 3] = ["quantizer.layers.0.codebook", "quant_emb.weight", "token_emb.weight"];
/// Names that hold nothing to take up: tables that are computed here, and the text encoder, which is not part of this.
const PASSED_OVER: [&str; 2] = ["position_enc.", "clip_model."];
/// Attention heads of all published transformers; weights do not tell them.
const HEADS: i64 = 6;

/// A network of MoMask with its weights.
pub enum Imported {
    /// Tokenizer of motion of so many numbers a frame.
    Tokenizer {
        /// The network.
        network: Box<Tokenizer>,
        /// Sizes.
        config: Box<TokenizerConfig>,
        /// Numbers a frame.
        dimensions: i64,
        /// Its variables.
        store: VarStore,
    },
    /// Mask transformer.
    Mask(MaskTransformer),
    /// Residual transformer.
    Residual(ResidualTransformer),
}

type Tensors = BTreeMap<String, Tensor>;

fn mismatch(what: String) -> NnError {
    NnError::Mismatch { what: format!("not MoMask weights as published: {what}") }
}

/// Finds out which network these tensors are and takes them up.
///
/// # Errors
/// [`NnError::Mismatch`] when they are of none, or a tensor is missing, left over or of another shape.
pub fn import_momask(tensors: &Tensors) -> Result<Imported> {
    let Some(key) = key_of(tensors) else {
        return Err(mismatch("they have neither codebooks nor token tables".into()).into());
    };
    let own: Tensors = tensors
        .iter()
        .filter_map(|(name, t)| Some((own_name(name, key)?.to_string(), t.shallow_clone())))
        .collect();
    if own.contains_key(MARKS[0]) {
        tokenizer(&own)
    } else if own.contains_key(MARKS[1]) {
        residual(own)
    } else {
        mask(own)
    }
}

/// Names of the tensors that [`import_momask`] passes over: optimisers' and schedules', and what is computed here. All, when
/// they are no weights of MoMask.
#[must_use]
pub fn passed_over_by_momask(tensors: &Tensors) -> Vec<&str> {
    let key = key_of(tensors);
    let passed = |name: &&str| key.is_none_or(|key| own_name(name, key).is_none());
    tensors.keys().map(String::as_str).filter(passed).collect()
}

/// The key below which a network of MoMask stands.
fn key_of(tensors: &Tensors) -> Option<&'static str> {
    KEYS.into_iter().find(|key| MARKS.iter().any(|mark| tensors.contains_key(&format!("{key}{mark}"))))
}

/// A network's own name of a tensor below `key`; `None` when it is passed over.
fn own_name<'a>(name: &'a str, key: &str) -> Option<&'a str> {
    let own = name.strip_prefix(key)?;
    (!PASSED_OVER.iter().any(|passed| own.starts_with(passed))).then_some(own)
}

fn size(tensors: &Tensors, name: &str, axes: usize) -> Result<Vec<i64>> {
    let size = tensors.get(name).map(Tensor::size).filter(|s| s.len() == axes && s.iter().all(|&n| n > 0));
    Ok(size.ok_or_else(|| mismatch(format!("{name} is missing or has not {axes} axes")))?)
}

fn count(tensors: &Tensors, name: impl Fn(i64) -> String) -> i64 {
    (0..).take_while(|&i| tensors.contains_key(&name(i))).count() as i64
}

/// Renames, and refuses what is left over.
struct Renaming<'a> {
    from: &'a Tensors,
    to: Tensors,
    taken: Vec<String>,
}

impl<'a> Renaming<'a> {
    fn of(from: &'a Tensors) -> Self {
        Self { from, to: Tensors::new(), taken: Vec::new() }
    }

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

    fn finish(self, store: &VarStore) -> Result<()> {
        if let Some(left) = self.from.keys().find(|name| !self.taken.contains(name)) {
            return Err(mismatch(format!("nothing here is called {left}")).into());
        }
        Ok(assign(store, &self.to, "")?)
    }
}

fn tokenizer(tensors: &Tensors) -> Result<Imported> {
    let enter = size(tensors, "encoder.model.0.weight", 3)?;
    let (width, dimensions) = (enter[0], enter[1]);
    let blocks = count(tensors, |i| format!("encoder.model.{}.0.weight", 2 + i));
    for i in 0..blocks {
        // Also so that nothing larger is made than the file is.
        if size(tensors, &format!("encoder.model.{}.0.weight", 2 + i), 3)? != [width, width, 4] {
            return Err(mismatch(format!("a stack that does not halve the time at width {width}")).into());
        }
    }
    let depth = count(tensors, |j| format!("encoder.model.2.1.model.{j}.conv1.weight"));
    let codebook = size(tensors, "quantizer.layers.0.codebook", 2)?;
    let layers = count(tensors, |q| format!("quantizer.layers.{q}.codebook"));
    let config = TokenizerConfig {
        width,
        blocks,
        depth,
        code_dimensions: codebook[1],
        codes: codebook[0],
        layers,
        halvings: blocks,
        encoder_widest_first: true,
        ..TokenizerConfig::default()
    };
    config.check().map_err(mismatch)?;
    if dimensions > WIDEST {
        return Err(mismatch(format!("motion of {dimensions} numbers a frame")).into());
    }
    let store = VarStore::new(Device::Cpu);
    let network = Tokenizer::new(&store.root(), dimensions, &config, None);
    let mut names = Renaming::of(tensors);
    names.both("encoder.model.0", "enter")?;
    names.both(&format!("encoder.model.{}", 2 + blocks), "to_code")?;
    names.both("decoder.model.0", "from_code")?;
    names.both(&format!("decoder.model.{}", 2 + blocks), "middle")?;
    names.both(&format!("decoder.model.{}", 4 + blocks), "leave")?;
    for i in 0..blocks {
        let (encoder, decoder) = (format!("encoder.model.{}", 2 + i), format!("decoder.model.{}", 2 + i));
        names.both(&format!("{encoder}.0"), &format!("encoder.{i}.convolution"))?;
        names.both(&format!("{decoder}.2"), &format!("decoder.{i}.convolution"))?;
        for (stack, side) in [(format!("{encoder}.1"), "encoder"), (format!("{decoder}.0"), "decoder")] {
            for j in 0..depth {
                let at = format!("{stack}.model.{j}");
                names.both(&format!("{at}.conv1"), &format!("{side}.{i}.stack.{j}.dilated"))?;
                names.both(&format!("{at}.conv2"), &format!("{side}.{i}.stack.{j}.pointwise"))?;
            }
        }
    }
    for q in 0..layers {
        let (from, to) = (format!("quantizer.layers.{q}"), format!("quantiser.{q}"));
        let codes = names.take(&format!("{from}.codebook"))?;
        // The running averages are saved by some of the published programs only.
        for (name, target, otherwise) in [
            ("code_sum", "sum", codes.copy()),
            ("code_count", "count", Tensor::ones([codebook[0]], (Kind::Float, Device::Cpu))),
        ] {
            let name = format!("{from}.{name}");
            let tensor = if tensors.contains_key(&name) { names.take(&name)? } else { otherwise };
            names.to.insert(format!("{to}.{target}"), tensor);
        }
        names.to.insert(format!("{to}.codes"), codes);
        names.to.insert(format!("{to}.started"), Tensor::ones([1], (Kind::Float, Device::Cpu)));
    }
    names.finish(&store)?;
    Ok(Imported::Tokenizer { network: Box::new(network), config: Box::new(config), dimensions, store })
}

fn transformer_config(tensors: &Tensors, codes: i64) -> Result<TextTransformerConfig> {
    let enter = size(tensors, "input_process.poseEmbedding.weight", 2)?;
    if enter[0] % HEADS != 0 || enter[0] % 2 != 0 {
        return Err(mismatch(format!("width {} is no multiple of {HEADS} heads", enter[0])).into());
    }
    let config = TextTransformerConfig {
        condition: size(tensors, "cond_emb.weight", 2)?[1],
        code_dimensions: enter[1],
        width: enter[0],
        heads: HEADS,
        hidden: size(tensors, "seqTransEncoder.layers.0.linear1.weight", 2)?[0],
        layers: count(tensors, |i| format!("seqTransEncoder.layers.{i}.linear1.weight")),
        codes,
    };
    config.check().map_err(mismatch)?;
    // Nothing larger is made than the file is.
    for i in 0..config.layers {
        let layer = format!("seqTransEncoder.layers.{i}");
        let attention = size(tensors, &format!("{layer}.self_attn.in_proj_weight"), 2)?;
        let inner = size(tensors, &format!("{layer}.linear1.weight"), 2)?;
        if attention != [3 * config.width, config.width] || inner != [config.hidden, config.width] {
            return Err(mismatch(format!("{layer} has other sizes than the layers before")).into());
        }
    }
    Ok(config)
}

fn transformer(names: &mut Renaming<'_>, layers: i64) -> Result<()> {
    names.both("input_process.poseEmbedding", "enter")?;
    names.both("cond_emb", "condition")?;
    names.both("output_process.dense", "dense")?;
    names.both("output_process.LayerNorm", "norm")?;
    names.both("output_process.poseFinal", "leave")?;
    for i in 0..layers {
        let (from, to) = (format!("seqTransEncoder.layers.{i}"), format!("layer.{i}"));
        for part in ["weight", "bias"] {
            let joined = names.take(&format!("{from}.self_attn.in_proj_{part}"))?;
            if joined.size()[0] % 3 != 0 {
                return Err(mismatch(format!("{from}.self_attn.in_proj_{part} is not of three parts")).into());
            }
            for (piece, name) in joined.chunk(3, 0).into_iter().zip(["query", "key", "value"]) {
                names.to.insert(format!("{to}.attention.{name}.{part}"), piece.contiguous());
            }
        }
        names.both(&format!("{from}.self_attn.out_proj"), &format!("{to}.attention.output"))?;
        names.both(&format!("{from}.linear1"), &format!("{to}.feed_forward.inner"))?;
        names.both(&format!("{from}.linear2"), &format!("{to}.feed_forward.outer"))?;
        names.both(&format!("{from}.norm1"), &format!("{to}.norm_attention"))?;
        names.both(&format!("{from}.norm2"), &format!("{to}.norm_feed_forward"))?;
    }
    Ok(())
}

fn mask(tensors: Tensors) -> Result<Imported> {
    let codes = size(&tensors, "token_emb.weight", 2)?[0] - 2;
    let config = transformer_config(&tensors, codes)?;
    let network = MaskTransformer::new(&config, Device::Cpu);
    let mut names = Renaming::of(&tensors);
    transformer(&mut names, config.layers)?;
    names.rename("token_emb.weight", "token.weight")?;
    names.finish(&network.store)?;
    Ok(Imported::Mask(network))
}

fn residual(tensors: Tensors) -> Result<Imported> {
    let tied = tensors.contains_key("embed_proj_shared_weight");
    let table = if tied { "embed_proj_shared_weight" } else { "output_proj_weight" };
    let codes = size(&tensors, table, 3)?[1] - 1;
    let quantisers = size(&tensors, "quant_emb.weight", 2)?[1];
    if quantisers < 2 || (tied && quantisers < 3) {
        return Err(mismatch("there are no residual layers".into()).into());
    }
    if quantisers > MOST_LAYERS {
        return Err(mismatch(format!("{quantisers} layers of tokens")).into());
    }
    let config = ResidualTransformerConfig {
        transformer: transformer_config(&tensors, codes)?,
        quantisers,
        tied,
        doubled: !tied,
    };
    let network = ResidualTransformer::new(&config, Device::Cpu);
    let mut names = Renaming::of(&tensors);
    transformer(&mut names, config.transformer.layers)?;
    names.both("quant_emb", "layer_number")?;
    if tied {
        names.rename("embed_proj_shared_weight", "shared")?;
        names.rename("token_embed_weight_", "first_embedding")?;
        names.rename("output_proj_weight_", "last_output")?;
    } else {
        names.rename("token_embed_weight", "embedding")?;
        names.rename("output_proj_weight", "output")?;
        // The published table has one row too many, which nothing reads.
        let bias = names.take("output_proj_bias")?;
        let rows = bias.size()[0].min(quantisers - 1);
        names.to.insert("bias".into(), bias.narrow(0, 0, rows).contiguous());
    }
    names.finish(&network.store)?;
    Ok(Imported::Residual(network))
}

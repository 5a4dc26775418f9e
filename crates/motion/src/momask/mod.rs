//! MoMask's networks (Guo et al. 2024), from which the contextual system's tokenizer and generators descend, so that its
//! published weights can be read and so that our building blocks are proved on them.
//!
//! The tokenizer is a configuration of ours ([`crate::contextual::Tokenizer`]): stacks that halve the time, dilations from wide
//! to narrow on both sides. The transformers are a composition of their own: MoMask's layers have their norms behind, no
//! cross-attention and no style, and put the condition (a text's embedding) before the sequence as a token. Making that a
//! setting of [`GestureBlock`](crate::contextual) would switch off all that it is; what both share (attention, feed-forward
//! layers, encoder layers, positions, unmasking counts, choice of tokens) is shared.

mod import;
mod mask_transformer;
mod residual_transformer;
mod text_transformer;
mod weight_file;

pub use import::{Imported, import_momask, passed_over_by_momask};
pub use mask_transformer::MaskTransformer;
pub use residual_transformer::{ResidualTransformer, ResidualTransformerConfig};
pub use text_transformer::TextTransformerConfig;

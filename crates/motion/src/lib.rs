//! Speech to motion: tokenizers, mask and residual generators, long recordings, retargeting.

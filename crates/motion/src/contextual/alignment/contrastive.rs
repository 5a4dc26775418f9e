//! The contrastive loss of Eq. (1) with chronological negatives (METHODS 2.1).

use tch::{Kind, Tensor};

/// One batch of `n` pairs.
pub struct Contrast<'a> {
    /// Embeddings of motion, `[n, embedding]`, of length 1.
    pub motion: &'a Tensor,
    /// Embeddings of the speech that belongs to it.
    pub speech: &'a Tensor,
    /// Embeddings of that speech in another order: negatives of every motion. Speech finds its motion without them.
    pub shuffled: Option<&'a Tensor>,
    /// `[n, n]`, true where row and column are of the same clip and near in time: neither pair nor negative.
    pub excluded: Option<&'a Tensor>,
    /// τ. The paper says 0.7, which is nearly flat for cosines; 0.07 is the usual one and the default of training.
    pub temperature: f64,
}

/// −1/2 of the mean log-probability of the right speech for a motion and of the right motion for a speech (Eq. 1). With
/// shuffled speech the first denominator has n more terms.
pub fn contrastive_loss(batch: &Contrast<'_>) -> Tensor {
    let similarity = batch.motion.matmul(&batch.speech.transpose(0, 1)) / batch.temperature;
    let right = similarity.diagonal(0, 0, 1);
    let similarity = match batch.excluded {
        Some(excluded) => {
            let n = similarity.size()[0];
            let own = Tensor::eye(n, (Kind::Bool, similarity.device()));
            similarity.masked_fill(&excluded.logical_and(&own.logical_not()), f64::NEG_INFINITY)
        }
        None => similarity.shallow_clone(),
    };
    let of_motion = match batch.shuffled {
        Some(shuffled) => {
            let wrong = batch.motion.matmul(&shuffled.transpose(0, 1)) / batch.temperature;
            Tensor::cat(&[&similarity, &wrong], 1)
        }
        None => similarity.shallow_clone(),
    };
    let speech_for_motion = of_motion.logsumexp([1i64].as_slice(), false) - &right;
    let motion_for_speech = similarity.logsumexp([0i64].as_slice(), false) - &right;
    (speech_for_motion + motion_for_speech).mean(Kind::Float) / 2.0
}

/// The sigmoid form (METHODS 4.5; Zhai et al. 2023): every pair by itself is right or wrong, −log σ(±(cos / τ + `bias`)),
/// summed over the candidates of a motion and mean over motions. It does not need large batches.
///
/// Scale and bias are learned in the source; here the scale is 1 / τ and the bias given, as with the softmax form.
pub fn sigmoid_loss(batch: &Contrast<'_>, bias: f64) -> Tensor {
    let n = batch.motion.size()[0];
    let device = batch.motion.device();
    let logits = |speech: &Tensor| batch.motion.matmul(&speech.transpose(0, 1)) / batch.temperature + bias;
    let own = Tensor::eye(n, (Kind::Float, device));
    let sign: Tensor = &own * 2.0 - 1.0;
    let counted = match batch.excluded {
        Some(excluded) => (excluded.logical_not().to_kind(Kind::Float) + &own).clamp(0.0, 1.0),
        None => own.ones_like(),
    };
    let mut total = -((logits(batch.speech) * sign).log_sigmoid() * counted).sum(Kind::Float);
    if let Some(shuffled) = batch.shuffled {
        total = total - logits(shuffled).neg().log_sigmoid().sum(Kind::Float);
    }
    total / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn basis(n: i64) -> Tensor {
        Tensor::eye(n, (Kind::Float, Device::Cpu))
    }

    fn loss(batch: &Contrast<'_>) -> f64 {
        contrastive_loss(batch).double_value(&[])
    }

    #[test]
    fn the_closed_form_of_orthogonal_pairs() {
        let e = basis(4);
        let batch = Contrast { motion: &e, speech: &e, shuffled: None, excluded: None, temperature: 0.5 };
        let expected = (2f64.exp() + 3.0).ln() - 2.0;
        assert!((loss(&batch) - expected).abs() < 1e-5);
        // Shuffled speech as near as the right one: four more terms for motion, one of them as large as the right one.
        let harder = Contrast { shuffled: Some(&e), ..batch };
        let with = (2.0 * 2f64.exp() + 6.0).ln() - 2.0;
        assert!((loss(&harder) - (with + expected) / 2.0).abs() < 1e-5);
    }

    #[test]
    fn the_sigmoid_form_counts_every_pair_by_itself() {
        let e = basis(3);
        let batch = Contrast { motion: &e, speech: &e, shuffled: None, excluded: None, temperature: 0.5 };
        let softplus = |x: f64| (1.0 + x.exp()).ln();
        let made = |batch: &Contrast<'_>| sigmoid_loss(batch, -1.0).double_value(&[]);
        // Right: 1 / τ − 1 = 1; wrong: −1, two of them.
        assert!((made(&batch) - (softplus(-1.0) + 2.0 * softplus(-1.0))).abs() < 1e-5);
        let near = Tensor::ones([3, 3], (Kind::Bool, Device::Cpu));
        let alone = Contrast { excluded: Some(&near), ..batch };
        assert!((made(&alone) - softplus(-1.0)).abs() < 1e-5);
        let other = basis(3);
        let harder = Contrast { shuffled: Some(&other), ..alone };
        assert!((made(&harder) - (softplus(-1.0) + softplus(1.0) + 2.0 * softplus(-1.0))).abs() < 1e-5);
    }

    #[test]
    fn what_is_excluded_is_no_negative() {
        let e = basis(3);
        let near = Tensor::ones([3, 3], (Kind::Bool, Device::Cpu));
        let all =
            Contrast { motion: &e, speech: &e, shuffled: None, excluded: Some(&near), temperature: 0.1 };
        assert!(loss(&all).abs() < 1e-6, "only the right one is left");
    }

    #[test]
    fn right_pairs_cost_less_than_wrong_ones() {
        let e = basis(6);
        let turned = e.roll([1], [0]);
        let of = |speech: &Tensor| {
            loss(&Contrast { motion: &e, speech, shuffled: None, excluded: None, temperature: 0.07 })
        };
        assert!(of(&e) < 1e-4 && of(&turned) > 5.0);
    }
}

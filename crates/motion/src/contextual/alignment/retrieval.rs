//! Retrieval by cosine of embeddings (METHODS 2.5, 5): how often the right one is among the first.

use orator_nn::Randomness;
use tch::{Kind, Tensor};

/// Share of queries whose right answer is among the first `k`, and what guessing would give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recall {
    /// k.
    pub first: usize,
    /// Motion asks, speech answers.
    pub speech_of_motion: f64,
    /// Speech asks, motion answers.
    pub motion_of_speech: f64,
    /// k over the number of candidates.
    pub chance: f64,
}

/// Recall among all `n` pairs of embeddings `[n, embedding]`. A tie counts against the query.
#[must_use]
pub fn recall_at(motion: &Tensor, speech: &Tensor, first: &[usize]) -> Vec<Recall> {
    let n = motion.size()[0];
    let similarity = motion.matmul(&speech.transpose(0, 1));
    let right = similarity.diagonal(0, 0, 1);
    // How many others are at least as near; the right one itself is one of them.
    let ahead = |right: Tensor, axis: i64| -> Vec<i64> {
        let count = similarity.ge_tensor(&right).sum_dim_intlist([axis].as_slice(), false, Kind::Int64) - 1;
        Vec::<i64>::try_from(&count.to_device(tch::Device::Cpu)).unwrap_or_default()
    };
    let of_motion = ahead(right.unsqueeze(1), 1);
    let of_speech = ahead(right.unsqueeze(0), 0);
    let share = |ranks: &[i64], k: usize| {
        ranks.iter().filter(|&&r| r < k as i64).count() as f64 / ranks.len().max(1) as f64
    };
    first
        .iter()
        .map(|&k| Recall {
            first: k,
            speech_of_motion: share(&of_motion, k),
            motion_of_speech: share(&of_speech, k),
            chance: (k as f64 / n.max(1) as f64).min(1.0),
        })
        .collect()
}

/// Mean recall over `draws` random batches of `size` pairs (METHODS 5: 100 draws of 32). With fewer pairs than `size` there
/// is one batch, of all of them, and the chance says so.
#[must_use]
pub fn batch_recall(
    motion: &Tensor,
    speech: &Tensor,
    first: &[usize],
    size: usize,
    draws: usize,
    random: &mut Randomness,
) -> Vec<Recall> {
    let n = motion.size()[0] as usize;
    if n <= size || draws == 0 {
        return recall_at(motion, speech, first);
    }
    let mut sums: Vec<Recall> = Vec::new();
    for _ in 0..draws {
        let chosen: Vec<i64> = random.permutation(n).into_iter().take(size).map(|i| i as i64).collect();
        let chosen = Tensor::from_slice(&chosen).to_device(motion.device());
        let of = |t: &Tensor| t.index_select(0, &chosen);
        let here = recall_at(&of(motion), &of(speech), first);
        if sums.is_empty() {
            sums = here;
        } else {
            for (sum, one) in sums.iter_mut().zip(here) {
                sum.speech_of_motion += one.speech_of_motion;
                sum.motion_of_speech += one.motion_of_speech;
            }
        }
    }
    for sum in &mut sums {
        sum.speech_of_motion /= draws as f64;
        sum.motion_of_speech /= draws as f64;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn right_turned_and_constant_embeddings() {
        let e = Tensor::eye(8, (Kind::Float, Device::Cpu));
        let all = recall_at(&e, &e, &[1]);
        assert_eq!((all[0].speech_of_motion, all[0].motion_of_speech, all[0].chance), (1.0, 1.0, 0.125));
        let turned = recall_at(&e, &e.roll([1], [0]), &[1, 8]);
        assert_eq!((turned[0].speech_of_motion, turned[1].speech_of_motion), (0.0, 1.0));
        // Embeddings that are all alike find nothing.
        let same = Tensor::ones([8, 4], (Kind::Float, Device::Cpu));
        assert_eq!(recall_at(&same, &same, &[1])[0].motion_of_speech, 0.0);
    }

    #[test]
    fn batches_make_it_easier() {
        tch::manual_seed(1);
        let e = Tensor::randn([64, 16], (Kind::Float, Device::Cpu));
        let noisy = &e + Tensor::randn([64, 16], (Kind::Float, Device::Cpu)) * 1.5;
        let whole = recall_at(&e, &noisy, &[1])[0];
        let batches = batch_recall(&e, &noisy, &[1], 8, 50, &mut Randomness::new(2))[0];
        assert!(batches.chance > whole.chance && batches.speech_of_motion > whole.speech_of_motion);
    }
}

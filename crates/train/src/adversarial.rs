//! The least-squares game between what draws pictures and a discriminator of patches.

use orator_render::Discriminator;
use tch::{Kind, Tensor};

/// Both sides of the game in one step, for one optimiser: what the picture's maker is to lessen, and what the discriminator
/// is. `made` and `real` `[batch, 3, side, side]` in 0..=1, `map` the condition if the discriminator has one; the networks
/// compute in `kind`.
///
/// The maker's term reaches `made` through a gradient that is taken beforehand, so that it leaves nothing in the
/// discriminator's weights; the discriminator's leaves nothing in `made`.
pub(crate) fn play(
    judge: &Discriminator,
    made: &Tensor,
    real: &Tensor,
    map: Option<&Tensor>,
    kind: Kind,
) -> (Tensor, Tensor) {
    let map = map.map(Tensor::detach);
    let map = map.as_ref();
    let leaf = made.detach().set_requires_grad(true);
    let fooled = (judge.forward(&leaf, map, kind, false) - 1.0).square().mean(Kind::Float);
    let gradient = Tensor::run_backward(&[&fooled], &[&leaf], false, false);
    let reached = match gradient.first() {
        // Has the value of the maker's loss and the gradient just taken.
        Some(gradient) => {
            let term = (made * gradient.detach()).sum(Kind::Float);
            &term - term.detach() + fooled.detach()
        }
        None => fooled.detach(),
    };
    let on_real = (judge.forward(real, map, kind, true) - 1.0).square().mean(Kind::Float);
    let on_made = judge.forward(&made.detach(), map, kind, true).square().mean(Kind::Float);
    (reached, (on_real + on_made) * 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use orator_render::DiscriminatorConfig;
    use tch::{Device, nn::VarStore};

    #[test]
    fn each_side_learns_from_its_own_loss() {
        tch::manual_seed(4);
        let store = VarStore::new(Device::Cpu);
        let judge = Discriminator::new(&store.root(), DiscriminatorConfig::published(8));
        let picture = || Tensor::rand([2, 3, 48, 48], (Kind::Float, Device::Cpu));
        let (made, real) = (picture().set_requires_grad(true), picture());
        let (fooling, judging) = play(&judge, &made, &real, None, Kind::Float);
        fooling.backward();
        assert!(made.grad().abs().max().double_value(&[]) > 0.0);
        assert!(store.trainable_variables().iter().all(|weight| !weight.grad().defined()));
        let before = made.grad().copy();
        judging.backward();
        assert!(made.grad().equal(&before));
        assert!(store.trainable_variables().iter().all(|weight| weight.grad().defined()));
    }
}

//! The training loop of every stage: gradients, steps, averages, states, measures.

use crate::learner::{Learner, Parts};
use crate::run_folder::{LOG, StageRun};
use crate::{Result, StageConfig, TrainError, curves};
use orator_nn::{AdamW, ExponentialAverage, Randomness, clip_gradient_norm, mix, parameters};
use std::collections::BTreeMap;
use std::path::Path;
use tch::Tensor;

/// Whether a stage was begun in the run folder `run`; one that was begun goes on only where that is asked for.
///
/// # Errors
/// [`TrainError::Corpus`] where it was begun and `resume` is not set.
pub(crate) fn refuse_begun(run: &Path, stage: &str, resume: bool) -> Result<bool> {
    let begun = run.join(stage).join("state.safetensors").is_file();
    if begun && !resume {
        return Err(TrainError::Corpus {
            what: format!("{stage} was already begun in {}", run.display()),
            hint: "add --resume to go on, or choose another run folder".into(),
        });
    }
    Ok(begun)
}

/// Draws the losses that the stage logged.
pub(crate) fn draw_curves(folder: &mut StageRun<'_>) -> Result<()> {
    let drawn = folder.file("curves.svg");
    if curves::draw(&folder.file(LOG), &drawn)? {
        folder.wrote(&drawn);
    }
    Ok(())
}

/// One step's gradients: the mean over `passes` batches of the gradients of their losses. Returns the losses' parts, means as
/// well; where a loss is not finite, also the random numbers that its batch was drawn with.
fn accumulate(
    learner: &dyn Learner,
    step: u64,
    passes: usize,
    random: &mut Randomness,
) -> Result<(Parts, Option<Randomness>)> {
    let mut means: Parts = Vec::new();
    for _ in 0..passes {
        let before = random.clone();
        let (loss, parts) = learner.loss(step, random)?;
        if !loss.double_value(&[]).is_finite() || parts.iter().any(|(_, v)| !v.is_finite()) {
            return Ok((parts, Some(before)));
        }
        (loss / passes as f64).backward();
        for (name, value) in parts {
            let share = value / passes as f64;
            match means.iter_mut().find(|(n, _)| *n == name) {
                Some((_, mean)) => *mean += share,
                None => means.push((name, share)),
            }
        }
    }
    Ok((means, None))
}

/// Takes the steps that are left, or as many as the sitting has time for; saves and measures now and then. Returns whether the
/// stage is finished; then the averaged weights are in place.
pub(crate) fn run_steps(
    learner: &dyn Learner,
    store: &tch::nn::VarStore,
    settings: &StageConfig,
    seed: u64,
    folder: &mut StageRun<'_>,
) -> Result<bool> {
    let variables = parameters(store);
    let mut optimiser = AdamW::new(parameters(store), settings.optimiser.clone());
    let mut average = ExponentialAverage::new(&variables, settings.average);
    let first = folder.resume(&variables, &mut optimiser, &mut average)?;
    let stage_seed = folder.stage.bytes().fold(seed, |seed, letter| mix(seed, u64::from(letter)));
    for step in first..settings.steps {
        // Dropout draws from libtorch's own generator: seed it per step, so that a resumed run draws the same.
        tch::manual_seed(mix(stage_seed, 2 * step) as i64);
        let mut random = Randomness::new(mix(stage_seed, 2 * step + 1));
        optimiser.zero_gradients();
        let first_pass = random.clone();
        let (mut parts, bad) = accumulate(learner, step, settings.accumulate, &mut random)?;
        let norm = clip_gradient_norm(optimiser.parameters(), settings.clip_gradient);
        // A step that is not finite is not taken: weights, state and log stay as the step before left them.
        if let Some(mut drawn) = bad.or((!norm.is_finite()).then_some(first_pass)) {
            parts.push(("gradient", norm));
            return Err(folder.diverged(step, &parts, learner.batch(&mut drawn)?));
        }
        optimiser.step(settings.schedule.at(step, settings.steps));
        learner.after_step(&mut random);
        average.update(&variables, step);
        parts.push(("gradient", norm));
        folder.step(step, &parts)?;
        let done = step + 1;
        if done % settings.save_every == 0 || done == settings.steps {
            folder.save(done, &variables, &optimiser, &average)?;
            let measures = with_average(&variables, &average, || learner.validate(done))?;
            folder.validation(done, measures)?;
            if let Some(comparison) = with_average(&variables, &average, || learner.compare()) {
                let path = folder.file("held-out.mp4");
                comparison.write(&path)?;
                folder.wrote(&path);
            }
        }
        if done < settings.steps && folder.time_is_up() {
            if done % settings.save_every != 0 {
                folder.save(done, &variables, &optimiser, &average)?;
            }
            folder.paused(done);
            return Ok(false);
        }
    }
    // What ships is the average.
    tch::no_grad(|| {
        for (name, variable) in &variables {
            if let Some(mean) = average.tensors().get(name) {
                variable.shallow_clone().copy_(mean);
            }
        }
    });
    Ok(true)
}

/// Runs `work` with the averaged weights in place and puts the others back.
fn with_average<T>(
    variables: &BTreeMap<String, Tensor>,
    average: &ExponentialAverage,
    work: impl FnOnce() -> T,
) -> T {
    let kept: BTreeMap<&String, Tensor> = variables.iter().map(|(n, t)| (n, t.detach().copy())).collect();
    tch::no_grad(|| {
        for (name, variable) in variables {
            if let Some(mean) = average.tensors().get(name) {
                variable.shallow_clone().copy_(mean);
            }
        }
    });
    let result = tch::no_grad(work);
    tch::no_grad(|| {
        for (name, tensor) in &kept {
            if let Some(variable) = variables.get(*name) {
                variable.shallow_clone().copy_(tensor);
            }
        }
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    /// Fits a line to drawn points; the loss of a pass is the mean over its points.
    struct Line {
        weight: Tensor,
        points: i64,
    }

    impl Line {
        fn of(&self, random: &mut Randomness) -> Tensor {
            random.uniform_tensor(&[self.points])
        }
    }

    impl Learner for Line {
        fn loss(&self, _step: u64, random: &mut Randomness) -> Result<(Tensor, Parts)> {
            let x = self.of(random);
            let loss = (&x * &self.weight - &x * 3.0).square().mean(Kind::Float);
            let value = loss.double_value(&[]);
            Ok((loss, vec![("line", value)]))
        }
        fn batch(&self, random: &mut Randomness) -> Result<BTreeMap<String, Tensor>> {
            Ok(BTreeMap::from([("x".to_string(), self.of(random))]))
        }
        fn validate(&self, _step: u64) -> Result<BTreeMap<String, f64>> {
            Ok(BTreeMap::new())
        }
    }

    #[test]
    fn passes_add_up_to_the_gradient_of_one_large_batch() {
        let gradient = |passes: usize, points: i64| {
            let weight = Tensor::from_slice(&[0.5f32]).set_requires_grad(true);
            let line = Line { weight: weight.shallow_clone(), points };
            let (parts, bad) = accumulate(&line, 0, passes, &mut Randomness::new(9)).unwrap();
            assert!(bad.is_none());
            (parts[0].1, weight.grad().double_value(&[0]))
        };
        let (whole, parted) = (gradient(1, 24), gradient(4, 6));
        assert!(
            (whole.0 - parted.0).abs() < 1e-6 && (whole.1 - parted.1).abs() < 1e-6,
            "{whole:?} {parted:?}"
        );
    }

    #[test]
    fn a_bad_pass_gives_its_own_batch_back() {
        let line = Line { weight: Tensor::from_slice(&[f32::NAN]).set_requires_grad(true), points: 3 };
        let (parts, bad) = accumulate(&line, 0, 2, &mut Randomness::new(4)).unwrap();
        assert!(parts[0].1.is_nan());
        let expected = line.of(&mut Randomness::new(4));
        assert!(line.batch(&mut bad.unwrap()).unwrap()["x"].equal(&expected));
    }
}

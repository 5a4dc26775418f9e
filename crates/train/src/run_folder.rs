//! The folder of a training run: log, state to resume from, weights.

use crate::{Event, Result, TrainError};
use orator_nn::{AdamW, Checkpoint, ExponentialAverage, Precision};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tch::Tensor;

/// The log of a stage: one event a line.
pub(crate) const LOG: &str = "log.jsonl";
/// Steps between progress events.
const TELL_EVERY: u64 = 10;

/// How much of a stage is done in one go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sitting {
    /// Go on where the stage was stopped, if it was begun; otherwise a stage that was begun is an error.
    pub resume: bool,
    /// Save the state and return after the first step that ends later than this from the first one on.
    pub limit: Option<Duration>,
}

impl From<bool> for Sitting {
    /// All of the stage, `resume` as given.
    fn from(resume: bool) -> Self {
        Self { resume, limit: None }
    }
}

/// One stage of a run.
pub(crate) struct StageRun<'a> {
    pub stage: &'static str,
    folder: PathBuf,
    total: u64,
    started: Instant,
    limit: Option<Duration>,
    first_step: u64,
    sums: BTreeMap<String, (f64, u64)>,
    tell: &'a mut dyn FnMut(Event),
}

impl<'a> StageRun<'a> {
    pub fn open(
        run: &Path,
        stage: &'static str,
        total: u64,
        sitting: Sitting,
        tell: &'a mut dyn FnMut(Event),
    ) -> Result<Self> {
        let folder = run.join(stage);
        std::fs::create_dir_all(&folder).map_err(|e| TrainError::io(&folder, e))?;
        let (started, limit) = (Instant::now(), sitting.limit);
        Ok(Self { stage, folder, total, started, limit, first_step: 0, sums: BTreeMap::new(), tell })
    }

    /// Whether the sitting's time is up.
    pub fn time_is_up(&self) -> bool {
        self.limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// Tells that the sitting ends after `step` steps.
    pub fn paused(&mut self, step: u64) {
        (self.tell)(Event::Paused { stage: self.stage.into(), step, total: self.total });
    }

    fn state_file(&self) -> PathBuf {
        self.folder.join("state.safetensors")
    }

    /// Puts weights, optimiser and average back where the last state left them; returns the next step.
    pub fn resume(
        &mut self,
        variables: &BTreeMap<String, Tensor>,
        optimiser: &mut AdamW,
        average: &mut ExponentialAverage,
    ) -> Result<u64> {
        let path = self.state_file();
        if !path.is_file() {
            return Ok(0);
        }
        let state = Checkpoint::read(&path)?;
        for (name, variable) in variables {
            let saved = state.tensors.get(&format!("weights.{name}")).filter(|t| t.size() == variable.size());
            let saved = saved.ok_or_else(|| TrainError::Corpus {
                what: format!("{}: no weights for {name}", path.display()),
                hint: "the configuration was changed since; start another run folder".into(),
            })?;
            tch::no_grad(|| variable.shallow_clone().copy_(saved));
        }
        optimiser.restore(&state.tensors)?;
        average.restore(&state.tensors, "average.")?;
        let step = state.metadata.get("step").and_then(|s| s.parse().ok()).unwrap_or(0);
        self.first_step = step;
        // Losses since the last line of the log, so that its next line is the mean of as many as without the stop.
        let sums = state.metadata.get("sums").and_then(|text| serde_json::from_str(text).ok());
        let sums: BTreeMap<String, (u64, u64)> = sums.unwrap_or_default();
        self.sums = sums.into_iter().map(|(name, (sum, n))| (name, (f64::from_bits(sum), n))).collect();
        Ok(step)
    }

    /// Writes everything that [`StageRun::resume`] needs.
    pub fn save(
        &self,
        step: u64,
        variables: &BTreeMap<String, Tensor>,
        optimiser: &AdamW,
        average: &ExponentialAverage,
    ) -> Result<()> {
        let mut tensors: BTreeMap<String, Tensor> =
            variables.iter().map(|(n, t)| (format!("weights.{n}"), t.shallow_clone())).collect();
        tensors.extend(average.tensors().iter().map(|(n, t)| (format!("average.{n}"), t.shallow_clone())));
        tensors.extend(optimiser.state());
        // As bits: text would lose the last digit.
        let sums: BTreeMap<_, _> =
            self.sums.iter().map(|(name, (sum, n))| (name, (sum.to_bits(), n))).collect();
        let sums = serde_json::to_string(&sums).unwrap_or_default();
        let metadata = BTreeMap::from([("step".to_string(), step.to_string()), ("sums".to_string(), sums)]);
        Ok(Checkpoint { metadata, tensors }.write(&self.state_file(), Precision::Full)?)
    }

    /// Notes the losses of `step` (counted from 0) and tells of them now and then.
    pub fn step(&mut self, step: u64, losses: &[(&str, f64)]) -> Result<()> {
        if losses.iter().any(|(_, v)| !v.is_finite()) {
            return Err(TrainError::Diverged { step, batch: None });
        }
        for (name, value) in losses {
            let sum = self.sums.entry((*name).to_string()).or_default();
            sum.0 += value;
            sum.1 += 1;
        }
        let done = step + 1;
        if done.is_multiple_of(TELL_EVERY) || done == self.total {
            let losses: BTreeMap<String, f64> =
                std::mem::take(&mut self.sums).into_iter().map(|(n, (s, c))| (n, s / c as f64)).collect();
            let pace = self.started.elapsed().as_secs_f64() / (done - self.first_step).max(1) as f64;
            let event = Event::Step {
                stage: self.stage.into(),
                step: done,
                total: self.total,
                losses,
                seconds_left: pace * (self.total - done) as f64,
            };
            self.log(&event)?;
            (self.tell)(event);
        }
        Ok(())
    }

    /// Saves what a step that diverged was made from, and returns the error that says where.
    pub fn diverged(&self, step: u64, losses: &[(&str, f64)], batch: BTreeMap<String, Tensor>) -> TrainError {
        let path = self.folder.join(format!("diverged-{step}.safetensors"));
        let metadata = losses
            .iter()
            .map(|(name, value)| ((*name).to_string(), value.to_string()))
            .chain([("step".to_string(), step.to_string())])
            .collect();
        match (Checkpoint { metadata, tensors: batch }).write(&path, Precision::Full) {
            Ok(()) => TrainError::Diverged { step, batch: Some(path) },
            Err(error) => error.into(),
        }
    }

    /// A file of this stage.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Notes measures on the held-out clips.
    pub fn validation(&mut self, step: u64, measures: BTreeMap<String, f64>) -> Result<()> {
        let event = Event::Validation { stage: self.stage.into(), step, measures };
        self.log(&event)?;
        (self.tell)(event);
        Ok(())
    }

    /// Tells of a file that was written.
    pub fn wrote(&mut self, path: &Path) {
        (self.tell)(Event::Wrote { path: path.to_owned() });
    }

    fn log(&self, event: &Event) -> Result<()> {
        let path = self.file(LOG);
        let open = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let mut line = serde_json::to_string(event).unwrap_or_default();
        line.push('\n');
        open.and_then(|mut f| f.write_all(line.as_bytes())).map_err(|e| TrainError::io(&path, e))
    }
}

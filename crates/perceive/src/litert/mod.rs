//! The models run by LiteRT's C library, opened at run time.
//!
//! Its interface is not stable between versions, so the library must be the pinned file, byte for
//! byte, before it is opened. The models are checked too: LiteRT trusts what it maps.

mod library;

use crate::runtime::{LandmarkModel, ModelKind, Runtime};
use crate::{PerceiveError, Result};
use library::{Environment, Instance, Model};
use orator_assets::{Asset, verify};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the process opened once and keeps to its end: LiteRT wants one environment per process.
struct Process {
    environment: &'static Environment,
    models: HashMap<ModelKind, (PathBuf, &'static Model)>,
}

static PROCESS: Mutex<Option<Process>> = Mutex::new(None);

/// LiteRT on the CPU, one thread a model (the chains run side by side instead).
#[derive(Clone, Copy, Debug)]
pub struct LiteRt {
    _private: (),
}

impl LiteRt {
    /// Opens the library, once per process.
    ///
    /// # Errors
    /// [`PerceiveError::Asset`] when it was not fetched or is not the pinned file,
    /// [`PerceiveError::Load`] when it cannot be opened.
    pub fn open() -> Result<Self> {
        let mut process = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        if process.is_none() {
            let path = verify(Asset::LiteRtLibrary)?;
            // SAFETY: `verify` compared the file's SHA-256 with that of LiteRT 2.3.0.
            let environment = unsafe { Environment::open(&path) }.map_err(|e| load_error(&path, e))?;
            *process =
                Some(Process { environment: Box::leak(Box::new(environment)), models: HashMap::new() });
        }
        Ok(Self { _private: () })
    }
}

impl Runtime for LiteRt {
    fn load(&self, kind: ModelKind) -> Result<Box<dyn LandmarkModel>> {
        let mut guard = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(process) = guard.as_mut() else {
            return Err(PerceiveError::Run { model: kind.name(), what: "LiteRT is not open".into() });
        };
        let (path, model) = match process.models.entry(kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let path = verify(kind.asset())?;
                let model = process.environment.model(&path).map_err(|e| load_error(&path, e))?;
                place.insert((path, Box::leak(Box::new(model))))
            }
        };
        let instance = model.instance().map_err(|e| load_error(path, e))?;
        let pixels = kind.side() * kind.side() * 3;
        let expected = kind.outputs();
        let fits = instance.inputs.len() == 1
            && instance.inputs[0].len() >= pixels
            && instance.outputs.len() >= expected.len()
            && instance.outputs.iter().zip(expected).all(|(buffer, &n)| buffer.len() >= n);
        if !fits {
            return Err(load_error(path, "the model has other inputs or outputs".into()));
        }
        let values = expected.iter().map(|&n| vec![0.0; n]).collect();
        Ok(Box::new(LiteRtModel { kind, instance, values }))
    }
}

struct LiteRtModel {
    kind: ModelKind,
    instance: Instance,
    values: Vec<Vec<f32>>,
}

impl LandmarkModel for LiteRtModel {
    fn kind(&self) -> ModelKind {
        self.kind
    }

    fn run(&mut self, pixels: &[f32]) -> Result<()> {
        let failed = |what| PerceiveError::Run { model: self.kind.name(), what };
        if pixels.len() != self.kind.side() * self.kind.side() * 3 {
            return Err(failed(format!("{} input values given", pixels.len())));
        }
        self.instance.inputs[0].write(pixels).map_err(failed)?;
        self.instance.run().map_err(failed)?;
        for (buffer, values) in self.instance.outputs.iter_mut().zip(&mut self.values) {
            buffer.read(values).map_err(failed)?;
        }
        Ok(())
    }

    fn output(&self, index: usize) -> &[f32] {
        self.values.get(index).map_or(&[], Vec::as_slice)
    }
}

fn load_error(path: &Path, what: String) -> PerceiveError {
    PerceiveError::Load { path: path.to_owned(), what }
}

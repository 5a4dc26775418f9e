//! The models run by LiteRT's C library, opened at run time.
//!
//! Its interface is not stable between versions, so the library must be the pinned file, byte for
//! byte, before it is opened. The models are checked too: LiteRT trusts what it maps.

use crate::runtime::{LandmarkModel, ModelKind, Runtime};
use crate::{PerceiveError, Result};
use edgefirst_tflite::Library;
use edgefirst_tflite::litert::{CompiledModel, Environment, HwAccelerators, Model, Options, TensorBuffer};
use orator_assets::{Asset, verify};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// What the process opened once and keeps to its end: LiteRT allows one environment per process.
struct Process {
    library: &'static Library,
    environment: &'static Environment<'static>,
    models: HashMap<ModelKind, (PathBuf, &'static Model<'static>)>,
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
            let failed = |what: edgefirst_tflite::Error| PerceiveError::Load {
                path: path.clone(),
                what: what.to_string(),
            };
            let library: &'static Library = Box::leak(Box::new(Library::from_path(&path).map_err(failed)?));
            let environment: &'static Environment<'static> =
                Box::leak(Box::new(Environment::new(library).map_err(failed)?));
            *process = Some(Process { library, environment, models: HashMap::new() });
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
        let (path, model) = match process.models.get(&kind) {
            Some((path, model)) => (path.clone(), *model),
            None => {
                let path = verify(kind.asset())?;
                let model: &'static Model<'static> = Box::leak(Box::new(
                    Model::from_file(process.environment, &path)
                        .map_err(|e| PerceiveError::Load { path: path.clone(), what: e.to_string() })?,
                ));
                process.models.insert(kind, (path.clone(), model));
                (path, model)
            }
        };
        let failed =
            |e: edgefirst_tflite::Error| PerceiveError::Load { path: path.clone(), what: e.to_string() };
        let options = Options::new(process.library)
            .and_then(|o| o.hardware_accelerators(HwAccelerators::CPU))
            .map_err(failed)?;
        let compiled = CompiledModel::create(process.environment, model, &options).map_err(failed)?;
        let input = vec![compiled.create_input_buffer(0, 0).map_err(failed)?];
        let outputs = (0..kind.outputs().len())
            .map(|index| compiled.create_output_buffer(0, index).map_err(failed))
            .collect::<Result<Vec<_>>>()?;
        let values: Vec<Vec<f32>> = kind.outputs().iter().map(|&n| vec![0.0; n]).collect();
        let fits = input[0].size() >= kind.side() * kind.side() * 3 * size_of::<f32>()
            && outputs.iter().zip(&values).all(|(buffer, v)| buffer.size() >= v.len() * size_of::<f32>());
        if !fits {
            return Err(PerceiveError::Load { path, what: "the model has other inputs or outputs".into() });
        }
        Ok(Box::new(LiteRtModel { kind, compiled, input, outputs, values }))
    }
}

struct LiteRtModel {
    kind: ModelKind,
    compiled: CompiledModel<'static>,
    input: Vec<TensorBuffer<'static>>,
    outputs: Vec<TensorBuffer<'static>>,
    values: Vec<Vec<f32>>,
}

impl LandmarkModel for LiteRtModel {
    fn kind(&self) -> ModelKind {
        self.kind
    }

    fn run(&mut self, pixels: &[f32]) -> Result<()> {
        let failed =
            |e: edgefirst_tflite::Error| PerceiveError::Run { model: self.kind.name(), what: e.to_string() };
        if pixels.len() != self.kind.side() * self.kind.side() * 3 {
            return Err(PerceiveError::Run {
                model: self.kind.name(),
                what: format!("{} input values given", pixels.len()),
            });
        }
        self.input[0].write_bytes(bytes(pixels)).map_err(failed)?;
        self.compiled.run_default(&mut self.input, &mut self.outputs).map_err(failed)?;
        for (buffer, values) in self.outputs.iter_mut().zip(&mut self.values) {
            buffer.read_bytes_into(bytes_mut(values)).map_err(failed)?;
        }
        Ok(())
    }

    fn output(&self, index: usize) -> &[f32] {
        self.values.get(index).map_or(&[], Vec::as_slice)
    }
}

fn bytes(values: &[f32]) -> &[u8] {
    // SAFETY: any f32 is four initialised bytes, u8 has no alignment, and the length is the slice's own.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

fn bytes_mut(values: &mut [f32]) -> &mut [u8] {
    // SAFETY: as above, and every bit pattern is a valid f32.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}

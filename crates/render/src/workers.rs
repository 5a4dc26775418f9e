//! Drawing frames side by side.
//!
//! Each frame is drawn by one thread: networks this small lose more by splitting every operation than they win, and the
//! picture cannot depend on the number of threads.

use crate::{RenderError, Result};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};
use tch::Device;
use tch::nn::{Path, VarStore};

/// Frames drawn side by side at most.
const MOST: usize = 16;

/// Threads, and for each the networks under handles of its own (a tensor's handle may not be used by two threads; the
/// weights themselves are shared).
pub(crate) struct Workers<N> {
    threads: rayon::ThreadPool,
    networks: Vec<Mutex<N>>,
}

impl<N: Send> Workers<N> {
    /// `first` was made at the root of `store`; `another` makes the same networks at another root.
    pub fn new(store: &VarStore, first: N, another: impl Fn(&Path) -> N) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST);
        // A GPU takes one frame after the other anyway.
        let workers = if store.device() == Device::Cpu { cores } else { 1 };
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .build()
            .map_err(|e| RenderError::Motion(format!("no threads to draw with: {e}")))?;
        // libtorch counts threads per thread that calls it, and takes the last number as that of threads to come.
        let before = tch::get_num_threads();
        threads.broadcast(|_| tch::set_num_threads(1));
        tch::set_num_threads(before);
        let weights = orator_nn::parameters(store);
        let mut networks = vec![Mutex::new(first)];
        while networks.len() < workers {
            let copy = VarStore::new(store.device());
            let more = another(&copy.root());
            for (name, mut variable) in copy.variables() {
                if let Some(weight) = weights.get(&name) {
                    variable.set_data(weight);
                }
            }
            networks.push(Mutex::new(more));
        }
        Ok(Self { threads, networks })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.networks.len()
    }

    /// Carries out `work` on one of the threads, without gradients.
    pub fn once<R: Send>(&self, work: impl FnOnce(&N) -> R + Send) -> R {
        self.threads.install(|| {
            let _guard = tch::no_grad_guard();
            work(&self.networks[0].lock().unwrap_or_else(PoisonError::into_inner))
        })
    }

    /// Carries out `work` for every number below `count`, shared out among the threads, each with its own one of `states`
    /// (as many as [`Workers::count`]); results in order, or the first error.
    pub fn each<S: Send, R: Send>(
        &self,
        states: &mut [S],
        count: usize,
        work: impl Fn(&N, &mut S, usize) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let workers = self.count();
        let shares: Vec<Vec<(usize, Result<R>)>> = self.threads.install(|| {
            states
                .par_iter_mut()
                .zip(&self.networks)
                .enumerate()
                .map(|(worker, (state, networks))| {
                    let _guard = tch::no_grad_guard();
                    let networks = networks.lock().unwrap_or_else(PoisonError::into_inner);
                    (worker..count).step_by(workers).map(|i| (i, work(&networks, state, i))).collect()
                })
                .collect()
        });
        let mut done: Vec<(usize, Result<R>)> = shares.into_iter().flatten().collect();
        done.sort_by_key(|(i, _)| *i);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

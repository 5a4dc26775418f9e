//! The stages by name.

use orator_render::contextual::STAGES;

/// Which stage to train; the second needs the weights of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Dense motion and the generator.
    MotionField,
    /// Fusion with the structure, and the refiner.
    Refine,
}

impl Stage {
    /// Both, in the order in which they are trained.
    pub const ALL: [Self; 2] = [Self::MotionField, Self::Refine];

    /// The name on the command line, in the run folder, and of the variables.
    #[must_use]
    pub fn name(self) -> &'static str {
        STAGES[self as usize]
    }
}

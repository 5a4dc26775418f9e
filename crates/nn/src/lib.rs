//! Layers, losses, optimiser with savable state, schedules, averaging, checkpoints.

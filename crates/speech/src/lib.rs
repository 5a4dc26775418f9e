//! Speech features at 25 Hz: low-level descriptors and learned encoders.

//! Every garment on two bodies.

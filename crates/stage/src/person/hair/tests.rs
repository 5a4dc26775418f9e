//! Every style on two bodies.

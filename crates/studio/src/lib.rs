//! Generate and animate as library calls; models on disk; provenance.

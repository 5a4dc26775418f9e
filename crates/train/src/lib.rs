//! Training loops: data preparation, losses, run folders.

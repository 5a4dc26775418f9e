//! The corpus format: an index, tar shards of a bounded size, a manifest with seeds and checksums.

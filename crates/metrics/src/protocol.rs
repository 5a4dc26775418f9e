//! Protocol hashes: two numbers may stand beside each other only if they were measured in the same way, so every report
//! carries a hash of its settings.

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;

/// The first 64 bits of the SHA-256 over a measure's name and its settings as JSON; written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProtocolHash(u64);

impl ProtocolHash {
    /// The hash of a measure. `settings` are structs with fields in a fixed order, never maps that could come in any.
    #[must_use]
    pub fn of(measure: &str, settings: &impl Serialize) -> Self {
        // Plain settings cannot fail to be written; what could goes into the hash as the complaint.
        let json = serde_json::to_string(settings).unwrap_or_else(|error| error.to_string());
        let digest = Sha256::new().chain_update(measure).chain_update([0]).chain_update(json).finalize();
        Self(digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for ProtocolHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for ProtocolHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_follows_name_and_settings() {
        let hash = ProtocolHash::of("ssim", &(11, 1.5));
        assert_eq!(hash, ProtocolHash::of("ssim", &(11, 1.5)));
        assert_ne!(hash, ProtocolHash::of("ssim", &(11, 1.6)));
        assert_ne!(hash, ProtocolHash::of("psnr", &(11, 1.5)));
        assert_eq!(serde_json::to_string(&hash).unwrap().len(), 18);
    }
}

//! Which clips weights may learn from, and which are only measured on.

use serde::{Deserialize, Serialize};

/// Which side of the split a clip is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Weights may learn from it.
    Train,
    /// Only measured on.
    HeldOut,
}

impl Split {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Train, Self::HeldOut];
    /// One identity in so many is held out.
    pub const HELD_OUT_EVERY: u64 = 10;

    /// The side on which a made-up person with this identity seed stands: seeds that are multiples of
    /// [`Split::HELD_OUT_EVERY`] are held out. The only place where this rule is written.
    #[must_use]
    pub fn of_identity(seed: u64) -> Self {
        if seed.is_multiple_of(Self::HELD_OUT_EVERY) { Self::HeldOut } else { Self::Train }
    }

    /// As it is written in files: `train` or `held-out`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::HeldOut => "held-out",
        }
    }

    /// The side with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|split| split.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Split;

    #[test]
    fn one_identity_in_ten_is_held_out() {
        let held: Vec<u64> = (0..40).filter(|&s| Split::of_identity(s) == Split::HeldOut).collect();
        assert_eq!(held, [0, 10, 20, 30]);
        for split in Split::ALL {
            assert_eq!(Split::from_name(split.name()), Some(split));
            assert_eq!(serde_json::to_value(split).unwrap(), split.name());
        }
    }
}

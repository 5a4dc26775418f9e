//! What a tensor holds once it is unpacked, and the packing of numbers of two bytes.

use super::PartName;
use serde::{Deserialize, Serialize};

/// Type of the unpacked numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// One byte.
    U8,
    /// Two bytes, unsigned.
    U16,
    /// Two bytes, signed.
    I16,
    /// Half precision.
    F16,
}

impl Type {
    /// Bytes of one number.
    #[must_use]
    pub fn width(self) -> usize {
        if self == Self::U8 { 1 } else { 2 }
    }
}

/// What a tensor of the truth holds once it is unpacked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrayInfo {
    /// Type of the numbers.
    pub dtype: Type,
    /// Their shape.
    pub shape: Vec<usize>,
    /// Each number is stored as the difference to the one so many places before it; 0: as it stands.
    #[serde(default)]
    pub lag: usize,
    /// Frames from one entry of the first axis to the next.
    #[serde(default = "one")]
    pub every: u32,
    /// What 1 means, in pixels (keypoints only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// What the numbers of a part mask mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legend: Vec<PartName>,
    /// Names of the columns (curves only).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

fn one() -> u32 {
    1
}

impl ArrayInfo {
    pub(super) fn new(dtype: Type, shape: &[usize]) -> Self {
        Self {
            dtype,
            shape: shape.to_vec(),
            lag: 0,
            every: 1,
            step: None,
            legend: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Bytes when unpacked; `None` if no machine holds so many.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.shape.iter().try_fold(self.dtype.width() as u64, |bytes, &n| bytes.checked_mul(n as u64))
    }
}

/// Differences to the number `lag` places before, then all low bytes, then all high bytes.
pub fn pack(numbers: &[u16], lag: usize) -> Vec<u8> {
    let before = |i: usize| if lag > 0 && i >= lag { numbers[i - lag] } else { 0 };
    let differences = || numbers.iter().enumerate().map(|(i, &n)| n.wrapping_sub(before(i)));
    differences().map(|d| d.to_le_bytes()[0]).chain(differences().map(|d| d.to_le_bytes()[1])).collect()
}

/// The inverse of [`pack`].
pub fn unpack(bytes: &[u8], lag: usize) -> Vec<u16> {
    let (low, high) = bytes.split_at(bytes.len() / 2);
    let mut numbers: Vec<u16> = low.iter().zip(high).map(|(&l, &h)| u16::from_le_bytes([l, h])).collect();
    if lag > 0 {
        for i in lag..numbers.len() {
            numbers[i] = numbers[i].wrapping_add(numbers[i - lag]);
        }
    }
    numbers
}

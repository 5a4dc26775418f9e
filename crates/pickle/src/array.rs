//! Arrays as they come out of a file.

use crate::{PickleError, Result};
use half::{bf16, f16};

/// What the numbers of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 64-bit floats.
    F64,
    /// 32-bit floats.
    F32,
    /// 16-bit IEEE floats.
    F16,
    /// 16-bit brain floats.
    Bf16,
    /// Signed, 64 bits.
    I64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 16 bits.
    I16,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 64 bits.
    U64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 8 bits.
    U8,
    /// One byte each, 0 or 1.
    Bool,
}

impl Kind {
    /// Bytes of one number.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// Whether this is a floating-point kind.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32 | Self::F16 | Self::Bf16)
    }
}

/// Numbers in C order (the last axis runs fastest), little-endian, without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    kind: Kind,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    /// Puts an array together; for tests and for those who make weights themselves.
    ///
    /// # Errors
    /// [`PickleError::Damaged`] when the shape does not go with the number of bytes.
    pub fn new(kind: Kind, shape: Vec<usize>, bytes: Vec<u8>) -> Result<Self> {
        Self::check(kind, &shape, bytes.len())?;
        Ok(Self { kind, shape, bytes })
    }

    /// Whether so many bytes make an array of this shape.
    pub(crate) fn check(kind: Kind, shape: &[usize], bytes: usize) -> Result<()> {
        let stated = shape.iter().try_fold(kind.bytes(), |product, side| product.checked_mul(*side));
        if stated == Some(bytes) {
            Ok(())
        } else {
            Err(PickleError::damaged(format!("{bytes} bytes for an array of shape {shape:?} of {kind:?}")))
        }
    }

    /// What its numbers are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its sides; empty for a single number.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers, little-endian, in C order.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many numbers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.kind.bytes()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The numbers as 32-bit floats, whatever float they are stored as (64-bit ones are rounded).
    ///
    /// # Errors
    /// [`PickleError::Unsupported`] for whole numbers: see [`Array::to_i64`].
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        Ok(match self.kind {
            Kind::F32 => self.each(f32::from_le_bytes),
            Kind::F64 => self.each(|b| f64::from_le_bytes(b) as f32),
            Kind::F16 => self.each(|b| f16::from_le_bytes(b).to_f32()),
            Kind::Bf16 => self.each(|b| bf16::from_le_bytes(b).to_f32()),
            other => return Err(PickleError::unsupported(format!("an array of {other:?} as floats"))),
        })
    }

    /// The numbers as whole ones.
    ///
    /// # Errors
    /// [`PickleError::Unsupported`] for floats, and for unsigned numbers above the signed range.
    pub fn to_i64(&self) -> Result<Vec<i64>> {
        Ok(match self.kind {
            Kind::I64 => self.each(i64::from_le_bytes),
            Kind::I32 => self.each(|b| i64::from(i32::from_le_bytes(b))),
            Kind::I16 => self.each(|b| i64::from(i16::from_le_bytes(b))),
            Kind::I8 => self.each(|b| i64::from(i8::from_le_bytes(b))),
            Kind::U32 => self.each(|b| i64::from(u32::from_le_bytes(b))),
            Kind::U16 => self.each(|b| i64::from(u16::from_le_bytes(b))),
            Kind::U8 | Kind::Bool => self.each(|[b]: [u8; 1]| i64::from(b)),
            Kind::U64 => {
                let unsigned = self.each(u64::from_le_bytes);
                let signed: std::result::Result<_, _> = unsigned.into_iter().map(i64::try_from).collect();
                signed.map_err(|_| PickleError::unsupported("a whole number above 2^63"))?
            }
            other => return Err(PickleError::unsupported(format!("an array of {other:?} as whole numbers"))),
        })
    }

    fn each<const N: usize, T>(&self, convert: impl Fn([u8; N]) -> T) -> Vec<T> {
        // `N` is the size of the array's kind, so that nothing is left over.
        self.bytes.as_chunks::<N>().0.iter().map(|chunk| convert(*chunk)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width() {
        let array = |kind, bytes: &[u8]| {
            Array::new(kind, vec![bytes.len() / Kind::bytes(kind)], bytes.to_vec()).unwrap()
        };
        assert_eq!(array(Kind::F16, &[0x00, 0x3c, 0x00, 0xc0]).to_f32().unwrap(), [1.0, -2.0]);
        assert_eq!(array(Kind::Bf16, &[0x80, 0x3f]).to_f32().unwrap(), [1.0]);
        assert_eq!(array(Kind::F64, &1.5f64.to_le_bytes()).to_f32().unwrap(), [1.5]);
        assert_eq!(array(Kind::I16, &(-3i16).to_le_bytes()).to_i64().unwrap(), [-3]);
        assert_eq!(array(Kind::U8, &[255]).to_i64().unwrap(), [255]);
        assert!(array(Kind::U64, &[255; 8]).to_i64().is_err());
        assert!(array(Kind::U8, &[1]).to_f32().is_err());
        assert!(array(Kind::F32, &[0; 4]).to_i64().is_err());
        assert!(Array::new(Kind::F32, vec![2], vec![0; 7]).is_err());
        assert!(Array::new(Kind::F32, vec![usize::MAX, 2], vec![0; 8]).is_err());
    }
}

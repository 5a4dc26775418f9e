//! Mean squared error and peak signal-to-noise ratio of 8-bit pictures.

use crate::{MetricsError, Result};
use orator_media::Picture;

/// Mean squared difference over all pixels and channels, in squared grey levels of 0..=255.
///
/// # Errors
/// [`MetricsError::Size`] when the sizes differ or there are no pixels.
pub fn mse(a: &Picture, b: &Picture) -> Result<f64> {
    same_size(a, b)?;
    // Whole numbers: the sum is exact, whatever the order.
    let sum: u64 = a.rgb().iter().zip(b.rgb()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    Ok(sum as f64 / a.rgb().len() as f64)
}

/// Peak signal-to-noise ratio in decibel, 10·log₁₀(255²/MSE) over all pixels and channels together;
/// infinite for equal pictures.
///
/// # Errors
/// As [`mse`].
pub fn psnr(a: &Picture, b: &Picture) -> Result<f64> {
    Ok(10.0 * (255.0 * 255.0 / mse(a, b)?).log10())
}

/// Refuses pictures that cannot be compared pixel by pixel.
pub(crate) fn same_size(a: &Picture, b: &Picture) -> Result<()> {
    let (first, second) = ((a.width(), a.height()), (b.width(), b.height()));
    if first != second {
        return Err(MetricsError::Size(format!(
            "a {}x{} and a {}x{} picture cannot be compared",
            first.0, first.1, second.0, second.1
        )));
    }
    if a.rgb().is_empty() {
        return Err(MetricsError::Size("pictures without pixels cannot be compared".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let (a, b) = (Picture::filled(4, 3, [10, 20, 30]), Picture::filled(4, 3, [10, 20, 33]));
        assert_eq!(mse(&a, &b).unwrap(), 3.0);
        assert!((psnr(&a, &b).unwrap() - 21_675f64.log10() * 10.0).abs() < 1e-12);
        assert_eq!(psnr(&a, &a).unwrap(), f64::INFINITY);
    }

    #[test]
    fn sizes_must_agree() {
        let a = Picture::filled(4, 3, [0; 3]);
        assert!(psnr(&a, &Picture::filled(3, 4, [0; 3])).is_err());
    }
}

//! Powers and logarithms, precise enough for light: a few times faster than the library's, and the same on every machine.

/// Logarithm to the base 2 of a positive number; wrong by less than 0.0002.
pub(crate) fn log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    // The mantissa about 1: the series of the inverse hyperbolic tangent about the root of 2 converges fast.
    let mantissa = f32::from_bits((bits & 0x007F_FFFF) | 0x3F80_0000);
    let t = (mantissa - std::f32::consts::SQRT_2) / (mantissa + std::f32::consts::SQRT_2);
    let square = t * t;
    exponent + 0.5 + t * (2.0 * std::f32::consts::LOG2_E) * (1.0 + square * (1.0 / 3.0 + square * 0.2))
}

/// 2 to a power of −126 to 127, to a share of 0.0001; 0 below.
pub(crate) fn exp2(power: f32) -> f32 {
    if power < -126.0 {
        return 0.0;
    }
    let power = power.min(127.0);
    // Never negative, so that the cast rounds down.
    let whole = (power + 127.0) as i32 - 127;
    let x = (power - whole as f32) * std::f32::consts::LN_2;
    let series = 1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 110.0)))));
    series * f32::from_bits(((whole + 127) as u32) << 23)
}

/// A number of 0 or more to a power.
pub(crate) fn power(base: f32, exponent: f32) -> f32 {
    if base < f32::MIN_POSITIVE { 0.0 } else { exp2(log2(base) * exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn powers_are_nearly_those_of_the_library(base in 0.0..8.0f32, exponent in 0.1..60.0f32) {
            let (ours, theirs) = (power(base, exponent), base.powf(exponent));
            // Beyond is outside of what `exp2` promises.
            prop_assume!(theirs < f32::from_bits(254 << 23));
            let allowed = 2e-4 * (1.0 + exponent) * theirs.max(1e-3);
            prop_assert!((ours - theirs).abs() <= allowed, "{base}^{exponent}: {ours}, not {theirs}");
        }
    }
}

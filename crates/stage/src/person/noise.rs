//! Smooth noise in space, the same on every run.

use glam::{IVec3, Vec3};

/// Value noise: smooth, 0–1, with one random value for each point of the unit lattice.
#[must_use]
pub fn noise(p: Vec3, seed: u32) -> f32 {
    let cell = p.floor();
    let fraction = p - cell;
    let ease = fraction * fraction * (Vec3::splat(3.0) - 2.0 * fraction);
    let at = cell.as_ivec3();
    let value = |x: i32, y: i32, z: i32| {
        lattice(IVec3::new(at.x.wrapping_add(x), at.y.wrapping_add(y), at.z.wrapping_add(z)), seed)
    };
    let along_x = |y: i32, z: i32| {
        let (low, high) = (value(0, y, z), value(1, y, z));
        low + (high - low) * ease.x
    };
    let along_y = |z: i32| {
        let (low, high) = (along_x(0, z), along_x(1, z));
        low + (high - low) * ease.y
    };
    let (low, high) = (along_y(0), along_y(1));
    low + (high - low) * ease.z
}

/// The random value of a lattice point, 0–1.
fn lattice(p: IVec3, seed: u32) -> f32 {
    let mut hash = (p.x as u32).wrapping_mul(0x8da6_b343)
        ^ (p.y as u32).wrapping_mul(0xd816_3841)
        ^ (p.z as u32).wrapping_mul(0xcb1a_b31f)
        ^ seed.wrapping_mul(0x9e37_79b9);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297a_2d39);
    hash ^= hash >> 15;
    (hash >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stays_in_range_and_is_smooth(x in -50f32..50.0, y in -50f32..50.0, z in -50f32..50.0, seed: u32) {
            let p = Vec3::new(x, y, z);
            let here = noise(p, seed);
            prop_assert!((0.0..=1.0).contains(&here));
            prop_assert!((noise(p + Vec3::splat(1e-3), seed) - here).abs() < 0.02);
            prop_assert_eq!(here, noise(p, seed));
        }
    }

    #[test]
    fn seeds_differ() {
        let p = Vec3::new(0.3, 4.7, 2.2);
        assert!((noise(p, 1) - noise(p, 2)).abs() > 1e-3);
    }
}

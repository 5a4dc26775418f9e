//! Rotations in space as three angles and as matrices: R = Rx(pitch) · Ry(yaw) · Rz(roll), the order of the published latent
//! deviation network.

use tch::Tensor;

/// Angles in radians, all of one shape, to matrices of that shape and `[.., 3, 3]`.
pub fn matrices(yaw: &Tensor, pitch: &Tensor, roll: &Tensor) -> Tensor {
    let (sx, cx) = (pitch.sin(), pitch.cos());
    let (sy, cy) = (yaw.sin(), yaw.cos());
    let (sz, cz) = (roll.sin(), roll.cos());
    let entries = [
        &cy * &cz,
        -(&cy * &sz),
        sy.shallow_clone(),
        &cx * &sz + &sx * &sy * &cz,
        &cx * &cz - &sx * &sy * &sz,
        -(&sx * &cy),
        &sx * &sz - &cx * &sy * &cz,
        &sx * &cz + &cx * &sy * &sz,
        &cx * &cy,
    ];
    let mut shape = yaw.size();
    shape.extend([3, 3]);
    Tensor::stack(&entries, -1).view(shape.as_slice())
}

/// Matrices `[.., 3, 3]` to (yaw, pitch, roll) in radians: yaw in −π/2..=π/2, the others in −π..=π.
pub fn angles(matrices: &Tensor) -> (Tensor, Tensor, Tensor) {
    let at = |row: i64, column: i64| matrices.select(-2, row).select(-1, column);
    let level = (at(0, 0).square() + at(0, 1).square()).sqrt();
    (at(0, 2).atan2(&level), (-at(1, 2)).atan2(&at(2, 2)), (-at(0, 1)).atan2(&at(0, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn angles_and_matrices_go_there_and_back() {
        tch::manual_seed(1);
        let draw = |most: f64| (Tensor::rand([50], (Kind::Double, Device::Cpu)) * 2.0 - 1.0) * most;
        let (yaw, pitch, roll) = (draw(1.5), draw(3.0), draw(3.0));
        let turned = matrices(&yaw, &pitch, &roll);
        let product = turned.matmul(&turned.transpose(-1, -2)) - Tensor::eye(3, (Kind::Double, Device::Cpu));
        assert!(product.abs().max().double_value(&[]) < 1e-12);
        assert!((turned.det() - 1.0).abs().max().double_value(&[]) < 1e-12);
        let back = angles(&turned);
        for (a, b) in [(&yaw, &back.0), (&pitch, &back.1), (&roll, &back.2)] {
            assert!((a - b).abs().max().double_value(&[]) < 1e-9);
        }
    }

    #[test]
    fn each_angle_turns_about_its_axis() {
        let of = |x: f64| Tensor::from_slice(&[x]);
        let quarter = std::f64::consts::FRAC_PI_2;
        // A point on the y axis goes to z by pitch; z to x by yaw; x to y by roll.
        for (yaw, pitch, roll, from, to) in
            [(0.0, quarter, 0.0, 1, 2), (quarter, 0.0, 0.0, 2, 0), (0.0, 0.0, quarter, 0, 1)]
        {
            let turned = matrices(&of(yaw), &of(pitch), &of(roll));
            assert!((turned.double_value(&[0, to, from]) - 1.0).abs() < 1e-12);
        }
    }
}

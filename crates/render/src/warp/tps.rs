//! Thin-plate splines in two forms: of displacements (METHODS.md 2.6, the default) and as published.

use crate::{RenderError, Result};

/// Which linear system is solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TpsForm {
    /// A spline of the displacement source − driving, with λ = 1e-3 on the kernel and −1e-2 on the affine block:
    /// equal point sets give exactly the identity and the far field stays bounded (METHODS.md 2.6).
    #[default]
    Displacement,
    /// The released formula: a spline of the source positions with +0.01 on the whole diagonal.
    /// Only for weights that were trained together with it.
    Legacy,
}

const KERNEL_REGULARISER: f64 = 1e-3;
const AFFINE_REGULARISER: f64 = -1e-2;
const LEGACY_REGULARISER: f64 = 1e-2;
/// Beyond this many points a frame's solve would dominate everything else; no part has as many.
const MAX_POINTS: usize = 512;

/// A fitted spline T(p): control points (driving, where the output is) to values (source, where to look).
#[derive(Clone, Debug, PartialEq)]
pub struct Tps {
    form: TpsForm,
    control: Vec<[f32; 2]>,
    weights: Vec<[f32; 2]>,
    /// Rows x, y of (a_x, a_y, offset); for the displacement form without the identity.
    affine: [[f32; 3]; 2],
}

impl Tps {
    /// Fits T(`driving_i`) ≈ `source_i`; coordinates are in [−1, 1] (they may lie a little outside).
    ///
    /// # Errors
    /// [`RenderError::Motion`] when the sets differ in length, hold no point or more than 512, or are not finite.
    pub fn fit(driving: &[[f32; 2]], source: &[[f32; 2]], form: TpsForm) -> Result<Self> {
        let n = driving.len();
        if n != source.len() || n == 0 || n > MAX_POINTS {
            return Err(RenderError::Motion(format!(
                "a thin-plate spline needs two equally long point sets of 1 to {MAX_POINTS}, not {n} and {}",
                source.len()
            )));
        }
        if driving.iter().chain(source).flatten().any(|v| !v.is_finite()) {
            return Err(RenderError::Motion(
                "a thin-plate spline was given points that are not finite".into(),
            ));
        }
        let unmoved = driving == source;
        if unmoved && form == TpsForm::Displacement {
            return Ok(Self {
                form,
                control: driving.to_vec(),
                weights: vec![[0.0; 2]; n],
                affine: [[0.0; 3]; 2],
            });
        }
        let size = n + 3;
        let (kernel_diagonal, affine_diagonal) = match form {
            TpsForm::Displacement => (KERNEL_REGULARISER, AFFINE_REGULARISER),
            TpsForm::Legacy => (LEGACY_REGULARISER, LEGACY_REGULARISER),
        };
        let mut matrix = vec![0.0f64; size * size];
        let mut right = vec![[0.0f64; 2]; size];
        for i in 0..n {
            for j in 0..i {
                let (dx, dy) = (driving[i][0] - driving[j][0], driving[i][1] - driving[j][1]);
                let squared = f64::from(dx).powi(2) + f64::from(dy).powi(2);
                let value = squared * (squared + 1e-9).ln();
                matrix[i * size + j] = value;
                matrix[j * size + i] = value;
            }
            matrix[i * size + i] = kernel_diagonal;
            for (k, value) in
                [f64::from(driving[i][0]), f64::from(driving[i][1]), 1.0].into_iter().enumerate()
            {
                matrix[i * size + n + k] = value;
                matrix[(n + k) * size + i] = value;
            }
            for axis in 0..2 {
                let origin = if form == TpsForm::Displacement { f64::from(driving[i][axis]) } else { 0.0 };
                right[i][axis] = f64::from(source[i][axis]) - origin;
            }
        }
        for k in n..size {
            matrix[k * size + k] = affine_diagonal;
        }
        solve(&mut matrix, &mut right);
        let pair = |v: [f64; 2]| [v[0] as f32, v[1] as f32];
        let weights = right[..n].iter().map(|&v| pair(v)).collect();
        let mut affine = [[0.0; 3]; 2];
        for (k, row) in right[n..].iter().enumerate() {
            affine[0][k] = row[0] as f32;
            affine[1][k] = row[1] as f32;
        }
        Ok(Self { form, control: driving.to_vec(), weights, affine })
    }

    /// T(p).
    #[must_use]
    pub fn map(&self, p: [f32; 2]) -> [f32; 2] {
        let moved = self.sum(p);
        match self.form {
            TpsForm::Displacement => [p[0] + moved[0], p[1] + moved[1]],
            TpsForm::Legacy => moved,
        }
    }

    /// T(p) − p.
    #[must_use]
    pub fn displacement(&self, p: [f32; 2]) -> [f32; 2] {
        let moved = self.sum(p);
        match self.form {
            TpsForm::Displacement => moved,
            TpsForm::Legacy => [moved[0] - p[0], moved[1] - p[1]],
        }
    }

    /// The weights of the kernel, one pair per control point.
    #[must_use]
    pub fn weights(&self) -> &[[f32; 2]] {
        &self.weights
    }

    /// Rows x and y of the affine part: factor of x, factor of y, offset. In the displacement form without the identity.
    #[must_use]
    pub fn affine(&self) -> [[f32; 3]; 2] {
        self.affine
    }

    fn sum(&self, p: [f32; 2]) -> [f32; 2] {
        let [row_x, row_y] = self.affine;
        let mut x = row_x[0] * p[0] + row_x[1] * p[1] + row_x[2];
        let mut y = row_y[0] * p[0] + row_y[1] * p[1] + row_y[2];
        for (c, w) in self.control.iter().zip(&self.weights) {
            let (dx, dy) = (p[0] - c[0], p[1] - c[1]);
            let squared = dx * dx + dy * dy;
            let kernel = squared * natural_log(squared + 1e-9);
            x += w[0] * kernel;
            y += w[1] * kernel;
        }
        [x, y]
    }
}

/// ln of a positive normal number within 2e-7 relative of full scale; plain arithmetic, so that loops over it
/// become vector code and every machine gives the same bits.
fn natural_log(value: f32) -> f32 {
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let bits = value.to_bits().wrapping_sub(SQRT_HALF);
    let exponent = (bits as i32 >> 23) as f32;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF);
    // ln m = 2 artanh((m−1)/(m+1)), |argument| < 0.172
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let series = 2.0 * s * (1.0 + z * (1.0 / 3.0 + z * (0.2 + z * (1.0 / 7.0 + z * (1.0 / 9.0)))));
    exponent * std::f32::consts::LN_2 + series
}

/// Gaussian elimination with row pivoting; a vanished pivot leaves its unknown at zero.
fn solve(matrix: &mut [f64], right: &mut [[f64; 2]]) {
    let n = right.len();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a * n + column].abs().total_cmp(&matrix[b * n + column].abs()))
            .unwrap_or(column);
        if pivot != column {
            right.swap(pivot, column);
            for k in column..n {
                matrix.swap(pivot * n + k, column * n + k);
            }
        }
        let value = matrix[column * n + column];
        if value.abs() < 1e-14 {
            matrix[column * n + column] = f64::INFINITY;
            continue;
        }
        let (upper, lower) = matrix.split_at_mut((column + 1) * n);
        let pivot_row = &upper[column * n + column..];
        for (row, line) in lower.chunks_exact_mut(n).enumerate() {
            let factor = line[column] / value;
            if factor == 0.0 {
                continue;
            }
            for (target, &from) in line[column..].iter_mut().zip(pivot_row) {
                *target -= factor * from;
            }
            let from = right[column];
            let target = &mut right[column + 1 + row];
            target[0] -= factor * from[0];
            target[1] -= factor * from[1];
        }
    }
    for row in (0..n).rev() {
        let mut value = right[row];
        for k in row + 1..n {
            let factor = matrix[row * n + k];
            value[0] -= factor * right[k][0];
            value[1] -= factor * right[k][1];
        }
        let pivot = matrix[row * n + row];
        right[row] = [value[0] / pivot, value[1] / pivot];
    }
}

//! Latent rows as the numbers that the diffusion works on, and back (METHODS 1.8, representation remark).
//!
//! A latent row is 256 rotation matrices (16 × 16 places, row-major, 9 numbers each) and a translation. It becomes base numbers
//! (matrices as they are, or Euler angles), from which the source's are taken away where motion is relative; principal components
//! of those where wanted; and what is left is whitened: mean 0 and spread 1 over the training rows.

use super::{NumbersKind, RepresentationConfig};
use orator_nn::{NnError, Result, rotation};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// The beginning of the name of the latent motion.
pub const REPRESENTATION: &str = "deviation-2307";
/// Numbers of a latent row.
pub const LATENT_NUMBERS: i64 = 2307;
/// Rotations in a row.
const ROTATIONS: i64 = 256;
/// Angles are counted in these units, degrees: the outermost that the pose estimator knows.
const ANGLE_UNIT: f64 = 99.0;
/// No number is divided by less than this share of the largest spread: what hardly moves is not to become noise.
const LEAST_SPREAD: f64 = 1e-3;
/// A spread when nothing moves at all.
const NO_SPREAD: f64 = 1.0;
/// Rows whose products are summed at a time.
const CHUNK: i64 = 4096;

/// Fitted to training rows.
#[derive(Debug)]
pub struct Representation {
    config: RepresentationConfig,
    /// Principal components `[base numbers, numbers]`.
    components: Option<Tensor>,
    /// Mean of the motion's base numbers, `[base numbers]`, and spread of its numbers, `[numbers]`.
    mean: Tensor,
    spread: Tensor,
    /// The same of the source rows themselves, which the network is told of.
    source_mean: Tensor,
    source_spread: Tensor,
}

impl Clone for Representation {
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            components: self.components.as_ref().map(Tensor::shallow_clone),
            mean: self.mean.shallow_clone(),
            spread: self.spread.shallow_clone(),
            source_mean: self.source_mean.shallow_clone(),
            source_spread: self.source_spread.shallow_clone(),
        }
    }
}

impl Representation {
    /// Fits to latent rows `[rows, 2307]` and the source row of each, `[rows, 2307]`.
    ///
    /// # Errors
    /// [`NnError::Shape`] when there are fewer than two rows or they are of another width.
    pub fn fit(rows: &Tensor, sources: &Tensor, config: &RepresentationConfig) -> Result<Self> {
        let size = rows.size();
        if size.len() != 2 || size[0] < 2 || size[1] != LATENT_NUMBERS || sources.size() != size {
            return Err(NnError::Shape(format!("{size:?} are not latent rows to learn from")));
        }
        tch::no_grad(|| {
            let base = base_numbers(rows, config.numbers);
            let source_base = base_numbers(sources, config.numbers);
            let motion = if config.relative_to_source { base - &source_base } else { base };
            let components = match config.numbers {
                NumbersKind::Pca256 => Some(principal_components(&motion, config.components as i64)?),
                NumbersKind::Matrix2307 | NumbersKind::Angle771 => None,
            };
            let components = components.as_ref();
            let [mean, source_mean] = [&motion, &source_base].map(mean_of);
            let spread = spread_of(&project(&(motion - &mean), components));
            let source_spread = spread_of(&project(&(source_base - &source_mean), components));
            let (config, components) = (config.clone(), components.map(Tensor::shallow_clone));
            Ok(Self { config, components, mean, spread, source_mean, source_spread })
        })
    }

    /// How many numbers a frame has.
    #[must_use]
    pub fn numbers(&self) -> i64 {
        self.spread.size()[0]
    }

    /// Latent rows `[.., 2307]` and their source (the same shape, or one that is repeated) as whitened numbers `[.., numbers]`.
    pub fn numbers_of(&self, rows: &Tensor, source: &Tensor) -> Tensor {
        let base = base_numbers(rows, self.config.numbers);
        let motion = if self.config.relative_to_source {
            base - base_numbers(source, self.config.numbers)
        } else {
            base
        };
        project(&(motion - &self.mean), self.components.as_ref()) / &self.spread
    }

    /// Source rows `[.., 2307]` as the network is told of them, `[.., numbers]`.
    pub fn source_numbers(&self, source: &Tensor) -> Tensor {
        let base = base_numbers(source, self.config.numbers) - &self.source_mean;
        project(&base, self.components.as_ref()) / &self.source_spread
    }

    /// The numbers `[1, numbers]` of somebody who stays as the source shows: of relative motion the offset of nothing, otherwise the
    /// mean pose.
    pub fn still(&self) -> Tensor {
        if !self.config.relative_to_source {
            return self.spread.zeros_like().unsqueeze(0);
        }
        (project(&-self.mean.unsqueeze(0), self.components.as_ref())) / &self.spread
    }

    /// Whitened numbers `[.., numbers]` back as latent rows `[.., 2307]`.
    pub fn rows_of(&self, numbers: &Tensor, source: &Tensor) -> Tensor {
        let moved = numbers * &self.spread;
        let motion = match &self.components {
            Some(components) => moved.matmul(&components.transpose(0, 1)) + &self.mean,
            None => moved + &self.mean,
        };
        let base = if self.config.relative_to_source {
            motion + base_numbers(source, self.config.numbers)
        } else {
            motion
        };
        from_base(&base, self.config.numbers)
    }

    /// How much each number moves the latent row, `[numbers]`, 1 in all: its share of the variance.
    pub fn importance(&self) -> Tensor {
        let variance = self.spread.square();
        &variance / variance.sum(Kind::Float)
    }

    /// On another device.
    #[must_use]
    pub fn to_device(&self, device: Device) -> Self {
        Self {
            config: self.config.clone(),
            components: self.components.as_ref().map(|c| c.to_device(device)),
            mean: self.mean.to_device(device),
            spread: self.spread.to_device(device),
            source_mean: self.source_mean.to_device(device),
            source_spread: self.source_spread.to_device(device),
        }
    }

    /// As named tensors for a checkpoint.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let named = [
            ("mean", Some(&self.mean)),
            ("spread", Some(&self.spread)),
            ("source_mean", Some(&self.source_mean)),
            ("source_spread", Some(&self.source_spread)),
            ("components", self.components.as_ref()),
        ];
        named
            .into_iter()
            .filter_map(|(name, tensor)| Some((format!("representation.{name}"), tensor?.shallow_clone())))
            .collect()
    }

    /// From a checkpoint's tensors.
    ///
    /// # Errors
    /// [`NnError::Mismatch`] when one is missing or of another shape.
    pub fn from_tensors(
        tensors: &BTreeMap<String, Tensor>,
        config: &RepresentationConfig,
        device: Device,
    ) -> Result<Self> {
        let get = |name: &str| -> Result<Tensor> {
            let name = format!("representation.{name}");
            let tensor =
                tensors.get(&name).ok_or(NnError::Mismatch { what: format!("{name} is missing") })?;
            Ok(tensor.to_device(device))
        };
        let base = base_width(config.numbers);
        let components = match config.numbers {
            NumbersKind::Pca256 => Some(get("components")?),
            NumbersKind::Matrix2307 | NumbersKind::Angle771 => None,
        };
        let numbers = match &components {
            // Data of fewer rows than components gives fewer.
            Some(c) if c.dim() == 2 && c.size()[0] == base && c.size()[1] >= 1 => c.size()[1],
            Some(c) => {
                let what = format!("representation.components is {:?} and not [{base}, numbers]", c.size());
                return Err(NnError::Mismatch { what });
            }
            None => base,
        };
        let vector = |name: &str, length: i64| -> Result<Tensor> {
            let tensor = get(name)?;
            if tensor.size() != [length] {
                let what = format!("representation.{name} is {:?} and not [{length}]", tensor.size());
                return Err(NnError::Mismatch { what });
            }
            Ok(tensor)
        };
        Ok(Self {
            config: config.clone(),
            mean: vector("mean", base)?,
            spread: positive(&vector("spread", numbers)?),
            source_mean: vector("source_mean", base)?,
            source_spread: positive(&vector("source_spread", numbers)?),
            components,
        })
    }
}

fn base_width(kind: NumbersKind) -> i64 {
    match kind {
        NumbersKind::Matrix2307 | NumbersKind::Pca256 => LATENT_NUMBERS,
        NumbersKind::Angle771 => 3 * ROTATIONS + 3,
    }
}

/// Latent rows `[.., 2307]` to base numbers: themselves, or yaw, pitch and roll of all places and the translation.
fn base_numbers(rows: &Tensor, kind: NumbersKind) -> Tensor {
    match kind {
        NumbersKind::Matrix2307 | NumbersKind::Pca256 => rows.shallow_clone(),
        NumbersKind::Angle771 => {
            let mut shape = rows.size();
            shape.pop();
            shape.extend([ROTATIONS, 3, 3]);
            let matrices = rows.narrow(-1, 0, 9 * ROTATIONS).reshape(shape.as_slice());
            let (yaw, pitch, roll) = rotation::angles(&matrices);
            let angles = Tensor::cat(&[yaw, pitch, roll], -1) / ANGLE_UNIT.to_radians();
            Tensor::cat(&[angles, rows.narrow(-1, 9 * ROTATIONS, 3)], -1)
        }
    }
}

/// The inverse.
fn from_base(base: &Tensor, kind: NumbersKind) -> Tensor {
    match kind {
        NumbersKind::Matrix2307 | NumbersKind::Pca256 => base.shallow_clone(),
        NumbersKind::Angle771 => {
            let angle = |i: i64| base.narrow(-1, i * ROTATIONS, ROTATIONS) * ANGLE_UNIT.to_radians();
            let matrices = rotation::matrices(&angle(0), &angle(1), &angle(2)).flatten(-3, -1);
            Tensor::cat(&[matrices, base.narrow(-1, 3 * ROTATIONS, 3)], -1)
        }
    }
}

/// Principal components of centred base numbers, where there are some.
fn project(centred: &Tensor, components: Option<&Tensor>) -> Tensor {
    components.map_or_else(|| centred.shallow_clone(), |c| centred.matmul(c))
}

fn mean_of(rows: &Tensor) -> Tensor {
    rows.mean_dim([0i64].as_slice(), false, Kind::Float)
}

/// Spread of each of the centred numbers `[rows, numbers]`.
fn spread_of(centred: &Tensor) -> Tensor {
    let spread = centred.square().mean_dim([0i64].as_slice(), false, Kind::Float).sqrt();
    let largest = spread.max().double_value(&[]);
    spread.clamp_min(if largest > 0.0 { largest * LEAST_SPREAD } else { NO_SPREAD })
}

/// What was stored as nought in 16 bits is still to be divided by.
fn positive(spread: &Tensor) -> Tensor {
    let largest = spread.abs().max().double_value(&[]);
    spread.clamp_min(if largest > 0.0 { largest * LEAST_SPREAD / 2.0 } else { NO_SPREAD })
}

/// The first `count` principal components of rows `[rows, numbers]`, largest first: `[numbers, count]` with columns of length 1.
/// Fewer where there are fewer rows. The sign of a component is chosen so that its largest entry is positive.
fn principal_components(rows: &Tensor, count: i64) -> Result<Tensor> {
    let (frames, numbers) = (rows.size()[0], rows.size()[1]);
    let count = count.min(frames - 1).min(numbers).max(1);
    let mean = rows.mean_dim([0i64].as_slice(), true, Kind::Float);
    let found = if frames >= numbers {
        let mut covariance = Tensor::zeros([numbers, numbers], (Kind::Double, rows.device()));
        for start in (0..frames).step_by(CHUNK as usize) {
            let part = rows.narrow(0, start, CHUNK.min(frames - start)) - &mean;
            covariance = covariance + part.transpose(0, 1).matmul(&part).to_kind(Kind::Double);
        }
        // Eigenvalues rise.
        let (_, vectors) = covariance.f_linalg_eigh("L")?;
        vectors.narrow(1, numbers - count, count).flip([1i64])
    } else {
        // Few rows: the eigenvectors of the rows' products give the same components.
        let centred = (rows - &mean).to_kind(Kind::Double);
        let (_, vectors) = centred.matmul(&centred.transpose(0, 1)).f_linalg_eigh("L")?;
        let vectors = vectors.narrow(1, frames - count, count).flip([1i64]);
        let long = centred.transpose(0, 1).matmul(&vectors);
        let length = long.square().sum_dim_intlist([0i64].as_slice(), true, Kind::Double).sqrt();
        long / length.clamp_min(1e-12)
    };
    let largest = found.gather(0, &found.abs().argmax(0, true), false);
    Ok((found * largest.sign()).to_kind(Kind::Float).contiguous())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of true rotations that follow three waves, and a source for each.
    fn rows(frames: i64) -> (Tensor, Tensor) {
        tch::manual_seed(2);
        let options = (Kind::Float, Device::Cpu);
        let ways = Tensor::randn([3, 3 * ROTATIONS + 3], options) * 0.2;
        let time = Tensor::arange(frames, options).unsqueeze(1) * 0.37;
        let waves = Tensor::cat(&[time.sin(), time.cos(), (&time * 0.5).sin()], 1);
        let base = waves.matmul(&ways);
        let rows = from_base(&base, NumbersKind::Angle771);
        let sources = rows.roll([7], [0]);
        (rows, sources)
    }

    fn far(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn every_representation_goes_there_and_back() {
        let (rows, sources) = rows(60);
        for numbers in [NumbersKind::Matrix2307, NumbersKind::Angle771, NumbersKind::Pca256] {
            for relative_to_source in [false, true] {
                let config = RepresentationConfig { numbers, components: 59, relative_to_source };
                let fitted = Representation::fit(&rows, &sources, &config).unwrap();
                let made = fitted.numbers_of(&rows, &sources);
                assert_eq!(made.size(), [60, fitted.numbers()]);
                assert!(
                    made.mean_dim([0i64].as_slice(), false, Kind::Float).abs().max().double_value(&[]) < 1e-2
                );
                assert!(far(&fitted.rows_of(&made, &sources), &rows) < 2e-2, "{config:?}");
                let tensors: BTreeMap<_, _> = fitted.tensors().into_iter().collect();
                let read = Representation::from_tensors(&tensors, &config, Device::Cpu).unwrap();
                assert!(read.numbers_of(&rows, &sources).equal(&made));
                assert_eq!(fitted.source_numbers(&sources).size(), made.size());
                let all = fitted.importance().sum(Kind::Float).double_value(&[]);
                assert!((all - 1.0).abs() < 1e-4, "{all}");
                // One source for all frames.
                let one = sources.narrow(0, 3, 1);
                if relative_to_source {
                    assert!(far(&fitted.still(), &fitted.numbers_of(&one, &one)) < 1e-4);
                }
                let made = fitted.numbers_of(&rows, &one);
                assert!(far(&fitted.rows_of(&made, &one), &rows) < 2e-2);
            }
        }
    }

    #[test]
    fn components_are_the_same_by_either_way_and_the_largest_come_first() {
        tch::manual_seed(3);
        let long = Tensor::randn([50, 6], (Kind::Float, Device::Cpu))
            * Tensor::from_slice(&[9f32, 5., 3., 2., 1., 0.5]);
        let many = principal_components(&long, 3).unwrap();
        // The same rows among more numbers than rows: the others do not move.
        let wide = Tensor::cat(&[&long, &Tensor::zeros([50, 60], (Kind::Float, Device::Cpu))], 1);
        let few = principal_components(&wide, 3).unwrap().narrow(0, 0, 6);
        assert!(far(&many, &few) < 1e-4);
        let spread = long.matmul(&many).std_dim(0, true, false);
        let spread = Vec::<f32>::try_from(spread).unwrap();
        assert!(spread[0] > spread[1] && spread[1] > spread[2], "{spread:?}");
        let unit = many.transpose(0, 1).matmul(&many) - Tensor::eye(3, (Kind::Float, Device::Cpu));
        assert!(unit.abs().max().double_value(&[]) < 1e-4);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let (rows, sources) = rows(20);
        let config = RepresentationConfig { components: 500, ..RepresentationConfig::default() };
        let fitted = Representation::fit(&rows, &sources, &config).unwrap();
        assert_eq!(fitted.numbers(), 19, "no more components than rows tell of");
        assert!(Representation::fit(&rows.narrow(1, 0, 9), &sources, &config).is_err());
        assert!(Representation::fit(&rows.narrow(0, 0, 1), &sources.narrow(0, 0, 1), &config).is_err());
        let mut tensors: BTreeMap<_, _> = fitted.tensors().into_iter().collect();
        tensors.insert("representation.spread".into(), Tensor::ones([3], (Kind::Float, Device::Cpu)));
        let error = Representation::from_tensors(&tensors, &config, Device::Cpu).unwrap_err();
        assert!(error.to_string().contains("representation.spread"), "{error}");
    }
}

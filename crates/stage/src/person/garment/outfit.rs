//! What somebody wears, drawn from a seed.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::super::Traits;

/// What is worn on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Top {
    /// A T-shirt with a ribbed crew neck.
    Tee,
    /// A knitted jumper with a crew neck.
    Jumper,
    /// A knitted jumper with a V-neck.
    VNeck,
    /// A woven shirt with collar and button line.
    Shirt,
    /// A knitted shirt with a soft collar and three buttons.
    Polo,
    /// A jumper with a folded tube about the neck.
    Turtleneck,
    /// A hooded sweatshirt.
    Hoodie,
    /// A light blouse with an open neck.
    Blouse,
}

impl Top {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Tee,
        Self::Jumper,
        Self::VNeck,
        Self::Shirt,
        Self::Polo,
        Self::Turtleneck,
        Self::Hoodie,
        Self::Blouse,
    ];

    /// Whether it is knitted, with ribbed edges.
    pub(super) fn knitted(self) -> bool {
        !matches!(self, Self::Shirt | Self::Blouse)
    }
}

/// What is worn open over the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Jacket {
    /// A tailored jacket with lapels.
    Blazer,
    /// An open knitted jacket with a band.
    Cardigan,
}

/// What is worn below the waist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bottom {
    /// Trousers.
    Trousers,
    /// A skirt to the knee over dark tights.
    Skirt,
}

/// What is on the cloth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pattern {
    /// One colour.
    Plain,
    /// One colour with lighter fibres.
    Melange,
    /// Bands across.
    Stripes {
        /// Distance from band to band, in decimetres.
        pitch: f32,
        /// Share of the second colour, 0–1.
        share: f32,
    },
    /// Thin upright lines.
    Pinstripes {
        /// Distance from line to line, in decimetres.
        pitch: f32,
    },
    /// Bands both ways.
    Checks {
        /// Distance from band to band, in decimetres.
        pitch: f32,
    },
    /// Small dots.
    Print {
        /// Distance from dot to dot, in decimetres.
        pitch: f32,
    },
}

/// One piece of clothing's cloth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fabric {
    /// sRGB, 0–1.
    pub colour: [f32; 3],
    /// The pattern's second colour.
    pub second: [f32; 3],
    /// What is on it.
    pub pattern: Pattern,
}

impl Fabric {
    /// A fabric of one colour.
    #[must_use]
    pub fn plain(colour: [f32; 3]) -> Self {
        Self { colour, second: colour, pattern: Pattern::Plain }
    }
}

/// What somebody wears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outfit {
    /// The top.
    pub top: Top,
    /// Its cloth.
    pub fabric: Fabric,
    /// Where the sleeves end: share of the way from the shoulder to the wrist, 0.3–1.
    pub sleeve: f32,
    /// How loosely it hangs, 0–1.
    pub looseness: f32,
    /// Whether it is tucked in.
    pub tucked: bool,
    /// What is worn over it.
    pub jacket: Option<(Jacket, Fabric)>,
    /// What is worn below.
    pub bottom: Bottom,
    /// Its cloth.
    pub below: Fabric,
}

/// Colours of cloth, sRGB.
const STRONG: [[f32; 3]; 22] = [
    [0.12, 0.18, 0.32],
    [0.20, 0.30, 0.48],
    [0.38, 0.10, 0.13],
    [0.55, 0.16, 0.16],
    [0.13, 0.30, 0.24],
    [0.30, 0.36, 0.22],
    [0.42, 0.40, 0.26],
    [0.60, 0.44, 0.20],
    [0.76, 0.56, 0.22],
    [0.70, 0.36, 0.26],
    [0.33, 0.20, 0.36],
    [0.48, 0.30, 0.44],
    [0.16, 0.40, 0.46],
    [0.33, 0.50, 0.62],
    [0.52, 0.60, 0.66],
    [0.62, 0.58, 0.52],
    [0.75, 0.70, 0.62],
    [0.82, 0.64, 0.62],
    [0.24, 0.24, 0.26],
    [0.11, 0.11, 0.12],
    [0.44, 0.45, 0.47],
    [0.50, 0.38, 0.30],
];
const LIGHT: [[f32; 3]; 9] = [
    [0.90, 0.90, 0.90],
    [0.84, 0.88, 0.93],
    [0.70, 0.79, 0.90],
    [0.92, 0.88, 0.80],
    [0.90, 0.80, 0.80],
    [0.80, 0.86, 0.80],
    [0.58, 0.68, 0.82],
    [0.86, 0.83, 0.90],
    [0.78, 0.78, 0.76],
];
const SUITING: [[f32; 3]; 9] = [
    [0.10, 0.12, 0.18],
    [0.14, 0.18, 0.28],
    [0.13, 0.13, 0.14],
    [0.28, 0.29, 0.31],
    [0.40, 0.40, 0.40],
    [0.33, 0.27, 0.22],
    [0.52, 0.45, 0.36],
    [0.24, 0.28, 0.24],
    [0.36, 0.18, 0.20],
];
const DENIM: [[f32; 3]; 3] = [[0.16, 0.20, 0.30], [0.24, 0.31, 0.42], [0.12, 0.13, 0.16]];

impl Outfit {
    /// Draws an outfit that suits the person.
    #[must_use]
    pub fn sample(rng: &mut ChaCha8Rng, traits: &Traits) -> Self {
        let woman = 1.0 - traits.masculinity;
        let weights = [
            0.16 - 0.001 * (traits.age - 40.0),
            0.15,
            0.11,
            0.20,
            0.08 * (0.4 + traits.masculinity),
            0.08,
            (0.14 - 0.003 * (traits.age - 25.0)).max(0.01),
            0.24 * woman,
        ];
        let top = weighted(rng, &Top::ALL, &weights);
        let over = rng.random::<f32>();
        let jacket = match top {
            Top::Shirt | Top::Blouse if over < 0.45 => Some(Jacket::Blazer),
            Top::Tee | Top::Turtleneck if over < 0.22 => Some(Jacket::Blazer),
            Top::Tee | Top::Blouse if over < 0.22 + 0.25 * woman => Some(Jacket::Cardigan),
            _ => None,
        };
        let fabric = fabric(rng, top);
        let jacket = jacket.map(|kind| (kind, jacket_fabric(rng, kind, &fabric)));
        let sleeve = match top {
            Top::Tee | Top::Polo => rng.random_range(0.33..0.46),
            Top::Blouse if rng.random_bool(0.3) => rng.random_range(0.45..0.75),
            Top::Shirt if jacket.is_none() && rng.random_bool(0.25) => rng.random_range(0.36..0.78),
            Top::Jumper if rng.random_bool(0.12) => rng.random_range(0.6..0.8),
            _ => rng.random_range(0.965..1.0),
        };
        let bottom = if rng.random_bool(f64::from(0.28 * woman)) { Bottom::Skirt } else { Bottom::Trousers };
        let mut below = if rng.random_bool(0.4) { pick(rng, &DENIM) } else { pick(rng, &SUITING) };
        if let Some((Jacket::Blazer, cloth)) = jacket
            && rng.random_bool(0.6)
        {
            below = cloth.colour;
        }
        Self {
            top,
            fabric,
            sleeve,
            looseness: match top {
                Top::Hoodie => rng.random_range(0.55..0.95),
                Top::Turtleneck | Top::VNeck => rng.random_range(0.1..0.55),
                _ => rng.random_range(0.2..0.8),
            },
            tucked: matches!(top, Top::Shirt | Top::Blouse) && rng.random_bool(0.65),
            jacket,
            bottom,
            below: Fabric::plain(below),
        }
    }
}

fn fabric(rng: &mut ChaCha8Rng, top: Top) -> Fabric {
    let roll = rng.random::<f32>();
    let light = match top {
        Top::Shirt | Top::Blouse => 0.7,
        Top::Tee | Top::Polo => 0.35,
        _ => 0.15,
    };
    let mut colour = if rng.random::<f32>() < light { pick(rng, &LIGHT) } else { pick(rng, &STRONG) };
    // Dyes differ from one vat to the next.
    for channel in &mut colour {
        *channel =
            (*channel * rng.random_range(0.88..1.12f32) + rng.random_range(-0.01..0.02f32)).clamp(0.06, 0.93);
    }
    let brightness = colour.iter().sum::<f32>() / 3.0;
    let second = if brightness > 0.55 { pick(rng, &STRONG) } else { pick(rng, &LIGHT) };
    let pattern = match top {
        Top::Shirt => match roll {
            r if r < 0.5 => Pattern::Plain,
            r if r < 0.72 => Pattern::Pinstripes { pitch: rng.random_range(0.10..0.22) },
            r if r < 0.92 => Pattern::Checks { pitch: rng.random_range(0.22..0.7) },
            _ => Pattern::Print { pitch: rng.random_range(0.22..0.4) },
        },
        Top::Blouse => match roll {
            r if r < 0.55 => Pattern::Plain,
            r if r < 0.8 => Pattern::Print { pitch: rng.random_range(0.22..0.55) },
            _ => Pattern::Pinstripes { pitch: rng.random_range(0.12..0.3) },
        },
        Top::Tee | Top::Jumper | Top::Polo => match roll {
            r if r < 0.5 => Pattern::Plain,
            r if r < 0.68 => Pattern::Melange,
            _ => Pattern::Stripes {
                pitch: rng.random_range(0.3..1.3),
                share: if rng.random_bool(0.5) { 0.5 } else { rng.random_range(0.15..0.4) },
            },
        },
        _ if roll < 0.6 => Pattern::Plain,
        _ => Pattern::Melange,
    };
    Fabric { colour, second, pattern }
}

fn jacket_fabric(rng: &mut ChaCha8Rng, kind: Jacket, under: &Fabric) -> Fabric {
    let mut colour = if kind == Jacket::Blazer { pick(rng, &SUITING) } else { pick(rng, &STRONG) };
    let far = |colour: &[f32; 3]| colour.iter().zip(under.colour).map(|(a, b)| (a - b).abs()).sum::<f32>();
    // What is worn over something else should be told from it.
    if far(&colour) < 0.35 {
        colour = if under.colour[0] > 0.3 { SUITING[1] } else { SUITING[6] };
    }
    let second = colour.map(|channel| (channel * 1.25 + 0.05).min(0.9));
    let pattern = match rng.random::<f32>() {
        r if r < 0.6 => Pattern::Plain,
        r if r < 0.8 => Pattern::Melange,
        r if r < 0.9 && kind == Jacket::Blazer => Pattern::Pinstripes { pitch: 0.2 },
        _ if kind == Jacket::Blazer => Pattern::Checks { pitch: rng.random_range(0.4..0.9) },
        _ => Pattern::Plain,
    };
    Fabric { colour, second, pattern }
}

fn pick(rng: &mut ChaCha8Rng, from: &[[f32; 3]]) -> [f32; 3] {
    from.choose(rng).copied().unwrap_or([0.5; 3])
}

fn weighted<T: Copy>(rng: &mut ChaCha8Rng, from: &[T], weights: &[f32]) -> T {
    let mut at = rng.random::<f32>() * weights.iter().sum::<f32>();
    for (item, weight) in from.iter().zip(weights) {
        at -= weight;
        if at <= 0.0 {
            return *item;
        }
    }
    from[0]
}

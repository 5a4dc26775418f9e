//! Colours and marks: skin, lips, eyes, brows, hair, beard, freckles, the marks of age, make-up.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Traits;
use super::chance::{around, happens, mix, smooth};

/// sRGB, 0–1.
pub type Colour = [f32; 3];

/// Hair on the face: how dense in each region, 0–1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Beard {
    /// On cheeks and jaw.
    pub cheeks: f32,
    /// On the chin.
    pub chin: f32,
    /// On the upper lip.
    pub moustache: f32,
    /// 0 for stubble, 1 for a beard that hides the skin.
    pub length: f32,
}

/// What is painted on a face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MakeUp {
    /// Lipstick: colour and cover 0–1.
    pub lips: (Colour, f32),
    /// Eye shadow: colour and cover.
    pub shadow: (Colour, f32),
    /// Eye liner, 0–1.
    pub liner: f32,
    /// Rouge, 0–1.
    pub rouge: f32,
}

/// Eyebrows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Brows {
    /// Colour.
    pub colour: Colour,
    /// How well they cover the skin, 0–1.
    pub density: f32,
    /// Height against the usual, 0.6–1.5.
    pub thickness: f32,
    /// How far they rise towards the outside, in decimetres, −0.02 to 0.06.
    pub arch: f32,
    /// Length against the usual, 0.85–1.1.
    pub length: f32,
}

/// A person's colours and marks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Complexion {
    /// Skin in even light.
    pub skin: Colour,
    /// How dark the skin is, 0 (very fair) to 1 (very dark).
    pub melanin: f32,
    /// Lips without make-up.
    pub lips: Colour,
    /// How much blood shows in cheeks, nose and ears, 0–1.
    pub redness: f32,
    /// Unevenness of the colour, 0–1.
    pub mottling: f32,
    /// Freckles, 0–1.
    pub freckles: f32,
    /// Number of moles on face and neck.
    pub moles: u32,
    /// Wrinkles, 0–1.
    pub wrinkles: f32,
    /// Age spots, 0–1.
    pub spots: f32,
    /// Shadow under the eyes, 0–1.
    pub tiredness: f32,
    /// Colour of the iris.
    pub iris: Colour,
    /// Radius of the pupil in radii of the iris.
    pub pupil: f32,
    /// How white the teeth are, 0–1.
    pub teeth: f32,
    /// Hair of the head.
    pub hair: Colour,
    /// Eyebrows.
    pub brows: Brows,
    /// Length of the lashes against the usual, 0.7–1.4.
    pub lashes: f32,
    /// Beard.
    pub beard: Beard,
    /// Make-up.
    pub makeup: MakeUp,
}

/// Skin by rising melanin, sRGB in even light.
const SKINS: [Colour; 7] = [
    [0.850, 0.680, 0.590],
    [0.800, 0.615, 0.515],
    [0.735, 0.545, 0.435],
    [0.620, 0.455, 0.355],
    [0.485, 0.345, 0.268],
    [0.360, 0.250, 0.196],
    [0.255, 0.180, 0.146],
];
/// Melanin of African, Asian and European skin: mean and spread.
const MELANIN: [(f32, f32); 3] = [(0.80, 0.11), (0.30, 0.09), (0.15, 0.10)];

/// Natural hair of Europeans, with its share: blond, fair, light brown, brown, dark brown, black, red, auburn.
const EUROPEAN_HAIR: [(Colour, f32); 8] = [
    ([0.72, 0.57, 0.36], 0.08),
    ([0.55, 0.42, 0.26], 0.12),
    ([0.40, 0.28, 0.17], 0.20),
    ([0.28, 0.19, 0.12], 0.24),
    ([0.18, 0.12, 0.08], 0.20),
    ([0.09, 0.07, 0.06], 0.08),
    ([0.50, 0.23, 0.10], 0.04),
    ([0.33, 0.15, 0.09], 0.04),
];
/// Hair of Africans and Asians.
const DARK_HAIR: [Colour; 4] =
    [[0.055, 0.045, 0.042], [0.07, 0.05, 0.04], [0.10, 0.07, 0.05], [0.15, 0.10, 0.07]];
/// Dyed hair: platinum, honey, copper, burgundy, dark violet.
const DYES: [Colour; 5] =
    [[0.80, 0.71, 0.56], [0.58, 0.41, 0.22], [0.55, 0.26, 0.13], [0.28, 0.08, 0.09], [0.20, 0.10, 0.22]];
/// Irises of Europeans: blue, grey-blue, grey, green, hazel, amber, brown.
const LIGHT_IRISES: [(Colour, f32); 7] = [
    ([0.33, 0.42, 0.50], 0.22),
    ([0.41, 0.46, 0.50], 0.13),
    ([0.44, 0.46, 0.46], 0.08),
    ([0.35, 0.43, 0.29], 0.13),
    ([0.42, 0.34, 0.18], 0.14),
    ([0.45, 0.29, 0.12], 0.06),
    ([0.30, 0.18, 0.09], 0.24),
];
/// Brown irises.
const DARK_IRISES: [Colour; 3] = [[0.22, 0.125, 0.07], [0.16, 0.09, 0.055], [0.28, 0.17, 0.09]];
/// Lipsticks.
const LIPSTICKS: [Colour; 6] = [
    [0.58, 0.17, 0.18],
    [0.64, 0.34, 0.34],
    [0.48, 0.15, 0.20],
    [0.66, 0.37, 0.36],
    [0.46, 0.23, 0.21],
    [0.58, 0.26, 0.31],
];
/// Eye shadows.
const SHADOWS: [Colour; 5] =
    [[0.30, 0.22, 0.20], [0.42, 0.30, 0.26], [0.28, 0.24, 0.32], [0.25, 0.28, 0.33], [0.50, 0.36, 0.28]];

/// Draws a complexion.
pub(super) fn sample(rng: &mut ChaCha8Rng, traits: &Traits) -> Complexion {
    let woman = 1.0 - traits.masculinity;
    let years = ((traits.age - 28.0) / 52.0).clamp(0.0, 1.0);
    let melanin = melanin(rng, traits);
    let skin = skin_colour(rng, melanin);
    let natural = natural_hair(rng, traits);
    let grey_from = around(rng, 46.0, 9.0, [26.0, 66.0]);
    let grey = smooth(traits.age, grey_from, grey_from + 24.0);
    let silver = [1.0, 0.985, 0.96].map(|c| c * rng.random_range(0.56..0.78));
    let greyed = mix(natural, silver, grey * 0.95);
    let dyes = happens(rng, if woman > 0.5 { 0.22 + 0.3 * grey } else { 0.03 });
    let dye = if happens(rng, 0.45) { natural } else { DYES[rng.random_range(0..DYES.len())] };
    let hair = if dyes { dye } else { greyed };
    let iris = iris(rng, traits, melanin);
    let grizzled = mix(natural, [0.50, 0.45, 0.39], 0.6 * grey);
    let brow_colour = mix(grizzled, [0.06, 0.042, 0.034], 0.2).map(|c| c * 0.88);
    Complexion {
        skin,
        melanin,
        lips: lips(rng, skin, melanin),
        redness: around(rng, 0.45, 0.2, [0.1, 1.0]),
        mottling: around(rng, 0.4 + 0.35 * years, 0.15, [0.15, 1.0]),
        freckles: if happens(rng, 0.22 * (1.0 - 1.6 * melanin).max(0.0)) {
            rng.random_range(0.35..1.0)
        } else {
            0.0
        },
        moles: rng.random_range(0..6),
        wrinkles: around(rng, years.powf(1.25), 0.08, [0.0, 1.0]),
        spots: (years - 0.5).max(0.0) * 2.0 * rng.random::<f32>(),
        tiredness: around(rng, 0.3 + 0.25 * years, 0.2, [0.05, 1.0]),
        iris,
        pupil: rng.random_range(0.30..0.46),
        teeth: around(rng, 0.75 - 0.4 * years, 0.14, [0.1, 1.0]),
        hair,
        brows: Brows {
            colour: brow_colour,
            density: around(rng, 0.72 + 0.12 * traits.masculinity - 0.2 * years, 0.12, [0.4, 1.0]),
            thickness: around(rng, 0.72 + 0.40 * traits.masculinity, 0.17, [0.5, 1.5]),
            arch: around(rng, 0.028 - 0.022 * traits.masculinity, 0.018, [-0.02, 0.06]),
            length: around(rng, 0.98, 0.05, [0.86, 1.1]),
        },
        lashes: around(rng, 1.0 + 0.15 * woman, 0.12, [0.7, 1.4]),
        beard: if traits.masculinity > 0.6 { beard(rng) } else { Beard::default() },
        makeup: if woman > 0.6 { makeup(rng) } else { MakeUp::default() },
    }
}

fn melanin(rng: &mut ChaCha8Rng, traits: &Traits) -> f32 {
    let (mut mean, mut spread) = (0.0, 0.0);
    for (share, (of, wide)) in traits.descent.into_iter().zip(MELANIN) {
        mean += share * of;
        spread += share * wide;
    }
    around(rng, mean, spread, [0.0, 1.0])
}

fn skin_colour(rng: &mut ChaCha8Rng, melanin: f32) -> Colour {
    let along = melanin * (SKINS.len() - 1) as f32;
    let step = (along as usize).min(SKINS.len() - 2);
    let base = mix(SKINS[step], SKINS[step + 1], along - step as f32);
    // Undertone: pink and cool below zero, olive above.
    let undertone = around(rng, 0.0, 0.5, [-1.0, 1.0]);
    let warmth = around(rng, 0.0, 0.012, [-0.03, 0.03]);
    let shift = [1.0 + warmth, 1.0 + 0.022 * undertone, 1.0 - 0.045 * undertone - warmth];
    std::array::from_fn(|k| (base[k] * shift[k]).clamp(0.0, 1.0))
}

fn lips(rng: &mut ChaCha8Rng, skin: Colour, melanin: f32) -> Colour {
    let blood = around(rng, 0.5, 0.2, [0.1, 1.0]);
    let fair = [0.90 - 0.03 * blood, 0.70 - 0.10 * blood, 0.72 - 0.10 * blood];
    let dark = [0.92, 0.74 - 0.08 * blood, 0.82 - 0.05 * blood];
    let shade = mix(fair, dark, melanin);
    std::array::from_fn(|k| skin[k] * shade[k])
}

fn natural_hair(rng: &mut ChaCha8Rng, traits: &Traits) -> Colour {
    let dark = DARK_HAIR[rng.random_range(0..DARK_HAIR.len())];
    let light = pick(rng, &EUROPEAN_HAIR);
    let european = smooth(traits.descent[2], 0.45, 0.95);
    let shade = rng.random_range(0.85..1.15);
    mix(dark, light, european).map(|c| c * shade)
}

fn iris(rng: &mut ChaCha8Rng, traits: &Traits, melanin: f32) -> Colour {
    let light = pick(rng, &LIGHT_IRISES);
    let dark = DARK_IRISES[rng.random_range(0..DARK_IRISES.len())];
    let shade = rng.random_range(0.85..1.15);
    let european = traits.descent[2] * (1.0 - smooth(melanin, 0.3, 0.6));
    let colour = if happens(rng, smooth(european, 0.5, 0.95)) { light } else { dark };
    colour.map(|c| c * shade)
}

fn beard(rng: &mut ChaCha8Rng) -> Beard {
    let length = rng.random::<f32>();
    match rng.random_range(0..10) {
        0..=4 => {
            // Shaved: a shadow at most.
            let shadow = 0.35 * rng.random::<f32>();
            Beard { cheeks: shadow, chin: shadow, moustache: shadow, length: 0.0 }
        }
        5..=6 => {
            let stubble = rng.random_range(0.45..0.8);
            Beard { cheeks: stubble, chin: stubble * 1.1, moustache: stubble, length: 0.15 + 0.25 * length }
        }
        7 => Beard { cheeks: 0.12, chin: 0.15, moustache: 0.95, length: 0.6 + 0.4 * length },
        8 => Beard { cheeks: 0.15, chin: 0.95, moustache: 0.85, length: 0.5 + 0.5 * length },
        _ => Beard { cheeks: 0.85, chin: 1.0, moustache: 0.9, length: 0.5 + 0.5 * length },
    }
}

fn makeup(rng: &mut ChaCha8Rng) -> MakeUp {
    let wears = happens(rng, 0.55);
    let much: f32 = if wears { rng.random_range(0.3..1.0) } else { 0.0 };
    let lips = LIPSTICKS[rng.random_range(0..LIPSTICKS.len())];
    let shadow = SHADOWS[rng.random_range(0..SHADOWS.len())];
    MakeUp {
        lips: (lips, much * rng.random_range(0.1..0.55)),
        shadow: (shadow, much * rng.random_range(0.1..0.6)),
        liner: much * rng.random::<f32>(),
        rouge: much * rng.random_range(0.1..0.6),
    }
}

fn pick(rng: &mut ChaCha8Rng, from: &[(Colour, f32)]) -> Colour {
    let mut left = rng.random::<f32>() * from.iter().map(|(_, share)| share).sum::<f32>();
    for &(colour, share) in from {
        left -= share;
        if left <= 0.0 {
            return colour;
        }
    }
    from.last().map_or([0.2; 3], |(colour, _)| *colour)
}

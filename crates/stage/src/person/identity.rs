//! Who somebody is: everything about a person that does not move, drawn from a seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::chance::{around, happens};
use super::complexion::Complexion;
use super::features::{self, Feature, Frame};
use super::garment::Outfit;
use super::glasses::Glasses;
use super::hair::HairStyle;
use super::{Traits, complexion};

/// One person, drawn from a seed. The same seed gives the same person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The seed.
    pub seed: u64,
    /// Years, 18–80.
    pub age: f32,
    /// 0 for a woman, 1 for a man, and between.
    pub masculinity: f32,
    /// Shares of African, Asian and European descent, adding up to one.
    pub descent: [f32; 3],
    /// Muscle, 0–1; 0.5 is average.
    pub muscle: f32,
    /// Weight, 0–1; 0.5 is average.
    pub weight: f32,
    /// Height, −1 to 1, in shares of the figure's least and greatest height, of which only a small part is human.
    pub height: f32,
    /// Proportions, −1 (uncommon) to 1 (ideal).
    pub proportions: f32,
    /// Size of the breast, 0–1; only the female share of a body has it.
    pub cup: f32,
    /// Its firmness, 0–1.
    pub firmness: f32,
    /// Single features of face and trunk.
    pub features: Vec<Feature>,
    /// Colours and marks of skin, eyes, brows, beard, and make-up.
    pub complexion: Complexion,
    /// Hair of the head.
    pub hair: HairStyle,
    /// Clothes.
    pub outfit: Outfit,
    /// Glasses, if worn.
    pub glasses: Option<Glasses>,
}

/// Each kind of trait is drawn from a stream of its own, so that a new trait in one leaves the others alone.
#[derive(Clone, Copy)]
enum Stream {
    Body = 1,
    Features = 2,
    Complexion = 3,
    Hair = 4,
    Outfit = 5,
    Glasses = 6,
}

/// Share of people mostly of one descent.
const ONE_DESCENT: f32 = 0.65;
/// How far a woman's or man's masculinity lies from 0 or 1, at most.
const SEX_SPREAD: f32 = 0.22;

impl Identity {
    /// Draws a person.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let stream = |stream: Stream| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream as u64);
            rng
        };
        let mut rng = stream(Stream::Body);
        let man = happens(&mut rng, 0.5);
        let offset = SEX_SPREAD * rng.random::<f32>().powi(2);
        let masculinity = if man { 1.0 - offset } else { offset };
        // Two draws keep the ages of working life commoner than the ends.
        let age = 18.0 + 62.0 * (0.6 * rng.random::<f32>() + 0.4 * rng.random::<f32>()).clamp(0.0, 1.0);
        let descent = descent(&mut rng);
        let muscle = around(&mut rng, 0.40 + 0.10 * masculinity, 0.11, [0.15, 0.78]);
        let weight = around(&mut rng, 0.46 + 0.0022 * (age - 18.0).min(40.0), 0.13, [0.22, 0.86]);
        let height = around(&mut rng, 0.06, 0.06, [-0.10, 0.18]);
        let proportions = around(&mut rng, 0.25, 0.3, [-0.4, 0.8]);
        let cup = around(&mut rng, 0.45, 0.14, [0.15, 0.8]);
        let firmness = around(&mut rng, 0.62 - 0.005 * (age - 18.0), 0.12, [0.15, 0.85]);
        let frame = Frame { age, masculinity, muscle, weight };
        let features = features::sample(&mut stream(Stream::Features), &frame);
        let mut traits = Traits { age, masculinity, descent, hair_colour: [0.0; 3] };
        let complexion = complexion::sample(&mut stream(Stream::Complexion), &traits);
        traits.hair_colour = complexion.hair;
        Self {
            seed,
            age,
            masculinity,
            descent,
            muscle,
            weight,
            height,
            proportions,
            cup,
            firmness,
            features,
            complexion,
            hair: HairStyle::sample(&mut stream(Stream::Hair), &traits),
            outfit: Outfit::sample(&mut stream(Stream::Outfit), &traits),
            glasses: Glasses::sample(&mut stream(Stream::Glasses), &traits),
        }
    }

    /// What decides hair and clothes.
    #[must_use]
    pub fn traits(&self) -> Traits {
        Traits {
            age: self.age,
            masculinity: self.masculinity,
            descent: self.descent,
            hair_colour: self.complexion.hair,
        }
    }
}

fn descent(rng: &mut ChaCha8Rng) -> [f32; 3] {
    let main = rng.random_range(0..3);
    let mut shares = [0.0; 3];
    if happens(rng, ONE_DESCENT) {
        let other = (main + rng.random_range(1..3)) % 3;
        shares[other] = 0.15 * rng.random::<f32>();
        shares[main] = 1.0 - shares[other];
    } else {
        for share in &mut shares {
            *share = rng.random::<f32>().powi(2);
        }
        shares[main] += 0.35;
        let sum: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
    }
    shares
}

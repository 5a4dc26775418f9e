//! Single features of face and trunk: how far each may lie from the average, and a draw of all of them.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::chance::{around, happens};

/// A shape target and how much of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Path of the target inside the figure's targets, without ending.
    pub target: String,
    /// Amount, 0–1.
    pub amount: f32,
}

/// What of a body decides the average of its features.
pub(super) struct Frame {
    /// Years.
    pub age: f32,
    /// 0 for a woman, 1 for a man, and between.
    pub masculinity: f32,
    /// 0–1; 0.5 is average.
    pub muscle: f32,
    /// 0–1; 0.5 is average.
    pub weight: f32,
}

/// Targets are used at most this far: beyond it features look drawn by a caricaturist.
const MOST: f32 = 0.85;
/// How far left and right of one person may differ (standard deviation of the amount).
const ASYMMETRY: f32 = 0.05;
/// All spreads below are taken times this: together, many features at full spread make caricatures.
const VARIETY: f32 = 0.66;
/// Features that say little are left out.
const LEAST: f32 = 0.02;

/// The two opposite targets of a feature (folder and stem, then the two endings), and its standard deviation.
type Axis = (&'static str, [&'static str; 2], f32);

const SIZE: [&str; 2] = ["decr", "incr"];
const VERTICAL: [&str; 2] = ["down", "up"];
const DEPTH: [&str; 2] = ["backward", "forward"];
const SIDE: [&str; 2] = ["in", "out"];

/// Corners of the mouth stand a little higher than the base mesh's, which looks stern.
const CHEERFUL: f32 = 0.18;

/// Features on the midline.
const MIDDLE: &[Axis] = &[
    ("head/head-angle", SIDE, 0.14),
    ("head/head-scale-depth", SIZE, 0.30),
    ("head/head-scale-horiz", SIZE, 0.30),
    ("head/head-scale-vert", SIZE, 0.18),
    ("head/head-back-scale-depth", SIZE, 0.25),
    ("forehead/forehead-nubian", SIZE, 0.10),
    ("forehead/forehead-scale-vert", SIZE, 0.16),
    ("forehead/forehead-temple", SIZE, 0.30),
    ("forehead/forehead-trans", DEPTH, 0.40),
    ("eyebrows/eyebrows-angle", VERTICAL, 0.40),
    ("eyebrows/eyebrows-trans", DEPTH, 0.30),
    ("eyebrows/eyebrows-trans", VERTICAL, 0.40),
    ("nose/nose-base", VERTICAL, 0.40),
    ("nose/nose-compression", ["compress", "uncompress"], 0.25),
    ("nose/nose-curve", ["concave", "convex"], 0.42),
    ("nose/nose-flaring", SIZE, 0.40),
    ("nose/nose-greek", SIZE, 0.40),
    ("nose/nose-hump", SIZE, 0.40),
    ("nose/nose-nostrils-angle", VERTICAL, 0.40),
    ("nose/nose-nostrils-width", SIZE, 0.40),
    ("nose/nose-point", VERTICAL, 0.32),
    ("nose/nose-point-width", SIZE, 0.45),
    ("nose/nose-scale-depth", SIZE, 0.40),
    ("nose/nose-scale-horiz", SIZE, 0.40),
    ("nose/nose-scale-vert", SIZE, 0.40),
    ("nose/nose-septumangle", SIZE, 0.35),
    ("nose/nose-trans", VERTICAL, 0.30),
    ("nose/nose-volume", SIZE, 0.35),
    ("nose/nose-width1", SIZE, 0.42),
    ("nose/nose-width2", SIZE, 0.42),
    ("nose/nose-width3", SIZE, 0.42),
    ("mouth/mouth-angles", VERTICAL, 0.28),
    ("mouth/mouth-cupidsbow", SIZE, 0.45),
    ("mouth/mouth-cupidsbow-width", SIZE, 0.40),
    ("mouth/mouth-dimples", SIDE, 0.30),
    ("mouth/mouth-lowerlip-ext", VERTICAL, 0.25),
    ("mouth/mouth-lowerlip-height", SIZE, 0.28),
    ("mouth/mouth-lowerlip-volume", SIZE, 0.30),
    ("mouth/mouth-lowerlip-width", SIZE, 0.30),
    ("mouth/mouth-philtrum-volume", SIZE, 0.45),
    ("mouth/mouth-scale-depth", SIZE, 0.25),
    ("mouth/mouth-scale-horiz", SIZE, 0.38),
    ("mouth/mouth-scale-vert", SIZE, 0.25),
    ("mouth/mouth-trans", VERTICAL, 0.30),
    ("mouth/mouth-upperlip-height", SIZE, 0.26),
    ("mouth/mouth-upperlip-volume", SIZE, 0.28),
    ("mouth/mouth-upperlip-width", SIZE, 0.28),
    ("chin/chin-bones", SIZE, 0.38),
    ("chin/chin-cleft", SIZE, 0.40),
    ("chin/chin-height", SIZE, 0.36),
    ("chin/chin-jaw-drop", SIZE, 0.40),
    ("chin/chin-prognathism", SIZE, 0.30),
    ("chin/chin-prominent", SIZE, 0.35),
    ("chin/chin-width", SIZE, 0.38),
    ("neck/measure-neck-circ", SIZE, 0.25),
    ("neck/measure-neck-height", SIZE, 0.22),
    ("neck/neck-scale-depth", SIZE, 0.20),
    ("torso/torso-vshape", SIZE, 0.25),
    ("torso/torso-scale-horiz", SIZE, 0.18),
    ("torso/measure-waist-circ", SIZE, 0.25),
    ("torso/torso-muscle-pectoral", SIZE, 0.18),
];

/// Features that each side has: the target's name takes `l-` or `r-` after the folder.
const SIDES: &[Axis] = &[
    ("eyes/eye-bag-height", SIZE, 0.30),
    ("eyes/eye-corner1", VERTICAL, 0.35),
    ("eyes/eye-corner2", VERTICAL, 0.42),
    ("eyes/eye-epicanthus", SIDE, 0.25),
    ("eyes/eye-eyefold-angle", VERTICAL, 0.35),
    ("eyes/eye-eyefold", VERTICAL, 0.35),
    ("eyes/eye-height1", SIZE, 0.30),
    ("eyes/eye-height2", SIZE, 0.32),
    ("eyes/eye-height3", SIZE, 0.30),
    ("eyes/eye-push1", SIDE, 0.30),
    ("eyes/eye-push2", SIDE, 0.30),
    ("eyes/eye-scale", SIZE, 0.35),
    ("eyes/eye-trans", SIDE, 0.22),
    ("eyes/eye-trans", VERTICAL, 0.25),
    ("cheek/cheek-bones", SIZE, 0.40),
    ("cheek/cheek-inner", SIZE, 0.35),
    ("cheek/cheek-trans", VERTICAL, 0.35),
    ("cheek/cheek-volume", SIZE, 0.38),
    ("ears/ear-flap", SIZE, 0.25),
    ("ears/ear-lobe", SIZE, 0.40),
    ("ears/ear-rot", DEPTH, 0.35),
    ("ears/ear-scale", SIZE, 0.32),
    ("ears/ear-scale-vert", SIZE, 0.32),
    ("ears/ear-trans", VERTICAL, 0.25),
    ("ears/ear-wing", SIZE, 0.35),
];

/// Outlines of the head, of which a person has up to two.
const OUTLINES: &[&str] =
    &["diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular"];

/// Draws all features of a person whose body is known.
pub(super) fn sample(rng: &mut ChaCha8Rng, person: &Frame) -> Vec<Feature> {
    let mut features = Vec::new();
    for &(stem, ends, spread) in MIDDLE {
        let amount = around(rng, mean(stem, person), spread * VARIETY, [-MOST, MOST]);
        push(&mut features, stem, ends, amount);
    }
    for &(stem, ends, spread) in SIDES {
        let amount = around(rng, 0.0, spread * VARIETY, [-MOST, MOST]);
        for side in ["l", "r"] {
            let own = around(rng, amount, ASYMMETRY, [-MOST, MOST]);
            push(&mut features, &sided(stem, side), ends, own);
        }
    }
    let mut first = OUTLINES.len();
    for most in [0.42, 0.22] {
        let which = rng.random_range(0..OUTLINES.len());
        let amount = most * rng.random::<f32>();
        if which != first {
            features.push(Feature { target: format!("head/head-{}", OUTLINES[which]), amount });
        }
        first = which;
    }
    if happens(rng, 0.25) {
        features.push(Feature { target: "chin/chin-triangle".into(), amount: 0.45 * rng.random::<f32>() });
    }
    aged(rng, person, &mut features);
    heavy(rng, person, &mut features);
    shoulders(rng, person, &mut features);
    features
}

/// Where the average of a feature lies for this person.
fn mean(stem: &str, person: &Frame) -> f32 {
    match stem {
        "torso/torso-vshape" => 0.15 * (person.masculinity - 0.5),
        "chin/chin-bones" | "chin/chin-width" => 0.2 * (person.masculinity - 0.5),
        "mouth/mouth-angles" => CHEERFUL,
        "neck/measure-neck-circ" => 0.3 * (person.weight - 0.5),
        _ => 0.0,
    }
}

/// What years do to a face.
fn aged(rng: &mut ChaCha8Rng, person: &Frame, features: &mut Vec<Feature>) {
    let years = ((person.age - 30.0) / 50.0).clamp(0.0, 1.0);
    let amount = around(rng, 0.8 * years, 0.12, [0.0, 1.0]);
    push(features, "head/head-age", SIZE, amount);
    let lines = around(rng, 0.7 * years - 0.15, 0.2, [-0.5, 0.9]);
    push(features, "mouth/mouth-laugh-lines", ["out", "in"], lines);
    let bags = around(rng, 0.6 * years - 0.1, 0.22, [-0.5, 0.9]);
    let ears = around(rng, 0.35 * years, 0.1, [0.0, 0.6]);
    for side in ["l", "r"] {
        push(features, &sided("eyes/eye-bag", side), SIZE, bags);
        push(features, &sided("ears/ear-scale", side), SIZE, ears);
    }
}

/// What weight does to face and neck.
fn heavy(rng: &mut ChaCha8Rng, person: &Frame, features: &mut Vec<Feature>) {
    let over = 2.0 * (person.weight - 0.5);
    push(features, "head/head-fat", SIZE, around(rng, 0.55 * over, 0.18, [-0.6, 0.8]));
    let double = over + 0.4 * ((person.age - 40.0) / 40.0).clamp(0.0, 1.0);
    push(features, "neck/neck-double", SIZE, around(rng, 0.5 * double, 0.2, [-0.4, 0.8]));
}

/// The base mesh's shoulders are wide and its deltoids round; most people's are less so.
fn shoulders(rng: &mut ChaCha8Rng, person: &Frame, features: &mut Vec<Feature>) {
    let width = around(rng, -0.5 + 0.25 * person.masculinity, 0.22, [-0.85, 0.4]);
    push(features, "torso/measure-shoulder-dist", SIZE, width);
    let deltoid = around(rng, -0.55 + 0.5 * (person.muscle - 0.5), 0.15, [-0.85, 0.1]);
    for side in ["l", "r"] {
        push(features, &sided("arms/upperarm-shoulder-muscle", side), SIZE, deltoid);
    }
    let girth = around(rng, -0.35, 0.15, [-0.7, 0.2]);
    push(features, "arms/measure-upperarm-circ", SIZE, girth);
}

/// `eyes/eye-bag` becomes `eyes/l-eye-bag`.
fn sided(stem: &str, side: &str) -> String {
    stem.split_once('/').map_or_else(|| stem.to_owned(), |(folder, name)| format!("{folder}/{side}-{name}"))
}

fn push(features: &mut Vec<Feature>, stem: &str, ends: [&str; 2], amount: f32) {
    if amount.abs() >= LEAST {
        let end = ends[usize::from(amount > 0.0)];
        features.push(Feature { target: format!("{stem}-{end}"), amount: amount.abs() });
    }
}

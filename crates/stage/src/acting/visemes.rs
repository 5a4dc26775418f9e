//! Fifteen visemes, each a mixture of face units, and which phone shows which.

use crate::pose::FaceUnit::{self, *};

/// What the mouth does for one sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Viseme {
    /// How far the jaw opens (0–1 of the face unit's range) at ordinary loudness.
    pub(super) jaw: f32,
    /// Other units. Units with a left and a right side are given by their left and copied.
    pub(super) units: &'static [(FaceUnit, f32)],
    /// How strongly the sound insists on its shape against its neighbours, 0–1.
    pub(super) strength: f32,
    /// How much earlier than the sound, in seconds, the shape begins.
    pub(super) lead: f32,
    /// Whether the lips are shut.
    pub(super) closes: bool,
    /// Whether the lower lip touches the upper teeth.
    pub(super) bites: bool,
}

const fn viseme(jaw: f32, strength: f32, lead: f32, units: &'static [(FaceUnit, f32)]) -> Viseme {
    Viseme { jaw, units, strength, lead, closes: false, bites: false }
}

/// Closed and at rest.
pub(super) const SILENCE: Viseme = viseme(0.0, 0.6, 0.05, &[]);
/// P, B, M.
pub(super) const BILABIAL: Viseme = Viseme {
    closes: true,
    ..viseme(0.0, 1.0, 0.06, &[(MouthPressLeft, 0.25), (MouthRollLower, 0.16), (MouthRollUpper, 0.12)])
};
/// F, V.
pub(super) const LABIODENTAL: Viseme = Viseme {
    bites: true,
    ..viseme(0.05, 0.95, 0.06, &[(MouthRollLower, 0.5), (MouthUpperUpLeft, 0.25), (MouthShrugLower, 0.25)])
};
/// TH, DH.
pub(super) const DENTAL: Viseme =
    viseme(0.14, 0.65, 0.04, &[(TongueOut, 0.22), (MouthLowerDownLeft, 0.18), (MouthUpperUpLeft, 0.1)]);
/// T, D, N.
pub(super) const ALVEOLAR: Viseme = viseme(
    0.07,
    0.45,
    0.03,
    &[(MouthLowerDownLeft, 0.14), (MouthUpperUpLeft, 0.07), (MouthStretchLeft, 0.08)],
);
/// L.
pub(super) const LATERAL: Viseme =
    viseme(0.15, 0.5, 0.03, &[(MouthLowerDownLeft, 0.18), (MouthUpperUpLeft, 0.1)]);
/// K, G, NG, HH.
pub(super) const VELAR: Viseme =
    viseme(0.14, 0.3, 0.03, &[(MouthLowerDownLeft, 0.12), (MouthUpperUpLeft, 0.06)]);
/// S, Z.
pub(super) const SIBILANT: Viseme = viseme(
    0.04,
    0.7,
    0.04,
    &[(MouthStretchLeft, 0.18), (MouthLowerDownLeft, 0.26), (MouthUpperUpLeft, 0.14), (MouthSmileLeft, 0.08)],
);
/// CH, JH, SH, ZH.
pub(super) const POSTALVEOLAR: Viseme =
    viseme(0.06, 0.8, 0.08, &[(MouthFunnel, 0.5), (MouthPucker, 0.18), (MouthLowerDownLeft, 0.12)]);
/// R.
pub(super) const RHOTIC: Viseme = viseme(0.08, 0.6, 0.07, &[(MouthPucker, 0.34), (MouthFunnel, 0.22)]);
/// AA, AE, AH, start of AY and AW.
pub(super) const OPEN: Viseme =
    viseme(0.5, 0.7, 0.04, &[(MouthLowerDownLeft, 0.2), (MouthUpperUpLeft, 0.12), (MouthStretchLeft, 0.05)]);
/// EH, ER without its r, start of EY.
pub(super) const MIDDLE: Viseme = viseme(
    0.24,
    0.6,
    0.04,
    &[(MouthLowerDownLeft, 0.22), (MouthUpperUpLeft, 0.12), (MouthStretchLeft, 0.16), (MouthSmileLeft, 0.06)],
);
/// IY, IH, Y.
pub(super) const SPREAD: Viseme = viseme(
    0.11,
    0.7,
    0.05,
    &[(MouthStretchLeft, 0.26), (MouthSmileLeft, 0.16), (MouthLowerDownLeft, 0.24), (MouthUpperUpLeft, 0.12)],
);
/// AO, OW, start of OY.
pub(super) const ROUND: Viseme = viseme(0.24, 0.8, 0.11, &[(MouthFunnel, 0.45), (MouthPucker, 0.32)]);
/// UW, UH, W.
pub(super) const TIGHT: Viseme = viseme(0.08, 0.9, 0.13, &[(MouthPucker, 0.82), (MouthFunnel, 0.28)]);

/// The viseme or, for diphthongs, the two visemes of an ARPAbet phone.
pub(super) fn of(phone: &str) -> (Viseme, Option<Viseme>) {
    match phone.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "P" | "B" | "M" => (BILABIAL, None),
        "F" | "V" => (LABIODENTAL, None),
        "TH" | "DH" => (DENTAL, None),
        "T" | "D" | "N" | "DX" => (ALVEOLAR, None),
        "L" => (LATERAL, None),
        "K" | "G" | "NG" | "HH" => (VELAR, None),
        "S" | "Z" => (SIBILANT, None),
        "CH" | "JH" | "SH" | "ZH" => (POSTALVEOLAR, None),
        "R" => (RHOTIC, None),
        "ER" => (MIDDLE, Some(RHOTIC)),
        "AA" | "AE" | "AH" => (OPEN, None),
        "AX" | "EH" => (MIDDLE, None),
        "AY" => (OPEN, Some(SPREAD)),
        "AW" => (OPEN, Some(TIGHT)),
        "EY" => (MIDDLE, Some(SPREAD)),
        "IY" | "IH" | "Y" => (SPREAD, None),
        "AO" => (ROUND, None),
        "OW" => (ROUND, Some(TIGHT)),
        "OY" => (ROUND, Some(SPREAD)),
        "UW" | "UH" | "W" => (TIGHT, None),
        _ => (SILENCE, None),
    }
}

/// The unit of the other side of the face, for units given by their left.
pub(super) fn other_side(unit: FaceUnit) -> Option<FaceUnit> {
    Some(match unit {
        MouthPressLeft => MouthPressRight,
        MouthUpperUpLeft => MouthUpperUpRight,
        MouthLowerDownLeft => MouthLowerDownRight,
        MouthStretchLeft => MouthStretchRight,
        MouthSmileLeft => MouthSmileRight,
        _ => return None,
    })
}

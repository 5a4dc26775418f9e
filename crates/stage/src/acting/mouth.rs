//! The mouth: visemes blended by how strongly each sound asks for its shape (after Cohen and Massaro, 1993), with
//! lips that really close.

use crate::pose::{FACE_UNITS, FaceUnit, Pose};
use crate::script::{Style, Talk, is_vowel};

use super::bell::ease;
use super::visemes::{self, BILABIAL, LABIODENTAL, MIDDLE, SILENCE, Viseme};

/// How fast a sound's dominance fades outside it, per second.
const FADE: f32 = 26.0;
/// Sounds farther away than this, in seconds, have no say.
const HORIZON: f64 = 0.4;
/// Opening of the jaw by stress: none, primary, secondary.
const LOUDNESS: [f32; 3] = [0.72, 1.15, 0.95];
/// Seconds the lips take to close for a bilabial, and to open after it.
const CLOSING: f32 = 0.07;
/// Share of the sound, at either end, in which lips may still be on their way.
const CLOSING_INSIDE: f64 = 0.15;
/// Gaps between words longer than this, in seconds, are silences.
const SHORTEST_SILENCE: f64 = 0.09;
/// Length of a made-up syllable, in seconds, where there are words but no phones.
const SYLLABLE: f64 = 0.2;
/// Smile of the corners at a mean expression of 1, and frown at −1.
const SMILE: f32 = 0.75;
const FROWN: f32 = 0.6;
/// Share of the smile that stays while the mouth speaks.
const SPEAKING_SMILE: f32 = 0.6;

#[derive(Clone, Copy, Debug)]
struct Sound {
    start: f64,
    end: f64,
    viseme: Viseme,
    loudness: f32,
}

/// The mouth in one clip.
#[derive(Clone, Debug)]
pub(super) struct Mouth {
    sounds: Vec<Sound>,
    longest: f64,
    articulation: f32,
    smile: f32,
}

impl Mouth {
    pub(super) fn new(style: &Style, talk: &Talk) -> Self {
        let mut sounds = if talk.phones.is_empty() { made_up(talk) } else { spelled(talk) };
        sounds.sort_by(|a, b| a.start.total_cmp(&b.start));
        let first = sounds.first().map_or(talk.duration, |sound| sound.start);
        let last = sounds.iter().map(|sound| sound.end).fold(0.0, f64::max);
        // Gaps are silences, and so is everything before and after.
        let mut silences = Vec::new();
        let mut silence = |start: f64, end: f64| {
            if end - start > SHORTEST_SILENCE {
                silences.push(Sound { start, end, viseme: SILENCE, loudness: 1.0 });
            }
        };
        silence(first - 1.0, first);
        for pair in sounds.windows(2) {
            silence(pair[0].end, pair[1].start);
        }
        silence(last, last + 1.0);
        sounds.extend(silences);
        sounds.sort_by(|a, b| a.start.total_cmp(&b.start));
        let longest = sounds.iter().map(|sound| sound.end - sound.start).fold(0.0, f64::max);
        Self { sounds, longest, articulation: style.articulation, smile: style.smile }
    }

    /// Writes the units of mouth and jaw.
    pub(super) fn apply(&self, seconds: f64, pose: &mut Pose) {
        let first = self.sounds.partition_point(|sound| sound.start < seconds - HORIZON - self.longest);
        let near = self.sounds[first..].iter().take_while(|sound| sound.start < seconds + HORIZON);
        let mut units = [0.0f32; FACE_UNITS];
        let (mut jaw, mut whole, mut silent) = (0.0, 1e-6, 0.0);
        let (mut closed, mut bitten) = (0.0f32, 0.0f32);
        for sound in near {
            let before = ((sound.start - seconds) as f32 - sound.viseme.lead).max(0.0);
            let after = (seconds - sound.end) as f32;
            let away = before.max(after).max(0.0);
            // Long sounds rule; the middle of a sound counts most.
            let weight = sound.viseme.strength * (-(FADE * away)).exp() * inside(sound, seconds);
            whole += weight;
            if sound.viseme == SILENCE {
                silent += weight;
            }
            jaw += weight * sound.viseme.jaw * sound.loudness;
            for &(unit, amount) in sound.viseme.units {
                units[unit as usize] += weight * amount;
            }
            if sound.viseme.closes {
                closed = closed.max(grip(sound, seconds));
            }
            if sound.viseme.bites {
                bitten = bitten.max(grip(sound, seconds));
            }
        }
        jaw = jaw / whole * self.articulation;
        for unit in FaceUnit::ALL {
            units[unit as usize] *= self.articulation / whole;
        }
        shape_lips(&mut units, &mut jaw, closed, bitten);
        pose.set(FaceUnit::JawOpen, jaw);
        let smile = self.smile * (SPEAKING_SMILE + (1.0 - SPEAKING_SMILE) * silent / whole);
        for unit in FaceUnit::ALL {
            let mut amount = units[unit as usize];
            if amount <= 0.0 && !matches!(unit, FaceUnit::MouthSmileLeft | FaceUnit::MouthFrownLeft) {
                continue;
            }
            match unit {
                FaceUnit::MouthSmileLeft => amount += smile.max(0.0) * SMILE,
                FaceUnit::MouthFrownLeft => amount += (-smile).max(0.0) * FROWN,
                _ => {}
            }
            pose.set(unit, amount);
            if let Some(other) = visemes::other_side(unit) {
                pose.set(other, amount);
            }
        }
        pose.face[FaceUnit::MouthFrownRight as usize] = pose.face[FaceUnit::MouthFrownLeft as usize];
        // A smile lifts the cheeks, a little more on one side, as in most people.
        let lift = pose.face[FaceUnit::MouthSmileLeft as usize];
        pose.set(FaceUnit::CheekSquintLeft, lift * 0.35);
        pose.set(FaceUnit::CheekSquintRight, lift * 0.3);
    }
}

/// Lets closed or biting lips win over everything that opens the mouth.
fn shape_lips(units: &mut [f32; FACE_UNITS], jaw: &mut f32, closed: f32, bitten: f32) {
    use FaceUnit::{
        MouthFunnel, MouthLowerDownLeft, MouthPucker, MouthStretchLeft, MouthUpperUpLeft, TongueOut,
    };
    let free = 1.0 - closed;
    *jaw *= free;
    for unit in [MouthLowerDownLeft, MouthUpperUpLeft, MouthFunnel, TongueOut] {
        units[unit as usize] *= free;
    }
    for unit in [MouthPucker, MouthStretchLeft] {
        units[unit as usize] *= 1.0 - 0.5 * closed;
    }
    for &(unit, amount) in BILABIAL.units {
        let now = &mut units[unit as usize];
        *now += (amount - *now) * closed;
    }
    *jaw += (LABIODENTAL.jaw - *jaw) * bitten;
    for unit in [MouthLowerDownLeft, MouthFunnel, TongueOut] {
        units[unit as usize] *= 1.0 - bitten;
    }
    for &(unit, amount) in LABIODENTAL.units {
        let now = &mut units[unit as usize];
        *now += (amount - *now) * bitten;
    }
}

/// How much a sound's own middle outweighs its edges.
fn inside(sound: &Sound, seconds: f64) -> f32 {
    let half = ((sound.end - sound.start) / 2.0).max(0.01);
    let from_middle = ((seconds - f64::midpoint(sound.start, sound.end)).abs() / half).min(1.0) as f32;
    1.0 - 0.5 * ease(from_middle)
}

/// How far lips that must touch for a sound are together: wholly within it.
fn grip(sound: &Sound, seconds: f64) -> f32 {
    let margin = (sound.end - sound.start) * CLOSING_INSIDE;
    let before = (sound.start + margin - seconds) as f32;
    let after = (seconds - sound.end + margin) as f32;
    1.0 - ease(before.max(after).max(0.0) / CLOSING)
}

/// The sounds of a talk whose phones are known.
fn spelled(talk: &Talk) -> Vec<Sound> {
    let mut sounds = Vec::new();
    for phone in &talk.phones {
        let (viseme, second) = visemes::of(&phone.symbol);
        let loudness = if is_vowel(&phone.symbol) { LOUDNESS[usize::from(phone.stress.min(2))] } else { 1.0 };
        match second {
            Some(second) => {
                let change = phone.start + (phone.end - phone.start) * 0.55;
                sounds.push(Sound { start: phone.start, end: change, viseme, loudness });
                sounds.push(Sound { start: change, end: phone.end, viseme: second, loudness });
            }
            None => sounds.push(Sound { start: phone.start, end: phone.end, viseme, loudness }),
        }
    }
    sounds
}

/// Sounds guessed from the letters of words: good enough to open and close the mouth in time.
fn made_up(talk: &Talk) -> Vec<Sound> {
    let mut sounds = Vec::new();
    for word in &talk.words {
        let letters: Vec<char> = word.text.chars().filter(|c| c.is_alphabetic()).collect();
        let length = word.end - word.start;
        if letters.is_empty() || length <= 0.0 {
            let syllables = (length / SYLLABLE).ceil().max(1.0);
            for i in 0..syllables as usize {
                let start = word.start + length * i as f64 / syllables;
                sounds.push(Sound {
                    start,
                    end: start + length / syllables * 0.7,
                    viseme: MIDDLE,
                    loudness: 0.9,
                });
            }
            continue;
        }
        // A vowel takes about twice the time of a consonant.
        let weight = |c: char| if "aeiouy".contains(c) { 2.0 } else { 1.0 };
        let whole: f64 = letters.iter().map(|c| weight(*c)).sum();
        let mut at = word.start;
        for letter in letters {
            let end = at + length * weight(letter) / whole;
            let phone = match letter {
                'a' => "AA",
                'e' => "EH",
                'i' | 'y' => "IH",
                'o' => "AO",
                'u' => "UH",
                'b' | 'p' | 'm' => "B",
                'f' | 'v' => "F",
                'w' => "W",
                'r' => "R",
                'l' => "L",
                's' | 'z' | 'c' | 'x' => "S",
                'j' => "JH",
                't' | 'd' | 'n' => "T",
                _ => "K",
            };
            let near = |stress: f64| (at - 0.03..end + 0.03).contains(&stress);
            let stressed = usize::from(word.stress.is_some_and(near));
            let loudness = if is_vowel(phone) { LOUDNESS[stressed] } else { 1.0 };
            sounds.push(Sound { start: at, end, viseme: visemes::of(phone).0, loudness });
            at = end;
        }
    }
    sounds
}

//! The lexicon and the regular forms of its words.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Sound;

/// One word a line with its phones; `#` starts a comment.
const ENTRIES: &str = include_str!("lexicon.txt");

/// Every phone symbol there is.
const SYMBOLS: [&str; 39] = [
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW", "B", "CH", "D",
    "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z",
    "ZH",
];

fn entries() -> &'static BTreeMap<&'static str, Vec<Sound>> {
    static PARSED: OnceLock<BTreeMap<&'static str, Vec<Sound>>> = OnceLock::new();
    PARSED.get_or_init(|| ENTRIES.lines().filter_map(parse_line).collect())
}

fn parse_line(line: &'static str) -> Option<(&'static str, Vec<Sound>)> {
    if line.starts_with('#') {
        return None;
    }
    let mut parts = line.split_whitespace();
    let word = parts.next()?;
    Some((word, parts.filter_map(parse_sound).collect()))
}

/// Reads `AH0` or `TH`.
fn parse_sound(text: &str) -> Option<Sound> {
    let name = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let symbol = SYMBOLS.into_iter().find(|symbol| *symbol == name)?;
    Some(Sound { symbol, stress: text[name.len()..].parse().unwrap_or(0) })
}

/// A consonant or an unstressed vowel.
pub(super) const fn plain(symbol: &'static str) -> Sound {
    Sound { symbol, stress: 0 }
}

/// Whether the lexicon has the word or a word whose regular form it is.
pub fn in_lexicon(word: &str) -> bool {
    look_up(word).is_some()
}

pub(super) fn look_up(word: &str) -> Option<Vec<Sound>> {
    let entries = entries();
    entries.get(word).cloned().or_else(|| {
        plural(word)
            .or_else(|| past(word))
            .or_else(|| suffixed(word, "ing", &[plain("IH"), plain("NG")]))
            .or_else(|| {
                suffixed(word, "er", &[plain("ER")])
                    .or_else(|| suffixed(word, "est", &[plain("AH"), plain("S"), plain("T")]))
            })
    })
}

/// The entry of a word's stem, as it may be written before an ending: "cutt-", "bak-", "stud-i".
fn stem(written: &str, drops_e: bool) -> Option<&'static Vec<Sound>> {
    let entries = entries();
    let with_e = || if drops_e { entries.get(format!("{written}e").as_str()) } else { None };
    let undoubled = || {
        let mut letters = written.chars().rev();
        let (last, before) = (letters.next()?, letters.next()?);
        if last == before { entries.get(&written[..written.len() - last.len_utf8()]) } else { None }
    };
    let with_y = || written.strip_suffix('i').and_then(|start| entries.get(format!("{start}y").as_str()));
    entries.get(written).or_else(with_e).or_else(undoubled).or_else(with_y)
}

fn joined(stem: &[Sound], ending: &[Sound]) -> Vec<Sound> {
    stem.iter().chain(ending).copied().collect()
}

fn suffixed(word: &str, suffix: &str, ending: &[Sound]) -> Option<Vec<Sound>> {
    let stem = stem(word.strip_suffix(suffix)?, true)?;
    Some(joined(stem, ending))
}

/// Forms in -s, -es and -'s.
fn plural(word: &str) -> Option<Vec<Sound>> {
    let entries = entries();
    let written = word.strip_suffix("'s").or_else(|| word.strip_suffix('s'))?;
    let stem =
        entries.get(written).or_else(|| written.strip_suffix('e').and_then(|start| stem(start, false)))?;
    let ending: &[Sound] = match stem.last()?.symbol {
        "S" | "Z" | "SH" | "ZH" | "CH" | "JH" => &[plain("IH"), plain("Z")],
        "P" | "T" | "K" | "F" | "TH" => &[plain("S")],
        _ => &[plain("Z")],
    };
    Some(joined(stem, ending))
}

/// Forms in -ed.
fn past(word: &str) -> Option<Vec<Sound>> {
    let stem = stem(word.strip_suffix("ed")?, true)?;
    let ending: &[Sound] = match stem.last()?.symbol {
        "T" | "D" => &[plain("IH"), plain("D")],
        "P" | "K" | "F" | "TH" | "S" | "SH" | "CH" => &[plain("T")],
        _ => &[plain("D")],
    };
    Some(joined(stem, ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::vocabulary;

    fn written(word: &str) -> String {
        let sounds = look_up(word).unwrap();
        sounds.iter().map(|sound| sound.symbol).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_entry_is_well_formed() {
        for line in ENTRIES.lines().filter(|line| !line.starts_with('#')) {
            for part in line.split_whitespace().skip(1) {
                let sound = parse_sound(part).unwrap_or_else(|| panic!("{line}"));
                assert_eq!(
                    sound.is_vowel(),
                    part.ends_with(|letter: char| letter.is_ascii_digit()),
                    "{line}"
                );
            }
        }
        for (word, sounds) in entries() {
            let primary = sounds.iter().filter(|sound| sound.stress == 1).count();
            assert!(primary == 1 || matches!(*word, "a" | "the"), "{word}: {primary} primary stresses");
        }
    }

    #[test]
    fn the_grammar_is_covered() {
        let missing: Vec<&str> = vocabulary().into_iter().filter(|word| !in_lexicon(word)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn regular_forms_follow_their_stem() {
        assert_eq!(written("cutting"), "K AH T IH NG");
        assert_eq!(written("baking"), "B EY K IH NG");
        assert_eq!(written("wanted"), "W AA N T IH D");
        assert_eq!(written("talked"), "T AO K T");
        assert_eq!(written("stories"), "S T AO R IY Z");
        assert_eq!(written("boats"), "B OW T S");
        assert_eq!(written("bridges"), "B R IH JH IH Z");
        assert_eq!(written("wider"), "W AY D ER");
    }
}

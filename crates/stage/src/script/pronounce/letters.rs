//! Letter-to-sound rules for words outside the lexicon: plausible, not right. The longest matching spelling wins.

use super::Sound;
use super::lexicon::plain;

/// Where in a word a spelling is read so.
#[derive(Clone, Copy, PartialEq)]
enum Where {
    Anywhere,
    Start,
    End,
    /// Before e, i or y.
    BeforeFrontVowel,
    /// Before one consonant and a final e: "plate".
    BeforeSilentE,
}

/// Spelling, where, phones.
type Rule = (&'static str, Where, &'static [&'static str]);

const RULES: &[Rule] = &[
    ("tion", Where::Anywhere, &["SH", "AH", "N"]),
    ("sion", Where::Anywhere, &["ZH", "AH", "N"]),
    ("cious", Where::End, &["SH", "AH", "S"]),
    ("tious", Where::End, &["SH", "AH", "S"]),
    ("ture", Where::End, &["CH", "ER"]),
    ("ough", Where::Anywhere, &["OW"]),
    ("augh", Where::Anywhere, &["AO"]),
    ("eigh", Where::Anywhere, &["EY"]),
    ("igh", Where::Anywhere, &["AY"]),
    ("tch", Where::Anywhere, &["CH"]),
    ("dge", Where::Anywhere, &["JH"]),
    ("ous", Where::End, &["AH", "S"]),
    ("age", Where::End, &["IH", "JH"]),
    ("ing", Where::End, &["IH", "NG"]),
    ("air", Where::Anywhere, &["EH", "R"]),
    ("ear", Where::Anywhere, &["IH", "R"]),
    ("eer", Where::Anywhere, &["IH", "R"]),
    ("our", Where::Anywhere, &["AO", "R"]),
    ("oor", Where::Anywhere, &["AO", "R"]),
    ("sch", Where::Start, &["S", "K"]),
    ("ch", Where::Anywhere, &["CH"]),
    ("sh", Where::Anywhere, &["SH"]),
    ("th", Where::Anywhere, &["TH"]),
    ("ph", Where::Anywhere, &["F"]),
    ("wh", Where::Anywhere, &["W"]),
    ("wr", Where::Start, &["R"]),
    ("kn", Where::Start, &["N"]),
    ("gn", Where::Start, &["N"]),
    ("ck", Where::Anywhere, &["K"]),
    ("ng", Where::End, &["NG"]),
    ("qu", Where::Anywhere, &["K", "W"]),
    ("mb", Where::End, &["M"]),
    ("gh", Where::Start, &["G"]),
    ("gh", Where::Anywhere, &[]),
    ("ai", Where::Anywhere, &["EY"]),
    ("ay", Where::Anywhere, &["EY"]),
    ("au", Where::Anywhere, &["AO"]),
    ("aw", Where::Anywhere, &["AO"]),
    ("ar", Where::Anywhere, &["AA", "R"]),
    ("ee", Where::Anywhere, &["IY"]),
    ("ea", Where::Anywhere, &["IY"]),
    ("ei", Where::Anywhere, &["IY"]),
    ("ey", Where::End, &["IY"]),
    ("ew", Where::Anywhere, &["UW"]),
    ("er", Where::Anywhere, &["ER"]),
    ("ie", Where::End, &["IY"]),
    ("ie", Where::Anywhere, &["IY"]),
    ("ir", Where::Anywhere, &["ER"]),
    ("oa", Where::Anywhere, &["OW"]),
    ("oi", Where::Anywhere, &["OY"]),
    ("oy", Where::Anywhere, &["OY"]),
    ("oo", Where::Anywhere, &["UW"]),
    ("ou", Where::Anywhere, &["AW"]),
    ("ow", Where::End, &["OW"]),
    ("ow", Where::Anywhere, &["AW"]),
    ("or", Where::Anywhere, &["AO", "R"]),
    ("ue", Where::End, &["UW"]),
    ("ur", Where::Anywhere, &["ER"]),
    ("le", Where::End, &["AH", "L"]),
    ("es", Where::End, &["IH", "Z"]),
    ("a", Where::BeforeSilentE, &["EY"]),
    ("a", Where::End, &["AH"]),
    ("a", Where::Anywhere, &["AE"]),
    ("e", Where::BeforeSilentE, &["IY"]),
    ("e", Where::End, &[]),
    ("e", Where::Anywhere, &["EH"]),
    ("i", Where::BeforeSilentE, &["AY"]),
    ("i", Where::End, &["IY"]),
    ("i", Where::Anywhere, &["IH"]),
    ("o", Where::BeforeSilentE, &["OW"]),
    ("o", Where::End, &["OW"]),
    ("o", Where::Anywhere, &["AA"]),
    ("u", Where::BeforeSilentE, &["UW"]),
    ("u", Where::Anywhere, &["AH"]),
    ("y", Where::Start, &["Y"]),
    ("y", Where::End, &["IY"]),
    ("y", Where::Anywhere, &["IH"]),
    ("c", Where::BeforeFrontVowel, &["S"]),
    ("g", Where::BeforeFrontVowel, &["JH"]),
    ("b", Where::Anywhere, &["B"]),
    ("c", Where::Anywhere, &["K"]),
    ("d", Where::Anywhere, &["D"]),
    ("f", Where::Anywhere, &["F"]),
    ("g", Where::Anywhere, &["G"]),
    ("h", Where::Anywhere, &["HH"]),
    ("j", Where::Anywhere, &["JH"]),
    ("k", Where::Anywhere, &["K"]),
    ("l", Where::Anywhere, &["L"]),
    ("m", Where::Anywhere, &["M"]),
    ("n", Where::Anywhere, &["N"]),
    ("p", Where::Anywhere, &["P"]),
    ("q", Where::Anywhere, &["K"]),
    ("r", Where::Anywhere, &["R"]),
    ("s", Where::Anywhere, &["S"]),
    ("t", Where::Anywhere, &["T"]),
    ("v", Where::Anywhere, &["V"]),
    ("w", Where::Anywhere, &["W"]),
    ("x", Where::Start, &["Z"]),
    ("x", Where::Anywhere, &["K", "S"]),
    ("z", Where::Anywhere, &["Z"]),
];

/// Endings that put the stress on the syllable before them.
const STRESS_BEFORE: &[&str] = &["tion", "sion", "ic", "ical", "ity", "cious", "tious", "ian", "ial"];
/// First syllables without stress in words of two syllables and more.
const WEAK_STARTS: &[&str] = &["re", "de", "be", "un", "con", "com", "ex", "im", "in", "en", "a"];

fn is_vowel_letter(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

fn applies(rule: &Rule, word: &str, at: usize) -> bool {
    let rest = &word.as_bytes()[at..];
    if !word[at..].starts_with(rule.0) {
        return false;
    }
    let after = &rest[rule.0.len()..];
    match rule.1 {
        Where::Anywhere => true,
        Where::Start => at == 0,
        Where::End => at > 0 && after.is_empty(),
        Where::BeforeFrontVowel => after.first().is_some_and(|letter| matches!(letter, b'e' | b'i' | b'y')),
        Where::BeforeSilentE => {
            after.len() >= 2
                && !is_vowel_letter(after[0])
                && after[1] == b'e'
                && matches!(&after[2..], [] | [b's'] | [b'd'])
        }
    }
}

/// The phones of a word by rule; a single neutral vowel where there are no letters to go by.
pub(super) fn sounds_of(word: &str) -> Vec<Sound> {
    let word: String = word.to_lowercase().chars().filter(char::is_ascii_lowercase).collect();
    let mut sounds: Vec<Sound> = Vec::with_capacity(word.len());
    let mut at = 0;
    while at < word.len() {
        let matching = RULES.iter().filter(|rule| applies(rule, &word, at));
        // The first of the longest: rules for special places stand before the general ones.
        let best = matching.reduce(|best, rule| if rule.0.len() > best.0.len() { rule } else { best });
        let Some((spelling, _, phones)) = best else { break };
        let doubled = at > 0 && spelling.len() == 1 && word.as_bytes()[at] == word.as_bytes()[at - 1];
        let vowel = is_vowel_letter(word.as_bytes()[at]);
        if !doubled || vowel {
            sounds.extend(phones.iter().map(|symbol| plain(symbol)));
        }
        at += spelling.len();
    }
    if !sounds.iter().any(Sound::is_vowel) {
        sounds.push(plain("AH"));
    }
    place_stress(&word, &mut sounds);
    sounds
}

fn place_stress(word: &str, sounds: &mut [Sound]) {
    let count = sounds.iter().filter(|sound| sound.is_vowel()).count();
    let stressed = if STRESS_BEFORE.iter().any(|ending| word.ends_with(ending)) {
        let behind =
            if ["ical", "ity", "ian", "ial"].iter().any(|ending| word.ends_with(ending)) { 3 } else { 2 };
        count.saturating_sub(behind)
    } else if count == 2 && WEAK_STARTS.iter().any(|start| start.len() > 1 && word.starts_with(start)) {
        1
    } else {
        count.saturating_sub(3)
    };
    if let Some(sound) = sounds.iter_mut().filter(|sound| sound.is_vowel()).nth(stressed) {
        sound.stress = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(word: &str) -> String {
        let part = |sound: &Sound| match (sound.is_vowel(), sound.stress) {
            (true, stress) => format!("{}{stress}", sound.symbol),
            _ => sound.symbol.to_owned(),
        };
        sounds_of(word).iter().map(part).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn unknown_words_sound_plausible() {
        assert_eq!(written("grate"), "G R EY1 T");
        assert_eq!(written("nation"), "N AE1 SH AH0 N");
        assert_eq!(written("throat"), "TH R OW1 T");
        assert_eq!(written("hammer"), "HH AE1 M ER0");
        assert_eq!(written("return"), "R EH0 T ER1 N");
        assert_eq!(written("cellar"), "S EH1 L AA0 R");
        assert_eq!(written("electricity").matches('1').count(), 1);
    }

    #[test]
    fn anything_has_a_vowel_with_stress() {
        for word in ["", "hmm", "brr", "42", "été", "x", "psst", "日本"] {
            let sounds = sounds_of(word);
            assert!(sounds.iter().any(|sound| sound.is_vowel() && sound.stress == 1), "{word}: {sounds:?}");
        }
    }
}

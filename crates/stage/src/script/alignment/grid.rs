//! GRID's tables of word times.

use super::{Talk, Word};
use crate::script::mark_stress;

/// GRID counts time in this many units per second.
const UNITS_PER_SECOND: f64 = 25_000.0;
/// Pauses: at the ends, and within the sentence.
const PAUSES: [&str; 2] = ["sil", "sp"];

/// Reads lines of `start end word`.
///
/// A word of one letter is a letter of the alphabet there and always stressed, `a` too.
pub(super) fn parse(text: &str) -> Result<Talk, String> {
    let mut talk = Talk::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fail = |what: &str| format!("line {}: {what}", number + 1);
        let mut fields = line.split_whitespace();
        let mut time = |name: &str| {
            let field = fields.next().ok_or_else(|| fail(&format!("has no {name}")))?;
            let units: u32 =
                field.parse().map_err(|_| fail(&format!("`{field}` is no {name} in 1/25,000 s")))?;
            Ok::<f64, String>(f64::from(units) / UNITS_PER_SECOND)
        };
        let (start, end) = (time("start")?, time("end")?);
        let word = fields.next().ok_or_else(|| fail("has no word"))?;
        if fields.next().is_some() {
            return Err(fail("has more than start, end and word"));
        }
        talk.duration = talk.duration.max(end);
        if !PAUSES.contains(&word) {
            talk.words.push(Word { text: word.to_lowercase(), start, end, stress: None });
        }
    }
    if talk.words.is_empty() {
        return Err("holds no word".into());
    }
    talk.text = talk.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    mark_stress(&mut talk);
    for word in talk.words.iter_mut().filter(|word| word.text.chars().count() == 1) {
        word.stress = Some(0.5 * (word.start + word.end));
    }
    Ok(talk)
}

//! The JSON of PocketSphinx's aligner: `{"b": start, "d": length, "t": text, "w": [parts]}`, where a part of the talk is a word,
//! a part of a word a phone, and a part of a phone (which is not read) a state.

use serde::Deserialize;

use super::{Phone, Talk, Word};

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "b")]
    start: f64,
    #[serde(rename = "d")]
    length: f64,
    #[serde(rename = "t")]
    text: String,
    #[serde(rename = "w", default)]
    parts: Vec<Part>,
}

impl Part {
    fn end(&self) -> f64 {
        self.start + self.length
    }

    /// Fillers: `<s>`, `<sil>`, `[NOISE]`, `++BREATH++`.
    fn is_filler(&self) -> bool {
        self.text.starts_with(['<', '[', '+'])
    }

    /// The word without the number of its pronunciation: `and(2)`.
    fn word(&self) -> String {
        self.text.split('(').next().unwrap_or_default().to_lowercase()
    }
}

pub(super) fn parse(text: &str) -> Result<Talk, String> {
    let whole: Part =
        serde_json::from_str(text).map_err(|error| format!("is no alignment by PocketSphinx: {error}"))?;
    let mut talk = Talk { text: whole.text.clone(), duration: whole.end(), ..Talk::default() };
    // Phones are only taken where every word has them.
    let with_phones = whole.parts.iter().all(|part| part.is_filler() || !part.parts.is_empty());
    for part in &whole.parts {
        if !part.is_filler() {
            talk.words.push(Word { text: part.word(), start: part.start, end: part.end(), stress: None });
        }
        if with_phones && part.is_filler() {
            talk.phones.push(Phone { symbol: "SIL".into(), stress: 0, start: part.start, end: part.end() });
        } else if with_phones {
            talk.phones.extend(part.parts.iter().map(|phone| Phone {
                symbol: phone.text.clone(),
                stress: 0,
                start: phone.start,
                end: phone.end(),
            }));
        }
    }
    if talk.words.is_empty() {
        return Err("holds no word".into());
    }
    Ok(talk)
}

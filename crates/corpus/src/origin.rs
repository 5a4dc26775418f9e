//! What a corpus is and who made it: the same in its manifest and in every one of its shards.

use orator_media::FrameRate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a corpus is, which program made it, and with which settings. Two shards belong to one corpus when this is equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The corpus's name.
    pub name: String,
    /// The program that made it: `orator stage render`, `orator corpus build`.
    pub program: String,
    /// That program's version.
    pub program_version: String,
    /// The seed of everything in it; absent for filmed data.
    pub seed: Option<u64>,
    /// The program's settings, so that it can be made again.
    pub settings: Value,
    /// Licence of the clips as an SPDX expression, where a clip does not name its own.
    pub licence: String,
    /// Where filmed data comes from, or what the data was made with, in words.
    pub source: String,
    /// Frames per second of the clips; a clip may state another.
    pub rate: FrameRate,
    /// Width and height of the pictures in pixels; a clip may state another.
    pub size: (u32, u32),
}

impl Origin {
    /// Whether both say the same once they have been written down.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        // Compared as text: what was read from a file has gone through text once already.
        serde_json::to_string(self).ok() == serde_json::to_string(other).ok()
    }

    /// The first field in which `self` and `other` differ, for a message.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let (Ok(Value::Object(a)), Ok(Value::Object(b))) =
            (serde_json::to_value(self), serde_json::to_value(other))
        else {
            return None;
        };
        // Settings are compared one by one, so that the message can name the one that differs.
        let flat = |map: serde_json::Map<String, Value>| -> Vec<(String, Value)> {
            map.into_iter()
                .flat_map(|(key, value)| match value {
                    Value::Object(inner) if key == "settings" => {
                        inner.into_iter().map(|(k, v)| (format!("settings.{k}"), v)).collect()
                    }
                    other => vec![(key, other)],
                })
                .collect()
        };
        let (a, b) = (flat(a), flat(b));
        let absent = Value::Null;
        let of = |list: &[(String, Value)], key: &str| {
            list.iter().find(|(k, _)| k == key).map_or(absent.clone(), |(_, v)| v.clone())
        };
        a.iter().chain(&b).find_map(|(key, _)| {
            let (ours, theirs) = (of(&a, key), of(&b, key));
            (ours != theirs).then(|| format!("{key} is {theirs} there and {ours} here"))
        })
    }
}

//! What happens while a request is carried out.

use serde::Serialize;
use std::path::PathBuf;

/// One thing that happened. As JSON (`--json`), one object a line with its kind under `event`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A stage began.
    Start {
        /// The stage.
        name: &'static str,
    },
    /// A stage got on; told at most ten times a second.
    Progress {
        /// The stage.
        name: &'static str,
        /// Parts of the work that are done.
        done: u64,
        /// Parts in all.
        total: u64,
        /// Seconds left in this stage at its pace so far.
        seconds_left: f64,
    },
    /// A stage ended.
    Stage {
        /// The stage.
        name: &'static str,
        /// How long it took.
        seconds: f64,
    },
    /// Something is not as it should be, but the work goes on.
    Warning {
        /// What, in words.
        text: String,
    },
    /// Something a person should know about what was found in a picture or video.
    Remark {
        /// What, in words.
        text: String,
    },
    /// A file is whole.
    Wrote {
        /// The file.
        path: PathBuf,
        /// Its number of frames, where it has frames.
        #[serde(skip_serializing_if = "Option::is_none")]
        frames: Option<u64>,
        /// The seed of the take, where chance played a part.
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
}

impl Event {
    /// A file without frames or seed.
    pub(crate) fn wrote(path: &std::path::Path) -> Self {
        Self::Wrote { path: path.to_owned(), frames: None, seed: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_flat_json_objects() {
        let json = |event: Event| serde_json::to_string(&event).unwrap();
        assert_eq!(
            json(Event::Stage { name: "motion", seconds: 1.5 }),
            r#"{"event":"stage","name":"motion","seconds":1.5}"#
        );
        assert_eq!(
            json(Event::Progress { name: "render", done: 1, total: 4, seconds_left: 3.0 }),
            r#"{"event":"progress","name":"render","done":1,"total":4,"seconds_left":3.0}"#
        );
        assert_eq!(json(Event::wrote("a.png".as_ref())), r#"{"event":"wrote","path":"a.png"}"#);
    }
}

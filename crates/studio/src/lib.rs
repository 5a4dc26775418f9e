//! Generate, animate and inspect as library calls; models on disk; provenance.
//!
//! Nothing here prints: what happens is told through [`Event`]s.
//!
//! ```no_run,standalone_crate
//! # fn main() -> Result<(), orator_studio::StudioError> {
//! use orator_studio::{GenerateRequest, generate};
//! let request = GenerateRequest::new("photo.png", "speech.wav", "talk.mp4");
//! let report = generate(&request, &mut |event| eprintln!("{event:?}"))?;
//! println!("{} frames", report.takes[0].frames);
//! # Ok(())
//! # }
//! ```

mod animate;
mod check;
mod choices;
mod driving;
mod edit;
mod error;
mod event;
mod film;
mod generate;
mod import;
mod inspect;
mod latent;
mod listening;
pub mod models;
mod output;
mod portrait;
mod recording;
mod stages;
mod transfer;

pub use animate::{AnimateReport, AnimateRequest, Mode, animate};
pub use check::CheckReport;
pub use choices::{MotionKind, RendererKind, load_renderer};
pub use edit::{EditReport, EditRequest, Seams, edit};
pub use error::{ErrorKind, Result, StudioError};
pub use event::Event;
pub use generate::{DEFAULT_LABEL, GenerateReport, GenerateRequest, Take, generate, load_motion};
pub use import::{ImportReport, ImportRequest, Published, TensorCount, import};
pub use inspect::{CropSquare, InspectReport, InspectRequest, inspect};
pub use orator_body::Fit;
pub use orator_media::video_out::AudioCodec;

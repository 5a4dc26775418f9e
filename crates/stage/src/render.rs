//! Rendering the shards of a corpus.

use orator_corpus::{Check, Limits, Origin, ShardPlan, ShardWriter, assemble, finished};
use orator_media::FrameRate;
use rayon::prelude::*;
use serde_json::json;
use std::path::Path;

use crate::clip::Stage;
use crate::figure::Anatomy;
use crate::script::Recordings;
use crate::truth::Anchors;
use crate::{RenderSettings, Result, clips_of_shard, plan};

/// Clips that are rendered side by side before they are written in their order.
const BATCH: usize = 8;

/// What has been done so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// The shard was whole already.
    Kept {
        /// Its number.
        shard: u32,
    },
    /// Some clips of a shard are written.
    Clips {
        /// Shard in the making.
        shard: u32,
        /// Clips written.
        done: usize,
        /// Clips in all.
        total: usize,
    },
}

/// Renders one shard into the corpus folder `out`, unless it lies there whole already.
///
/// # Errors
/// For impossible settings, missing or damaged data, or when something cannot be written. No half-written shard is left
/// that would be taken for a whole one.
pub fn render_shard(
    anatomy: &Anatomy,
    speech: &Recordings,
    settings: &RenderSettings,
    shard: u32,
    out: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<()> {
    let plans = plan(settings, &speech.seconds())?;
    let origin = origin(settings, speech);
    if finished(out, shard, Some(settings.shards), &origin, Check::Size)?.is_some() {
        tell(Progress::Kept { shard });
        return Ok(());
    }
    let anchors = Anchors::fitted()?;
    let stage = Stage { anatomy, anchors: &anchors, speech, settings };
    let mut writer = ShardWriter::begin(out, ShardPlan::new(shard, Some(settings.shards), origin))?;
    let clips = clips_of_shard(settings, &plans, shard);
    let folder = tempfile::tempdir_in(out)
        .map_err(|e| orator_corpus::CorpusError::Io { path: out.to_owned(), source: e })?;
    for (batch, plans) in clips.chunks(BATCH).enumerate() {
        let rendered: Vec<_> = plans.par_iter().map(|plan| stage.clip(plan, folder.path())).collect();
        for (index, clip) in rendered.into_iter().enumerate() {
            let clip = clip?;
            writer.push(&clip)?;
            if let Some(orator_corpus::Content::File(path)) = &clip.pictures {
                // What is left over goes with the folder.
                let _ = std::fs::remove_file(path);
            }
            tell(Progress::Clips { shard, done: batch * BATCH + index + 1, total: clips.len() });
        }
    }
    writer.finish()?;
    Ok(())
}

/// Joins all shards to a corpus with index and manifest.
///
/// # Errors
/// When a shard is missing or damaged, or something cannot be written.
pub fn finish_corpus(out: &Path) -> Result<orator_corpus::Totals> {
    Ok(assemble(out, Check::Size, &Limits::default())?.totals)
}

/// Pictures and truth are ours to give away; speech from a folder has a licence of its own, which is not known here.
fn origin(settings: &RenderSettings, speech: &Recordings) -> Origin {
    let side = settings.size.unwrap_or(256) as u32;
    let (licence, said) = if speech.are_bundled() {
        ("CC0-1.0", "made speech that comes with orator")
    } else {
        ("CC0-1.0 AND LicenseRef-Speech", "speech from a folder, under its own licence")
    };
    let seconds = speech.seconds();
    // Two folders of as many recordings are told apart by how long these are.
    let milliseconds: f64 = seconds.iter().map(|seconds| (1e3 * seconds).round()).sum();
    Origin {
        name: format!("staged-{}", settings.seed),
        program: "orator stage render".into(),
        program_version: env!("CARGO_PKG_VERSION").into(),
        seed: Some(u64::from(settings.seed)),
        settings: json!({ "render": settings, "recordings": seconds.len(), "recorded_milliseconds": milliseconds as u64 }),
        licence: licence.into(),
        source: format!("made-up people from CC0 data (MakeHuman); {said}"),
        rate: FrameRate::MOTION,
        size: (side, side),
    }
}

//! A small corpus from beginning to end: its bytes, its shards, its truth, and that what is stored can be found again.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use orator_corpus::Corpus;
use orator_stage::figure::Anatomy;
use orator_stage::script::Recordings;
use orator_stage::{CheckSettings, Progress, RenderSettings, finish_corpus, render_shard, strokes};
use std::path::Path;

fn anatomy() -> Option<Anatomy> {
    let Ok(folder) = orator_assets::figure() else {
        eprintln!("skipped: the figure's data is not there");
        return None;
    };
    Some(Anatomy::load(&folder).unwrap())
}

fn settings(size: Option<usize>) -> RenderSettings {
    RenderSettings {
        people: 3,
        minutes: 0.2,
        shards: 2,
        size,
        clip_seconds: 2.0,
        ..RenderSettings::default()
    }
}

fn render(anatomy: &Anatomy, settings: &RenderSettings, shard: u32, out: &Path) -> Vec<Progress> {
    let mut told = Vec::new();
    render_shard(anatomy, &Recordings::bundled().unwrap(), settings, shard, out, &mut |p| told.push(p))
        .unwrap();
    told
}

#[test]
fn a_corpus_is_the_same_however_it_was_made_and_holds_the_truth() {
    let Some(anatomy) = anatomy() else { return };
    let settings = settings(Some(64));
    let (whole, parted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for shard in [0, 1] {
        render(&anatomy, &settings, shard, whole.path());
    }
    // Elsewhere: the other order, and a killed run's leftovers in between.
    render(&anatomy, &settings, 1, parted.path());
    let tar = parted.path().join("shards/00000.tar");
    std::fs::write(&tar, b"half").unwrap();
    assert!(finish_corpus(parted.path()).is_err(), "half a shard is not a shard");
    render(&anatomy, &settings, 0, parted.path());
    for name in ["00000.tar", "00001.tar", "00000.json", "00001.json"] {
        let bytes = |folder: &Path| std::fs::read(folder.join("shards").join(name)).unwrap();
        assert!(bytes(whole.path()) == bytes(parted.path()), "{name} differs");
    }
    assert!(matches!(render(&anatomy, &settings, 0, whole.path())[..], [Progress::Kept { shard: 0 }]));

    finish_corpus(whole.path()).unwrap();
    let corpus = Corpus::open(whole.path()).unwrap();
    assert!(corpus.verify(&mut |_| {}).is_empty());
    for clip in corpus.clips() {
        let (row, truth, said) = (clip.row(), clip.truth().unwrap(), clip.description().unwrap());
        assert_eq!(truth.frames() as u64, row.frames);
        let sound = row.samples as f64 / f64::from(row.sample_rate);
        assert!((row.frames as f64 / 25.0 - sound).abs() < 0.04, "as long as its sound");
        assert!(!said.words.is_empty() && !said.phones.is_empty());
        assert!(
            said.triggers.iter().all(|trigger| trigger.word < said.words.len() && trigger.stroke < sound)
        );
        // The nose lies on the head, in the part mask and in the picture.
        let masks = truth.masks.as_ref().unwrap();
        for frame in (0..truth.frames()).step_by(20) {
            let at = |axis: usize| (truth.keypoints[[frame, 0, axis]] / 2.0) as usize;
            let part = masks.parts[[frame, at(1), at(0)]];
            assert_eq!(masks.legend.iter().find(|p| p.number == part).unwrap().name, "head");
        }
        assert!(clip.picture_bytes().unwrap().is_some());
    }
    assert!(corpus.clips().any(|clip| clip.row().identity == Some(0)) && corpus.len() >= 3);
}

#[test]
fn stored_strokes_are_found_in_the_wrists() {
    let Some(anatomy) = anatomy() else { return };
    let settings = CheckSettings { seed: 3, first: 400, people: 12, frames: 0, size: 256 };
    let report = strokes(&anatomy, &Recordings::bundled().unwrap(), &settings).unwrap();
    eprintln!("{report:?}");
    assert!(report.beats > 40 && report.beats_found >= 0.95, "{report:?}");
    assert!(report.beats_by_chance < 0.5, "{report:?}");
}

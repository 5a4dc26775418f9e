//! The corpus as a whole: from clips through shards and back.

use crate::samples::{clip, origin, sound};
use crate::shard::{sidecar_path, tar_path};
use crate::{
    Check, ClipDescription, ClipInput, Content, Corpus, CorpusError, Limits, ShardPlan, ShardRecord,
    ShardWriter, Split, WINDOW_FRAMES, assemble, finished,
};
use orator_media::video_in::{Backend, VideoReadOptions};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Picture};
use std::fs;
use std::path::Path;

fn write(dir: &Path, shard: u32, of: u32, clips: &[ClipInput]) -> ShardRecord {
    let mut writer = ShardWriter::begin(dir, ShardPlan::new(shard, Some(of), origin())).unwrap();
    for clip in clips {
        writer.push(clip).unwrap();
    }
    writer.finish().unwrap()
}

fn join(dir: &Path) -> crate::Result<crate::Manifest> {
    assemble(dir, Check::Checksum, &Limits::default())
}

/// Three shards of two clips.
fn corpus(dir: &Path) {
    for shard in 0..3 {
        let clips = [0, 1].map(|i| clip(&format!("s{shard}-{i}"), u64::from(shard) * 5 + i, 90));
        write(dir, shard, 3, &clips);
    }
    join(dir).unwrap();
}

#[test]
fn what_goes_in_comes_out_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    corpus(dir.path());
    let corpus = Corpus::open(dir.path()).unwrap();
    assert_eq!((corpus.len(), corpus.shards().len()), (6, 3));
    assert!(corpus.origin().same_as(&origin()));
    for id in ["s2-1", "s0-0", "s1-1"] {
        let found = corpus.clip(id).unwrap();
        let original = clip(id, found.row().identity.unwrap(), 90);
        assert_eq!(found.description().unwrap(), original.description);
        let truth = original.truth.unwrap();
        let read = found.truth().unwrap();
        assert_eq!(read.visibility, truth.visibility);
        assert!((&read.keypoints - &truth.keypoints).iter().all(|d| d.abs() <= 1.0 / 32.0));
        assert_eq!((read.masks, read.depth), (truth.masks, truth.depth));
        assert_eq!(found.track().unwrap().frames(), 90);
        let audio = found.audio().unwrap().unwrap();
        assert_eq!(audio.samples.len(), sound(90).samples.len());
        let most =
            sound(90).samples.iter().zip(&audio.samples).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(most <= 0.5 / 32_768.0 + 1e-7, "{most}");
        assert_eq!(found.licence(), "CC0-1.0");
        assert!(found.video(&VideoReadOptions::default()).unwrap().is_none());
    }
    assert!(corpus.clip("s9-9").is_none());
    assert_eq!(corpus.verify(&mut |_| {}).len(), 0);
    let held: Vec<&str> = corpus.clips_of(Split::HeldOut).map(|c| c.id()).collect();
    assert_eq!(held, ["s0-0", "s2-0"]);
    let totals = corpus.totals();
    assert_eq!((totals.clips, totals.held_out_clips, totals.frames, totals.speakers), (6, 2, 540, 6));
    assert_eq!((totals.words, totals.triggers, totals.milliseconds), (12, 6, 21_600));
    let windows: Vec<_> = corpus.windows(10).collect();
    assert_eq!(windows.len(), 12);
    assert_eq!(windows[1].frames(), 10..10 + WINDOW_FRAMES);
}

#[test]
fn shards_made_apart_are_joined_and_give_the_same_corpus() {
    let (whole, half, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clips = |shard: u32| [clip(&format!("a{shard}"), 1, 20), clip(&format!("b{shard}"), 2, 30)];
    for shard in 0..3 {
        write(whole.path(), shard, 3, &clips(shard));
    }
    write(other.path(), 2, 3, &clips(2));
    write(half.path(), 1, 3, &clips(1));
    let error = join(half.path()).unwrap_err();
    assert!(error.to_string().contains("2 are missing: 0, 2"), "{error}");
    assert!(error.hint().unwrap().contains("missing shards"));
    assert!(Corpus::open(half.path()).is_err());
    // Any shard alone is of use.
    let alone = Corpus::open_shards(half.path(), &Limits::default()).unwrap();
    assert_eq!(alone.len(), 2);
    assert_eq!(alone.clip("b1").unwrap().truth().unwrap().frames(), 30);
    assert!(alone.verify(&mut |_| {}).is_empty());

    write(half.path(), 0, 3, &clips(0));
    for path in [tar_path as fn(&Path, u32) -> _, sidecar_path] {
        fs::copy(path(other.path(), 2), path(half.path(), 2)).unwrap();
    }
    join(whole.path()).unwrap();
    join(half.path()).unwrap();
    for name in ["index.parquet", "manifest.json"] {
        let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(name)).unwrap();
        assert_eq!(read(&whole), read(&half), "{name}");
    }
}

#[test]
fn what_does_not_belong_together_is_not_joined() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 0, 2, &[clip("a", 1, 10)]);
    let mut other = ShardPlan::new(1, Some(2), origin());
    other.origin.seed = Some(8);
    let mut writer = ShardWriter::begin(dir.path(), other).unwrap();
    writer.push(&clip("b", 1, 10)).unwrap();
    writer.finish().unwrap();
    let error = join(dir.path()).unwrap_err();
    assert!(matches!(error, CorpusError::Different { .. }) && error.to_string().contains("seed"), "{error}");

    write(dir.path(), 1, 2, &[clip("a", 1, 10)]);
    let error = join(dir.path()).unwrap_err();
    assert!(error.to_string().contains("both hold a clip a"), "{error}");

    write(dir.path(), 1, 2, &[clip("b", 1, 10)]);
    join(dir.path()).unwrap();
    assert!(finished(dir.path(), 1, Some(2), &origin(), Check::Checksum).unwrap().is_some());
}

#[test]
fn damage_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    corpus(dir.path());
    let tar = tar_path(dir.path(), 1);
    let bytes = fs::read(&tar).unwrap();

    fs::write(&tar, &bytes[..bytes.len() - 512]).unwrap();
    let error = Corpus::open(dir.path()).unwrap_err();
    assert!(
        matches!(error, CorpusError::Unfinished { .. }) && error.to_string().contains("00001.tar"),
        "{error}"
    );
    assert!(matches!(join(dir.path()), Err(CorpusError::Unfinished { .. })));
    assert_eq!(Corpus::open_shards(dir.path(), &Limits::default()).unwrap().len(), 4);

    // One bit in the middle of the sound: opened, but found by looking at everything.
    let mut changed = bytes.clone();
    changed[2000] ^= 1;
    fs::write(&tar, &changed).unwrap();
    let corpus = Corpus::open(dir.path()).unwrap();
    let wrong = corpus.verify(&mut |_| {});
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].to_string().contains("checksum"), "{}", wrong[0]);
    assert!(matches!(join(dir.path()), Err(CorpusError::Damaged { .. })));

    // Another shard of the same size under this name: the member's own header gives it away.
    fs::write(&tar, &bytes).unwrap();
    fs::copy(tar_path(dir.path(), 0), &tar).unwrap();
    if fs::metadata(&tar).unwrap().len() == bytes.len() as u64 {
        let corpus = Corpus::open(dir.path()).unwrap();
        let error = corpus.clip("s1-0").unwrap().description().unwrap_err();
        assert!(error.to_string().contains("does not lie where"), "{error}");
    }
    fs::remove_file(&tar).unwrap();
    assert!(Corpus::open(dir.path()).unwrap_err().to_string().contains("is missing"));
    fs::write(&tar, &bytes).unwrap();

    let manifest = dir.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("\"version\": 1", "\"version\": 9", 1)).unwrap();
    assert!(matches!(Corpus::open(dir.path()), Err(CorpusError::Version { found: 9, .. })));
    fs::write(&manifest, &text[..text.len() / 2]).unwrap();
    assert!(matches!(Corpus::open(dir.path()), Err(CorpusError::Damaged { .. })));
    fs::write(&manifest, text).unwrap();
    let index = dir.path().join("index.parquet");
    let mut bytes = fs::read(&index).unwrap();
    bytes[100] ^= 1;
    fs::write(&index, bytes).unwrap();
    assert!(Corpus::open(dir.path()).unwrap_err().to_string().contains("index.parquet"));
    let error = Corpus::open(&dir.path().join("nowhere")).unwrap_err();
    assert!(error.hint().unwrap().contains("manifest.json"));
}

#[test]
fn limits_hold_for_members() {
    let dir = tempfile::tempdir().unwrap();
    corpus(dir.path());
    let limits = Limits { max_member_bytes: 100, max_description_bytes: 100, ..Limits::default() };
    let corpus = Corpus::open_with(dir.path(), &limits).unwrap();
    let clip = corpus.clip("s0-0").unwrap();
    for error in [clip.description().unwrap_err(), clip.truth().unwrap_err(), clip.sound_bytes().unwrap_err()]
    {
        assert!(matches!(error, CorpusError::TooLarge { .. }), "{error}");
    }
    // Copying out streams and needs no memory.
    assert!(clip.audio().unwrap().is_some());
}

#[test]
fn pictures_with_sound_come_back_through_a_temporary_file() {
    let dir = tempfile::tempdir().unwrap();
    let video = dir.path().join("a.mp4");
    let (frames, side) = (12, 32);
    let settings =
        VideoSettings { audio: Some(sound(frames)), ..VideoSettings::new(side, side, FrameRate::MOTION) };
    let mut writer = VideoWriter::create(&video, settings).unwrap();
    for i in 0..frames {
        writer.push(&Picture::filled(side, side, [i as u8 * 20, 100, 50])).unwrap();
    }
    writer.finish().unwrap();
    let mut description = ClipDescription::new("a", "p1", None, FrameRate::MOTION, frames, (32, 32));
    (description.samples, description.sample_rate) = (frames * 640, 16_000);
    description.split = Split::HeldOut;
    description.source = Some("a film, 00:01–00:02".into());
    let input = ClipInput { description, pictures: Some(Content::File(video)), sound: None, truth: None };
    let folder = dir.path().join("corpus");
    write(&folder, 0, 1, &[input]);
    join(&folder).unwrap();
    let corpus = Corpus::open(&folder).unwrap();
    let clip = corpus.clip("a").unwrap();
    assert_eq!(clip.row().source.as_deref(), Some("a film, 00:01–00:02"));
    let options = VideoReadOptions { backend: Backend::BuiltIn, ..VideoReadOptions::default() };
    let (reader, _file) = clip.video(&options).unwrap().unwrap();
    assert_eq!(reader.filter(|picture| picture.is_ok()).count() as u64, frames);
    let audio = clip.audio().unwrap().unwrap();
    assert!((audio.duration_seconds() - 0.48).abs() < 0.04);
    assert!(clip.truth().unwrap_err().to_string().contains("no truth"));
    assert!(corpus.verify(&mut |_| {}).is_empty());
}

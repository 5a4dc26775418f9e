use super::*;
use crate::{ClipDescription, ClipRow, Limits, Member, SoundFormat};
use orator_media::FrameRate;
use proptest::prelude::*;

fn row(n: u64, text: &str, odd: bool) -> ClipRow {
    let rate = FrameRate::new(30_000, 1001).unwrap();
    let mut description =
        ClipDescription::new(&format!("c{n}"), "who", odd.then_some(n), rate, n % 500 + 1, (640, 360));
    description.text = text.to_owned();
    description.style = odd.then(|| serde_json::json!({ "x": text, "y": 0.1 + n as f64 }));
    description.licence = (!odd).then(|| "CC-BY-4.0".to_owned());
    description.usable = if odd { vec![(0, 1)] } else { Vec::new() };
    let member = |n: u64| Member { offset: n.saturating_add(512), bytes: n };
    ClipRow {
        exact: odd,
        pictures: odd.then(|| member(n)),
        sound: (!odd).then(|| member(n / 2)),
        sound_format: (!odd).then_some(SoundFormat::Flac),
        description: member(3),
        truth: odd.then(|| member(0)),
        ..ClipRow::of(&description, 4)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_come_back_as_they_were(texts in prop::collection::vec((any::<u64>(), ".{0,40}", any::<bool>()), 0..60)) {
        let rows: Vec<ClipRow> = texts.iter().map(|(n, text, odd)| row(*n, text, *odd)).collect();
        let mut bytes = Vec::new();
        write(&mut bytes, &rows).unwrap();
        let mut again = Vec::new();
        write(&mut again, &rows).unwrap();
        prop_assert_eq!(&bytes, &again);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.parquet");
        std::fs::write(&path, &bytes).unwrap();
        prop_assert_eq!(read(&path, Some(&crate::check::sha256_of(&bytes)), &Limits::default()).unwrap(), rows);
    }

    #[test]
    fn damaged_bytes_never_end_in_a_panic(at in any::<prop::sample::Index>(), value in any::<u8>(), cut in 0usize..40) {
        let rows: Vec<ClipRow> = (0..20).map(|n| row(n, "text", n % 2 == 0)).collect();
        let mut bytes = Vec::new();
        write(&mut bytes, &rows).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = value;
        bytes.truncate(bytes.len() - cut);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.parquet");
        std::fs::write(&path, &bytes).unwrap();
        let _ = read(&path, None, &Limits::default());
    }
}

#[test]
fn too_many_clips_are_refused() {
    let rows: Vec<ClipRow> = (0..20).map(|n| row(n, "text", true)).collect();
    let mut bytes = Vec::new();
    write(&mut bytes, &rows).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.parquet");
    std::fs::write(&path, &bytes).unwrap();
    let error = read(&path, None, &Limits { max_clips: 19, ..Limits::default() }).unwrap_err();
    assert!(error.to_string().contains("20 clips"), "{error}");
    let error = read(&path, None, &Limits { max_index_bytes: 100, ..Limits::default() }).unwrap_err();
    assert!(error.to_string().contains("at most 100"), "{error}");
}

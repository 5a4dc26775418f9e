//! Reading videos: both ways against each other, against ffmpeg itself, and on bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use orator_media::video_in::{Backend, Position, VideoReadOptions, VideoReader, ffmpeg_is_present};
use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{FrameRate, Limits, MediaError, Picture};
use support::{box_body, ffmpeg, ffmpeg_output, moving_picture, psnr, shared};

fn options(backend: Backend, rate: Option<FrameRate>) -> VideoReadOptions {
    VideoReadOptions { backend, rate, ..Default::default() }
}

fn read(path: &Path, options: &VideoReadOptions) -> (VideoReader, Vec<Picture>) {
    let mut reader = VideoReader::open(path, options).unwrap();
    let pictures = reader.by_ref().collect::<Result<Vec<_>, _>>().unwrap();
    (reader, pictures)
}

/// A video of our own making: `frames` moving pictures.
fn own_video(folder: &Path, width: usize, height: usize, frames: usize, rate: FrameRate) -> PathBuf {
    let path = folder.join("own.mp4");
    let mut writer = VideoWriter::create(&path, VideoSettings::new(width, height, rate)).unwrap();
    for index in 0..frames {
        writer.push(&moving_picture(width, height, index)).unwrap();
    }
    writer.finish().unwrap();
    path
}

/// Both ways of reading must give the same number of almost equal pictures.
fn assert_both_agree(path: &Path, rate: Option<FrameRate>, least_psnr: f64) -> usize {
    let (built_in, ours) = read(path, &options(Backend::BuiltIn, rate));
    let (outside, theirs) = read(path, &options(Backend::Ffmpeg, rate));
    let name = path.display();
    assert_eq!(ours.len(), theirs.len(), "{name}: number of frames at {rate:?}");
    assert_eq!(built_in.info().frames, Some(ours.len() as u64), "{name}: announced frames");
    if let Some(frames) = outside.info().frames {
        assert!(frames.abs_diff(ours.len() as u64) <= 1, "{name}: ffprobe announced {frames}");
    }
    assert_eq!(built_in.info().rotation, outside.info().rotation, "{name}: rotation");
    assert_eq!(
        (built_in.info().width, built_in.info().height),
        (outside.info().width, outside.info().height),
        "{name}: size"
    );
    assert_eq!(built_in.info().has_audio, outside.info().has_audio);
    let worst = ours.iter().zip(&theirs).map(|(a, b)| psnr(a, b)).fold(f64::INFINITY, f64::min);
    eprintln!("{name}: {} frames, worst PSNR between the two ways {worst:.1} dB", ours.len());
    assert!(worst >= least_psnr, "{name}: {worst} dB");
    ours.len()
}

#[test]
fn the_reference_clips_have_the_references_frame_counts() {
    let Some(folder) = shared("data/latentsync") else { return };
    if !ffmpeg_is_present() {
        eprintln!("skipped: ffmpeg is not installed");
        return;
    }
    for (name, frames) in [("demo1", 250), ("demo2", 502), ("demo3", 500)] {
        let path = folder.join(format!("{name}.mp4"));
        let reader = VideoReader::open(&path, &VideoReadOptions::at_motion_rate()).unwrap();
        let info = reader.info().clone();
        assert_eq!((info.width, info.height, info.frames), (1080, 1920, Some(frames)), "{name}");
        assert!(info.has_audio || name.starts_with("demo"));
        // The end is where counts go wrong; the beginning is compared below.
        let tail = VideoReadOptions {
            from: Some(Position::Frame(frames - 20)),
            ..VideoReadOptions::at_motion_rate()
        };
        assert_eq!(read(&path, &tail).1.len(), 20, "{name}");
    }
}

#[test]
fn pictures_are_those_of_the_reference_command() {
    let Some(path) = shared("data/latentsync/demo3.mp4") else { return };
    let command =
        format!("-v error -i {} -vf fps=25 -frames:v 12 -f rawvideo -pix_fmt rgb24 -", path.display());
    let arguments: Vec<&str> = command.split(' ').collect();
    let Some(reference) = ffmpeg_output("ffmpeg", &arguments) else { return };
    let options =
        VideoReadOptions { to: Some(Position::seconds(0.48)), ..VideoReadOptions::at_motion_rate() };
    let (_, pictures) = read(&path, &options);
    assert_eq!(pictures.len(), 12);
    let ours: Vec<u8> = pictures.iter().flat_map(|picture| picture.rgb().iter().copied()).collect();
    assert!(ours == reference, "pictures differ from ffmpeg's own");
}

#[test]
fn the_built_in_decoder_names_what_it_cannot_read() {
    let Some(path) = shared("data/latentsync/demo3.mp4") else { return };
    let error = VideoReader::open(&path, &options(Backend::BuiltIn, None)).err().unwrap();
    assert!(error.to_string().contains("H.265"), "{error}");
    assert!(error.hint().unwrap().contains("apt-get install ffmpeg"));
}

#[test]
fn clips_with_reordered_frames_decode_as_in_ffmpeg() {
    let Some(folder) = shared("data/grid_s1") else { return };
    if !ffmpeg_is_present() {
        eprintln!("skipped: ffmpeg is not installed");
        return;
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mp4"))
        .collect();
    paths.sort();
    for path in paths.iter().step_by(120) {
        assert_eq!(assert_both_agree(path, None, 40.0), 75);
    }
}

/// H.264 made by ffmpeg in ways that phones and editors make it.
#[test]
fn unusual_clips_read_alike_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, arguments: &str| {
        let path = folder.path().join(name);
        let text = format!("-f lavfi -i testsrc2=s=160x120:r=30:d=2 {arguments}");
        let mut list: Vec<&str> = text.split_whitespace().collect();
        list.push(path.to_str().unwrap());
        ffmpeg(&list).then_some(path)
    };
    let x264 = "-c:v libx264 -pix_fmt yuv420p -preset veryfast -crf 12";
    let rate = Some(FrameRate::MOTION);
    let Some(plain) = make("plain.mp4", x264) else { return };
    assert_eq!(assert_both_agree(&plain, rate, 35.0), 50);
    assert_eq!(assert_both_agree(&plain, None, 35.0), 60);
    assert_eq!(assert_both_agree(&plain, FrameRate::new(30000, 1001), 35.0), 60);

    // Frames at irregular times, some far apart.
    let vfr = "-vf setpts='(N+0.37*sin(N)+3*gte(N,20)+11*gte(N,41))/30/TB' -fps_mode vfr -video_track_timescale 90000";
    if let Some(path) = make("vfr.mp4", &format!("{vfr} {x264} -bf 3")) {
        assert_both_agree(&path, rate, 35.0);
        assert_both_agree(&path, FrameRate::new(12, 1), 35.0);
        assert_both_agree(&path, None, 35.0);
    }
    // A sound track that starts before the picture.
    let late = "-f lavfi -i sine=d=3 -map 0:v -map 1:a -c:a aac";
    if let Some(path) = make("late.mp4", &format!("{late} -vf setpts=PTS+0.5/TB {x264}")) {
        assert_both_agree(&path, rate, 35.0);
    }
    let colours = [
        ("full.mp4", "-vf scale=out_range=full -color_range pc"),
        (
            "hd.mp4",
            "-vf scale=out_color_matrix=bt709 -colorspace bt709 -color_primaries bt709 -color_trc bt709",
        ),
    ];
    for (name, flags) in colours {
        if let Some(path) = make(name, &format!("{flags} {x264}")) {
            assert_both_agree(&path, rate, 33.0);
        }
    }
    // What the built-in reader must refuse, it refuses by name.
    let refused = [
        ("ten.mp4", "-c:v libx264 -pix_fmt yuv420p10le", "4:2:0"),
        ("fine.mp4", "-c:v libx264 -pix_fmt yuv444p", "4:2:0"),
        ("fields.mp4", "-vf interlace -c:v libx264 -pix_fmt yuv420p -flags +ildct+ilme", "interlaced"),
        ("pieces.mp4", "-c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov", "fragmented"),
        ("part2.mp4", "-c:v mpeg4", "MPEG-4 part 2"),
    ];
    for (name, flags, words) in refused {
        let Some(path) = make(name, flags) else { continue };
        let error = VideoReader::open(&path, &options(Backend::BuiltIn, None)).err().unwrap();
        assert!(matches!(error, MediaError::Unsupported { .. }), "{name}: {error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().unwrap().contains("ffmpeg"));
        assert!(!read(&path, &options(Backend::Ffmpeg, None)).1.is_empty());
    }
}

#[test]
fn our_own_video_reads_back_in_the_right_colours() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_video(folder.path(), 160, 128, 30, FrameRate::MOTION);
    let mut backends = vec![Backend::BuiltIn];
    if ffmpeg_is_present() {
        backends.push(Backend::Ffmpeg);
    }
    for backend in backends {
        let (reader, pictures) = read(&path, &options(backend, None));
        assert_eq!(pictures.len(), 30);
        assert_eq!(reader.info().rate, FrameRate::MOTION);
        assert!(!reader.info().has_audio);
        let worst = (0..30)
            .map(|index| psnr(&pictures[index], &moving_picture(160, 128, index)))
            .fold(f64::INFINITY, f64::min);
        eprintln!("{backend:?}: worst PSNR of a round trip {worst:.1} dB");
        assert!(worst > 36.0, "{backend:?}: {worst} dB");
    }
}

#[test]
fn pictures_turned_by_a_phone_come_out_upright() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_video(folder.path(), 64, 48, 5, FrameRate::MOTION);
    let (_, plain) = read(&path, &options(Backend::BuiltIn, None));
    let mut bytes = fs::read(&path).unwrap();
    // The display matrix of a long track header.
    let matrix = box_body(&bytes, &[b"moov", b"trak", b"tkhd"]) + 52;
    for (degrees, [a, b, c, d]) in [(90, [0i32, 1, -1, 0]), (180, [-1, 0, 0, -1]), (270, [0, -1, 1, 0])] {
        for (slot, value) in [(0, a), (1, b), (3, c), (4, d)] {
            bytes[matrix + slot * 4..][..4].copy_from_slice(&(value << 16).to_be_bytes());
        }
        fs::write(&path, &bytes).unwrap();
        let (reader, turned) = read(&path, &options(Backend::BuiltIn, None));
        assert_eq!(reader.info().rotation, degrees);
        // Where the upper left corner goes when turned clockwise.
        let corner = match degrees {
            90 => (47, 0),
            180 => (63, 47),
            _ => (0, 63),
        };
        assert_eq!(turned[3].pixel(corner.0, corner.1), plain[3].pixel(0, 0));
        if ffmpeg_is_present() {
            assert_both_agree(&path, Some(FrameRate::MOTION), 33.0);
        }
    }
}

#[test]
fn ranges_are_cut_out_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_video(folder.path(), 64, 48, 60, FrameRate::new(30, 1).unwrap());
    let mut backends = vec![Backend::BuiltIn];
    if ffmpeg_is_present() {
        backends.push(Backend::Ffmpeg);
    }
    for backend in backends {
        for rate in [None, Some(FrameRate::MOTION)] {
            let (_, all) = read(&path, &options(backend, rate));
            let per_second = if rate.is_some() { 25 } else { 30 };
            let cases = [
                (Some(Position::Frame(7)), Some(Position::Frame(12)), 7, 12),
                (None, Some(Position::Frame(1)), 0, 1),
                (Some(Position::seconds(1.0)), None, per_second, 2 * per_second),
                (
                    Some(Position::Time { numerator: 1, denominator: 5 }),
                    Some(Position::seconds(0.4)),
                    per_second / 5,
                    per_second * 2 / 5,
                ),
            ];
            for (from, to, first, last) in cases {
                let options = VideoReadOptions { from, to, ..options(backend, rate) };
                let (reader, part) = read(&path, &options);
                assert_eq!(part, &all[first..last], "{backend:?} {rate:?} {from:?} {to:?}");
                assert_eq!(reader.info().frames, Some((last - first) as u64));
            }
        }
    }
    let empty = VideoReadOptions {
        from: Some(Position::Frame(3)),
        to: Some(Position::Frame(3)),
        ..Default::default()
    };
    assert!(matches!(VideoReader::open(&path, &empty), Err(MediaError::Argument(_))));
}

/// All ways of reading that are there give an error of this kind, at opening or later.
fn refusal(path: &Path, limits: &Limits) -> Vec<MediaError> {
    [Backend::BuiltIn, Backend::Auto]
        .into_iter()
        .map(|backend| {
            let options = VideoReadOptions {
                backend,
                limits: limits.clone(),
                rate: Some(FrameRate::MOTION),
                ..Default::default()
            };
            let result =
                VideoReader::open(path, &options).and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
            let error = result.err().unwrap_or_else(|| panic!("{} was read by {backend:?}", path.display()));
            assert!(error.to_string().contains(path.to_str().unwrap()), "names the file: {error}");
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{error}");
            eprintln!("{backend:?}: {error}");
            error
        })
        .collect()
}

#[test]
fn what_is_no_video_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    for error in refusal(&write("empty.mp4", b""), &limits) {
        assert!(matches!(error, MediaError::Empty { .. }), "{error}");
    }
    let picture = folder.path().join("picture.mp4");
    fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0").unwrap();
    for error in refusal(&picture, &limits) {
        assert!(
            matches!(error, MediaError::Unsupported { .. }) && error.to_string().contains("PNG"),
            "{error}"
        );
    }
    for error in refusal(&write("letter.mp4", b"Dear Sir or Madam,\n"), &limits) {
        assert!(error.to_string().contains("text"), "{error}");
    }
    refusal(
        &write(
            "noise.mp4",
            &(0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>(),
        ),
        &limits,
    );
    for error in refusal(&folder.path().join("absent.mp4"), &limits) {
        assert!(matches!(error, MediaError::Io { .. }), "{error}");
    }
    assert!(VideoReader::open(folder.path(), &VideoReadOptions::default()).is_err());
    let sound = folder.path().join("sound.mp4");
    if ffmpeg(&["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", sound.to_str().unwrap()]) {
        for error in refusal(&sound, &limits) {
            assert!(error.to_string().contains("sound only"), "{error}");
        }
    }
}

#[test]
fn a_video_cut_off_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_video(folder.path(), 64, 64, 40, FrameRate::MOTION);
    let whole = fs::read(&path).unwrap();
    let cut = folder.path().join("cut.mp4");
    for share in [1, 20, 40, 60, 80, 99] {
        fs::write(&cut, &whole[..whole.len() * share / 100]).unwrap();
        for error in refusal(&cut, &Limits::default()) {
            assert!(matches!(error, MediaError::Damaged { .. }), "{share} %: {error}");
        }
    }
    // Whole in length, but its pictures are noise.
    let mut spoiled = whole.clone();
    let data = box_body(&whole, &[b"mdat"]) + 8;
    for byte in &mut spoiled[data + (whole.len() - data) / 3..] {
        *byte = byte.wrapping_mul(37).wrapping_add(11);
    }
    fs::write(&cut, &spoiled).unwrap();
    let options = options(Backend::BuiltIn, None);
    let result = VideoReader::open(&cut, &options).and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
    assert!(matches!(result, Err(MediaError::Damaged { .. })), "{result:?}");
}

#[test]
fn stated_sizes_and_lengths_are_checked_before_work_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_video(folder.path(), 64, 64, 10, FrameRate::MOTION);
    let whole = fs::read(&path).unwrap();
    let table: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
    let below = |last: &'static [u8; 4]| [&table[..], &[last]].concat();

    let mut huge = whole.clone();
    let entry = box_body(&whole, &[&below(b"stsd")[..], &[b"avc1"]].concat());
    huge[entry + 24..entry + 28].copy_from_slice(&[0xff; 4]);
    fs::write(&path, &huge).unwrap();
    for error in refusal(&path, &Limits::default()) {
        assert!(
            matches!(error, MediaError::TooLarge { .. }) && error.to_string().contains("65535"),
            "{error}"
        );
    }

    // Ten frames of an hour each.
    let mut long = whole.clone();
    let times = box_body(&whole, &below(b"stts"));
    long[times + 12..times + 16].copy_from_slice(&(3600u32 * 10_000).to_be_bytes());
    fs::write(&path, &long).unwrap();
    for error in refusal(&path, &Limits::default()) {
        assert!(
            matches!(error, MediaError::TooLarge { .. }) && error.to_string().contains("10 h"),
            "{error}"
        );
    }

    // Four thousand million frames that the file has no room for.
    let mut many = whole.clone();
    let sizes = box_body(&whole, &below(b"stsz"));
    many[sizes + 4..sizes + 12].copy_from_slice(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    fs::write(&path, &many).unwrap();
    refusal(&path, &Limits::default());

    fs::write(&path, &whole).unwrap();
    let small = Limits { max_picture_side: 32, ..Default::default() };
    for error in refusal(&path, &small) {
        assert!(matches!(error, MediaError::TooLarge { .. }), "{error}");
    }
    let short = Limits { max_video_seconds: 0.2, ..Default::default() };
    for error in refusal(&path, &short) {
        assert!(matches!(error, MediaError::TooLarge { .. }), "{error}");
    }
}

#[test]
fn spoiled_indexes_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = own_video(folder.path(), 32, 32, 6, FrameRate::MOTION);
    let whole = fs::read(&path).unwrap();
    let index = box_body(&whole, &[b"moov"]);
    let end = box_body(&whole, &[b"mdat"]);
    let options = options(Backend::BuiltIn, Some(FrameRate::MOTION));
    let mut state = 1u32;
    for _ in 0..400 {
        let mut spoiled = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = index + (state >> 8) as usize % (end - index);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            spoiled[at] = (state >> 24) as u8;
        }
        fs::write(&path, &spoiled).unwrap();
        if let Ok(reader) = VideoReader::open(&path, &options) {
            let _ = reader.take(200).collect::<Result<Vec<_>, _>>();
        }
    }
}

//! Every bad input: a clear error with file, cause and next step, the right exit code, and nothing left behind.

use crate::bench::{Bench, Outcome, assets_are_there, of_checkout, outcome};
use crate::made;
use std::fs;

/// A good photo and a good recording.
fn with_good_inputs() -> Bench {
    let bench = Bench::new();
    fs::copy(of_checkout("assets/presenter_man.png"), bench.path("photo.png")).unwrap();
    bench.file("speech.wav", &made::wav(1.0));
    bench
}

/// What `generate` says, and that the folder is as it was.
fn refused(bench: &Bench, arguments: &str, code: i32) -> String {
    let before = bench.names();
    let Outcome { code: found, stdout, stderr } = bench.run(&format!("generate {arguments}"));
    assert_eq!(found, code, "{arguments}: {stderr}");
    assert_eq!(stdout, "");
    assert_eq!(bench.names(), before, "{arguments} left something behind");
    assert!(stderr.contains("error: ") && stderr.contains("help: "), "{stderr}");
    // What LiteRT says on its own is no concern here.
    let own: Vec<&str> = stderr.lines().filter(|line| !line.starts_with("INFO:")).collect();
    own.join("\n").replace(&bench.path("").display().to_string(), "FOLDER/")
}

fn photo(bench: &Bench, name: &str, code: i32) -> String {
    refused(bench, &format!("--image {name} --audio speech.wav --out out.mp4"), code)
}

fn recording(bench: &Bench, name: &str, code: i32) -> String {
    refused(bench, &format!("--image photo.png --audio {name} --out out.mp4"), code)
}

#[test]
fn pictures() {
    let bench = with_good_inputs();
    let good = fs::read(bench.path("photo.png")).unwrap();
    bench.file("cut.png", &good[..good.len() / 2]);
    bench.file("text.png", b"To be, or not to be, that is the question.\n");
    bench.file("sound.png", &made::wav(0.1));
    bench.file("empty.png", b"");
    bench.file("huge.png", &made::HUGE_PNG);
    let mut text = String::new();
    for (name, code) in [
        ("missing.png", 3),
        ("cut.png", 3),
        ("text.png", 3),
        ("sound.png", 3),
        ("empty.png", 4),
        ("huge.png", 3),
    ] {
        text += &format!("{}\n", photo(&bench, name, code));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn recordings() {
    let bench = with_good_inputs();
    let good = made::wav(1.0);
    bench.file("cut.wav", &good[..good.len() / 2]);
    bench.file("text.wav", b"To be, or not to be, that is the question.\n");
    fs::copy(bench.path("photo.png"), bench.path("picture.wav")).unwrap();
    bench.file("empty.wav", b"");
    bench.file("zero.wav", &made::wav_head(0));
    bench.file("silent.wav", &made::silent_wav(1.0));
    made::ten_hours(&bench.path("long.wav"));
    bench.file("lie.wav", &made::wav_head(36_000 * 16_000));
    let mut text = String::new();
    for (name, code) in [
        ("missing.wav", 3),
        ("cut.wav", 3),
        ("text.wav", 3),
        ("picture.wav", 3),
        ("empty.wav", 4),
        ("zero.wav", 4),
        ("silent.wav", 4),
        ("long.wav", 3),
        ("lie.wav", 3),
    ] {
        text += &format!("{}\n", recording(&bench, name, code));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn pictures_without_a_person() {
    if !assets_are_there() {
        return;
    }
    let bench = with_good_inputs();
    made::drawing().write_png(&bench.path("drawing.png")).unwrap();
    orator_media::Picture::filled(300, 200, [128; 3]).write_png(&bench.path("plain.png")).unwrap();
    insta::assert_snapshot!(format!(
        "{}\n{}",
        photo(&bench, "drawing.png", 4),
        photo(&bench, "plain.png", 4)
    ));
}

#[test]
fn requests_that_make_no_sense() {
    let bench = with_good_inputs();
    let mut text = String::new();
    for arguments in [
        "--out out.avi",
        "--out out",
        "--out out.mp4 --size 300",
        "--out out.mp4 --takes 0",
        "--out out.mp4 --keypoints out.txt",
        "--out out.mp4 --speaker nobody",
    ] {
        text += &format!(
            "{}\n",
            refused(&bench, &format!("--image photo.png --audio speech.wav {arguments}"), 2)
        );
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_setup_brings_is_missing() {
    let bench = with_good_inputs();
    fs::create_dir(bench.path("cache")).unwrap();
    let before = bench.names();
    let run =
        |arguments: &[&str]| outcome(bench.orator().env("ORATOR_HOME", bench.path("cache")).args(arguments));
    let generated = run(&["generate", "--image", "photo.png", "--audio", "speech.wav", "--out", "out.mp4"]);
    assert_eq!(generated.code, 6, "{}", generated.stderr);
    assert!(generated.stderr.contains("cargo xtask setup"), "{}", generated.stderr);
    assert_eq!(bench.names(), before);

    let doctor = run(&["doctor", "--json"]);
    assert_eq!(doctor.code, 6, "{}", doctor.stderr);
    let missing: Vec<String> = doctor
        .events()
        .iter()
        .filter(|event| event["event"] == "check" && event["state"] == "missing")
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(missing.contains(&"LiteRtLibrary".to_owned()) && missing.contains(&"WakeHubert".to_owned()));
    assert!(!missing.contains(&"libtorch".to_owned()), "{missing:?}");
    assert_eq!(doctor.event("error")["code"], 6);
}

/// Errors come as events, too, and stdout holds nothing else.
#[test]
fn errors_as_json() {
    let bench = with_good_inputs();
    let outcome = bench.run("generate --image missing.png --audio speech.wav --out out.mp4 --json");
    assert_eq!(outcome.code, 3);
    let error = outcome.event("error");
    assert_eq!(error["code"], 3);
    assert!(error["text"].as_str().unwrap().starts_with("missing.png: "), "{error}");
    assert!(error["help"].is_string());
}

#[test]
fn training_without_its_inputs() {
    let bench = Bench::new();
    let missing = bench.run("train contextual tokenizer --config none.yaml --corpus . --out run");
    assert_eq!(missing.code, 3, "{}", missing.stderr);
    assert!(missing.stderr.contains("none.yaml"), "{}", missing.stderr);
    bench.file("wrong.yaml", b"name: [1, 2\n");
    let wrong = bench.run("train contextual tokenizer --config wrong.yaml --corpus . --out run");
    assert_eq!(wrong.code, 3, "{}", wrong.stderr);
    assert_eq!(bench.names(), ["wrong.yaml"]);
}

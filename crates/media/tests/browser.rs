//! What we write plays in a browser: headless Chromium loads it, plays it, and looks at a pixel.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use orator_media::video_out::{VideoSettings, VideoWriter};
use orator_media::{Audio, FrameRate, Picture};

/// Plays the video, then asks the server for an address that says what it found out.
const PAGE: &str = r#"<!DOCTYPE html><meta charset="utf-8"><title>play</title>
<video id="v" src="out.mp4" preload="auto"></video><script>
const v = document.getElementById('v');
const done = text => { fetch('/result?' + encodeURIComponent(text)); };
v.onerror = () => done('error ' + v.error.code + ' ' + v.error.message);
v.oncanplaythrough = () => { v.oncanplaythrough = null; v.play().catch(e => done('play ' + e)); };
v.onended = () => {
  let colour = 'none';
  try {
    const c = document.createElement('canvas');
    c.width = v.videoWidth; c.height = v.videoHeight;
    const g = c.getContext('2d');
    g.drawImage(v, 0, 0);
    colour = [...g.getImageData(v.videoWidth / 2, v.videoHeight / 2, 1, 1).data].slice(0, 3).join(',');
  } catch (e) { colour = 'unreadable'; }
  const heard = v.webkitAudioDecodedByteCount > 0 ? 'sound' : 'silence';
  done(`ended ${v.videoWidth}x${v.videoHeight} ${v.duration.toFixed(3)} ${v.currentTime.toFixed(3)} ${heard} ${colour}`);
};
</script>"#;

fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    })
}

/// Serves the page and the video until the page reports; `None` if it never does.
fn report(browser: &str, folder: &Path) -> Option<String> {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let mut child = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--disable-dev-shm-usage"])
        .args(["--autoplay-policy=no-user-gesture-required", "--no-first-run", "--remote-debugging-port=0"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("http://{address}/page.html"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let video = std::fs::read(folder.join("out.mp4")).unwrap();
    let start = Instant::now();
    let mut report = None;
    while report.is_none() && start.elapsed() < Duration::from_secs(60) {
        match server.accept() {
            Ok((connection, _)) => report = answer(connection, &video),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    report
}

/// Answers one request; gives the report if it was one.
fn answer(connection: TcpStream, video: &[u8]) -> Option<String> {
    connection.set_nonblocking(false).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let mut reader = BufReader::new(&connection);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
        line.clear();
    }
    let address = request.split_whitespace().nth(1)?.to_owned();
    let (kind, body) = match address.as_str() {
        "/page.html" => ("text/html", PAGE.as_bytes()),
        "/out.mp4" => ("video/mp4", video),
        _ => ("text/plain", &b""[..]),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut writer = &connection;
    let _ = writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body));
    let report = address.strip_prefix("/result?")?;
    Some(report.replace("%20", " ").replace("%2C", ","))
}

#[test]
fn chromium_plays_it_to_the_end_in_the_right_colour() {
    let Some(browser) = chromium() else {
        eprintln!("skipped: Chromium is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let colour = [200u8, 60, 90];
    let rate = 16_000u32;
    let samples = (0..rate * 2).map(|n| 0.3 * (n as f32 * 0.17).sin()).collect();
    let settings = VideoSettings {
        audio: Some(Audio::new(rate, samples).unwrap()),
        ..VideoSettings::new(256, 256, FrameRate::MOTION)
    };
    let mut writer = VideoWriter::create(&folder.path().join("out.mp4"), settings).unwrap();
    for _ in 0..50 {
        writer.push(&Picture::filled(256, 256, colour)).unwrap();
    }
    writer.finish().unwrap();

    let Some(result) = report(browser, folder.path()) else {
        eprintln!("skipped: Chromium does not answer on this machine");
        return;
    };
    eprintln!("{browser}: {result}");
    let words: Vec<&str> = result.split_whitespace().collect();
    assert_eq!(words.first(), Some(&"ended"), "{result}");
    assert_eq!(words[1], "256x256");
    let seconds: f64 = words[2].parse().unwrap();
    assert!((seconds - 2.0).abs() < 0.04, "{result}");
    assert_eq!(words[4], "sound", "{result}");
    if words[5] != "unreadable" {
        for (shown, wanted) in words[5].split(',').zip(colour) {
            let shown: i32 = shown.parse().unwrap();
            assert!((shown - i32::from(wanted)).abs() <= 4, "{result}");
        }
    }
}

/// The video of `cargo xtask demo`, where that has been run.
#[test]
fn chromium_plays_the_demo_to_the_end() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo.mp4");
    let (Some(browser), true) = (chromium(), demo.is_file()) else {
        eprintln!("skipped: Chromium or demo.mp4 is absent");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(demo, folder.path().join("out.mp4")).unwrap();
    let Some(result) = report(browser, folder.path()) else {
        eprintln!("skipped: Chromium does not answer on this machine");
        return;
    };
    eprintln!("{browser}: {result}");
    let words: Vec<&str> = result.split_whitespace().collect();
    assert_eq!((words[0], words[4]), ("ended", "sound"), "{result}");
    assert!(words[3].parse::<f64>().unwrap() > words[2].parse::<f64>().unwrap() - 0.1, "{result}");
}

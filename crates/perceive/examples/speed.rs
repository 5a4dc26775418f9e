//! Milliseconds per frame on a video, and how often each part is seen: `speed VIDEO [FRAMES]` (decoded beforehand by the ffmpeg program).

use orator_media::{FrameRate, Picture};
use orator_perceive::{Parts, Perceiver};
use std::error::Error;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, rest @ ..] = arguments.as_slice() else {
        return Err("usage: speed VIDEO [FRAMES]".into());
    };
    let limit = rest.first().map_or("75", String::as_str);
    let size = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"])
        .args(["-of", "csv=p=0", path])
        .output()?;
    let size = String::from_utf8(size.stdout)?;
    let (width, height) = size.trim().split_once(',').ok_or("no video")?;
    let (width, height): (usize, usize) = (width.parse()?, height.trim_end_matches(',').parse()?);
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-i", path, "-vf", "fps=25", "-frames:v", limit])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut bytes = Vec::new();
    ffmpeg.stdout.take().ok_or("no output")?.read_to_end(&mut bytes)?;
    ffmpeg.wait()?;
    let pictures: Vec<Picture> = bytes
        .chunks_exact(width * height * 3)
        .map(|rgb| Picture::from_rgb(width, height, rgb.to_vec()))
        .collect::<Result<_, _>>()?;
    drop(bytes);

    let start = Instant::now();
    let mut perceiver = Perceiver::load()?;
    println!("load {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    let start = Instant::now();
    let found = perceiver.picture(&pictures[0])?;
    println!("one picture {:.1} ms, {:?}", start.elapsed().as_secs_f64() * 1e3, found.parts);

    let each = |start: Instant| start.elapsed().as_secs_f64() * 1e3 / pictures.len() as f64;
    let start = Instant::now();
    let mut tracker = perceiver.tracker();
    for picture in &pictures {
        tracker.next(picture)?;
    }
    println!("{}x{height}: frame by frame {:.1} ms", width, each(start));

    let start = Instant::now();
    let frames = pictures.iter().cloned().map(Ok);
    let video = perceiver.video(frames, FrameRate::MOTION, &mut |_| {})?;
    println!("as a video {:.1} ms, {} frames, {:?}", each(start), video.track.frames(), video.remarks);
    let count = |what: fn(&Parts) -> bool| video.seen.iter().flatten().filter(|p| what(p)).count();
    println!(
        "person {}, face {}, left hand {}, right hand {}, both {}",
        count(|_| true),
        count(|p| p.face),
        count(|p| p.left_hand),
        count(|p| p.right_hand),
        count(|p| p.left_hand && p.right_hand),
    );
    Ok(())
}

//! Draws what is found in a picture: `overlay IN.png OUT.png [mask]`; with a video, frame N of it:
//! `overlay VIDEO OUT.png FRAME` (through the ffmpeg program, at 25 frames per second).

use orator_body::layout;
use orator_media::Picture;
use orator_perceive::{Found, Perceiver};
use std::error::Error;
use std::io::Read;
use std::process::{Command, Stdio};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, rest @ ..] = arguments.as_slice() else {
        return Err("usage: overlay IN OUT.png [mask|FRAME]".into());
    };
    let mut perceiver = Perceiver::load()?;
    let option = rest.first().map_or("", String::as_str);
    let (mut picture, found) = match option.parse::<usize>() {
        Ok(last) => followed(&mut perceiver, input, last)?,
        Err(_) => {
            let decoded = image::open(input)?.to_rgb8();
            let (width, height) = (decoded.width() as usize, decoded.height() as usize);
            let picture = Picture::from_rgb(width, height, decoded.into_raw())?;
            let found = perceiver.picture(&picture)?;
            (picture, found)
        }
    };
    for remark in &found.remarks {
        eprintln!("{input}: {remark}");
    }
    draw(&mut picture, &found, option == "mask");
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    image::RgbImage::from_raw(width, height, picture.into_rgb()).ok_or("size")?.save(output)?;
    Ok(())
}

fn followed(perceiver: &mut Perceiver, path: &str, last: usize) -> Result<(Picture, Found), Box<dyn Error>> {
    let size = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"])
        .args(["-of", "csv=p=0", path])
        .output()?;
    let size = String::from_utf8(size.stdout)?;
    let (width, height) = size.trim().split_once(',').ok_or("no video")?;
    let (width, height): (usize, usize) = (width.parse()?, height.trim_end_matches(',').parse()?);
    let mut ffmpeg = Command::new("ffmpeg")
        .args(["-v", "error", "-i", path, "-vf", "fps=25", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stream = ffmpeg.stdout.take().ok_or("no output")?;
    let mut tracker = perceiver.tracker();
    let mut kept = None;
    for _ in 0..=last {
        let mut rgb = vec![0; width * height * 3];
        stream.read_exact(&mut rgb)?;
        let picture = Picture::from_rgb(width, height, rgb)?;
        kept = tracker.next(&picture)?.map(|found| (picture, found));
    }
    drop(stream);
    ffmpeg.wait()?;
    kept.ok_or_else(|| "no person".into())
}

fn draw(picture: &mut Picture, found: &Found, with_mask: bool) {
    let (width, height) = (picture.width(), picture.height());
    if let Some(mask) = found.mask.as_ref().filter(|_| with_mask) {
        for (pixel, &person) in picture.rgb_mut().chunks_exact_mut(3).zip(&mask.data) {
            let share = u32::from(person);
            pixel[0] = ((u32::from(pixel[0]) * share + 255 * (255 - share)) / 255) as u8;
            pixel[2] = ((u32::from(pixel[2]) * share + 255 * (255 - share)) / 255) as u8;
            pixel[1] = (u32::from(pixel[1]) * share / 255) as u8;
        }
    }
    let radius = (width.min(height) / 300).max(1) as i64;
    for index in 0..layout::WHOLE_BODY {
        let colour = match index {
            i if layout::FACE.contains(&i) => [255, 255, 0],
            i if layout::LEFT_HAND.contains(&i) => [0, 255, 0],
            i if layout::RIGHT_HAND.contains(&i) => [255, 60, 60],
            _ => [0, 200, 255],
        };
        if found.confidence[index] < 0.3 {
            continue;
        }
        let (x, y) = (found.points[[index, 0]].round() as i64, found.points[[index, 1]].round() as i64);
        for (dx, dy) in (-radius..=radius).flat_map(|dx| (-radius..=radius).map(move |dy| (dx, dy))) {
            let (x, y) = (x + dx, y + dy);
            if x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < height {
                let at = (y as usize * width + x as usize) * 3;
                picture.rgb_mut()[at..at + 3].copy_from_slice(&colour);
            }
        }
    }
}

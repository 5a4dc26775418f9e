//! From one moment to one picture and the truth about each pixel.

use glam::Vec4;
use std::time::{Duration, Instant};

use super::camera::Camera;
use super::cast::{Actor, Cast, Placed, place};
use super::motion::MotionBlur;
use super::occlusion::Occlusion;
use super::resolve::{Resolve, majority};
use super::sensor::{Development, Sensor};
use super::setting::Setting;
use super::shadow::ShadowMap;
use super::visibility::Visibility;
use crate::surface::Part;

/// Everything that is to be seen in one frame.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Persons and furniture.
    pub actors: &'a [Actor<'a>],
    /// The camera.
    pub camera: Camera,
    /// Lights and background.
    pub setting: &'a Setting,
    /// How the light is recorded.
    pub sensor: &'a Sensor,
    /// Number of the frame: chooses its noise.
    pub frame: u64,
}

/// A picture and its truth; all planes are `size × size`, top row first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// Width and height in pixels.
    pub size: usize,
    /// sRGB, three bytes a pixel.
    pub rgb: Vec<u8>,
    /// The [`Part`] that most of each pixel belongs to, as its number. Without motion blur.
    pub parts: Vec<u8>,
    /// How much of each pixel the person covers (chair not counted), 0–255, with motion blur like the picture.
    pub coverage: Vec<u8>,
    /// Distance along the line of sight in decimetres of what `parts` names; infinite for the background.
    pub depth: Vec<f32>,
}

/// Makes pictures of one size. Keeps its buffers from frame to frame; one per thread.
#[derive(Debug)]
pub struct PictureMaker {
    size: usize,
    placed: Vec<Placed>,
    visibility: Visibility,
    shadow: ShadowMap,
    occlusion: Occlusion,
    light: Vec<Vec4>,
    motion: MotionBlur,
    development: Development,
    stages: Vec<(&'static str, Duration)>,
}

impl PictureMaker {
    /// Smallest and largest picture, in pixels.
    pub const SIZES: [usize; 2] = [1, 4096];

    /// A maker of pictures of `size × size` pixels (kept within [`Self::SIZES`]).
    #[must_use]
    pub fn new(size: usize) -> Self {
        let size = size.clamp(Self::SIZES[0], Self::SIZES[1]);
        Self {
            size,
            placed: Vec::new(),
            visibility: Visibility::new(size),
            shadow: ShadowMap::new(),
            occlusion: Occlusion::new(size),
            light: vec![Vec4::ZERO; size * size],
            motion: MotionBlur::new(size),
            development: Development::new(size),
            stages: Vec::new(),
        }
    }

    /// Width and height of the pictures.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How long each stage of the last picture took.
    #[must_use]
    pub fn stages(&self) -> &[(&'static str, Duration)] {
        &self.stages
    }

    /// Makes one picture, on this thread alone. The same moment gives the same bytes.
    pub fn draw(&mut self, moment: &Moment<'_>) -> Drawn {
        let mut clock = Clock { last: Instant::now(), stages: std::mem::take(&mut self.stages) };
        clock.stages.clear();
        let lens = moment.camera.lens(self.size);
        place(moment.actors, &lens, &mut self.placed);
        let cast = Cast { actors: moment.actors, placed: &self.placed, lens };
        clock.stage("points and normals");
        self.visibility.draw(&cast);
        clock.stage("visibility");
        let lights = &moment.setting.lights;
        self.shadow.draw(&cast, &moment.camera, lights.key.towards(), lights.softness);
        clock.stage("shadow map");
        self.occlusion.find(&cast, &self.visibility);
        clock.stage("places");
        self.occlusion.look(&lens, &self.shadow);
        clock.stage("shadow and openness");
        let mut drawn = Drawn {
            size: self.size,
            parts: vec![Part::Background as u8; self.size * self.size],
            depth: vec![f32::INFINITY; self.size * self.size],
            ..Drawn::default()
        };
        let resolve = Resolve {
            cast: &cast,
            setting: moment.setting,
            visibility: &self.visibility,
            occlusion: &self.occlusion,
            size: self.size,
        };
        for pixel in 0..self.size * self.size {
            self.light[pixel] = resolve.pixel(pixel);
            (drawn.parts[pixel], drawn.depth[pixel]) = majority(&cast, &self.visibility, pixel);
        }
        clock.stage("shading");
        self.motion.blur(&mut self.light, &self.occlusion.seen);
        clock.stage("motion blur");
        drawn.coverage = self.light.iter().map(|light| (light.w * 255.0 + 0.5) as u8).collect();
        let exposure = moment.setting.exposure;
        self.development.develop(&self.light, exposure, moment.sensor, moment.frame, &mut drawn.rgb);
        clock.stage("development");
        self.stages = clock.stages;
        drawn
    }
}

struct Clock {
    last: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn stage(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.last));
        self.last = now;
    }
}

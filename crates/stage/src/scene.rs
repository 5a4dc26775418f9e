//! A clip on stage: a presenter who says something before a camera, at any moment of it.

use glam::Vec3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::acting::Performance;
use crate::figure::Anatomy;
use crate::person::{Identity, Person};
use crate::picture::{
    Actor, Camera, CameraPath, Drawn, Framing, Moment, PictureMaker, Prepared, Sensor, Setting,
};
use crate::pose::Pose;
use crate::script::{Score, Style, Talk};
use crate::{RenderSettings, Result};

/// A person ready for the stage, with the style that belongs to the identity.
pub struct Presenter {
    /// Body, clothes, hair.
    pub person: Person,
    /// How this person gestures.
    pub style: Style,
    prepared: Prepared,
}

impl Presenter {
    /// The presenter of an identity seed.
    ///
    /// # Errors
    /// When the figure's data is missing or damaged.
    pub fn new(anatomy: &Anatomy, identity: u64) -> Result<Self> {
        let style = Style::from_seed(identity);
        let person = Person::build(anatomy, &Identity::from_seed(identity), style.seated)?;
        let prepared = Prepared::new(&person.surface);
        Ok(Self { person, style, prepared })
    }
}

/// Everything about one clip that can be asked at any time of it.
pub struct Scene<'a> {
    presenter: &'a Presenter,
    /// What the hands do.
    pub score: Score,
    performance: Performance,
    camera: CameraPath,
    /// Light, background, sensor; absent where nothing is drawn.
    look: Option<(Setting, Sensor)>,
}

/// How long the shutter is open, as a share of a frame of 25 a second.
const SHUTTER: f64 = 0.4;
const FRAME: f64 = 1.0 / 25.0;
/// Angle of view of a head close up from nine decimetres.
const CLOSE_UP_DEGREES: f32 = 17.0;

impl<'a> Scene<'a> {
    /// Stages a talk. Seed, clutter and drift are as in [`RenderSettings`]; `settings.size` decides whether it can be drawn.
    #[must_use]
    pub fn new(presenter: &'a Presenter, talk: &Talk, seed: u64, settings: &RenderSettings) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let [plan, act, path, setting, sensor] = std::array::from_fn(|_| chance.random::<u64>());
        let clutter = settings.clutter * chance.random_range(0.2..1.0f32);
        let noise = chance.random_range(0.0..1.0f32);
        let score = Score::plan(talk, &presenter.style, plan);
        let performance = Performance::new(&presenter.person.skeleton, &presenter.style, talk, &score, act);
        let mut points = Vec::new();
        presenter.person.points(&performance.pose(0.0), &mut points);
        let top = points.iter().copied().filter(|p| p.is_finite()).max_by(|a, b| a.y.total_cmp(&b.y));
        let camera =
            CameraPath::from_seed(path, settings.drift, Framing::half_body(top.unwrap_or(Vec3::Y * 8.0)));
        let look =
            settings.size.map(|_| (Setting::from_seed(setting, clutter), Sensor::from_seed(sensor, noise)));
        Self { presenter, score, performance, camera, look }
    }

    /// The person's pose at a time in seconds.
    #[must_use]
    pub fn pose(&self, seconds: f64) -> Pose {
        self.performance.pose(seconds)
    }

    /// The camera at a time in seconds.
    #[must_use]
    pub fn camera(&self, seconds: f64) -> Camera {
        self.camera.at(seconds)
    }

    /// The presenter.
    #[must_use]
    pub fn presenter(&self) -> &Presenter {
        self.presenter
    }

    /// The same scene with another score.
    #[must_use]
    pub fn with_score(mut self, talk: &Talk, score: Score) -> Self {
        let Presenter { person, style, .. } = self.presenter;
        self.performance = Performance::new(&person.skeleton, style, talk, &score, 0);
        self.score = score;
        self
    }

    /// Draws the head alone, close up.
    pub(crate) fn draw_face(&self, seconds: f64, maker: &mut PictureMaker) -> Option<Drawn> {
        let skeleton = &self.presenter.person.skeleton;
        let head = skeleton.bone("jaw")?;
        let at = self.presenter.person.place(&self.pose(seconds)).head(skeleton, head);
        let camera = Camera {
            position: at + Vec3::new(0.0, 0.1, 9.0),
            target: at,
            vertical_fov: CLOSE_UP_DEGREES.to_radians(),
            roll: 0.0,
        };
        self.draw_from(seconds, camera, maker)
    }

    /// Draws the frame at a time in seconds; nothing if the scene was staged without pictures.
    pub fn draw(&self, seconds: f64, maker: &mut PictureMaker) -> Option<Drawn> {
        self.draw_from(seconds, self.camera(seconds), maker)
    }

    fn draw_from(&self, seconds: f64, camera: Camera, maker: &mut PictureMaker) -> Option<Drawn> {
        let (setting, sensor) = self.look.as_ref()?;
        let mut points = [Vec::new(), Vec::new(), Vec::new()];
        let half = 0.5 * SHUTTER * FRAME;
        for (points, at) in points.iter_mut().zip([seconds, seconds - half, seconds + half]) {
            self.presenter.person.points(&self.pose(at.max(0.0)), points);
        }
        let actors = [Actor {
            prepared: &self.presenter.prepared,
            points: &points[0],
            shutter: Some([&points[1], &points[2]]),
        }];
        Some(maker.draw(&Moment {
            actors: &actors,
            camera,
            setting,
            sensor,
            frame: (seconds / FRAME).round() as u64,
        }))
    }
}

//! Pictures of simple bodies, of which it is known what must be seen.

use glam::{Vec2, Vec3};
use proptest::prelude::*;

use super::*;
use crate::surface::{Corner, Material, Part, Surface, Texture, Triangle};

const SIZE: usize = 64;

/// A surface from triangles of three points each, all in one colour.
fn surface(triangles: usize, part: Part) -> Surface {
    let points = (triangles * 3) as u32;
    Surface {
        points: points as usize,
        corners: (0..points).map(|point| Corner { point, uv: Vec2::ZERO, cut: 0.0 }).collect(),
        triangles: (0..points / 3)
            .map(|i| Triangle { corners: [i * 3, i * 3 + 1, i * 3 + 2], material: 0, part })
            .collect(),
        materials: vec![Material {
            texture: 0,
            relief: None,
            relief_depth: 0.0,
            specular: 0.5,
            gloss: 20.0,
            subsurface: 0.0,
            casts_shadow: true,
        }],
        textures: vec![Texture { width: 1, height: 1, texels: vec![[200, 30, 30, 255]] }],
    }
}

/// The points of an upright square that faces +z, as two triangles.
fn square(centre: Vec3, half: f32) -> Vec<Vec3> {
    let at = |x: f32, y: f32| centre + Vec3::new(x * half, y * half, 0.0);
    vec![at(-1.0, -1.0), at(1.0, -1.0), at(1.0, 1.0), at(-1.0, -1.0), at(1.0, 1.0), at(-1.0, 1.0)]
}

fn camera() -> Camera {
    Camera {
        position: Vec3::new(0.0, 4.0, 15.0),
        target: Vec3::new(0.0, 4.0, 0.0),
        vertical_fov: 0.52,
        roll: 0.0,
    }
}

fn setting() -> Setting {
    Setting { backdrop: Backdrop::plain(Vec3::splat(0.2)), ..Setting::from_seed(1, 0.0) }
}

fn draw_with(camera: Camera, actors: &[Actor<'_>], setting: &Setting) -> Drawn {
    let sensor = Sensor::clean();
    PictureMaker::new(SIZE).draw(&Moment { actors, camera, setting, sensor: &sensor, frame: 0 })
}

fn draw(camera: Camera, surface: &Surface, points: &[Vec3]) -> Drawn {
    let prepared = Prepared::new(surface);
    draw_with(camera, &[Actor { prepared: &prepared, points, shutter: None }], &setting())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_thing_is_drawn_where_the_camera_says(
        x in -2.5..2.5f32, y in 2.0..6.0f32, z in -4.0..5.0f32,
        side in -3.0..3.0f32, rise in -2.0..2.0f32, roll in -0.5..0.5f32,
    ) {
        let centre = Vec3::new(x, y, z);
        let camera = Camera { position: Vec3::new(side, 4.0 + rise, 15.0), roll, ..camera() };
        let drawn = draw(camera, &surface(2, Part::RightHand), &square(centre, 0.5));
        let (at, depth) = camera.project(centre, SIZE).unwrap();
        prop_assume!(at.min_element() > 6.0 && at.max_element() < SIZE as f32 - 6.0);
        let mut sum = Vec2::ZERO;
        let mut count = 0.0;
        for (pixel, &part) in drawn.parts.iter().enumerate() {
            prop_assert!(part == Part::RightHand as u8 || part == Part::Background as u8);
            prop_assert_eq!(part == Part::Background as u8, drawn.depth[pixel] == f32::INFINITY);
            if part == Part::RightHand as u8 {
                sum += Vec2::new((pixel % SIZE) as f32 + 0.5, (pixel / SIZE) as f32 + 0.5);
                count += 1.0;
            }
        }
        prop_assert!(count > 10.0);
        prop_assert!((sum / count).distance(at) < 0.6, "{} instead of {at}", sum / count);
        let pixel = at.y as usize * SIZE + at.x as usize;
        prop_assert!((drawn.depth[pixel] - depth).abs() < 0.15, "{} instead of {depth}", drawn.depth[pixel]);
    }

    #[test]
    fn any_triangle_is_survived(
        of in proptest::collection::vec(
            prop_oneof![-30.0..30.0f32, Just(f32::NAN), Just(f32::INFINITY), Just(0.0f32), -1e30..1e30f32], 9..=9),
    ) {
        let points: Vec<Vec3> = of.chunks_exact(3).map(Vec3::from_slice).collect();
        let drawn = draw(camera(), &surface(1, Part::Torso), &points);
        prop_assert_eq!(drawn.rgb.len(), SIZE * SIZE * 3);
    }
}

#[test]
fn nothing_shows_the_background() {
    let setting = setting();
    let drawn = draw_with(camera(), &[], &setting);
    assert!(drawn.parts.iter().all(|&part| part == Part::Background as u8));
    assert!(drawn.coverage.iter().all(|&cover| cover == 0));
    assert!(drawn.depth.iter().all(|&depth| depth == f32::INFINITY));
    let first = &drawn.rgb[..3];
    assert!(drawn.rgb.chunks_exact(3).all(|pixel| pixel == first), "one colour");
    assert!(first[0] > 20 && first[0] < 235);
    let behind = square(Vec3::new(0.0, 4.0, 25.0), 3.0);
    assert_eq!(draw(camera(), &surface(2, Part::Head), &behind), drawn, "behind the camera");
    let mut broken = square(Vec3::new(0.0, 4.0, 0.0), 3.0);
    broken[0].y = f32::NAN;
    broken[4].x = f32::INFINITY;
    assert_eq!(draw(camera(), &surface(2, Part::Head), &broken), drawn, "not numbers");
    assert_eq!(draw(camera(), &surface(2, Part::Head), &[]), drawn, "points are missing");
}

#[test]
fn a_floor_through_the_camera_is_drawn_before_it_only() {
    let low = |x: f32, z: f32| Vec3::new(x, 3.0, z);
    let floor = [low(-40.0, 40.0), low(40.0, 40.0), low(0.0, -60.0)];
    let drawn = draw(camera(), &surface(1, Part::Chair), &floor);
    let chair = Part::Chair as u8;
    assert!(drawn.parts[..SIZE * SIZE / 2].iter().all(|&part| part != chair), "nothing above the horizon");
    assert_eq!(drawn.parts[(SIZE - 1) * SIZE + SIZE / 2], chair);
    assert!(drawn.coverage.iter().all(|&cover| cover == 0), "a chair is no person");
}

#[test]
fn the_nearer_part_is_seen_and_edges_are_soft() {
    let mut points = square(Vec3::new(0.0, 4.0, 0.0), 2.0);
    points.extend(square(Vec3::new(0.5, 4.2, 1.0), 0.7));
    let mut both = surface(4, Part::Torso);
    both.triangles[2].part = Part::LeftHand;
    both.triangles[3].part = Part::LeftHand;
    let drawn = draw(Camera { roll: 0.2, ..camera() }, &both, &points);
    let middle = SIZE * SIZE / 2 + SIZE / 2;
    assert_eq!(drawn.parts[middle], Part::LeftHand as u8);
    assert!((drawn.depth[middle] - 14.0).abs() < 0.01);
    assert!(drawn.parts.contains(&(Part::Torso as u8)));
    assert!(drawn.coverage.contains(&255) && drawn.coverage.contains(&0));
    let soft = drawn.coverage.iter().filter(|&&cover| cover > 0 && cover < 255).count();
    assert!(soft > 60, "{soft} soft pixels");
}

#[test]
fn texels_below_the_cut_are_open_and_cut_corners_are_not_drawn() {
    let mut half = surface(2, Part::Hair);
    // The left half of the texture is clear.
    half.textures[0] = Texture {
        width: 64,
        height: 1,
        texels: (0..64).map(|x| [90, 60, 30, if x < 32 { 0 } else { 255 }]).collect(),
    };
    for (corner, uv) in half.corners.iter_mut().zip([[0, 0], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1]]) {
        corner.uv = Vec2::new(0.01 + 0.98 * uv[0] as f32, uv[1] as f32);
        corner.cut = 0.5;
    }
    let points = square(Vec3::new(0.0, 4.0, 0.0), 2.0);
    let drawn = draw(camera(), &half, &points);
    let line = &drawn.parts[SIZE * SIZE / 2..][..SIZE];
    assert_eq!(line[SIZE / 2 - 5], Part::Background as u8);
    assert_eq!(line[SIZE / 2 + 5], Part::Hair as u8);
    half.corners.iter_mut().for_each(|corner| corner.cut = 1.5);
    assert_eq!(Prepared::new(&half).triangles(), 0);
    assert!(draw(camera(), &half, &points).coverage.iter().all(|&cover| cover == 0));
}

#[test]
fn surfaces_that_point_nowhere_are_left_out() {
    let mut wrong = surface(4, Part::Torso);
    wrong.triangles[0].corners[1] = 99;
    wrong.triangles[1].material = 7;
    wrong.corners[7].point = 400;
    assert_eq!(Prepared::new(&wrong).triangles(), 1);
    wrong.textures[0].width = 3;
    assert_eq!(Prepared::new(&wrong).triangles(), 0);
}

#[test]
fn the_same_moment_gives_the_same_bytes_on_every_thread() {
    let surface = surface(4, Part::Torso);
    let mut points = square(Vec3::new(0.0, 4.0, 0.0), 2.0);
    points.extend(square(Vec3::new(0.5, 4.2, 1.0), 0.7));
    let shifted: Vec<Vec3> = points.iter().map(|point| point + Vec3::X * 0.8).collect();
    let make = || {
        let prepared = Prepared::new(&surface);
        let setting = Setting::from_seed(5, 0.8);
        let sensor = Sensor::from_seed(6, 1.0);
        let actors = [Actor { prepared: &prepared, points: &points, shutter: Some([&points, &shifted]) }];
        let camera = CameraPath::from_seed(7, true, Framing::half_body(Vec3::new(0.0, 8.0, 0.5))).at(3.0);
        let mut maker = PictureMaker::new(SIZE);
        let moment = Moment { actors: &actors, camera, setting: &setting, sensor: &sensor, frame: 9 };
        let first = maker.draw(&moment);
        assert_eq!(first, maker.draw(&moment), "a used maker");
        let other = maker.draw(&Moment { frame: 10, ..moment });
        assert_ne!(first.rgb, other.rgb, "other noise");
        first
    };
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(make);
        (make(), other.join().unwrap())
    });
    assert_eq!(one, two);
    assert_eq!(one, make());
}

#[test]
fn what_moves_is_blurred_beyond_its_edges() {
    let prepared = Prepared::new(&surface(2, Part::LeftHand));
    let centre = Vec3::new(0.0, 4.0, 0.0);
    let [before, now, after] = [-0.5, 0.0, 0.5].map(|x| square(centre + Vec3::X * x, 1.0));
    let setting = setting();
    let still = draw_with(camera(), &[Actor { prepared: &prepared, points: &now, shutter: None }], &setting);
    let moving = [Actor { prepared: &prepared, points: &now, shutter: Some([&before, &after]) }];
    let moving = draw_with(camera(), &moving, &setting);
    assert_eq!(still.parts, moving.parts, "the truth is that of the moment");
    let soft = |drawn: &Drawn| {
        drawn.coverage[SIZE * SIZE / 2..][..SIZE].iter().filter(|&&c| c > 5 && c < 250).count()
    };
    assert!(soft(&moving) >= soft(&still) + 4, "{} and {}", soft(&moving), soft(&still));
}

#[test]
fn shadows_fall_and_lit_places_stay_lit() {
    let prepared = Prepared::new(&surface(4, Part::Torso));
    let mut points = square(Vec3::new(0.0, 4.0, 0.0), 3.0);
    points.extend(square(Vec3::new(0.0, 5.5, 2.0), 0.6));
    let mut setting = setting();
    setting.lights.key.direction = Vec3::new(0.0, 0.6, 0.8);
    let drawn =
        draw_with(camera(), &[Actor { prepared: &prepared, points: &points, shutter: None }], &setting);
    let red = |place: Vec3| {
        let (at, _) = camera().project(place, SIZE).unwrap();
        drawn.rgb[(at.y as usize * SIZE + at.x as usize) * 3]
    };
    let (shadow, lit) = (red(Vec3::new(0.0, 4.0, 0.0)), red(Vec3::new(2.0, 4.0, 0.0)));
    assert!(f32::from(shadow) < 0.8 * f32::from(lit), "{shadow} and {lit}");
}

#[test]
fn a_camera_keeps_its_framing_and_drifts_slowly() {
    let top = Vec3::new(0.1, 8.4, 0.3);
    for seed in 0..50 {
        let framing = Framing::half_body(top);
        let still = CameraPath::from_seed(seed, false, framing);
        assert_eq!(still.at(0.0), still.at(12.0));
        let drifting = CameraPath::from_seed(seed, true, framing);
        for step in 0..20 {
            let camera = drifting.at(f64::from(step) * 2.0);
            let (head, depth) = camera.project(top, 256).unwrap();
            assert!(head.y > 2.0 && head.y < 60.0, "seed {seed}: head at {head}");
            assert!(
                (90.0..166.0).contains(&head.x) && (10.0..20.0).contains(&depth),
                "seed {seed}: {head} {depth}"
            );
            let (next, _) = drifting.at(f64::from(step) * 2.0 + 0.04).project(top, 256).unwrap();
            assert!(next.distance(head) < 1.0, "seed {seed}: {} pixels in a frame", next.distance(head));
        }
    }
}

#[test]
fn settings_keep_the_face_readable() {
    for seed in 0..40 {
        let setting = Setting::from_seed(seed, 0.0);
        let points = square(Vec3::new(0.0, 4.0, 0.0), 2.0);
        let prepared = Prepared::new(&surface(2, Part::Head));
        let actors = [Actor { prepared: &prepared, points: &points, shutter: None }];
        let drawn = draw_with(camera(), &actors, &setting);
        let red = drawn.rgb[(SIZE * SIZE / 2 + SIZE / 2) * 3];
        assert!((120..252).contains(&red), "seed {seed}: {red}");
    }
}

//! People on the real figure, where `setup` has brought it.

use glam::{Quat, Vec3};
use std::sync::OnceLock;

use super::*;
use crate::figure::{Anatomy, Skeleton};
use crate::pose::{FaceUnit, Pose};
use crate::surface::Part;

fn anatomy() -> Option<&'static Anatomy> {
    static ANATOMY: OnceLock<Option<Anatomy>> = OnceLock::new();
    let known = ANATOMY.get_or_init(|| {
        let folder = orator_assets::figure().ok()?;
        Some(Anatomy::load(&folder).unwrap())
    });
    if known.is_none() {
        eprintln!("skipped: the figure's data is not there");
    }
    known.as_ref()
}

/// What the eye tells people apart by, roughly: shape, skin, hair, eyes, age, sex.
fn look(identity: &Identity) -> Vec<(String, f32)> {
    let mut look: Vec<(String, f32)> =
        identity.features.iter().map(|f| (f.target.clone(), 0.7 * f.amount)).collect();
    let mut push = |name: &str, value: f32| look.push((name.into(), value));
    push("age", identity.age / 25.0);
    push("sex", 2.0 * identity.masculinity);
    for (k, share) in identity.descent.into_iter().enumerate() {
        push(&format!("descent {k}"), share);
    }
    let complexion = &identity.complexion;
    for k in 0..3 {
        push(&format!("skin {k}"), 2.0 * complexion.skin[k]);
        push(&format!("hair {k}"), 2.0 * complexion.hair[k]);
        push(&format!("iris {k}"), complexion.iris[k]);
    }
    look.sort_by(|a, b| a.0.cmp(&b.0));
    look
}

fn difference(a: &[(String, f32)], b: &[(String, f32)]) -> f32 {
    let square = |a: &[(String, f32)], b: &[(String, f32)]| -> f32 {
        a.iter()
            .map(|(name, value)| {
                let other = b.binary_search_by(|(known, _)| known.cmp(name)).map_or(0.0, |at| b[at].1);
                (value - other).powi(2)
            })
            .sum()
    };
    (square(a, b).max(square(b, a))).sqrt()
}

#[test]
fn two_hundred_people_are_clearly_different() {
    let looks: Vec<_> = (0..200).map(|seed| look(&Identity::from_seed(seed))).collect();
    for (number, a) in looks.iter().enumerate() {
        let nearest = looks[..number].iter().map(|b| difference(a, b)).fold(f32::INFINITY, f32::min);
        assert!(nearest > 0.9, "person {number} looks like another one: {nearest}");
    }
}

#[test]
fn an_identity_is_plausible_and_survives_its_file() {
    let mut men = 0;
    for seed in 0..400 {
        let identity = Identity::from_seed(seed);
        assert!((18.0..=80.0).contains(&identity.age));
        assert!((identity.descent.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert!(identity.features.iter().all(|f| (0.0..=1.0).contains(&f.amount)));
        let colours = [identity.complexion.skin, identity.complexion.hair, identity.complexion.iris];
        assert!(colours.iter().flatten().all(|c| (0.0..=1.0).contains(c)));
        men += usize::from(identity.masculinity > 0.5);
        let text = serde_json::to_string(&identity).unwrap();
        let back: Identity = serde_json::from_str(&text).unwrap();
        assert_eq!(text, serde_json::to_string(&back).unwrap());
        assert_eq!(text, serde_json::to_string(&Identity::from_seed(seed)).unwrap());
    }
    assert!((150..250).contains(&men), "{men} of 400 are men");
}

#[test]
fn fifty_bodies_are_whole() {
    let Some(anatomy) = anatomy() else { return };
    for seed in 0..50 {
        let identity = Identity::from_seed(seed);
        let vertices = shape(anatomy, &identity).unwrap();
        assert!(vertices.iter().all(|v| v.is_finite() && v.length() < 15.0));
        let skeleton = Skeleton::new(&anatomy.rig, &vertices);
        let at = |name: &str| skeleton.head(skeleton.bone(name).unwrap());
        let eyes = at("eye.L") - at("eye.R");
        assert!((0.5..0.8).contains(&eyes.x), "seed {seed}: the eyes are {} apart", eyes.x);
        let arm = at("upperarm01.L").distance(at("wrist.L"));
        assert!((3.8..7.0).contains(&arm), "seed {seed}: an arm of {arm} dm");
    }
}

#[test]
fn a_person_is_built_alike_twice_and_rests_where_shaped() {
    let Some(anatomy) = anatomy() else { return };
    for seed in [3, 8] {
        let identity = Identity::from_seed(seed);
        let person = Person::build(anatomy, &identity, false).unwrap();
        let again = Person::build(anatomy, &identity, false).unwrap();
        assert!(person.surface == again.surface, "the surface must not depend on chance");
        let (mut points, mut repeated) = (Vec::new(), Vec::new());
        let rest = Pose::rest(&person.skeleton);
        person.points(&rest, &mut points);
        again.points(&rest, &mut repeated);
        assert!(points == repeated && points.len() == person.surface.points);
        assert!(points.iter().all(|p| p.is_finite()));
        let vertices = shape(anatomy, &identity).unwrap();
        let all: Vec<u32> = (0..vertices.len() as u32).collect();
        let placed = person.vertices(&rest, &all);
        let worst = placed.iter().zip(&vertices).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(worst < 1e-3, "a vertex lies {worst} dm beside its place");
        let parts: std::collections::BTreeSet<Part> =
            person.surface.triangles.iter().map(|triangle| triangle.part).collect();
        for part in [Part::Head, Part::LeftHand, Part::RightHand, Part::LeftArm, Part::RightArm] {
            assert!(parts.contains(&part), "{part:?} is missing");
        }
    }
}

#[test]
fn lids_close_on_every_eye() {
    let Some(anatomy) = anatomy() else { return };
    for seed in 0..20 {
        let vertices = shape(anatomy, &Identity::from_seed(seed)).unwrap();
        let gains = blink::blink_gain(anatomy, &vertices);
        assert!(gains.iter().all(|gain| (0.7..=1.6).contains(gain)));
    }
    let neutral = blink::blink_gain(anatomy, &anatomy.mesh.vertices);
    assert!(neutral.iter().all(|gain| (gain - 1.0).abs() < 0.15), "{neutral:?}");
}

#[test]
fn moving_one_thing_leaves_the_rest() {
    let Some(anatomy) = anatomy() else { return };
    let person = Person::build(anatomy, &Identity::from_seed(5), false).unwrap();
    let (mut rest, mut moved) = (Vec::new(), Vec::new());
    let mut pose = Pose::rest(&person.skeleton);
    person.points(&pose, &mut rest);
    let changed = |moved: &[Vec3]| rest.iter().zip(moved).filter(|(a, b)| a.distance(**b) > 1e-4).count();
    pose.gaze = [20.0, -10.0];
    person.points(&pose, &mut moved);
    assert!((400..1500).contains(&changed(&moved)), "only the eyes turn: {}", changed(&moved));
    pose.gaze = [0.0; 2];
    pose.set(FaceUnit::JawOpen, 1.0);
    person.points(&pose, &mut moved);
    assert!(changed(&moved) > 500 && changed(&moved) < rest.len() / 2);
    pose.set(FaceUnit::JawOpen, 0.0);
    pose.root = Vec3::new(1.0, 2.0, 3.0);
    pose.turns[0] = Quat::from_rotation_y(0.3);
    person.points(&pose, &mut moved);
    let (a, b) = (rest[0].distance(rest[100]), moved[0].distance(moved[100]));
    assert!((a - b).abs() < 1e-3, "the whole figure turns as one: {a} {b}");
}

#[test]
fn a_body_without_features_is_symmetric() {
    let Some(anatomy) = anatomy() else { return };
    let mut identity = Identity::from_seed(1);
    identity.features.clear();
    let vertices = shape(anatomy, &identity).unwrap();
    let body = anatomy.mesh.vertices_of("body");
    // A vertex and its mirror image in the neutral mesh stay mirrored in the shaped one.
    let key = |at: Vec3| {
        ((at.x * 2000.0).round() as i32, (at.y * 2000.0).round() as i32, (at.z * 2000.0).round() as i32)
    };
    let neutral: std::collections::BTreeMap<_, u32> =
        body.iter().map(|&v| (key(anatomy.mesh.vertices[v as usize]), v)).collect();
    let mirror = Vec3::new(-1.0, 1.0, 1.0);
    let mut pairs = 0;
    for &vertex in body {
        let Some(&other) = neutral.get(&key(anatomy.mesh.vertices[vertex as usize] * mirror)) else {
            continue;
        };
        pairs += 1;
        let off = (vertices[vertex as usize] * mirror).distance(vertices[other as usize]);
        assert!(off < 0.05, "vertex {vertex} and {other} are {off} dm from mirrored");
    }
    assert!(pairs > body.len() / 2, "{pairs} pairs");
}

#[test]
fn eyes_look_out_of_the_head_and_where_they_are_told() {
    let Some(anatomy) = anatomy() else { return };
    let person = Person::build(anatomy, &Identity::from_seed(2), false).unwrap();
    let mut pose = Pose::rest(&person.skeleton);
    let mut points = Vec::new();
    person.points(&pose, &mut points);
    let surface = &person.surface;
    // The skin is the first piece, the eyes are the next two.
    for (material, name) in [(1, "eye.L"), (2, "eye.R")] {
        let middle = person.skeleton.head(person.skeleton.bone(name).unwrap());
        for triangle in surface.triangles.iter().filter(|triangle| triangle.material == material) {
            let [a, b, c] =
                triangle.corners.map(|corner| points[surface.corners[corner as usize].point as usize]);
            let out = (b - a).cross(c - a).dot((a + b + c) / 3.0 - middle);
            assert!(out > 0.0, "a triangle of {name} faces inwards");
        }
    }
    let ahead = person.pupils(&pose);
    pose.gaze = [20.0, 10.0];
    let turned = person.pupils(&pose);
    for (before, after) in ahead.into_iter().zip(turned) {
        assert!(after.x > before.x + 0.02 && after.y > before.y + 0.01, "{before} {after}");
    }
}

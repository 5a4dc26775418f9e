//! Which pixels of the portrait belong to which body part, before opacities are settled.

use super::colour::ColourModel;
use super::geometry::{Point, nearest_on_segment, polygon_distance, smoothstep};
use super::pose::{Pose, SIDES};
use super::raster::{Size, connected, distance_to, guided_filter};
use orator_body::layout;
use rayon::prelude::*;

/// The moving parts, back to front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Trunk, neck and whatever no other part claims.
    Torso,
    Head,
    UpperArm(usize),
    Forearm(usize),
    Hand(usize),
}

/// One part's share of the picture, a value a pixel.
pub(crate) struct Claim {
    pub part: Part,
    /// 0..=1.
    pub share: Vec<f32>,
    /// Where the parts behind are out of sight and have to be made up.
    pub hides: Vec<bool>,
    /// What the part would look like where others hide it, 0..=1, from its bones alone.
    pub shape: Vec<f32>,
}

/// The picture, its person and its pose, as the cutting needs them.
pub(crate) struct Source<'a> {
    pub size: Size,
    pub colours: &'a [[f32; 3]],
    pub pose: &'a Pose,
    pub unit: f32,
}

/// Left and right knee.
const KNEES: [usize; 2] = [13, 14];

/// The bones of a hand as pairs of its 21 points; the first five lie in the palm.
pub(crate) const HAND_BONES: [(usize, usize); 20] = [
    (0, 5),
    (0, 9),
    (0, 13),
    (0, 17),
    (0, 1),
    (1, 2),
    (2, 3),
    (3, 4),
    (5, 6),
    (6, 7),
    (7, 8),
    (9, 10),
    (10, 11),
    (11, 12),
    (13, 14),
    (14, 15),
    (15, 16),
    (17, 18),
    (18, 19),
    (19, 20),
];
/// How many of [`HAND_BONES`] lie in the palm.
pub(crate) const PALM_BONES: usize = 5;

/// The size of a palm: its longest extent, which foreshortening changes least.
pub(crate) fn palm_size(hand: &[Point]) -> f32 {
    let from_wrist = [5, 9, 13, 17].iter().map(|&i| (hand[i] - hand[0]).length());
    from_wrist.fold((hand[17] - hand[5]).length() * 1.1, f32::max)
}

/// Half the width of the flesh around a hand's bone.
pub(crate) fn bone_radius(bone: usize, palm: f32) -> f32 {
    match bone {
        0..4 => 0.17 * palm,
        4 | 5 => 0.15 * palm,
        6 | 7 => 0.12 * palm,
        _ => 0.105 * palm,
    }
}

/// All claims, back to front, and the person's own mask with hands the mask had missed.
pub(crate) fn claims(source: &Source<'_>, mask: &[f32]) -> (Vec<Claim>, Vec<f32>) {
    let size = source.size;
    let mut person = refined_person(source, mask);
    let hands: Vec<Claim> = SIDES.into_par_iter().filter_map(|side| hand_claim(source, side)).collect();
    for claim in &hands {
        for (person, &share) in person.iter_mut().zip(&claim.share) {
            *person = person.max(share);
        }
    }
    let mut claims = vec![Claim {
        part: Part::Torso,
        share: person.clone(),
        hides: vec![true; size.area()],
        shape: torso_shape(source),
    }];
    claims.extend(head_claim(source, &person));
    let limbs: Vec<Part> = SIDES
        .into_iter()
        .filter(|&side| source.pose.has_upper_arm(side))
        .map(Part::UpperArm)
        .chain(SIDES.into_iter().filter(|&side| source.pose.has_forearm(side)).map(Part::Forearm))
        .collect();
    let arms: Vec<Claim> = limbs.into_par_iter().map(|part| limb_claim(source, &person, part)).collect();
    claims.extend(arms);
    claims.extend(hands);
    (claims, person)
}

/// The person mask drawn to the picture's edges: finders give it coarsely.
fn refined_person(source: &Source<'_>, mask: &[f32]) -> Vec<f32> {
    let radius = (source.size.width as f32 * 0.02).ceil().max(2.0) as usize;
    let filtered = guided_filter(source.colours, mask, source.size, radius, 4e-4);
    // Far from the mask's edge the finder is right whatever the colours say.
    let inside = distance_to(source.size, |i| mask[i] < 0.5);
    let outside = distance_to(source.size, |i| mask[i] >= 0.5);
    let band = 1.5 * radius as f32;
    (0..mask.len())
        .map(|i| {
            let settled = smoothstep(0.7 * band, band, inside[i].max(outside[i]));
            let sharpened = smoothstep(0.15, 0.85, filtered[i]);
            sharpened + settled * (if mask[i] >= 0.5 { 1.0 } else { 0.0 } - sharpened)
        })
        .collect()
}

/// Evidence from colour: how much more a pixel looks like the part than like what surrounds it.
struct Evidence {
    part: Option<ColourModel>,
    surroundings: Option<ColourModel>,
    limit: f32,
}

impl Evidence {
    /// Learns from the sure pixels of the part and from its surroundings.
    fn learn(
        colours: &[[f32; 3]],
        part: impl Fn(usize) -> bool,
        around: impl Fn(usize) -> bool,
        limit: f32,
    ) -> Self {
        let pick = |wanted: &dyn Fn(usize) -> bool| -> Vec<[f32; 3]> {
            (0..colours.len()).filter(|&i| wanted(i)).map(|i| colours[i]).collect()
        };
        Self { part: ColourModel::fit(&pick(&part)), surroundings: ColourModel::fit(&pick(&around)), limit }
    }

    fn at(&self, colour: [f32; 3]) -> f32 {
        match (&self.part, &self.surroundings) {
            (Some(part), Some(other)) => {
                (part.log_density(colour) - other.log_density(colour)).clamp(-self.limit, self.limit)
            }
            _ => 0.0,
        }
    }
}

fn logistic(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// Distance to the hand's nearest bone in radii of that bone.
pub(crate) fn hand_distance(hand: &[Point], palm: f32, p: Point) -> f32 {
    let mut nearest = f32::INFINITY;
    for (i, &(a, b)) in HAND_BONES.iter().enumerate() {
        nearest = nearest.min(nearest_on_segment(p, hand[a], hand[b]).1 / bone_radius(i, palm));
    }
    nearest
}

fn hand_claim(source: &Source<'_>, side: usize) -> Option<Claim> {
    if !source.pose.has_hand(side) {
        return None;
    }
    let size = source.size;
    let hand = source.pose.hand(side);
    let palm = palm_size(hand);
    if palm < 3.0 {
        return None;
    }
    let distance: Vec<f32> = size.points().map(|p| hand_distance(hand, palm, p)).collect();
    // The other hand's flesh looks the same: where it is nearer, the pixel is its own.
    let other = (1 - side..2 - side).find(|&s| source.pose.has_hand(s)).map(|s| {
        let other = source.pose.hand(s);
        let palm = palm_size(other);
        size.points().map(|p| hand_distance(other, palm, p)).collect::<Vec<f32>>()
    });
    let other_at = |i: usize| other.as_ref().map_or(f32::INFINITY, |o| o[i]);
    let beyond_wrist = |p: Point| {
        let axis = (hand[9] - hand[0]).unit_or(Point::new(0.0, -1.0));
        -(p - hand[0]).dot(axis) / palm
    };
    let near_forearm = |p: Point| {
        source.pose.has_forearm(side)
            && nearest_on_segment(p, source.pose.elbow(side), hand[0]).1 < 0.5 * palm
            && beyond_wrist(p) > -0.1
    };
    let places: Vec<Point> = size.points().collect();
    let evidence = Evidence::learn(
        source.colours,
        |i| distance[i] < 0.6,
        |i| (2.6..5.0).contains(&distance[i]) && other_at(i) > 2.0 && !near_forearm(places[i]),
        5.0,
    );
    let likely: Vec<f32> = (0..size.area())
        .map(|i| {
            let d = distance[i];
            if d > 2.6 {
                return 0.0;
            }
            let mut value = logistic(evidence.at(source.colours[i]) + 4.0 * (1.15 - d));
            if d < 0.6 {
                value = value.max(0.9);
            }
            value *= 1.0 - smoothstep(0.10, 0.30, beyond_wrist(places[i]));
            if other_at(i) < 2.0 {
                value *= smoothstep(-0.12, 0.12, other_at(i) - d);
            }
            value
        })
        .collect();
    let share = guided_filter(source.colours, &likely, size, (palm * 0.06).ceil().max(1.0) as usize, 1e-3);
    let share: Vec<f32> = (0..share.len())
        .map(|i| if distance[i] > 2.6 { 0.0 } else { smoothstep(0.12, 0.88, share[i]) })
        .collect();
    let ring = (size.width as f32 * 0.01).max(1.5);
    let near = distance_to(size, |i| share[i] > 0.3);
    let hides = near.iter().map(|&d| d <= ring).collect();
    let shape = (0..size.area())
        .map(|i| {
            let wrist = 1.0 - smoothstep(0.10, 0.30, beyond_wrist(places[i]));
            wrist * (1.0 - smoothstep(0.8, 1.15, distance[i]))
        })
        .collect();
    Some(Claim { part: Part::Hand(side), share, hides, shape })
}

fn head_claim(source: &Source<'_>, person: &[f32]) -> Option<Claim> {
    if !source.pose.has_face() {
        return None;
    }
    let outline = head_outline(source.pose.face());
    let soft = (source.size.width as f32 * 0.006).max(1.0);
    let depth: Vec<f32> = source.size.points().map(|p| -polygon_distance(p, &outline)).collect();
    let share = depth.iter().zip(person).map(|(&d, &m)| m * smoothstep(-soft, soft, d)).collect();
    let hides = depth.iter().map(|&d| d > -0.5 * soft).collect();
    Some(Claim { part: Part::Head, share, hides, shape: vec![1.0; person.len()] })
}

/// The jaw, and everything beside and above the face.
fn head_outline(face: &[Point]) -> Vec<Point> {
    let right = face[16] - face[0];
    let width = right.length().max(1.0);
    let right = right * (1.0 / width);
    let up = Point::new(right.y, -right.x);
    let centre = face[27].lerp(face[33], 0.5);
    let mut outline: Vec<Point> = (4..=12).map(|i| centre.lerp(face[i], 1.03)).collect();
    outline.push(face[12] + right * (0.10 * width) + up * (0.05 * width));
    outline.push(face[14] + right * (0.25 * width));
    outline.push(face[14] + right * (0.8 * width) + up * (0.1 * width));
    outline.push(face[16] + right * (1.2 * width) + up * (2.5 * width));
    outline.push(face[0] - right * (1.2 * width) + up * (2.5 * width));
    outline.push(face[2] - right * (0.8 * width) + up * (0.1 * width));
    outline.push(face[2] - right * (0.25 * width));
    outline.push(face[4] - right * (0.10 * width) + up * (0.05 * width));
    outline
}

/// Trunk and neck as a polygon: what the torso looks like where arms hide it. Empty without shoulders.
pub(crate) fn trunk_outline(pose: &Pose, unit: f32) -> Vec<Point> {
    if !pose.both(layout::SHOULDERS) {
        return Vec::new();
    }
    let shoulders = [pose.shoulder(0), pose.shoulder(1)];
    let middle = shoulders[0].lerp(shoulders[1], 0.5);
    // From the person's right to the left, and down.
    let across = (shoulders[0] - shoulders[1]).unit_or(Point::new(1.0, 0.0)) * unit;
    let down = if across.x >= 0.0 { across.normal() } else { across.normal() * -1.0 };
    let hips = if pose.both(layout::HIPS) { pose.hip(0).lerp(pose.hip(1), 0.5) } else { middle + down * 1.4 };
    vec![
        shoulders[1] - across * 0.06,
        middle - across * 0.2 - down * 0.16,
        middle - across * 0.2 - down * 0.7,
        middle + across * 0.2 - down * 0.7,
        middle + across * 0.2 - down * 0.16,
        shoulders[0] + across * 0.06,
        middle.lerp(hips, 0.6) + across * 0.45,
        hips + across * 0.48 + down * 0.2,
        hips + across * 0.5 + down * 3.0,
        hips - across * 0.5 + down * 3.0,
        hips - across * 0.48 + down * 0.2,
        middle.lerp(hips, 0.6) - across * 0.45,
    ]
}

/// Start, end and nominal half widths (in units) of a limb.
fn limb(pose: &Pose, part: Part) -> Option<(Point, Point, f32, f32)> {
    match part {
        Part::UpperArm(side) => Some((pose.shoulder(side), pose.elbow(side), 0.20, 0.17)),
        Part::Forearm(side) => Some((pose.elbow(side), pose.wrist(side), 0.17, 0.11)),
        Part::Torso | Part::Head | Part::Hand(_) => None,
    }
}

/// Distance to a limb's bone in half widths, and where along the bone, in its lengths.
fn limb_measure(source: &Source<'_>, person_depth: &[f32], part: Part) -> Option<Vec<(f32, f32)>> {
    let size = source.size;
    let (start, end, start_radius, end_radius) = limb(source.pose, part)?;
    // Where the background is near, the limb is as thin as it looks.
    let mut depths: Vec<f32> = (3..=8)
        .map(|k| start.lerp(end, k as f32 / 10.0))
        .filter(|p| p.x >= 0.0 && p.y >= 0.0 && p.x < size.width as f32 && p.y < size.height as f32)
        .map(|p| person_depth[p.y as usize * size.width + p.x as usize])
        .collect();
    depths.sort_by(f32::total_cmp);
    let seen = depths.get(depths.len() / 2).copied().unwrap_or(f32::INFINITY) * 1.25;
    let slim = (seen / (0.5 * (start_radius + end_radius) * source.unit)).clamp(0.55, 1.0);
    let along = end - start;
    let squared = along.dot(along).max(1e-3);
    let measure = |p: Point| {
        let (t, d) = nearest_on_segment(p, start, end);
        let radius = slim * source.unit * (start_radius + t * (end_radius - start_radius));
        (d / radius, (p - start).dot(along) / squared)
    };
    Some(size.points().map(measure).collect())
}

fn limb_claim(source: &Source<'_>, person: &[f32], part: Part) -> Claim {
    let size = source.size;
    let nothing = || vec![0.0; size.area()];
    let depth = distance_to(size, |i| person[i] < 0.5);
    let Some(measured) = limb_measure(source, &depth, part) else {
        return Claim { part, share: nothing(), hides: vec![false; size.area()], shape: nothing() };
    };
    let upper_arm = match part {
        Part::Forearm(side) => limb_measure(source, &depth, Part::UpperArm(side)),
        _ => None,
    };
    // Off the trunk whatever is nearest to an arm belongs to it, however wide the sleeve; at the elbow the forearm
    // has what is nearer to it than to the upper arm, and what it covers.
    let off_trunk = off_trunk(source);
    let width = |i: usize| {
        let sleeve = 1.1 + (off_trunk[i] * 5.5).min(1.4);
        upper_arm.as_ref().map_or(sleeve, |upper| sleeve.min(upper[i].0.max(0.8) + 0.5))
    };
    let evidence = Evidence::learn(
        source.colours,
        |i| measured[i].0 < 0.5 && person[i] > 0.9 && measured[i].1 > 0.3,
        |i| (1.5..2.6).contains(&measured[i].0) && person[i] > 0.9,
        2.5,
    );
    let upper = matches!(part, Part::UpperArm(_));
    let likely: Vec<f32> = (0..size.area())
        .map(|i| {
            let (d, _) = measured[i];
            if d > 3.0 || person[i] == 0.0 {
                return 0.0;
            }
            logistic(evidence.at(source.colours[i]) + 6.0 * (width(i) - d)) * person[i]
        })
        .collect();
    let radius = (source.unit * 0.02).ceil().max(1.0) as usize;
    let filtered = guided_filter(source.colours, &likely, size, radius, 2e-3);
    // The shoulder end of the upper arm fades into the torso, with which it moves there.
    let fade = |t: f32| if upper { smoothstep(0.0, 0.3, t) } else { 1.0 };
    let mut flesh: Vec<f32> = (0..size.area())
        .map(|i| if measured[i].0 > 3.0 { 0.0 } else { smoothstep(0.12, 0.88, filtered[i]) })
        .collect();
    // Scraps that do not hang on the bone are something else.
    let whole = connected(size, |i| measured[i].0 < 0.6, |i| flesh[i] > 0.4);
    let near = distance_to(size, |i| whole[i]);
    flesh.iter_mut().zip(&near).for_each(|(flesh, &d)| *flesh *= 1.0 - smoothstep(2.0, 3.5, d));
    let share: Vec<f32> = (0..size.area()).map(|i| (flesh[i] * fade(measured[i].1)).min(person[i])).collect();
    let ring = (size.width as f32 * 0.008).max(1.0);
    let near = distance_to(size, |i| flesh[i] > 0.3 && fade(measured[i].1) > 0.98);
    let hides = near.iter().map(|&d| d <= ring).collect();
    let shape = measured.iter().map(|&(d, t)| (1.0 - smoothstep(0.95, 1.1, d)) * fade(t)).collect();
    Claim { part, share, hides, shape }
}

/// Distance outside trunk and thighs, in units.
fn off_trunk(source: &Source<'_>) -> Vec<f32> {
    let trunk = trunk_outline(source.pose, source.unit);
    if trunk.is_empty() {
        return vec![0.0; source.size.area()];
    }
    let thighs: Vec<(Point, Point)> = SIDES
        .into_iter()
        .filter(|&side| source.pose.has(layout::HIPS[side]) && source.pose.has(KNEES[side]))
        .map(|side| (source.pose.hip(side), source.pose.at(KNEES[side])))
        .collect();
    let outside = |p: Point| {
        let legs = thighs.iter().map(|&(hip, knee)| nearest_on_segment(p, hip, knee).1 - 0.25 * source.unit);
        legs.fold(polygon_distance(p, &trunk), f32::min).max(0.0) / source.unit
    };
    source.size.points().map(outside).collect()
}

/// What the torso looks like under the arms: trunk and neck.
fn torso_shape(source: &Source<'_>) -> Vec<f32> {
    off_trunk(source).into_iter().map(|d| 1.0 - smoothstep(0.03, 0.08, d)).collect()
}

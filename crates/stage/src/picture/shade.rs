//! How surfaces answer light: skin that light wraps around and leaves red, cloth, hair with its bands, wet eyes.

use glam::{Vec3, Vec3A};

use super::cast::Cast;
use super::hit::Hit;
use super::occlusion::Openness;
use super::power::power;
use super::prepared::Finish;
use super::setting::Lights;
use super::texture::Levels;
use crate::surface::Part;

/// How far light wraps around cloth and, on top of it, around skin (red, green, blue).
const WRAP: f32 = 0.06;
const SKIN_WRAP: Vec3 = Vec3::new(0.25, 0.12, 0.07);
/// How much softer skin's shadow edge is for each colour: exponents on the share of light.
const SKIN_SHADOW: Vec3 = Vec3::new(0.66, 0.93, 1.03);
/// How much of the relief the light inside skin sees, for each colour; the rest sees the smooth form.
const SKIN_RELIEF: Vec3 = Vec3::new(0.35, 0.7, 0.85);
/// How much openness counts less in skin (light comes through), red.
const SKIN_OPEN: f32 = 0.35;
/// Share of light that is mirrored straight on.
const MIRRORED: f32 = 0.04;
/// Width of the second, duller highlight: factor on the exponent; its share.
const DULL: [f32; 2] = [0.28, 0.45];
/// Strength of highlights, and of the sky's reflection at grazing angles.
const HIGHLIGHT: f32 = 3.6;
const GRAZING: f32 = 0.45;
/// Fuzz of cloth at grazing angles.
const FUZZ: f32 = 0.22;
/// Above this exponent a surface is wet: the fill light is mirrored too.
const WET: f32 = 90.0;
/// Shift of the two bands of light on hair along the strand (first towards the tip), their exponents and strengths.
const HAIR_SHIFT: [f32; 2] = [-0.10, 0.14];
const HAIR_GLOSS: [f32; 2] = [70.0, 16.0];
const HAIR_BAND: [f32; 2] = [0.06, 0.38];
/// How far light wraps around a mass of hair, how much the roundness of strands counts, and how much the brightness of a
/// strand shifts the bands.
const HAIR_WRAP: f32 = 0.35;
const HAIR_ROUND: f32 = 0.6;
const HAIR_BREAK: f32 = 0.25;
/// What the tinted band and the rim light take from white beside the hair's own colour.
const HAIR_WHITE: f32 = 0.04;
const HAIR_RIM: f32 = 0.015;
/// Brightest light of one sample; keeps single sparks from aliasing.
const MOST: f32 = 3.0;
/// Steepest slope that relief may have.
const STEEPEST: f32 = 1.2;

/// Light that comes back from a hit towards the camera at `eye`, linear.
pub(crate) fn shade(cast: &Cast<'_>, lights: &Lights, hit: &Hit<'_>, openness: Openness) -> Vec3 {
    let prepared = cast.actors[hit.actor].prepared;
    let finish = &prepared.materials[usize::from(hit.triangle.material)];
    let texture = &prepared.textures[finish.texture];
    let albedo = texture.colour(hit.uv, level(texture, hit));
    let smooth = hit.normal;
    let normal = match finish.relief {
        Some(relief) => bumped(&prepared.textures[relief], finish.relief_depth, hit),
        None => smooth,
    };
    let view = (Vec3A::from(cast.lens.position) - hit.position).normalize_or_zero();
    // Normals that point away from the viewer (silhouettes of coarse meshes) are turned until they are seen edge-on.
    let normal = facing(normal, view);
    let smooth = facing(smooth, view);
    let light = if hit.triangle.part == Part::Hair {
        hair(lights, hit, normal, view, albedo, openness)
    } else {
        solid(lights, finish, [normal, smooth], view, albedo, openness)
    };
    light.min(Vec3::splat(MOST))
}

/// The texture level for a hit: between its longer and its shorter footprint.
fn level(texture: &Levels, hit: &Hit<'_>) -> f32 {
    let size = texture.size();
    let [across, down] = hit.uv_step.map(|step| (step * size).length());
    let (long, short) = (across.max(down), across.min(down));
    texture.level_for((long * short.max(long * 0.25)).sqrt())
}

/// The normal with the relief of a height map (Mikkelsen, "Bump mapping unparametrized surfaces on the GPU", 2010).
fn bumped(relief: &Levels, depth: f32, hit: &Hit<'_>) -> Vec3A {
    let slope = relief.slope(hit.uv, level(relief, hit)) * depth;
    let [right, down] = hit.position_step;
    let (r1, r2) = (down.cross(hit.normal), hit.normal.cross(right));
    let volume = right.dot(r1);
    let [rise_right, rise_down] = hit.uv_step.map(|step| slope.dot(step));
    let mut gradient = (r1 * rise_right + r2 * rise_down) / volume;
    if !gradient.is_finite() {
        return hit.normal;
    }
    gradient = gradient.clamp_length_max(STEEPEST);
    (hit.normal - gradient).try_normalize().unwrap_or(hit.normal)
}

fn facing(normal: Vec3A, view: Vec3A) -> Vec3A {
    let towards = normal.dot(view);
    if towards >= 0.02 { normal } else { (normal + view * (0.02 - towards)).normalize_or_zero() }
}

fn power_each(base: f32, exponent: Vec3) -> Vec3 {
    Vec3::new(power(base, exponent.x), power(base, exponent.y), power(base, exponent.z))
}

/// Highlight of two widths, normalised so that a sharper one is brighter.
fn highlight(cosine: f32, gloss: f32) -> f32 {
    let lobe = |gloss: f32| power(cosine, gloss) * (gloss + 8.0) * (0.125 / std::f32::consts::PI);
    lobe(gloss) * (1.0 - DULL[1]) + lobe(gloss * DULL[0]) * DULL[1]
}

fn fresnel(cosine: f32) -> f32 {
    let away = 1.0 - cosine.clamp(0.0, 1.0);
    let square = away * away;
    MIRRORED + (1.0 - MIRRORED) * square * square * away
}

/// Openness for each colour: bright surfaces light their own folds, and skin lets red through.
fn openness_of(open: f32, albedo: Vec3, skin: f32) -> Vec3 {
    let lifted = Vec3::splat(open) / (Vec3::ONE - albedo * (0.7 * (1.0 - open)));
    let red = lifted.x + (1.0 - lifted.x) * SKIN_OPEN * skin;
    Vec3::new(red, lifted.y, lifted.z).min(Vec3::ONE)
}

/// Skin, cloth, eyes, furniture.
fn solid(
    lights: &Lights,
    finish: &Finish,
    [normal, smooth]: [Vec3A; 2],
    view: Vec3A,
    albedo: Vec3,
    [open, lit]: Openness,
) -> Vec3 {
    let skin = finish.subsurface;
    let relief = Vec3::ONE.lerp(SKIN_RELIEF, skin);
    let wrap = Vec3::splat(WRAP) + SKIN_WRAP * skin;
    let wrapped = |direction: Vec3A| {
        let (rough, even) = (normal.dot(direction), smooth.dot(direction));
        let cosine = Vec3::splat(even) + relief * (rough - even);
        let wrapped = ((cosine + wrap) / (Vec3::ONE + wrap)).max(Vec3::ZERO);
        // Light that wraps around dies away gently.
        wrapped * (Vec3::ONE - 0.25 * wrap + 0.25 * wrap * wrapped)
    };
    let shadow = if lit >= 1.0 || lit <= 0.0 || skin == 0.0 {
        Vec3::splat(lit)
    } else {
        power_each(lit, Vec3::ONE.lerp(SKIN_SHADOW, skin))
    };
    let open = openness_of(open, albedo, skin);
    let up = 0.5 + 0.5 * normal.y;
    let sky = lights.ground.lerp(lights.sky, up);
    let mut light = lights.key.colour * wrapped(lights.key.towards()) * shadow;
    light += lights.fill.colour * wrapped(lights.fill.towards()) * open;
    light += sky * open;
    light *= albedo;
    let edge = 1.0 - normal.dot(view).clamp(0.0, 1.0);
    let rim = normal.dot(lights.rim.towards()).max(0.0) * edge * edge.sqrt();
    light += lights.rim.colour * (albedo * 0.8 + 0.15) * (rim * open.y);
    if skin < 0.5 && finish.gloss < WET {
        light +=
            albedo * (lights.sky + lights.key.colour * (0.3 * lit)) * (FUZZ * edge * edge * edge * open.y);
    }
    if finish.specular > 0.0 {
        let towards = lights.key.towards();
        let facing = normal.dot(towards).max(0.0);
        let mut mirrored = Vec3::ZERO;
        let spark = |direction: Vec3A| {
            let half = (direction + view).normalize_or_zero();
            highlight(normal.dot(half).max(0.0), finish.gloss) * fresnel(half.dot(view))
        };
        if facing > 0.0 && lit > 0.0 {
            mirrored += lights.key.colour * (spark(towards) * facing.sqrt() * lit * HIGHLIGHT);
        }
        if finish.gloss > WET {
            mirrored +=
                (lights.fill.colour + lights.key.colour * lit) * (spark(lights.fill.towards()) * HIGHLIGHT);
        }
        let grazing = fresnel(1.0 - edge) * (finish.gloss / (finish.gloss + 20.0));
        mirrored += sky * open.y * (grazing * GRAZING);
        light += mirrored * finish.specular;
    }
    light
}

/// Hair: strands run along v (Kajiya and Kay, "Rendering fur with three dimensional textures", 1989, with the two shifted
/// bands of Marschner et al., 2003).
fn hair(
    lights: &Lights,
    hit: &Hit<'_>,
    normal: Vec3A,
    view: Vec3A,
    albedo: Vec3,
    [open, lit]: Openness,
) -> Vec3 {
    let [across, down] = hit.uv_step;
    let turn = across.perp_dot(down);
    let [right, below] = hit.position_step;
    // The direction in which v grows and u does not.
    let strand = (below * across.x - right * down.x) * turn.signum();
    let strand = (strand - normal * strand.dot(normal)).normalize_or(Vec3A::Y);
    let open = openness_of(open, albedo, 0.0);
    let sky = lights.ground.lerp(lights.sky, 0.5 + 0.5 * normal.y);
    let lit_by = |direction: Vec3A| {
        let along = strand.dot(direction);
        let round = (1.0 - along * along).max(0.0).sqrt();
        let cosine = ((normal.dot(direction) + HAIR_WRAP) / (1.0 + HAIR_WRAP)).max(0.0);
        cosine * (1.0 - HAIR_ROUND + HAIR_ROUND * round)
    };
    let mut light = lights.key.colour * (lit_by(lights.key.towards()) * lit);
    light += lights.fill.colour * open * lit_by(lights.fill.towards());
    light += sky * open;
    light *= albedo;
    let band = |direction: Vec3A, which: usize| {
        let half = (direction + view).normalize_or_zero();
        // Brighter strands shift the band: this breaks it up into strands.
        let shifted =
            (strand + normal * (HAIR_SHIFT[which] + HAIR_BREAK * (albedo.y - 0.08))).normalize_or_zero();
        let along = shifted.dot(half);
        power((1.0 - along * along).max(0.0), 0.5 * HAIR_GLOSS[which]) * HAIR_BAND[which]
    };
    let tint = albedo.lerp(Vec3::ONE, HAIR_WHITE);
    for (of, share) in [(&lights.key, lit), (&lights.fill, open.y)] {
        let towards = of.towards();
        let facing = (normal.dot(towards) + 0.2).clamp(0.0, 1.0) * share;
        light += of.colour * (Vec3::splat(band(towards, 0)) + tint * band(towards, 1)) * facing;
    }
    let edge = 1.0 - normal.dot(view).clamp(0.0, 1.0);
    let rim = (normal.dot(lights.rim.towards()) + 0.2).max(0.0) * edge;
    light + lights.rim.colour * (albedo + HAIR_RIM) * (rim * open.y)
}

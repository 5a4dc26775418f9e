//! Every style on two bodies.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::person::Bind;
use crate::person::garment::figures;
use crate::surface::Part;

/// Most triangles of a head of hair.
const MOST: usize = 8_000;

fn style(cut: Cut) -> HairStyle {
    HairStyle {
        cut,
        length: 0.7,
        volume: 0.6,
        parting: 0.4,
        wave: 0.5,
        recession: 0.3,
        thinning: 0.2,
        fringe: cut.falls(),
        grey: 0.2,
    }
}

#[test]
fn every_cut_grows_on_both_bodies() {
    for figure in figures() {
        let (body, traits) = (figure.body(), figure.traits());
        for cut in Cut::ALL {
            let pieces = grow(&body, &style(cut), &traits, 11).unwrap();
            let count: usize = pieces.iter().map(|piece| piece.triangles.len()).sum();
            assert!(count < MOST && (cut == Cut::Bald) == (count == 0), "{cut:?}: {count} triangles");
            for piece in &pieces {
                assert!(
                    piece.corners.iter().all(|c| (c.point as usize) < piece.points.len() && c.uv.is_finite())
                );
                for (triangle, part) in &piece.triangles {
                    assert!(
                        *part == Part::Hair && triangle.iter().all(|&c| (c as usize) < piece.corners.len())
                    );
                }
                for point in &piece.points {
                    assert!(point.rest.is_finite() && point.rest.abs().max_element() < 12.0);
                    if let Bind::Mix(mix) = point.bind {
                        assert!((mix.iter().map(|(_, s)| s).sum::<f32>() - 1.0).abs() < 1e-3);
                    }
                }
            }
        }
    }
}

#[test]
fn no_hair_grows_on_the_face() {
    for figure in figures() {
        let body = figure.body();
        let scalp = Scalp::find(&body, &style(Cut::Crop)).unwrap();
        for &v in body.anatomy.mesh.vertices_of("body") {
            let p = scalp.local(body.vertices[v as usize]);
            if p.z > -0.3 && p.y < 0.4 {
                assert_eq!(scalp.growth[v as usize], 0.0);
            }
        }
        assert!(scalp.growth.iter().filter(|g| **g > 0.5).count() > 150);
    }
}

#[test]
fn the_same_seed_grows_the_same() {
    let Some(figure) = figures().first() else { return };
    let body = figure.body();
    let draw = || HairStyle::sample(&mut ChaCha8Rng::seed_from_u64(2), &figure.traits());
    assert_eq!(draw(), draw());
    let text = serde_json::to_string(&draw()).unwrap();
    assert_eq!(serde_json::from_str::<HairStyle>(&text).unwrap(), draw());
    let grown = || grow(&body, &style(Cut::Long), &figure.traits(), 5).unwrap();
    for (a, b) in grown().iter().zip(&grown()) {
        assert!(a.points == b.points && a.corners == b.corners && a.texture == b.texture);
    }
}

//! Every garment on two bodies.

use glam::Vec3;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::measure::{Measures, bare};
use super::sheet::blend;
use super::*;
use crate::person::{Bind, Body, Piece};

/// Most triangles of an outfit.
const MOST: usize = 13_000;

fn check(piece: &Piece, body: &Body) {
    for point in &piece.points {
        assert!(point.rest.is_finite() && point.rest.abs().max_element() < 12.0);
        match point.bind {
            Bind::Vertex(v) => assert!((v as usize) < body.vertices.len()),
            Bind::Room => panic!("clothes follow the body"),
            Bind::Bone(b) => assert!(usize::from(b) < body.skeleton.len()),
            Bind::Mix(mix) => {
                assert!(mix.iter().all(|&(v, s)| (v as usize) < body.vertices.len() && s >= 0.0));
                assert!((mix.iter().map(|(_, s)| s).sum::<f32>() - 1.0).abs() < 1e-3);
            }
        }
    }
    assert!(piece.corners.iter().all(|c| (c.point as usize) < piece.points.len() && c.uv.is_finite()));
    assert!(piece.triangles.iter().all(|(t, _)| t.iter().all(|&c| (c as usize) < piece.corners.len())));
    assert_eq!(piece.texture.texels.len(), piece.texture.width * piece.texture.height);
}

fn outfit(top: Top, sleeve: f32, jacket: Option<Jacket>, tucked: bool, bottom: Bottom) -> Outfit {
    let cloth = Fabric { colour: [0.5; 3], second: [0.8; 3], pattern: Pattern::Checks { pitch: 0.4 } };
    Outfit {
        top,
        fabric: cloth,
        sleeve,
        looseness: 0.6,
        tucked,
        jacket: jacket.map(|kind| (kind, cloth)),
        bottom,
        below: Fabric::plain([0.1; 3]),
    }
}

fn whole(body: &Body, outfit: &Outfit) -> Dress {
    let dress = dress(body, outfit, 3).unwrap();
    dress.pieces.iter().for_each(|piece| check(piece, body));
    let count: usize = dress.pieces.iter().map(|piece| piece.triangles.len()).sum();
    assert!((3_000..MOST).contains(&count), "{outfit:?}: {count} triangles");
    assert_eq!(dress.cover.len(), body.vertices.len());
    for &v in body.anatomy.mesh.vertices_of("body") {
        let cover = dress.cover[v as usize];
        assert!((0.0..=2.0).contains(&cover));
        assert!(bare(body, v) < 0.5 || cover == 0.0, "{outfit:?} hides head or hands at vertex {v}");
    }
    dress
}

#[test]
fn every_top_fits_both_bodies_and_hides_the_back() {
    for figure in figures() {
        let body = figure.body();
        let measures = Measures::take(&body).unwrap();
        for (k, top) in Top::ALL.into_iter().enumerate() {
            let dress = whole(
                &body,
                &outfit(top, if k % 2 == 0 { 0.4 } else { 1.0 }, None, k == 3, Bottom::Trousers),
            );
            let behind = |v: &&u32| {
                let at = body.vertices[**v as usize];
                (at.y - measures.chest).abs() < 0.6 && at.x.abs() < 1.0 && at.z < measures.middle - 0.4
            };
            let back = body.anatomy.mesh.vertices_of("body").iter().filter(behind);
            assert!(back.clone().count() > 5);
            assert!(back.clone().all(|&v| dress.cover[v as usize] > 1.0), "{top:?}: a hole at the back");
        }
    }
}

#[test]
fn jackets_and_skirts_fit_both_bodies() {
    for figure in figures() {
        let body = figure.body();
        whole(&body, &outfit(Top::Shirt, 1.0, Some(Jacket::Blazer), true, Bottom::Trousers));
        whole(&body, &outfit(Top::Tee, 0.4, Some(Jacket::Cardigan), false, Bottom::Skirt));
    }
}

#[test]
fn the_same_seed_dresses_the_same() {
    let Some(figure) = figures().first() else { return };
    let body = figure.body();
    let draw = || Outfit::sample(&mut ChaCha8Rng::seed_from_u64(9), &figure.traits());
    assert_eq!(draw(), draw());
    let (a, b) = (dress(&body, &draw(), 5).unwrap(), dress(&body, &draw(), 5).unwrap());
    assert_eq!(a.cover, b.cover);
    for (a, b) in a.pieces.iter().zip(&b.pieces) {
        assert!(a.points == b.points && a.corners == b.corners && a.texture == b.texture);
    }
}

#[test]
fn hems_lie_on_their_line() {
    let Some(figure) = figures().first() else { return };
    let body = figure.body();
    let measures = Measures::take(&body).unwrap();
    let outfit = outfit(Top::Tee, 0.4, None, false, Bottom::Trousers);
    let plan = top::plan(&measures, &outfit);
    let still = folds::Folds::new(&measures, 1, 0.0, 0.0, plan.shape.cuff, plan.shape.hem);
    let fit = fit::Fit {
        trunk: 0.05,
        shoulder: 0.03,
        arm: 0.05,
        cuff: 0.05,
        cuff_at: plan.shape.cuff,
        hang: 0.0,
        gathered: None,
        spans: 0,
    };
    let cloth = fit::Cloth::lay(&body, &measures, "helper-tights", f32::MIN, &fit, &still);
    let sheet = sheet::Sheet::cut(&cloth, |spot| plan.shape.inside(spot));
    let rims = sheet.rims();
    assert_eq!(rims.len(), 4, "neck, hem and two cuffs");
    for rim in rims {
        assert!(rim.closed);
        for &k in &rim.points {
            assert!(plan.shape.inside(&sheet.points[k as usize].spot).abs() < 0.01);
        }
    }
}

#[test]
fn sampled_outfits_are_serialised_and_varied() {
    let Some(figure) = figures().first() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let outfits: Vec<Outfit> = (0..60).map(|_| Outfit::sample(&mut rng, &figure.traits())).collect();
    for outfit in &outfits {
        let text = serde_json::to_string(outfit).unwrap();
        assert_eq!(&serde_json::from_str::<Outfit>(&text).unwrap(), outfit);
    }
    let tops = Top::ALL.iter().filter(|top| outfits.iter().any(|o| o.top == **top)).count();
    assert!(tops >= 6);
}

proptest! {
    #[test]
    fn blends_of_mixes_add_up(a in 0u32..9, b in 0u32..9, c in 0u32..9, s in 0f32..1.0, t in 0f32..1.0) {
        let one = blend(&[(a, 1.0), (a, 0.0), (a, 0.0)], &[(b, 1.0), (b, 0.0), (b, 0.0)], s);
        let two = blend(&one, &[(c, 1.0), (c, 0.0), (c, 0.0)], t);
        prop_assert!((two.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-4);
        prop_assert!(two.iter().all(|(_, share)| *share >= 0.0));
    }

    #[test]
    fn spots_between_two_take_the_short_way_round(a in -3f32..3.0, b in -3f32..3.0, t in 0f32..1.0) {
        let spot = |around| measure::Spot { at: Vec3::X, arm: 1.0, along: 1.0, around };
        let between = spot(a).lerp(&spot(b), t).around;
        prop_assert!(measure::turned(between - a).abs() <= measure::turned(b - a).abs() + 1e-4);
    }
}

//! The 29 groups of four points, one thin-plate spline each, and what replaces points that cannot be seen.
//!
//! METHODS 2.6 leaves the grouping open. Counts per part are its own (6 groups an arm with its hand, 17 the face).
//! Inside the face, lips, eyes with brows, and jaw with nose have groups of their own, so that lips can move alone.

use super::config::{GROUP, Grouping};
use orator_body::Layout;
use orator_body::layout::{ELBOWS, FACE, LEFT_HAND, RIGHT_HAND, SHOULDERS, WRISTS};
use tch::{Device, Kind, Tensor};

/// Confidence from which a point counts as seen (METHODS 0.4).
const SEEN: f64 = 0.3;
/// Keeps a mean over no point at zero.
const EPSILON: f64 = 1e-6;

/// Face groups as iBUG numbers: lips (5), right eye and brow (3), left eye and brow (3), jaw and nose (6).
const FACE_GROUPS: [[usize; GROUP]; 17] = [
    [48, 54, 51, 57],
    [60, 64, 62, 66],
    [49, 53, 55, 59],
    [50, 63, 56, 67],
    [52, 61, 58, 65],
    [17, 21, 36, 39],
    [19, 37, 40, 27],
    [18, 20, 38, 41],
    [26, 22, 45, 42],
    [24, 44, 47, 28],
    [25, 23, 43, 46],
    [0, 16, 8, 30],
    [1, 15, 7, 29],
    [2, 14, 9, 33],
    [3, 13, 31, 35],
    [4, 12, 6, 32],
    [5, 11, 10, 34],
];
/// Hand groups that span an area, across fingers; the middle finger's root goes with the arm.
const SPANNING: [[usize; GROUP]; 5] =
    [[0, 4, 12, 17], [1, 8, 16, 13], [2, 5, 20, 10], [3, 7, 14, 18], [6, 11, 15, 19]];
const MIDDLE_ROOT: usize = 9;

/// Which points make which spline, and whose motion a group borrows when its own points cannot be seen.
pub struct Groups {
    /// Positions in the contextual layout, group by group `[groups · 4]`.
    order: Tensor,
    /// `[groups, points]`: 1 where a point lends its motion.
    lenders: Tensor,
    groups: i64,
}

impl Groups {
    /// The groups on a device.
    #[must_use]
    pub fn new(grouping: Grouping, device: Device) -> Self {
        let lists = lists(grouping);
        let points = Layout::Contextual116.len();
        let order: Vec<i64> = group_order(grouping).into_iter().map(|p| p as i64).collect();
        let mut lenders = vec![0f32; lists.len() * points];
        for (row, (_, lends)) in lenders.chunks_exact_mut(points).zip(&lists) {
            lends.iter().for_each(|&p| row[p] = 1.0);
        }
        let groups = lists.len() as i64;
        Self {
            order: Tensor::from_slice(&order).to_device(device),
            lenders: Tensor::from_slice(&lenders).view([groups, points as i64]).to_device(device),
            groups,
        }
    }

    /// `[batch, 116, …]` to `[batch, 29, 4, …]`.
    pub fn gather(&self, values: &Tensor) -> Tensor {
        let picked = values.index_select(1, &self.order);
        let mut size = picked.size();
        size.splice(1..2, [self.groups, GROUP as i64]);
        picked.view(size.as_slice())
    }

    /// Control points `[batch, 29, 4, 2]`: driving ones, and where each is found in the source. A group with an unseen
    /// point in either picture moves as its lenders do on average (a hand with its wrist, a face group with the face),
    /// or not at all when none of them is seen.
    ///
    /// Points are `[batch, 116, 2]`, confidences `[batch, 116]`; the source may be a batch of one.
    pub fn control_points(
        &self,
        driving: &Tensor,
        driving_confidence: &Tensor,
        source: &Tensor,
        source_confidence: &Tensor,
    ) -> (Tensor, Tensor) {
        let seen = driving_confidence.minimum(source_confidence).ge(SEEN).to_kind(Kind::Float);
        let motion = (source - driving) * seen.unsqueeze(-1);
        let weights = seen.matmul(&self.lenders.tr()).unsqueeze(-1);
        let borrowed = self.lenders.matmul(&motion) / (weights + EPSILON);
        let whole = self.gather(&seen).amin([2i64].as_slice(), false).unsqueeze(-1).unsqueeze(-1);
        let own = self.gather(&motion);
        let motion = &own * &whole + borrowed.unsqueeze(2) * (1.0 - &whole);
        let driving = self.gather(driving);
        let source = &driving + motion;
        (driving, source)
    }
}

/// The points of the contextual layout group by group, four each, as positions in it.
#[must_use]
pub fn group_order(grouping: Grouping) -> Vec<usize> {
    lists(grouping).into_iter().flat_map(|(group, _)| group).collect()
}

/// 1 where a point counts as seen, else 0.
pub(super) fn seen(confidence: &Tensor) -> Tensor {
    confidence.ge(SEEN).to_kind(Kind::Float)
}

/// Groups as positions in the contextual layout, each with its lenders.
fn lists(grouping: Grouping) -> Vec<([usize; GROUP], Vec<usize>)> {
    // Every point used here is in the layout, so that `position` always answers.
    let at = |whole: usize| Layout::Contextual116.position(whole).unwrap_or(0);
    let face: Vec<usize> = FACE.map(at).collect();
    let mut lists: Vec<([usize; GROUP], Vec<usize>)> =
        FACE_GROUPS.iter().map(|group| (group.map(|p| at(FACE.start + p)), face.clone())).collect();
    for (side, hand) in [LEFT_HAND, RIGHT_HAND].into_iter().enumerate() {
        let [shoulder, elbow, wrist] = [SHOULDERS, ELBOWS, WRISTS].map(|pair| at(pair[side]));
        let finger = |p: usize| at(hand.start + p);
        let (fourth, fingers): (usize, [[usize; GROUP]; 5]) = match grouping {
            Grouping::Fingers => (0, [1, 5, 9, 13, 17].map(|root| [root, root + 1, root + 2, root + 3])),
            Grouping::Interleaved => (MIDDLE_ROOT, SPANNING),
        };
        lists.push(([shoulder, elbow, wrist, finger(fourth)], vec![shoulder, elbow, wrist]));
        lists.extend(fingers.map(|group| (group.map(finger), vec![wrist])));
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_in_just_one_group() {
        for grouping in [Grouping::Fingers, Grouping::Interleaved] {
            let lists = lists(grouping);
            assert_eq!(lists.len(), 29);
            let mut all: Vec<usize> = lists.iter().flat_map(|(group, _)| *group).collect();
            all.sort_unstable();
            assert_eq!(all, (0..116).collect::<Vec<_>>(), "{grouping:?}");
        }
    }

    #[test]
    fn a_hand_that_is_not_seen_goes_with_its_wrist() {
        let groups = Groups::new(Grouping::Fingers, Device::Cpu);
        tch::manual_seed(2);
        let source = Tensor::rand([1, 116, 2], (Kind::Float, Device::Cpu)) - 0.5;
        let driving = &source + 0.1 * Tensor::rand([2, 116, 2], (Kind::Float, Device::Cpu));
        let confidence = Tensor::ones([2, 116], (Kind::Float, Device::Cpu));
        let missing = confidence.copy();
        let _ = missing.narrow(1, 74, 21).zero_();
        let ones = Tensor::ones([1, 116], (Kind::Float, Device::Cpu));
        let (q, s) = groups.control_points(&driving, &missing, &source, &ones);
        let motion = s - q;
        let wrist = (&source - &driving).narrow(1, 70, 1);
        for finger in 18..23 {
            let off = motion.select(1, finger) - &wrist;
            assert!(off.abs().max().double_value(&[]) < 1e-5);
        }
        // With nothing seen at all, nothing moves.
        let none = Tensor::zeros([2, 116], (Kind::Float, Device::Cpu));
        let (q, s) = groups.control_points(&driving, &none, &source, &ones);
        assert_eq!((s - q).abs().max().double_value(&[]), 0.0);
        // With everything seen, the points are met.
        let (q, s) = groups.control_points(&driving, &confidence, &source, &ones);
        let expected = groups.gather(&source.expand([2, 116, 2], false));
        assert!((s - expected).abs().max().double_value(&[]) < 1e-6);
        assert!((q - groups.gather(&driving)).abs().max().double_value(&[]) < 1e-6);
    }
}

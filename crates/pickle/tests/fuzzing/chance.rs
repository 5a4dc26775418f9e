//! Chance that can be had again: everything of a case follows from its number.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of choices.
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn of(case: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(case))
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end as u64) as usize
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A number such as attackers write where a small one belongs: an edge of some width of integers, or anything.
    pub fn hostile(&mut self) -> i128 {
        let edge = 1i128 << [0, 4, 7, 8, 15, 16, 31, 32, 33, 40, 61, 62, 63, 64, 126][self.below(15)];
        match self.below(8) {
            0 => i128::from(self.0.next_u64()),
            1 => self.below(64) as i128,
            2 => -edge,
            3 => edge - 1,
            4 => edge + 1,
            5 => edge / 3,
            _ => edge,
        }
    }
}

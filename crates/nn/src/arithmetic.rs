//! Counting the arithmetic of networks while they run, so that the count cannot differ from the network.

use std::cell::Cell;

thread_local! {
    static MULTIPLY_ADDS: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Adds to the running count of this thread, if there is one.
pub(crate) fn note(multiply_adds: i64) {
    MULTIPLY_ADDS.with(|count| {
        if let Some(sum) = count.get() {
            count.set(Some(sum.saturating_add(multiply_adds.unsigned_abs())));
        }
    });
}

/// Runs `work` and gives its result with the floating-point operations of the convolutions in it that this thread
/// called; a multiplication with its addition counts as two. Element-wise operations are not counted.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = MULTIPLY_ADDS.with(|count| count.replace(Some(0)));
    let result = work();
    let here = MULTIPLY_ADDS.with(|count| count.replace(before)).unwrap_or(0);
    if before.is_some() {
        note(i64::try_from(here).unwrap_or(i64::MAX));
    }
    (result, here.saturating_mul(2))
}

//! Work that can be shared among the processors of the machine.
//!
//! In: work that depends on nothing but what it is given. Out: what it gives, in the order of what it was
//! given, however many processors there are. Absent: state that is shared.

use std::panic::resume_unwind;
use std::thread::{Builder, ScopedJoinHandle, available_parallelism, scope};

/// Fewer items are not worth a thread.
pub(crate) const FEWEST: usize = 4_096;

/// What `work` makes of `items`, stretch by stretch.
pub(crate) fn in_stretches<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    in_stretches_of(FEWEST, items, work)
}

/// What `work` makes of `items`, stretch by stretch, where `fewest` of them are worth a thread.
pub(crate) fn in_stretches_of<T: Sync, R: Send>(
    fewest: usize,
    items: &[T],
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    let processors = available_parallelism().map_or(1, usize::from);
    let length = items.len().div_ceil(processors).max(fewest);
    let (own, others) = items.split_at(length.min(items.len()));
    let work = &work;
    scope(|scope| {
        let begin = |stretch| {
            let handle = Builder::new().spawn_scoped(scope, move || work(stretch));
            (stretch, handle.ok())
        };
        let running: Vec<_> = others.chunks(length).map(begin).collect();
        let first = work(own);
        let others = running.into_iter().map(|(stretch, handle)| match handle {
            Some(handle) => wait(handle),
            None => work(stretch),
        });
        std::iter::once(first).chain(others).collect()
    })
}

/// What `one` and `other` give, done at the same time where that can be.
pub(crate) fn both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    let one = &one;
    scope(|scope| {
        let handle = Builder::new().spawn_scoped(scope, one);
        let other = other();
        (handle.map_or_else(|_| one(), wait), other)
    })
}

/// What a thread gives; if it panicked, so does this.
fn wait<R>(handle: ScopedJoinHandle<'_, R>) -> R {
    handle.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize) {
        let items: Vec<usize> = (0..count).collect();
        let stretches = in_stretches(&items, <[usize]>::to_vec);
        assert_eq!(stretches.concat(), items, "{count}");
    }

    #[test]
    fn stretches_are_in_order_and_whole() {
        check(0);
        check(1);
        check(FEWEST);
        check(FEWEST + 1);
        check(10 * FEWEST + 7);
    }

    #[test]
    fn both_are_done() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }
}

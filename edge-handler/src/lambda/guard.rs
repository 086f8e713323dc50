//! A panic becomes a value.
//!
//! In: a future. Out: its result, or that it panicked. Absent: what to do then.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Something panicked. What it said went to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

/// Runs `future` to its end, or to its panic. It must not leave shared state half-changed; what
/// decides a request changes none.
pub async fn guarded<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "panics are what is tested")]

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.map_or_else(
            |error| panic!("{error}"),
            |runtime| runtime.block_on(future),
        )
    }

    #[test]
    fn a_result_stays() {
        assert_eq!(run(guarded(async { 7 })), Ok(7));
    }

    #[test]
    fn a_panic_at_once_or_later_is_caught() {
        assert_eq!(
            run(guarded::<()>(async { panic!("at once") })),
            Err(Panicked)
        );
        let later = async {
            tokio::task::yield_now().await;
            panic!("later");
        };
        assert_eq!(run(guarded::<()>(later)), Err(Panicked));
    }
}

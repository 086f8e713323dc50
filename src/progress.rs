//! Signs of life while something takes longer than a second. Only on a terminal.
//!
//! In: work. Out: its result. Absent: anything that stays on the screen.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long something may take in silence.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Does `work`, and shows `name` with the time so far when it takes long.
pub fn spinner<T>(name: &'static str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let begun = Instant::now();
    let watcher = std::thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE).is_ok() {
            return;
        }
        let bar = ProgressBar::new_spinner()
            .with_message(name)
            .with_elapsed(begun.elapsed());
        bar.set_style(style("{msg:12} {spinner} {elapsed}"));
        while waiting.recv_timeout(TICK).is_err() {
            bar.tick();
        }
        bar.finish_and_clear();
    });
    let result = work();
    // The watcher is there until it hears of the end; it cannot have gone before.
    let _ = done.send(());
    let _ = watcher.join();
    result
}

/// A bar for `count` things.
pub fn bar(name: &'static str, count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64).with_message(name);
    bar.set_style(style("{msg:12} {wide_bar} {pos} / {len}  {eta}"));
    bar
}

/// A count of things nobody knows the number of.
pub fn counter(name: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(name);
    bar.set_style(style("{msg:12} {spinner} {pos}  {elapsed}"));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

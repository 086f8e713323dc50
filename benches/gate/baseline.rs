//! Counts beside the counts of before.
//!
//! In: two [`Counts`]. Out: a [`Verdict`] and a table for people. Absent: counting.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The path that has nothing to do with this project.
pub const CALIBRATION: &str = "calibration";

/// A path may become longer by this much, in percent.
const TOLERANCE: u64 = 1;

/// Where the calibration differs by more, in percent, machines cannot be compared.
const SAME_MACHINE: f64 = 0.2;

/// Instructions of each path, and what counted them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// `rustc --version`.
    pub rustc: String,
    /// `valgrind --version`.
    pub valgrind: String,
    /// Instructions of one operation, by path.
    pub paths: BTreeMap<String, u64>,
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No path became longer.
    Holds,
    /// One did, or paths came or went.
    Longer,
    /// Counts of another compiler, valgrind or machine say nothing about these.
    OtherMachine,
}

/// A comparison.
#[derive(Debug)]
pub struct Comparison {
    /// What it says in short.
    pub verdict: Verdict,
    /// What it says to people.
    pub text: String,
    /// The paths that became longer.
    pub longer: Vec<String>,
}

/// Compares every path.
pub fn compare(before: &Counts, now: &Counts) -> Comparison {
    let mut longer = Vec::new();
    if let Some(reason) = other_machine(before, now) {
        return Comparison {
            verdict: Verdict::OtherMachine,
            text: format!("not comparable with the baseline: {reason}\n"),
            longer,
        };
    }
    let (mut verdict, mut text) = (Verdict::Holds, String::new());
    for (path, &count) in &now.paths {
        let Some(&was) = before.paths.get(path) else {
            verdict = Verdict::Longer;
            let _ = writeln!(text, "{path:24} {count:>12}  NEW: renew the baseline");
            continue;
        };
        let change = percent(was, count);
        let is_longer = count * 100 > was * (100 + TOLERANCE);
        let is_shorter = count * (100 + TOLERANCE) < was * 100;
        let mark = match (is_longer, is_shorter) {
            (true, _) => "  LONGER",
            (_, true) => "  shorter: renew the baseline to keep it so",
            _ => "",
        };
        if is_longer {
            verdict = Verdict::Longer;
            longer.push(path.clone());
        }
        let _ = writeln!(
            text,
            "{path:24} {was:>12} -> {count:>12} {change:>+8.2} %{mark}"
        );
    }
    for path in before
        .paths
        .keys()
        .filter(|path| !now.paths.contains_key(*path))
    {
        verdict = Verdict::Longer;
        let _ = writeln!(text, "{path:24} GONE: renew the baseline");
    }
    Comparison {
        verdict,
        text: text + conclusion(verdict),
        longer,
    }
}

fn conclusion(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "no path became longer\n",
        Verdict::Longer | Verdict::OtherMachine => {
            "instructions of one operation; more than 1 % longer fails.\n\
             Where that is the price of something right: scripts/bench --renew, and say so in the commit.\n"
        }
    }
}

fn other_machine(before: &Counts, now: &Counts) -> Option<String> {
    if before.rustc != now.rustc {
        return Some(format!("{}, then {}", before.rustc, now.rustc));
    }
    if before.valgrind != now.valgrind {
        return Some(format!("{}, then {}", before.valgrind, now.valgrind));
    }
    let calibration = |counts: &Counts| counts.paths.get(CALIBRATION).copied().unwrap_or_default();
    let change = percent(calibration(before), calibration(now));
    (change.abs() > SAME_MACHINE)
        .then(|| format!("work that is none of ours counts {change:+.2} % here"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below 2^52, and a percentage is for people"
)]
fn percent(before: u64, now: u64) -> f64 {
    (now as f64 / before.max(1) as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rustc: &str, paths: &[(&str, u64)]) -> Counts {
        Counts {
            rustc: rustc.to_owned(),
            valgrind: "v".to_owned(),
            paths: paths
                .iter()
                .map(|(path, count)| ((*path).to_owned(), *count))
                .collect(),
        }
    }

    fn check(now: &Counts, expected: Verdict, said: &str) {
        let before = counts("r", &[(CALIBRATION, 10_000), ("a", 1_000), ("b", 1_000)]);
        let Comparison { verdict, text, .. } = compare(&before, now);
        assert_eq!(verdict, expected, "{text}");
        assert!(text.contains(said), "{text}");
    }

    #[test]
    fn one_percent_is_allowed() {
        let now = counts("r", &[(CALIBRATION, 10_000), ("a", 1_010), ("b", 1_000)]);
        check(&now, Verdict::Holds, "no path became longer");
    }

    #[test]
    fn more_is_not_and_the_path_is_named() {
        let now = counts("r", &[(CALIBRATION, 10_000), ("a", 1_011), ("b", 1_000)]);
        check(&now, Verdict::Longer, "+1.10 %  LONGER");
    }

    #[test]
    fn shorter_is_said() {
        let now = counts("r", &[(CALIBRATION, 10_000), ("a", 900), ("b", 1_000)]);
        check(&now, Verdict::Holds, "-10.00 %  shorter");
    }

    #[test]
    fn a_path_that_comes_or_goes_needs_a_new_baseline() {
        let now = counts("r", &[(CALIBRATION, 10_000), ("a", 1_000), ("c", 1)]);
        check(&now, Verdict::Longer, "NEW");
        check(&now, Verdict::Longer, "GONE");
    }

    #[test]
    fn another_compiler_or_machine_is_not_compared() {
        let now = counts("s", &[(CALIBRATION, 10_000), ("a", 9_000)]);
        check(&now, Verdict::OtherMachine, "r, then s");
        let now = counts("r", &[(CALIBRATION, 10_021), ("a", 9_000)]);
        check(&now, Verdict::OtherMachine, "+0.21 %");
    }
}

//! What a real Apache answered, on every engine: the suite that judges the evaluator.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

mod cases;
mod tables;
mod verdicts;

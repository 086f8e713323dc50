//! Answers to most requests without an evaluation, equal to what `evaluate` would answer.
//!
//! In: a request in normalized form and what is known about its host. Out: the answer, "passes through
//! unchanged", or that the evaluator has to decide. Absent: requests in any other form.

pub mod host_index;
pub mod host_summary;

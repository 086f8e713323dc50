//! The lines that one finding is about, and what is left of it when some of them are silenced.
//!
//! In: a diagnostic. Out: its lines; the diagnostic about those that are left. Absent: why one is silenced; see
//! [`super::allow`], [`super::baseline`].

use edgewright_parser::diagnostic::{Diagnostic, Same};
use edgewright_parser::source::Span;

/// The lines that a finding is about, its own first; none for one without a place.
pub fn of(diagnostic: &Diagnostic) -> Vec<Span> {
    let others = diagnostic.same.iter().flat_map(|same| &same.spans);
    diagnostic.span.iter().chain(others).copied().collect()
}

/// What is left of a finding where it is about lines that `is_left` admits; `None` where it admits none. Every line is asked
/// for, and a finding without a place stays.
pub fn left(diagnostic: &Diagnostic, mut is_left: impl FnMut(Span) -> bool) -> Option<Diagnostic> {
    let all = of(diagnostic);
    let mut left = all.clone();
    left.retain(|span| is_left(*span));
    let mut diagnostic = diagnostic.clone();
    if left.len() == all.len() {
        return Some(diagnostic);
    }
    let first = *left.first()?;
    if diagnostic.span != Some(first) {
        diagnostic.span = Some(first);
        // The request is about a line that is silenced.
        diagnostic.witness = None;
    }
    let spans = left.split_off(1);
    Some(match diagnostic.same.take() {
        Some(same) => diagnostic.with_same(Same { spans, ..*same }),
        None => diagnostic,
    })
}

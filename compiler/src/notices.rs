//! What compiling has to say about a configuration.
//!
//! In: a [`Reading`] and its [`Account`]. Out: diagnostics. Absent: what reading found; see
//! [`Reading::diagnostics`].

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;

use crate::account::{Account, Class, Verdict};
use crate::reading::{Fate, Reading, Unit};
use crate::sources::Sources;

/// One diagnostic for each unit that is redundant or that the edge cannot answer surely. What
/// Apache refuses was said while reading.
pub(crate) fn of(reading: &Reading, account: &Account) -> Vec<Diagnostic> {
    let judged = reading.units.iter().zip(&account.verdicts);
    let placed = judged.filter(|(unit, _)| matches!(unit.fate, Fate::Placed(_)));
    placed
        .filter_map(|(unit, verdict)| notice(unit, verdict, &reading.sources))
        .collect()
}

fn notice(unit: &Unit, verdict: &Verdict, sources: &Sources) -> Option<Diagnostic> {
    let span = unit.origin.span;
    match verdict.class {
        Class::Removed => Some(redundant(span, verdict, sources)),
        Class::NotExpressible => Some(
            Diagnostic::warning("not-at-edge", verdict.reason.clone(), span)
                .label("the edge may answer otherwise than Apache"),
        ),
        Class::Ignored | Class::Keyed | Class::Indexed | Class::Scanned => None,
    }
}

fn redundant(span: Span, verdict: &Verdict, sources: &Sources) -> Diagnostic {
    let notice = Diagnostic::note("redundant-rule", "this line never has a say", span)
        .label(verdict.reason.clone());
    match verdict.by.and_then(|place| sources.span_of_line(place)) {
        Some(other) => notice.other(other, "this is the earlier line"),
        None => notice,
    }
}

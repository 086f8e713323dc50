//! What compiling has to say about single lines: which never have a say, which the edge cannot answer
//! surely.
//!
//! In: a [`Reading`], its [`Account`], what is redundant. Out: diagnostics. Absent: what reading found;
//! see [`Reading::diagnostics`].

use edgewright_engine::model::rules::{Place, Rule};
use edgewright_engine::pattern::syntax::{self, Node, Syntax};
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::Span;

use crate::account::{Account, Class, REPEATED_KEY, Verdict};
use crate::reading::{Position, Reading, Unit, UnitStatus};
use crate::redundant::{Cause, Redundant, Removal};
use crate::replay::{Claim, Proposed, Shows, Tries};
use crate::spans::Spans;

/// One diagnostic for each unit that is redundant or that the edge cannot answer surely. What
/// Apache refuses was said while reading.
pub(crate) fn of(reading: &Reading, account: &Account, redundant: &Redundant) -> Vec<Proposed> {
    let teller = Teller {
        reading,
        redundant,
        spans: Spans::of(reading),
    };
    let judged = reading.units.iter().zip(&account.verdicts);
    judged
        .filter_map(|(unit, verdict)| teller.notice(unit, verdict))
        .collect()
}

struct Teller<'r> {
    reading: &'r Reading,
    redundant: &'r Redundant,
    spans: Spans<'r>,
}

impl Teller<'_> {
    fn notice(&self, unit: &Unit, verdict: &Verdict) -> Option<Proposed> {
        let span = unit.origin.span;
        let positions = match &unit.status {
            UnitStatus::Placed(positions) => positions.as_slice(),
            UnitStatus::Repeated(_) => &[],
            _ => return None,
        };
        match verdict.class {
            Class::Removed => {
                let removed = positions
                    .iter()
                    .find_map(|position| Some((*position, self.redundant.removal(*position)?)));
                Some(match removed {
                    Some((position, removal)) => self.removed(unit, position, removal),
                    None => plain(self.repeated_key(span, verdict)),
                })
            }
            Class::NotExpressible => Some(plain(
                Diagnostic::warning("not-at-edge", verdict.reason.clone(), span)
                    .label("the edge may answer otherwise than Apache"),
            )),
            Class::Ignored | Class::Keyed | Class::Indexed | Class::Scanned => None,
        }
    }

    fn repeated_key(&self, span: Span, verdict: &Verdict) -> Diagnostic {
        let notice = Diagnostic::note(REPEATED_KEY, verdict.reason.clone(), span)
            .label("never looked up")
            .help("delete it: no answer changes");
        self.with_other(notice, verdict.by, "this line answers")
    }

    fn removed(&self, unit: &Unit, position: Position, removal: &Removal) -> Proposed {
        let cause = removal.cause;
        let severity = match cause {
            Cause::Duplicate => Severity::Note,
            _ => Severity::Warning,
        };
        let notice = Diagnostic::new(severity, cause.code(), cause.text(), unit.origin.span)
            .label("never applies")
            .help(self.help(position, removal));
        Proposed {
            diagnostic: self.with_other(notice, removal.by, other(cause)),
            claim: shows(removal).map(|shows| Claim {
                at: unit.place,
                shows,
                tries: Tries::Any(position, removal.example.clone()),
            }),
        }
    }

    fn with_other(&self, notice: Diagnostic, by: Option<Place>, what: &str) -> Diagnostic {
        match by.and_then(|place| self.spans.at(place)) {
            Some(other) => notice.other(other, what),
            None => notice,
        }
    }

    fn help(&self, position: Position, removal: &Removal) -> &'static str {
        match removal.cause {
            Cause::Duplicate => "delete it: no answer changes",
            Cause::Shadowed => "delete it, or move it above the other line if it is to answer",
            Cause::Unreachable => "move it above the other line, or give that one a condition",
            Cause::Skipped => "delete it, or lower the number of S= in the other line",
            Cause::Contradiction => "write [OR] after the first condition if either is to do",
            Cause::Impossible => self.rule(position).map_or("delete it", why_impossible),
        }
    }

    fn rule(&self, position: Position) -> Option<&Rule> {
        let Position::Rule(set, at) = position else {
            return None;
        };
        let set = usize::try_from(set.0).ok()?;
        self.reading.site.rule_sets.get(set)?.rules.get(at)
    }
}

/// What the request of a removal must show, if one can.
fn shows(removal: &Removal) -> Option<Shows> {
    let by = removal.by?;
    match removal.cause {
        Cause::Shadowed => Some(Shows::Instead(by)),
        Cause::Duplicate | Cause::Unreachable | Cause::Skipped => Some(Shows::OnlyInstead(by)),
        Cause::Contradiction | Cause::Impossible => None,
    }
}

/// What is said without a request.
fn plain(diagnostic: Diagnostic) -> Proposed {
    let claim = None;
    Proposed { diagnostic, claim }
}

/// What the other line of a removal is.
fn other(cause: Cause) -> &'static str {
    match cause {
        Cause::Duplicate => "this line says the same",
        Cause::Shadowed => "this line answers instead",
        Cause::Unreachable => "nothing gets past this line",
        Cause::Skipped => "this line skips it",
        Cause::Contradiction => "this condition excludes what the others ask for",
        Cause::Impossible => "this line",
    }
}

/// Does something follow the end of the path?
fn goes_on_behind_end(node: &Node) -> bool {
    let is_end = |node: &Node| {
        matches!(
            node,
            Node::Place(syntax::Place::End | syntax::Place::LastLine)
        )
    };
    match node.parts() {
        [before @ .., _] => before.iter().any(|part| part.any(&is_end)),
        [] => false,
    }
}

fn why_impossible(rule: &Rule) -> &'static str {
    let syntax = rule.pattern.syntax();
    let head = syntax.as_ref().and_then(Syntax::head);
    let is_so =
        |asked: fn(&Node) -> bool| syntax.as_ref().is_some_and(|syntax| asked(&syntax.root));
    if is_so(|root| root.any(&goes_on_behind_end)) {
        "$ stands for the end of the path, and nothing can follow it: write \\$ for the character"
    } else if is_so(|root| root.writes(b"://")) {
        "a pattern sees the path only: ask for the host with RewriteCond %{HTTP_HOST}"
    } else if head.is_some_and(|head| head.requires_first(b'/')) {
        "leave out the slash after ^: in a directory a pattern sees what follows the directory"
    } else if head.is_some() {
        "write ^/ at the beginning: in server context a path begins with a slash"
    } else {
        "look at the pattern: paths have single slashes, and no host or query string"
    }
}

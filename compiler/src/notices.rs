//! What compiling has to say about single lines: which never have a say, which the edge cannot answer
//! surely.
//!
//! In: a [`Reading`], its [`Account`], what is redundant. Out: diagnostics. Absent: what reading found;
//! see [`Reading::diagnostics`].

use edgewright_engine::model::rules::{Condition, Place, RedirectMatcher, Rule, Test};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::{Node, Syntax};
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::Span;

use crate::account::{Account, Class, REPEATED_KEY, Verdict};
use crate::anchors::Misplaced;
use crate::reading::{Position, Reading, Unit, UnitStatus};
use crate::redundant::{Cause, Redundant, Removal};
use crate::replay::{self, Claim, Proposed, Shows, Tries};
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
            cause: shared(removal),
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
            Cause::Contradiction => {
                let condition = self.condition(position, removal.by);
                let misplaced = condition.and_then(misplaced);
                misplaced.map_or(
                    "write [OR] after the first condition if either is to do",
                    Misplaced::why,
                )
            }
            Cause::Impossible => self.pattern(position).map_or("delete it", why_impossible),
        }
    }

    /// The condition of a rule at `place`.
    fn condition(&self, position: Position, place: Option<Place>) -> Option<&Condition> {
        let mut conditions = self.rule(position)?.conditions.iter();
        conditions.find(|condition| Some(condition.place) == place)
    }

    fn pattern(&self, position: Position) -> Option<&Pattern> {
        match position {
            Position::Rule(..) => Some(&self.rule(position)?.pattern),
            Position::Redirect(list, at) => {
                let list = usize::try_from(list.0).ok()?;
                let redirects = self.reading.site.redirect_lists.get(list)?;
                match &redirects.get(at)?.matcher {
                    RedirectMatcher::Regex(pattern) => Some(pattern),
                    RedirectMatcher::Prefix(_) | RedirectMatcher::Section => None,
                }
            }
            Position::MapEntry(..) => None,
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
    match removal.cause {
        Cause::Shadowed => removal.by.map(Shows::Instead),
        Cause::Duplicate | Cause::Unreachable | Cause::Skipped => {
            removal.by.map(Shows::OnlyInstead)
        }
        Cause::Impossible => looks_like_path(removal).then_some(Shows::Misses),
        Cause::Contradiction => None,
    }
}

/// Is the text that a pattern was meant for one that a path may be?
fn looks_like_path(removal: &Removal) -> bool {
    let is_path = |text: &Vec<u8>| {
        let has_more = text.windows(2).any(|two| two == b"//");
        !has_more && !text.is_empty() && !text.contains(&b'?')
    };
    removal.example.as_ref().is_some_and(is_path)
}

/// The anchor in the middle of what a condition asks.
fn misplaced(condition: &Condition) -> Option<Misplaced> {
    match &condition.test {
        Test::Regex(pattern) => Misplaced::of(pattern.syntax().as_ref()),
        _ => None,
    }
}

/// What is said without a request.
fn plain(diagnostic: Diagnostic) -> Proposed {
    Proposed {
        diagnostic,
        claim: None,
        cause: None,
    }
}

/// The cause that a removal shares with others.
fn shared(removal: &Removal) -> Option<replay::Cause> {
    match removal.cause {
        Cause::Shadowed | Cause::Unreachable => removal.by.map(replay::Cause::Taken),
        Cause::Impossible => Some(replay::Cause::Habit),
        Cause::Duplicate | Cause::Skipped | Cause::Contradiction => None,
    }
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

fn why_impossible(pattern: &Pattern) -> &'static str {
    let syntax = pattern.syntax();
    if let Some(misplaced) = Misplaced::of(syntax.as_ref()) {
        return misplaced.why();
    }
    let head = syntax.as_ref().and_then(Syntax::head);
    let is_so =
        |asked: fn(&Node) -> bool| syntax.as_ref().is_some_and(|syntax| asked(&syntax.root));
    if is_so(|root| root.writes(b"://")) {
        "a pattern sees the path only: ask for the host with RewriteCond %{HTTP_HOST}"
    } else if head.is_some_and(|head| head.requires_first(b'/')) {
        "leave out the slash after ^: in a directory a pattern sees what follows the directory"
    } else if head.is_some() {
        "write ^/ at the beginning: in server context a path begins with a slash"
    } else {
        "look at the pattern: paths have single slashes, and no host or query string"
    }
}

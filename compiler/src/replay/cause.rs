//! Findings that have one cause are told once.
//!
//! In: findings, tried, each with its [`Cause`] if it shares one. Out: one for each cause: the first, which names the
//! others. Absent: which findings share a cause; whoever proposes them says so.

use std::collections::{HashMap, HashSet};

use edgewright_engine::model::rules::Place;
use edgewright_parser::diagnostic::{Diagnostic, Same};
use edgewright_parser::source::{FileId, Span};

use crate::spans::Spans;

/// A line without conditions below one that has some, which takes what later lines are for.
const FOR_ONE_RULE: &str = "condition-for-one-rule";

/// A pattern that matches nothing, which is why its groups are empty.
const IMPOSSIBLE: &str = "impossible-pattern";

/// A group that is always empty.
const MISSING_GROUP: &str = "missing-group";

/// What findings of one code have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// This earlier line takes what their lines are for.
    Taken(Place),
    /// Whoever wrote the file writes so.
    Habit,
}

impl Cause {
    /// The cause, once another line was found to answer.
    pub(super) fn moved_to(self, by: Place) -> Self {
        match self {
            Self::Taken(_) => Self::Taken(by),
            Self::Habit => Self::Habit,
        }
    }

    /// What the headline goes on with.
    fn more(self) -> &'static str {
        match self {
            Self::Taken(_) => "; it takes those for {} too",
            Self::Habit => "; the same in {} of this file",
        }
    }

    /// What is said of another line.
    fn other(self) -> &'static str {
        match self {
            Self::Taken(_) => "never applies either",
            Self::Habit => "the same here",
        }
    }
}

/// A code, its cause, and the file where the cause is a habit.
type Key = (&'static str, Cause, Option<FileId>);

/// Of `told`, the first of each cause, naming the others.
pub(super) fn once_each(
    told: Vec<(Diagnostic, Option<Cause>)>,
    spans: &Spans<'_>,
) -> Vec<Diagnostic> {
    let explained = spans_of(&told, FOR_ONE_RULE);
    let impossible = spans_of(&told, IMPOSSIBLE);
    let mut firsts: HashMap<Key, usize> = HashMap::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(told.len());
    let mut more: HashMap<usize, (Cause, Vec<Span>)> = HashMap::new();
    for (diagnostic, cause) in told {
        let is_impossible = diagnostic
            .span
            .is_some_and(|span| impossible.contains(&span));
        if is_impossible && diagnostic.code == MISSING_GROUP {
            continue;
        }
        let Some(cause) = cause else {
            kept.push(diagnostic);
            continue;
        };
        if let Cause::Taken(by) = cause
            && spans.at(by).is_some_and(|span| explained.contains(&span))
        {
            continue;
        }
        let file = match cause {
            Cause::Taken(_) => None,
            Cause::Habit => diagnostic.span.map(|span| span.file),
        };
        let first = *firsts
            .entry((diagnostic.code, cause, file))
            .or_insert(kept.len());
        if first == kept.len() {
            kept.push(diagnostic);
        } else {
            let others = &mut more.entry(first).or_insert((cause, Vec::new())).1;
            others.extend(diagnostic.span);
        }
    }
    for (first, (cause, others)) in more {
        if let Some(kept) = kept.get_mut(first) {
            *kept = with_others(kept, cause, &others);
        }
    }
    kept
}

/// The lines of findings with a code.
fn spans_of(told: &[(Diagnostic, Option<Cause>)], code: &str) -> HashSet<Span> {
    let all = told.iter().map(|(diagnostic, _)| diagnostic);
    let with_code = all.filter(|diagnostic| diagnostic.code == code);
    with_code.filter_map(|diagnostic| diagnostic.span).collect()
}

fn with_others(first: &Diagnostic, cause: Cause, others: &[Span]) -> Diagnostic {
    let mut known: HashSet<Span> = first.span.into_iter().collect();
    let others = others.iter().copied();
    first.clone().with_same(Same {
        headline: first.headline.clone(),
        more: cause.more(),
        label: cause.other(),
        spans: others.filter(|span| known.insert(*span)).collect(),
    })
}

//! Every request that is shown with a finding is tried before it is shown.
//!
//! In: findings, each with what its request must show and requests to try. Out: diagnostics, whose requests show what
//! they say. Absent: finding anything.
//!
//! A request is asked for with a trace. The compiled form answers, for its work does not grow with the rules there
//! are; that it answers as the reference does is a test of its own, and that what is said here holds on the
//! reference too is one (`tests/suite/findings.rs`). When a request does not show what it must, another one is tried;
//! when none does, the line that did answer is blamed, or the finding is said without a request, or not at all.
//!
//! The steps are counted. When they are used up, what was not tried is said without a request.

mod cause;
mod follow;
mod shows;

use std::collections::HashSet;

use edgewright_engine::model::rules::Place;
use edgewright_parser::diagnostic::Diagnostic;

use crate::compiled_site::CompiledSite;
use crate::limits::Limit;
use crate::reading::{Position, Reading};
use crate::spans::Spans;
use crate::witness::{Aiming, Request};

pub(crate) use cause::Cause;
use cause::once_each;
pub(crate) use follow::{Browser, MOST_HOPS};
pub(crate) use shows::{GAVE_UP, MOST_INTERNAL, Shows, answering_line};
use shows::{Judge, Verdict};

/// So many requests are tried before what was decoded for them is forgotten.
const MOST_AT_ONCE: usize = 16_384;

/// A finding, and what its request must show; without a claim it is said as it is.
#[derive(Debug)]
pub(crate) struct Proposed {
    /// What to say, without a request.
    pub diagnostic: Diagnostic,
    /// What a request must show.
    pub claim: Option<Claim>,
    /// What it has in common with others, of which the first is told.
    pub cause: Option<Cause>,
}

/// What the request of a finding must show.
#[derive(Debug)]
pub(crate) struct Claim {
    /// The line the finding is about.
    pub at: Place,
    /// What becomes of the request.
    pub shows: Shows,
    /// What may be shown.
    pub tries: Tries,
}

/// Requests that may show a finding.
#[derive(Debug)]
pub(crate) enum Tries {
    /// The finding was made from this request, written so: without it there is nothing to say.
    Only(Request, String),
    /// Requests for this line: first the one for this text, if there is one. Without any of them the finding holds.
    Any(Position, Option<Vec<u8>>),
    /// Requests for this line: without one that shows the finding there is nothing to say.
    Shown(Position),
}

impl Tries {
    /// The finding was made from `request`.
    pub fn only(request: Request) -> Self {
        let shown = request.shown();
        Self::Only(request, shown)
    }
}

/// What is left of `proposed`, each with a request that shows it where there is one.
pub(crate) fn tried(
    proposed: Vec<Proposed>,
    reading: &Reading,
    answering: &mut CompiledSite<'_>,
    aiming: &Aiming<'_>,
    steps: u64,
) -> Vec<Diagnostic> {
    let most = answering.steps().saturating_add(steps);
    let browser = Browser::of(&reading.site);
    let spans = Spans::of(reading);
    let mut told = Vec::with_capacity(proposed.len());
    let mut moved = HashSet::new();
    let mut untried: Vec<Diagnostic> = Vec::new();
    let mut count = 0;
    for one in proposed {
        let Proposed {
            diagnostic,
            claim,
            cause,
        } = one;
        let Some(claim) = claim else {
            told.push((diagnostic, cause));
            continue;
        };
        count += 1;
        if count % MOST_AT_ONCE == 0 {
            answering.forget();
        }
        let judge = Judge {
            answering,
            browser: &browser,
            most,
        };
        match judge.settle(&claim, aiming) {
            Settled::Shown(request) => told.push((diagnostic.witness(Some(request)), cause)),
            Settled::Blamed(by, request) => {
                let blamed = blame(diagnostic, &claim, by, request, &spans);
                if moved.insert((blamed.code, blamed.span)) {
                    let cause = cause.map(|cause| cause.moved_to(by));
                    told.push((blamed, cause));
                }
            }
            Settled::Unshown => told.push((diagnostic, cause)),
            Settled::Untried => {
                untried.extend(untried.is_empty().then(|| diagnostic.clone()));
                told.push((diagnostic, cause));
            }
            Settled::Dropped => {}
        }
    }
    let mut told = once_each(told, &spans);
    told.extend(untried.first().map(|first| {
        let headline =
            "from this line on, findings are told without a request: trying them takes too many steps";
        let limits = &reading.limits;
        limits.left_out(Limit::AnalysisSteps, headline.to_owned(), first.span)
    }));
    told
}

/// What becomes of a finding.
enum Settled {
    /// This request shows the finding.
    Shown(String),
    /// This line answers the request instead of the one that the finding names.
    Blamed(Place, String),
    /// It holds, and no request shows it.
    Unshown,
    /// It holds, and there were no steps left to try a request.
    Untried,
    /// There is nothing to say.
    Dropped,
}

impl Judge<'_, '_> {
    fn settle(&self, claim: &Claim, aiming: &Aiming<'_>) -> Settled {
        match &claim.tries {
            Tries::Only(request, shown) => match self.verdict(claim, request) {
                Verdict::Shows => Settled::Shown(shown.clone()),
                Verdict::Answered(by) if claim.shows.moves() => Settled::Blamed(by, shown.clone()),
                Verdict::Answered(_) | Verdict::ShowsNothing => Settled::Dropped,
                Verdict::TooManySteps => Settled::Untried,
            },
            Tries::Any(position, text) => {
                let first = text.as_ref().map(|text| aiming.request(*position, text));
                let others = std::iter::once_with(|| aiming.others(*position)).flatten();
                self.settle_any(claim, first.flatten().into_iter().chain(others))
            }
            Tries::Shown(position) => {
                match self.settle_any(claim, aiming.others(*position).into_iter()) {
                    Settled::Unshown => Settled::Dropped,
                    settled @ (Settled::Shown(_)
                    | Settled::Blamed(..)
                    | Settled::Untried
                    | Settled::Dropped) => settled,
                }
            }
        }
    }

    fn settle_any(&self, claim: &Claim, requests: impl Iterator<Item = Request>) -> Settled {
        let mut blamed = None;
        let mut seen = HashSet::new();
        for request in requests {
            if !seen.insert(request.clone()) {
                continue;
            }
            match self.verdict(claim, &request) {
                Verdict::Shows => return Settled::Shown(request.shown()),
                Verdict::Answered(by) if claim.shows.moves() => {
                    blamed.get_or_insert((by, request));
                }
                Verdict::Answered(_) | Verdict::ShowsNothing => {}
                Verdict::TooManySteps => return Settled::Untried,
            }
        }
        blamed.map_or(Settled::Unshown, |(by, request)| {
            Settled::Blamed(by, request.shown())
        })
    }
}

/// A finding about another line, or with another line as its cause.
fn blame(
    mut diagnostic: Diagnostic,
    claim: &Claim,
    by: Place,
    request: String,
    spans: &Spans<'_>,
) -> Diagnostic {
    let Some(span) = spans.at(by) else {
        return diagnostic;
    };
    if let Shows::Instead(_) = claim.shows {
        for (_, what) in &mut diagnostic.others {
            "this line would answer if that one did not".clone_into(what);
        }
        let answers = (span, "this line answers instead".to_owned());
        diagnostic.others.insert(0, answers);
    } else {
        diagnostic.others.retain(|(other, _)| *other != span);
        diagnostic.span = Some(span);
    }
    diagnostic.witness(Some(request))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use crate::input::{Input, ReadOptions};
    use crate::limits::{ANALYSIS_LIMITED, Limit, Limits};
    use crate::testing::MemoryLoader;
    use crate::{compile, read};

    /// How many of `missing-group` have a request, and how many have none, of so many rules that all match; and whether
    /// it is said that trying stopped.
    fn tried(rules: usize, steps: u64) -> (usize, usize, bool) {
        let lines = (0..rules).map(|at| format!("RewriteRule ^(.*)$ /c{at}$2 [R]\n"));
        let text = format!(
            "ServerName h\nRewriteEngine On\n{}",
            lines.collect::<String>()
        );
        let loader = MemoryLoader::new().with("/c", text);
        let options = ReadOptions {
            limits: Limits::default().with(Limit::AnalysisSteps, steps),
            ..ReadOptions::default()
        };
        let reading = read(&Input::MainConfig(vec![b"/c".to_vec()]), &loader, &options);
        let found = compile(&reading).unwrap().diagnostics;
        let missing = found.iter().filter(|one| one.code == "missing-group");
        let (with, without): (Vec<_>, Vec<_>) = missing.partition(|one| one.witness.is_some());
        let mut limited = found.iter().filter(|one| one.code == ANALYSIS_LIMITED);
        let says = limited.any(|one| one.headline.contains("without a request"));
        (with.len(), without.len(), says)
    }

    #[test]
    fn trying_stops_when_the_steps_are_used_up() {
        assert_eq!(tried(300, 1_000_000), (300, 0, false));
        let (with, without, says) = tried(300, 0);
        assert!(
            with < 300 && with + without == 300 && says,
            "{with} {without}"
        );
    }
}

//! What each kind of finding must show, and whether a request shows it.
//!
//! In: a [`Claim`] and a request. Out: a [`Verdict`]. Absent: what follows from it.

use std::collections::HashSet;

use edgewright_engine::model::outcome::{Answer, Event, Outcome};
use edgewright_engine::model::rules::Place;

use super::{Browser, Claim, MOST_HOPS};
use crate::compiled_site::CompiledSite;
use crate::host_names::authority;
use crate::witness::Request;

/// Internal redirects Apache allows for one request (`AP_DEFAULT_MAX_INTERNAL_REDIRECTS`).
pub(crate) const MOST_INTERNAL: usize = 10;

/// The answer when it comes to more of them.
pub(crate) const GAVE_UP: Outcome = Outcome::Status { status: 500 };

/// What the request of a finding must show. In most cases its line applies.
#[derive(Debug, Clone)]
pub(crate) enum Shows {
    /// Nothing else.
    Applies,
    /// This other line applies, and the line of the finding does not. Another line may be blamed.
    Instead(Place),
    /// This other line applies, and the line of the finding does not.
    OnlyInstead(Place),
    /// The line does not apply to what it seems to be for.
    Misses,
    /// This other line applies too.
    Both(Place),
    /// It is answered with this status.
    Status(u16),
    /// It is redirected with this status.
    Redirect(u16),
    /// No line does anything, and what stands at this path, or below, is served.
    Passes(Vec<u8>),
    /// The condition at the place is asked, and does not hold.
    Fails,
    /// The condition at the place is asked, and holds.
    Holds,
    /// The condition at the place does not hold, and this line applies nevertheless.
    FailsFor(Place),
    /// It is redirected to a URL with this text.
    Location(Vec<u8>),
    /// It is redirected, or passed on, to a host whose name ends with this text.
    LeadsTo(&'static [u8]),
    /// It passes through, and cookies are lost.
    CookiesLost,
    /// Apache gives up on internal redirects, to which the line contributes.
    GivesUp,
    /// The line answers, and a browser comes back to a URL it has been at, or never to an end.
    Circles,
    /// The line answers, and this many redirects follow one another.
    Redirects(usize),
    /// The decision takes more steps than it may.
    OverBudget,
}

impl Shows {
    /// May another line be blamed, which answered the request?
    pub fn moves(&self) -> bool {
        matches!(self, Self::Instead(_) | Self::Circles)
    }
}

/// Whether a request shows what it must.
pub(super) enum Verdict {
    Shows,
    /// This line answered instead of the one that should have.
    Answered(Place),
    ShowsNothing,
    TooManySteps,
}

/// Who asks.
pub(super) struct Judge<'a, 'e> {
    pub answering: &'a CompiledSite<'e>,
    pub browser: &'a Browser<'a>,
    /// Nothing is asked when so many steps were counted.
    pub most: u64,
}

impl Judge<'_, '_> {
    pub(super) fn verdict(&self, claim: &Claim, request: &Request) -> Verdict {
        if let Shows::OverBudget = claim.shows {
            let is_over = self.answering.outcome(request) == Outcome::OverBudget;
            return shown_if(is_over);
        }
        if self.answering.steps() >= self.most {
            return Verdict::TooManySteps;
        }
        let answer = self.answering.ask(request);
        // What was decided before the budget was used up means nothing.
        if answer.outcome == Outcome::OverBudget {
            return Verdict::ShowsNothing;
        }
        let at = claim.at;
        let by = answering_line(&answer).filter(|by| *by != at);
        match &claim.shows {
            Shows::Instead(other) | Shows::OnlyInstead(other) => {
                match (applies(&answer, at), applies(&answer, *other), by) {
                    (_, true, _) if *other == at => Verdict::Shows,
                    (false, true, _) => Verdict::Shows,
                    (false, false, Some(by)) => Verdict::Answered(by),
                    _ => Verdict::ShowsNothing,
                }
            }
            Shows::Misses => shown_if(!applies(&answer, at)),
            Shows::Passes(path) => shown_if(passes_by(&answer, path)),
            Shows::Fails => shown_if(asks(&answer, at, |event| matches!(event, Event::Failed(_)))),
            Shows::FailsFor(line) => {
                let fails = asks(&answer, at, |event| matches!(event, Event::Failed(_)));
                shown_if(fails && applies(&answer, *line))
            }
            Shows::Holds => shown_if(asks(&answer, at, |event| matches!(event, Event::Held(_)))),
            _ if !applies(&answer, at) => Verdict::ShowsNothing,
            Shows::Circles | Shows::Redirects(_) => match by {
                None => shown_if(self.goes_on(claim, request, answer)),
                Some(by) if self.goes_on(claim, request, answer) => Verdict::Answered(by),
                Some(_) => Verdict::ShowsNothing,
            },
            other => shown_if(other.holds(at, &answer)),
        }
    }

    /// Do as many redirects follow one another as the claim says?
    fn goes_on(&self, claim: &Claim, request: &Request, answer: Answer) -> bool {
        let (mut request, mut outcome) = (request.clone(), answer.outcome);
        let mut seen = HashSet::new();
        let mut count = 0;
        let circles = loop {
            if !matches!(outcome, Outcome::Redirect { .. }) {
                break false;
            }
            if count == MOST_HOPS || !seen.insert(request.shown()) {
                break true;
            }
            count += 1;
            let Some(next) = self.browser.next(&request, &outcome) else {
                break false;
            };
            outcome = self.answering.ask(&next).outcome;
            request = next;
        };
        match claim.shows {
            Shows::Redirects(expected) => !circles && count == expected,
            _ => circles,
        }
    }
}

impl Shows {
    /// Of a request that the line at `at` applies to.
    fn holds(&self, at: Place, answer: &Answer) -> bool {
        let passes = matches!(
            answer.outcome,
            Outcome::Serve { .. } | Outcome::Proxy { .. }
        );
        match self {
            Self::Applies => true,
            Self::Both(other) => applies(answer, *other),
            Self::Status(expected) => answer.outcome == Outcome::Status { status: *expected },
            Self::Redirect(expected) => {
                matches!(&answer.outcome, Outcome::Redirect { status, .. } if status == expected)
            }
            Self::Location(text) => match &answer.outcome {
                Outcome::Redirect { location, .. } => {
                    memchr::memmem::find(location, text).is_some()
                }
                _ => false,
            },
            Self::LeadsTo(host) => match &answer.outcome {
                Outcome::Redirect { location: url, .. } | Outcome::Proxy { url, .. } => {
                    authority(url).is_some_and(|authority| authority.ends_with(host))
                }
                Outcome::Serve { .. }
                | Outcome::Status { .. }
                | Outcome::Unsupported { .. }
                | Outcome::OverBudget => false,
            },
            Self::CookiesLost => passes && !answer.cookies.is_empty(),
            Self::GivesUp => gives_up(at, answer),
            Self::Instead(_)
            | Self::OnlyInstead(_)
            | Self::Misses
            | Self::Passes(_)
            | Self::Fails
            | Self::Holds
            | Self::FailsFor(_)
            | Self::Circles
            | Self::Redirects(_)
            | Self::OverBudget => false,
        }
    }
}

fn shown_if(holds: bool) -> Verdict {
    if holds {
        Verdict::Shows
    } else {
        Verdict::ShowsNothing
    }
}

/// A line that applies only once does not feed itself.
fn gives_up(at: Place, answer: &Answer) -> bool {
    let steps = || answer.trace.iter();
    let restarts = steps().filter(|step| matches!(step.event, Event::Internal(_)));
    let own = steps().filter(|step| step.is_at(at) && step.event.is_effect());
    answer.outcome == GAVE_UP && restarts.count() >= MOST_INTERNAL && own.count() > 1
}

fn applies(answer: &Answer, place: Place) -> bool {
    let mut steps = answer.trace.iter();
    steps.any(|step| step.is_at(place) && step.event.is_effect())
}

/// Is what stands at `path`, or below, served as if there were no line?
fn passes_by(answer: &Answer, path: &[u8]) -> bool {
    let is_served = matches!(&answer.outcome, Outcome::Serve { path: served, .. }
        if served.starts_with(path));
    is_served && !answer.trace.iter().any(|step| step.event.is_effect())
}

/// Is the condition at `place` answered so?
fn asks(answer: &Answer, place: Place, is_so: fn(&Event) -> bool) -> bool {
    let mut steps = answer.trace.iter();
    steps.any(|step| step.is_at(place) && is_so(&step.event))
}

/// The last line that had an effect.
pub(crate) fn answering_line(answer: &Answer) -> Option<Place> {
    let mut steps = answer.trace.iter().rev();
    steps.find(|step| step.event.is_effect())?.place
}

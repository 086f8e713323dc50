//! What becomes of a path, decided before there is a request.
//!
//! In: a request that is plain, and its path's [`PathDecision`]. Out: an [`Answer`], or the news that the fate
//! does not say. Absent: finding fates (the compiler evaluates each path beforehand), and looking them
//! up; see [`crate::handler`].
//!
//! A fate holds for one host and one path. What it does not know is the name the client calls the host
//! by, the query string and the headers. Where these only pass through, an answer has holes for them;
//! where a condition asks about them, the fate asks a [`Question`].

mod question;
mod standing;
mod text;

pub use question::Question;
pub use standing::{DecisionView, Told};
pub use text::{Part, Text};

use serde::{Deserialize, Serialize};

use crate::artefact::packed::Packed;
use crate::budget::Budget;
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::{Answer, Outcome};
use crate::model::request::Request;

/// What becomes of one path on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PathDecision {
    /// The first step without a query string; `None` when only an evaluation can tell.
    pub bare: Option<u32>,
    /// With one.
    pub queried: Queried,
    /// Steps lead to later ones, several perhaps to the same.
    pub steps: Vec<Step>,
}

/// What becomes of a path with a query string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Queried {
    /// Only an evaluation can tell.
    #[default]
    Unknown,
    /// The same as without, the query string added at the end of the `Location`.
    Appended,
    /// This is the first step.
    From(u32),
}

/// One step on the way to an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A question, and the steps that yes and no lead to: later ones.
    Ask(Asked, u32, u32),
    /// The end.
    End(Ending),
}

/// Where a question is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Here.
    Own(Question),
    /// In the program, with this number: several fates ask it.
    Shared(u32),
}

/// An answer with holes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// What the request becomes.
    pub effect: Effect,
    /// `Set-Cookie` values, in order.
    pub cookies: Vec<Vec<u8>>,
    /// Request headers the answer varies by: those of them that the request has.
    pub vary: Vec<Vec<u8>>,
}

/// An [`Outcome`] with holes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Path and query go on as they came.
    Nothing,
    /// [`Outcome::Redirect`].
    Redirect(u16, Text),
    /// [`Outcome::Status`].
    Status(u16),
    /// [`Outcome::Serve`].
    Serve(Vec<u8>, Option<Text>),
    /// [`Outcome::Proxy`].
    Proxy(Text),
}

impl PathDecision {
    /// The answer to a plain request for this fate's path on its host; `None` when only an evaluation
    /// can tell. `shared` are the program's questions.
    pub fn answer(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        shared: &Packed<Question>,
        budget: &Budget,
    ) -> Option<Answer> {
        let (first, appended) = match (plain.query, self.queried) {
            (None, _) => (self.bare?, None),
            (Some(_), Queried::From(first)) => (first, None),
            (query, Queried::Appended) => (self.bare?, query),
            (Some(_), Queried::Unknown) => return None,
        };
        let mut answer = self
            .end(first, plain, request, shared, budget)?
            .answer(plain, request);
        answer.append(appended);
        Some(answer)
    }

    /// The end that `first` leads to for a request. `None` when a step leads nowhere, which only
    /// damage can cause.
    fn end(
        &self,
        first: u32,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        shared: &Packed<Question>,
        budget: &Budget,
    ) -> Option<&Ending> {
        let mut at = usize::try_from(first).ok()?;
        loop {
            let (asked, yes, no) = match self.steps.get(at)? {
                Step::End(ending) => return Some(ending),
                Step::Ask(asked, yes, no) => (asked, *yes, *no),
            };
            let question = match asked {
                Asked::Own(question) => question,
                Asked::Shared(number) => shared.get(usize::try_from(*number).ok()?)?,
            };
            let next = if question.holds(plain, request, budget) {
                yes
            } else {
                no
            };
            // Only ever forwards: no fate runs in circles.
            at = usize::try_from(next).ok().filter(|next| *next > at)?;
        }
    }

    /// How it always ends without a query string, if it always ends the same.
    pub fn only_ending(&self) -> Option<&Ending> {
        match self.steps.get(usize::try_from(self.bare?).ok()?)? {
            Step::End(ending) => Some(ending),
            Step::Ask(..) => None,
        }
    }

    /// True when there is nothing to ask and everything is known.
    pub fn is_constant(&self) -> bool {
        let no_questions = self.steps.iter().all(|step| matches!(step, Step::End(_)));
        no_questions && self.bare.is_some() && self.queried != Queried::Unknown
    }
}

impl Answer {
    /// Adds a query string at the end of the `Location`.
    fn append(&mut self, query: Option<&[u8]>) {
        if let (Outcome::Redirect { location, .. }, Some(query)) = (&mut self.outcome, query) {
            location.push(b'?');
            location.extend_from_slice(query);
        }
    }
}

impl Ending {
    fn answer(&self, plain: &NormalizedRequest<'_>, request: &Request<'_>) -> Answer {
        let has_header = |name: &&Vec<u8>| {
            let mut headers = request.headers.iter();
            headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let outcome = self.effect.outcome(plain);
        Answer {
            cookies: self.cookies.clone(),
            vary: self.vary.iter().filter(has_header).cloned().collect(),
            // A rule may make what was there already.
            unchanged: self.cookies.is_empty() && plain.is(&outcome),
            ..Answer::of(outcome)
        }
    }
}

impl Effect {
    fn outcome(&self, plain: &NormalizedRequest<'_>) -> Outcome {
        match self {
            Self::Nothing => plain.served(),
            Self::Redirect(status, location) => Outcome::Redirect {
                status: *status,
                location: location.fill(plain),
            },
            Self::Status(status) => Outcome::Status { status: *status },
            Self::Serve(path, query) => Outcome::Serve {
                path: path.clone(),
                query: query.as_ref().map(|query| query.fill(plain)),
            },
            Self::Proxy(url) => Outcome::Proxy {
                url: url.fill(plain),
            },
        }
    }
}

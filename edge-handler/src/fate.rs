//! What becomes of a path, decided before there is a request.
//!
//! In: a request that is plain, and its path's [`Fate`]. Out: an [`Answer`], or the news that the fate
//! does not say. Absent: finding fates (the compiler evaluates each path beforehand), and looking them
//! up; see [`crate::handler`].
//!
//! A fate holds for one host and one path. What it does not know is the name the client calls the host
//! by, the query string and the headers. Where these only pass through, an answer has holes for them;
//! where a condition asks about them, a [`Course`] has a [`Question`].

mod question;
mod text;

pub use question::{Question, Subject};
pub use text::{Part, Text};

use serde::{Deserialize, Serialize};

use crate::outcome::{Answer, Outcome};
use crate::plain::Plain;
use crate::request::Request;

/// What becomes of one path on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fate {
    /// Without a query string; `None` when only an evaluation can tell.
    pub bare: Option<Course>,
    /// With one.
    pub queried: Queried,
}

/// What becomes of a path with a query string.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Queried {
    /// Only an evaluation can tell.
    #[default]
    Unknown,
    /// The same as without.
    Same,
    /// The same as without, the query string added at the end of the `Location`.
    Appended,
    /// Something else.
    Own(Course),
}

/// Questions, and how things end depending on their answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Course {
    /// The first step is taken first.
    pub steps: Vec<Step>,
}

/// One step of a [`Course`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Yes leads to the next step, no to the one with this number, which is a later one.
    Ask(Question, u32),
    /// The end.
    End(Ending),
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

impl Fate {
    /// The answer to a plain request for this fate's path on its host; `None` when only an evaluation
    /// can tell.
    pub fn answer(&self, plain: &Plain<'_>, request: &Request<'_>) -> Option<Answer> {
        if plain.query.is_none() {
            let ending = self.bare.as_ref()?.end(plain, request)?;
            return Some(ending.answer(plain, request));
        }
        match &self.queried {
            Queried::Unknown => None,
            Queried::Own(course) => Some(course.end(plain, request)?.answer(plain, request)),
            Queried::Same => {
                let ending = self.bare.as_ref()?.end(plain, request)?;
                Some(ending.answer(plain, request))
            }
            Queried::Appended => {
                let ending = self.bare.as_ref()?.end(plain, request)?;
                let mut answer = ending.answer(plain, request);
                append_query(&mut answer, plain);
                Some(answer)
            }
        }
    }
}

fn append_query(answer: &mut Answer, plain: &Plain<'_>) {
    if let (Outcome::Redirect { location, .. }, Some(query)) = (&mut answer.outcome, plain.query) {
        location.push(b'?');
        location.extend_from_slice(query);
    }
}

impl Course {
    /// A course without questions.
    pub fn constant(ending: Ending) -> Self {
        Self {
            steps: vec![Step::End(ending)],
        }
    }

    /// The only ending there is; `None` when there are questions.
    pub fn only_ending(&self) -> Option<&Ending> {
        match self.steps.as_slice() {
            [Step::End(ending)] => Some(ending),
            _ => None,
        }
    }

    /// How it ends for a request. `None` when a step leads nowhere, which only damage can cause.
    fn end(&self, plain: &Plain<'_>, request: &Request<'_>) -> Option<&Ending> {
        let mut at = 0;
        loop {
            match self.steps.get(at)? {
                Step::End(ending) => return Some(ending),
                Step::Ask(question, _) if question.holds(plain, request) => at += 1,
                Step::Ask(_, otherwise) => {
                    // Only ever forwards: no course runs in circles.
                    at = usize::try_from(*otherwise).ok().filter(|next| *next > at)?;
                }
            }
        }
    }
}

impl Ending {
    fn answer(&self, plain: &Plain<'_>, request: &Request<'_>) -> Answer {
        let has_header = |name: &&Vec<u8>| {
            let mut headers = request.headers.iter();
            headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        Answer {
            cookies: self.cookies.clone(),
            vary: self.vary.iter().filter(has_header).cloned().collect(),
            untouched: self.effect == Effect::Nothing && self.cookies.is_empty(),
            ..Answer::of(self.effect.outcome(plain))
        }
    }
}

impl Effect {
    fn outcome(&self, plain: &Plain<'_>) -> Outcome {
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

//! What a precomputed decision says to a request.
//!
//! In: a [`DecisionView`], a request for its path, and the questions of the program. Out: an [`Answer`], or nothing where
//! only an evaluation can tell. Absent: how a decision is written; see [`super::record`].

use super::Question;
use super::record::{At, DecisionView, Queried};
use super::step::{Asked, Effect, Ending, Step};
use crate::artefact::packed::Damaged;
use crate::budget::Budget;
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::{Answer, Outcome};
use crate::model::request::Request;

impl DecisionView<'_> {
    /// The answer to a normalized request for the decision's path on its host; `None` when only an evaluation can tell.
    /// `questions` are the program's.
    ///
    /// # Errors
    /// The decision leads nowhere.
    pub fn answer(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        questions: &[Question],
        budget: &Budget,
    ) -> Result<Option<Answer>, Damaged> {
        let (first, appended) = match (plain.query, self.queried()) {
            (None, _) => (self.bare(), None),
            (Some(_), Queried::From(first)) => (Some(first), None),
            (query, Queried::Appended) => (self.bare(), query),
            (Some(_), Queried::Unknown) => (None, None),
        };
        let Some(first) = first else {
            return Ok(None);
        };
        let ask = |asked: &Asked<'_>| asked.holds(plain, request, questions, budget);
        let answer = self
            .end(first, ask)
            .and_then(|ending| ending.answer(plain, request, appended));
        answer.map(Some).ok_or(Damaged)
    }

    /// The end that `first` leads to, as questions are answered.
    fn end(
        &self,
        first: At,
        mut ask: impl FnMut(&Asked<'_>) -> Option<bool>,
    ) -> Option<Ending<'_>> {
        let mut at = first;
        loop {
            match self.step(at)? {
                Step::End(ending) => return Some(ending),
                Step::Ask(asked, yes, no) => at = if ask(&asked)? { yes } else { no },
            }
        }
    }
}

impl Asked<'_> {
    /// The answer for a request; `None` when the program has no such question.
    fn holds(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        questions: &[Question],
        budget: &Budget,
    ) -> Option<bool> {
        match *self {
            Self::Shared(number) => {
                let question = questions.get(usize::try_from(number).ok()?)?;
                Some(question.holds(plain, request, budget))
            }
            Self::Equal {
                about,
                no_case,
                operand,
            } => {
                let text = about.text(plain, request);
                Some(if no_case {
                    text.eq_ignore_ascii_case(operand)
                } else {
                    *text == *operand
                })
            }
        }
    }
}

impl Ending<'_> {
    /// The answer for a request, with a query string at the end of a `Location`.
    fn answer(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        appended: Option<&[u8]>,
    ) -> Option<Answer> {
        let has_header = |name: &&[u8]| {
            let mut headers = request.headers.iter();
            headers.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let mut outcome = self.effect.outcome(plain)?;
        if let (Outcome::Redirect { location, .. }, Some(query)) = (&mut outcome, appended) {
            location.push(b'?');
            location.extend_from_slice(query);
        }
        // A rule may make what was there already.
        let mut answer = Answer {
            unchanged: plain.is(&outcome),
            ..Answer::of(outcome)
        };
        if !self.more.is_empty() {
            answer.cookies = self.more.cookies().map(<[u8]>::to_vec).collect();
            let vary = self.more.vary().filter(has_header);
            answer.vary = vary.map(<[u8]>::to_vec).collect();
            answer.unchanged &= answer.cookies.is_empty();
        }
        Some(answer)
    }
}

impl Effect<'_> {
    fn outcome(&self, plain: &NormalizedRequest<'_>) -> Option<Outcome> {
        Some(match *self {
            Self::Nothing => plain.served(),
            Self::Redirect(status, location) => Outcome::Redirect {
                status,
                location: location.fill(plain)?,
            },
            Self::Status(status) => Outcome::Status { status },
            Self::Serve(path, query) => Outcome::Serve {
                path: path.to_vec(),
                query: match query {
                    Some(query) => Some(query.fill(plain)?),
                    None => None,
                },
            },
            Self::Proxy(url) => Outcome::Proxy {
                url: url.fill(plain)?,
            },
        })
    }
}

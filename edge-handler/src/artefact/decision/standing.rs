//! Precomputed decisions as zero-copy views.
//!
//! In: the encoding of a [`PathDecision`](super::PathDecision). Out: [`DecisionView`], which borrows it, and with a request what
//! it [says](Told). Absent: questions that take a pattern and are nobody else's; for those a fate is decoded.
//!
//! To decode a fate makes a dozen pieces in memory, each somewhere else, and keeps them. Here its bytes are
//! read once, from front to back: steps lead to later ones only.

use super::{Ending, Queried};
use crate::artefact::packed::{Cursor, Packed};
use crate::budget::Budget;
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::{Answer, Outcome};
use crate::model::request::Request;
use crate::model::subject::About;

/// A fate in postcard's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionView<'a> {
    bare: Option<u32>,
    queried: Queried,
    /// The steps, one after another.
    steps: Cursor<'a>,
}

/// What a fate says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The answer for the request.
    Answer(Answer),
    /// Only an evaluation can tell.
    Nothing,
    /// It has to be decoded to be asked.
    Decode,
}

/// [`Question`](super::Question), borrowed.
struct Question<'a> {
    about: About<'a>,
    /// What the text has to be equal to; `None` for other tests.
    operand: Option<&'a [u8]>,
    no_case: bool,
}

impl<'a> Question<'a> {
    fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        // The variants of [`Subject`](super::Subject), then those of [`Test`](crate::model::rules::Test).
        let about = match bytes.byte()? {
            0 => About::Query,
            1 => About::Host,
            2 => About::Header(bytes.text()?),
            _ => return None,
        };
        let operand = match bytes.byte()? {
            REGEX => {
                bytes.text()?;
                bytes.byte()?;
                None
            }
            EQUAL => Some(bytes.text()?),
            COMPARE | INTEGER => {
                bytes.byte()?;
                bytes.text()?;
                None
            }
            _ => return None,
        };
        let no_case = bytes.flag()?;
        Some(Self {
            about,
            operand,
            no_case,
        })
    }

    /// Its answer; `None` when it has to be decoded.
    fn holds(&self, plain: &NormalizedRequest<'_>, request: &Request<'_>) -> Option<bool> {
        let operand = self.operand?;
        let text = self.about.text(plain, request);
        Some(if self.no_case {
            text.eq_ignore_ascii_case(operand)
        } else {
            *text == *operand
        })
    }
}

/// The variants of [`Test`](crate::model::rules::Test) that questions have are numbered from 0.
const REGEX: u8 = 0;
const EQUAL: u8 = 1;
const COMPARE: u8 = 2;
const INTEGER: u8 = 3;

/// The variants of [`Step`](super::Step) and [`Effect`](super::Effect) are numbered from 0.
const ASK: u8 = 0;
const END: u8 = 1;
const REDIRECT: u8 = 1;

impl<'a> DecisionView<'a> {
    /// Reads the encoding of a [`PathDecision`](super::PathDecision).
    pub fn read(fate: &'a [u8]) -> Option<Self> {
        let mut fate = Cursor::over(fate);
        let bare = fate.optional_number()?;
        let queried = match fate.byte()? {
            0 => Queried::Unknown,
            1 => Queried::Appended,
            2 => Queried::From(fate.number()?),
            _ => return None,
        };
        // How many steps there are: the last one ends, so nobody counts.
        fate.number()?;
        Some(Self {
            bare,
            queried,
            steps: fate,
        })
    }

    /// What it says to a plain request for its path on its host. `shared` are the program's questions.
    pub fn tell(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        shared: &Packed<super::Question>,
        budget: &Budget,
    ) -> Told {
        let first = match (plain.query, self.queried) {
            (Some(_), Queried::From(first)) => Some((first, None)),
            (Some(_), Queried::Unknown) => None,
            (query, Queried::Appended) => self.bare.map(|first| (first, query)),
            (None, _) => self.bare.map(|first| (first, None)),
        };
        match first {
            Some((first, appended)) => self
                .follow(first, appended, plain, request, shared, budget)
                .map_or(Told::Decode, Told::Answer),
            None => Told::Nothing,
        }
    }

    /// The answer that `wanted` leads to.
    fn follow(
        &self,
        mut wanted: u32,
        appended: Option<&[u8]>,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        shared: &Packed<super::Question>,
        budget: &Budget,
    ) -> Option<Answer> {
        let mut steps = self.steps;
        for at in 0_u32.. {
            match (steps.byte()?, at == wanted) {
                (END, true) => return ending(steps, appended, plain, request),
                (END, false) => skip_ending(&mut steps)?,
                (ASK, is_wanted) => {
                    let asked = Asked::take(&mut steps)?;
                    let (yes, no) = (steps.number()?, steps.number()?);
                    if is_wanted {
                        let holds = asked.holds(plain, request, shared, budget)?;
                        wanted = if holds { yes } else { no };
                        if wanted <= at {
                            return None;
                        }
                    }
                }
                _ => return None,
            }
        }
        None
    }
}

/// [`Asked`](super::Asked), borrowed.
enum Asked<'a> {
    Own(Question<'a>),
    Shared(u32),
}

impl<'a> Asked<'a> {
    fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        match bytes.byte()? {
            0 => Question::take(bytes).map(Self::Own),
            1 => bytes.number().map(Self::Shared),
            _ => None,
        }
    }

    /// Its answer; `None` when it has to be decoded.
    fn holds(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        shared: &Packed<super::Question>,
        budget: &Budget,
    ) -> Option<bool> {
        match self {
            Self::Own(question) => question.holds(plain, request),
            Self::Shared(number) => {
                let question = shared.get(usize::try_from(*number).ok()?)?;
                Some(question.holds(plain, request, budget))
            }
        }
    }
}

/// The answer of the [`Ending`] at the front of `bytes`.
fn ending(
    bytes: Cursor<'_>,
    appended: Option<&[u8]>,
    plain: &NormalizedRequest<'_>,
    request: &Request<'_>,
) -> Option<Answer> {
    if let Some(answer) = bare_redirect(bytes, appended, plain) {
        return Some(answer);
    }
    let (ending, _): (Ending, _) = postcard::take_from_bytes(bytes.rest()).ok()?;
    let mut answer = ending.answer(plain, request);
    answer.append(appended);
    Some(answer)
}

/// The same for a redirect without cookies, and without headers to vary by.
fn bare_redirect(
    mut bytes: Cursor<'_>,
    appended: Option<&[u8]>,
    plain: &NormalizedRequest<'_>,
) -> Option<Answer> {
    if bytes.byte()? != REDIRECT {
        return None;
    }
    let (status, count) = (bytes.short()?, bytes.number()?);
    let query = plain.query.unwrap_or_default();
    let mut location = Vec::with_capacity(plain.hostname.len() + query.len() + 64);
    for _ in 0..count {
        location.extend_from_slice(match bytes.byte()? {
            0 => bytes.text()?,
            1 => plain.hostname,
            2 => query,
            _ => return None,
        });
    }
    if !bytes.rest().starts_with(&[0, 0]) {
        return None;
    }
    let mut answer = Answer::of(Outcome::Redirect { status, location });
    answer.append(appended);
    Some(answer)
}

fn skip_ending(bytes: &mut Cursor<'_>) -> Option<()> {
    // The variants of [`Effect`](super::Effect).
    match bytes.byte()? {
        0 => {}
        REDIRECT => {
            bytes.short()?;
            skip_text(bytes)?;
        }
        2 => drop(bytes.short()?),
        3 => {
            bytes.text()?;
            if bytes.flag()? {
                skip_text(bytes)?;
            }
        }
        4 => skip_text(bytes)?,
        _ => return None,
    }
    // Cookies, and headers to vary by.
    for _ in 0..2 {
        for _ in 0..bytes.number()? {
            bytes.text()?;
        }
    }
    Some(())
}

fn skip_text(bytes: &mut Cursor<'_>) -> Option<()> {
    for _ in 0..bytes.number()? {
        if bytes.byte()? == 0 {
            bytes.text()?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::super::{Effect, Part, PathDecision, Step, Text};
    use super::*;
    use crate::budget::Allowance;
    use crate::model::site::HostId;
    use crate::pattern::Pattern;

    fn ending(effect: Effect) -> Ending {
        Ending {
            effect,
            cookies: Vec::new(),
            vary: Vec::new(),
        }
    }

    fn fate(effect: Effect, queried: Queried) -> PathDecision {
        PathDecision {
            bare: Some(0),
            queried,
            steps: vec![Step::End(ending(effect))],
        }
    }

    fn text(first: &str) -> Text {
        let literal = |text: &str| Part::Literal(text.as_bytes().to_vec());
        Text(vec![
            literal(first),
            Part::Host,
            literal("/b?"),
            Part::Query,
        ])
    }

    fn redirect() -> Effect {
        Effect::Redirect(301, text("http://"))
    }

    /// Whether it is read where it stands, with a query string and without.
    fn check(fate: &PathDecision, is_read: [bool; 2]) {
        let questions = [shared()];
        let questions = Packed::new(&questions).unwrap();
        let bytes = postcard::to_allocvec(fate).unwrap();
        let headers: [(&[u8], &[u8]); 1] = [(b"A", b"b")];
        for (query, is_read) in [None, Some(b"a=1".as_slice())].into_iter().zip(is_read) {
            let plain = NormalizedRequest {
                host: HostId(0),
                hostname: b"www.example.com",
                path: b"/a",
                query,
            };
            let request = Request {
                headers: &headers,
                ..Request::get(b"www.example.com", b"/a")
            };
            let told = DecisionView::read(&bytes).unwrap().tell(
                &plain,
                &request,
                &questions,
                &Budget::new(Allowance::APACHE),
            );
            let expected = match fate.answer(
                &plain,
                &request,
                &questions,
                &Budget::new(Allowance::APACHE),
            ) {
                _ if !is_read => Told::Decode,
                Some(answer) => Told::Answer(answer),
                None => Told::Nothing,
            };
            assert_eq!(told, expected, "{fate:?}");
            for length in 0..bytes.len() {
                let cut = DecisionView::read(&bytes[..length]);
                let told = cut.map(|cut| {
                    cut.tell(
                        &plain,
                        &request,
                        &questions,
                        &Budget::new(Allowance::APACHE),
                    )
                });
                let same = told.as_ref().is_none_or(|told| {
                    matches!(told, Told::Decode | Told::Nothing) || *told == expected
                });
                assert!(same, "{length} of {fate:?}");
            }
        }
    }

    fn shared() -> super::super::Question {
        question(
            crate::model::subject::Subject::Host,
            Pattern::new("^www", crate::pattern::PatternOptions::default()),
        )
    }

    fn question(
        subject: crate::model::subject::Subject,
        pattern: Pattern,
    ) -> super::super::Question {
        super::super::Question {
            subject,
            test: crate::model::rules::Test::Regex(pattern),
            no_case: false,
        }
    }

    fn asking(asked: super::super::Asked) -> PathDecision {
        let mut other = ending(Effect::Serve(b"/s".to_vec(), Some(text("x"))));
        other.cookies.push(b"c=d".to_vec());
        other.vary.extend([b"A".to_vec(), b"B".to_vec()]);
        PathDecision {
            bare: Some(0),
            queried: Queried::From(1),
            steps: vec![
                Step::Ask(super::super::Asked::Shared(0), 2, 3),
                Step::Ask(asked, 3, 4),
                Step::End(other),
                Step::End(ending(Effect::Status(410))),
                Step::End(ending(Effect::Proxy(text("http://o/")))),
                Step::End(ending(Effect::Nothing)),
            ],
        }
    }

    #[test]
    fn fates_of_one_end() {
        let serve = Effect::Serve(b"/x".to_vec(), None);
        for queried in [Queried::Unknown, Queried::Appended, Queried::From(0)] {
            let effects = [
                redirect(),
                Effect::Redirect(302, Text::default()),
                Effect::Nothing,
                serve.clone(),
                Effect::Proxy(text("a")),
                Effect::Status(410),
            ];
            for effect in effects {
                check(&fate(effect, queried), [true, true]);
            }
        }
        let none = PathDecision {
            bare: None,
            ..fate(redirect(), Queried::Unknown)
        };
        check(&none, [true, true]);
        let mut cookie = fate(redirect(), Queried::Appended);
        if let Some(Step::End(ending)) = cookie.steps.first_mut() {
            ending.cookies.push(b"a=b".to_vec());
        }
        check(&cookie, [true, true]);
    }

    #[test]
    fn fates_that_ask() {
        use super::super::Asked;
        use crate::model::subject::Subject;
        use crate::pattern::PatternOptions;
        for subject in [
            Subject::Query,
            Subject::Host,
            Subject::Header(b"a".to_vec()),
        ] {
            for pattern in ["^a=1$", "^b$", "^$", "^www\\.example\\.com$"] {
                let pattern = Pattern::new(pattern, PatternOptions::default());
                let asked = question(subject.clone(), pattern);
                check(&asking(Asked::Own(asked.clone().plainly())), [true, true]);
                check(&asking(Asked::Own(asked)), [true, false]);
            }
        }
    }
}

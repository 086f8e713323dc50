//! Fates read where they stand.
//!
//! In: the encoding of a [`Fate`](super::Fate). Out: [`Standing`], which borrows it, and with a request what
//! it [says](Told). Absent: questions that take a pattern and are nobody else's; for those a fate is decoded.
//!
//! To decode a fate makes a dozen pieces in memory, each somewhere else, and keeps them. Here its bytes are
//! read once, from front to back: steps lead to later ones only.

use serde::Deserialize;

use super::{About, Ending, Queried};
use crate::outcome::{Answer, Outcome};
use crate::packed::Packed;
use crate::plain::Plain;
use crate::request::Request;
use crate::rules::Order;
use crate::table::take;

/// A fate in postcard's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    bare: Option<u32>,
    queried: Queried,
    /// The steps, one after another.
    steps: &'a [u8],
}

/// What a fate says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// This.
    Answer(Answer),
    /// Only an evaluation can tell.
    Nothing,
    /// It has to be decoded to be asked.
    Decode,
}

/// [`Part`](super::Part), borrowed.
#[derive(Deserialize)]
enum Part<'a> {
    Literal(&'a [u8]),
    Host,
    Query,
}

/// [`Asked`](super::Asked), borrowed.
#[derive(Deserialize)]
enum Asked<'a> {
    #[serde(borrow)]
    Own(Question<'a>),
    Shared(u32),
}

/// [`Question`](super::Question), borrowed.
#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    subject: Subject<'a>,
    #[serde(borrow)]
    test: Test<'a>,
    no_case: bool,
}

/// [`Subject`](super::Subject), borrowed.
#[derive(Deserialize)]
enum Subject<'a> {
    Query,
    Host,
    Header(&'a [u8]),
}

/// Those of [`Test`](crate::rules::Test) that questions have, borrowed.
#[derive(Deserialize)]
enum Test<'a> {
    Regex(
        #[expect(dead_code, reason = "skipped")] &'a [u8],
        #[expect(dead_code, reason = "skipped")] u8,
    ),
    Equal(&'a [u8]),
    Compare(
        #[expect(dead_code, reason = "skipped")] Order,
        #[expect(dead_code, reason = "skipped")] &'a [u8],
    ),
    Integer(
        #[expect(dead_code, reason = "skipped")] Order,
        #[expect(dead_code, reason = "skipped")] &'a [u8],
    ),
}

impl Question<'_> {
    /// Its answer; `None` when it has to be decoded.
    fn holds(&self, plain: &Plain<'_>, request: &Request<'_>) -> Option<bool> {
        let Test::Equal(operand) = self.test else {
            return None;
        };
        let about = match self.subject {
            Subject::Query => About::Query,
            Subject::Host => About::Host,
            Subject::Header(name) => About::Header(name),
        };
        let text = about.text(plain, request);
        Some(if self.no_case {
            text.eq_ignore_ascii_case(operand)
        } else {
            *text == *operand
        })
    }
}

/// The variants of [`Step`](super::Step) and [`Effect`](super::Effect) are numbered from 0.
const END: u32 = 1;
const REDIRECT: u32 = 1;

impl<'a> Standing<'a> {
    /// Reads the encoding of a [`Fate`](super::Fate).
    pub fn read(mut fate: &'a [u8]) -> Option<Self> {
        let fate = &mut fate;
        let (bare, queried) = (take(fate)?, take(fate)?);
        // How many steps there are: the last one ends, so nobody counts.
        take::<u32>(fate)?;
        Some(Self {
            bare,
            queried,
            steps: fate,
        })
    }

    /// What it says to a plain request for its path on its host. `shared` are the program's questions.
    pub fn tell(
        &self,
        plain: &Plain<'_>,
        request: &Request<'_>,
        shared: &Packed<super::Question>,
    ) -> Told {
        let first = match (plain.query, self.queried) {
            (Some(_), Queried::From(first)) => Some((first, None)),
            (Some(_), Queried::Unknown) => None,
            (query, Queried::Appended) => self.bare.map(|first| (first, query)),
            (None, _) => self.bare.map(|first| (first, None)),
        };
        match first {
            Some((first, appended)) => self
                .follow(first, appended, plain, request, shared)
                .map_or(Told::Decode, Told::Answer),
            None => Told::Nothing,
        }
    }

    /// The answer that `wanted` leads to.
    fn follow(
        &self,
        mut wanted: u32,
        appended: Option<&[u8]>,
        plain: &Plain<'_>,
        request: &Request<'_>,
        shared: &Packed<super::Question>,
    ) -> Option<Answer> {
        let mut rest = self.steps;
        let rest = &mut rest;
        for at in 0_u32.. {
            let is_end = take::<u32>(rest)? == END;
            match (is_end, at == wanted) {
                (true, true) => return ending(rest, appended, plain, request),
                (true, false) => skip_ending(rest)?,
                (false, is_wanted) => {
                    let (asked, yes, no): (Asked<'_>, u32, u32) =
                        (take(rest)?, take(rest)?, take(rest)?);
                    if is_wanted {
                        let holds = match asked {
                            Asked::Own(question) => question.holds(plain, request)?,
                            Asked::Shared(number) => shared
                                .get(usize::try_from(number).ok()?)?
                                .holds(plain, request),
                        };
                        wanted = if holds { yes } else { no };
                        if wanted <= at {
                            return None;
                        }
                    }
                }
            }
        }
        None
    }
}

/// The answer of the [`Ending`] at the front of `bytes`.
fn ending(
    bytes: &mut &[u8],
    appended: Option<&[u8]>,
    plain: &Plain<'_>,
    request: &Request<'_>,
) -> Option<Answer> {
    if let Some(answer) = bare_redirect(bytes, appended, plain) {
        return Some(answer);
    }
    let ending: Ending = take(bytes)?;
    let mut answer = ending.answer(plain, request);
    answer.append(appended);
    Some(answer)
}

/// The same for a redirect without cookies, and without headers to vary by.
fn bare_redirect(mut bytes: &[u8], appended: Option<&[u8]>, plain: &Plain<'_>) -> Option<Answer> {
    let bytes = &mut bytes;
    if take::<u32>(bytes)? != REDIRECT {
        return None;
    }
    let status = take(bytes)?;
    let count = take::<u32>(bytes)?;
    let query = plain.query.unwrap_or_default();
    let mut location = Vec::with_capacity(plain.hostname.len() + query.len() + 64);
    for _ in 0..count {
        location.extend_from_slice(match take(bytes)? {
            Part::Literal(bytes) => bytes,
            Part::Host => plain.hostname,
            Part::Query => query,
        });
    }
    if !bytes.starts_with(&[0, 0]) {
        return None;
    }
    let mut answer = Answer::of(Outcome::Redirect { status, location });
    answer.append(appended);
    Some(answer)
}

fn skip_ending(bytes: &mut &[u8]) -> Option<()> {
    match take::<u32>(bytes)? {
        0 => {}
        REDIRECT => {
            take::<u16>(bytes)?;
            skip_text(bytes)?;
        }
        2 => drop(take::<u16>(bytes)?),
        3 => {
            take::<&[u8]>(bytes)?;
            if take::<bool>(bytes)? {
                skip_text(bytes)?;
            }
        }
        4 => skip_text(bytes)?,
        _ => return None,
    }
    // Cookies, and headers to vary by.
    for _ in 0..2 {
        for _ in 0..take::<u32>(bytes)? {
            take::<&[u8]>(bytes)?;
        }
    }
    Some(())
}

fn skip_text(bytes: &mut &[u8]) -> Option<()> {
    for _ in 0..take::<u32>(bytes)? {
        take::<Part<'_>>(bytes)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::super::{Effect, Fate, Part, Step, Text};
    use super::*;
    use crate::rules::Pattern;
    use crate::site::HostId;

    fn ending(effect: Effect) -> Ending {
        Ending {
            effect,
            cookies: Vec::new(),
            vary: Vec::new(),
        }
    }

    fn fate(effect: Effect, queried: Queried) -> Fate {
        Fate {
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
    fn check(fate: &Fate, is_read: [bool; 2]) {
        let questions = [shared()];
        let questions = Packed::new(&questions).unwrap();
        let bytes = postcard::to_allocvec(fate).unwrap();
        let headers: [(&[u8], &[u8]); 1] = [(b"A", b"b")];
        for (query, is_read) in [None, Some(b"a=1".as_slice())].into_iter().zip(is_read) {
            let plain = Plain {
                host: HostId(0),
                hostname: b"www.example.com",
                path: b"/a",
                query,
            };
            let request = Request {
                headers: &headers,
                ..Request::get(b"www.example.com", b"/a")
            };
            let told = Standing::read(&bytes)
                .unwrap()
                .tell(&plain, &request, &questions);
            let expected = match fate.answer(&plain, &request, &questions) {
                _ if !is_read => Told::Decode,
                Some(answer) => Told::Answer(answer),
                None => Told::Nothing,
            };
            assert_eq!(told, expected, "{fate:?}");
            for length in 0..bytes.len() {
                let cut = Standing::read(&bytes[..length]);
                let told = cut.map(|cut| cut.tell(&plain, &request, &questions));
                let same = told.as_ref().is_none_or(|told| {
                    matches!(told, Told::Decode | Told::Nothing) || *told == expected
                });
                assert!(same, "{length} of {fate:?}");
            }
        }
    }

    fn shared() -> super::super::Question {
        question(
            super::super::Subject::Host,
            Pattern::new("^www", crate::rules::pattern::PatternOptions::default()),
        )
    }

    fn question(subject: super::super::Subject, pattern: Pattern) -> super::super::Question {
        super::super::Question {
            subject,
            test: crate::rules::Test::Regex(pattern),
            no_case: false,
        }
    }

    fn asking(asked: super::super::Asked) -> Fate {
        let mut other = ending(Effect::Serve(b"/s".to_vec(), Some(text("x"))));
        other.cookies.push(b"c=d".to_vec());
        other.vary.extend([b"A".to_vec(), b"B".to_vec()]);
        Fate {
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
        let none = Fate {
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
        use super::super::{Asked, Subject};
        use crate::rules::pattern::PatternOptions;
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

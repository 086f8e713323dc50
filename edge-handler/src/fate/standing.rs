//! Fates of one end, read where they stand.
//!
//! In: the encoding of a [`Fate`](super::Fate). Out: [`Standing`], which borrows it, and with a request the
//! answer. Absent: fates that ask something, set cookies or vary; those are decoded.
//!
//! Nearly all fates are a redirect, whatever the request. To decode one makes half a dozen pieces in
//! memory, each somewhere else; here its bytes are read once, from front to back.

use serde::Deserialize;

use super::Queried;
use crate::outcome::{Answer, Outcome};
use crate::plain::Plain;
use crate::table::take;

/// A fate of one end, in postcard's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    queried: Queried,
    status: u16,
    /// How many parts the `Location` has.
    count: usize,
    /// The parts, one after another, and what comes after them.
    parts: &'a [u8],
}

/// [`Part`](super::Part), borrowed.
#[derive(Deserialize)]
enum Part<'a> {
    Literal(&'a [u8]),
    Host,
    Query,
}

impl<'a> Standing<'a> {
    /// Reads the encoding of a [`Fate`](super::Fate); `None` when it has to be decoded.
    pub fn read(mut fate: &'a [u8]) -> Option<Self> {
        let fate = &mut fate;
        let bare: Option<u32> = take(fate)?;
        let queried: Queried = take(fate)?;
        let one_end = matches!(
            queried,
            Queried::Unknown | Queried::Appended | Queried::From(0)
        );
        // One step, the variant `Step::End`; of the effects `Effect::Redirect`.
        let head: (u32, u32, u32) = take(fate)?;
        if bare != Some(0) || !one_end || head != (1, 1, 1) {
            return None;
        }
        let standing = Self {
            queried,
            status: take(fate)?,
            count: take(fate)?,
            parts: fate,
        };
        standing.is_bare().then_some(standing)
    }

    /// True when no cookies and no headers to vary by follow, and the encoding ends there.
    fn is_bare(&self) -> bool {
        let mut rest = self.parts;
        (0..self.count).all(|_| take::<Part>(&mut rest).is_some()) && rest == [0, 0]
    }

    /// The answer to a plain request for this fate's path on its host; `None` when only an evaluation
    /// can tell.
    pub fn answer(&self, plain: &Plain<'_>) -> Option<Answer> {
        let appended = match (plain.query, self.queried) {
            (Some(_), Queried::Unknown) => return None,
            (query, Queried::Appended) => query,
            _ => None,
        };
        let query = plain.query.unwrap_or_default();
        let room = self.parts.len() + plain.hostname.len() + query.len();
        let mut location = Vec::with_capacity(room);
        let mut parts = self.parts;
        for _ in 0..self.count {
            location.extend_from_slice(match take(&mut parts)? {
                Part::Literal(bytes) => bytes,
                Part::Host => plain.hostname,
                Part::Query => query,
            });
        }
        if let Some(query) = appended {
            location.push(b'?');
            location.extend_from_slice(query);
        }
        Some(Answer::of(Outcome::Redirect {
            status: self.status,
            location,
        }))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::super::{Effect, Ending, Fate, Part, Step, Text};
    use super::*;
    use crate::packed::Packed;
    use crate::request::Request;
    use crate::site::HostId;

    fn fate(effect: Effect, queried: Queried) -> Fate {
        let ending = Ending {
            effect,
            cookies: Vec::new(),
            vary: Vec::new(),
        };
        Fate {
            bare: Some(0),
            queried,
            steps: vec![Step::End(ending)],
        }
    }

    fn redirect() -> Effect {
        let literal = |text: &str| Part::Literal(text.as_bytes().to_vec());
        Effect::Redirect(
            301,
            Text(vec![
                literal("http://"),
                Part::Host,
                literal("/b?"),
                Part::Query,
            ]),
        )
    }

    fn check(fate: &Fate, is_read: bool) {
        let bytes = postcard::to_allocvec(fate).unwrap();
        let standing = Standing::read(&bytes);
        assert_eq!(standing.is_some(), is_read, "{fate:?}");
        let Some(standing) = standing else { return };
        for query in [None, Some(b"a=1".as_slice())] {
            let plain = Plain {
                host: HostId(0),
                hostname: b"www.example.com",
                path: b"/a",
                query,
            };
            let request = Request::get(b"www.example.com", b"/a");
            let expected = fate.answer(&plain, &request, &Packed::default());
            assert_eq!(standing.answer(&plain), expected, "{fate:?}");
        }
        for length in 0..bytes.len() {
            assert_eq!(Standing::read(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn redirects_of_one_end() {
        for queried in [Queried::Unknown, Queried::Appended, Queried::From(0)] {
            check(&fate(redirect(), queried), true);
            check(&fate(Effect::Redirect(302, Text::default()), queried), true);
        }
    }

    #[test]
    fn what_has_to_be_decoded() {
        check(&fate(Effect::Nothing, Queried::Appended), false);
        check(&fate(Effect::Status(410), Queried::From(0)), false);
        check(&fate(redirect(), Queried::From(1)), false);
        check(
            &Fate {
                bare: None,
                ..fate(redirect(), Queried::From(0))
            },
            false,
        );
        let mut two = fate(redirect(), Queried::From(0));
        two.steps.extend(two.steps.clone());
        check(&two, false);
        let mut cookie = fate(redirect(), Queried::Appended);
        if let Some(Step::End(ending)) = cookie.steps.first_mut() {
            ending.cookies.push(b"a=b".to_vec());
        }
        check(&cookie, false);
    }
}

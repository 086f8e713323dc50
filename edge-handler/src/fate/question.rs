//! A condition about something that is not known before there is a request.
//!
//! In: a [`Condition`]. Out: [`Question`], and with a request its answer. Absent: conditions about
//! several things at once; only an evaluation answers those.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::evaluate::text_holds;
use crate::plain::Plain;
use crate::request::Request;
use crate::rules::pattern::PatternOptions;
use crate::rules::{Condition, Piece, Template, Test};

/// What is asked about one [`Subject`]: a condition as it would be without its `!`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked about.
    pub subject: Subject,
    /// What is asked: a question about a text.
    pub test: Test,
    /// `NC` was given.
    pub no_case: bool,
}

/// What of a request is not known beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The query string as the client sent it.
    Query,
    /// The `Host` header.
    Host,
    /// Another header, by its name; its values joined, empty when there is none.
    Header(Vec<u8>),
}

/// A [`Subject`] that borrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'t> {
    /// [`Subject::Query`].
    Query,
    /// [`Subject::Host`].
    Host,
    /// [`Subject::Header`].
    Header(&'t [u8]),
}

impl<'t> About<'t> {
    /// What a test string stands for when it is one variable and nothing else.
    pub fn of(template: &'t Template) -> Option<Self> {
        let Some(Piece::Variable(name)) = template.text().only_piece() else {
            return None;
        };
        if name.eq_ignore_ascii_case(b"QUERY_STRING") {
            return Some(Self::Query);
        }
        let header = crate::evaluate::header_named(name)?;
        Some(if header.eq_ignore_ascii_case(b"Host") {
            Self::Host
        } else {
            Self::Header(header)
        })
    }

    /// It, for a request.
    pub fn text<'r>(self, plain: &Plain<'r>, request: &Request<'r>) -> Cow<'r, [u8]> {
        match self {
            Self::Query => Cow::Borrowed(plain.query.unwrap_or_default()),
            Self::Host => Cow::Borrowed(plain.hostname),
            Self::Header(name) => request.header(name).unwrap_or_default(),
        }
    }
}

impl Subject {
    /// What a test string stands for when it is one variable and nothing else.
    pub fn of(template: &Template) -> Option<Self> {
        Some(match About::of(template)? {
            About::Query => Self::Query,
            About::Host => Self::Host,
            About::Header(name) => Self::Header(name.to_vec()),
        })
    }

    fn about(&self) -> About<'_> {
        match self {
            Self::Query => About::Query,
            Self::Host => About::Host,
            Self::Header(name) => About::Header(name),
        }
    }
}

impl Question {
    /// The question that `condition` asks; `None` when it is none about one text.
    pub fn of(condition: &Condition) -> Option<Self> {
        match &condition.test {
            Test::Regex(_) | Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => {}
            Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => {
                return None;
            }
        }
        Some(Self {
            subject: Subject::of(&condition.subject)?,
            test: condition.test.clone(),
            no_case: condition.no_case,
        })
    }

    /// The same question, a pattern that matches one text and nothing else being a comparison with it:
    /// that can be read where it stands.
    #[must_use]
    pub fn plainly(mut self) -> Self {
        if let Test::Regex(pattern) = &self.test
            && pattern.options == PatternOptions::default()
            && let Some(text) = only_text(&pattern.text)
        {
            self.test = Test::Equal(text);
            self.no_case = false;
        }
        self
    }

    /// Is this the question that `condition` asks?
    pub fn is_of(&self, condition: &Condition) -> bool {
        self.no_case == condition.no_case
            && About::of(&condition.subject) == Some(self.subject.about())
            && self.test == condition.test
    }

    /// Its answer for a request.
    pub fn holds(&self, plain: &Plain<'_>, request: &Request<'_>, budget: &Budget) -> bool {
        let text = self.subject.about().text(plain, request);
        text_holds(&self.test, self.no_case, &text, budget)
    }
}

/// The text that a pattern matches, if that is plain to see: `^`, bytes that mean themselves, `$`.
fn only_text(pattern: &[u8]) -> Option<Vec<u8>> {
    let mut inside = pattern.strip_prefix(b"^")?.strip_suffix(b"$")?.iter();
    let mut text = Vec::with_capacity(pattern.len());
    while let Some(byte) = inside.next() {
        match byte {
            b'\\' => text.push(*inside.next().filter(|byte| byte.is_ascii_punctuation())?),
            b'.' | b'+' | b'*' | b'?' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'|' | b'^'
            | b'$' => return None,
            byte if byte.is_ascii_graphic() => text.push(*byte),
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Pattern;

    fn check(pattern: &str, expected: Option<&str>) {
        assert_eq!(
            only_text(pattern.as_bytes()).as_deref(),
            expected.map(str::as_bytes),
            "{pattern}"
        );
        let Some(text) = expected else { return };
        let pattern = Pattern::new(pattern, PatternOptions::default());
        assert!(pattern.is_match(text.as_bytes()));
        for other in ["", "x", "id=17\n"] {
            assert_eq!(pattern.is_match(other.as_bytes()), other == text, "{other}");
        }
    }

    #[test]
    fn patterns_that_are_a_text() {
        check("^$", Some(""));
        check("^id=17$", Some("id=17"));
        check(r"^a\.b\\$", Some(r"a.b\"));
        for pattern in [
            "id=17", "^id", "^a.$", r"^a\$", r"^\d$", "^a|b$", "^(a)$", "^a{2}$", "^(?i)a$", "^é$",
        ] {
            check(pattern, None);
        }
    }
}

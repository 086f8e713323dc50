//! A condition about something that is not known before there is a request.
//!
//! In: a [`Condition`]. Out: [`Question`], and with a request its answer. Absent: conditions about
//! several things at once; only an evaluation answers those.

use serde::{Deserialize, Serialize};

use super::Asked;
use crate::budget::Budget;
use crate::model::normalized::NormalizedRequest;
use crate::model::request::Request;
use crate::model::rules::text_holds;
use crate::model::rules::{Condition, Test};
use crate::model::subject::{About, Subject};
use crate::pattern::PatternOptions;
use crate::pattern::syntax::Syntax;

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

    /// The same question, a pattern that matches one text and nothing else being a comparison with it: that takes no
    /// engine.
    #[must_use]
    pub fn plainly(mut self) -> Self {
        if let Test::Regex(pattern) = &self.test
            && pattern.options == PatternOptions::default()
            && let Some(text) = pattern.syntax().as_ref().and_then(Syntax::exact_text)
        {
            self.test = Test::Equal(text.to_vec());
            self.no_case = false;
        }
        self
    }

    /// The question as a decision asks it by itself; `None` when its answer takes more than a comparison with a text.
    pub fn asked(&self) -> Option<Asked<'_>> {
        match &self.test {
            Test::Equal(operand) => Some(Asked::Equal {
                about: self.subject.about(),
                no_case: self.no_case,
                operand,
            }),
            Test::Regex(_)
            | Test::Compare(..)
            | Test::Integer(..)
            | Test::File(_)
            | Test::SubrequestUri
            | Test::SubrequestFile
            | Test::Expression(_) => None,
        }
    }

    /// Is this the question that `condition` asks?
    pub fn is_of(&self, condition: &Condition) -> bool {
        self.no_case == condition.no_case
            && About::of(&condition.subject) == Some(self.subject.about())
            && self.test == condition.test
    }

    /// Its answer for a request.
    pub fn holds(
        &self,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        budget: &Budget,
    ) -> bool {
        let text = self.subject.about().text(plain, request);
        text_holds(&self.test, self.no_case, &text, budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn check(pattern: &str, expected: Option<&str>) {
        let asked = Pattern::new(pattern, PatternOptions::default());
        let syntax = asked.syntax();
        let found = syntax.as_ref().and_then(Syntax::exact_text);
        assert_eq!(found, expected.map(str::as_bytes), "{pattern}");
        let Some(text) = expected else { return };
        assert!(asked.is_match(text.as_bytes()));
        for other in ["", "x", "id=17\n"] {
            assert_eq!(asked.is_match(other.as_bytes()), other == text, "{other}");
        }
    }

    #[test]
    fn patterns_that_are_a_text() {
        check("^$", Some(""));
        check("^id=17$", Some("id=17"));
        check(r"^a\.b\\$", Some(r"a.b\"));
        check(r"^a[.]\x41$", Some("a.A"));
        check("^é$", Some("é"));
        for pattern in [
            "id=17", "^id", "^a.$", r"^a\$", r"^\d$", "^a|b$", "^(a)$", "^a{2}$", "^(?i)a$",
        ] {
            check(pattern, None);
        }
    }
}

//! Rules read where they stand.
//!
//! In: the encoding of a [`Rule`](crate::model::rules::Rule). Out: [`RuleView`], which borrows it. Absent: rules with conditions, and
//! with what few rules have; those are decoded.
//!
//! To decode a rule makes several pieces in memory, each somewhere else, and keeps them. The bytes of one
//! are two or three lines in a row.

use crate::artefact::packed::Cursor;
use crate::model::rules::{Replacement, RuleFlags, TemplateText};
use crate::pattern::PatternOptions;
use crate::pattern::matching::{Captures, glance};

/// A rule in postcard's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleView<'a> {
    pattern: &'a [u8],
    options: PatternOptions,
    /// What it does.
    pub replacement: Replacement<'a>,
}

impl<'a> RuleView<'a> {
    /// Reads the encoding of a [`Rule`](crate::model::rules::Rule); `None` when it has to be decoded.
    pub fn read(rule: &'a [u8]) -> Option<Self> {
        let mut rule = Cursor::over(rule);
        // Its place.
        rule.number()?;
        rule.number()?;
        let pattern = rule.text()?;
        let options = PatternOptions::from_bits(rule.byte()?)?;
        // How many conditions there are.
        if rule.number()? != 0 {
            return None;
        }
        let substitution = TemplateText::new(rule.text()?);
        let (flags, status) = (RuleFlags::from_bits(rule.number()?)?, rule.short()?);
        // How many rules to skip, rounds, and no extras.
        rule.number()?;
        rule.number()?;
        (rule.rest() == [0]).then_some(Self {
            pattern,
            options,
            replacement: Replacement {
                substitution,
                flags,
                status,
            },
        })
    }

    /// Does its pattern match? `None` when that is not to be told while reading it.
    pub fn find(&self, subject: &[u8], captures: &mut Captures) -> Option<bool> {
        glance(self.pattern, self.options, subject, captures)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::model::rules::{Condition, Place, Rule, Template, Test};
    use crate::pattern::Pattern;

    const PLACE: Place = Place { file: 3, line: 700 };

    fn rule() -> Rule {
        let pattern = Pattern::new("^/a/(.*)$", PatternOptions::default());
        Rule {
            substitution: Template::new("/b/$1"),
            flags: RuleFlags::FORCE_REDIRECT | RuleFlags::LAST | RuleFlags::UNC,
            status: 301,
            ..Rule::new(PLACE, pattern)
        }
    }

    fn check(rule: &Rule, is_read: bool) {
        let bytes = postcard::to_allocvec(rule).unwrap();
        let standing = RuleView::read(&bytes);
        assert_eq!(standing.is_some(), is_read, "{rule:?}");
        if let Some(standing) = standing {
            assert_eq!(standing.pattern, rule.pattern.text);
            assert_eq!(standing.options, rule.pattern.options);
            assert_eq!(Some(standing.replacement), rule.replacement());
        }
        for length in 0..bytes.len() {
            assert_eq!(RuleView::read(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_rule_without_conditions_is_read() {
        check(&rule(), true);
    }

    #[test]
    fn others_are_decoded() {
        let mut rare = rule();
        rare.extras_mut().environment.push(Template::new("a:b"));
        check(&rare, false);
        assert_eq!(rare.replacement(), None);
        let condition = Condition {
            place: PLACE,
            subject: Template::new("%{HTTP_HOST}"),
            test: Test::Equal(b"a".to_vec()),
            negated: false,
            no_case: false,
            or_next: false,
            no_vary: false,
        };
        let conditional = Rule {
            conditions: vec![condition],
            ..rule()
        };
        check(&conditional, false);
    }
}

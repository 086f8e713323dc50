//! Rules as bytes: written once in a program, asked where they stand.
//!
//! In: a [`Rule`], or its record. Out: the record; [`RuleView`], which borrows either. Absent: where records lie; see
//! [`crate::artefact::index`].
//!
//! ```text
//! number of the pattern, flags, line, status     four bytes each, of the status two, the lowest first
//! file, number of the details                    as postcard has them; the number is one more, or 0 for none
//! substitution                                   to its end
//! ```
//!
//! Most rules are that and no more. What others have, their conditions first of all, are [`Details`]: a record of its own in
//! postcard's encoding, which is decoded when somebody asks, once.

use serde::{Deserialize, Serialize};

use super::pattern::PatternView;
use super::shared::Shared;
use crate::artefact::packed::{Damaged, push_number, take_short};
use crate::budget::Budget;
use crate::model::rules::{
    Condition, Extras, Place, Rule, RuleFlags, Screen, Screens, Template, TemplateText,
};
use crate::pattern::matching::Captures;

/// What most rules do not have.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    conditions: Vec<Condition>,
    skip: u32,
    max_rounds: u32,
    extras: Option<Box<Extras>>,
    #[serde(skip)]
    screens: Screens,
}

/// [`Details`], to be written.
#[derive(Serialize)]
struct DetailsOf<'r> {
    conditions: &'r [Condition],
    skip: u32,
    max_rounds: u32,
    extras: Option<&'r Extras>,
}

/// What most rules do not have, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct DetailsView<'a> {
    /// [`Rule::conditions`].
    pub conditions: &'a [Condition],
    /// [`Rule::screens`].
    screens: Option<&'a Screens>,
    /// [`Rule::skip`].
    pub skip: u32,
    /// [`Rule::max_rounds`].
    pub max_rounds: u32,
    /// [`Rule::extras`].
    pub extras: Option<&'a Extras>,
}

impl DetailsView<'static> {
    /// A rule about which nothing is said.
    const NONE: Self = Self {
        conditions: &[],
        screens: None,
        skip: 0,
        max_rounds: Rule::MAX_ROUNDS,
        extras: None,
    };
}

impl<'a> DetailsView<'a> {
    /// The stretch of conditions in which the one at `at` is, where they can be told at once.
    pub fn screen_about(&self, at: usize) -> Option<&'a Screen> {
        self.screens?.about(self.conditions, at)
    }

    /// [`Rule::extras`], which may have nothing in it.
    pub fn extras(&self) -> &'a Extras {
        self.extras.unwrap_or(Extras::NONE)
    }
}

impl<'a> From<&'a Details> for DetailsView<'a> {
    fn from(details: &'a Details) -> Self {
        let Details {
            conditions,
            skip,
            max_rounds,
            extras,
            screens,
        } = details;
        Self {
            conditions,
            screens: Some(screens),
            skip: *skip,
            max_rounds: *max_rounds,
            extras: extras.as_deref(),
        }
    }
}

/// A rule, from wherever it stands.
#[derive(Debug, Clone, Copy)]
pub struct RuleView<'a> {
    /// [`Rule::place`].
    pub place: Place,
    /// [`Rule::flags`].
    pub flags: RuleFlags,
    /// [`Rule::status`].
    pub status: u16,
    substitution: &'a [u8],
    rest: Rest<'a>,
}

/// Where pattern and details of a rule stand.
#[derive(Debug, Clone, Copy)]
enum Rest<'a> {
    /// In memory, in the rule.
    Alone(&'a Rule),
    /// In the bytes of a program, under the number of the pattern, and one less than that of the details.
    Written(&'a Shared, u32, u32),
}

impl<'a> RuleView<'a> {
    /// Reads a record.
    ///
    /// # Errors
    /// The bytes are no record.
    #[inline]
    pub fn written(record: &'a [u8], shared: &'a Shared) -> Result<Self, Damaged> {
        Self::read(record, shared).ok_or(Damaged)
    }

    #[inline]
    fn read(record: &'a [u8], shared: &'a Shared) -> Option<Self> {
        let (pattern, record) = take_number(record)?;
        let (flags, record) = take_number(record)?;
        let (line, record) = take_number(record)?;
        let (status, record) = record.split_first_chunk()?;
        let (file, record) = take_short(record)?;
        let (details, substitution) = take_short(record)?;
        Some(Self {
            place: Place { file, line },
            flags: RuleFlags::from_bits(flags)?,
            status: u16::from_le_bytes(*status),
            substitution,
            rest: Rest::Written(shared, pattern, details),
        })
    }

    /// [`Rule::pattern`].
    ///
    /// # Errors
    /// Its bytes are damaged.
    #[inline]
    pub fn pattern(&self) -> Result<PatternView<'a>, Damaged> {
        match self.rest {
            Rest::Alone(rule) => Ok(PatternView::from(&rule.pattern)),
            Rest::Written(shared, number, _) => PatternView::written(&shared.patterns, number),
        }
    }

    /// [`Rule::substitution`].
    pub fn substitution(&self) -> TemplateText<'a> {
        TemplateText::new(self.substitution)
    }

    /// Does the pattern, or its `!`, say yes? What the groups match goes into `groups`.
    ///
    /// # Errors
    /// The bytes of the pattern are damaged.
    #[inline]
    pub fn matches(
        &self,
        subject: &[u8],
        groups: &mut Captures,
        budget: &Budget,
    ) -> Result<bool, Damaged> {
        let is_found = self.pattern()?.find(subject, groups, budget);
        Ok(is_found != self.flags.contains(RuleFlags::NEGATED))
    }

    /// What most rules do not have.
    ///
    /// # Errors
    /// Its bytes are damaged.
    #[inline]
    pub fn details(&self) -> Result<DetailsView<'a>, Damaged> {
        match self.rest {
            Rest::Alone(rule) => Ok(details_of(rule)),
            Rest::Written(shared, _, number) => match number.checked_sub(1) {
                None => Ok(DetailsView::NONE),
                Some(number) => decoded(shared, number),
            },
        }
    }

    /// A copy of the rule: for the desk, which has a whole configuration.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn to_rule(&self) -> Result<Rule, Damaged> {
        let DetailsView {
            conditions,
            screens: _,
            skip,
            max_rounds,
            extras,
        } = self.details()?;
        Ok(Rule {
            conditions: conditions.to_vec(),
            substitution: Template::new(self.substitution),
            flags: self.flags,
            status: self.status,
            skip,
            max_rounds,
            extras: extras.cloned().map(Box::new),
            ..Rule::new(self.place, self.pattern()?.to_pattern())
        })
    }
}

fn decoded(shared: &Shared, number: u32) -> Result<DetailsView<'_>, Damaged> {
    let made = shared.details.made(number, |record| {
        let (details, rest) = postcard::take_from_bytes(record).ok()?;
        rest.is_empty().then_some(details)
    });
    made.map(DetailsView::from).ok_or(Damaged)
}

fn take_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn details_of(rule: &Rule) -> DetailsView<'_> {
    DetailsView {
        conditions: &rule.conditions,
        screens: Some(&rule.screens),
        skip: rule.skip,
        max_rounds: rule.max_rounds,
        extras: rule.extras.as_deref(),
    }
}

impl Rule {
    /// The rule, borrowed.
    pub fn view(&self) -> RuleView<'_> {
        RuleView {
            place: self.place,
            flags: self.flags,
            status: self.status,
            substitution: &self.substitution.source,
            rest: Rest::Alone(self),
        }
    }
}

/// The record of `rule`; `pattern` and `details` are the numbers of what it has of [`Shared`].
pub(super) fn record(rule: &Rule, pattern: u32, details: Option<u32>) -> Vec<u8> {
    let Rule {
        place: Place { file, line },
        pattern: _,
        conditions: _,
        substitution,
        flags,
        status,
        skip: _,
        max_rounds: _,
        extras: _,
        screens: _,
    } = rule;
    let mut bytes = Vec::with_capacity(16 + substitution.source.len());
    for number in [pattern, flags.bits(), *line] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(status.to_le_bytes());
    push_number(&mut bytes, *file);
    push_number(
        &mut bytes,
        details.map_or(0, |number| number.saturating_add(1)),
    );
    bytes.extend_from_slice(&substitution.source);
    bytes
}

/// The record of what few rules have and `rule` has; `None` where it has nothing of it.
pub(super) fn details_record(rule: &Rule) -> Option<Result<Vec<u8>, postcard::Error>> {
    let details = DetailsOf {
        conditions: &rule.conditions,
        skip: rule.skip,
        max_rounds: rule.max_rounds,
        extras: rule.extras.as_deref(),
    };
    let is_usual = rule.conditions.is_empty()
        && rule.skip == 0
        && rule.max_rounds == Rule::MAX_ROUNDS
        && rule.extras.is_none();
    (!is_usual).then(|| postcard::to_allocvec(&details))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::artefact::shared::SharedBuilder;
    use crate::model::rules::Test;
    use crate::pattern::{Pattern, PatternOptions};

    fn rule() -> Rule {
        let pattern = Pattern::new("^/a/(.*)$", PatternOptions::CASELESS);
        Rule {
            substitution: Template::new("/b/$1"),
            flags: RuleFlags::FORCE_REDIRECT | RuleFlags::LAST | RuleFlags::UNC,
            status: 301,
            ..Rule::new(Place { file: 3, line: 700 }, pattern)
        }
    }

    fn check(change: impl FnOnce(&mut Rule)) {
        let mut rule = rule();
        change(&mut rule);
        assert_eq!(rule.view().to_rule(), Ok(rule.clone()));
        let mut builder = SharedBuilder::default();
        let record = builder.rule(&rule).unwrap();
        let shared = builder.finish();
        let view = RuleView::written(&record, &shared).unwrap();
        assert_eq!(view.to_rule(), Ok(rule));
        for length in 0..16 {
            assert!(RuleView::written(&record[..length], &shared).is_err());
        }
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Whatever it says: it ends.
            _ = RuleView::written(&flipped, &shared).and_then(|view| view.to_rule());
        }
        let none = Shared::default();
        let lost = RuleView::written(&record, &none).unwrap();
        assert_eq!(lost.pattern().err(), Some(Damaged));
    }

    #[test]
    fn what_was_written_is_read() {
        check(|_| ());
        check(|rule| rule.pattern.options = PatternOptions::default());
        check(|rule| rule.skip = 1);
        check(|rule| rule.max_rounds = 7);
        check(|rule| rule.extras_mut().environment.push(Template::new("a:b")));
        check(|rule| {
            rule.conditions.push(Condition {
                place: rule.place,
                subject: Template::new("%{HTTP_HOST}"),
                test: Test::Equal(b"a".to_vec()),
                negated: false,
                no_case: false,
                or_next: false,
                no_vary: false,
            });
        });
    }

    #[test]
    fn details_that_are_damaged_are_not_missing() {
        let mut rule = rule();
        rule.skip = 1;
        // With a byte behind it.
        let mut details = details_record(&rule).unwrap().unwrap();
        details.push(0);
        let mut other = SharedBuilder::default();
        let pattern = other.pattern(&rule.pattern).unwrap();
        let number = other.details.number(&details).unwrap();
        let record = record(&rule, pattern, Some(number));
        let shared = other.finish();
        let view = RuleView::written(&record, &shared).unwrap();
        assert_eq!(view.details().err(), Some(Damaged));
    }
}

//! Rules as bytes: written once, read where they stand.
//!
//! In: a [`Rule`], or its record. Out: the record; [`RuleView`], which borrows it, and the rule that is decoded of it.
//! Absent: where records lie; see [`crate::artefact::packed::Packed`].
//!
//! ```text
//! file, line, flags, status
//! pattern, its options
//! substitution
//! conditions, rules to skip, rounds, extras        in postcard's encoding; nothing for a rule that has none of them
//! ```
//!
//! To decode a rule makes several pieces in memory, each somewhere else, and keeps them. The bytes of one are two or three
//! lines in a row.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::artefact::packed::{Cursor, push_number, push_text};
use crate::model::rules::{
    Condition, Extras, Place, Replacement, Rule, RuleFlags, Template, TemplateText,
};
use crate::pattern::matching::{Captures, glance};
use crate::pattern::{Pattern, PatternOptions};

/// What most rules do not have, to be read: conditions, rules to skip, rounds, extras.
type Rest = (Vec<Condition>, u32, u32, Option<Box<Extras>>);

/// [`Rest`], to be written.
type RestOf<'r> = (&'r [Condition], u32, u32, Option<&'r Extras>);

/// A rule that borrows its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleView<'a> {
    /// Where the rule stands in the configuration.
    pub place: Place,
    pattern: &'a [u8],
    options: PatternOptions,
    substitution: &'a [u8],
    /// [`Rule::flags`].
    pub flags: RuleFlags,
    status: u16,
    /// [`Rest`]; empty where there is none.
    rest: &'a [u8],
}

impl<'a> RuleView<'a> {
    /// Reads the encoding of a [`Rule`], its length before its record; `None` when it is none.
    pub fn read(encoded: &'a [u8]) -> Option<Self> {
        let mut encoded = Cursor::over(encoded);
        let record = encoded.text()?;
        encoded.rest().is_empty().then(|| Self::over(record))?
    }

    /// Reads a record; `None` when it is none.
    fn over(record: &'a [u8]) -> Option<Self> {
        let mut record = Cursor::over(record);
        Some(Self {
            place: Place {
                file: record.number()?,
                line: record.number()?,
            },
            flags: RuleFlags::from_bits(record.number()?)?,
            status: record.short()?,
            pattern: record.text()?,
            options: PatternOptions::from_bits(record.byte()?)?,
            substitution: record.text()?,
            rest: record.rest(),
        })
    }

    /// What the rule does, where it has no conditions and does no more than that; `None` for others, which have to be
    /// decoded.
    pub fn replacement(&self) -> Option<Replacement<'a>> {
        self.rest.is_empty().then(|| Replacement {
            substitution: TemplateText::new(self.substitution),
            flags: self.flags,
            status: self.status,
        })
    }

    /// Does its pattern match? `None` when that is not to be told while reading it.
    pub fn find(&self, subject: &[u8], captures: &mut Captures) -> Option<bool> {
        glance(self.pattern, self.options, subject, captures)
    }

    /// The rule, decoded; `None` when its bytes are damaged.
    fn to_rule(self) -> Option<Rule> {
        let Self {
            place,
            pattern,
            options,
            substitution,
            flags,
            status,
            rest,
        } = self;
        let rule = Rule {
            substitution: Template::new(substitution),
            flags,
            status,
            ..Rule::new(place, Pattern::new(pattern, options))
        };
        if rest.is_empty() {
            return Some(rule);
        }
        let (conditions, skip, max_rounds, extras): Rest = match postcard::take_from_bytes(rest) {
            Ok((rest, [])) => rest,
            Ok(_) | Err(_) => return None,
        };
        Some(Rule {
            conditions,
            skip,
            max_rounds,
            extras,
            ..rule
        })
    }
}

/// The record of `rule`.
fn record(rule: &Rule) -> Result<Vec<u8>, postcard::Error> {
    let Rule {
        place: Place { file, line },
        pattern,
        conditions,
        substitution,
        flags,
        status,
        skip,
        max_rounds,
        extras,
        screens: _,
    } = rule;
    let length = 16 + pattern.text.len() + substitution.source.len();
    let mut bytes = Vec::with_capacity(length);
    for number in [*file, *line, flags.bits(), u32::from(*status)] {
        push_number(&mut bytes, number);
    }
    push_text(&mut bytes, &pattern.text);
    bytes.push(pattern.options.bits());
    push_text(&mut bytes, &substitution.source);
    let rest: RestOf<'_> = (conditions, *skip, *max_rounds, extras.as_deref());
    if is_usual(rest) {
        return Ok(bytes);
    }
    postcard::to_extend(&rest, bytes)
}

/// What a rule has about which nothing is said.
fn is_usual((conditions, skip, max_rounds, extras): RestOf<'_>) -> bool {
    conditions.is_empty() && skip == 0 && max_rounds == Rule::MAX_ROUNDS && extras.is_none()
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = record(self).map_err(serde::ser::Error::custom)?;
        serializer.serialize_bytes(&record)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = <&[u8]>::deserialize(deserializer)?;
        let rule = RuleView::over(record).and_then(RuleView::to_rule);
        rule.ok_or_else(|| D::Error::custom("not a rule"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::model::rules::Test;

    fn rule() -> Rule {
        let pattern = Pattern::new("^/a/(.*)$", PatternOptions::CASELESS);
        Rule {
            substitution: Template::new("/b/$1"),
            flags: RuleFlags::FORCE_REDIRECT | RuleFlags::LAST | RuleFlags::UNC,
            status: 301,
            ..Rule::new(Place { file: 3, line: 700 }, pattern)
        }
    }

    /// Is a rule that differs by `change` answered where it stands?
    fn check(change: impl FnOnce(&mut Rule), is_whole: bool) {
        let mut rule = rule();
        change(&mut rule);
        let bytes = postcard::to_allocvec(&rule).unwrap();
        assert_eq!(postcard::from_bytes::<Rule>(&bytes).unwrap(), rule);
        let view = RuleView::read(&bytes).unwrap();
        assert_eq!(view.place, rule.place);
        assert_eq!(view.replacement().is_some(), is_whole, "{rule:?}");
        if let Some(replacement) = view.replacement() {
            assert_eq!(Some(replacement), rule.replacement());
        }
        for length in 0..bytes.len() {
            assert_eq!(RuleView::read(&bytes[..length]), None, "{length}");
            assert!(postcard::from_bytes::<Rule>(&bytes[..length]).is_err());
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Whatever it says: it ends.
            _ = RuleView::read(&flipped);
            _ = postcard::from_bytes::<Rule>(&flipped);
        }
    }

    #[test]
    fn what_was_written_is_read() {
        check(|_| (), true);
        check(
            |rule| rule.pattern.options = PatternOptions::default(),
            true,
        );
        check(|rule| rule.skip = 1, false);
        check(|rule| rule.max_rounds = 7, false);
        check(
            |rule| rule.extras_mut().environment.push(Template::new("a:b")),
            false,
        );
        check(
            |rule| {
                rule.conditions.push(Condition {
                    place: rule.place,
                    subject: Template::new("%{HTTP_HOST}"),
                    test: Test::Equal(b"a".to_vec()),
                    negated: false,
                    no_case: false,
                    or_next: false,
                    no_vary: false,
                });
            },
            false,
        );
    }

    #[test]
    fn bytes_behind_a_record_are_damage() {
        let mut bytes = record(&rule()).unwrap();
        bytes.push(0);
        assert_eq!(RuleView::over(&bytes).and_then(RuleView::to_rule), None);
    }
}

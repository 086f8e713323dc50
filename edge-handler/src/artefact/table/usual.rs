//! The rules of a key as most are, in a dozen bytes.
//!
//! In: one rule without conditions that matches the text of its key and nothing else. Out: the bytes of what is its own,
//! and from these the rule. Absent: other rules; those are written whole.
//!
//! ```text
//! position, file, line, flags, status      the line counts from the position, where it stands behind it
//! substitution                             nothing where the decision of the same text says it
//! ```
//!
//! A normalized request is answered by the decision beside the rule; the rule is for all other requests.

use super::Placed;
use crate::artefact::decision::{DecisionView, Effect, Part, Step};
use crate::artefact::packed::{Cursor, push_number};
use crate::model::rules::{Place, Rule, RuleFlags, Template};
use crate::pattern::{Pattern, PatternOptions, exactly};

/// A redirect has one, and a status of one byte is better than one of two.
const USUAL_STATUS: u16 = 300;

/// What is known of a rule before its bytes are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The text of the key.
    pub text: &'a [u8],
    /// What the decision of the same text leads to, as far as a rule would say it.
    pub target: &'a [u8],
}

/// What the decision in `record` leads to, as far as a rule would say it; empty where that is nothing.
pub(super) fn target(record: &[u8]) -> &[u8] {
    let decision = DecisionView::read(record);
    let target = decision.and_then(|decision| first_target(&decision));
    target.unwrap_or_default()
}

fn first_target<'a>(decision: &DecisionView<'a>) -> Option<&'a [u8]> {
    let literal = |part| match part {
        Part::Literal(text) => Some(text),
        Part::Host | Part::Query => None,
    };
    decision.steps().find_map(|(_, step)| match step {
        Step::Ask(..) => None,
        Step::End(ending) => match ending.effect {
            Effect::Redirect(_, text) | Effect::Proxy(text) => {
                text.parts().filter_map(literal).last()
            }
            Effect::Serve(path, _) => Some(path),
            Effect::Nothing | Effect::Status(_) => None,
        },
    })
}

/// The bytes of `rule`; `None` when it is not as most are.
pub(super) fn write(placed: &Placed, known: Known<'_>) -> Option<Vec<u8>> {
    let Placed { position, item } = placed;
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
    } = item;
    let mut bytes = Vec::new();
    push_number(&mut bytes, *position);
    push_number(&mut bytes, *file);
    push_number(&mut bytes, line.checked_sub(*position)?);
    push_number(&mut bytes, flags.bits());
    push_number(&mut bytes, u32::from(status ^ USUAL_STATUS));
    if substitution.source != known.target {
        bytes.extend_from_slice(&substitution.source);
    }
    // Whatever else there is to a rule, it is usual where these bytes are enough.
    let is_usual = read(&bytes, known).as_ref() == Some(placed);
    is_usual.then_some(bytes)
}

/// The rule that [`write`] made `bytes` of; `None` when they are damaged.
pub(super) fn read(bytes: &[u8], known: Known<'_>) -> Option<Placed> {
    let mut bytes = Cursor::over(bytes);
    let (position, file) = (bytes.number()?, bytes.number()?);
    let line = bytes.number()?.checked_add(position)?;
    let flags = RuleFlags::from_bits(bytes.number()?)?;
    let status = bytes.short()? ^ USUAL_STATUS;
    let substitution = match bytes.rest() {
        [] => known.target,
        own => own,
    };
    let pattern = Pattern::new(exactly(known.text), PatternOptions::default());
    Some(Placed {
        position,
        item: Rule {
            substitution: Template::new(substitution),
            flags,
            status,
            ..Rule::new(Place { file, line }, pattern)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artefact::decision::{Builder, EndingBuf, Queried, TextBuf};

    const KNOWN: Known<'_> = Known {
        text: b"/a.b",
        target: b"/c",
    };

    fn usual() -> Placed {
        let pattern = Pattern::new(r"^/a\.b$", PatternOptions::default());
        let rule = Rule {
            substitution: Template::new("/c"),
            flags: RuleFlags::FORCE_REDIRECT | RuleFlags::LAST,
            status: 301,
            ..Rule::new(Place { file: 3, line: 700 }, pattern)
        };
        Placed {
            position: 600,
            item: rule,
        }
    }

    /// How many bytes a rule takes that differs by `change` from the usual one.
    fn check(change: impl FnOnce(&mut Placed), length: Option<usize>) {
        let mut rule = usual();
        change(&mut rule);
        let bytes = write(&rule, KNOWN);
        assert_eq!(bytes.as_ref().map(Vec::len), length, "{rule:?}");
        let Some(bytes) = bytes else { return };
        assert_eq!(read(&bytes, KNOWN), Some(rule));
        for length in 0..6 {
            assert_eq!(read(&bytes[..length], KNOWN), None, "{length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = read(&flipped, KNOWN);
        }
    }

    #[test]
    fn usual_rules_are_short() {
        check(|_| (), Some(6));
        check(|rule| rule.item.status = 65_535, Some(8));
        check(
            |rule| rule.item.substitution = Template::new("/other"),
            Some(12),
        );
        check(|rule| rule.item.flags = RuleFlags::all(), Some(9));
    }

    #[test]
    fn other_rules_are_not_usual() {
        check(|rule| rule.item.place.line = 5, None);
        check(|rule| rule.item.substitution = Template::default(), None);
        check(|rule| rule.item.skip = 1, None);
        check(|rule| rule.item.max_rounds = 1, None);
        check(|rule| rule.item.pattern.text = b"^/a.b$".to_vec(), None);
        check(
            |rule| rule.item.pattern.options = PatternOptions::CASELESS,
            None,
        );
        check(
            |rule| rule.item.extras_mut().escapes = Some(Vec::new()),
            None,
        );
        check(
            |rule| {
                let test = crate::model::rules::Test::SubrequestUri;
                let condition = crate::model::rules::Condition {
                    place: rule.item.place,
                    subject: Template::default(),
                    test,
                    negated: false,
                    no_case: false,
                    or_next: false,
                    no_vary: false,
                };
                rule.item.conditions.push(condition);
            },
            None,
        );
    }

    #[test]
    fn a_decision_says_what_a_rule_would() {
        let check = |effect: Effect<'_>, expected: &[u8]| {
            let mut builder = Builder::default();
            let end = builder.end(&EndingBuf::new(effect, &[], &[]));
            let decision = builder.finish(Some(end), Queried::Unknown);
            assert_eq!(target(decision.bytes()), expected);
        };
        let here = TextBuf::of([Part::Literal(b"http://"), Part::Host, Part::Literal(b"/c")]);
        let there = TextBuf::of([Part::Literal(b"http://o/"), Part::Query]);
        check(Effect::Redirect(301, here.text()), b"/c");
        check(Effect::Redirect(301, there.text()), b"http://o/");
        check(Effect::Serve(b"/d", None), b"/d");
        check(Effect::Status(410), b"");
    }
}

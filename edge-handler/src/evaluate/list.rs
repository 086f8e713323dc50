//! A list of rules from top to bottom (`apply_rewrite_list`).
//!
//! In: a record and the rule sets that apply. Out: the record changed, and an [`Action`] that says
//! how. Absent: one rule; see `rule`. What is made of the result; see `server` and `directory`.

use crate::artefact::rule::RuleView;
use crate::model::outcome::Event;
use crate::model::rules::{RuleFlags, RuleSetId};
use crate::source::Source;

use super::record::Record;
use super::rounds::Rounds;
use super::rule::{Effect, RuleContext};
use super::{Halt, RULE_STEPS, Run};

/// Twice `LimitRequestLine`: what a rewritten name may not exceed.
pub(crate) const LONGEST_NAME: usize = 2 * 8190;

/// Marks a name that the next URL mapper is to see instead of the URL-path.
pub(crate) const PASS_THROUGH: &[u8] = b"passthrough:";

/// What came of a list (`ACTION_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing was substituted.
    Unchanged,
    /// Substituted; a redirect is escaped.
    Normal,
    /// Substituted; a redirect is sent as it stands.
    NoEscape,
    /// A rule asked for this status (`ACTION_STATUS`).
    Status(u16),
    /// A rule's result is not safe: this status (`ACTION_STATUS_SET`).
    Refused(u16),
}

/// What came of a list, and the last rule that substituted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rewritten<'a> {
    pub action: Action,
    pub last: Option<RuleView<'a>>,
}

/// Several rule sets as one list with one numbering: what inheritance makes of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'s> {
    sets: &'s [RuleSetId],
}

impl<'s> Rules<'s> {
    pub fn new(sets: &'s [RuleSetId]) -> Self {
        Self { sets }
    }

    /// The first rule at `from` or after that may match.
    fn next<'a, S: Source>(
        self,
        run: &Run<'a, S>,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, RuleView<'a>)>, Halt> {
        let mut start = 0;
        for set in self.sets {
            let count = run.source.rule_count(*set);
            if from < start + count {
                let inside = from.saturating_sub(start);
                if let Some((at, rule)) = run.next_rule(*set, inside, subject)? {
                    return Ok(Some((start + at, rule)));
                }
            }
            start += count;
        }
        Ok(None)
    }

    /// The position after the chain that the rule at `at` belongs to.
    fn after_chain<'a, S: Source>(
        self,
        run: &Run<'a, S>,
        mut at: usize,
        rule: &RuleView<'a>,
        subject: &[u8],
    ) -> Result<usize, Halt> {
        let mut flags = rule.flags;
        while flags.contains(RuleFlags::CHAIN) {
            at += 1;
            match self.next(run, at, subject)? {
                Some((found, next)) if found == at => flags = next.flags,
                _ => break,
            }
        }
        Ok(at + 1)
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Applies rules in order; `directory` is the prefix in per-directory context.
    pub(crate) fn apply_rewrite_list(
        &mut self,
        record: &mut Record<'a>,
        rules: Rules<'_>,
        directory: Option<&'a [u8]>,
    ) -> Result<Rewritten<'a>, Halt> {
        let mut context = RuleContext::new(directory);
        let mut result = Rewritten {
            action: Action::Unchanged,
            last: None,
        };
        let mut round: u32 = 1;
        let mut at = 0;
        context.read_subject(record);
        while let Some((found, rule)) = rules.next(self, at, &context.uri)? {
            at = found + 1;
            self.count_try(RULE_STEPS, context.uri.len())?;
            if record.main.is_some()
                && rule
                    .flags
                    .intersects(RuleFlags::NO_SUBREQUEST | RuleFlags::FORCE_REDIRECT)
            {
                continue;
            }
            let effect = self.apply_rewrite_rule(&rule, record, &mut context)?;
            if effect == Effect::None {
                at = rules.after_chain(self, found, &rule, &context.uri)?;
                continue;
            }
            if !rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
                result.last = Some(rule);
            }
            if record.filename().len() > LONGEST_NAME {
                result.action = Action::Status(500);
                return Ok(result);
            }
            record.add_vary(std::mem::take(&mut context.vary));
            if let Effect::Refused(status) = effect {
                result.action = Action::Refused(status);
                return Ok(result);
            }
            if rule.flags.contains(RuleFlags::STATUS) {
                self.trace(rule.place, || Event::Answered(rule.status));
                result.action = Action::Status(rule.status);
                return Ok(result);
            }
            if effect == Effect::Substituted {
                result.action = substituted(rule.flags);
            }
            if rule.flags.contains(RuleFlags::PASS_THROUGH) {
                let name = record.filename();
                record.filename = Some([PASS_THROUGH, name].concat());
                result.action = Action::Normal;
                break;
            }
            if rule.flags.contains(RuleFlags::END) {
                record.ended = true;
                break;
            }
            if rule.flags.intersects(RuleFlags::PROXY | RuleFlags::LAST) {
                break;
            }
            if effect == Effect::Substituted {
                context.read_subject(record);
            }
            if rule.flags.contains(RuleFlags::NEXT) {
                round += 1;
                at = 0;
                if found == 0 {
                    match self.remaining_rounds(&rule, record, &mut context)? {
                        Rounds::Made(more) => round = round.saturating_add(more),
                        Rounds::TooLong => round = u32::MAX,
                    }
                }
                if round >= rule.details()?.max_rounds {
                    result.action = Action::Status(500);
                    return Ok(result);
                }
            } else {
                at += rule.details()?.skip as usize;
            }
        }
        Ok(result)
    }
}

fn substituted(flags: RuleFlags) -> Action {
    if flags.contains(RuleFlags::NO_ESCAPE) {
        Action::NoEscape
    } else {
        Action::Normal
    }
}

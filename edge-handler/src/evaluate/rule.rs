//! One rule (`apply_rewrite_rule`).
//!
//! In: a rule, a record, what the rules before found. Out: the record changed, and an [`Effect`].
//! Absent: the order of rules; see `list`.

use crate::artefact::rule::RuleView;
use crate::model::outcome::Event;
use crate::model::rules::RuleFlags;
use crate::source::Source;

use super::expand::Full;
use super::knowledge::{QuestionMark, conditions_hold};
use super::record::Record;
use super::{Halt, Run};
use crate::pattern::matching::Captures;
use crate::text::escape::is_absolute_uri;

/// Marks a name that another server answers.
pub(super) const PROXY: &[u8] = b"proxy:";

/// What a rule did (`rule_return_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// The rule did not apply.
    None,
    /// The rule applied and has no substitution.
    Applied,
    /// The rule replaced the path.
    Substituted,
    /// Its result is not safe: this status.
    Refused(u16),
}

/// Groups of a match, with the text they point into (`backrefinfo`).
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The text; for a rule it is [`RuleContext::uri`].
    pub source: Vec<u8>,
    pub captures: Captures,
    /// Whether there was a match at all.
    pub set: bool,
    /// Whether the match was assumed: then what matched is not known.
    pub assumed: bool,
}

/// What one list of rules carries from rule to rule (`rewrite_ctx`).
#[derive(Debug)]
pub(super) struct RuleContext<'a> {
    /// The per-directory prefix; `None` in server context.
    pub directory: Option<&'a [u8]>,
    /// What rules are matched with.
    pub uri: Vec<u8>,
    /// `$N`. Its `source` stays empty: the text is `uri`.
    pub rule: Groups,
    /// `%N`.
    pub condition: Groups,
    /// Captures to match with, kept for reuse.
    pub scratch: Captures,
    /// Request headers the condition at hand looked at.
    pub vary_this: Vec<Vec<u8>>,
    /// Request headers that decided the rule.
    pub vary: Vec<Vec<u8>>,
}

impl<'a> RuleContext<'a> {
    pub fn new(directory: Option<&'a [u8]>) -> Self {
        Self {
            directory,
            uri: Vec::new(),
            rule: Groups::default(),
            condition: Groups::default(),
            scratch: Captures::default(),
            vary_this: Vec::new(),
            vary: Vec::new(),
        }
    }

    /// What the rules are matched with from here on: in server context the path as rewritten so
    /// far, in a directory the file name with path info, relative to the directory.
    pub fn read_subject(&mut self, record: &Record<'_>) {
        self.uri.clear();
        self.uri.extend_from_slice(record.filename());
        let Some(directory) = self.directory else {
            return;
        };
        self.uri.extend_from_slice(&record.path_info);
        if !record.is_proxied() && self.uri.starts_with(directory) {
            self.uri.drain(..directory.len());
        }
    }
}

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn apply_rewrite_rule(
        &mut self,
        rule: &RuleView<'a>,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<Effect, Halt> {
        if !rule.matches(&context.uri, &mut context.rule.captures, self.budget)? {
            self.trace_unmatched(rule.place, &context.uri);
            return Ok(Effect::None);
        }
        let details = rule.details()?;
        context.rule.set = !rule.flags.contains(RuleFlags::NEGATED);
        context.condition.set = false;
        context.vary_this.clear();
        context.vary.clear();
        let mut known = Full::new(self, record, context, None);
        if !conditions_hold(&details, &mut known)? {
            self.trace(rule.place, || Event::Stopped);
            return Ok(Effect::None);
        }
        let no_substitution = rule.flags.contains(RuleFlags::NO_SUBSTITUTION);
        let mut new_uri = Vec::new();
        if !no_substitution {
            let mut mark = QuestionMark::for_rule(rule.flags);
            self.expand_substitution(rule, &details, record, context, &mut mark, &mut new_uri)?;
            if mark.is_unsafe() {
                self.trace(rule.place, || Event::Answered(403));
                return Ok(Effect::Refused(403));
            }
        }
        self.expand_environment(details.extras(), record, context)?;
        self.expand_cookies(details.extras(), record, context)?;
        if no_substitution {
            self.note_type(rule.flags, details.extras(), record, context)?;
            self.trace(rule.place, || Event::Applied);
            return Ok(Effect::Applied);
        }
        self.substitute(rule, record, context, new_uri);
        self.note_type(rule.flags, details.extras(), record, context)?;
        Ok(Effect::Substituted)
    }

    /// Puts the new path in place (the second half of `apply_rewrite_rule`).
    fn substitute(
        &mut self,
        rule: &RuleView<'a>,
        record: &mut Record<'a>,
        context: &RuleContext<'a>,
        mut new_uri: Vec<u8>,
    ) {
        let flags = rule.flags;
        let mut prefix_added = false;
        if !record.is_proxied() && !new_uri.starts_with(b"/") && is_absolute_uri(&new_uri).is_none()
        {
            if let Some(directory) = context.directory {
                new_uri.splice(0..0, directory.iter().copied());
                prefix_added = true;
            } else if !flags.intersects(RuleFlags::PROXY | RuleFlags::FORCE_REDIRECT) {
                new_uri.insert(0, b'/');
                prefix_added = true;
            }
        }
        record.filename = Some(new_uri);
        if context.directory.is_some() && flags.contains(RuleFlags::DISCARD_PATH_INFO) {
            record.path_info.clear();
        }
        record.splitout_queryargs(flags);
        if flags.contains(RuleFlags::PROXY) {
            self.fully_qualify_uri(record);
            self.trace(rule.place, || Event::Proxied(record.filename().to_vec()));
            record.filename = Some([PROXY, record.filename()].concat());
            return;
        }
        if flags.contains(RuleFlags::FORCE_REDIRECT) {
            self.fully_qualify_uri(record);
            record.status = rule.status;
            self.trace(rule.place, || Event::Redirected(record.filename().to_vec()));
            return;
        }
        self.reduce_uri(record);
        if is_absolute_uri(record.filename()).is_some() {
            record.status = rule.status;
            self.trace(rule.place, || Event::Redirected(record.filename().to_vec()));
            return;
        }
        let literal = rule.substitution().source().starts_with(b"//");
        if !flags.contains(RuleFlags::UNC) && !prefix_added && !literal {
            record.merge_leading_slashes();
        }
        self.trace(rule.place, || Event::Rewrote(record.filename().to_vec()));
    }
}

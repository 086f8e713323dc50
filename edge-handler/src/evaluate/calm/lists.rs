//! Does a rule or a redirect have a say?
//!
//! In: what [`Calm`] says has to be asked, and a plain request. Out: whether nothing has a say. Absent:
//! applying a rule: one that may apply is left to the evaluation.

use crate::fate::About;
use crate::plain::Plain;
use crate::request::Request;
use crate::rules::{
    Condition, Piece, RedirectListId, RedirectMatcher, Rule, RuleFlags, RuleSetId, Test,
};
use crate::site::{Host, Site};
use crate::source::{Missing, Source};

use super::super::glob::alias_matches;
use super::super::text_holds;
use super::Calm;

impl Calm {
    /// True when `plain` surely goes on as it came. Does not allocate unless a rule is at hand.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    pub fn leaves_alone<S: Source>(
        &self,
        site: &Site,
        source: &S,
        plain: &Plain<'_>,
        request: &Request<'_>,
    ) -> Result<bool, Missing> {
        let host = usize::try_from(plain.host.0)
            .ok()
            .and_then(|at| site.hosts.get(at));
        let Some(host) = host.filter(|host| !self.is_busy(site, host, plain.path)) else {
            return Ok(false);
        };
        let asking = Asking {
            source,
            host,
            plain,
            request,
        };
        if let Some(set) = self.server
            && asking.may_apply(set, plain.path)?
        {
            return Ok(false);
        }
        for list in &self.redirects {
            if asking.may_redirect(*list)? {
                return Ok(false);
            }
        }
        for set in &self.root {
            if asking.may_apply(*set, plain.path.get(1..).unwrap_or_default())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

struct Asking<'c, S> {
    source: &'c S,
    host: &'c Host,
    plain: &'c Plain<'c>,
    request: &'c Request<'c>,
}

impl<S: Source> Asking<'_, S> {
    /// May some rule of `set` apply?
    fn may_apply(&self, set: RuleSetId, subject: &[u8]) -> Result<bool, Missing> {
        let mut at = 0;
        while let Some((found, rule)) = self.source.next_rule(set, at, subject)? {
            at = found + 1;
            let negated = rule.flags.contains(RuleFlags::NEGATED);
            if rule.pattern.is_match(subject) != negated && !self.surely_stops(rule) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_redirect(&self, list: RedirectListId) -> Result<bool, Missing> {
        let path = self.plain.path;
        let mut at = 0;
        while let Some((found, redirect)) = self.source.next_redirect(list, at, path)? {
            at = found + 1;
            let matches = match &redirect.matcher {
                RedirectMatcher::Section => true,
                RedirectMatcher::Prefix(prefix) => alias_matches(path, prefix).is_some(),
                RedirectMatcher::Regex(pattern) => pattern.is_match(path),
            };
            if matches {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Do the conditions of `rule` surely stop it? The order is that of `conditions_hold`; a
    /// condition that cannot be answered here ends the search.
    fn surely_stops(&self, rule: &Rule) -> bool {
        let conditions = &rule.conditions;
        let mut at = 0;
        while let Some(condition) = conditions.get(at) {
            let Some(holds) = self.holds(condition) else {
                return false;
            };
            if !holds && !condition.or_next {
                return true;
            }
            while holds && conditions.get(at).is_some_and(|member| member.or_next) {
                at += 1;
            }
            at += 1;
        }
        false
    }

    /// Does a condition hold that is about one thing that is known? `None` for any other.
    fn holds(&self, condition: &Condition) -> Option<bool> {
        if let Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) =
            condition.test
        {
            return None;
        }
        let answer = match About::of(&condition.subject) {
            Some(about) => {
                let text = about.text(self.plain, self.request);
                text_holds(&condition.test, condition.no_case, &text)
            }
            None => text_holds(
                &condition.test,
                condition.no_case,
                self.variable(condition)?,
            ),
        };
        Some(answer != condition.negated)
    }

    /// What a test string of one variable stands for, if that is the same all along the way.
    fn variable(&self, condition: &Condition) -> Option<&[u8]> {
        let [Piece::Variable(name)] = condition.subject.pieces.as_slice() else {
            return None;
        };
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("REQUEST_URI") {
            Some(self.plain.path)
        } else if is("HTTPS") {
            Some(if self.host.tls { b"on" } else { b"off" })
        } else if is("REQUEST_METHOD") {
            Some(b"GET")
        } else {
            None
        }
    }
}

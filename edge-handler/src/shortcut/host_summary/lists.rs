//! What do the rules and redirects say about a plain request?
//!
//! In: what [`HostSummary`] says has to be asked, and a plain request. Out: [`Said`]. Absent: applying a rule that
//! does more than redirect; such a one is left to the evaluation.

use crate::budget::Budget;
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::Answer;
use crate::model::request::Request;
use crate::model::rules::{MatcherView, RedirectListId, RuleFlags, RuleSetId};
use crate::model::site::Site;
use crate::source::{Find, Matched, Unavailable};

use super::HostSummary;
use super::direct_redirect::DirectRedirect;
use super::partial::{Known, Partial, Unclear};
use crate::evaluate::alias::target_of;
use crate::evaluate::knowledge::conditions_hold;
use crate::pattern::matching::Captures;

/// Rules take a step each, so many at once: most requests try one or two.
const TRIED_AT_ONCE: u64 = 32;

/// What the lists say about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer in a box would be an allocation for each"
)]
pub enum Said {
    /// It goes on as it came.
    Nothing,
    /// The answer of the line that applies.
    Answer(Answer),
    /// Only an evaluation can tell.
    Unclear,
}

impl HostSummary {
    /// What becomes of `plain`. Does not allocate unless a rule is at hand.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    pub fn says<'f>(
        &self,
        site: &Site,
        finder: &impl Find<'f>,
        plain: &NormalizedRequest<'_>,
        request: &Request<'_>,
        budget: &Budget,
    ) -> Result<Said, Unavailable> {
        let host = usize::try_from(plain.host.0)
            .ok()
            .and_then(|at| site.hosts.get(at));
        let Some(host) = host.filter(|host| !self.is_busy(site, host, plain.path, budget)) else {
            return Ok(Said::Unclear);
        };
        let asking = Asking {
            calm: self,
            finder,
            budget,
            known: Known {
                host,
                plain,
                request,
            },
        };
        asking.all()
    }
}

struct Asking<'c, F> {
    calm: &'c HostSummary,
    finder: &'c F,
    budget: &'c Budget,
    known: Known<'c>,
}

impl<'f, F: Find<'f>> Asking<'_, F> {
    /// The lists in an order that does not matter: where two have a say, an evaluation tells.
    fn all(&self) -> Result<Said, Unavailable> {
        let path = self.known.plain.path;
        let straight = self.calm.straight.as_ref();
        if let Some(set) = self.calm.server {
            let said = self.rules(set, path, straight)?;
            if said != Said::Nothing {
                return Ok(said);
            }
        }
        for list in &self.calm.sections {
            if self.redirects(*list, None)? != Said::Nothing {
                return Ok(Said::Unclear);
            }
        }
        let said = self.redirects(self.calm.redirects, straight)?;
        if said != Said::Nothing {
            return Ok(said);
        }
        for set in &self.calm.root {
            let below = path.get(1..).unwrap_or_default();
            if self.rules(*set, below, None)? != Said::Nothing {
                return Ok(Said::Unclear);
            }
        }
        Ok(Said::Nothing)
    }

    /// What `set` says about `subject`; `straight` is for server context.
    fn rules(
        &self,
        set: RuleSetId,
        subject: &[u8],
        straight: Option<&DirectRedirect>,
    ) -> Result<Said, Unavailable> {
        let Some(found) = self.finder.rules(set, subject)? else {
            return Ok(Said::Nothing);
        };
        let mut chained = false;
        let mut tried = 0;
        for held in found.walk() {
            let held = held?;
            let flags = held.flags();
            let mut groups = Captures::default();
            let matched = found.matched(held, subject, &mut groups, self.budget)?;
            tried += 1;
            if tried % TRIED_AT_ONCE == 0 && self.budget.spend(TRIED_AT_ONCE).is_err() {
                return Ok(Said::Unclear);
            }
            // A chain that fails skips rules: those that follow may be among them.
            chained |= flags.contains(RuleFlags::CHAIN);
            let Some(rule) = matched else {
                continue;
            };
            let mut partial = Partial::new(&self.known, &groups, flags, self.budget);
            let (conditions, replacement) = match rule {
                Matched::Plain(replacement) => (Ok(true), Some(replacement)),
                Matched::Decoded(rule) => (conditions_hold(rule, &mut partial), rule.replacement()),
            };
            match conditions {
                Ok(false) => {}
                Ok(true) if !chained => {
                    let straight = straight.zip(replacement);
                    let answer = straight.and_then(|(straight, replacement)| {
                        straight.rule(&replacement, &mut partial)
                    });
                    return Ok(answer.map_or(Said::Unclear, Said::Answer));
                }
                Ok(true) | Err(Unclear) => return Ok(Said::Unclear),
            }
        }
        Ok(Said::Nothing)
    }

    /// What `list` says; `straight` is for server context.
    fn redirects(
        &self,
        list: RedirectListId,
        straight: Option<&DirectRedirect>,
    ) -> Result<Said, Unavailable> {
        let path = self.known.plain.path;
        // Where it leads; `None` where only an evaluation can tell.
        let first = self.finder.first_redirect(list, path, |redirect| {
            if self.budget.spend(1).is_err() || redirect.matcher == MatcherView::Section {
                return Some(None);
            }
            let target = target_of(&redirect, path, &mut Captures::default(), self.budget)?;
            Some(Some((redirect.status, target)))
        })?;
        let Some(first) = first else {
            return Ok(Said::Nothing);
        };
        let answer = straight
            .zip(first)
            .and_then(|(straight, (status, target))| {
                straight.redirect(status, target, &self.known)
            });
        Ok(answer.map_or(Said::Unclear, Said::Answer))
    }
}

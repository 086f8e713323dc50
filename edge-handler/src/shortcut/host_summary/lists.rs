//! What do the rules and redirects say about a plain request?
//!
//! In: what [`HostSummary`] says has to be asked, and a plain request. Out: [`Said`]. Absent: applying a rule that
//! does more than redirect; such a one is left to the evaluation.

use crate::artefact::redirect::MatcherView;
use crate::budget::Budget;
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::Answer;
use crate::model::request::Request;
use crate::model::rules::{RedirectListId, RuleFlags, RuleSetId};
use crate::model::site::Site;
use crate::source::{Find, Unavailable};

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
        // Those of a rule that matched before: the next that matches replaces them, and one with `!` has none.
        let mut groups = Captures::default();
        for rule in found.walk() {
            let rule = rule?;
            let matches = rule.matches(subject, &mut groups, self.budget)?;
            tried += 1;
            if tried % TRIED_AT_ONCE == 0 && self.budget.spend(TRIED_AT_ONCE).is_err() {
                return Ok(Said::Unclear);
            }
            // A chain that fails skips rules: those that follow may be among them.
            chained |= rule.flags.contains(RuleFlags::CHAIN);
            if !matches {
                continue;
            }
            let details = rule.details()?;
            let mut partial = Partial::new(&self.known, &groups, rule.flags, self.budget);
            let conditions = conditions_hold(&details, &mut partial);
            match conditions {
                Ok(false) => {}
                Ok(true) if !chained => {
                    let straight = straight.filter(|_| details.extras.is_none());
                    let answer = straight.and_then(|straight| straight.rule(&rule, &mut partial));
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
            if self.budget.spend(1).is_err() || matches!(redirect.matcher, MatcherView::Section) {
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

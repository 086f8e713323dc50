//! What do the rules and redirects say about a plain request?
//!
//! In: what [`Calm`] says has to be asked, and a plain request. Out: [`Said`]. Absent: applying a rule that
//! does more than redirect; such a one is left to the evaluation.

use std::borrow::Cow;

use crate::artefact::table::Undecoded;
use crate::budget::Budget;
use crate::model::outcome::Answer;
use crate::model::plain::Plain;
use crate::model::request::Request;
use crate::model::rules::{
    Condition, Piece, RedirectListId, RedirectMatcher, Rule, RuleFlags, RuleSetId, Template, Test,
};
use crate::model::site::Site;
use crate::source::{Find, Unavailable};

use super::Calm;
use super::straight::{Known, Matched, Straight};
use crate::model::rules::Marks;
use crate::model::rules::text_holds;
use crate::pattern::matching::Captures;
use crate::text::prefix::alias_matches;

/// Rules take a step each, so many at once: most requests try one or two.
const TRIED_AT_ONCE: u64 = 32;

/// What the lists say about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It goes on as it came.
    Nothing,
    /// The answer of the line that applies.
    Answer(Answer),
    /// Only an evaluation can tell.
    Unclear,
}

impl Calm {
    /// What becomes of `plain`. Does not allocate unless a rule is at hand.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    pub fn says<'f>(
        &self,
        site: &Site,
        finder: &impl Find<'f>,
        plain: &Plain<'_>,
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

/// Do the conditions of a rule let it through?
enum Conditions<'r> {
    Stop,
    Hold(Matched<'r>),
    /// One of them cannot be answered here.
    Unclear,
}

struct Asking<'c, F> {
    calm: &'c Calm,
    finder: &'c F,
    budget: &'c Budget,
    known: Known<'c>,
}

impl<'c, 'f, F: Find<'f>> Asking<'c, F> {
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
        straight: Option<&Straight>,
    ) -> Result<Said, Unavailable> {
        let Some(found) = self.finder.rules(set, subject)? else {
            return Ok(Said::Nothing);
        };
        let mut chained = false;
        let mut tried = 0;
        for held in found.walk() {
            let mut groups = Captures::default();
            let rule = found.tried(held?, subject, &mut groups, self.budget)?;
            tried += 1;
            if tried % TRIED_AT_ONCE == 0 && self.budget.spend(TRIED_AT_ONCE).is_err() {
                return Ok(Said::Unclear);
            }
            // A chain that fails skips rules: those that follow may be among them.
            chained |= rule.flags.contains(RuleFlags::CHAIN);
            if !rule.matches {
                continue;
            }
            let conditions = rule.conditional.map(|rule| self.conditions(rule));
            match conditions.unwrap_or(Conditions::Hold(None)) {
                Conditions::Stop => {}
                Conditions::Hold(matched) if !chained => {
                    let straight = straight.zip(rule.replacement);
                    let answer = straight.and_then(|(straight, replacement)| {
                        straight.rule(&replacement, &groups, &matched, &self.known)
                    });
                    return Ok(answer.map_or(Said::Unclear, Said::Answer));
                }
                Conditions::Hold(_) | Conditions::Unclear => return Ok(Said::Unclear),
            }
        }
        Ok(Said::Nothing)
    }

    /// What `list` says; `straight` is for server context.
    fn redirects(
        &self,
        list: RedirectListId,
        straight: Option<&Straight>,
    ) -> Result<Said, Unavailable> {
        let path = self.known.plain.path;
        let unless_unclear = |answer: Option<Answer>| answer.map_or(Said::Unclear, Said::Answer);
        match self.finder.first_redirect(list, path) {
            Undecoded::Absent => return Ok(Said::Nothing),
            Undecoded::Found(first) => {
                let answer = straight.and_then(|straight| straight.prefix(&first, &self.known));
                return Ok(unless_unclear(answer));
            }
            Undecoded::Unknown => {}
        }
        let Some(found) = self.finder.redirects(list, path)? else {
            return Ok(Said::Nothing);
        };
        let mut at = 0;
        while let Some((position, redirect)) = found.next(at)? {
            at = position + 1;
            if self.budget.spend(1).is_err() {
                return Ok(Said::Unclear);
            }
            let matches = match &redirect.matcher {
                RedirectMatcher::Section => true,
                RedirectMatcher::Prefix(prefix) => alias_matches(path, prefix).is_some(),
                RedirectMatcher::Regex(pattern) => {
                    pattern.find(path, &mut Captures::new(), self.budget)
                }
            };
            if matches {
                let answer = straight
                    .and_then(|straight| straight.redirect(redirect, &self.known, self.budget));
                return Ok(unless_unclear(answer));
            }
        }
        Ok(Said::Nothing)
    }

    /// The order is that of `conditions_hold`; a condition that cannot be answered here ends it.
    fn conditions(&self, rule: &Rule) -> Conditions<'c> {
        let conditions = &rule.conditions;
        let (mut at, mut matched) = (0, None);
        // Thousands of conditions may ask about one header: it is looked for once.
        let mut subject: Option<(&Template, Cow<'c, [u8]>)> = None;
        let mut marks = Marks::default();
        while let Some(condition) = conditions.get(at) {
            let known = subject.take();
            let known = known.filter(|(template, _)| **template == condition.subject);
            let Some((template, text)) = known.or_else(|| self.subject(&condition.subject)) else {
                return Conditions::Unclear;
            };
            if let Some(screen) = rule.screens.about(conditions, at) {
                if !screen.has(&marks) {
                    marks = screen.mark(&text, self.budget);
                }
                at = screen.next(at, &marks);
            }
            let Some(condition) = conditions.get(at) else {
                return Conditions::Unclear;
            };
            let Some((holds, groups)) = holds(condition, &text, self.budget) else {
                return Conditions::Unclear;
            };
            matched = groups.map(|groups| (groups, text.clone())).or(matched);
            subject = Some((template, text));
            if !holds && !condition.or_next {
                return Conditions::Stop;
            }
            while holds && conditions.get(at).is_some_and(|member| member.or_next) {
                at += 1;
            }
            at += 1;
        }
        Conditions::Hold(matched)
    }

    /// What a test string stands for that is one thing, and known. `None` for any other.
    fn subject<'t>(&self, template: &'t Template) -> Option<(&'t Template, Cow<'c, [u8]>)> {
        let Some(Piece::Variable(name)) = template.text().only_piece() else {
            return None;
        };
        Some((template, self.known.variable(name)?))
    }
}

/// Does a condition about a text hold? `None` for any other. With the groups of a pattern that matches.
fn holds(condition: &Condition, text: &[u8], budget: &Budget) -> Option<(bool, Option<Captures>)> {
    let mut matched = None;
    let answer = match &condition.test {
        Test::Regex(pattern) => {
            let mut groups = Captures::default();
            let answer = pattern.find(text, &mut groups, budget);
            matched = (answer && !condition.negated).then_some(groups);
            answer
        }
        Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => {
            text_holds(&condition.test, condition.no_case, text, budget)
        }
        Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => {
            return None;
        }
    };
    Some((answer != condition.negated, matched))
}

//! A request for a text that a rule or redirect matches.
//!
//! In: a [`Site`], a position in it and a text. Out: a [`Request`]. Absent: finding the text.

use std::collections::HashMap;

use edgewright_engine::model::rules::{
    RedirectListId, RedirectMatcher, Rule, RuleFlags, RuleSetId,
};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;

use super::constraint::constraints;
use super::draft::{Aim, Draft};
use super::sample::{Groups, sample};
use super::scope::{List, Scope, scopes};
use super::{HITS, Request, in_scope};
use crate::reading::Position;

/// Where the lists of a site apply.
#[derive(Debug)]
pub(crate) struct Aiming<'s> {
    site: &'s Site,
    rules: HashMap<RuleSetId, Scope<'s>>,
    redirects: HashMap<RedirectListId, Scope<'s>>,
}

impl<'s> Aiming<'s> {
    /// Of a list that applies in several places, the first counts.
    pub fn of(site: &'s Site) -> Self {
        let mut aiming = Self {
            site,
            rules: HashMap::new(),
            redirects: HashMap::new(),
        };
        for (scope, list) in scopes(site) {
            match list {
                List::Rules(id) => _ = aiming.rules.entry(id).or_insert(scope),
                List::Redirects(id) => _ = aiming.redirects.entry(id).or_insert(scope),
                List::Proxy(_) => {}
            }
        }
        aiming
    }

    /// A request for which the rule or redirect at `position` is matched with `text`, its conditions
    /// fulfilled as far as that is easy. `None` for a list that applies nowhere.
    pub fn request(&self, position: Position, text: &[u8]) -> Option<Request> {
        match position {
            Position::Rule(set, at) => {
                let scope = self.rules.get(&set)?;
                let rule = self.rule(set, at)?;
                Some(self.draft(scope, rule, in_scope(scope, text), 0).finish())
            }
            Position::Redirect(list, at) => {
                let scope = self.redirects.get(&list)?;
                let path = self.below(scope, list, at, text)?;
                Some(Draft::plain(scope, path).finish())
            }
            Position::MapEntry(..) => None,
        }
    }

    /// The URL-path of the directory or section that `set` stands in, without a slash at its end: empty for the root.
    pub fn base(&self, set: RuleSetId) -> Option<&[u8]> {
        Some(&self.rules.get(&set)?.base)
    }

    /// A request for `target` on the host that `set` stands in.
    pub fn anywhere(&self, set: RuleSetId, target: Vec<u8>) -> Option<Request> {
        let draft = Draft::plain(self.rules.get(&set)?, b"/".to_vec());
        Some(Request {
            target,
            ..draft.finish()
        })
    }

    /// A request for `target` on the host that `list` stands in.
    pub fn anywhere_redirected(&self, list: RedirectListId, target: Vec<u8>) -> Option<Request> {
        let draft = Draft::plain(self.redirects.get(&list)?, b"/".to_vec());
        Some(Request {
            target,
            ..draft.finish()
        })
    }

    /// Requests like those of [`Self::request`], for texts made of the pattern at `position`; none for a pattern that
    /// is negated.
    pub fn others(&self, position: Position) -> Vec<Request> {
        match position {
            Position::Rule(set, at) => {
                let found = self.rules.get(&set).zip(self.rule(set, at));
                let Some((scope, rule)) = found.filter(|(_, rule)| !is_negated(rule)) else {
                    return Vec::new();
                };
                let texts = (0..HITS).map(|variant| (variant, sample_of(&rule.pattern, variant)));
                let matching = texts.filter(|(_, text)| rule.pattern.is_match(text));
                let drafts = matching.map(|(variant, text)| {
                    self.draft(scope, rule, in_scope(scope, &text), variant)
                });
                drafts.map(|draft| draft.finish()).collect()
            }
            Position::Redirect(list, at) => {
                let redirect = usize::try_from(list.0).ok();
                let redirect =
                    redirect.and_then(|list| self.site.redirect_lists.get(list)?.get(at));
                let texts: Vec<Vec<u8>> = match redirect.map(|redirect| &redirect.matcher) {
                    Some(RedirectMatcher::Prefix(path)) => {
                        vec![path.clone(), [path, &b"/edgewright"[..]].concat()]
                    }
                    Some(RedirectMatcher::Regex(pattern)) => {
                        let texts = (0..HITS).map(|variant| sample_of(pattern, variant));
                        texts.filter(|text| pattern.is_match(text)).collect()
                    }
                    Some(RedirectMatcher::Section) | None => Vec::new(),
                };
                let requests = texts.iter().filter_map(|text| self.request(position, text));
                requests.collect()
            }
            Position::MapEntry(..) => Vec::new(),
        }
    }

    fn draft(&self, scope: &Scope<'_>, rule: &Rule, path: Vec<u8>, variant: usize) -> Draft {
        if rule.conditions.is_empty() {
            return Draft::plain(scope, path);
        }
        let constraints = constraints(scope.host, &rule.conditions, variant);
        let aim = Aim {
            paths: vec![path],
            pattern: None,
            negated: false,
        };
        Draft::best(self.site, scope, &aim, &constraints, variant)
    }

    /// `text` if it is in `scope`, else one that is: its first group may stand for the directory.
    fn below(
        &self,
        scope: &Scope<'_>,
        list: RedirectListId,
        at: usize,
        text: &[u8],
    ) -> Option<Vec<u8>> {
        let is_below = |path: &[u8]| {
            let rest = path.strip_prefix(scope.base.as_slice());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        if is_below(text) {
            return Some(text.to_vec());
        }
        let list = usize::try_from(list.0).ok()?;
        let redirect = self.site.redirect_lists.get(list)?.get(at)?;
        let RedirectMatcher::Regex(pattern) = &redirect.matcher else {
            return None;
        };
        let path = sample(pattern, 0, &Groups::from([(1, scope.base.clone())]));
        (is_below(&path) && pattern.is_match(&path)).then_some(path)
    }

    fn rule(&self, set: RuleSetId, at: usize) -> Option<&'s Rule> {
        let set = usize::try_from(set.0).ok()?;
        self.site.rule_sets.get(set)?.rules.get(at)
    }
}

fn is_negated(rule: &Rule) -> bool {
    rule.flags.contains(RuleFlags::NEGATED)
}

fn sample_of(pattern: &Pattern, variant: usize) -> Vec<u8> {
    sample(pattern, variant, &Groups::new())
}

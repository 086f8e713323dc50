//! Guards, as a walk over a site finds them.
//!
//! In: conditions, one after another; inputs that stay raw. Out: the guards; of each condition what is left that is not a
//! guard. Absent: the walk; see [`crate::inputs`].

use std::collections::{BTreeSet, HashSet};

use edgewright_engine::model::expression::{Expression, Subnet};
use edgewright_engine::model::rules::{Condition, Piece, Rule, Template, TemplateText, Test};
use edgewright_engine::model::site::access::{Client, HostAccess, Methods};
use edgewright_engine::model::site::headers::HeaderTable;
use edgewright_engine::model::site::{EnvAttribute, EnvRule, RemoteIp, Site};

use serde::{Deserialize, Serialize};

use super::atoms;
use super::guard::{About, Guard, remote_header};
use super::lookups::Lookups;
use crate::dependencies::Dependencies;
use crate::inputs::{Elsewhere, Input};
use crate::methods::uses_condition_groups;

/// The guards found so far.
#[derive(Debug, Clone)]
pub(crate) struct Guards {
    /// Inputs that no guard is about.
    raw: BTreeSet<Input>,
    /// What `SetEnvIf` may find in the environment where there is no such header.
    variables: Variables,
    /// Who tells the hosts' rules the client: nobody (`None`), or proxies, in the order of the hosts.
    remotes: Vec<Option<RemoteIp>>,
    lookups: Lookups,
    found: Vec<Guard>,
    /// The guards found so far, to ask whether one is among them.
    known: HashSet<Guard, foldhash::fast::RandomState>,
    cookies: SetCookies,
}

/// Do rules set cookies?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SetCookies {
    /// No rule does.
    #[default]
    Never,
    /// Some rule does: its answer is one viewer's own and never kept, and CloudFront lets the cookie through where it
    /// sends cookies on.
    Sometimes,
}

/// Names of variables of the environment, in lower case.
#[derive(Debug, Clone)]
enum Variables {
    /// No other name is ever set.
    Known(BTreeSet<Vec<u8>>),
    /// Any name may be set, or lines look at what others matched.
    Any,
}

impl Guards {
    /// No guard yet; none will be about an input in `raw`.
    pub(super) fn new(site: &Site, raw: BTreeSet<Input>) -> Self {
        let variables = Variables::of(site);
        Self {
            raw,
            variables,
            remotes: remotes(site),
            lookups: Lookups::of(site),
            found: Vec::new(),
            known: HashSet::default(),
            cookies: SetCookies::Never,
        }
    }

    /// The inputs of which no class can be made: headers that lines change, which rules see otherwise than a class does.
    pub(super) fn never_covered(site: &Site) -> BTreeSet<Input> {
        let mut raw = BTreeSet::new();
        let lines = site.settings().flat_map(|settings| &settings.headers);
        for line in lines.filter(|line| line.table == HeaderTable::Request) {
            let name = String::from_utf8_lossy(&line.name).to_ascii_lowercase();
            raw.insert(match name.as_str() {
                "cookie" => Input::Cookies,
                _ => Input::Header(name),
            });
        }
        raw
    }

    pub(super) fn into_found(self) -> (Vec<Guard>, SetCookies) {
        (self.found, self.cookies)
    }

    /// The guard, unless what it is about stays raw.
    pub(super) fn allowed(&self, guard: Guard) -> Option<Guard> {
        let mut allowed = true;
        guard.each(&mut |atom| allowed &= self.may_ask(&atom.about));
        allowed.then_some(guard)
    }

    /// Rules see of a header that tells the client what its proxies have not told of it.
    fn may_ask(&self, about: &About) -> bool {
        let mut remotes = self.remotes.iter().flatten();
        let is_raw = |input: &Input| self.raw.contains(input);
        match about {
            About::Client => {
                !is_raw(&Input::Client) && remotes.all(|remote| self.may_ask_behind(remote))
            }
            About::Behind(remote) => self.may_ask_behind(remote),
            About::Cookies => !is_raw(&Input::Cookies),
            About::Header(name) => {
                let header = Input::Header(name.clone());
                !is_raw(&header) && remotes.all(|remote| remote_header(remote) != header)
            }
        }
    }

    fn may_ask_behind(&self, remote: &RemoteIp) -> bool {
        let is_header = matches!(atoms::header(&remote.header), Some(About::Header(_)));
        is_header && !self.raw.contains(&remote_header(remote))
    }

    /// Adds a guard, once for each way in which a host may come to know the client.
    pub(super) fn add(&mut self, guard: &Guard) {
        for remote in &self.remotes {
            let guard = match remote {
                Some(remote) => &guard.behind(remote),
                None => guard,
            };
            if !self.known.contains(guard) {
                self.known.insert(guard.clone());
                self.found.push(guard.clone());
            }
        }
    }

    fn add_row(&mut self, row: &mut Vec<Guard>) {
        let mut guards = std::mem::take(row);
        guards.dedup();
        match guards.pop() {
            Some(only) if guards.is_empty() => self.add(&only),
            Some(last) => {
                guards.push(last);
                self.add(&Guard::All(guards));
            }
            None => {}
        }
    }

    fn add_condition(&mut self, condition: &Condition, groups: Groups, left: &mut Dependencies) {
        match &condition.test {
            Test::Expression(expression) if groups == Groups::Unused => {
                self.add_parts(expression, left);
            }
            _ => left.add_condition(condition),
        }
    }

    /// Makes a guard of which cookies a condition matches, where its groups are used.
    fn add_cookies(&mut self, condition: &Condition, numbers: &BTreeSet<u32>) -> bool {
        self.took(atoms::which(condition, numbers))
    }

    fn took(&mut self, guard: Option<Guard>) -> bool {
        let guard = guard.and_then(|guard| self.allowed(guard));
        let took = guard.is_some();
        if let Some(guard) = guard {
            self.add(&guard);
        }
        took
    }
}

impl Elsewhere for Guards {
    fn add_conditions(&mut self, rule: &Rule, left: &mut Dependencies) {
        let numbers = group_numbers(rule);
        let conditions: Vec<(&Condition, Groups)> = with_groups(rule);
        let joined = conditions.split_inclusive(|(condition, _)| !condition.or_next);
        // Guards that are asked one after another, with nothing between that may end the evaluation.
        let mut row: Vec<Guard> = Vec::new();
        for group in joined {
            // `OR` at the end: the group decides nothing.
            let decides = group.last().is_some_and(|(last, _)| !last.or_next);
            let guard = |&(condition, groups): &(&Condition, Groups)| {
                atoms::condition(condition)
                    .or_else(|| self.lookups.guard(condition))
                    .filter(|_| decides && groups == Groups::Unused)
                    .and_then(|guard| self.allowed(guard))
            };
            let guards: Vec<Option<Guard>> = group.iter().map(guard).collect();
            if let Some(guard) = one_guard(&guards) {
                row.push(guard);
                continue;
            }
            self.add_row(&mut row);
            for (&(condition, groups), guard) in group.iter().zip(guards) {
                match guard {
                    Some(guard) => self.add(&guard),
                    None if decides && self.add_cookies(condition, &numbers) => {}
                    None => self.add_condition(condition, groups, left),
                }
            }
        }
        self.add_row(&mut row);
    }

    fn add_environment(&mut self, rule: &EnvRule) -> bool {
        let takes_groups =
            |value: &Option<Vec<u8>>| value.as_ref().is_some_and(|value| value.contains(&b'$'));
        if rule
            .changes
            .iter()
            .any(|change| takes_groups(&change.value))
        {
            return false;
        }
        let about = match &rule.attribute {
            EnvAttribute::Header(name) | EnvAttribute::Variable(name)
                if !self.variables.has(name) =>
            {
                atoms::header(name)
            }
            EnvAttribute::ClientAddress => Some(About::Client),
            EnvAttribute::Header(_)
            | EnvAttribute::Variable(_)
            | EnvAttribute::HeaderPattern(_)
            | EnvAttribute::Uri
            | EnvAttribute::Method
            | EnvAttribute::Protocol
            | EnvAttribute::ClientHost
            | EnvAttribute::ServerAddress
            | EnvAttribute::Expression(_) => None,
        };
        let is_plain = matches!(self.variables, Variables::Known(_));
        let guard = about
            .filter(|_| is_plain)
            .and_then(|about| atoms::matches(about, &rule.pattern));
        self.took(guard)
    }

    fn add_addresses(&mut self, subnets: &[Subnet]) -> bool {
        self.took(Some(atoms::within(subnets.to_vec())))
    }

    fn add_host_access(&mut self, access: &HostAccess) -> bool {
        [&access.allow, &access.deny].into_iter().all(|list| {
            let address = |client: &Client| match client {
                Client::Address(subnet) => Some(*subnet),
                Client::All | Client::With(_) | Client::Without(_) | Client::Name => None,
            };
            let for_all = list.iter().filter(|(methods, _)| *methods == Methods::All);
            let whole: Vec<_> = for_all.filter_map(|(_, client)| address(client)).collect();
            let others = list.iter().filter(|(methods, _)| *methods != Methods::All);
            let others = others.filter_map(|(_, client)| address(client).map(|one| vec![one]));
            let mut guards = std::iter::once(whole)
                .chain(others)
                .filter(|subnets| !subnets.is_empty());
            guards.all(|subnets| self.add_addresses(&subnets))
        })
    }

    fn add_set_cookie(&mut self) -> bool {
        self.cookies = SetCookies::Sometimes;
        true
    }

    fn add_expression(&mut self, expression: &Expression, left: &mut Dependencies) {
        self.add_parts(expression, left);
    }
}

/// Who tells the hosts of `site` their clients, each once.
fn remotes(site: &Site) -> Vec<Option<RemoteIp>> {
    let mut remotes = Vec::new();
    for host in &site.hosts {
        if !remotes.contains(&host.remote_ip) {
            remotes.push(host.remote_ip.clone());
        }
    }
    remotes
}

impl Variables {
    fn of(site: &Site) -> Self {
        let mut known = BTreeSet::new();
        let hosts = site.hosts.iter().flat_map(|host| &host.environment);
        for rule in hosts.chain(site.settings().flat_map(|settings| &settings.set_env_if)) {
            if let EnvAttribute::Expression(expression) = &rule.attribute
                && expression.has_patterns()
            {
                // It leaves what it matched to the lines below.
                return Self::Any;
            }
            known.extend(
                rule.changes
                    .iter()
                    .map(|change| change.name.to_ascii_lowercase()),
            );
        }
        for (name, _) in site.settings().flat_map(|settings| &settings.set_env) {
            known.insert(name.to_ascii_lowercase());
        }
        let rules = site.rule_sets.iter().flat_map(|set| &set.rules);
        for text in rules.flat_map(|rule| &rule.extras().environment) {
            match variable_name(text) {
                Some(name) => _ = known.insert(name),
                None => return Self::Any,
            }
        }
        Self::Known(known)
    }

    fn has(&self, name: &[u8]) -> bool {
        let name = name.to_ascii_lowercase();
        let own = [&b"redirect_"[..], b"script_"];
        match self {
            Self::Any => true,
            Self::Known(known) => {
                known.contains(&name) || own.iter().any(|own| name.starts_with(own))
            }
        }
    }
}

/// The name that an `E` sets or removes; `None` where it is not known.
fn variable_name(text: &Template) -> Option<Vec<u8>> {
    let mut pieces = text.text().pieces();
    let Some(Piece::Literal(start)) = pieces.next() else {
        return None;
    };
    let end = start.iter().position(|byte| *byte == b':');
    let name = match end {
        Some(end) => start.get(..end)?,
        None if pieces.next().is_none() => start,
        None => return None,
    };
    let name = name.strip_prefix(b"!").unwrap_or(name);
    Some(name.to_ascii_lowercase())
}

/// One guard for conditions joined by `OR`, where all are guards about one thing. Otherwise which of them held decides
/// what the answer is said to vary by.
fn one_guard(guards: &[Option<Guard>]) -> Option<Guard> {
    let all: Vec<Guard> = guards.iter().cloned().collect::<Option<_>>()?;
    if let [guard] = &all[..] {
        return Some(guard.clone());
    }
    let any = Guard::Any(all);
    any.only_subject().is_some().then_some(any)
}

/// May the groups of a condition be used, by another condition or by what its rule does?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Groups {
    Used,
    Unused,
}

/// The conditions of `rule`, in order, each with the use of its groups.
fn with_groups(rule: &Rule) -> Vec<(&Condition, Groups)> {
    let mut conditions = Vec::new();
    // From the last to the first: do those behind read what this one leaves?
    let mut read = rule.results().any(uses_condition_groups);
    for (at, condition) in rule.conditions.iter().enumerate().rev() {
        let groups = if read && leaves_groups(condition) {
            Groups::Used
        } else {
            Groups::Unused
        };
        conditions.push((condition, groups));
        // Where it always holds, it has overwritten what earlier ones left.
        let is_alternative =
            condition.or_next || rule.conditions[..at].last().is_some_and(|one| one.or_next);
        if leaves_groups(condition) && matches!(condition.test, Test::Regex(_)) && !is_alternative {
            read = false;
        }
        read |= uses_condition_groups(&condition.subject);
    }
    conditions.reverse();
    conditions
}

/// May the condition leave groups behind?
fn leaves_groups(condition: &Condition) -> bool {
    matches!(condition.test, Test::Regex(_) | Test::Expression(_)) && !condition.negated
}

/// The numbers of the groups that a rule uses of its conditions.
fn group_numbers(rule: &Rule) -> BTreeSet<u32> {
    let subjects = rule.conditions.iter().map(|condition| &condition.subject);
    let mut numbers = BTreeSet::new();
    for text in rule.results().chain(subjects) {
        add_numbers(text.text(), &mut numbers);
    }
    numbers
}

fn add_numbers(text: TemplateText<'_>, numbers: &mut BTreeSet<u32>) {
    for piece in text.pieces() {
        match piece {
            Piece::ConditionGroup(number) => _ = numbers.insert(u32::from(number)),
            Piece::Map {
                name: _,
                key,
                default,
            } => {
                add_numbers(key, numbers);
                if let Some(default) = default {
                    add_numbers(default, numbers);
                }
            }
            Piece::Literal(_) | Piece::Escaped(_) | Piece::RuleGroup(_) | Piece::Variable(_) => {}
        }
    }
}

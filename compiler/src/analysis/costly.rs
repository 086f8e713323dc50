//! Lines whose decision can take more steps than the function spends on one.
//!
//! In: a [`Site`] and its compiled form. Out: findings, each with a request that was tried. Absent: lines that no
//! such request was found for; there may be one all the same.
//!
//! Of each pattern that an engine runs, texts are made that repeat what the pattern repeats. Those that keep the
//! engine busy become requests, and what the whole decision comes to is asked.

use std::collections::HashMap;

use edgewright_engine::budget::{Allowance, Budget, DECISION_STEPS};
use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::model::rules::{Condition, Piece, Place, Rule, RuleFlags, Template, Test};
use edgewright_engine::model::site::Site;
use edgewright_engine::model::subject::Subject;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::matching::{Captures, Storm};

use super::{Finding, rules};
use crate::compiled_site::CompiledSite;
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::replay::{Shows, Tries};
use crate::witness::{Aiming, Groups, Request, encoded, sample};

/// The longest text a client can send in one piece: CloudFront takes URLs of 8,192 bytes.
const LONGEST: usize = 8_000;

/// So few repeated parts are written out.
const FEWEST: usize = 8;

/// A text that takes fewer steps in its pattern leaves enough for the rest of a decision.
const WORTH_ASKING: u64 = DECISION_STEPS / 4;

pub(super) fn find(
    site: &Site,
    redundant: &Redundant,
    answering: &CompiledSite<'_>,
    aiming: &Aiming<'_>,
) -> Vec<Finding> {
    let mut costly = Costly {
        answering,
        aiming,
        storms: HashMap::new(),
    };
    let kept = rules(site).filter(|(position, _)| !redundant.contains(*position));
    kept.flat_map(|(position, rule)| costly.of_rule(position, rule))
        .collect()
}

struct Costly<'a, 's> {
    answering: &'a CompiledSite<'a>,
    aiming: &'a Aiming<'s>,
    /// Storms that are worth asking, by the pattern.
    storms: HashMap<&'s Pattern, Vec<Storm>>,
}

/// Where a client puts a text.
enum Slot {
    Path,
    /// Behind a path.
    Query(Vec<u8>),
    /// By its name, with a path.
    Header(Vec<u8>, Vec<u8>),
}

impl<'s> Costly<'_, 's> {
    fn of_rule(&mut self, position: Position, rule: &'s Rule) -> Vec<Finding> {
        let mut found = Vec::new();
        for condition in &rule.conditions {
            found.extend(self.of_condition(position, rule, condition));
        }
        let rounds = rule.flags.contains(RuleFlags::NEXT);
        let storms = if rounds {
            rule.pattern.storms()
        } else {
            self.hard_work(&rule.pattern)
        };
        let tried = self.first_over(position, &storms, &Slot::Path);
        found.extend(tried.map(|shown| {
            if rounds {
                going_round(rule.place, shown)
            } else {
                pattern_works_hard(rule.place, shown)
            }
        }));
        found
    }

    fn of_condition(
        &mut self,
        position: Position,
        rule: &Rule,
        condition: &'s Condition,
    ) -> Option<Finding> {
        if asks_the_server(condition) {
            let request = self.aiming.request(position, &path(rule))?;
            let is_over = self.is_over(&request);
            return is_over.then(|| lookups(condition.place, Tries::only(request)));
        }
        let Test::Regex(pattern) = &condition.test else {
            return None;
        };
        let slot = slot(&condition.subject, path(rule))?;
        let storms = self.hard_work(pattern);
        let shown = self.first_over(position, &storms, &slot)?;
        Some(pattern_works_hard(condition.place, shown))
    }

    /// Storms that keep the pattern's engine busy.
    fn hard_work(&mut self, pattern: &'s Pattern) -> Vec<Storm> {
        if !pattern.may_work_hard() {
            return Vec::new();
        }
        let storms = self.storms.entry(pattern).or_insert_with(|| {
            let all = pattern.storms().into_iter();
            all.filter(|storm| steps(pattern, storm) >= WORTH_ASKING)
                .collect()
        });
        storms.clone()
    }

    /// The first storm whose decision is over its budget, as short as it may be, as it is typed.
    fn first_over(&self, position: Position, storms: &[Storm], slot: &Slot) -> Option<Tries> {
        let over = |storm: &Storm, count: usize| {
            let request = self.request(position, &storm.text(count), slot)?;
            self.is_over(&request).then_some(request)
        };
        storms.iter().find_map(|storm| {
            let most = storm.count_for(LONGEST);
            let mut request = over(storm, most)?;
            let (mut fewer, mut enough) = (0, most);
            while fewer + 1 < enough {
                let middle = fewer.midpoint(enough);
                match over(storm, middle) {
                    Some(shorter) => (request, enough) = (shorter, middle),
                    None => fewer = middle,
                }
            }
            let shown = typed(&request, storm, enough);
            Some(Tries::Only(request, shown))
        })
    }

    fn request(&self, position: Position, text: &[u8], slot: &Slot) -> Option<Request> {
        match slot {
            Slot::Path => self.aiming.request(position, text),
            Slot::Query(path) => {
                let mut request = self.aiming.request(position, path)?;
                let path = request.target.split(|byte| *byte == b'?').next();
                request.target = [path.unwrap_or(b"/"), b"?", text].concat();
                Some(request)
            }
            Slot::Header(name, path) => {
                let mut request = self.aiming.request(position, path)?;
                let name = name.to_ascii_lowercase();
                request.headers.retain(|(known, _)| *known != name);
                request.headers.push((name, text.to_vec()));
                Some(request)
            }
        }
    }

    fn is_over(&self, request: &Request) -> bool {
        self.answering.outcome(request) == Outcome::OverBudget
    }
}

/// Steps of a pattern for the longest text of a storm.
fn steps(pattern: &Pattern, storm: &Storm) -> u64 {
    let budget = Budget::new(Allowance::steps(DECISION_STEPS));
    let text = storm.text(storm.count_for(LONGEST));
    pattern.find(&text, &mut Captures::new(), &budget);
    budget.used(Allowance::steps(DECISION_STEPS))
}

/// A path the rule's pattern, or its `!`, says yes to.
fn path(rule: &Rule) -> Vec<u8> {
    if rule.flags.contains(RuleFlags::NEGATED) {
        return b"/edgewright".to_vec();
    }
    sample(&rule.pattern, 0, &Groups::new())
}

/// What of a request a test string stands for, wholly or in part.
/// The rule is asked for with `path`.
fn slot(subject: &Template, path: Vec<u8>) -> Option<Slot> {
    match Subject::of(subject) {
        Some(Subject::Query) => return Some(Slot::Query(path)),
        Some(Subject::Header(name)) => return Some(Slot::Header(name, path)),
        Some(Subject::Host) => return None,
        None => {}
    }
    let is_path = |piece: Piece<'_>| match piece {
        Piece::RuleGroup(_) => true,
        Piece::Variable(name) => {
            let name = name.to_ascii_uppercase();
            name.ends_with(b"REQUEST_URI") || name.ends_with(b"FILENAME") || name == b"THE_REQUEST"
        }
        Piece::Literal(_) | Piece::Escaped(_) | Piece::ConditionGroup(_) | Piece::Map { .. } => {
            false
        }
    };
    subject.pieces().any(is_path).then_some(Slot::Path)
}

/// Does the condition make the server ask itself?
fn asks_the_server(condition: &Condition) -> bool {
    let looks_ahead = |piece: Piece<'_>| match piece {
        Piece::Variable(name) => name.to_ascii_uppercase().starts_with(b"LA-"),
        _ => false,
    };
    matches!(condition.test, Test::SubrequestUri | Test::SubrequestFile)
        || condition.subject.pieces().any(looks_ahead)
}

/// A request as a shell takes it, its repeated part not written out.
fn typed(request: &Request, storm: &Storm, count: usize) -> String {
    let shown = request.shown();
    let (head, tail) = storm
        .unit
        .split_at(storm.number.unwrap_or(storm.unit.len()));
    for encode in [encoded, <[u8]>::to_vec] {
        let [head, tail] =
            [head, tail].map(|part| String::from_utf8_lossy(&encode(part)).into_owned());
        let unit = |number: usize| match storm.number {
            Some(_) => format!("{head}{number}{tail}"),
            None => head.clone(),
        };
        let row: String = (1..=count).map(unit).collect();
        let number = if storm.number.is_some() { "%d" } else { "%.0s" };
        let is_plain = !format!("{head}{tail}").contains(['\'', '%', '\\']);
        if is_plain && count > FEWEST && shown.contains(&row) {
            let written = format!("$(printf '{head}{number}{tail}' {{1..{count}}})");
            return shown.replacen(&row, &written, 1);
        }
    }
    shown
}

const HEADLINE: &str =
    "the decision about some requests takes more steps than it may: they pass through unchanged";

fn finding(at: Place, shown: Tries) -> Finding {
    Finding::warning("over-budget", at, HEADLINE).shows(Shows::OverBudget, shown)
}

fn pattern_works_hard(at: Place, shown: Tries) -> Finding {
    finding(at, shown)
        .label("this pattern can be matched in very many ways")
        .help(
            "let each repetition end at a byte it cannot take, such as `([^/]+)/` for `(.+)/`; begin with `^`; \
             write two rules for one with a look-ahead or `\\1`",
        )
}

fn going_round(at: Place, shown: Tries) -> Finding {
    finding(at, shown)
        .label("`N` makes this rule start over very often")
        .help(
            "make this the first rule of its list, in the form `^(.*)_(.*)$ $1-$2 [N]`, which is done at once; \
             or end it early with `N=50`",
        )
}

fn lookups(at: Place, shown: Tries) -> Finding {
    finding(at, shown)
        .label("each of these lookups goes through all rules again")
        .help("ask with `NS` rules only, or replace `%{LA-U:…}` by the rules' own result in a variable: `[E=name:value]`")
}

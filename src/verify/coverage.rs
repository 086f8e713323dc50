//! How many rules answered, and what kept the others from it.
//!
//! In: the rules that are known to have answered none of the requests, each with a cause. Out: [`Coverage`], in
//! text and in JSON. Absent: finding the cause (`comparison`), printing.

use std::collections::BTreeMap;

use edgewright_compiler::figures::thousands;
use serde_json::{Value, json};

/// Why a rule answered nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nobody is asked there: why, for a person to read.
    Unreachable(String),
    /// There is no TLS here.
    NoTls,
    /// `--limit` left all its requests out.
    NotAsked,
    /// `--limit` left some of its requests out, and the others did not reach the rule.
    AskedInPart,
    /// Another rule answers.
    Taken,
    /// A condition does not hold.
    Condition,
    /// No request matches.
    NoMatch,
    /// No request was made.
    NoRequest,
}

impl Cause {
    /// What is true of all rules of the group, for a person to read.
    fn to_text(&self) -> &str {
        match self {
            Self::Unreachable(reason) => reason,
            Self::NoTls => "only reachable over TLS, and there is no mod_ssl here",
            Self::NotAsked => "not asked (--limit)",
            Self::AskedInPart => "asked in part (--limit)",
            Self::Taken => "an earlier rule answers all their requests",
            Self::Condition => "no request fulfils their conditions",
            Self::NoMatch => "no request made for them matches",
            Self::NoRequest => "no request of their own could be made",
        }
    }
}

/// A rule that answered nothing.
#[derive(Debug)]
pub struct Unreached {
    /// `file:line`.
    pub rule: String,
    /// Why, as for other rules.
    pub cause: Cause,
    /// Why, with the lines that have to do with it.
    pub reason: String,
}

/// How many rules answered at least once.
#[derive(Debug)]
pub struct Coverage {
    /// Rules and redirects there are.
    pub rules: usize,
    /// Those that answered nothing, in the order they stand.
    pub unreached: Vec<Unreached>,
    /// Requests that were made from the rules and sent.
    pub from_rules: usize,
    /// Requests that both answered.
    pub compared: usize,
}

impl Coverage {
    /// Rules that answered at least once.
    pub fn answered(&self) -> usize {
        self.rules.saturating_sub(self.unreached.len())
    }

    /// `125 of 126 rules answered at least once`.
    pub fn headline(&self) -> String {
        let rules = if self.rules == 1 { "rule" } else { "rules" };
        let (answered, all) = (thousands(self.answered()), thousands(self.rules));
        format!("{answered} of {all} {rules} answered at least once")
    }

    /// The causes, each with its number of rules, the most frequent first.
    pub fn groups(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&Cause, usize> = BTreeMap::new();
        for one in &self.unreached {
            *counts.entry(&one.cause).or_default() += 1;
        }
        let groups = counts.into_iter();
        let mut groups: Vec<_> = groups
            .map(|(cause, number)| (cause.to_text(), number))
            .collect();
        groups.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        groups
    }

    /// Why so little was compared that equal answers say nothing; `None` if it was enough.
    pub fn shortfall(&self) -> Option<&'static str> {
        if self.compared == 0 {
            return Some("nothing was compared");
        }
        if self.rules > 0 && self.from_rules == 0 {
            return Some("no request was made from the rules");
        }
        (self.answered() * 2 < self.rules)
            .then_some("less than half of the rules answered a request, so most were not compared")
    }

    /// For a program.
    pub fn to_json(&self) -> Value {
        let groups = self.groups();
        let groups = groups
            .iter()
            .map(|(reason, rules)| json!({"reason": reason, "rules": rules}));
        json!({
            "answered": self.answered(),
            "rules": self.rules,
            "not_answered": groups.collect::<Vec<_>>(),
            "shortfall": self.shortfall(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of four rules those with `causes` answered nothing, after so many requests from rules and in all.
    fn coverage(causes: &[Cause], (from_rules, compared): (usize, usize)) -> Coverage {
        let unreached = |cause: &Cause| Unreached {
            rule: String::new(),
            cause: cause.clone(),
            reason: String::new(),
        };
        Coverage {
            rules: 4,
            unreached: causes.iter().map(unreached).collect(),
            from_rules,
            compared,
        }
    }

    fn check(name: &str, causes: &[Cause], requests: (usize, usize), expected: Option<&str>) {
        let found = coverage(causes, requests);
        assert_eq!(found.shortfall(), expected, "{name}");
    }

    #[test]
    fn too_little_is_no_success() {
        let less = "less than half of the rules answered a request, so most were not compared";
        let (taken, limit) = (Cause::Taken, Cause::NotAsked);
        check("all", &[], (9, 9), None);
        check("half", &[taken.clone(), limit.clone()], (9, 9), None);
        check(
            "a quarter",
            &[taken.clone(), taken, limit],
            (9, 9),
            Some(less),
        );
        check("nothing", &[], (0, 0), Some("nothing was compared"));
        check(
            "only a log",
            &[],
            (0, 9),
            Some("no request was made from the rules"),
        );
    }

    #[test]
    fn causes_are_counted() {
        let port = Cause::Unreachable("only reachable on port 8080".to_owned());
        let found = coverage(&[Cause::Taken, port.clone(), port], (9, 9));
        assert_eq!(found.headline(), "1 of 4 rules answered at least once");
        assert_eq!(
            found.groups(),
            [
                ("only reachable on port 8080", 2),
                ("an earlier rule answers all their requests", 1)
            ]
        );
    }
}

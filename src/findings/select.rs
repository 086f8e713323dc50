//! Which codes are looked for, and how much they weigh.
//!
//! In: codes and groups that are chosen. Out: [`Selection`], applied to findings. Absent: where the choice comes from;
//! see `crate::settings`.

use std::collections::BTreeMap;

use edgewright_parser::diagnostic::Severity;

use super::Finding;
use super::codes;

/// A code, or all of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// One code.
    Code(&'static str),
    /// The codes of a group.
    Group(&'static str),
}

/// How closely a selector fits a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Group,
    Code,
}

impl Selector {
    /// The code or group of that name.
    ///
    /// # Errors
    /// There is none; the nearest name is offered.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some(page) = codes::page(name) {
            return Ok(Self::Code(page.code));
        }
        if let Some(group) = codes::group(name) {
            return Ok(Self::Group(group.name));
        }
        let pages = codes::pages().iter();
        let names = pages.flat_map(|page| [page.code, page.group.name]);
        let nearest = codes::nearest(name, names);
        Err(codes::unknown("code or group", name, nearest))
    }

    fn fit(self, code: &str) -> Option<Fit> {
        match self {
            Self::Code(one) => (one == code).then_some(Fit::Code),
            Self::Group(name) => {
                let page = codes::page(code)?;
                (page.group.name == name).then_some(Fit::Group)
            }
        }
    }
}

/// Which findings are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these; all, where there are none.
    pub select: Vec<Selector>,
    /// Not these. A code outweighs a group; between equals, what is ignored is.
    pub ignore: Vec<Selector>,
    /// Weights of codes in place of their own.
    pub severity: BTreeMap<&'static str, Severity>,
    /// Only findings that weigh as much.
    pub min_severity: Option<Severity>,
}

impl Selection {
    /// Is this code looked for?
    pub fn takes(&self, code: &str) -> bool {
        let best = |among: &[Selector]| among.iter().filter_map(|one| one.fit(code)).max();
        match (best(&self.select), best(&self.ignore)) {
            _ if !Finding::may_be_silenced(code) => true,
            (None, _) if !self.select.is_empty() => false,
            (taken, Some(ignored)) => taken > Some(ignored),
            (_, None) => true,
        }
    }

    /// The findings whose codes are looked for, with their weights.
    pub fn choose(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let wanted = findings.into_iter();
        let mut wanted: Vec<Finding> = wanted
            .filter(|finding| self.takes(finding.diagnostic.code))
            .collect();
        for Finding { diagnostic, .. } in &mut wanted {
            if let Some(severity) = self.severity.get(diagnostic.code) {
                diagnostic.severity = *severity;
            }
        }
        wanted
    }

    /// Does a finding weigh enough to be told?
    pub fn weighs(&self, finding: &Finding) -> bool {
        let diagnostic = &finding.diagnostic;
        let is_heavy = Some(diagnostic.severity) >= self.min_severity;
        is_heavy || !Finding::may_be_silenced(diagnostic.code)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    fn selectors(names: &str) -> Vec<Selector> {
        let names = names.split_whitespace();
        names.map(|name| Selector::named(name).unwrap()).collect()
    }

    #[test]
    fn a_code_outweighs_its_group() {
        let check = |select: &str, ignore: &str, taken: &str, left: &str| {
            let selection = Selection {
                select: selectors(select),
                ignore: selectors(ignore),
                ..Selection::default()
            };
            for code in taken.split_whitespace() {
                assert!(selection.takes(code), "{select} / {ignore}: {code}");
            }
            for code in left.split_whitespace() {
                assert!(!selection.takes(code), "{select} / {ignore}: {code}");
            }
        };
        check("", "", "open-proxy shadowed-rule", "");
        check("security", "", "open-proxy", "shadowed-rule");
        check("security", "open-proxy", "open-redirect", "open-proxy");
        check("open-proxy", "security", "open-proxy", "open-redirect");
        check("", "security", "shadowed-rule", "open-proxy");
        check("security", "security", "", "open-proxy");
        check("", "open-proxy", "open-redirect", "open-proxy");
        check(
            "security",
            "limit-reached reading",
            "limit-reached",
            "no-rules",
        );
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        let check = |name: &str, expected: &str| {
            assert_eq!(Selector::named(name).unwrap_err(), expected);
        };
        check(
            "securty",
            "there is no code or group `securty`: did you mean `security`?",
        );
        check("qqqqqq", "there is no code or group `qqqqqq`");
    }
}

//! Sections that are mirrored only in part.
//!
//! In: a [`Site`]. Out: findings. Absent: `AccessFileName`, which is settled while document roots are read.

use std::collections::HashSet;

use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{PathMatcher, Section, SectionId, SectionKind, Site};
use edgewright_engine::pattern::Pattern;

use super::decoded::{asks_for_query, query_asked};
use super::{Finding, rules};
use crate::replay::{Shows, Tries};
use crate::witness::{Aiming, Groups, Request, sample};

/// Everything in `site` whose sections Apache walks in a way that is not mirrored.
pub(super) fn find(site: &Site, aiming: &Aiming<'_>) -> Vec<Finding> {
    let missing = Missing { site, aiming };
    let changed = changed_groups(site);
    let mut found: Vec<Finding> = site
        .sections
        .iter()
        .filter_map(|section| match &section.kind {
            SectionKind::Location(PathMatcher::Regex(pattern)) => missing
                .of_pattern(section, pattern)
                .or_else(|| encoded_only(section, pattern)),
            SectionKind::Location(PathMatcher::Plain(path)) => missing.of_path(section, path),
            SectionKind::Files(PathMatcher::Regex(pattern)) => {
                set_again(section, pattern, &changed)
            }
            _ => None,
        })
        .collect();
    let inner = site
        .sections
        .iter()
        .filter(|section| is_conditional(section));
    let inner = inner.flat_map(|section| &section.settings.ifs);
    found.extend(inner.filter_map(|id| Some(if_in_if(section_at(site, *id)?))));
    found
}

fn section_at(site: &Site, id: SectionId) -> Option<&Section> {
    site.sections.get(usize::try_from(id.0).ok()?)
}

fn is_conditional(section: &Section) -> bool {
    matches!(
        section.kind,
        SectionKind::If(_) | SectionKind::ElseIf(_) | SectionKind::Else
    )
}

/// Sections that are about no URL.
struct Missing<'a, 's> {
    site: &'s Site,
    aiming: &'a Aiming<'s>,
}

const ASKS_FOR_QUERY: &str =
    "write <If \"%{QUERY_STRING} =~ /…/\"> for what has to be in the query string";

impl Missing<'_, '_> {
    /// A pattern that no path matches.
    fn of_pattern(&self, section: &Section, pattern: &Pattern) -> Option<Finding> {
        let syntax = pattern.syntax()?;
        let root = &syntax.root;
        let first = syntax.head().and_then(|head| head.text.first());
        let text = || sample(pattern, 0, &Groups::new());
        if root.requires(b'?') || asks_for_query(root) {
            let headline = "the section is about a query string, which its pattern never sees";
            let target = query_asked(root).unwrap_or_else(text);
            Some(self.impossible(section, target, headline, ASKS_FOR_QUERY))
        } else if root.requires(b'#') {
            let headline = "a # never comes: browsers keep it and what follows to themselves";
            let target = text().split(|byte| *byte == b'#').next()?.to_vec();
            Some(self.impossible(
                section,
                target,
                headline,
                "leave out the # and what follows",
            ))
        } else if first.is_some_and(|first| *first != b'/') {
            let headline =
                "the section's pattern has no slash behind ^, and every URL-path begins with one";
            Some(self.impossible(section, text(), headline, "begin with ^/"))
        } else {
            None
        }
    }

    /// A path that no URL-path begins with.
    fn of_path(&self, section: &Section, path: &[u8]) -> Option<Finding> {
        let is_path = path.starts_with(b"/") || path.is_empty() || path.contains(&b':');
        let target = path.to_vec();
        if path.contains(&b'?') {
            let headline = "the section is about a query string, which its path never has";
            return Some(self.impossible(section, target, headline, ASKS_FOR_QUERY));
        }
        (!is_path).then(|| {
            let headline = "the section's path begins with no slash, and every URL-path does";
            self.impossible(section, target, headline, "begin with /")
        })
    }

    /// What was meant is asked for, and the section's first line does not answer.
    fn impossible(
        &self,
        section: &Section,
        mut target: Vec<u8>,
        headline: &str,
        help: &str,
    ) -> Finding {
        let finding = Finding::warning("impossible-section", section.place, headline)
            .label("is about no URL")
            .help(help);
        if !target.starts_with(b"/") {
            target.insert(0, b'/');
        }
        let asked = self.of_redirects(section, &target);
        match asked.or_else(|| self.of_rules(section, &target)) {
            Some((line, request)) => finding
                .about(line)
                .shows(Shows::Misses, Tries::only(request)),
            None => finding,
        }
    }

    fn of_redirects(&self, section: &Section, target: &[u8]) -> Option<(Place, Request)> {
        let list = section.settings.redirects?;
        let redirects = self
            .site
            .redirect_lists
            .get(usize::try_from(list.0).ok()?)?;
        let request = self.aiming.anywhere_redirected(list, target.to_vec())?;
        Some((redirects.first()?.place, request))
    }

    fn of_rules(&self, section: &Section, target: &[u8]) -> Option<(Place, Request)> {
        let set = section.settings.rewrite.as_ref()?.rules;
        let rules = self.site.rule_sets.get(usize::try_from(set.0).ok()?)?;
        let request = self.aiming.anywhere(set, target.to_vec())?;
        Some((rules.rules.first()?.place, request))
    }
}

fn mirrored_in_part(section: &Section, headline: &str) -> Finding {
    Finding::warning("mirrored-in-part", section.place, headline)
        .label("the edge may answer otherwise than Apache")
}

/// Apache leaves the inner section out where a lookup remembers the outer one (`ap_if_walk`).
fn if_in_if(section: &Section) -> Finding {
    mirrored_in_part(
        section,
        "a section inside of `<If>`: Apache leaves it out where a lookup remembers the outer one",
    )
    .help("join both conditions in one `<If>` with `&&`")
}

/// Apache walks the locations once with the path still encoded (`ap_process_request_internal`).
fn encoded_only(section: &Section, pattern: &Pattern) -> Option<Finding> {
    let asks = pattern.text.contains(&b'%') && !pattern.group_names().is_empty();
    asks.then(|| {
        mirrored_in_part(
            section,
            "groups that match only while the path is still encoded set no variables at the edge",
        )
        .help("write the decoded character instead of the escape")
    })
}

/// Apache remembers the walk in a lookup of the same file (`ap_file_walk`).
fn set_again(section: &Section, pattern: &Pattern, changed: &HashSet<Vec<u8>>) -> Option<Finding> {
    if changed.is_empty() {
        return None;
    }
    let names = pattern.group_names();
    let mut variables = names.iter().map(|(name, _)| name.to_ascii_uppercase());
    let is_changed = variables.any(|name| changed.contains(&name));
    is_changed.then(|| {
        mirrored_in_part(
            section,
            "a rule changes a variable of this section's groups, and a lookup of the file sets it again at the edge",
        )
        .help("use another variable in the rule")
    })
}

/// Names behind `MATCH_` of the variables that rules set or take away, in upper case.
fn changed_groups(site: &Site) -> HashSet<Vec<u8>> {
    let sets = rules(site).filter_map(|(_, rule)| rule.extras.as_deref());
    let sources = sets.flat_map(|extras| &extras.environment);
    let names = sources.filter_map(|template| {
        let source = template.source.as_slice();
        let named = source.strip_prefix(b"!").unwrap_or(source);
        let end = named.iter().position(|byte| *byte == b':');
        let name = named
            .get(..end.unwrap_or(named.len()))?
            .to_ascii_uppercase();
        Some(name.strip_prefix(b"MATCH_")?.to_vec())
    });
    names.collect()
}

//! What is suspicious about a configuration, beyond what can be left out.
//!
//! In: a [`Reading`], and its compiled form to ask. Out: diagnostics. Absent: removing anything; see
//! [`crate::redundant`].
//!
//! * [`lints`], [`targets`]: lines that do something else than they look like; [`conditions`], [`decoded`], [`escapes`],
//!   [`references`], [`redirect_paths`], [`slashes`]: families of them;
//! * [`open`], [`names`], [`insecure`]: lines that lead wherever a visitor says, or from https to http;
//! * [`flow`], [`hosts`]: rules that reach further than they seem to, hosts that nobody comes to;
//! * [`chains`]: redirects that lead to a redirect, or back;
//! * [`conflicts`]: lines that match some of the same requests;
//! * [`costly`]: lines whose decision can take too many steps;
//! * [`unsent`], [`untold`], [`sections`]: lines that the edge answers otherwise, as `docs/deviations.md` lists them.
//!
//! Everything here errs towards silence: what is said holds for the URL given with it.

mod chains;
mod conditions;
mod conflicts;
mod costly;
mod decoded;
mod dots;
mod escapes;
mod flags;
mod flow;
mod goes_on;
mod hosts;
mod insecure;
mod lints;
mod names;
mod nowhere;
mod open;
mod posts;
mod redirect_paths;
mod references;
mod sections;
mod slashes;
mod surroundings;
mod targets;
mod unsent;
mod untold;
mod written;

use std::collections::HashSet;

use edgewright_engine::model::rules::{
    Place, Redirect, RedirectListId, Rule, RuleFlags, RuleSetId,
};
use edgewright_engine::model::site::{DirectoryRewrite, Site};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use crate::class::ViewerClass;
use crate::compiled_site::CompiledSite;
use crate::limits::Limit;
use crate::parallel::both;
use crate::reading::{Position, Reading};
use crate::redundant::Redundant;
use crate::replay::{Cause, Claim, Proposed, Shows, Tries};
use crate::spans::Spans;
use crate::witness::Aiming;

/// Any of these ends the list once the rule applied.
const ENDING: RuleFlags = RuleFlags::STATUS
    .union(RuleFlags::LAST)
    .union(RuleFlags::END)
    .union(RuleFlags::PASS_THROUGH)
    .union(RuleFlags::PROXY);

/// With any of these a rule redirects to no URL, whatever `R` says.
const NO_REDIRECT: RuleFlags = RuleFlags::NO_SUBSTITUTION
    .union(RuleFlags::STATUS)
    .union(RuleFlags::PROXY);

/// Everything that is suspicious about `reading`, in the order of its lines.
///
/// Their requests are still to be tried; see [`crate::replay`].
pub(crate) fn findings(
    reading: &Reading,
    (redundant, class): (&Redundant, Option<&ViewerClass>),
    answering: &mut CompiledSite<'_>,
    aiming: &Aiming<'_>,
) -> Vec<Proposed> {
    let site = &reading.site;
    let spans = Spans::of(reading);
    let most = Most(steps(reading));
    let (mut found, conflicts) = both(
        || lints::find(site, aiming),
        || conflicts::find(site, redundant, answering, aiming, most),
    );
    found.extend(conflicts.found);
    found.extend(unsent::find(site, redundant));
    found.extend(untold::find(site, redundant, class));
    found.extend(sections::find(site, aiming));
    found.extend(flow::find(site, redundant, aiming));
    found.extend(hosts::find(site, aiming));
    found.extend(posts::find(site, redundant, aiming));
    found.extend(nowhere::find(site, redundant, answering, aiming, most));
    found.extend(insecure::find(site, aiming));
    found.extend(names::find(site, aiming));
    found.extend(dots::find(site, redundant, aiming));
    found.extend(written::find(
        reading,
        redundant,
        &spans,
        (answering, aiming),
    ));
    found.extend(surroundings::find(reading, answering, aiming, most));
    found.extend(goes_on::find(site, redundant, answering, aiming, most));
    found.extend(costly::find(site, redundant, answering, aiming));
    let chains = chains::find(site, redundant, answering, aiming, most);
    found.extend(chains.found);
    let mut seen = HashSet::new();
    found.retain(|finding| seen.insert((finding.at, finding.code)));
    found.sort_by_key(|finding| finding.at);
    let told = found.into_iter().filter_map(|finding| finding.tell(&spans));
    let mut told: Vec<Proposed> = told.collect();
    told.extend(left_out(reading, "overlapping lines", conflicts.left_out));
    told.extend(left_out(
        reading,
        "lines that lead to this site",
        chains.left_out,
    ));
    told
}

/// What an analysis found, and what it did not look at.
struct Looked {
    found: Vec<Finding>,
    /// How many lines it left out, because it had taken all the steps it may, and the first of them.
    left_out: Option<(usize, Place)>,
}

/// How many steps the analyses may take together.
#[derive(Debug, Clone, Copy)]
struct Most(u64);

/// How many steps the analyses of `reading` may take together, and again the requests of all findings: what its limits
/// allow, and some for each line, so that no configuration is too long.
pub(crate) fn steps(reading: &Reading) -> u64 {
    let lines = u64::try_from(reading.units.len()).unwrap_or(u64::MAX);
    let for_lines = lines.saturating_mul(STEPS_A_LINE);
    for_lines.saturating_add(reading.limits.get(Limit::AnalysisSteps))
}

/// Nearly all lines need far fewer steps to be followed.
const STEPS_A_LINE: u64 = 64;

fn left_out(reading: &Reading, what: &str, left_out: Option<(usize, Place)>) -> Option<Proposed> {
    let (count, first) = left_out?;
    let headline =
        format!("{count} {what} were not followed, from this one on: that takes too many steps");
    let span = Spans::of(reading).at(first);
    let limits = &reading.limits;
    Some(Proposed {
        diagnostic: limits.left_out(Limit::AnalysisSteps, headline, span),
        claim: None,
        cause: None,
    })
}

/// One thing to say about one line.
#[derive(Debug)]
struct Finding {
    code: &'static str,
    severity: Severity,
    at: Place,
    headline: String,
    label: &'static str,
    help: String,
    /// Other lines that have to do with it.
    others: Vec<(Place, &'static str)>,
    /// What a request must show, and where to take it from.
    claim: Option<(Shows, Tries)>,
    /// The line that the request is about, where that is another one.
    about: Option<Place>,
    /// What it has in common with others of its code.
    cause: Option<Cause>,
}

impl Finding {
    fn warning(code: &'static str, at: Place, headline: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Warning,
            at,
            headline: headline.into(),
            label: "",
            help: String::new(),
            others: Vec::new(),
            claim: None,
            about: None,
            cause: None,
        }
    }

    fn note(code: &'static str, at: Place, headline: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::warning(code, at, headline)
        }
    }

    fn label(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    fn help(self, help: impl Into<String>) -> Self {
        let help = help.into();
        Self { help, ..self }
    }

    /// Says what one of `tries` must show.
    fn shows(self, shows: Shows, tries: Tries) -> Self {
        let claim = Some((shows, tries));
        Self { claim, ..self }
    }

    /// Says that the request is about the line at `place`.
    fn about(self, place: Place) -> Self {
        let about = Some(place);
        Self { about, ..self }
    }

    /// Of the findings of this code in a file, the first is told.
    fn habit(self) -> Self {
        let cause = Some(Cause::Habit);
        Self { cause, ..self }
    }

    fn tell(self, spans: &Spans<'_>) -> Option<Proposed> {
        let span = spans.at(self.at)?;
        let mut told =
            Diagnostic::new(self.severity, self.code, self.headline, span).label(self.label);
        if !self.help.is_empty() {
            told = told.help(self.help);
        }
        for (place, what) in self.others {
            if let Some(other) = spans.at(place) {
                told = told.other(other, what);
            }
        }
        let at = self.about.unwrap_or(self.at);
        let claim = self.claim;
        Some(Proposed {
            diagnostic: told,
            cause: self.cause,
            claim: claim.map(|(shows, tries)| Claim { at, shows, tries }),
        })
    }
}

/// Every rule of a site with its position.
fn rules(site: &Site) -> impl Iterator<Item = (Position, &Rule)> {
    let sets = (0..).map(RuleSetId).zip(&site.rule_sets);
    sets.flat_map(|(set, rules)| {
        let numbered = rules.rules.iter().enumerate();
        numbered.map(move |(at, rule)| (Position::Rule(set, at), rule))
    })
}

/// Every redirect of a site with its position.
fn redirects(site: &Site) -> impl Iterator<Item = (Position, &Redirect)> {
    let lists = (0..).map(RedirectListId).zip(&site.redirect_lists);
    lists.flat_map(|(list, redirects)| {
        let numbered = redirects.iter().enumerate();
        numbered.map(move |(at, redirect)| (Position::Redirect(list, at), redirect))
    })
}

/// How directories use rule sets.
fn directories(site: &Site) -> impl Iterator<Item = &DirectoryRewrite> {
    site.settings()
        .filter_map(|settings| settings.rewrite.as_ref())
}

//! Lines around rules that keep requests from them, or change what they make.
//!
//! In: lines of which the place was kept, and the site. Out: findings, each with a request that shows it where there can
//! be one. Absent: rules by themselves; see [`super::lints`].
//!
//! What a folder has in it decides what the first two do, so that they are said where its contents are known.

use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::rules::{Place, Rule, RuleFlags, RuleSetId};
use edgewright_engine::model::site::{
    FileKind, PathMatcher, RewriteOptions, SectionKind, Settings, Site,
};

use super::{Finding, Most, rules};
use crate::compiled_site::CompiledSite;
use crate::host_names::{HostNames, authority, scheme_length};
use crate::reading::{Noted, NotedLine, Position, Reading};
use crate::replay::{Shows, Tries};
use crate::witness::{Aiming, Request, encoded};

/// So many folders with rules are looked at.
const MOST_FOLDERS: usize = 200;

/// So many files of a folder are looked at.
const MOST_FILES: usize = 200;

pub(super) fn find(
    reading: &Reading,
    answering: &CompiledSite<'_>,
    aiming: &Aiming<'_>,
    most: Most,
) -> Vec<Finding> {
    let site = &reading.site;
    let asking = Asking {
        site,
        answering,
        aiming,
        most,
    };
    let mut found = error_urls(reading);
    let first = |is_it: fn(&Noted) -> bool| {
        let mut lines = reading.noted.iter();
        lines.find(|line| is_it(&line.note)).map(|line| line.place)
    };
    if let Some(line) = first(|note| matches!(note, Noted::NoSlash)) {
        found.extend(asking.without_slash(line));
    }
    if let Some(line) = first(|note| matches!(note, Noted::MultiViews)) {
        found.extend(asking.renamed_before(line));
    }
    found
}

/// `ErrorDocument 404 https://this.host/404.html`: the error becomes a redirect.
fn error_urls(reading: &Reading) -> Vec<Finding> {
    let names = HostNames::of(&reading.site);
    let own = |line: &&NotedLine| match &line.note {
        Noted::ErrorUrl(status, url) => {
            *status != 401 && authority(url).is_some_and(|name| names.has(name))
        }
        Noted::NoSlash | Noted::MultiViews => false,
    };
    let found = reading.noted.iter().filter(own).filter_map(|line| {
        let Noted::ErrorUrl(status, url) = &line.note else {
            return None;
        };
        let name = authority(url)?;
        let path = url.get(scheme_length(url) + name.len()..)?;
        let path = String::from_utf8_lossy(path).into_owned();
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let headline = format!(
            "a {status} with a URL becomes a redirect: clients are told 302, and the page it leads to comes with 200"
        );
        let finding = Finding::warning("error-document-url", line.place, headline)
            .label("the status is lost")
            .help(format!("write the path only: ErrorDocument {status} {path}"))
            .habit();
        Some(match answering(&reading.site, *status) {
            Some((position, rule)) => finding
                .about(rule.place)
                .shows(Shows::Location(url.clone()), Tries::Any(position, None)),
            None => finding,
        })
    });
    found.collect()
}

/// A rule that answers with `status`.
fn answering(site: &Site, status: u16) -> Option<(Position, &Rule)> {
    let mut all = rules(site);
    all.find(|(_, rule)| rule.flags.contains(RuleFlags::STATUS) && rule.status == status)
}

/// A folder with rules of its own.
struct Folder<'s> {
    set: RuleSetId,
    directory: &'s [u8],
    rules: &'s [Rule],
}

struct Asking<'a, 's> {
    site: &'s Site,
    answering: &'a CompiledSite<'a>,
    aiming: &'a Aiming<'s>,
    most: Most,
}

impl<'s> Asking<'_, 's> {
    /// Folders that exist and have rules of their own.
    fn folders(&self) -> impl Iterator<Item = Folder<'s>> {
        let site = self.site;
        let number = |id: u32| usize::try_from(id).unwrap_or(usize::MAX);
        let shared = site.tree.overrides.iter();
        let own = site.hosts.iter().flat_map(|host| &host.overrides);
        let own = own.filter_map(|(directory, id)| Some((directory, id.as_ref()?)));
        let files = shared.chain(own).filter_map(move |(directory, id)| {
            let section = site.sections.get(number(id.0))?;
            Some((directory.as_slice(), section))
        });
        let sections = site
            .sections
            .iter()
            .filter_map(|section| match &section.kind {
                SectionKind::Directory(PathMatcher::Plain(path)) => {
                    Some((path.as_slice(), section))
                }
                _ => None,
            });
        let all = files
            .chain(sections)
            .filter_map(move |(directory, section)| {
                let rewrite = section.settings.rewrite.as_ref()?;
                let rules = &site.rule_sets.get(number(rewrite.rules.0))?.rules;
                let is_here = site.tree.kind(directory) == Some(FileKind::Directory);
                (is_here && !rules.is_empty()).then_some(Folder {
                    set: rewrite.rules,
                    directory,
                    rules,
                })
            });
        all.take(MOST_FOLDERS)
    }

    fn ask(&self, request: &Request) -> Option<Answer> {
        (self.answering.steps() < self.most.0).then(|| self.answering.ask(request))
    }

    /// `DirectorySlash Off` and a folder with rules: they are not asked for the folder's own name.
    fn without_slash(&self, line: Place) -> Option<Finding> {
        let allowed = |settings: &Settings| {
            let options = settings
                .rewrite
                .as_ref()
                .and_then(|rewrite| rewrite.options);
            options.is_some_and(|options| options.contains(RewriteOptions::ALLOW_NO_SLASH))
        };
        if self.site.settings().any(allowed) {
            return None;
        }
        self.folders()
            .find_map(|folder| self.unasked(&folder, line))
    }

    /// The folder's name with a slash is for one of its rules, and without it the rule is not asked.
    fn unasked(&self, folder: &Folder<'s>, line: Place) -> Option<Finding> {
        let base = self
            .aiming
            .base(folder.set)
            .filter(|base| !base.is_empty())?;
        let with_slash = encoded(&[base, b"/"].concat());
        let asked = self.ask(&self.aiming.anywhere(folder.set, with_slash)?)?;
        let steps = || asked.trace.iter().filter(|step| step.event.is_effect());
        let applies = |rule: &&Rule| steps().any(|step| step.is_at(rule.place));
        let rule = folder.rules.iter().find(applies)?;
        let request = self.aiming.anywhere(folder.set, encoded(base))?;
        let answer = self.ask(&request)?;
        if has_slash_added(&answer, base) {
            return None;
        }
        let headline = "without the slash, a folder's own rules are not asked for its name";
        let mut finding = Finding::warning("directory-slash-off", line, headline)
            .label("nobody is sent to the name with the slash")
            .help("leave DirectorySlash on, or write RewriteOptions AllowNoSlash beside the folder's rules")
            .about(rule.place)
            .shows(Shows::Misses, Tries::only(request));
        finding.others = vec![(rule.place, "this rule answers for the name with the slash")];
        Some(finding)
    }

    /// `MultiViews`: `/about` is `about.php` before the rules of the folder see it.
    fn renamed_before(&self, line: Place) -> Vec<Finding> {
        let found = self.folders().filter_map(|folder| {
            let base = self.aiming.base(folder.set)?;
            let files = self.site.tree.names_in(folder.directory).take(MOST_FILES);
            let plain = files.filter(|name| !name.starts_with(b"."));
            let mut renamed = plain.filter_map(|name| {
                let length = name.iter().position(|byte| *byte == b'.')?;
                self.renamed(&folder, base, name.get(..length)?, name)
            });
            let (rule, path, request) = renamed.next()?;
            let shown = String::from_utf8_lossy(&path).into_owned();
            let headline = format!("MultiViews makes {shown} of the path before this rule sees it");
            let mut finding = Finding::warning("multiviews-before-rules", rule.place, headline)
                .label("is compared with the file's whole name")
                .help("write Options -MultiViews where the rules stand")
                .shows(Shows::Passes(path), Tries::only(request));
            finding.others = vec![(line, "allowed here")];
            Some(finding)
        });
        found.collect()
    }

    /// A rule for `stem`, or for what is below it, that the file `name` is served instead of.
    fn renamed(
        &self,
        folder: &Folder<'s>,
        base: &[u8],
        stem: &[u8],
        name: &[u8],
    ) -> Option<(&'s Rule, Vec<u8>, Request)> {
        let texts = [b"".as_slice(), b"/a", b"/1"];
        let both = texts.map(|rest| ([stem, rest].concat(), [name, rest].concat()));
        for (meant, seen) in both {
            let is_for = |rule: &&Rule| {
                !rule.flags.contains(RuleFlags::NEGATED)
                    && rule.pattern.is_match(&meant)
                    && !rule.pattern.is_match(&seen)
            };
            let Some(rule) = folder.rules.iter().find(is_for) else {
                continue;
            };
            let target = encoded(&[base, b"/", &meant].concat());
            let request = self.aiming.anywhere(folder.set, target)?;
            let path = [base, b"/", name].concat();
            let answer = self.ask(&request)?;
            if is_passed_on(&answer, &path) {
                return Some((rule, path, request));
            }
        }
        None
    }
}

/// Does a line answer, or is the client sent to the name with the slash?
fn has_slash_added(answer: &Answer, base: &[u8]) -> bool {
    let target = [base, b"/"].concat();
    let is_added = matches!(&answer.outcome, Outcome::Redirect { location, .. }
        if location.ends_with(&target));
    is_added || answer.trace.iter().any(|step| step.event.is_effect())
}

/// No line does anything, and the file at `path`, or what is below it, is served.
fn is_passed_on(answer: &Answer, path: &[u8]) -> bool {
    let is_served = matches!(&answer.outcome, Outcome::Serve { path: served, .. }
        if served.starts_with(path));
    is_served && !answer.trace.iter().any(|step| step.event.is_effect())
}

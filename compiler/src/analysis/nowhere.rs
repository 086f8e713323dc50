//! Redirects to a page of this site that is not there.
//!
//! In: a [`Site`] whose document roots were read, and its compiled form. Out: findings, each with the request that is
//! redirected. Absent: targets with groups; other sites; document roots with hardly a file, of which the rest is elsewhere.

use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::rules::{Place, RuleFlags};
use edgewright_engine::model::site::{FileKind, Host, Site};

use super::{Finding, Most, NO_REDIRECT, redirects, rules};
use crate::compiled_site::CompiledSite;
use crate::host_names::target_is_here;
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::replay::{Browser, Shows, Tries, answering_line};
use crate::witness::{Aiming, Request, encoded};

/// A document root has so many files at least.
const FEWEST: usize = 3;

pub(super) fn find(
    site: &Site,
    redundant: &Redundant,
    answering: &CompiledSite<'_>,
    aiming: &Aiming<'_>,
    most: Most,
) -> Vec<Finding> {
    let roots = site.hosts.iter().map(|host| host.document_root.as_slice());
    let roots: Vec<&[u8]> = roots.filter(|root| is_whole(site, root)).collect();
    if roots.is_empty() {
        return Vec::new();
    }
    let browser = Browser::of(site);
    let search = Search {
        site,
        answering,
        browser: &browser,
        roots,
    };
    let mut found = Vec::new();
    for (position, place) in fixed(site, redundant, &browser) {
        if answering.steps() >= most.0 {
            break;
        }
        let request = aiming.others(position).into_iter().next();
        found.extend(request.and_then(|request| search.leads_nowhere(place, request)));
    }
    found
}

/// Was a document root read, and is there more in it than configuration?
fn is_whole(site: &Site, root: &[u8]) -> bool {
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let below = [root, b"/"].concat();
    let entries = site.tree.entries.range(below.clone()..);
    let inside = entries.take_while(|(path, _)| path.starts_with(&below));
    let is_page = |path: &[u8]| !path.windows(2).any(|two| two == b"/.");
    let files = inside.filter(|(path, kind)| {
        !matches!(kind, FileKind::Directory) && is_page(path.get(root.len()..).unwrap_or_default())
    });
    !root.is_empty() && site.tree.is_known(root) && files.take(FEWEST).count() == FEWEST
}

/// Redirects to one page of this site.
fn fixed(site: &Site, redundant: &Redundant, browser: &Browser<'_>) -> Vec<(Position, Place)> {
    let names = browser.names();
    let leads = rules(site).filter(|(_, rule)| {
        let is_redirect =
            rule.flags.contains(RuleFlags::FORCE_REDIRECT) && !rule.flags.intersects(NO_REDIRECT);
        is_redirect
            && rule.substitution.is_literal()
            && target_is_here(names, &rule.substitution.source)
    });
    let of_rules = leads.map(|(position, rule)| (position, rule.place));
    let here = redirects(site).filter(|(_, one)| {
        !one.target.is_empty()
            && !one.target.contains(&b'$')
            && one.expression.is_none()
            && target_is_here(names, &one.target)
    });
    let of_redirects = here.map(|(position, one)| (position, one.place));
    let all = of_rules.chain(of_redirects);
    all.filter(|(position, _)| !redundant.contains(*position))
        .collect()
}

struct Search<'a, 's> {
    site: &'s Site,
    answering: &'a CompiledSite<'a>,
    browser: &'a Browser<'s>,
    /// Document roots whose files are known.
    roots: Vec<&'s [u8]>,
}

impl Search<'_, '_> {
    fn leads_nowhere(&self, place: Place, request: Request) -> Option<Finding> {
        let answer = self.answering.ask(&request);
        let Outcome::Redirect { location, .. } = &answer.outcome else {
            return None;
        };
        let next = self.browser.next(&request, &answer.outcome)?;
        if answering_line(&answer) != Some(place) || !self.is_missing(&next) {
            return None;
        }
        let url = String::from_utf8_lossy(location).into_owned();
        let headline = format!("the redirect leads to a page that is not there: {url}");
        Some(
            Finding::note("missing-target", place, headline)
                .label("ends in a 404, as far as the document root was read")
                .help("write the page's new path, or Redirect 410 for what is gone for good")
                .shows(Shows::Location(location.clone()), Tries::only(request)),
        )
    }

    /// Is there neither a line nor a file for `request`?
    fn is_missing(&self, request: &Request) -> bool {
        let answer: Answer = self.answering.ask(request);
        let Outcome::Serve { path, .. } = &answer.outcome else {
            return false;
        };
        let mut hosts = self
            .site
            .hosts
            .iter()
            .filter(|host| goes_by(host, &request.host));
        let root = |host: &Host| host.document_root.clone();
        let is_known = |root: &Vec<u8>| self.roots.contains(&root.as_slice());
        let root = match (hosts.next().map(root), self.site.hosts.first()) {
            (Some(root), _) => root,
            (None, first) => first.map(root).unwrap_or_default(),
        };
        let name = [root.strip_suffix(b"/").unwrap_or(&root), path].concat();
        // An alias leads elsewhere, and so does a file that stands in for others.
        let end = request.target.iter().position(|byte| *byte == b'?');
        let asked = request.target.get(..end.unwrap_or(request.target.len()));
        is_known(&root)
            && asked == Some(encoded(path).as_slice())
            && self.site.tree.kind(&name).is_none()
            && !answer.trace.iter().any(|step| step.event.is_effect())
    }
}

fn goes_by(host: &Host, authority: &[u8]) -> bool {
    let name = authority.split(|byte| *byte == b':').next();
    edgewright_engine::evaluate::vhost::goes_by(host, name.unwrap_or_default())
}

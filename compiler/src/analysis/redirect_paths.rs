//! Paths of `Redirect`s that no URL-path begins with.
//!
//! In: a `Redirect`, the folders whose lines it is among. Out: findings, each with a request that it does not answer.
//! Absent: `?`, `#` and escapes in a path; see [`super::decoded`].

use std::collections::HashMap;

use edgewright_engine::model::rules::{Redirect, RedirectListId, RedirectMatcher};
use edgewright_engine::model::site::{Settings, Site};
use edgewright_engine::pattern::{Pattern, PatternOptions};

use super::Finding;
use super::decoded::Line;
use crate::replay::{Shows, Tries};
use crate::witness::{Groups, encoded, sample};

/// What stands in patterns and hardly in paths.
const MARKS: [&[u8]; 8] = [
    b".*", b".+", b"[^", b"\\.", b"\\d", b"[0-9]", b"(?", b"[a-z",
];

pub(super) fn of_redirect(
    redirect: &Redirect,
    line: &Line<'_>,
    folders: &Folders,
    list: RedirectListId,
) -> Option<Finding> {
    let RedirectMatcher::Prefix(path) = &redirect.matcher else {
        return None;
    };
    let bases = folders.of_list(list);
    let base = bases.and_then(|bases| bases.first());
    regular_expression(redirect, line, path)
        .or_else(|| without_slash(redirect, line, path, base.map_or(&[], Vec::as_slice)))
        .or_else(|| outside(redirect, line, path, bases?))
}

/// `Redirect` compares texts.
fn regular_expression(redirect: &Redirect, line: &Line<'_>, path: &[u8]) -> Option<Finding> {
    let holds = |mark: &[u8]| path.windows(mark.len()).any(|part| part == mark);
    let is_pattern =
        path.starts_with(b"^") || path.ends_with(b"$") || MARKS.iter().any(|mark| holds(mark));
    if !is_pattern {
        return None;
    }
    let pattern = Pattern::new(path, PatternOptions::default());
    let text = sample(&pattern, 0, &Groups::new());
    let request = line.request(&text).filter(|_| pattern.is_match(&text))?;
    let headline = "a Redirect compares texts: a regular expression is none";
    Some(
        Finding::warning("redirect-path", redirect.place, headline)
            .label("no path begins like that")
            .help("write RedirectMatch for Redirect")
            .shows(Shows::Misses, Tries::only(request)),
    )
}

/// A URL-path begins with a slash.
fn without_slash(
    redirect: &Redirect,
    line: &Line<'_>,
    path: &[u8],
    base: &[u8],
) -> Option<Finding> {
    if path.starts_with(b"/") {
        return None;
    }
    let whole = [base, b"/", path].concat();
    let shown = String::from_utf8_lossy(&whole).into_owned();
    let headline = "the path of a Redirect begins with no slash, and every URL-path does";
    let finding = Finding::warning("redirect-path", redirect.place, headline)
        .label("no path begins like that");
    if path.windows(3).any(|three| three == b"://") {
        return Some(finding.help("write the path only; for one host, into its <VirtualHost>"));
    }
    let request = line.request(&whole)?;
    let finding = finding.help(format!("write {shown}"));
    Some(finding.shows(Shows::Misses, Tries::only(request)))
}

/// The lines of a folder are read for what is in it.
fn outside(
    redirect: &Redirect,
    line: &Line<'_>,
    path: &[u8],
    bases: &[Vec<u8>],
) -> Option<Finding> {
    let first = bases.first()?;
    if !path.starts_with(b"/") || bases.iter().any(|base| meet(base, path)) {
        return None;
    }
    let mut request = line.request(first)?;
    request.target = encoded(path);
    let shown = String::from_utf8_lossy(first).into_owned();
    let headline =
        format!("these lines are read for what is below {shown} only, and the path is not");
    let name = String::from_utf8_lossy(path).into_owned();
    Some(
        Finding::warning("redirect-path", redirect.place, headline)
            .label("is the whole URL-path, not what follows the folder")
            .help(format!(
                "write {shown}{name}, or move the line to where it applies"
            ))
            .shows(Shows::Misses, Tries::only(request)),
    )
}

/// Is one of them the other, or below it?
fn meet(base: &[u8], path: &[u8]) -> bool {
    let within = |outer: &[u8], inner: &[u8]| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || outer.ends_with(b"/"))
    };
    within(base, path) || within(path, base)
}

/// From so many lines on that are all outside, the folder is somewhere else in the site than it is here.
const MANY: usize = 3;

fn is_elsewhere(redirects: &[Redirect], bases: &[Vec<u8>]) -> bool {
    let paths = redirects.iter().filter_map(|one| match &one.matcher {
        RedirectMatcher::Prefix(path) => Some(path),
        RedirectMatcher::Regex(_) | RedirectMatcher::Section => None,
    });
    let inside = |path: &&Vec<u8>| bases.iter().any(|base| meet(base, path));
    redirects.len() >= MANY && paths.filter(inside).count() == 0
}

/// The URL-paths of folders with `.htaccess` files.
pub(super) struct Folders(HashMap<RedirectListId, Vec<Vec<u8>>>);

impl Folders {
    /// Looks through the `.htaccess` files of `site`; finds none where aliases lead elsewhere into the file system.
    pub(super) fn of(site: &Site) -> Self {
        let is_plain = |settings: &Settings| settings.alias.is_none();
        let plain = site.hosts.iter().all(|host| host.url_aliases.is_empty())
            && site
                .sections
                .iter()
                .all(|section| is_plain(&section.settings));
        if !plain {
            return Self(HashMap::new());
        }
        let own = site.hosts.iter().flat_map(|host| &host.overrides);
        let own = own.filter_map(|(directory, id)| Some((directory, (*id)?)));
        let shared = site.tree.overrides.iter();
        let all = shared.map(|(directory, id)| (directory, *id)).chain(own);
        let lists = all.filter_map(|(directory, id)| {
            let section = site.sections.get(usize::try_from(id.0).ok()?)?;
            let list = section.settings.redirects?;
            let roots = site.hosts.iter().map(|host| host.document_root.as_slice());
            let bases = roots.filter_map(|root| {
                let root = root.strip_suffix(b"/").unwrap_or(root);
                let base = directory.strip_prefix(root)?;
                Some(base.strip_suffix(b"/").unwrap_or(base).to_vec())
            });
            let bases: Vec<Vec<u8>> = bases.collect();
            let redirects = site.redirect_lists.get(usize::try_from(list.0).ok()?)?;
            (!is_elsewhere(redirects, &bases)).then_some((list, bases))
        });
        Self(lists.collect())
    }

    fn of_list(&self, list: RedirectListId) -> Option<&[Vec<u8>]> {
        self.0.get(&list).map(Vec::as_slice)
    }
}

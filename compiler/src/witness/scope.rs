//! Where rules apply: hosts, and the URLs of directories and sections.
//!
//! In: a [`Site`]. Out: [`Scope`]s with the lists that hold in them. Absent: requests.

use edgewright_engine::model::rules::{RedirectListId, RuleSetId};
use edgewright_engine::model::site::{
    AliasMatcher, Host, HostPattern, PathMatcher, Proxy, SectionId, SectionKind, Settings, Site,
};

use super::reach::{Ports, Reach};
use super::sample::{Groups, sample};

/// A part of a host's URLs.
#[derive(Debug, Clone)]
pub(super) struct Scope<'s> {
    /// The host.
    pub(super) host: &'s Host,
    /// How requests come to the host.
    pub(super) reach: Reach,
    /// What patterns of rules are matched with.
    pub(super) subject: Subject,
    /// The URL-path of the directory or section, without trailing slash: empty for the root.
    pub(super) base: Vec<u8>,
    /// What patterns see in front of the URL-path: the part of the document root below the directory, with a
    /// slash behind it, for a section of a directory above the root.
    pub(super) root_part: Vec<u8>,
    /// The last part of the path, where a section asks for one.
    pub(super) file: Option<Vec<u8>>,
}

/// What patterns of rules are matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// The whole URL-path.
    Url,
    /// What follows the directory.
    BelowDirectory,
}

/// What holds in a scope.
#[derive(Debug, Clone, Copy)]
pub(super) enum List<'s> {
    Rules(RuleSetId),
    Redirects(RedirectListId),
    Proxy(&'s Proxy),
}

/// Every list of the site with the scope it holds in, host by host.
pub(super) fn scopes(site: &Site) -> Vec<(Scope<'_>, List<'_>)> {
    let mut hosts: Vec<_> = site.hosts.iter().collect();
    // Of a part of a configuration, which is reached both ways, more is asked over TLS: there the
    // rules have a say that follow the one from http to https.
    if hosts.iter().all(|host| host.place.is_none()) {
        hosts.reverse();
    }
    let ports = Ports::of(site);
    hosts
        .into_iter()
        .flat_map(|host| of_host(site, host, ports.reach(host)))
        .collect()
}

fn of_host<'s>(site: &'s Site, host: &'s Host, reach: Reach) -> Vec<(Scope<'s>, List<'s>)> {
    let root = Scope {
        host,
        reach,
        subject: Subject::Url,
        base: Vec::new(),
        root_part: Vec::new(),
        file: None,
    };
    let mut found = Vec::new();
    if let Some(rewrite) = &host.rewrite {
        found.push((root.clone(), List::Rules(rewrite.rules)));
    }
    found.push((root.clone(), List::Redirects(host.redirects)));
    let proxies = host.proxies.iter();
    found.extend(proxies.map(|proxy| (root.clone(), List::Proxy(proxy))));
    let inside = Scope {
        subject: Subject::BelowDirectory,
        ..root
    };
    of_settings(site, &inside, &host.settings, &mut found);
    let sections = [&host.directories, &host.directory_patterns, &host.locations];
    for id in sections.into_iter().flatten() {
        of_section(site, &inside, *id, &mut found);
    }
    let shared = site.tree.overrides.iter();
    let shared = shared.filter(|(directory, _)| !host.overrides.contains_key(*directory));
    let own = host.overrides.iter();
    let own = own.filter_map(|(directory, id)| Some((directory, id.as_ref()?)));
    for (directory, id) in shared.chain(own) {
        if let Some(base) = url_of(host, directory) {
            let scope = Scope {
                base,
                ..inside.clone()
            };
            of_section(site, &scope, *id, &mut found);
        }
    }
    found
}

fn of_section<'s>(
    site: &'s Site,
    around: &Scope<'s>,
    id: SectionId,
    found: &mut Vec<(Scope<'s>, List<'s>)>,
) {
    let index = usize::try_from(id.0).unwrap_or(usize::MAX);
    let Some(section) = site.sections.get(index) else {
        return;
    };
    let mut scope = around.clone();
    match &section.kind {
        SectionKind::Directory(PathMatcher::Plain(path)) => match url_of(around.host, path) {
            Some(base) => scope.base = base,
            None => match root_below(path, &around.host.document_root) {
                Some(part) => scope.root_part = part,
                None => return,
            },
        },
        SectionKind::Location(matcher) => {
            let text = text_of(matcher);
            let begins = if text.starts_with(b"/") {
                &b""[..]
            } else {
                b"/"
            };
            let whole = [begins, &text].concat();
            scope.base = whole.strip_suffix(b"/").unwrap_or(&whole).to_vec();
        }
        SectionKind::Files(matcher) => scope.file = Some(text_of(matcher)),
        _ => {}
    }
    of_settings(site, &scope, &section.settings, found);
}

fn of_settings<'s>(
    site: &'s Site,
    scope: &Scope<'s>,
    settings: &'s Settings,
    found: &mut Vec<(Scope<'s>, List<'s>)>,
) {
    if let Some(rewrite) = &settings.rewrite {
        found.push((scope.clone(), List::Rules(rewrite.rules)));
    }
    if let Some(list) = settings.redirects {
        found.push((scope.clone(), List::Redirects(list)));
    }
    if let Some(proxy) = &settings.proxy {
        found.push((scope.clone(), List::Proxy(proxy)));
    }
    for id in settings.files.iter().chain(&settings.ifs) {
        of_section(site, scope, *id, found);
    }
}

fn text_of(matcher: &PathMatcher) -> Vec<u8> {
    match matcher {
        PathMatcher::Plain(text) => text.clone(),
        PathMatcher::Wildcard(text) => filled(text),
        PathMatcher::Regex(pattern) => sample(pattern, 0, &Groups::new()),
    }
}

/// A text with wildcards, filled in.
pub(super) fn filled(text: &[u8]) -> Vec<u8> {
    let letter = |byte: &u8| {
        if matches!(byte, b'*' | b'?') {
            b'x'
        } else {
            *byte
        }
    };
    text.iter().map(letter).collect()
}

/// The URL-path of a directory of `host`, without trailing slash.
fn url_of(host: &Host, directory: &[u8]) -> Option<Vec<u8>> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    let below = |root: &[u8]| {
        let root = root.strip_suffix(b"/").unwrap_or(root);
        let rest = directory.strip_prefix(root)?;
        (rest.is_empty() || rest.starts_with(b"/")).then(|| rest.to_vec())
    };
    let aliased = || {
        host.url_aliases
            .iter()
            .find_map(|alias| match &alias.matcher {
                AliasMatcher::Prefix(prefix) => {
                    let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
                    Some([prefix, &below(&alias.target)?].concat())
                }
                AliasMatcher::Regex(_) => None,
            })
    };
    below(&host.document_root).or_else(aliased)
}

/// What of `root` is below `directory`, with a slash behind it.
fn root_below(directory: &[u8], root: &[u8]) -> Option<Vec<u8>> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let part = root.strip_prefix(directory)?.strip_prefix(b"/")?;
    Some([part, b"/"].concat())
}

/// The name a request usually calls `host` by.
pub(super) fn usual_name(host: &Host) -> Vec<u8> {
    if !host.name.is_empty() {
        return host.name.clone();
    }
    names(host).into_iter().next().unwrap_or_default()
}

/// Names a request may call `host` by, the usual one first.
pub(super) fn names(host: &Host) -> Vec<Vec<u8>> {
    let aliases = host.aliases.iter().map(|alias| match alias {
        HostPattern::Exact(name) => name.clone(),
        HostPattern::Wildcard(name) => filled(name),
    });
    let all = std::iter::once(host.name.clone()).chain(aliases);
    let mut found: Vec<_> = all.filter(|name| !name.is_empty()).collect();
    if found.is_empty() {
        found.push(b"localhost".to_vec());
    }
    found
}

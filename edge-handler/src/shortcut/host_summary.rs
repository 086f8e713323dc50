//! Where only rules and redirects can have a say: the way of a plain request that goes on as it came, or is
//! redirected by the first that has a say.
//!
//! In: a [`Site`] and one of its hosts. Out: [`HostSummary`], made once for a host, and for a plain request what
//! the lists [say](Said). Absent: whatever takes more than one rule or redirect. When in doubt a host has
//! no [`HostSummary`], or what is said is unclear: then the request is evaluated.
//!
//! A request goes through the walks, the hooks of `process` and the handler. Here each of them is known
//! beforehand to do nothing: sections that apply to every path are merged once, paths that other
//! sections, aliases or directories are about are *busy*, and what is left is to ask the lists.

mod direct_redirect;
mod lists;
mod partial;

pub use lists::Said;

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::budget::{Allowance, Budget};
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::Outcome;
use crate::model::rules::{RedirectListId, RuleSetId};
use crate::model::site::access::is_open;
use crate::model::site::headers::HeaderTable;
use crate::model::site::{
    AliasMatcher, EnvAttribute, EnvRule, FileKind, Host, PathMatcher, Section, SectionId,
    SectionKind, Settings, Site,
};

use crate::evaluate::files::canonical_path;
use crate::evaluate::merge::Merged;
use crate::evaluate::sections::{directory_matches, file_matches};
use crate::pattern::matching::Captures;
use crate::text::prefix::is_within;
use direct_redirect::DirectRedirect;

/// A document root is no longer than this, in bytes: with a plain path no limit is near.
const LONGEST_ROOT: usize = 512;

/// What has to be asked about a plain request for a host, and nothing else.
#[derive(Debug)]
pub struct HostSummary {
    /// Rules in server context.
    server: Option<RuleSetId>,
    /// Rules of the document root, matched without the leading slash.
    root: Vec<RuleSetId>,
    /// Redirects of sections that apply to all paths.
    sections: Vec<RedirectListId>,
    /// Redirects in server context.
    redirects: RedirectListId,
    /// What a redirect in server context needs; `None` where only an evaluation can make one.
    straight: Option<DirectRedirect>,
    /// `<Files>` that would change something.
    files: Vec<SectionId>,
    /// First segments of paths that something else may be about.
    busy: HashSet<Vec<u8>, FixedState>,
    /// URLs that begin with `/~` lead to directories of users.
    has_users: bool,
    tree: Tree,
}

/// What is known about files below the document root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tree {
    /// Nothing: the origin knows.
    Unknown,
    /// Some; a file that is not among them is no trouble.
    Known,
    /// Some; a file that is not among them may have an error document.
    Watched,
}

impl HostSummary {
    /// What has to be asked on `host`; `None` when too much can happen there.
    pub fn of(site: &Site, host: &Host) -> Option<Self> {
        let root = host.document_root.as_slice();
        if root.len() < 2
            || root.len() > LONGEST_ROOT
            || canonical_path(root) != root
            || root.ends_with(b"/")
            || !host.virtual_roots.is_empty()
            || changes_requests(site, host)
            || host
                .overrides
                .keys()
                .any(|path| is_within(path, root) || is_within(root, path))
        {
            return None;
        }
        let before = Merged::new(&host.settings);
        let standing = standing(site, host)?;
        if standing.broken() || standing.has_trouble() || has_trouble(&host.environment) {
            return None;
        }
        let rewriting = before
            .rewriting()
            .is_some_and(|rewriting| rewriting.enabled());
        Some(Self {
            server: host
                .rewrite
                .as_ref()
                .filter(|_| rewriting)
                .map(|rewrite| rewrite.rules),
            root: root_rules(&standing, root)?,
            sections: standing.redirects(),
            redirects: host.redirects,
            straight: DirectRedirect::of(site, host, &before),
            files: files(site, &standing)?,
            busy: Busy::of(site, host)?.0,
            has_users: !host.user_dirs.places.is_empty(),
            tree: tree(site, root, &standing),
        })
    }

    /// Can something other than a list be about this path? Does not allocate.
    fn is_busy(&self, site: &Site, host: &Host, path: &[u8], budget: &Budget) -> bool {
        path == b"/"
            || self.has_users && path.starts_with(b"/~")
            || !self.busy.is_empty()
                && first_segment(path).is_none_or(|segment| self.busy.contains(segment))
            || self.names_a_file(site, path, budget)
            || self.tree != Tree::Unknown && self.is_odd_file(site, host, path)
    }

    /// Any segment may turn out to be the file's name.
    fn names_a_file(&self, site: &Site, path: &[u8], budget: &Budget) -> bool {
        self.files.iter().any(|id| {
            let mut captures = Captures::default();
            let Some(SectionKind::Files(matcher)) = section(site, *id).map(|section| &section.kind)
            else {
                return true;
            };
            let mut names = path.split(|byte| *byte == b'/');
            names.any(|name| file_matches(matcher, name, &mut captures, budget))
        })
    }

    fn is_odd_file(&self, site: &Site, host: &Host, path: &[u8]) -> bool {
        let mut whole = [0; 2 * LONGEST_ROOT + 1_024];
        let length = host.document_root.len() + path.len();
        let Some(whole) = whole.get_mut(..length) else {
            return true;
        };
        let (root, below) = whole.split_at_mut(host.document_root.len());
        root.copy_from_slice(&host.document_root);
        below.copy_from_slice(path);
        match site.tree.kind(whole) {
            Some(FileKind::Directory) => true,
            Some(FileKind::File | FileKind::Empty) => {
                path.ends_with(b"/") || site.type_maps.contains_key(&*whole)
            }
            None => self.tree == Tree::Watched,
        }
    }
}

impl NormalizedRequest<'_> {
    /// The outcome when nothing has a say.
    pub(crate) fn served(&self) -> Outcome {
        Outcome::Serve {
            path: self.path.to_vec(),
            query: self.query.map(<[u8]>::to_vec),
        }
    }
}

/// Does a line change headers of requests?
fn changes_requests(site: &Site, host: &Host) -> bool {
    let sections = site.sections.iter().map(|section| &section.settings);
    let mut lines = sections
        .chain([&host.settings])
        .flat_map(|settings| &settings.headers);
    lines.any(|line| line.table == HeaderTable::Request)
}

/// What applies to every path directly below the document root, merged as `directory_walk` does.
fn standing<'s>(site: &'s Site, host: &'s Host) -> Option<Merged<'s>> {
    let mut merged = Merged::new(&host.settings);
    merged.begin_walk();
    // Once for each host, before there are requests.
    let budget = Budget::new(Allowance::APACHE);
    let root = host.document_root.as_slice();
    let slashes = (0..root.len()).filter(|at| root.get(*at) == Some(&b'/'));
    for end in slashes.chain([root.len()]) {
        let directory = root.get(..end)?;
        let mut captures = Captures::default();
        let plain = host.directories.iter().filter_map(|id| section(site, *id));
        let applying = plain.filter(|section| match &section.kind {
            SectionKind::Directory(matcher) => {
                directory_matches(matcher, directory, &mut captures, &budget)
            }
            _ => false,
        });
        for section in applying {
            merged.push(&section.settings);
        }
        if let Some(id) = site.tree.overrides.get(directory) {
            merged.push(&section(site, *id)?.settings);
        }
    }
    Some(merged)
}

impl Merged<'_> {
    /// Can these settings touch a request that no rule or redirect is about?
    fn has_trouble(&self) -> bool {
        self.fallback().is_some()
            || self.multiviews()
            || !self.is_open()
            || self.all().any(makes_trouble)
    }
}

/// Can what a section says, whatever others say, touch a request that no rule or redirect is about? A new setting does
/// not compile until it is listed.
fn makes_trouble(settings: &Settings) -> bool {
    let Settings {
        alias,
        proxy,
        ifs,
        set_env_if,
        spelling,
        // Asked about once they are merged.
        fallback: _,
        allow: _,
        requirement: _,
        host_access: _,
        methods: _,
        requires_tls: _,
        // Rules and redirects are asked themselves.
        rewrite: _,
        redirects: _,
        // They say how something else is done that is asked about.
        alias_preserves_path: _,
        redirect_relative: _,
        canonical_name: _,
        // They are about directories, and about what follows a file's name: `Busy` and `Tree` have these paths.
        directory_index: _,
        directory_slash: _,
        index_redirect: _,
        accept_path_info: _,
        // They choose among files: `may_negotiate` is asked.
        mime: _,
        negotiation: _,
        // Found by name, and by status.
        files: _,
        error_documents: _,
        default_charset: _,
        // A request that goes on has no headers of ours, where no line changes its own; of redirects they are asked.
        headers: _,
        expires: _,
        // Rules may look at variables, others do not.
        set_env: _,
        unset_env: _,
        // A file that cannot be read is a section of its own, and busy.
        broken: _,
    } = settings;
    alias.is_some()
        || proxy.is_some()
        || settings.name_as_is()
        || !ifs.is_empty()
        || has_trouble(set_env_if)
        || spelling.is_some_and(|spelling| spelling.enabled)
}

/// Does `SetEnvIf` ask for what the edge may not know, or for anything at all?
fn has_trouble(rules: &[EnvRule]) -> bool {
    rules.iter().any(|rule| {
        matches!(
            rule.attribute,
            EnvAttribute::ClientHost | EnvAttribute::ServerAddress | EnvAttribute::Expression(_)
        )
    })
}

/// The rules of the document root; `None` when they are matched with something else than the path
/// without its slash, or when links are not followed, which forbids rewriting.
fn root_rules(standing: &Merged<'_>, root: &[u8]) -> Option<Vec<RuleSetId>> {
    match standing
        .rewriting()
        .filter(crate::evaluate::merge::Rewriting::enabled)
    {
        Some(rewriting) => match rewriting.directory {
            Some(directory) => {
                let is_root = directory.strip_suffix(b"/") == Some(root);
                (is_root && standing.symlinks()).then_some(rewriting.rules)
            }
            None => Some(Vec::new()),
        },
        None => Some(Vec::new()),
    }
}

fn files(site: &Site, standing: &Merged<'_>) -> Option<Vec<SectionId>> {
    let mut found = Vec::new();
    for id in standing.files() {
        if !is_harmless(&section(site, id)?.settings) {
            found.push(id);
        }
    }
    Some(found)
}

/// Would this section change nothing for a request that no rule or redirect is about? A new setting does not compile
/// until it is listed.
fn is_harmless(settings: &Settings) -> bool {
    let Settings {
        rewrite,
        redirects,
        alias,
        proxy,
        fallback,
        error_documents,
        allow,
        requirement,
        host_access,
        methods,
        requires_tls,
        set_env_if,
        files,
        ifs,
        broken,
        spelling,
        // They say how something else is done that is asked about.
        alias_preserves_path: _,
        redirect_relative: _,
        canonical_name: _,
        // They are about directories, and about what follows a file's name.
        directory_index: _,
        directory_slash: _,
        index_redirect: _,
        accept_path_info: _,
        // They choose among files: `may_negotiate` is asked.
        mime: _,
        negotiation: _,
        // A request that goes on has no headers of ours.
        default_charset: _,
        headers: _,
        expires: _,
        // Rules may look at variables, others do not.
        set_env: _,
        unset_env: _,
    } = settings;
    rewrite.is_none()
        && redirects.is_none()
        && alias.is_none()
        && proxy.is_none()
        && fallback.is_none()
        && error_documents.is_empty()
        && !allow.may_forbid_links()
        && !allow.may_negotiate()
        && is_open(requirement.as_ref(), host_access.as_ref())
        && methods.as_ref().is_none_or(Vec::is_empty)
        && !requires_tls
        && spelling.is_none_or(|spelling| !spelling.enabled)
        && set_env_if.is_empty()
        && !settings.name_as_is()
        && files.is_empty()
        && ifs.is_empty()
        && !broken
}

fn tree(site: &Site, root: &[u8], standing: &Merged<'_>) -> Tree {
    let known = &site.tree.known;
    let near = |folder: &Vec<u8>| is_within(folder, root) || is_within(root, folder);
    if !known.iter().any(near) && !site.tree.entries.keys().any(|path| is_within(path, root)) {
        return Tree::Unknown;
    }
    match standing.error_document(404) {
        Some(document) if !document.keeps_status() => Tree::Watched,
        Some(_) | None => Tree::Known,
    }
}

/// First segments that something may be about.
struct Busy(HashSet<Vec<u8>, FixedState>);

impl Busy {
    /// `None` when anything may be busy.
    fn of(site: &Site, host: &Host) -> Option<Self> {
        let mut busy = Self(HashSet::default());
        for id in &host.locations {
            busy.add_location(section(site, *id)?)?;
        }
        for id in &host.directory_patterns {
            is_harmless(&section(site, *id)?.settings).then_some(())?;
        }
        for id in &host.directories {
            busy.add_directory(section(site, *id)?, &host.document_root)?;
        }
        let aliases = host.url_aliases.iter().map(|alias| &alias.matcher);
        for matcher in aliases.chain(host.proxies.iter().map(|proxy| &proxy.matcher)) {
            match matcher {
                AliasMatcher::Prefix(path) => busy.add(path)?,
                AliasMatcher::Regex(_) => return None,
            }
        }
        for directory in site.tree.named_below(&host.document_root) {
            busy.add(directory)?;
        }
        let below = [&host.document_root[..], b"/"].concat();
        let overrides = site.tree.overrides.range(below.clone()..);
        for (directory, _) in overrides.take_while(|(path, _)| path.starts_with(&below)) {
            busy.add(&directory[below.len() - 1..])?;
        }
        Some(busy)
    }

    fn add_location(&mut self, section: &Section) -> Option<()> {
        match &section.kind {
            _ if is_harmless(&section.settings) => Some(()),
            SectionKind::Location(PathMatcher::Plain(path)) => self.add(path),
            _ => None,
        }
    }

    fn add_directory(&mut self, section: &Section, root: &[u8]) -> Option<()> {
        match &section.kind {
            SectionKind::Directory(PathMatcher::Plain(path)) => {
                let path = canonical_path(path);
                if !is_within(&path, root) || is_within(root, &path) {
                    return Some(());
                }
                self.add(path.get(root.len()..)?)
            }
            _ => is_harmless(&section.settings).then_some(()),
        }
    }

    /// Makes paths busy that begin as `path` does. `None` for one that is all paths.
    fn add(&mut self, path: &[u8]) -> Option<()> {
        self.0.insert(first_segment(path)?.to_vec());
        Some(())
    }
}

/// The text between the leading slashes of a path and the next; `None` when there is none.
fn first_segment(path: &[u8]) -> Option<&[u8]> {
    let mut segments = path.split(|byte| *byte == b'/');
    let first = segments.next()?;
    segments
        .find(|segment| !segment.is_empty())
        .filter(|_| first.is_empty())
}

fn section(site: &Site, id: SectionId) -> Option<&Section> {
    site.sections.get(usize::try_from(id.0).ok()?)
}

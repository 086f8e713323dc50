//! Which texts the rules of a set can be matched with.
//!
//! In: a [`Site`]. Out: for each rule set its [`Level`], and the [`Universe`] of texts its first rule
//! may see. Absent: what rules make of them; see [`super::changes`].
//!
//! Errs towards all texts: an option that changes what rules see, anywhere in the site, is enough.

use std::collections::HashMap;

use edgewright_engine::model::rules::{RuleFlags, RuleSetId};
use edgewright_engine::model::site::{
    DirectoryRewrite, EncodedSlashes, Host, PathMatcher, RewriteOptions, Section, SectionKind, Site,
};

use super::changes::Level;
use crate::language::{Begins, Slashes, Universe};

/// Options under which a set sees what rules of another one left, or a name without its directory.
const MIXING: RewriteOptions = RewriteOptions::INHERIT
    .union(RewriteOptions::INHERIT_BEFORE)
    .union(RewriteOptions::INHERIT_DOWN)
    .union(RewriteOptions::INHERIT_DOWN_BEFORE)
    .union(RewriteOptions::ALLOW_NO_SLASH);

/// What is known about where the sets of a site are used.
#[derive(Debug)]
pub(super) struct Reach {
    server: Universe,
    directory: Universe,
    /// Sets that are used in directories: only in plain ones?
    directories: HashMap<RuleSetId, Plainness>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plainness {
    /// `.htaccess` files and `<Directory>` without wildcards: the directory is always left out.
    Plain,
    /// Some section whose name is no directory's.
    Other,
}

impl Reach {
    /// What is known about `site`.
    pub fn of(site: &Site) -> Self {
        let options = all_rewriting(site).filter_map(|(rewriting, _)| rewriting.options);
        let options = options.fold(RewriteOptions::empty(), RewriteOptions::union);
        let mut directories = HashMap::new();
        for (rewriting, plainness) in all_rewriting(site) {
            let known = directories.entry(rewriting.rules).or_insert(plainness);
            if plainness == Plainness::Other {
                *known = plainness;
            }
        }
        Self {
            server: server_universe(site, options),
            directory: directory_universe(site, options),
            directories,
        }
    }

    /// Where `set` is used, as far as its results are concerned.
    pub fn level(&self, set: RuleSetId) -> Level {
        if self.directories.contains_key(&set) {
            Level::Directory
        } else {
            Level::Server
        }
    }

    /// What the first rule of `set` may be matched with.
    pub fn universe(&self, set: RuleSetId) -> Universe {
        match self.directories.get(&set) {
            None => self.server,
            Some(Plainness::Plain) => self.directory,
            Some(Plainness::Other) => Universe::ALL,
        }
    }
}

fn all_rewriting(site: &Site) -> impl Iterator<Item = (&DirectoryRewrite, Plainness)> {
    let hosts = site.hosts.iter();
    let hosts = hosts.filter_map(|host| Some((host.settings.rewrite.as_ref()?, Plainness::Other)));
    let sections = site.sections.iter().filter_map(|section| {
        let rewriting = section.settings.rewrite.as_ref()?;
        Some((rewriting, plainness(section)))
    });
    hosts.chain(sections)
}

fn plainness(section: &Section) -> Plainness {
    match section.kind {
        SectionKind::Htaccess | SectionKind::Directory(PathMatcher::Plain(_)) => Plainness::Plain,
        _ => Plainness::Other,
    }
}

/// Server rules are left out for what does not begin with a slash, unless an option says otherwise.
fn server_universe(site: &Site, options: RewriteOptions) -> Universe {
    let merges = |host: &Host| host.merge_slashes && host.encoded_slashes != EncodedSlashes::Decode;
    Universe {
        begins: if options.contains(RewriteOptions::ALLOW_ANY_URI) {
            Begins::Anyhow
        } else {
            Begins::Slash
        },
        slashes: slashes(site.hosts.iter().all(merges)),
    }
}

/// The name of a file, below its directory: with slashes merged, unless it stands for a URL of
/// another server.
fn directory_universe(site: &Site, options: RewriteOptions) -> Universe {
    if options.intersects(MIXING) {
        return Universe::ALL;
    }
    let mut rules = site.rule_sets.iter().flat_map(|set| &set.rules);
    let proxies = rules.any(|rule| rule.flags.contains(RuleFlags::PROXY))
        || site.hosts.iter().any(|host| !host.proxies.is_empty())
        || site
            .sections
            .iter()
            .any(|section| section.settings.proxy.is_some());
    Universe {
        begins: Begins::NoSlash,
        slashes: slashes(!proxies),
    }
}

fn slashes(single: bool) -> Slashes {
    if single {
        Slashes::Single
    } else {
        Slashes::Several
    }
}

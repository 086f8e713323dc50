//! Which paths are worth deciding: those that some key of the table is about.
//!
//! In: a [`Site`] and its table. Out: hosts and paths, each pair once, in order. Absent: paths below a
//! prefix, and whatever maps lead to; there is no end of them.

use std::collections::HashMap;

use edgewright_engine::artefact::key::KeySpace;
use edgewright_engine::artefact::table::Entry;
use edgewright_engine::model::normalized::is_plain_path;
use edgewright_engine::model::site::{Host, HostId, Section, SectionId, SectionKind, Site};

/// Every host and path that an entry is about.
pub(super) fn paths(site: &Site, entries: &[Entry]) -> Vec<(HostId, Vec<u8>)> {
    let reached = Reached::of(site);
    let mut found = Vec::new();
    for entry in entries {
        for (host, prefix) in reached.by(entry.key.space()) {
            let path = [prefix, entry.key.text()].concat();
            if is_plain_path(&path) {
                found.push((*host, path));
            }
        }
    }
    // Stable, which makes no difference but in time: what the entries of one list give is sorted already.
    found.sort();
    found.dedup();
    found
}

/// Where the texts of each list are matched: on which hosts, and below which URL-path.
#[derive(Default)]
struct Reached {
    places: HashMap<KeySpace, Vec<(HostId, Vec<u8>)>>,
}

impl Reached {
    fn of(site: &Site) -> Self {
        let mut reached = Self::default();
        let hosts = (0..).map(HostId).zip(&site.hosts);
        for (id, host) in hosts.filter(|one| !is_twin(*one)) {
            if let Some(rewrite) = &host.rewrite {
                reached.add(KeySpace::Rules(rewrite.rules), id, b"");
            }
            reached.add(KeySpace::Redirects(host.redirects), id, b"");
            let files = site.tree.overrides.values();
            let files = files.chain(host.overrides.values().flatten());
            let own = host.directories.iter().chain(files);
            for section in own.filter_map(|section| section_of(site, *section)) {
                reached.add_section(id, host, section);
            }
        }
        reached
    }

    fn add_section(&mut self, id: HostId, host: &Host, section: &Section) {
        let Some(rewrite) = &section.settings.rewrite else {
            if let (Some(list), SectionKind::Htaccess) = (section.settings.redirects, &section.kind)
            {
                self.add(KeySpace::Redirects(list), id, b"");
            }
            return;
        };
        let root = &host.document_root;
        let root = root.strip_suffix(b"/").unwrap_or(root);
        let directory = rewrite
            .directory
            .as_deref()
            .and_then(|path| path.strip_prefix(root));
        let Some(directory) = directory.filter(|path| path.starts_with(b"/")) else {
            return;
        };
        self.add(KeySpace::Rules(rewrite.rules), id, directory);
        if let Some(list) = section.settings.redirects {
            self.add(KeySpace::Redirects(list), id, b"");
        }
    }

    fn add(&mut self, space: KeySpace, host: HostId, prefix: &[u8]) {
        self.places
            .entry(space)
            .or_default()
            .push((host, prefix.to_vec()));
    }

    /// Keys in either case are about the same places.
    fn by(&self, space: KeySpace) -> impl Iterator<Item = (&HostId, &[u8])> {
        let space = match space {
            KeySpace::FoldedRules(set) => KeySpace::Rules(set),
            other => other,
        };
        let places = self.places.get(&space).into_iter().flatten();
        places.map(|(host, prefix)| (host, prefix.as_slice()))
    }
}

/// The main server of a part of a configuration, once more with TLS: it has the same keys, and to
/// decide them twice would double the table.
fn is_twin((HostId(id), host): (HostId, &Host)) -> bool {
    id > 0 && host.place.is_none()
}

fn section_of(site: &Site, id: SectionId) -> Option<&Section> {
    site.sections.get(usize::try_from(id.0).ok()?)
}

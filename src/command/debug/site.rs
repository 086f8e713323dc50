//! `edgewright debug site`: hosts, sections and rule sets after reading.
//!
//! In: a configuration or a build folder. Out: [`Shown`]. Absent: what the rules were compiled to.

use anyhow::Result;
use edgewright_engine::model::rules::{MapId, RedirectListId, RuleSetId};
use edgewright_engine::model::site::{Host, PathMatcher, Section, SectionKind, Site};
use serde::Serialize;

use super::Shown;
use crate::args::{Engine, Staged};
use crate::contract::to_text;
use crate::engine::Answerer;
use crate::summary::count;

/// A site as it is shown.
#[derive(Serialize)]
struct Data {
    hosts: Vec<HostData>,
    sections: Vec<SectionData>,
    /// How many rules each rule set has.
    rule_sets: Vec<usize>,
    /// How many redirects each list has.
    redirect_lists: Vec<usize>,
    maps: Vec<String>,
}

#[derive(Serialize)]
struct HostData {
    name: String,
    /// Where the host begins; none for the main server.
    at: Option<String>,
    document_root: String,
    rule_set: Option<u32>,
    redirect_list: u32,
    /// How many aliases, proxies and sections the host has.
    aliases: usize,
    proxies: usize,
    sections: usize,
}

#[derive(Serialize)]
struct SectionData {
    kind: String,
    at: String,
    rule_set: Option<u32>,
    redirect_list: Option<u32>,
}

pub(super) fn shown(arguments: &Staged) -> Result<Shown> {
    let answering = Answerer::open(&arguments.source, Engine::Reference, &arguments.reading)?;
    let site = answering.whole_site();
    let data = Data::of(&site, &answering);
    Shown::of(&data, data.lines())
}

impl Data {
    fn of(site: &Site, answering: &Answerer) -> Self {
        let host = |host: &Host| HostData {
            name: to_text(&host.name),
            at: host.place.map(|place| answering.place(place)),
            document_root: to_text(&host.document_root),
            rule_set: host.rewrite.as_ref().map(|rewrite| rewrite.rules.0),
            redirect_list: host.redirects.0,
            aliases: host.url_aliases.len(),
            proxies: host.proxies.len(),
            sections: host.directories.len() + host.directory_patterns.len() + host.locations.len(),
        };
        let section = |section: &Section| SectionData {
            kind: kind(&section.kind),
            at: answering.place(section.place),
            rule_set: section.settings.rewrite.as_ref().map(|it| it.rules.0),
            redirect_list: section.settings.redirects.map(|list| list.0),
        };
        Self {
            hosts: site.hosts.iter().map(host).collect(),
            sections: site.sections.iter().map(section).collect(),
            rule_sets: site.rule_sets.iter().map(|set| set.rules.len()).collect(),
            redirect_lists: site.redirect_lists.iter().map(Vec::len).collect(),
            maps: site.maps.iter().map(|map| to_text(&map.name)).collect(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![count(self.hosts.len(), "host")];
        for (number, host) in self.hosts.iter().enumerate() {
            let at = host.at.as_deref().unwrap_or("the main server");
            lines.push(format!("  host {number}  {}  {at}", host.name));
            lines.push(format!("    document root {}", host.document_root));
            if let Some(set) = host.rule_set.map(RuleSetId) {
                lines.push(format!("    rule set {}", set.0));
            }
            let list = RedirectListId(host.redirect_list).0;
            lines.push(format!(
                "    redirect list {list} · {} · {} · {}",
                count(host.aliases, "Alias line"),
                count(host.proxies, "ProxyPass line"),
                count(host.sections, "section"),
            ));
        }
        lines.push(count(self.sections.len(), "section"));
        for (number, section) in self.sections.iter().enumerate() {
            lines.push(format!(
                "  section {number}  {}  {}",
                section.kind, section.at
            ));
            let parts = [
                ("rule set", section.rule_set),
                ("redirect list", section.redirect_list),
            ];
            for (what, number) in parts {
                lines.extend(number.map(|number| format!("    {what} {number}")));
            }
        }
        let lists = [
            ("rule set", "rule", &self.rule_sets),
            ("redirect list", "redirect", &self.redirect_lists),
        ];
        for (list, what, lengths) in lists {
            lines.push(count(lengths.len(), list));
            let some = lengths
                .iter()
                .enumerate()
                .filter(|(_, length)| **length > 0);
            lines.extend(
                some.map(|(number, length)| format!("  {list} {number}  {}", count(*length, what))),
            );
        }
        lines.push(count(self.maps.len(), "map"));
        let maps = (0..).map(MapId).zip(&self.maps);
        lines.extend(maps.map(|(id, name)| format!("  map {}  {name}", id.0)));
        lines
    }
}

fn kind(kind: &SectionKind) -> String {
    match kind {
        SectionKind::Directory(path) => format!("<Directory {}>", matcher(path)),
        SectionKind::Location(path) => format!("<Location {}>", matcher(path)),
        SectionKind::Files(path) => format!("<Files {}>", matcher(path)),
        SectionKind::If(condition) => format!("<If {}>", to_text(&condition.source)),
        SectionKind::ElseIf(condition) => format!("<ElseIf {}>", to_text(&condition.source)),
        SectionKind::Else => "<Else>".to_owned(),
        SectionKind::Htaccess => ".htaccess".to_owned(),
    }
}

fn matcher(matcher: &PathMatcher) -> String {
    match matcher {
        PathMatcher::Plain(path) | PathMatcher::Wildcard(path) => to_text(path),
        PathMatcher::Regex(pattern) => format!("~ {}", to_text(&pattern.text)),
    }
}

//! What reading a configuration gives.
//!
//! In: nothing. Out: [`Reading`]. Absent: how it is read; see [`crate::read`].

use std::borrow::Cow;

use edgewright_engine::model::rules::{MapId, Place, RedirectListId, RuleSetId};
use edgewright_engine::model::site::Site;
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::Origin;
use serde::{Deserialize, Serialize};

use crate::limits::{LIMIT_REACHED, Limits};
use crate::sources::Sources;

/// A configuration, read.
#[derive(Debug, Default)]
pub struct Reading {
    /// What Apache knows after reading it. `site.files` are the names of `sources`, in order.
    pub site: Site,
    /// The files it came from.
    pub sources: Sources,
    /// Everything there is to say about it, in the order it was found.
    pub diagnostics: Vec<Diagnostic>,
    /// Every directive and map entry that counts, once, in the order it was read.
    pub units: Vec<Unit>,
    /// How much of what there was.
    pub counts: Counts,
    /// How much work the configuration may ask for.
    pub limits: Limits,
    /// Lines that settings keep the meaning of, and not the place.
    pub noted: Vec<NotedLine>,
    /// Formats that access logs are written in, from `LogFormat`, `CustomLog` and their variants, each
    /// once; of very many the first.
    pub log_formats: Vec<Vec<u8>>,
}

impl Reading {
    /// The limit at which reading stopped, if it did: what is here is then a part of the configuration.
    pub fn limit_reached(&self) -> Option<&Diagnostic> {
        let mut all = self.diagnostics.iter();
        all.find(|diagnostic| diagnostic.code == LIMIT_REACHED)
    }

    /// What there is to say of a configuration in which not one line is a rule or a redirect.
    pub fn without_rules(&self) -> Option<String> {
        let is_empty = self.counts.rules + self.counts.redirects == 0;
        let names: Vec<&String> = self.sources.iter().map(|source| &source.name).collect();
        let names = match names.as_slice() {
            [one] => format!("{one} has"),
            [first, others @ ..] => format!("{first} and {} more files have", others.len()),
            [] => "the configuration has".to_owned(),
        };
        is_empty.then(|| format!("{names} no rule and no redirect"))
    }

    /// The first thing Apache would refuse, if any.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        let mut all = self.diagnostics.iter();
        all.find(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// One line that counts: a `RewriteRule` with its conditions, a `Redirect*` line, or a map entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its file and line.
    pub place: Place,
    /// Its exact place, and the `Use` lines that led there.
    pub origin: Origin,
    /// What it is.
    pub kind: UnitKind,
    /// What became of it.
    pub status: UnitStatus,
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// `RewriteRule`.
    Rule,
    /// `Redirect` and kin.
    Redirect,
    /// A line of a map file.
    MapEntry,
}

/// What became of a unit while reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitStatus {
    /// It is in the site, in every place listed: a rule that is inherited stands in several.
    Placed(Vec<Position>),
    /// Apache does not read it: it stands in a conditional section that is false, in a macro that
    /// is never used, or below an `AllowOverride` that ignores it. The reason.
    Skipped(Cow<'static, str>),
    /// Apache refuses it. The reason.
    Rejected(Cow<'static, str>),
    /// A line of a map file whose key this earlier line has: Apache reads it and the earlier answers.
    Repeated(Place),
    /// Apache reads it and never consults it. The reason.
    Inactive(Cow<'static, str>),
}

/// Where in a [`Site`] something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Position {
    /// A rule of `rule_sets`, from 0.
    Rule(RuleSetId, usize),
    /// A redirect of `redirect_lists`, from 0.
    Redirect(RedirectListId, usize),
    /// An entry of `maps`, from 0.
    MapEntry(MapId, usize),
}

/// A line of which the place is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedLine {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub note: Noted,
}

/// What such a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// `ErrorDocument` with a URL: the status and the URL.
    ErrorUrl(u16, Vec<u8>),
    /// `DirectorySlash Off`.
    NoSlash,
    /// `Options` with `MultiViews`.
    MultiViews,
}

/// How much was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Configuration files, `.htaccess` files and map files.
    pub files: usize,
    /// `<VirtualHost>` sections.
    pub virtual_hosts: usize,
    /// `.htaccess` files.
    pub htaccess_files: usize,
    /// `RewriteRule` lines.
    pub rules: usize,
    /// `RewriteCond` lines.
    pub conditions: usize,
    /// `Redirect*` lines.
    pub redirects: usize,
    /// `RewriteMap` lines.
    pub maps: usize,
    /// Lines of map files that hold an entry.
    pub map_entries: usize,
}

/// Is a directive called `name` a condition, which counts for the rule after it?
pub(crate) fn is_condition(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"RewriteCond")
}

/// Which unit a directive called `name` is, if it counts.
pub(crate) fn unit_kind(name: &[u8]) -> Option<UnitKind> {
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let redirects = [
        "Redirect",
        "RedirectMatch",
        "RedirectPermanent",
        "RedirectTemp",
    ];
    if is(&"RewriteRule") {
        Some(UnitKind::Rule)
    } else {
        redirects.iter().any(is).then_some(UnitKind::Redirect)
    }
}

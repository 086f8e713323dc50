//! From directives in order to a [`Site`].
//!
//! In: what [`crate::load`] read. Out: a [`Reading`]. Absent: which sections apply to a request.

mod access;
mod activity;
mod alias;
mod as_is;
pub(crate) mod asked_types;
mod carry;
mod context;
mod dbm;
mod documents;
mod environment;
mod headers;
mod htaccess;
mod limit;
mod logging;
mod maps;
mod merge;
mod noted;
mod rewrite;
mod roots;
mod scope;
mod section;
mod type_map;
mod types;
mod unfollowed;
mod values;
#[cfg(test)]
mod verdicts;
mod virtual_roots;
mod walk;

use std::collections::BTreeSet;

use edgewright_engine::model::rules::RuleSetId;
use edgewright_engine::model::site::access::Methods;
use edgewright_engine::model::site::{Site, Traits};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use edgewright_parser::source::Span;
use foldhash::HashMap;

use crate::input::{Input, ReadOptions};
use crate::limits::{LIMIT_REACHED, Limit, Limits};
use crate::load::{Item, Loaded, Reader};
use crate::reading::{Counts, NotedLine, Reading, Unit, UnitKind};
use crate::registry::directives::Around;
use crate::registry::modules::ModuleTraits;
use crate::transcript::Transcript;

pub use access::{asks_for_a_name, is_unanswerable, names_a_client};
use context::Context;
use htaccess::{AccessFile, Policy};
use maps::MapFiles;
use scope::Server;
use types::TypeLines;
use walk::Target;

/// Everything that grows while directives are carried out.
pub(crate) struct Resolver<'a> {
    reader: Reader<'a>,
    limits: Limits,
    site: Site,
    units: Vec<Unit>,
    counts: Totals,
    virtual_hosts: Vec<Server>,
    /// `RegexDefaultOptions`, as of now.
    regex: PatternOptions,
    map_files: MapFiles,
    /// What the `<Limit>` around says which methods are meant.
    methods: Methods,
    /// What the `<Directory>` being filled says about `.htaccess` files.
    open_override: Option<Policy>,
    /// `AllowOverrideList` of the `.htaccess` file being read, in lower case.
    override_list: Vec<Vec<u8>>,
    /// Requirements that have names.
    requirement_aliases: access::Aliases,
    /// Addresses of `Listen`.
    listeners: Vec<Vec<u8>>,
    /// The rule set without rules.
    no_rules: Option<RuleSetId>,
    /// Patterns of conditions, which often come again: what was compiled is shared.
    condition_patterns: HashMap<(Vec<u8>, PatternOptions), Pattern>,
    /// `.htaccess` files, each as the first server that serves it reads it.
    access_files: Vec<AccessFile>,
    /// Lines about types of files.
    types: TypeLines,
    /// Lines with `CheckSpelling On`.
    spelling: Vec<Span>,
    /// Lines that name the handler `send-as-is`, and the directories they are for.
    as_is_lines: Vec<as_is::AsIsLine>,
    /// Lines that name documents for errors.
    document_lines: Vec<documents::DocumentLine>,
    /// Lines that analyses ask the place of.
    noted: Vec<NotedLine>,
    /// `ModMimeUsePathInfo On`: where.
    path_info_lines: Vec<Span>,
    /// Headers that `RequestHeader` changes, in lower case, and where.
    changed_headers: Vec<(Vec<u8>, Span)>,
    /// The lines that name document roots and what aliases lead to, by the folder on the server.
    root_lines: HashMap<Vec<u8>, Span>,
    /// Modules that are not httpd's own and were said to be taken for loaded.
    families: BTreeSet<&'static str>,
    /// Rules and settings that servers may still inherit.
    inheritable: u64,
    /// How access logs are written.
    log_formats: Vec<Vec<u8>>,
}

/// What is counted on the way.
#[derive(Debug, Default)]
struct Totals {
    virtual_hosts: usize,
    htaccess_files: usize,
    conditions: usize,
    maps: usize,
    map_files: usize,
}

/// Carries out everything that was read.
pub(crate) fn resolve(
    loaded: Loaded<'_>,
    input: &Input,
    options: &ReadOptions,
) -> (Reading, Option<Transcript>) {
    let mut resolver = Resolver {
        reader: loaded.reader,
        limits: options.limits.clone(),
        site: Site::default(),
        units: Vec::new(),
        counts: Totals::default(),
        virtual_hosts: Vec::new(),
        regex: PatternOptions::default(),
        map_files: MapFiles::new(),
        methods: Methods::All,
        open_override: None,
        override_list: Vec::new(),
        requirement_aliases: access::Aliases::new(),
        listeners: Vec::new(),
        no_rules: None,
        condition_patterns: HashMap::default(),
        access_files: Vec::new(),
        types: TypeLines::default(),
        spelling: Vec::new(),
        as_is_lines: Vec::new(),
        document_lines: Vec::new(),
        noted: Vec::new(),
        path_info_lines: Vec::new(),
        changed_headers: Vec::new(),
        root_lines: HashMap::default(),
        families: BTreeSet::new(),
        inheritable: options.limits.get(Limit::InheritedRules),
        log_formats: Vec::new(),
    };
    let mut main = Server::default();
    resolver.walk_main(loaded.items, &mut main, input);
    resolver.read_roots(&mut main, input, options);
    let hosts = std::mem::take(&mut resolver.virtual_hosts);
    resolver.merge(&mut main, hosts);
    resolver.read_as_is();
    resolver.mark_inactive();
    resolver.report_changed_headers();
    resolver.settle_types();
    resolver.read_documents();
    resolver.report_types();
    resolver.report_spelling();
    if !matches!(input, Input::MainConfig(_)) {
        resolver.add_tls();
    }
    resolver.site.time_zone.clone_from(&options.time_zone);
    resolver.finish()
}

impl Resolver<'_> {
    fn walk_main(&mut self, items: Vec<Item>, main: &mut Server, input: &Input) {
        let around = match input {
            Input::VirtualHostInclude(_) => Around::VIRTUAL_HOST,
            _ => Around::empty(),
        };
        let mut target = Target {
            server: main,
            section: None,
            context: Context::server(around),
        };
        self.walk(items, &mut target);
        self.report_pending(&mut main.rewrite);
        if !matches!(input, Input::MainConfig(_)) {
            self.supply(main, input);
        }
    }

    /// Where the reader came to a bound, tells which limit of ours that is, and what raises it.
    fn name_limit(&mut self) {
        let Some(bound) = self.reader.reached() else {
            return;
        };
        let mut said = self.reader.diagnostics.iter_mut();
        if let Some(said) = said.find(|said| said.code == LIMIT_REACHED) {
            *said = self.limits.reached(bound.into(), said.span);
        }
    }

    /// Reads nothing any more, because `limit` is reached at `span`.
    fn stop(&mut self, limit: Limit, span: Option<Span>) {
        self.reader.stop(self.limits.reached(limit, span));
    }

    fn finish(mut self) -> (Reading, Option<Transcript>) {
        let of = |kind| self.units.iter().filter(|unit| unit.kind == kind).count();
        let counts = Counts {
            files: self.reader.sources.iter().count(),
            virtual_hosts: self.counts.virtual_hosts,
            htaccess_files: self.counts.htaccess_files,
            rules: of(UnitKind::Rule),
            conditions: self.counts.conditions,
            redirects: of(UnitKind::Redirect),
            maps: self.counts.maps,
            map_entries: of(UnitKind::MapEntry),
        };
        let names = self.reader.sources.iter().map(|source| source.name.clone());
        self.site.files = names.collect();
        self.site
            .server_root
            .clone_from(&self.reader.files.server_root);
        self.site.traits |= traits(self.reader.modules.traits());
        let without_autoindex = !self.reader.modules.may_have("mod_autoindex");
        let site_traits = &mut self.site.traits;
        site_traits.set(Traits::WITHOUT_AUTOINDEX, without_autoindex);
        self.name_limit();
        let reading = Reading {
            site: self.site,
            sources: self.reader.sources,
            diagnostics: self.reader.diagnostics,
            units: self.units,
            counts,
            limits: self.limits,
            noted: self.noted,
            log_formats: self.log_formats,
        };
        (reading, self.reader.transcript)
    }
}

/// What follows from the modules for every request.
fn traits(modules: ModuleTraits) -> Traits {
    let mut traits = Traits::empty();
    traits.set(Traits::ASKS_AGAIN, modules.asks_again);
    traits.set(Traits::ENV_BEFORE_ALIAS, modules.env_before_alias);
    traits.set(Traits::SPELING_BEFORE_DIR, modules.speling_before_dir);
    traits.set(Traits::HEADERS_BEFORE_DIR, modules.headers_before_dir);
    traits.set(
        Traits::REWRITE_BEFORE_HEADERS,
        modules.rewrite_before_headers,
    );
    traits
}

//! The main server into each virtual host (`ap_fixup_virtual_hosts`).
//!
//! In: servers with what each says itself. Out: [`Host`]s with everything that holds for them, and
//! where each rule and redirect ended up. Absent: merging sections for a request.

use std::collections::{BTreeMap, HashSet};

use edgewright_engine::model::rules::{MapId, Redirect, RedirectListId, Rule, RuleSet, RuleSetId};
use edgewright_engine::model::site::headers::Expires;
use edgewright_engine::model::site::mime::{Mime, Negotiation};
use edgewright_engine::model::site::{
    DirectoryRewrite, Host, RewriteOptions, SectionId, SectionKind, ServerRewrite, Settings,
    host::Alias,
};
use edgewright_engine::model::site::{PathMatcher, RootPart, RootPattern};

use super::Resolver;
use super::roots::{is_below_any, is_deep, literal_folder};
use super::scope::{Counted, Rewrite, Scope, Server};
use crate::limits::Limit;
use crate::reading::{Position, UnitStatus};
use crate::spans::in_text;

/// Debian's default, for a configuration that never says `DocumentRoot`.
pub(crate) const DEFAULT_DOCUMENT_ROOT: &[u8] = b"/var/www/html";

impl Resolver<'_> {
    /// All hosts, the main server first.
    pub(crate) fn merge(&mut self, main: &mut Server, virtual_hosts: Vec<Server>) {
        main.scope.settle_access();
        let base = std::mem::take(&mut main.scope.settings);
        let base_rewrite = directory_rewrite(&main.scope.rewrite);
        let own = self.redirect_list(main.redirects.iter().cloned());
        for mut server in virtual_hosts {
            if !self.may_inherit(main, &base, &server) {
                break;
            }
            let redirects = self.inherited_redirects(&mut server, main, own);
            let rewrite = self.inherited_rewrite(&mut server.rewrite, &main.rewrite);
            server.scope.settle_access();
            let mut settings = std::mem::take(&mut server.scope.settings);
            let own_rewrite = directory_rewrite(&server.scope.rewrite);
            settings.rewrite = self.base_rewrite(base_rewrite.as_ref(), own_rewrite);
            let settings = merged_settings(base.clone(), settings);
            let host = self.host(main, &server, redirects, rewrite, settings);
            self.site.hosts.push(host);
        }
        let main_rewrite = main.rewrite.present.then(|| {
            let rules = self.rule_set(std::mem::take(&mut main.rewrite.rules));
            server_rewrite(&main.rewrite, None, rules, main.rewrite.maps.clone())
        });
        let mut settings = base;
        settings.rewrite = self.base_rewrite(None, base_rewrite);
        let nothing = Server::default();
        let host = self.host(&nothing, main, own, main_rewrite, settings);
        self.site.hosts.insert(0, host);
        self.name_directories();
    }

    /// Document roots exist, and so do directories below them that sections are about: who writes such a section has the
    /// folder, unless what was read says otherwise.
    fn name_directories(&mut self) {
        let bare = |path: &Vec<u8>| path.strip_suffix(b"/").unwrap_or(path).to_vec();
        let known: HashSet<_> = self.site.tree.known.iter().map(bare).collect();
        let sections = self.site.sections.iter();
        let sections = sections.filter_map(|section| match &section.kind {
            SectionKind::Directory(PathMatcher::Plain(path)) => Some(bare(path)),
            _ => None,
        });
        let roots = self.site.hosts.iter().map(|host| &host.document_root);
        let virtual_roots = self
            .site
            .hosts
            .iter()
            .flat_map(|host| host.virtual_roots.iter());
        let virtual_roots = virtual_roots.filter_map(folder_of);
        let roots: HashSet<_> = roots.map(bare).chain(virtual_roots).collect();
        // Below the root of the file system is everything.
        let is_root = roots.contains(b"".as_slice());
        let unread =
            |path: &Vec<u8>| !is_root && is_below_any(path, &roots) && !is_below_any(path, &known);
        let unread: Vec<_> = sections.filter(unread).collect();
        self.site.tree.named = roots.into_iter().chain(unread).collect();
    }

    /// Counts what `server` has from the main server; false, and reading stops, when all servers together
    /// have too much.
    fn may_inherit(&mut self, main: &Server, base: &Settings, server: &Server) -> bool {
        let rules = match Inherited::of(&server.rewrite, &main.rewrite) {
            Inherited::After | Inherited::Before => {
                main.rewrite.rules.len() + main.rewrite.maps.len()
            }
            Inherited::Nothing => 0,
        };
        let redirects = if server.redirects.is_empty() {
            0
        } else {
            main.redirects.len()
        };
        let lists = [
            rules,
            redirects,
            main.url_aliases.len(),
            main.proxies.len(),
            main.environment.len(),
            main.directories.len(),
            main.directory_patterns.len(),
            main.locations.len(),
            main.overrides.len(),
            base.set_env_if.len(),
            base.set_env.len(),
            base.headers.len(),
            base.files.len(),
            base.ifs.len(),
        ];
        let count = u64::try_from(lists.iter().sum::<usize>()).unwrap_or(u64::MAX);
        if let Some(rest) = self.inheritable.checked_sub(count) {
            self.inheritable = rest;
            return true;
        }
        let line = server
            .place
            .and_then(|place| self.reader.sources.span_of_line(in_text(place)));
        self.stop(Limit::InheritedRules, line);
        false
    }

    fn host(
        &mut self,
        base: &Server,
        own: &Server,
        redirects: RedirectListId,
        rewrite: Option<ServerRewrite>,
        settings: Settings,
    ) -> Host {
        let either =
            |own: &Option<Vec<u8>>, base: &Option<Vec<u8>>| own.clone().or_else(|| base.clone());
        let root = either(&own.document_root, &base.document_root);
        let both =
            |pick: fn(&Server) -> &Vec<SectionId>| [pick(base).as_slice(), pick(own)].concat();
        let mut directories = both(|server| &server.directories);
        directories.sort_by_key(|id| self.components(*id));
        let own_aliases: Vec<Alias> = own
            .url_aliases
            .iter()
            .chain(&base.url_aliases)
            .cloned()
            .collect();
        Host {
            place: own.place,
            addresses: own.addresses.clone(),
            name: own.name.clone().unwrap_or_default(),
            port: own.port,
            scheme: own.scheme,
            aliases: own.aliases.clone(),
            tls: own.tls.or(base.tls).unwrap_or(false),
            document_root: root.unwrap_or_else(|| DEFAULT_DOCUMENT_ROOT.to_vec()),
            admin: either(&own.admin, &base.admin)
                .unwrap_or_else(|| b"[no address given]".to_vec()),
            merge_slashes: own.merge_slashes.or(base.merge_slashes).unwrap_or(true),
            encoded_slashes: own
                .encoded_slashes
                .or(base.encoded_slashes)
                .unwrap_or_default(),
            trace_enable: own.trace_enable.or(base.trace_enable).unwrap_or_default(),
            rewrite,
            redirects,
            url_aliases: own_aliases,
            proxies: own.proxies.iter().chain(&base.proxies).cloned().collect(),
            environment: base
                .environment
                .iter()
                .chain(&own.environment)
                .cloned()
                .collect(),
            remote_ip: own.remote_ip.over(&base.remote_ip),
            user_dirs: {
                let lines = own.user_dirs.as_ref().or(base.user_dirs.as_ref());
                lines.map(|lines| lines.over(base.user_dirs.as_ref()))
            }
            .unwrap_or_default(),
            virtual_roots: own.virtual_roots.over(&base.virtual_roots),
            settings,
            origin_headers: Vec::new(),
            directories,
            directory_patterns: both(|server| &server.directory_patterns),
            locations: both(|server| &server.locations),
            overrides: own.own_overrides.clone(),
        }
    }

    /// How many path components a `<Directory>` has: the order they merge in.
    pub(crate) fn components(&self, id: SectionId) -> usize {
        let section = usize::try_from(id.0)
            .ok()
            .and_then(|index| self.site.sections.get(index));
        match section.map(|section| &section.kind) {
            Some(SectionKind::Directory(matcher)) => component_count(matcher),
            _ => 0,
        }
    }

    /// `config_server_merge`: which rules and maps a virtual host has. Its own rules move to the site.
    fn inherited_rewrite(&mut self, own: &mut Rewrite, base: &Rewrite) -> Option<ServerRewrite> {
        if !own.present {
            return None;
        }
        let inherited = Inherited::of(own, base);
        let own_rules = std::mem::take(&mut own.rules);
        let (rules, maps) = match inherited {
            Inherited::After => {
                let rules = self.rule_set(own_rules.into_iter().chain(base.rules.iter().cloned()));
                (rules, overlay(&base.maps, &own.maps))
            }
            Inherited::Before => {
                let rules = self.rule_set(base.rules.iter().cloned().chain(own_rules));
                (rules, overlay(&own.maps, &base.maps))
            }
            Inherited::Nothing => (self.rule_set(own_rules), own.maps.clone()),
        };
        Some(server_rewrite(own, Some(base), rules, maps))
    }

    /// A host's own redirects, then the main server's. The main server's list is shared.
    fn inherited_redirects(
        &mut self,
        own: &mut Server,
        main: &Server,
        list_of_main: RedirectListId,
    ) -> RedirectListId {
        if own.redirects.is_empty() {
            return list_of_main;
        }
        let own = std::mem::take(&mut own.redirects);
        self.redirect_list(own.into_iter().chain(main.redirects.iter().cloned()))
    }

    /// The per-directory settings a server starts from.
    fn base_rewrite(
        &mut self,
        base: Option<&DirectoryRewrite>,
        own: Option<DirectoryRewrite>,
    ) -> Option<DirectoryRewrite> {
        let mut merged = match (base.cloned(), own) {
            (Some(base), Some(own)) => DirectoryRewrite {
                engine: own.engine.or(base.engine),
                options: own.options.or(base.options),
                ..own
            },
            (base, own) => own.or(base)?,
        };
        merged.rules = self.empty_rule_set();
        Some(merged)
    }

    /// Adds a rule set; every rule's unit learns where it stands.
    pub(crate) fn rule_set(&mut self, rules: impl IntoIterator<Item = Counted<Rule>>) -> RuleSetId {
        let id = RuleSetId(u32::try_from(self.site.rule_sets.len()).unwrap_or(u32::MAX));
        let rules = rules.into_iter().enumerate().map(|(index, rule)| {
            self.placed(rule.unit, Position::Rule(id, index));
            rule.value
        });
        let rules = rules.collect();
        self.site.rule_sets.push(RuleSet { rules });
        id
    }

    fn empty_rule_set(&mut self) -> RuleSetId {
        if let Some(id) = self.no_rules {
            return id;
        }
        let id = self.rule_set([]);
        self.no_rules = Some(id);
        id
    }

    /// Adds a list of redirects; every one's unit learns where it stands.
    pub(crate) fn redirect_list(
        &mut self,
        redirects: impl IntoIterator<Item = Counted<Redirect>>,
    ) -> RedirectListId {
        let id = RedirectListId(u32::try_from(self.site.redirect_lists.len()).unwrap_or(u32::MAX));
        let list = redirects.into_iter().enumerate().map(|(index, redirect)| {
            self.placed(redirect.unit, Position::Redirect(id, index));
            redirect.value
        });
        let list = list.collect();
        self.site.redirect_lists.push(list);
        id
    }

    /// Notes where a unit stands.
    pub(crate) fn placed(&mut self, unit: usize, position: Position) {
        if let Some(UnitStatus::Placed(positions)) =
            self.units.get_mut(unit).map(|unit| &mut unit.status)
        {
            if positions.is_empty() {
                // Most units stand in one place only.
                positions.reserve_exact(1);
            }
            positions.push(position);
        }
    }

    /// A section's settings, its lists added to the site.
    pub(crate) fn settled(&mut self, mut scope: Scope) -> Settings {
        scope.settle_access();
        let mut settings = scope.settings;
        if !scope.redirects.is_empty() {
            settings.redirects = Some(self.redirect_list(scope.redirects));
        }
        if scope.rewrite.present {
            let rules = self.rule_set(scope.rewrite.rules);
            settings.rewrite = Some(DirectoryRewrite {
                engine: scope.rewrite.engine,
                options: scope.rewrite.options,
                rules,
                base: scope.rewrite.base,
                directory: scope.directory,
            });
        }
        settings
    }
}

/// The folder that everything is in that a pattern leads to, if it is one in another than the root.
fn folder_of(pattern: &RootPattern) -> Option<Vec<u8>> {
    let RootPart::Text(text) = pattern.0.first()? else {
        return None;
    };
    let folder = if pattern.0.len() == 1 {
        text.strip_suffix(b"/").unwrap_or(text)
    } else {
        literal_folder(text)
    };
    is_deep(folder).then(|| folder.to_vec())
}

/// Where the main server's rules stand in a virtual host.
enum Inherited {
    /// Behind the host's own.
    After,
    /// Before them.
    Before,
    /// Nowhere.
    Nothing,
}

impl Inherited {
    fn of(own: &Rewrite, base: &Rewrite) -> Self {
        if !own.present {
            return Self::Nothing;
        }
        let options = own.options.or(base.options).unwrap_or_default();
        let from_base = base.options.unwrap_or_default();
        let ignores = options.contains(RewriteOptions::IGNORE_INHERIT);
        let down = |option| from_base.contains(option) && !ignores;
        if options.contains(RewriteOptions::INHERIT) || down(RewriteOptions::INHERIT_DOWN) {
            Self::After
        } else if options.contains(RewriteOptions::INHERIT_BEFORE)
            || down(RewriteOptions::INHERIT_DOWN_BEFORE)
        {
            Self::Before
        } else {
            Self::Nothing
        }
    }
}

/// Components of the path of a `<Directory>`; 0 for `/` (`d_components`).
pub(crate) fn component_count(matcher: &PathMatcher) -> usize {
    match matcher {
        PathMatcher::Plain(path) | PathMatcher::Wildcard(path) => path
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
            .count(),
        PathMatcher::Regex(_) => usize::MAX,
    }
}

/// What a server says about rewriting per directory; the rules are not there yet.
fn directory_rewrite(rewrite: &Rewrite) -> Option<DirectoryRewrite> {
    rewrite.present.then_some(DirectoryRewrite {
        engine: rewrite.engine,
        options: rewrite.options,
        rules: RuleSetId(0),
        base: None,
        directory: None,
    })
}

fn server_rewrite(
    own: &Rewrite,
    base: Option<&Rewrite>,
    rules: RuleSetId,
    maps: BTreeMap<Vec<u8>, MapId>,
) -> ServerRewrite {
    let inherited = base.and_then(|base| base.options);
    ServerRewrite {
        options: own.options.or(inherited).unwrap_or_default(),
        rules,
        maps,
    }
}

/// `apr_hash_overlay`: what `over` has wins.
fn overlay(
    under: &BTreeMap<Vec<u8>, MapId>,
    over: &BTreeMap<Vec<u8>, MapId>,
) -> BTreeMap<Vec<u8>, MapId> {
    let mut maps = under.clone();
    maps.extend(over.clone());
    maps
}

/// `SetEnv` of the main server under a host's own (`merge_env_dir_configs`).
fn inherited_environment(
    base: Vec<(Vec<u8>, Vec<u8>)>,
    own: Vec<(Vec<u8>, Vec<u8>)>,
    unset: &[Vec<u8>],
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let is_unset = |name: &[u8]| unset.iter().any(|unset| unset.eq_ignore_ascii_case(name));
    let base = base.into_iter().filter(|(name, _)| !is_unset(name));
    base.chain(own).collect()
}

/// What two sections say of a module together.
fn merged_boxes<T: Default>(
    own: Option<Box<T>>,
    base: Option<Box<T>>,
    over: impl Fn(&T, T) -> T,
) -> Option<Box<T>> {
    let Some(own) = own else { return base };
    let base = base.map(|base| *base).unwrap_or_default();
    Some(Box::new(over(&own, base)))
}

/// The main server's settings under a host's own.
fn merged_settings(base: Settings, own: Settings) -> Settings {
    let hidden = |status: u16| {
        own.error_documents
            .iter()
            .any(|(other, _)| *other == status)
    };
    let mut error_documents = base.error_documents;
    error_documents.retain(|(status, _)| !hidden(*status));
    error_documents.extend(own.error_documents.iter().cloned());
    Settings {
        rewrite: own.rewrite,
        redirects: None,
        alias: own.alias.or(base.alias),
        proxy: own.proxy.or(base.proxy),
        alias_preserves_path: own.alias_preserves_path.or(base.alias_preserves_path),
        redirect_relative: own.redirect_relative.or(base.redirect_relative),
        directory_index: own.directory_index.or(base.directory_index),
        directory_slash: own.directory_slash.or(base.directory_slash),
        index_redirect: own.index_redirect.or(base.index_redirect),
        fallback: own.fallback.or(base.fallback),
        error_documents,
        default_charset: own.default_charset.or(base.default_charset),
        headers: [base.headers, own.headers].concat(),
        expires: merged_boxes(own.expires, base.expires, Expires::over),
        allow: own.allow.over(base.allow),
        canonical_name: own.canonical_name.or(base.canonical_name),
        accept_path_info: own.accept_path_info.or(base.accept_path_info),
        requirement: own.requirement.or(base.requirement),
        host_access: own.host_access.or(base.host_access),
        methods: own.methods.or(base.methods),
        requires_tls: base.requires_tls || own.requires_tls,
        spelling: own.spelling.or(base.spelling),
        mime: merged_boxes(own.mime, base.mime, Mime::over),
        negotiation: merged_boxes(own.negotiation, base.negotiation, Negotiation::over),
        set_env_if: [base.set_env_if, own.set_env_if].concat(),
        set_env: inherited_environment(base.set_env, own.set_env, &own.unset_env),
        // Its one merge is done.
        unset_env: Vec::new(),
        files: [base.files, own.files].concat(),
        ifs: [base.ifs, own.ifs].concat(),
        broken: base.broken || own.broken,
    }
}

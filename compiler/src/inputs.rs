//! Which parts of a request can change an answer, and what follows for CloudFront.
//!
//! In: a [`Site`]. Out: [`Inputs`]: the cache key answers need, and the trigger. Absent: the
//! CloudFront template.

mod elsewhere;
mod input;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use edgewright_engine::model::expression::{Expression, Subnet};
use edgewright_engine::model::header_names::{MOST_IN_POLICY, is_token};
use edgewright_engine::model::marks::Exactness;
use edgewright_engine::model::rules::{Place, Redirect, Rule, RuleFlags, Template};
use edgewright_engine::model::site::access::{Client, Demand, HostAccess, Requirement};
use edgewright_engine::model::site::headers::{HeaderAction, HeaderTable};
use edgewright_engine::model::site::{
    EnvAttribute, EnvRule, HeaderLine, Map, MapKind, RootPart, Section, SectionKind, Settings, Site,
};
use edgewright_engine::model::trigger::Trigger;
use edgewright_engine::model::variable::{Named, TimePart};
use edgewright_engine::pattern::Pattern;

use crate::dependencies::{Dependencies, Question};
use crate::shape::Shape;
use crate::{methods, request_line};
pub(crate) use elsewhere::Elsewhere;
use elsewhere::Nowhere;
pub use input::{Input, UnknownInput};

/// Every input that can change an answer, and who reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(BTreeMap<Input, Readers>);

/// The rules and redirects that read an input. Sections and settings that do are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readers {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: Option<Place>,
    /// The last: one that reads an input twice is counted once.
    last: Option<Place>,
}

impl Inputs {
    /// The inputs of `site`.
    pub fn of(site: &Site) -> Self {
        Self::beside(site, &mut Nowhere)
    }

    /// The inputs of `site` that others read than the conditions that `elsewhere` takes.
    pub(crate) fn beside(site: &Site, elsewhere: &mut dyn Elsewhere) -> Self {
        let mut found = Search {
            inputs: Self::default(),
            remote_headers: Vec::new(),
            reader: None,
            unanswering: Arc::new(unanswering(site)),
            elsewhere,
        };
        found.add_site(site);
        found.inputs
    }

    /// True when `input` can change an answer.
    pub fn contains(&self, input: &Input) -> bool {
        self.0.contains_key(input)
    }

    /// All inputs with their readers.
    pub fn iter(&self) -> impl Iterator<Item = (&Input, Readers)> {
        let all = self.0.iter();
        all.map(|(input, readers)| (input, *readers))
    }

    /// Where CloudFront should call the function.
    pub fn trigger(&self) -> Trigger {
        Input::trigger(self.0.keys())
    }

    /// What the cache key has to hold besides the path.
    pub fn cache_key(&self) -> impl Iterator<Item = &Input> {
        self.0.keys().filter(|input| input.can_be_cache_key())
    }

    /// What forbids caching.
    pub fn uncacheable(&self) -> impl Iterator<Item = &Input> {
        self.0.keys().filter(|input| !input.can_be_cache_key())
    }
}

/// The names that stand for maps of which none can answer.
fn unanswering(site: &Site) -> BTreeSet<Vec<u8>> {
    let is_unavailable = |map: &&Map| matches!(map.kind, MapKind::Unavailable(_));
    let (unavailable, others): (Vec<&Map>, Vec<&Map>) = site.maps.iter().partition(is_unavailable);
    let mut names: BTreeSet<Vec<u8>> = unavailable.iter().map(|map| map.name.clone()).collect();
    for map in others {
        names.remove(&map.name);
    }
    names
}

/// Does what a line makes of a header not depend on what it was?
fn is_set_anew(action: &HeaderAction) -> bool {
    match action {
        HeaderAction::Set(_) | HeaderAction::Unset | HeaderAction::Echo(_) | HeaderAction::Note => {
            true
        }
        HeaderAction::SetIfEmpty(_)
        | HeaderAction::Add(_)
        | HeaderAction::Append(_)
        | HeaderAction::Merge(_)
        | HeaderAction::Edit(..)
        | HeaderAction::EditAll(..) => false,
    }
}

/// `Require local`: the machine itself.
const LOOPBACK: [Subnet; 2] = [
    Subnet::V4(0x7f00_0000, 0xff00_0000),
    Subnet::V6(1, u128::MAX),
];

/// A walk over a site.
struct Search<'e> {
    inputs: Inputs,
    /// Headers from which a host takes the client's address, in lower case.
    remote_headers: Vec<String>,
    /// Names of maps that no host can ask.
    unanswering: Arc<BTreeSet<Vec<u8>>>,
    /// Whose inputs are being added.
    reader: Option<Place>,
    /// Who answers some of the conditions.
    elsewhere: &'e mut dyn Elsewhere,
}

impl Search<'_> {
    fn add_site(&mut self, site: &Site) {
        self.add_hosts(site);
        for rule in site.rule_sets.iter().flat_map(|set| &set.rules) {
            self.reader = Some(rule.place);
            self.add_rule(rule);
        }
        for redirect in site.redirect_lists.iter().flatten() {
            self.reader = Some(redirect.place);
            self.add_redirect(redirect);
        }
        self.reader = None;
        for map in &site.maps {
            if matches!(map.kind, MapKind::Random(_)) {
                self.add(Input::Choice);
            }
        }
    }

    fn add(&mut self, input: Input) {
        let of_client = match &input {
            Input::Client => true,
            Input::Header(name) => self.remote_headers.contains(name),
            _ => false,
        };
        if of_client {
            let headers = self.remote_headers.clone().into_iter().map(Input::Header);
            headers.for_each(|header| self.add_one(header));
        }
        let also = of_client && input != Input::Client && !self.remote_headers.is_empty();
        if also {
            self.add_one(Input::Client);
        }
        self.add_one(input);
    }

    fn add_one(&mut self, input: Input) {
        let readers = self.inputs.0.entry(input).or_default();
        if self.reader.is_some() && readers.last != self.reader {
            readers.count += 1;
            readers.first = readers.first.or(self.reader);
            readers.last = self.reader;
        }
    }

    fn add_self_reference(&mut self) {
        self.add(Input::Host);
        self.add(Input::Scheme);
    }

    fn add_hosts(&mut self, site: &Site) {
        // A host without a place is the main server, or the same with TLS.
        if site.hosts.iter().any(|host| host.place.is_some()) {
            self.add_self_reference();
        }
        for remote in site.hosts.iter().filter_map(|host| host.remote_ip.as_ref()) {
            // Who the client is depends on both, and the header as rules see it does.
            let name = String::from_utf8_lossy(&remote.header).to_ascii_lowercase();
            self.remote_headers.push(name);
        }
        if !site.type_maps.is_empty() {
            self.add_negotiation();
        }
        if !site.tree.entries.is_empty() {
            // A directory without its slash is answered with a redirect to ourselves.
            self.add_self_reference();
            self.add(Input::Query);
        }
        let virtual_roots = site.hosts.iter().flat_map(|host| host.virtual_roots.iter());
        for part in virtual_roots.flat_map(|pattern| &pattern.0) {
            match part {
                RootPart::Text(_) => {}
                RootPart::Name { .. } => self.add(Input::Host),
                RootPart::Port => self.add_self_reference(),
            }
        }
        let environments = site.hosts.iter().map(|host| &host.environment);
        for settings in site.settings() {
            self.add_settings(settings);
        }
        for rule in environments.flatten() {
            self.add_environment(rule);
        }
        for section in &site.sections {
            self.add_section(section);
        }
    }

    /// What settings ask for. A new setting does not compile until it is listed.
    fn add_settings(&mut self, settings: &Settings) {
        let Settings {
            methods,
            requires_tls,
            requirement,
            host_access,
            set_env_if,
            spelling,
            allow,
            headers,
            error_documents,
            // Rules, redirects and sections are looked through by themselves.
            rewrite: _,
            redirects: _,
            files: _,
            ifs: _,
            alias,
            // They answer with a URL of this host, which every site with virtual hosts or files tells apart anyway.
            alias_preserves_path: _,
            proxy: _,
            redirect_relative: _,
            directory_index: _,
            directory_slash: _,
            index_redirect: _,
            fallback: _,
            default_charset: _,
            canonical_name: _,
            // They ask for nothing of a request but its path.
            accept_path_info: _,
            // What they choose by is asked for where they do.
            mime: _,
            negotiation: _,
            // By the type of a page; the time is that of the answer, wherever it is kept.
            expires: _,
            set_env: _,
            unset_env: _,
            broken: _,
        } = settings;
        if methods.as_ref().is_some_and(|methods| !methods.is_empty()) {
            self.add(Input::Method);
        }
        if allow.may_negotiate() {
            self.add_negotiation();
        }
        if spelling.is_some_and(|spelling| spelling.enabled) {
            self.add(Input::Method);
        }
        if let Some(alias) = alias {
            self.add_expression(&alias.target);
        }
        if *requires_tls {
            self.add(Input::Scheme);
        }
        for rule in set_env_if {
            self.add_environment(rule);
        }
        for line in headers {
            self.add_header_line(line);
        }
        for (_, document) in error_documents {
            if let Some(said) = document.expression() {
                self.add_expression(said);
            }
        }
        self.add_access(requirement.as_ref(), host_access.as_ref());
    }

    /// What a line about headers asks for. Variables of the environment are set by lines that count anyway.
    fn add_header_line(&mut self, line: &HeaderLine) {
        for expression in line.expressions() {
            self.add_expression(expression);
        }
        if line.table == HeaderTable::Request && !is_set_anew(&line.action) {
            self.add_header(&line.name);
        }
        if let HeaderAction::Echo(_) = line.action {
            self.add(Input::AnyHeader);
        }
        let is_cookie = line.name.eq_ignore_ascii_case(b"set-cookie");
        if is_cookie && line.table == HeaderTable::Always && !self.elsewhere.add_set_cookie() {
            // CloudFront takes cookies out of an answer unless it sends cookies on.
            self.add(Input::Cookies);
        }
    }

    /// What a choice among files depends on. Whether the client is Lynx is asked only with a header `Negotiate` that
    /// nobody else sends.
    fn add_negotiation(&mut self) {
        self.add(Input::Method);
        self.add(Input::Query);
        for name in [
            "accept",
            "accept-charset",
            "accept-encoding",
            "accept-language",
            "negotiate",
        ] {
            self.add(Input::Header(name.to_owned()));
        }
    }

    /// Variables that are asked about are set by lines that count anyway.
    fn add_access(&mut self, requirement: Option<&Requirement>, access: Option<&HostAccess>) {
        if let Some(requirement) = requirement {
            requirement.each(&mut |demand| match demand {
                Demand::Address(subnets) => self.add_addresses(subnets),
                Demand::Local => self.add_addresses(&LOOPBACK),
                Demand::Method(_) => self.add(Input::Method),
                Demand::Expression(expression) => self.add_expression(expression),
                Demand::Granted
                | Demand::Denied
                | Demand::Environment(_)
                | Demand::Name
                | Demand::Unanswerable
                | Demand::Group(..) => {}
            });
            if !requirement.is_for_all() {
                self.add(Input::Method);
            }
        }
        if let Some(access) = access {
            let by_address = |client: &Client| matches!(client, Client::Address(_));
            let taken = self.elsewhere.add_host_access(access);
            if !taken && access.clients().any(by_address) {
                self.add(Input::Client);
            }
            if !access.is_for_all() {
                self.add(Input::Method);
            }
        }
    }

    fn add_addresses(&mut self, subnets: &[Subnet]) {
        if !self.elsewhere.add_addresses(subnets) {
            self.add(Input::Client);
        }
    }

    fn add_expression(&mut self, expression: &Expression) {
        let mut mentions = Dependencies::default();
        self.elsewhere.add_expression(expression, &mut mentions);
        self.add_mentions(&mentions);
        if methods::expression_tells(expression) {
            self.add(Input::GetOrHead);
        }
        self.add_bare_mark(&request_line::patterns_of_expression(expression));
    }

    fn add_bare_mark(&mut self, patterns: &[&Pattern]) {
        if request_line::tell_bare_mark(patterns) {
            self.add(Input::BareMark);
        }
    }

    fn add_section(&mut self, section: &Section) {
        if let SectionKind::If(expression) | SectionKind::ElseIf(expression) = &section.kind {
            self.add_expression(expression);
        }
    }

    fn add_environment(&mut self, rule: &EnvRule) {
        if self.elsewhere.add_environment(rule) {
            return;
        }
        match &rule.attribute {
            // A variable that was not set is a header of that name.
            EnvAttribute::Header(name) | EnvAttribute::Variable(name) => self.add_header(name),
            EnvAttribute::HeaderPattern(pattern) => self.add_headers_of(pattern),
            EnvAttribute::Method => {
                self.add(Input::Method);
                if methods::pattern_tells(&rule.pattern) {
                    self.add(Input::GetOrHead);
                }
            }
            EnvAttribute::ClientAddress | EnvAttribute::ClientHost => self.add(Input::Client),
            EnvAttribute::Uri | EnvAttribute::Protocol | EnvAttribute::ServerAddress => {}
            EnvAttribute::Expression(expression) => self.add_expression(expression),
        }
    }

    /// The headers whose names match: each, where the pattern says them all and a policy can name them. Nobody sends one
    /// that is no name of a header.
    fn add_headers_of(&mut self, pattern: &Pattern) {
        match Shape::of(pattern) {
            Shape::Words(_, names) if names.len() <= MOST_IN_POLICY => {
                let is_name = |name: &&Vec<u8>| str::from_utf8(name).is_ok_and(is_token);
                let names = names.iter().filter(is_name);
                names.for_each(|name| self.add_header(name));
            }
            Shape::Words(..) | Shape::Prefixes(..) | Shape::Open => self.add(Input::AnyHeader),
        }
    }

    fn add_rule(&mut self, rule: &Rule) {
        let mut mentions = Dependencies::beside_keys_of(Arc::clone(&self.unanswering));
        mentions.add_results(rule);
        self.elsewhere.add_conditions(rule, &mut mentions);
        self.add_mentions(&mentions);
        if methods::rule_tells(rule) {
            self.add(Input::GetOrHead);
        }
        for condition in &rule.conditions {
            self.add_bare_mark(&request_line::patterns_of_condition(condition));
        }
        if !rule.extras().cookies.is_empty() && !self.elsewhere.add_set_cookie() {
            // CloudFront takes cookies out of an answer unless it sends cookies on.
            self.add(Input::Cookies);
            if rule.extras().cookies.iter().any(has_lifetime) {
                self.add(Input::Time(Exactness::Second));
            }
        }
        if rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
            return;
        }
        if !rule.flags.contains(RuleFlags::QUERY_NONE) {
            self.add(Input::Query);
        }
        // A redirect to a path is completed with our own name; an absolute URL without `R` is a
        // redirect only when it names another host.
        let forced = rule.flags.contains(RuleFlags::FORCE_REDIRECT);
        if forced != is_absolute(&rule.substitution.source) {
            self.add_self_reference();
        }
    }

    fn add_redirect(&mut self, redirect: &Redirect) {
        self.add_mentions(&Dependencies::of_redirect(redirect));
        if redirect
            .expression
            .as_ref()
            .is_some_and(methods::expression_tells)
        {
            self.add(Input::GetOrHead);
        }
        if !redirect.target.is_empty() || redirect.expression.is_some() {
            self.add(Input::Query);
        }
        if redirect.target.starts_with(b"/") {
            self.add_self_reference();
        }
    }

    fn add_mentions(&mut self, mentions: &Dependencies) {
        for name in &mentions.headers {
            self.add_header(name);
        }
        for name in &mentions.variables {
            self.add_variable(name);
        }
        if mentions.questions.contains(&Question::Client) {
            self.add(Input::Client);
        }
        if mentions.questions.contains(&Question::ComputedName) {
            // It may be any header, and `SCRIPT_URI` among the variables.
            self.add(Input::AnyHeader);
            self.add_self_reference();
        }
        let mut environment = mentions.environment.iter();
        // Also with `REDIRECT_` before it.
        if environment.any(|name| name.ends_with(b"SCRIPT_URI")) {
            self.add_self_reference();
        }
    }

    fn add_header(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.add(match name.as_str() {
            "host" => Input::Host,
            "cookie" => Input::Cookies,
            _ => Input::Header(name),
        });
    }

    /// Adds what a variable depends on, which is no header: its name is in upper case.
    fn add_variable(&mut self, name: &[u8]) {
        match Named::of(name) {
            Some(named) => self.add_named(named),
            // Of expressions, and of other modules.
            None if name == b"SCRIPT_URI" => self.add_self_reference(),
            None if name == b"UNIQUE_ID" => self.add(Input::UniqueId),
            None => {}
        }
    }

    fn add_time(&mut self, part: TimePart) {
        let exactness = match part {
            TimePart::Whole | TimePart::Second => Exactness::Second,
            TimePart::Minute => Exactness::Minute,
            TimePart::Year
            | TimePart::Month
            | TimePart::Day
            | TimePart::Hour
            | TimePart::Weekday => Exactness::Hour,
            TimePart::Nothing => return,
        };
        self.add(Input::Time(exactness));
    }

    /// A new variable does not compile until it is listed.
    fn add_named(&mut self, named: Named) {
        match named {
            Named::ServerName => self.add(Input::Host),
            Named::Https | Named::RequestScheme => self.add(Input::Scheme),
            // The port stands in `Host`, or follows from the scheme.
            Named::ServerPort => self.add_self_reference(),
            Named::QueryString => self.add(Input::Query),
            Named::RequestMethod => self.add(Input::Method),
            Named::RequestLine => {
                self.add(Input::Method);
                self.add(Input::Query);
            }
            Named::RemoteAddress
            | Named::ConnectionAddress
            | Named::RemoteHost
            | Named::RemotePort
            | Named::Ipv6 => self.add(Input::Client),
            Named::Time(part) => self.add_time(part),
            // The same for all requests for a path on a host.
            Named::ApiVersion
            | Named::AuthType
            | Named::ContextDocumentRoot
            | Named::ContextPrefix
            | Named::DocumentRoot
            | Named::IsSubrequest
            | Named::PathInfo
            | Named::RemoteIdent
            | Named::RemoteUser
            | Named::RequestFilename
            | Named::RequestUri
            | Named::ScriptGroup
            | Named::ScriptUser
            | Named::ServerAddress
            | Named::ServerAdmin
            | Named::ServerProtocol
            | Named::ServerSoftware => {}
        }
    }
}

/// A `CO` text with a fourth field: the cookie's date depends on the time.
fn has_lifetime(cookie: &Template) -> bool {
    let separator = match cookie.source.first() {
        Some(b';') => b';',
        _ => b':',
    };
    cookie.source.split(|byte| *byte == separator).count() > 3
}

fn is_absolute(target: &[u8]) -> bool {
    target.windows(3).any(|three| three == b"://")
}

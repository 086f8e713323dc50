//! One directive, carried out.
//!
//! In: a directive that may stand where it does. Out: what it changes. Absent: directives that
//! change nothing here; they are accepted and forgotten.

use edgewright_engine::model::expression::Expression;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::site::{
    Allowed, CanonicalName, EncodedSlashes, ErrorDocument, HostPattern, Settings, TraceEnable,
    Trust,
};
use edgewright_engine::pattern::PatternOptions;
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Origin;
use edgewright_parser::syntax::{Arguments, Directive, Kind};

use super::Resolver;
use super::headers;
use super::htaccess;
use super::limit::is_method;
use super::types;
use super::values;
use super::walk::Target;
use crate::load::glob;
use crate::registry::directives::Around;

type Done = Result<(), Diagnostic>;

impl Resolver<'_> {
    /// Carries out a directive.
    ///
    /// # Errors
    /// What Apache says to its arguments.
    pub(crate) fn carry_out(&mut self, directive: Directive, target: &mut Target<'_>) -> Done {
        let origin = directive.origin;
        match directive.kind {
            Kind::RewriteEngine(switch) => {
                target.rewrite_engine(switch);
                Ok(())
            }
            Kind::RewriteOptions(words) => {
                target.rewrite_options(&words);
                Ok(())
            }
            Kind::RewriteBase(base) => target.rewrite_base(base),
            Kind::RewriteMap(map) => {
                self.rewrite_map(&map, &origin, target);
                Ok(())
            }
            Kind::RewriteCond(condition) => self.rewrite_condition(condition, &origin, target),
            Kind::RewriteRule(rule) => self.rewrite_rule(&rule, &origin, target),
            Kind::Redirect(redirect) => self.redirect(redirect, &origin, target),
            Kind::Other(arguments) => {
                let name = directive.name.value.to_ascii_lowercase();
                self.other(&name, &arguments, &origin, target)
            }
            Kind::Open(_) | Kind::Close => Ok(()),
        }
    }

    fn other(
        &mut self,
        name: &[u8],
        arguments: &Arguments,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Done {
        if let (b"documentroot" | b"alias" | b"scriptalias", Some(folder)) =
            (name, arguments.words.last())
        {
            let folder = self.reader.files.absolute(&folder.value);
            self.root_lines.entry(folder).or_insert(origin.span);
        }
        match name {
            b"alias" | b"scriptalias" => self.alias(arguments, origin, target),
            b"aliasmatch" | b"scriptaliasmatch" => self.alias_match(arguments, origin, target),
            b"proxypass" => self.proxy_pass(false, arguments, origin, target),
            b"proxypassmatch" => self.proxy_pass(true, arguments, origin, target),
            b"setenvif"
            | b"setenvifnocase"
            | b"setenvifexpr"
            | b"browsermatch"
            | b"browsermatchnocase" => self.set_env_if(name, arguments, origin, target),
            _ => {
                let words: Vec<&[u8]> = arguments
                    .words
                    .iter()
                    .map(|word| word.value.as_slice())
                    .collect();
                if matches!(name, b"require" | b"allow" | b"deny") {
                    let raw = arguments.raw.value.as_slice();
                    return self.access_directive(name, (&words, raw), origin.span, target);
                }
                self.log_format(name, &words);
                self.report_unfollowed(name, &words, origin.span);
                self.note_as_is(name, &words, origin.span, target);
                self.note_document(name, &words, origin.span);
                self.note_line(name, &words, origin);
                let of_request = name == b"requestheader";
                if of_request || name == b"header" {
                    let reading = if of_request {
                        headers::request_header
                    } else {
                        headers::header
                    };
                    let line = reading(&words, self.place(origin), self.regex);
                    let bad = |said| Diagnostic::error("bad-argument", said, origin.span);
                    let line = line.map_err(bad)?;
                    target.scope().settings.headers.extend(line);
                    return Ok(());
                }
                let done = self
                    .server_directive(name, &words, target)
                    .or_else(|| self.directory_directive(name, &words, target))
                    .or_else(|| types::directive(name, &words, &mut target.scope().settings))
                    .or_else(|| headers::expires(name, &words, &mut target.scope().settings));
                let bad = |headline| Diagnostic::error("bad-argument", headline, origin.span);
                done.unwrap_or(Ok(())).map_err(bad)
            }
        }
    }

    /// Directives of a server; `None` when it is none of them.
    fn server_directive(
        &mut self,
        name: &[u8],
        words: &[&[u8]],
        target: &mut Target<'_>,
    ) -> Option<Result<(), String>> {
        let server = &mut *target.server;
        let first = words.first().copied().unwrap_or_default();
        match name {
            b"servername" => return Some(server_name(first, target)),
            b"serveralias" if !target.context.around.contains(Around::VIRTUAL_HOST) => {
                return Some(Err(
                    "`ServerAlias` belongs into a `<VirtualHost>`".to_owned()
                ));
            }
            b"serveralias" => server
                .aliases
                .extend(words.iter().map(|word| host_pattern(word))),
            b"serveradmin" => server.admin = Some(first.to_vec()),
            b"serverpath" => {}
            b"documentroot" => server.document_root = Some(self.reader.files.absolute(first)),
            b"accessfilename" => {
                server.access_file_names = Some(words.iter().map(|word| word.to_vec()).collect());
            }
            b"mergeslashes" => server.merge_slashes = Some(on(first)),
            b"allowencodedslashes" => {
                server.encoded_slashes = Some(match first.to_ascii_lowercase().as_slice() {
                    b"on" => EncodedSlashes::Decode,
                    b"off" => EncodedSlashes::Refuse,
                    b"nodecode" => EncodedSlashes::Keep,
                    _ => {
                        return Some(Err(
                            "`AllowEncodedSlashes` must be On, Off or NoDecode".to_owned()
                        ));
                    }
                });
            }
            b"traceenable" => {
                server.trace_enable = Some(match first.to_ascii_lowercase().as_slice() {
                    b"on" | b"extended" => TraceEnable::On,
                    b"off" => TraceEnable::Off,
                    _ => {
                        return Some(Err("`TraceEnable` must be on, off or extended".to_owned()));
                    }
                });
            }
            b"remoteipheader" => server.remote_ip.header = Some(first.to_vec()),
            b"remoteipinternalproxy" => server.trust(words, Trust::Internal),
            b"remoteiptrustedproxy" => server.trust(words, Trust::Public),
            b"remoteipinternalproxylist" | b"remoteiptrustedproxylist" => {
                server.remote_ip.is_unknown = true;
            }
            b"userdir" => return Some(server.user_dirs.get_or_insert_default().add(words)),
            b"virtualdocumentroot"
            | b"virtualdocumentrootip"
            | b"virtualscriptalias"
            | b"virtualscriptaliasip" => return Some(server.virtual_roots.add(name, first)),
            b"sslengine" => server.tls = Some(!first.eq_ignore_ascii_case(b"off")),
            b"listen" => return Some(self.listen(first)),
            b"balancermember" => {
                let in_proxy = target.context.around.contains(Around::PROXY);
                let url = words
                    .get(usize::from(!in_proxy))
                    .copied()
                    .unwrap_or_default();
                if !url.contains(&b':') {
                    return Some(Err(
                        "the URL of `BalancerMember` must be absolute".to_owned()
                    ));
                }
            }
            b"typesconfig" if server.place.is_none() => self.types.config = Some(first.to_vec()),
            b"regexdefaultoptions" => return Some(self.regex_default_options(words)),
            _ => return None,
        }
        Some(Ok(()))
    }

    /// `Listen` (`ap_set_listener`).
    fn listen(&mut self, address: &[u8]) -> Result<(), String> {
        let digits = address
            .rsplit(|byte| *byte == b':')
            .next()
            .unwrap_or(address);
        let port = values::port(digits).ok_or("`Listen` needs a port")?;
        let anywhere = address.strip_prefix(b"*:").unwrap_or(address);
        if self.listeners.iter().any(|known| known == anywhere) {
            return Err("there is a `Listen` for this address already".to_owned());
        }
        self.listeners.push(anywhere.to_vec());
        self.site.listen.push(port);
        Ok(())
    }

    /// `RegexDefaultOptions` (`set_regex_default_options`).
    fn regex_default_options(&mut self, words: &[&[u8]]) -> Result<(), String> {
        for word in words {
            let (sign, name) = match word {
                [sign @ (b'+' | b'-'), rest @ ..] => (Some(*sign), rest),
                _ => (None, *word),
            };
            let option = match name.to_ascii_uppercase().as_slice() {
                b"NONE" if sign.is_none() => {
                    self.regex = PatternOptions::empty();
                    continue;
                }
                b"ICASE" => PatternOptions::CASELESS,
                b"DOTALL" => PatternOptions::DOT_ALL,
                b"DOLLAR_ENDONLY" => PatternOptions::DOLLAR_END_ONLY,
                _ => {
                    return Err(format!(
                        "`RegexDefaultOptions` has no option `{}`",
                        values::shown(name)
                    ));
                }
            };
            match sign {
                Some(b'+') => self.regex |= option,
                Some(_) => self.regex -= option,
                None => self.regex = option,
            }
        }
        Ok(())
    }

    /// Directives that hold per directory; `None` when it is none of them.
    fn directory_directive(
        &mut self,
        name: &[u8],
        words: &[&[u8]],
        target: &mut Target<'_>,
    ) -> Option<Result<(), String>> {
        let scope = target.scope();
        let settings = &mut scope.settings;
        let first = words.first().copied().unwrap_or_default();
        match name {
            b"options" => return Some(options(words, settings)),
            b"allowoverride" => return Some(self.allow_override(words)),
            b"allowoverridelist" => self.allow_override_list(words),
            b"directoryindex" => directory_index(words, settings),
            b"directoryslash" => settings.directory_slash = Some(on(first)),
            b"directoryindexredirect" => return Some(index_redirect(first, settings)),
            b"fallbackresource" => {
                let disabled = first.eq_ignore_ascii_case(b"disabled");
                settings.fallback = Some(if disabled { Vec::new() } else { first.to_vec() });
            }
            b"errordocument" => return Some(error_document(words, settings)),
            b"adddefaultcharset" => {
                settings.default_charset = Some(match first.to_ascii_lowercase().as_slice() {
                    b"off" => Vec::new(),
                    b"on" => b"iso-8859-1".to_vec(),
                    _ => first.to_vec(),
                });
            }
            b"allowmethods" => return Some(allow_methods(words, settings)),
            b"sslrequiressl" => settings.requires_tls = true,
            b"checkspelling" | b"checkcaseonly" | b"checkbasenamematch" => {
                let spelling = settings.spelling.get_or_insert_default();
                match name {
                    b"checkspelling" => spelling.enabled = on(first),
                    b"checkcaseonly" => spelling.case_only = on(first),
                    _ => spelling.basename_match = on(first),
                }
            }
            b"aliaspreservepath" => settings.alias_preserves_path = Some(on(first)),
            b"redirectrelative" => settings.redirect_relative = Some(on(first)),
            b"usecanonicalname" => {
                settings.canonical_name = match first.to_ascii_lowercase().as_slice() {
                    b"on" => Some(CanonicalName::Configured),
                    b"off" => Some(CanonicalName::Asked),
                    b"dns" => Some(CanonicalName::LookedUp),
                    _ => return Some(Err("`UseCanonicalName` must be On, Off or DNS".to_owned())),
                };
            }
            b"acceptpathinfo" => {
                settings.accept_path_info = match first.to_ascii_lowercase().as_slice() {
                    b"on" => Some(true),
                    b"off" => Some(false),
                    b"default" => None,
                    _ => {
                        return Some(Err("`AcceptPathInfo` must be On, Off or Default".to_owned()));
                    }
                };
            }
            b"setenv" => {
                let value = words.get(1).copied().unwrap_or_default();
                settings.set_env.push((first.to_vec(), value.to_vec()));
            }
            b"unsetenv" => {
                let named = |name: &[u8]| words.iter().any(|word| word.eq_ignore_ascii_case(name));
                settings.set_env.retain(|(name, _)| !named(name));
                settings
                    .unset_env
                    .extend(words.iter().map(|word| word.to_vec()));
            }
            b"order" => return Some(scope.access.order(first, &self.methods)),
            b"satisfy" => return Some(scope.access.satisfy(first, &self.methods)),
            b"error" => {
                return Some(Err(format!(
                    "`Error` says: {}",
                    values::shown(&words.join(&b' '))
                )));
            }
            _ => return None,
        }
        Some(Ok(()))
    }

    fn allow_override(&mut self, words: &[&[u8]]) -> Result<(), String> {
        let overrides = htaccess::overrides(words)?;
        self.open_override.get_or_insert_default().overrides = Some(overrides);
        Ok(())
    }

    fn allow_override_list(&mut self, words: &[&[u8]]) {
        let none = matches!(words, [word] if word.eq_ignore_ascii_case(b"none"));
        let names = if none { &[] } else { words };
        let list = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        self.open_override.get_or_insert_default().list = Some(list);
    }
}

/// `AllowMethods` (`am_allowmethods`): of one section all lines together.
fn allow_methods(words: &[&[u8]], settings: &mut Settings) -> Result<(), String> {
    if let [word] = words
        && word.eq_ignore_ascii_case(b"reset")
    {
        settings.methods = Some(Vec::new());
        return Ok(());
    }
    let methods = settings.methods.get_or_insert_default();
    for word in words {
        if !is_method(word) {
            return Err(format!("there is no method `{}`", values::shown(word)));
        }
        methods.push(word.to_vec());
    }
    Ok(())
}

fn on(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"on")
}

/// `ServerName [scheme://]name[:port]` (`server_hostname_port`).
fn server_name(word: &[u8], target: &mut Target<'_>) -> Result<(), String> {
    let server = &mut *target.server;
    if glob::is_pattern(word) {
        return Err("`ServerName` takes one name; put wildcards into `ServerAlias`".to_owned());
    }
    let (scheme, rest) = match word.windows(3).position(|three| three == b"://") {
        Some(at) => (Some(&word[..at]), &word[at + 3..]),
        None => (None, word),
    };
    let secure = scheme.map(|scheme| scheme.eq_ignore_ascii_case(b"https"));
    server.scheme = secure.map(|secure| if secure { Scheme::Https } else { Scheme::Http });
    let colon = rest.iter().position(|byte| *byte == b':');
    let (name, port) = match colon {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    server.name = Some(name.to_vec());
    server.port = None;
    if let Some(digits) = port {
        let number = values::leading_number(digits);
        let number = u16::try_from(number).ok().filter(|port| *port > 0);
        server.port = Some(number.ok_or("the port of `ServerName` is not 1 to 65535")?);
    }
    Ok(())
}

/// One name of `ServerAlias` (`ap_is_matchexp`).
fn host_pattern(word: &[u8]) -> HostPattern {
    if word.iter().any(|byte| matches!(byte, b'*' | b'?')) {
        HostPattern::Wildcard(word.to_vec())
    } else {
        HostPattern::Exact(word.to_vec())
    }
}

/// `Options` (`set_options`): only what has to do with paths is kept.
fn options(words: &[&[u8]], settings: &mut Settings) -> Result<(), String> {
    let relative = |word: &&[u8]| matches!(word.first(), Some(b'+' | b'-'));
    let relatives = words.iter().filter(|word| relative(word)).count();
    let lead = words.first().map(|word| word.to_ascii_lowercase());
    let leads_all = matches!(lead.as_deref(), Some(b"all" | b"none"));
    if relatives > 0 && relatives + usize::from(leads_all) < words.len() {
        return Err("either all `Options` begin with + or -, or none".to_owned());
    }
    let whole = |word: &&[u8]| {
        let name = unsigned(word);
        name.eq_ignore_ascii_case(b"all") || name.eq_ignore_ascii_case(b"none")
    };
    let leads = |index: usize, word: &&[u8]| index == 0 && !relative(word);
    let mut indexed = words.iter().enumerate();
    if indexed.any(|(index, word)| whole(word) && !leads(index, word)) {
        return Err("`All` and `None` come first among the `Options`, without a sign".to_owned());
    }
    let allow = &mut settings.allow;
    if words.first().is_some_and(|word| !relative(word)) {
        allow.only = Some(Allowed::empty());
    }
    for word in words {
        let option = option_named(unsigned(word))?;
        match word.first() {
            Some(b'-') => {
                allow.remove |= option;
                allow.add -= option;
                allow.only = allow.only.map(|only| only - option);
            }
            sign => {
                if sign == Some(&b'+') {
                    allow.add |= option;
                    allow.remove -= option;
                }
                allow.only = allow.only.map(|only| only | option);
            }
        }
    }
    Ok(())
}

/// What a name among the `Options` stands for.
fn option_named(name: &[u8]) -> Result<Allowed, String> {
    match name.to_ascii_lowercase().as_slice() {
        b"followsymlinks" => Ok(Allowed::FOLLOW_SYMLINKS),
        b"symlinksifownermatch" => Ok(Allowed::SYMLINKS_IF_OWNER_MATCH),
        b"indexes" => Ok(Allowed::INDEXES),
        b"multiviews" | b"runscripts" => Ok(Allowed::MULTIVIEWS),
        b"all" => Ok(Allowed::FOLLOW_SYMLINKS | Allowed::INDEXES),
        b"includes" | b"includesnoexec" | b"execcgi" | b"none" => Ok(Allowed::empty()),
        _ => Err(format!("`Options` has no `{}`", values::shown(name))),
    }
}

/// Without a leading `+` or `-`.
fn unsigned(word: &[u8]) -> &[u8] {
    let name = word.strip_prefix(b"+").or(word.strip_prefix(b"-"));
    name.unwrap_or(word)
}

/// `DirectoryIndex` (`add_index` of `mod_dir.c`): lines add up; `disabled` alone takes all back.
fn directory_index(words: &[&[u8]], settings: &mut Settings) {
    let names = settings.directory_index.get_or_insert_default();
    if matches!(words, [word] if word.eq_ignore_ascii_case(b"disabled")) {
        names.clear();
    } else {
        names.extend(words.iter().map(|word| word.to_vec()));
    }
}

fn index_redirect(word: &[u8], settings: &mut Settings) -> Result<(), String> {
    let status = match word.to_ascii_lowercase().as_slice() {
        b"on" | b"temp" => 302,
        b"off" => 0,
        b"permanent" => 301,
        b"seeother" => 303,
        digits => match values::leading_number(digits) {
            status @ 300..=399 => u16::try_from(status).unwrap_or(302),
            _ => return Err("`DirectoryIndexRedirect` takes On, Off or a 3xx status".to_owned()),
        },
    };
    settings.index_redirect = Some(status);
    Ok(())
}

/// Statuses httpd has a text for, beside 500 (`status_lines` of `http_protocol.c`).
fn has_document(status: u32) -> bool {
    matches!(status, 100..=102 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=417 | 421..=424
        | 426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511)
}

/// `ErrorDocument status text-or-target` (`set_error_document`).
fn error_document(words: &[&[u8]], settings: &mut Settings) -> Result<(), String> {
    let [status, target] = words else {
        return Ok(());
    };
    let number = values::leading_number(status);
    if !has_document(number) {
        return Err(format!("`{}` is no HTTP status", values::shown(status)));
    }
    let status = u16::try_from(number).unwrap_or(500);
    let kind: fn(Expression) -> ErrorDocument = match target {
        _ if target.contains(&b' ') => ErrorDocument::Text,
        [b'/', ..] => ErrorDocument::Path,
        _ if is_url(target) && status == 401 => return Ok(()),
        _ if is_url(target) => ErrorDocument::Url,
        _ => ErrorDocument::Text,
    };
    let document = if target.eq_ignore_ascii_case(b"default") {
        ErrorDocument::Default
    } else {
        kind(values::text(target)?)
    };
    settings
        .error_documents
        .retain(|(known, _)| *known != status);
    settings.error_documents.push((status, document));
    Ok(())
}

/// `scheme:` (`ap_is_url`).
fn is_url(text: &[u8]) -> bool {
    let scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = text.iter().take_while(|byte| scheme(byte)).count();
    length > 0 && text.get(length) == Some(&b':')
}

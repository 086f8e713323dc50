//! Sections: what they apply to, and what goes into them.
//!
//! In: the line that opens a section, and what is in it. Out: a section of the site. Absent: which
//! sections apply to a request (the evaluator).

use edgewright_engine::model::expression::Expression;
use edgewright_engine::model::site::access::{Methods, is_open};
use edgewright_engine::model::site::{Address, PathMatcher, SectionKind};
use edgewright_engine::pattern::PatternOptions;
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::syntax::Arguments;

use super::context::Context;
use super::htaccess::DirectoryOverride;
use super::scope::{Location, Scope, Server};
use super::walk::Target;
use super::{Resolver, unfollowed, values};
use crate::load::{Section, glob, paths};
use crate::registry::directives::Around;

/// What a section applies to.
pub(crate) enum Opener {
    VirtualHost(Vec<Address>),
    /// What it compares, and the directory string of its rules.
    Directory(PathMatcher, Vec<u8>),
    Location(PathMatcher, Vec<u8>),
    Files(PathMatcher, Vec<u8>),
    /// The kind is one of `If`, `ElseIf`, `Else`.
    Conditional(SectionKind),
    /// Its directives hold in the section around it, for some methods only.
    Limit(Methods),
    /// `<RequireAll>` and kin.
    Requirements(super::access::Group),
    Proxy(Vec<u8>),
    /// `<AuthzProviderAlias>`, with its words.
    RequirementAlias(Vec<Vec<u8>>),
    /// A section of a module that is not looked at.
    Foreign,
}

/// A diagnostic's code and headline.
pub(crate) type Complaint = (&'static str, String);

/// Reads the line that opens a section.
///
/// # Errors
/// What Apache says to arguments it cannot use.
pub(crate) fn opener(
    name: &[u8],
    arguments: &Arguments,
    regex: PatternOptions,
) -> Result<Opener, Complaint> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&[u8]> = arguments
        .words
        .iter()
        .map(|word| word.value.as_slice())
        .collect();
    let path = |is_match: bool| path_argument(name, &words, is_match, regex);
    Ok(match lower.as_slice() {
        b"<virtualhost" => Opener::VirtualHost(addresses(&words)?),
        b"<directory" | b"<directorymatch" => {
            let (matcher, text) = path(lower == b"<directorymatch")?;
            directory(matcher, text)
        }
        b"<location" | b"<locationmatch" => {
            let (matcher, text) = path(lower == b"<locationmatch")?;
            Opener::Location(matcher, text)
        }
        b"<files" | b"<filesmatch" => {
            let (matcher, text) = path(lower == b"<filesmatch")?;
            Opener::Files(matcher, text)
        }
        b"<if" => Opener::Conditional(SectionKind::If(condition(name, &words)?)),
        b"<elseif" => Opener::Conditional(SectionKind::ElseIf(condition(name, &words)?)),
        b"<else" if words.is_empty() => Opener::Conditional(SectionKind::Else),
        b"<else" => {
            return Err((
                "wrong-argument-count",
                "`<Else>` takes no arguments".to_owned(),
            ));
        }
        b"<limit" | b"<limitexcept" if words.is_empty() => return Err(missing(name)),
        b"<limit" => Opener::Limit(Methods::Only(owned(&words))),
        b"<limitexcept" => Opener::Limit(Methods::Except(owned(&words))),
        b"<requireall" => Opener::Requirements(super::access::Group::All),
        b"<requireany" => Opener::Requirements(super::access::Group::Any),
        b"<requirenone" => Opener::Requirements(super::access::Group::None),
        b"<authzprovideralias" => Opener::RequirementAlias(owned(&words)),
        b"<proxy" | b"<proxymatch" => {
            Opener::Proxy(words.first().copied().unwrap_or_default().to_vec())
        }
        _ => Opener::Foreign,
    })
}

fn owned(words: &[&[u8]]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.to_vec()).collect()
}

fn missing(name: &[u8]) -> Complaint {
    let name = String::from_utf8_lossy(name);
    (
        "wrong-argument-count",
        format!("`{name}>` needs an argument"),
    )
}

/// The path, wildcard or regular expression of a section, and its text.
fn path_argument(
    name: &[u8],
    words: &[&[u8]],
    is_match: bool,
    regex: PatternOptions,
) -> Result<(PathMatcher, Vec<u8>), Complaint> {
    let (regular, text) = match words {
        [b"~", text, ..] if !is_match => (true, *text),
        [text, ..] => (is_match, *text),
        [] => return Err(missing(name)),
    };
    let matcher = if regular {
        PathMatcher::Regex(values::pattern(text, regex).map_err(|error| ("bad-pattern", error))?)
    } else if glob::is_pattern(text) {
        PathMatcher::Wildcard(text.to_vec())
    } else {
        PathMatcher::Plain(text.to_vec())
    };
    Ok((matcher, text.to_vec()))
}

/// What Apache says to arguments after the first, once it has carried out what is in the section.
pub(crate) fn excess(name: &[u8], arguments: &Arguments) -> Option<Complaint> {
    const OF_ONE: [&[u8]; 8] = [
        b"<directory",
        b"<directorymatch",
        b"<location",
        b"<locationmatch",
        b"<files",
        b"<filesmatch",
        b"<if",
        b"<elseif",
    ];
    let lower = name.to_ascii_lowercase();
    let matches = lower.ends_with(b"match");
    let given = match arguments.words.as_slice() {
        [tilde, rest @ ..] if tilde.value == b"~" && !matches => rest.len(),
        words => words.len(),
    };
    let wrong = OF_ONE.contains(&lower.as_slice()) && given > 1;
    wrong.then(|| {
        let shown = String::from_utf8_lossy(name);
        let headline = format!("`{shown}>` takes one argument, not {given}; does it need quotes?");
        ("wrong-argument-count", headline)
    })
}

/// A directory's path is made canonical (`dirsection`).
fn directory(matcher: PathMatcher, text: Vec<u8>) -> Opener {
    match matcher {
        PathMatcher::Regex(_) => Opener::Directory(matcher, text),
        PathMatcher::Plain(_) => {
            let path = paths::clean(&text);
            Opener::Directory(PathMatcher::Plain(path.clone()), path)
        }
        PathMatcher::Wildcard(_) => {
            let path = paths::clean(&text);
            Opener::Directory(PathMatcher::Wildcard(path.clone()), path)
        }
    }
}

fn condition(name: &[u8], words: &[&[u8]]) -> Result<Expression, Complaint> {
    let text = words.first().ok_or_else(|| missing(name))?;
    values::condition(text).map_err(|error| ("bad-expression", error))
}

/// `<VirtualHost addresses…>` (`ap_parse_vhost_addrs`).
fn addresses(words: &[&[u8]]) -> Result<Vec<Address>, Complaint> {
    if words.is_empty() {
        return Err(missing(b"<VirtualHost"));
    }
    let bad = |word: &[u8]| {
        let shown = String::from_utf8_lossy(word);
        (
            "bad-address",
            format!("`{shown}` is no address with a port from 1 to 65535"),
        )
    };
    words
        .iter()
        .map(|word| address(word).ok_or_else(|| bad(word)))
        .collect()
}

/// `*`, `*:80`, `192.0.2.1:80`, `[2001:db8::1]:80`, a name, with `:*` for any port
/// (`get_addresses`, `apr_parse_addr_port`). What does not end in a port is a name, however it looks.
fn address(word: &[u8]) -> Option<Address> {
    let colon = word.iter().rposition(|byte| *byte == b':');
    let parts = colon.map(|at| (&word[..at], &word[at + 1..]));
    let bracketed = word.ends_with(b"]");
    let (host, port) = match parts {
        Some((host, b"*")) if !bracketed => (host, None),
        Some((host, digits)) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            (host, Some(values::port(digits)?))
        }
        _ => (word, None),
    };
    if host.is_empty() || host.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let inside = host
        .strip_prefix(b"[")
        .and_then(|host| host.strip_suffix(b"]"));
    let any = host == b"*" || host.eq_ignore_ascii_case(b"_default_");
    Some(Address {
        ip: (!any).then(|| inside.unwrap_or(host).to_vec()),
        port,
    })
}

impl Resolver<'_> {
    /// Carries out a section.
    pub(crate) fn enter(&mut self, opener: Opener, section: Section, target: &mut Target<'_>) {
        match opener {
            Opener::VirtualHost(addresses) => self.enter_host(addresses, section),
            Opener::Directory(matcher, text) => {
                self.enter_directory(matcher, &text, section, target);
            }
            Opener::Location(matcher, text) => {
                let place = self.place(&section.open.origin);
                let empty = Scope {
                    location: Some(Location {
                        path: text.clone(),
                        is_regex: matches!(matcher, PathMatcher::Regex(_)),
                    }),
                    ..Scope::of_section(&text)
                };
                let scope = self.fill(empty, section, Around::LOCATION, target);
                let id = self.add_section(place, SectionKind::Location(matcher), scope);
                target.server.locations.push(id);
            }
            Opener::Files(matcher, text) => {
                let place = self.place(&section.open.origin);
                let scope = self.fill(Scope::of_section(&text), section, Around::FILES, target);
                let id = self.add_section(place, SectionKind::Files(matcher), scope);
                target.scope().settings.files.push(id);
            }
            Opener::Conditional(kind) => self.enter_conditional(kind, section, target),
            Opener::Limit(methods) => {
                let outer = std::mem::replace(&mut self.methods, methods);
                let context = target.context.inside(Around::LIMIT);
                let mut inner = Target {
                    context,
                    ..target.again()
                };
                self.walk(section.items, &mut inner);
                self.methods = outer;
            }
            Opener::Requirements(group) => {
                let span = section.open.origin.span;
                let context = target.context.inside(Around::REQUIREMENTS);
                target.scope().access.open(group);
                let mut inner = Target {
                    context,
                    ..target.again()
                };
                self.walk(section.items, &mut inner);
                if let Err(headline) = target.scope().access.close() {
                    self.say(Diagnostic::error("bad-argument", headline, span));
                }
            }
            Opener::Proxy(text) => {
                let (first, span) = (self.units.len(), section.open.origin.span);
                let mut scope = self.fill(Scope::of_section(&text), section, Around::PROXY, target);
                scope.settle_access();
                let settings = &scope.settings;
                if !is_open(settings.requirement.as_ref(), settings.host_access.as_ref()) {
                    let change = "it says who may ask another server, and the edge lets everybody";
                    self.say(unfollowed::warning(change, span));
                }
                self.deactivate(
                    first,
                    "it stands inside `<Proxy>`, for requests to other servers",
                );
            }
            Opener::RequirementAlias(words) => {
                self.require_alias(&words, section.open.origin.span);
                // What is there is for those who ask who the client is.
                self.pass_over(section.items, "the section around it has other directives");
            }
            Opener::Foreign => {
                let name = section.open.name.value.to_ascii_lowercase();
                self.report_unfollowed(&name, &[], section.open.origin.span);
                self.pass_over(section.items, "the section around it has other directives");
            }
        }
    }

    fn enter_host(&mut self, addresses: Vec<Address>, section: Section) {
        let mut server = Server {
            place: Some(self.place(&section.open.origin)),
            addresses,
            ..Server::default()
        };
        let context = Context::server(Around::VIRTUAL_HOST);
        let mut target = Target {
            server: &mut server,
            section: None,
            context,
        };
        self.walk(section.items, &mut target);
        self.report_pending(&mut server.rewrite);
        self.counts.virtual_hosts += 1;
        self.virtual_hosts.push(server);
    }

    fn enter_directory(
        &mut self,
        matcher: PathMatcher,
        text: &[u8],
        section: Section,
        target: &mut Target<'_>,
    ) {
        let place = self.place(&section.open.origin);
        self.open_override = None;
        let scope = self.fill(Scope::of_section(text), section, Around::DIRECTORY, target);
        if let Some(policy) = self.open_override.take() {
            let matcher = matcher.clone();
            target
                .server
                .overrides
                .push(DirectoryOverride { matcher, policy });
        }
        let regular = matches!(matcher, PathMatcher::Regex(_));
        let id = self.add_section(place, SectionKind::Directory(matcher), scope);
        if regular {
            target.server.directory_patterns.push(id);
        } else {
            target.server.directories.push(id);
        }
    }

    fn enter_conditional(&mut self, kind: SectionKind, section: Section, target: &mut Target<'_>) {
        let span = section.open.origin.span;
        let previous = target.scope().settings.ifs.last().copied();
        let follows = previous.and_then(|id| self.site.sections.get(id.0 as usize));
        let may_follow = follows.is_some_and(|section| {
            matches!(section.kind, SectionKind::If(_) | SectionKind::ElseIf(_))
        });
        let unmatched = !matches!(kind, SectionKind::If(_)) && !may_follow;
        let place = self.place(&section.open.origin);
        let scope = self.fill(Scope::of_section(b"*If"), section, Around::IF, target);
        if unmatched {
            let headline = "`<ElseIf>` and `<Else>` need an `<If>` before them";
            self.say(Diagnostic::error("unmatched-section", headline, span));
        }
        let id = self.add_section(place, kind, scope);
        target.scope().settings.ifs.push(id);
    }

    /// Carries out what is in a section with settings of its own.
    fn fill(
        &mut self,
        mut scope: Scope,
        section: Section,
        around: Around,
        target: &mut Target<'_>,
    ) -> Scope {
        let mut inner = Target {
            server: target.server,
            section: Some(&mut scope),
            context: target.context.inside(around),
        };
        self.walk(section.items, &mut inner);
        self.report_pending(&mut scope.rewrite);
        scope
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_read() {
        type Read<'t> = Option<(Option<&'t str>, Option<u16>)>;
        let cases: &[(&str, Read<'_>)] = &[
            ("*", Some((None, None))),
            ("*:80", Some((None, Some(80)))),
            ("*:*", Some((None, None))),
            ("_default_:443", Some((None, Some(443)))),
            ("192.0.2.1", Some((Some("192.0.2.1"), None))),
            ("192.0.2.1:80", Some((Some("192.0.2.1"), Some(80)))),
            ("[2001:db8::1]", Some((Some("2001:db8::1"), None))),
            ("[2001:db8::1]:80", Some((Some("2001:db8::1"), Some(80)))),
            ("*:${PORT}", Some((Some("*:${PORT}"), None))),
            ("80", None),
            (":80", None),
            ("*:70000", None),
        ];
        for (word, expected) in cases {
            let read = address(word.as_bytes());
            let expected = expected.map(|(ip, port)| (ip.map(|ip| ip.as_bytes().to_vec()), port));
            assert_eq!(read.map(|read| (read.ip, read.port)), expected, "{word}");
        }
    }
}

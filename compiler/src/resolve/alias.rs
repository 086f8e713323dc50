//! `Redirect`, `Alias`, `ProxyPass` and kin.
//!
//! In: their arguments. Out: entries of the lists of a server or a section. Absent: matching them.

use edgewright_engine::model::rules::{Redirect, RedirectMatcher};
use edgewright_engine::model::site::host::Canon;
use edgewright_engine::model::site::{Alias, AliasMatcher, Proxy, SectionAlias};
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::{Origin, Span};
use edgewright_parser::syntax::{self, Arguments, RedirectFrom};

use super::rewrite::checked;
use super::scope::Counted;
use super::walk::Target;
use super::{Resolver, values};
use crate::load::{glob, paths};
use crate::reading::UnitKind;

impl Resolver<'_> {
    /// `Redirect` and kin (`add_redirect_internal`).
    ///
    /// # Errors
    /// The one-argument form outside of a section, or a pattern or expression that cannot be read.
    pub(crate) fn redirect(
        &mut self,
        read: syntax::Redirect,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let mut value = Redirect {
            place: self.place(origin),
            matcher: RedirectMatcher::Section,
            status: read.status,
            target: read
                .target
                .as_ref()
                .map(|word| word.value.clone())
                .unwrap_or_default(),
            expression: None,
        };
        match read.from {
            RedirectFrom::Path(path) => value.matcher = RedirectMatcher::Prefix(path.value),
            RedirectFrom::Regex(text) => {
                let pattern = checked(&text.value, self.regex, text.span)?;
                value.matcher = RedirectMatcher::Regex(pattern);
            }
            RedirectFrom::Section if !target.context.in_section() => {
                let complaint = without_path(origin.span);
                return Err(match read.target {
                    Some(_) => complaint,
                    // Apache takes it, and crashes at the first request.
                    None => complaint.severity(Severity::Warning),
                });
            }
            RedirectFrom::Section => {
                if let Some(word) = &read.target {
                    let expression = values::text(&word.value);
                    let bad = |error| Diagnostic::error("bad-expression", error, word.span);
                    value.expression = Some(expression.map_err(bad)?);
                }
            }
        }
        let unit = self.count_placed(UnitKind::Redirect, origin.clone());
        let list = match &mut target.section {
            Some(section) => &mut section.redirects,
            None => &mut target.server.redirects,
        };
        list.push(Counted { value, unit });
        Ok(())
    }

    /// `Alias` and `ScriptAlias` (`add_alias`).
    ///
    /// # Errors
    /// Two arguments inside a section, one outside.
    pub(crate) fn alias(
        &mut self,
        arguments: &Arguments,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let misplaced = |headline| {
            Err(Diagnostic::error(
                "misplaced-directive",
                headline,
                origin.span,
            ))
        };
        match (arguments.words.as_slice(), target.context.in_section()) {
            ([path, real], false) => {
                let alias = Alias {
                    place: self.place(origin),
                    matcher: AliasMatcher::Prefix(path.value.clone()),
                    target: self.alias_target(&real.value),
                };
                target.server.url_aliases.push(alias);
                Ok(())
            }
            ([real], true) => {
                let expression = values::text(&real.value);
                let bad = |error| Diagnostic::error("bad-expression", error, real.span);
                let scope = target.scope();
                scope.settings.alias = Some(SectionAlias {
                    target: expression.map_err(bad)?,
                    location: scope
                        .location
                        .as_ref()
                        .filter(|location| !location.is_regex)
                        .map(|location| location.path.clone()),
                });
                Ok(())
            }
            (_, true) => misplaced("an `Alias` with a path cannot stand inside a section"),
            (_, false) => {
                misplaced("an `Alias` outside of `<Location>` takes a path and a file name")
            }
        }
    }

    /// `AliasMatch` and `ScriptAliasMatch` (`add_alias_regex`).
    ///
    /// # Errors
    /// The pattern cannot be read.
    pub(crate) fn alias_match(
        &mut self,
        arguments: &Arguments,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let [text, real] = arguments.words.as_slice() else {
            return Ok(());
        };
        let pattern = checked(&text.value, self.regex, text.span)?;
        let alias = Alias {
            place: self.place(origin),
            matcher: AliasMatcher::Regex(pattern),
            target: self.alias_target(&real.value),
        };
        target.server.url_aliases.push(alias);
        Ok(())
    }

    /// The file name an alias stands for: absolute, its trailing slash kept.
    fn alias_target(&self, real: &[u8]) -> Vec<u8> {
        if real.starts_with(b"/") {
            return real.to_vec();
        }
        let mut path = paths::join(&self.reader.files.server_root, real);
        if real.ends_with(b"/") {
            path.push(b'/');
        }
        path
    }

    /// `ProxyPass` and `ProxyPassMatch` (`add_pass`). Inside a section it holds for the section's
    /// path.
    ///
    /// # Errors
    /// Arguments Apache cannot use.
    pub(crate) fn proxy_pass(
        &mut self,
        is_match: bool,
        arguments: &Arguments,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let words: Vec<&[u8]> = arguments
            .words
            .iter()
            .map(|word| word.value.as_slice())
            .collect();
        let section = target.section.as_ref().and_then(|section| {
            let location = section.location.as_ref().map(|location| &location.path);
            location.or(section.directory.as_ref()).cloned()
        });
        let (regular, path, rest) = match (&section, words.as_slice()) {
            (Some(path), rest) => (is_match || glob::is_pattern(path), path.as_slice(), rest),
            (None, [b"~", path, rest @ ..]) => (true, *path, rest),
            (None, [path, rest @ ..]) => (is_match, *path, rest),
            (None, []) => (is_match, b"".as_slice(), words.as_slice()),
        };
        let bad = |headline: &str| Diagnostic::error("bad-argument", headline, origin.span);
        let (url, parameters) = rest
            .split_first()
            .ok_or_else(|| bad("`ProxyPass` takes a path and a URL"))?;
        let named = |word: &&[u8]| {
            let flag = ["nocanon", "interpolate", "noquery"].iter();
            word.contains(&b'=')
                || flag
                    .into_iter()
                    .any(|flag| flag.as_bytes().eq_ignore_ascii_case(word))
        };
        if !parameters.iter().all(named) {
            return Err(bad("parameters of `ProxyPass` have the form key=value"));
        }
        if *url != b"!" && !url.contains(&b':') {
            return Err(bad("the URL of `ProxyPass` must be absolute"));
        }
        let matcher = if regular {
            AliasMatcher::Regex(checked(path, self.regex, origin.span)?)
        } else {
            AliasMatcher::Prefix(path.to_vec())
        };
        let place = self.place(origin);
        let has = |flag: &[u8]| {
            parameters
                .iter()
                .any(|word| word.eq_ignore_ascii_case(flag))
        };
        let url = (*url != b"!").then(|| url.to_vec());
        let proxy = Proxy {
            place,
            matcher,
            target: url,
            canon: if has(b"nocanon") {
                Canon::Off
            } else {
                Canon::On
            },
        };
        match &mut target.section {
            Some(section) => section.settings.proxy = Some(proxy),
            None => target.server.proxies.push(proxy),
        }
        Ok(())
    }
}

fn without_path(span: Span) -> Diagnostic {
    let headline = "a `Redirect` without a URL-path can only stand inside a section";
    Diagnostic::error("misplaced-directive", headline, span)
        .label("which paths?")
        .help("write `Redirect [status] /path target`")
}

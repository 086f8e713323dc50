//! `SetEnvIf` and kin.
//!
//! In: their arguments. Out: entries of the list of a server or a section. Absent: evaluating them.

use edgewright_engine::model::site::{EnvAttribute, EnvChange, EnvRule};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Origin;
use edgewright_parser::syntax::{Arguments, Word};

use super::rewrite::{checked, with_case};
use super::walk::Target;
use super::{Resolver, values};

impl Resolver<'_> {
    /// `SetEnvIf`, `SetEnvIfNoCase`, `BrowserMatch`, `BrowserMatchNoCase` (`add_setenvif_core`),
    /// `SetEnvIfExpr` (`add_setenvifexpr`). `name` is in lower case.
    ///
    /// # Errors
    /// An argument is missing, or an expression cannot be read.
    pub(crate) fn set_env_if(
        &mut self,
        name: &[u8],
        arguments: &Arguments,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let words = arguments.words.as_slice();
        let browser = name.starts_with(b"browsermatch");
        let no_case = name.ends_with(b"nocase");
        let options = with_case(self.regex, no_case);
        let parts = match words {
            [expression, changes @ ..] if name == b"setenvifexpr" => {
                let read = values::condition(&expression.value);
                let bad = |error| Diagnostic::error("bad-expression", error, expression.span);
                let attribute = EnvAttribute::Expression(read.map_err(bad)?);
                Some((attribute, Pattern::new(Vec::new(), options), changes))
            }
            [pattern, changes @ ..] if browser => {
                let attribute = EnvAttribute::Variable(b"User-Agent".to_vec());
                Some((
                    attribute,
                    checked(&pattern.value, options, pattern.span)?,
                    changes,
                ))
            }
            [attribute, pattern, changes @ ..] => {
                let pattern = checked(&pattern.value, options, pattern.span)?;
                Some((self::attribute(attribute, options)?, pattern, changes))
            }
            _ => None,
        };
        let Some((attribute, pattern, changes)) = parts.filter(|(.., changes)| !changes.is_empty())
        else {
            let headline = format!("`{}` has too few arguments", values::shown(name));
            return Err(Diagnostic::error(
                "wrong-argument-count",
                headline,
                origin.span,
            ));
        };
        let rule = EnvRule {
            place: self.place(origin),
            attribute,
            pattern,
            changes: changes.iter().map(change).collect(),
        };
        let list = match &mut target.section {
            Some(section) => &mut section.settings.set_env_if,
            None => &mut target.server.environment,
        };
        list.push(rule);
        Ok(())
    }
}

/// What a `SetEnvIf` looks at. A name with other characters than a header's is a pattern.
fn attribute(word: &Word, options: PatternOptions) -> Result<EnvAttribute, Diagnostic> {
    let name = &word.value;
    let header = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    Ok(match name.to_ascii_lowercase().as_slice() {
        b"remote_addr" => EnvAttribute::ClientAddress,
        b"remote_host" => EnvAttribute::ClientHost,
        b"request_uri" => EnvAttribute::Uri,
        b"request_method" => EnvAttribute::Method,
        b"request_protocol" => EnvAttribute::Protocol,
        b"server_addr" => EnvAttribute::ServerAddress,
        _ if name.iter().all(header) => EnvAttribute::Variable(name.clone()),
        _ => EnvAttribute::HeaderPattern(checked(name, options, word.span)?),
    })
}

/// `name=value`, `!name` or `name` (`add_envvars`).
fn change(word: &Word) -> EnvChange {
    let text = word.value.as_slice();
    let equals = text.iter().position(|byte| *byte == b'=');
    match (equals, text) {
        (Some(at), _) if at + 1 < text.len() => EnvChange {
            name: text[..at].to_vec(),
            value: Some(text[at + 1..].to_vec()),
        },
        (_, [b'!', name @ ..]) => EnvChange {
            name: name.to_vec(),
            value: None,
        },
        _ => EnvChange {
            name: text[..equals.unwrap_or(text.len())].to_vec(),
            value: Some(b"1".to_vec()),
        },
    }
}

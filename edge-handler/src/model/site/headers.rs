//! Headers of requests and answers, as lines of the configuration make them (`mod_headers`, `mod_expires`).
//!
//! In: nothing. Out: [`HeaderLine`], [`Expires`]. Absent: reading the lines (the compiler), carrying them out; see
//! `evaluate::headers`.

use serde::{Deserialize, Serialize};

use crate::model::expression::Expression;
use crate::model::rules::Place;
use crate::pattern::Pattern;

/// One `Header` or `RequestHeader` line (`header_entry` of `mod_headers.c`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderLine {
    /// Where it stands.
    pub place: Place,
    /// Whose headers it changes.
    pub table: HeaderTable,
    /// The header's name; for [`HeaderAction::Echo`] unused.
    #[serde(with = "serde_bytes")]
    pub name: Vec<u8>,
    /// What it does to the header.
    pub action: HeaderAction,
    /// When it does so.
    pub condition: HeaderCondition,
}

impl HeaderLine {
    /// The expressions of the line: when it does something, and what the value is.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let condition = match &self.condition {
            HeaderCondition::Expression(expression) => Some(expression),
            HeaderCondition::Always
            | HeaderCondition::Early
            | HeaderCondition::Set(_)
            | HeaderCondition::NotSet(_) => None,
        };
        let value = self.action.value().and_then(|value| match value {
            HeaderValue::Expression(expression) => Some(expression),
            HeaderValue::Format(_) => None,
        });
        condition.into_iter().chain(value)
    }
}

/// A header that `RequestHeader` lines of a host always set or take out, and that nothing in the configuration reads: only an
/// origin sees the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginHeader {
    /// The header's name, in lower case.
    #[serde(with = "serde_bytes")]
    pub name: Vec<u8>,
    /// Its one value; `None` where it is taken out.
    pub value: Option<Vec<u8>>,
}

/// Which table of headers a line changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderTable {
    /// `onsuccess`, and where nothing is said: the answers that a handler makes (`r->headers_out`).
    OnSuccess,
    /// `always`: answers that the server makes itself, too (`r->err_headers_out`).
    Always,
    /// `RequestHeader`: what the request says (`r->headers_in`).
    Request,
}

/// What a line does to a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderAction {
    /// `set`: in place of all there are.
    Set(HeaderValue),
    /// `setifempty`: where there is none.
    SetIfEmpty(HeaderValue),
    /// `add`: one more.
    Add(HeaderValue),
    /// `append`: to the first one there is, behind a comma.
    Append(HeaderValue),
    /// `merge`: the same, where it is not an element of it.
    Merge(HeaderValue),
    /// `unset`.
    Unset,
    /// `edit`: the first match in each.
    Edit(Pattern, HeaderValue),
    /// `edit*`: every match in each.
    EditAll(Pattern, HeaderValue),
    /// `echo`: the headers of the request whose names match.
    Echo(Pattern),
    /// `note`: nothing of the answer.
    Note,
}

impl HeaderAction {
    /// The value that is put into the header.
    pub fn value(&self) -> Option<&HeaderValue> {
        match self {
            Self::Set(value)
            | Self::SetIfEmpty(value)
            | Self::Add(value)
            | Self::Append(value)
            | Self::Merge(value)
            | Self::Edit(_, value)
            | Self::EditAll(_, value) => Some(value),
            Self::Unset | Self::Echo(_) | Self::Note => None,
        }
    }
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderValue {
    /// A text with parts that the request fills.
    Format(Vec<HeaderPart>),
    /// `expr=…`
    Expression(Expression),
}

/// A part of a value (`format_tag`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderPart {
    /// A text.
    Text(#[serde(with = "serde_bytes")] Vec<u8>),
    /// `%{NAME}e`: an environment variable.
    Environment(#[serde(with = "serde_bytes")] Vec<u8>),
    /// `%{NAME}s`: a variable of the TLS connection.
    Tls(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// When a line is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderCondition {
    /// With every answer, or every request that reaches its file.
    Always,
    /// `early`: before any rule, and once more after each internal redirect. In a section it is never carried out.
    Early,
    /// `env=NAME`: an environment variable is set.
    Set(#[serde(with = "serde_bytes")] Vec<u8>),
    /// `env=!NAME`: an environment variable is not set.
    NotSet(#[serde(with = "serde_bytes")] Vec<u8>),
    /// `expr=…`
    Expression(Expression),
}

/// What the lines of `mod_expires` in one section say (`expires_dir_config`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Expires {
    /// `ExpiresActive`.
    pub active: Option<bool>,
    /// `ExpiresDefault`.
    pub default: Option<Lifetime>,
    /// `ExpiresByType`: a type, or `major/*`, in lower case.
    pub by_type: Vec<(Vec<u8>, Lifetime)>,
}

impl Expires {
    /// Says `ExpiresByType`; a later line about a type takes the place of an earlier one.
    pub fn set_type(&mut self, media_type: &[u8], lifetime: Lifetime) {
        let media_type = media_type.to_ascii_lowercase();
        self.by_type.retain(|(known, _)| *known != media_type);
        self.by_type.push((media_type, lifetime));
    }

    /// What holds for a type by its own name.
    pub fn of_type(&self, media_type: &[u8]) -> Option<Lifetime> {
        let mut types = self.by_type.iter();
        let found = types.find(|(known, _)| known.eq_ignore_ascii_case(media_type));
        found.map(|(_, lifetime)| *lifetime)
    }

    /// Does a line name a whole family of types (`wildcards`)?
    pub fn has_families(&self) -> bool {
        self.by_type.iter().any(|(name, _)| name.ends_with(b"/*"))
    }

    /// These lines on top of others (`merge_expires_dir_configs`).
    #[must_use]
    pub fn over(&self, mut base: Self) -> Self {
        base.active = self.active.or(base.active);
        base.default = self.default.or(base.default);
        for (media_type, lifetime) in &self.by_type {
            base.set_type(media_type, *lifetime);
        }
        base
    }
}

/// How long an answer is fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// From when on.
    pub from: LifetimeFrom,
    /// How long, in seconds; a negative number is no time at all.
    pub seconds: i32,
}

/// From when on an answer is fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LifetimeFrom {
    /// `access`, `now`: the request.
    Access,
    /// `modification`: the file's last change.
    Modification,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i32) -> Lifetime {
        Lifetime {
            from: LifetimeFrom::Access,
            seconds,
        }
    }

    #[test]
    fn inner_lines_are_put_on_top() {
        let mut whole = Expires {
            active: Some(true),
            default: Some(after(1)),
            by_type: Vec::new(),
        };
        whole.set_type(b"Text/HTML", after(2));
        whole.set_type(b"image/*", after(3));
        let mut inner = Expires::default();
        inner.set_type(b"text/html", after(4));
        let whole = inner.over(whole);
        assert_eq!(whole.active, Some(true));
        assert_eq!(whole.default, Some(after(1)));
        assert_eq!(whole.of_type(b"TEXT/html"), Some(after(4)));
        assert_eq!(whole.of_type(b"image/png"), None);
        assert!(whole.has_families() && !inner.has_families());
    }
}

//! The text of `edgewright.toml`.
//!
//! In: the text, and the folder that its paths are relative to. Out: [`Settings`]. Absent: the file.

use std::ops::Range;
use std::path::Path;

use anyhow::{Error, anyhow};
use edgewright_parser::diagnostic::Severity;
use edgewright_parser::source::LineStarts;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Settings;
use crate::findings::codes;
use crate::findings::select::Selector;

/// Every key, in the order of docs/check.md.
const KEYS: &[&str] = &[
    "conf",
    "docroot",
    "root",
    "map",
    "server-root",
    "define",
    "timezone",
    "select",
    "ignore",
    "min-severity",
    "severity",
    "baseline",
];

/// A mistake, and the bytes it is at.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    what: String,
    at: Range<usize>,
}

impl Wrong {
    /// The mistake with its line.
    pub fn in_file(self, text: &str, path: &Path) -> Error {
        let at = u32::try_from(self.at.start).unwrap_or(u32::MAX);
        let place = LineStarts::of(text.as_bytes()).line_column(at);
        anyhow!("{}:{place}: {}", path.display(), self.what)
    }
}

type Key<'t> = Spanned<DeString<'t>>;
type Value<'t> = Spanned<DeValue<'t>>;

/// What the text says. Paths are relative to `folder`.
///
/// # Errors
/// It is no TOML, or has a key or a value that means nothing.
pub fn read(text: &str, folder: &Path) -> Result<Settings, Wrong> {
    let table = DeTable::parse(text).map_err(|error| Wrong {
        what: error.message().to_owned(),
        at: error.span().unwrap_or_default(),
    })?;
    let mut settings = Settings::default();
    for (key, value) in table.get_ref() {
        set(&mut settings, key, value, folder)?;
    }
    Ok(settings)
}

fn set(
    settings: &mut Settings,
    key: &Key<'_>,
    value: &Value<'_>,
    folder: &Path,
) -> Result<(), Wrong> {
    let paths = |value| {
        Ok(texts(value)?
            .into_iter()
            .map(|path| folder.join(path))
            .collect())
    };
    let path = |value| Ok(Some(folder.join(text(value)?)));
    let Settings {
        conf,
        reading,
        selection,
        baseline,
    } = settings;
    match key.get_ref().as_ref() {
        "conf" => *conf = paths(value)?,
        "docroot" => reading.docroot = mappings(value, folder)?,
        "root" => reading.root = path(value)?,
        "map" => reading.map = mappings(value, folder)?,
        "server-root" => reading.server_root = path(value)?,
        "define" => reading.define = texts(value)?.into_iter().map(str::to_owned).collect(),
        "timezone" => reading.timezone = Some(text(value)?.to_owned()),
        "select" => selection.select = selectors(value)?,
        "ignore" => selection.ignore = selectors(value)?,
        "min-severity" => selection.min_severity = Some(severity(value)?),
        "severity" => selection.severity = severities(value)?.into_iter().collect(),
        "baseline" => *baseline = path(value)?,
        other => {
            let nearest = codes::nearest(other, KEYS.iter().copied());
            return Err(wrong(codes::unknown("key", other, nearest), key.span()));
        }
    }
    Ok(())
}

fn wrong(what: impl Into<String>, at: Range<usize>) -> Wrong {
    let what = what.into();
    Wrong { what, at }
}

fn text<'v>(value: &'v Value<'_>) -> Result<&'v str, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err(wrong("write a text in quotes", value.span())),
    }
}

/// One text, or a list of them.
fn texts<'v>(value: &'v Value<'_>) -> Result<Vec<&'v str>, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(vec![text]),
        DeValue::Array(all) => all.iter().map(text).collect(),
        _ => Err(wrong(
            "write a text in quotes, or a list of texts",
            value.span(),
        )),
    }
}

/// `[SERVER_PATH=]DIR`, the folder relative to `folder`.
fn mappings(value: &Value<'_>, folder: &Path) -> Result<Vec<String>, Wrong> {
    let here = |path: &str| folder.join(path).to_string_lossy().into_owned();
    let mapping = |text: &str| match text.split_once('=') {
        Some((server, path)) if server.starts_with('/') => format!("{server}={}", here(path)),
        _ => here(text),
    };
    Ok(texts(value)?.into_iter().map(mapping).collect())
}

fn selectors(value: &Value<'_>) -> Result<Vec<Selector>, Wrong> {
    let named = |name| Selector::named(name).map_err(|what| wrong(what, value.span()));
    texts(value)?.into_iter().map(named).collect()
}

fn severity(value: &Value<'_>) -> Result<Severity, Wrong> {
    let names = ["note", "warning", "error"];
    match text(value)? {
        "note" => Ok(Severity::Note),
        "warning" => Ok(Severity::Warning),
        "error" => Ok(Severity::Error),
        other => {
            let what = codes::unknown("severity", other, codes::nearest(other, names));
            Err(wrong(
                format!("{what}; there are note, warning and error"),
                value.span(),
            ))
        }
    }
}

/// The table of codes with their severities.
fn severities(value: &Value<'_>) -> Result<Vec<(&'static str, Severity)>, Wrong> {
    let DeValue::Table(table) = value.get_ref() else {
        return Err(wrong("write a table of codes: [severity]", value.span()));
    };
    let row = |(key, value): (&Key<'_>, &Value<'_>)| {
        let name = key.get_ref().as_ref();
        let page = codes::page(name).ok_or_else(|| {
            wrong(
                codes::unknown("code", name, codes::nearest_code(name)),
                key.span(),
            )
        })?;
        Ok((page.code, severity(value)?))
    };
    table.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_key_is_read() {
        let text = "conf = 'a.conf'\ndocroot = ['/srv=www', 'b']\nroot = 'r'\nmap = '/x=y'\nserver-root = '/s'\n\
                    define = ['A']\ntimezone = 'UTC'\nselect = ['security', 'no-rules']\nignore = 'edge'\n\
                    min-severity = 'warning'\nbaseline = 'known.json'\n[severity]\nno-rules = 'error'\n";
        let settings = read(text, Path::new("ci")).unwrap();
        assert_eq!(settings.conf, [PathBuf::from("ci/a.conf")]);
        assert_eq!(settings.reading.docroot, ["/srv=ci/www", "ci/b"]);
        assert_eq!(settings.reading.root, Some(PathBuf::from("ci/r")));
        assert_eq!(settings.reading.map, ["/x=ci/y"]);
        assert_eq!(settings.reading.server_root, Some(PathBuf::from("/s")));
        assert_eq!(settings.reading.define, ["A"]);
        assert_eq!(settings.reading.timezone.as_deref(), Some("UTC"));
        assert_eq!(settings.selection.select.len(), 2);
        assert_eq!(settings.selection.ignore, [Selector::Group("edge")]);
        assert_eq!(settings.selection.min_severity, Some(Severity::Warning));
        assert_eq!(
            settings.selection.severity.get("no-rules"),
            Some(&Severity::Error)
        );
        assert_eq!(settings.baseline, Some(PathBuf::from("ci/known.json")));
        for key in KEYS {
            assert!(text.contains(key), "{key} is not tried");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let check = |text: &str, expected: &str| {
            let error = read(text, Path::new("")).unwrap_err();
            let said = error.in_file(text, Path::new("e.toml")).to_string();
            assert_eq!(said, expected, "{text}");
        };
        check(
            "conf = 'a'\nselct = 'a'\n",
            "e.toml:2:1: there is no key `selct`: did you mean `select`?",
        );
        check("xyz = 1\n", "e.toml:1:1: there is no key `xyz`");
        check(
            "conf = 1\n",
            "e.toml:1:8: write a text in quotes, or a list of texts",
        );
        check("root = []\n", "e.toml:1:8: write a text in quotes");
        check(
            "select = ['securty']\n",
            "e.toml:1:10: there is no code or group `securty`: did you mean `security`?",
        );
        check(
            "min-severity = 'warn'\n",
            "e.toml:1:16: there is no severity `warn`; there are note, warning and error",
        );
        check(
            "severity = 'error'\n",
            "e.toml:1:12: write a table of codes: [severity]",
        );
        check(
            "[severity]\nno-rule = 'error'\n",
            "e.toml:2:1: there is no code `no-rule`: did you mean `no-rules`?",
        );
        assert!(read("conf = [\n", Path::new("")).is_err());
    }
}

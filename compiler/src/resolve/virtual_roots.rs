//! `VirtualDocumentRoot` and `VirtualScriptAlias` (`vhost_alias_set`).
//!
//! In: the directive's words. Out: [`VirtualRootLines`]. Absent: filling a pattern in for a request.

use edgewright_engine::model::site::{RootPart, RootPattern, Selection, VirtualRoots};

const FORM: &str = "it takes an absolute path or `none`";
const SYNTAX: &str = "behind `%` stands `%`, `p` or the number of a part of the host's name";

/// What lines of `mod_vhost_alias` say on one server.
#[derive(Debug, Default, Clone)]
pub(crate) struct VirtualRootLines {
    documents: Option<Line>,
    scripts: Option<Line>,
}

/// One line, the last of its kind.
#[derive(Debug, Default, Clone)]
struct Line {
    /// As written; empty where it leads nowhere that is known.
    source: Vec<u8>,
    pattern: Option<RootPattern>,
}

impl VirtualRootLines {
    /// One more line, of a directive whose name is in lower case. The forms for a server's address, which nobody
    /// tells the edge, lead nowhere; that is said elsewhere.
    ///
    /// # Errors
    /// What Apache says to its word.
    pub(crate) fn add(&mut self, name: &[u8], word: &[u8]) -> Result<(), String> {
        let (kind, is_by_address) = match name.strip_suffix(b"ip") {
            Some(kind) => (kind, true),
            None => (name, false),
        };
        let pattern = pattern(word)?.filter(|_| !is_by_address);
        let line = Some(Line {
            source: pattern.as_ref().map_or(Vec::new(), |_| word.to_vec()),
            pattern,
        });
        if kind == b"virtualscriptalias" {
            self.scripts = line;
        } else {
            self.documents = line;
        }
        Ok(())
    }

    /// These on top of those of the main server (`mva_merge_server_config`).
    pub(crate) fn over(&self, base: &Self) -> VirtualRoots {
        let either = |own: &Option<Line>, base: &Option<Line>| {
            let line = own.as_ref().or(base.as_ref());
            line.and_then(|line| line.pattern.clone())
        };
        VirtualRoots {
            documents: either(&self.documents, &base.documents),
            scripts: either(&self.scripts, &base.scripts),
        }
    }

    /// The patterns as written.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.documents.iter().chain(&self.scripts);
        lines.map(|line| line.source.as_slice())
    }
}

/// What a word stands for; `None` for `none`.
fn pattern(word: &[u8]) -> Result<Option<RootPattern>, String> {
    if !word.starts_with(b"/") {
        let is_none = word.eq_ignore_ascii_case(b"none");
        return is_none.then_some(None).ok_or_else(|| FORM.to_owned());
    }
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (text, after) = rest.split_at(at);
        add_text(&mut parts, text);
        rest = after.get(1..).unwrap_or_default();
        rest = match rest.first() {
            Some(b'%') => {
                add_text(&mut parts, b"%");
                rest.get(1..).unwrap_or_default()
            }
            Some(b'p') => {
                parts.push(RootPart::Port);
                rest.get(1..).unwrap_or_default()
            }
            _ => {
                let (part, behind) = name(rest).ok_or_else(|| SYNTAX.to_owned())?;
                parts.push(part);
                behind
            }
        };
    }
    add_text(&mut parts, rest);
    Ok(Some(RootPattern(parts)))
}

fn add_text(parts: &mut Vec<RootPart>, text: &[u8]) {
    match parts.last_mut() {
        Some(RootPart::Text(before)) => before.extend_from_slice(text),
        _ if text.is_empty() => {}
        _ => parts.push(RootPart::Text(text.to_vec())),
    }
}

/// `N.M` at the beginning of a text, and what follows.
fn name(text: &[u8]) -> Option<(RootPart, &[u8])> {
    let (parts, rest) = selection(text)?;
    let (letters, rest) = match rest.strip_prefix(b".") {
        Some(rest) => selection(rest)?,
        None => (Selection::default(), rest),
    };
    Some((RootPart::Name { parts, letters }, rest))
}

/// `-N+` at the beginning of a text, and what follows.
fn selection(text: &[u8]) -> Option<(Selection, &[u8])> {
    let (from_end, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (digit, text) = text.split_first()?;
    let number = digit.is_ascii_digit().then(|| digit - b'0')?;
    let (open, text) = match text.strip_prefix(b"+") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let selection = Selection {
        number,
        from_end,
        open,
    };
    Some((selection, text))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::{RootPart, Selection, pattern};

    #[test]
    fn patterns_are_read() {
        let parts = pattern(b"/a%%b/%p/%-2+.3/c").unwrap().unwrap().0;
        let text = |text: &[u8]| RootPart::Text(text.to_vec());
        let of = |number, from_end, open| Selection {
            number,
            from_end,
            open,
        };
        let name = RootPart::Name {
            parts: of(2, true, true),
            letters: of(3, false, false),
        };
        let expected = [
            text(b"/a%b/"),
            RootPart::Port,
            text(b"/"),
            name,
            text(b"/c"),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn what_apache_refuses_is_refused() {
        for word in ["a", "", "/%", "/%x", "/%-", "/%1.", "/%1.x", "/%1+.-"] {
            assert!(pattern(word.as_bytes()).is_err(), "{word}");
        }
        assert_eq!(pattern(b"NONE"), Ok(None));
        assert!(pattern(b"/%10").is_ok());
    }
}

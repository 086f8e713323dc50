//! Document roots that depend on what the host is called (`mva_translate`, `vhost_alias_interpolate` of
//! `mod_vhost_alias.c`).
//!
//! In: a record whose URL nothing has mapped yet. Out: its file name, and its own document root. Absent: the forms for
//! a server's address, which nobody tells the edge.

use std::ops::Range;

use super::symbolic::Unknown;
use crate::model::site::{CanonicalName, RootPart, RootPattern, Selection};
use crate::source::Source;

use super::record::{Context, Record, Verdict};
use super::{BYTES_A_STEP, Halt, Run};

/// A name has no more parts than this: what follows belongs to the last (`MAXDOTS`).
const MOST_PARTS: usize = 19;

/// Stands for what a name does not have.
const LACKING: &[u8] = b"_";

impl<'a, S: Source> Run<'a, S> {
    /// The file below the document root that the host's name leads to, if it leads anywhere.
    pub(super) fn translate_virtual_root(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<Verdict, Halt> {
        let host = self.host;
        let roots = &host.virtual_roots;
        let script = roots.scripts.as_ref().zip(below_scripts(&record.uri));
        let is_script = script.is_some();
        let documents = || {
            let pattern = roots.documents.as_ref();
            pattern.zip(record.uri.starts_with(b"/").then_some(&record.uri[..]))
        };
        let Some((pattern, path)) = script.or_else(documents) else {
            return Ok(Verdict::Decline);
        };
        let root = self.virtual_root_of(pattern, record);
        self.spend(1 + (root.len() + path.len()) / BYTES_A_STEP)?;
        record.filename = Some([&root, path].concat());
        let before = record.context.take().map(|context| context.prefix);
        record.context = Some(Context {
            prefix: if is_script {
                b"/cgi-bin".to_vec()
            } else {
                before.unwrap_or_default()
            },
            document_root: root.clone(),
        });
        self.virtual_root = Some(root.clone());
        record.document_root = Some(root);
        Ok(Verdict::Accept)
    }

    fn virtual_root_of(&self, pattern: &RootPattern, record: &Record<'_>) -> Vec<u8> {
        let name = self.plain_server_name(record);
        let mut root = Vec::new();
        for part in &pattern.0 {
            match part {
                RootPart::Text(text) => root.extend_from_slice(text),
                RootPart::Port => {
                    self.depends_on(Unknown::Host);
                    root.extend_from_slice(self.server_port(record).to_string().as_bytes());
                }
                RootPart::Name { parts, letters } => {
                    self.depends_on(Unknown::Host);
                    let selected = parts.of_parts(name);
                    root.extend(letters.of_letters(selected).to_ascii_lowercase());
                }
            }
        }
        if root.ends_with(b"/") {
            root.pop();
        }
        root
    }

    /// What this server is called, without brackets around an address (`ap_get_server_name`).
    fn plain_server_name(&self, record: &Record<'_>) -> &[u8] {
        let asked = self.hostname.as_deref();
        let is_asked = record.settings.canonical_name() == CanonicalName::Asked;
        asked.filter(|_| is_asked).unwrap_or(&self.host.name)
    }

    /// The document root of a record (`ap_document_root`).
    pub(super) fn document_root<'r>(&'r self, record: &'r Record<'_>) -> &'r [u8] {
        let own = record.document_root.as_deref();
        own.unwrap_or(&self.host.document_root)
    }
}

/// What follows `/cgi-bin`, for a path in it.
fn below_scripts(uri: &[u8]) -> Option<&[u8]> {
    let slashes = uri.iter().take_while(|byte| **byte == b'/').count();
    let below = uri.get(slashes..)?.strip_prefix(b"cgi-bin")?;
    below.starts_with(b"/").then_some(below)
}

impl Selection {
    /// Those of the parts of `name` between its dots.
    fn of_parts(self, name: &[u8]) -> &[u8] {
        let dots = memchr::memchr_iter(b'.', name).take(MOST_PARTS - 1);
        // Where parts begin, and behind the last where another would.
        let begins = std::iter::once(0).chain(dots.map(|dot| dot + 1));
        let mut begins: Vec<usize> = begins.collect();
        let count = begins.len();
        begins.push(name.len() + 1);
        let range = self.range(count).map(|range| {
            let begin = begins.get(range.start).copied().unwrap_or_default();
            let end = begins.get(range.end).copied().unwrap_or_default();
            begin..end.saturating_sub(1)
        });
        range.and_then(|range| name.get(range)).unwrap_or(LACKING)
    }

    /// Those of the letters of `text`.
    fn of_letters(self, text: &[u8]) -> &[u8] {
        let range = self.range(text.len());
        range.and_then(|range| text.get(range)).unwrap_or(LACKING)
    }

    /// Which of `count` are meant; `None` where there are too few.
    fn range(self, count: usize) -> Option<Range<usize>> {
        let number = usize::from(self.number);
        if number == 0 {
            return Some(0..count);
        }
        let rest = count.checked_sub(number)?;
        Some(match (self.from_end, self.open) {
            (false, false) => number - 1..number,
            (false, true) => number - 1..count,
            (true, false) => rest..rest + 1,
            (true, true) => 0..rest + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LACKING, Selection, below_scripts};

    #[test]
    fn parts_are_counted_from_both_ends() {
        let of = |number, from_end, open| Selection {
            number,
            from_end,
            open,
        };
        let name = b"www.a.test";
        let rows: [(Selection, &[u8]); 8] = [
            (of(0, false, false), name),
            (of(1, false, false), b"www"),
            (of(3, false, false), b"test"),
            (of(4, false, false), LACKING),
            (of(2, false, true), b"a.test"),
            (of(1, true, false), b"test"),
            (of(2, true, true), b"www.a"),
            (of(3, true, true), b"www"),
        ];
        for (selection, expected) in rows {
            assert_eq!(selection.of_parts(name), expected, "{selection:?}");
        }
        assert_eq!(of(2, true, false).of_letters(b"abc"), b"b");
        assert_eq!(of(1, true, true).of_letters(b"abc"), b"abc");
        assert_eq!(of(2, false, true).of_letters(b"abc"), b"bc");
        assert_eq!(of(4, false, true).of_letters(b"abc"), LACKING);
    }

    #[test]
    fn scripts_are_below_one_path() {
        assert_eq!(below_scripts(b"/cgi-bin/a"), Some(&b"/a"[..]));
        assert_eq!(below_scripts(b"/cgi-bin"), None);
        assert_eq!(below_scripts(b"/a/cgi-bin/a"), None);
    }
}

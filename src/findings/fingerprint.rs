//! What tells a finding from others, though lines move.
//!
//! In: a diagnostic and the files. Out: [`Fingerprint`]. Absent: line numbers.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use edgewright_compiler::Sources;
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines;
use crate::loader::rooted::clean;
use crate::loader::to_bytes;

/// A longer line is cut, and its hash put behind it.
const LONGEST: usize = 200;

/// A code, and the line that it is said of: the same wherever the line stands in its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The code.
    pub code: String,
    /// The file, as [`Folder::name`] has it; empty for a finding without a place.
    pub file: String,
    /// The line, without the space around it; what is said, for a finding without a place.
    pub line: String,
}

impl Fingerprint {
    /// The fingerprint of a finding: that of its first line.
    pub fn of(diagnostic: &Diagnostic, sources: &Sources, folder: &Folder) -> Self {
        let place = diagnostic
            .span
            .map(|span| Self::of_line(diagnostic.code, span, sources, folder));
        place.unwrap_or_else(|| Self {
            code: diagnostic.code.to_owned(),
            file: String::new(),
            line: cut(&diagnostic.headline),
        })
    }

    /// The fingerprint of a code at one line.
    pub fn of_line(code: &str, span: Span, sources: &Sources, folder: &Folder) -> Self {
        let file = sources.get(span.file);
        let file = file.map(|file| folder.name(&file.name)).unwrap_or_default();
        Self {
            code: code.to_owned(),
            file,
            line: cut(&line(span, sources)),
        }
    }

    /// The fingerprints of all lines that a finding is about.
    pub fn of_lines(diagnostic: &Diagnostic, sources: &Sources, folder: &Folder) -> Vec<Self> {
        let spans = lines::of(diagnostic);
        if spans.is_empty() {
            return vec![Self::of(diagnostic, sources, folder)];
        }
        let each = spans.into_iter();
        each.map(|span| Self::of_line(diagnostic.code, span, sources, folder))
            .collect()
    }

    /// Sixteen digits that stand for the whole, and which of its equals it is.
    pub fn hash(&self, ordinal: usize) -> String {
        let Self { code, file, line } = self;
        format!("{}:{ordinal}", digits(&format!("{code}\n{file}\n{line}")))
    }
}

/// How many findings had a fingerprint so far.
#[derive(Debug, Default)]
pub struct Ordinals(HashMap<Fingerprint, usize>);

impl Ordinals {
    /// Which of its equals this one is, from 1.
    pub fn next(&mut self, fingerprint: &Fingerprint) -> usize {
        let count = self.0.entry(fingerprint.clone()).or_default();
        *count += 1;
        *count
    }
}

/// The line where `span` begins.
fn line(span: Span, sources: &Sources) -> String {
    let place = sources.place(span);
    let text = sources
        .get(span.file)
        .and_then(|file| file.line(place.line));
    String::from_utf8_lossy(text.unwrap_or_default())
        .trim()
        .to_owned()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let kept: String = line.chars().take(LONGEST).collect();
    format!("{kept}… {}", digits(line))
}

/// Sixteen digits of a text's hash.
fn digits(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A folder that the names of files are relative to, so that they are the same on another machine.
#[derive(Debug, Clone)]
pub struct Folder(Vec<u8>);

impl Folder {
    /// This folder; the current one if it has no name.
    ///
    /// # Errors
    /// There is no current folder.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let here = Path::new(".");
        let folder = if folder.as_os_str().is_empty() {
            here
        } else {
            folder
        };
        Ok(Self(clean(&to_bytes(&std::path::absolute(folder)?))))
    }

    /// The name of a file below the folder, seen from there; any other as it is.
    pub fn name(&self, file: &str) -> String {
        let below = || {
            let file = clean(&to_bytes(&std::path::absolute(file).ok()?));
            let rest = file.strip_prefix(self.0.as_slice())?;
            let rest = match self.0.as_slice() {
                b"/" => rest,
                _ => rest.strip_prefix(b"/")?,
            };
            Some(String::from_utf8_lossy(rest).into_owned())
        };
        below().unwrap_or_else(|| file.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    fn of(text: &str, mark: &str) -> Fingerprint {
        let mut sources = Sources::default();
        let file = sources.add(b"/srv/conf/site.conf", text.as_bytes().to_vec());
        let start = u32::try_from(text.find(mark).unwrap()).unwrap();
        let span = Span {
            file,
            start,
            end: start + 1,
        };
        let diagnostic = Diagnostic::warning("no-rules", "x", span);
        Fingerprint::of(
            &diagnostic,
            &sources,
            &Folder::new(Path::new("/srv")).unwrap(),
        )
    }

    #[test]
    fn a_line_is_known_wherever_it_stands() {
        let line = "Redirect /a /b\n";
        let alone = of(line, "Redirect");
        assert_eq!(
            (alone.file.as_str(), alone.line.as_str()),
            ("conf/site.conf", "Redirect /a /b")
        );
        let before = "# more\n".repeat(100);
        assert_eq!(of(&format!("{before}  {line}"), "Redirect"), alone);
        assert_eq!(of(line, "/b"), alone);
        assert_ne!(of("Redirect /a /c\n", "Redirect"), alone);
        assert_ne!(alone.hash(1), alone.hash(2));
    }

    #[test]
    fn a_long_line_is_cut_and_known() {
        let long = "x".repeat(1_000_000);
        let (one, other) = (of(&format!("{long}a"), "x"), of(&format!("{long}b"), "x"));
        assert!(one.line.len() < 300, "{}", one.line);
        assert_ne!(one, other);
    }

    #[test]
    fn names_are_those_seen_from_the_folder() {
        let check = |folder: &str, file: &str, expected: &str| {
            let folder = Folder::new(Path::new(folder)).unwrap();
            assert_eq!(folder.name(file), expected, "{file}");
        };
        check("/srv", "/srv/a/b", "a/b");
        check("/srv/x/..", "/srv/a/../b", "b");
        check("/srv", "/srvx/b", "/srvx/b");
        check("/", "/srv", "srv");
        check("", "a/b", "a/b");
        check("a", "a/b", "b");
        check("a", "b", "b");
    }
}

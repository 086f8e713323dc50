//! Files that stand in for answers to errors (`ErrorDocument /path`): their content goes into the program.
//!
//! In: the lines, hosts with their document roots, and files through the loader. Out: the site's documents, and notes where
//! the page of a line is not among them. Absent: which file a request comes to; the evaluator finds that out.

use std::collections::{BTreeMap, BTreeSet};

use edgewright_engine::model::page::Document;
use edgewright_engine::model::site::{AliasMatcher, FileKind};
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;

use super::Resolver;

/// A longer file is not part of the program, in bytes: what a function answers to a viewer has at most 40 KB.
const LONGEST: usize = 32 * 1024;

/// The documents of a program have at most so many bytes together.
const LONGEST_SUM: usize = 256 * 1024;

/// So many names of files are looked for.
const MOST_NAMES: usize = 20_000;

/// What a file has in it that a program or a filter of the server fills in.
const FILLED_IN: [&[u8]; 3] = [b"<!--#", b"<?", b"<%"];

/// How a file begins that is XML and no program.
const XML: &[u8] = b"<?xml";

/// A line that names a document.
pub(crate) struct DocumentLine {
    path: Vec<u8>,
    span: Span,
}

/// Why the page of a line is not part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lacking {
    /// Nobody has read the document root that it is in.
    Unread,
    /// It is too long, or there are too many.
    TooLong,
    /// A program or a filter of the server makes it.
    Made,
}

impl Lacking {
    fn label(self) -> &'static str {
        match self {
            Self::Unread => "no document root with this file was read",
            Self::TooLong => "of such files 32 KB each and 256 KB together are part of a build",
            Self::Made => "a program or a filter of the server makes this page",
        }
    }
}

impl Resolver<'_> {
    /// Notes a line that names a document.
    pub(crate) fn note_document(&mut self, name: &[u8], words: &[&[u8]], span: Span) {
        if let (b"errordocument", [_, target]) = (name, words)
            && target.starts_with(b"/")
            && !target.contains(&b' ')
        {
            let path = target.split(|byte| *byte == b'?').next();
            let path = path.unwrap_or_default().to_vec();
            self.document_lines.push(DocumentLine { path, span });
        }
    }

    /// Reads the documents.
    pub(crate) fn read_documents(&mut self) {
        let lines = std::mem::take(&mut self.document_lines);
        let mut found = Found::default();
        let mut lacking: BTreeMap<Vec<u8>, Option<Lacking>> = BTreeMap::new();
        for DocumentLine { path, span } in lines {
            if !lacking.contains_key(&path) {
                let why = self.read_document(&path, &mut found);
                lacking.insert(path.clone(), why);
            }
            if let Some(Some(why)) = lacking.get(&path) {
                let headline = format!(
                    "the edge sends Apache's own page in the place of `{}`",
                    String::from_utf8_lossy(&path)
                );
                self.say(Diagnostic::note("page-not-sent", headline, span).label(why.label()));
            }
        }
        let documents = found.documents.into_iter();
        self.site.documents = documents
            .map(|(path, content)| Document { path, content })
            .collect();
    }

    /// Reads the files that a path may lead to; says what keeps one of them out. A path that leads to nothing where the
    /// files are known has no page in Apache either.
    fn read_document(&self, path: &[u8], found: &mut Found) -> Option<Lacking> {
        let mut lacking = None;
        for name in self.files_of(path, found) {
            match self.site.tree.kind(&name) {
                Some(FileKind::File | FileKind::Empty) => {
                    lacking = lacking.max(self.take(name, found));
                }
                Some(FileKind::Directory) | None => {
                    let is_unread = !self.site.tree.is_known(&name);
                    lacking = lacking.max(is_unread.then_some(Lacking::Unread));
                }
            }
        }
        lacking
    }

    /// The files that a path may lead to: below each document root, and where an alias leads.
    fn files_of(&self, path: &[u8], found: &mut Found) -> BTreeSet<Vec<u8>> {
        let mut names = BTreeSet::new();
        for host in &self.site.hosts {
            if found.looked >= MOST_NAMES {
                break;
            }
            found.looked += 1;
            let aliases = host.url_aliases.iter();
            let targets = aliases.filter_map(|alias| match &alias.matcher {
                AliasMatcher::Prefix(prefix) => {
                    let rest = path.strip_prefix(prefix.as_slice())?;
                    Some([alias.target.as_slice(), rest].concat())
                }
                AliasMatcher::Regex(_) => None,
            });
            let root = &host.document_root;
            let root = root.strip_suffix(b"/").unwrap_or(root);
            let own = (!root.is_empty()).then(|| [root, path].concat());
            let first = targets.chain(own).next();
            names.extend(first.into_iter().flat_map(|name| self.with_indexes(name)));
        }
        names
    }

    /// A file, or the indexes of a directory.
    fn with_indexes(&self, name: Vec<u8>) -> Vec<Vec<u8>> {
        let tree = &self.site.tree;
        if tree.kind(&name) != Some(FileKind::Directory) {
            return vec![name];
        }
        let directory = name.strip_suffix(b"/").unwrap_or(&name);
        let names = tree.names_in(directory);
        let indexes = names.filter(|name| name.starts_with(b"index."));
        indexes
            .map(|index| [directory, b"/", index].concat())
            .collect()
    }

    /// Takes a file among the documents, or says why not.
    fn take(&self, name: Vec<u8>, found: &mut Found) -> Option<Lacking> {
        if found.documents.contains_key(&name) {
            return None;
        }
        let files = &self.reader.files;
        let Ok(content) = files.loader.head(&files.local(&name), LONGEST + 1) else {
            return Some(Lacking::Unread);
        };
        if content.len() > LONGEST || found.bytes + content.len() > LONGEST_SUM {
            return Some(Lacking::TooLong);
        }
        if is_filled_in(&content) {
            return Some(Lacking::Made);
        }
        found.bytes += content.len();
        found.documents.insert(name, content);
        None
    }
}

/// What was read so far.
#[derive(Default)]
struct Found {
    documents: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
    looked: usize,
}

/// Does a program or a filter of the server fill something in?
fn is_filled_in(content: &[u8]) -> bool {
    let content = content.strip_prefix(XML).unwrap_or(content);
    let holds = |mark: &&[u8]| content.windows(mark.len()).any(|part| part == *mark);
    FILLED_IN.iter().any(holds)
}

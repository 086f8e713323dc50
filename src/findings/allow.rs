//! Comments of a configuration that silence findings: `# edgewright: allow(code) reason`.
//!
//! In: what was read, and its findings. Out: the findings, those silenced that a comment allows, and what is wrong with
//! the comments. Absent: any other way to silence.
//!
//! Apache has comments on lines of their own only, so a comment is about the directive after it.

pub mod comment;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use edgewright_compiler::{Reading, UnitStatus};
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::lines::Lines;
use edgewright_parser::source::{FileId, Span};
use memchr::memmem;

use super::{Finding, Silenced, lines};
use comment::{Comment, MARK, Named, Scope};

/// Findings, those silenced that a comment of the configuration allows, and behind them what is wrong with the comments.
///
/// Where only a part of a configuration was read, nothing is said about comments that silence nothing.
pub fn apply(reading: &Reading, diagnostics: Vec<Diagnostic>, read: Extent) -> Vec<Finding> {
    let Some(mut allows) = Allows::of(reading) else {
        return diagnostics.into_iter().map(Finding::open).collect();
    };
    let mut complaints = std::mem::take(&mut allows.complaints);
    let mut findings: Vec<Finding> = diagnostics
        .into_iter()
        .map(|diagnostic| allows.finding(diagnostic))
        .collect();
    if read == Extent::Whole {
        complaints.extend(allows.unused(reading, &findings));
    }
    findings.extend(complaints.into_iter().map(Finding::open));
    findings
}

/// How much of a configuration was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What came before a limit.
    Part,
}

/// The comments of all files.
#[derive(Debug, Default)]
struct Allows {
    all: Vec<Allow>,
    /// Places in `all` of comments about one directive, by the byte where its line begins.
    of_lines: BTreeMap<(FileId, usize), Vec<usize>>,
    /// Places in `all` of comments about a file.
    of_files: HashMap<FileId, Vec<usize>>,
    complaints: Vec<Diagnostic>,
}

/// A comment, and where it silences.
#[derive(Debug)]
struct Allow {
    comment: Comment,
    target: Target,
    /// The codes that it silenced.
    used: BTreeSet<&'static str>,
}

/// Where a comment silences.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// The bytes of the next directive, its lines included.
    Directive(Range<usize>),
    /// No directive follows.
    Nothing,
    /// The whole file.
    File,
}

impl Allows {
    /// `None` when no file has such a comment.
    fn of(reading: &Reading) -> Option<Self> {
        let mut allows = Self::default();
        let marked = memmem::Finder::new(MARK);
        for (id, source) in (0..).map(FileId).zip(reading.sources.iter()) {
            if marked.find(&source.bytes).is_some() {
                allows.read(id, &source.bytes);
            }
        }
        let is_empty = allows.all.is_empty() && allows.complaints.is_empty();
        (!is_empty).then_some(allows)
    }

    /// Reads the comments of a file.
    fn read(&mut self, file: FileId, bytes: &[u8]) {
        let mut lines = Lines::new(file, bytes);
        let mut waiting = Vec::new();
        loop {
            let start = lines.position();
            let Some(line) = lines.next() else { break };
            if !line.is_ignored() {
                self.target(file, start..lines.position(), &std::mem::take(&mut waiting));
            } else if let Some(read) = comment::read(&line) {
                self.complaints.extend(read.complaints);
                let Some(comment) = read.comment else {
                    continue;
                };
                let at = self.all.len();
                let target = match comment.scope {
                    Scope::Directive => {
                        waiting.push(at);
                        Target::Nothing
                    }
                    Scope::File => {
                        self.of_files.entry(file).or_default().push(at);
                        Target::File
                    }
                };
                self.all.push(Allow {
                    comment,
                    target,
                    used: BTreeSet::new(),
                });
            }
        }
    }

    /// The comments that wait for a directive are about this one.
    fn target(&mut self, file: FileId, bytes: Range<usize>, waiting: &[usize]) {
        for at in waiting {
            if let Some(allow) = self.all.get_mut(*at) {
                allow.target = Target::Directive(bytes.clone());
            }
        }
        if !waiting.is_empty() {
            self.of_lines.insert((file, bytes.start), waiting.to_vec());
        }
    }

    /// A finding, silenced if a comment allows it.
    fn finding(&mut self, diagnostic: Diagnostic) -> Finding {
        if !Finding::may_be_silenced(diagnostic.code) {
            return Finding::open(diagnostic);
        }
        let code = diagnostic.code;
        let mut first = None;
        let left = lines::left(&diagnostic, |span| {
            let silenced = self.silencing(code, span);
            let is_left = silenced.is_none();
            first = first.take().or(silenced);
            is_left
        });
        match left {
            Some(left) => Finding::open(left),
            None => Finding {
                diagnostic,
                silenced: first,
            },
        }
    }

    /// The comment that allows `code` at `span`: one about the directive, or else one about the file.
    fn silencing(&mut self, code: &'static str, span: Span) -> Option<Silenced> {
        let start = usize::try_from(span.start).ok()?;
        let before = self.of_lines.range(..=(span.file, start)).next_back();
        let near = before.filter(|((file, _), _)| *file == span.file);
        let near = near.map(|(_, allows)| allows.as_slice());
        let of_file = self.of_files.get(&span.file).map(Vec::as_slice);
        let candidates = near.into_iter().chain(of_file).flatten();
        let allowing = candidates.copied().find(|at| {
            let allow = self.all.get(*at);
            allow.is_some_and(|allow| allow.allows(code, start))
        });
        let allow = self.all.get_mut(allowing?)?;
        allow.used.insert(code);
        Some(Silenced::Comment {
            at: allow.comment.span,
            reason: allow.comment.reason.clone(),
        })
    }

    /// What is to be said of comments that silence nothing.
    fn unused(&self, reading: &Reading, findings: &[Finding]) -> Vec<Diagnostic> {
        let skipped = Skipped::of(reading);
        let read = self.all.iter().filter(|allow| !skipped.holds(allow));
        let places = Places::of(findings);
        let unused = read.flat_map(|allow| {
            let left = allow.comment.codes.iter();
            let left = left.filter(|named| !allow.used.contains(named.code));
            left.map(|named| allow.complaint(*named, &places, reading))
        });
        unused.collect()
    }
}

impl Allow {
    /// Does it silence `code` at the byte `start` of its file?
    fn allows(&self, code: &str, start: usize) -> bool {
        let is_there = match &self.target {
            Target::Directive(bytes) => bytes.contains(&start),
            Target::Nothing => false,
            Target::File => true,
        };
        is_there && self.comment.codes.iter().any(|named| named.code == code)
    }

    fn complaint(&self, named: Named, places: &Places, reading: &Reading) -> Diagnostic {
        let Named { code, span } = named;
        let (headline, help) = match &self.target {
            Target::Directive(bytes) => {
                let headline = format!("`{code}` is not found in the next directive");
                let end = u32::try_from(bytes.end).unwrap_or(u32::MAX);
                let place = places.after(code, Span { start: end, ..span });
                let line = place.map(|place| reading.sources.place(place).line);
                let help = line.map(|line| {
                    format!("it is found at line {line}: write the comment before that line")
                });
                (headline, help)
            }
            Target::Nothing => (format!("no directive follows to allow `{code}` in"), None),
            Target::File => (format!("`{code}` is not found in this file"), None),
        };
        Diagnostic::warning("unused-allow", headline, span)
            .label("silences nothing")
            .help(help.unwrap_or_else(|| format!("remove `{code}` from the comment")))
    }
}

/// The first bytes of directives that Apache does not read: nothing is looked for there.
struct Skipped(BTreeSet<(FileId, u32)>);

impl Skipped {
    fn of(reading: &Reading) -> Self {
        let units = reading.units.iter();
        let skipped = units.filter(|unit| matches!(unit.status, UnitStatus::Skipped(_)));
        Self(
            skipped
                .map(|unit| (unit.origin.span.file, unit.origin.span.start))
                .collect(),
        )
    }

    fn holds(&self, allow: &Allow) -> bool {
        let Target::Directive(bytes) = &allow.target else {
            return false;
        };
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        let file = allow.comment.span.file;
        let range = (file, at(bytes.start))..(file, at(bytes.end));
        self.0.range(range).next().is_some()
    }
}

/// Where each code was found.
struct Places(BTreeSet<(&'static str, Span)>);

impl Places {
    fn of(findings: &[Finding]) -> Self {
        let diagnostics = findings.iter().map(|finding| &finding.diagnostic);
        Self(
            diagnostics
                .filter_map(|one| Some((one.code, one.span?)))
                .collect(),
        )
    }

    /// The next place of `code` in the file of `from`, from its first byte on.
    fn after(&self, code: &'static str, from: Span) -> Option<Span> {
        let (found, span) = self.0.range((code, from)..).next()?;
        (*found == code && span.file == from.file).then_some(*span)
    }
}

//! What is there while configuration files are read.
//!
//! In: files, through the [`Loader`]. Out: [`Reader`]: what one line changes is there for the next, in any file.
//! Absent: what each line changes; that is in the files beside this one.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::complaint;
use super::defines::Defines;
use super::envvars;
use super::files::Files;
use super::item::{Item, Skipped};
use super::options::{Advice, Bound, Bounds, LoadOptions, Recording, RegexTest};
use super::paths;
use super::skip;
use crate::diagnostic::Diagnostic;
use crate::line::Line;
use crate::lines::Lines;
use crate::loader::{EntryKind, LoadError, Loader};
use crate::macros::Macro;
use crate::registry::modules::{ModuleSource, Modules};
use crate::source::{FileId, Span};
use crate::sources::Sources;
use crate::syntax::Directive;
use crate::transcript::{EffectiveLine, Event, LineKind, Transcript};

/// Reads configuration files. What one line changes is there for the next, in any file.
pub struct Reader<'a> {
    /// Where files are found.
    pub files: Files<'a>,
    /// The files that were read.
    pub sources: Sources,
    /// What there is to say, in the order it was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The modules the server has.
    pub modules: Modules,
    pub(super) defines: Defines,
    pub(super) version: String,
    pub(super) regex: Option<RegexTest>,
    /// Every macro that was ever defined, in order.
    pub(super) macros: Vec<MacroKnown>,
    /// Where those that are defined stand in it, by name in lower case; the newest last.
    pub(super) macro_names: HashMap<Vec<u8>, Vec<usize>>,
    /// Files read so far, by path: a file that is included again is not read again.
    read: HashMap<Vec<u8>, FileId>,
    /// Undefined variables that were reported.
    pub(super) undefined: BTreeSet<String>,
    pub(super) depth: usize,
    /// Sections open where the file being read is included.
    pub(super) around: usize,
    /// `LoadModule` names, in order.
    pub(super) loads: Vec<Vec<u8>>,
    /// An include loop was found: no file is included any more.
    pub(super) looping: bool,
    pub(super) place: ReadPlace,
    pub(super) conditionals: Conditionals,
    bounds: Bounds,
    advice: Advice,
    /// The bound that was reached.
    reached: Option<Bound>,
    /// Bytes that variables and macros may still make.
    pub(super) bytes_left: u64,
    /// Lines that macros may still make.
    lines_left: u64,
    /// Reading has ended early: nothing is read any more.
    pub(super) stopped: bool,
    /// What was carried out, for who asks for it.
    pub transcript: Option<Transcript>,
}

/// What variables and macros make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Bytes of text.
    Bytes,
    /// Lines.
    Lines,
}

/// The conditional sections that may be asked in a `.htaccess` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conditionals {
    /// All of them: `AllowOverride` allows something.
    Any,
    /// It does not: those that `AllowOverrideList` names, in lower case.
    Listed(Vec<Vec<u8>>),
}

impl Conditionals {
    pub(super) fn allow(&self, name: &[u8]) -> bool {
        let is_it = |listed: &Vec<u8>| listed.eq_ignore_ascii_case(name);
        match self {
            Self::Any => true,
            Self::Listed(names) => names.iter().any(is_it),
        }
    }
}

/// A macro, and what became of it.
pub(super) struct MacroKnown {
    pub(super) definition: Arc<Macro>,
    pub(super) used: bool,
}

/// What kind of file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadPlace {
    /// The server's own.
    Server,
    /// A `.htaccess` file.
    Htaccess,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        paths: &[Vec<u8>],
        loader: &'a dyn Loader,
        options: &LoadOptions,
        source: ModuleSource,
    ) -> Self {
        let main = paths.first().map(Vec::as_slice);
        Self {
            files: Files::new(loader, options, main),
            sources: Sources::default(),
            diagnostics: Vec::new(),
            modules: Modules::new(source, &options.modules, options.unknown_directives),
            defines: Defines::new(&options.defines),
            version: options.version.clone(),
            regex: options.regex,
            macros: Vec::new(),
            macro_names: HashMap::new(),
            read: HashMap::new(),
            undefined: BTreeSet::new(),
            depth: 0,
            around: 0,
            loads: Vec::new(),
            looping: false,
            place: ReadPlace::Server,
            conditionals: Conditionals::Any,
            bytes_left: options.bounds.expanded_bytes,
            lines_left: options.bounds.expanded_lines,
            bounds: options.bounds,
            advice: options.advice.clone(),
            reached: None,
            stopped: false,
            transcript: match options.recording {
                Recording::Off => None,
                Recording::On => Some(Transcript::default()),
            },
        }
    }

    /// Reads what the script beside the first file gives the server's environment.
    pub(super) fn read_environment(&mut self, paths: &[Vec<u8>]) {
        let Some(main) = paths.first() else { return };
        let folder = paths::parent(&paths::clean(main));
        let script = paths::join(&folder, envvars::FILE);
        if self.files.loader.kind(&script) != Some(EntryKind::File) {
            return;
        }
        if let Ok(text) = self.files.loader.read(&script) {
            let variables = envvars::exported(&text, &folder);
            self.defines.set_environment(variables);
        }
    }

    pub(super) fn record(&mut self, event: impl FnOnce(&Modules) -> Event) {
        if let Some(transcript) = &mut self.transcript {
            transcript.events.push(event(&self.modules));
        }
    }

    pub(super) fn record_line(&mut self, kind: LineKind, line: &Line, read: &Directive) {
        self.record(|modules| Event::Line(EffectiveLine::new(kind, line, read, modules)));
    }

    pub(super) fn record_refused(&mut self, line: &Line, name: &[u8]) {
        self.record(|modules| Event::Line(EffectiveLine::refused(line, name, modules)));
    }

    /// True when the configuration says itself which modules there are. Loading neither of the two
    /// modules whose directives are looked for, it is only a part of one.
    pub(super) fn loads_its_modules(&self) -> bool {
        let wanted =
            |name: &Vec<u8>| matches!(name.as_slice(), b"rewrite_module" | b"alias_module");
        self.loads.iter().any(wanted)
    }

    /// Reads one of the server's files.
    pub(super) fn file(&mut self, path: &[u8]) -> Vec<Item> {
        match self.open(path) {
            Ok(file) => self.lines_of_file(file),
            Err(error) => {
                self.cannot_read(path, &error, None);
                Vec::new()
            }
        }
    }

    /// Reads a `.htaccess` file that was opened before. Diagnostics about it are added.
    pub fn htaccess(&mut self, file: FileId, conditionals: Conditionals) -> Vec<Item> {
        self.place = ReadPlace::Htaccess;
        self.conditionals = conditionals;
        self.lines_of(file)
    }

    /// What is carried out from now on is of a `.htaccess` file; returns what was of the server's files.
    pub fn begin_access_file(&mut self) -> Vec<Event> {
        let transcript = self.transcript.as_mut();
        transcript.map_or_else(Vec::new, |transcript| {
            std::mem::take(&mut transcript.events)
        })
    }

    /// The end of the `.htaccess` file of `directory`.
    pub fn end_access_file(&mut self, directory: &[u8], around: Vec<Event>) {
        if let Some(transcript) = &mut self.transcript {
            let events = std::mem::replace(&mut transcript.events, around);
            let directory = directory.strip_suffix(b"/").unwrap_or(directory);
            let files = &mut transcript.access_files;
            files.entry(directory.to_vec()).or_insert(events);
        }
    }

    /// The directives of a file that Apache does not read, for `reason`. Continued lines are joined.
    pub fn skipped_lines(&self, file: FileId, reason: &Arc<str>) -> Vec<Skipped> {
        let Some(source) = self.sources.get(file) else {
            return Vec::new();
        };
        let lines = Lines::new(file, &source.bytes).filter(|line| !line.is_ignored());
        let skipped = |line: Line| skip::skipped(&skip::first_word(&line), line.origin(), reason);
        lines.map(skipped).collect()
    }

    /// The file's content, into [`Reader::sources`].
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(&mut self, path: &[u8]) -> Result<FileId, LoadError> {
        if let Some(file) = self.read.get(path) {
            let length = self.sources.get(*file).map_or(0, |file| file.bytes.len());
            self.files.loader.again(length)?;
            return Ok(*file);
        }
        let bytes = self.files.loader.read(path)?;
        if u32::try_from(bytes.len()).is_err() {
            return Err(LoadError::Other("it is larger than 4 GiB".to_owned()));
        }
        let file = self.sources.add(path, bytes);
        self.read.insert(path.to_vec(), file);
        Ok(file)
    }

    /// The lines of one of the server's files.
    pub(super) fn lines_of_file(&mut self, file: FileId) -> Vec<Item> {
        self.record(|_| Event::Begins(file));
        let items = self.lines_of(file);
        self.record(|_| Event::Ends);
        items
    }

    /// Counts what variables or macros make at `span`; false, and nothing is read any more, when that is
    /// too much.
    pub(super) fn may_make(&mut self, made: Made, count: usize, span: Span) -> bool {
        let (left, bound) = match made {
            Made::Bytes => (&mut self.bytes_left, Bound::ExpandedBytes),
            Made::Lines => (&mut self.lines_left, Bound::ExpandedLines),
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match left.checked_sub(count) {
            Some(rest) => *left = rest,
            None => self.reach(bound, Some(span)),
        }
        !self.stopped
    }

    /// Reads nothing any more, because `bound` is reached at `span`.
    pub(super) fn reach(&mut self, bound: Bound, span: Option<Span>) {
        if !self.stopped {
            self.reached = Some(bound);
            self.stop(self.bounds.reached(bound, span));
        }
    }

    /// Reads nothing any more, and says why. The first that stops the reader has the word.
    pub fn stop(&mut self, why: Diagnostic) {
        if !self.stopped {
            self.stopped = true;
            self.diagnostics.push(why);
        }
    }

    /// True when reading has ended early.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The bound of [`LoadOptions::bounds`] that ended it; a diagnostic with the code
    /// [`LIMIT_REACHED`](super::LIMIT_REACHED) says so.
    pub fn reached(&self) -> Option<Bound> {
        self.reached
    }

    /// Says that `path`, which the line at `span` names, cannot be read.
    pub fn cannot_read(&mut self, path: &[u8], error: &LoadError, span: Option<Span>) {
        match self.files.loader.reached() {
            Some(bound) => self.reach(bound, span),
            None => self.diagnostics.push(self.unreadable(path, error, span)),
        }
    }

    /// What is said of a file that cannot be read.
    pub fn unreadable(&self, path: &[u8], error: &LoadError, span: Option<Span>) -> Diagnostic {
        complaint::unreadable(path, error, span, &self.advice)
    }

    /// What is said of a file that is missing, besides its name.
    pub(super) fn advice(&self) -> &Advice {
        &self.advice
    }

    pub(super) fn error(&mut self, code: &'static str, headline: impl Into<String>, span: Span) {
        self.diagnostics
            .push(Diagnostic::error(code, headline, span));
    }
}

//! Everything the server reads before it looks at what it read.
//!
//! In: files, through the [`Loader`]. Out: directives in order, as a tree of [`Item`]s. Absent: what
//! they mean (`resolve`).
//!
//! Apache settles some directives the moment it reads them (`EXEC_ON_READ`): `Define`, `Include`,
//! the conditional sections, macros, `LoadModule`, `ServerRoot`. So they are settled here, line by
//! line in Apache's order; a value defined on one line is there for the next.

mod conditional;
mod defines;
mod envvars;
pub(crate) mod files;
pub(crate) mod glob;
mod immediate;
pub(crate) mod metered;
mod nest;
pub(crate) mod paths;
mod skip;
mod version;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::directive::parse_directive;
use edgewright_parser::interpolate::{added_by_values, interpolate};
use edgewright_parser::line::Line;
use edgewright_parser::lines::{HTACCESS_LINE_LIMIT, Lines, SERVER_LINE_LIMIT};
use edgewright_parser::macros::Macro;
use edgewright_parser::source::{FileId, Origin, Span};
use edgewright_parser::syntax::{Directive, Kind, Word};
use edgewright_parser::words;

use crate::input::ReadOptions;
use crate::limits::{Limit, Limits};
use crate::loader::{EntryKind, LoadError, Loader};
use crate::reading::UnitKind;
use crate::sources::Sources;
use crate::transcript::{EffectiveLine, Event, LineKind, Transcript};

use crate::registry::modules::{ModuleSource, Modules};
use defines::Defines;
use files::Files;
use nest::Nest;

/// How deep `Include` may be nested (`AP_MAX_INCLUDE_DEPTH`).
const DEEPEST_INCLUDE: usize = 128;

/// How much of a file is looked at to tell that it is no text.
const BINARY_SAMPLE: usize = 1024;

/// One thing that was read.
#[derive(Debug)]
pub(crate) enum Item {
    /// A directive.
    Directive(Box<Directive>),
    /// A section that is no conditional one, with what is in it.
    Section(Box<Section>),
    /// A line Apache refuses when it comes to it.
    Refused(Box<Refused>),
    /// A line that counts, and that Apache does not look at.
    Skipped(Box<Skipped>),
}

/// A section.
#[derive(Debug)]
pub(crate) struct Section {
    /// The line that opens it.
    pub(crate) open: Directive,
    /// What is in it.
    pub(crate) items: Vec<Item>,
}

/// A line Apache refuses.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The directive's name.
    pub(crate) name: Vec<u8>,
    /// Where it stands.
    pub(crate) origin: Origin,
    /// Why.
    pub(crate) error: Diagnostic,
    /// What is in it, if it opens a section.
    pub(crate) items: Vec<Item>,
}

/// A line that counts, and that Apache does not look at.
#[derive(Debug)]
pub(crate) struct Skipped {
    /// What it would be.
    pub(crate) kind: SkippedKind,
    /// Where it stands.
    pub(crate) origin: Origin,
    /// Why.
    pub(crate) reason: Arc<str>,
}

/// What a skipped line would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SkippedKind {
    /// A directive that counts as a unit.
    Unit(UnitKind),
    /// A `RewriteCond`.
    Condition,
}

/// Reads configuration files. What one line changes is there for the next, in any file.
pub(crate) struct Reader<'a> {
    pub(crate) files: Files<'a>,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) modules: Modules,
    defines: Defines,
    version: String,
    /// Every macro that was ever defined, in order.
    macros: Vec<MacroKnown>,
    /// Where those that are defined stand in it, by name in lower case; the newest last.
    macro_names: HashMap<Vec<u8>, Vec<usize>>,
    /// Files read so far, by path: a file that is included again is not read again.
    read: HashMap<Vec<u8>, FileId>,
    /// Undefined variables that were reported.
    undefined: BTreeSet<String>,
    depth: usize,
    /// Sections open where the file being read is included.
    around: usize,
    /// `LoadModule` names, in order.
    loads: Vec<Vec<u8>>,
    /// An include loop was found: no file is included any more.
    looping: bool,
    place: ReadPlace,
    conditionals: Conditionals,
    pub(crate) limits: Limits,
    /// Bytes that variables and macros may still make.
    bytes_left: u64,
    /// Lines that macros may still make.
    lines_left: u64,
    /// A limit was reached: nothing is read any more.
    stopped: bool,
    /// What was carried out, for who asks for it.
    pub(crate) transcript: Option<Transcript>,
}

/// What variables and macros make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Bytes of text.
    Bytes,
    /// Lines.
    Lines,
}

/// Whether to keep what is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    /// Nobody asks for it.
    Off,
    /// What is carried out becomes a [`Transcript`].
    On,
}

/// The conditional sections that may be asked in a `.htaccess` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conditionals {
    /// All of them: `AllowOverride` allows something.
    Any,
    /// It does not: those that `AllowOverrideList` names, in lower case.
    Listed(Vec<Vec<u8>>),
}

impl Conditionals {
    fn allow(&self, name: &[u8]) -> bool {
        let is_it = |listed: &Vec<u8>| listed.eq_ignore_ascii_case(name);
        match self {
            Self::Any => true,
            Self::Listed(names) => names.iter().any(is_it),
        }
    }
}

/// A macro, and what became of it.
struct MacroKnown {
    definition: Arc<Macro>,
    used: bool,
}

/// What kind of file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadPlace {
    /// The server's own.
    Server,
    /// A `.htaccess` file.
    Htaccess,
}

/// Lines of one file, with the lines macros put between them.
struct Feed<'f> {
    lines: Lines<'f>,
    expanded: VecDeque<Line>,
}

impl Iterator for Feed<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        self.expanded.pop_front().or_else(|| self.lines.next())
    }
}

/// Reads `paths` as if they were included one after another.
pub(crate) fn load<'a>(
    paths: &[Vec<u8>],
    loader: &'a dyn Loader,
    options: &ReadOptions,
    recording: Recording,
) -> (Reader<'a>, Vec<Item>) {
    let attempt = |source| {
        let mut reader = Reader::new(paths, loader, options, source);
        reader.transcript = match recording {
            Recording::Off => None,
            Recording::On => Some(Transcript::default()),
        };
        reader.read_environment(paths);
        let mut items: Vec<Item> = Vec::new();
        for path in paths {
            items.extend(reader.file(path));
        }
        items.extend(reader.unused_macros());
        if reader.stopped {
            // What a part of a configuration means is nothing to rely on.
            items.clear();
        }
        (reader, items)
    };
    let (reader, items) = attempt(ModuleSource::Assumed);
    if reader.loads_its_modules() {
        return attempt(ModuleSource::Configured);
    }
    (reader, items)
}

impl<'a> Reader<'a> {
    fn new(
        paths: &[Vec<u8>],
        loader: &'a dyn Loader,
        options: &ReadOptions,
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
            bytes_left: options.limits.get(Limit::ExpandedBytes),
            lines_left: options.limits.get(Limit::ExpandedLines),
            limits: options.limits.clone(),
            stopped: false,
            transcript: None,
        }
    }

    /// Reads what the script beside the first file gives the server's environment.
    fn read_environment(&mut self, paths: &[Vec<u8>]) {
        let Some(main) = paths.first() else { return };
        let folder = paths::parent(&paths::clean(main));
        let script = paths::join(&folder, envvars::FILE);
        if matches!(self.files.loader.kind(&script), Some(EntryKind::File))
            && let Ok(text) = self.files.loader.read(&script)
        {
            let variables = envvars::exported(&text, &folder);
            self.defines.set_environment(variables);
        }
    }

    pub(crate) fn record(&mut self, event: impl FnOnce(&Modules) -> Event) {
        if let Some(transcript) = &mut self.transcript {
            transcript.events.push(event(&self.modules));
        }
    }

    fn record_line(&mut self, kind: LineKind, line: &Line, read: &Directive) {
        self.record(|modules| Event::Line(EffectiveLine::new(kind, line, read, modules)));
    }

    fn record_refused(&mut self, line: &Line, name: &[u8]) {
        self.record(|modules| Event::Line(EffectiveLine::refused(line, name, modules)));
    }

    /// True when the configuration says itself which modules there are. Loading neither of the two
    /// modules whose directives are looked for, it is only a part of one.
    fn loads_its_modules(&self) -> bool {
        let wanted =
            |name: &Vec<u8>| matches!(name.as_slice(), b"rewrite_module" | b"alias_module");
        self.loads.iter().any(wanted)
    }

    /// Reads one of the server's files.
    fn file(&mut self, path: &[u8]) -> Vec<Item> {
        match self.open(path) {
            Ok(file) => self.lines_of_file(file),
            Err(error) => {
                self.cannot_read(path, &error, None);
                Vec::new()
            }
        }
    }

    /// Reads a `.htaccess` file that was opened before. Diagnostics about it are added.
    pub(crate) fn htaccess(&mut self, file: FileId, conditionals: Conditionals) -> Vec<Item> {
        self.place = ReadPlace::Htaccess;
        self.conditionals = conditionals;
        self.lines_of(file)
    }

    /// What is carried out from now on is of a `.htaccess` file; returns what was of the server's files.
    pub(crate) fn begin_access_file(&mut self) -> Vec<Event> {
        let transcript = self.transcript.as_mut();
        transcript.map_or_else(Vec::new, |transcript| {
            std::mem::take(&mut transcript.events)
        })
    }

    /// The end of the `.htaccess` file of `directory`.
    pub(crate) fn end_access_file(&mut self, directory: &[u8], around: Vec<Event>) {
        if let Some(transcript) = &mut self.transcript {
            let events = std::mem::replace(&mut transcript.events, around);
            let directory = directory.strip_suffix(b"/").unwrap_or(directory);
            let files = &mut transcript.access_files;
            files.entry(directory.to_vec()).or_insert(events);
        }
    }

    /// The lines of a file that count, none of which is read. Continued lines are joined.
    pub(crate) fn skipped_lines(&self, file: FileId, reason: &Arc<str>) -> Vec<Skipped> {
        let Some(source) = self.sources.get(file) else {
            return Vec::new();
        };
        let lines = Lines::new(file, &source.bytes).filter(|line| !line.is_ignored());
        let skipped = |line: Line| skip::skipped(&skip::first_word(&line), line.origin(), reason);
        lines.filter_map(skipped).collect()
    }

    /// The file's content, into [`Reader::sources`].
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn open(&mut self, path: &[u8]) -> Result<FileId, LoadError> {
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
    fn lines_of_file(&mut self, file: FileId) -> Vec<Item> {
        self.record(|_| Event::Begins(file));
        let items = self.lines_of(file);
        self.record(|_| Event::Ends);
        items
    }

    fn lines_of(&mut self, file: FileId) -> Vec<Item> {
        let bytes = self
            .sources
            .get(file)
            .map(|source| Arc::clone(&source.bytes));
        let bytes = bytes.unwrap_or_default();
        if let Some(complaint) = unreadable_text(file, &bytes) {
            self.diagnostics.push(complaint);
            return Vec::new();
        }
        let mut feed = Feed {
            lines: Lines::new(file, &bytes),
            expanded: VecDeque::new(),
        };
        let mut nest = Nest::new(self.around);
        while let Some(line) = feed.next().filter(|_| !self.stopped) {
            match (line.too_long(self.line_limit()), line.is_ignored()) {
                (Some(error), true) => {
                    self.record_refused(&line, b"#");
                    self.diagnostics.push(error);
                }
                (Some(error), false) => self.refused(&line, error, &mut nest),
                (None, true) => {}
                (None, false) => self.line(line, &mut feed, &mut nest),
            }
        }
        let (items, complaints) = nest.finish();
        if !self.stopped {
            self.diagnostics.extend(complaints);
        }
        items
    }

    fn line_limit(&self) -> usize {
        match self.place {
            ReadPlace::Server => SERVER_LINE_LIMIT,
            ReadPlace::Htaccess => HTACCESS_LINE_LIMIT,
        }
    }

    /// One logical line (`ap_build_config_sub`).
    fn line(&mut self, line: Line, feed: &mut Feed<'_>, nest: &mut Nest) {
        let line = self.interpolated(line);
        match parse_directive(&line) {
            Ok(reading) => {
                self.diagnostics.extend(reading.warnings);
                self.directive(reading.directive, &line, feed, nest);
            }
            Err(error) => self.refused(&line, error, nest),
        }
    }

    fn interpolated(&mut self, line: Line) -> Line {
        let length = |name: &[u8]| self.defines.value(name).map(<[u8]>::len);
        let made = added_by_values(line.text(), length);
        if made > 0 && !self.may_make(Made::Bytes, made, line.origin().span) {
            return line;
        }
        let (line, warnings) =
            interpolate(line, |name| self.defines.value(name).map(<[u8]>::to_vec));
        for mut warning in warnings {
            if warning.headline.contains("`APACHE_") {
                // Debian's start script sets these; nothing of interest here depends on them.
                warning.severity = Severity::Note;
            }
            if self.undefined.insert(warning.headline.clone()) {
                self.diagnostics.push(warning);
            }
        }
        line
    }

    fn directive(&mut self, read: Directive, line: &Line, feed: &mut Feed<'_>, nest: &mut Nest) {
        match &read.kind {
            Kind::Close => {
                self.record_line(LineKind::Closes, line, &read);
                if let Err(complaint) = nest.close(&read.name.value, &read.origin) {
                    self.diagnostics.push(*complaint);
                }
            }
            Kind::Open(arguments) if conditional::is_conditional(&read.name.value) => {
                if !self.conditionals.allow(&read.name.value) {
                    self.diagnostics.push(not_allowed(&read.name));
                }
                match conditional::holds(self, &read.name.value, arguments) {
                    Ok(true) => {
                        self.record_line(LineKind::Holds, line, &read);
                        nest.open_conditional(&read.name.value, read.name.span);
                    }
                    Ok(false) => {
                        self.record_line(LineKind::Fails, line, &read);
                        self.skip_section(&read, line, feed, nest);
                    }
                    Err(reason) => {
                        self.record_refused(line, &read.name.value);
                        let span = read.origin.span;
                        self.diagnostics
                            .push(Diagnostic::error("bad-condition", reason, span));
                        nest.open_conditional(&read.name.value, span);
                    }
                }
            }
            Kind::Open(_) if read.name.value.eq_ignore_ascii_case(b"<macro") => {
                self.define_macro(&read, feed);
            }
            Kind::Open(_) => {
                self.record_line(LineKind::Opens, line, &read);
                if let Err(complaint) = nest.open(read) {
                    self.diagnostics.push(*complaint);
                }
            }
            Kind::Other(arguments) => match immediate::find(&read.name.value) {
                Some(immediate) => {
                    if immediate.reaches_transcript(self.place) {
                        self.record_line(LineKind::Directive, line, &read);
                    }
                    self.immediate(immediate, &read, arguments, line, feed, nest);
                }
                None => self.plain_directive(read, line, nest),
            },
            _ => self.plain_directive(read, line, nest),
        }
    }

    fn plain_directive(&mut self, read: Directive, line: &Line, nest: &mut Nest) {
        self.record_line(LineKind::Directive, line, &read);
        nest.push(Item::Directive(Box::new(read)));
    }

    /// A line the parser refuses. Apache says so when it comes to the directive, except for what it
    /// settles while reading.
    fn refused(&mut self, line: &Line, error: Diagnostic, nest: &mut Nest) {
        let words = words::split(line, 0..line.text().len());
        let name = words
            .into_iter()
            .next()
            .map(|word| word.value)
            .unwrap_or_default();
        self.record_refused(line, &name);
        let closes = name.starts_with(b"</");
        if closes || conditional::is_conditional(&name) {
            self.diagnostics.push(error);
            return;
        }
        let refused = Refused {
            origin: line.origin(),
            error,
            items: Vec::new(),
            name,
        };
        if refused.name.starts_with(b"<") {
            nest.open_refused(refused);
        } else {
            nest.push(Item::Refused(Box::new(refused)));
        }
    }

    /// Counts what variables or macros make at `span`; false, and nothing is read any more, when that is
    /// too much.
    fn may_make(&mut self, made: Made, count: usize, span: Span) -> bool {
        let (left, limit) = match made {
            Made::Bytes => (&mut self.bytes_left, Limit::ExpandedBytes),
            Made::Lines => (&mut self.lines_left, Limit::ExpandedLines),
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match left.checked_sub(count) {
            Some(rest) => *left = rest,
            None => self.stop(limit, Some(span)),
        }
        !self.stopped
    }

    /// Reads nothing any more, because `limit` is reached at `span`.
    pub(crate) fn stop(&mut self, limit: Limit, span: Option<Span>) {
        if !self.stopped {
            self.stopped = true;
            self.diagnostics.push(self.limits.reached(limit, span));
        }
    }

    /// True when a limit was reached.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Says that `path`, which the line at `span` names, cannot be read.
    pub(crate) fn cannot_read(&mut self, path: &[u8], error: &LoadError, span: Option<Span>) {
        match self.files.loader.reached() {
            Some(limit) => self.stop(limit, span),
            None => self.diagnostics.push(unreadable(path, error, span)),
        }
    }

    fn error(&mut self, code: &'static str, headline: impl Into<String>, span: Span) {
        self.diagnostics
            .push(Diagnostic::error(code, headline, span));
    }
}

/// A directive that nothing allows in its `.htaccess` file.
pub(crate) fn not_allowed(name: &Word) -> Diagnostic {
    let shown = String::from_utf8_lossy(&name.value);
    let headline = format!("`{shown}` is not allowed in this .htaccess file");
    Diagnostic::error("misplaced-directive", headline, name.span)
        .label("`AllowOverride` does not allow it")
}

/// What to say of a file that is no text, or text that Apache does not read.
fn unreadable_text(file: FileId, bytes: &[u8]) -> Option<Diagnostic> {
    let sample = bytes.get(..BINARY_SAMPLE).unwrap_or(bytes);
    if is_utf16(sample) {
        return Some(utf16(file));
    }
    sample.contains(&0).then(|| binary(file))
}

/// Is it UTF-16? Its first two bytes say so; without these, every other byte of Latin letters is zero.
fn is_utf16(sample: &[u8]) -> bool {
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
        return true;
    }
    let zeros = |odd: usize| {
        let every_other = sample.iter().skip(odd).step_by(2);
        every_other.filter(|byte| **byte == 0).count()
    };
    // A letter of another script among them has no zero.
    let is_text = |zeros: usize, others: usize| others == 0 && zeros * 10 >= sample.len() * 4;
    let (even, odd) = (zeros(0), zeros(1));
    sample.len() >= 4 && (is_text(even, odd) || is_text(odd, even))
}

fn utf16(file: FileId) -> Diagnostic {
    no_text(file, "this file is UTF-16, which Apache does not read")
        .label("every character takes two bytes")
        .help("save it as UTF-8")
}

fn binary(file: FileId) -> Diagnostic {
    no_text(file, "this is no configuration but a binary file")
        .label("there are NUL bytes in it")
        .help("name the text file it was made from, or leave it out")
}

/// Says of a whole file that it is no text.
fn no_text(file: FileId, headline: &str) -> Diagnostic {
    let span = Span {
        file,
        start: 0,
        end: 0,
    };
    Diagnostic::error("binary-file", headline, span)
}

/// A file that cannot be read.
pub(crate) fn unreadable(path: &[u8], error: &LoadError, span: Option<Span>) -> Diagnostic {
    let name = String::from_utf8_lossy(path);
    let help: Cow<'_, str> = match error {
        LoadError::NotFound => {
            "check the name; `--server-root DIR` says where files below `ServerRoot` are".into()
        }
        LoadError::IsDirectory => {
            format!("name a file in it, or `{name}/*.conf` for all of them").into()
        }
        LoadError::NotRegular => {
            "name a regular file; a pipe is read only when the command line names it".into()
        }
        LoadError::TooLong | LoadError::Other(_) => {
            format!("make `{name}` readable for you").into()
        }
    };
    Diagnostic {
        severity: Severity::Error,
        code: "unreadable-file",
        headline: format!("cannot read `{name}`: {error}"),
        span,
        label: String::new(),
        others: Vec::new(),
        help: vec![help.into_owned()],
        witness: None,
    }
}

/// Which unit a directive called `name` is, if it counts.
pub(crate) fn unit_kind(name: &[u8]) -> Option<UnitKind> {
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let redirects = [
        "Redirect",
        "RedirectMatch",
        "RedirectPermanent",
        "RedirectTemp",
    ];
    if is(&"RewriteRule") {
        Some(UnitKind::Rule)
    } else {
        redirects.iter().any(is).then_some(UnitKind::Redirect)
    }
}

//! Directives that Apache carries out the moment it reads them.
//!
//! In: such a directive. Out: what it changes, or the lines it stands for. Absent: conditional
//! sections (`conditional`).

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::line::Line;
use crate::macros::parse_macro;
use crate::source::Span;
use crate::syntax::{Arguments, Directive, Kind};

use super::glob;
use super::item::Item;
use super::nest::Nest;
use super::options::Bound;
use super::reader::{MacroKnown, Made, ReadPlace, Reader};
use super::skip::{first_word, skipped};
use super::step::Feed;
use crate::loader::LoadError;

/// How deep `Include` may be nested (`AP_MAX_INCLUDE_DEPTH`).
const DEEPEST_INCLUDE: usize = 128;

/// A directive carried out while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Immediate {
    Define,
    UnDefine,
    Include,
    IncludeOptional,
    LoadModule,
    ServerRoot,
    Use,
    UndefMacro,
}

impl Immediate {
    /// True when what the directive did is not in the lines that follow it.
    pub(super) fn reaches_transcript(self, place: ReadPlace) -> bool {
        match self {
            Self::LoadModule | Self::ServerRoot => true,
            Self::Use | Self::UndefMacro => false,
            Self::Define | Self::UnDefine | Self::Include | Self::IncludeOptional => {
                place == ReadPlace::Htaccess
            }
        }
    }
}

const NAMES: [(&[u8], Immediate); 8] = [
    (b"define", Immediate::Define),
    (b"undefine", Immediate::UnDefine),
    (b"include", Immediate::Include),
    (b"includeoptional", Immediate::IncludeOptional),
    (b"loadmodule", Immediate::LoadModule),
    (b"serverroot", Immediate::ServerRoot),
    (b"use", Immediate::Use),
    (b"undefmacro", Immediate::UndefMacro),
];

/// The directive called `name`, if it is one of them.
pub(super) fn find(name: &[u8]) -> Option<Immediate> {
    let mut names = NAMES.iter();
    let found = names.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, immediate)| *immediate)
}

impl Reader<'_> {
    /// Carries out a directive.
    pub(super) fn immediate(
        &mut self,
        which: Immediate,
        read: &Directive,
        arguments: &Arguments,
        line: &Line,
        feed: &mut Feed<'_>,
        nest: &mut Nest,
    ) {
        let span = read.origin.span;
        let name = String::from_utf8_lossy(&read.name.value).into_owned();
        let macros = matches!(which, Immediate::Use | Immediate::UndefMacro);
        if self.place == ReadPlace::Htaccess && !macros {
            let headline = format!("`{name}` may not stand in a .htaccess file");
            return self.error("misplaced-directive", headline, span);
        }
        let words: Vec<&[u8]> = arguments
            .words
            .iter()
            .map(|word| word.value.as_slice())
            .collect();
        match (which, words.as_slice()) {
            (Immediate::Define | Immediate::UnDefine, [name, ..]) if name.contains(&b':') => {
                self.error(
                    "bad-variable",
                    "a variable's name must not contain `:`",
                    span,
                );
            }
            (Immediate::Define, [name]) => self.defines.set(name, None),
            (Immediate::Define, [name, value]) => self.defines.set(name, Some(value)),
            (Immediate::UnDefine, [name]) => self.defines.remove(name),
            (Immediate::LoadModule, [symbol, _]) => {
                self.modules.load(symbol);
                self.loads.push(symbol.to_vec());
            }
            (Immediate::ServerRoot, [root]) => self.files.server_root = super::paths::clean(root),
            (Immediate::Include | Immediate::IncludeOptional, [path]) => {
                self.include(which, path, span, nest);
            }
            (Immediate::Use, [_, ..]) => self.use_macro(arguments, line, feed),
            (Immediate::UndefMacro, [name]) => self.undefine_macro(name, span),
            _ => {
                let headline = format!("`{name}` takes another number of arguments");
                self.error("wrong-argument-count", headline, span);
            }
        }
    }

    /// `Include` (`include_config`).
    fn include(&mut self, which: Immediate, path: &[u8], span: Span, nest: &mut Nest) {
        if self.looping || self.stopped {
            return;
        }
        if self.depth >= DEEPEST_INCLUDE {
            self.looping = true;
            let headline = format!("files include one another more than {DEEPEST_INCLUDE} deep");
            let error = Diagnostic::error("include-loop", headline, span)
                .label("this file is being read already")
                .help("remove this line, or the one that includes the file it stands in");
            self.diagnostics.push(error);
            return;
        }
        let included = self.files.included(path);
        if let Some(bound) = self.files.loader.reached() {
            return self.reach(bound, Some(span));
        }
        let missing = included.missing.as_ref();
        if let Some(missing) = missing.filter(|_| which == Immediate::Include) {
            // Reading what is missing tells why: there may be something that is no file.
            let error = self.files.loader.read(missing).err();
            let error = error.unwrap_or(LoadError::NotFound);
            let complaint = self.nothing_included(path, missing, &error, span);
            self.diagnostics.push(complaint);
            if included.files.is_empty() {
                return;
            }
        }
        for path in &included.files {
            if self.stopped {
                return;
            }
            self.included_file(path, span, nest);
        }
    }

    fn included_file(&mut self, path: &[u8], span: Span, nest: &mut Nest) {
        let file = match self.open(path) {
            Ok(file) => file,
            Err(error) => {
                self.cannot_read(path, &error, Some(span));
                return;
            }
        };
        let around = std::mem::replace(&mut self.around, nest.depth());
        self.depth += 1;
        for item in self.lines_of_file(file) {
            nest.push(item);
        }
        self.depth -= 1;
        self.around = around;
    }

    /// `<Macro …>` with its body.
    pub(super) fn define_macro(&mut self, read: &Directive, feed: &mut Feed<'_>) {
        let Kind::Open(arguments) = &read.kind else {
            return;
        };
        match parse_macro(arguments) {
            Ok((mut definition, warnings)) => {
                self.diagnostics.extend(warnings);
                if let Err(error) = definition.read_body(feed, read.origin.span) {
                    self.diagnostics.push(error);
                }
                let name = definition.name.value.to_ascii_lowercase();
                let at = self.macros.len();
                self.macro_names.entry(name).or_default().push(at);
                self.macros.push(MacroKnown {
                    definition: Arc::new(definition),
                    used: false,
                });
            }
            Err(error) => self.diagnostics.push(error),
        }
    }

    /// `Use name values…`: its lines are read next.
    fn use_macro(&mut self, arguments: &Arguments, line: &Line, feed: &mut Feed<'_>) {
        let origin = line.origin();
        if origin
            .used_at
            .iter()
            .any(|used| used.contains(&origin.span))
        {
            return self.error("macro-loop", "the macro uses itself", origin.span);
        }
        let Some((name, values)) = arguments.words.split_first() else {
            return;
        };
        let Some(known) = self.find_macro(&name.value) else {
            let shown = String::from_utf8_lossy(&name.value);
            let headline = format!("there is no macro `{shown}`");
            return self.error("unknown-macro", headline, name.span);
        };
        known.used = true;
        let definition = Arc::clone(&known.definition);
        let nesting = size_of_val(line.used_at());
        if !self.may_make(Made::Lines, definition.body.len(), origin.span)
            || !self.may_make(Made::Bytes, nesting, origin.span)
        {
            return;
        }
        let mut room = usize::try_from(self.bytes_left).unwrap_or(usize::MAX);
        let expanded = definition.expand_within(values, line, &mut room);
        self.bytes_left = u64::try_from(room).unwrap_or(u64::MAX);
        match expanded {
            Ok(None) => self.reach(Bound::ExpandedBytes, Some(origin.span)),
            Ok(Some(lines)) => {
                for line in lines.into_iter().rev() {
                    feed.expanded.push_front(line);
                }
            }
            Err(error) => self.diagnostics.push(error),
        }
    }

    fn undefine_macro(&mut self, name: &[u8], span: Span) {
        let known = self.macro_names.get_mut(&name.to_ascii_lowercase());
        if known.and_then(Vec::pop).is_none() {
            self.error("unknown-macro", "there is no macro of that name", span);
        }
    }

    fn find_macro(&mut self, name: &[u8]) -> Option<&mut MacroKnown> {
        let known = self.macro_names.get(&name.to_ascii_lowercase())?;
        self.macros.get_mut(*known.last()?)
    }

    /// Lines that count, in macros that were never used.
    pub(super) fn unused_macros(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for known in self.macros.iter().filter(|known| !known.used) {
            let name = String::from_utf8_lossy(&known.definition.name.value);
            let reason: Arc<str> = format!("macro `{name}` is never used").into();
            let lines = known.definition.body.iter();
            let skipped = lines.map(|line| skipped(&first_word(line), line.origin(), &reason));
            items.extend(skipped.map(Box::new).map(Item::Skipped));
        }
        items
    }
    /// `Include path` leads to nothing, or to nothing in one of several directories.
    fn nothing_included(
        &self,
        path: &[u8],
        missing: &[u8],
        error: &LoadError,
        span: Span,
    ) -> Diagnostic {
        if !glob::is_pattern(path) {
            return self.unreadable(missing, error, Some(span));
        }
        let shown = String::from_utf8_lossy(missing);
        let headline = format!("no file matches `{shown}`");
        Diagnostic::error("unreadable-file", headline, span)
            .help("use `IncludeOptional` if there need not be one")
            .help(self.advice().server_root)
    }
}

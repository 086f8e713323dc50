//! Line after line of a file (`ap_build_config_sub`).
//!
//! In: the bytes of a file. Out: its items. Absent: what a conditional section asks (`conditional`), and what a
//! directive changes that is carried out at once (`immediate`).

use std::collections::VecDeque;
use std::sync::Arc;

use super::complaint::not_allowed;
use super::conditional;
use super::immediate;
use super::item::{Item, Refused};
use super::nest::Nest;
use super::reader::{Made, ReadPlace, Reader};
use super::text::unreadable_text;
use crate::diagnostic::{Diagnostic, Severity};
use crate::directive::parse_directive;
use crate::interpolate::{added_by_values, interpolate};
use crate::line::Line;
use crate::lines::{HTACCESS_LINE_LIMIT, Lines, SERVER_LINE_LIMIT};
use crate::source::FileId;
use crate::syntax::{Arguments, Directive, Kind};
use crate::transcript::LineKind;
use crate::words;

/// Lines of one file, with the lines macros put between them.
pub(super) struct Feed<'f> {
    lines: Lines<'f>,
    pub(super) expanded: VecDeque<Line>,
}

impl Iterator for Feed<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        self.expanded.pop_front().or_else(|| self.lines.next())
    }
}

impl Reader<'_> {
    /// The lines of a file.
    pub(super) fn lines_of(&mut self, file: FileId) -> Vec<Item> {
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
                self.conditional(&read, arguments, line, feed, nest);
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

    fn conditional(
        &mut self,
        read: &Directive,
        arguments: &Arguments,
        line: &Line,
        feed: &mut Feed<'_>,
        nest: &mut Nest,
    ) {
        let name = &read.name.value;
        if !self.conditionals.allow(name) {
            self.diagnostics.push(not_allowed(&read.name));
        }
        match conditional::holds(self, name, arguments) {
            Ok(true) => {
                self.record_line(LineKind::Holds, line, read);
                nest.open_conditional(name, read.name.span);
            }
            Ok(false) => {
                self.record_line(LineKind::Fails, line, read);
                self.skip_section(read, line, feed, nest);
            }
            Err(reason) => {
                self.record_refused(line, name);
                self.error("bad-condition", reason, read.origin.span);
                nest.open_conditional(name, read.origin.span);
            }
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
}

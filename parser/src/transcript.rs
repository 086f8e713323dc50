//! The lines that Apache carries out, in order, after everything that it settles while it reads.
//!
//! In: logical lines, as the loader comes to them. Out: [`Transcript`]. Absent: what a line means,
//! and which of them a copy of the configuration may hold.
//!
//! Continuations are joined, variables replaced, macros used; what stands in a conditional section
//! that is false is not here.

use std::collections::{BTreeMap, HashMap};

use crate::line::Line;
use crate::source::{FileId, Origin};
use crate::syntax::{Directive, Kind};
use crate::words::Words;

use crate::loader::LoadError;
use crate::registry::directives;
use crate::registry::modules::Modules;

/// Everything that was carried out.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    /// The server's own files.
    pub events: Vec<Event>,
    /// `.htaccess` files, by the directory of the server they stand in.
    pub access_files: BTreeMap<Vec<u8>, Vec<Event>>,
    /// Files of text maps, by the path that a `RewriteMap` line writes after `txt:` or `rnd:`.
    pub map_files: HashMap<Vec<u8>, MapFile>,
}

/// What became of the file of a text map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapFile {
    /// The file was read.
    Read(FileId),
    /// There is no such file: Apache does not start.
    Missing,
    /// The file is there and was not read.
    Unread,
}

impl MapFile {
    /// What became of a file that was opened, or not.
    pub fn of(opened: &Result<FileId, LoadError>) -> Self {
        match opened {
            Ok(file) => Self::Read(*file),
            Err(LoadError::NotFound) => Self::Missing,
            Err(
                LoadError::IsDirectory
                | LoadError::NotRegular
                | LoadError::TooLong
                | LoadError::Other(_),
            ) => Self::Unread,
        }
    }
}

/// One step of reading.
#[derive(Debug, Clone)]
pub enum Event {
    /// The lines of this file come next: the command line or an `Include` line named it.
    Begins(FileId),
    /// The innermost file has no more lines.
    Ends,
    /// One line.
    Line(EffectiveLine),
}

/// One logical line that is carried out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EffectiveLine {
    /// What the line does to what follows it.
    pub kind: LineKind,
    /// The first word, as Apache reads it: `CustomLog`, `<Directory`, `</Directory`.
    pub name: Vec<u8>,
    /// The text after the name; of a line that opens a section only what stands before its last `>`.
    pub arguments: Vec<u8>,
    /// Whether this server has the directive.
    pub standing: Standing,
    /// Where the line was written.
    pub origin: Origin,
}

/// What a line does to what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The line is a directive.
    Directive,
    /// The line opens a section.
    Opens,
    /// The line opens a conditional section that is true.
    Holds,
    /// The line opens a conditional section that is false; what stands in it, and the line that closes
    /// it, are not part of the transcript.
    Fails,
    /// The line closes a section.
    Closes,
    /// Apache refuses the line.
    Refused,
}

/// Whether a server has a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A module that is loaded has it.
    Loaded {
        /// Whether some `AllowOverride` lets it into a `.htaccess` file.
        in_access_files: bool,
    },
    /// One of httpd's own modules has it, and that module is not loaded.
    NotLoaded,
    /// None of httpd's own modules has it; a module of somebody else that is loaded may have it.
    Foreign,
    /// No module that is loaded has it.
    Unknown,
}

impl EffectiveLine {
    pub(crate) fn new(kind: LineKind, line: &Line, read: &Directive, modules: &Modules) -> Self {
        let arguments = match &read.kind {
            Kind::Open(arguments) => arguments.raw.value.clone(),
            Kind::Close => Vec::new(),
            _ => after_name(line),
        };
        Self {
            kind,
            name: read.name.value.clone(),
            arguments,
            standing: standing(&read.name.value, modules),
            origin: read.origin.clone(),
        }
    }

    pub(crate) fn refused(line: &Line, name: &[u8], modules: &Modules) -> Self {
        Self {
            kind: LineKind::Refused,
            name: name.to_vec(),
            arguments: after_name(line),
            standing: standing(name, modules),
            origin: line.origin(),
        }
    }
}

/// The text of a line after its first word and the white space that follows it.
fn after_name(line: &Line) -> Vec<u8> {
    let mut words = Words::new(line, 0..line.text().len());
    words.take();
    line.text().get(words.rest()).unwrap_or_default().to_vec()
}

fn standing(name: &[u8], modules: &Modules) -> Standing {
    let Some(known) = directives::find(name) else {
        let is_foreign = modules.has_foreign();
        return if is_foreign {
            Standing::Foreign
        } else {
            Standing::Unknown
        };
    };
    let is_loaded = known
        .modules
        .iter()
        .any(|module| modules.has(module.as_bytes()));
    if is_loaded {
        Standing::Loaded {
            in_access_files: !known.overrides.is_empty(),
        }
    } else {
        Standing::NotLoaded
    }
}

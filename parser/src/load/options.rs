//! How a configuration is to be read.
//!
//! In: what the caller knows of the server. Out: [`LoadOptions`]. Absent: reading.

use crate::diagnostic::Diagnostic;
use crate::registry::modules::UnknownDirectives;
use crate::source::Span;

/// The code of the diagnostic that says a bound was reached while reading.
pub const LIMIT_REACHED: &str = "limit-reached";

/// Does a text match a regular expression, as PCRE2 takes it? `None` for what is no regular expression.
pub type RegexTest = fn(expression: &[u8], text: &[u8]) -> Option<bool>;

/// How a configuration is to be read. Take [`LoadOptions::default`], and set what differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Local folders that stand for the server's.
    pub folders: Vec<Folder>,
    /// Stands for `ServerRoot` when files are looked for.
    pub server_root: Option<Vec<u8>>,
    /// `-D`: names that are defined.
    pub defines: Vec<Vec<u8>>,
    /// `LoadModule` names of modules the server has beyond what its configuration says, for example
    /// `php_module`. With one that is not httpd's own, unknown directives are no errors.
    pub modules: Vec<Vec<u8>>,
    /// What a directive is that none of httpd's own modules has, where no line says which modules are loaded.
    pub unknown_directives: UnknownDirectives,
    /// The httpd version `<IfVersion>` is asked about.
    pub version: String,
    /// How `<IfVersion>` asks a regular expression; without it such a section is an error.
    pub regex: Option<RegexTest>,
    /// How much work the configuration may ask for.
    pub bounds: Bounds,
    /// What diagnostics advise.
    pub advice: Advice,
    /// Whether to keep the lines that are carried out.
    pub recording: Recording,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            server_root: None,
            defines: Vec::new(),
            modules: Vec::new(),
            unknown_directives: UnknownDirectives::default(),
            version: "2.4.71".to_owned(),
            regex: None,
            bounds: Bounds::default(),
            advice: Advice::default(),
            recording: Recording::Off,
        }
    }
}

/// A folder here that stands for one on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The folder on the server.
    pub server: Vec<u8>,
    /// The folder here.
    pub local: Vec<u8>,
}

/// What diagnostics advise, in the words of the program that reads: it knows what its options are called.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// For a file that is missing: how to say where files below `ServerRoot` are.
    pub server_root: &'static str,
    /// For a pipe or a device.
    pub not_regular: &'static str,
}

impl Default for Advice {
    fn default() -> Self {
        Self {
            server_root: "give the folder that stands for `ServerRoot`",
            not_regular: "a pipe is not read",
        }
    }
}

/// Whether to keep what is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recording {
    /// Nobody asks for it.
    #[default]
    Off,
    /// What is carried out becomes a [`Transcript`](crate::transcript::Transcript).
    On,
}

/// What a configuration may not ask for without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Bytes of text that variables and macros make.
    ExpandedBytes,
    /// Lines that macros make.
    ExpandedLines,
    /// Files opened and names of directories read.
    Files,
    /// Bytes of the files that are read.
    FileBytes,
}

/// How much work a configuration may ask for.
///
/// A few lines can stand for any amount of it: variables that double, macros that use macros, files that include one
/// another. The bounds are far above what published configurations need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// Bytes of text that variables and macros make.
    pub expanded_bytes: u64,
    /// Lines that macros make.
    pub expanded_lines: u64,
    /// Files opened and names of directories read.
    pub files: u64,
    /// Bytes of the files that are read.
    pub file_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            expanded_bytes: 64 << 20,
            expanded_lines: 200_000,
            files: 200_000,
            file_bytes: 256 << 20,
        }
    }
}

impl Bounds {
    /// The value of `bound`.
    pub fn get(&self, bound: Bound) -> u64 {
        match bound {
            Bound::ExpandedBytes => self.expanded_bytes,
            Bound::ExpandedLines => self.expanded_lines,
            Bound::Files => self.files,
            Bound::FileBytes => self.file_bytes,
        }
    }

    /// Says that reading stopped at `bound`.
    pub(super) fn reached(&self, bound: Bound, span: Option<Span>) -> Diagnostic {
        let value = self.get(bound);
        let headline = match bound {
            Bound::ExpandedBytes => format!("variables and macros make more than {value} bytes"),
            Bound::ExpandedLines => format!("macros make more than {value} lines"),
            Bound::Files => format!(
                "the configuration leads to more than {value} files and names of directories"
            ),
            Bound::FileBytes => {
                format!("the files of the configuration have more than {value} bytes")
            }
        };
        Diagnostic::error_anywhere(LIMIT_REACHED, headline, span).label("reading stopped here")
    }
}

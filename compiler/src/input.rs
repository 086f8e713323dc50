//! What is to be read, and how.
//!
//! In: paths from the command line. Out: [`Input`], [`ReadOptions`]. Absent: reading it.

use edgewright_engine::model::site::TimeZone;
use edgewright_engine::pattern::{Pattern, PatternOptions};
use edgewright_parser::line::Line;
use edgewright_parser::lines::Lines;
use edgewright_parser::load::{Folder, LoadOptions, Recording};
pub use edgewright_parser::registry::modules::UnknownDirectives;
use edgewright_parser::source::FileId;
use edgewright_parser::words::Words;

use crate::limits::{Limit, Limits};
use crate::loader::{EntryKind, Loader};

/// What the given paths are. Several are read as if they were included one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A server's main configuration.
    MainConfig(Vec<Vec<u8>>),
    /// Directives meant for inside a virtual host. When they never say `RewriteEngine`, `On` is
    /// assumed, with a note.
    VirtualHostInclude(Vec<Vec<u8>>),
    /// A `.htaccess` file, read as the document root's.
    Htaccess(Vec<u8>),
    /// A folder that is a document root, with `.htaccess` files at any depth.
    DocumentRoot(Vec<u8>),
}

impl Input {
    /// The server's own files, to be read one after another.
    pub(crate) fn paths(&self) -> &[Vec<u8>] {
        match self {
            Self::MainConfig(paths) | Self::VirtualHostInclude(paths) => paths,
            Self::Htaccess(_) | Self::DocumentRoot(_) => &[],
        }
    }
}

/// How it is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Local folders that stand for the server's.
    pub docroots: Vec<DocrootMapping>,
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
    /// How much work the configuration may ask for.
    pub limits: Limits,
    /// The time zone the server runs in; `None` when nobody told.
    pub time_zone: Option<TimeZone>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            docroots: Vec::new(),
            server_root: None,
            defines: Vec::new(),
            modules: Vec::new(),
            unknown_directives: UnknownDirectives::default(),
            version: "2.4.71".to_owned(),
            limits: Limits::default(),
            time_zone: None,
        }
    }
}

impl ReadOptions {
    /// What of it the parser has to know.
    pub(crate) fn to_load(&self, recording: Recording) -> LoadOptions {
        let mut options = LoadOptions::default();
        options.folders = self.docroots.iter().filter_map(explicit).collect();
        options.server_root.clone_from(&self.server_root);
        options.defines.clone_from(&self.defines);
        options.modules.clone_from(&self.modules);
        options.unknown_directives = self.unknown_directives;
        options.version.clone_from(&self.version);
        options.regex = Some(matches);
        options.bounds = self.limits.bounds();
        options.advice.server_root = "`--server-root DIR` says where files below `ServerRoot` are";
        options.advice.not_regular = "a pipe is read only when the command line names it";
        options.recording = recording;
        options
    }
}

/// A folder of the server that is named.
fn explicit(mapping: &DocrootMapping) -> Option<Folder> {
    Some(Folder {
        server: mapping.server_path.clone()?,
        local: mapping.local_path.clone(),
    })
}

/// Asks a regular expression, as the server would; `None` when it is none.
fn matches(expression: &[u8], text: &[u8]) -> Option<bool> {
    let pattern = Pattern::new(expression, PatternOptions::default());
    pattern.check().ok()?;
    Some(pattern.is_match(text))
}

/// A folder here that stands for one on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocrootMapping {
    /// The folder on the server; `None` for the only (or the main server's) `DocumentRoot`.
    pub server_path: Option<Vec<u8>>,
    /// The folder here.
    pub local_path: Vec<u8>,
}

/// Directives that only a main configuration has, in lower case.
const OF_MAIN: [&[u8]; 9] = [
    b"<virtualhost",
    b"documentroot",
    b"servername",
    b"listen",
    b"loadmodule",
    b"serverroot",
    b"include",
    b"includeoptional",
    b"<directory",
];

/// What `paths` most likely are.
///
/// A directory is a document root, a file called `.htaccess` is one. Otherwise the lines decide, of
/// all files together: one that only the server's own files have (`<VirtualHost>`, `<Directory>`,
/// `ServerName`, `Include` …) makes it a main configuration; a `RewriteBase` outside of sections,
/// or rules none of which expects the slash every URL-path begins with (in a file not called
/// `.conf`), make a single file a `.htaccess` file; anything else is a file to be included in a
/// virtual host.
pub fn guess(loader: &dyn Loader, paths: &[Vec<u8>]) -> Input {
    if let [path] = paths {
        if loader.kind(path) == Some(EntryKind::Directory) {
            return Input::DocumentRoot(path.clone());
        }
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        if name.starts_with(b".htaccess") {
            return Input::Htaccess(path.clone());
        }
    }
    let most = Limit::FileBytes.default_value();
    let contents = paths.iter().filter_map(|path| loader.read(path, most).ok());
    let signs: Vec<Sign> = contents.flat_map(|bytes| signs(&bytes)).collect();
    let has = |sign| signs.contains(&sign);
    let rules = has(Sign::RuleWithSlash) || has(Sign::RuleWithoutSlash);
    match paths {
        _ if has(Sign::Main) || signs.is_empty() => Input::MainConfig(paths.to_vec()),
        [path] if has(Sign::Base) => Input::Htaccess(path.clone()),
        [path] if rules && !has(Sign::RuleWithSlash) && !path.ends_with(b".conf") => {
            Input::Htaccess(path.clone())
        }
        _ => Input::VirtualHostInclude(paths.to_vec()),
    }
}

/// What a line says about its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Main,
    Base,
    RuleWithSlash,
    RuleWithoutSlash,
    Other,
}

fn signs(bytes: &[u8]) -> Vec<Sign> {
    let lines = Lines::new(FileId(0), bytes).filter(|line| !line.is_ignored());
    lines.map(|line| sign(&line)).collect()
}

fn sign(line: &Line) -> Sign {
    let mut words = Words::new(line, 0..line.text().len());
    let mut word = || words.take().map(|word| word.value).unwrap_or_default();
    let name = word().to_ascii_lowercase();
    match name.as_slice() {
        b"rewritebase" => Sign::Base,
        b"rewriterule" => {
            let pattern = word();
            let bare = pattern.iter().find(|byte| !b"!^(?:".contains(byte));
            match bare {
                Some(b'/') => Sign::RuleWithSlash,
                Some(b'.' | b'*' | b'[' | b'$' | b'\\') | None => Sign::Other,
                Some(_) if pattern.starts_with(b"^") || pattern.starts_with(b"!^") => {
                    Sign::RuleWithoutSlash
                }
                Some(_) => Sign::Other,
            }
        }
        name if OF_MAIN.contains(&name) => Sign::Main,
        _ => Sign::Other,
    }
}

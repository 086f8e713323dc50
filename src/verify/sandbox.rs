//! Copies of a configuration that start nothing, open nothing and write nothing.
//!
//! In: the lines that Apache carries out, as the loader read them. Out: [`Copies`]: files that hold those
//! of them that are listed as harmless, and what was left out. Absent: reading the configuration (the
//! compiler), starting a server with the copies (`layout`).
//!
//! A copy is made from directives, and not from text: continuations, quotes, variables, macros and
//! white space are settled before a directive's name is looked up, and the name is written anew.

pub mod allowed;
mod arguments;
mod copy;
pub mod document_root;
mod left_out;
pub mod relocation;
mod skipping;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs;
use std::io;
use std::path::PathBuf;

use edgewright_compiler::spans::in_site;
use edgewright_compiler::transcript::{
    EffectiveLine, Event, LineKind, MapFile, Standing, Transcript,
};
use edgewright_compiler::{Reading, Sources};
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{Host, SectionId};
use edgewright_parser::source::Span;

use self::allowed::{Admission, CONDITIONALS, Check, HARMLESS_MODULES, MISPLACED, UNKNOWN};
use self::arguments::{quoted, words_of};
use self::copy::{CopiedLine, Copy};
pub use self::left_out::LeftOut;
use self::relocation::Relocation;
use self::skipping::Skipping;
use super::install::Installation;

/// Ports of the configuration, and those that stand for them on this machine.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// Each port that is served, and its stand-in.
    pub served: Vec<(u16, u16)>,
    /// Directives that make a host speak TLS; empty where there is no TLS.
    pub tls: Vec<String>,
}

impl Ports {
    /// The stand-in; a port that is not served stays, and nobody listens there.
    fn local(&self, written: u16) -> u16 {
        let found = self.served.iter().find(|(port, _)| *port == written);
        found.map_or(written, |(_, local)| *local)
    }
}

/// What copies are made from.
#[derive(Debug)]
pub struct Original<'r> {
    /// What was read.
    pub reading: &'r Reading,
    /// The lines that Apache carries out.
    pub transcript: &'r Transcript,
    /// The Apache that is to read the copies.
    pub installation: &'r Installation,
    /// Ports of the configuration, and those that stand for them.
    pub ports: Ports,
    /// From paths of the configuration to paths here.
    pub relocation: Relocation,
    /// The folder that the copies are for.
    pub folder: PathBuf,
}

/// Where lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    /// A file of the server.
    ServerFile,
    /// A `.htaccess` file. Apache itself decides which lines may stand there, so a line that is left out
    /// has something in its place that Apache decides alike.
    AccessFile,
    /// A `<Directory>` section in the place of a `.htaccess` file that Apache accepts.
    DirectorySection,
}

/// The copies of a configuration.
#[derive(Debug)]
pub struct Copies<'r> {
    original: Original<'r>,
    /// Hosts by the line of their `<VirtualHost>`, in the order they were read.
    hosts: HashMap<Place, VecDeque<&'r Host>>,
    /// The host whose section is being copied.
    host: Option<&'r Host>,
    /// Copies of map files, by the path that is written.
    maps: HashMap<Vec<u8>, String>,
    files: Vec<Copy>,
    /// The open files, innermost last.
    open: Vec<usize>,
    /// Files with `.htaccess` files as sections, by what a host has of its own.
    access: BTreeMap<BTreeMap<Vec<u8>, Option<SectionId>>, usize>,
    /// The lines that are not in any copy.
    pub left_out: LeftOut,
}

impl<'r> Copies<'r> {
    /// No copy yet.
    ///
    /// # Errors
    /// The copies of map files cannot be written.
    pub fn new(original: Original<'r>) -> io::Result<Self> {
        fs::create_dir(original.folder.join("copies"))?;
        let maps = copy_maps(&original)?;
        let mut hosts: HashMap<Place, VecDeque<&Host>> = HashMap::new();
        for host in &original.reading.site.hosts {
            if let Some(place) = host.place {
                hosts.entry(place).or_default().push_back(host);
            }
        }
        Ok(Self {
            original,
            hosts,
            host: None,
            maps,
            files: Vec::new(),
            open: Vec::new(),
            access: BTreeMap::new(),
            left_out: LeftOut::default(),
        })
    }

    /// Copies the server's files; returns the lines that include them.
    pub fn server_files(&mut self) -> String {
        let transcript = self.original.transcript;
        let first = self.files.len();
        self.events(&transcript.events, Destination::ServerFile);
        let mut lines = String::new();
        for file in self.top_level(first) {
            lines += &format!("Include \"{}\"\n", self.files[file].path.display());
        }
        let hosts = &self.original.reading.site.hosts;
        let is_alone = hosts.iter().all(|host| host.place.is_none());
        let main = hosts.first().filter(|_| is_alone);
        if let Some(file) = main.and_then(|main| self.access_sections(main)) {
            lines += &format!("Include \"{}\"\n", self.files[file].path.display());
        }
        lines
    }

    /// Copies the `.htaccess` file of `directory` to `target`.
    pub fn access_file(&mut self, directory: &[u8], target: PathBuf) {
        if let Some(events) = self.original.transcript.access_files.get(directory) {
            let file = self.begin(target);
            self.events(events, Destination::AccessFile);
            debug_assert_eq!(
                self.open.last(),
                Some(&file),
                "files begin and end in pairs"
            );
            self.open.pop();
        }
    }

    /// Files that no other includes, of those from `first` on.
    fn top_level(&self, first: usize) -> Vec<usize> {
        let lines = self.files.iter().flat_map(|file| &file.lines);
        let lines: HashSet<&[u8]> = lines.map(|line| line.text.as_slice()).collect();
        let is_included = |file: &Copy| lines.contains(include_line(&file.path).as_slice());
        let all = first..self.files.len();
        all.filter(|file| !is_included(&self.files[*file]))
            .collect()
    }

    fn begin(&mut self, path: PathBuf) -> usize {
        self.files.push(Copy {
            path,
            lines: Vec::new(),
        });
        self.open.push(self.files.len() - 1);
        self.files.len() - 1
    }

    fn next_path(&self) -> PathBuf {
        let name = format!("copies/{}.conf", self.files.len());
        self.original.folder.join(name)
    }

    fn events(&mut self, events: &'r [Event], destination: Destination) {
        let mut skipping: Option<Skipping> = None;
        for (at, event) in events.iter().enumerate() {
            if let Some(section) = &mut skipping {
                if section.ends_with(event) {
                    skipping = None;
                }
                if !matches!(event, Event::Ends) || skipping.is_some() {
                    continue;
                }
            }
            match event {
                Event::Begins(_) => {
                    let path = self.next_path();
                    if !self.open.is_empty() {
                        self.push(include_line(&path), None);
                    }
                    self.begin(path);
                }
                Event::Ends => {
                    self.open.pop();
                }
                Event::Line(line) => {
                    let inside = &events[at + 1..];
                    skipping = self.line(line, inside, destination).err();
                }
            }
        }
    }

    /// Copies one line.
    ///
    /// # Errors
    /// The line opens a section that is left out.
    fn line(
        &mut self,
        line: &EffectiveLine,
        inside: &[Event],
        destination: Destination,
    ) -> Result<(), Skipping> {
        let origin = Some(line.origin.span);
        match line.kind {
            LineKind::Holds | LineKind::Fails => self.conditional(line, destination),
            LineKind::Closes => self.close(line),
            LineKind::Opens if line.name.eq_ignore_ascii_case(b"<VirtualHost") => {
                for text in self.virtual_host(line, inside) {
                    self.push(text, origin);
                }
            }
            LineKind::Directive if line.name.eq_ignore_ascii_case(b"LoadModule") => {
                self.load_module(line, destination);
            }
            LineKind::Directive | LineKind::Opens | LineKind::Refused => {
                return self.plain(line, destination);
            }
        }
        Ok(())
    }

    fn plain(&mut self, line: &EffectiveLine, destination: Destination) -> Result<(), Skipping> {
        let reason = match allowed::admission(&line.name) {
            Admission::Checked(name, check) => match self.arguments(line, check) {
                Ok(arguments) => {
                    self.push(written(name, &arguments, line.kind), Some(line.origin.span));
                    return Ok(());
                }
                Err(reason) => Some(reason),
            },
            Admission::Replaced => None,
            Admission::Unlisted if line.name.is_empty() || line.name.starts_with(b"#") => {
                // Apache does nothing with the line, or refuses it for its length.
                self.push(
                    [b"#", line.arguments.as_slice()].concat(),
                    Some(line.origin.span),
                );
                return Ok(());
            }
            Admission::Unlisted => Some("it is not known to be harmless"),
        };
        match reason {
            Some(reason) => self.left_out.add(
                &line.name,
                shown(&self.original.reading.sources, line.origin.span),
                reason,
            ),
            None => self.left_out.replaced(&line.name),
        }
        self.stand_in(line, destination);
        match line.kind {
            LineKind::Opens => Err(Skipping::of(&line.name)),
            _ => Ok(()),
        }
    }

    fn arguments(&self, line: &EffectiveLine, check: Check) -> Result<Vec<u8>, arguments::Reason> {
        if line.kind == LineKind::Refused && check == Check::RewriteMap {
            // Whatever Apache refuses the line for, it refuses a line without arguments too.
            return Ok(Vec::new());
        }
        let mut text = line.arguments.clone();
        if line.name.eq_ignore_ascii_case(b"DocumentRoot")
            && let [path] = words_of(&text).as_slice()
            && !path.starts_with(b"/")
        {
            // What stands for `ServerRoot` here does not have the folder.
            let root = &self.original.reading.site.server_root;
            text = quoted(&[root.as_slice(), b"/", path].concat());
        }
        let text = self.original.relocation.to_here(&text);
        arguments::checked(check, &text, &self.maps)
    }

    /// What Apache answers to a `.htaccess` file must not depend on what is left out of it.
    fn stand_in(&mut self, line: &EffectiveLine, destination: Destination) {
        if destination != Destination::AccessFile {
            return;
        }
        let text = match line.standing {
            Standing::Loaded {
                in_access_files: true,
            }
            | Standing::Foreign => return,
            Standing::Loaded {
                in_access_files: false,
            } => MISPLACED,
            Standing::NotLoaded | Standing::Unknown => UNKNOWN,
        };
        self.push(text.as_bytes().to_vec(), Some(line.origin.span));
    }

    /// Which conditional sections are true is settled, but not whether they may stand where they do, nor
    /// whether they are closed.
    fn conditional(&mut self, line: &EffectiveLine, destination: Destination) {
        let is_it = |(name, _): &&(&str, &str)| name.as_bytes().eq_ignore_ascii_case(&line.name);
        let Some((name, holds)) = CONDITIONALS.iter().find(is_it) else {
            return;
        };
        let open = format!("{name} {holds}>").into_bytes();
        let origin = Some(line.origin.span);
        match (line.kind, destination) {
            (LineKind::Fails, Destination::AccessFile) => {
                self.push(open, origin);
                self.push(closing(name), origin);
            }
            (LineKind::Fails, _) => {}
            _ => self.push(open, origin),
        }
    }

    fn close(&mut self, line: &EffectiveLine) {
        let bare = line.name.strip_prefix(b"</").unwrap_or(&line.name);
        let Some(name) = allowed::section(&[b"<", bare].concat()) else {
            return;
        };
        if name == "<VirtualHost"
            && let Some(host) = self.host.take()
            && let Some(file) = self.access_sections(host)
        {
            self.push(include_line(&self.files[file].path.clone()), None);
        }
        self.push(closing(name), Some(line.origin.span));
    }

    fn push(&mut self, mut text: Vec<u8>, origin: Option<Span>) {
        if text.ends_with(b"\\") {
            // A backslash at the end would join the next line to this one.
            text.push(b' ');
        }
        if let Some(file) = self.open.last().and_then(|file| self.files.get_mut(*file)) {
            file.lines.push(CopiedLine { text, origin });
        }
    }

    /// `<VirtualHost>` with its ports changed. A host without name of its own would take the port from
    /// there, so it gets its name with the port it had.
    fn virtual_host(&mut self, line: &EffectiveLine, inside: &[Event]) -> Vec<Vec<u8>> {
        let place = in_site(self.original.reading.sources.place(line.origin.span));
        let host = self.hosts.get_mut(&place).and_then(VecDeque::pop_front);
        self.host = host;
        let Some(host) = host else {
            // A host that Apache refuses.
            return vec![b"<VirtualHost>".to_vec()];
        };
        let ports = &self.original.ports;
        let mut open = String::from("<VirtualHost");
        for address in &host.addresses {
            open += &match address.port {
                None => " *".to_owned(),
                Some(port) => format!(" *:{}", ports.local(port)),
            };
        }
        open.push('>');
        let mut lines = vec![open.into_bytes()];
        if host.tls {
            lines.extend(ports.tls.iter().map(|line| line.as_bytes().to_vec()));
        }
        let port = host.addresses.first().and_then(|address| address.port);
        if let (Some(port), false, false) = (port, host.name.is_empty(), names_its_host(inside)) {
            let name = quoted(&[host.name.as_slice(), format!(":{port}").as_bytes()].concat());
            lines.push([b"ServerName ", name.as_slice()].concat());
        }
        lines
    }

    /// Only libraries of the server at hand are loaded, by names that are known.
    fn load_module(&mut self, line: &EffectiveLine, destination: Destination) {
        let symbol = symbol_of(line);
        let name = symbol.strip_suffix("_module").unwrap_or(&symbol);
        let known = HARMLESS_MODULES.iter().find(|known| **known == name);
        let file = known.and_then(|known| self.original.installation.module(known));
        match (known, file) {
            (Some(known), Some(file)) if destination == Destination::ServerFile => {
                let text = load_module(known, &file.display().to_string());
                self.push(text.into_bytes(), Some(line.origin.span));
                self.left_out.replaced(b"LoadModule");
            }
            (Some(_), _) => self.stand_in(line, destination),
            (None, _) => {
                self.left_out.add_module(name);
                self.stand_in(line, destination);
            }
        }
    }

    /// A file with the `.htaccess` files that a host reads, as `<Directory>` sections, which come after
    /// all others of the same directory.
    fn access_sections(&mut self, host: &Host) -> Option<usize> {
        let original = &self.original;
        if original.transcript.access_files.is_empty() {
            return None;
        }
        if let Some(file) = self.access.get(&host.overrides) {
            return Some(*file);
        }
        let path = self.next_path();
        let file = self.begin(path);
        let reading = self.original.reading;
        for (directory, events) in &self.original.transcript.access_files {
            let own = host.overrides.get(directory).copied();
            let shared = reading.site.tree.overrides.get(directory).copied();
            let Some(section) = own.unwrap_or(shared) else {
                continue;
            };
            let here = self.original.relocation.to_here(directory);
            let name = quoted(&without_wildcards(&[here.as_slice(), b"/"].concat()));
            self.push([b"<Directory ", name.as_slice(), b">"].concat(), None);
            let section = usize::try_from(section.0).ok();
            let section = section.and_then(|at| reading.site.sections.get(at));
            if section.is_some_and(|section| section.settings.broken) {
                self.push(b"RedirectMatch 500 ^".to_vec(), None);
            } else {
                self.events(events, Destination::DirectorySection);
            }
            self.push(b"</Directory>".to_vec(), None);
        }
        self.open.pop();
        self.access.insert(host.overrides.clone(), file);
        Some(file)
    }

    /// Writes every copy.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self) -> io::Result<()> {
        self.files.iter().try_for_each(Copy::write)
    }

    /// Leaves out line `number` of the copy `path`, with what it opens; `false` if there is none.
    pub fn leave_out(&mut self, path: &str, number: usize) -> bool {
        let mut files = self.files.iter_mut();
        let Some(file) = files.find(|file| file.path.as_os_str() == path) else {
            return false;
        };
        let Some(removed) = number.checked_sub(1).and_then(|at| file.blank(at)) else {
            return false;
        };
        let name = removed
            .text
            .split(u8::is_ascii_whitespace)
            .next()
            .unwrap_or_default();
        let sources = &self.original.reading.sources;
        let place = removed
            .origin
            .map_or_else(String::new, |span| shown(sources, span));
        self.left_out.add(name, place, "no module here has it");
        file.write().is_ok()
    }

    /// What Apache says of copies, about the files they are copies of.
    pub fn in_terms_of_originals(&self, words: &str) -> String {
        let mut text = words.to_owned();
        for (written, copy) in &self.maps {
            text = text.replace(copy, &String::from_utf8_lossy(written));
        }
        for file in &self.files {
            let of_copy = format!(" of {}", file.path.display());
            while let Some(at) = text.find(&of_copy) {
                let before = &text[..at];
                let digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
                let (lead, number) = before.split_at(at - digits);
                let origin = number
                    .parse()
                    .ok()
                    .and_then(|number: usize| file.origin(number));
                let (number, name) = match origin {
                    Some(span) => self.original(span),
                    None => (number.to_owned(), "a file of `verify`".to_owned()),
                };
                text = format!("{lead}{number} of {name}{}", &text[at + of_copy.len()..]);
            }
        }
        text
    }

    /// Line and file of `span`.
    fn original(&self, span: Span) -> (String, String) {
        let sources = &self.original.reading.sources;
        let name = sources.get(span.file).map(|source| source.name.clone());
        let line = sources.place(span).line.to_string();
        (line, name.unwrap_or_default())
    }
}

fn shown(sources: &Sources, span: Span) -> String {
    sources.display(sources.place(span))
}

/// Does the section before `inside` name its host?
fn names_its_host(inside: &[Event]) -> bool {
    let lines = inside.iter().filter_map(|event| match event {
        Event::Line(line) => Some(line),
        Event::Begins(_) | Event::Ends => None,
    });
    let mut own = lines.take_while(|line| !line.name.eq_ignore_ascii_case(b"</VirtualHost"));
    own.any(|line| line.name.eq_ignore_ascii_case(b"ServerName"))
}

/// The copies of text maps, by the path that is written.
fn copy_maps(original: &Original<'_>) -> io::Result<HashMap<Vec<u8>, String>> {
    let mut copies = HashMap::new();
    for (number, (path, file)) in original.transcript.map_files.iter().enumerate() {
        let target = original.folder.join(format!("copies/{number}.map"));
        match file {
            MapFile::Read(file) => {
                let source = original.reading.sources.get(*file);
                fs::write(&target, source.map_or(&[][..], |source| &source.bytes))?;
            }
            // Apache says so itself.
            MapFile::Missing => {}
            MapFile::Unread => continue,
        }
        // The path is looked up as it stands in the copy.
        let written = original.relocation.to_here(path);
        copies.insert(written, target.display().to_string());
    }
    Ok(copies)
}

/// The first argument of a `LoadModule`.
fn symbol_of(line: &EffectiveLine) -> String {
    let first = words_of(&line.arguments).into_iter().next();
    String::from_utf8_lossy(&first.unwrap_or_default()).into_owned()
}

/// Does the configuration load its modules itself? As the compiler decides it: one that loads neither
/// of the two modules whose directives are looked for is only a part of one.
pub fn loads_its_modules(transcript: &Transcript) -> bool {
    let is_it = |symbol: &str| matches!(symbol, "rewrite_module" | "alias_module");
    transcript.events.iter().any(|event| match event {
        Event::Line(line) => {
            line.name.eq_ignore_ascii_case(b"LoadModule") && is_it(&symbol_of(line))
        }
        Event::Begins(_) | Event::Ends => false,
    })
}

fn include_line(path: &std::path::Path) -> Vec<u8> {
    format!("Include \"{}\"", path.display()).into_bytes()
}

fn closing(open: &str) -> Vec<u8> {
    format!("</{}>", open.trim_start_matches('<')).into_bytes()
}

fn written(name: &str, arguments: &[u8], kind: LineKind) -> Vec<u8> {
    let mut text = name.as_bytes().to_vec();
    if !arguments.is_empty() {
        text.push(b' ');
        text.extend_from_slice(arguments);
    }
    if kind == LineKind::Opens {
        text.push(b'>');
    }
    text
}

/// `LoadModule` for a library of the server at hand.
pub fn load_module(name: &str, file: &str) -> String {
    format!("LoadModule {name}_module \"{file}\"")
}

/// A directory's name, not a pattern.
fn without_wildcards(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    for byte in path {
        if b"*?[]\\".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

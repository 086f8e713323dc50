//! Cases in tables: `tests/cases/*.txt`.
//!
//! In: those files. Out: [`Case`]s, each a configuration with requests and what Apache answered; the
//! file's text with other answers. Absent: running them.
//!
//! A file has a text about itself, then cases:
//!
//! ```text
//! == what the case is about
//! RewriteEngine On                 directives of the virtual host h.test, inside the frame that random
//! RewriteRule ^/a$ /b? [R]         rule sets have too
//! -- main                          directives before the virtual host
//! -- second                        directives of another virtual host, second.test
//! -- .htaccess                     a file below the document root; any name
//! -- hosts                         virtual hosts in full, instead of h.test
//! -- diagnostics                   what compiling must say, each line a code and part of the text
//! -- requests
//! /a?q=1
//!   302 http://h.test/b
//! POST /a%20b | Host: H.test:80
//!   403
//!   edge: 404                      only where the edge cannot answer as Apache does
//! ```
//!
//! ` | -Host` sends no `Host`. Bytes from 0x80, control characters and backslashes are written `\x80`. `@ROOT@` stands for the
//! document root, `@BASE@` for the folder it is in, `@ADDRESS@` for `<VirtualHost>`'s argument.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::contract::Outcome;
use crate::record::latin_1;
use crate::rule_sets::{DOCUMENT_ROOT, FILES, HOST, MAP, RuleSet};
use crate::sent::Sent;
use crate::wire::Request;

/// Stands for the folder the document root and the map are in.
const BASE: &str = "@BASE@";

/// Stands for the argument of `<VirtualHost>`.
const ADDRESS: &str = "@ADDRESS@";

/// A file of cases.
#[derive(Debug)]
pub struct CaseFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One configuration with its requests.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// Directives before the virtual hosts.
    pub main: String,
    /// Directives of the virtual host.
    pub host: String,
    /// Directives of the other virtual host; there is none without.
    pub second: String,
    /// Virtual hosts in full; then `host` is not used.
    pub hosts: Option<String>,
    /// Files below the document root, in addition to [`FILES`].
    pub files: BTreeMap<String, String>,
    /// Codes and texts of diagnostics.
    pub diagnostics: Vec<String>,
    /// What is asked.
    pub exchanges: Vec<Exchange>,
}

/// A request and its answers, rendered.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its line in the file, from 0.
    pub line: usize,
    /// As written.
    pub written: String,
    /// The request.
    pub request: Request,
    /// What Apache answers; empty when nobody has asked it yet.
    pub apache: String,
    /// What the edge answers, where that is not the same.
    pub edge: Option<String>,
}

/// The folders a case is run in.
#[derive(Debug, Clone)]
pub struct Place {
    /// A folder for the document root and the map.
    pub base: String,
    /// The document root.
    pub root: String,
}

impl Place {
    /// Below `base`, the folder `name`.
    pub fn new(base: impl Into<String>, name: &str) -> Self {
        let base = base.into();
        let root = format!("{base}/{name}");
        Self { base, root }
    }

    /// Puts real names in the place of placeholders.
    fn localise(&self, text: &str) -> String {
        text.replace(DOCUMENT_ROOT, &self.root)
            .replace(BASE, &self.base)
    }

    /// Puts placeholders in the place of real names.
    fn generalise(&self, text: &str) -> String {
        text.replace(&self.root, DOCUMENT_ROOT)
            .replace(&self.base, BASE)
    }

    /// An answer as case files write it.
    pub fn render(&self, sent: &Sent) -> String {
        self.generalise(&render(sent))
    }
}

/// Every case file, in order of names.
///
/// # Errors
/// One cannot be read, or says something that is not known here.
pub fn all() -> io::Result<Vec<CaseFile>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|name| name == "txt"))
        .collect();
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> io::Result<CaseFile> {
    let text = fs::read_to_string(&path)?;
    let cases = parse(&text)
        .map_err(|problem| io::Error::other(format!("{}: {problem}", path.display())))?;
    Ok(CaseFile { path, text, cases })
}

/// The parts of a case that have a name of their own; any other name is a file's.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Host,
    Main,
    Second,
    Hosts,
    Diagnostics,
    Requests,
    File(String),
}

fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = Part::Host;
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("== ") {
            let name = name.to_owned();
            cases.push(Case {
                name,
                ..Case::default()
            });
            part = Part::Host;
            continue;
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(name) = line.strip_prefix("-- ") {
            part = named(name);
            continue;
        }
        case.take(&part, number, line)
            .map_err(|problem| format!("line {}: {problem}: {line}", number + 1))?;
    }
    Ok(cases)
}

fn named(name: &str) -> Part {
    match name {
        "main" => Part::Main,
        "second" => Part::Second,
        "hosts" => Part::Hosts,
        "diagnostics" => Part::Diagnostics,
        "requests" => Part::Requests,
        name => Part::File(name.to_owned()),
    }
}

impl Case {
    fn take(&mut self, part: &Part, number: usize, line: &str) -> Result<(), &'static str> {
        let text = match part {
            Part::Host => &mut self.host,
            Part::Main => &mut self.main,
            Part::Second => &mut self.second,
            Part::Hosts => self.hosts.get_or_insert_default(),
            Part::File(name) => self.files.entry(name.clone()).or_default(),
            Part::Diagnostics => {
                self.diagnostics.extend(filled(line).map(str::to_owned));
                return Ok(());
            }
            Part::Requests => return self.take_exchange(number, line),
        };
        *text += line;
        text.push('\n');
        Ok(())
    }

    fn take_exchange(&mut self, number: usize, line: &str) -> Result<(), &'static str> {
        let Some(line) = filled(line) else {
            return Ok(());
        };
        let Some(answer) = line.strip_prefix("  ") else {
            self.exchanges.push(Exchange {
                line: number,
                written: line.to_owned(),
                request: request(line).ok_or("not a request")?,
                apache: String::new(),
                edge: None,
            });
            return Ok(());
        };
        let exchange = self.exchanges.last_mut().ok_or("an answer to nothing")?;
        match answer.strip_prefix("edge: ") {
            Some(answer) => exchange.edge = Some(answer.to_owned()),
            None => answer.clone_into(&mut exchange.apache),
        }
        Ok(())
    }

    /// The configuration of its virtual hosts; `address` is their `<VirtualHost>`'s argument.
    pub fn virtual_hosts(&self, address: &str, place: &Place) -> String {
        let text = if let Some(hosts) = &self.hosts {
            hosts.replace(ADDRESS, address)
        } else {
            let second = self.second.lines().map(str::to_owned);
            let set = RuleSet {
                host: vec![self.host.trim_end().to_owned()],
                second: second.collect(),
                ..RuleSet::default()
            };
            set.virtual_host(address, DOCUMENT_ROOT, &format!("{BASE}/m.txt"))
        };
        place.localise(&text)
    }

    /// Its directives before the virtual hosts.
    pub fn main(&self, place: &Place) -> String {
        place.localise(&self.main)
    }

    /// Every file it needs: path and content.
    pub fn files(&self, place: &Place) -> Vec<(String, String)> {
        let fixed = FILES
            .iter()
            .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()));
        let own = self
            .files
            .iter()
            .map(|(name, content)| (name.clone(), place.localise(content)));
        let below = fixed
            .chain(own)
            .map(|(name, content)| (format!("{}/{name}", place.root), content));
        below
            .chain([(format!("{}/m.txt", place.base), MAP.to_owned())])
            .collect()
    }
}

fn filled(line: &str) -> Option<&str> {
    Some(line.trim_end()).filter(|line| !line.is_empty())
}

/// Written in the place of a header by a request that has no `Host`.
const NO_HOST: &str = "-Host";

/// `[METHOD ]TARGET[ | NAME: VALUE]…`.
fn request(line: &str) -> Option<Request> {
    let has_host = line.split(" | ").all(|part| part != NO_HOST);
    let mut parts = line.split(" | ").filter(|part| *part != NO_HOST);
    let first = parts.next()?;
    let (method, target) = match first.split_once(' ') {
        Some((method, target)) => (method, target),
        None => ("GET", first),
    };
    let headers = parts.map(|header| {
        let (name, value) = header.split_once(':')?;
        Some((latin_1(name), bytes(value.trim_start())))
    });
    let (hosts, headers): (Vec<_>, Vec<_>) = headers
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .partition(|(name, _)| name == b"Host");
    let host = hosts.into_iter().next().map(|(_, value)| value);
    Some(Request {
        method: latin_1(method),
        target: bytes(target),
        host: host.or(Some(HOST.into())).filter(|_| has_host),
        headers,
    })
}

/// Undoes [`escape`].
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        out.extend(latin_1(before));
        let digits = after.get(..2).unwrap_or_default();
        if let Ok(byte) = u8::from_str_radix(digits, 16) {
            out.push(byte);
            rest = &after[2..];
        } else {
            out.extend(b"\\x");
            rest = after;
        }
    }
    out.extend(latin_1(rest));
    out
}

/// A request as case files write it.
pub fn write_request(request: &Request) -> String {
    let mut text = escape(&request.target);
    if request.method != b"GET" || text.contains(' ') {
        text = format!("{} {text}", escape(&request.method));
    }
    let host = request.host.iter().filter(|host| *host != HOST.as_bytes());
    for host in host {
        text += &format!(" | Host: {}", escape(host));
    }
    if request.host.is_none() {
        text += &format!(" | {NO_HOST}");
    }
    for (name, value) in &request.headers {
        text += &format!(" | {}: {}", escape(name), escape(value));
    }
    text
}

/// Control characters, backslashes and bytes from 0x80 as `\xNN`.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b' '..=b'[' | b']'..=b'~' => text.push(char::from(*byte)),
            _ => text += &format!("\\x{byte:02x}"),
        }
    }
    text
}

/// An answer as case files write it.
pub fn render(Sent { line, headers }: &Sent) -> String {
    let mut text = match &line.outcome {
        Outcome::Redirect { status, location } => format!("{status} {location}"),
        Outcome::Status { status } => status.to_string(),
        Outcome::Serve { path, query } if query.is_empty() => format!("serve {path}"),
        Outcome::Serve { path, query } => format!("serve {path} ?{query}"),
        Outcome::Proxy { url } => format!("proxy {url}"),
        Outcome::Unsupported { reason } => format!("unsupported: {reason}"),
    };
    for cookie in &line.cookies {
        text += &format!(" | Set-Cookie: {cookie}");
    }
    for header in &headers.0 {
        text += &format!(" | {header}");
    }
    escape(&latin_1(&text))
}

impl CaseFile {
    /// The text with these answers of Apache, by line of the request.
    pub fn with_answers(&self, answers: &BTreeMap<usize, String>) -> String {
        let mut text = String::new();
        let mut follows = false;
        for (number, line) in self.text.lines().enumerate() {
            let is_answer = follows && line.starts_with("  ") && !line.starts_with("  edge: ");
            if is_answer {
                continue;
            }
            text += line;
            text.push('\n');
            follows = answers.contains_key(&number) || follows && line.starts_with("  edge: ");
            if let Some(answer) = answers.get(&number) {
                text += &format!("  {answer}\n");
            }
        }
        text
    }
}

/// A rule set with one exchange, as case files write them.
pub fn write_case(set: &RuleSet, request: &Request, answers: &str) -> String {
    let mut text = format!("{}\n", set.host.join("\n"));
    if !set.main.is_empty() {
        text += &format!("-- main\n{}\n", set.main.join("\n"));
    }
    if !set.second.is_empty() {
        text += &format!("-- second\n{}\n", set.second.join("\n"));
    }
    for (directory, lines) in &set.htaccess {
        text += &format!("-- {directory}.htaccess\n{}\n", lines.join("\n"));
    }
    text + &format!("-- requests\n{}\n{answers}\n", write_request(request))
}

#[cfg(test)]
mod tests {
    use super::{CaseFile, parse, write_request};
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    const TEXT: &str = "About.\n\n== one\nRewriteEngine On\n-- sub/.htaccess\nA\nB\n-- requests\n/a\n  old\n  edge: 404\nHEAD /\\xe9 | Host: x | A: b\n";

    #[test]
    fn a_file_is_read_and_written() {
        let cases = parse(TEXT).unwrap_or_default();
        assert_eq!(cases.len(), 1);
        assert_eq!(cases[0].files["sub/.htaccess"], "A\nB\n");
        let (first, second) = (&cases[0].exchanges[0], &cases[0].exchanges[1]);
        assert_eq!(
            (first.apache.as_str(), first.edge.as_deref()),
            ("old", Some("404"))
        );
        assert_eq!(second.request.target, b"/\xe9");
        assert_eq!(write_request(&second.request), second.written);
        let file = CaseFile {
            path: PathBuf::new(),
            text: TEXT.to_owned(),
            cases: cases.clone(),
        };
        let answers = BTreeMap::from([
            (first.line, "403".to_owned()),
            (second.line, "1".to_owned()),
        ]);
        let expected = TEXT.replace("  old", "  403") + "  1\n";
        assert_eq!(file.with_answers(&answers), expected);
    }
}

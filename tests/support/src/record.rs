//! Recorded answers of a real Apache: `tests/cases/apache-2.4.71.jsonl`.
//!
//! In: that file. Out: [`Record`]s, and the configuration text and request of each. Absent: running
//! them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::wire::Request;

/// One configuration, one request, and what Apache 2.4.71 answered.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    /// Directives at server level.
    pub main: String,
    /// Directives in the virtual host.
    pub vhost: String,
    /// Directives in a `<Directory>` for the document root.
    pub directory: String,
    /// The argument of `AllowOverride` there.
    pub allow_override: String,
    /// Files below the document root, `.htaccess` files among them, with their content.
    pub files: BTreeMap<String, String>,
    /// `ServerName`.
    pub server_name: String,
    /// The `Host` header.
    pub host_header: String,
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// Other headers, each line ended by CR LF.
    pub req_headers: String,
    /// The status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// `Set-Cookie` values.
    pub set_cookie: Vec<String>,
    /// `Vary` values.
    pub vary: Vec<String>,
    /// `r->uri` in the end, escaped; absent where Apache sent no headers of ours.
    pub final_uri_escaped: Option<String>,
    /// `r->args` in the end, escaped; absent where Apache sent no headers of ours.
    pub final_args_escaped: Option<String>,
    /// `r->filename` in the end, escaped; absent where Apache sent no headers of ours.
    pub final_filename_escaped: Option<String>,
    /// The body, for a served file.
    #[serde(default)]
    pub body: Option<String>,
}

/// Folder names the records were made with; requests and configurations may hold them.
const RECORDED_BASE: &str = "/tmp/recorded";

/// Where a record's files are when it is run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The document root, without trailing slash.
    pub document_root: String,
    /// A folder directly below `/tmp`; [`OUTSIDE_FILE`] stands in it.
    pub base: String,
}

/// A readable file outside every document root, below [`Folders::base`].
pub const OUTSIDE_FILE: (&str, &str) = ("ext/f", "EXTFILE\n");

impl Folders {
    /// Puts real names in the place of recorded ones.
    pub fn localise(&self, text: &str) -> String {
        let inside_tmp = |path: &str| path.trim_start_matches("/tmp/").to_owned();
        text.replace(&format!("{RECORDED_BASE}/a/t1.test"), &self.document_root)
            .replace("/ROOT/t1.test", &self.empty_root())
            .replace(RECORDED_BASE, &self.base)
            .replace(&inside_tmp(RECORDED_BASE), &inside_tmp(&self.base))
            .replace("/DOCROOT", &self.document_root)
            .replace("/BASE", &self.base)
    }

    /// The folders as recorded.
    pub fn recorded() -> Self {
        Self {
            document_root: format!("{RECORDED_BASE}/a/t1.test"),
            base: RECORDED_BASE.to_owned(),
        }
    }

    /// Puts recorded names in the place of real ones.
    pub fn generalise(&self, text: &str) -> String {
        let Self {
            document_root,
            base,
        } = Self::recorded();
        let inside_tmp = |path: &str| path.trim_start_matches("/tmp/").to_owned();
        text.replace(&self.document_root, &document_root)
            .replace(&self.base, &base)
            .replace(&inside_tmp(&self.base), &inside_tmp(&base))
    }

    /// The document root of the host that answers when no name fits; nothing is in it.
    pub fn empty_root(&self) -> String {
        format!("{}/empty", self.base)
    }
}

impl Record {
    /// The recorded answers, in file order.
    ///
    /// # Panics
    /// The file is not what it was: it is part of this package.
    #[expect(
        clippy::expect_used,
        reason = "a broken recording must stop every test that uses it"
    )]
    pub fn all() -> Vec<Self> {
        let text = include_str!("../../cases/apache-2.4.71.jsonl");
        let read = |line| serde_json::from_str(line).expect("a record");
        text.lines().map(read).collect()
    }

    /// What makes two records part of one configuration.
    pub fn configuration(&self) -> impl Ord + use<> {
        let main = (
            self.main.clone(),
            self.vhost.clone(),
            self.directory.clone(),
        );
        (main, self.server_name.clone(), self.files.clone())
    }

    /// Does the answer depend on when it is given?
    pub fn depends_on_clock(&self) -> bool {
        self.vhost.contains("%{TIME_") && self.target == "/d"
    }

    /// The configuration text of two virtual hosts: one without directives, which answers when no
    /// name fits, and the recorded one. `address` is their `<VirtualHost>`'s argument.
    pub fn virtual_hosts(&self, address: &str, folders: &Folders) -> String {
        let Self {
            vhost,
            directory,
            allow_override,
            server_name,
            ..
        } = self;
        let first = folders.empty_root();
        let text = format!(
            "<VirtualHost {address}>\nServerName first.test:80\nDocumentRoot {first}\n</VirtualHost>\n\
             <VirtualHost {address}>\nServerName {server_name}\nDocumentRoot /DOCROOT\n{vhost}\n\
             <Directory /DOCROOT>\nAllowOverride {allow_override}\n{directory}\n</Directory>\n</VirtualHost>\n"
        );
        folders.localise(&text)
    }

    /// The request to send.
    pub fn request(&self, folders: &Folders) -> Request {
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((latin_1(name), latin_1(value)))
        };
        Request {
            method: latin_1(&self.method),
            target: latin_1(&folders.localise(&self.target)),
            host: Some(latin_1(&self.host_header)),
            headers: self.req_headers.split("\r\n").filter_map(header).collect(),
        }
    }
}

/// The bytes of a text whose characters stand for one byte each.
pub fn latin_1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?'))
        .collect()
}

/// Bytes as a text whose characters stand for one byte each.
pub fn from_latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

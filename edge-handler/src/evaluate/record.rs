//! One request on its way through the server: the part of `request_rec` that can change an answer.
//!
//! In: a client's request, or a record that starts another. Out: [`Record`]. Absent: what holds for
//! all records of one client request; see [`super::Run`].

use crate::model::site::FileKind;

use super::file_type::FileType;
use super::headers::{Lines, Sending};
use super::merge::Merged;
use super::table::Table;
use super::walk::Walks;

/// The status of a request nothing has gone wrong with (`HTTP_OK`).
pub(super) const OK: u16 = 200;

/// Who produces the response (`r->handler`, as far as it matters).
/// How the URL for another server is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlForm {
    /// The path is escaped, and the query added.
    Escaped,
    /// A rule with `NE` made it: it stays, and the query is added.
    Unescaped,
    /// A `ProxyPass` with `nocanon` took path and query as the client sent them.
    AsSent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handler {
    /// The files.
    Default,
    /// Another server; the file name is `proxy:` and the URL.
    Proxy,
    /// `redirect-handler` of `mod_rewrite`: the file name is `redirect:` and the URL to start
    /// over with.
    Redirect,
    /// The file says the answer itself (`send-as-is`).
    AsIs,
    /// The core, before there is a file: `TRACE`, and `OPTIONS *`.
    Core,
}

/// Where an `Alias` took the request (`ap_set_context_info`).
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// The URL-path of the alias.
    pub prefix: Vec<u8>,
    /// What it stands for.
    pub document_root: Vec<u8>,
}

/// What a subrequest knows of the request that asked for it (`r->main`).
#[derive(Debug, Clone)]
pub(super) struct Main<'a> {
    /// Its URL-path.
    pub uri: Vec<u8>,
    /// What applied to it when it asked.
    pub settings: Merged<'a>,
}

/// A request, a subrequest or an internally redirected request.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The protocol; `INCLUDED` for a subrequest.
    pub protocol: &'a [u8],
    /// The decoded URL-path.
    pub uri: Vec<u8>,
    /// The port the request names; a subrequest names none (`parsed_uri.port`).
    pub port: Option<u16>,
    /// The raw query string.
    pub args: Option<Vec<u8>>,
    /// The URL as it was, where it was made inside the server (`unparsed_uri`).
    pub unparsed: Option<Vec<u8>>,
    /// The file name; before translation the path as rewritten so far; `None` before that.
    pub filename: Option<Vec<u8>>,
    /// What follows the file name; empty when nothing does.
    pub path_info: Vec<u8>,
    /// The status so far.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<Vec<u8>>,
    /// Names for the `Vary` header.
    pub vary: Vec<Vec<u8>>,
    /// Environment variables (`subprocess_env`).
    pub environment: Table,
    /// Everything that applies (`per_dir_config`).
    pub settings: Merged<'a>,
    /// What the file name is on disk (`finfo`).
    pub kind: Option<FileKind>,
    /// Its type, as far as something asks for it.
    pub file_type: FileType,
    /// Who answers.
    pub handler: Handler,
    /// Its document root, where it is not the host's (`ap_set_document_root`).
    pub document_root: Option<Vec<u8>>,
    /// Headers of the client chose it among files (`TCN`).
    pub negotiated: bool,
    /// The page of an answer to it lists files (`variant-list`).
    pub has_list: bool,
    /// What the server's own page says besides (`error-notes`).
    pub error_notes: Option<&'static str>,
    /// Where an alias took it.
    pub context: Option<Context>,
    /// The result of rewriting named this very host (`mod_rewrite_uri_reduced`).
    pub reduced: bool,
    /// How the URL for another server is written.
    pub form: UrlForm,
    /// A rule with `END` applied: no more rewriting.
    pub ended: bool,
    /// `SCRIPT_URL` and `SCRIPT_URI` are set (`hook_uri2file`).
    pub has_script_url: bool,
    /// They were in the request that was redirected to this one.
    pub had_script_url: bool,
    /// The request that asked for this subrequest.
    pub main: Option<Main<'a>>,
    /// The request that was redirected to this one (`r->prev`).
    pub previous: Option<Box<Self>>,
    /// The walks of this request so far.
    pub walks: Walks<'a>,
    /// Those of the request that was redirected to this one, or asked for it.
    pub remembered: Walks<'a>,
    /// The request's headers where lines have changed them (`headers_in`).
    pub incoming: Option<Lines>,
    /// Headers of an answer of its own handler that were there before any rule (`headers_out`).
    pub early: Lines,
    /// The answer on its way, for the lines that change its headers.
    pub sending: Option<Box<Sending>>,
    /// Internal redirects so far.
    pub redirects: u32,
    /// Depth of subrequests.
    pub subrequests: u32,
}

impl<'a> Record<'a> {
    /// A fresh request.
    pub fn new(method: &'a [u8], protocol: &'a [u8], settings: Merged<'a>) -> Self {
        Self {
            method,
            protocol,
            uri: Vec::new(),
            port: None,
            args: None,
            unparsed: None,
            filename: None,
            path_info: Vec::new(),
            status: OK,
            location: None,
            vary: Vec::new(),
            environment: Table::default(),
            settings,
            kind: None,
            file_type: FileType::default(),
            handler: Handler::Default,
            document_root: None,
            negotiated: false,
            has_list: false,
            error_notes: None,
            context: None,
            reduced: false,
            form: UrlForm::Escaped,
            ended: false,
            has_script_url: false,
            had_script_url: false,
            main: None,
            previous: None,
            walks: Walks::default(),
            remembered: Walks::default(),
            incoming: None,
            early: Lines::default(),
            sending: None,
            redirects: 0,
            subrequests: 0,
        }
    }

    /// The file name, empty when there is none yet.
    pub fn filename(&self) -> &[u8] {
        self.filename.as_deref().unwrap_or_default()
    }

    /// May a lookup start a subrequest without running in circles (`subreq_ok`)?
    pub fn may_look_ahead(&self) -> bool {
        self.main.as_ref().is_none_or(|main| main.uri != self.uri)
    }

    /// Notes that the response depends on request headers (`apr_table_merge` of `Vary`).
    pub fn add_vary(&mut self, names: Vec<Vec<u8>>) {
        add_names(&mut self.vary, names);
    }
}

/// Adds names of headers to a list in which each is once.
pub(super) fn add_names(list: &mut Vec<Vec<u8>>, names: Vec<Vec<u8>>) {
    for name in names {
        if !list.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            list.push(name);
        }
    }
}

/// What a hook says (`OK`, `DECLINED` or a status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Done with it.
    Accept,
    /// Not my concern.
    Decline,
    /// Stop here with this status.
    Status(u16),
}

/// Is this a status that carries a `Location` (`ap_is_HTTP_REDIRECT`)?
pub(crate) fn is_redirect(status: u16) -> bool {
    (300..400).contains(&status)
}

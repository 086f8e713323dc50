//! Who answers in the end (`ap_invoke_handler`): the files, another server, or the server itself
//! with another URL.
//!
//! In: a record that went through the fixups. Out: the next record, or the outcome. Absent: sending
//! anything; whether a file that nothing is known about exists is for the origin to say.

use crate::model::outcome::{Outcome, Refusal};
use crate::model::site::access::METHODS;
use crate::model::site::{ErrorDocument, FileKind, Traits};
use crate::source::Source;
use crate::text::prefix::is_within;

use super::directory::REDIRECT;
use super::internal::{Next, Vary, redirect_or_status};
use super::process::Start;
use super::proxy::proxy_handler;
use super::record::{Handler, OK, Record, add_names};
use super::rule::PROXY;
use super::url::append_query;
use super::{Halt, Run};

impl<'a, S: Source> Run<'a, S> {
    /// Takes one record through the server.
    pub(super) fn serve(&mut self, mut record: Record<'a>) -> Result<Next<'a>, Halt> {
        match self.process_request(&mut record, Start::Url)? {
            Ok(()) => self.invoke_handler(record),
            Err(status) => self.die(status, record),
        }
    }

    fn invoke_handler(&mut self, mut record: Record<'a>) -> Result<Next<'a>, Halt> {
        match record.handler {
            Handler::Redirect => {
                let url = redirect_url(&record);
                self.trace_internal(&url);
                self.internal_redirect(&url, record, Vary::Keep)
            }
            Handler::Proxy => {
                let name = record.filename();
                let url = name.strip_prefix(PROXY).unwrap_or(name).to_vec();
                if let Err(status) = proxy_handler(&url) {
                    return self.die(status, record);
                }
                // The other server's status takes the place of what was left here.
                record.status = OK;
                self.send(Outcome::Proxy { url }, record)
            }
            Handler::AsIs => self.as_is_handler(record),
            Handler::Core | Handler::Default => match self.handle_map_file(&mut record)? {
                Some(Ok(url)) => self.internal_redirect(&url, record, Vary::Drop),
                Some(Err(status)) => self.die(status, record),
                None => self.default_handler(record),
            },
        }
    }

    /// The files.
    pub(super) fn default_handler(&mut self, mut record: Record<'a>) -> Result<Next<'a>, Halt> {
        let has_no_index =
            record.kind == Some(FileKind::Directory) && !self.may_have_index(&record);
        let asks_for_list = has_no_index && self.makes_lists_for(record.method);
        if asks_for_list && !record.settings.indexes() {
            self.note_refusal(&record, 403, Refusal::NoList);
            return self.die(403, record);
        }
        let is_unlisted = has_no_index && !asks_for_list;
        // Whether the document for an error is there, which nobody looked for, is for nobody to say: the status stays.
        let is_unseen = record.status >= 400 && record.kind.is_none() && !self.is_known(&record);
        if (record.status != OK && !is_unseen || is_unlisted)
            && let Some(status) = self.refused_by_file(&record)
        {
            self.note_refusal(&record, status, Refusal::NoFile);
            return self.die(status, record);
        }
        if record.status != OK {
            let outcome = redirect_or_status(record.status, record.location.as_deref());
            self.page = self.document_page(&record);
            self.make_document_headers(&mut record)?;
            return self.send(outcome, record);
        }
        let outcome = self.served(&record);
        if self.is_surely_missing(&record) {
            self.note_refusal(&record, 404, Refusal::NoFile);
            let document = record.settings.error_document(404);
            if !document.is_none_or(ErrorDocument::keeps_status) {
                self.note_changed_headers(&outcome, &record);
                self.missing = Some(outcome);
                return self.die(404, record);
            }
            record.status = 404;
        }
        add_names(&mut self.vary, std::mem::take(&mut record.vary));
        self.send(outcome, record)
    }

    /// Does `mod_autoindex` answer a request for a directory with this method (`handle_autoindex`)?
    pub(super) fn makes_lists_for(&self, method: &[u8]) -> bool {
        is_read(method) && !self.site.traits.contains(Traits::WITHOUT_AUTOINDEX)
    }

    fn is_surely_missing(&self, record: &Record<'_>) -> bool {
        record.kind.is_none() && takes_a_file(record.method) && self.is_known(record)
    }

    /// A directory of the site whose content nobody has seen: the origin knows whether there is an
    /// index in it.
    fn may_have_index(&self, record: &Record<'_>) -> bool {
        is_within(record.filename(), self.document_root(record)) && !self.is_known(record)
    }

    /// Below a folder whose content was read.
    pub(super) fn is_known(&self, record: &Record<'_>) -> bool {
        self.site.tree.is_known(record.filename())
    }

    /// The file name without the document root, with path info.
    pub(super) fn served(&self, record: &Record<'_>) -> Outcome {
        let name = [record.filename(), &record.path_info].concat();
        // Scripts have a folder of their own, which is not the one that other files are in.
        let context = record.context.as_ref();
        let root = if context.is_some_and(|context| !context.prefix.is_empty()) {
            &self.host.document_root
        } else {
            self.document_root(record)
        };
        let root = root.strip_suffix(b"/").unwrap_or(root);
        let path = if is_within(&name, root) {
            name.get(root.len()..).unwrap_or_default().to_vec()
        } else {
            name
        };
        Outcome::Serve {
            path: if path.is_empty() { b"/".to_vec() } else { path },
            query: record.args.clone(),
        }
    }

    /// What a file that cannot be sent is answered with (`default_handler`).
    pub(super) fn refused_by_file(&self, record: &Record<'_>) -> Option<u16> {
        match record.method {
            b"OPTIONS" => None,
            method if takes_a_file(method) => self.is_no_file(record).then_some(404),
            method if METHODS.contains(&method) => Some(405),
            _ => Some(501),
        }
    }

    /// Nothing that can be sent: for a directory that would be a list.
    fn is_no_file(&self, record: &Record<'_>) -> bool {
        match record.kind {
            None => true,
            Some(FileKind::Directory) if !self.makes_lists_for(record.method) => true,
            Some(_) => has_path_info(record),
        }
    }
}

/// Is this a method that asks for the file itself? Of others Apache does not look for it.
fn takes_a_file(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"POST")
}

/// `M_GET`
pub(super) fn is_read(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD")
}

/// Something after the name of a file: a file that is only sent has no use for it.
fn has_path_info(record: &Record<'_>) -> bool {
    !record.path_info.is_empty() && !record.settings.accept_path_info()
}

/// The URL of an internal redirect, with the query string.
fn redirect_url(record: &Record<'_>) -> Vec<u8> {
    let name = record.filename();
    let mut url = name.strip_prefix(REDIRECT).unwrap_or(name).to_vec();
    append_query(&mut url, record.args.as_deref());
    url
}

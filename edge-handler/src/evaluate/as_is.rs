//! Files that say their answer themselves (`asis_handler`; `find_ct` and `core_override_type` as far as they name it).
//!
//! In: a record whose file is known, and what was found in the file while compiling. Out: the answer of the file. Absent:
//! reading it, and what it holds besides status and `Location`.

use crate::model::outcome::Outcome;
use crate::model::page::Page;
use crate::model::site::as_is::is_as_is;
use crate::model::site::{AsIs, FileKind, Traits};
use crate::source::Source;

use super::handler::is_read;
use super::internal::{Next, Vary, redirect_or_status};
use super::merge::Merged;
use super::record::{Handler, OK, Record, is_redirect};
use super::{Halt, Run};

impl Merged<'_> {
    /// Is a file of this name sent as it is? A directory has no extension.
    fn sends_as_is(&self, name: &[u8], is_directory: bool) -> bool {
        match self.negotiation().handler.as_deref() {
            Some(b"none") | None => {
                !is_directory && self.mime().handler_of(name).is_some_and(is_as_is)
            }
            Some(handler) => is_as_is(handler),
        }
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Notes whether the file is sent as it is.
    pub(super) fn find_handler(&self, record: &mut Record<'a>) {
        let may_be = self.site.traits.contains(Traits::SENDS_AS_IS);
        if record.handler != Handler::Default || !may_be {
            return;
        }
        let mut parts = record.filename().rsplit(|byte| *byte == b'/');
        let name = parts.next().unwrap_or_default();
        let is_directory = record.kind == Some(FileKind::Directory);
        if record.settings.sends_as_is(name, is_directory) {
            record.handler = Handler::AsIs;
        }
    }

    /// What the file says. Of other methods than those that read, the files answer themselves, and so they do where nobody
    /// has seen them.
    pub(super) fn as_is_handler(&mut self, mut record: Record<'a>) -> Result<Next<'a>, Halt> {
        match record.kind {
            None if !self.is_known(&record) => return self.default_handler(record),
            Some(FileKind::Directory) => {
                return Err(unknown("a directory with the handler send-as-is"));
            }
            _ if !is_read(record.method) => {
                return match self.refused_by_file(&record) {
                    Some(status) => self.die(status, record),
                    None => self.default_handler(record),
                };
            }
            None => return self.die(404, record),
            Some(FileKind::File | FileKind::Empty) => {}
        }
        let said = self.site.tree.as_is.get(record.filename());
        let Some(AsIs { status, location }) = said else {
            return Err(unknown("a file with the handler send-as-is"));
        };
        record.status = status.unwrap_or(record.status);
        record.location = location.clone().or(record.location);
        let may_lead = record.status == OK || is_redirect(record.status);
        let inner = record.location.clone();
        if let Some(inner) = inner.filter(|location| may_lead && location.starts_with(b"/")) {
            record.status = OK;
            record.method = b"GET";
            self.trace_internal(&inner);
            return self.internal_redirect(&inner, record, Vary::Drop);
        }
        let outcome = self.said(&record);
        self.page = Page::Unknown;
        self.make_document_headers(&mut record)?;
        self.send(outcome, record)
    }

    /// A file that says neither is served like any other.
    fn said(&self, record: &Record<'a>) -> Outcome {
        match &record.location {
            Some(location) if !location.is_empty() => Outcome::Redirect {
                status: record.status,
                location: location.clone(),
            },
            _ if record.status == OK => self.served(record),
            _ => redirect_or_status(record.status, None),
        }
    }
}

fn unknown(what: &str) -> Halt {
    Halt::Unsupported(what.to_owned())
}

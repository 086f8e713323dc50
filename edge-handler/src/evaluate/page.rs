//! Which page an answer has that the server makes itself (`ap_send_error_response`), and which one a document is.
//!
//! In: the outcome of a record. Out: its [`Page`]. Absent: the words of the server's own pages; see `model::page::own`.

use crate::model::outcome::Outcome;
use crate::model::page::own::{About, is_plain, own_page};
use crate::model::page::{Page, has_none};
use crate::model::site::ErrorDocument;
use crate::source::Source;

use super::record::{Handler, Record};
use super::{Halt, Run};

impl<'a, S: Source> Run<'a, S> {
    /// The page of an answer that the server makes. `also` is the status of an error on the way to a document for it.
    pub(super) fn page_of(
        &mut self,
        outcome: &Outcome,
        record: &mut Record<'a>,
        also: Option<u16>,
    ) -> Result<Page, Halt> {
        let status = match outcome {
            Outcome::Redirect { status, .. } | Outcome::Status { status } => *status,
            Outcome::Serve { .. }
            | Outcome::Proxy { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => return Ok(Page::Own),
        };
        if record.handler == Handler::Core {
            return Ok(core_page(record.method));
        }
        if has_none(status) {
            return Ok(Page::Own);
        }
        if let Some(ErrorDocument::Text(said)) = record.settings.error_document(status) {
            match self.expression_text(said, record) {
                Ok(Some(text)) => return Ok(Page::Text(text)),
                // The status is what counts: the answer is not the origin's because its page cannot be known.
                Err(Halt::Unsupported(_)) => return Ok(Page::Unknown),
                Ok(None) => {}
                Err(halt) => return Err(halt),
            }
        }
        if record.has_list {
            return Ok(Page::Unknown);
        }
        if also.is_none() && record.error_notes.is_none() && is_plain(status) {
            return Ok(Page::Own);
        }
        Ok(self.own_page(status, record, also))
    }

    /// The server's own page, which says more than the status.
    fn own_page(&self, status: u16, record: &Record<'a>, also: Option<u16>) -> Page {
        let is_about_expect = status == 417;
        let expected = is_about_expect.then(|| self.header(b"Expect", record));
        let about = About {
            location: record.location.as_deref().unwrap_or_default(),
            method: record.method,
            expected: expected.as_ref().and_then(|value| value.as_deref()),
            admin: self.admin(),
            also,
            notes: record.error_notes.unwrap_or_default(),
        };
        Page::Text(own_page(status, &about))
    }

    /// The page that the file of a record is.
    pub(super) fn document_page(&self, record: &Record<'a>) -> Page {
        let documents = &self.site.documents;
        if self.is_made(record) {
            return Page::Unknown;
        }
        let found =
            documents.binary_search_by(|known| known.path.as_slice().cmp(record.filename()));
        let document = found.ok().and_then(|at| documents.get(at));
        document.map_or(Page::Unknown, |document| {
            Page::Document(document.content.clone())
        })
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Does a handler make the answer of the file, or is it sent in another encoding?
    fn is_made(&self, record: &Record<'a>) -> bool {
        let name = record.filename().rsplit(|byte| *byte == b'/').next();
        let name = name.unwrap_or_default();
        let mime = record.settings.mime();
        let forced = record.settings.negotiation().handler;
        let has_handler = match forced.as_deref() {
            Some(b"none") | None => mime.handler_of(name).is_some(),
            Some(_) => true,
        };
        has_handler || self.is_encoded(record)
    }
}

/// What the core answers by itself: `OPTIONS *` has no page, `TRACE` repeats the request.
fn core_page(method: &[u8]) -> Page {
    match method {
        b"TRACE" => Page::Unknown,
        _ => Page::Text(Vec::new()),
    }
}

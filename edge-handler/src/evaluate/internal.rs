//! Starting over inside the server: internal redirects and error documents
//! (`ap_internal_redirect`, `ap_die`).
//!
//! In: a record that is finished, and where it leads. Out: the next record, or the outcome.
//! Absent: how a record is taken through the server; see `process`.

use crate::model::outcome::{Outcome, Refusal, ServerEvent};
use crate::model::site::ErrorDocument;
use crate::source::Source;

use super::canonical::{MergeSlashes, refused};
use super::merge::Merged;
use super::record::{OK, Record, is_redirect};
use super::subrequest::is_recursion_limit_exceeded;
use super::{Halt, Run, raw_path};

/// Where a request goes from here.
pub(super) enum Next<'a> {
    /// Through the server once more.
    Restart(Box<Record<'a>>),
    /// Nowhere: this is the answer.
    Done(Outcome),
}

/// Does the `Vary` header survive an internal redirect (`redirect-keeps-vary`)?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vary {
    /// Yes: `mod_rewrite` redirects.
    Keep,
    /// No: an error document.
    Drop,
}

impl<'a, S: Source> Run<'a, S> {
    /// Starts over with another URL. One redirect too many is an error of its own.
    pub(super) fn internal_redirect(
        &mut self,
        url: &[u8],
        mut record: Record<'a>,
        vary: Vary,
    ) -> Result<Next<'a>, Halt> {
        if is_recursion_limit_exceeded(&record) {
            self.note_refusal(&record, 500, Refusal::EndlessRedirects);
            return self.die(500, record);
        }
        let mut new = Record::new(
            record.method,
            record.protocol,
            Merged::new(&self.host.settings),
        );
        new.status = record.status;
        new.port = record.port;
        new.main.clone_from(&record.main);
        new.ended = record.ended;
        new.had_script_url = record.has_script_url;
        new.redirects = record.redirects + 1;
        new.subrequests = record.subrequests;
        if is_redirect(record.status) {
            new.location.clone_from(&record.location);
        }
        if vary == Vary::Keep {
            new.vary.clone_from(&record.vary);
        }
        new.environment = record.environment.redirected();
        let status = record.status.to_string();
        new.environment.set(b"REDIRECT_STATUS", status.as_bytes());
        new.incoming.clone_from(&record.incoming);
        new.remembered = std::mem::take(&mut record.walks);
        new.previous = Some(Box::new(record));
        match self.canonical_url(url) {
            Ok(canonical) => {
                new.uri = canonical.path;
                new.unparsed = Some(url.to_vec());
                new.args = canonical.query;
                self.set_server_environment(&mut new, raw_path(url))?;
                Ok(Next::Restart(Box::new(new)))
            }
            Err(status) => {
                // What could not be read is left as far as it was read; modules that read requests have seen it.
                let merge = MergeSlashes::of(self.host);
                (new.uri, new.args) = refused(url, merge, self.host.encoded_slashes);
                new.unparsed = Some(url.to_vec());
                self.set_server_environment(&mut new, raw_path(url))?;
                self.die(status, new)
            }
        }
    }

    /// Answers with a status, or with the error document for it. An error on the way to an error
    /// document gives the answer to the first error. Whatever status is left in the client's own
    /// request is no error before (`ap_process_async_request` asks for `HTTP_OK`).
    pub(super) fn die(&mut self, status: u16, record: Record<'a>) -> Result<Next<'a>, Halt> {
        let before = if record.redirects == 0 {
            OK
        } else {
            record.status
        };
        self.die_after(before, status, record)
    }

    /// The same after an error before; `OK` is none (`ap_die_r`).
    pub(super) fn die_after(
        &mut self,
        before: u16,
        status: u16,
        mut record: Record<'a>,
    ) -> Result<Next<'a>, Halt> {
        let status = if (100..600).contains(&status) {
            status
        } else {
            500
        };
        record.status = status;
        if before != OK {
            let mut first = first_error(record);
            let outcome = redirect_or_status(first.status, first.location.as_deref());
            // A status that no flag names (`R=foo`) is 0, which is none to tell of.
            let also = Some(before).filter(|status| *status != 0);
            self.page = self.page_of(&outcome, &mut first, also)?;
            return Ok(Next::Done(self.send_or_500(outcome, &mut first)?));
        }
        match self.error_document(status, &mut record)? {
            Leads::To(url) => {
                record.status = 302;
                record.location = Some(url);
            }
            Leads::Inside(path) => {
                record.method = b"GET";
                return self.internal_redirect(&path, record, Vary::Drop);
            }
            Leads::Nowhere => {}
        }
        let outcome = redirect_or_status(record.status, record.location.as_deref());
        self.page = self.page_of(&outcome, &mut record, None)?;
        self.send_made(outcome, record)
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Where the `ErrorDocument` for a status leads (`ap_response_code_string`).
    fn error_document(&mut self, status: u16, record: &mut Record<'a>) -> Result<Leads, Halt> {
        let (said, leads): (_, fn(Vec<u8>) -> Leads) = match record.settings.error_document(status)
        {
            Some(ErrorDocument::Url(said)) => (said, Leads::To),
            Some(ErrorDocument::Path(said)) => (said, Leads::Inside),
            Some(ErrorDocument::Text(_) | ErrorDocument::Default) | None => {
                return Ok(Leads::Nowhere);
            }
        };
        let text = self.expression_text(said, record)?;
        if let Some(target) = &text {
            let target = || target.clone();
            self.note(record, || ServerEvent::TookErrorDocument {
                status,
                target: target(),
            });
        }
        Ok(text.map_or(Leads::Nowhere, leads))
    }
}

/// Where an `ErrorDocument` leads.
enum Leads {
    /// To a URL, by a redirect.
    To(Vec<u8>),
    /// To a path of the same server.
    Inside(Vec<u8>),
    /// Nowhere: the answer has a page.
    Nowhere,
}

/// The oldest of the requests with an error that led here, without a break. All have the same headers.
fn first_error(mut record: Record<'_>) -> Record<'_> {
    let incoming = record.incoming.take();
    while let Some(previous) = record.previous.take_if(|previous| previous.status != OK) {
        record = *previous;
    }
    record.incoming = incoming;
    record
}

/// The response for a status; 0 is none, and sent as 500.
pub(super) fn redirect_or_status(status: u16, location: Option<&[u8]>) -> Outcome {
    let status = if status == 0 { 500 } else { status };
    let location = location.filter(|url| is_redirect(status) && !url.is_empty());
    let Some(location) = location else {
        return Outcome::Status { status };
    };
    Outcome::Redirect {
        status,
        location: location.to_vec(),
    }
}

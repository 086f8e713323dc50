//! What `Header` lines ask, answered by the evaluator.
//!
//! In: a record whose answer is on its way. Out: its headers, and the [`HeaderContext`] of a record. Absent: what a
//! line does.

use crate::budget::Budget;
use crate::model::expression::Expression;
use crate::model::outcome::{ContentType, HeaderText};
use crate::model::site::headers::HeaderCondition;
use crate::source::Source;

use super::super::record::Record;
use super::super::{Halt, Run};
use super::{Applying, Before, Finished, HeaderContext, Made, NameAndValue, Sending};

impl<'a, S: Source> Run<'a, S> {
    /// Makes the headers of an answer that the server makes for a record.
    pub(in super::super) fn make_headers(
        &mut self,
        made: Made<'_>,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        let applying = Applying::of(record.settings.all());
        let before = self.before(record);
        let finished = applying.answer(made, before, &mut Asking::of_answer(self, record))?;
        self.take_headers(finished);
        Ok(())
    }

    /// Makes the headers of a document that stands in for an answer, such as a page for an error. Its length and its
    /// validators are those of the file.
    pub(in super::super) fn make_document_headers(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        let named = self.document_type(record).map(ContentType::Document);
        let content_type = named.unwrap_or(ContentType::None);
        let applying = Applying::of(record.settings.all());
        let location = record.location.clone();
        let made = Made {
            status: record.status,
            location: location.as_deref(),
        };
        let before = self.before(record);
        let asking = &mut Asking::of_answer(self, record);
        let finished = applying.document(made, content_type, before, asking)?;
        self.take_headers(finished);
        Ok(())
    }

    /// Makes the headers of an answer that the core makes by itself.
    pub(in super::super) fn make_core_headers(&mut self, record: &Record<'a>) {
        let is_trace = record.method == b"TRACE";
        let message = || ContentType::Document(b"message/http".to_vec());
        let content_type = is_trace.then(message).unwrap_or(ContentType::None);
        let finished = Applying::untouched(content_type, self.before(record));
        self.take_headers(finished);
    }

    fn before(&self, record: &Record<'a>) -> Before {
        let mut early = self.early.clone();
        for cookie in self.cookies.iter().filter(|cookie| !cookie.dropped) {
            early.add(b"Set-Cookie", HeaderText::Text(cookie.header.clone()));
        }
        if !self.vary.is_empty() {
            let names = self.vary.join(&b", "[..]);
            early.add(b"Vary", HeaderText::Text(names));
        }
        Before {
            early,
            made: record.early.clone(),
            vary: record.vary.clone(),
        }
    }

    fn take_headers(&mut self, finished: Finished) {
        let Finished {
            headers,
            vary,
            cookies,
        } = finished;
        self.headers = headers;
        self.vary = vary;
        self.made_cookies = cookies;
    }

    /// Has the server early lines? Those of sections are none.
    pub(in super::super) fn has_early_headers(&self) -> bool {
        let mut lines = self.host.settings.headers.iter();
        lines.any(|line| line.condition == HeaderCondition::Early)
    }

    /// `ap_headers_early`: of sections nothing is known yet.
    pub(in super::super) fn add_early_headers(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        if !self.has_early_headers() {
            return Ok(());
        }
        let applying = Applying::of(std::iter::once(&self.host.settings));
        self.change_request_early(&applying, record)?;
        let before = std::mem::take(&mut self.early);
        let (always, made) = applying.early(before, &mut Asking::of_answer(self, record))?;
        self.early = always;
        record.early = made;
        Ok(())
    }
}

/// A record that lines ask.
pub(super) struct Asking<'r, 'a, S> {
    pub(super) run: &'r mut Run<'a, S>,
    pub(super) record: &'r mut Record<'a>,
    asked_by: AskedBy,
}

/// Which lines ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AskedBy {
    /// Lines about an answer on its way: they see it, and what they read is in its `Vary`.
    Answer,
    /// Lines about the request.
    Request,
}

impl<'r, 'a, S: Source> Asking<'r, 'a, S> {
    fn of_answer(run: &'r mut Run<'a, S>, record: &'r mut Record<'a>) -> Self {
        let asked_by = AskedBy::Answer;
        Self {
            run,
            record,
            asked_by,
        }
    }

    /// Asked by lines about the request.
    pub(super) fn of_request(run: &'r mut Run<'a, S>, record: &'r mut Record<'a>) -> Self {
        let asked_by = AskedBy::Request;
        Self {
            run,
            record,
            asked_by,
        }
    }

    /// Asks the record, which has what lines change meanwhile.
    fn showing<T>(
        &mut self,
        sending: &mut Sending,
        ask: impl FnOnce(&mut Self) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        match self.asked_by {
            AskedBy::Answer => self.record.sending = Some(Box::new(std::mem::take(sending))),
            AskedBy::Request => self.record.incoming = Some(std::mem::take(&mut sending.request)),
        }
        let answer = ask(self);
        match self.asked_by {
            AskedBy::Answer => *sending = *self.record.sending.take().unwrap_or_default(),
            AskedBy::Request => sending.request = self.record.incoming.take().unwrap_or_default(),
        }
        answer
    }
}

impl<S: Source> HeaderContext for Asking<'_, '_, S> {
    type Stop = Halt;

    fn environment(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Halt> {
        let value = self.run.environment(name, self.record);
        let is_set = !value.is_empty() || self.record.environment.get(name).is_some();
        Ok(is_set.then_some(value))
    }

    fn file_type(&mut self) -> Result<ContentType, Halt> {
        let found = self.run.type_so_far(self.record)?;
        Ok(found.map_or(ContentType::None, ContentType::Document))
    }

    fn tls(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Halt> {
        if !self.run.host.tls {
            return Ok(None);
        }
        let name = String::from_utf8_lossy(name);
        Err(Halt::Unsupported(format!("%{{{name}}}s in a header")))
    }

    fn holds(&mut self, expression: &Expression, sending: &mut Sending) -> Result<bool, Halt> {
        if self.asked_by == AskedBy::Request {
            return self.run.expression_holds(expression, self.record);
        }
        let known = std::mem::take(&mut self.record.vary);
        let holds = self.showing(sending, |asking| {
            asking.run.expression_holds(expression, asking.record)
        });
        let read = std::mem::replace(&mut self.record.vary, known);
        sending.vary_by(&read);
        holds
    }

    fn text(&mut self, expression: &Expression, sending: &mut Sending) -> Result<Vec<u8>, Halt> {
        let text = self.showing(sending, |asking| {
            asking.run.expression_text(expression, asking.record)
        });
        Ok(text?.unwrap_or_default())
    }

    fn request_headers(&mut self) -> Result<Vec<NameAndValue>, Halt> {
        Ok(self.run.all_headers(self.record))
    }

    fn spend(&mut self, steps: usize) -> Result<(), Halt> {
        self.run.spend(steps)
    }

    fn budget(&self) -> &Budget {
        self.run.budget
    }
}

//! Headers of a request, as `RequestHeader` lines change them (`ap_headers_early`, `ap_headers_fixup`).
//!
//! In: a record and the lines that apply to it. Out: the record's headers, and what an origin gets of them. Absent: what a
//! line does.

use crate::model::outcome::{ChangedHeader, Outcome};
use crate::model::site::headers::{HeaderCondition, HeaderLine, HeaderTable};
use crate::source::Source;

use super::super::record::Record;
use super::super::{Halt, Run};
use super::context::Asking;
use super::{Applying, Lines, Sending, applies, carry_out};

impl<'a, S: Source> Run<'a, S> {
    /// `ap_headers_fixup`
    pub(in super::super) fn change_request_headers(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        let applying = Applying::of(record.settings.all());
        for line in applying.lines_of(HeaderTable::Request) {
            let asking = &mut Asking::of_request(self, record);
            if applies(line, &mut Sending::default(), asking)? {
                self.change_request_header(line, record)?;
            }
        }
        Ok(())
    }

    /// `ap_headers_early`, as far as requests go.
    pub(super) fn change_request_early(
        &mut self,
        applying: &Applying<'a>,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        let mut lines = applying.lines_of(HeaderTable::Request);
        lines.try_for_each(|line| match line.condition {
            HeaderCondition::Early => self.change_request_header(line, record),
            HeaderCondition::Always
            | HeaderCondition::Set(_)
            | HeaderCondition::NotSet(_)
            | HeaderCondition::Expression(_) => Ok(()),
        })
    }

    fn change_request_header(
        &mut self,
        line: &HeaderLine,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        let known = record.incoming.clone();
        let mut sending = Sending {
            request: known.unwrap_or_else(|| Lines::of(self.client_headers())),
            ..Sending::default()
        };
        carry_out(line, &mut sending, &mut Asking::of_request(self, record))?;
        record.incoming = Some(sending.request);
        Ok(())
    }

    /// Notes what an origin gets of a request that goes on.
    pub(in super::super) fn note_changed_headers(
        &mut self,
        outcome: &Outcome,
        record: &Record<'a>,
    ) {
        let Some(now) = &record.incoming else {
            return;
        };
        self.request_headers = match outcome {
            Outcome::Serve { .. } | Outcome::Proxy { .. } => self.changed_headers(now),
            Outcome::Redirect { .. }
            | Outcome::Status { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => Vec::new(),
        };
    }

    /// The headers that are not as the client sent them.
    fn changed_headers(&self, now: &Lines) -> Vec<ChangedHeader> {
        let before = Lines::of(self.client_headers());
        let mut changed: Vec<ChangedHeader> = Vec::new();
        for header in before.all().iter().chain(now.all()) {
            let name = header.name.to_ascii_lowercase();
            let is_known = changed.iter().any(|known| known.name == name);
            let values = now.texts(&name);
            if !is_known && values != before.texts(&name) {
                let values = values.into_iter().map(<[u8]>::to_vec).collect();
                changed.push(ChangedHeader { name, values });
            }
        }
        changed
    }
}

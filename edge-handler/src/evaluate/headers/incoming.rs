//! Headers of a request, as `RequestHeader` lines change them (`ap_headers_early`, `ap_headers_fixup`).
//!
//! In: a record and the lines that apply to it. Out: the record's headers, and what an origin gets of them. Absent: what a
//! line does.

use std::collections::BTreeMap;

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
        let known = record.incoming.take();
        let mut sending = Sending {
            request: known.unwrap_or_else(|| Lines::of(self.client_headers())),
            ..Sending::default()
        };
        let done = carry_out(line, &mut sending, &mut Asking::of_request(self, record));
        record.incoming = Some(sending.request);
        done
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
        match outcome {
            // An error document is looked for; the origin is asked for what is missing.
            Outcome::Serve { .. } if self.missing.is_some() => {}
            Outcome::Serve { .. } | Outcome::Proxy { .. } => {
                self.request_headers = self.changed_headers(now);
            }
            Outcome::Redirect { .. }
            | Outcome::Status { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => {}
        }
    }

    /// The headers that are not as the client sent them.
    fn changed_headers(&self, now: &Lines) -> Vec<ChangedHeader> {
        let before = Lines::of(self.client_headers());
        let mut values: BTreeMap<Vec<u8>, [Vec<&[u8]>; 2]> = BTreeMap::new();
        for (at, lines) in [&before, now].into_iter().enumerate() {
            for (name, text) in lines.texts() {
                values.entry(name.to_ascii_lowercase()).or_default()[at].push(text);
            }
        }
        let changed = values
            .into_iter()
            .filter(|(_, [before, now])| before != now);
        let changed = changed.map(|(name, [_, now])| ChangedHeader {
            name,
            values: now.into_iter().map(<[u8]>::to_vec).collect(),
        });
        changed.collect()
    }
}

//! Headers that only an origin sees changed (`ap_headers_early`, `ap_headers_fixup`).
//!
//! In: what a host's lines make of headers that nothing reads, a request. Out: the headers that change. Absent: finding these
//! lines (the compiler), and lines that something may depend on; see `incoming`.

use crate::model::outcome::{Answer, ChangedHeader, Outcome};
use crate::model::request::Request;
use crate::model::site::Host;

impl Host {
    /// The headers that an origin gets in another form than `request` has them, in order of their names.
    pub(crate) fn changed_for_origin(&self, request: &Request<'_>) -> Vec<ChangedHeader> {
        let changed = self.origin_headers.iter().filter(|header| {
            let before = request.header(&header.name);
            before.as_deref() != header.value.as_deref()
        });
        let changed = changed.map(|header| ChangedHeader {
            name: header.name.clone(),
            values: header.value.iter().cloned().collect(),
        });
        changed.collect()
    }
}

impl Answer {
    /// The answer with what an origin gets besides, if it goes on to one.
    #[cold]
    pub(crate) fn with_origin_headers(mut self, host: &Host, request: &Request<'_>) -> Self {
        match self.outcome {
            Outcome::Serve { .. } | Outcome::Proxy { .. } => {
                self.request_headers
                    .extend(host.changed_for_origin(request));
                self.request_headers
                    .sort_by(|one, other| one.name.cmp(&other.name));
                self.unchanged &= self.request_headers.is_empty();
            }
            Outcome::Redirect { .. }
            | Outcome::Status { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => {}
        }
        self
    }
}

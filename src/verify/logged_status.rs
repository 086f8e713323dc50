//! What logs say was answered, beside what Apache answers now.
//!
//! In: a request with its logged statuses, and Apache's answer. Out: [`LoggedStatuses`]. Absent: sending.
//!
//! The Apache of `verify` serves every path, whether or not there is a file, and hands nothing on. So where
//! Apache serves, only a logged redirect or `410` differs; where Apache hands on, nothing can be told.

use serde_json::{Value, json};

use super::normalized_response::{End, Observed};
use super::requests::Sent;

/// Differences that are kept.
const MOST_KEPT: usize = 1000;

/// Requests that were logged with another status than Apache gives now.
#[derive(Debug, Default)]
pub struct LoggedStatuses {
    /// Lines of the logs whose status was compared.
    pub compared: usize,
    /// Requests with another status.
    pub others: usize,
    /// The first distinct requests among them.
    pub examples: Vec<Example>,
}

/// A request that was logged with another status.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    request: Value,
    text: String,
    logged: Vec<(u16, usize)>,
    now: String,
}

impl LoggedStatuses {
    /// Compares one request.
    pub fn compare(&mut self, sent: &Sent, apache: &Observed) {
        if apache.file.is_some() || matches!(apache.seen.end, End::Proxy(_)) {
            return;
        }
        let is_other = |status: u16| match &apache.seen.end {
            End::Redirect(now, _) | End::Status(now) => status != *now,
            End::Serve(..) | End::Proxy(_) => matches!(status, 301..=303 | 307 | 308 | 410),
        };
        let (mut others, mut logged) = (0, Vec::new());
        for (status, lines) in &sent.logged {
            self.compared += lines;
            if is_other(*status) {
                others += lines;
                logged.push((*status, *lines));
            }
        }
        self.others += others;
        if others > 0 && self.examples.len() < MOST_KEPT {
            self.examples.push(Example {
                request: sent.request.to_json(),
                text: sent.request.to_text(),
                logged,
                now: apache.seen.to_line(),
            });
        }
    }

    /// The fields of a JSON document.
    pub fn to_json(&self) -> Value {
        let examples = self.examples.iter().map(Example::to_json);
        json!({
            "compared": self.compared,
            "others": self.others,
            "examples": examples.collect::<Vec<_>>(),
        })
    }
}

impl Example {
    /// For a person.
    pub fn to_text(&self) -> String {
        let statuses = self.logged.iter().map(|(status, _)| status.to_string());
        let statuses = statuses.collect::<Vec<_>>().join(", ");
        format!(
            "{}\n  logged      {statuses}\n  Apache now  {}",
            self.text, self.now
        )
    }

    fn to_json(&self) -> Value {
        let logged = self
            .logged
            .iter()
            .map(|(status, lines)| json!({"status": status, "lines": lines}));
        json!({
            "request": self.request,
            "logged": logged.collect::<Vec<_>>(),
            "now": self.now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::normalized_response::NormalizedResponse;
    use edgewright_engine::model::request::Scheme;

    fn check(end: End, file: Option<End>, logged: &[(u16, usize)], expected: (usize, usize)) {
        let request = crate::contract::OwnedRequest {
            method: b"GET".to_vec(),
            scheme: Scheme::Http,
            host: Some(b"h.test".to_vec()),
            target: b"/a".to_vec(),
            headers: Vec::new(),
            client: Vec::new(),
            protocol: Vec::new(),
        };
        let sent = Sent {
            request,
            made_for: None,
            logged: logged.to_vec(),
        };
        let name = format!("{end:?} {file:?} {logged:?}");
        let seen = NormalizedResponse {
            end,
            cookies: Vec::new(),
            headers: crate::verify::own_headers::OwnHeaders::default(),
            page: None,
        };
        let mut statuses = LoggedStatuses::default();
        statuses.compare(&sent, &Observed { seen, file });
        let found = (statuses.compared, statuses.others);
        assert_eq!(found, expected, "{name}");
        assert_eq!(statuses.examples.is_empty(), expected.1 == 0, "{name}");
    }

    #[test]
    fn a_status_differs_where_apache_can_tell() {
        let redirect = || End::Redirect(301, b"/b".to_vec());
        let serve = || End::Serve(b"/a".to_vec(), Vec::new());
        check(redirect(), None, &[], (0, 0));
        check(redirect(), None, &[(301, 2)], (2, 0));
        check(redirect(), None, &[(301, 2), (302, 3), (404, 1)], (6, 4));
        check(End::Status(410), None, &[(410, 1), (200, 1)], (2, 1));
        check(
            serve(),
            None,
            &[(200, 1), (304, 1), (404, 1), (500, 1)],
            (4, 0),
        );
        check(serve(), None, &[(301, 1), (410, 1)], (2, 2));
        // What another server says, or what is in the folder, cannot be told.
        check(End::Proxy(b"http://x/".to_vec()), None, &[(301, 1)], (0, 0));
        check(End::Status(404), Some(serve()), &[(200, 1)], (0, 0));
    }
}

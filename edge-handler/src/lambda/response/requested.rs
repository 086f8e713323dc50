//! A request that goes on, with the headers that lines have changed.
//!
//! In: a reply that is a request, the changes. Out: the reply with them. Absent: what CloudFront keeps for itself, and
//! `Host`, which leads to the origin: they stay as they came.

use serde_json::json;
use serde_json::value::to_raw_value;

use super::super::event::Event;
use super::Reply;
use super::headers::header_text;
use super::members::Members;
use crate::model::header_names::may_be_changed;
use crate::model::outcome::ChangedHeader;
use crate::model::trigger::Trigger;

impl Reply {
    /// Changes headers of the request: at origin-request, where an origin gets them.
    ///
    /// # Errors
    /// The request is no JSON object.
    pub(super) fn with_headers(
        self,
        event: &Event,
        changes: &[ChangedHeader],
    ) -> Result<Self, serde_json::Error> {
        if changes.is_empty() || event.trigger != Some(Trigger::OriginRequest) {
            return Ok(self);
        }
        let mut request: Members = serde_json::from_str(self.json.get())?;
        request.change_headers(|headers| {
            let mut changes = changes.iter();
            changes.try_for_each(|change| set(headers, change))
        })?;
        Ok(Self {
            json: to_raw_value(&request)?,
            shortfall: self.shortfall,
        })
    }
}

fn set(headers: &mut Members<'_>, change: &ChangedHeader) -> Result<(), serde_json::Error> {
    let name = str::from_utf8(&change.name).ok();
    let Some(name) = name.filter(|name| may_be_changed(name)) else {
        return Ok(());
    };
    if change.values.is_empty() {
        headers.retain(|known| known != name);
        return Ok(());
    }
    let values = change.values.iter();
    let lines: Vec<_> = values
        .map(|value| json!({ "key": name, "value": header_text(value) }))
        .collect();
    headers.set(name.to_owned(), &lines)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use serde_json::Value;

    use super::*;

    const AT_ORIGIN: &str = include_str!("../../../tests/events/origin-custom.json");
    const AT_VIEWER: &str = include_str!("../../../tests/events/viewer-get.json");

    fn sent(event: &str, name: &str, values: &[&str]) -> Value {
        let event = Event::parse(event.as_bytes()).unwrap();
        let change = ChangedHeader {
            name: name.into(),
            values: values.iter().map(|value| (*value).into()).collect(),
        };
        let reply = Reply::unchanged(&event).with_headers(&event, &[change]);
        serde_json::from_str(reply.unwrap().json.get()).unwrap()
    }

    fn check(name: &str, values: &[&str], expected: &[&str]) {
        let request = sent(AT_ORIGIN, name, values);
        let lines = request["headers"][name].as_array();
        let lines = lines.map(Vec::as_slice).unwrap_or_default();
        let found: Vec<&str> = lines
            .iter()
            .filter_map(|line| line["value"].as_str())
            .collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn the_origin_gets_what_lines_made_of_headers() {
        check("x-new", &["a", "b\u{e9}"], &["a", "b%C3%A9"]);
        check("user-agent", &["other"], &["other"]);
        check("user-agent", &[], &[]);
        let as_it_came = sent(AT_ORIGIN, "x-new", &[]);
        for kept in ["x-amz-cf-id", "accept-encoding", "host", "via"] {
            assert_eq!(sent(AT_ORIGIN, kept, &["a"]), as_it_came, "{kept}");
        }
        let changed = sent(AT_VIEWER, "user-agent", &["other"]);
        assert_eq!(changed, sent(AT_VIEWER, "x-new", &[]));
    }
}

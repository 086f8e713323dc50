//! A request on its way to the origin, without what the origin does not get.
//!
//! In: a reply that is a request, the settings. Out: the reply with less in it. Absent: generated responses.

use serde_json::value::to_raw_value;

use super::super::configuration::{Configuration, Unsent};
use super::super::event::Event;
use super::Reply;
use super::members::Members;
use crate::model::trigger::Trigger;

/// Who gets a request that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The distribution's origin.
    Origin,
    /// A server that rules proxy to: its query is the rules' own.
    Proxied,
}

impl Reply {
    /// Takes out what the origin does not get: at origin-request, where the cache key is made.
    ///
    /// # Errors
    /// The request is no JSON object.
    pub(super) fn sent(
        self,
        event: &Event,
        configuration: &Configuration,
        receiver: Receiver,
    ) -> Result<Self, serde_json::Error> {
        let unsent = &configuration.unsent;
        if unsent.is_nothing() || event.trigger != Some(Trigger::OriginRequest) {
            return Ok(self);
        }
        Ok(Self {
            json: without(&self.json, unsent, receiver)?,
            shortfall: self.shortfall,
        })
    }

    /// [`Reply::unchanged`], without what the origin does not get. Where that cannot be taken out, the request stays.
    pub fn passed_on(event: &Event, configuration: &Configuration) -> Self {
        let sent = Self::unchanged(event).sent(event, configuration, Receiver::Origin);
        sent.unwrap_or_else(|_| Self::unchanged(event))
    }
}

fn without(
    json: &serde_json::value::RawValue,
    unsent: &Unsent,
    receiver: Receiver,
) -> Result<Box<serde_json::value::RawValue>, serde_json::Error> {
    let mut request: Members = serde_json::from_str(json.get())?;
    request.change_headers(|headers| {
        headers.retain(|name| {
            let mut names = unsent.headers.iter();
            !names.any(|gone| gone.eq_ignore_ascii_case(name))
        });
        Ok(())
    })?;
    if unsent.query && receiver == Receiver::Origin {
        request.set("querystring", "")?;
    }
    to_raw_value(&request)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use serde_json::Value;

    use super::*;

    const AT_ORIGIN: &str = include_str!("../../../tests/events/origin-custom.json");
    const AT_VIEWER: &str = include_str!("../../../tests/events/viewer-get.json");

    fn sent(event: &str, settings: &str) -> Value {
        let event = Event::parse(event.as_bytes()).unwrap();
        let configuration = Configuration::parse(settings.as_bytes()).unwrap();
        let reply = Reply::passed_on(&event, &configuration);
        serde_json::from_str(reply.json.get()).unwrap()
    }

    #[test]
    fn the_origin_does_not_get_what_is_not_in_the_key() {
        let whole = sent(AT_ORIGIN, "{}");
        assert!(whole["headers"]["user-agent"].is_array() && whole["querystring"] != "");
        let settings = r#"{"unsent":{"headers":["User-Agent","cookie"],"query":true}}"#;
        let mut less = sent(AT_ORIGIN, settings);
        assert!(less["headers"]["user-agent"].is_null());
        assert_eq!(less["querystring"], "");
        // All else is as it was.
        less["headers"]["user-agent"] = whole["headers"]["user-agent"].clone();
        less["querystring"] = whole["querystring"].clone();
        assert_eq!(less, whole);
        assert_eq!(sent(AT_VIEWER, settings), sent(AT_VIEWER, "{}"));
    }
}

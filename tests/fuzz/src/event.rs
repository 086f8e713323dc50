//! The bytes of an event: a request in them gets a valid reply.

use edgewright_engine::lambda::event::Event;
use serde_json::Value;

use crate::builds;
use crate::safety;

pub fn run(data: &[u8]) {
    let reply = builds::all()[0].function.handle_at_once(data).unwrap();
    if let Ok(event) = Event::parse(data) {
        match event.response {
            Some(response) => assert_eq!(reply.get(), response.get()),
            None => safety::check(event.request, &reply),
        }
    } else if let Ok(event) = serde_json::from_slice::<Value>(data) {
        // An odd event, but JSON: no reader of JSON finds a request that we do not.
        let cf = &event["Records"][0]["cf"];
        assert!(!cf["request"].is_object() || reply.get() != "null");
    }
    assert!(
        reply.get() == "null" || reply.get().starts_with('{'),
        "{reply}"
    );
}

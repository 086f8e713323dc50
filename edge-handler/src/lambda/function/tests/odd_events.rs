//! Events that CloudFront never sends: a request in them passes through unchanged.

use super::*;

/// What the reply has to be.
enum Reply {
    /// These bytes, counted as `event`.
    Passes(&'static str),
    /// `null`, counted as `event`: there is no request.
    Nothing,
    /// A redirect, as [`shown`] writes it; nothing is counted.
    Decided(&'static str),
}

use Reply::{Decided, Nothing, Passes};

#[track_caller]
fn check(name: &str, event: &[u8], expected: &Reply) {
    let notes = Notes::default();
    let reply = embedded(&notes).handle_at_once(event).unwrap();
    let (found, counted): (_, &[&str]) = match expected {
        Passes(_) | Nothing => (reply.get().to_owned(), &["event"]),
        Decided(_) => (shown(&reply), &[]),
    };
    let expected = match expected {
        Passes(text) | Decided(text) => text,
        Nothing => "null",
    };
    assert_eq!(found, expected, "{name}");
    assert_eq!(notes.kinds(), counted, "{name}");
}

/// A request that a rule is about, so that passing through is told from deciding.
const MOVED: &str = r#"{"method":"GET","uri":"/moved","headers":{"host":[{"value":"h"}]}}"#;
const OTHER: &str = r#"{"method":"GET","uri":"/other","headers":{"host":[{"value":"h"}]}}"#;

/// Puts [`MOVED`] for `M` and [`OTHER`] for `O`, each between `@` signs.
fn filled(pattern: &str) -> String {
    pattern.replace("@M@", MOVED).replace("@O@", OTHER)
}

macro_rules! odd_events {
    ($($name:ident: $event:expr => $reply:expr;)*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name), filled($event).as_bytes(), &$reply);
        }
    )*};
}

odd_events! {
    an_ordinary_event: r#"{"Records":[{"cf":{"config":{"eventType":"viewer-request"},"request":@M@}}]}"#
        => Decided("301 https://www.example.com/new");
    unknown_fields_everywhere: r#"{"v":1,"Records":[{"s":"x","cf":{"config":{"a":[{}],"eventType":"viewer-request"},"b":1e999,"request":@M@}}]}"#
        => Decided("301 https://www.example.com/new");
    a_trigger_invented_later: r#"{"Records":[{"cf":{"config":{"eventType":"later"},"request":@M@}}]}"#
        => Decided("301 https://www.example.com/new");
    no_config: r#"{"Records":[{"cf":{"request":@M@}}]}"# => Decided("301 https://www.example.com/new");

    event_type_number: r#"{"Records":[{"cf":{"config":{"eventType":5},"request":@M@}}]}"# => Passes(MOVED);
    event_type_null: r#"{"Records":[{"cf":{"config":{"eventType":null},"request":@M@}}]}"# => Passes(MOVED);
    event_type_object: r#"{"Records":[{"cf":{"config":{"eventType":{"viewer-request":1}},"request":@M@}}]}"# => Passes(MOVED);
    event_type_twice: r#"{"Records":[{"cf":{"config":{"eventType":"a","eventType":"b"},"request":@M@}}]}"# => Passes(MOVED);
    event_type_a_lone_surrogate: r#"{"Records":[{"cf":{"config":{"eventType":"\ud800"},"request":@M@}}]}"# => Passes(MOVED);
    config_null: r#"{"Records":[{"cf":{"config":null,"request":@M@}}]}"# => Passes(MOVED);
    config_text: r#"{"Records":[{"cf":{"config":"x","request":@M@}}]}"# => Passes(MOVED);
    config_list: r#"{"Records":[{"cf":{"config":[1,2],"request":@M@}}]}"# => Passes(MOVED);
    config_twice: r#"{"Records":[{"cf":{"config":{},"config":{},"request":@M@}}]}"# => Passes(MOVED);
    config_after_the_request: r#"{"Records":[{"cf":{"request":@M@,"config":7}}]}"# => Passes(MOVED);

    two_records: r#"{"Records":[{"cf":{"request":@M@}},{"cf":{"request":@O@}}]}"# => Passes(MOVED);
    the_second_record_holds_it: r#"{"Records":[{},{"cf":{"request":@M@}}]}"# => Passes(MOVED);
    a_record_that_is_none: r#"{"Records":[null,7,"x",{"cf":{"request":@M@}}]}"# => Passes(MOVED);
    records_an_object: r#"{"Records":{"cf":{"request":@M@}}}"# => Passes(MOVED);
    records_in_records: r#"{"Records":[[{"cf":{"request":@M@}}]]}"# => Passes(MOVED);
    records_twice: r#"{"Records":[{"cf":{"request":@M@}}],"Records":[]}"# => Passes(MOVED);
    records_in_lower_case: r#"{"records":[{"cf":{"request":@M@}}]}"# => Passes(MOVED);
    no_records: r#"{"cf":{"request":@M@}}"# => Passes(MOVED);
    a_list_around_it: r#"[{"Records":[{"cf":{"request":@M@}}]}]"# => Passes(MOVED);
    no_cf: r#"{"Records":[{"request":@M@}]}"# => Passes(MOVED);
    cf_twice: r#"{"Records":[{"cf":{"request":@M@},"cf":{}}]}"# => Passes(MOVED);
    cf_preferred: r#"{"request":@O@,"Records":[{"cf":{"request":@M@}},5]}"# => Passes(MOVED);

    request_twice: r#"{"Records":[{"cf":{"request":@O@,"request":@M@}}]}"# => Passes(MOVED);
    request_twice_once_null: r#"{"Records":[{"cf":{"request":@M@,"request":null}}]}"# => Passes(MOVED);
    request_by_an_escape: r#"{"Records":[{"cf":{"config":1,"\u0072equest":@M@}}]}"# => Passes(MOVED);
    a_request_in_a_request: r#"{"Records":[{"cf":{"config":1,"request":{"request":@O@,"uri":"/moved"}}}]}"#
        => Passes(r#"{"request":{"method":"GET","uri":"/other","headers":{"host":[{"value":"h"}]}},"uri":"/moved"}"#);
    request_as_a_value: r#"{"a":"request","Records":[{"cf":{"config":1,"b":["request"],"request":@M@}}]}"# => Passes(MOVED);
    a_text_with_brackets: r#"{"a":"}]\"{\\","Records":[{"cf":{"config":1,"request":{"uri":"/}\"{"}}}]}"# => Passes(r#"{"uri":"/}\"{"}"#);

    uri_twice: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/moved","uri":"/b"}}}]}"# => Passes(r#"{"method":"GET","uri":"/moved","uri":"/b"}"#);
    uri_a_lone_surrogate: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/\ud800"}}}]}"# => Passes(r#"{"method":"GET","uri":"/\ud800"}"#);
    a_name_with_a_lone_surrogate: r#"{"\udc00":1,"Records":[{"cf":{"request":@M@}}]}"# => Passes(MOVED);
    a_field_name_with_a_lone_surrogate: r#"{"Records":[{"cf":{"request":{"\udfff":1,"method":"GET","uri":"/moved"}}}]}"# => Passes(r#"{"\udfff":1,"method":"GET","uri":"/moved"}"#);
    method_a_number: r#"{"Records":[{"cf":{"request":{"method":7,"uri":"/moved"}}}]}"# => Passes(r#"{"method":7,"uri":"/moved"}"#);
    querystring_null: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/moved","querystring":null}}}]}"# => Passes(r#"{"method":"GET","uri":"/moved","querystring":null}"#);
    headers_null: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/moved","headers":null}}}]}"# => Passes(r#"{"method":"GET","uri":"/moved","headers":null}"#);
    headers_twice: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/moved","headers":{},"headers":{}}}}]}"# => Passes(r#"{"method":"GET","uri":"/moved","headers":{},"headers":{}}"#);
    a_header_that_is_no_list: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/moved","headers":{"host":"h"}}}}]}"# => Passes(r#"{"method":"GET","uri":"/moved","headers":{"host":"h"}}"#);
    an_empty_request: r#"{"Records":[{"cf":{"request":{}}}]}"# => Passes("{}");

    a_byte_order_mark: "\u{feff}{\"Records\":[{\"cf\":{\"request\":@M@}}]}" => Passes(MOVED);
    bytes_after_it: r#"{"Records":[{"cf":{"request":@M@}}]}}]x"# => Passes(MOVED);
    two_documents: r#"{"Records":[{"cf":{"request":@M@}}]}{"Records":[{"cf":{"request":@O@}}]}"# => Passes(MOVED);
    words_before_it: r#"null {"Records":[{"cf":{"request":@M@}}]}"# => Passes(MOVED);
    cut_after_the_request: r#"{"Records":[{"cf":{"request":@M@"# => Passes(MOVED);
    a_comma_too_many: r#"{"Records":[{"cf":{"request":@M@,}},]}"# => Passes(MOVED);
    no_json_beside_it: r#"{"a":nul,"Records":[{"cf":{'b':NaN,"request":@M@}}]}"# => Passes(MOVED);
    a_number_out_of_range: r#"{"Records":[{"cf":{"config":1e999,"request":@M@}}]}"# => Passes(MOVED);

    a_response_passes: r#"{"Records":[{"cf":{"config":7,"request":@M@,"response":{"status":"200"}}}]}"# => Passes(r#"{"status":"200"}"#);
    a_response_that_comes_first_passes: r#"{"Records":[{"cf":{"config":7,"response":{"status":"200"},"request":@M@}}]}"# => Passes(r#"{"status":"200"}"#);
    a_response_elsewhere_does_not: r#"{"response":{"status":"200"},"Records":[{"cf":{"config":7,"request":@M@}}]}"# => Passes(MOVED);
    a_response_that_is_none: r#"{"Records":[{"cf":{"request":@M@,"response":5}}]}"# => Passes(MOVED);

    request_null: r#"{"Records":[{"cf":{"request":null}}]}"# => Nothing;
    request_list: r#"{"Records":[{"cf":{"request":[1]}}]}"# => Nothing;
    request_text: r#"{"Records":[{"cf":{"request":"{}"}}]}"# => Nothing;
    a_request_cut_short: r#"{"Records":[{"cf":{"request":{"method":"GET","uri":"/moved""# => Nothing;
    a_request_cut_short_with_one_inside: r#"{"Records":[{"cf":{"request":{"request":@M@,"uri":"/x""# => Nothing;
    a_request_that_is_no_json: r#"{"Records":[{"cf":{"request":{"uri":/moved}}}]}"# => Nothing;
    no_request: r#"{"Records":[{"cf":{}}]}"# => Nothing;
    nothing: "" => Nothing;
    null: "null" => Nothing;
    a_mark_alone: "\u{feff}" => Nothing;
}

#[test]
fn deep_nesting_beside_a_request_harms_nothing() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let request = format!(
            r#"{{"method":"GET","uri":"/nowhere","headers":{{"host":[{{"value":"h"}}]}},"x":{deep}}}"#
        );
        for event in [
            format!(r#"{{"Records":[{{"cf":{{"request":{request}}}}}]}}"#),
            format!(r#"{{"x":{deep},"Records":[{{"cf":{{"config":1,"request":{request}}}}}]}}"#),
            format!(r#"{}{{"cf":{{"request":{request}}}}}"#, "[".repeat(100_000)),
        ] {
            let function = embedded(&Notes::default());
            let reply = function.handle_at_once(event.as_bytes()).unwrap();
            assert!(reply.get() == request, "{}", &event[..40]);
        }
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced() {
    let event = b"{\"Records\":[{\"cf\":{\"request\":{\"uri\":\"/\xff\"}}}]}";
    check("in the request", event, &Passes("{\"uri\":\"/\u{fffd}\"}"));
    let event = filled(r#"{"cf":{"request":@M@}}"#);
    let event = [b"\xff\xfe{\"\xff\":", event.as_bytes(), b"}\xff"].concat();
    check("beside the request", &event, &Passes(MOVED));
}

/// Every byte of an event replaced by others, and every place cut out: where the request is whole, it
/// or an answer is the reply.
#[test]
fn every_damage_beside_the_request_leaves_the_request() {
    let event =
        filled(r#"{"Records":[{"cf":{"config":{"eventType":"viewer-request"},"request":@O@}}]}"#);
    let request = event.find(OTHER).unwrap();
    let function = embedded(&Notes::default());
    let outside = (request + OTHER.len()..event.len()).chain(0..request - r#""request":"#.len());
    for at in outside {
        for byte in *b"\"\\{}[]:,0 x\0\xff" {
            let mut damaged = event.clone().into_bytes();
            damaged[at] = byte;
            let reply = function.handle_at_once(&damaged).unwrap();
            let text = String::from_utf8_lossy(&damaged);
            // A quote or a backslash more or less turns the texts after it inside out.
            let readable = !b"\"\\".contains(&byte) && event.as_bytes()[at] != b'"';
            assert!(
                reply.get() == OTHER || !readable || at > request + OTHER.len(),
                "{text}: {reply}"
            );
        }
    }
}

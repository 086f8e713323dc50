//! Hostile text in every sink, through an event and the function: no header can be made or ended, no
//! local redirect leads elsewhere, and a host that comes back is part of the cache key.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_engine::cloudfront::event;
use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::trigger::Trigger;
use edgewright_test_fuzz::builds::Build;
use edgewright_test_fuzz::safety;
use edgewright_test_fuzz::sinks::{self, Leads, Place, SINKS, Sink};
use proptest::prelude::*;
use serde_json::Value;

/// Every sink with a build of its own, so that inputs of one are not another's.
static BUILDS: LazyLock<Vec<Build>> = LazyLock::new(|| {
    let build = |sink| Build::of(sinks::alone(sink).as_bytes()).unwrap();
    SINKS.iter().map(build).collect()
});

/// A text that no header, URL or path may be harmed by, as pieces of others are.
const PIECES: &[&str] = &[
    "plain",
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    " ",
    "\u{b}",
    "\u{c}",
    "\u{7f}",
    "\u{1b}[31m",
    "%0d%0aX:y",
    "%0D%0A%0D%0A<p>",
    "%0a",
    "%00",
    "%09",
    "%7f",
    "%1b",
    "%250d%250a",
    "%25250a",
    "%u000a",
    "%c0%8a",
    "%e5%98%8a%e5%98%8d",
    "\u{560a}\u{560d}",
    "\u{e9}",
    "\u{85}",
    "\u{2028}",
    "\u{ff0f}\u{ff0f}evil.test",
    "%ff%fe",
    "%c3%a9",
    "%80",
    "//evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "%2f/evil.test",
    "%2f%2fevil.test",
    "/%2fevil.test",
    "%5cevil.test",
    "/%5cevil.test",
    "/%09/evil.test",
    ".evil.test",
    "@evil.test",
    ":80@evil.test/",
    "http://evil.test/",
    "https:evil.test",
    "javascript:alert(1)",
    "data:,x",
    "..",
    "../",
    "/../",
    "%2e%2e/",
    "?",
    "#",
    "&",
    "=",
    ";",
    ",",
    ":",
    "\"",
    "'",
    "<script>",
    "`",
    "|",
    "^",
    "{",
    "}",
    "[",
    "]",
    "%",
    "%2",
    "%zz",
    "Set-Cookie: a=b",
    "$1",
    "%{HTTP_HOST}",
    "${books:plain}",
    "two",
];

/// Hosts that are not the server's.
const HOSTS: &[&str] = &[
    "evil.test",
    "evil.test:80",
    "evil.test:99999",
    "h.test@evil.test",
    "evil.test/",
    "evil.test\\",
    "evil.test?",
    "evil.test#",
    "evil.test%0d%0aX:y",
    "evil.test\r\nX: y",
    "evil.test\t",
    "evil.test\0",
    "\u{e9}vil.test",
    "evil_.test",
    ".evil.test",
    "evil.test.",
    "[::1]",
    "[evil.test]",
    "a b",
    "",
    "-",
    "evil.test,h.test",
];

/// The parts of a request that have to be owned.
struct Parts {
    method: Vec<u8>,
    host: Vec<u8>,
    target: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The request with `text` where `sink` takes it.
fn parts(sink: &Sink, text: &str) -> Parts {
    let (mut method, mut host) = ("GET", "h.test");
    let mut target = sink.path.to_owned();
    let mut headers = vec![];
    match sink.place {
        Place::Path => target += text,
        Place::Query => target += &format!("?q={text}"),
        Place::Header(name) => headers.push((name.as_bytes().to_vec(), text.as_bytes().to_vec())),
        Place::Host => host = text,
        Place::Method => method = text,
    }
    let bytes = |text: &str| text.as_bytes().to_vec();
    Parts {
        method: bytes(method),
        host: bytes(host),
        target: bytes(&target),
        headers,
    }
}

/// The `Location` of the function's reply to `text` in a sink, if it has one.
fn location(sink: &Sink, build: &Build, text: &str) -> Option<String> {
    let parts = parts(sink, text);
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (&name[..], &value[..]));
    let headers: Vec<_> = headers.collect();
    let request = Request {
        method: &parts.method,
        headers: &headers,
        ..Request::get(&parts.host, &parts.target)
    };
    build.compare(&request);
    let event = event::event(&request, Trigger::OriginRequest).unwrap();
    let reply = build.function.handle_at_once(event.as_bytes()).unwrap();
    let request = Event::parse(event.as_bytes()).unwrap().request;
    safety::check(request, &reply);
    let effect = event::effect(&reply);
    assert!(effect.is_some(), "{}: {text:?}: {reply}", sink.name);
    let reply: Value = serde_json::from_str(reply.get()).unwrap();
    reply["status"].as_str()?;
    let location = reply["headers"]["location"][0]["value"].as_str()?;
    Some(location.to_owned())
}

fn check(sink: &Sink, build: &Build, text: &str) {
    let Some(location) = location(sink, build, text) else {
        return;
    };
    let where_to = format!("{}: {text:?} leads to {location}", sink.name);
    match sink.leads {
        Leads::Own => assert!(location.starts_with("http://h.test/"), "{where_to}"),
        Leads::Other(begin) => assert!(location.starts_with(begin), "{where_to}"),
        Leads::Anywhere => {}
        // Apache's own redirects: of a folder, or to the clean form of a path.
        Leads::Served | Leads::Proxied | Leads::Status => {
            assert!(location.starts_with("http://h.test/"), "{where_to}");
        }
    }
    let is_local = sink.place != Place::Header("X-Any");
    let relative =
        location.starts_with("//") || location.starts_with("/\\") || location.starts_with('\\');
    assert!(!is_local || !relative, "{where_to}");
    if sink.place == Place::Host && text.len() > 3 && location.contains(text) {
        let inputs = Inputs::of(&build.reading.site);
        assert!(
            inputs.contains(&Input::Host),
            "{where_to}, which is not in the key"
        );
    }
}

/// Each sink with a harmless text, or the hostile ones would show nothing.
#[test]
fn harmless_text_arrives() {
    for (sink, build) in SINKS.iter().zip(&*BUILDS) {
        let text = if sink.place == Place::Method {
            "POST"
        } else {
            "plain"
        };
        let location = location(sink, build, text);
        let is_redirect = !matches!(sink.leads, Leads::Served | Leads::Proxied | Leads::Status);
        assert_eq!(
            location.is_some(),
            is_redirect,
            "{}: {location:?}",
            sink.name
        );
        check(sink, build, text);
    }
}

#[test]
fn hostile_text_harms_no_sink() {
    let long = [
        "a".repeat(8000),
        "%0a".repeat(2000),
        "\u{e9}".repeat(3000),
        "/".repeat(4000),
    ];
    let long = long.iter().map(String::as_str);
    let texts: Vec<&str> = PIECES.iter().copied().chain(long).collect();
    for (sink, build) in SINKS.iter().zip(&*BUILDS) {
        for text in &texts {
            check(sink, build, text);
        }
        if sink.place == Place::Host {
            for host in HOSTS {
                check(sink, build, host);
            }
        }
    }
}

/// A host comes back in no answer of a rule that leads elsewhere.
#[test]
fn a_host_is_reflected_only_where_a_rule_says_so() {
    for (sink, build) in SINKS.iter().zip(&*BUILDS) {
        for host in HOSTS {
            let target = format!(
                "{}{}",
                sink.path,
                if sink.place == Place::Query {
                    "?q=plain"
                } else {
                    "plain"
                }
            );
            let request = Request::get(host.as_bytes(), target.as_bytes());
            let event = event::event(&request, Trigger::OriginRequest).unwrap();
            let reply = build.function.handle_at_once(event.as_bytes()).unwrap();
            let reply: Value = serde_json::from_str(reply.get()).unwrap();
            let headers = reply["headers"].to_string();
            if reply["status"].is_null() || !headers.contains("vil") {
                continue;
            }
            let may = matches!(
                sink.leads,
                Leads::Own | Leads::Anywhere | Leads::Served | Leads::Proxied
            );
            assert!(may, "{}: {host:?} comes back in {headers}", sink.name);
            let inputs = Inputs::of(&build.reading.site);
            assert!(
                inputs.contains(&Input::Host),
                "{}: {host:?} is not in the key",
                sink.name
            );
        }
    }
}

/// At origin-request a request goes to the server that was named, whatever its text.
#[test]
fn a_proxied_request_goes_to_the_named_server_only() {
    let configuration = Configuration {
        proxy_hosts: vec!["app.example".to_owned()],
        journal_interval: 0,
        ..Configuration::default()
    };
    for sink in SINKS.iter().filter(|sink| sink.leads == Leads::Proxied) {
        let build = Build::of(sinks::alone(sink).as_bytes()).unwrap();
        let function = build.function_with(configuration.clone());
        let mut proxied = 0;
        for text in PIECES {
            let parts = parts(sink, text);
            let event = event::event(
                &Request::get(&parts.host, &parts.target),
                Trigger::OriginRequest,
            )
            .unwrap();
            let event = event.replacen("viewer-request", "origin-request", 1);
            let reply = function.handle_at_once(event.as_bytes()).unwrap();
            let value: Value = serde_json::from_str(reply.get()).unwrap();
            let server = &value["origin"]["custom"]["domainName"];
            if server.is_null() {
                continue;
            }
            proxied += 1;
            assert_eq!(server, "app.example", "{}: {text:?}", sink.name);
            let host = value["headers"]["host"][0]["value"].as_str().unwrap();
            assert!(
                host == "app.example" || host.starts_with("app.example:"),
                "{host}"
            );
            for part in ["uri", "querystring"] {
                let text = value[part].as_str().unwrap();
                assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
            }
        }
        assert!(
            proxied > 0 || sink.name == "proxied host, begun",
            "{}",
            sink.name
        );
    }
}

/// `EDGEWRIGHT_CASES` asks for more.
static CASES: LazyLock<u32> = LazyLock::new(|| {
    let number = std::env::var("EDGEWRIGHT_CASES").ok();
    number.map_or(2_000, |number| number.parse().unwrap())
});

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => (0_u8..=255).prop_map(|byte| format!("%{byte:02x}")),
    ];
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: *CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_hostile_text_harms_a_sink(number in 0..SINKS.len(), text in hostile()) {
        check(&SINKS[number], &BUILDS[number], &text);
    }
}

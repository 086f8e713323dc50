//! A request that passes through the function unchanged costs few allocations: they are counted, stage by stage.

#![cfg(feature = "events")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to fail"
)]

use edgewright_engine::artefact::program::{Parts, Program};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::{Decision, Runtime, decide};
use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::lambda::response::Reply;
use edgewright_engine::model::site::{Host, Site};
use edgewright_test_support::allocations::{Counting, counted};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations of each stage for a miss: reading the event, its fields, its parts, deciding, replying.
fn check(event: &str, expected: [usize; 5]) {
    let program = Parts {
        site: Site {
            hosts: vec![Host::new("www.example.com", "/var/www")],
            ..Site::default()
        },
        ..Parts::default()
    };
    let runtime = Runtime::of(Program::of(program));
    let table = EmbeddedTable::default();
    let (configuration, options) = (Configuration::default(), Options::default());
    let (event, parsing) = counted(|| Event::parse(event.as_bytes()).unwrap());
    let (fields, reading) = counted(|| event.fields().unwrap());
    let (parts, taking) = counted(|| fields.parts(event.trigger, &configuration));
    let request = parts.request();
    let (decision, deciding) = counted(|| decide(&runtime, &table, &request, &options));
    assert_eq!(decision, Decision::Unchanged);
    let reply = || Reply::of(&event, &fields, &decision, &configuration, 0).unwrap();
    let (_, replying) = counted(reply);
    assert_eq!([parsing, reading, taking, deciding, replying], expected);
}

#[test]
fn a_miss_allocates_little() {
    check(include_str!("events/viewer-get.json"), [1, 1, 1, 0, 1]);
    check(include_str!("events/origin-custom.json"), [1, 2, 1, 0, 1]);
    check(
        r#"{"Records":[{"cf":{"config":{"eventType":"viewer-request"},"request":{"clientIp":"192.0.2.1","method":"GET","uri":"/a","querystring":"b=c","headers":{"host":[{"key":"Host","value":"www.example.com"}],"user-agent":[{"key":"User-Agent","value":"x"}]}}}}]}"#,
        [1, 1, 1, 0, 1],
    );
}

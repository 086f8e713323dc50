//! Texts of the file, and what is read from them.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]

use super::*;
use crate::model::forwarded_for::ForwardedFor;
use crate::model::marks::{Exactness, Head};

#[test]
fn an_empty_object_is_the_default() {
    assert_eq!(
        Configuration::parse(b"{}").unwrap(),
        Configuration::default()
    );
}

#[test]
fn every_setting_is_read() {
    let text = br#"{
        "program": "other.bin",
        "table": {"dynamodb": {
            "name": "redirects",
            "region": {"eu-west-2": "eu-west-1", "otherwise": "us-east-1"},
            "endpoint_url": "http://127.0.0.1:8000",
            "refresh": 5,
            "memory": 6,
            "timeouts": {"connect": 1, "attempt": 2, "operation": 3, "warm_up": 4}
        }},
        "default_scheme": "http",
        "host_header": "x-viewer-host",
        "forwarded_proto": true,
        "forwarded_for": "append",
        "proxy_hosts": ["app.example"],
        "carried": {"via": "x-own-via"},
        "class": { "header": "x-own-class", "marks": { "head": "apart", "time": "hour" } },
        "unsent": {"headers": ["cookie"], "query": true},
        "journal_interval": 7,
        "cache_control": {"redirects": "no-store", "statuses": {"410": "max-age=60"}}
    }"#;
    let regions = [("eu-west-2", "eu-west-1"), ("otherwise", "us-east-1")];
    let expected = Configuration {
        program: "other.bin".into(),
        table: Table::DynamoDb(DynamoDbTable {
            name: "redirects".to_owned(),
            region: RegionRule::Nearest(regions.map(|(a, b)| (a.to_owned(), b.to_owned())).into()),
            endpoint_url: Some("http://127.0.0.1:8000".to_owned()),
            refresh: 5,
            memory: 6,
            timeouts: Timeouts {
                connect: 1,
                attempt: 2,
                operation: 3,
                warm_up: 4,
            },
        }),
        default_scheme: SchemeName::Http,
        host_header: Some("x-viewer-host".to_owned()),
        forwarded_proto: true,
        forwarded_for: ForwardedFor::Append,
        proxy_hosts: vec!["app.example".to_owned()],
        carried: [("via".to_owned(), "x-own-via".to_owned())].into(),
        class: Some(Class {
            header: "x-own-class".to_owned(),
            marks: Marks {
                head: Head::Apart,
                time: Some(Exactness::Hour),
                ..Marks::default()
            },
        }),
        unsent: Unsent {
            headers: vec!["cookie".to_owned()],
            query: true,
        },
        journal_interval: 7,
        cache_control: CacheControl {
            redirects: Some("no-store".to_owned()),
            statuses: [(410, "max-age=60".to_owned())].into(),
        },
    };
    assert_eq!(Configuration::parse(text).unwrap(), expected);
}

#[test]
fn a_slip_is_an_error_that_names_it() {
    let cases = [
        (r#"{"tabel":{}}"#, "tabel"),
        (r#"{"table":{"dynamodb":{}}}"#, "name"),
        (r#"{"table":{"redis":{}}}"#, "redis"),
        (r#"{"default_scheme":"ftp"}"#, "ftp"),
        (
            r#"{"cache_control":{"statuses":{"gone":"x"}}}"#,
            "line 1 column 31",
        ),
        ("", "EOF"),
    ];
    for (text, named) in cases {
        let message = Configuration::parse(text.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(message.contains(named), "{text}: {message}");
    }
}

#[test]
fn the_region_follows_the_rule() {
    let nearest = r#"{"eu-west-2":"eu-west-1","otherwise":"us-east-1"}"#;
    let cases = [
        ("null", "eu-west-2", "eu-west-2"),
        (r#""us-west-2""#, "eu-west-2", "us-west-2"),
        (nearest, "eu-west-2", "eu-west-1"),
        (nearest, "sa-east-1", "us-east-1"),
        ("{}", "sa-east-1", "sa-east-1"),
    ];
    for (rule, running, expected) in cases {
        let rule: RegionRule = serde_json::from_str(rule).unwrap();
        assert_eq!(rule.choose(running), expected);
    }
}

//! The facts that the model follows, each a row with a name.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]
#![expect(
    clippy::too_many_lines,
    reason = "tables, a line for each field of a row"
)]

mod entries;
mod functions;
mod key;
mod origin;
mod policies;
mod times;
mod viewers;

use std::cell::RefCell;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::distribution::Distribution;
use super::edge_function::Failed;
use super::header_list::HeaderList;
use super::response::{Asked, Delivered, Maker};
use super::switches::Switches;
use super::viewer_function::Ended;
use super::visit::{CloudFront, OriginAnswer, Surroundings};
use crate::model::request::{Request, Scheme, Target};

/// The body that a viewer gets.
fn text(delivered: &Delivered) -> String {
    String::from_utf8(delivered.response.body.clone()).unwrap()
}

/// A template with a server, whose key is the path alone, and a function at origin-request.
pub(super) fn template() -> Value {
    let nothing = json!({
        "HeadersConfig": { "HeaderBehavior": "none" },
        "CookiesConfig": { "CookieBehavior": "none" },
        "QueryStringsConfig": { "QueryStringBehavior": "none" },
    });
    let mut forward = nothing.clone();
    forward["Name"] = json!("forward");
    json!({ "Resources": {
        "Key": { "Type": "AWS::CloudFront::CachePolicy", "Properties": { "CachePolicyConfig": {
            "Name": "key", "MinTTL": 0, "DefaultTTL": 300, "MaxTTL": 86400,
            "ParametersInCacheKeyAndForwardedToOrigin": nothing,
        } } },
        "Forward": { "Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": {
            "OriginRequestPolicyConfig": forward,
        } },
        "Distribution": { "Type": "AWS::CloudFront::Distribution", "Properties": { "DistributionConfig": {
            "Enabled": true,
            "Origins": [{ "Id": "o", "DomainName": "origin.test", "CustomOriginConfig": {} }],
            "DefaultCacheBehavior": {
                "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
                "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                "CachePolicyId": { "Ref": "Key" }, "OriginRequestPolicyId": { "Ref": "Forward" },
                "LambdaFunctionAssociations": [{ "EventType": "origin-request", "LambdaFunctionARN": "f" }],
            },
        } } },
    } })
}

/// What a test changes in the template: a path into it, and what stands there.
pub(super) type Change<'a> = (&'a str, Value);

/// Where what a change is about begins.
const PLACES: [(&str, &str); 4] = [
    (
        "key",
        "/Resources/Key/Properties/CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin",
    ),
    ("ttl", "/Resources/Key/Properties/CachePolicyConfig"),
    (
        "forward",
        "/Resources/Forward/Properties/OriginRequestPolicyConfig",
    ),
    (
        "config",
        "/Resources/Distribution/Properties/DistributionConfig",
    ),
];

/// The template with changes: `key.HeadersConfig` names what it is about and the field.
pub(super) fn changed(changes: &[Change<'_>]) -> Value {
    let mut template = template();
    for (name, value) in changes {
        let mut parts = name.split('.');
        let first = parts.next().unwrap();
        let (_, start) = PLACES.iter().find(|(place, _)| *place == first).unwrap();
        let mut place = template.pointer_mut(start).unwrap();
        for part in parts {
            place = &mut place[part];
        }
        *place = value.clone();
    }
    template
}

/// A header list of a policy.
pub(super) fn names(headers: &[&str]) -> Value {
    json!({ "HeaderBehavior": "whitelist", "Headers": headers })
}

/// Switches with every one in its first position.
pub(super) fn first() -> Switches {
    Switches::chosen(|_| 0)
}

/// A request as a test writes it.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    /// The method.
    pub method: &'a str,
    /// The scheme.
    pub scheme: Scheme,
    /// The protocol.
    pub protocol: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Headers beside `Host`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The viewer's address.
    pub client: &'a str,
}

/// A `GET` over TLS without headers.
pub(super) fn get(target: &str) -> Sent<'_> {
    Sent {
        method: "GET",
        scheme: Scheme::Https,
        protocol: "HTTP/1.1",
        target,
        headers: &[],
        client: "192.0.2.1",
    }
}

/// A `GET` of `/a` with these headers.
pub(super) fn with<'a>(headers: &'a [(&'a str, &'a str)]) -> Sent<'a> {
    Sent {
        headers,
        ..get("/a")
    }
}

/// A distribution at work, and what happens around it.
pub(super) struct Trial {
    /// CloudFront.
    pub cloudfront: CloudFront,
    /// The requests that the function was given.
    pub events: RefCell<Vec<Value>>,
    /// What the function returns for the request it is given.
    pub function: fn(&Value) -> Result<Value, Failed>,
    /// What the CloudFront Function returns for its event.
    pub viewer_function: fn(&Value) -> Result<Value, Ended>,
    /// What the origin answers.
    pub origin: fn(&Asked) -> OriginAnswer,
}

/// The function returns the request as it is, the origin says which path and query it was asked for.
pub(super) fn trial(changes: &[Change<'_>], switches: Switches) -> Trial {
    let distribution = Distribution::of_template(&changed(changes)).unwrap();
    Trial {
        cloudfront: CloudFront::new(distribution, switches),
        events: RefCell::new(Vec::new()),
        function: |request| Ok(request.clone()),
        viewer_function: |event| Ok(event["request"].clone()),
        origin: echo,
    }
}

/// An answer of the origin that names what it was asked for.
pub(super) fn echo(asked: &Asked) -> OriginAnswer {
    let Asked { domain, request } = asked;
    let query = request.query.as_deref().unwrap_or_default();
    OriginAnswer {
        status: 200,
        headers: HeaderList::default(),
        body: format!("{} {domain}{} {query}", request.method, request.uri).into_bytes(),
    }
}

impl Trial {
    /// What the viewer gets at `now`.
    pub(super) fn at(&mut self, now: u64, sent: Sent<'_>) -> Delivered {
        let Sent {
            method,
            scheme,
            protocol,
            target,
            headers,
            client,
        } = sent;
        let bytes =
            |(name, value): &(&'static str, &'static str)| (name.as_bytes(), value.as_bytes());
        let _ = bytes;
        let headers: Vec<(&[u8], &[u8])> = headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let request = Request {
            method: method.as_bytes(),
            scheme,
            host: Some(b"www.test"),
            target: Target::of(target.as_bytes()),
            headers: &headers,
            client: client.as_bytes(),
            protocol: protocol.as_bytes(),
        };
        let (events, function, viewer_function) =
            (&self.events, self.function, self.viewer_function);
        let edge_function = |event: &str| -> Result<Box<RawValue>, Failed> {
            let event: Value = serde_json::from_str(event).unwrap();
            let request = event["Records"][0]["cf"]["request"].clone();
            events.borrow_mut().push(request.clone());
            function(&request).map(|reply| to_raw_value(&reply).unwrap())
        };
        let run = |_: &str, event: &Value, _: Option<&str>| viewer_function(event);
        let surroundings = Surroundings {
            viewer_function: &run,
            edge_function: &edge_function,
            origin: &self.origin,
        };
        self.cloudfront.answer(&request, now, &surroundings)
    }

    /// What the viewer gets at the beginning.
    pub(super) fn ask(&mut self, sent: Sent<'_>) -> Delivered {
        self.at(0, sent)
    }

    /// The values of a header in the last event, joined.
    pub(super) fn seen(&self, name: &str) -> Option<String> {
        let events = self.events.borrow();
        let lines = events.last()?["headers"][name].as_array()?.clone();
        let values = lines.iter().map(|line| line["value"].as_str().unwrap());
        Some(values.collect::<Vec<_>>().join(" | "))
    }
}

/// Who made an answer, in a word.
pub(super) fn maker(delivered: &Delivered) -> &'static str {
    match delivered.response.maker {
        Maker::CloudFront => "CloudFront",
        Maker::ViewerRequest => "viewer-request",
        Maker::OriginRequest => "origin-request",
        Maker::Origin(_) => "origin",
    }
}

#[test]
fn every_position_of_every_switch_is_tried() {
    let all = Switches::all();
    let singles = all.iter().filter(|one| **one != first());
    assert!(singles.count() > Switches::COUNT);
    let unique = all.iter().enumerate();
    let mut unique = unique.filter(|(at, one)| all[..*at].contains(one));
    assert!(unique.next().is_none());
}

//! Behaviours as AWS's JSON has them.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use edgewright_compiler::export::function::PolicyNeeds;

use super::*;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:1:function:edgewright-Function-A:7";
const FIRST: &str = "arn:aws:cloudfront::1:function/edgewright-viewer";

fn config() -> Value {
    json!({
        "DefaultCacheBehavior": {
            "TargetOriginId": "o",
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": { "Quantity": 2, "Items": ["HEAD", "GET"] },
            "LambdaFunctionAssociations": { "Quantity": 0 },
            "FunctionAssociations": { "Quantity": 0 },
            "CachePolicyId": "theirs",
        },
        "CacheBehaviors": { "Quantity": 1, "Items": [{ "PathPattern": "/old/*", "CachePolicyId": "theirs" }] },
    })
}

fn connection() -> Connection {
    Connection {
        function: FUNCTION.to_owned(),
        viewer_function: None,
        policies: None,
    }
}

fn needs(trigger: Trigger, header: &str) -> BehaviourNeeds {
    let mut cache_policy = PolicyNeeds::default();
    if !header.is_empty() {
        let why = "host: site.conf:3".to_owned();
        cache_policy.headers.insert(header.to_owned(), why);
    }
    BehaviourNeeds {
        trigger,
        cache_policy,
        beside_the_key: PolicyNeeds::default(),
        viewer_function: None,
    }
}

fn with_header(name: &str) -> LetThrough {
    let values = json!({ "Headers": { "Items": [name] } });
    LetThrough {
        key: Passes::of_forwarded_values(&values),
        beside: Passes::default(),
    }
}

#[track_caller]
fn check(behaviour: &Value, through: &LetThrough, needs: &BehaviourNeeds, expected: &[&str]) {
    let found = hindrances(behaviour, through, needs, &connection());
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found:?}");
    }
}

#[test]
fn what_the_policy_lacks_is_named_with_its_lines() {
    let behaviour = &config()["DefaultCacheBehavior"];
    let needs = needs(Trigger::OriginRequest, "host");
    let lacking = ["its cache policy has not host (host: site.conf:3)"];
    check(behaviour, &LetThrough::default(), &needs, &lacking);
    check(behaviour, &with_header("Host"), &needs, &[]);
}

#[test]
fn a_place_that_is_taken_is_not_taken_away() {
    let through = LetThrough::default();
    for (arn, expected) in [
        (
            "arn:aws:lambda:us-east-1:1:function:other:3",
            &["calls arn:aws:lambda:us-east-1:1:function:other:3 already"][..],
        ),
        (
            "arn:aws:lambda:us-east-1:1:function:edgewright-Function-A:6",
            &[],
        ),
    ] {
        let mut config = config();
        let behaviour = behaviour(&mut config, None).unwrap();
        set_association(behaviour, LAMBDA, "origin-request", arn, &json!({}));
        check(
            behaviour,
            &through,
            &needs(Trigger::OriginRequest, ""),
            expected,
        );
    }
    let mut config = config();
    let behaviour = behaviour(&mut config, None).unwrap();
    set_association(
        behaviour,
        CLOUDFRONT,
        "viewer-request",
        "arn:own",
        &json!({}),
    );
    let beside = ["beside which CloudFront calls no Lambda function"];
    check(
        behaviour,
        &through,
        &needs(Trigger::ViewerRequest, ""),
        &beside,
    );
    check(behaviour, &through, &needs(Trigger::OriginRequest, ""), &[]);
}

#[test]
fn a_class_needs_its_function() {
    let mut needs = needs(Trigger::OriginRequest, "");
    needs.viewer_function = Some("the class".to_owned());
    let behaviour = &config()["DefaultCacheBehavior"];
    let missing = ["a CloudFront Function is needed at viewer-request (the class)"];
    check(behaviour, &LetThrough::default(), &needs, &missing);
}

#[test]
fn only_the_association_changes_and_goes_back_as_it_was() {
    for pattern in [None, Some("/old/*")] {
        let before = config();
        let mut after = before.clone();
        let connection = Connection {
            viewer_function: Some(FIRST.to_owned()),
            ..connection()
        };
        let changed = behaviour(&mut after, pattern).unwrap();
        attach(changed, Trigger::OriginRequest, &connection);
        let lines = differences(&before, &after);
        assert!(!lines.is_empty());
        for line in &lines {
            assert!(line.contains("Associations"), "{line}");
        }
        let changed = behaviour(&mut after, pattern).unwrap();
        let newer = FUNCTION.replace(":7", ":8");
        assert!(detach(changed, &newer, Some(FIRST)));
        assert!(!detach(changed, &newer, Some(FIRST)));
        if pattern.is_none() {
            assert_eq!(after, before);
        }
    }
}

#[test]
fn policies_change_only_when_asked_for() {
    let mut config = config();
    let connection = Connection {
        policies: Some(OwnPolicies {
            cache: "ours".to_owned(),
            origin_request: None,
        }),
        ..connection()
    };
    let behaviour = behaviour(&mut config, None).unwrap();
    behaviour["ForwardedValues"] = json!({ "QueryString": false });
    attach(behaviour, Trigger::OriginRequest, &connection);
    assert_eq!(behaviour["CachePolicyId"], "ours");
    assert!(behaviour["ForwardedValues"].is_null());
}

#[test]
fn a_pattern_that_is_not_there_is_told_those_that_are() {
    let error = behaviour(&mut config(), Some("/new/*")).unwrap_err();
    assert!(error.to_string().contains("it has /old/*"), "{error}");
}

#[test]
fn notes_are_of_what_the_rules_never_see() {
    let behaviour = &config()["DefaultCacheBehavior"];
    let scheme = needs(Trigger::OriginRequest, "cloudfront-forwarded-proto");
    assert_eq!(notes(behaviour, &scheme).len(), 2);
    assert_eq!(
        notes(behaviour, &needs(Trigger::OriginRequest, "")).len(),
        1
    );
}

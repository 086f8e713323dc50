//! What the templates have, and what CloudFormation's own checks do not know.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use edgewright_engine::model::trigger::Trigger;

use super::super::options::{FunctionOptions, Ignored, TableStack};
use super::super::stack::Dependence;
use super::*;
use crate::export::manifest::Readers;
use crate::inputs::Input;

fn read(name: &str) -> (Input, Readers) {
    let input = Input::try_from(name.to_owned()).unwrap();
    (input, Readers::default())
}

fn made(options: FunctionOptions, inputs: &[&str], trigger: Trigger, hash: &str) -> Value {
    let stack = stack_of(options, inputs, trigger);
    stack.template(&CodeHash(hash.repeat(32))).unwrap()
}

fn stack_of(options: FunctionOptions, inputs: &[&str], trigger: Trigger) -> Stack {
    let options = FunctionOptions {
        trigger: Some(trigger),
        ..options
    };
    let dependence = Dependence {
        inputs: inputs.iter().map(|name| read(name)).collect(),
        ..Dependence::default()
    };
    Stack::new(options, dependence).unwrap()
}

fn usual() -> FunctionOptions {
    FunctionOptions::default()
}

fn bucket() -> FunctionOptions {
    FunctionOptions {
        origin: Origin::Bucket,
        ..usual()
    }
}

fn in_table(name: &str) -> FunctionOptions {
    FunctionOptions {
        table: Some(name.to_owned()),
        regions: vec!["eu-west-1".to_owned()],
        ..usual()
    }
}

fn of_type<'a>(template: &'a Value, kind: &str) -> (&'a String, &'a Value) {
    let resources = template["Resources"].as_object().unwrap();
    let mut found = resources.iter().filter(|(_, one)| one["Type"] == kind);
    let one = found.next().unwrap();
    assert!(found.next().is_none(), "{kind}");
    one
}

#[test]
fn the_cache_key_holds_every_input() {
    let inputs = [
        "host",
        "scheme",
        "query",
        "method",
        "cookies",
        "header accept-language",
    ];
    let template = made(usual(), &inputs, Trigger::OriginRequest, "00");
    let (_, policy) = of_type(&template, "AWS::CloudFront::CachePolicy");
    let key =
        &policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
    let headers = json!(["Host", "CloudFront-Forwarded-Proto", "accept-language"]);
    assert_eq!(key["HeadersConfig"]["Headers"], headers);
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "all");
    assert_eq!(key["QueryStringsConfig"]["QueryStringBehavior"], "all");
}

#[test]
fn a_server_ignores_what_it_is_said_to() {
    let options = FunctionOptions {
        origin_ignores: Ignored::ALL.to_vec(),
        origin_gets: vec!["x-own".to_owned()],
        ..usual()
    };
    let template = made(options, &["method"], Trigger::OriginRequest, "00");
    let (_, policy) = of_type(&template, "AWS::CloudFront::CachePolicy");
    let key =
        &policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(key["HeadersConfig"]["Headers"], json!(["x-own"]));
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "none");
    assert_eq!(key["QueryStringsConfig"]["QueryStringBehavior"], "none");
}

#[test]
fn the_cache_key_holds_nothing_else() {
    let template = made(bucket(), &["method"], Trigger::OriginRequest, "00");
    let (_, policy) = of_type(&template, "AWS::CloudFront::CachePolicy");
    let key =
        &policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(key["HeadersConfig"], json!({ "HeaderBehavior": "none" }));
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "none");
    assert_eq!(key["QueryStringsConfig"]["QueryStringBehavior"], "none");
}

#[test]
fn a_server_gets_query_and_cookies_and_its_pages_are_told_apart_by_them() {
    for trigger in [Trigger::OriginRequest, Trigger::ViewerRequest] {
        let template = made(usual(), &["method"], trigger, "00");
        let (_, policy) = of_type(&template, "AWS::CloudFront::CachePolicy");
        let key =
            &policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
        assert_eq!(key["QueryStringsConfig"]["QueryStringBehavior"], "all");
        assert_eq!(key["CookiesConfig"]["CookieBehavior"], "all");
    }
}

#[test]
fn the_function_is_called_at_the_trigger() {
    let triggers = [
        (Trigger::OriginRequest, "origin-request", 512),
        (Trigger::ViewerRequest, "viewer-request", 128),
    ];
    for (trigger, name, memory) in triggers {
        let template = made(usual(), &["host"], trigger, "01");
        let (version, _) = of_type(&template, "AWS::Lambda::Version");
        let (_, distribution) = of_type(&template, "AWS::CloudFront::Distribution");
        let behaviour = &distribution["Properties"]["DistributionConfig"]["DefaultCacheBehavior"];
        let association = json!([{
            "EventType": name,
            "LambdaFunctionARN": { "Ref": version },
            "IncludeBody": false,
        }]);
        assert_eq!(behaviour["LambdaFunctionAssociations"], association);
        let (_, function) = of_type(&template, "AWS::Lambda::Function");
        assert_eq!(function["Properties"]["MemorySize"], memory);
    }
}

/// What cfn-lint does not know: Lambda@Edge's own restrictions, whatever was asked for.
#[test]
fn lambda_at_edge_takes_the_function() {
    let inputs = ["host", "scheme", "query", "cookies", "header x-a"];
    for trigger in [Trigger::OriginRequest, Trigger::ViewerRequest] {
        for options in [usual(), in_table("t"), bucket()] {
            let template = made(options, &inputs, trigger, "01");
            check_function(&template, trigger);
            check_role(&template);
            check_behaviour(&template, trigger);
        }
    }
}

fn check_function(template: &Value, trigger: Trigger) {
    let (_, function) = of_type(template, "AWS::Lambda::Function");
    let properties = function["Properties"].as_object().unwrap();
    let allowed = [
        "FunctionName",
        "Runtime",
        "Architectures",
        "Handler",
        "MemorySize",
        "Timeout",
        "Role",
        "Code",
    ];
    // So: no Environment, Layers, VpcConfig, DeadLetterConfig, TracingConfig, KmsKeyArn, …
    for name in properties.keys() {
        assert!(allowed.contains(&name.as_str()), "{name}");
    }
    assert_eq!(properties["Architectures"], json!(["x86_64"]));
    assert!(["nodejs22.x", "nodejs24.x"].contains(&properties["Runtime"].as_str().unwrap()));
    // The stricter of AWS's two pages.
    let (memory, timeout) = match trigger {
        Trigger::ViewerRequest => (128, 5),
        Trigger::OriginRequest => (10_240, 30),
    };
    assert!(properties["MemorySize"].as_u64().unwrap() <= memory);
    assert!(properties["Timeout"].as_u64().unwrap() <= timeout);
}

fn check_role(template: &Value) {
    let (_, role) = of_type(template, "AWS::IAM::Role");
    let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0];
    let both = json!(["lambda.amazonaws.com", "edgelambda.amazonaws.com"]);
    assert_eq!(trust["Principal"]["Service"], both);
    let (_, log) = of_type(template, "AWS::IAM::Policy");
    let log = log["Properties"]["PolicyDocument"].to_string();
    assert!(log.contains(":log-group:/aws/lambda/us-east-1."), "{log}");
    let table = role["Properties"]["Policies"].to_string();
    for policy in [log, table] {
        assert!(!policy.contains("\"Resource\":\"*\""), "{policy}");
    }
}

fn check_behaviour(template: &Value, trigger: Trigger) {
    let (_, distribution) = of_type(template, "AWS::CloudFront::Distribution");
    let behaviour = &distribution["Properties"]["DistributionConfig"]["DefaultCacheBehavior"];
    let associations = behaviour["LambdaFunctionAssociations"].as_array().unwrap();
    assert_eq!(associations.len(), 1);
    let at_edge = associations[0]["EventType"].as_str().unwrap();
    assert_eq!(at_edge, trigger.name());
    // A numbered version, in the template; never an alias or $LATEST.
    let version = associations[0]["LambdaFunctionARN"]["Ref"]
        .as_str()
        .unwrap();
    assert_eq!(
        template["Resources"][version]["Type"],
        "AWS::Lambda::Version"
    );
    let name = behaviour["CachePolicyId"]["Ref"].as_str().unwrap();
    assert!(template["Resources"][name].is_object(), "{name}");
    // The two kinds of function cannot both be there for viewer events.
    let has_function = behaviour["FunctionAssociations"].is_array();
    assert!(!(has_function && trigger == Trigger::ViewerRequest));
}

#[test]
fn a_bucket_never_gets_the_viewers_host() {
    for trigger in [Trigger::OriginRequest, Trigger::ViewerRequest] {
        let template = made(bucket(), &["host"], trigger, "00");
        let (_, policy) = of_type(&template, "AWS::CloudFront::CachePolicy");
        assert!(!policy.to_string().contains("\"Host\""));
        let (_, distribution) = of_type(&template, "AWS::CloudFront::Distribution");
        let origin = &distribution["Properties"]["DistributionConfig"]["Origins"][0];
        assert!(origin["S3OriginConfig"].is_object() && origin["CustomOriginConfig"].is_null());
        let copies = template["Resources"]["ViewerFunction"].is_object();
        assert_eq!(copies, trigger == Trigger::OriginRequest);
    }
}

#[test]
fn other_bytes_are_another_version() {
    let version = |hash| {
        let template = made(usual(), &[], Trigger::OriginRequest, hash);
        let (name, _) = of_type(&template, "AWS::Lambda::Version");
        (
            name.clone(),
            template["Parameters"]["CodeKey"]["Default"].clone(),
        )
    };
    assert_eq!(version("a0"), version("a0"));
    assert_ne!(version("a0"), version("b0"));
    let alphanumeric = version("a0")
        .0
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric());
    assert!(alphanumeric);
}

#[test]
fn the_table_is_read_and_not_written() {
    let template = made(in_table("moved"), &[], Trigger::OriginRequest, "00");
    let whole = stack_of(in_table("moved"), &[], Trigger::OriginRequest);
    let beside = whole.table_template().unwrap().unwrap();
    let (_, table) = of_type(&beside, "AWS::DynamoDB::GlobalTable");
    let replicas = table["Properties"]["Replicas"].as_array().unwrap();
    let regions: Vec<_> = replicas.iter().map(|one| &one["Region"]).collect();
    assert_eq!(regions, ["us-east-1", "eu-west-1"]);
    let (_, role) = of_type(&template, "AWS::IAM::Role");
    let policy = role["Properties"]["Policies"].to_string();
    assert!(policy.contains(":table/moved\""));
    for action in ["PutItem", "Scan", "Query", "Delete", "\"dynamodb:*"] {
        assert!(!policy.contains(action), "{action}");
    }
}

#[test]
fn a_table_that_is_there_has_no_template() {
    let options = FunctionOptions {
        table_stack: TableStack::Elsewhere,
        ..in_table("moved")
    };
    let stack = stack_of(options, &[], Trigger::OriginRequest);
    assert!(stack.table_template().unwrap().is_none());
    let template = stack.template(&CodeHash("00".repeat(32))).unwrap();
    assert!(template.to_string().contains(":table/moved"));
}

#[test]
fn nothing_stops_the_deletion_of_a_stack() {
    let stack = stack_of(in_table("moved"), &["host"], Trigger::OriginRequest);
    let template = stack.template(&CodeHash("00".repeat(32))).unwrap();
    // A function and its versions cannot be deleted as long as they have replicas, and no name may be taken for ever.
    for kind in ["AWS::Lambda::Function", "AWS::Lambda::Version"] {
        let (_, resource) = of_type(&template, kind);
        assert_eq!(resource["DeletionPolicy"], "Retain", "{kind}");
    }
    let (_, function) = of_type(&template, "AWS::Lambda::Function");
    assert!(function["Properties"]["FunctionName"].is_null());
    assert!(!template.to_string().contains("AWS::DynamoDB::GlobalTable"));
}

#[test]
fn a_distribution_that_is_there_gets_function_and_policies() {
    let options = FunctionOptions {
        distribution: Distribution::Elsewhere,
        ..usual()
    };
    let template = made(options, &["host"], Trigger::OriginRequest, "00");
    let kinds: Vec<&Value> = template["Resources"]
        .as_object()
        .unwrap()
        .values()
        .map(|resource| &resource["Type"])
        .collect();
    assert!(!kinds.contains(&&json!("AWS::CloudFront::Distribution")));
    assert!(kinds.contains(&&json!("AWS::CloudFront::CachePolicy")));
    let parameters = template["Parameters"].as_object().unwrap();
    assert_eq!(
        parameters.keys().collect::<Vec<_>>(),
        ["CodeBucket", "CodeKey"]
    );
}

/// Everything that a distribution may have chosen is used, and every condition.
#[test]
fn parameters_and_conditions_are_used() {
    let template = made(bucket(), &["host"], Trigger::OriginRequest, "00");
    let resources = template["Resources"].to_string();
    let everything = format!("{resources}{}", template["Conditions"]);
    for name in template["Parameters"].as_object().unwrap().keys() {
        assert!(
            everything.contains(&format!("{{\"Ref\":\"{name}\"}}")),
            "{name}"
        );
    }
    for name in template["Conditions"].as_object().unwrap().keys() {
        assert!(resources.contains(&format!("[\"{name}\",")), "{name}");
    }
}

/// Texts are compressed, but where rules look at what viewers take.
#[test]
fn what_viewers_take_is_in_the_key() {
    for (inputs, expected) in [(&["host"][..], true), (&["header accept-encoding"], false)] {
        let template = made(usual(), inputs, Trigger::OriginRequest, "00");
        let (_, policy) = of_type(&template, "AWS::CloudFront::CachePolicy");
        let key =
            &policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
        assert_eq!(key["EnableAcceptEncodingGzip"], expected, "{inputs:?}");
        assert_eq!(key["EnableAcceptEncodingBrotli"], expected, "{inputs:?}");
    }
}

#[test]
fn without_a_table_there_is_none() {
    let template = made(usual(), &[], Trigger::OriginRequest, "00").to_string();
    assert!(!template.to_lowercase().contains("dynamodb"));
}

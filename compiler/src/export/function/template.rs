//! The stack that runs the function: a CloudFormation template.
//!
//! In: a [`Stack`], and the [`CodeHash`] of its zip file. Out: JSON. Absent: uploading and deploying; docs/deploy.md has the
//! commands.

use edgewright_engine::cloudfront::distribution::check_policies;
use edgewright_engine::model::trigger::Trigger;
use serde_json::{Map, Value, json};

use super::cache_key::CacheKey;
use super::error::FunctionError;
use super::options::Origin;
use super::regions;
use super::stack::{CodeHash, Stack};
use super::viewer_function::{ViewerFunction, sent_beside};
use crate::class::{LONGEST_CODE, ViewerClass};

/// Milliseconds, as the function's own limits are; Lambda takes whole seconds and viewers wait.
const TIMEOUT_SECONDS: u32 = 5;

/// The whole template.
///
/// # Errors
/// The rules depend on more than a cache key holds, a Region is no name, or CloudFront would refuse a policy.
pub fn template(stack: &Stack, code: &CodeHash) -> Result<Value, FunctionError> {
    let (options, trigger) = (stack.options(), stack.trigger());
    let class = stack.class();
    let key = CacheKey::of(stack, class)?;
    // A version is published only when its name in the template is new.
    let version = format!("Version{}", code.short());
    let mut resources = Map::new();
    let mut add = |name: &str, value| _ = resources.insert(name.to_owned(), value);
    if let Some(name) = &options.table {
        add("Table", table(name, &regions::chosen(&options.regions)?));
    }
    add("Role", role(options.table.as_deref()));
    add("Function", function(trigger));
    add(&version, published());
    add("CachePolicy", cache_policy(&key));
    let mut distribution = distribution(trigger, &version);
    if options.origin == Origin::Bucket {
        add("OriginAccess", origin_access());
        let config = &mut distribution["Properties"]["DistributionConfig"];
        config["Origins"] = json!([bucket()]);
    }
    let behaviour = &mut distribution["Properties"]["DistributionConfig"]["DefaultCacheBehavior"];
    if let Some(policy) = class.and_then(origin_request_policy) {
        add("OriginRequestPolicy", policy);
        behaviour["OriginRequestPolicyId"] = json!({ "Ref": "OriginRequestPolicy" });
    }
    if let Some(function) = stack.viewer_function() {
        add("ViewerFunction", viewer_function(&function)?);
        behaviour["FunctionAssociations"] = json!([{
            "EventType": "viewer-request",
            "FunctionARN": { "Fn::GetAtt": ["ViewerFunction", "FunctionARN"] },
        }]);
    }
    add("Distribution", distribution);
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Redirects and rewrites at the edge, made by edgewright. Deploy in us-east-1.",
        "Parameters": parameters(code),
        "Resources": resources,
        "Outputs": {
            "DomainName": { "Value": { "Fn::GetAtt": ["Distribution", "DomainName"] } },
            "DistributionId": { "Value": { "Ref": "Distribution" } },
            "FunctionVersion": { "Value": { "Ref": version } },
        },
    });
    check_policies(&template)?;
    Ok(template)
}

fn parameters(code: &CodeHash) -> Value {
    let text = |description: &str| json!({ "Type": "String", "Description": description });
    let mut key = text("Where the zip file lies in it.");
    key["Default"] = json!(code.key());
    json!({
        "CodeBucket": text("A bucket in us-east-1 that holds the function's zip file."),
        "CodeKey": key,
        "OriginDomain": text("The host that serves what no rule answers. Its name must resolve, even when every request is redirected."),
    })
}

fn table(name: &str, chosen: &[&str]) -> Value {
    // A global table has a replica in the stack's own Region.
    let home = (!chosen.contains(&regions::HOME)).then_some(regions::HOME);
    let replicas: Vec<Value> = home
        .iter()
        .chain(chosen)
        .map(|region| {
            json!({
                "Region": region,
                "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            })
        })
        .collect();
    let mut table = json!({
        "Type": "AWS::DynamoDB::GlobalTable",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "Replicas": replicas,
        },
    });
    if replicas.len() > 1 {
        table["Properties"]["StreamSpecification"] =
            json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" });
    }
    table
}

/// What the function may do: read the table, and write its log. Both in every Region it runs in.
fn role(table: Option<&str>) -> Value {
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": { "Fn::Sub": "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:/aws/lambda/us-east-1.${AWS::StackName}-*" },
    })];
    if let Some(name) = table {
        let resource =
            format!("arn:${{AWS::Partition}}:dynamodb:*:${{AWS::AccountId}}:table/{name}");
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem"],
            "Resource": { "Fn::Sub": resource },
        }));
    }
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"] },
                    "Action": "sts:AssumeRole",
                }],
            },
            "Policies": [{
                "PolicyName": "edge",
                "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
            }],
        },
    })
}

fn function(trigger: Trigger) -> Value {
    // AWS's pages disagree about more than 128 MB at viewer-request. Elsewhere memory buys the
    // processor time that the first TLS handshake needs.
    let memory = match trigger {
        Trigger::ViewerRequest => 128,
        Trigger::OriginRequest => 512,
    };
    json!({
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": { "Fn::Sub": "${AWS::StackName}-function" },
            "Runtime": "nodejs24.x",
            "Architectures": ["x86_64"],
            "Handler": "index.handler",
            "MemorySize": memory,
            "Timeout": TIMEOUT_SECONDS,
            "Role": { "Fn::GetAtt": ["Role", "Arn"] },
            "Code": { "S3Bucket": { "Ref": "CodeBucket" }, "S3Key": { "Ref": "CodeKey" } },
        },
    })
}

/// Retained: replicas of a version go hours after its last distribution, and until then it cannot
/// be deleted.
fn published() -> Value {
    json!({
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": { "FunctionName": { "Ref": "Function" } },
    })
}

fn cache_policy(key: &CacheKey) -> Value {
    let mut parts = key.parts();
    // Off: they would keep every answer twice, and rules would see what CloudFront sorted.
    for name in ["EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"] {
        parts.insert(name.to_owned(), json!(false));
    }
    json!({
        "Type": "AWS::CloudFront::CachePolicy",
        "Properties": { "CachePolicyConfig": {
            "Name": { "Fn::Sub": "${AWS::StackName}-key" },
            "Comment": "What answers depend on.",
            "MinTTL": 0,
            "DefaultTTL": 300,
            "MaxTTL": 86400,
            "ParametersInCacheKeyAndForwardedToOrigin": parts,
        } },
    })
}

/// The bucket, read with `CloudFront`'s own signature.
fn bucket() -> Value {
    json!({
        "Id": "origin",
        "DomainName": { "Ref": "OriginDomain" },
        "OriginAccessControlId": { "Fn::GetAtt": ["OriginAccess", "Id"] },
        "S3OriginConfig": { "OriginAccessIdentity": "" },
    })
}

fn origin_access() -> Value {
    json!({
        "Type": "AWS::CloudFront::OriginAccessControl",
        "Properties": { "OriginAccessControlConfig": {
            "Name": { "Fn::Sub": "${AWS::StackName}-bucket" },
            "OriginAccessControlOriginType": "s3",
            "SigningBehavior": "always",
            "SigningProtocol": "sigv4",
        } },
    })
}

/// What guards look at, for the function at origin-request: it is not in the key, and the function does not let it go on.
fn origin_request_policy(class: &ViewerClass) -> Option<Value> {
    let headers = sent_beside(class);
    let cookies = class.sends_cookies();
    if headers.is_empty() && !cookies {
        return None;
    }
    let key = CacheKey {
        headers,
        cookies,
        query: false,
    };
    let mut config = key.parts();
    config.insert(
        "Name".to_owned(),
        json!({ "Fn::Sub": "${AWS::StackName}-beside-key" }),
    );
    config.insert("Comment".to_owned(), json!("What the class is made of."));
    Some(json!({
        "Type": "AWS::CloudFront::OriginRequestPolicy",
        "Properties": { "OriginRequestPolicyConfig": config },
    }))
}

/// A bucket refuses requests with the viewer's `Host`, so it never reaches origin-request, and a class is made before the
/// cache. What a viewer sent in the headers that it writes is overwritten.
///
/// # Errors
/// Its code is longer than `CloudFront` takes.
fn viewer_function(function: &ViewerFunction) -> Result<Value, FunctionError> {
    let code = function.code();
    if code.len() > LONGEST_CODE {
        return Err(FunctionError::TooLong(code.len()));
    }
    Ok(json!({
        "Type": "AWS::CloudFront::Function",
        "Properties": {
            "Name": { "Fn::Sub": "${AWS::StackName}-viewer" },
            "AutoPublish": true,
            "FunctionCode": code,
            "FunctionConfig": {
                "Comment": function.comment(),
                "Runtime": "cloudfront-js-2.0",
            },
        },
    }))
}

fn distribution(trigger: Trigger, version: &str) -> Value {
    let methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    json!({
        "Type": "AWS::CloudFront::Distribution",
        "Properties": { "DistributionConfig": {
            "Enabled": true,
            "HttpVersion": "http2and3",
            "IPV6Enabled": true,
            "Comment": { "Ref": "AWS::StackName" },
            "Origins": [{
                "Id": "origin",
                "DomainName": { "Ref": "OriginDomain" },
                "CustomOriginConfig": {
                    "OriginProtocolPolicy": "https-only",
                    "OriginSSLProtocols": ["TLSv1.2"],
                },
            }],
            "DefaultCacheBehavior": {
                "TargetOriginId": "origin",
                // Rules may tell http from https; CloudFront must not decide before them.
                "ViewerProtocolPolicy": "allow-all",
                "AllowedMethods": methods,
                "CachePolicyId": { "Ref": "CachePolicy" },
                "LambdaFunctionAssociations": [{
                    "EventType": trigger.name(),
                    "LambdaFunctionARN": { "Ref": version },
                    "IncludeBody": false,
                }],
            },
            "ViewerCertificate": { "CloudFrontDefaultCertificate": true },
        } },
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::super::options::{FunctionOptions, Ignored};
    use super::super::stack::Dependence;
    use super::*;
    use crate::export::manifest::Readers;
    use crate::inputs::Input;

    fn read(name: &str) -> (Input, Readers) {
        let input = Input::try_from(name.to_owned()).unwrap();
        (input, Readers::default())
    }

    fn made(options: FunctionOptions, inputs: &[&str], trigger: Trigger, hash: &str) -> Value {
        let options = FunctionOptions {
            trigger: Some(trigger),
            ..options
        };
        let dependence = Dependence {
            inputs: inputs.iter().map(|name| read(name)).collect(),
            ..Dependence::default()
        };
        let stack = Stack::new(options, dependence).unwrap();
        stack.template(&CodeHash(hash.repeat(32))).unwrap()
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
            let key = &policy["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
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
            let behaviour =
                &distribution["Properties"]["DistributionConfig"]["DefaultCacheBehavior"];
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
        let policy = role["Properties"]["Policies"].to_string();
        assert!(
            policy.contains(":log-group:/aws/lambda/us-east-1."),
            "{policy}"
        );
        assert!(!policy.contains("\"Resource\":\"*\""), "{policy}");
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
        let (_, table) = of_type(&template, "AWS::DynamoDB::GlobalTable");
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
    fn without_a_table_there_is_none() {
        let template = made(usual(), &[], Trigger::OriginRequest, "00").to_string();
        assert!(!template.to_lowercase().contains("dynamodb"));
    }
}

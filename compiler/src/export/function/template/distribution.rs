//! The distribution, the policies of its behaviour, the function in front of the cache, and what may be chosen when the
//! stack is made.
//!
//! In: a cache key, a class, the trigger, the version's name. Out: resources, parameters, conditions. Absent: the function;
//! see `function`.

use edgewright_engine::model::trigger::Trigger;
use serde_json::{Map, Value, json};

use crate::class::{LONGEST_CODE, ViewerClass};
use crate::export::function::cache_key::CacheKey;
use crate::export::function::error::FunctionError;
use crate::export::function::options::Origin;
use crate::export::function::viewer_function::{ViewerFunction, sent_beside};

/// What may be chosen of a distribution: the parameter's name, its default, its values if they are few, and what it is.
const CHOICES: [(&str, &str, &[&str], &str); 9] = [
    (
        "Aliases",
        "",
        &[],
        "The names of the site, with commas between them; CertificateArn has to cover them. Empty for CloudFront's own name.",
    ),
    (
        "CertificateArn",
        "",
        &[],
        "A certificate in us-east-1 (AWS Certificate Manager) for the names. Empty for CloudFront's own.",
    ),
    (
        "WebAclArn",
        "",
        &[],
        "A web ACL (AWS WAF, scope CLOUDFRONT) in front of the distribution. Empty for none.",
    ),
    (
        "LogBucket",
        "",
        &[],
        "A bucket for CloudFront's standard logs, as NAME.s3.amazonaws.com; it has to allow ACLs. Empty for none.",
    ),
    (
        "ResponseHeadersPolicyId",
        "",
        &[],
        "A response headers policy, for headers that CloudFront adds to every answer. Empty for none.",
    ),
    (
        "PriceClass",
        "PriceClass_All",
        &["PriceClass_All", "PriceClass_200", "PriceClass_100"],
        "Where CloudFront answers; fewer places cost less.",
    ),
    (
        "HttpVersion",
        "http2and3",
        &["http1.1", "http2", "http3", "http2and3"],
        "What viewers may speak. HTTP/3 rules out a staging distribution (continuous deployment).",
    ),
    (
        "Ipv6",
        "true",
        &["true", "false"],
        "Viewers may come by IPv6. Rules that know IPv4 addresses only (Require ip, REMOTE_ADDR) do not know them then.",
    ),
    (
        "Compress",
        "true",
        &["true", "false"],
        "CloudFront compresses texts on the way to viewers.",
    ),
];

/// The parameters of what may be chosen.
pub(super) fn choices() -> Map<String, Value> {
    let parameter = |(name, default, values, about): (&str, &str, &[&str], &str)| {
        let kind = if name == "Aliases" {
            "CommaDelimitedList"
        } else {
            "String"
        };
        let mut parameter = json!({ "Type": kind, "Default": default, "Description": about });
        if !values.is_empty() {
            parameter["AllowedValues"] = json!(values);
        }
        (name.to_owned(), parameter)
    };
    CHOICES.into_iter().map(parameter).collect()
}

/// What holds of the parameters: which were given.
pub(super) fn conditions() -> Value {
    let given = |name: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": name }, ""] }] });
    let aliases = json!({ "Fn::Join": ["", { "Ref": "Aliases" }] });
    json!({
        "HasAliases": { "Fn::Not": [{ "Fn::Equals": [aliases, ""] }] },
        "HasCertificate": given("CertificateArn"),
        "HasWebAcl": given("WebAclArn"),
        "HasLogBucket": given("LogBucket"),
        "HasResponseHeadersPolicy": given("ResponseHeadersPolicyId"),
    })
}

/// `value` where the condition holds, else nothing.
fn only_if(condition: &str, value: &Value) -> Value {
    json!({ "Fn::If": [condition, value, { "Ref": "AWS::NoValue" }] })
}

/// The distribution, with one behaviour.
pub(super) fn distribution(trigger: Trigger, version: &str, origin: Origin) -> Value {
    let methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    let certificate = json!({
        "AcmCertificateArn": { "Ref": "CertificateArn" },
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    });
    let own_certificate = json!({ "CloudFrontDefaultCertificate": true });
    json!({
        "Type": "AWS::CloudFront::Distribution",
        "Properties": { "DistributionConfig": {
            "Enabled": true,
            "Aliases": only_if("HasAliases", &json!({ "Ref": "Aliases" })),
            "HttpVersion": { "Ref": "HttpVersion" },
            "IPV6Enabled": { "Ref": "Ipv6" },
            "PriceClass": { "Ref": "PriceClass" },
            "WebACLId": only_if("HasWebAcl", &json!({ "Ref": "WebAclArn" })),
            "Logging": only_if("HasLogBucket", &json!({ "Bucket": { "Ref": "LogBucket" } })),
            "Comment": { "Ref": "AWS::StackName" },
            "Origins": [match origin {
                Origin::Server => server(),
                Origin::Bucket => bucket(),
            }],
            "DefaultCacheBehavior": {
                "TargetOriginId": "origin",
                // Rules may tell http from https; CloudFront must not decide before them.
                "ViewerProtocolPolicy": "allow-all",
                "AllowedMethods": methods,
                "Compress": { "Ref": "Compress" },
                "CachePolicyId": { "Ref": "CachePolicy" },
                "ResponseHeadersPolicyId":
                    only_if("HasResponseHeadersPolicy", &json!({ "Ref": "ResponseHeadersPolicyId" })),
                "LambdaFunctionAssociations": [{
                    "EventType": trigger.name(),
                    "LambdaFunctionARN": { "Ref": version },
                    "IncludeBody": false,
                }],
            },
            "ViewerCertificate": { "Fn::If": ["HasCertificate", certificate, own_certificate] },
        } },
    })
}

/// A web server.
fn server() -> Value {
    json!({
        "Id": "origin",
        "DomainName": { "Ref": "OriginDomain" },
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "OriginSSLProtocols": ["TLSv1.2"],
        },
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

/// What signs requests to the bucket.
pub(super) fn origin_access() -> Value {
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

/// What answers depend on.
pub(super) fn cache_policy(key: &CacheKey) -> Value {
    json!({
        "Type": "AWS::CloudFront::CachePolicy",
        "Properties": { "CachePolicyConfig": {
            "Name": { "Fn::Sub": "${AWS::StackName}-key" },
            "Comment": "What answers depend on.",
            "MinTTL": 0,
            "DefaultTTL": 300,
            "MaxTTL": 86400,
            "ParametersInCacheKeyAndForwardedToOrigin": key.cache_policy_parts(),
        } },
    })
}

/// What guards look at, for the function at origin-request: it is not in the key, and the function does not let it go on.
pub(super) fn origin_request_policy(class: &ViewerClass) -> Option<Value> {
    let key = beside_key(class)?;
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

/// What reaches the function beside the key.
pub(crate) fn beside_key(class: &ViewerClass) -> Option<CacheKey> {
    let key = CacheKey {
        headers: sent_beside(class),
        cookies: class.sends_cookies(),
        query: false,
    };
    (key != CacheKey::default()).then_some(key)
}

/// A bucket refuses requests with the viewer's `Host`, so it never reaches origin-request, and a class is made before the
/// cache. What a viewer sent in the headers that it writes is overwritten.
///
/// # Errors
/// Its code is longer than `CloudFront` takes.
pub(super) fn viewer_function(function: &ViewerFunction) -> Result<Value, FunctionError> {
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

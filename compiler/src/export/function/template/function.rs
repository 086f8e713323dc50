//! The function in the template: its role, the function itself, and the version that CloudFront calls.
//!
//! In: the trigger, the table's name, the hash of the zip file. Out: resources. Absent: who calls it; see `distribution`.

use edgewright_engine::model::trigger::Trigger;
use serde_json::{Value, json};

use crate::export::function::stack::CodeHash;

/// Milliseconds, as the function's own limits are; Lambda takes whole seconds and viewers wait.
const TIMEOUT_SECONDS: u32 = 5;

/// What starts the function's binary (`index.mjs`).
const RUNTIME: &str = "nodejs24.x";

/// Kept when the stack is deleted: replicas of a version go hours after its last distribution, and until then neither it
/// nor its function can be deleted, so that deleting the stack would fail.
fn retained(mut resource: Value) -> Value {
    resource["DeletionPolicy"] = json!("Retain");
    resource["UpdateReplacePolicy"] = json!("Retain");
    resource
}

/// What the function may do besides writing its log: read the table, in every Region it runs in.
pub(super) fn role(table: Option<&str>) -> Value {
    let mut role = json!({
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
        },
    });
    if let Some(name) = table {
        let resource =
            format!("arn:${{AWS::Partition}}:dynamodb:*:${{AWS::AccountId}}:table/{name}");
        role["Properties"]["Policies"] = json!([{
            "PolicyName": "table",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem"],
                    "Resource": { "Fn::Sub": resource },
                }],
            },
        }]);
    }
    role
}

/// The function may write its log, in every Region it runs in. A policy of its own, since it holds the function's name, and
/// the function its role.
pub(super) fn log_policy() -> Value {
    let group = "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:/aws/lambda/us-east-1.${Function}*";
    json!({
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "log",
            "Roles": [{ "Ref": "Role" }],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": { "Fn::Sub": group },
                }],
            },
        },
    })
}

/// The function. It has no name of its own, so that a stack that was deleted can be made again beside the function that
/// was kept.
pub(super) fn function(trigger: Trigger) -> Value {
    retained(json!({
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": RUNTIME,
            "Architectures": ["x86_64"],
            "Handler": "index.handler",
            "MemorySize": memory(trigger),
            "Timeout": TIMEOUT_SECONDS,
            "Role": { "Fn::GetAtt": ["Role", "Arn"] },
            "Code": { "S3Bucket": { "Ref": "CodeBucket" }, "S3Key": { "Ref": "CodeKey" } },
        },
    }))
}

/// In megabytes. AWS's pages disagree about more than 128 at viewer-request. Elsewhere memory buys the processor time that
/// the first TLS handshake needs.
pub(crate) fn memory(trigger: Trigger) -> u32 {
    match trigger {
        Trigger::ViewerRequest => 128,
        Trigger::OriginRequest => 512,
    }
}

/// The name of the version in the template. A version is published only when its name is new: other bytes, another runtime
/// and other memory have another.
pub(super) fn version_name(code: &CodeHash, trigger: Trigger) -> String {
    let runtime: String = RUNTIME
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    format!("Version{}{runtime}{}", code.short(), memory(trigger))
}

/// The version that CloudFront calls.
pub(super) fn published() -> Value {
    retained(json!({
        "Type": "AWS::Lambda::Version",
        "Properties": { "FunctionName": { "Ref": "Function" } },
    }))
}

//! The module has all of the template, and only what the provider's schema knows.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use std::collections::BTreeSet;

use edgewright_engine::model::trigger::Trigger;

use super::super::options::{Distribution, FunctionOptions, Origin, TableStack};
use super::super::own_function::{OwnFunction, OwnFunctions};
use super::super::stack::Dependence;
use super::*;
use crate::testing::MemoryLoader;
use crate::{Input, ReadOptions, read};

const PHONES: &str = "RewriteCond %{HTTP_USER_AGENT} iPhone\nRewriteRule ^/$ /m [R]";

/// A CloudFront Function of a user's own, with what begins a substitution in Terraform's templates.
const OWN: &str =
    "function handler(event) {\n  return `${event.request.uri}` && '%{x}' && event.request;\n}\n";

fn stack(options: FunctionOptions) -> Stack {
    let text = format!("RewriteEngine On\n{PHONES}\n");
    let loader = MemoryLoader::new().with("/site.conf", text);
    let input = Input::MainConfig(vec![b"/site.conf".to_vec()]);
    let reading = read(&input, &loader, &ReadOptions::default());
    Stack::new(options, Dependence::of_site(&reading.site)).unwrap()
}

fn in_table(regions: &[&str]) -> FunctionOptions {
    FunctionOptions {
        table: Some("moved".to_owned()),
        regions: regions.iter().copied().map(str::to_owned).collect(),
        ..FunctionOptions::default()
    }
}

/// Stacks that have every resource and every field that there is.
fn stacks() -> Vec<Stack> {
    let usual = FunctionOptions::default;
    let own = OwnFunctions {
        before: Some(OwnFunction::of(OWN).unwrap()),
        after: None,
    };
    let options = [
        usual(),
        in_table(&[]),
        in_table(&["us-east-1", "eu-west-1", "ap-south-1"]),
        in_table(&["eu-west-1"]),
        FunctionOptions {
            table_stack: TableStack::Elsewhere,
            ..in_table(&[])
        },
        FunctionOptions {
            origin: Origin::Bucket,
            ..usual()
        },
        FunctionOptions {
            trigger: Some(Trigger::ViewerRequest),
            ..usual()
        },
        FunctionOptions {
            distribution: Distribution::Elsewhere,
            ..in_table(&[])
        },
    ];
    let stacks = options.map(stack).into_iter();
    let with_own = stack(usual()).with_own(own).unwrap();
    stacks.chain([with_own]).collect()
}

fn code() -> CodeHash {
    CodeHash("0a".repeat(32))
}

fn templates(stack: &Stack) -> [Option<Value>; 2] {
    let function = stack.template(&code()).unwrap();
    [Some(function), stack.table_template().unwrap()]
}

fn module(stack: &Stack) -> Value {
    let files = TerraformModule::of(stack, &code()).unwrap().files;
    Value::Object(
        files
            .map(|(name, file)| (name.to_owned(), file))
            .into_iter()
            .collect(),
    )
}

fn resource(stack: &Stack, kind: &str, name: &str) -> Value {
    module(stack)["main.tf.json"]["resource"][kind][name].clone()
}

/// The places of a value, as JSON pointers, each with what stands there.
fn places(value: &Value, here: &str, all: &mut Vec<(String, Value)>) {
    all.push((here.to_owned(), value.clone()));
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(object) => {
            for (name, one) in object {
                places(one, &format!("{here}/{}", escaped(name)), all);
            }
        }
        Value::Array(list) => {
            for (at, one) in list.iter().enumerate() {
                places(one, &format!("{here}/{at}"), all);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Does a change of the templates at each of these places show in the module, as text or as an error?
fn check_changes(change: impl Fn(&Value) -> Option<Value>, marks: &[&str]) -> usize {
    // The format's version, and where CloudFormation finds the zip file.
    const LEFT_OUT: [&str; 4] = [
        "/AWSTemplateFormatVersion",
        "/Description",
        "/Parameters/CodeBucket",
        "/Parameters/CodeKey",
    ];
    let mut changed = 0;
    for stack in stacks() {
        let templates = templates(&stack);
        for which in 0..2 {
            let Some(template) = &templates[which] else {
                continue;
            };
            let mut all = Vec::new();
            places(template, "", &mut all);
            for (place, value) in all {
                let Some(other) = change(&value) else {
                    continue;
                };
                if place.is_empty() || LEFT_OUT.iter().any(|left| place.starts_with(left)) {
                    continue;
                }
                let mut templates = templates.clone();
                *templates[which]
                    .as_mut()
                    .unwrap()
                    .pointer_mut(&place)
                    .unwrap() = other;
                let [function, table] = &templates;
                let translated = TerraformModule::translate([function.as_ref(), table.as_ref()]);
                if let Ok(module) = translated {
                    let text = format!("{:?}", module.files);
                    let shows = marks.iter().any(|mark| text.contains(mark));
                    assert!(shows, "{place} is lost: {value}");
                }
                changed += 1;
            }
        }
    }
    changed
}

#[test]
fn no_value_of_the_templates_is_lost() {
    let changed = check_changes(
        |value| match value {
            Value::Object(_) | Value::Array(_) => None,
            _ => Some(json!("MarkOfTest")),
        },
        &["MarkOfTest", "mark_of_test"],
    );
    assert!(changed > 500, "{changed}");
}

#[test]
fn no_field_that_a_template_may_get_is_lost() {
    let changed = check_changes(
        |value| {
            let mut object = value.as_object()?.clone();
            object.insert("MarkOfTest".to_owned(), json!(1));
            Some(Value::Object(object))
        },
        &["MarkOfTest", "mark_of_test"],
    );
    assert!(changed > 300, "{changed}");
}

/// What the schema says of a block, checked against what the module has.
fn check_block(block: &Value, schema: &Value, place: &str) {
    let block = block.as_object().unwrap();
    let attributes = schema["attributes"].as_object().unwrap();
    let blocks = schema["blocks"].as_object();
    let block_schema = |name: &str| blocks.and_then(|blocks| blocks.get(name));
    let mut there = BTreeSet::new();
    for (name, value) in block {
        let place = format!("{place}.{name}");
        if let Some(kind) = attributes.get(name) {
            check_type(value, kind.as_str().unwrap(), &place);
            there.insert(name.as_str());
        } else if let Some(schema) = block_schema(name) {
            let several = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            assert!(
                schema["max"]
                    .as_u64()
                    .is_none_or(|most| several.len() as u64 <= most),
                "{place}"
            );
            for one in several {
                check_block(one, schema, &place);
            }
            there.insert(name);
        } else if name == "dynamic" {
            for (name, dynamic) in value.as_object().unwrap() {
                let schema = block_schema(name).unwrap();
                assert_eq!(dynamic.as_object().unwrap().len(), 2, "{place}");
                assert!(is_template(&dynamic["for_each"]), "{place}");
                check_block(&dynamic["content"], schema, &place);
            }
        } else {
            assert!(
                place.matches('.').count() == 2 && name == "provider",
                "{place} is unknown"
            );
        }
    }
    let required = attributes
        .iter()
        .filter(|(_, kind)| kind.as_str().unwrap().ends_with('!'));
    let blocks = blocks
        .into_iter()
        .flatten()
        .filter(|(_, one)| one["required"] == true);
    for (name, _) in required.chain(blocks) {
        assert!(there.contains(name.as_str()), "{place} lacks {name}");
    }
}

fn is_template(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.starts_with("${") && text.ends_with('}'))
}

fn check_type(value: &Value, kind: &str, place: &str) {
    let fits = match kind.trim_end_matches('!') {
        _ if is_template(value) => true,
        "string" => value.is_string(),
        "number" => value.is_number(),
        "bool" => value.is_boolean(),
        "list(string)" => value
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string)),
        // No other type of the schema is used.
        _ => false,
    };
    assert!(fits, "{place}: {value} is no {kind}");
}

#[test]
fn the_providers_schema_takes_the_resources() {
    let schema: Value = serde_json::from_str(include_str!("schema.json")).unwrap();
    let mut kinds = BTreeSet::new();
    for stack in stacks() {
        let module = module(&stack);
        let resources = module["main.tf.json"]["resource"].as_object().unwrap();
        for (kind, all) in resources {
            for (name, block) in all.as_object().unwrap() {
                assert_eq!(block["provider"], ALIAS);
                check_block(block, &schema["resources"][kind], &format!("{kind}.{name}"));
                kinds.insert(kind.clone());
            }
        }
    }
    let known = schema["resources"].as_object().unwrap().keys().cloned();
    assert_eq!(kinds, known.collect(), "a kind is never used");
}

/// What expressions name is there.
#[test]
fn every_name_is_there() {
    for stack in stacks() {
        let module = module(&stack);
        let main = &module["main.tf.json"];
        let text = format!("{main}{}", module["outputs.tf.json"]);
        let names = regex_like(&text);
        let mut seen = 0;
        for name in &names {
            let parts: Vec<&str> = name.split('.').collect();
            let there = match parts[..] {
                ["var", name] => &module["variables.tf.json"]["variable"][name],
                ["local", name] => &main["locals"][name],
                ["path", "module"] => &json!(true),
                ["data", kind, name, _] => &main["data"][kind][name],
                [kind, name, _] if kind.starts_with("aws_") => &main["resource"][kind][name],
                _ => continue,
            };
            assert!(!there.is_null(), "{name}");
            seen += 1;
        }
        assert!(seen > 10, "{names:?}");
        for (name, _) in module["variables.tf.json"]["variable"].as_object().unwrap() {
            assert!(names.contains(&format!("var.{name}")), "{name} is not used");
        }
    }
}

/// Names with dots between them, in the substitutions of a text.
fn regex_like(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("${") {
        if text[..at].ends_with('$') {
            continue;
        }
        let inside = &text[at + 2..];
        let inside = &inside[..inside.find('}').unwrap_or(inside.len())];
        let is_name =
            |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
        names.extend(inside.split(|letter| !is_name(letter)).map(str::to_owned));
    }
    names
}

#[test]
fn the_function_is_published_and_kept() {
    let function = resource(
        &stack(FunctionOptions::default()),
        "aws_lambda_function",
        "function",
    );
    for (field, expected) in [
        ("publish", json!(true)),
        ("skip_destroy", json!(true)),
        ("runtime", json!("nodejs24.x")),
        ("memory_size", json!(512)),
        ("role", json!("${aws_iam_role.role.arn}")),
        ("filename", json!("${local.zip_file}")),
    ] {
        assert_eq!(function[field], expected, "{field}");
    }
}

#[test]
fn what_may_be_chosen_is_there_or_not() {
    let distribution = resource(
        &stack(FunctionOptions::default()),
        "aws_cloudfront_distribution",
        "distribution",
    );
    for (place, expected) in [
        ("/aliases", "${local.has_aliases ? var.aliases : null}"),
        (
            "/web_acl_id",
            "${local.has_web_acl ? var.web_acl_arn : null}",
        ),
        ("/is_ipv6_enabled", "${var.ipv6}"),
        ("/comment", "${var.name}"),
        (
            "/dynamic/logging_config/for_each",
            "${local.has_log_bucket ? [1] : []}",
        ),
        (
            "/viewer_certificate/acm_certificate_arn",
            "${local.has_certificate ? var.certificate_arn : null}",
        ),
        (
            "/viewer_certificate/cloudfront_default_certificate",
            "${local.has_certificate ? null : true}",
        ),
        (
            "/default_cache_behavior/lambda_function_association/0/lambda_arn",
            "${aws_lambda_function.function.qualified_arn}",
        ),
        (
            "/default_cache_behavior/function_association/0/function_arn",
            "${aws_cloudfront_function.viewer_function.arn}",
        ),
    ] {
        assert_eq!(
            distribution.pointer(place),
            Some(&json!(expected)),
            "{place}"
        );
    }
}

#[test]
fn the_table_at_home_has_the_other_replicas() {
    for (regions, others) in [
        (&[][..], &[][..]),
        (&["eu-west-1"], &["eu-west-1"]),
        (
            &["us-east-1", "eu-west-1", "ap-south-1"],
            &["eu-west-1", "ap-south-1"],
        ),
    ] {
        let table = resource(&stack(in_table(regions)), "aws_dynamodb_table", "table");
        assert_eq!(table["point_in_time_recovery"], json!({ "enabled": true }));
        assert_eq!(table["deletion_protection_enabled"], "${var.protect_table}");
        let replicas = table["replica"].as_array().cloned().unwrap_or_default();
        let named: Vec<&Value> = replicas.iter().map(|one| &one["region_name"]).collect();
        assert_eq!(named, others);
        assert_eq!(table["stream_enabled"].is_null(), others.is_empty());
    }
}

#[test]
fn texts_of_others_are_no_templates() {
    let own = stacks().pop().unwrap();
    let code = resource(&own, "aws_cloudfront_function", "viewer_function")["code"].clone();
    let code = code.as_str().unwrap();
    assert!(
        code.contains("`$${event.request.uri}` && '%%{x}'"),
        "{code}"
    );
}

/// The text that a value becomes, or what is said of it.
#[track_caller]
fn check_value(value: &Value, expected: &str) {
    let template = json!({
        "Parameters": { "OneName": {} },
        "Resources": {
            "Role": { "Type": "AWS::IAM::Role" },
            "Function": { "Type": "AWS::Lambda::Function" },
            "Version7": { "Type": "AWS::Lambda::Version" },
        },
    });
    let names = Names::of(&template).unwrap();
    let text = match names.value(value, "here") {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(text, expected, "{value}");
}

#[test]
fn functions_become_expressions() {
    check_value(&json!("a ${b} %{c}"), "a $${b} %%{c}");
    check_value(&json!({ "Ref": "OneName" }), "${var.one_name}");
    check_value(&json!({ "Ref": "Role" }), "${aws_iam_role.role.name}");
    check_value(
        &json!({ "Ref": "Version7" }),
        "${aws_lambda_function.function.qualified_arn}",
    );
    check_value(
        &json!({ "Fn::GetAtt": ["Role", "Arn"] }),
        "${aws_iam_role.role.arn}",
    );
    check_value(
        &json!({ "Fn::Sub": "arn:${AWS::Partition}:x:${OneName}*" }),
        "arn:${data.aws_partition.current.partition}:x:${var.one_name}*",
    );
    check_value(
        &json!({ "Fn::If": ["HasOne", { "Ref": "OneName" }, { "Ref": "AWS::NoValue" }] }),
        "${local.has_one ? var.one_name : null}",
    );
    check_value(
        &json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "OneName" }, "a\"${"] }] }),
        "${!(var.one_name == \"a\\\"$${\")}",
    );
    check_value(
        &json!({ "Fn::Join": ["", { "Ref": "OneName" }] }),
        "${join(\"\", var.one_name)}",
    );
    let says = |what: &str| {
        format!("this release cannot write here of the template for Terraform: {what}")
    };
    check_value(&json!({ "Fn::GetAtt": ["Role", "Id"] }), &says("Role.Id"));
    check_value(&json!({ "Ref": "Other" }), &says("Other"));
    check_value(
        &json!({ "Fn::Select": [0, []] }),
        &says(r#"{"Fn::Select":[0,[]]}"#),
    );
    check_value(
        &json!({ "Ref": "OneName", "b": 1 }),
        &says(r#"{"Ref":"OneName","b":1}"#),
    );
}

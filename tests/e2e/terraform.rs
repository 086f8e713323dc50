//! The module that `package --terraform` writes, as Terraform reads it: every expression is computed.
//!
//! The provider for AWS cannot be had without its registry. So each resource is replaced by Terraform's own `terraform_data`, which
//! holds any value, and what AWS would answer by a text. `compiler` checks the resources against the provider's schema.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use edgewright_test_support::legacy_site;
use serde_json::{Map, Value, json};

use crate::template::program;

fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.env("CHECKPOINT_DISABLE", "1");
    let output = command.args(arguments).current_dir(folder).output();
    output.expect("Terraform or OpenTofu is needed")
}

fn check(program: &str, folder: &Path, arguments: &[&str]) -> String {
    let output = run(program, folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Expressions without what only AWS knows: `aws_lambda_function.function.arn` is the id of the resource in its place.
fn local(text: &str) -> String {
    let mut text = text
        .replace("data.aws_partition.current.partition", "\"aws\"")
        .replace(
            "data.aws_caller_identity.current.account_id",
            "\"123456789012\"",
        );
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    while let Some(at) = text
        .find("aws_")
        .filter(|at| text[..*at].ends_with(['{', '(', ' ', '[']))
    {
        let name = &text[at..];
        let end = name.find(|letter| !is_name(letter)).unwrap_or(name.len());
        let parts: Vec<&str> = name[..end].split('.').collect();
        assert_eq!(parts.len(), 3, "{text}");
        let (kind, name) = (parts[0].trim_start_matches("aws_"), parts[1]);
        let place = format!("terraform_data.{kind}__{name}.id");
        text.replace_range(at..at + end, &place);
    }
    text
}

fn localised(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(local(text)),
        Value::Array(all) => all.iter().map(localised).collect(),
        Value::Object(all) => {
            let all = all.iter().map(|(name, one)| (name.clone(), localised(one)));
            Value::Object(all.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// The module with `terraform_data` in place of AWS's resources.
fn without_provider(module: &Path, folder: &Path) {
    fs::create_dir(folder).unwrap();
    let main = read(&module.join("main.tf.json"));
    let (mut resources, mut all) = (Map::new(), Map::new());
    for (kind, named) in main["resource"].as_object().unwrap() {
        for (name, block) in named.as_object().unwrap() {
            let mut block = localised(block);
            block.as_object_mut().unwrap().remove("provider");
            let name = format!("{}__{name}", kind.trim_start_matches("aws_"));
            all.insert(
                name.clone(),
                json!(format!("${{terraform_data.{name}.output}}")),
            );
            resources.insert(name, json!({ "input": block }));
        }
    }
    let main = json!({
        "locals": localised(&main["locals"]),
        "resource": { "terraform_data": resources },
    });
    let mut outputs = localised(&read(&module.join("outputs.tf.json")));
    outputs["output"]["all"] = json!({ "value": all });
    for (name, content) in [("main.tf.json", main), ("outputs.tf.json", outputs)] {
        fs::write(folder.join(name), content.to_string()).unwrap();
    }
    for name in ["variables.tf.json", "function.zip"] {
        fs::copy(module.join(name), folder.join(name)).unwrap();
    }
}

#[test]
#[ignore = "needs Terraform or OpenTofu: EDGEWRIGHT_TERRAFORM, or `terraform`"]
fn terraform_computes_every_expression() {
    let terraform =
        std::env::var("EDGEWRIGHT_TERRAFORM").unwrap_or_else(|_| "terraform".to_owned());
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let edgewright = env!("CARGO_BIN_EXE_edgewright");
    let site = legacy_site::folder().join("httpd.conf");
    let line = ["migrate", site.to_str().unwrap(), "--out", &path("build")];
    check(edgewright, place.path(), &line);
    fs::write(path("bootstrap"), program()).unwrap();
    let several = [
        "--table",
        "t",
        "--region",
        "us-east-1",
        "--region",
        "eu-west-1",
    ];
    let options: [&[&str]; 5] = [
        &[],
        &["--origin", "bucket"],
        &["--function-only"],
        &["--trigger", "viewer-request"],
        &several,
    ];
    for (number, options) in options.iter().enumerate() {
        let module = path(&format!("module{number}"));
        let line = [
            "package",
            "build",
            "--bootstrap",
            "bootstrap",
            "--terraform",
            &module,
        ];
        check(edgewright, place.path(), &[&line[..], options].concat());
        // Reads the real module as far as can be without the provider.
        let wants = check(&terraform, Path::new(&module), &["providers"]);
        assert!(wants.contains("hashicorp/aws] >= 6.19.0"), "{wants}");
        let folder = place.path().join(format!("local{number}"));
        without_provider(Path::new(&module), &folder);
        check(&terraform, &folder, &["init", "-input=false"]);
        check(&terraform, &folder, &["validate"]);
        let apply = ["apply", "-auto-approve", "-input=false"];
        let chosen: &[&str] = match options {
            ["--function-only"] => &[],
            _ => &[
                "-var=origin_domain=o.example",
                "-var=aliases=[\"a.example\"]",
                "-var=certificate_arn=arn:c",
                "-var=log_bucket=b.s3.amazonaws.com",
            ],
        };
        check(&terraform, &folder, &[&apply[..], chosen].concat());
        let all = check(&terraform, &folder, &["output", "-json", "all"]);
        let all: Value = serde_json::from_str(&all).unwrap();
        let policy = all["iam_role_policy__log_policy"]["policy"]
            .as_str()
            .unwrap();
        let policy: Value = serde_json::from_str(policy).unwrap();
        let group = policy["Statement"][0]["Resource"].as_str().unwrap();
        assert!(group.starts_with("arn:aws:logs:*:123456789012:log-group:/aws/lambda/us-east-1."));
        if chosen.is_empty() {
            continue;
        }
        let distribution = &all["cloudfront_distribution__distribution"];
        assert_eq!(distribution["aliases"], json!(["a.example"]));
        assert_eq!(
            distribution["viewer_certificate"]["acm_certificate_arn"],
            "arn:c"
        );
        assert_eq!(
            distribution["dynamic"]["logging_config"]["for_each"],
            json!([1])
        );
        let refused = [
            "apply",
            "-auto-approve",
            "-input=false",
            "-var=http_version=9",
            "-var=origin_domain=o",
        ];
        let refused = run(&terraform, &folder, &refused);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("It is one of"), "{said}");
    }
}

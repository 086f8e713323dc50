//! `attach` and `detach` through AWS's own command line.
//!
//! In: a distribution as somebody made it. Out: refused with the lines of the rules, connected, and as it was. Absent:
//! settings and policies one by one; `src/attach` tests them as AWS's JSON has them.

use std::fs;

use serde_json::json;

use crate::aws_account::AwsAccount;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:edgewright-Function-A:7";

/// An account with a distribution `E1`, whose one behaviour has a cache policy that knows `header`.
fn account(header: &str) -> AwsAccount {
    let account = AwsAccount::start();
    account.distribution("E1", &distribution("theirs"));
    for (id, header) in [("theirs", header), ("ours", "Host")] {
        account.cache_policy(id, &policy(header));
    }
    // The function of these rules needs the host in the key.
    let needs = json!({
        "trigger": "origin-request",
        "cache_policy": { "headers": { "host": "host: site.conf:3" }, "query": "query: site.conf:3" },
        "beside_the_key": { "headers": {} },
        "viewer_function": null,
    });
    fs::write(account.path("needs.json"), needs.to_string()).unwrap();
    account.stack(&[("FunctionVersion", FUNCTION), ("CachePolicy", "ours")]);
    account
}

fn distribution(cache_policy: &str) -> String {
    format!(
        "<DistributionConfig><CallerReference>r</CallerReference><Comment>theirs</Comment><Enabled>true</Enabled>\
         <Aliases><Quantity>1</Quantity><Items><CNAME>www.example.com</CNAME></Items></Aliases>\
         <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>o.example.com</DomainName>\
         <OriginPath></OriginPath></Origin></Items></Origins>\
         <DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>\
         <LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>\
         <FunctionAssociations><Quantity>0</Quantity></FunctionAssociations>\
         <CachePolicyId>{cache_policy}</CachePolicyId></DefaultCacheBehavior>\
         <CacheBehaviors><Quantity>0</Quantity></CacheBehaviors></DistributionConfig>"
    )
}

fn policy(header: &str) -> String {
    format!(
        "<CachePolicyConfig><Name>n</Name><MinTTL>0</MinTTL><ParametersInCacheKeyAndForwardedToOrigin>\
         <EnableAcceptEncodingGzip>true</EnableAcceptEncodingGzip>\
         <HeadersConfig><HeaderBehavior>whitelist</HeaderBehavior><Headers><Quantity>1</Quantity>\
         <Items><Name>{header}</Name></Items></Headers></HeadersConfig>\
         <CookiesConfig><CookieBehavior>none</CookieBehavior></CookiesConfig>\
         <QueryStringsConfig><QueryStringBehavior>all</QueryStringBehavior></QueryStringsConfig>\
         </ParametersInCacheKeyAndForwardedToOrigin></CachePolicyConfig>"
    )
}

const ATTACH: [&str; 6] = [
    "attach",
    "needs.json",
    "--stack",
    "s",
    "--distribution",
    "E1",
];

#[test]
fn a_distribution_that_is_there_is_connected_and_is_as_before() {
    let account = account("Host");
    let attach = |more: &[&str], code, texts: &[&str]| {
        account.check(&[&ATTACH, more].concat(), code, texts);
    };
    let before = account.config("E1");
    let change = "DefaultCacheBehavior.LambdaFunctionAssociations";
    attach(&["--dry-run"], 0, &[change]);
    attach(&[], 2, &["give --yes"]);
    attach(
        &["--yes", "--path", "/old/*"],
        2,
        &["only its default behaviour"],
    );
    assert_eq!(account.config("E1"), before);
    attach(&["--yes"], 0, &[change, "changed"]);
    let mut expected = before.clone();
    expected["DefaultCacheBehavior"]["LambdaFunctionAssociations"] = json!({
        "Quantity": 1,
        "Items": [{ "EventType": "origin-request", "LambdaFunctionARN": FUNCTION, "IncludeBody": false }],
    });
    assert_eq!(account.config("E1"), expected);
    attach(&["--yes"], 0, &["as it should be"]);

    let detach = [
        "detach",
        "--function",
        FUNCTION,
        "--distribution",
        "E1",
        "--yes",
    ];
    account.check(&detach, 0, &["changed"]);
    assert_eq!(account.config("E1"), before);
    account.check(&detach, 0, &["nothing to take away"]);
    let elsewhere = ["--function", FUNCTION, "--distribution", "E2", "--yes"];
    let words = [&["attach", "needs.json"], &elsewhere[..]].concat();
    account.check(&words, 2, &["refuses", "NoSuchDistribution"]);
}

#[test]
fn a_policy_that_lacks_what_rules_read_is_refused_or_replaced() {
    let account = account("Accept-Language");
    let before = account.config("E1");
    let attach = |more: &[&str], code, texts: &[&str]| {
        account.check(&[&ATTACH, more].concat(), code, texts);
    };
    let lacking = "its cache policy has not host (host: site.conf:3)";
    attach(&["--yes"], 2, &[lacking, "--set-policies"]);
    assert_eq!(account.config("E1"), before);
    attach(
        &["--yes", "--set-policies"],
        0,
        &["CachePolicyId: \"theirs\" -> \"ours\"", "changed"],
    );
    let policy = &account.config("E1")["DefaultCacheBehavior"]["CachePolicyId"];
    assert_eq!(policy, "ours");
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_undone() {
    let account = account("Host");
    account.somebody_else_is_at_work();
    let before = account.config("E1");
    let words = [&ATTACH, &["--yes"][..]].concat();
    account.check(&words, 2, &["nothing was changed", "PreconditionFailed"]);
    assert_eq!(account.config("E1"), before);
}

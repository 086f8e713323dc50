//! A function and a behaviour of a distribution that is there.
//!
//! In: the distribution's configuration as AWS's JSON has it, what the function needs, the function's ARN. Out: what stands
//! in the way, or the configuration with that one change. Absent: asking AWS; see `aws_cli`.
//!
//! The configuration stays JSON: what this program does not know goes back as it came.

mod passes;

use anyhow::{Result, bail};
use edgewright_compiler::export::function::BehaviourNeeds;
use edgewright_engine::model::trigger::Trigger;
use serde_json::{Value, json};

pub use passes::Passes;

/// What is to be connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The ARN of the function's version.
    pub function: String,
    /// The ARN of the CloudFront Function at viewer-request.
    pub viewer_function: Option<String>,
    /// Policies that take the place of the behaviour's own.
    pub policies: Option<OwnPolicies>,
}

/// The policies of the function's own stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPolicies {
    /// The id of the cache policy.
    pub cache: String,
    /// The id of the origin request policy.
    pub origin_request: Option<String>,
}

/// What a behaviour lets through by its policies.
#[derive(Debug, Clone, Default)]
pub struct LetThrough {
    /// Into the key of the cache, and on.
    pub key: Passes,
    /// Besides.
    pub beside: Passes,
}

/// The behaviour of `config` for a path pattern, else the default one.
///
/// # Errors
/// There is none with that pattern: it has these.
pub fn behaviour<'c>(config: &'c mut Value, pattern: Option<&str>) -> Result<&'c mut Value> {
    let Some(pattern) = pattern else {
        return Ok(&mut config["DefaultCacheBehavior"]);
    };
    let listed = config["CacheBehaviors"]["Items"].as_array_mut();
    let listed = listed.into_iter().flatten();
    let mut known = Vec::new();
    for one in listed {
        if one["PathPattern"] == pattern {
            return Ok(one);
        }
        known.extend(one["PathPattern"].as_str().map(str::to_owned));
    }
    if known.is_empty() {
        bail!("the distribution has only its default behaviour: leave out --path");
    }
    bail!(
        "the distribution has no behaviour for {pattern}: it has {}, and the default one without --path",
        known.join(", ")
    )
}

/// What stands in the way of a connection: a line for each, with the lines of the rules.
pub fn hindrances(
    behaviour: &Value,
    through: &LetThrough,
    needs: &BehaviourNeeds,
    connection: &Connection,
) -> Vec<String> {
    let mut found = missing(through, needs);
    let trigger = needs.trigger.name();
    let others = associations(behaviour, LAMBDA);
    let there = others.iter().find(|one| one["EventType"] == trigger);
    let other = there.and_then(|one| one[LAMBDA.arn].as_str());
    if let Some(other) = other.filter(|other| !is_same_function(other, &connection.function)) {
        found.push(format!(
            "at {trigger} it calls {other} already, and there is room for one: take that away first"
        ));
    }
    let first = associations(behaviour, CLOUDFRONT);
    let first = first
        .iter()
        .find(|one| one["EventType"] == "viewer-request");
    let first = first.and_then(|one| one[CLOUDFRONT.arn].as_str());
    match (needs.trigger, first, &connection.viewer_function) {
        (Trigger::ViewerRequest, Some(first), _) => found.push(format!(
            "at viewer-request it calls {first}, beside which CloudFront calls no Lambda function"
        )),
        (Trigger::OriginRequest, Some(first), Some(own)) if first != own => found.push(format!(
            "at viewer-request it calls {first}, and edgewright's function needs that place: \
             `package --function-before FILE` puts both into one"
        )),
        _ => {}
    }
    if let (Some(what), None) = (&needs.viewer_function, &connection.viewer_function) {
        found.push(format!(
            "a CloudFront Function is needed at viewer-request ({what}): give --stack, or its ARN with --viewer-function"
        ));
    }
    found
}

/// What the policies do not let through.
fn missing(through: &LetThrough, needs: &BehaviourNeeds) -> Vec<String> {
    let mut found = Vec::new();
    let LetThrough { key, beside } = through;
    let mut lack = |what: &str, policy: &str, why: &str| {
        found.push(format!("its {policy} has not {what} ({why})"));
    };
    let cache = &needs.cache_policy;
    for (name, why) in &cache.headers {
        if !key.has_header(name) {
            lack(name, "cache policy", why);
        }
    }
    if let Some(why) = cache.cookies.as_ref().filter(|_| !key.has_cookies()) {
        lack("all cookies", "cache policy", why);
    }
    if let Some(why) = cache.query.as_ref().filter(|_| !key.has_query()) {
        lack("the whole query", "cache policy", why);
    }
    for (name, why) in &needs.beside_the_key.headers {
        if !key.has_header(name) && !beside.has_header(name) {
            lack(name, "origin request policy", why);
        }
    }
    let cookies = needs.beside_the_key.cookies.as_ref();
    if let Some(why) = cookies.filter(|_| !key.has_cookies() && !beside.has_cookies()) {
        lack("all cookies", "origin request policy", why);
    }
    found
}

/// What a person should know of a behaviour that can be connected.
pub fn notes(behaviour: &Value, needs: &BehaviourNeeds) -> Vec<String> {
    let mut notes = Vec::new();
    let methods = behaviour["AllowedMethods"]["Items"].as_array();
    if !methods.is_some_and(|methods| methods.contains(&json!("POST"))) {
        notes.push(
            "CloudFront answers POST and other methods with 403 here, whatever the rules say"
                .to_owned(),
        );
    }
    let policy = behaviour["ViewerProtocolPolicy"].as_str();
    let reads_scheme = needs
        .cache_policy
        .headers
        .contains_key("cloudfront-forwarded-proto");
    if let Some(policy) = policy.filter(|policy| reads_scheme && *policy != "allow-all") {
        notes.push(format!(
            "rules read http and https, and the viewer protocol policy is {policy}: those for http are never asked"
        ));
    }
    notes
}

/// Connects: the function and, where there is one, the CloudFront Function. Nothing else changes, but for policies that
/// were asked for.
pub fn attach(behaviour: &mut Value, trigger: Trigger, connection: &Connection) {
    let function = &connection.function;
    set_association(
        behaviour,
        LAMBDA,
        trigger.name(),
        function,
        &json!({ "IncludeBody": false }),
    );
    if let Some(first) = &connection.viewer_function {
        set_association(behaviour, CLOUDFRONT, "viewer-request", first, &json!({}));
    }
    let Some(own) = &connection.policies else {
        return;
    };
    // Settings of before policies cannot stand beside them.
    if let Some(settings) = behaviour.as_object_mut() {
        for older in ["ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"] {
            settings.remove(older);
        }
    }
    behaviour["CachePolicyId"] = json!(own.cache);
    if let Some(id) = &own.origin_request {
        behaviour["OriginRequestPolicyId"] = json!(id);
    }
}

/// Takes a function away, whatever its version, and the CloudFront Function. Says whether either was there.
pub fn detach(behaviour: &mut Value, function: &str, viewer_function: Option<&str>) -> bool {
    let lambda = remove_associations(behaviour, LAMBDA, |arn| is_same_function(arn, function));
    let first = remove_associations(behaviour, CLOUDFRONT, |arn| Some(arn) == viewer_function);
    lambda || first
}

/// A list of what a behaviour calls.
#[derive(Clone, Copy)]
struct Called {
    list: &'static str,
    arn: &'static str,
}

const LAMBDA: Called = Called {
    list: "LambdaFunctionAssociations",
    arn: "LambdaFunctionARN",
};

const CLOUDFRONT: Called = Called {
    list: "FunctionAssociations",
    arn: "FunctionARN",
};

fn associations(behaviour: &Value, called: Called) -> &[Value] {
    let items = behaviour[called.list]["Items"].as_array();
    items.map(Vec::as_slice).unwrap_or_default()
}

fn set_association(behaviour: &mut Value, called: Called, event: &str, arn: &str, more: &Value) {
    let mut items = associations(behaviour, called).to_vec();
    items.retain(|one| one["EventType"] != event);
    let mut one = json!({ "EventType": event, called.arn: arn });
    for (name, value) in more.as_object().into_iter().flatten() {
        one[name.as_str()] = value.clone();
    }
    items.push(one);
    behaviour[called.list] = json!({ "Quantity": items.len(), "Items": items });
}

fn remove_associations(
    behaviour: &mut Value,
    called: Called,
    is_ours: impl Fn(&str) -> bool,
) -> bool {
    let mut items = associations(behaviour, called).to_vec();
    let before = items.len();
    items.retain(|one| !one[called.arn].as_str().is_some_and(&is_ours));
    if items.len() == before {
        return false;
    }
    // AWS writes an empty list without its items.
    behaviour[called.list] = match items.len() {
        0 => json!({ "Quantity": 0 }),
        count => json!({ "Quantity": count, "Items": items }),
    };
    true
}

/// Are these versions of one function? An ARN of a version ends with a colon and its number.
fn is_same_function(one: &str, other: &str) -> bool {
    unversioned(one) == unversioned(other)
}

fn unversioned(arn: &str) -> &str {
    let version = arn.rsplit_once(':');
    let version = version.filter(|(_, last)| last.bytes().all(|byte| byte.is_ascii_digit()));
    version.map_or(arn, |(name, _)| name)
}

/// Where two values differ: `path: before -> after`, a line for each.
pub fn differences(before: &Value, after: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", before, after, &mut lines);
    lines
}

fn compare(path: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let (old, new) = (&before[name.as_str()], &after[name.as_str()]);
                let path = format!("{path}{}{name}", if path.is_empty() { "" } else { "." });
                compare(&path, old, new, lines);
            }
        }
        _ => lines.push(format!("{path}: {before} -> {after}")),
    }
}

#[cfg(test)]
mod tests;

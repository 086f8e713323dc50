//! `edgewright attach` and `edgewright detach`: a function and a distribution that is there.
//!
//! In: a distribution's id, the function's stack or ARN, what the function needs. Out: that one change in the distribution,
//! or what stands in the way. Absent: making the function; `package --function-only` and CloudFormation do.

use std::fs;

use anyhow::{Context, Result, bail};
use edgewright_compiler::export::function::BehaviourNeeds;
use serde_json::Value;

use super::{Confirmed, Exit, confirmed, say};
use crate::args::{Attach, Detach, Place};
use crate::attach::{
    self, Connection, LetThrough, OwnPolicies, Passes, behaviour, differences, hindrances, notes,
};
use crate::aws_cli::AwsCli;

/// Connects the function with the behaviour.
///
/// # Errors
/// AWS refuses, there is no such behaviour, its policies let too little through, or its place is taken. Nothing is changed
/// then.
pub fn run(arguments: &Attach) -> Result<Exit> {
    let needs = needs(arguments)?;
    let aws = aws(&arguments.place);
    let mut connection = connection(&arguments.place, &aws)?;
    if !arguments.set_policies {
        connection.policies = None;
    }
    let distribution = Distribution::get(&arguments.place, &aws)?;
    let mut after = distribution.config.clone();
    let chosen = behaviour(&mut after, arguments.place.path.as_deref())?;
    // The policies that it will have are those that count.
    let mut looked_at = chosen.clone();
    attach::attach(&mut looked_at, needs.trigger, &connection);
    let through = through(&looked_at, &aws)?;
    let hindrances = hindrances(chosen, &through, &needs, &connection);
    if !hindrances.is_empty() {
        let remedy = if connection.policies.is_none()
            && hindrances
                .iter()
                .any(|one| one.contains(" policy has not "))
        {
            "\nadd that to the policies of the behaviour, or give --stack and --set-policies"
        } else {
            ""
        };
        bail!(
            "the behaviour cannot call the function:\n  {}{remedy}",
            hindrances.join("\n  ")
        );
    }
    for note in notes(chosen, &needs) {
        say(&format!("note         {note}\n"))?;
    }
    attach::attach(chosen, needs.trigger, &connection);
    distribution.put(&after, &arguments.place, &aws)
}

/// Takes the function away from the behaviour.
///
/// # Errors
/// AWS refuses, there is no such behaviour, or it does not call the function. Nothing is changed then.
pub fn detach(arguments: &Detach) -> Result<Exit> {
    let place = &arguments.place;
    let aws = aws(place);
    let connection = connection(place, &aws)?;
    let distribution = Distribution::get(place, &aws)?;
    let mut after = distribution.config.clone();
    let chosen = behaviour(&mut after, place.path.as_deref())?;
    let first = connection.viewer_function.as_deref();
    if !attach::detach(chosen, &connection.function, first) {
        say("the behaviour does not call the function: nothing to take away\n")?;
        return Ok(Exit::Clean);
    }
    distribution.put(&after, place, &aws)
}

fn aws(place: &Place) -> AwsCli {
    AwsCli {
        endpoint_url: place.endpoint_url.clone(),
    }
}

fn needs(arguments: &Attach) -> Result<BehaviourNeeds> {
    let path = arguments.needs.display();
    let text = fs::read(&arguments.needs).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_slice(&text).with_context(|| {
        format!("{path}: is this the file that `edgewright package --function-only` wrote?")
    })
}

/// The function as its stack tells, or the command line.
fn connection(place: &Place, aws: &AwsCli) -> Result<Connection> {
    if let Some(function) = &place.function {
        return Ok(Connection {
            function: function.clone(),
            viewer_function: place.viewer_function.clone(),
            policies: None,
        });
    }
    let name = place.stack.as_deref().unwrap_or_default();
    let words = ["cloudformation", "describe-stacks", "--stack-name", name];
    let answer = aws.call(&words, b"")?;
    let outputs = answer["Stacks"][0]["Outputs"].as_array();
    let output = |wanted: &str| {
        let mut outputs = outputs.into_iter().flatten();
        let found = outputs.find(|one| one["OutputKey"] == wanted)?;
        found["OutputValue"].as_str().map(str::to_owned)
    };
    let function = output("FunctionVersion").with_context(|| {
        format!("stack {name} has no output FunctionVersion: was it made of edgewright's template?")
    })?;
    let cache = output("CachePolicy");
    Ok(Connection {
        function,
        viewer_function: output("ViewerFunction"),
        policies: cache.map(|cache| OwnPolicies {
            cache,
            origin_request: output("OriginRequestPolicy"),
        }),
    })
}

/// What a behaviour's policies let through.
fn through(behaviour: &Value, aws: &AwsCli) -> Result<LetThrough> {
    let policy = |kind: &str, id: &Value| {
        let id = id.as_str().filter(|id| !id.is_empty());
        id.map(|id| aws.call(&["cloudfront", kind, "--id", id], b""))
            .transpose()
    };
    let key = match policy("get-cache-policy", &behaviour["CachePolicyId"])? {
        Some(policy) => Passes::of_cache_policy(&policy),
        None => Passes::of_forwarded_values(&behaviour["ForwardedValues"]),
    };
    let kind = "get-origin-request-policy";
    let beside = policy(kind, &behaviour["OriginRequestPolicyId"])?;
    let beside = beside.as_ref().map(Passes::of_origin_request_policy);
    Ok(LetThrough {
        key,
        beside: beside.unwrap_or_default(),
    })
}

/// A distribution as it was read.
struct Distribution {
    config: Value,
    /// What AWS compares, so that a change of somebody else is not undone.
    tag: String,
}

impl Distribution {
    fn get(place: &Place, aws: &AwsCli) -> Result<Self> {
        let id = place.distribution.as_str();
        let words = ["cloudfront", "get-distribution-config", "--id", id];
        let mut answer = aws.call(&words, b"")?;
        let tag = answer["ETag"].as_str().map(str::to_owned);
        Ok(Self {
            config: answer["DistributionConfig"].take(),
            tag: tag.context("AWS's answer has no ETag")?,
        })
    }

    /// Shows the change and makes it, if nobody else changed the distribution since.
    fn put(&self, after: &Value, place: &Place, aws: &AwsCli) -> Result<Exit> {
        let id = place.distribution.as_str();
        let lines = differences(&self.config, after);
        if lines.is_empty() {
            say(&format!("{id} is as it should be: nothing to change\n"))?;
            return Ok(Exit::Clean);
        }
        say(&format!("{id} changes:\n  {}\n", lines.join("\n  ")))?;
        if place.dry_run {
            return Ok(Exit::Clean);
        }
        let answer = if place.yes {
            Confirmed::Yes
        } else {
            confirmed("make this change?")?
        };
        match answer {
            Confirmed::Yes => {}
            Confirmed::No => {
                say("nothing was changed\n")?;
                return Ok(Exit::Clean);
            }
            Confirmed::NobodyThere => {
                bail!("nothing was changed: give --yes where nobody can be asked, or --dry-run")
            }
        }
        let words = [
            "cloudfront",
            "update-distribution",
            "--id",
            id,
            "--if-match",
            &self.tag,
        ];
        let input = ["--distribution-config", "file:///dev/stdin"];
        let words: Vec<&str> = words.into_iter().chain(input).collect();
        aws.call(&words, &serde_json::to_vec(after)?)
            .context("nothing was changed; where somebody else changed the distribution meanwhile, run this again")?;
        say("changed; CloudFront takes it to all its places within minutes\n")?;
        Ok(Exit::Clean)
    }
}

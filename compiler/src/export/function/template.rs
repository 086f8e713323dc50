//! The stacks that run the function: CloudFormation templates.
//!
//! In: a [`Stack`], and the [`CodeHash`] of its zip file. Out: JSON. Absent: uploading and deploying; docs/deploy.md has the
//! commands.

mod distribution;
mod function;
mod table;
#[cfg(test)]
mod tests;

use edgewright_engine::cloudfront::distribution::check_policies;
use serde_json::{Map, Value, json};

use super::cache_key::CacheKey;
use super::error::FunctionError;
use super::options::{Distribution, Origin};
use super::stack::{CodeHash, Stack};
pub(super) use distribution::beside_key;
pub(super) use function::memory;
pub(super) use table::table_template;

/// The function's template.
///
/// # Errors
/// The rules depend on more than a cache key holds, or CloudFront would refuse a policy.
pub fn template(stack: &Stack, code: &CodeHash) -> Result<Value, FunctionError> {
    let (options, trigger) = (stack.options(), stack.trigger());
    let version = function::version_name(code, trigger);
    let mut made = Template::default();
    made.add("Role", function::role(options.table.as_deref()));
    made.add("LogPolicy", function::log_policy());
    made.add("Function", function::function(trigger));
    made.add(&version, function::published());
    made.tell("FunctionVersion", &json!({ "Ref": version }));
    let policies = made.add_policies(stack)?;
    made.parameters = code_parameters(code);
    match options.distribution {
        Distribution::Own => made.add_distribution(stack, &version, &policies),
        Distribution::Elsewhere => {}
    }
    let template = made.into_json();
    check_policies(&template)?;
    Ok(template)
}

/// A template that is being put together.
#[derive(Default)]
struct Template {
    parameters: Map<String, Value>,
    conditions: Option<Value>,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
}

/// What a behaviour refers to besides the function.
struct Policies {
    /// The policy of what reaches the function beside the key.
    forwards: bool,
    /// The function in front of the cache.
    looks_first: bool,
}

impl Template {
    fn add(&mut self, name: &str, resource: Value) {
        self.resources.insert(name.to_owned(), resource);
    }

    fn tell(&mut self, name: &str, value: &Value) {
        self.outputs
            .insert(name.to_owned(), json!({ "Value": value }));
    }

    /// Adds what a behaviour needs besides the function.
    fn add_policies(&mut self, stack: &Stack) -> Result<Policies, FunctionError> {
        let class = stack.class();
        let key = CacheKey::of(stack, class)?;
        self.add("CachePolicy", distribution::cache_policy(&key));
        self.tell("CachePolicy", &json!({ "Ref": "CachePolicy" }));
        let beside = class.and_then(distribution::origin_request_policy);
        let first = stack.viewer_function();
        let policies = Policies {
            forwards: beside.is_some(),
            looks_first: first.is_some(),
        };
        if let Some(policy) = beside {
            self.add("OriginRequestPolicy", policy);
            self.tell(
                "OriginRequestPolicy",
                &json!({ "Ref": "OriginRequestPolicy" }),
            );
        }
        if let Some(first) = first {
            self.add("ViewerFunction", distribution::viewer_function(&first)?);
            self.tell(
                "ViewerFunction",
                &json!({ "Fn::GetAtt": ["ViewerFunction", "FunctionARN"] }),
            );
        }
        Ok(policies)
    }

    /// Adds the distribution, and what may be chosen of it.
    fn add_distribution(&mut self, stack: &Stack, version: &str, policies: &Policies) {
        let origin = stack.options().origin;
        let mut made = distribution::distribution(stack.trigger(), version, origin);
        let behaviour = &mut made["Properties"]["DistributionConfig"]["DefaultCacheBehavior"];
        if policies.forwards {
            behaviour["OriginRequestPolicyId"] = json!({ "Ref": "OriginRequestPolicy" });
        }
        if policies.looks_first {
            behaviour["FunctionAssociations"] = json!([{
                "EventType": "viewer-request",
                "FunctionARN": { "Fn::GetAtt": ["ViewerFunction", "FunctionARN"] },
            }]);
        }
        if origin == Origin::Bucket {
            self.add("OriginAccess", distribution::origin_access());
        }
        self.add("Distribution", made);
        self.parameters.extend(distribution::choices());
        self.parameters.insert(
            "OriginDomain".to_owned(),
            json!({
                "Type": "String",
                "Description": "The host that serves what no rule answers. Its name must resolve, even when every request is redirected.",
            }),
        );
        self.conditions = Some(distribution::conditions());
        self.tell(
            "DomainName",
            &json!({ "Fn::GetAtt": ["Distribution", "DomainName"] }),
        );
        self.tell("DistributionId", &json!({ "Ref": "Distribution" }));
    }

    fn into_json(self) -> Value {
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "Redirects and rewrites at the edge, made by edgewright. Deploy in us-east-1.",
            "Parameters": self.parameters,
            "Resources": self.resources,
            "Outputs": self.outputs,
        });
        if let Some(conditions) = self.conditions {
            template["Conditions"] = conditions;
        }
        template
    }
}

/// Where the zip file is.
fn code_parameters(code: &CodeHash) -> Map<String, Value> {
    let text = |description: &str| json!({ "Type": "String", "Description": description });
    let mut key = text("Where the zip file lies in it.");
    key["Default"] = json!(code.key());
    let bucket = text("A bucket in us-east-1 that holds the function's zip file.");
    [("CodeBucket", bucket), ("CodeKey", key)]
        .into_iter()
        .map(|(name, parameter)| (name.to_owned(), parameter))
        .collect()
}

//! The stack as a module for Terraform and OpenTofu: `*.tf.json`.
//!
//! In: a [`Stack`], and the [`CodeHash`] of its zip file. Out: [`TerraformModule`]. Absent: the zip file, which lies beside the
//! files; state, plans, and the provider's own checks.
//!
//! Nothing is decided here: the module is made of the stack's CloudFormation templates, resource by resource and field by
//! field, by the table in `fields`. A resource, a field or a function of the templates that the table does not know is an
//! error, so that none is left out silently. What Terraform wants and CloudFormation does not is in the same table.

mod expression;
mod fields;
mod parameters;
mod resources;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Map, Value, json};

use super::error::FunctionError;
use super::stack::{CodeHash, Stack};
use expression::Names;
use fields::ALIAS;
pub(super) use fields::Kind;
use resources::Resources;

/// The zip file beside the module's files.
pub const ZIP_FILE: &str = "function.zip";

/// The first version of the provider that takes the function's runtime.
const PROVIDER_VERSION: &str = ">= 6.19.0";

/// The first version of Terraform, and of OpenTofu, that the module is written for.
const TERRAFORM_VERSION: &str = ">= 1.5.0";

/// A module: the names of its files, and what is in them.
#[derive(Debug, Clone, PartialEq)]
pub struct TerraformModule {
    /// `versions.tf.json`, `variables.tf.json`, `main.tf.json`, `outputs.tf.json`.
    pub files: [(&'static str, Value); 4],
}

/// What of a template no table of this room knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untranslated {
    /// Where it stands: `Function.Properties.Runtime`.
    pub place: String,
    /// What stands there.
    pub what: String,
}

impl fmt::Display for Untranslated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what } = self;
        write!(
            out,
            "this release cannot write {place} of the template for Terraform: {what}"
        )
    }
}

impl std::error::Error for Untranslated {}

impl From<Untranslated> for FunctionError {
    fn from(untranslated: Untranslated) -> Self {
        Self::Untranslated(untranslated)
    }
}

/// Says what is not known, and where.
fn unknown(place: &str, what: impl fmt::Display) -> Untranslated {
    Untranslated {
        place: place.to_owned(),
        what: what.to_string(),
    }
}

impl TerraformModule {
    /// The module of a stack.
    ///
    /// # Errors
    /// There is no template; or it has something that no table of this room knows.
    pub fn of(stack: &Stack, code: &CodeHash) -> Result<Self, FunctionError> {
        let function = stack.template(code)?;
        let table = stack.table_template()?;
        Ok(Self::translate([Some(&function), table.as_ref()])?)
    }

    /// One module of several templates.
    fn translate(templates: [Option<&Value>; 2]) -> Result<Self, Untranslated> {
        let mut resources = Resources::default();
        let (mut variables, mut locals) = (parameters::own(), Map::new());
        let mut outputs = Map::new();
        for template in templates.into_iter().flatten() {
            let names = Names::of(template)?;
            for (name, part) in members(template, "")? {
                match name.as_str() {
                    "AWSTemplateFormatVersion" | "Description" => {}
                    "Parameters" => variables.extend(parameters::variables(part)?),
                    "Conditions" => locals.extend(parameters::locals(part, &names)?),
                    "Resources" => resources.add_all(part, &names)?,
                    "Outputs" => outputs.extend(parameters::outputs(part, &names)?),
                    other => return Err(unknown("the template", other)),
                }
            }
        }
        if resources.has(Kind::Table) {
            variables.insert("protect_table".to_owned(), parameters::protection());
        }
        locals.insert(
            "zip_file".to_owned(),
            json!(format!(
                "${{coalesce(var.zip_file, \"${{path.module}}/{ZIP_FILE}\")}}"
            )),
        );
        let main = json!({
            "data": {
                "aws_partition": { "current": { "provider": ALIAS } },
                "aws_caller_identity": { "current": { "provider": ALIAS } },
            },
            "locals": locals,
            "resource": resources.into_json(),
        });
        Ok(Self {
            files: [
                ("versions.tf.json", versions()),
                ("variables.tf.json", json!({ "variable": variables })),
                ("main.tf.json", main),
                ("outputs.tf.json", json!({ "output": outputs })),
            ],
        })
    }
}

/// Which Terraform and which provider: CloudFront takes functions and certificates from us-east-1 only, so the caller hands
/// over a provider for that.
fn versions() -> Value {
    json!({
        "terraform": {
            "required_version": TERRAFORM_VERSION,
            "required_providers": { "aws": {
                "source": "hashicorp/aws",
                "version": PROVIDER_VERSION,
                "configuration_aliases": [ALIAS],
            } },
        },
    })
}

/// The fields of an object.
fn members<'v>(value: &'v Value, place: &str) -> Result<&'v Map<String, Value>, Untranslated> {
    value.as_object().ok_or_else(|| unknown(place, value))
}

/// `OriginRequestPolicy` as Terraform writes names: `origin_request_policy`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

//! Values of a template as Terraform writes them.
//!
//! In: a value, with CloudFormation's functions in it. Out: JSON whose strings are Terraform's templates, or the text of an
//! expression. Absent: which field a value is for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields::Kind;
use super::{Untranslated, members, snake, unknown};

/// What the names of a template stand for.
pub(super) struct Names {
    resources: BTreeMap<String, Kind>,
    parameters: Vec<String>,
}

impl Names {
    /// The names of a template.
    pub(super) fn of(template: &Value) -> Result<Self, Untranslated> {
        let mut resources = BTreeMap::new();
        for (name, resource) in members(&template["Resources"], "Resources")? {
            let kind = resource["Type"].as_str().unwrap_or_default();
            let kind = Kind::of(kind).ok_or_else(|| unknown(name, kind))?;
            resources.insert(name.clone(), kind);
        }
        let parameters = template["Parameters"].as_object();
        let parameters = parameters.map_or_else(Vec::new, |all| all.keys().cloned().collect());
        Ok(Self {
            resources,
            parameters,
        })
    }

    /// What `Ref` gives for a name.
    fn reference(&self, name: &str, place: &str) -> Result<String, Untranslated> {
        match name {
            "AWS::StackName" => return Ok("var.name".to_owned()),
            "AWS::Partition" => return Ok("data.aws_partition.current.partition".to_owned()),
            "AWS::AccountId" => {
                return Ok("data.aws_caller_identity.current.account_id".to_owned());
            }
            _ => {}
        }
        if self.parameters.iter().any(|parameter| parameter == name) {
            return Ok(format!("var.{}", snake(name)));
        }
        let kind = self.kind(name, place)?;
        let attribute = kind.reference().ok_or_else(|| unknown(place, name))?;
        Ok(self.attribute(name, kind, attribute))
    }

    /// What `Fn::GetAtt` gives.
    fn get(&self, name: &str, wanted: &str, place: &str) -> Result<String, Untranslated> {
        let kind = self.kind(name, place)?;
        let attribute = kind.attribute(wanted);
        let attribute = attribute.ok_or_else(|| unknown(place, format_args!("{name}.{wanted}")))?;
        Ok(self.attribute(name, kind, attribute))
    }

    fn kind(&self, name: &str, place: &str) -> Result<Kind, Untranslated> {
        let kind = self.resources.get(name).copied();
        kind.ok_or_else(|| unknown(place, name))
    }

    /// A version is a part of its function.
    fn attribute(&self, name: &str, kind: Kind, attribute: &str) -> String {
        let owner = match kind {
            Kind::Version => {
                let mut functions = self.resources.iter();
                let function = functions.find(|(_, kind)| **kind == Kind::Function);
                function.map_or(name, |(function, _)| function.as_str())
            }
            _ => name,
        };
        format!("{}.{}.{attribute}", kind.resource(), snake(owner))
    }

    /// A value as JSON has it for Terraform: strings are templates.
    pub(super) fn value(&self, value: &Value, place: &str) -> Result<Value, Untranslated> {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
            Value::String(text) => Ok(json!(escape(text))),
            Value::Array(all) => {
                let all = all.iter().map(|one| self.value(one, place));
                Ok(Value::Array(all.collect::<Result<_, _>>()?))
            }
            Value::Object(_) => match self.substituted(value, place)? {
                Some(template) => Ok(json!(template)),
                None => Ok(json!(format!("${{{}}}", self.expression(value, place)?))),
            },
        }
    }

    /// The text of an expression that gives `value`.
    pub(super) fn expression(&self, value: &Value, place: &str) -> Result<String, Untranslated> {
        let (function, argument) = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => return Ok(value.to_string()),
            Value::String(text) => return Ok(quoted(text)),
            Value::Array(all) => return Ok(format!("[{}]", self.list(all, place)?)),
            Value::Object(object) => only(object).ok_or_else(|| unknown(place, value))?,
        };
        let list = argument.as_array().map(Vec::as_slice);
        match (function, argument, list) {
            ("Ref", Value::String(name), _) => self.reference(name, place),
            ("Fn::GetAtt", _, Some([Value::String(name), Value::String(attribute)])) => {
                self.get(name, attribute, place)
            }
            ("Fn::Not", _, Some([one])) => Ok(format!("!({})", self.expression(one, place)?)),
            ("Fn::Equals", _, Some([one, other])) => Ok(format!(
                "{} == {}",
                self.expression(one, place)?,
                self.expression(other, place)?
            )),
            ("Fn::Join", _, Some([between, parts])) => Ok(format!(
                "join({}, {})",
                self.expression(between, place)?,
                self.expression(parts, place)?
            )),
            ("Fn::If", _, Some([condition, one, other])) => {
                let (condition, one) = (held(condition, place)?, self.expression(one, place)?);
                let other = if is_nothing(other) {
                    "null".to_owned()
                } else {
                    self.expression(other, place)?
                };
                Ok(format!("{condition} ? {one} : {other}"))
            }
            ("Fn::Sub", _, _) => match self.substituted(value, place)? {
                Some(template) => Ok(format!("\"{template}\"")),
                None => Err(unknown(place, value)),
            },
            _ => Err(unknown(place, value)),
        }
    }

    fn list(&self, all: &[Value], place: &str) -> Result<String, Untranslated> {
        let all = all.iter().map(|one| self.expression(one, place));
        Ok(all.collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    /// The template of `Fn::Sub`; `None` for everything else.
    fn substituted(&self, value: &Value, place: &str) -> Result<Option<String>, Untranslated> {
        let object = value.as_object().and_then(only);
        let Some(("Fn::Sub", Value::String(text))) = object else {
            return Ok(None);
        };
        let mut template = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}').ok_or_else(|| unknown(place, text))?;
            template += &escape(before);
            template += &format!("${{{}}}", self.reference(name, place)?);
            rest = behind;
        }
        Ok(Some(template + &escape(rest)))
    }

    /// A document of JSON as text, with Terraform's templates in it.
    pub(super) fn document(&self, value: &Value, place: &str) -> Result<Value, Untranslated> {
        Ok(json!(self.in_document(value, place)?.to_string()))
    }

    fn in_document(&self, value: &Value, place: &str) -> Result<Value, Untranslated> {
        match value {
            Value::Object(object) => {
                let is_function =
                    only(object).is_some_and(|(name, _)| name == "Ref" || name.starts_with("Fn::"));
                if is_function {
                    return self.value(value, place);
                }
                let fields = object.iter().map(|(name, one)| {
                    let place = format!("{place}.{name}");
                    Ok((escape(name), self.in_document(one, &place)?))
                });
                Ok(Value::Object(fields.collect::<Result<_, _>>()?))
            }
            Value::Array(all) => {
                let all = all.iter().map(|one| self.in_document(one, place));
                Ok(Value::Array(all.collect::<Result<_, _>>()?))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.value(value, place)
            }
        }
    }
}

/// The one member of an object.
fn only(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = object.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Some((name.as_str(), value)),
        _ => None,
    }
}

/// `AWS::NoValue`.
pub(super) fn is_nothing(value: &Value) -> bool {
    *value == json!({ "Ref": "AWS::NoValue" })
}

/// The parts of an `Fn::If`.
pub(super) fn choice(value: &Value) -> Option<(&Value, &Value, &Value)> {
    let (name, arguments) = value.as_object().and_then(only)?;
    match arguments.as_array().map(Vec::as_slice) {
        Some([condition, one, other]) if name == "Fn::If" => Some((condition, one, other)),
        _ => None,
    }
}

/// The local value that says whether a condition holds.
pub(super) fn held(condition: &Value, place: &str) -> Result<String, Untranslated> {
    let name = condition
        .as_str()
        .ok_or_else(|| unknown(place, condition))?;
    Ok(format!("local.{}", snake(name)))
}

/// Text in a template: what would begin a substitution is doubled.
pub(super) fn escape(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// Text in an expression.
fn quoted(text: &str) -> String {
    // JSON's escapes are Terraform's, too.
    escape(&json!(text).to_string())
}

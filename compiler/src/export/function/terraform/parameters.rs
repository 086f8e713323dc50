//! Parameters, conditions and outputs of a template as Terraform's variables, local values and outputs.
//!
//! In: those parts of a template. Out: JSON. Absent: resources.

use serde_json::{Map, Value, json};

use super::expression::{Names, escape};
use super::{Untranslated, ZIP_FILE, members, snake, unknown};

/// The variables of every module.
pub(super) fn own() -> Map<String, Value> {
    Map::from_iter([
        (
            "name".to_owned(),
            json!({
                "type": "string",
                "default": "edgewright",
                "description": "The function's name, with which the other names begin. A function that was removed stays for hours, with its name.",
            }),
        ),
        (
            "zip_file".to_owned(),
            json!({
                "type": "string",
                "default": null,
                "description": format!("The zip file with the function; {ZIP_FILE} of this folder if not given."),
            }),
        ),
    ])
}

/// The variable that lets a table go.
pub(super) fn protection() -> Value {
    json!({
        "type": "bool",
        "default": true,
        "description": "AWS refuses to delete the table. Set to false, apply, and then it can be removed.",
    })
}

/// Variables for what may be chosen.
pub(super) fn variables(parameters: &Value) -> Result<Map<String, Value>, Untranslated> {
    let mut variables = Map::new();
    for (name, parameter) in members(parameters, "Parameters")? {
        // The zip file is read from the disk.
        if !["CodeBucket", "CodeKey"].contains(&name.as_str()) {
            variables.insert(snake(name), variable(name, parameter)?);
        }
    }
    Ok(variables)
}

fn variable(name: &str, parameter: &Value) -> Result<Value, Untranslated> {
    let values = parameter["AllowedValues"].as_array();
    let is_truth = values.is_some_and(|values| *values == [json!("true"), json!("false")]);
    let kind = match (parameter["Type"].as_str(), is_truth) {
        (Some("String"), true) => "bool",
        (Some("String"), false) => "string",
        (Some("CommaDelimitedList"), _) => "list(string)",
        _ => return Err(unknown(name, parameter)),
    };
    let mut variable = Map::from_iter([("type".to_owned(), json!(kind))]);
    for (field, value) in members(parameter, name)? {
        match field.as_str() {
            "Type" => {}
            "Description" => {
                variable.insert("description".to_owned(), value.clone());
            }
            "Default" => {
                let default = match (kind, value.as_str()) {
                    ("bool", Some("true")) => json!(true),
                    ("bool", Some("false")) => json!(false),
                    ("list(string)", Some("")) => json!([]),
                    ("string", Some(text)) => json!(text),
                    _ => return Err(unknown(name, value)),
                };
                variable.insert("default".to_owned(), default);
            }
            "AllowedValues" if is_truth => {}
            "AllowedValues" => {
                let (snake, one_of) = (snake(name), value.to_string());
                variable.insert(
                    "validation".to_owned(),
                    json!({
                        "condition": format!("${{contains({one_of}, var.{snake})}}"),
                        "error_message": escape(&format!("It is one of {one_of}.")),
                    }),
                );
            }
            other => return Err(unknown(name, other)),
        }
    }
    Ok(Value::Object(variable))
}

/// Local values for conditions.
pub(super) fn locals(
    conditions: &Value,
    names: &Names,
) -> Result<Map<String, Value>, Untranslated> {
    let conditions = members(conditions, "Conditions")?.iter();
    let locals = conditions.map(|(name, condition)| {
        let condition = names.expression(condition, name)?;
        Ok((snake(name), json!(format!("${{{condition}}}"))))
    });
    locals.collect()
}

/// Outputs.
pub(super) fn outputs(outputs: &Value, names: &Names) -> Result<Map<String, Value>, Untranslated> {
    let mut all = Map::new();
    for (name, output) in members(outputs, "Outputs")? {
        let mut value = None;
        for (field, one) in members(output, name)? {
            match field.as_str() {
                "Value" => value = Some(names.value(one, name)?),
                other => return Err(unknown(name, other)),
            }
        }
        let value = value.ok_or_else(|| unknown(name, output))?;
        all.insert(snake(name), json!({ "value": value }));
    }
    Ok(all)
}

//! The table: a stack of its own, which outlives the function's.
//!
//! In: a [`Stack`]. Out: JSON. Absent: the items; `edgewright deploy` writes them.

use serde_json::{Value, json};

use crate::export::function::error::FunctionError;
use crate::export::function::options::TableStack;
use crate::export::function::regions;
use crate::export::function::stack::Stack;

/// The template of the table's stack; `None` where entries are in the package, or the table is there already.
///
/// # Errors
/// A Region is no name.
pub fn table_template(stack: &Stack) -> Result<Option<Value>, FunctionError> {
    let options = stack.options();
    let name = match (&options.table, options.table_stack) {
        (Some(name), TableStack::Own) => name,
        (Some(_), TableStack::Elsewhere) | (None, _) => return Ok(None),
    };
    let table = table(name, &regions::chosen(&options.regions)?);
    Ok(Some(json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The table of redirects that a function at the edge reads, made by edgewright.",
        "Resources": { "Table": table },
        "Outputs": { "TableName": { "Value": { "Ref": "Table" } } },
    })))
}

fn table(name: &str, chosen: &[&str]) -> Value {
    let replicas: Vec<Value> = regions::with_home(chosen)
        .map(|region| {
            json!({
                "Region": region,
                "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            })
        })
        .collect();
    let mut table = json!({
        "Type": "AWS::DynamoDB::GlobalTable",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "Replicas": replicas,
        },
    });
    if replicas.len() > 1 {
        table["Properties"]["StreamSpecification"] =
            json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" });
    }
    table
}

//! One item of `table.jsonl`, in DynamoDB JSON as an import from S3 takes it.
//!
//! In: a line. Out: [`Item`]. Absent: what the entry means.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgewright_edge_handler::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use serde::Deserialize;

/// DynamoDB's limit for an item, names of attributes included.
const LARGEST: usize = 400 * 1024;

/// One item: a string key and a binary entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The partition key.
    pub key: String,
    /// The encoded entry.
    pub entry: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    item: HashMap<String, Value>,
}

#[derive(Deserialize)]
enum Value {
    S(String),
    B(String),
}

impl Item {
    /// Reads one line.
    ///
    /// # Errors
    /// It is not such an item, or larger than DynamoDB takes.
    pub fn parse(line: &str) -> Result<Self> {
        let mut line: Line = serde_json::from_str(line).context("not an item")?;
        let key = line.item.remove(KEY_ATTRIBUTE);
        let entry = line.item.remove(ENTRY_ATTRIBUTE);
        let (Some(Value::S(key)), Some(Value::B(entry))) = (key, entry) else {
            bail!("an item needs a string {KEY_ATTRIBUTE} and a binary {ENTRY_ATTRIBUTE}");
        };
        let entry = STANDARD.decode(entry).context("an entry is not base64")?;
        let item = Self { key, entry };
        if item.size() > LARGEST {
            bail!(
                "the item {} has {} bytes, DynamoDB takes {LARGEST}",
                item.key,
                item.size()
            );
        }
        Ok(item)
    }

    /// Reads a whole `table.jsonl`.
    ///
    /// # Errors
    /// As [`Item::parse`], with the line's number.
    pub fn parse_all(text: &str) -> Result<Vec<Self>> {
        let lines = (1..).zip(text.lines());
        lines
            .map(|(number, line)| Self::parse(line).with_context(|| format!("line {number}")))
            .collect()
    }

    fn size(&self) -> usize {
        KEY_ATTRIBUTE.len() + self.key.len() + ENTRY_ATTRIBUTE.len() + self.entry.len()
    }

    /// The item as the client sends it.
    pub fn attributes(&self) -> HashMap<String, AttributeValue> {
        let entry = AttributeValue::B(Blob::new(self.entry.clone()));
        HashMap::from([
            (
                KEY_ATTRIBUTE.to_owned(),
                AttributeValue::S(self.key.clone()),
            ),
            (ENTRY_ATTRIBUTE.to_owned(), entry),
        ])
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "{\"Item\":{\"pk\":{\"S\":\"0/a\"},\"entry\":{\"B\":\"AAEC/w==\"}}}\n";
        let expected = Item {
            key: "0/a".to_owned(),
            entry: vec![0, 1, 2, 255],
        };
        assert_eq!(Item::parse_all(text).unwrap(), [expected]);
    }

    fn check(line: &str, message: &str) {
        let error = Item::parse_all(line).unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.starts_with("line 1: ") && text.contains(message),
            "{text}"
        );
    }

    #[test]
    fn a_bad_line_is_an_error_that_says_where_and_why() {
        check("junk", "not an item");
        check("{\"Item\":{}}", "needs a string pk");
        check(
            "{\"Item\":{\"pk\":{\"B\":\"AA==\"},\"entry\":{\"B\":\"AA==\"}}}",
            "needs a string pk",
        );
        check(
            "{\"Item\":{\"pk\":{\"S\":\"a\"},\"entry\":{\"B\":\"*\"}}}",
            "not base64",
        );
        let large = STANDARD.encode(vec![0; LARGEST]);
        check(
            &format!("{{\"Item\":{{\"pk\":{{\"S\":\"a\"}},\"entry\":{{\"B\":\"{large}\"}}}}}}"),
            "DynamoDB takes 409600",
        );
    }
}

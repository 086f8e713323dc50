//! One item of `table.jsonl`, in DynamoDB JSON as an import from S3 takes it.
//!
//! In: a line. Out: [`Item`]. Absent: what the entry means.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgewright_engine::artefact::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

/// DynamoDB's limit for an item, names of attributes included.
const LARGEST: usize = 400 * 1024;

/// One item. Its key and entry are of the right types; the rest is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    key: String,
    others: HashMap<String, Attribute>,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub enum Attribute {
    /// A text.
    S(String),
    /// A number, as text.
    N(String),
    /// Bytes.
    #[serde(deserialize_with = "from_base64")]
    B(Vec<u8>),
}

impl Attribute {
    fn size(&self) -> usize {
        match self {
            Self::S(text) | Self::N(text) => text.len(),
            Self::B(bytes) => bytes.len(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::S(text) => json!({ "S": text }),
            Self::N(text) => json!({ "N": text }),
            Self::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        }
    }

    fn value(&self) -> AttributeValue {
        match self {
            Self::S(text) => AttributeValue::S(text.clone()),
            Self::N(text) => AttributeValue::N(text.clone()),
            Self::B(bytes) => AttributeValue::B(Blob::new(bytes.clone())),
        }
    }
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    item: HashMap<String, Attribute>,
}

impl Item {
    /// An item with `others` beside its key.
    pub fn new<const N: usize>(key: String, others: [(&str, Attribute); N]) -> Self {
        let others = others.map(|(name, value)| (name.to_owned(), value));
        Self {
            key,
            others: HashMap::from(others),
        }
    }

    /// An item that holds `bytes` where an entry would be.
    pub fn of_bytes(key: String, bytes: &[u8]) -> Self {
        Self::new(key, [(ENTRY_ATTRIBUTE, Attribute::B(bytes.to_vec()))])
    }

    /// The entry, if there is one.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self.others.get(ENTRY_ATTRIBUTE) {
            Some(Attribute::B(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Reads one line.
    ///
    /// # Errors
    /// It is not such an item, or larger than DynamoDB takes.
    pub fn parse(line: &str) -> Result<Self> {
        let Line { item: mut others } = serde_json::from_str(line).context("not an item")?;
        let key = others.remove(KEY_ATTRIBUTE);
        let (Some(Attribute::S(key)), Some(Attribute::B(_))) = (key, others.get(ENTRY_ATTRIBUTE))
        else {
            bail!("an item needs a string {KEY_ATTRIBUTE} and a binary {ENTRY_ATTRIBUTE}");
        };
        let item = Self { key, others };
        let size = item.size();
        if size > LARGEST {
            bail!(
                "the item {} has {size} bytes, DynamoDB takes {LARGEST}",
                item.key
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

    /// The line that [`Item::parse`] reads.
    pub fn line(&self) -> Value {
        let mut attributes: Map<String, Value> = self
            .others
            .iter()
            .map(|(name, value)| (name.clone(), value.json()))
            .collect();
        // Sorted: a map of the standard library has another order each time.
        attributes.sort_keys();
        attributes.insert(KEY_ATTRIBUTE.to_owned(), json!({ "S": self.key }));
        json!({ "Item": attributes })
    }

    /// The partition key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Names and values of all attributes, in bytes, as DynamoDB counts them.
    pub fn size(&self) -> usize {
        let others = self.others.iter();
        let others: usize = others.map(|(name, value)| name.len() + value.size()).sum();
        KEY_ATTRIBUTE.len() + self.key.len() + others
    }

    /// The item as the client sends it.
    pub fn attributes(&self) -> HashMap<String, AttributeValue> {
        let key = (
            KEY_ATTRIBUTE.to_owned(),
            AttributeValue::S(self.key.clone()),
        );
        let others = self.others.iter();
        let others = others.map(|(name, value)| (name.clone(), value.value()));
        others.chain([key]).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    #[test]
    fn lines_are_read() {
        let line = r#"{"Item":{"pk":{"S":"0/a"},"entry":{"B":"AAEC/w=="},"status":{"N":"301"}}}"#;
        let items = Item::parse_all(&format!("{line}\n{line}\n")).unwrap();
        let expected = HashMap::from([
            ("pk".to_owned(), AttributeValue::S("0/a".to_owned())),
            (
                "entry".to_owned(),
                AttributeValue::B(Blob::new([0, 1, 2, 255])),
            ),
            ("status".to_owned(), AttributeValue::N("301".to_owned())),
        ]);
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].key(), "0/a");
        assert_eq!(items[0].attributes(), expected);
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
            "Invalid symbol",
        );
        let large = STANDARD.encode(vec![0; LARGEST]);
        check(
            &format!("{{\"Item\":{{\"pk\":{{\"S\":\"a\"}},\"entry\":{{\"B\":\"{large}\"}}}}}}"),
            "DynamoDB takes 409600",
        );
    }
}

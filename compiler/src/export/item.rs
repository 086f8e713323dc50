//! One item of a table, in `DynamoDB`'s JSON as an import from S3 takes it.
//!
//! In: a key and attributes, or a line. Out: [`Item`]. Absent: what the entry means; sending items.

use std::borrow::Cow;
use std::fmt;

use base64::display::Base64Display;
use base64::engine::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgewright_engine::artefact::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `DynamoDB`'s limit for an item in bytes, names of attributes included.
pub const LARGEST: usize = 400 * 1024;

/// One item of a table: its key, and its other attributes in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    key: String,
    others: Vec<(Cow<'static, str>, Attribute)>,
}

/// The value of an attribute, as `DynamoDB` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attribute {
    /// A text.
    S(String),
    /// A number, as text.
    N(String),
    /// Bytes, in base64.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    B(Vec<u8>),
}

impl Attribute {
    fn size(&self) -> usize {
        match self {
            Self::S(text) | Self::N(text) => text.len(),
            Self::B(bytes) => bytes.len(),
        }
    }
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = <Cow<'_, str>>::deserialize(deserializer)?;
    STANDARD.decode(&*text).map_err(D::Error::custom)
}

impl Item {
    /// An item with `others` beside its key.
    pub fn new<const N: usize>(key: String, others: [(&'static str, Attribute); N]) -> Self {
        let others = others.map(|(name, value)| (Cow::Borrowed(name), value));
        Self {
            key,
            others: others.into(),
        }
    }

    /// An item that holds `bytes` where an entry would be.
    pub fn of_bytes(key: String, bytes: &[u8]) -> Self {
        Self::new(key, [(ENTRY_ATTRIBUTE, Attribute::B(bytes.to_vec()))])
    }

    /// The same item under another key.
    #[must_use]
    pub fn named(&self, key: String) -> Self {
        Self {
            key,
            others: self.others.clone(),
        }
    }

    /// Adds an attribute at the end.
    pub fn add(&mut self, name: &'static str, value: Attribute) {
        self.others.push((Cow::Borrowed(name), value));
    }

    /// The partition key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The attributes but for the key.
    pub fn others(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.others.iter().map(|(name, value)| (&**name, value))
    }

    /// The entry, if there is one.
    pub fn bytes(&self) -> Option<&[u8]> {
        let mut others = self.others();
        others.find_map(|(name, value)| match value {
            Attribute::B(bytes) if name == ENTRY_ATTRIBUTE => Some(&**bytes),
            Attribute::B(_) | Attribute::S(_) | Attribute::N(_) => None,
        })
    }

    /// Names and values of all attributes, in bytes, as `DynamoDB` counts them.
    pub fn size(&self) -> usize {
        let others = self.others();
        let others: usize = others.map(|(name, value)| name.len() + value.size()).sum();
        KEY_ATTRIBUTE.len() + self.key.len() + others
    }

    /// Reads one line of `table.jsonl`. Its key and its entry are there and of the right types.
    ///
    /// # Errors
    /// The line is no such item, or the item is larger than `DynamoDB` takes.
    pub fn parse(line: &str) -> Result<Self, ItemError> {
        let Line::<Self> { item } = serde_json::from_str(line)?;
        if item.bytes().is_none() {
            return Err(ItemError::NoEntry);
        }
        if item.size() > LARGEST {
            let size = item.size();
            return Err(ItemError::TooLong(item.key, size));
        }
        Ok(item)
    }

    /// Reads a whole `table.jsonl`.
    ///
    /// # Errors
    /// As [`Item::parse`], with the line's number.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, LineError> {
        let lines = (1..).zip(text.lines());
        lines
            .map(|(number, line)| Self::parse(line).map_err(|error| LineError { number, error }))
            .collect()
    }

    /// The item as one line of `table.jsonl`, for [`serde_json`].
    pub fn line(&self) -> impl Serialize + use<'_> {
        Line { item: self }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line<T> {
    item: T,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + self.others.len()))?;
        map.serialize_entry(
            KEY_ATTRIBUTE,
            &Key {
                s: (&*self.key).into(),
            },
        )?;
        for (name, value) in &self.others {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The key's value: a text.
#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Key<'k> {
    s: Cow<'k, str>,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Attributes)
    }
}

struct Attributes;

impl<'de> Visitor<'de> for Attributes {
    type Value = Item;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut key = None;
        let mut others = Vec::with_capacity(5);
        while let Some((name, value)) = map.next_entry::<String, Attribute>()? {
            match value {
                Attribute::S(text) if name == KEY_ATTRIBUTE => key = Some(text),
                value => others.push((Cow::Owned(name), value)),
            }
        }
        let key = key.ok_or_else(|| A::Error::custom(ItemError::NoEntry))?;
        Ok(Item { key, others })
    }
}

/// Why a line is no item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemError {
    /// The line is no item in `DynamoDB`'s JSON: what is wrong.
    NotAnItem(String),
    /// There is no key, or no entry, of the right type.
    NoEntry,
    /// The item is longer than `DynamoDB` takes: its key and length in bytes.
    TooLong(String, usize),
}

impl From<serde_json::Error> for ItemError {
    fn from(error: serde_json::Error) -> Self {
        Self::NotAnItem(error.to_string())
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnItem(what) => write!(out, "not an item: {what}"),
            Self::NoEntry => write!(
                out,
                "an item needs a string {KEY_ATTRIBUTE} and a binary {ENTRY_ATTRIBUTE}"
            ),
            Self::TooLong(key, length) => write!(
                out,
                "the item {key} has {length} bytes, DynamoDB takes {LARGEST}"
            ),
        }
    }
}

impl std::error::Error for ItemError {}

/// Why a `table.jsonl` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// The number of the line, from 1.
    pub number: usize,
    /// What is wrong with the line.
    pub error: ItemError,
}

impl fmt::Display for LineError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.number, self.error)
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let line = r#"{"Item":{"pk":{"S":"0/a"},"entry":{"B":"AAEC/w=="},"status":{"N":"301"}}}"#;
        let items = Item::parse_all(&format!("{line}\n{line}\n")).unwrap();
        let mut expected = Item::of_bytes("0/a".to_owned(), &[0, 1, 2, 255]);
        expected.add("status", Attribute::N("301".to_owned()));
        assert_eq!(items, [expected.clone(), expected]);
        assert_eq!(serde_json::to_string(&items[0].line()).unwrap(), line);
        assert_eq!(items[0].size(), 2 + 3 + 5 + 4 + 6 + 3);
    }

    fn check(line: &str, message: &str) {
        let text = Item::parse_all(line).unwrap_err().to_string();
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
            "{\"Item\":{\"pk\":{\"S\":\"a\"},\"entry\":{\"S\":\"AA==\"}}}",
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

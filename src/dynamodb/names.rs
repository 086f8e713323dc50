//! The names of a table's items: listed, and deleted.
//!
//! In: a table. Out: names, a page at a time; items gone. Absent: which; see `prune`.

use std::collections::HashMap;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use edgewright_engine::artefact::item::KEY_ATTRIBUTE;

use super::plainly;
use super::write::Writer;

/// Lists and deletes items by name.
#[derive(Debug)]
pub struct Deletes<'a> {
    /// Connected with the Region.
    pub client: &'a Client,
    /// The table's name.
    pub table: &'a str,
}

/// A key as the client has it.
pub type Key = HashMap<String, AttributeValue>;

impl Deletes<'_> {
    /// The names of some items, and where the next ones begin.
    ///
    /// # Errors
    /// DynamoDB refuses.
    pub async fn page(&self, from: Option<Key>) -> Result<(Vec<String>, Option<Key>)> {
        let scan = self.client.scan().table_name(self.table);
        let answer = scan
            .projection_expression("#key")
            .expression_attribute_names("#key", KEY_ATTRIBUTE)
            .consistent_read(true)
            .set_exclusive_start_key(from)
            .send()
            .await
            .map_err(plainly)
            .with_context(|| format!("cannot list table {}", self.table))?;
        let names = answer.items.unwrap_or_default().into_iter();
        let names = names.filter_map(|mut item| match item.remove(KEY_ATTRIBUTE)? {
            AttributeValue::S(name) => Some(name),
            _ => None,
        });
        Ok((names.collect(), answer.last_evaluated_key))
    }
}

impl Writer for Deletes<'_> {
    type Item = String;

    async fn write(&self, names: Vec<String>) -> Result<Vec<String>> {
        let key = |name: &String| AttributeValue::S(name.clone());
        let delete = |name| {
            let request = DeleteRequest::builder().key(KEY_ATTRIBUTE, key(name));
            Ok(WriteRequest::builder()
                .delete_request(request.build()?)
                .build())
        };
        let requests = names.iter().map(delete).collect::<Result<Vec<_>>>()?;
        let answer = self
            .client
            .batch_write_item()
            .request_items(self.table, requests)
            .send()
            .await
            .map_err(plainly)
            .with_context(|| format!("cannot delete from table {}", self.table))?;
        let left = answer.unprocessed_items.unwrap_or_default();
        let left = left.into_values().flatten();
        Ok(left
            .filter_map(
                |request| match request.delete_request?.key.remove(KEY_ATTRIBUTE)? {
                    AttributeValue::S(name) => Some(name),
                    _ => None,
                },
            )
            .collect())
    }
}

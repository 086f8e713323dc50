//! Compares what is in the table with what should be.
//!
//! In: items. Out: what the table has of each. Absent: writing them.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use edgewright_compiler::export::item::Item;
use edgewright_engine::artefact::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::item::attributes;
use super::plainly;
use super::write::Backoff;

/// DynamoDB's limit for a batch of reads.
const BATCH: usize = 100;

/// Batches on their way at a time.
const AT_A_TIME: usize = 8;

/// What the table has under an item's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    /// The item.
    Same,
    /// An item that answers otherwise: another status, target or value.
    Changed,
    /// Other bytes, of which no attribute says what they do: another line, another condition.
    Otherwise,
    /// Nothing.
    Missing,
}

/// What tells people what an item answers.
const TOLD: [&str; 3] = ["status", "location", "value"];

/// Attributes by the items' keys, as they are in the table.
type Found = HashMap<String, HashMap<String, AttributeValue>>;

/// What the table has of each item, in their order. `progress` gets the number compared
/// so far.
///
/// # Errors
/// DynamoDB refuses, or gives nothing of a batch for too long.
pub async fn compare(
    client: &Client,
    table: &str,
    items: &[Item],
    mut progress: impl FnMut(usize),
) -> Result<Vec<There>> {
    let mut batches = stream::iter(items.chunks(BATCH))
        .map(|batch| async move {
            let found = read(client, table, batch).await?;
            let there = batch.iter().map(|item| there(item, &found));
            Ok::<_, anyhow::Error>(there.collect::<Vec<_>>())
        })
        .buffered(AT_A_TIME);
    let mut all = Vec::with_capacity(items.len());
    while let Some(batch) = batches.try_next().await? {
        all.extend(batch);
        progress(all.len());
    }
    Ok(all)
}

fn there(item: &Item, found: &Found) -> There {
    let Some(found) = found.get(item.key()) else {
        return There::Missing;
    };
    let own = attributes(item);
    let is_same = |name: &&str| own.get(*name) == found.get(*name);
    if is_same(&ENTRY_ATTRIBUTE) {
        There::Same
    } else if TOLD.iter().all(is_same) {
        There::Otherwise
    } else {
        There::Changed
    }
}

async fn read(client: &Client, table: &str, batch: &[Item]) -> Result<Found> {
    let mut keys: Vec<_> = batch.iter().map(key).collect();
    let mut found = Found::with_capacity(batch.len());
    let backoff = Backoff::default();
    let mut attempt = 0;
    loop {
        let before = keys.len();
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .projection_expression("#key, #entry, #status, #location, #value")
            .expression_attribute_names("#key", KEY_ATTRIBUTE)
            .expression_attribute_names("#entry", ENTRY_ATTRIBUTE)
            .expression_attribute_names("#status", TOLD[0])
            .expression_attribute_names("#location", TOLD[1])
            .expression_attribute_names("#value", TOLD[2])
            .consistent_read(true)
            .build()?;
        let answer = client
            .batch_get_item()
            .request_items(table, wanted)
            .send()
            .await
            .map_err(plainly)
            .with_context(|| format!("cannot read table {table}"))?;
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        found.extend(items.filter_map(keyed));
        let left = answer.unprocessed_keys.unwrap_or_default();
        keys = left.into_values().flat_map(|left| left.keys).collect();
        if keys.is_empty() {
            return Ok(found);
        }
        // A batch of long items comes in parts: that is progress, and no reason to wait.
        if keys.len() == before {
            attempt += 1;
            if attempt >= backoff.attempts {
                bail!("table {table} gives no more: raise its read capacity and try again");
            }
            tokio::time::sleep(backoff.wait(attempt)).await;
        }
    }
}

fn key(item: &Item) -> HashMap<String, AttributeValue> {
    let value = AttributeValue::S(item.key().to_owned());
    HashMap::from([(KEY_ATTRIBUTE.to_owned(), value)])
}

fn keyed(
    mut item: HashMap<String, AttributeValue>,
) -> Option<(String, HashMap<String, AttributeValue>)> {
    match item.remove(KEY_ATTRIBUTE)? {
        AttributeValue::S(key) => Some((key, item)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use edgewright_compiler::export::item::Attribute;

    use super::*;

    #[test]
    fn what_the_table_has_is_told() {
        let item = |key: &str, entry: &str, status: u16| {
            let mut item = Item::of_bytes(key.to_owned(), entry.as_bytes());
            item.add("status", Attribute::N(status.to_string()));
            item
        };
        let found = [
            item("same", "a", 301),
            item("changed", "b", 302),
            item("otherwise", "b", 301),
            item("unasked", "a", 301),
        ];
        let found = found.iter().filter_map(|item| keyed(attributes(item)));
        let found: Found = found.collect();
        let check = |key: &str, expected: There| {
            assert_eq!(there(&item(key, "a", 301), &found), expected, "{key}");
        };
        check("same", There::Same);
        check("changed", There::Changed);
        check("otherwise", There::Otherwise);
        check("missing", There::Missing);
    }
}

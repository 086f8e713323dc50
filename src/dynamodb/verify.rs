//! Compares what is in the table with what should be.
//!
//! In: items. Out: those that are missing in the table or differ. Absent: writing them.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use edgewright_compiler::export::item::Item;
use edgewright_engine::artefact::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::plainly;
use super::write::Backoff;

/// DynamoDB's limit for a batch of reads.
const BATCH: usize = 100;

/// Batches on their way at a time.
const AT_A_TIME: usize = 8;

/// Keys and entries, as they are in the table.
type Found = HashMap<String, Vec<u8>>;

/// Those of `items` that are not in the table as they are here. `progress` gets the number compared
/// so far.
///
/// # Errors
/// DynamoDB refuses, or gives nothing of a batch for too long.
pub async fn differing(
    client: &Client,
    table: &str,
    items: &[Item],
    mut progress: impl FnMut(usize),
) -> Result<Vec<Item>> {
    let mut batches = stream::iter(items.chunks(BATCH))
        .map(|batch| async move {
            let found = read(client, table, batch).await?;
            Ok::<_, anyhow::Error>((batch.len(), compare(batch, &found)))
        })
        .buffered(AT_A_TIME);
    let (mut differing, mut done) = (Vec::new(), 0);
    while let Some((count, different)) = batches.try_next().await? {
        differing.extend(different);
        done += count;
        progress(done);
    }
    Ok(differing)
}

fn compare(batch: &[Item], found: &Found) -> Vec<Item> {
    let same = |item: &&Item| found.get(item.key()).map(Vec::as_slice) == item.bytes();
    batch.iter().filter(|item| !same(item)).cloned().collect()
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
            .projection_expression("#key, #entry")
            .expression_attribute_names("#key", KEY_ATTRIBUTE)
            .expression_attribute_names("#entry", ENTRY_ATTRIBUTE)
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
        found.extend(items.filter_map(key_and_entry));
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

fn key_and_entry(mut item: HashMap<String, AttributeValue>) -> Option<(String, Vec<u8>)> {
    match (item.remove(KEY_ATTRIBUTE)?, item.remove(ENTRY_ATTRIBUTE)?) {
        (AttributeValue::S(key), AttributeValue::B(entry)) => Some((key, entry.into_inner())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_other_differs() {
        let item = |key: &str| Item::of_bytes(key.to_owned(), key.as_bytes());
        let batch = ["same", "other", "missing"].map(item);
        let found = HashMap::from([
            ("same".to_owned(), b"same".to_vec()),
            ("other".to_owned(), b"changed".to_vec()),
            ("unasked".to_owned(), Vec::new()),
        ]);
        let differing = compare(&batch, &found);
        let keys: Vec<&str> = differing.iter().map(Item::key).collect();
        assert_eq!(keys, ["other", "missing"]);
    }
}

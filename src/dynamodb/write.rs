//! Writes items in batches, several at a time, until the table has taken all.
//!
//! In: items. Out: all of them written. Absent: retries of a failed call, which the client does
//! itself; what it does not do is send again what DynamoDB left over of a batch.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use edgewright_compiler::export::item::Item;
use edgewright_engine::artefact::item::KEY_ATTRIBUTE;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::item::attributes;
use super::plainly;

/// DynamoDB's limit for a batch.
const BATCH: usize = 25;

/// Batches on their way at a time. More gains little against one table's first partitions.
const AT_A_TIME: usize = 8;

/// Takes a batch, and gives back what it did not write.
pub trait Writer {
    /// What it writes, or deletes.
    type Item: Clone + Named;

    /// Writes `items`, at most [`BATCH`] of different keys.
    ///
    /// # Errors
    /// Nothing can be written.
    async fn write(&self, items: Vec<Self::Item>) -> Result<Vec<Self::Item>>;
}

/// What has a key in the table.
pub trait Named {
    /// The partition key.
    fn name(&self) -> &str;
}

impl Named for Item {
    fn name(&self) -> &str {
        self.key()
    }
}

impl Named for String {
    fn name(&self) -> &str {
        self
    }
}

/// How long to wait before what was left over is sent again.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The first wait; each further one is up to twice as long.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How often a batch is sent before giving up.
    pub attempts: u32,
}

impl Default for Backoff {
    /// Gives up after about two minutes without progress.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(50),
            longest: Duration::from_secs(20),
            attempts: 16,
        }
    }
}

impl Backoff {
    /// Somewhere between half and the whole of the wait, so that batches do not return together.
    pub fn wait(self, attempt: u32) -> Duration {
        let whole = self.first.saturating_mul(2_u32.saturating_pow(attempt));
        whole.min(self.longest).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// Writes all items and returns their number.
///
/// # Errors
/// A batch failed, or the table took nothing of one for too long.
pub async fn all<W: Writer>(
    writer: &W,
    items: &[W::Item],
    backoff: Backoff,
    mut progress: impl FnMut(usize),
) -> Result<usize> {
    let batches = items.chunks(BATCH);
    let mut finished = stream::iter(batches)
        .map(|batch| whole_batch(writer, batch, backoff))
        .buffer_unordered(AT_A_TIME);
    let mut written = 0;
    while let Some(count) = finished.try_next().await? {
        written += count;
        progress(written);
    }
    Ok(written)
}

async fn whole_batch<W: Writer>(writer: &W, batch: &[W::Item], backoff: Backoff) -> Result<usize> {
    let mut left = batch.to_vec();
    let mut attempt = 0;
    loop {
        let before = left.len();
        left = writer.write(left).await?;
        if left.is_empty() {
            return Ok(batch.len());
        }
        // Some were written: the table is slow, not stuck.
        attempt = if left.len() < before { 0 } else { attempt + 1 };
        if attempt >= backoff.attempts {
            bail!(
                "the table takes no more: {} items of a batch, the first of them {}, were left over {attempt} times; \
                 raise its write capacity and load again",
                left.len(),
                left.first().map_or("", Named::name)
            );
        }
        tokio::time::sleep(backoff.wait(attempt)).await;
    }
}

/// The real table.
#[derive(Debug)]
pub struct Batches {
    /// The client.
    pub client: Client,
    /// The table's name.
    pub table: String,
}

impl Writer for Batches {
    type Item = Item;

    async fn write(&self, items: Vec<Item>) -> Result<Vec<Item>> {
        let requests = items.iter().map(put).collect::<Result<Vec<_>>>()?;
        let answer = self
            .client
            .batch_write_item()
            .request_items(&self.table, requests)
            .send()
            .await
            .map_err(plainly)
            .with_context(|| format!("cannot write to table {}", self.table))?;
        let left = answer.unprocessed_items.unwrap_or_default();
        Ok(among(items, &left))
    }
}

fn put(item: &Item) -> Result<WriteRequest> {
    let request = PutRequest::builder()
        .set_item(Some(attributes(item)))
        .build()?;
    Ok(WriteRequest::builder().put_request(request).build())
}

/// Those of `items` that are named in what DynamoDB left over.
fn among(items: Vec<Item>, left: &HashMap<String, Vec<WriteRequest>>) -> Vec<Item> {
    if left.is_empty() {
        return Vec::new();
    }
    let puts = left
        .values()
        .flatten()
        .filter_map(WriteRequest::put_request);
    let keys: Vec<&AttributeValue> = puts.filter_map(|put| put.item.get(KEY_ATTRIBUTE)).collect();
    let is_left = |item: &Item| {
        keys.iter()
            .any(|key| key.as_s().is_ok_and(|key| key == item.key()))
    };
    items.into_iter().filter(is_left).collect()
}

#[cfg(test)]
mod tests;

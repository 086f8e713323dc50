//! Removes old generations from a table.
//!
//! In: a table, how many generations to keep. Out: the others removed. Absent: deciding when; the
//! functions that still answer from an old generation are why some are kept.
//!
//! A generation's record goes first: from then on nobody can roll back to it. Then its items go,
//! found by a scan, and last its place in the list, so that this may break off and be run again. What a deploy left that broke off is in no list, and goes
//! only when asked for: it may be a deploy at work.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use edgewright_engine::artefact::item::{self, KEY_ATTRIBUTE};

use super::pointer::Book;
use super::write::{self, Backoff, Writer};
use super::{Target, client, plainly, status};

/// Which generations stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// So many of the newest. The live one and the one before stay in any case.
    pub newest: usize,
    /// What becomes of items that no whole generation has.
    pub unfinished: Unfinished,
}

/// Items of generations that were never whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// The items stay: a deploy may be at work.
    Stays,
    /// The items are removed.
    Goes,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Generations that were removed, in order.
    pub generations: BTreeSet<u64>,
    /// How many items.
    pub items: usize,
}

/// Removes what `keep` does not keep from the table of `target`. `progress` gets the number of items
/// removed so far.
///
/// # Errors
/// Nothing was ever deployed, or DynamoDB refuses. Then it may be run again.
pub async fn prune(target: &Target, keep: Keep, mut progress: impl FnMut(usize)) -> Result<Pruned> {
    let (pointer, known) = status(target).await?;
    let Some(pointer) = pointer else {
        bail!("nothing was ever deployed into table {}", target.table);
    };
    let newest = known.iter().rev().take(keep.newest).map(|one| one.id);
    let kept: BTreeSet<u64> = newest
        .chain([pointer.live])
        .chain(pointer.previous)
        .collect();
    let client = client(target)?;
    let book = Book {
        client: &client,
        table: &target.table,
    };
    let listed = book.generations().await?;
    let old: BTreeSet<u64> = listed.into_iter().filter(|id| !kept.contains(id)).collect();
    for generation in &old {
        book.remove_record(*generation).await?;
    }
    let goes = |generation: u64| match keep.unfinished {
        Unfinished::Stays => old.contains(&generation),
        Unfinished::Goes => !kept.contains(&generation),
    };
    let deletes = Deletes {
        client: &client,
        table: &target.table,
    };
    let mut pruned = Pruned {
        generations: old.clone(),
        items: 0,
    };
    let mut from = None;
    loop {
        let (keys, next) = deletes.page(from).await?;
        let of = |key: &String| item::generation_named(key.split('/').next()?);
        let gone: Vec<String> = keys
            .into_iter()
            .filter(|key| of(key).is_some_and(goes))
            .collect();
        pruned.generations.extend(gone.iter().filter_map(of));
        pruned.items += write::all(&deletes, &gone, Backoff::default(), |_| ()).await?;
        progress(pruned.items);
        from = next;
        if from.is_none() {
            break;
        }
    }
    for generation in &old {
        book.unlist(*generation).await?;
    }
    Ok(pruned)
}

/// Deletes items by name.
#[derive(Debug)]
struct Deletes<'a> {
    client: &'a Client,
    table: &'a str,
}

type Key = HashMap<String, AttributeValue>;

impl Deletes<'_> {
    /// The names of some items, and where the next ones begin.
    async fn page(&self, from: Option<Key>) -> Result<(Vec<String>, Option<Key>)> {
        let scan = self.client.scan().table_name(self.table);
        let answer = scan
            .projection_expression("#key")
            .expression_attribute_names("#key", KEY_ATTRIBUTE)
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

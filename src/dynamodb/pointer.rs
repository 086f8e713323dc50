//! Which generation is live, and which there are.
//!
//! In: a table. Out: the pointer, the list, the records. Absent: the generations' items.

use std::collections::HashMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use edgewright_engine::artefact::item::{
    self, ENTRIES_ATTRIBUTE, GENERATION_ATTRIBUTE, GENERATIONS_ATTRIBUTE, KEY_ATTRIBUTE, LIST,
    POINTER, PREVIOUS_ATTRIBUTE, SINCE_ATTRIBUTE,
};

use super::plainly;

type Attributes = HashMap<String, AttributeValue>;

/// What the pointer item says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// The generation that is live.
    pub live: u64,
    /// The one before.
    pub previous: Option<u64>,
    /// When it was moved, in seconds since 1970.
    pub since: u64,
}

/// What a generation's record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// How many entries it has.
    pub entries: u64,
    /// When it was whole, in seconds since 1970.
    pub since: u64,
}

/// Somebody else moved the pointer first; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken {
    /// The generation that is live now.
    pub live: Option<u64>,
}

impl fmt::Display for Overtaken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self
            .live
            .map_or("none".to_owned(), |live| format!("{live:016x}"));
        write!(
            formatter,
            "somebody else made generation {live} live in the meantime; yours is not. \
             Look at `edgewright status`, then run this again if yours should be live"
        )
    }
}

impl std::error::Error for Overtaken {}

/// A table's bookkeeping.
#[derive(Debug, Clone, Copy)]
pub struct Book<'a> {
    /// The client.
    pub client: &'a Client,
    /// The table's name.
    pub table: &'a str,
}

impl Book<'_> {
    /// The pointer; `None` when nothing was ever deployed.
    ///
    /// # Errors
    /// DynamoDB refuses, or the item is not ours.
    pub async fn pointer(self) -> Result<Option<Pointer>> {
        let Some(item) = self.item(POINTER).await? else {
            return Ok(None);
        };
        let live = generation(&item, GENERATION_ATTRIBUTE)
            .ok_or_else(|| anyhow!("the item {POINTER} names no generation"))?;
        Ok(Some(Pointer {
            live,
            previous: generation(&item, PREVIOUS_ATTRIBUTE),
            since: number(&item, SINCE_ATTRIBUTE),
        }))
    }

    /// The record of `generation`; `None` when it is not whole.
    ///
    /// # Errors
    /// DynamoDB refuses.
    pub async fn record(self, generation: u64) -> Result<Option<Record>> {
        let item = self.item(&item::record_name(generation)).await?;
        Ok(item.map(|item| Record {
            entries: number(&item, ENTRIES_ATTRIBUTE),
            since: number(&item, SINCE_ATTRIBUTE),
        }))
    }

    /// All generations that were ever whole.
    ///
    /// # Errors
    /// DynamoDB refuses.
    pub async fn generations(self) -> Result<Vec<u64>> {
        let item = self.item(LIST).await?.unwrap_or_default();
        let names = item.get(GENERATIONS_ATTRIBUTE);
        let names = names.and_then(|value| value.as_ss().ok());
        let names = names.map(Vec::as_slice).unwrap_or_default();
        let mut all: Vec<u64> = names
            .iter()
            .filter_map(|name| item::generation_named(name))
            .collect();
        all.sort_unstable();
        Ok(all)
    }

    /// Adds `generation` to the list.
    ///
    /// # Errors
    /// DynamoDB refuses.
    pub async fn list(self, generation: u64) -> Result<()> {
        let name = AttributeValue::Ss(vec![format!("{generation:016x}")]);
        self.client
            .update_item()
            .table_name(self.table)
            .key(KEY_ATTRIBUTE, AttributeValue::S(LIST.to_owned()))
            .update_expression("ADD #generations :one")
            .expression_attribute_names("#generations", GENERATIONS_ATTRIBUTE)
            .expression_attribute_values(":one", name)
            .send()
            .await
            .map_err(plainly)
            .context("cannot list the generation")?;
        Ok(())
    }

    /// Removes the record of `generation`: it is no longer whole.
    ///
    /// # Errors
    /// DynamoDB refuses.
    pub async fn remove_record(self, generation: u64) -> Result<()> {
        let name = AttributeValue::S(item::record_name(generation));
        let delete = self.client.delete_item().table_name(self.table);
        let delete = delete.key(KEY_ATTRIBUTE, name);
        let answer = delete.send().await.map_err(plainly);
        answer.context("cannot remove the record")?;
        Ok(())
    }

    /// Takes `generation` off the list.
    ///
    /// # Errors
    /// DynamoDB refuses.
    pub async fn unlist(self, generation: u64) -> Result<()> {
        let name = AttributeValue::Ss(vec![format!("{generation:016x}")]);
        self.client
            .update_item()
            .table_name(self.table)
            .key(KEY_ATTRIBUTE, AttributeValue::S(LIST.to_owned()))
            .update_expression("DELETE #generations :one")
            .expression_attribute_names("#generations", GENERATIONS_ATTRIBUTE)
            .expression_attribute_values(":one", name)
            .send()
            .await
            .map_err(plainly)
            .context("cannot take the generation off the list")?;
        Ok(())
    }

    /// Makes `generation` live, if the pointer still is as `seen`.
    ///
    /// # Errors
    /// [`Overtaken`]; or DynamoDB refuses.
    pub async fn make_live(self, generation: u64, seen: Option<Pointer>) -> Result<()> {
        let text = |generation: u64| AttributeValue::S(format!("{generation:016x}"));
        let put = self
            .client
            .put_item()
            .table_name(self.table)
            .item(KEY_ATTRIBUTE, AttributeValue::S(POINTER.to_owned()))
            .item(GENERATION_ATTRIBUTE, text(generation))
            .item(SINCE_ATTRIBUTE, AttributeValue::N(now().to_string()));
        let put = match seen {
            None => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", KEY_ATTRIBUTE),
            Some(seen) => put
                .item(PREVIOUS_ATTRIBUTE, text(seen.live))
                .condition_expression("#generation = :seen")
                .expression_attribute_names("#generation", GENERATION_ATTRIBUTE)
                .expression_attribute_values(":seen", text(seen.live)),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(refusal))
                if refusal.err().is_conditional_check_failed_exception() =>
            {
                let live = self.pointer().await?;
                let live = live.map(|pointer| pointer.live);
                Err(Overtaken { live }.into())
            }
            Err(error) => Err(plainly(error)).context("cannot move the pointer"),
        }
    }

    async fn item(self, name: &str) -> Result<Option<Attributes>> {
        let answer = self
            .client
            .get_item()
            .table_name(self.table)
            .key(KEY_ATTRIBUTE, AttributeValue::S(name.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(plainly)
            .with_context(|| format!("cannot read table {}", self.table))?;
        Ok(answer.item)
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

fn generation(item: &Attributes, name: &str) -> Option<u64> {
    item::generation_named(item.get(name)?.as_s().ok()?)
}

fn number(item: &Attributes, name: &str) -> u64 {
    let text = item.get(name).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

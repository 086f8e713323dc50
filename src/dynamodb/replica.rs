//! A table in one of its Regions.
//!
//! In: a client and the table's name. Out: [`Replica`]: the ledger, items, names. Absent: when what is written; see `deploy`
//! and `prune`. All reads are strongly consistent: they see all that this Region has by now.

use anyhow::{Context, Result, anyhow, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use edgewright_compiler::export::item::Item;
use edgewright_engine::artefact::item::{
    KEY_ATTRIBUTE, LEDGER, LEDGER_ATTRIBUTE, REVISION_ATTRIBUTE,
};
use edgewright_engine::lambda::ledger::Ledger;

use super::names::{Deletes, Key};
use super::verify::There;
use super::write::{self, Backoff, Batches};
use super::{Target, client, plainly, verify};

/// A table in one Region.
pub trait Replica {
    /// Where a listing goes on.
    type Cursor;

    /// The Region's name.
    fn region(&self) -> &str;

    /// The ledger; `None` where nothing was ever deployed.
    ///
    /// # Errors
    /// The table cannot be read, or its ledger is another version's.
    async fn ledger(&self) -> Result<Option<Ledger>>;

    /// Writes the ledger if the table's still is at revision `seen`, 0 for none. True when it was.
    ///
    /// # Errors
    /// The table cannot be written.
    async fn put_ledger(&self, ledger: &Ledger, seen: u64) -> Result<bool>;

    /// What the table has of each of `items`. `progress` gets the number compared so far.
    ///
    /// # Errors
    /// The table cannot be read.
    async fn compare(&self, items: &[Item], progress: impl FnMut(usize)) -> Result<Vec<There>>;

    /// Those of `items` that the table has not, or has otherwise.
    ///
    /// # Errors
    /// The table cannot be read.
    async fn differing(&self, items: &[Item], progress: impl FnMut(usize)) -> Result<Vec<Item>> {
        let there = self.compare(items, progress).await?;
        let differing = items.iter().zip(there);
        let differing = differing.filter(|(_, there)| *there != There::Same);
        Ok(differing.map(|(item, _)| item.clone()).collect())
    }

    /// Writes items, and gives their number; `progress` gets the number so far.
    ///
    /// # Errors
    /// The table cannot be written.
    async fn write(&self, items: &[Item], progress: impl FnMut(usize)) -> Result<usize>;

    /// The names of some items, and where the next ones begin.
    ///
    /// # Errors
    /// The table cannot be read.
    async fn names(
        &self,
        from: Option<Self::Cursor>,
    ) -> Result<(Vec<String>, Option<Self::Cursor>)>;

    /// Deletes items by their names, and gives their number.
    ///
    /// # Errors
    /// The table cannot be written.
    async fn delete(&self, names: &[String]) -> Result<usize>;
}

/// The real one.
#[derive(Debug, Clone)]
pub struct DynamoDbReplica {
    /// Connected with the Region.
    pub client: Client,
    /// The table's name.
    pub table: String,
    region: String,
}

impl DynamoDbReplica {
    /// The table that `target` names.
    ///
    /// # Errors
    /// There are no credentials.
    pub fn of(target: &Target) -> Result<Self> {
        Ok(Self {
            client: client(target)?,
            table: target.table.clone(),
            region: target.region.clone(),
        })
    }
}

impl Replica for DynamoDbReplica {
    type Cursor = Key;

    fn region(&self) -> &str {
        &self.region
    }

    async fn ledger(&self) -> Result<Option<Ledger>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(KEY_ATTRIBUTE, AttributeValue::S(LEDGER.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(plainly)
            .with_context(|| format!("cannot read table {}", self.table))?;
        let Some(item) = answer.item else {
            return Ok(None);
        };
        let text = item
            .get(LEDGER_ATTRIBUTE)
            .and_then(|value| value.as_s().ok());
        let text = text.ok_or_else(|| anyhow!("the item {LEDGER} has no {LEDGER_ATTRIBUTE}"))?;
        let ledger = Ledger::parse(text);
        let ledger = ledger.with_context(|| {
            format!("the item {LEDGER}: was it written by another version of edgewright?")
        });
        ledger.map(Some)
    }

    async fn put_ledger(&self, ledger: &Ledger, seen: u64) -> Result<bool> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(KEY_ATTRIBUTE, AttributeValue::S(LEDGER.to_owned()))
            .item(REVISION_ATTRIBUTE, number(ledger.revision))
            .item(
                LEDGER_ATTRIBUTE,
                AttributeValue::S(serde_json::to_string(ledger)?),
            );
        let put = match seen {
            0 => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", KEY_ATTRIBUTE),
            seen => put
                .condition_expression("#revision = :seen")
                .expression_attribute_names("#revision", REVISION_ATTRIBUTE)
                .expression_attribute_values(":seen", number(seen)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refusal))
                if refusal.err().is_conditional_check_failed_exception() =>
            {
                Ok(false)
            }
            Err(error) => Err(plainly(error)).context("cannot write the ledger"),
        }
    }

    async fn compare(&self, items: &[Item], progress: impl FnMut(usize)) -> Result<Vec<There>> {
        verify::compare(&self.client, &self.table, items, progress).await
    }

    async fn write(&self, items: &[Item], progress: impl FnMut(usize)) -> Result<usize> {
        let batches = Batches {
            client: self.client.clone(),
            table: self.table.clone(),
        };
        write::all(&batches, items, Backoff::default(), progress).await
    }

    async fn names(&self, from: Option<Key>) -> Result<(Vec<String>, Option<Key>)> {
        self.deletes().page(from).await
    }

    async fn delete(&self, names: &[String]) -> Result<usize> {
        write::all(&self.deletes(), names, Backoff::default(), |_| ()).await
    }
}

impl DynamoDbReplica {
    fn deletes(&self) -> Deletes<'_> {
        Deletes {
            client: &self.client,
            table: &self.table,
        }
    }

    /// The Regions that the table is copied to, its own apart, as `described` says; those of `named` have to be among them.
    ///
    /// # Errors
    /// A named Region has no copy of the table.
    pub fn others(&self, described: Vec<String>, named: &[String]) -> Result<Vec<String>> {
        let is_known = |region: &&String| described.contains(region) || **region == self.region;
        if let Some(other) = named.iter().find(|region| !is_known(region)) {
            let known: Vec<&str> = described.iter().map(String::as_str).collect();
            let known = match &known[..] {
                [] => "it is in no other Region".to_owned(),
                known => format!("it is in {}", known.join(", ")),
            };
            bail!(
                "table {} of {} has no copy in {other}: {known}",
                self.table,
                self.region
            );
        }
        let mut others = described;
        others.retain(|region| *region != self.region);
        Ok(others)
    }
}

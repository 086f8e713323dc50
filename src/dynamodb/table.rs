//! The table itself: is it there, does it fit, make it.
//!
//! In: a client and a name. Out: an active table, and where it is copied to. Absent: making replicas, and everything else
//! that the CloudFormation template sets.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ReplicaStatus,
    ScalarAttributeType, TableDescription, TableStatus,
};
use edgewright_engine::artefact::item::KEY_ATTRIBUTE;

use super::plainly;

/// A new table is active after seconds; one that is being changed may take longer.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// What is done where there is no such table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// A table is made.
    Create,
    /// That is an error: its name may be a slip.
    Refuse,
}

/// Makes sure that the table exists, has the key we write, and takes writes. Gives the Regions that it is copied to.
///
/// # Errors
/// There is none, it has another key, never becomes active, or DynamoDB refuses.
pub async fn ensure(client: &Client, name: &str, absent: Absent) -> Result<Vec<String>> {
    match (describe(client, name).await?, absent) {
        (Some(description), _) => check_key(name, &description)?,
        (None, Absent::Create) => create(client, name).await?,
        (None, Absent::Refuse) => {
            bail!("there is no table {name} in this Region: `deploy --create-table` makes one")
        }
    }
    let description = wait_until_active(client, name).await?;
    let replicas = description.replicas.unwrap_or_default().into_iter();
    let read = replicas.filter(|replica| is_read(replica.replica_status.as_ref()));
    Ok(read.filter_map(|replica| replica.region_name).collect())
}

/// Do functions read this copy? One that is being made gets all that is there by itself; one that goes is nobody's.
fn is_read(status: Option<&ReplicaStatus>) -> bool {
    use ReplicaStatus::{Creating, CreationFailed, Deleting};
    !matches!(status, Some(Creating | CreationFailed | Deleting))
}

/// Somebody else made the table since we looked.
fn is_made_already(error: &SdkError<CreateTableError>) -> bool {
    matches!(error, SdkError::ServiceError(answer) if answer.err().is_resource_in_use_exception())
}

async fn describe(client: &Client, name: &str) -> Result<Option<TableDescription>> {
    // The first call of all: a slip in the endpoint should not take half a minute to show.
    let impatient = Config::builder().retry_config(RetryConfig::standard().with_max_attempts(3));
    let request = client.describe_table().table_name(name);
    match request.customize().config_override(impatient).send().await {
        Ok(answer) => Ok(answer.table),
        Err(SdkError::ServiceError(answer)) if answer.err().is_resource_not_found_exception() => {
            Ok(None)
        }
        Err(error) => Err(plainly(error)).with_context(|| format!("cannot look at table {name}")),
    }
}

fn check_key(name: &str, description: &TableDescription) -> Result<()> {
    let is_ours = matches!(
        description.key_schema(),
        [key] if key.attribute_name == KEY_ATTRIBUTE && key.key_type == KeyType::Hash
    );
    let is_string = description.attribute_definitions().iter().any(|attribute| {
        attribute.attribute_name == KEY_ATTRIBUTE
            && attribute.attribute_type == ScalarAttributeType::S
    });
    if !is_ours || !is_string {
        bail!(
            "table {name} was made for something else: its key is not the string {KEY_ATTRIBUTE}; choose another name"
        );
    }
    Ok(())
}

async fn create(client: &Client, name: &str) -> Result<()> {
    let attribute = AttributeDefinition::builder()
        .attribute_name(KEY_ATTRIBUTE)
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let key = KeySchemaElement::builder()
        .attribute_name(KEY_ATTRIBUTE)
        .key_type(KeyType::Hash)
        .build()?;
    let request = client.create_table().table_name(name);
    let made = request
        .attribute_definitions(attribute)
        .key_schema(key)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await;
    match made {
        Err(error) if !is_made_already(&error) => {
            Err(plainly(error)).with_context(|| format!("cannot create table {name}"))
        }
        _ => Ok(()),
    }
}

async fn wait_until_active(client: &Client, name: &str) -> Result<TableDescription> {
    let start = Instant::now();
    loop {
        let description = describe(client, name).await?.unwrap_or_else(unknown);
        match description.table_status.clone() {
            // A table that is being changed (indexes, replicas) takes writes all the same.
            Some(TableStatus::Active | TableStatus::Updating) => return Ok(description),
            Some(TableStatus::Creating) | None if start.elapsed() < LONGEST_WAIT => {}
            status => bail!(
                "table {name} does not take writes; its status is {}",
                status.map_or_else(|| "unknown".to_owned(), |status| status.to_string())
            ),
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// A table that was made a moment ago may not be told of yet.
fn unknown() -> TableDescription {
    TableDescription::builder().build()
}

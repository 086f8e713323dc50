//! Generations in a DynamoDB table: written, made live, removed.
//!
//! In: a table's name, a build. Out: its items in the table, and a ledger of what there is. Absent: reading requests.
//!
//! Credentials come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_SESSION_TOKEN`); profiles and single sign-on would double what is to be built. Whoever uses
//! those runs `eval "$(aws configure export-credentials --format env)"` first.

mod changes;
mod deploy;
mod generation;
pub mod import;
#[cfg(test)]
mod interleaved;
mod item;
mod ledger;
mod names;
mod price;
mod prune;
mod replica;
mod table;
mod tables;
mod verify;
mod write;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Error, Result, anyhow};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use edgewright_engine::lambda::dynamodb::Environment;

pub use changes::{Changes, Listed, changes};
pub use deploy::{Deployed, Stage, deploy, roll_back};
pub use generation::Generation;
pub use ledger::{DAY, Keep, Refusal, Unfinished, chosen};
pub use price::Estimate;
pub use prune::prune;
use replica::DynamoDbReplica;
pub use replica::Replica;
pub use table::Absent;
pub use tables::Tables;

/// Where items are written.
#[derive(Debug, Clone)]
pub struct Target {
    /// The table's name.
    pub table: String,
    /// Its Region.
    pub region: String,
    /// Where DynamoDB answers, for an emulator. Credentials may then be missing.
    pub endpoint_url: Option<String>,
}

/// Opens the table of `home` in all of its Regions. `named` are Regions that have to be among them.
///
/// # Errors
/// There are no credentials; there is no such table, or it was made for something else; a named Region has no copy of it;
/// DynamoDB cannot be reached.
pub async fn open(
    home: &Target,
    named: &[String],
    absent: Absent,
) -> Result<Tables<DynamoDbReplica>> {
    let replica = DynamoDbReplica::of(home)?;
    let described = table::ensure(&replica.client, &home.table, absent).await?;
    let others = replica.others(described, named)?;
    let other = |region| {
        DynamoDbReplica::of(&Target {
            region,
            ..home.clone()
        })
    };
    Ok(Tables {
        home: replica,
        others: others.into_iter().map(other).collect::<Result<_>>()?,
    })
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// What DynamoDB said; or else why it could not be asked, cause by cause.
fn plainly<E>(error: SdkError<E>) -> Error
where
    SdkError<E>: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => anyhow!("{code}: {message}"),
        _ => error.into(),
    }
}

fn client(target: &Target) -> Result<Client> {
    let variable = |name: &str| match name {
        "AWS_REGION" => Some(target.region.clone()),
        _ => std::env::var(name).ok(),
    };
    let environment = match (Environment::read(variable), &target.endpoint_url) {
        (Ok(environment), _) => environment,
        (Err(_), Some(_)) => Environment {
            region: target.region.clone(),
            credentials: Credentials::new("emulator", "emulator", None, None, "none"),
        },
        (Err(unset), None) => {
            return Err(unset).context(
                "no AWS credentials: set them, for example with \
                 eval \"$(aws configure export-credentials --format env)\"",
            );
        }
    };
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(30))
        .build();
    let settings = environment
        .client_settings(target.endpoint_url.as_deref())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(8))
        .build();
    Ok(Client::from_conf(settings))
}

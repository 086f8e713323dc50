//! Loads a build's entries into a DynamoDB table, alone or as a whole generation.
//!
//! In: a table's name and the items. Out: the items in the table, which is created when absent.
//! Absent: reading `table.jsonl`; the compiler does.
//!
//! Credentials come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_SESSION_TOKEN`); profiles and single sign-on would double what is to be built. Whoever uses
//! those runs `eval "$(aws configure export-credentials --format env)"` first.

mod deploy;
mod generation;
pub mod import;
mod item;
mod pointer;
mod price;
mod prune;
mod table;
mod verify;
mod write;

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use edgewright_compiler::export::item::Item;
use edgewright_engine::lambda::dynamodb::Environment;

pub use deploy::{Known, Stage, deploy, roll_back, status};
pub use generation::Generation;
pub use pointer::{Overtaken, Pointer, now};
pub use price::Estimate;
pub use prune::{Keep, Unfinished, prune};
use write::{Backoff, Batches};

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

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Items written.
    pub items: usize,
    /// True when there was no such table before.
    pub created: bool,
}

/// Writes every item, and calls `progress` with the number written so far.
///
/// Items are overwritten, so a load that broke off may simply be repeated.
///
/// # Errors
/// No credentials; DynamoDB cannot be reached or refuses; a table of that name has another key; an
/// item is larger than a table takes; the table throttles for minutes.
pub fn load(target: &Target, items: &[Item], progress: impl FnMut(usize)) -> Result<Loaded> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the network runtime")?;
    runtime.block_on(async {
        let client = client(target)?;
        let created = table::ensure(&client, &target.table).await?;
        let batches = Batches {
            client,
            table: target.table.clone(),
        };
        let items = write::all(&batches, items, Backoff::default(), progress).await?;
        Ok(Loaded { items, created })
    })
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

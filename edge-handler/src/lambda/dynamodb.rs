//! Entries in a DynamoDB table.
//!
//! In: the table's settings and the environment Lambda gives every function. Out: the bytes of one
//! entry; which generation is live, and its program. Absent: writing, and decoding entries; see
//! `table`.
//!
//! Reads are eventually consistent: half the price, and an entry never changes within a generation.

use std::collections::HashMap;
use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls;

use super::configuration::{DynamoDbTable, Timeouts};
use crate::artefact::item::{
    self, ENTRY_ATTRIBUTE, GENERATION_ATTRIBUTE, KEY_ATTRIBUTE, PIECES_ATTRIBUTE, POINTER,
};
use crate::handler::Runtime;

/// The first attempt and one more.
const ATTEMPTS: u32 = 2;

/// The longest pause between them.
const PAUSE: Duration = Duration::from_millis(30);

/// The ways in which DynamoDB says that it is asked for too much.
const THROTTLING: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "LimitExceededException",
];

/// A program in more pieces than this would not fit into a function.
const MOST_PIECES: usize = 1000;

/// Who we are and where we run, from the variables Lambda sets.
#[derive(Clone)]
pub struct Environment {
    /// The Region the function runs in.
    pub region: String,
    /// What requests are signed with.
    pub credentials: Credentials,
}

/// A variable that has to be set is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unset(pub &'static str);

impl std::fmt::Display for Unset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the environment variable {} is not set", self.0)
    }
}

impl Error for Unset {}

impl Environment {
    /// Reads the variables by `variable`. The credentials are those of one execution environment
    /// and outlive it, so reading them once is enough.
    ///
    /// # Errors
    /// No Region, or no credentials.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let required = |name| variable(name).ok_or(Unset(name));
        Ok(Self {
            region: required("AWS_REGION")
                .or_else(|unset| variable("AWS_DEFAULT_REGION").ok_or(unset))?,
            credentials: Credentials::new(
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
        })
    }

    /// A client's settings without timeouts: Region, credentials, TLS by rustls and ring.
    pub fn client_settings(&self, endpoint_url: Option<&str>) -> aws_sdk_dynamodb::config::Builder {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(provider)
            .build_https();
        let mut settings = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(http_client);
        settings.set_endpoint_url(endpoint_url.map(str::to_owned));
        settings
    }
}

/// A table that is read from.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

/// A read that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// In which way.
    pub kind: FaultKind,
    /// What was said, or what is wrong.
    pub message: String,
}

/// The ways in which a read can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The table cannot be reached, is missing, refuses, or makes no sense.
    Table,
    /// It is asked for more than it gives.
    Throttled,
    /// No answer in time.
    Slow,
    /// It was not asked, because it failed before.
    Paused,
    /// An item is damaged, of another version, or not ours; a generation is not whole.
    Item,
}

impl FaultKind {
    /// True when asking again would probably fail as well, whatever is asked for.
    pub fn is_of_the_table(self) -> bool {
        matches!(self, Self::Table | Self::Throttled | Self::Slow)
    }
}

impl Fault {
    /// A fault of `kind`.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    fn of<E>(error: &SdkError<E>) -> Self
    where
        SdkError<E>: ProvideErrorMetadata + Error,
    {
        let kind = match (error, error.code()) {
            (SdkError::TimeoutError(_), _) => FaultKind::Slow,
            (SdkError::DispatchFailure(failure), _) if failure.is_timeout() => FaultKind::Slow,
            (_, Some(code)) if THROTTLING.contains(&code) => FaultKind::Throttled,
            _ => FaultKind::Table,
        };
        let causes = successors(Some(error as &dyn Error), |error: &&dyn Error| {
            (*error).source()
        });
        let texts: Vec<String> = causes.map(ToString::to_string).collect();
        Self::new(kind, texts.join(": "))
    }
}

impl DynamoDb {
    /// A client for `table`. Connects with the first read.
    pub fn new(table: &DynamoDbTable, environment: &Environment) -> Self {
        let environment = Environment {
            region: table.region.choose(&environment.region).to_owned(),
            ..environment.clone()
        };
        let settings = environment
            .client_settings(table.endpoint_url.as_deref())
            .timeout_config(timeout_config(table.timeouts))
            .retry_config(retry_config())
            .build();
        Self {
            client: Client::from_conf(settings),
            table: table.name.clone(),
        }
    }

    /// The encoded entry called `name` (see [`crate::artefact::item::name`]); `None` when there is none.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let Some(mut item) = self.item(name).await? else {
            return Ok(None);
        };
        match item.remove(ENTRY_ATTRIBUTE) {
            Some(AttributeValue::B(entry)) => Ok(Some(entry.into_inner())),
            _ => Err(self.strange(name)),
        }
    }

    /// The generation that is live; `None` when none was ever deployed.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn live(&self) -> Result<Option<u64>, Fault> {
        let Some(pointer) = self.item(POINTER).await? else {
            return Ok(None);
        };
        let text = pointer.get(GENERATION_ATTRIBUTE);
        let text = text.and_then(|value| value.as_s().ok());
        let generation = text.and_then(|text| item::generation_named(text));
        generation.map(Some).ok_or_else(|| self.strange(POINTER))
    }

    /// The program of `generation`, all of it.
    ///
    /// # Errors
    /// The generation is not whole, or not sound; see also [`Fault`].
    pub async fn program(&self, generation: u64) -> Result<Runtime, Fault> {
        let name = item::record_name(generation);
        let item = |message| Fault::new(FaultKind::Item, message);
        let absent = |name: &str| item(format!("the generation is not whole: no item {name}"));
        let record = self.item(&name).await?.ok_or_else(|| absent(&name))?;
        let pieces = record.get(PIECES_ATTRIBUTE);
        let pieces = pieces.and_then(|value| value.as_n().ok()?.parse().ok());
        let pieces: usize = pieces
            .filter(|pieces| *pieces <= MOST_PIECES)
            .ok_or_else(|| self.strange(&name))?;
        let mut bytes = Vec::new();
        for number in 0..pieces {
            let name = item::piece_name(generation, number);
            let piece = self.get(&name).await?;
            bytes.extend(piece.ok_or_else(|| absent(&name))?);
        }
        let program = Runtime::load(&bytes).map_err(|error| item(format!("{name}: {error}")))?;
        if program.generation() != generation {
            return Err(item(format!("{name}: the program of another generation")));
        }
        Ok(program)
    }

    async fn item(&self, name: &str) -> Result<Option<HashMap<String, AttributeValue>>, Fault> {
        let request = self.client.get_item().table_name(&self.table);
        let answer = request
            .key(KEY_ATTRIBUTE, AttributeValue::S(name.to_owned()))
            .send()
            .await
            .map_err(|error| Fault::of(&error))?;
        Ok(answer.item)
    }

    fn strange(&self, name: &str) -> Fault {
        let message = format!(
            "the item {name} of table {} has not the attributes it should: was it written by edgewright?",
            self.table
        );
        Fault::new(FaultKind::Item, message)
    }
}

/// The client's own pause of up to a second is longer than a viewer should wait.
fn retry_config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(PAUSE)
}

fn timeout_config(timeouts: Timeouts) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(timeouts.connect())
        .operation_attempt_timeout(timeouts.attempt())
        .operation_timeout(timeouts.operation())
        .build()
}

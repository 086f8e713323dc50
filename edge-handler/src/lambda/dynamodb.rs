//! Entries in a DynamoDB table.
//!
//! In: the table's settings and the environment Lambda gives every function. Out: the bytes of one
//! entry; the ledger, and the program of a generation. Absent: writing, and decoding entries; see
//! `table`.
//!
//! Reads are eventually consistent where nothing depends on it: half the price, and what lies in a slot never changes.

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
use super::ledger::{GenerationId, Known, Ledger, MOST_PIECES};
use crate::artefact::item::{self, ENTRY_ATTRIBUTE, KEY_ATTRIBUTE, LEDGER, LEDGER_ATTRIBUTE};
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

/// How new what is read has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// What the Region had a moment ago will do.
    Eventual,
    /// All that the Region has by now.
    Strong,
}

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
    /// An item is damaged, of another version, or not ours.
    Item,
    /// The generation is not in the table, or no longer whole there.
    Pruned,
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
    pub async fn get(
        &self,
        name: &str,
        consistency: Consistency,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let Some(mut item) = self.item(name, consistency).await? else {
            return Ok(None);
        };
        match item.remove(ENTRY_ATTRIBUTE) {
            Some(AttributeValue::B(entry)) => Ok(Some(entry.into_inner())),
            _ => Err(self.strange(name)),
        }
    }

    /// The ledger; `None` when nothing was ever deployed.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn ledger(&self, consistency: Consistency) -> Result<Option<Ledger>, Fault> {
        let Some(item) = self.item(LEDGER, consistency).await? else {
            return Ok(None);
        };
        let text = item.get(LEDGER_ATTRIBUTE);
        let text = text.and_then(|value| value.as_s().ok());
        let text = text.ok_or_else(|| self.strange(LEDGER))?;
        let ledger = Ledger::parse(text)
            .map_err(|error| Fault::new(FaultKind::Item, format!("the item {LEDGER}: {error}")));
        ledger.map(Some)
    }

    /// The program of `generation`, all of it.
    ///
    /// # Errors
    /// A piece is missing, or not sound; see also [`Fault`].
    pub async fn program(&self, generation: GenerationId, known: &Known) -> Result<Runtime, Fault> {
        let item = |message| Fault::new(FaultKind::Item, message);
        if known.pieces > MOST_PIECES {
            return Err(self.strange(LEDGER));
        }
        let mut bytes = Vec::new();
        for number in 0..known.pieces {
            let name = item::piece_name(known.slot, number);
            let piece = self.get(&name, Consistency::Strong).await?;
            bytes.extend(piece.ok_or_else(|| item(format!("there is no item {name}")))?);
        }
        let program = Runtime::load(&bytes)
            .map_err(|error| item(format!("the program of generation {generation}: {error}")))?;
        if program.generation() != generation.0 {
            return Err(item(format!(
                "slot {} has the program of another generation than {generation}",
                known.slot
            )));
        }
        Ok(program)
    }

    async fn item(
        &self,
        name: &str,
        consistency: Consistency,
    ) -> Result<Option<HashMap<String, AttributeValue>>, Fault> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request
            .key(KEY_ATTRIBUTE, AttributeValue::S(name.to_owned()))
            .consistent_read(consistency == Consistency::Strong);
        // The client's future has ten kilobytes, and there are several places that wait for one.
        let answer = Box::pin(request.send()).await;
        let answer = answer.map_err(|error| Fault::of(&error))?;
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

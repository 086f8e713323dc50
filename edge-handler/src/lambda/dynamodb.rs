//! Entries in a DynamoDB table.
//!
//! In: the table's settings and the environment Lambda gives every function. Out: the bytes of one
//! entry. Absent: writing, and decoding entries; see `table`.
//!
//! Reads are eventually consistent: half the price, and an entry never changes within a generation.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls;

use super::configuration::{DynamoDbTable, Timeouts};
use crate::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};

/// The first attempt and one more.
const ATTEMPTS: u32 = 2;

/// The longest pause between them.
const PAUSE: Duration = Duration::from_millis(30);

/// A name like any other: whether there is an entry does not matter.
const WARM_UP_NAME: &str = "warm-up";

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
    warm_up: Duration,
}

/// A read that failed: the table is missing, unreachable, slow, or holds something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

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
            warm_up: table.timeouts.warm_up(),
        }
    }

    /// The encoded entry called `name` (see [`crate::item::name`]); `None` when there is none.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let request = self.client.get_item().table_name(&self.table);
        let answer = request
            .key(KEY_ATTRIBUTE, AttributeValue::S(name.to_owned()))
            .send()
            .await
            .map_err(|error| Fault(with_causes(&error)))?;
        let Some(mut item) = answer.item else {
            return Ok(None);
        };
        match item.remove(ENTRY_ATTRIBUTE) {
            Some(AttributeValue::B(entry)) => Ok(Some(entry.into_inner())),
            _ => Err(Fault(format!(
                "an item of table {} has no binary attribute {ENTRY_ATTRIBUTE}: was it written by edgewright?",
                self.table
            ))),
        }
    }

    /// Opens the connection before the first viewer waits for it: on a small function the TLS
    /// handshake alone takes most of a second.
    ///
    /// # Errors
    /// The read failed or took too long. The function works on: the next read tries again.
    pub async fn warm_up(&self) -> Result<(), Fault> {
        match tokio::time::timeout(self.warm_up, self.get(WARM_UP_NAME)).await {
            Ok(answer) => answer.map(|_| ()),
            Err(_) => Err(Fault("the read at start took too long".to_owned())),
        }
    }
}

/// An error and its causes on one line.
fn with_causes(error: &dyn Error) -> String {
    let causes = successors(Some(error), |error: &&dyn Error| (*error).source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
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

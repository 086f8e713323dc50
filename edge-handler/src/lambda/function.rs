//! One event in, one reply out, whatever happens.
//!
//! In: the bytes of a CloudFront event. Out: the JSON that CloudFront gets. Absent: the Runtime API;
//! see the binary.
//!
//! Lambda@Edge has no fail-open: an error of the function is a 502 or 503 for the viewer. So there
//! is none: whatever cannot be decided sends the request to the origin as it came, and a line to the
//! [`Journal`].

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use super::artefact::{Artefact, LoadError};
use super::configuration::{self, Configuration, Timeouts};
use super::dynamodb::{Consistency, DynamoDb, Environment, Fault, FaultKind};
use super::event::{Event, Fields, recover};
use super::guard::{Panicked, guarded};
use super::journal::{Journal, Kind};
use super::live::Live;
use super::response::Reply;
use super::store::Store;
use crate::artefact::table::{EmbeddedTable, Fetched};
use crate::budget::{Allowance, Budget, DECISION_STEPS};
use crate::evaluate::Options;
use crate::handler::{self, Decision, Runtime, Step};
use crate::model::marks::Told;
use crate::model::request::Request;

/// Between two lines of the log, where no configuration says otherwise.
const DEFAULT_JOURNAL_INTERVAL: Duration = Duration::from_secs(10);

/// What [`Function::check`] answers.
const SAMPLE_EVENT: &[u8] = include_bytes!("function/sample_event.json");

/// The function, ready for events.
#[derive(Debug)]
pub struct Function {
    site: Option<Site>,
    journal: Arc<Journal>,
}

/// What events are answered from.
#[derive(Debug)]
struct Site {
    configuration: Configuration,
    rules: Rules,
}

#[derive(Debug)]
enum Rules {
    Embedded {
        runtime: Box<Runtime>,
        table: EmbeddedTable,
    },
    DynamoDb {
        live: Arc<Live>,
        timeouts: Timeouts,
    },
}

/// Why there is no answer.
enum Failure {
    Event(serde_json::Error),
    Table(Fault),
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Event(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Table(fault)
    }
}

impl Function {
    /// A function that answers from an embedded table.
    pub fn embedded(
        configuration: Configuration,
        runtime: Runtime,
        table: EmbeddedTable,
        journal: Journal,
    ) -> Self {
        let site = Site {
            configuration,
            rules: Rules::Embedded {
                runtime: Box::new(runtime),
                table,
            },
        };
        Self {
            site: Some(site),
            journal: Arc::new(journal),
        }
    }

    /// The function of the files in `folder`, in the environment that `variable` tells. When it
    /// cannot be had, the journal says why, and every request goes to the origin as it came.
    pub fn load(
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
        journal: Journal,
    ) -> Self {
        let site = Site::load(folder, variable)
            .inspect_err(|error| journal.note(Kind::NotLoaded, None, &error.to_string()))
            .ok();
        Self {
            site,
            journal: Arc::new(journal),
        }
    }

    /// Asks the table, if there is one, which generation is live. Takes at most the configured time.
    ///
    /// That also opens the connection before the first viewer waits for it: on a small function the
    /// TLS handshake alone takes most of a second. When it fails, the packaged program answers, and
    /// the next look is a few seconds away.
    pub async fn warm_up(&self) {
        let Some(Site {
            rules: Rules::DynamoDb { live, timeouts },
            ..
        }) = &self.site
        else {
            return;
        };
        let complaint = match tokio::time::timeout(
            timeouts.warm_up(),
            live.look(Consistency::Eventual),
        )
        .await
        {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => fault.message,
            Err(_) => "the read at start took too long".to_owned(),
        };
        self.journal.note(Kind::WarmUp, None, &complaint);
        self.journal.tell(Duration::ZERO);
    }

    /// Answers an event of its own, without a table that is elsewhere.
    ///
    /// # Errors
    /// The function could not be loaded, or has no answer; why.
    pub fn check(&self) -> Result<(), String> {
        let site = self.site.as_ref().ok_or("the function cannot be loaded")?;
        let event = Event::parse(SAMPLE_EVENT).map_err(|error| error.to_string())?;
        let fields = event.fields().map_err(|error| error.to_string())?;
        let parts = fields.parts(event.trigger, &site.configuration);
        let options = options(parts.told());
        let decision = site.decide_at_once(&parts.request(), &options);
        let reply = Reply::of(&event, &fields, &decision, &site.configuration, options.now);
        reply.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Answers one event.
    ///
    /// Bytes without a request have no answer, not even an unchanged request: then the reply is
    /// `null`, which CloudFront takes for an error. See [`recover`] for what a request is.
    pub async fn handle(&self, bytes: &[u8]) -> Box<RawValue> {
        let json = self.handled(bytes).await;
        self.journal.count_request();
        self.journal.tell(self.journal_interval());
        json
    }

    fn journal_interval(&self) -> Duration {
        let site = self.site.as_ref();
        let interval = site.map(|site| site.configuration.journal_interval);
        interval.map_or(DEFAULT_JOURNAL_INTERVAL, Duration::from_millis)
    }

    async fn handled(&self, bytes: &[u8]) -> Box<RawValue> {
        let event = match Event::parse(bytes) {
            Ok(event) => event,
            Err(error) => {
                self.journal.note(Kind::Event, None, &error.to_string());
                return recover(bytes).unwrap_or_else(|| RawValue::NULL.to_owned());
            }
        };
        if let Some(response) = event.response {
            let message = "the function is associated with a response trigger: use viewer-request or origin-request";
            self.journal.note(Kind::Event, None, message);
            return response.to_owned();
        }
        match &self.site {
            Some(site) => self.answered(&event, site).await,
            None => Reply::unchanged(&event).json,
        }
    }

    /// As [`Function::handle`], for an embedded table, which never waits. `None` when the function
    /// would have to wait for DynamoDB.
    pub fn handle_at_once(&self, bytes: &[u8]) -> Option<Box<RawValue>> {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(self.handle(bytes)).as_mut().poll(&mut context) {
            Poll::Ready(json) => Some(json),
            Poll::Pending => None,
        }
    }

    async fn answered(&self, event: &Event<'_>, site: &Site) -> Box<RawValue> {
        let (kind, message) = match guarded(self.reply(event, site)).await {
            Ok(Ok(reply)) => return reply.json,
            Ok(Err(Failure::Event(error))) => (Kind::Event, error.to_string()),
            Ok(Err(Failure::Table(fault))) => (Kind::of(fault.kind), fault.message),
            Err(Panicked) => (Kind::Panic, "a panic, told above".to_owned()),
        };
        let fields = event.fields().ok();
        let path = fields.as_ref().map(Fields::uri);
        self.journal.note(kind, path, &message);
        Reply::passed_on(event, &site.configuration).json
    }

    async fn reply(&self, event: &Event<'_>, site: &Site) -> Result<Reply, Failure> {
        let fields = event.fields()?;
        let parts = fields.parts(event.trigger, &site.configuration);
        if let Rules::DynamoDb { live, .. } = &site.rules {
            live.look_if_due(&self.journal);
        }
        let options = options(parts.told());
        let decision = site.decide(&parts.request(), &options).await?;
        let reply = Reply::of(event, &fields, &decision, &site.configuration, options.now)?;
        if let Some(shortfall) = &reply.shortfall {
            self.journal.note_shortfall(shortfall, fields.uri());
        }
        Ok(reply)
    }
}

impl Site {
    fn load(folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, LoadError> {
        let Artefact {
            configuration,
            runtime,
            embedded,
        } = Artefact::load(folder)?;
        let rules = match (&configuration.table, embedded) {
            (configuration::Table::DynamoDb(table), _) => {
                let environment = Environment::read(variable).map_err(|unset| LoadError {
                    file: folder.to_owned(),
                    reason: unset.to_string(),
                })?;
                let interval = Duration::from_millis(table.refresh);
                let store = Store::new(DynamoDb::new(table, &environment), table.memory);
                let live = Live::new(runtime, store, interval);
                Rules::DynamoDb {
                    live: Arc::new(live),
                    timeouts: table.timeouts,
                }
            }
            (configuration::Table::Embedded(_), embedded) => Rules::Embedded {
                runtime: Box::new(runtime),
                table: embedded.unwrap_or_default(),
            },
        };
        Ok(Self {
            configuration,
            rules,
        })
    }

    /// Decides as if a table that is elsewhere were empty.
    fn decide_at_once(&self, request: &Request<'_>, options: &Options) -> Decision {
        match &self.rules {
            Rules::Embedded { runtime, table } => handler::decide(runtime, table, request, options),
            Rules::DynamoDb { live, .. } => {
                let empty = EmbeddedTable::default();
                handler::decide(&live.in_use().runtime, &empty, request, options)
            }
        }
    }

    async fn decide(&self, request: &Request<'_>, options: &Options) -> Result<Decision, Fault> {
        match &self.rules {
            Rules::Embedded { runtime, table } => {
                Ok(handler::decide(runtime, table, request, options))
            }
            Rules::DynamoDb { live, timeouts } => {
                let limit = timeouts.operation();
                let answer = answer_fetching(live, request, options);
                let late = |_| {
                    live.gave_up();
                    let message = format!("no answer within {} ms", limit.as_millis());
                    Fault::new(FaultKind::Slow, message)
                };
                tokio::time::timeout(limit, answer).await.map_err(late)?
            }
        }
    }
}

/// Decides, fetches what that lacked, and decides again: all with one program.
async fn answer_fetching(
    live: &Live,
    request: &Request<'_>,
    options: &Options,
) -> Result<Decision, Fault> {
    let in_use = live.in_use();
    let mut fetched = Fetched::new();
    let budget = Budget::new(options.allowance);
    loop {
        match handler::step(&in_use.runtime, &fetched, request, options, &budget) {
            Step::Done(decision) => return Ok(decision),
            Step::Fetch(key) => {
                let entry = live.entry(&in_use, &key).await?;
                fetched.insert(key, entry);
            }
        }
    }
}

/// The time and a random number of one request, which the class of viewers may tell.
fn options(told: &Told) -> Options {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    Options {
        now: told.time_near(i64::try_from(now.as_secs()).unwrap_or_default()),
        random: told
            .random
            .unwrap_or_else(|| RandomState::new().hash_one(now)),
        allowance: Allowance::steps(DECISION_STEPS),
        ..Options::default()
    }
}

#[cfg(test)]
mod tests;

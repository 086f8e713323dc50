//! What the function is told beside its program: a file, since Lambda@Edge has no environment
//! variables of its own.
//!
//! In: the text of `edgewright.json`. Out: [`Configuration`]. Absent: reading files; see `artefact`.
//!
//! All there is, every part of which may be left out but the table's name:
//!
//! ```json
//! {
//!   "program": "rules.bin",
//!   "table": {"dynamodb": {
//!     "name": "redirects",
//!     "region": {"eu-west-2": "eu-west-1", "otherwise": "us-east-1"},
//!     "refresh": 5000,
//!     "memory": 8388608,
//!     "timeouts": {"connect": 1000, "attempt": 1000, "operation": 2000, "warm_up": 2000}
//!   }},
//!   "default_scheme": "https",
//!   "host_header": "x-viewer-host",
//!   "forwarded_proto": false,
//!   "forwarded_for": "append",
//!   "proxy_hosts": ["app.example.com"],
//!   "carried": {"via": "x-edgewright-via"},
//!   "class": {"header": "x-edgewright-class", "marks": {"head": "apart", "time": "hour"}},
//!   "unsent": {"headers": ["user-agent"], "query": true},
//!   "journal_interval": 10000,
//!   "cache_control": {"redirects": "s-maxage=300", "statuses": {"410": "max-age=3600"}}
//! }
//! ```
//!
//! `"table": {"embedded": {"file": "table.bin"}}` is the default. `"region"` may also be one name;
//! left out, it is the Region the function runs in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::evaluate::record::is_redirect;
use crate::model::forwarded_for::ForwardedFor;
use crate::model::marks::Marks;
use crate::model::request::Scheme;

/// The name of the file beside the binary. Without it every default applies.
pub const FILE_NAME: &str = "edgewright.json";

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// The program's file, beside the binary unless absolute.
    pub program: PathBuf,
    /// Where entries are looked up.
    pub table: Table,
    /// How the viewer connected when the event does not tell (at viewer-request it never does).
    pub default_scheme: SchemeName,
    /// The header that carries the viewer's host where `Host` is the origin's, for example
    /// `x-viewer-host`.
    pub host_header: Option<String>,
    /// Rules that read `X-Forwarded-Proto`, which CloudFront hides, see the scheme there.
    pub forwarded_proto: bool,
    /// What became of `X-Forwarded-For` on the way to the old server. Only at viewer-request: at origin-request a carrier has
    /// what came of it.
    pub forwarded_for: ForwardedFor,
    /// Names of other servers that requests may be handed to where the rules say `[P]`: only at
    /// origin-request.
    pub proxy_hosts: Vec<String>,
    /// Headers whose values as the viewer sent them stand in another header: CloudFront changes the first on its way.
    pub carried: BTreeMap<String, String>,
    /// What the class of viewers tells at origin-request that the event does not.
    pub class: Option<Class>,
    /// What rules read at origin-request, and the origin does not get.
    pub unsent: Unsent,
    /// At least so many milliseconds lie between two lines of the log.
    pub journal_interval: u64,
    /// How long answers may be kept.
    pub cache_control: CacheControl,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            program: PathBuf::from("rules.bin"),
            table: Table::default(),
            default_scheme: SchemeName::Https,
            host_header: None,
            forwarded_proto: false,
            forwarded_for: ForwardedFor::default(),
            proxy_hosts: Vec::new(),
            carried: BTreeMap::new(),
            class: None,
            unsent: Unsent::default(),
            journal_interval: 10_000,
            cache_control: CacheControl::default(),
        }
    }
}

impl Configuration {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Not JSON, a setting that does not exist, or a value of the wrong type.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }
}

/// The class of viewers in an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The header that it stands in.
    pub header: String,
    /// What stands at its beginning.
    pub marks: Marks,
}

/// What is taken out of a request before it goes on to the origin: it is not in the cache key, so that what the origin
/// makes of it would be another viewer's page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Unsent {
    /// Headers, by their names in lower case; `cookie` among them.
    pub headers: Vec<String>,
    /// The query.
    pub query: bool,
}

impl Unsent {
    /// Does everything go on?
    pub fn is_nothing(&self) -> bool {
        self.headers.is_empty() && !self.query
    }
}

/// Where entries are looked up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// In a file beside the binary.
    Embedded(EmbeddedTable),
    /// In a DynamoDB table.
    DynamoDb(DynamoDbTable),
}

impl Default for Table {
    fn default() -> Self {
        Self::Embedded(EmbeddedTable::default())
    }
}

/// Entries in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedTable {
    /// The file, beside the binary unless absolute.
    pub file: PathBuf,
}

impl Default for EmbeddedTable {
    fn default() -> Self {
        Self {
            file: PathBuf::from("table.bin"),
        }
    }
}

/// Entries in DynamoDB.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamoDbTable {
    /// The table's name.
    pub name: String,
    /// Which Region's replica is read.
    #[serde(default)]
    pub region: RegionRule,
    /// Another endpoint than the Region's own, for tests.
    #[serde(default)]
    pub endpoint_url: Option<String>,
    /// After how many milliseconds it is looked up again which generation is live.
    #[serde(default = "default_refresh")]
    pub refresh: u64,
    /// How many bytes of entries are remembered.
    #[serde(default = "default_memory")]
    pub memory: usize,
    /// How long a read may take.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// Tens of thousands of entries, and little beside the 128 MB of the smallest function.
fn default_memory() -> usize {
    8 << 20
}

/// One read every five seconds costs nothing beside the requests of five seconds.
fn default_refresh() -> u64 {
    5000
}

/// Which Region's replica of the table is read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(untagged)]
pub enum RegionRule {
    /// The one the function runs in.
    #[default]
    Same,
    /// Always this one.
    Fixed(String),
    /// By the Region the function runs in; `otherwise` names the one for all that are not listed.
    Nearest(BTreeMap<String, String>),
}

impl RegionRule {
    /// The Region to read in when the function runs in `running`.
    pub fn choose<'a>(&'a self, running: &'a str) -> &'a str {
        match self {
            Self::Same => running,
            Self::Fixed(region) => region,
            Self::Nearest(regions) => regions
                .get(running)
                .or_else(|| regions.get("otherwise"))
                .map_or(running, String::as_str),
        }
    }
}

/// Limits of a read, in milliseconds. The viewer waits for at most `operation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: u64,
    /// For one attempt.
    pub attempt: u64,
    /// For both attempts together.
    pub operation: u64,
    /// For the read at start that opens the connection before the first viewer needs it.
    pub warm_up: u64,
}

impl Default for Timeouts {
    /// A read takes single-digit milliseconds; but a limit near that turns a passing delay into
    /// failures, and a connection on a small function takes most of a second.
    fn default() -> Self {
        Self {
            connect: 1000,
            attempt: 1000,
            operation: 2000,
            warm_up: 2000,
        }
    }
}

impl Timeouts {
    /// See [`Timeouts::connect`].
    pub fn connect(self) -> Duration {
        Duration::from_millis(self.connect)
    }

    /// See [`Timeouts::attempt`].
    pub fn attempt(self) -> Duration {
        Duration::from_millis(self.attempt)
    }

    /// See [`Timeouts::operation`].
    pub fn operation(self) -> Duration {
        Duration::from_millis(self.operation)
    }

    /// See [`Timeouts::warm_up`].
    pub fn warm_up(self) -> Duration {
        Duration::from_millis(self.warm_up)
    }
}

/// A scheme as the file spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchemeName {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl From<SchemeName> for Scheme {
    fn from(name: SchemeName) -> Self {
        match name {
            SchemeName::Http => Self::Http,
            SchemeName::Https => Self::Https,
        }
    }
}

/// `Cache-Control` of generated answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheControl {
    /// For redirects whose status is not listed, in place of what Apache says; `None` for what Apache says, and where it
    /// says nothing, [`CacheControl::DEFAULT`].
    pub redirects: Option<String>,
    /// By status, for any answer; an empty text for no header.
    pub statuses: BTreeMap<u16, String>,
}

impl CacheControl {
    /// For redirects of which nobody says anything. Read by shared caches only: what a browser keeps stays as it was with
    /// Apache. CloudFront keeps 307 and 308 only if there is such a header.
    pub const DEFAULT: &str = "s-maxage=300";

    /// The header's value for an answer with `status`, whatever Apache says; `None` where nobody decided so. An empty one
    /// is no header.
    pub fn decided(&self, status: u16) -> Option<&str> {
        let of_status = self.statuses.get(&status);
        let of_redirects = || self.redirects.as_ref().filter(|_| is_redirect(status));
        of_status.or_else(of_redirects).map(String::as_str)
    }

    /// The header's value where neither Apache nor anybody here says anything.
    pub fn otherwise(status: u16) -> Option<&'static str> {
        is_redirect(status).then_some(Self::DEFAULT)
    }
}

#[cfg(test)]
mod tests;

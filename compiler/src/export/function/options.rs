//! What somebody chooses of a function's stack.
//!
//! In: nothing. Out: [`FunctionOptions`], with the choices that hold where nobody chooses. Absent: reading a command line.

use edgewright_engine::model::forwarded_for::ForwardedFor;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::trigger::Trigger;

/// What somebody chooses of a function's stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionOptions {
    /// The DynamoDB table that entries are looked up in; `None` where they are in the package.
    pub table: Option<String>,
    /// Who makes the table.
    pub table_stack: TableStack,
    /// The Regions that hold the table; none for `us-east-1`.
    pub regions: Vec<String>,
    /// Where DynamoDB answers, for an emulator.
    pub endpoint_url: Option<String>,
    /// Where CloudFront calls the function; `None` for where the rules allow it.
    pub trigger: Option<Trigger>,
    /// Texts `[STATUS=]VALUE`: the `Cache-Control` of redirects, or of answers with one status.
    pub cache_control: Vec<String>,
    /// Whose distribution calls the function.
    pub distribution: Distribution,
    /// What serves the requests that no rule answers.
    pub origin: Origin,
    /// What of a request a server's pages do not depend on.
    pub origin_ignores: Vec<Ignored>,
    /// Headers that the origin gets, in lower case, and that answers are kept apart by.
    pub origin_gets: Vec<String>,
    /// Servers that requests may be handed to where the rules say `P`.
    pub proxy_to: Vec<String>,
    /// What rules see that read `X-Forwarded-Proto`, which CloudFront hides: how the viewer connected?
    pub forwarded_proto: bool,
    /// What became of `X-Forwarded-For` on the way to the old server.
    pub forwarded_for: ForwardedFor,
    /// How viewers connect, where CloudFront does not tell the function.
    pub scheme: Scheme,
}

impl Default for FunctionOptions {
    fn default() -> Self {
        Self {
            table: None,
            table_stack: TableStack::Own,
            regions: Vec::new(),
            endpoint_url: None,
            trigger: None,
            cache_control: Vec::new(),
            distribution: Distribution::Own,
            origin: Origin::Server,
            origin_ignores: Vec::new(),
            origin_gets: Vec::new(),
            proxy_to: Vec::new(),
            forwarded_proto: false,
            forwarded_for: ForwardedFor::default(),
            scheme: Scheme::Https,
        }
    }
}

impl FunctionOptions {
    /// Says whether there is a server that gets `part` even where no rule reads it.
    pub fn server_gets(&self, part: Ignored) -> bool {
        self.origin == Origin::Server && !self.origin_ignores.contains(&part)
    }
}

/// Who makes the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableStack {
    /// A stack of its own, whose template comes with the function's.
    Own,
    /// Somebody else: the table is there.
    Elsewhere,
}

/// Whose distribution calls the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// One that the function's stack makes.
    Own,
    /// One that is there: the stack has the function and the policies of a behaviour.
    Elsewhere,
}

/// What serves the requests that no rule answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A web server, which gets the viewer's `Host`.
    Server,
    /// An S3 bucket, which must not get the viewer's `Host`.
    Bucket,
}

impl Origin {
    /// Every origin there is.
    pub const ALL: [Self; 2] = [Self::Server, Self::Bucket];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Bucket => "bucket",
        }
    }
}

/// What a server gets unless somebody says that its pages do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// The query, as far as no rule reads it.
    Query,
    /// Cookies, as far as the rules ask of them what a class of viewers can hold, or nothing.
    Cookies,
}

impl Ignored {
    /// Every part there is.
    pub const ALL: [Self; 2] = [Self::Query, Self::Cookies];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Cookies => "cookies",
        }
    }
}

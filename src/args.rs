//! The command line as typed.
//!
//! In: the program's arguments. Out: [`Arguments`]. Absent: checking that files exist; see `input`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use edgewright_compiler::Limit;

use crate::dynamodb::Target;

/// Moves the redirects of an Apache server to CloudFront's edge, with the same answers.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile a configuration into a build folder, and print where every line went
    #[command(after_help = MIGRATE_EXAMPLES)]
    Migrate(Migrate),
    /// Say what is wrong or will differ, without building anything
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Pack what Apache reads into one file, on its server, for another machine
    #[command(after_help = COLLECT_EXAMPLES)]
    Collect(Collect),
    /// Show what happens to one request, rule by rule
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Answer requests given as JSON lines with JSON lines
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Answer over HTTP as the edge would
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Pack a build with the function's binary as Lambda@Edge takes it
    #[command(after_help = PACKAGE_EXAMPLES)]
    Package(Package),
    /// Compare with the Apache of this machine, request by request
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Start a program that can do nothing but answer; `verify` starts Apache with it
    #[command(hide = true)]
    Cage(Cage),
    /// Say which URLs change between two configurations or builds
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Diff),
    /// Say which rules the traffic of an access log still uses
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(Prune),
    /// Measure how long a build takes for a request, and fail when that is too long
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(Bench),
    /// Put a build into a table as a generation of its own, and make it live
    #[command(after_help = DEPLOY_EXAMPLES)]
    Deploy(Deploy),
    /// Make the generation that was live before live again
    Rollback(Rollback),
    /// List a table's generations, and which is live
    Status(Status),
    /// Remove old generations from a table
    #[command(after_help = PRUNE_GENERATIONS_EXAMPLES)]
    PruneGenerations(PruneGenerations),
}

const MIGRATE_EXAMPLES: &str = "\
Examples:
  edgewright migrate /etc/apache2/apache2.conf --out build/
  edgewright migrate site.conf --docroot /var/www/html=./htdocs --out build/
  edgewright migrate ./htdocs --out build/            a folder with .htaccess files
  edgewright migrate redirects.conf --table redirects --endpoint-url http://127.0.0.1:8000";

const CHECK_EXAMPLES: &str = "\
Examples:
  edgewright check /etc/apache2/apache2.conf
  edgewright check .htaccess --format json
  edgewright check site.conf --format github          annotations in a GitHub workflow";

const COLLECT_EXAMPLES: &str = "\
Examples:
  edgewright collect                                  the usual places, into site.tar.gz
  edgewright collect -o shop.tar.gz /etc/httpd/conf/httpd.conf
  edgewright check site.tar.gz                        then, on another machine

The archive has configuration files, .htaccess files, maps, the names and sizes of files in document roots,
modules and the time zone. Pages, comments, passwords, certificates and keys stay on the server.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  edgewright explain build/ 'https://www.example.com/news/2014/spring?id=7'
  edgewright explain httpd.conf /old -H 'Accept-Language: it'";

const REPLAY_EXAMPLES: &str = "\
Examples:
  edgewright replay build/ --requests requests.jsonl
  echo '{\"target\":\"/old?x=1\"}' | edgewright replay httpd.conf --engine reference";

const SERVE_EXAMPLES: &str = "\
Examples:
  edgewright serve build/
  edgewright serve build/ --docroot htdocs           also the files, for what no rule answers
  edgewright serve build/ --host www.example.com     then open http://127.0.0.1:8080/old
  curl -si -H 'Host: www.example.com' http://127.0.0.1:8080/old";

const PACKAGE_EXAMPLES: &str = "\
Examples:
  edgewright package build/ --out function.zip
  edgewright package build/ --table redirects --region us-east-1 --region eu-west-1
  edgewright package build/ --origin bucket          files from S3
  edgewright package build/ --cache-control s-maxage=3600 --cache-control 302=no-store";

const VERIFY_EXAMPLES: &str = "\
Examples:
  edgewright verify /etc/apache2/apache2.conf
  edgewright verify site.conf --log /var/log/apache2/access.log
  edgewright verify ./htdocs --unreached              rules that answered no request, and why
  edgewright verify httpd.conf --format json | jq '.differences[]'

Apache is started on a free loopback port with a copy of the configuration: without its ports, logs,
TLS, and modules that start programs or open connections. Nothing leaves this machine.";

const DIFF_EXAMPLES: &str = "\
Examples:
  edgewright diff build-of-last-week/ /etc/apache2/apache2.conf
  edgewright diff old.conf new.conf --log /var/log/apache2/access.log
  edgewright diff old/ new/ --requests regression.jsonl --format json

Requests are made from every rule of both sides.";

const PRUNE_EXAMPLES: &str = "\
Examples:
  edgewright prune /etc/apache2/apache2.conf --log /var/log/apache2/access.log
  edgewright prune site.conf --log access.log --log access.log.2.gz
  cat cloudfront/*.gz | edgewright prune site.conf --log -
  edgewright prune site.conf --log access.log --unused

A log tells the request line, the referrer and the browser. A rule that asks for another header, for
a cookie or for the client's address may be in use without a trace here.";

const BENCH_EXAMPLES: &str = "\
Examples:
  edgewright bench build/                             requests made from its rules
  edgewright bench build/ --log access.log --max-p99 50us
  edgewright bench build/ --save fast.json
  edgewright bench build/ --baseline fast.json --tolerance 20

Times differ from run to run by some percent, and more on a busy machine. A baseline is compared in units
of a fixed computation timed beside the requests, so that a slower machine is no regression.";

const DEPLOY_EXAMPLES: &str = "\
Examples:
  edgewright deploy build/ --table redirects --dry-run
  edgewright deploy build/ --table redirects --region us-east-1 --region eu-west-1
  edgewright deploy build/ --table redirects --s3-import import/   files, for a table of millions
  edgewright status --table redirects
  edgewright rollback --table redirects";

const PRUNE_GENERATIONS_EXAMPLES: &str = "\
Examples:
  edgewright prune-generations --table redirects
  edgewright prune-generations --table redirects --keep 1 --unfinished

Functions look every few seconds which generation is live, but one that slept may answer a first
request from the one before: keep those of the last hours.";

/// How configuration text is found and read.
#[derive(Debug, Args, Clone, Default)]
pub struct Reading {
    /// A local folder that stands for a document root: DIR, or SERVER_PATH=DIR when there are several
    #[arg(long, value_name = "[SERVER_PATH=]DIR")]
    pub docroot: Vec<String>,
    /// A copy of the server's file system: every absolute path of the configuration is looked up below it
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A folder of this machine that stands for one of the server's; the longest SERVER_PATH that fits is taken
    #[arg(long, value_name = "SERVER_PATH=DIR")]
    pub map: Vec<String>,
    /// The server's time zone, for %{TIME_HOUR} and its variants: a name as Europe/Berlin, or an offset as +02:00
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// What ServerRoot stands for on this machine
    #[arg(long, value_name = "DIR")]
    pub server_root: Option<PathBuf>,
    /// As `apache2 -D NAME`; may be given more than once
    #[arg(short = 'D', long = "define", value_name = "NAME")]
    pub define: Vec<String>,
    /// What the configuration is, when guessing goes wrong
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<Kind>,
    /// What a directive is that httpd's own modules do not have, where no line loads modules
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UnknownDirective::Module)]
    pub unknown_directive: UnknownDirective,
    /// Allow more work than usual, or less, see docs/limits.md; may be given more than once: expanded-bytes, expanded-lines,
    /// files, file-bytes, inherited-rules, diagnostics, precompute-steps, analysis-steps
    #[arg(long, value_name = "LIMIT=NUMBER", value_parser = limit)]
    pub max: Vec<(Limit, u64)>,
}

/// What a directive is that httpd's own modules do not have, where no line loads modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum UnknownDirective {
    /// One of a well-known module, as php_value, is right; any other is an error
    #[default]
    Module,
    /// An error, as for an Apache without that module
    Error,
}

/// Is a site built though something speaks against it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// The site is refused.
    No,
    /// The site is built all the same.
    Yes,
}

impl Force {
    /// What a flag says.
    pub fn of(given: bool) -> Self {
        if given { Self::Yes } else { Self::No }
    }
}

/// `LIMIT=NUMBER`.
fn limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, number) = text
        .split_once('=')
        .ok_or("write LIMIT=NUMBER, for example files=2000000")?;
    let limit = Limit::named(name).ok_or_else(|| {
        let names = Limit::ALL.map(Limit::name);
        format!("there is no limit of that name, but {}", names.join(", "))
    })?;
    let number = number.parse().map_err(|_| "the limit is a whole number")?;
    Ok((limit, number))
}

/// What a configuration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A whole server, as apache2.conf or httpd.conf
    Main,
    /// Lines meant for inside a virtual host
    Vhost,
    /// One .htaccess file, at the root of the site
    Htaccess,
    /// A document root with .htaccess files
    Docroot,
}

/// `edgewright migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// Where the build folder is written
    #[arg(long, short, value_name = "DIR", default_value = "build")]
    pub out: PathBuf,
    /// Also load the entries into this DynamoDB table; it is created when absent
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Where DynamoDB answers, for an emulator
    #[arg(long, value_name = "URL", requires = "table")]
    pub endpoint_url: Option<String>,
    /// The table's Region
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: String,
    /// Let redirects that follow one another on this site be one hop, where the end is always the same
    #[arg(long)]
    pub collapse_chains: bool,
    /// Print every diagnostic, not only the summary of each kind
    #[arg(long, short)]
    pub verbose: bool,
    /// Build a site even if Apache answers all its requests with 500
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show every finding as text, not only the first of each kind
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub reading: Reading,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the line and a caret
    Text,
    /// One JSON object a line
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// GitHub workflow annotations
    Github,
}

/// `edgewright collect`.
#[derive(Debug, Args)]
pub struct Collect {
    /// The configuration [default: apache2.conf or httpd.conf in the usual places]
    #[arg(value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// Where the archive is written
    #[arg(long, short, value_name = "FILE", default_value = "site.tar.gz")]
    pub out: PathBuf,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// The URL, or only its path
    pub url: String,
    /// Also show rules whose pattern matched but whose conditions did not hold
    #[arg(long)]
    pub all: bool,
    /// A request header; may be given more than once
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// The method
    #[arg(short = 'X', long, default_value = "GET")]
    pub method: String,
    /// The client's address
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub client: String,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// The requests, one JSON object a line [default: standard input]
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// What answers
    #[arg(long, value_enum, default_value_t = Engine::Edge)]
    pub engine: Engine,
    #[command(flatten)]
    pub reading: Reading,
}

/// What answers a replayed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Every rule in order, as Apache tries them
    Reference,
    /// The compiled program and its table
    Edge,
    /// The function behind a model of CloudFront, whose cache all requests share
    #[value(name = "cloudfront", alias = "lambda")]
    CloudFront,
}

/// `edgewright serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// Where to listen; loopback unless you say otherwise
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Answer as this host, whatever the client asks for, and keep its redirects on the local
    /// address: for a browser
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Answer as if clients came over TLS
    #[arg(long)]
    pub https: bool,
    /// What answers
    #[arg(long, value_enum, default_value_t = Engine::CloudFront)]
    pub engine: Engine,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright package`.
#[derive(Debug, Args)]
pub struct Package {
    /// A build folder
    #[arg(value_name = "BUILD")]
    pub build: PathBuf,
    /// The zip file to write; the CloudFormation template lies beside it, by its name with `.template.json` instead of `.zip`
    #[arg(long, short, value_name = "FILE", default_value = "function.zip")]
    pub out: PathBuf,
    /// The function's binary [default: `bootstrap` beside this program, or target/edge/bootstrap]
    #[arg(long, value_name = "FILE")]
    pub bootstrap: Option<PathBuf>,
    /// Look entries up in this DynamoDB table [default: they are in the zip file]
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// A Region that holds the table; may be given more than once, us-east-1 if not at all
    #[arg(long, value_name = "REGION", requires = "table")]
    pub region: Vec<String>,
    /// Where DynamoDB answers, for an emulator
    #[arg(long, value_name = "URL", requires = "table")]
    pub endpoint_url: Option<String>,
    /// Where CloudFront calls the function [default: what the rules allow]
    #[arg(long, value_enum, value_name = "TRIGGER")]
    pub trigger: Option<Trigger>,
    /// How long answers are kept: of redirects, or of every answer with one status
    #[arg(long, value_name = "[STATUS=]VALUE")]
    pub cache_control: Vec<String>,
    /// What serves the requests that no rule answers
    #[arg(long, value_enum, default_value_t = Origin::Server)]
    pub origin: Origin,
    /// A server that requests may be handed to where the rules say `P`; may be given more than once,
    /// works at origin-request only
    #[arg(long, value_name = "HOST")]
    pub proxy_to: Vec<String>,
    /// Rules that read X-Forwarded-Proto, which CloudFront hides, see how the viewer connected
    #[arg(long)]
    pub forwarded_proto: bool,
    /// How viewers connect, where CloudFront does not tell the function
    #[arg(long, value_enum, default_value_t = Scheme::Https)]
    pub scheme: Scheme,
    /// Pack a site even if all its requests are answered with 500
    #[arg(long)]
    pub force: bool,
}

impl Package {
    /// What the command does where nothing is said but the build.
    ///
    /// # Errors
    /// Never: the command's options have defaults.
    pub fn usual() -> Result<Self, clap::Error> {
        let command = Self::augment_args(clap::Command::new("package"));
        Self::from_arg_matches(&command.try_get_matches_from(["package", "build"])?)
    }
}

/// What serves the requests that no rule answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Origin {
    /// A web server, which gets the viewer's Host
    Server,
    /// An S3 bucket, which must not get it
    Bucket,
}

/// Where CloudFront calls the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trigger {
    /// After a cache miss: answers are cached
    OriginRequest,
    /// For every request, before the cache
    ViewerRequest,
}

impl Trigger {
    /// As CloudFront spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OriginRequest => "origin-request",
            Self::ViewerRequest => "viewer-request",
        }
    }
}

/// How viewers connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scheme {
    /// In the clear
    Http,
    /// Over TLS
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// `edgewright verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// Also the requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// What is compared with Apache
    #[arg(long, value_enum, default_value_t = Engine::Edge)]
    pub engine: Engine,
    /// At most so many requests from the rules, and as many from the logs
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// List the rules that answered no request, with the reason
    #[arg(long)]
    pub unreached: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright cage`, which is for `verify` only.
#[derive(Debug, Args)]
pub struct Cage {
    /// The folder that the program runs in
    #[arg(long)]
    pub folder: PathBuf,
    /// The process that the program ends with
    #[arg(long)]
    pub parent: i32,
    /// The user that the program runs as
    #[arg(long)]
    pub user: Option<u32>,
    /// The group of that user
    #[arg(long)]
    pub group: Option<u32>,
    /// What the program may read besides what any program reads
    #[arg(long)]
    pub readable: Vec<PathBuf>,
    /// The ports that the program may listen on
    #[arg(long = "port")]
    pub ports: Vec<u16>,
    /// The program
    pub program: PathBuf,
    /// What the program is given
    #[arg(last = false, trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<std::ffi::OsString>,
}

/// `edgewright diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// A configuration or a build folder: as it was
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// A configuration or a build folder: as it is now
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Also the requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Also these requests, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// An access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, required = true, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// List the rules that no request used
    #[arg(long)]
    pub unused: bool,
    /// Clients came over TLS
    #[arg(long)]
    pub https: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For a person
    Text,
    /// One JSON object
    Json,
}

/// A table that holds generations.
#[derive(Debug, Args)]
pub struct TableOptions {
    /// The table
    #[arg(long, value_name = "NAME")]
    pub table: String,
    /// A Region that holds the table; of several, the first is written to and the others copy it
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: Vec<String>,
    /// Where DynamoDB answers, for an emulator
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

impl TableOptions {
    /// The table in `region`.
    pub fn target(&self, region: &str) -> Target {
        Target {
            table: self.table.clone(),
            region: region.to_owned(),
            endpoint_url: self.endpoint_url.clone(),
        }
    }

    /// The table in the Region that is written to.
    pub fn home(&self) -> Target {
        self.target(self.region.first().map_or("us-east-1", String::as_str))
    }
}

/// `edgewright bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// A build folder, or a configuration
    #[arg(value_name = "BUILD-or-CONF")]
    pub source: PathBuf,
    /// These requests, one JSON object a line [default: made from the rules]
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// The requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Fail when one request in a hundred takes longer, for example 800ns, 50us, 1ms
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_p99: Option<Duration>,
    /// Fail when p50 or p99 is worse than in this file by more than --tolerance
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// How much worse than the baseline is allowed, in percent
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 25,
        requires = "baseline"
    )]
    pub tolerance: u32,
    /// Keep the figures in this file, as a baseline
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// A whole number with `ns`, `us`, `ms` or `s`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let number = digits
        .parse()
        .map_err(|_| "a number with ns, us, ms or s")?;
    match &text[digits.len()..] {
        "ns" => Ok(Duration::from_nanos(number)),
        "us" | "µs" => Ok(Duration::from_micros(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => Err("a number with ns, us, ms or s".to_owned()),
    }
}

/// `edgewright deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// A build folder
    #[arg(value_name = "BUILD")]
    pub build: PathBuf,
    /// Only say what would be written, and what that costs
    #[arg(long)]
    pub dry_run: bool,
    /// Write the items into this folder as DynamoDB imports them from S3 into a new table; send nothing
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    pub s3_import: Option<PathBuf>,
    #[command(flatten)]
    pub table: TableOptions,
}

/// `edgewright rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The generation to make live [default: the one before]
    #[arg(long, value_name = "GENERATION")]
    pub to: Option<String>,
    #[command(flatten)]
    pub table: TableOptions,
}

/// `edgewright status`.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub table: TableOptions,
}

/// `edgewright prune-generations`.
#[derive(Debug, Args)]
pub struct PruneGenerations {
    /// Keep so many of the newest; the live one and the one before stay in any case
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub keep: usize,
    /// Also what deploys left that broke off; not while one is at work
    #[arg(long)]
    pub unfinished: bool,
    #[command(flatten)]
    pub table: TableOptions,
}

//! The arguments of `edgewright package`.
//!
//! In: words. Out: [`Package`]. Absent: what the command does; see `crate::command::package`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, FromArgMatches as _, ValueEnum};
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::trigger::Trigger;

/// How `edgewright package` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright package build/ --out function.zip
  edgewright package build/ --table redirects --region us-east-1 --region eu-west-1
  edgewright package build/ --origin bucket          files from S3
  edgewright package build/ --origin-ignores cookies --origin-gets user-agent
  edgewright package build/ --cache-control s-maxage=3600 --cache-control 302=no-store";

/// `edgewright package`.
#[derive(Debug, Clone, Args)]
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
    #[arg(long, value_name = "TRIGGER", value_parser = triggers())]
    pub trigger: Option<Trigger>,
    /// The Cache-Control of redirects, or of every answer with one status, in place of what Apache sends
    #[arg(long, value_name = "[STATUS=]VALUE")]
    pub cache_control: Vec<String>,
    /// What serves the requests that no rule answers
    #[arg(long, value_enum, default_value_t = Origin::Server)]
    pub origin: Origin,
    /// What of a request a server's pages do not depend on: it does not get that unless rules read it, and more answers are
    /// shared; may be given more than once, or with commas
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    pub origin_ignores: Vec<Ignored>,
    /// A header that the origin gets, and that answers are kept apart by; may be given more than once
    #[arg(long, value_name = "HEADER", value_parser = header_name)]
    pub origin_gets: Vec<String>,
    /// A CloudFront Function of your own that gets each request first: a behaviour has room for one, so that edgewright's
    /// and yours are put into one
    #[arg(long, value_name = "FILE")]
    pub function_before: Option<PathBuf>,
    /// A CloudFront Function of your own that gets each request after edgewright's
    #[arg(long, value_name = "FILE")]
    pub function_after: Option<PathBuf>,
    /// A server that requests may be handed to where the rules say `P`; may be given more than once,
    /// works at origin-request only
    #[arg(long, value_name = "HOST")]
    pub proxy_to: Vec<String>,
    /// Rules that read X-Forwarded-Proto, which CloudFront hides, see how the viewer connected
    #[arg(long)]
    pub forwarded_proto: bool,
    /// How viewers connect, where CloudFront does not tell the function
    #[arg(long, default_value = Scheme::Https.name(), value_parser = schemes())]
    pub scheme: Scheme,
    /// Pack a site even if all its requests are answered with 500
    #[arg(long)]
    pub force: bool,
}

impl Package {
    /// Is there a server that gets `part` even where no rule reads it?
    pub fn server_gets(&self, part: Ignored) -> bool {
        self.origin == Origin::Server && !self.origin_ignores.contains(&part)
    }

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

/// What a server gets unless somebody says that its pages do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ignored {
    /// The query, as far as no rule reads it
    Query,
    /// Cookies, as far as the rules ask of them what a class of viewers can hold, or nothing
    Cookies,
}

/// A header's name, in lower case.
fn header_name(text: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match text.to_ascii_lowercase() {
        name if name.is_empty() || !name.bytes().all(is_name) => {
            Err("a header's name has letters, digits, `-` and `_`".to_owned())
        }
        name if name == "cookie" => Err("a server gets cookies by itself".to_owned()),
        name => Ok(name),
    }
}

/// Reads the name of a trigger.
fn triggers() -> impl TypedValueParser<Value = Trigger> {
    let names = Trigger::ALL.map(|trigger| {
        PossibleValue::new(trigger.name()).help(match trigger {
            Trigger::OriginRequest => "After a cache miss: answers are cached",
            Trigger::ViewerRequest => "For every request, before the cache",
        })
    });
    PossibleValuesParser::new(names)
        .try_map(|name| Trigger::named(&name).ok_or("there is no such trigger"))
}

/// Reads the name of a scheme.
fn schemes() -> impl TypedValueParser<Value = Scheme> {
    let names = Scheme::ALL.map(|scheme| {
        PossibleValue::new(scheme.name()).help(match scheme {
            Scheme::Http => "In the clear",
            Scheme::Https => "Over TLS",
        })
    });
    PossibleValuesParser::new(names)
        .try_map(|name| Scheme::named(&name).ok_or("there is no such scheme"))
}

//! The arguments of `edgewright package`.
//!
//! In: words. Out: [`Package`]. Absent: what the command does; see `crate::command::package`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use edgewright_compiler::export::function::{
    Distribution, FunctionOptions, Ignored, Origin, TableStack,
};
use edgewright_engine::model::forwarded_for::ForwardedFor;
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
    /// Write a module for Terraform or OpenTofu to this folder, too: the same stack as `*.tf.json`, and the zip file
    #[arg(long, value_name = "DIR")]
    pub terraform: Option<PathBuf>,
    /// The function's binary [default: `bootstrap` beside this program, or target/edge/bootstrap]
    #[arg(long, value_name = "FILE")]
    pub bootstrap: Option<PathBuf>,
    /// Look entries up in this DynamoDB table [default: they are in the zip file]
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// The table is there already: no template is written for it
    #[arg(long, requires = "table")]
    pub existing_table: bool,
    /// A Region that holds the table; may be given more than once, us-east-1 if not at all
    #[arg(long, value_name = "REGION", requires = "table")]
    pub region: Vec<String>,
    /// Where DynamoDB answers, for an emulator
    #[arg(long, value_name = "URL", requires = "table")]
    pub endpoint_url: Option<String>,
    /// For a distribution that is there: the stack has the function and the policies of a behaviour, and no distribution;
    /// `attach` connects the two
    #[arg(long)]
    pub function_only: bool,
    /// Where CloudFront calls the function [default: what the rules allow]
    #[arg(long, value_name = "TRIGGER", value_parser = triggers())]
    pub trigger: Option<Trigger>,
    /// The Cache-Control of redirects, or of every answer with one status, in place of what Apache sends
    #[arg(long, value_name = "[STATUS=]VALUE")]
    pub cache_control: Vec<String>,
    /// What serves the requests that no rule answers
    #[arg(long, default_value = Origin::Server.name(), value_parser = origins())]
    pub origin: Origin,
    /// What of a request a server's pages do not depend on: it does not get that unless rules read it, and more answers are
    /// shared; may be given more than once, or with commas
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = parts())]
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
    /// What stood in front of the server did to X-Forwarded-For: rules that read it see that
    #[arg(long, value_name = "HOW", default_value = ForwardedFor::AsSent.name(), value_parser = forwarded_for())]
    pub forwarded_for: ForwardedFor,
    /// How viewers connect, where CloudFront does not tell the function
    #[arg(long, default_value = Scheme::Https.name(), value_parser = schemes())]
    pub scheme: Scheme,
    /// Pack a site even if all its requests are answered with 500
    #[arg(long)]
    pub force: bool,
}

impl Package {
    /// What is chosen of the function's stack.
    pub fn options(&self) -> FunctionOptions {
        FunctionOptions {
            table: self.table.clone(),
            table_stack: if self.existing_table {
                TableStack::Elsewhere
            } else {
                TableStack::Own
            },
            distribution: if self.function_only {
                Distribution::Elsewhere
            } else {
                Distribution::Own
            },
            regions: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            trigger: self.trigger,
            cache_control: self.cache_control.clone(),
            origin: self.origin,
            origin_ignores: self.origin_ignores.clone(),
            origin_gets: self.origin_gets.clone(),
            proxy_to: self.proxy_to.clone(),
            forwarded_proto: self.forwarded_proto,
            forwarded_for: self.forwarded_for,
            scheme: self.scheme,
        }
    }
}

/// Reads the name of one of `all`.
fn one_of<T: Copy + Send + Sync + 'static, const COUNT: usize>(
    all: [T; COUNT],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let names = all.map(|one| PossibleValue::new(name(one)).help(help(one)));
    PossibleValuesParser::new(names).try_map(move |text| {
        let mut all = all.into_iter();
        all.find(|one| name(*one) == text)
            .ok_or("there is no such name")
    })
}

/// Reads the name of an origin.
fn origins() -> impl TypedValueParser<Value = Origin> {
    one_of(Origin::ALL, Origin::name, |origin| match origin {
        Origin::Server => "A web server, which gets the viewer's Host",
        Origin::Bucket => "An S3 bucket, which must not get it",
    })
}

/// Reads the name of what a server's pages do not depend on.
fn parts() -> impl TypedValueParser<Value = Ignored> {
    one_of(Ignored::ALL, Ignored::name, |part| match part {
        Ignored::Query => "The query, as far as no rule reads it",
        Ignored::Cookies => {
            "Cookies, as far as the rules ask of them what a class of viewers can hold, or nothing"
        }
    })
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
    one_of(Trigger::ALL, Trigger::name, |trigger| match trigger {
        Trigger::OriginRequest => "After a cache miss: answers are cached",
        Trigger::ViewerRequest => "For every request, before the cache",
    })
}

/// Reads what became of `X-Forwarded-For`.
fn forwarded_for() -> impl TypedValueParser<Value = ForwardedFor> {
    one_of(ForwardedFor::ALL, ForwardedFor::name, |how| match how {
        ForwardedFor::AsSent => "Nothing: the server got what the viewer sent",
        ForwardedFor::Append => "A balancer appended the viewer's address",
        ForwardedFor::Replace => "A balancer put the viewer's address in its place",
    })
}

/// Reads the name of a scheme.
fn schemes() -> impl TypedValueParser<Value = Scheme> {
    one_of(Scheme::ALL, Scheme::name, |scheme| match scheme {
        Scheme::Http => "In the clear",
        Scheme::Https => "Over TLS",
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Arguments, Command};

    /// What the command line with these options chooses.
    #[track_caller]
    fn check(options: &[&str], expected: &FunctionOptions) {
        let line = ["edgewright", "package", "build"].iter().chain(options);
        let Command::Package(arguments) = Arguments::parse_from(line).command else {
            unreachable!("it is the package command");
        };
        assert_eq!(arguments.options(), *expected);
    }

    #[test]
    fn nothing_is_chosen_by_itself() {
        check(&[], &FunctionOptions::default());
    }

    #[test]
    fn what_is_chosen_is_carried() {
        let line = "--table t --existing-table --function-only --region eu-west-1 --endpoint-url http://l --trigger viewer-request --cache-control no-store \
                    --origin bucket --origin-ignores cookies,query --origin-gets X-A --proxy-to h --forwarded-proto --forwarded-for append --scheme http";
        let text = |text: &str| vec![text.to_owned()];
        let expected = FunctionOptions {
            table: Some("t".to_owned()),
            table_stack: TableStack::Elsewhere,
            distribution: Distribution::Elsewhere,
            regions: text("eu-west-1"),
            endpoint_url: Some("http://l".to_owned()),
            trigger: Some(Trigger::ViewerRequest),
            cache_control: text("no-store"),
            origin: Origin::Bucket,
            origin_ignores: vec![Ignored::Cookies, Ignored::Query],
            origin_gets: text("x-a"),
            proxy_to: text("h"),
            forwarded_proto: true,
            forwarded_for: ForwardedFor::Append,
            scheme: Scheme::Http,
        };
        let options: Vec<&str> = line.split_whitespace().collect();
        check(&options, &expected);
    }
}

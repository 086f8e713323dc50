//! The arguments of `edgewright attach` and `edgewright detach`.
//!
//! In: words. Out: [`Attach`], [`Detach`]. Absent: what the commands do; see `crate::command::attach`.

use std::path::PathBuf;

use clap::Args;

/// How `edgewright attach` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright attach function.behaviour.json --stack edgewright --distribution E123 --dry-run
  edgewright attach function.behaviour.json --stack edgewright --distribution E123 --path '/old/*'
  edgewright attach function.behaviour.json --stack edgewright --distribution E123 --set-policies
  edgewright attach function.behaviour.json --function ARN --distribution E123";

/// How `edgewright detach` is used.
pub const DETACH_EXAMPLES: &str = "\
Examples:
  edgewright detach --stack edgewright --distribution E123
  edgewright detach --function ARN --distribution E123 --path '/old/*'";

/// `edgewright attach`.
#[derive(Debug, Clone, Args)]
pub struct Attach {
    /// What the function needs, which `package --function-only` wrote
    #[arg(value_name = "BEHAVIOUR.json")]
    pub needs: PathBuf,
    /// Where the function is
    #[command(flatten)]
    pub place: Place,
    /// Put the stack's policies in the place of the behaviour's own
    #[arg(long, requires = "stack")]
    pub set_policies: bool,
}

/// `edgewright detach`.
#[derive(Debug, Clone, Args)]
pub struct Detach {
    /// Where the function is
    #[command(flatten)]
    pub place: Place,
}

/// A function, and a behaviour of a distribution.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The distribution's id
    #[arg(long, value_name = "ID")]
    pub distribution: String,
    /// The behaviour's path pattern [default: the default behaviour]
    #[arg(long, value_name = "PATTERN")]
    pub path: Option<String>,
    /// The function's stack, made of the template that `package --function-only` wrote
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "function",
        conflicts_with = "function"
    )]
    pub stack: Option<String>,
    /// The ARN of the function's version
    #[arg(long, value_name = "ARN")]
    pub function: Option<String>,
    /// The ARN of the CloudFront Function at viewer-request, if there is one
    #[arg(long, value_name = "ARN", requires = "function")]
    pub viewer_function: Option<String>,
    /// Show the change, and make none
    #[arg(long)]
    pub dry_run: bool,
    /// Make the change without asking
    #[arg(long)]
    pub yes: bool,
    /// Where AWS answers, for an emulator
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

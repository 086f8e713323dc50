//! Why there can be no such function.
//!
//! In: what the other files of this room found. Out: [`FunctionError`], which says what to do. Absent: the disk's errors.

use std::fmt;

use edgewright_engine::cloudfront::refusal::Refusal;
use edgewright_engine::model::header_names::MOST_IN_POLICY;

use super::terraform::Untranslated;
use crate::class::LONGEST_CODE;

/// Why there can be no such function, or no such stack.
#[derive(Debug)]
#[non_exhaustive]
pub enum FunctionError {
    /// The text of an option cannot be used.
    Option {
        /// The option, as it is written on a command line.
        name: &'static str,
        /// The text.
        text: String,
        /// What is wrong with the text.
        why: &'static str,
    },
    /// Answers may not be kept, and the trigger asked for keeps them: what they depend on, with the lines that read it.
    NotToBeKept(Vec<String>),
    /// Answers depend on more headers than a cache key holds: these.
    TooManyHeaders(Vec<String>),
    /// There is a function of the user's own, and no room for any.
    NoRoom,
    /// The text of a function of the user's own has no handler.
    NoHandler,
    /// The function in front of the cache would be this long, in bytes.
    TooLong(usize),
    /// The function would not read its settings.
    Settings(serde_json::Error),
    /// The price list is damaged.
    Prices(serde_json::Error),
    /// The module for Terraform would lack a part of the template.
    Untranslated(Untranslated),
    /// CloudFront would refuse a policy of the stack.
    Refused(Refusal),
}

impl fmt::Display for FunctionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option { name, text, why } => write!(out, "{name} {text}: {why}"),
            Self::NotToBeKept(inputs) => write!(
                out,
                "answers depend on what no cache key can hold, and one viewer would get another's at \
                 origin-request: {}; use viewer-request",
                inputs.join(", ")
            ),
            Self::TooManyHeaders(names) => write!(
                out,
                "answers depend on {} headers ({}), a cache key holds {MOST_IN_POLICY}: use --trigger viewer-request",
                names.len(),
                names.join(", ")
            ),
            Self::NoRoom => out.write_str(
                "at viewer-request CloudFront calls Lambda@Edge, and no CloudFront Function beside it: there is no room for yours",
            ),
            Self::NoHandler => {
                out.write_str("it has no `function handler(event)`, which CloudFront calls")
            }
            Self::TooLong(length) => write!(
                out,
                "the CloudFront Function has {length} bytes with yours, CloudFront takes {LONGEST_CODE}: shorten yours"
            ),
            Self::Settings(_) => out.write_str("the function would not read its settings"),
            Self::Prices(_) => out.write_str("the price list of this release is damaged"),
            Self::Untranslated(untranslated) => untranslated.fmt(out),
            Self::Refused(refusal) => refusal.fmt(out),
        }
    }
}

impl std::error::Error for FunctionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Settings(error) | Self::Prices(error) => Some(error),
            Self::Option { .. }
            | Self::NotToBeKept(_)
            | Self::TooManyHeaders(_)
            | Self::NoRoom
            | Self::NoHandler
            | Self::TooLong(_)
            | Self::Untranslated(_)
            | Self::Refused(_) => None,
        }
    }
}

impl From<Refusal> for FunctionError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

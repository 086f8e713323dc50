//! Why CloudFront would not make a distribution of a template, or why the model cannot.
//!
//! In: what `policy` and `template` found. Out: [`Refusal`], which says so. Absent: finding it.

use std::fmt;

/// Why there is no distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A policy names a header that it must not.
    Header {
        /// The header, as the policy has it.
        name: String,
        /// The policy.
        policy: PolicyKind,
        /// The rule against it.
        rule: HeaderRule,
    },
    /// A policy has more names than it may.
    TooMany {
        /// Of what.
        what: Quantity,
        /// The policy.
        policy: PolicyKind,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// The names in a policy are too long together.
    NamesTooLong {
        /// Of what.
        what: Quantity,
        /// The policy.
        policy: PolicyKind,
        /// How long they are.
        length: usize,
        /// How long they may be.
        most: usize,
    },
    /// A key names headers although nothing is ever kept.
    KeyWithoutTtl,
    /// Two functions for viewer events stand in one behaviour.
    TwoViewerFunctions,
    /// Something of the template is missing or has another form.
    Form(String),
}

/// The two kinds of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// What the cache key holds.
    Cache,
    /// What goes to the origin beside it.
    OriginRequest,
}

/// What a policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Headers.
    Headers,
    /// Cookies.
    Cookies,
    /// Query parameters.
    Parameters,
}

/// The rule against a header in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderRule {
    /// No cache key holds it.
    Unkeyed,
    /// No function and no origin sees it.
    Hidden,
    /// It tells of the viewer's connection, which no cache key holds.
    OfConnection,
    /// Cookies have a setting of their own.
    CookiesAreASetting,
    /// Encodings have switches of their own.
    EncodingsAreSwitches,
    /// A bucket answers 403 to the viewer's `Host`.
    HostOfBucket,
    /// Only a cache policy surely takes `Authorization`.
    AuthorizationIsKeyed,
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Cache => "a cache policy",
            Self::OriginRequest => "an origin request policy",
        })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Headers => "headers",
            Self::Cookies => "cookies",
            Self::Parameters => "query parameters",
        })
    }
}

impl fmt::Display for HeaderRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unkeyed => "caching by its values is not supported (RequestAndResponseBehaviorCustomOrigin)",
            Self::Hidden => "CloudFront keeps it to itself (edge-function-restrictions-all)",
            Self::OfConnection => "it can only be in an origin request policy (adding-cloudfront-headers)",
            Self::CookiesAreASetting => "cookies have a setting of their own (header-caching)",
            Self::EncodingsAreSwitches => {
                "EnableAcceptEncodingGzip and EnableAcceptEncodingBrotli stand for it (cache-key-understand-cache-policy)"
            }
            Self::HostOfBucket => "an S3 origin does not take the viewer's (header-caching)",
            Self::AuthorizationIsKeyed => {
                "it belongs in the cache policy; accounts have refused it elsewhere (add-origin-custom-headers)"
            }
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, policy, rule } => {
                write!(out, "CloudFront refuses the header {name} in {policy}: {rule}")
            }
            Self::TooMany { what, policy, count, most } => write!(
                out,
                "CloudFront refuses {policy} with {count} {what}: there may be {most} (cloudfront-limits)"
            ),
            Self::NamesTooLong { what, policy, length, most } => write!(
                out,
                "CloudFront refuses {policy} whose {what} have {length} characters together: there may be {most} (cloudfront-limits)"
            ),
            Self::KeyWithoutTtl => out.write_str(
                "CloudFront refuses a cache policy with headers whose three times are 0: nothing would be kept (cache-key-understand-cache-policy)",
            ),
            Self::TwoViewerFunctions => out.write_str(
                "CloudFront refuses a CloudFront Function and Lambda@Edge at viewer events of one behaviour (edge-function-restrictions-all)",
            ),
            Self::Form(what) => out.write_str(what),
        }
    }
}

impl std::error::Error for Refusal {}

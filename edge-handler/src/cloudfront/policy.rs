//! Policies of a behaviour: what the cache key holds, and what goes to the origin beside it.
//!
//! In: the two policies of a template. Out: [`CachePolicy`], [`OriginRequestPolicy`], and [`Refusal`] where CloudFront
//! would not make one. Absent: their use; see `key` and `origin_headers`.

use super::refusal::{HeaderRule, PolicyKind, Quantity, Refusal};
use crate::model::header_names::{Kind, MOST_IN_POLICY, kind};

/// `cloudfront-limits`: the length of all names of one kind together.
const LONGEST_NAMES: usize = 1024;

/// Which names a policy takes. They are compared byte for byte: `QueryStringParameters`, `Cookies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// No name is taken.
    None,
    /// Every name is taken.
    All,
    /// The listed names. A `*` is an asterisk: `cache-key-understand-cache-policy`.
    Only(Vec<String>),
    /// Every name but the listed ones.
    AllExcept(Vec<String>),
}

impl Selection {
    /// Says whether `name` is taken.
    pub fn takes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|known| known == name),
            Self::AllExcept(names) => names.iter().all(|known| known != name),
        }
    }

    fn names(&self) -> &[String] {
        match self {
            Self::None | Self::All => &[],
            Self::Only(names) | Self::AllExcept(names) => names,
        }
    }
}

/// Which encodings of answers CloudFront keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encodings {
    /// `EnableAcceptEncodingGzip`.
    pub gzip: bool,
    /// `EnableAcceptEncodingBrotli`.
    pub brotli: bool,
}

/// What a cache key holds beside the path, and how long answers are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachePolicy {
    /// The least seconds that an answer is kept.
    pub min_ttl: u64,
    /// The seconds for an answer that does not say.
    pub default_ttl: u64,
    /// The most seconds for an answer that says.
    pub max_ttl: u64,
    /// Headers by name.
    pub headers: Vec<String>,
    /// Cookies by name.
    pub cookies: Selection,
    /// Query parameters by name.
    pub query: Selection,
    /// What is done with `Accept-Encoding`.
    pub encodings: Encodings,
}

/// Which headers go to the origin beside those of the cache key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginHeaders {
    /// No header.
    None,
    /// The listed headers.
    Only(Vec<String>),
    /// All that the viewer sent.
    AllViewer,
    /// All that the viewer sent, and these of CloudFront's own.
    AllViewerAnd(Vec<String>),
    /// All that the viewer sent but those listed.
    AllExcept(Vec<String>),
}

/// What goes to the origin beside the cache key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginRequestPolicy {
    /// Headers by name.
    pub headers: OriginHeaders,
    /// Cookies by name.
    pub cookies: Selection,
    /// Query parameters by name.
    pub query: Selection,
}

/// What serves a behaviour's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginKind {
    /// A web server.
    Custom,
    /// An S3 bucket.
    Bucket,
}

impl CachePolicy {
    /// Says whether the key holds the header.
    pub fn names(&self, header: &str) -> bool {
        self.headers
            .iter()
            .any(|known| known.eq_ignore_ascii_case(header))
    }

    /// Says whether nothing is ever kept: `cache-key-understand-cache-policy`, all three times are 0.
    pub fn is_off(&self) -> bool {
        self.min_ttl == 0 && self.default_ttl == 0 && self.max_ttl == 0
    }

    /// What CloudFront would refuse when the policy is made, for an origin of this kind.
    ///
    /// # Errors
    /// A header that no key holds, too many names, or a key although nothing is kept.
    pub fn check(&self, origin: OriginKind) -> Result<(), Refusal> {
        let policy = PolicyKind::Cache;
        for name in &self.headers {
            if let Some(rule) = self.refused(name, origin) {
                let name = name.clone();
                return Err(Refusal::Header { name, policy, rule });
            }
        }
        within(Quantity::Headers, policy, &self.headers)?;
        within(Quantity::Cookies, policy, self.cookies.names())?;
        within(Quantity::Parameters, policy, self.query.names())?;
        if self.is_off() && !self.headers.is_empty() {
            return Err(Refusal::KeyWithoutTtl);
        }
        Ok(())
    }

    fn refused(&self, name: &str, origin: OriginKind) -> Option<HeaderRule> {
        let encodings = self.encodings.gzip || self.encodings.brotli;
        match (kind(name), origin) {
            (Kind::Host, OriginKind::Bucket) => Some(HeaderRule::HostOfBucket),
            (Kind::AcceptEncoding, _) if encodings => Some(HeaderRule::EncodingsAreSwitches),
            (Kind::Cookie, _) => Some(HeaderRule::CookiesAreASetting),
            (Kind::OfConnection, _) => Some(HeaderRule::OfConnection),
            (Kind::Unkeyed, _) => Some(HeaderRule::Unkeyed),
            (Kind::Hidden, _) => Some(HeaderRule::Hidden),
            (
                Kind::Ordinary
                | Kind::Host
                | Kind::AcceptEncoding
                | Kind::Authorization
                | Kind::OfRequest
                | Kind::AddedTo
                | Kind::Conditional,
                OriginKind::Custom | OriginKind::Bucket,
            ) => None,
        }
    }
}

impl OriginRequestPolicy {
    /// Says whether the policy takes the header of a viewer, or CloudFront's own of that name.
    pub fn takes(&self, header: &str) -> bool {
        let lists = |names: &[String]| names.iter().any(|known| known.eq_ignore_ascii_case(header));
        let own = matches!(kind(header), Kind::OfRequest | Kind::OfConnection);
        match &self.headers {
            OriginHeaders::None => false,
            OriginHeaders::Only(names) => lists(names),
            OriginHeaders::AllViewer => !own,
            OriginHeaders::AllViewerAnd(names) => !own || lists(names),
            OriginHeaders::AllExcept(names) => !own && !lists(names),
        }
    }

    /// The headers that the policy lists to be sent.
    pub(super) fn own_headers(&self) -> &[String] {
        match &self.headers {
            OriginHeaders::None | OriginHeaders::AllViewer | OriginHeaders::AllExcept(_) => &[],
            OriginHeaders::Only(names) | OriginHeaders::AllViewerAnd(names) => names,
        }
    }

    /// What CloudFront would refuse when the policy is made.
    ///
    /// # Errors
    /// A header that this kind of policy does not take, or too many names.
    pub fn check(&self) -> Result<(), Refusal> {
        let policy = PolicyKind::OriginRequest;
        let headers: &[String] = match &self.headers {
            OriginHeaders::None | OriginHeaders::AllViewer => &[],
            OriginHeaders::Only(names)
            | OriginHeaders::AllViewerAnd(names)
            | OriginHeaders::AllExcept(names) => names,
        };
        for name in headers {
            if let Some(rule) = refused_for_origin(name) {
                let name = name.clone();
                return Err(Refusal::Header { name, policy, rule });
            }
        }
        within(Quantity::Headers, policy, headers)?;
        within(Quantity::Cookies, policy, self.cookies.names())?;
        within(Quantity::Parameters, policy, self.query.names())
    }
}

/// The safe side where AWS's pages and people's reports differ: no account takes less.
fn refused_for_origin(name: &str) -> Option<HeaderRule> {
    match kind(name) {
        Kind::AcceptEncoding => Some(HeaderRule::EncodingsAreSwitches),
        Kind::Authorization => Some(HeaderRule::AuthorizationIsKeyed),
        Kind::Cookie => Some(HeaderRule::CookiesAreASetting),
        Kind::Hidden => Some(HeaderRule::Hidden),
        Kind::Unkeyed if name.to_ascii_lowercase().starts_with("x-amz-") => {
            Some(HeaderRule::Unkeyed)
        }
        Kind::Ordinary
        | Kind::Host
        | Kind::OfRequest
        | Kind::OfConnection
        | Kind::AddedTo
        | Kind::Conditional
        | Kind::Unkeyed => None,
    }
}

/// `cloudfront-limits`.
fn within(what: Quantity, policy: PolicyKind, names: &[String]) -> Result<(), Refusal> {
    let length: usize = names.iter().map(String::len).sum();
    if names.len() > MOST_IN_POLICY {
        let (count, most) = (names.len(), MOST_IN_POLICY);
        return Err(Refusal::TooMany {
            what,
            policy,
            count,
            most,
        });
    }
    if length > LONGEST_NAMES {
        let most = LONGEST_NAMES;
        return Err(Refusal::NamesTooLong {
            what,
            policy,
            length,
            most,
        });
    }
    Ok(())
}

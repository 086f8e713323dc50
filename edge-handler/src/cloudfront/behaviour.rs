//! A cache behaviour: for which paths it is, and what it does with viewers.
//!
//! In: what `template` read. Out: [`Behaviour`], and which paths a [`PathPattern`] is for. Absent: reading templates.

use serde_json::Value;

use super::policy::{CachePolicy, OriginKind, OriginRequestPolicy};
use crate::model::header_names::{Kind, kind};

/// A cache behaviour.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// Which paths it is for; the default behaviour's is for all.
    pub pattern: PathPattern,
    /// What serves its requests.
    pub origin: Origin,
    /// What becomes of plain HTTP.
    pub viewer_protocol: ViewerProtocol,
    /// The methods that viewers may use.
    pub allowed: Vec<String>,
    /// The methods whose answers are kept.
    pub cached: Vec<String>,
    /// What the key holds.
    pub cache: CachePolicy,
    /// What goes on beside the key.
    pub forward: OriginRequestPolicy,
    /// What is called for viewer requests.
    pub at_viewer: AtViewer,
    /// What is called for origin requests.
    pub at_origin: AtOrigin,
}

/// What is called at viewer-request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtViewer {
    /// Nothing.
    Nothing,
    /// A CloudFront Function; its code.
    Function(String),
    /// Lambda@Edge.
    EdgeFunction,
}

/// What is called at origin-request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtOrigin {
    /// Nothing.
    Nothing,
    /// Lambda@Edge.
    EdgeFunction,
}

/// What serves requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// A server or a bucket.
    pub kind: OriginKind,
    /// Its name.
    pub domain: String,
    /// How an event of Lambda@Edge names it.
    pub event: Value,
}

/// What becomes of viewers that come over plain HTTP: `using-https-viewers-to-cloudfront`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewerProtocol {
    /// Viewers over plain HTTP are served.
    AllowAll,
    /// Viewers over plain HTTP are redirected.
    RedirectToHttps,
    /// Viewers over plain HTTP are refused.
    HttpsOnly,
}

impl Behaviour {
    /// Says whether a policy of the behaviour lets the header through to the origin.
    pub fn names(&self, header: &str) -> bool {
        self.cache.names(header) || self.forward.takes(header)
    }

    /// Says whether answers to `method` are kept.
    pub fn caches(&self, method: &str) -> bool {
        !self.cache.is_off() && self.cached.iter().any(|known| known == method)
    }

    /// The headers of CloudFront's own that a policy names, in lower case.
    pub fn own_headers(&self) -> Vec<String> {
        let keyed = self.cache.headers.iter();
        let mut names: Vec<String> = keyed
            .chain(self.forward.own_headers())
            .filter(|name| matches!(kind(name), Kind::OfRequest | Kind::OfConnection))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A pattern of paths: `DownloadDistValuesCacheBehavior`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(String);

impl PathPattern {
    /// Reads a pattern; one without its leading slash means the same.
    pub fn new(text: &str) -> Self {
        let slash = if text.starts_with('/') { "" } else { "/" };
        Self(format!("{slash}{text}"))
    }

    /// Says whether the pattern is for `path`, which is normalized.
    pub fn is_for(&self, path: &str) -> bool {
        matches(self.0.as_bytes(), path.as_bytes())
    }
}

/// `*` is for any characters, `?` for one, and case matters.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    // Where to begin anew: after the last asterisk, one byte later than before.
    let (mut at, mut here, mut again) = (0, 0, None);
    while here < path.len() {
        match pattern.get(at) {
            Some(b'*') => {
                again = Some((at + 1, here));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == path[here] => {
                at += 1;
                here += 1;
            }
            Some(_) | None => match again {
                None => return false,
                Some((after, from)) => {
                    again = Some((after, from + 1));
                    (at, here) = (after, from + 1);
                }
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// A path without empty and dot segments: `DownloadDistValuesCacheBehavior`, by RFC 3986, section 6.
pub fn normalized(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "" | "." => {}
            ".." => _ = kept.pop(),
            _ => kept.push(segment),
        }
        if is_last && matches!(segment, "" | "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

//! An answer on its way to the viewer.
//!
//! In: what a function, the origin or CloudFront made. Out: [`Response`], and what the viewer gets of it. Absent: how
//! long it is kept; see `ttl`.

use percent_encoding::percent_decode_str;

use super::behaviour::Behaviour;
use super::carried::CarriedRequest;
use super::header_list::HeaderList;
use super::policy::Selection;
use super::switches::{GeneratedCookie, Switches};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: Vec<u8>,
    /// Who made it.
    pub maker: Maker,
}

/// Who made an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// CloudFront by itself.
    CloudFront,
    /// A function at viewer-request, of either kind.
    ViewerRequest,
    /// A function at origin-request.
    OriginRequest,
    /// The origin.
    Origin(Box<Asked>),
}

/// What the origin was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The server's name, which a function may have changed.
    pub domain: String,
    /// The request.
    pub request: CarriedRequest,
}

impl Asked {
    /// The path as the origin reads it, decoded.
    pub fn path(&self) -> Vec<u8> {
        percent_decode_str(&self.request.uri).collect()
    }
}

impl Response {
    /// An answer of CloudFront's own.
    pub fn of_cloudfront(status: u16) -> Self {
        Self {
            status,
            headers: HeaderList::from_iter([("Server", "CloudFront")]),
            body: Vec::new(),
            maker: Maker::CloudFront,
        }
    }

    /// Takes away what neither the cache nor the viewer gets.
    pub(super) fn received(mut self, behaviour: &Behaviour, switches: &Switches) -> Self {
        let forwards_cookies = behaviour.cache.cookies != Selection::None
            || behaviour.forward.cookies != Selection::None;
        let removed = match self.maker {
            // [Cookies]: removed from an origin's answer where no cookies are sent there.
            Maker::Origin(_) => true,
            Maker::OriginRequest => switches.generated_cookie == GeneratedCookie::Removed,
            Maker::CloudFront | Maker::ViewerRequest => false,
        };
        if removed && !forwards_cookies {
            self.headers.remove("set-cookie");
        }
        // [RequestAndResponseBehaviorCustomOrigin], "HTTP response headers that CloudFront removes or replaces".
        for name in ["Trailer", "Upgrade", "Via"] {
            self.headers.remove(name);
        }
        self.with_vary_of(behaviour)
    }

    /// `RequestAndResponseBehaviorCustomOrigin`, "Content negotiation": of `Vary` the viewer sees the names of what
    /// CloudFront sends to the origin, `Accept-Encoding` and `Cookie`.
    fn with_vary_of(mut self, behaviour: &Behaviour) -> Self {
        let Some(vary) = self.headers.joined("vary") else {
            return self;
        };
        let is_kept = |name: &&str| {
            let always = ["accept-encoding", "cookie"];
            always.iter().any(|known| known.eq_ignore_ascii_case(name)) || behaviour.names(name)
        };
        let kept: Vec<&str> = vary.split(',').map(str::trim).filter(is_kept).collect();
        self.headers.remove("vary");
        if !kept.is_empty() {
            self.headers.add("Vary", kept.join(", "));
        }
        self
    }
}

/// What the cache had to do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// Nobody asked the cache.
    None,
    /// The cache had no answer.
    Miss,
    /// It had this one, so many seconds old.
    Hit(u64),
    /// It had this one, too old, and no better one was to be had.
    Stale(u64),
}

/// An answer as the viewer gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The answer.
    pub response: Response,
    /// What the cache had to do with it.
    pub cache: CacheUse,
}

impl Delivered {
    /// What a viewer gets of `response` who asked by `method`.
    pub(super) fn of(mut response: Response, cache: CacheUse, method: &str) -> Self {
        if method == "HEAD" {
            response.body.clear();
        }
        if let CacheUse::Hit(age) | CacheUse::Stale(age) = cache {
            // [lambda-event-structure] shows it.
            response.headers.set("Age", age.to_string());
        }
        let x_cache = x_cache(&response, cache);
        response
            .headers
            .set("X-Cache", format!("{x_cache} from cloudfront"));
        // [RequestAndResponseBehaviorCustomOrigin].
        response
            .headers
            .set("Via", "1.1 model.cloudfront.net (CloudFront)");
        Self { response, cache }
    }
}

/// The words that public answers show, and `standard-logs-reference`.
fn x_cache(response: &Response, cache: CacheUse) -> &'static str {
    match (cache, &response.maker) {
        (CacheUse::Hit(_) | CacheUse::Stale(_), _) => "Hit",
        (_, Maker::ViewerRequest) => "FunctionGeneratedResponse",
        (_, Maker::OriginRequest) => "LambdaGeneratedResponse",
        (_, Maker::CloudFront) if matches!(response.status, 301 | 307) => "Redirect",
        (_, Maker::CloudFront) => "Error",
        (_, Maker::Origin(_)) if response.status >= 400 => "Error",
        (_, Maker::Origin(_)) => "Miss",
    }
}

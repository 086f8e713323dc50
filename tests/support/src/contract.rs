//! Requests and outcomes as JSON lines: the contract of `edgewright replay`, read from outside.
//!
//! In: lines of a request file; a real Apache's [`Answer`]. Out: [`Request`]s; [`Line`]s that can be
//! compared with what an engine says. Absent: our own reading of the contract, which this checks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::apache::{Answer, End};
use crate::record::{from_latin_1, latin_1};
use crate::wire::Request;

/// What became of a request. Texts hold one character per byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// An answer with a `Location`.
    Redirect {
        /// The status.
        status: u16,
        /// The header's value.
        location: String,
    },
    /// Any other answer that is not a file.
    Status {
        /// The status.
        status: u16,
    },
    /// A file, present or not.
    Serve {
        /// Its path below the document root, and path info.
        path: String,
        /// The query string, empty for none.
        query: String,
    },
    /// Another server's business.
    Proxy {
        /// The absolute URL.
        url: String,
    },
    /// An engine cannot tell.
    Unsupported {
        /// Why.
        reason: String,
    },
}

/// An outcome with its cookies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What became of the request.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// `Set-Cookie` values. The moment of `expires=` is left out: it depends on the clock.
    pub cookies: Vec<String>,
}

impl Line {
    /// What Apache answered; file names below one of `document_roots` lose it.
    pub fn from_apache(answer: &Answer, document_roots: &[String]) -> Self {
        let cookies = answer
            .cookies
            .iter()
            .map(|cookie| without_date(&from_latin_1(cookie)));
        Self {
            outcome: outcome(answer, document_roots),
            cookies: cookies.collect(),
        }
    }
}

/// What Apache has modules for that are not loaded: such a request came as far as its URL.
const OF_MODULES_NOT_LOADED: [&[u8]; 11] = [
    b"ajp:",
    b"balancer:",
    b"fcgi:",
    b"ftp:",
    b"h2:",
    b"h2c:",
    b"https:",
    b"scgi:",
    b"unix:",
    b"ws:",
    b"wss:",
];

fn outcome(answer: &Answer, document_roots: &[String]) -> Outcome {
    let status = answer.status;
    if let Some(location) = &answer.location {
        return Outcome::Redirect {
            status,
            location: from_latin_1(location),
        };
    }
    if let Some(url) = &answer.proxied {
        let url = from_latin_1(url);
        return Outcome::Proxy { url };
    }
    if let Some(missing) = &answer.missing {
        return served(missing, document_roots);
    }
    let Some(end) = &answer.end else {
        return Outcome::Status { status };
    };
    // A 500 that `mod_proxy` says nothing about is of a rule.
    if let (Some(url), 500) = (end.filename.strip_prefix(b"proxy:"), status)
        && answer.logged
        && OF_MODULES_NOT_LOADED
            .iter()
            .any(|scheme| url.starts_with(scheme))
    {
        let url = from_latin_1(url);
        return Outcome::Proxy { url };
    }
    if answer.served {
        served(end, document_roots)
    } else {
        Outcome::Status { status }
    }
}

/// Where the request came to, when that is a missing file outside of every document root. Apache has a
/// 404 for it, and perhaps a document; nobody tells the edge what is there, and it lets the request go on.
pub fn missing_outside(answer: &Answer, document_roots: &[String]) -> Option<Outcome> {
    let end = answer.missing.as_ref()?;
    let file = from_latin_1(&end.filename);
    let inside = document_roots
        .iter()
        .any(|root| below(&file, root).is_some());
    (!inside).then(|| served(end, document_roots))
}

fn served(end: &End, document_roots: &[String]) -> Outcome {
    let path = from_latin_1(&[&end.filename[..], &end.path_info].concat());
    let own = end.document_root.as_deref().map(from_latin_1);
    let mut roots = own.iter().chain(document_roots);
    let below = roots.find_map(|root| below(&path, root));
    Outcome::Serve {
        // The root itself, if a name without a slash leads there.
        path: match below.unwrap_or(&path) {
            "" => "/".to_owned(),
            path => path.to_owned(),
        },
        query: from_latin_1(&end.query),
    }
}

fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(root)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// A cookie without the moment it ends.
pub fn without_date(cookie: &str) -> String {
    let parts = cookie.split("; ");
    let dateless = parts.map(|part| {
        if part.starts_with("expires=") {
            "expires"
        } else {
            part
        }
    });
    dateless.collect::<Vec<_>>().join("; ")
}

/// The requests of a file.
///
/// # Errors
/// A line is not the object the contract asks for.
pub fn requests(text: &str, default_host: &str) -> Result<Vec<Request>, serde_json::Error> {
    text.lines()
        .map(|line| request(line, default_host))
        .collect()
}

fn request(line: &str, default_host: &str) -> Result<Request, serde_json::Error> {
    let fields: Map<String, Value> = serde_json::from_str(line)?;
    let text = |name: &str, default: &str| {
        let value = fields.get(name).and_then(Value::as_str);
        latin_1(value.unwrap_or(default))
    };
    let headers = fields.get("headers").and_then(Value::as_object);
    let header = |(name, value): (&String, &Value)| Some((latin_1(name), latin_1(value.as_str()?)));
    Ok(Request {
        method: text("method", "GET"),
        target: text("target", "/"),
        host: Some(text("host", default_host)),
        headers: headers.into_iter().flatten().filter_map(header).collect(),
    })
}

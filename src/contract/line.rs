//! One line of a request file.
//!
//! In: a JSON object. Out: an [`OwnedRequest`], or which field is wrong and what to write.

use edgewright_engine::model::request::Scheme;
use serde_json::{Map, Value};

use super::{OwnedRequest, to_bytes};

/// Why a line is no request: which field, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRequest(String);

impl std::fmt::Display for NoRequest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for NoRequest {}

/// Name and value.
type Header = (Vec<u8>, Vec<u8>);

/// The object of a line, field by field.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(line: &str) -> Result<Self, NoRequest> {
        let no_object = |why: String| {
            NoRequest(format!(
                "this is no JSON object, as {{\"target\":\"/old\"}} is{why}"
            ))
        };
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            // Where in the line JSON ends is worth saying of what begins as an object.
            Err(error) if line.trim_start().starts_with('{') => {
                Err(no_object(format!(": character {}", error.column())))
            }
            Ok(_) | Err(_) => Err(no_object(String::new())),
        }
    }

    /// A text, as bytes.
    fn text(&self, name: &str) -> Result<Option<Vec<u8>>, NoRequest> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(to_bytes(text))),
            Some(other) => Err(NoRequest(format!("`{name}` is {other}: write a text"))),
        }
    }

    fn scheme(&self) -> Result<Scheme, NoRequest> {
        match self.0.get("scheme") {
            None => Ok(Scheme::Http),
            Some(Value::String(name)) if name == "http" => Ok(Scheme::Http),
            Some(Value::String(name)) if name == "https" => Ok(Scheme::Https),
            Some(other) => Err(NoRequest(format!(
                "`scheme` is {other}: write \"http\" or \"https\""
            ))),
        }
    }

    /// Headers; a value may be a list for a header sent several times.
    fn headers(&self) -> Result<Vec<Header>, NoRequest> {
        let fields = match self.0.get("headers") {
            None => return Ok(Vec::new()),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                return Err(NoRequest(format!(
                    "`headers` is {other}: write an object of names and values"
                )));
            }
        };
        let mut headers = Vec::new();
        for (name, value) in fields {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            for own in values {
                let text = own.as_str().ok_or_else(|| {
                    NoRequest(format!(
                        "the header `{name}` is {value}: write a text, or a list of texts"
                    ))
                })?;
                headers.push((to_bytes(name), to_bytes(text)));
            }
        }
        Ok(headers)
    }
}

impl OwnedRequest {
    /// Reads one line of a request file; `default_host` stands in for a missing host.
    ///
    /// # Errors
    /// The line is not the JSON object the contract asks for.
    pub fn parse(line: &str, default_host: &[u8]) -> Result<Self, NoRequest> {
        let fields = Fields::of(line)?;
        let text = |name: &str, default: &[u8]| {
            let text = fields.text(name)?;
            Ok(text.unwrap_or_else(|| default.to_vec()))
        };
        let mut host = text("host", default_host)?;
        let mut headers = fields.headers()?;
        headers.retain(|(name, value)| {
            let is_host = name.eq_ignore_ascii_case(b"host");
            if is_host {
                host.clone_from(value);
            }
            !is_host
        });
        let target = fields.text("target")?.ok_or_else(|| {
            NoRequest(
                "`target` is missing: write the URL's path, as {\"target\":\"/old\"}".to_owned(),
            )
        })?;
        Ok(Self {
            method: text("method", b"GET")?,
            scheme: fields.scheme()?,
            host: Some(host),
            target,
            headers,
            client: text("client", b"127.0.0.1")?,
            protocol: text("protocol", b"HTTP/1.1")?,
        })
    }
}

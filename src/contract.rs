//! Requests and outcomes as JSON lines: the contract of `replay`.
//!
//! In: a JSON object. Out: an owned request; and an answer as a JSON object. Absent: answering.
//!
//! Texts are bytes: a character up to U+00FF stands for the byte of that number, a character above
//! for its UTF-8 bytes. What is printed uses the first form only.

mod line;

use edgewright_compiler::witness;
use edgewright_engine::budget::OVER_BUDGET;
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request::{Request, Scheme, Target};
use serde_json::{Map, Value, json};

/// A request that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnedRequest {
    /// The method.
    pub method: Vec<u8>,
    /// How the client connected.
    pub scheme: Scheme,
    /// The `Host` header.
    pub host: Option<Vec<u8>>,
    /// The request target.
    pub target: Vec<u8>,
    /// The other headers.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The client's address.
    pub client: Vec<u8>,
    /// The protocol.
    pub protocol: Vec<u8>,
}

impl OwnedRequest {
    /// For a person: the method, the URL and the headers, one a line.
    pub fn to_text(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let host = self.host.as_deref().unwrap_or_default();
        let mut text = format!(
            "{} {scheme}://{}{}",
            self.method.escape_ascii(),
            host.escape_ascii(),
            self.target.escape_ascii()
        );
        for (name, value) in &self.headers {
            text += &format!("\n  -H '{}: {}'", name.escape_ascii(), value.escape_ascii());
        }
        text
    }

    /// As a line of a request file, less what is as it is when nothing is said.
    pub fn to_json(&self) -> Value {
        let mut object = json!({
            "method": to_text(&self.method),
            "host": self.host.as_deref().map(to_text),
            "target": to_text(&self.target),
        });
        if let Value::Object(fields) = &mut object {
            if self.scheme == Scheme::Https {
                fields.insert("scheme".to_owned(), json!("https"));
            }
            let headers = self.headers.iter();
            let headers: Map<String, Value> = headers
                .map(|(name, value)| (to_text(name), json!(to_text(value))))
                .collect();
            fields.insert("headers".to_owned(), Value::Object(headers));
        }
        object
    }

    /// Calls `answer` with this request borrowed.
    pub fn with<T>(&self, answer: impl FnOnce(&Request<'_>) -> T) -> T {
        answer(&self.borrowed(&self.header_list()))
    }

    /// The headers, for [`OwnedRequest::borrowed`].
    pub fn header_list(&self) -> Vec<(&[u8], &[u8])> {
        let headers = self.headers.iter();
        headers
            .map(|(name, value)| (&name[..], &value[..]))
            .collect()
    }

    /// This request borrowed, with its header list.
    pub fn borrowed<'a>(&'a self, headers: &'a [(&'a [u8], &'a [u8])]) -> Request<'a> {
        Request {
            method: &self.method,
            scheme: self.scheme,
            host: self.host.as_deref(),
            target: Target::of(&self.target),
            headers,
            client: &self.client,
            protocol: &self.protocol,
        }
    }
}

impl From<witness::Request> for OwnedRequest {
    fn from(request: witness::Request) -> Self {
        Self {
            method: request.method,
            scheme: request.scheme,
            host: Some(request.host),
            target: request.target,
            headers: request.headers,
            client: b"127.0.0.1".to_vec(),
            protocol: b"HTTP/1.1".to_vec(),
        }
    }
}

/// An answer as the contract's JSON object. `rules` are `file:line` of the rules that had a say.
pub fn answer_to_json(answer: &Answer, rules: &[String]) -> Value {
    let mut object = outcome_to_json(&answer.outcome);
    if let Value::Object(fields) = &mut object {
        let cookies: Vec<String> = answer
            .cookies
            .iter()
            .map(|cookie| to_text(cookie))
            .collect();
        fields.insert("cookies".to_owned(), json!(cookies));
        if !answer.vary.is_empty() {
            let vary: Vec<String> = answer.vary.iter().map(|name| to_text(name)).collect();
            fields.insert("vary".to_owned(), json!(vary));
        }
        fields.insert("rules".to_owned(), json!(rules));
    }
    object
}

fn outcome_to_json(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Redirect { status, location } => {
            json!({"outcome": "redirect", "status": status, "location": to_text(location)})
        }
        Outcome::Status { status } => json!({"outcome": "status", "status": status}),
        Outcome::Serve { path, query } => json!({
            "outcome": "serve",
            "path": to_text(path),
            "query": query.as_deref().map_or_else(String::new, to_text),
        }),
        Outcome::Proxy { url } => json!({"outcome": "proxy", "url": to_text(url)}),
        Outcome::OverBudget => json!({"outcome": "unsupported", "reason": OVER_BUDGET}),
        Outcome::Unsupported { reason } => json!({"outcome": "unsupported", "reason": reason}),
    }
}

/// Bytes as text: each byte the character of its number.
pub fn to_text(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Text as bytes: the inverse of [`to_text`], and UTF-8 for characters above U+00FF.
pub fn to_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;

    #[test]
    fn only_the_target_is_required() {
        let request =
            OwnedRequest::parse(r#"{"target":"/a%20b?x=1"}"#, b"www.example.com").unwrap();
        assert_eq!(request.method, b"GET");
        assert_eq!(request.host.as_deref(), Some(&b"www.example.com"[..]));
        assert_eq!(request.scheme, Scheme::Http);
        assert_eq!(request.client, b"127.0.0.1");
    }

    #[test]
    fn a_header_may_be_a_list() {
        let line = r#"{"target":"/","headers":{"Accept":["a","b"],"Host":"h.test"}}"#;
        let request = OwnedRequest::parse(line, b"main").unwrap();
        assert_eq!(request.host.as_deref(), Some(&b"h.test"[..]));
        assert_eq!(request.headers.len(), 2);
    }

    #[test]
    fn bytes_survive_as_latin_1_characters() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(to_bytes(&to_text(&all)), all);
        assert_eq!(to_bytes("€"), "€".as_bytes());
    }

    #[test]
    fn a_missing_target_is_an_error() {
        assert!(OwnedRequest::parse(r#"{"method":"GET"}"#, b"").is_err());
    }
}

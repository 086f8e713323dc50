//! Answers in one form, so that they can be compared.
//!
//! In: a response of Apache's, or an engine's answer. Out: [`NormalizedResponse`]. Absent: sending.

use edgewright_engine::budget::OVER_BUDGET;
use edgewright_engine::evaluate::{proxy_handler, without_socket};
use edgewright_engine::model::outcome::{Answer, Outcome};
use serde_json::{Value, json};

use super::own_headers::OwnHeaders;
use super::own_page;
use super::sandbox::relocation::Relocation;
use super::wire::Response;
use crate::access_log::percent;
use crate::contract::to_text;

/// What a client sees, and where a request that is served ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalizedResponse {
    /// What the request becomes.
    pub end: End,
    /// `Set-Cookie` values, the moment of `expires=` left out: it depends on the clock.
    pub cookies: Vec<Vec<u8>>,
    /// Other headers of an answer that the server makes itself.
    pub headers: OwnHeaders,
    /// Its page; `None` where it has none, or where nobody knows it.
    pub page: Option<Vec<u8>>,
}

/// What Apache answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The answer.
    pub seen: NormalizedResponse,
    /// Where an answer that may be about the file itself would have been served from: the file is
    /// not there, may not be read, or is the business of a module that is not here. Whether a rule
    /// or the file is the reason cannot be seen from outside.
    pub file: Option<End>,
}

/// What a request becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// An answer with a `Location`.
    Redirect(u16, Vec<u8>),
    /// Any other answer that is no file.
    Status(u16),
    /// A file, present or not: path below the document root, query string (empty for none).
    Serve(Vec<u8>, Vec<u8>),
    /// Another server's business: the absolute URL.
    Proxy(Vec<u8>),
}

/// How names of files here become the server's.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    /// Folders here, and what they are on the server.
    pub folders: Relocation,
    /// The document roots of the server.
    pub document_roots: Vec<Vec<u8>>,
}

impl Naming {
    fn general(&self, text: &[u8]) -> Vec<u8> {
        self.folders.to_there(text)
    }

    /// The path below the request's own document root, or another; a file outside of all keeps its whole name.
    fn below_root(&self, path: &[u8], own: &[u8]) -> Vec<u8> {
        let below = |root: &[u8]| {
            let rest = path.strip_prefix(root)?;
            (rest.is_empty() || rest.starts_with(b"/")).then(|| rest.to_vec())
        };
        let others = self.document_roots.iter().map(Vec::as_slice);
        let own = Some(own).filter(|root| !root.is_empty());
        let found = own.into_iter().chain(others).find_map(below);
        found.unwrap_or_else(|| path.to_vec())
    }
}

impl Observed {
    /// What `response` says.
    pub fn of(response: &Response, naming: &Naming) -> Self {
        let cookies = response.all("Set-Cookie");
        let cookies = cookies.map(|cookie| without_date(&naming.general(cookie)));
        let end = end(response, naming);
        let headers = match &end {
            End::Redirect(..) | End::Status(_) => {
                OwnHeaders::of_response(response, |value| naming.general(value))
            }
            End::Serve(..) | End::Proxy(_) => OwnHeaders::default(),
        };
        let page = match &end {
            End::Redirect(status, _) | End::Status(status) => {
                own_page::of_response(*status, &naming.general(&response.body))
            }
            End::Serve(..) | End::Proxy(_) => None,
        };
        let seen = NormalizedResponse {
            end,
            cookies: cookies.collect(),
            headers,
            page,
        };
        let file = match seen.end {
            End::Status(403 | 404 | 500) => file(response, naming),
            _ => None,
        };
        Self { seen, file }
    }

    /// Does it come to the same as `ours`? A directory is refused by whatever module it is for.
    pub fn is_about_the_file_of(&self, ours: &NormalizedResponse) -> bool {
        let Some(End::Serve(file, query)) = &self.file else {
            return false;
        };
        let is_same = match &ours.end {
            End::Serve(path, own_query) => file == path && query == own_query,
            End::Status(403) => file.ends_with(b"/"),
            _ => false,
        };
        is_same && self.seen.cookies == ours.cookies
    }
}

impl NormalizedResponse {
    /// What an engine answers.
    ///
    /// # Errors
    /// The response cannot tell: why.
    pub fn of_engine(answer: &Answer) -> Result<Self, String> {
        let end = match &answer.outcome {
            Outcome::Redirect { status, location } => End::Redirect(*status, location.clone()),
            Outcome::Status { status } => End::Status(*status),
            Outcome::Serve { path, query } => {
                End::Serve(path.clone(), query.clone().unwrap_or_default())
            }
            Outcome::Proxy { url } => End::Proxy(without_socket(url).to_vec()),
            Outcome::OverBudget => return Err(OVER_BUDGET.to_owned()),
            Outcome::Unsupported { reason } => return Err(reason.clone()),
        };
        let cookies = answer.cookies.iter();
        Ok(Self {
            end,
            cookies: cookies.map(|cookie| without_date(cookie)).collect(),
            headers: OwnHeaders::of_answer(answer),
            page: own_page::of_answer(answer),
        })
    }

    /// The response less what nobody can know who gives `answer`.
    #[must_use]
    pub fn known_to(self, answer: &Answer) -> Self {
        let is_known = own_page::is_sent(answer);
        Self {
            headers: self.headers.known_to(answer),
            page: self.page.filter(|_| is_known),
            ..self
        }
    }

    /// The response to a request with `method`: `HEAD` is answered without a page.
    #[must_use]
    pub fn asked_by(self, method: &[u8]) -> Self {
        let has_page = method != b"HEAD";
        Self {
            page: self.page.filter(|_| has_page),
            ..self
        }
    }

    /// For a person.
    pub fn to_line(&self) -> String {
        let mut text = match &self.end {
            End::Redirect(status, location) => format!("{status} {}", location.escape_ascii()),
            End::Status(status) => status.to_string(),
            End::Serve(path, query) if query.is_empty() => {
                format!("serves {}", path.escape_ascii())
            }
            End::Serve(path, query) => {
                format!("serves {}?{}", path.escape_ascii(), query.escape_ascii())
            }
            End::Proxy(url) => format!("proxies to {}", url.escape_ascii()),
        };
        for cookie in &self.cookies {
            text += &format!(", cookie {}", cookie.escape_ascii());
        }
        text
    }

    /// For a program.
    pub fn to_json(&self) -> Value {
        let mut object = match &self.end {
            End::Redirect(status, location) => {
                json!({"outcome": "redirect", "status": status, "location": to_text(location)})
            }
            End::Status(status) => json!({"outcome": "status", "status": status}),
            End::Serve(path, query) => {
                json!({"outcome": "serve", "path": to_text(path), "query": to_text(query)})
            }
            End::Proxy(url) => json!({"outcome": "proxy", "url": to_text(url)}),
        };
        if let Value::Object(fields) = &mut object {
            let cookies = self.cookies.iter().map(|cookie| json!(to_text(cookie)));
            fields.insert("cookies".to_owned(), cookies.collect());
            let headers = self.headers.differing(&OwnHeaders::default());
            if !headers.is_empty() {
                fields.insert("headers".to_owned(), json!(headers));
            }
        }
        object
    }
}

fn end(response: &Response, naming: &Naming) -> End {
    let status = response.status;
    if let Some(location) = response.first("Location") {
        return End::Redirect(status, naming.general(location));
    }
    let field = |name| response.first(name).map(percent::decoded);
    let Some(file) = field("X-Edgewright-Filename") else {
        return End::Status(status);
    };
    // A URL that Apache refuses to ask (400, 403) is left as the file's name, and nobody takes the request. What
    // becomes of an index is not taken either, and there is no file of that name (404).
    let is_taken = status == 404 || response.first("X-Edgewright-Served").is_some();
    if let Some(url) = file.strip_prefix(b"proxy:").filter(|_| is_taken) {
        return match proxy_handler(url) {
            Ok(()) => End::Proxy(without_socket(url).to_vec()),
            Err(status) => End::Status(status),
        };
    }
    // An answer that a rule made has no date of a file.
    let is_file = status == 200 && response.first("Last-Modified").is_some();
    if !is_file && response.first("X-Edgewright-Served").is_none() {
        return End::Status(status);
    }
    served(response, &file, naming)
}

fn served(response: &Response, file: &[u8], naming: &Naming) -> End {
    let field = |name| {
        response
            .first(name)
            .map(percent::decoded)
            .unwrap_or_default()
    };
    let path = [file, &field("X-Edgewright-Path-Info")].concat();
    let root = naming.general(&field("X-Edgewright-Document-Root"));
    let path = naming.below_root(&naming.general(&path), &root);
    End::Serve(path, field("X-Edgewright-Query"))
}

/// See [`Observed::file`]: a file outside of every document root, or one with a handler of its own.
fn file(response: &Response, naming: &Naming) -> Option<End> {
    // The probe writes it with `%{escape:…}`, which escapes every byte a header could not carry.
    let mut file = percent::decoded(response.first("X-Edgewright-Filename")?);
    let info = response.first("X-Edgewright-Path-Info").unwrap_or_default();
    if !info.is_empty() && file.ends_with(b"/") {
        // A directory that may not be entered.
        file.pop();
    }
    let handler = response.first("X-Edgewright-Handler").unwrap_or_default();
    let end = served(response, &file, naming);
    let name = naming.general(&file);
    let outside = naming.below_root(&name, b"") == name;
    let own = handler.is_empty() || OWN_HANDLERS.contains(&handler);
    (outside || !own).then_some(end)
}

/// Handlers of the server itself and of what is asked here.
const OWN_HANDLERS: [&[u8]; 5] = [
    b"lua-map-handler",
    b"redirect-handler",
    b"httpd/unix-directory",
    b"default-handler",
    b"proxy-server",
];

fn without_date(cookie: &[u8]) -> Vec<u8> {
    let parts = cookie.split(|byte| *byte == b';');
    let parts = parts.map(|part| {
        let is_date = part
            .trim_ascii_start()
            .to_ascii_lowercase()
            .starts_with(b"expires=");
        if is_date { b" expires" } else { part }
    });
    parts.collect::<Vec<_>>().join(&b';')
}

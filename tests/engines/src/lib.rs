//! The engines under test: from a configuration to something that answers requests.
//!
//! In: configuration text and files, all in memory. Out: [`Line`]s, in the form that a real Apache's
//! answers have. Absent: what they should answer; that is for the tests.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

mod function;

use std::borrow::Cow;
use std::path::Path;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, Reading, compile, read};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::budget::{Allowance, DECISION_STEPS, OVER_BUDGET};
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::handle;
use edgewright_engine::model::outcome::{self, Answer, HeaderText};
use edgewright_engine::model::request::{Request, Scheme, Target};
use edgewright_engine::source::Sequential;
use edgewright_test_support::contract::{Line, Outcome, without_date};
use edgewright_test_support::record::{from_latin_1, latin_1};
use edgewright_test_support::sent::{Sent, SentHeaders, after};
use edgewright_test_support::wire;
use function::Function;

/// Where the main configuration stands in memory.
const MAIN: &str = "/etc/apache2/apache2.conf";

/// What `TypesConfig` names where no line says so.
const TYPES: &str = "/etc/apache2/mime.types";

/// A configuration with the files it needs.
pub fn reading(config: &str, files: impl IntoIterator<Item = (String, String)>) -> Reading {
    // The server that is asked has a list of types with nothing in it.
    let mut loader = MemoryLoader::new()
        .with(MAIN, latin_1(config))
        .with(TYPES, "");
    for (path, content) in files {
        loader = loader.with(path, latin_1(&content));
    }
    read_from(&loader, MAIN)
}

/// The configuration in file `main` of a loader.
pub fn read_from(loader: &MemoryLoader, main: &str) -> Reading {
    let input = Input::MainConfig(vec![main.as_bytes().to_vec()]);
    // The server that is asked has it, to say what it would serve.
    let options = ReadOptions {
        modules: vec![b"lua_module".to_vec()],
        ..ReadOptions::default()
    };
    read(&input, loader, &options)
}

/// The configuration `httpd.conf` of a folder on disk, which stands at `/srv/site` in memory.
pub fn reading_folder(folder: &Path) -> Reading {
    let mut loader = MemoryLoader::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().display();
            loader = loader.with(format!("/srv/site/{name}"), std::fs::read(&path).unwrap());
        }
    }
    read_from(&loader, "/srv/site/httpd.conf")
}

/// One way of answering requests.
pub trait Engine {
    /// Its name, as `replay --engine` takes it.
    fn name(&self) -> &'static str;

    /// Answers a request, with the headers of the answer.
    fn sent(&self, request: &wire::Request) -> Sent;

    /// The page of an answer that is made for a request; `None` where nobody knows it, or where this engine is not asked.
    fn page(&self, _request: &wire::Request) -> Option<Vec<u8>> {
        None
    }

    /// Answers a request.
    fn answer(&self, request: &wire::Request) -> Line {
        self.sent(request).line
    }
}

/// Every engine, with the same configuration.
pub fn engines(reading: Reading) -> Vec<Box<dyn Engine>> {
    let edge = Rc::new(Edge::new(&reading));
    let function = Function(Rc::clone(&edge));
    vec![
        Box::new(Reference(reading)),
        Box::new(edge),
        Box::new(function),
    ]
}

/// The name of [`Reference`].
pub const REFERENCE: &str = "reference";

/// The evaluator with every rule in order.
pub struct Reference(pub Reading);

impl Engine for Reference {
    fn name(&self) -> &'static str {
        REFERENCE
    }

    fn sent(&self, request: &wire::Request) -> Sent {
        let site = &self.0.site;
        let source = Sequential::new(site);
        with_request(request, |request| {
            let answer = evaluate(site, &source, request, &options());
            sent(&answer.unwrap())
        })
    }

    fn page(&self, request: &wire::Request) -> Option<Vec<u8>> {
        let site = &self.0.site;
        let answer = with_request(request, |request| {
            evaluate(site, &Sequential::new(site), request, &options()).unwrap()
        });
        answer.page_content().map(Cow::into_owned)
    }
}

/// The evaluator with the compiled program and table, both read back from their bytes.
pub struct Edge {
    runtime: Runtime,
    table: EmbeddedTable,
}

impl Edge {
    /// Compiles a configuration.
    pub fn new(reading: &Reading) -> Self {
        let encoded = compile(reading).unwrap().encode().unwrap();
        Self {
            runtime: Runtime::load(&encoded.program.concat()).unwrap(),
            table: EmbeddedTable::load(&encoded.table.concat()).unwrap(),
        }
    }

    /// The answer itself.
    fn decided(&self, request: &Request<'_>) -> Answer {
        let options = Options {
            allowance: Allowance::steps(DECISION_STEPS),
            ..options()
        };
        handle(&self.runtime, &self.table, request, &options)
    }
}

impl Engine for Rc<Edge> {
    fn name(&self) -> &'static str {
        "edge"
    }

    fn sent(&self, request: &wire::Request) -> Sent {
        with_request(request, |request| sent(&self.decided(request)))
    }
}

/// What a server on loopback knows about itself.
pub fn options() -> Options {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Options {
        now: since.as_secs().try_into().unwrap(),
        server_address: Some(b"127.0.0.1".to_vec()),
        server_software: Some(b"Apache/2.4.71 (Debian)".to_vec()),
        ..Options::default()
    }
}

/// Calls `answer` with a request in the engines' form.
pub fn with_request<T>(request: &wire::Request, answer: impl FnOnce(&Request<'_>) -> T) -> T {
    let headers: Vec<(&[u8], &[u8])> = request
        .headers
        .iter()
        .map(|(name, value)| (&name[..], &value[..]))
        .collect();
    answer(&Request {
        method: &request.method,
        scheme: Scheme::Http,
        host: request.host.as_deref(),
        target: Target::of(&request.target),
        headers: &headers,
        client: b"127.0.0.1",
        protocol: b"HTTP/1.1",
    })
}

/// Did the decision take more than its budget? Where Apache goes round until it gives up with a 500, the edge gives up
/// before: `docs/deviations.md`.
pub fn is_over_budget(line: &Line) -> bool {
    matches!(&line.outcome, Outcome::Unsupported { reason } if reason == OVER_BUDGET)
}

/// An engine's answer in comparable form.
pub fn line(answer: &Answer) -> Line {
    let text = |bytes: &[u8]| from_latin_1(bytes);
    let outcome = match &answer.outcome {
        outcome::Outcome::Redirect { status, location } => Outcome::Redirect {
            status: *status,
            location: text(location),
        },
        outcome::Outcome::Status { status } => Outcome::Status { status: *status },
        outcome::Outcome::Serve { path, query } => Outcome::Serve {
            path: text(path),
            query: text(query.as_deref().unwrap_or_default()),
        },
        outcome::Outcome::Proxy { url } => Outcome::Proxy { url: text(url) },
        outcome::Outcome::OverBudget => Outcome::Unsupported {
            reason: OVER_BUDGET.to_owned(),
        },
        outcome::Outcome::Unsupported { reason } => Outcome::Unsupported {
            reason: reason.clone(),
        },
    };
    let cookies = answer
        .cookies
        .iter()
        .map(|cookie| without_date(&text(cookie)));
    Line {
        outcome,
        cookies: cookies.collect(),
    }
}

/// An engine's answer with its headers in comparable form.
pub fn sent(answer: &Answer) -> Sent {
    let line = line(answer);
    let headers = SentHeaders::of(&line, || headers(answer));
    Sent { line, headers }
}

fn headers(answer: &Answer) -> Vec<(String, String)> {
    let lines = answer.headers.lines.iter().map(|header| {
        let value = match &header.value {
            HeaderText::Text(text) => from_latin_1(text),
            HeaderText::DateAfter(seconds) => after(u64::from(*seconds)),
        };
        (from_latin_1(&header.name), value)
    });
    let content_type = answer.headers.content_type.value();
    let content_type = content_type.map(|value| ("Content-Type".to_owned(), from_latin_1(value)));
    let vary = (!answer.vary.is_empty()).then(|| {
        let names = answer.vary.join(&b","[..]);
        ("Vary".to_owned(), from_latin_1(&names))
    });
    lines.chain(content_type).chain(vary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` is what the origin gets: names with their values, in order.
    fn check(config: &str, path: &str, expected: &[(&str, &[&str])]) {
        let reading = reading(
            &format!("ServerName h.test:80\nDocumentRoot /srv/www\n{config}"),
            [],
        );
        let own: [(Vec<u8>, Vec<u8>); 2] = [
            (b"X-A".to_vec(), b"own".to_vec()),
            (b"X-A".to_vec(), b"other".to_vec()),
        ];
        let request = wire::Request {
            headers: own.to_vec(),
            ..wire::Request::get("h.test", path)
        };
        let edge = Edge::new(&reading);
        with_request(&request, |request| {
            let source = Sequential::new(&reading.site);
            let reference = evaluate(&reading.site, &source, request, &options()).unwrap();
            for answer in [reference, edge.decided(request)] {
                let text = |bytes: &Vec<u8>| from_latin_1(bytes);
                let changed = answer.request_headers.iter();
                let found: Vec<(String, Vec<String>)> = changed
                    .map(|header| (text(&header.name), header.values.iter().map(text).collect()))
                    .collect();
                let expected = expected.iter().map(|(name, values)| {
                    let values = values.iter().map(|value| (*value).to_owned());
                    ((*name).to_owned(), values.collect::<Vec<_>>())
                });
                assert_eq!(found, expected.collect::<Vec<_>>(), "{config} {path}");
                assert!(expected_unchanged(&answer), "{config} {path}");
            }
        });
    }

    /// A request with changed headers does not go on as it came.
    fn expected_unchanged(answer: &Answer) -> bool {
        answer.request_headers.is_empty() || !answer.unchanged
    }

    #[test]
    fn the_origin_gets_what_lines_made_of_headers() {
        check("", "/a", &[]);
        check("RequestHeader set X-B b", "/a", &[("x-b", &["b"])]);
        check("RequestHeader set X-B b early", "/a", &[("x-b", &["b"])]);
        check("RequestHeader unset x-a", "/a", &[("x-a", &[])]);
        check("RequestHeader unset X-C", "/a", &[]);
        check("RequestHeader setifempty X-A b", "/a", &[]);
        check(
            "RequestHeader add X-A b",
            "/a",
            &[("x-a", &["own, other", "b"])],
        );
        check(
            "RequestHeader append X-A b env=V\nSetEnvIf Request_URI ^/a V=1",
            "/a",
            &[("x-a", &["own, other, b"])],
        );
        check("RequestHeader append X-A b env=V", "/a", &[]);
        check("RequestHeader set X-A \"own, other\"", "/a", &[]);
        let section = "<Location /a>\nRequestHeader set X-B b\n</Location>";
        check(section, "/a", &[("x-b", &["b"])]);
        check(section, "/b", &[]);
        // What is answered here takes nothing with it.
        check("RequestHeader set X-B b early\nRedirect /a /b", "/a", &[]);
    }
}

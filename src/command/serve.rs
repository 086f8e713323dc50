//! `edgewright serve`: a local edge over HTTP.
//!
//! In: a configuration or a build folder. Out: answers over HTTP, until interrupted. Absent: TLS;
//! `--https` only pretends.

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use edgewright_engine::evaluate::cookie::http_date;
use edgewright_engine::model::outcome::{Answer, HeaderText, Outcome};
use edgewright_engine::model::request::Scheme;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, SET_COOKIE, VARY};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::{Exit, say};
use crate::args::{Engine, Serve};
use crate::contract::{OwnedRequest, answer_to_json, to_text};
use crate::engine::{Answerer, Answering, now};

type Reply = Response<Full<Bytes>>;

/// Serves until the process is interrupted.
///
/// # Errors
/// The source cannot be read, or the address is taken.
pub fn run(arguments: &Serve) -> Result<Exit> {
    let scheme = if arguments.https {
        Scheme::Https
    } else {
        Scheme::Http
    };
    // The function is told how viewers connect to this server.
    let answering = match arguments.engine {
        Engine::CloudFront => Answering::CloudFront(scheme),
        engine @ (Engine::Reference | Engine::Edge) => engine.into(),
    };
    let edge = Arc::new(LocalEdge {
        answering: Answerer::open(&arguments.source, answering, &arguments.reading)?,
        scheme,
        host: arguments.host.clone().map(String::into_bytes),
        files: folder_of_files(&arguments.reading.docroot),
    });
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(listen(arguments, edge))?;
    Ok(Exit::Clean)
}

/// The local folder of the first `--docroot`.
fn folder_of_files(docroots: &[String]) -> Option<PathBuf> {
    let text = docroots.first()?;
    let local = text
        .split_once('=')
        .map_or(text.as_str(), |(_, local)| local);
    Some(PathBuf::from(local))
}

struct LocalEdge {
    answering: Answerer,
    scheme: Scheme,
    host: Option<Vec<u8>>,
    files: Option<PathBuf>,
}

async fn listen(arguments: &Serve, edge: Arc<LocalEdge>) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}; choose another with --listen",
                arguments.listen
            )
        })?;
    let address = listener.local_addr()?;
    // A reader that went away is no reason to stop serving.
    _ = say(&format!(
        "serving {} on http://{address}\ntry: curl -si -H 'Host: {}' http://{address}/\n",
        arguments.source.display(),
        to_text(edge.answering.default_host())
    ));
    loop {
        let (stream, peer) = listener.accept().await?;
        let edge = Arc::clone(&edge);
        let client = peer.ip().to_string();
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let reply = edge.reply(&request, &client);
                async move { Ok::<_, Infallible>(reply) }
            });
            // A client that goes away in the middle is its own affair.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl LocalEdge {
    fn reply<B>(&self, request: &hyper::Request<B>, client: &str) -> Reply {
        let mut request = owned(request, client, self.scheme);
        let asked = request.host.clone();
        if self.host.is_some() {
            request.host.clone_from(&self.host);
        }
        let answer = request.with(|request| self.answering.answer(request));
        let mut reply = match &answer.outcome {
            Outcome::Redirect { status, location } => {
                let location = self.kept_local(location, asked.as_deref());
                let mut reply = made(*status, &answer);
                append(&mut reply, LOCATION, &location);
                reply
            }
            Outcome::Status { status } => made(*status, &answer),
            Outcome::Serve { path, .. } => self.serve(path, &answer),
            Outcome::Proxy { .. } | Outcome::OverBudget | Outcome::Unsupported { .. } => {
                self.echo(&answer)
            }
        };
        for cookie in &answer.cookies {
            append(&mut reply, SET_COOKIE, cookie);
        }
        for name in &answer.vary {
            append(&mut reply, VARY, name);
        }
        reply
    }

    /// `location`, on the address the client asked for when it is on the host that stands in for it.
    fn kept_local<'a>(&self, location: &'a [u8], asked: Option<&[u8]>) -> Cow<'a, [u8]> {
        let (Some(host), Some(asked)) = (&self.host, asked) else {
            return location.into();
        };
        let rest = [&b"http://"[..], b"https://"].iter().find_map(|scheme| {
            let rest = location.strip_prefix(*scheme)?;
            rest.strip_prefix(host.as_slice())
        });
        match rest {
            Some(rest) if matches!(rest.first(), None | Some(b'/' | b'?')) => {
                [b"http://", asked, rest].concat().into()
            }
            _ => location.into(),
        }
    }

    fn serve(&self, path: &[u8], answer: &Answer) -> Reply {
        let Some(folder) = &self.files else {
            return self.echo(answer);
        };
        let Some(file) = file_below(folder, path) else {
            return text(404, "404\n");
        };
        match std::fs::read(&file) {
            Ok(content) => with_type(200, content_type(&file), content),
            Err(_) => text(404, "404\n"),
        }
    }

    /// The request that would go to the origin, as the contract writes it.
    fn echo(&self, answer: &Answer) -> Reply {
        let body = answer_to_json(answer, &self.answering.rules(answer));
        with_type(200, "application/json", format!("{body}\n").into_bytes())
    }
}

fn owned<B>(request: &hyper::Request<B>, client: &str, scheme: Scheme) -> OwnedRequest {
    let headers = request.headers();
    OwnedRequest {
        method: request.method().as_str().as_bytes().to_vec(),
        scheme,
        host: headers.get(HOST).map(|value| value.as_bytes().to_vec()),
        target: request.uri().to_string().into_bytes(),
        headers: headers
            .iter()
            .filter(|(name, _)| *name != HOST)
            .map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect(),
        client: client.as_bytes().to_vec(),
        protocol: format!("{:?}", request.version()).into_bytes(),
    }
}

/// An answer of the rules: Apache's page and headers, as far as they are known.
fn made(status: u16, answer: &Answer) -> Reply {
    let page = answer.page_content().unwrap_or_default().into_owned();
    let mut reply = with_status(status, page);
    if let Some(value) = answer.headers.content_type.value() {
        append(&mut reply, CONTENT_TYPE, value);
    }
    for header in &answer.headers.lines {
        let Ok(name) = HeaderName::from_bytes(&header.name) else {
            continue;
        };
        match &header.value {
            HeaderText::Text(value) => append(&mut reply, name, value),
            HeaderText::DateAfter(seconds) => {
                let date = http_date(now() + i64::from(*seconds));
                append(&mut reply, name, date.as_bytes());
            }
        }
    }
    reply
}

/// Adds a header; one that HTTP has no room for is left out.
fn append(reply: &mut Reply, name: HeaderName, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        reply.headers_mut().append(name, value);
    }
}

fn text(status: u16, body: &str) -> Reply {
    with_type(
        status,
        "text/plain; charset=utf-8",
        body.as_bytes().to_vec(),
    )
}

fn with_type(status: u16, kind: &str, body: Vec<u8>) -> Reply {
    let mut reply = with_status(status, body);
    append(&mut reply, CONTENT_TYPE, kind.as_bytes());
    reply
}

fn with_status(status: u16, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    // A status below 200 cannot end a response; hyper refuses it.
    *reply.status_mut() =
        StatusCode::from_u16(status.max(200)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
}

/// The file that `path` names below `folder`; `None` when it would leave the folder.
fn file_below(folder: &Path, path: &[u8]) -> Option<PathBuf> {
    let relative = crate::loader::to_path(path.strip_prefix(b"/").unwrap_or(path));
    let inside = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| folder.join(relative))
}

fn content_type(file: &Path) -> &'static str {
    mime_guess::from_path(file)
        .first_raw()
        .unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_folder() {
        let folder = Path::new("/site");
        assert_eq!(
            file_below(folder, b"/a/b.html"),
            Some(PathBuf::from("/site/a/b.html"))
        );
        assert_eq!(file_below(folder, b"/../etc/passwd"), None);
        assert_eq!(file_below(folder, b"//etc/passwd"), None);
    }

    #[test]
    fn the_first_docroot_gives_the_files() {
        assert_eq!(
            folder_of_files(&["/var/www=./htdocs".to_owned()]),
            Some(PathBuf::from("./htdocs"))
        );
        assert_eq!(folder_of_files(&[]), None);
    }
}

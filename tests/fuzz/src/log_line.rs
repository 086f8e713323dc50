//! Lines of an access log: what was read of one, in any format, is read again from lines made of it in others.
//!
//! The first line may be a format, as `LogFormat` has it.

use edgewright_engine::model::request::Scheme;
use serde_json::json;

use crate::command_line::access_log::{Entry, Line, Logged, Reader, Template};

pub fn run(data: &[u8]) {
    let first = data.split(|byte| *byte == b'\n').next().unwrap_or(data);
    let templates: Vec<Template> = Template::new(first).into_iter().collect();
    let mut reader = Reader::new(&templates);
    let lines = data.split(|byte| *byte == b'\n');
    reader.detect(&lines.clone().take(8).collect::<Vec<_>>());
    for line in lines {
        if let Line::Entry(Entry {
            request: Some(logged),
            ..
        }) = reader.read(line)
        {
            check(&logged);
        }
    }
}

fn check(logged: &Logged) {
    assert!(logged.target.starts_with(b"/") && logged.target.iter().all(u8::is_ascii_graphic));
    let without_scheme = Logged {
        scheme: None,
        ..logged.clone()
    };
    check_line(&combined(logged), &without_scheme);
    if let Some(line) = json_line(logged) {
        check_line(&line, logged);
    }
    if logged.host.is_some() && logged.scheme.is_some() {
        let without_headers = Logged {
            referer: None,
            user_agent: None,
            ..logged.clone()
        };
        check_line(&balancer(logged), &without_headers);
    }
}

fn check_line(line: &[u8], logged: &Logged) {
    let again = match Reader::new(&[]).read(line) {
        Line::Entry(entry) => entry.request,
        Line::Comment | Line::Unknown => None,
    };
    assert_eq!(
        again.as_ref(),
        Some(logged),
        "{}",
        String::from_utf8_lossy(line)
    );
}

/// `logged` as a line of the combined format.
fn combined(logged: &Logged) -> Vec<u8> {
    let mut line = Vec::new();
    if let Some(host) = &logged.host {
        line.extend_from_slice(&[host, b":80 ".as_slice()].concat());
    }
    line.extend_from_slice(b"192.0.2.1 - - [x] \"");
    line.extend(escaped(&request_line(logged)));
    line.extend_from_slice(b"\" 200 5");
    for value in [&logged.referer, &logged.user_agent] {
        let value = value.as_deref().map_or(b"-".to_vec(), escaped);
        line.extend_from_slice(&[b" \"", value.as_slice(), b"\""].concat());
    }
    line
}

/// `logged` as a JSON object; `None` for bytes that JSON cannot hold, and for empty texts, which stand
/// for what was not sent.
fn json_line(logged: &Logged) -> Option<Vec<u8>> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let headers = [&logged.referer, &logged.user_agent, &logged.host];
    let mut texts = Vec::new();
    for header in headers {
        let value = header.as_deref().map(text);
        texts.push(match value {
            Some(value) => Some(value.filter(|value| !value.is_empty())?),
            None => None,
        });
    }
    let scheme = logged.scheme.map(scheme_name);
    let line = json!({
        "request": text(&request_line(logged))?,
        "status": 200,
        "http_referer": texts[0],
        "http_user_agent": texts[1],
        "host": texts[2].as_ref().map(|host| format!("{host}:80")),
        "scheme": scheme,
    });
    Some(line.to_string().into_bytes())
}

/// `logged` as a line of a load balancer.
fn balancer(logged: &Logged) -> Vec<u8> {
    let scheme = logged.scheme.map_or("http", scheme_name).as_bytes();
    let host = logged.host.as_deref().unwrap_or_default();
    let url = [scheme, b"://", host, b":80", &logged.target].concat();
    let request = [&logged.method, b" ".as_slice(), &url, b" HTTP/1.1"].concat();
    let before: &[u8] = b"http 2018-07-02T22:23:00.186641Z app/lb/5 192.0.2.1:2817 10.0.0.1:80 0 0 0 200 200 0 57 \"";
    [before, &escaped(&request), b"\" \"-\" - -"].concat()
}

fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    }
}

fn request_line(logged: &Logged) -> Vec<u8> {
    let Logged { method, target, .. } = logged;
    [method, b" ".as_slice(), target, b" HTTP/1.1"].concat()
}

/// As Apache's `ap_escape_logitem` writes a text.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for byte in text {
        match byte {
            b'"' | b'\\' => written.extend([b'\\', *byte]),
            0x80.. => written.extend(format!("\\x{byte:02x}").into_bytes()),
            _ => written.push(*byte),
        }
    }
    written
}

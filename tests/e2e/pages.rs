//! Pages of the answers that the edge makes itself are Apache's, byte for byte, and so are their types.
//!
//! In: [`CONFIGURATION`] with its files, and requests. Out: what differs. Absent: other headers; `tables` has them.

use std::path::Path;

use edgewright_engine::evaluate::evaluate;
use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::source::Sequential;
use edgewright_test_engines::{options, reading, with_request};
use edgewright_test_support::apache::{Apache, ServerRoot, Serving, loopback};
use edgewright_test_support::record::latin_1;
use edgewright_test_support::wire::Request;

/// Statuses that `[R=…]` takes.
const STATUSES: &[u16] = &[
    200, 201, 202, 203, 206, 207, 208, 226, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403,
    404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 426,
    428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
];

/// Lines of the virtual host, without those for each status.
const CONFIGURATION: &str = r#"
ServerAdmin "web<master>@example.com"
AddType text/html .html
AddType text/plain .txt
RewriteEngine On
RewriteRule ^/to$ http://other.test/a"b<c>&d?%{QUERY_STRING} [R,NE,L]
RewriteRule ^/moved(.*)$ /new$1 [R=301,L]
RewriteRule ^/home$ /root [UnsafePrefixStat]
Redirect 303 /see /other
Redirect gone /gone
<LocationMatch ^/[a-z]+/forbidden>
Require all denied
</LocationMatch>
<LocationMatch ^/text>
ErrorDocument 403 "Keep <b>out</b>, %{REQUEST_URI} %{HTTP:X-Name}: %{REQUEST_STATUS}"
</LocationMatch>
<LocationMatch ^/word>
ErrorDocument 403 No
</LocationMatch>
<LocationMatch ^/own>
ErrorDocument 403 default
</LocationMatch>
<LocationMatch ^/document>
ErrorDocument 403 /errors/403.html
</LocationMatch>
<LocationMatch ^/plain>
ErrorDocument 403 /errors/403.txt?from=%{REQUEST_URI}
</LocationMatch>
<LocationMatch ^/charset>
ErrorDocument 403 /errors/403.html
</LocationMatch>
<Location /errors>
AddDefaultCharset utf-8
</Location>
<LocationMatch ^/folder>
ErrorDocument 403 /errors/
</LocationMatch>
<LocationMatch ^/missing>
ErrorDocument 403 /errors/none.html
</LocationMatch>
<LocationMatch ^/closed>
ErrorDocument 403 /closed/forbidden
</LocationMatch>
<LocationMatch ^/elsewhere>
ErrorDocument 403 "https://%{HTTP_HOST}/denied"
</LocationMatch>
<LocationMatch ^/typed>
Header always set Content-Type text/plain
AddDefaultCharset On
ErrorDocument 403 "typed by a line"
</LocationMatch>
<LocationMatch ^/suppressed>
SetEnvIf Request_URI . suppress-error-charset
Header always set Content-Type text/plain
AddDefaultCharset On
</LocationMatch>
<LocationMatch ^/both>
ErrorDocument 301 "moved by a text"
Redirect 301 http://other.test/x
</LocationMatch>
"#;

/// Lines of the document root's section: what they come to, they come to after an internal redirect.
const FOLDER: &str = r#"
RewriteEngine On
RewriteRule ^long$ /LONG
RewriteRule ^again/(.*)$ /$1 [L]
RewriteRule ^/?(rounds.*)$ "/$1x?a b" [N=3]
RewriteRule ^(elsewhere)$ "/c?a b" [R=301,NE]
RewriteRule ^marked(.*)$ /b$1
RewriteRule ^(status)$ - [R=410]
"#;

/// Files below the document root.
const FILES: &[(&str, &str)] = &[
    ("errors/403.html", "<p>An error, in a file: \u{e9}</p>\n"),
    ("errors/403.txt", "plain\n"),
    ("errors/index.html", "<p>The index</p>\n"),
];

fn configuration(root: &str) -> String {
    let rule = |status: &u16| {
        let target = if (300..400).contains(status) {
            "/t"
        } else {
            "-"
        };
        format!("RewriteRule ^/status/{status}$ {target} [R={status}]\n")
    };
    let rules: String = STATUSES.iter().map(rule).collect();
    let access = "Options FollowSymLinks\nRequire all granted";
    let folder = FOLDER.replace("LONG", &"long".repeat(64));
    format!(
        "ServerName h.test:80\nDocumentRoot {root}\n<Directory {root}>\n{access}\n{folder}</Directory>\n{CONFIGURATION}{rules}"
    )
}

fn requests() -> Vec<Request> {
    let mut requests: Vec<Request> = STATUSES
        .iter()
        .map(|status| Request::get("h.test", format!("/status/{status}")))
        .collect();
    let targets = [
        "/to?\"'<>&x=%22",
        "/moved/a%20b%3Cc",
        "/moved?q=1&r=2",
        "/see?a",
        "/gone",
        "/both",
        "/a%zz",
        "/home",
        "/long",
        "/again/long",
        "/again/rounds",
        "/rounds",
        "/again/elsewhere",
        "/again/marked%3fx",
        "/again/status",
    ];
    requests.extend(targets.map(|target| Request::get("h.test", target)));
    let places = [
        "none",
        "text",
        "word",
        "own",
        "document",
        "plain",
        "charset",
        "folder",
        "missing",
        "closed",
        "elsewhere",
        "typed",
        "suppressed",
    ];
    for place in places {
        for method in ["GET", "POST", "DELETE"] {
            requests.push(Request {
                method: method.into(),
                headers: vec![(b"X-Name".to_vec(), b"n<\xe9>".to_vec())],
                ..Request::get("h.test", format!("/{place}/forbidden"))
            });
        }
    }
    let with_method = |method: &str| Request {
        method: method.into(),
        ..Request::get("h.test", "/status/405")
    };
    requests.extend(["POST", "DELETE"].map(with_method));
    let expecting = (b"Expect".to_vec(), b"a<b".to_vec());
    requests.push(Request {
        headers: vec![expecting],
        ..Request::get("h.test", "/status/417")
    });
    requests
}

/// The status, the type and the page.
type Seen = (u16, String, String);

#[test]
fn pages_are_apaches() {
    let root = ServerRoot::new().unwrap();
    let port = ServerRoot::free_port().unwrap();
    let folder = root.path().join("htdocs");
    for (name, content) in FILES {
        let content = latin_1(content);
        root.write(Path::new("htdocs").join(name), content).unwrap();
    }
    let text = configuration(&folder.display().to_string());
    let host = format!("<VirtualHost *:{port}>\n{text}\n</VirtualHost>\n");
    let apache = root
        .start(host, &[loopback(0)], port, Serving::Files)
        .unwrap();
    let files = FILES.iter().map(|(name, content)| {
        let path = folder.join(name).display().to_string();
        (path, (*content).to_owned())
    });
    let reading = reading(&text, files);
    let mut differing = Vec::new();
    let requests = requests();
    for request in &requests {
        let expected = of_apache(&apache, request);
        let found = with_request(request, |request| {
            let site = &reading.site;
            let answer = evaluate(site, &Sequential::new(site), request, &options()).unwrap();
            let (Outcome::Redirect { status, .. } | Outcome::Status { status }) = answer.outcome
            else {
                unreachable!("{:?} is not made here", answer.outcome);
            };
            let page = answer.page_content().unwrap_or_default();
            let content_type = answer.headers.content_type.value().unwrap_or_default();
            (status, text_of(content_type), text_of(&page))
        });
        if found != expected {
            let target = text_of(&request.target);
            differing.push(format!(
                "{target}\n  apache {expected:?}\n  edge   {found:?}"
            ));
        }
    }
    println!("{} pages are compared", requests.len());
    assert!(
        differing.is_empty(),
        "{} differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
}

fn of_apache(apache: &Apache, request: &Request) -> Seen {
    let answer = apache.answer(loopback(0), request).unwrap();
    let mut headers = answer.headers.iter();
    let content_type = headers.find(|(name, _)| name.eq_ignore_ascii_case(b"Content-Type"));
    let content_type = content_type.map(|(_, value)| value.as_slice());
    (
        answer.status,
        text_of(content_type.unwrap_or_default()),
        text_of(&answer.body),
    )
}

fn text_of(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

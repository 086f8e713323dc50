//! `edgewright serve`: what a client gets over HTTP.
//!
//! In: a configuration, requests. Out: whole answers, each header and the page. Absent: which answer is right.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddrV4;
use std::process::{Child, Command, Stdio};

use edgewright_test_support::wire::{Request, Response, exchange};

use crate::cli::Place;

/// A running `edgewright serve`.
pub struct Served {
    process: Child,
    /// Where it answers.
    pub address: SocketAddrV4,
    /// What it was started in.
    pub place: Place,
}

impl Served {
    fn start(engine: &str) -> Self {
        let place = Place::new()
            .with("site.conf", CONFIGURATION)
            .with("www/gone.html", "<p>Was here</p>\n");
        let docroot = format!("/www={}", place.path("www").display());
        Self::of(
            place,
            "site.conf",
            &["--engine", engine, "--docroot", &docroot],
        )
    }

    /// Serves a configuration of `place`.
    pub fn of(place: Place, configuration: &str, options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_edgewright"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(options)
            .arg(place.path(configuration))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut first).unwrap();
        let (_, address) = first.trim_end().split_once("http://").unwrap();
        let address = address.parse().unwrap();
        Self {
            process,
            address,
            place,
        }
    }

    fn get(&self, target: &str) -> Response {
        exchange(self.address, &Request::get("h.test", target)).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

const CONFIGURATION: &str = "\
<VirtualHost *:80>
ServerName h.test
DocumentRoot /www
ErrorDocument 403 \"Not for you\"
ErrorDocument 410 /gone.html
Header always set X-Own \"a b\"
Header always add Set-Cookie seen=1
RewriteEngine On
RewriteRule ^/old$ /new [R=301]
RewriteRule ^/no$ - [F]
RewriteRule ^/gone$ - [G]
RewriteRule ^/odd$ - [R=405]
</VirtualHost>
";

fn text(value: Option<&[u8]>) -> String {
    value.map_or("-".to_owned(), |value| {
        String::from_utf8_lossy(value).into_owned()
    })
}

/// The answer to `target`: `status type X-Own Set-Cookie Location`, and how its page begins.
#[track_caller]
fn check(served: &Served, name: &str, target: &str, expected: &str, page: &str) {
    let answer = served.get(target);
    let header = |name| text(answer.first(name));
    let found = format!(
        "{} | {} | {} | {} | {}",
        answer.status,
        header("Content-Type"),
        header("X-Own"),
        header("Set-Cookie"),
        header("Location")
    );
    assert_eq!(found, expected, "{name}");
    let body = String::from_utf8_lossy(&answer.body);
    assert!(body.starts_with(page), "{name}: {body}");
}

#[test]
fn an_answer_has_its_page_and_its_headers() {
    const PAGE: &str = "text/html; charset=iso-8859-1";
    let own = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"";
    for engine in ["reference", "edge", "cloudfront"] {
        let served = Served::start(engine);
        let check = |name: &str, target, expected: &str, page| {
            check(
                &served,
                &format!("{engine}, {name}"),
                target,
                expected,
                page,
            );
        };
        check(
            "a redirect",
            "/old",
            &format!("301 | {PAGE} | a b | seen=1 | http://h.test/new"),
            "",
        );
        check(
            "a text",
            "/no",
            &format!("403 | {PAGE} | a b | seen=1 | -"),
            "Not for you",
        );
        check(
            "a document",
            "/gone",
            "410 | text/html | a b | seen=1 | -",
            "<p>Was here</p>",
        );
        check(
            "Apache's own page",
            "/odd",
            &format!("405 | {PAGE} | a b | seen=1 | -"),
            own,
        );
    }
}

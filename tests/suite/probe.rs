//! `edgewright probe`: a site that runs beside the build that should run there.
//!
//! In: a configuration that is served, and another. Out: what is said, and the exit code. Absent: TLS; `src/probe` tests it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::cli::Place;

/// A site, served through the model of CloudFront.
struct Site {
    place: Place,
    process: Child,
    address: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

const SITE: &str = "\
ServerName h.test
RewriteEngine On
RewriteRule ^/old$ /new [R=301]
RewriteRule ^/gone$ - [G]
RewriteRule ^/no$ - [F]
RewriteCond %{REQUEST_METHOD} =POST
RewriteRule ^/form$ /formular [R=303]
RewriteRule ^/inside$ /elsewhere
";

impl Site {
    fn start(served: &str) -> Self {
        let place = Place::new()
            .with("site.conf", SITE)
            .with("served.conf", served)
            .with("www/index.html", "here");
        let mut process = Command::new(env!("CARGO_BIN_EXE_edgewright"))
            .args(["serve", "--listen", "127.0.0.1:0", "--docroot"])
            .arg(place.path("www"))
            .arg(place.path("served.conf"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut first).unwrap();
        let (_, address) = first.trim_end().split_once("http://").unwrap();
        Self {
            place,
            process,
            address: address.to_owned(),
        }
    }

    #[track_caller]
    fn check(&self, url: &str, options: &[&str], code: i32, texts: &[&str]) {
        let fixed = ["probe", url, "--build", "site.conf", "--rate", "1000"];
        let line = [&fixed, options].concat();
        self.place.run(&line).check(code, texts);
    }
}

#[test]
fn a_site_that_answers_as_the_rules_say() {
    let site = Site::start(SITE);
    let here = ["--resolve", &site.address];
    let texts = [
        "0 differences in ",
        "as ruled     ",
        " × 410",
        "passed on    ",
        "that may change something",
    ];
    site.check("http://h.test", &here, 0, &texts);
    let few = [&here[..], &["--limit", "2"]].concat();
    site.check(
        "http://h.test",
        &few,
        0,
        &["0 differences in 2 requests", "--limit "],
    );
}

#[test]
fn a_site_that_answers_otherwise() {
    let site = Site::start(&SITE.replace("/new", "/newer").replace("[G]", "[F]"));
    let here = ["--resolve", &site.address];
    let texts = [
        "GET http://h.test/old\n  rules say  301 http://h.test/new   site.conf:3\n  site says  301 http://h.test/newer\n",
        "  rules say  410   site.conf:4\n  site says  403\n",
    ];
    site.check("http://h.test", &here, 1, &texts);
    let json = [&here[..], &["--format", "json"]].concat();
    site.check(
        "http://h.test",
        &json,
        1,
        &["\"expected\": \"301 http://h.test/new\""],
    );
}

#[test]
fn what_cannot_be_asked_is_said() {
    let site = Site::start(SITE);
    let here = ["--resolve", &site.address];
    site.check(
        "http://other.test",
        &here,
        2,
        &["no rule is about other.test"],
    );
    site.check("h.test", &here, 2, &["give https://HOST"]);
    site.check("https://h.test", &here, 2, &["https://h.test at 127.0.0.1"]);
    site.check(
        "http://h.test",
        &["--resolve", "127.0.0.1:1"],
        2,
        &["refused"],
    );
}

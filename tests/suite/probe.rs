//! `edgewright probe`: a site that runs beside the build that should run there.
//!
//! In: a configuration that is served, and another. Out: what is said, and the exit code. Absent: TLS; `src/probe` tests it.

use crate::cli::Place;
use crate::serve::Served;

/// A site, served through the model of CloudFront, and its address.
struct Site {
    served: Served,
    address: String,
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
        let docroot = place.path("www").display().to_string();
        let served = Served::of(place, "served.conf", &["--docroot", &docroot]);
        Self {
            address: served.address.to_string(),
            served,
        }
    }

    #[track_caller]
    fn check(&self, url: &str, options: &[&str], code: i32, texts: &[&str]) {
        let fixed = ["probe", url, "--build", "site.conf", "--rate", "1000"];
        let line = [&fixed, options].concat();
        self.served.place.run(&line).check(code, texts);
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

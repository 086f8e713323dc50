//! `edgewright explain`: what it says of each kind of answer, and of a line that did not answer.

use crate::cli::Place;

/// A place with a document root beside a configuration.
fn place() -> Place {
    let folders = "<Directory /srv/www>\nAllowOverride All\nRequire all granted\n</Directory>\n";
    let host = |name: &str, more: &str| {
        format!(
            "<VirtualHost *:80>\nServerName {name}\nDocumentRoot /srv/www\n{more}</VirtualHost>\n"
        )
    };
    let rules = "RewriteEngine On\nRewriteRule ^/Old$ /new [R=301,L]\nRewriteRule ^/new$ /newest [R]\n\
                 RewriteRule ^/q/(.*)$ /file/$1\n";
    let text = [
        folders,
        &host("www.one.test", rules),
        &host("two.test", "ErrorDocument 404 /gone.html\n"),
    ];
    Place::new()
        .with("httpd.conf", text.concat())
        .with("www/folder/index.html", "x")
        .with("www/empty/x", "x")
        .with("www/page.html", "x")
        .with("www/gone.html", "x")
        .with("www/closed/.htaccess", "Require all denied\n")
        .with("www/many/.htaccess", "Options +MultiViews\n")
        .with("www/many/page.html", "x")
        .with(
            "www/rules/.htaccess",
            "RewriteEngine On\nRewriteRule ^/a$ /b [R]\nRewriteRule ^b(\\d+)$ /c [R]\n",
        )
}

/// Explains a request; everything expected is in what is printed.
fn check(arguments: &[&str], expected: &[&str]) {
    let start = ["explain", "httpd.conf", "--docroot", "/srv/www=www"];
    let all = [&start[..], arguments].concat();
    place().run(&all).check(0, expected);
}

#[test]
fn every_answer_has_a_cause() {
    check(
        &["http://www.one.test/Old"],
        &[
            "GET http://www.one.test/Old\n",
            "virtual host httpd.conf:5, www.one.test",
            "301 http://www.one.test/new",
            "httpd.conf:9  RewriteRule ^/Old$ /new [R=301,L]",
            "redirected to http://www.one.test/new",
        ],
    );
    check(
        &["http://two.test/folder"],
        &[
            "301 http://two.test/folder/",
            "mod_dir: this is a folder, so its slash is added",
        ],
    );
    check(
        &["http://two.test/folder/"],
        &[
            "served: /folder/",
            "mod_dir: took /folder/index.html for the folder",
        ],
    );
    check(
        &["http://two.test/empty/"],
        &["403", "mod_autoindex: 403, the folder has no index"],
    );
    check(
        &["http://two.test/closed/x"],
        &[
            "mod_authz_core: 403, no Require lets the request in",
            "closed/.htaccess:1  Require all denied",
        ],
    );
    check(
        &["http://two.test/many/page"],
        &["mod_negotiation: took /many/page.html (MultiViews)"],
    );
    check(
        &["http://two.test/nothing"],
        &[
            "core: 404, there is no file of this name",
            "core: ErrorDocument 404 leads to /gone.html",
        ],
    );
    check(&["/%zz"], &["400", "core: 400, the path cannot be decoded"]);
    check(&["http://www.one.test/q/a%3fb"], &["403"]);
}

#[test]
fn the_host_that_answers_is_named() {
    check(
        &["http://ww.one.test/x"],
        &[
            "no ServerName and no ServerAlias fits",
            "did you mean www.one.test? (httpd.conf:5)",
        ],
    );
}

#[test]
fn a_line_that_did_not_answer_says_why() {
    check(
        &["http://www.one.test/old", "--rule", "httpd.conf:9"],
        &["compared with \"/old\"", "with the flag NC it would match"],
    );
    check(
        &["http://two.test/rules/a", "--rule", "rules/.htaccess:2"],
        &["compared with \"a\"", "without the slash at its beginning"],
    );
    check(
        &["http://two.test/rules/b12x", "--rule", "rules/.htaccess:3"],
        &["it matches as far as ^b(\\d+)", "what follows does not: $"],
    );
    check(
        &["http://two.test/Old", "--rule", "httpd.conf:9"],
        &["it was not asked", "another virtual host"],
    );
}

#[test]
fn redirects_are_followed_and_slips_are_tried() {
    check(
        &["http://www.one.test/Old", "--follow"],
        &[
            "GET http://www.one.test/new\n",
            "302 http://www.one.test/newest",
        ],
    );
    check(
        &["http://www.one.test/Old/"],
        &["without the slash (/Old): 301 http://www.one.test/new  httpd.conf:9"],
    );
    check(
        &["http://www.one.test/Old", "--all"],
        &["httpd.conf:9  RewriteRule", "redirected to"],
    );
    check(
        &["http://www.one.test/new", "--all"],
        &["does not match \"/new\""],
    );
}

#[test]
fn programs_get_an_object() {
    check(
        &["http://www.one.test/Old", "--format", "json"],
        &[
            "\"reason\":\"named\"",
            "\"line\":\"RewriteRule ^/Old$ /new [R=301,L]\"",
            "\"event\":\"redirected\"",
        ],
    );
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let place = place();
    let refused = |arguments: &[&str], expected: &str| {
        let all = [&["explain", "httpd.conf"], arguments].concat();
        place.run(&all).check(2, &[expected]);
    };
    refused(&["/x", "--client", "nonsense"], "invalid IP address");
    refused(&["/x", "-X", "P OST"], "is no method");
    refused(&["/x", "-H", "Bad Name: y"], "is no name of a header");
    refused(&["http:///x"], "names no host");
    refused(
        &["/x", "--rule", "httpd.conf:1"],
        "no RewriteRule or Redirect stands there",
    );
}

/// An answer is shown with what lines give it besides: cookies and headers.
#[test]
fn headers_of_the_answer_are_shown() {
    let rules = "ServerName h.test\nHeader always set X-Own \"a b\"\nExpiresActive On\n\
                 ExpiresDefault \"access plus 1 hour\"\nRewriteEngine On\n\
                 RewriteRule ^/old$ /new [R=301,CO=seen:1:h.test]\n";
    let place = Place::new().with("h.conf", rules);
    let line = ["explain", "h.conf", "http://h.test/old"];
    let headers = "301 http://h.test/new\nSet-Cookie: seen=1; path=/; domain=h.test\nX-Own: a b\n\
                   Cache-Control: max-age=3600\nExpires: 3600 s after the answer\n";
    place.run(&line).check(0, &[headers]);
    let json = [&line[..], &["--format", "json"]].concat();
    place
        .run(&json)
        .check(0, &["\"X-Own\"", "\"max-age=3600\""]);
}

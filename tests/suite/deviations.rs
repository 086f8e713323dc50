//! Every row of `docs/deviations.md` that a line of a configuration can meet: `check` says so at that line.
//!
//! In: the rows of the document, and [`ROWS`]: configurations that meet them. Out: rows without a configuration,
//! configurations without a row, and what is not said. Absent: what Apache answers; `tests/cases/deviations.txt` has it.

use std::collections::{BTreeMap, BTreeSet};

use edgewright_compiler::compile;
use edgewright_test_engines::reading;

/// The document root of every configuration here.
const ROOT: &str = "/srv/www";

/// A configuration that meets a row of the document.
struct Meets {
    /// The first cell of the row.
    row: &'static str,
    /// Lines of the server; they count from 1.
    server: &'static str,
    /// Lines of `.htaccess` in the document root; they count from 1.
    htaccess: &'static str,
    /// The line that is named, the code, and how the text begins.
    says: (u32, &'static str, &'static str),
}

const fn server(
    row: &'static str,
    server: &'static str,
    says: (u32, &'static str, &'static str),
) -> Meets {
    Meets {
        row,
        server,
        htaccess: "",
        says,
    }
}

/// How the lines of a server begin whose document root nobody reads.
const UNREAD: &str = "# nobody reads the document root\n";

const LOCATION: &str = "`Header always set Location`, and `add`, `RequestHeader` with `%t`, `%D`, `%l`, `%i` or `%b` of a header that rules look at, `LimitInternalRecursion`, `LimitRequestLine`, `StrictHostCheck On`, `AuthMerging`, `UseCanonicalPhysicalPort On`";
const ACCESS: &str = "`Require` of users and groups";
const NAMES: &str = "`Require host`, `Require forward-dns`, `Allow` and `Deny` of host names";
const OTHER: &str = "any other directive that [directives.md](directives.md) calls named";
const KEPT_NAMES: &str = "`Header always` of a name that CloudFront keeps for itself (`Connection`, `Via`, `X-Amz-Cf-…`)";
const REQUESTS: &str = "`RequestHeader` with `%t`, `%D`, `%l`, `%i` or `%b`, or of a name that CloudFront keeps for itself, or `Host`";
const HEADERS: &str = "`Header always` with `%t`, `%D`, `%l`, `%i` or `%b`, `Expires*` reckoned from a file's last change";
const COSTLY: &str = "a decision of more than about a millisecond: a pattern that can be matched in very many ways, `[N]` that goes on and on, lookups within lookups";
const PROTOCOL: &str = "`%{SERVER_PROTOCOL}`, `SetEnvIf Request_Protocol`, and the version at the end of `%{THE_REQUEST}`";
const BARE: &str = "`%{THE_REQUEST}` of `/a?`, where a condition asks for the `?` and the function runs at viewer-request";
const LINK: &str = "`-l`, `-h` and `-L`";
const FILES: &str = "`-f`, `-d`, `-U` and their like when no document root was read";
const TYPES: &str = "`%{CONTENT_TYPE}` in rules of directories and in `RequestHeader`, when no document root was read";
const SPELLING: &str = "`CheckSpelling`, `AddHandler type-map`, and lines about types of files with `MultiViews`, when a document root was not read";
const LITERAL: &str = "bytes from 0x80 and spaces in `Location`, written in a target";
const COOKIE: &str = "bytes from 0x80 in a cookie or in `Vary`";
const LOST: &str = "cookies (`CO`) of a request that passes through";
const VARY: &str =
    "`Vary` of a request that passes through, but for `Host`, which every cache tells apart";
const PROXY: &str = "`[P]` and `ProxyPass`";
const USER: &str = "`%{REMOTE_USER}`, `%{AUTH_TYPE}` where somebody may log in";
const MAPS: &str =
    "maps of type `prg`, `dbd`, and `dbm` of a type other than SDBM, Berkeley DB hash and GNU dbm";
const FUNCTIONS: &str = "`file()`, `filesize()`, `ldap()`, `PeerExtList()` in expressions";
const PROCESS: &str = "`%{ENV:PATH}` and other variables of the server process, `osenv()`";
const FILES_MATCH: &str = "groups of a `<FilesMatch>` whose variables a rule changes";

const AS_IS: &str =
    "files with the handler `send-as-is`: headers but `Status` and `Location`, and the content";
const PAGES: &str = "the page of `ErrorDocument /path` where its file was not read, is longer than 32 KB, or is made by a program or a filter of the server (PHP, SSI)";
const UNREAD_AS_IS: &str =
    "files with the handler `send-as-is` that were not read, or say a status outside of 200 to 599";
const CANNOT: &str = "%{";
const ONLY_THE_SERVER: &str = "it asks for something that only the server has";
const ACCESS_TEXT: &str = "";

/// At least one configuration for each row of the document, and for each thing a row names.
#[rustfmt::skip]
const ROWS: &[Meets] = &[
    server("`%{REMOTE_PORT}`, `%{REMOTE_HOST}`", "RewriteEngine On\nRewriteCond %{REMOTE_PORT} 1\nRewriteRule ^/a$ /b [R]", (3, "not-at-edge", "%{REMOTE_PORT} cannot be known")),
    server("`%{REMOTE_PORT}`, `%{REMOTE_HOST}`", "RewriteEngine On\nRewriteRule ^/a$ /%{REMOTE_HOST} [R]", (2, "not-at-edge", "%{REMOTE_HOST} cannot be known")),
    server("`%{SCRIPT_USER}`, `%{SCRIPT_GROUP}` of a file that exists", "RewriteEngine On\nRewriteRule ^/a$ /%{SCRIPT_GROUP} [R]", (2, "not-at-edge", "%{SCRIPT_GROUP} cannot be known")),
    server("`%{SERVER_ADDR}`, `%{SERVER_SOFTWARE}`", "RewriteEngine On\nRewriteRule ^/a$ /%{SERVER_ADDR} [R]", (2, "not-at-edge", CANNOT)),
    server("`%{SERVER_ADDR}`, `%{SERVER_SOFTWARE}`", "RewriteEngine On\nRewriteRule ^/a$ /%{SERVER_SOFTWARE} [R]", (2, "not-at-edge", CANNOT)),
    server("`%{HANDLER}` in expressions of rules of directories", "<Directory /srv/www>\nRewriteEngine On\nRewriteCond expr \"%{HANDLER} == 'cgi-script'\"\nRewriteRule ^a$ /b [R]\n</Directory>", (4, "not-at-edge", "%{HANDLER} cannot be known at the edge")),
    server("`%{SSL:…}` where a host speaks TLS", "RewriteEngine On\nSSLEngine On\nRewriteRule ^/a$ /%{SSL:SSL_CIPHER} [R]", (3, "not-at-edge", "%{SSL:SSL_CIPHER} cannot be known")),
    server(FUNCTIONS, "RewriteEngine On\nRewriteCond expr \"filesize('/a') -eq 1\"\nRewriteRule ^/a$ /b [R]", (3, "not-at-edge", ONLY_THE_SERVER)),
    server(FUNCTIONS, "RewriteEngine On\nRewriteCond expr \"file('/a') == 'x'\"\nRewriteRule ^/a$ /b [R]", (3, "not-at-edge", ONLY_THE_SERVER)),
    server(MAPS, "RewriteEngine On\nRewriteMap p prg:/bin/cat\nRewriteRule ^/a$ /${p:x} [R]", (2, "rewrite-map-unavailable", "")),
    server(MAPS, "RewriteEngine On\nRewriteMap p prg:/bin/cat\nRewriteRule ^/a$ /${p:x} [R]", (3, "not-at-edge", "map p cannot be asked")),
    server(PROCESS, "RewriteEngine On\nRewriteRule ^/a$ /%{ENV:PATH} [R]", (2, "not-at-edge", "%{ENV:PATH} is a variable of the server process")),
    server(PROCESS, "RewriteEngine On\nRewriteCond expr \"-n osenv('PATH')\"\nRewriteRule ^/a$ /b [R]", (3, "not-at-edge", ONLY_THE_SERVER)),
    server("`-x` on a file", "RewriteEngine On\nRewriteCond /bin/ls -x\nRewriteRule ^/a$ /b [R]", (3, "not-at-edge", ONLY_THE_SERVER)),
    server(USER, "RewriteEngine On\nRewriteRule ^/a$ /%{REMOTE_USER} [R]\n<Location /b>\nRequire valid-user\n</Location>", (2, "not-at-edge", "%{REMOTE_USER}: nobody has logged in")),
    server(FILES, "# nobody reads the document root\nRewriteEngine On\nRewriteCond /srv/www%{REQUEST_URI} -f\nRewriteRule ^/a$ /b [R]", (4, "not-at-edge", "it asks about files, and no document root was read")),
    server(TYPES, "# nobody reads the document root\n<Directory /srv/www>\nRewriteEngine On\nRewriteCond expr \"%{CONTENT_TYPE} == 'text/html'\"\nRewriteRule ^a$ /b [R]\n</Directory>", (5, "not-at-edge", "it asks for the type of a file or folder, and no document root was read")),
    server(TYPES, "# nobody reads the document root\nRequestHeader set X-A \"expr=%{CONTENT_TYPE}\"", (2, "unfollowed-directive", "it asks for the type of a file or folder")),
    server(LOCATION, "Header always set Location http://x.test/", (1, "unfollowed-directive", "it adds a second `Location` to redirects")),
    server(LOCATION, "RequestHeader set X-A %t\nRewriteEngine On\nRewriteCond %{HTTP:X-A} b\nRewriteRule ^/a$ /b [R]", (1, "unfollowed-directive", "only a server knows the value of this header")),
    server(LOCATION, "LimitInternalRecursion 3", (1, "unfollowed-directive", "it changes after how many internal redirects")),
    server(LOCATION, "LimitRequestLine 100", (1, "unfollowed-directive", "it changes how long a URL may be")),
    server(LOCATION, "StrictHostCheck On", (1, "unfollowed-directive", "it answers 400 to names that no virtual host has")),
    server(LOCATION, "<Location /a>\nAuthMerging And\n</Location>", (2, "unfollowed-directive", "it joins what a section requires")),
    server(LOCATION, "UseCanonicalPhysicalPort On", (1, "unfollowed-directive", "it puts the port of the connection into URLs")),
    server(ACCESS, "<Location /a>\nRequire valid-user\n</Location>", (2, "unfollowed-directive", ACCESS_TEXT)),
    server(NAMES, "<Location /a>\nRequire host x.test\n</Location>", (2, "unfollowed-directive", "`x.test` is a host name")),
    server(NAMES, "<Location /a>\nDeny from x.test\n</Location>", (2, "unfollowed-directive", "`x.test` is a host name")),
    server(NAMES, "<Location /a>\nAllow from 10.1.*.*\n</Location>", (2, "unfollowed-directive", "`10.1.*.*` is a host name")),
    server(OTHER, "DirectoryCheckHandler On", (1, "unfollowed-directive", "a directory with a handler")),
    server(SPELLING, "# nobody reads the document root\nAddHandler type-map .var", (2, "unfollowed-directive", "Apache answers by what is in such a file")),
    server(SPELLING, "# nobody reads the document root\n<Directory /srv/www>\nOptions MultiViews\nAddLanguage de .de\n</Directory>", (4, "unfollowed-directive", "`MultiViews` chooses among files by it")),
    server(SPELLING, "# nobody reads the document root\nCheckSpelling On", (2, "unfollowed-directive", "it redirects misspelled names")),
    server(OTHER, "VirtualDocumentRootIP /srv/%0", (1, "unfollowed-directive", "the document root depends on the server's address")),
    server(OTHER, "<Location /a>\nSetHandler server-status\n</Location>", (2, "unfollowed-directive", "Apache answers with a page of its own")),
    server(OTHER, "<Proxy *>\nRequire ip 10\n</Proxy>", (1, "unfollowed-directive", "it says who may ask another server")),
    server(HEADERS, "Header always set X-Took %D", (1, "header-not-sent", "only a server knows the value")),
    server(REQUESTS, "RequestHeader set X-Start t=%t", (1, "header-not-sent", "only a server knows the value")),
    server(REQUESTS, "RequestHeader set Via x", (1, "header-not-sent", "CloudFront keeps this header for itself")),
    server(REQUESTS, "RequestHeader set Host x", (1, "header-not-sent", "CloudFront keeps this header for itself")),
    server(KEPT_NAMES, "Header always set Via x", (1, "header-not-sent", "CloudFront keeps this header for itself")),
    server(HEADERS, "ExpiresDefault \"modification plus 1 day\"", (1, "header-not-sent", "redirects of files that are there have Expires")),
    server("`Header always echo` with capital letters in its pattern", "Header always echo ^X-Own$", (1, "header-not-sent", "the edge has names of headers in lower case")),
    server(AS_IS, "AddHandler send-as-is .asis", (1, "header-not-sent", "of a file that is sent as it is")),
    server(AS_IS, "<Files a>\nSetHandler send-as-is\n</Files>", (2, "header-not-sent", "of a file that is sent as it is")),
    server(PAGES, "# nobody reads the document root\nErrorDocument 403 /e.html", (2, "page-not-sent", "the edge sends Apache's own page in the place of `/e.html`")),
    server(UNREAD_AS_IS, "# nobody reads the document root\nAddHandler send-as-is .asis", (2, "unfollowed-directive", "Apache answers by what is in such a file")),
    server(OTHER, "AddType httpd/send-as-is .asis", (1, "unfollowed-directive", "Apache answers by what is in such a file")),
    server(COSTLY, "RewriteEngine On\nRewriteRule ^/a/(.+)\\1+x$ /b [R,L]", (2, "over-budget", "")),
    server("`%{TIME_HOUR}` and its variants, without `--timezone`", "RewriteEngine On\nRewriteRule ^/a$ /%{TIME_HOUR} [R]", (2, "server-time-zone", "the time is asked for")),
    server("`UseCanonicalName DNS`", "UseCanonicalName DNS", (1, "unfollowed-directive", "it asks a name server")),
    server(PROTOCOL, "RewriteEngine On\nRewriteCond %{SERVER_PROTOCOL} ^HTTP/1\\.0\nRewriteRule ^/a$ /b [R]", (2, "http-version", "the edge takes every request for HTTP/1.1")),
    server(PROTOCOL, "RewriteEngine On\nRewriteCond %{THE_REQUEST} HTTP/1\\.0$\nRewriteRule ^/a$ /b [R]", (2, "http-version", "")),
    server(PROTOCOL, "RewriteEngine On\nRewriteCond %{THE_REQUEST} !HTTP/(?:1\\.1|2)\nRewriteRule ^/a$ /b [R]", (2, "http-version", "")),
    server(PROTOCOL, "RewriteEngine On\nRewriteRule ^/a$ /%{SERVER_PROTOCOL} [R]", (2, "http-version", "")),
    server(PROTOCOL, "RewriteEngine On\nRewriteCond expr \"%{SERVER_PROTOCOL} == 'HTTP/1.0'\"\nRewriteRule ^/a$ /b [R]", (2, "http-version", "")),
    server(PROTOCOL, "<If \"%{SERVER_PROTOCOL} == 'HTTP/1.0'\">\nRedirect /a /b\n</If>", (1, "http-version", "")),
    server(PROTOCOL, "SetEnvIf Request_Protocol 1.0 old", (1, "http-version", "")),
    server(BARE, "RewriteEngine On\nRewriteCond %{THE_REQUEST} \\?\\ HTTP\nRewriteCond %{UNIQUE_ID} x\nRewriteRule ^/a$ /b? [R]", (2, "bare-question-mark", "the edge is not told")),
    server(BARE, "RewriteEngine On\nRewriteCond %{THE_REQUEST} ^[A-Z]+\\s[^?]*\\?\nRewriteRule ^/a$ /b?%{UNIQUE_ID} [R]", (2, "bare-question-mark", "")),
    server(LINK, "RewriteEngine On\nRewriteCond /srv/www%{REQUEST_URI} -l\nRewriteRule ^/a$ /b [R]", (2, "link-test", "-l is false")),
    server(LINK, "RewriteEngine On\nRewriteCond expr \"-L '/srv/www/a'\"\nRewriteRule ^/a$ /b [R]", (2, "link-test", "")),
    server(LITERAL, "RewriteEngine On\nRewriteRule ^/a$ \"http://x.test/b c\" [R,NE]", (2, "encoded-header", "the edge percent-encodes a space in `Location`")),
    server(LITERAL, "RewriteEngine On\nRewriteRule ^/a$ http://x.test/\u{e9} [R,NE]", (2, "encoded-header", "the edge percent-encodes the byte 0xE9 in `Location`")),
    server(LITERAL, "Redirect /a \"http://x.test/b c\"", (1, "encoded-header", "")),
    server(COOKIE, "RewriteEngine On\nRewriteRule ^/a$ /b [R,CO=n:\u{e9}:h.test]", (2, "encoded-header", "the edge percent-encodes the byte 0xE9 in a cookie")),
    server(COOKIE, "RewriteEngine On\nRewriteCond %{HTTP:X-\u{e9}} a\nRewriteRule ^/a$ /b [R]", (2, "encoded-header", "the edge percent-encodes the byte 0xE9 in `Vary`")),
    server("a tab in a cookie", "RewriteEngine On\nRewriteRule ^/a$ /b \"[R,CO=n:v\tw:h.test]\"", (2, "encoded-header", "the edge sends a space for the tab in a cookie")),
    server(LOST, "RewriteEngine On\nRewriteRule ^ - [CO=n:v:h.test]", (2, "cookie-not-sent", "the cookie is not sent")),
    server(LOST, "RewriteEngine On\nRewriteRule ^/a$ /index.html [CO=n:v:h.test,L]", (2, "cookie-not-sent", "")),
    server(LOST, "RewriteEngine On\nRewriteRule ^/a$ http://x.test/ [P,CO=n:v:h.test]", (2, "cookie-not-sent", "")),
    Meets { row: LOST, server: "", htaccess: "RewriteEngine On\nRewriteRule ^a - [CO=n:v:h.test]", says: (2, "cookie-not-sent", "") },
    server(VARY, "RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} bot\nRewriteRule ^/a$ /index.html [L]", (3, "vary-not-sent", "this rule asks for a header")),
    server(PROXY, "RewriteEngine On\nRewriteRule ^/a$ http://x.test/ [P]", (2, "proxy-to-origin", "the edge asks no other server")),
    server(PROXY, "ProxyPass /a http://x.test/", (1, "proxy-to-origin", "")),
    server(PROXY, "<Location /a>\nProxyPass http://x.test/\n</Location>", (2, "proxy-to-origin", "")),
    server("groups of a `<LocationMatch>` whose pattern asks for a `%`", "<LocationMatch \"^/(?<x>[a%]+)$\">\nRedirect /a /b\n</LocationMatch>", (1, "mirrored-in-part", "")),
    server("`<If>` inside of `<If>`", "<If \"true\">\n<If \"true\">\nRedirect /a /b\n</If>\n</If>", (2, "mirrored-in-part", "")),
    server(FILES_MATCH, "<FilesMatch \"^(?<x>a)$\">\nSetEnvIf Request_URI a y\n</FilesMatch>\nRewriteEngine On\nRewriteRule ^ - [E=MATCH_X:1]", (1, "mirrored-in-part", "")),
    server("`AccessFileName` that differs between hosts with one document root", "<VirtualHost *:80>\nServerName a.test\nDocumentRoot /srv/www\n</VirtualHost>\n<VirtualHost *:80>\nServerName b.test\nDocumentRoot /srv/www\nAccessFileName .other\n</VirtualHost>", (5, "mirrored-in-part", "")),
];

/// Configurations that come near to a row, and the code that must not be there.
#[rustfmt::skip]
const SILENT: &[(&str, &str)] = &[
    ("ErrorDocument 403 \"a text\"", "page-not-sent"),
    ("ErrorDocument 403 http://x.test/e", "page-not-sent"),
    ("ErrorDocument 403 /e.html", "page-not-sent"),
    ("ErrorDocument 403 default", "page-not-sent"),
    ("RewriteEngine On\nRewriteRule ^ /b [R,L,CO=n:v:h.test]", "cookie-not-sent"),
    ("RewriteEngine On\nRewriteRule ^/a http://x.test/ [CO=n:v:h.test]", "cookie-not-sent"),
    ("RewriteEngine On\nRewriteRule ^/a - [F,CO=n:v:h.test]", "cookie-not-sent"),
    ("RewriteEngine On\nRewriteRule ^/a - [R=404,CO=n:v:h.test]", "cookie-not-sent"),
    ("RewriteEngine On\nRewriteRule ^/a - [L]", "cookie-not-sent"),
    ("RewriteEngine On\nRewriteRule ^ - [F]\nRewriteRule ^/a$ - [CO=n:v:h.test]", "cookie-not-sent"),
    ("RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} bot\nRewriteRule ^/a$ /b [R,L]", "vary-not-sent"),
    ("RewriteEngine On\nRewriteCond %{HTTP_HOST} bot\nRewriteRule ^/a$ /b [L]", "vary-not-sent"),
    ("RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} bot [NV]\nRewriteRule ^/a$ /b [L]", "vary-not-sent"),
    ("RewriteEngine On\nRewriteCond %{THE_REQUEST} ^GET\\s/index\\.html\\sHTTP/\nRewriteRule ^/a$ /b [R]", "http-version"),
    ("RewriteEngine On\nRewriteCond %{THE_REQUEST} /a\nRewriteRule ^/a$ /b [R]", "http-version"),
    ("RewriteEngine On\nRewriteCond %{THE_REQUEST} ^GET\\s/index\\.html\\sHTTP/\nRewriteRule ^/a$ /b [R]", "bare-question-mark"),
    ("RewriteEngine On\nRewriteCond %{THE_REQUEST} \\?\\ HTTP\nRewriteRule ^/a$ /b? [R]", "bare-question-mark"),
    ("RewriteEngine On\nRewriteCond %{THE_REQUEST} \\?id=\nRewriteRule ^/a$ /b [R]", "bare-question-mark"),
    ("RewriteEngine On\nRewriteCond /srv/www%{REQUEST_URI} -f\nRewriteRule ^/a$ /b [R]", "link-test"),
    ("<Directory /srv/www>\nRewriteEngine On\nRewriteCond expr \"%{CONTENT_TYPE} == 'text/html'\"\nRewriteRule ^a$ /b [R]\n</Directory>", "not-at-edge"),
    ("# nobody reads the document root\nRewriteEngine On\nRewriteCond expr \"%{CONTENT_TYPE} == 'text/html'\"\nRewriteRule ^/a$ /b [R]", "not-at-edge"),
    ("RequestHeader set X-A \"expr=%{CONTENT_TYPE}\"", "unfollowed-directive"),
    ("RewriteEngine On\nRewriteRule ^/a$ \"/b c\" [R]", "encoded-header"),
    ("RewriteEngine On\nRewriteRule ^/a$ \"/b c\"", "encoded-header"),
    ("RewriteEngine On\nRewriteRule ^/a$ /b%20c [R,NE]", "encoded-header"),
    ("RedirectMatch ^/a$ \"http://x.test/b c\"", "encoded-header"),
    ("RewriteEngine On\nRewriteRule ^/a$ /b [R]", "proxy-to-origin"),
    ("ProxyPass /a !", "proxy-to-origin"),
    ("<LocationMatch \"^/(?<x>a+)$\">\nRedirect /a /b\n</LocationMatch>", "mirrored-in-part"),
    ("<LocationMatch \"^/(a%)\">\nRedirect /a /b\n</LocationMatch>", "mirrored-in-part"),
    ("<If \"true\">\nRedirect /a /b\n</If>", "mirrored-in-part"),
    ("<FilesMatch \"^(?<x>a)$\">\nRedirect /a /b\n</FilesMatch>", "mirrored-in-part"),
    ("AccessFileName .other", "mirrored-in-part"),
];

/// What `check` says of a configuration: the line, the code and the text.
fn said(server: &str, htaccess: &str) -> Vec<(u32, &'static str, String)> {
    let frame = "Include lines.conf\nServerName h.test:80\nDocumentRoot /srv/www\n<Directory /srv/www>\nAllowOverride All\nOptions FollowSymLinks\n</Directory>\n";
    let mut files = vec![("/etc/apache2/lines.conf".to_owned(), server.to_owned())];
    if !server.starts_with(UNREAD) {
        files.push((format!("{ROOT}/index.html"), "x".to_owned()));
    }
    if !htaccess.is_empty() {
        files.push((format!("{ROOT}/.htaccess"), htaccess.to_owned()));
    }
    let reading = reading(&format!("ServerRoot /etc/apache2\n{frame}"), files);
    let compilation = compile(&reading).unwrap();
    let all = reading.diagnostics.iter().chain(&compilation.diagnostics);
    let line = |span| reading.sources.place(span).line;
    all.map(|one| (one.span.map_or(0, line), one.code, one.headline.clone()))
        .collect()
}

/// The rows of the document's tables: the first cell and the last.
fn rows() -> Vec<(String, String)> {
    let document = include_str!("../../docs/deviations.md");
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let cells = rows.map(|row| {
        let row = row.trim_matches(|byte| byte == '|' || byte == ' ');
        let (first, rest) = row.split_once(" | ").unwrap();
        let last = rest.rsplit(" | ").next().unwrap();
        (first.to_owned(), last.to_owned())
    });
    cells.filter(|(first, _)| first != "What").collect()
}

#[test]
fn what_a_row_promises_is_said() {
    let unsaid = ROWS.iter().filter_map(|meets| {
        let (line, code, text) = meets.says;
        let said = said(meets.server, meets.htaccess);
        let is_said = |(at, one, headline): &(u32, &str, String)| {
            (*at, *one) == (line, code) && headline.starts_with(text)
        };
        let lines = format!("{}{}", meets.server, meets.htaccess);
        (!said.iter().any(is_said)).then(|| format!("{:?} of\n{lines}\nbut {said:?}\n", meets.says))
    });
    let unsaid: Vec<String> = unsaid.collect();
    assert!(unsaid.is_empty(), "not said:\n{}", unsaid.join("\n"));
}

#[test]
fn what_meets_no_row_is_silent() {
    for (server, code) in SILENT {
        let said = said(server, "");
        assert!(
            said.iter().all(|(_, one, _)| one != code),
            "{server}\n{said:?}"
        );
        assert!(
            said.iter().all(|(_, one, _)| *one != "bad-flags"),
            "{server}\n{said:?}"
        );
    }
}

/// A new row needs a configuration in [`ROWS`] for each code it names, or says why there is none.
#[test]
fn rows_of_the_document_and_rows_here_are_the_same() {
    let mut met: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for meets in ROWS {
        met.entry(meets.row).or_default().insert(meets.says.1);
    }
    let rows = rows();
    assert!(rows.len() > 20, "the tables are not found: {rows:?}");
    for (first, said_by) in &rows {
        let codes = met.remove(first.as_str());
        if let Some(why) = said_by.strip_prefix("nothing: ") {
            assert!(why.len() > 10 && codes.is_none(), "{first}");
            continue;
        }
        let named = said_by.split('`').skip(1).step_by(2);
        let named: BTreeSet<&str> = named.filter(|name| !name.starts_with("--")).collect();
        assert!(!named.is_empty(), "the row {first:?} names no code");
        assert_eq!(
            codes.unwrap_or_default(),
            named,
            "configurations for the row {first:?}"
        );
    }
    assert!(met.is_empty(), "no row for {met:?}");
}

/// What is told of outside a table is told nobody to test.
#[test]
fn deviations_stand_in_tables() {
    let document = include_str!("../../docs/deviations.md");
    let mut heading = "";
    for line in document.lines() {
        heading = line.strip_prefix("## ").unwrap_or(heading);
        let is_item = line.trim_start().starts_with("- ");
        assert!(
            !is_item || heading == "What the random comparison does not make",
            "{line}"
        );
    }
}

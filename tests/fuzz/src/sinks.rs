//! Every kind of place where text of a request reaches a header, a URL or a path.
//!
//! In: nothing. Out: [`SINKS`], each with its rules, where the text goes in, and where the answer may
//! lead. Absent: hostile texts, and what must hold; see `tests/sinks.rs`.

/// A place that text of a request reaches.
#[derive(Debug, Clone, Copy)]
pub struct Sink {
    /// Its name in failures.
    pub name: &'static str,
    /// Directives of the server that make it.
    pub rules: &'static str,
    /// The path of requests.
    pub path: &'static str,
    /// Where a request has the text.
    pub place: Place,
    /// Where the answer to a harmless text leads.
    pub leads: Leads,
}

/// A part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What follows the sink's path.
    Path,
    /// The value of `q` in the query.
    Query,
    /// A header's value.
    Header(&'static str),
    /// The `Host` header.
    Host,
    /// The method.
    Method,
}

/// Where an answer leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To the server that was asked: `Location` begins with its URL.
    Own,
    /// To a URL that begins so.
    Other(&'static str),
    /// To whatever the rule was given: it is an open redirect, and Apache's as well.
    Anywhere,
    /// To the origin, with another path or query.
    Served,
    /// To a server behind: at origin-request.
    Proxied,
    /// Nowhere.
    Status,
}

use Leads::{Anywhere, Other, Own, Proxied, Served, Status};
use Place::{Header, Host, Method, Path, Query};

/// The server of all sinks, and maps of some.
pub const SERVER: &str = "ServerName h.test
DocumentRoot /var/www
RewriteEngine On
RewriteMap books txt:/etc/apache2/books.txt
RewriteMap lower int:tolower
RewriteMap escape int:escape
RewriteMap unescape int:unescape
";

/// The file of the map `books`.
pub const FILES: &str = "-- /etc/apache2/books.txt
plain /plain
%0d%0aX:y /crlf
two //evil.test/2
";

const fn sink(
    name: &'static str,
    rules: &'static str,
    path: &'static str,
    place: Place,
    leads: Leads,
) -> Sink {
    Sink {
        name,
        rules,
        path,
        place,
        leads,
    }
}

/// A condition that takes the query's `q`, which the rule after it calls `%1`.
macro_rules! with_query {
    ($rule:literal) => {
        concat!("RewriteCond %{QUERY_STRING} ^q=(.*)$\n", $rule)
    };
}

/// Every sink.
#[rustfmt::skip]
pub const SINKS: &[Sink] = &[
    sink("local", "RewriteRule ^/s01/(.*)$ /to/$1 [R,L]", "/s01/", Path, Own),
    sink("local, not escaped", "RewriteRule ^/s02/(.*)$ /to/$1 [R,NE,L]", "/s02/", Path, Own),
    sink("local, whole", "RewriteRule ^/s03/(.*)$ /$1 [R,L]", "/s03/", Path, Own),
    sink("local, whole, not escaped", "RewriteRule ^/s04/(.*)$ /$1 [R,NE,L]", "/s04/", Path, Own),
    sink("local, escaped twice", "RewriteRule ^/s05/(.*)$ /to/$1 [R,B,L]", "/s05/", Path, Own),
    sink("other host", "RewriteRule ^/s06/(.*)$ https://www.example/$1 [R=301,L]", "/s06/", Path, Other("https://www.example/")),
    sink("other host, not escaped", "RewriteRule ^/s07/(.*)$ https://www.example/$1 [R=301,NE,L]", "/s07/", Path, Other("https://www.example/")),
    sink("query capture", with_query!("RewriteRule ^/s08$ /to/%1? [R,L]"), "/s08", Query, Own),
    sink("query capture, not escaped", with_query!("RewriteRule ^/s09$ /to/%1? [R,NE,L]"), "/s09", Query, Own),
    sink("query capture, whole", with_query!("RewriteRule ^/s10$ /%1? [R,NE,L]"), "/s10", Query, Own),
    sink("query, unescaped", with_query!("RewriteRule ^/s11$ /to/${unescape:%1}? [R,L]"), "/s11", Query, Own),
    sink("query, unescaped, not escaped", with_query!("RewriteRule ^/s12$ /to/${unescape:%1}? [R,NE,L]"), "/s12", Query, Own),
    sink("query, unescaped, whole", with_query!("RewriteRule ^/s13$ /${unescape:%1}? [R,NE,L]"), "/s13", Query, Own),
    sink("query, passed on", "RewriteRule ^/s14$ /to [R,L]", "/s14", Query, Own),
    sink("query, added to", "RewriteRule ^/s15/(.*)$ /to?p=$1 [R,QSA,L]", "/s15/", Path, Own),
    sink("query of the target", with_query!("RewriteRule ^/s16$ https://www.example/to?u=%1 [R,NE,L]"), "/s16", Query, Other("https://www.example/to")),
    sink("value of a map", "RewriteRule ^/s17/(.*)$ /to${books:$1|/none} [R,NE,L]", "/s17/", Path, Own),
    sink("default of a map", "RewriteRule ^/s18/(.*)$ /to/${books:$1|$1} [R,NE,L]", "/s18/", Path, Own),
    sink("int:tolower", "RewriteRule ^/s19/(.*)$ /to/${lower:$1} [R,NE,L]", "/s19/", Path, Own),
    sink("int:escape", "RewriteRule ^/s20/(.*)$ /to/${escape:$1} [R,NE,L]", "/s20/", Path, Own),
    sink("User-Agent", "RewriteRule ^/s21$ /to/%{HTTP_USER_AGENT} [R,L]", "/s21", Header("User-Agent"), Own),
    sink("User-Agent, not escaped", "RewriteRule ^/s22$ /to/%{HTTP_USER_AGENT} [R,NE,L]", "/s22", Header("User-Agent"), Own),
    sink("Referer", "RewriteRule ^/s23$ /to/%{HTTP_REFERER} [R,NE,L]", "/s23", Header("Referer"), Own),
    sink("any header", "RewriteRule ^/s24$ /to/%{HTTP:X-Any} [R,NE,L]", "/s24", Header("X-Any"), Own),
    sink("Cookie", "RewriteRule ^/s25$ /to/%{HTTP_COOKIE} [R,NE,L]", "/s25", Header("Cookie"), Own),
    sink("a header, whole", "RewriteRule ^/s26$ %{HTTP:X-Any} [R,NE,L]", "/s26", Header("X-Any"), Anywhere),
    sink("request line", "RewriteRule ^/s27/ /to/%{THE_REQUEST} [R,NE,L]", "/s27/", Path, Own),
    sink("method", "RewriteRule ^/s28$ /to/%{REQUEST_METHOD} [R,NE,L]", "/s28", Method, Own),
    sink("Host", "RewriteRule ^/s29$ https://%{HTTP_HOST}/to [R,L]", "/s29", Host, Anywhere),
    sink("SERVER_NAME", "RewriteRule ^/s30$ https://%{SERVER_NAME}/to [R,L]", "/s30", Host, Anywhere),
    sink("Host, captured", "RewriteCond %{HTTP_HOST} ^(.*)$\nRewriteRule ^/s31$ https://%1/to [R,NE,L]", "/s31", Host, Anywhere),
    sink("own host", "RewriteRule ^/s32$ /to [R,L]", "/s32", Host, Anywhere),
    sink("own host, Redirect", "Redirect /s33 /to", "/s33", Host, Anywhere),
    sink("variable", "RewriteRule ^/s34/(.*)$ - [E=V:$1]\nRewriteRule ^/s34/ /to/%{ENV:V} [R,NE,L]", "/s34/", Path, Own),
    sink("value of a cookie", "RewriteRule ^/s35/(.*)$ /to [R,L,CO=a:$1:h.test]", "/s35/", Path, Own),
    sink("value of a cookie, User-Agent", "RewriteRule ^/s36$ /to [R,L,CO=b:%{HTTP_USER_AGENT}:.h.test:60:/p:secure:httponly]", "/s36", Header("User-Agent"), Own),
    sink("value of a cookie, unescaped", with_query!("RewriteRule ^/s37$ /to? [R,L,CO=c:${unescape:%1}:h.test]"), "/s37", Query, Own),
    sink("name of a cookie", "RewriteRule ^/s38/(.*)$ /to [R,L,CO=$1:v:h.test]", "/s38/", Path, Own),
    sink("domain of a cookie", "RewriteRule ^/s39$ /to [R,L,CO=d:v:%{HTTP:X-Any}]", "/s39", Header("X-Any"), Own),
    sink("path of a cookie", "RewriteRule ^/s40/(.*)$ /to [R,L,CO=e:v:h.test:0:/$1]", "/s40/", Path, Own),
    sink("Vary", "RewriteCond %{HTTP:X-Any} .\nRewriteCond %{HTTP_ACCEPT} !nothing\nRewriteRule ^/s41$ /to [R,L]", "/s41", Header("X-Any"), Own),
    sink("served path", "RewriteRule ^/s42/(.*)$ /files/$1 [L]", "/s42/", Path, Served),
    sink("served query", "RewriteRule ^/s43/(.*)$ /files?q=$1 [L]", "/s43/", Path, Served),
    sink("served path, unescaped", with_query!("RewriteRule ^/s44$ /files/${unescape:%1}? [L]"), "/s44", Query, Served),
    sink("proxied path", "RewriteRule ^/s45/(.*)$ http://app.example/$1 [P,L]", "/s45/", Path, Proxied),
    sink("proxied query", with_query!("RewriteRule ^/s46$ http://app.example/to?%1 [P,NE,L]"), "/s46", Query, Proxied),
    sink("proxied, unescaped", with_query!("RewriteRule ^/s47$ http://app.example/${unescape:%1}? [P,NE,L]"), "/s47", Query, Proxied),
    sink("proxied host, begun", "RewriteRule ^/s48/(.*)$ http://app.example$1 [P,L]", "/s48/", Path, Proxied),
    sink("Redirect", "Redirect 301 /s49 https://www.example/new", "/s49/", Path, Other("https://www.example/new")),
    sink("Redirect to itself", "Redirect /s50 /to", "/s50/", Path, Own),
    sink("RedirectMatch", "RedirectMatch ^/s51/(.*)$ https://www.example/$1", "/s51/", Path, Other("https://www.example/")),
    sink("RedirectMatch to itself", "RedirectMatch 302 ^/s52/(.*)$ /to/$1", "/s52/", Path, Own),
    sink("RedirectMatch, whole", "RedirectMatch 302 ^/s53/(.*)$ /$1", "/s53/", Path, Own),
    sink("Redirect with an expression", "<LocationMatch \"^/s54/(?<rest>.*)$\">\nRedirect 302 \"/to/%{env:MATCH_REST}\"\n</LocationMatch>", "/s54/", Path, Own),
    sink("Redirect with a header", "<Location /s55>\nRedirect 302 \"/to/%{HTTP_USER_AGENT}\"\n</Location>", "/s55", Header("User-Agent"), Own),
    sink("Redirect with the host", "<Location /s56>\nRedirect 302 \"https://%{HTTP_HOST}/to\"\n</Location>", "/s56", Host, Anywhere),
    sink("ErrorDocument", "<Location /s57>\nErrorDocument 403 https://www.example/denied\n</Location>\nRewriteRule ^/s57 - [F]", "/s57/", Path, Other("https://www.example/denied")),
    sink("ErrorDocument with an expression", "<Location /s58>\nErrorDocument 403 \"https://www.example/%{HTTP_USER_AGENT}\"\n</Location>\nRewriteRule ^/s58 - [F]", "/s58", Header("User-Agent"), Other("https://www.example/")),
    sink("status", "RewriteRule ^/s59/ - [R=410,L]", "/s59/", Path, Status),
];

/// The configuration of one sink, as `Build::of` takes it.
pub fn alone(sink: &Sink) -> String {
    [SERVER, sink.rules, "\n", FILES].concat()
}

/// The configuration of all sinks together.
pub fn together() -> String {
    let rules = SINKS.iter().map(|sink| sink.rules.to_owned() + "\n");
    SERVER.to_owned() + &rules.collect::<String>() + FILES
}

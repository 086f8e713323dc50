//! Random configurations, random sequences of viewers, random positions of the switches.
//!
//! In: a seed. Out: how many requests were compared, and what differs. Absent: what `holes` has as open.

use edgewright_compiler::inputs::Input;
use edgewright_test_engines::reading;
use edgewright_test_support::random::Random;
use edgewright_test_support::rule_sets::{MAP, RuleSet, request};

use super::*;

/// Configurations when nobody says how many.
const SETS: u64 = 60;
/// Positions of the switches for each.
const POSITIONS: usize = 6;
/// Requests in a sequence.
const SEQUENCE: usize = 16;
/// Targets in a sequence: few, so that viewers meet in the cache.
const TARGETS: usize = 4;
/// Differences after which a run ends.
const ENOUGH: usize = 12;

/// Options of `package` that change the policies.
const OPTIONS: &[&[&str]] = &[
    &[],
    &["--origin-ignores", "cookies"],
    &["--origin-gets", "user-agent"],
    &["--origin", "bucket"],
    &["--forwarded-for", "append"],
    &["--forwarded-for", "replace"],
];

const ROOT: &str = "/srv/www";
const MAP_FILE: &str = "/srv/map.txt";

/// What conditions look at, with patterns for it.
const CONDITIONS: &[&str] = &[
    "%{REQUEST_METHOD} =GET",
    "%{REQUEST_METHOD} !^(POST|PUT)$",
    "%{REQUEST_METHOD} ^(GET|HEAD)$",
    "%{REQUEST_METHOD} =OPTIONS",
    "%{THE_REQUEST} ^GET",
    "%{THE_REQUEST} ^[A-Z]{3,9}\\ /a",
    "%{THE_REQUEST} \\?\\ HTTP",
    "%{HTTPS} off",
    "%{HTTPS} =on",
    "%{REQUEST_SCHEME} =https",
    "%{SERVER_PORT} ^443$",
    "%{SERVER_PORT} !^80$",
    "%{HTTP_HOST} ^www\\.",
    "%{HTTP_HOST} !^h\\.test$ [NC]",
    "%{SERVER_NAME} =h.test",
    "%{QUERY_STRING} (^|&)x=1",
    "%{QUERY_STRING} ^$",
    "%{HTTP_COOKIE} lang=de",
    "%{HTTP_COOKIE} !login",
    "%{HTTP:Accept-Language} ^de [NC]",
    "%{HTTP_USER_AGENT} bot [NC]",
    "%{HTTP_REFERER} !^https?://h\\.test",
    "%{HTTP_ACCEPT} json",
    "%{HTTP:Accept-Encoding} gzip",
    "%{REMOTE_ADDR} ^192\\.0\\.2\\.",
    "%{HTTP:X-Forwarded-For} ^10\\.",
    "%{HTTP:X-Forwarded-For} 192\\.0\\.2\\.[0-9]+$",
    "expr \"%{REMOTE_ADDR} != %{CONN_REMOTE_ADDR}\"",
    "%{HTTP:Via} !^$",
    "%{HTTP:Pragma} no-cache",
    "%{HTTP:Cache-Control} no-cache",
    "%{HTTP:TE} trailers",
    "%{HTTP:X-Own} ^(.+)$",
    "%{HTTP:Authorization} ^Basic",
    "%{HTTP:Origin} ^https",
    "%{HTTP:If-None-Match} x",
    "%{ENV:SCRIPT_URI} ^https://www",
    "expr \"req('X-'.'Own') == '1'\"",
    "expr \"%{REQUEST_METHOD} in {'GET','POST'}\"",
    "expr \"%{HTTP_HOST} == 'www.h.test' && -T 'on'\"",
];

const RESULTS: &[&str] = &[
    "^/(a|b)$ /c [R=301]",
    "^/(a|b)$ https://x.test/$1 [R]",
    "^/a /c [R=302,QSD]",
    "^/b - [F]",
    "^ - [G]",
    "^/a$ /c",
    "^/(.*)$ /%1/$1 [R]",
    "^/b$ /sub/%{HTTP_HOST}",
    "^/a$ /c?y=1 [QSA]",
    "^/a$ /%{REQUEST_METHOD} [R]",
    "^/b$ /c [R,CO=v:1:h.test]",
    "^/d$ /d-%{SERVER_PORT} [R]",
    "^/d https://%{HTTP_HOST}%{REQUEST_URI} [R=301]",
];

const EXTRAS: &[&str] = &[
    "Redirect gone /gone",
    "Redirect 301 /e https://x.test/e",
    "RedirectMatch ^/f(.*)$ /g$1",
    "Header always set X-A one",
    "Header always add Set-Cookie \"h=1; path=/\"",
    "ExpiresActive On\nExpiresDefault A60",
    "Header always set Cache-Control no-cache \"expr=%{REQUEST_STATUS} == 301\"",
    "Header always set X-B \"expr=%{HTTP:X-Own}%{HTTP_HOST}\"",
    "Header always set X-C yes \"expr=%{HTTP_COOKIE} =~ /login/\"",
    "Header always append X-D \"expr=%{REQUEST_METHOD} %{HTTPS}\"",
    "Header always echo ^x-own$",
    "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.0/24 10.0.0.0/8",
    "RemoteIPHeader X-Forwarded-For",
    "<Location /d>\nRequire ip 198.51.100.0/24 10.0.0.0/8\n</Location>",
    "<Location /al>\nAlias \"/data/%{HTTP_HOST}\"\n</Location>",
    "<If \"%{HTTPS} == 'on'\">\nRedirect /e /tls\n</If>",
    "<If \"%{REQUEST_METHOD} == 'HEAD'\">\nRedirect /e /head\n</If>",
    "SetEnvIf User-Agent bot is_bot\nRewriteCond %{ENV:is_bot} .\nRewriteRule ^/a$ - [F]",
    "SetEnvIf Request_Method ^HEAD is_head\nRewriteCond %{ENV:is_head} .\nRewriteRule ^/a$ - [F]",
];

const HEADERS: &[(&str, &[&str])] = &[
    (
        "Cookie",
        &["lang=de", "lang=de; login=1", "a=1; lang=fr", "login=2"],
    ),
    ("Accept-Language", &["de", "de-AT, en", "en"]),
    ("User-Agent", &["Mozilla/5.0", "Googlebot", "curl"]),
    ("Referer", &["https://h.test/a", "http://spam.test/"]),
    ("Accept", &["text/html", "application/json"]),
    (
        "Accept-Encoding",
        &["gzip", "gzip, deflate, br", "br", "identity"],
    ),
    ("X-Forwarded-For", &["10.0.0.1", "198.51.100.7", "unknown"]),
    ("Via", &["1.1 p", "1.0 q, 1.1 p"]),
    ("Pragma", &["no-cache"]),
    ("Cache-Control", &["no-cache", "max-age=0"]),
    ("TE", &["trailers"]),
    ("X-Own", &["1", "2", "a b"]),
    ("x-own", &["3"]),
    ("Authorization", &["Basic eA=="]),
    ("Origin", &["https://h.test", "null"]),
    ("If-None-Match", &["x"]),
    ("CloudFront-Forwarded-Proto", &["http", "https"]),
    ("X-Viewer-Host", &["www.h.test"]),
    ("Content-Type", &["text/plain"]),
    ("Range", &["bytes=0-1"]),
];

const HOSTS: &[&str] = &[
    "h.test",
    "www.h.test",
    "h.test:8080",
    "other.test",
    "H.test",
];
const CLIENTS: &[&str] = &["192.0.2.1", "198.51.100.7", "10.0.0.1", "2001:db8::1"];
const METHODS: &[&str] = &[
    "GET", "GET", "GET", "HEAD", "HEAD", "POST", "OPTIONS", "PUT",
];
const PATHS: &[&str] = &[
    "/a", "/b", "/d", "/e", "/f/1", "/al/x", "/gone", "/other", "/sub/", "/A", "/%61", "/a//b",
    "/./a", "/a%20b",
];
const QUERIES: &[&str] = &[
    "", "", "", "?", "?x=1", "?x=2", "?y=1&x=1", "?x=1&y=1", "?%20", "?+",
];

/// A configuration of rules with conditions on what viewers differ by: on the main server, or on two hosts, of which one
/// speaks TLS.
fn conditions(random: &mut Random) -> (String, Reading) {
    let text = if random.percent(40) {
        let (plain, tls) = (rules(random), rules(random));
        format!(
            "DocumentRoot /srv/www\n<VirtualHost *:80>\n{plain}</VirtualHost>\n<VirtualHost *:443>\nSSLEngine On\n{tls}</VirtualHost>\n"
        )
    } else {
        rules(random)
    };
    let reading = reading(&text, []);
    (text, reading)
}

fn rules(random: &mut Random) -> String {
    let mut text = String::from(
        "ServerName h.test\nServerAlias www.h.test\nDocumentRoot /srv/www\nRewriteEngine On\n",
    );
    for _ in 0..=random.below(3) {
        for _ in 0..random.below(3) {
            text += &format!("RewriteCond {}\n", random.pick(CONDITIONS));
        }
        text += &format!("RewriteRule {}\n", random.pick(RESULTS));
    }
    while random.percent(40) {
        text += &format!("{}\n", random.pick(EXTRAS));
    }
    text
}

/// A configuration of the kind that is compared with a real Apache.
fn rule_set(random: &mut Random) -> (String, Reading) {
    let main = RuleSet::random_main(random);
    let set = RuleSet::random(random, &main);
    // Chance gives every viewer another answer.
    let host = set
        .virtual_host("*:80", ROOT, MAP_FILE)
        .replace("rnd:", "txt:");
    let main = main.join("\n").replace("rnd:", "txt:");
    let files = set.files(ROOT).into_iter();
    let files: Vec<(String, String)> = files
        .map(|(name, content)| (format!("{ROOT}/{name}"), content.replace("rnd:", "txt:")))
        .collect();
    let shown: String = files
        .iter()
        .filter(|(name, _)| name.ends_with(".htaccess"))
        .map(|(name, content)| format!("# {name}\n{content}"))
        .collect();
    let map = (MAP_FILE.to_owned(), MAP.to_owned());
    let text = format!("{main}\n{host}");
    let reading = reading(&text, files.into_iter().chain([map]));
    (text + &shown, reading)
}

/// Viewers who ask for few targets.
fn sequence(random: &mut Random) -> Vec<Viewer> {
    let mut targets: Vec<String> = Vec::new();
    while targets.len() < TARGETS {
        let of_rules = request(random).target;
        let other = format!("{}{}", random.pick(PATHS), random.pick(QUERIES));
        let target = if random.percent(40) {
            String::from_utf8(of_rules).ok()
        } else {
            Some(other)
        };
        targets.extend(target.filter(|target| target.is_ascii() && !target.contains('#')));
    }
    let mut viewers = Vec::new();
    while viewers.len() < SEQUENCE {
        viewers.push(viewer(random, &targets));
    }
    viewers
}

fn viewer(random: &mut Random, targets: &[String]) -> Viewer {
    let mut headers: Vec<(String, String)> = Vec::new();
    while random.percent(65) {
        let (name, values) = random.pick(HEADERS);
        let repeats = name.eq_ignore_ascii_case("x-own")
            || !headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name));
        if repeats {
            // As over HTTP/2: an event has names in lower case.
            headers.push((name.to_ascii_lowercase(), random.pick(values).to_owned()));
        }
    }
    Viewer {
        method: random.pick(METHODS).to_owned(),
        scheme: random.pick(&[Scheme::Http, Scheme::Https]),
        host: random.pick(HOSTS).to_owned(),
        client: random.pick(CLIENTS).to_owned(),
        target: targets[random.below(targets.len())].clone(),
        headers,
    }
}

/// How much was compared.
#[derive(Debug, Default)]
struct Count {
    configurations: usize,
    refused: usize,
    at_origin: usize,
    sequences: usize,
    requests: usize,
    positions: std::collections::BTreeSet<String>,
}

#[test]
fn every_viewer_gets_what_apache_sent() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let seed = number("EDGEWRIGHT_SEED").unwrap_or(16);
    let sets = number("EDGEWRIGHT_RANDOM_SETS").unwrap_or(SETS);
    let mut random = Random::new(seed);
    let mut count = Count::default();
    let mut found = Vec::new();
    for set in 0..sets {
        let site = if set % 2 == 0 {
            conditions(&mut random)
        } else {
            rule_set(&mut random)
        };
        compare(site, &mut random, &mut count, &mut found);
        if found.len() >= ENOUGH {
            break;
        }
    }
    println!(
        "seed {seed}: {} configurations ({} at origin-request, {} refused), {} sequences, {} requests, {} positions of the switches, {} differences",
        count.configurations,
        count.at_origin,
        count.refused,
        count.sequences,
        count.requests,
        count.positions.len(),
        found.len()
    );
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

fn compare(
    (text, reading): (String, Reading),
    random: &mut Random,
    count: &mut Count,
    found: &mut Vec<String>,
) {
    count.configurations += 1;
    let options = random.pick(OPTIONS);
    let Ok(site) = Site::new(reading, options) else {
        count.refused += 1;
        return;
    };
    if options.contains(&"bucket") && site.trigger() == Trigger::ViewerRequest {
        // What a rule makes of a query is not sent there.
        return;
    }
    let mut lines = site.reading.site.settings().flat_map(|own| &own.headers);
    if lines.any(|line| line.name.eq_ignore_ascii_case(b"vary")) {
        // Of a `Vary` that a line writes CloudFront lets through what it sends on itself.
        return;
    }
    // What differs from one moment to the next differs for one viewer, too.
    let mut inputs = site.dependence.inputs.keys();
    let is_marked = site.trigger() == Trigger::OriginRequest;
    if inputs.any(|input| match input {
        Input::Time(_) | Input::Choice => !is_marked,
        Input::UniqueId => true,
        _ => false,
    }) {
        return;
    }
    count.at_origin += usize::from(site.trigger() == Trigger::OriginRequest);
    for _ in 0..POSITIONS {
        let switches = Switches::chosen(|positions| random.below(positions));
        count.positions.insert(format!("{switches:?}"));
        let mut viewers = sequence(random);
        viewers.retain(is_told);
        if site.trigger() == Trigger::ViewerRequest {
            // An open hole: the scheme is what `package` was told.
            for viewer in &mut viewers {
                viewer.scheme = Scheme::Https;
            }
        }
        count.sequences += 1;
        count.requests += viewers.len();
        let differing = site.differing(switches, &viewers);
        if let Some(first) = differing.first() {
            let all: Vec<String> = viewers.iter().map(ToString::to_string).collect();
            found.push(format!(
                "{text}\n{:?}\n{switches:?}\n  {first}\nof\n  {}",
                site.trigger(),
                all.join("\n  ")
            ));
            return;
        }
    }
}

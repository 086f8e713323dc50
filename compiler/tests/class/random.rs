//! Random configurations of conditions on what viewers differ by, and random viewers.

use edgewright_test_support::random::Random;

use super::viewer::Viewer;

const CONDITIONS: &[&str] = &[
    "%{HTTP_USER_AGENT} bot [NC]",
    "%{HTTP_USER_AGENT} ^Mozilla",
    "%{HTTP_USER_AGENT} !^$",
    "%{HTTP_USER_AGENT} (MSIE|Firefox)/[0-9]+ [NC]",
    "%{HTTP_USER_AGENT} ^curl$",
    "%{HTTP_USER_AGENT} \\bcurl\\b",
    "%{HTTP_USER_AGENT} \\xc3\\xa9",
    "%{HTTP_USER_AGENT} ^.{3,5}$",
    "%{HTTP:Accept-Language} ^de [NC]",
    "%{HTTP:Accept-Language} =de",
    "%{HTTP_REFERER} !^https?://(www\\.)?h\\.test(/|$) [NC]",
    "%{HTTP_REFERER} ^$",
    "%{HTTP_ACCEPT} application/(ld\\+)?json",
    "%{HTTP_ACCEPT} !text/html.*(text/turtle)",
    "%{HTTP_COOKIE} lang=de",
    "%{HTTP_COOKIE} !login=[0-9]",
    "%{HTTP_COOKIE} (^|;\\s*)lang=(de|en)",
    "%{HTTP_COOKIE} (^|;\\ )id=[^;]*(;|$)",
    "%{HTTP_COOKIE} (;|^)lang",
    "%{REMOTE_ADDR} ^192\\.0\\.2\\.",
    "%{REMOTE_ADDR} !=198.51.100.7",
    "%{REMOTE_ADDR} :db8:",
    "expr \"-R '192.0.2.0/24' || -R '2001:db8::/33'\"",
    "expr \"%{HTTP_USER_AGENT} in {'curl', ''}\"",
    "expr \"%{HTTP_REFERER} =~ /spam/ || %{HTTP_USER_AGENT} =~ /bot/\"",
    "expr \"! %{HTTP_USER_AGENT} == 'curl' && %{HTTP:X-Own} != '1'\"",
    "expr \"%{REMOTE_ADDR} -ipmatch '10.0.0.0/9'\"",
    "expr \"%{REMOTE_ADDR} != %{CONN_REMOTE_ADDR}\"",
    "%{REMOTE_ADDR} ^2001:db8(:|::)",
    "${m:%{REMOTE_ADDR}} .",
    "${m:%{REMOTE_ADDR}|b} =b",
    "${m:%{HTTP_USER_AGENT}} !^$",
    "${m:%{HTTP:Accept-Language}|7} -ge3",
    "${m:%{REMOTE_ADDR}} (.)",
    "${r:%{REMOTE_ADDR}} a",
    "${none:%{REMOTE_ADDR}|a} a",
    "${asked:%{HTTP_REFERER}} a",
    "%{REQUEST_METHOD} =HEAD",
    "%{REQUEST_METHOD} !^(GET|POST)$",
    "%{THE_REQUEST} \\?\\ HTTP",
    "%{TIME_HOUR} =22",
    "%{TIME_SEC} >19",
    "%{QUERY_STRING} x=1",
    "%{HTTP_HOST} ^www\\.(.*)$",
    "%{HTTP:X-Own} ^(.+)$",
    "%{ENV:is_bot} .",
    "%{ENV:private} =1",
];

const RESULTS: &[&str] = &[
    "^/(a|b)$ /c [R=301]",
    "^/a /c [R,QSD]",
    "^/b - [F]",
    "^/a$ - [G]",
    "^/a$ /c",
    "^ - [S=1]",
    "^/(.*)$ /x%1/$1 [R]",
    "^/(a|b)$ /x%2/$1 [R]",
    "^/b$ - [C]",
    "^/a - [E=seen:1]",
    "^/c https://x.test/%1 [R]",
];

const EXTRAS: &[&str] = &[
    "BrowserMatch ^curl is_bot",
    "SetEnvIf User-Agent bot is_bot=%1",
    "SetEnvIfNoCase Referer SPAM is_bot",
    "SetEnvIf Remote_Addr ^10\\. private=1",
    "SetEnvIf User-Agent (bot) is_bot=$1",
    "SetEnvIf is_bot 1 private=1",
    "SetEnvIf X-Own ^$ !is_bot",
    "<Location /b>\nOrder allow,deny\nAllow from all\nDeny from env=is_bot\nDeny from 10.0.0.0/8\nDeny from 2001:db8::/47\n</Location>",
    "<Location /a>\nRequire ip 192.0.2.0/255.255.255.128 10\n</Location>",
    "<If \"%{HTTP_USER_AGENT} =~ /bot/ && %{REQUEST_URI} =~ m#^/b#\">\nRedirect 302 /b /bots\n</If>",
    "<If \"req('Accept-Language') == 'de'\">\nRedirect /a /de\n</If>",
    "RemoteIPHeader X-Forwarded-For",
    "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.0/24 10.0.0.0/8 ::1\nRemoteIPTrustedProxy 2001:db8::/32 198.51.100.7",
    "RemoteIPHeader X-Own\nRemoteIPTrustedProxy 127.0.0.1 192.0.2.1 203.0.113.0/24",
    "<Location /b>\nRequire expr \"%{CONN_REMOTE_ADDR} != %{REMOTE_ADDR}\"\n</Location>",
    "Header always set X-Seen 1 \"expr=%{HTTP_USER_AGENT} =~ /Mozilla/\"",
];

/// A configuration.
pub fn configuration(random: &mut Random) -> String {
    let mut text = String::from(
        "ServerName h.test\nDocumentRoot /srv\nRewriteEngine On\nRewriteMap m txt:/srv/map.txt\n",
    );
    if random.percent(10) {
        text += "RewriteMap r rnd:/srv/map.txt\nRewriteMap asked prg:/usr/bin/x\n";
    }
    while random.percent(50) {
        text += &format!("{}\n", random.pick(EXTRAS));
    }
    for _ in 0..=random.below(4) {
        let conditions = random.below(4);
        for at in 1..=conditions {
            let condition = random.pick(CONDITIONS);
            let or = at < conditions && random.percent(35);
            text += &match (or, condition.strip_suffix(']')) {
                (false, _) => format!("RewriteCond {condition}\n"),
                (true, Some(flags)) => format!("RewriteCond {flags},OR]\n"),
                (true, None) => format!("RewriteCond {condition} [OR]\n"),
            };
        }
        text += &format!("RewriteRule {}\n", random.pick(RESULTS));
    }
    text
}

const HEADERS: &[(&str, &[&str])] = &[
    (
        "User-Agent",
        &[
            "Mozilla/5.0 (X11) Firefox/120",
            "Mozilla/4.0 (compatible; MSIE 6.0)",
            "msie/7",
            "Googlebot/2.1",
            "BOT",
            "curl",
            "curl/8",
            "caf\u{e9}",
            "a\u{ff}\u{100}b",
            "",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u{e9}b",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u{e9}b",
        ],
    ),
    ("Accept-Language", &["de", "de-AT, en", "en", "DE"]),
    (
        "Referer",
        &[
            "https://h.test",
            "https://WWW.h.test/x",
            "http://h.testing/",
            "http://spam.test/",
            "",
        ],
    ),
    (
        "Accept",
        &[
            "text/html",
            "application/json",
            "application/ld+json",
            "text/html, text/turtle",
            "*/*",
        ],
    ),
    (
        "X-Own",
        &[
            "1",
            "2",
            "",
            "192.0.2.9",
            "127.0.0.1,203.0.113.5, 2001:db8::7",
        ],
    ),
    ("X-Forwarded-For", FORWARDED),
    ("X-Edgewright-Class", &["0", "11111"]),
];

/// Addresses, and what nearly is one.
const FORWARDED: &[&str] = &[
    "192.0.2.9",
    "198.51.100.7",
    "10.0.0.1",
    "10.0.0.1, 192.0.2.9 ",
    "  192.0.2.200",
    "unknown, 10.200.0.1",
    "198",
    "198.1",
    "0xc0.0002.2",
    "0300.0.0x2.9",
    "3221225985",
    "4294967296",
    "1.2.3.4.5",
    "192.0.2.256",
    "192.0.2.08",
    "0x",
    "1.",
    "192.0.2.9\u{e9}",
    "192.0.2.9\t",
    "2001:DB8::0:1",
    "2001:db8:0:0:1:0:0:0",
    "2001:db8:1:0:0:2:0:3",
    "2001:db8:1:2:3:4:5::",
    "2001:db8:1:2:3:4:5:6:7",
    "2001:db8::1::2",
    "2001:db8:::1",
    "2001:db8:12345::",
    "2001:db8::192.0.2.9",
    "2001:db8::192.0.2.09",
    "2001:db8:1:2:3:4:192.0.2.9",
    "2001:db8:1:2:3:4:5:192.0.2.9",
    "::192.0.2.9:1",
    "::ffff:10.0.0.1",
    "::ffff:a00:1",
    ":ffff::1",
    "::1",
    "::",
    ":",
    "fd00::1",
    "3fff::7, ::1",
    "",
];

const COOKIES: &[(&str, &str)] = &[
    ("lang", "de"),
    ("lang", "fr"),
    ("login", "1"),
    ("login", "x"),
    ("xlang", "de-AT"),
    ("id", "lang"),
    ("id", "a lang=de"),
    ("e", "\u{e9}"),
];

const CLIENTS: &[&str] = &[
    "192.0.2.1",
    "192.0.2.200",
    "198.51.100.7",
    "10.0.0.1",
    "10.200.0.1",
    "127.0.0.1",
    "2001:db8::1",
    "2001:db8:8000::",
    "2001:db8:1:2:3:4:5:6",
    "::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:a00:1",
];

/// A viewer.
pub fn viewer(random: &mut Random) -> Viewer {
    let mut viewer = Viewer {
        method: random.pick(&["GET", "GET", "HEAD"]),
        target: random
            .pick(&["/a", "/b", "/c", "/a?", "/a?x=1", "/other"])
            .to_owned(),
        host: random.pick(&["h.test", "www.h.test"]),
        client: random.pick(CLIENTS).to_owned(),
        ..Viewer::default()
    };
    for (name, values) in HEADERS {
        while random.percent(45) {
            viewer
                .headers
                .push(((*name).to_owned(), random.pick(values).to_owned()));
        }
    }
    while random.percent(45) {
        let (name, value) = random.pick(COOKIES);
        viewer.cookies.push((name.to_owned(), value.to_owned()));
    }
    viewer
}

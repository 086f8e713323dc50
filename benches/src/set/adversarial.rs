//! Sets and requests made to be slow.
//!
//! In: nothing. Out: a [`Set`] each; its `hits` are the requests that ought to cost most. Absent:
//! what any of them may cost; see `docs/benchmarks.md`.

use std::fmt::Write as _;

use edgewright_engine::model::request::Request;

use super::{HOST, RULES, Set, get, leak};

/// Conditions of the longest list in the wild (a referrer spam list).
const CONDITIONS: usize = 4_495;

/// As long as Apache takes a target by default, less the rest of the request line.
const LONGEST: usize = 8_000;

/// Names of the adversarial sets.
pub const NAMES: [&str; 5] = [
    "60k rules share one prefix",
    "60k rules without an anchor",
    "8 kB targets, 60k rules",
    "%-storms of 8 kB, 60k rules",
    "4,495 conditions on one rule",
];

/// Every adversarial set, with its name.
pub fn all() -> impl Iterator<Item = (&'static str, Set)> {
    let sets = [
        shared_prefix,
        unanchored,
        long_targets,
        percent_storms,
        conditions,
    ];
    NAMES.into_iter().zip(sets.map(|set| set()))
}

/// All rules begin with the same text and are told apart only after a variable part.
fn shared_prefix() -> Set {
    let rule = |number| format!(r"RewriteRule ^/shop/([^/]+)-{number}\.html$ /item/{number}/$1");
    let last = RULES - 1;
    let paths = [
        format!("/shop/boots-{last}.html"),
        "/shop/boots-60001.html".to_owned(),
        "/shop/".to_owned(),
        format!("/shop/{}", "-".repeat(4_000)),
    ];
    of((0..RULES).map(rule), &paths)
}

/// No rule says where in the path its text stands.
fn unanchored() -> Set {
    let rule = |number| format!(r"RewriteRule page-{number}\.(php|asp)$ /item/{number}");
    let last = RULES - 1;
    let paths = [
        format!("/any/where/page-{last}.asp"),
        "/any/where/page-60001.asp".to_owned(),
        format!("/{}", "page-1.php/".repeat(700)),
    ];
    of((0..RULES).map(rule), &paths)
}

fn long_targets() -> Set {
    let literal = |number| format!("RewriteRule ^/old/page-{number}$ /new/{number}");
    let open = |number| format!("RewriteRule ^/open/{number}/(.*)$ /new/{number}/$1");
    let rules = (0..RULES / 2).flat_map(|number| [literal(number), open(number)]);
    let paths = [
        format!("/{}", "a".repeat(LONGEST)),
        format!("/{}", "a/".repeat(LONGEST / 2)),
        format!("/open/7/{}", "a/".repeat(LONGEST / 2)),
        format!("/open/7/{}", "a//./".repeat(LONGEST / 5)),
        format!("/old/page-7?{}", "a=b&".repeat(LONGEST / 4)),
        format!("/{}", "../".repeat(LONGEST / 3)),
    ];
    of(rules, &paths)
}

fn percent_storms() -> Set {
    let rule = |number| format!("RewriteRule ^/open/{number}/(.*)$ /new/{number}/$1 [R=301,B]");
    let paths = [
        format!("/{}", "%61".repeat(LONGEST / 3)),
        format!("/open/7/{}", "%20%25".repeat(LONGEST / 6)),
        format!("/open/7/{}", "%C3%A9".repeat(LONGEST / 6)),
        format!("/open/7/{}", "%2e%2e/".repeat(LONGEST / 7)),
    ];
    of((0..RULES).map(rule), &paths)
}

/// One rule on every path with thousands of alternatives, none of which holds.
fn conditions() -> Set {
    let mut directives = String::new();
    for number in 0..CONDITIONS {
        let or = if number + 1 < CONDITIONS { ",OR" } else { "" };
        let _ = writeln!(
            directives,
            r"RewriteCond %{{HTTP_REFERER}} ^https?://([^.]+\.)*spam-{number}\.example [NC{or}]"
        );
    }
    directives += "RewriteRule ^ - [F]\n";
    let referers = [
        "https://www.shop.example/some/page".to_owned(),
        format!("http://a.b.c.spam-{}.example/", CONDITIONS - 1),
        format!("http://{}", "a.".repeat(500)),
    ];
    let hits = referers.iter().map(|referer| Request {
        headers: vec![(b"Referer".as_slice(), leak(referer))].leak(),
        ..Request::get(HOST.as_bytes(), b"/index.html")
    });
    Set {
        directives,
        hits: hits.collect(),
        misses: Vec::new(),
    }
}

fn of(rules: impl Iterator<Item = String>, paths: &[String]) -> Set {
    let mut directives = String::new();
    for rule in rules {
        let _ = writeln!(directives, "{rule}");
    }
    Set {
        directives,
        hits: paths.iter().map(|path| get(path)).collect(),
        misses: Vec::new(),
    }
}

//! A configuration of the size this project began with: 60,000 rules, 13,000 conditions, most of
//! them redundant or interfering.
//!
//! In: [`Size`]. Out: [`SeedSite`]: directives for one virtual host, and requests that its rules were
//! written for. Absent: files on disk; the configuration needs none. The same size and seed give
//! the same bytes.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::random::Random;

/// How much to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// `RewriteRule` and `Redirect` lines together.
    pub rules: usize,
    /// `RewriteCond` lines.
    pub conditions: usize,
    /// Chooses among configurations of that size.
    pub seed: u64,
}

/// The size this project began with.
pub const SEED_SIZED: Size = Size {
    rules: 60_000,
    conditions: 13_000,
    seed: 1,
};

/// A generated configuration.
#[derive(Debug, Clone)]
pub struct SeedSite {
    /// Directives for inside a virtual host.
    pub config: String,
    /// One request for each rule that was written for something new, in `replay`'s form.
    pub requests: Vec<Value>,
}

/// The host its requests are for.
pub const HOST: &str = "www.example.com";

/// Generates a configuration.
pub fn generate(size: Size) -> SeedSite {
    let mut generator = Generator::new(size);
    for number in 0..size.rules {
        generator.rule(number);
    }
    SeedSite {
        config: generator.config,
        requests: generator.requests,
    }
}

const SECTIONS: &[&str] = &[
    "products",
    "support",
    "news",
    "company",
    "blog",
    "docs",
    "press",
    "events",
    "careers",
    "partners",
    "download",
    "service",
    "archive",
    "learn",
    "solutions",
    "shop",
    "forum",
    "legal",
    "research",
    "people",
];
const WORDS: &[&str] = &[
    "annual", "report", "guide", "update", "spring", "winter", "launch", "basic", "pro", "mobile",
    "cloud", "green", "energy", "water", "story", "team", "history", "award", "price", "list",
    "manual", "video", "faq", "contact", "north", "south", "harbour", "garden", "silver", "summit",
];
const EXTENSIONS: &[&str] = &["", "", ".html", ".htm", ".php", ".asp", ".aspx", "/"];

/// Rules that every request meets, whatever its path: one in so many.
const UNANCHORED_EVERY: usize = 4_000;
const UNANCHORED: &[(&str, &str)] = &[
    (r"\.cfm$", "/retired"),
    (r"(?i)sessionid=", "/"),
    (r"/print/?$", "/print-view"),
    (r"^(?!/(?:products|support|news)).*\.jsp$", "/moved"),
    (r"(?<=/)index\.(?:shtml|jhtml)$", "/"),
    (r"//+[^/]+\.bak$", "/gone"),
];

/// A rule written for something new, which later ones interfere with.
#[derive(Debug, Clone)]
struct Earlier {
    /// The directive and the conditions before it, as written.
    text: String,
    /// The pattern; for a `Redirect` the path.
    pattern: String,
    /// A path it matches.
    path: String,
    /// Where that path leads.
    reached: String,
    /// Everything below this path is its own.
    prefix: Option<String>,
}

struct Generator {
    random: Random,
    size: Size,
    config: String,
    requests: Vec<Value>,
    earlier: Vec<Earlier>,
    conditions_left: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Literal,
    Alternation,
    Prefix,
    Segments,
    OldQuery,
    Redirect,
    Duplicate,
    Hidden,
    Conflict,
    ChainLink,
    Relay,
}

/// More than half of the rules repeat, hide behind or feed on earlier ones.
const KINDS: &[(usize, Kind)] = &[
    (17, Kind::Literal),
    (4, Kind::Alternation),
    (4, Kind::Prefix),
    (3, Kind::Segments),
    (8, Kind::OldQuery),
    (8, Kind::Redirect),
    (18, Kind::Duplicate),
    (13, Kind::Hidden),
    (8, Kind::Conflict),
    (13, Kind::ChainLink),
    (4, Kind::Relay),
];

impl Generator {
    fn new(size: Size) -> Self {
        Self {
            random: Random::new(size.seed),
            size,
            config: "# Generated. Directives for one virtual host.\nRewriteEngine On\n".to_owned(),
            requests: Vec::new(),
            earlier: Vec::new(),
            conditions_left: size.conditions,
        }
    }

    fn rule(&mut self, number: usize) {
        let last = number + 1 == self.size.rules;
        if number % UNANCHORED_EVERY == UNANCHORED_EVERY / 2 {
            let (pattern, target) = UNANCHORED[number / UNANCHORED_EVERY % UNANCHORED.len()];
            self.write(&format!("RewriteRule {pattern} {target} [R=301,L]"));
            return;
        }
        let kind = if self.earlier.len() < 20 || last {
            Kind::Literal
        } else {
            self.random.weighted(KINDS)
        };
        match kind {
            Kind::Duplicate => self.duplicate(),
            Kind::Hidden => self.hidden(),
            Kind::Conflict => self.conflict(),
            Kind::ChainLink => self.chain_link(),
            Kind::Relay => self.relay(),
            Kind::Redirect => self.redirect(number),
            Kind::OldQuery => self.old_query(number),
            Kind::Literal | Kind::Alternation | Kind::Prefix | Kind::Segments => {
                self.fresh(kind, number);
            }
        }
    }

    /// A rule for a path no other rule was written for.
    fn fresh(&mut self, kind: Kind, number: usize) {
        let section = self.random.pick(SECTIONS);
        let words = self.words();
        let target = self.target(number);
        let extension = self.random.pick(EXTENSIONS);
        let base = format!("/{section}/{words}-{number}");
        let (pattern, path, substitution, reached, prefix) = match kind {
            Kind::Alternation => {
                let pattern = format!("^/(en|de|fr){base}(?:\\.html)?$");
                (
                    pattern,
                    format!("/de{base}.html"),
                    format!("/$1{target}"),
                    format!("/de{target}"),
                    None,
                )
            }
            Kind::Prefix => {
                let rest = format!("{base}/old/x");
                let reached = format!("{target}/old/x");
                (
                    format!("^{base}/(.*)$"),
                    rest,
                    format!("{target}/$1"),
                    reached,
                    Some(base.clone()),
                )
            }
            Kind::Segments => {
                let pattern = format!("^/{section}/([^/]+)/{words}-{number}/([0-9]+)$");
                let path = format!("/{section}/any/{words}-{number}/17");
                (
                    pattern,
                    path,
                    format!("{target}/$2/$1"),
                    format!("{target}/17/any"),
                    None,
                )
            }
            _ => {
                let pattern = format!("^{base}{}$", extension.replace('.', "\\."));
                (
                    pattern,
                    format!("{base}{extension}"),
                    target.clone(),
                    target,
                    None,
                )
            }
        };
        let flags = self.random.pick(&[
            "[R=301,L]",
            "[R=301,L]",
            "[L,R=301]",
            "[R=302,L]",
            "[R=permanent,L,NC]",
        ]);
        let (conditions, headers, query) = self.conditions(number);
        let text = format!("{conditions}RewriteRule {pattern} {substitution} {flags}");
        self.request(&path, &query, &headers);
        self.write(&text);
        self.earlier.push(Earlier {
            text,
            pattern,
            path,
            reached,
            prefix,
        });
    }

    fn redirect(&mut self, number: usize) {
        let path = format!("/{}/{}-{number}", self.random.pick(SECTIONS), self.words());
        let reached = self.target(number);
        let text = format!("Redirect 301 {path} http://{HOST}{reached}");
        self.request(&format!("{path}/below"), "", &Map::new());
        self.write(&text);
        let pattern = format!("^{path}$");
        self.earlier.push(Earlier {
            text,
            pattern,
            path: path.clone(),
            reached,
            prefix: Some(path),
        });
    }

    /// A page of an old content system: the path is the same for hundreds, the query tells.
    fn old_query(&mut self, number: usize) {
        let script = format!(
            "/{}/{}.php",
            self.random.pick(SECTIONS),
            self.random.pick(WORDS)
        );
        let target = self.target(number);
        let pattern = format!("^{}$", script.replace('.', "\\."));
        let name = self.random.pick(&["id", "page_id", "article"]);
        let (condition, query) = match self.conditions_left {
            0 => (String::new(), String::new()),
            _ => (
                format!("RewriteCond %{{QUERY_STRING}} ^{name}={number}$\n"),
                format!("{name}={number}"),
            ),
        };
        self.conditions_left = self.conditions_left.saturating_sub(1);
        let text = format!("{condition}RewriteRule {pattern} {target}? [R=301,L]");
        self.request(&script, &query, &Map::new());
        self.write(&text);
    }

    fn duplicate(&mut self) {
        let text = self.earlier[self.random.below(self.earlier.len())]
            .text
            .clone();
        let wanted = text.matches("RewriteCond").count();
        if wanted > self.conditions_left {
            return self.conflict();
        }
        self.conditions_left -= wanted;
        self.write(&text);
    }

    /// A literal rule that an earlier, broader one answers first.
    fn hidden(&mut self) {
        let broad = self
            .earlier
            .iter()
            .rev()
            .take(4_000)
            .filter_map(|rule| rule.prefix.clone());
        let broad: Vec<String> = broad.take(40).collect();
        if broad.is_empty() {
            return self.conflict();
        }
        let prefix = broad[self.random.below(broad.len())].clone();
        let word = self.random.pick(WORDS);
        self.write(&format!(
            "RewriteRule ^{prefix}/{word}$ /elsewhere/{word} [R=302,L]"
        ));
    }

    /// The same pattern once more, leading elsewhere.
    fn conflict(&mut self) {
        let pattern = self.earlier[self.random.below(self.earlier.len())]
            .pattern
            .clone();
        let word = self.random.pick(WORDS);
        self.write(&format!(
            "RewriteRule {pattern} /{word}/changed-mind [R=301,L]"
        ));
    }

    /// A rule for what an earlier one produces: the client is sent on once more.
    fn chain_link(&mut self) {
        let path = self.earlier[self.random.below(self.earlier.len())]
            .reached
            .clone();
        let reached = format!("{path}-{}", self.random.pick(WORDS));
        let text = format!("RewriteRule ^{path}$ {reached} [R=301,L]");
        self.write(&text);
        let pattern = format!("^{path}$");
        self.earlier.push(Earlier {
            text,
            pattern,
            path,
            reached,
            prefix: None,
        });
    }

    /// A rule without `L` that changes the path for the rules after it.
    fn relay(&mut self) {
        let earlier = self.earlier[self.random.below(self.earlier.len())].clone();
        let moved = earlier.path.replacen('/', "/relayed/", 1);
        let path = earlier.path.replace('.', "\\.");
        let text = format!("RewriteRule ^{path}/again$ {moved}");
        self.write(&text);
    }

    /// Conditions for one rule, and the request headers and query that meet them.
    fn conditions(&mut self, number: usize) -> (String, Map<String, Value>, String) {
        let (mut text, mut headers, mut query) = (String::new(), Map::new(), String::new());
        for _ in 0..self.wanted_conditions(number) {
            let line = match self.random.below(6) {
                0 => format!("%{{HTTP_HOST}} ^{} [NC]", HOST.replace('.', "\\.")),
                1 => {
                    headers.insert("User-Agent".to_owned(), json!("Mozilla/5.0 (iPhone)"));
                    "%{HTTP_USER_AGENT} (?:iPhone|Android) [NC]".to_owned()
                }
                2 => {
                    headers.insert("Cookie".to_owned(), json!("a=1; beta=yes"));
                    r"%{HTTP_COOKIE} (?:^|;\ )beta=yes".to_owned()
                }
                3 => {
                    headers.insert("Accept-Language".to_owned(), json!("de-DE,de;q=0.8"));
                    "%{HTTP:Accept-Language} ^de [NC]".to_owned()
                }
                4 => "%{QUERY_STRING} !(?:^|&)raw=1".to_owned(),
                _ => {
                    "ref=old".clone_into(&mut query);
                    "%{QUERY_STRING} (?:^|&)ref=(old|legacy)".to_owned()
                }
            };
            let _ = writeln!(text, "RewriteCond {line}");
        }
        (text, headers, query)
    }

    /// Spreads what is left over the rules that are left; the last rule takes the rest.
    fn wanted_conditions(&mut self, number: usize) -> usize {
        let rules_left = self.size.rules - number;
        let wanted = match (rules_left, self.conditions_left * 100 / rules_left) {
            (1, _) => self.conditions_left,
            (_, 0..=15) => usize::from(self.random.percent(25)),
            _ => self.random.below(4),
        };
        let wanted = wanted.min(self.conditions_left);
        self.conditions_left -= wanted;
        wanted
    }

    fn request(&mut self, path: &str, query: &str, headers: &Map<String, Value>) {
        let mark = if query.is_empty() { "" } else { "?" };
        self.requests.push(
            json!({"host": HOST, "target": format!("{path}{mark}{query}"), "headers": headers}),
        );
    }

    fn words(&mut self) -> String {
        format!("{}-{}", self.random.pick(WORDS), self.random.pick(WORDS))
    }

    fn target(&mut self, number: usize) -> String {
        let section = self.random.pick(SECTIONS);
        format!("/{section}/{}/{number}", self.random.pick(WORDS))
    }

    fn write(&mut self, text: &str) {
        self.config.push_str(text);
        self.config.push('\n');
    }
}

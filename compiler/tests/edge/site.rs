//! Small sites made by hand: one host with rules in server context, in its document root and in a
//! directory below, redirects, and two maps.

use edgewright_engine::model::rules::{
    Condition, FileTest, MapId, Place, Redirect, RedirectListId, RedirectMatcher, Rule, RuleFlags,
    RuleSet, RuleSetId, Template, Test,
};
use edgewright_engine::model::site::map::MapEntry;
use edgewright_engine::model::site::{
    AllowOptions, Allowed, DirectoryRewrite, EncodedSlashes, FileKind, Host, Map, MapKind,
    PathMatcher, RewriteOptions, Section, SectionId, SectionKind, ServerRewrite, Settings, Site,
};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;

pub const ROOT: &[u8] = b"/docroot";

pub fn place(line: u32) -> Place {
    Place { file: 0, line }
}

/// A rule as its three words would be read, apart from flags with values: `S=n`, `N`, `E`, `CO` have
/// fixed ones.
pub fn rule(line: u32, pattern: &str, substitution: &str, flags: &[&str]) -> Rule {
    let (pattern, negated) = match pattern.strip_prefix('!') {
        Some(rest) => (rest, RuleFlags::NEGATED),
        None => (pattern, RuleFlags::empty()),
    };
    let pattern = Pattern::new(pattern, PatternOptions::default());
    let mut rule = Rule::new(place(line), pattern);
    rule.flags = negated;
    for flag in flags {
        set_flag(&mut rule, flag);
    }
    match substitution.strip_suffix('?').unwrap_or(substitution) {
        "-" => rule.flags |= RuleFlags::NO_SUBSTITUTION,
        text => rule.substitution = Template::new(text),
    }
    if substitution.ends_with('?') {
        rule.flags |= RuleFlags::QUERY_NONE;
    }
    rule
}

fn set_flag(rule: &mut Rule, flag: &str) {
    rule.flags |= match flag {
        "R" => RuleFlags::FORCE_REDIRECT,
        "L" => RuleFlags::LAST,
        "C" => RuleFlags::CHAIN,
        "END" => RuleFlags::END,
        "PT" => RuleFlags::PASS_THROUGH,
        "P" => RuleFlags::PROXY,
        "NS" => RuleFlags::NO_SUBREQUEST,
        "QSA" => RuleFlags::QUERY_APPEND,
        "NE" => RuleFlags::NO_ESCAPE,
        "N" => RuleFlags::NEXT,
        "F" => RuleFlags::STATUS | RuleFlags::NO_SUBSTITUTION,
        _ => RuleFlags::empty(),
    };
    match flag {
        "N" => rule.max_rounds = 4,
        "F" => rule.status = 403,
        "S=1" => rule.skip = 1,
        "S=3" => rule.skip = 3,
        "E" => rule.extras_mut().environment.push(Template::new(b"x:1")),
        "CO" => rule.extras_mut().cookies.push(Template::new(b"c:1:.h")),
        "NC" => {
            let options = rule.pattern.options | PatternOptions::CASELESS;
            rule.pattern = Pattern::new(rule.pattern.text.clone(), options);
        }
        _ => {}
    }
}

/// A condition: test string and a regular expression, `-f`, or either with a `!`.
pub fn condition(subject: &str, pattern: &str) -> Condition {
    let (pattern, negated) = match pattern.strip_prefix('!') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    Condition {
        place: place(9_000),
        subject: Template::new(subject),
        test: match pattern {
            "-f" => Test::File(FileTest::Regular),
            text => Test::Regex(Pattern::new(text, PatternOptions::default())),
        },
        negated,
        no_case: false,
        or_next: false,
        no_vary: false,
    }
}

/// A `Redirect` for a path that begins with a slash, else a `RedirectMatch`.
pub fn redirect(line: u32, from: &str, target: &str) -> Redirect {
    Redirect {
        place: place(line),
        matcher: match from {
            path if path.starts_with('/') || path.is_empty() => {
                RedirectMatcher::Prefix(path.as_bytes().to_vec())
            }
            pattern => RedirectMatcher::Regex(Pattern::new(pattern, PatternOptions::default())),
        },
        status: 301,
        target: target.as_bytes().to_vec(),
        expression: None,
    }
}

/// What a test decides about a site; the rest is always the same.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    pub server: Vec<Rule>,
    pub root: Vec<Rule>,
    pub directory: Vec<Rule>,
    pub directory_options: RewriteOptions,
    pub redirects: Vec<Redirect>,
    pub root_redirects: Vec<Redirect>,
    /// Slashes are merged, and none comes from an escape.
    pub merge_slashes: bool,
}

impl Parts {
    pub fn site(self) -> Site {
        let mut site = Site {
            files: vec!["test.conf".to_owned()],
            hosts: vec![host()],
            sections: vec![
                section(ROOT, RuleSetId(1), RewriteOptions::empty()),
                section(b"/docroot/a", RuleSetId(2), self.directory_options),
            ],
            rule_sets: [self.server, self.root, self.directory, Vec::new()]
                .map(|rules| RuleSet { rules })
                .to_vec(),
            redirect_lists: vec![self.redirects, self.root_redirects],
            maps: vec![map("m", MapKind::Text), map("r", MapKind::Random)],
            ..Site::default()
        };
        if self.merge_slashes {
            site.hosts[0].merge_slashes = true;
            site.hosts[0].encoded_slashes = EncodedSlashes::Refuse;
        }
        site.sections[0].settings.redirects = Some(RedirectListId(1));
        site.tree.known = vec![ROOT.to_vec()];
        for file in ["b", "a/b", "a/index.html", "ab"] {
            let path = [ROOT, b"/", file.as_bytes()].concat();
            site.tree.insert(&path, FileKind::File);
        }
        site
    }
}

fn map(name: &str, kind: fn(Vec<MapEntry>) -> MapKind) -> Map {
    let entry = |key: &str, value: &str| MapEntry {
        place: place(8_000),
        key: key.as_bytes().to_vec(),
        value: value.as_bytes().to_vec(),
    };
    Map {
        place: place(7_000),
        name: name.as_bytes().to_vec(),
        kind: kind(vec![
            entry("/a", "/b"),
            entry("a", "b|c"),
            entry("b", "1|2|3"),
        ]),
    }
}

fn section(directory: &[u8], rules: RuleSetId, options: RewriteOptions) -> Section {
    let prefix = Some([directory, b"/"].concat());
    let rewrite = DirectoryRewrite {
        directory: prefix,
        ..rewriting(rules, options)
    };
    Section {
        place: place(1),
        kind: SectionKind::Directory(PathMatcher::Plain(directory.to_vec())),
        settings: Settings {
            rewrite: Some(rewrite),
            allow: AllowOptions {
                add: Allowed::FOLLOW_SYMLINKS,
                ..AllowOptions::default()
            },
            ..Settings::default()
        },
    }
}

fn rewriting(rules: RuleSetId, options: RewriteOptions) -> DirectoryRewrite {
    DirectoryRewrite {
        engine: Some(true),
        options: Some(options),
        rules,
        base: None,
        directory: None,
    }
}

fn host() -> Host {
    Host {
        port: Some(80),
        merge_slashes: false,
        encoded_slashes: EncodedSlashes::Decode,
        rewrite: Some(ServerRewrite {
            options: RewriteOptions::empty(),
            rules: RuleSetId(0),
            maps: [(b"m".to_vec(), MapId(0)), (b"r".to_vec(), MapId(1))].into(),
        }),
        settings: Settings {
            rewrite: Some(rewriting(RuleSetId(3), RewriteOptions::empty())),
            ..Settings::default()
        },
        directories: vec![SectionId(0), SectionId(1)],
        ..Host::new(b"h", ROOT)
    }
}

//! Requests that nothing has a say about: they are left alone without an evaluation, and only they.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::model::expression::Expression;
use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::model::request::{Request, Scheme};
use edgewright_engine::model::site::headers::{
    HeaderAction, HeaderCondition, HeaderLine, HeaderPart, HeaderTable, HeaderValue,
};
use edgewright_engine::model::site::{
    Alias, AliasMatcher, Allowed, CanonicalName, EnvAttribute, EnvRule, ErrorDocument, FileKind,
    HostPattern, PathMatcher, Proxy, Requirement, Section, SectionId, SectionKind, Settings, Site,
    Spelling,
};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use edgewright_engine::source::Sequential;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::decisions::{parts, requests};
use crate::fetching::Edge;
use crate::site::{Parts, condition, place, redirect, rule};

/// One more thing on the way of a request.
type Obstacle = fn(&mut Site);

fn add_section(site: &mut Site, kind: SectionKind, settings: Settings) -> SectionId {
    let id = SectionId(u32::try_from(site.sections.len()).unwrap());
    site.sections.push(Section {
        place: place(1),
        kind,
        settings,
    });
    id
}

fn denied() -> Settings {
    Settings {
        requirement: Some(Requirement::DENIED),
        ..Settings::default()
    }
}

fn plain(path: &str) -> PathMatcher {
    PathMatcher::Plain(path.into())
}

fn prefix(path: &str) -> AliasMatcher {
    AliasMatcher::Prefix(path.into())
}

/// `RequestHeader set X-A b`
fn request_line(condition: HeaderCondition) -> HeaderLine {
    let value = HeaderValue::Format(vec![HeaderPart::Text(b"b".to_vec())]);
    HeaderLine {
        place: place(1),
        table: HeaderTable::Request,
        name: b"X-A".to_vec(),
        action: HeaderAction::Set(value),
        condition,
    }
}

const OBSTACLES: &[Obstacle] = &[
    |site| {
        let id = add_section(site, SectionKind::Location(plain("/s")), denied());
        site.hosts[0].locations.push(id);
    },
    |site| {
        let id = add_section(site, SectionKind::Location(plain("/")), denied());
        site.hosts[0].locations.push(id);
    },
    |site| {
        let pattern = Pattern::new("^/b", PatternOptions::default());
        let id = add_section(
            site,
            SectionKind::Location(PathMatcher::Regex(pattern)),
            denied(),
        );
        site.hosts[0].locations.push(id);
    },
    |site| {
        let id = add_section(site, SectionKind::Directory(plain("/docroot/e/")), denied());
        site.hosts[0].directories.push(id);
    },
    |site| {
        let id = add_section(site, SectionKind::Directory(plain("/")), denied());
        site.hosts[0].directories.push(id);
    },
    |site| {
        let matcher = PathMatcher::Wildcard(b"/docroot/*".to_vec());
        let id = add_section(site, SectionKind::Directory(matcher), denied());
        site.hosts[0].directories.push(id);
    },
    |site| {
        let id = add_section(site, SectionKind::Htaccess, denied());
        site.tree.overrides.insert(b"/docroot/x".to_vec(), id);
        site.tree.insert(b"/docroot/x", FileKind::Directory);
    },
    |site| {
        let id = add_section(site, SectionKind::Files(plain("nothing")), denied());
        site.hosts[0].settings.files.push(id);
    },
    |site| {
        let pattern = Pattern::new("^z", PatternOptions::default());
        let id = add_section(
            site,
            SectionKind::Files(PathMatcher::Regex(pattern)),
            denied(),
        );
        site.sections[0].settings.files.push(id);
    },
    |site| {
        let expression = Expression::parse(b"%{REQUEST_URI} =~ m#^/x#").unwrap();
        let id = add_section(site, SectionKind::If(expression), denied());
        site.hosts[0].settings.ifs.push(id);
    },
    |site| {
        site.hosts[0].settings.error_documents = vec![(
            404,
            ErrorDocument::Url(Expression::parse_string(b"http://o/").unwrap()),
        )];
    },
    |site| {
        site.sections[0].settings.error_documents = vec![(
            404,
            ErrorDocument::Path(Expression::parse_string(b"/b").unwrap()),
        )];
    },
    |site| {
        site.hosts[0].settings.error_documents = vec![
            (
                301,
                ErrorDocument::Path(Expression::parse_string(b"/b").unwrap()),
            ),
            (
                302,
                ErrorDocument::Text(Expression::parse_string(b"text").unwrap()),
            ),
        ];
    },
    |site| {
        site.hosts[0].settings.error_documents = vec![(
            302,
            ErrorDocument::Url(Expression::parse_string(b"http://o/").unwrap()),
        )];
    },
    |site| site.hosts[0].settings.canonical_name = Some(CanonicalName::Configured),
    |site| site.hosts[0].settings.redirect_relative = Some(true),
    |site| site.hosts[0].port = Some(8080),
    |site| site.hosts[0].scheme = Some(Scheme::Https),
    |site| site.hosts[0].tls = true,
    |site| {
        let settings = Settings {
            canonical_name: Some(CanonicalName::Configured),
            redirect_relative: Some(true),
            ..Settings::default()
        };
        let id = add_section(site, SectionKind::Location(plain("/s")), settings);
        site.hosts[0].locations.push(id);
    },
    |site| {
        site.hosts[0]
            .settings
            .headers
            .push(request_line(HeaderCondition::Early));
    },
    |site| {
        let mut settings = Settings::default();
        settings.headers.push(request_line(HeaderCondition::Always));
        let id = add_section(site, SectionKind::Location(plain("/s")), settings);
        site.hosts[0].locations.push(id);
    },
    |site| site.hosts[0].settings.fallback = Some(b"/b".to_vec()),
    |site| site.hosts[0].settings.allow.add = Allowed::MULTIVIEWS,
    |site| {
        site.hosts[0].settings.spelling = Some(Spelling {
            enabled: true,
            ..Spelling::default()
        });
    },
    |site| site.hosts[0].settings.allow.remove = Allowed::FOLLOW_SYMLINKS,
    |site| site.sections[0].settings.allow.remove = Allowed::FOLLOW_SYMLINKS,
    |site| site.sections[0].settings.broken = true,
    |site| site.hosts[0].settings.requirement = Some(Requirement::DENIED),
    |site| site.tree.known.clear(),
    |site| {
        site.tree.known.clear();
        site.tree.entries.clear();
    },
    |site| site.hosts[0].document_root = b"/docroot/".to_vec(),
    |site| site.hosts[0].document_root = b"/".to_vec(),
    |site| {
        site.hosts[0].url_aliases.push(Alias {
            place: place(1),
            matcher: prefix("/nothing"),
            target: b"/elsewhere".to_vec(),
        });
    },
    |site| {
        site.hosts[0].proxies.push(Proxy {
            place: place(1),
            matcher: prefix("/s/"),
            canon: edgewright_engine::model::site::host::Canon::On,
            target: Some(b"http://p/".to_vec()),
        });
    },
    |site| {
        let mut other = site.hosts[0].clone();
        other.document_root = b"/docroot/nothing/else".to_vec();
        other.name = b"other.test".to_vec();
        site.hosts.push(other);
    },
    |site| {
        site.hosts[0].environment.push(EnvRule {
            place: place(1),
            attribute: EnvAttribute::ServerAddress,
            pattern: Pattern::new("1", PatternOptions::default()),
            changes: Vec::new(),
        });
    },
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_is_left_alone_only_when_nothing_has_a_say(
        parts in parts(),
        obstacles in subsequence(OBSTACLES, 0..=2),
        requests in requests(),
    ) {
        let mut site = parts.site();
        site.hosts[0].aliases = vec![HostPattern::Exact(b"www.h".to_vec())];
        for obstacle in obstacles {
            obstacle(&mut site);
        }
        let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
        let options = Options { most_steps: 3_000, random: 7, ..Options::default() };
        for (host, target, headers, _) in requests {
            let request = Request { headers: &headers, ..Request::get(host.as_bytes(), target.as_bytes()) };
            let expected = evaluate(&site, &Sequential::new(&site), &request, &options).unwrap();
            let over_limit = matches!(&expected.outcome, Outcome::Unsupported { reason } if reason.contains("more than"));
            if over_limit {
                continue;
            }
            let found = edge.with_table_in_memory(&request, &options);
            prop_assert_eq!(&found, &expected, "{} {}", host, target);
        }
    }
}

#[track_caller]
fn check(target: &str, expected: bool) {
    let mut with_condition = rule(4, "^(.*)$", "http://www.h/$1", &["R", "L"]);
    with_condition.conditions = vec![condition("%{HTTP_HOST}", "!^www")];
    let parts = Parts {
        server: vec![
            rule(1, "^/old$", "/new", &["R", "L"]),
            rule(2, r"\.php$", "/new", &["R", "L"]),
            rule(3, "^/under/(.*)$", "/new/$1", &["R", "L"]),
            with_condition,
        ],
        root: vec![rule(5, "^lost$", "/found", &["L"])],
        redirects: vec![redirect(6, "/gone", "http://o/")],
        ..Parts::default()
    };
    let edge = Edge::new(lower(&parts.site(), &Redundant::default()).unwrap());
    let request = Request::get(b"www.h", target.as_bytes());
    assert_eq!(edge.is_left_alone(&request), expected, "{target}");
    let other = Request::get(b"h", target.as_bytes());
    assert!(!edge.is_left_alone(&other), "{target}");
    let (_, reads) = edge.fetching(&request, &Options::default());
    assert!(reads <= usize::from(!expected), "{target}");
}

#[test]
fn what_is_left_alone() {
    for target in [
        "/b",
        "/nothing",
        "/deep/er/still?with=query",
        "/older",
        "/x.php/y",
        "/b/",
    ] {
        check(target, target != "/b/");
    }
}

#[test]
fn what_has_to_be_looked_into() {
    for target in [
        "/old", "/x.php", "/under/x", "/lost", "/gone/x", "/a/x", "/", "/%62", "//b",
    ] {
        check(target, false);
    }
}

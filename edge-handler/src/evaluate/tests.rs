#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to fail"
)]

use crate::evaluate::{Options, Trace, evaluate};
use crate::model::expression::Expression;
use crate::model::outcome::{Event, Outcome};
use crate::model::request::Request;
use crate::model::rules::{
    Condition, Order, Place, Redirect, RedirectMatcher, Rule, RuleFlags, RuleSet, RuleSetId,
    Template, Test,
};
use crate::model::site::settings::DirectoryRewrite;
use crate::model::site::{
    Address, Allowed, ErrorDocument, FileKind, Host, PathMatcher, Requirement, RewriteOptions,
    Section, SectionId, SectionKind, ServerRewrite, Settings, Site, TraceEnable,
};
use crate::pattern::Pattern;
use crate::pattern::PatternOptions;
use crate::source::Sequential;

const ROOT: &[u8] = b"/docroot";

fn place(line: u32) -> Place {
    Place { file: 0, line }
}

/// A rule that substitutes; `-` for none, a trailing `?` as the configuration reader leaves it.
fn rule(pattern: &str, substitution: &str, flags: RuleFlags) -> Rule {
    let mut flags = flags;
    let (pattern, negated) = match pattern.strip_prefix('!') {
        Some(rest) => (rest, RuleFlags::NEGATED),
        None => (pattern, RuleFlags::empty()),
    };
    flags |= negated;
    let mut text = substitution;
    if text == "-" {
        flags |= RuleFlags::NO_SUBSTITUTION;
        text = "";
    } else if let Some(cut) = text.strip_suffix('?') {
        flags |= RuleFlags::QUERY_NONE;
        text = cut;
    }
    let mut rule = Rule::new(place(1), Pattern::new(pattern, PatternOptions::default()));
    (rule.substitution, rule.flags) = (Template::new(text), flags);
    rule
}

fn condition(subject: &str, test: Test) -> Condition {
    Condition {
        place: place(2),
        subject: Template::new(subject),
        test,
        negated: false,
        no_case: false,
        or_next: false,
        no_vary: false,
    }
}

fn matches(pattern: &str) -> Test {
    Test::Regex(Pattern::new(pattern, PatternOptions::default()))
}

const R: RuleFlags = RuleFlags::FORCE_REDIRECT;
const L: RuleFlags = RuleFlags::LAST;
const NONE: RuleFlags = RuleFlags::empty();

/// A site of one host, `t.test` on port 80, with some files and these rules in server context.
fn site(rules: Vec<Rule>) -> Site {
    let rewriting = DirectoryRewrite {
        engine: Some(true),
        options: None,
        rules: RuleSetId(1),
        base: None,
        directory: None,
    };
    let host = Host {
        addresses: vec![Address {
            ip: None,
            port: Some(80),
        }],
        port: Some(80),
        rewrite: Some(ServerRewrite {
            options: RewriteOptions::empty(),
            rules: RuleSetId(0),
            maps: std::collections::BTreeMap::new(),
        }),
        settings: Settings {
            rewrite: Some(rewriting),
            ..Settings::default()
        },
        ..Host::new(b"t.test", ROOT)
    };
    let mut site = Site {
        hosts: vec![host],
        rule_sets: vec![RuleSet { rules }, RuleSet::default()],
        redirect_lists: vec![Vec::new()],
        ..Site::default()
    };
    site.tree.known = vec![ROOT.to_vec()];
    site.tree.named.insert(ROOT.to_vec());
    for file in ["a", "b", "c", "index.html", "sub/index.html", "sub/b"] {
        let path = [ROOT, b"/", file.as_bytes()].concat();
        site.tree.insert(&path, FileKind::File);
    }
    site
}

/// Puts a section under `settings` into the site.
fn add_section(site: &mut Site, kind: SectionKind, settings: Settings) -> SectionId {
    let id = SectionId(u32::try_from(site.sections.len()).unwrap());
    site.sections.push(Section {
        place: place(3),
        kind,
        settings,
    });
    id
}

/// Gives a directory below the document root a `.htaccess` with rules.
fn htaccess(site: &mut Site, below: &str, rules: Vec<Rule>, options: Option<RewriteOptions>) {
    let path = [ROOT, below.as_bytes()].concat();
    let set = RuleSetId(u32::try_from(site.rule_sets.len()).unwrap());
    site.rule_sets.push(RuleSet { rules });
    let settings = Settings {
        rewrite: Some(DirectoryRewrite {
            engine: Some(true),
            options,
            rules: set,
            base: None,
            directory: Some([path.as_slice(), b"/"].concat()),
        }),
        ..Settings::default()
    };
    let id = add_section(site, SectionKind::Htaccess, settings);
    site.tree.overrides.insert(path, id);
}

/// `302 http://…`, `404`, `serve /path?query`, `proxy URL`, `unsupported …`.
fn shown(outcome: &Outcome) -> String {
    let text = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>()
    };
    match outcome {
        Outcome::Redirect { status, location } => format!("{status} {}", text(location)),
        Outcome::Status { status } => status.to_string(),
        Outcome::Serve { path, query } => match query {
            Some(query) => format!("serve {}?{}", text(path), text(query)),
            None => format!("serve {}", text(path)),
        },
        Outcome::Proxy { url } => format!("proxy {}", text(url)),
        Outcome::OverBudget => "over budget".to_owned(),
        Outcome::Unsupported { reason } => format!("unsupported {reason}"),
    }
}

#[track_caller]
fn check(name: &str, site: &Site, target: &str, expected: &str) {
    let request = Request::get(b"t.test", target.as_bytes());
    let answer = evaluate(site, &Sequential::new(site), &request, &Options::default());
    assert_eq!(
        shown(&answer.unwrap().outcome),
        expected,
        "{name}: {target}"
    );
}

/// Name, rule, request target, outcome.
type RuleCase = (&'static str, Rule, &'static str, &'static str);

#[track_caller]
fn check_rules<const COUNT: usize>(cases: [RuleCase; COUNT]) {
    for (name, rule, target, expected) in cases {
        check(name, &site(vec![rule]), target, expected);
    }
}

#[test]
fn query_strings() {
    let allow = RuleFlags::UNSAFE_ALLOW_3F;
    check_rules([
        (
            "query dropped",
            rule("^/x$", "/b?", R),
            "/x?q=1",
            "302 http://t.test/b",
        ),
        (
            "query replaced",
            rule("^/x$", "/f?x=1", R),
            "/x?q=1",
            "302 http://t.test/f?x=1",
        ),
        (
            "changed query is escaped again",
            rule("^/x$", "/b?y=1", R | RuleFlags::QUERY_APPEND),
            "/x?q=%26",
            "302 http://t.test/b?y=1&q=%2526",
        ),
        (
            "question mark from a group",
            rule("^/x(.*)$", "/b$1", R),
            "/x%3fy",
            "403",
        ),
        (
            "allowed",
            rule("^/x(.*)$", "/b$1", R | allow),
            "/x%3fy",
            "302 http://t.test/b?y",
        ),
        (
            "after a literal one",
            rule("^/x(.*)$", "/f?x=$1", R),
            "/x%3fy",
            "302 http://t.test/f?x=%3fy",
        ),
        (
            "space in the query",
            rule("^/x$", "/b?a b", NONE),
            "/x",
            "403",
        ),
    ]);
}

#[test]
fn targets() {
    check_rules([
        (
            "fragment",
            rule("^/x$", "/b#f", R),
            "/x",
            "302 http://t.test/b%23f",
        ),
        (
            "self reduction",
            rule("^/x$", "http://T.test/b", NONE),
            "/x",
            "serve /b",
        ),
        (
            "other port",
            rule("^/x$", "http://t.test:81/b", NONE),
            "/x",
            "302 http://t.test:81/b",
        ),
        (
            "no such scheme",
            rule("^/x$", "foo://o/d", NONE),
            "/x",
            "serve /foo:/o/d",
        ),
        (
            "slash added",
            rule("^/x$", "b", R),
            "/x",
            "302 http://t.test/b",
        ),
        (
            "slashes merged",
            rule("^/x(.*)$", "$1", NONE),
            "/xhttp://evil/",
            "serve /http:/evil/",
        ),
        (
            "file of the system",
            rule("^/x$", "/etc/passwd", NONE),
            "/x",
            "serve /etc/passwd",
        ),
        (
            "not by a group",
            rule("^/x(/.*)$", "$1", NONE),
            "/x/etc/passwd",
            "serve /etc/passwd",
        ),
        (
            "negated",
            rule("!^/zz", "/n-$1", R),
            "/q",
            "302 http://t.test/n-",
        ),
    ]);
}

#[test]
fn what_becomes_of_a_request() {
    check_rules([
        ("local", rule("^/x$", "/b", NONE), "/x?q", "serve /b?q"),
        ("gone", status("^/x$", 410), "/x", "410"),
        (
            "proxy",
            rule("^/x(.*)$", "http://o.test$1", RuleFlags::PROXY),
            "/x/a b?q",
            "400",
        ),
        (
            "proxy",
            rule("^/x(.*)$", "http://o.test$1", RuleFlags::PROXY),
            "/x/a?q",
            "proxy http://o.test/a?q",
        ),
        (
            "control character",
            rule("^/x(.*)$", "/y$1", R | RuleFlags::NO_ESCAPE),
            "/x%0a",
            "500",
        ),
        (
            "passed through",
            rule("^/x$", "/b", RuleFlags::PASS_THROUGH),
            "/x",
            "serve /b",
        ),
        (
            "passed through, absolute",
            rule("^/x$", "/b", R | RuleFlags::PASS_THROUGH),
            "/x",
            "400",
        ),
        (
            "unknown variable",
            rule("^/x$", "/%{NOPE}b", R),
            "/x",
            "302 http://t.test/b",
        ),
        (
            "variable",
            rule("^/x$", "/%{SERVER_PORT}", R),
            "/x",
            "302 http://t.test/80",
        ),
        (
            "variable the edge cannot know",
            rule("^/x$", "/%{REMOTE_PORT}", R),
            "/x",
            "unsupported %{REMOTE_PORT} cannot be known at the edge",
        ),
        (
            "not reached",
            rule("^/x$", "/%{REMOTE_PORT}", R),
            "/b",
            "serve /b",
        ),
    ]);
}

fn status(pattern: &str, status: u16) -> Rule {
    let mut rule = rule(pattern, "-", RuleFlags::STATUS);
    rule.status = status;
    rule
}

#[test]
fn flow() {
    let with = |mut rule: Rule, change: &dyn Fn(&mut Rule)| {
        change(&mut rule);
        rule
    };
    let chain = RuleFlags::CHAIN;
    let cases = [
        (
            "later rules see the absolute URL, the last status counts",
            vec![
                rule("^/x$", "/b", R),
                with(rule("^/nope", "/c", R), &|rule| rule.status = 301),
                with(rule("^(http://.*)$", "$1/more", R), &|rule| {
                    rule.status = 307;
                }),
            ],
            "/x",
            "307 http://t.test/b/more",
        ),
        (
            "a redirect made local again keeps its status",
            vec![
                with(rule("^/x$", "/b", R), &|rule| rule.status = 301),
                rule("b$", "/c", NONE),
            ],
            "/x",
            "301",
        ),
        (
            "a failed chain is skipped with its end",
            vec![
                rule("^/x$", "/b", chain),
                rule("^/zzz", "/c", chain),
                rule("^/b", "/y", NONE),
                rule("^/b$", "/after", R | L),
            ],
            "/x",
            "302 http://t.test/after",
        ),
        (
            "skip counts rules",
            vec![
                with(rule("^/x", "-", NONE), &|rule| rule.skip = 1),
                status(".", 410),
                rule("^/x$", "/b", R),
            ],
            "/x",
            "302 http://t.test/b",
        ),
        (
            "rounds end",
            vec![with(rule("^/x(.*)$", "/x$1y", RuleFlags::NEXT), &|rule| {
                rule.max_rounds = 10;
            })],
            "/x",
            "500",
        ),
        (
            "rounds replace",
            vec![
                rule("^/n(.*)_(.*)$", "/n$1-$2", RuleFlags::NEXT),
                rule("^/n(.*)", "/done$1", R | L),
            ],
            "/n_a_b",
            "302 http://t.test/done-a-b",
        ),
        (
            "a name that grows without end",
            vec![rule("^(.*)$", "$1$1x", RuleFlags::NEXT)],
            "/x",
            "500",
        ),
    ];
    for (name, rules, target, expected) in cases {
        check(name, &site(rules), target, expected);
    }
}

#[test]
fn the_core_answers_trace_before_any_directory() {
    let check = |name: &str, site: &Site, expected: &str| {
        let request = Request {
            method: b"TRACE",
            ..Request::get(b"t.test", b"/x")
        };
        let answer = evaluate(site, &Sequential::new(site), &request, &Options::default());
        assert_eq!(shown(&answer.unwrap().outcome), expected, "{name}");
    };
    let mut below = site(Vec::new());
    htaccess(&mut below, "", vec![status("x", 405)], None);
    check("not a directory's rule", &below, "200");
    check("a server's rule", &site(vec![status("x", 410)]), "410");
    below.hosts[0].trace_enable = TraceEnable::Off;
    check("not wanted", &below, "405");
}

#[test]
fn conditions() {
    let query = |test| condition("%{QUERY_STRING}", test);
    let or = |mut condition: Condition| {
        condition.or_next = true;
        condition
    };
    let not = |mut condition: Condition| {
        condition.negated = true;
        condition
    };
    let cases = [
        (
            "dangling or",
            vec![or(query(Test::Equal(b"no".to_vec())))],
            "/x?q",
            true,
        ),
        (
            "or, second holds",
            vec![or(query(matches("^a"))), query(matches("^b"))],
            "/x?b",
            true,
        ),
        (
            "or, none holds",
            vec![or(query(matches("^a"))), query(matches("^b"))],
            "/x?c",
            false,
        ),
        (
            "(a or b) and c",
            vec![
                or(query(matches("^a"))),
                query(matches("^b")),
                query(matches("c$")),
            ],
            "/x?ac",
            true,
        ),
        (
            "(a or b) and not c",
            vec![
                or(query(matches("^a"))),
                query(matches("^b")),
                not(query(matches("c$"))),
            ],
            "/x?ac",
            false,
        ),
        (
            "longer is greater",
            vec![query(Test::Compare(Order::Greater, b"b".to_vec()))],
            "/x?aa",
            true,
        ),
        (
            "atoi",
            vec![query(Test::Integer(Order::Less, b"5".to_vec()))],
            "/x?abc",
            true,
        ),
        (
            "any path exists for -U",
            vec![condition("/nope", Test::SubrequestUri)],
            "/x",
            true,
        ),
        (
            "no file for -F",
            vec![condition("/docroot/nope", Test::SubrequestFile)],
            "/x",
            false,
        ),
        (
            "a file for -F",
            vec![condition("/docroot/b", Test::SubrequestFile)],
            "/x",
            true,
        ),
        (
            "look ahead",
            vec![condition(
                "%{LA-U:REQUEST_FILENAME}",
                matches("^/docroot/x$"),
            )],
            "/x",
            true,
        ),
    ];
    for (name, conditions, target, holds) in cases {
        let mut rule = rule("^/x$", "/hit?", R);
        rule.conditions = conditions;
        let expected = if holds {
            "302 http://t.test/hit".to_owned()
        } else {
            format!("serve {target}")
        };
        check(name, &site(vec![rule]), target, &expected);
    }
}

#[test]
fn condition_groups() {
    let mut first = rule("^/(.)$", "/$1-%1-%2-%0", R | RuleFlags::NO_ESCAPE);
    first.conditions = vec![
        condition("abc", matches("(a)(b)")),
        condition("%1$1", matches("^ax$")),
    ];
    check(
        "a later match replaces all groups",
        &site(vec![first]),
        "/x",
        "302 http://t.test/x---ax",
    );
    let mut first = rule("^/x$", "-", NONE);
    first.conditions = vec![condition("abc", matches("(a)"))];
    let second = rule("^/(x)$", "/$1-%1", R);
    check(
        "groups end with their rule",
        &site(vec![first, second]),
        "/x",
        "302 http://t.test/x-",
    );
}

#[test]
fn directory_rules() {
    let prefix = "http://t.test/docroot/";
    let cases = [
        (
            "no leading slash",
            "",
            rule("^/x$", "/b", R),
            "/x",
            "serve /x".to_owned(),
        ),
        (
            "the file system shows",
            "",
            rule("^x$", "b", R),
            "/x",
            format!("302 {prefix}b"),
        ),
        (
            "internal redirect",
            "",
            rule("^x$", "b", L),
            "/x?q",
            "serve /b?q".to_owned(),
        ),
        (
            "path info",
            "",
            rule("^x/(.*)$", "/b?$1", L),
            "/x/y",
            "serve /b?y".to_owned(),
        ),
        (
            "decoded twice",
            "",
            rule("^x/(.*)$", "/$1", L),
            "/x/%2541",
            "serve /A".to_owned(),
        ),
        (
            "decoded twice, badly",
            "",
            rule("^x/(.*)$", "/$1", L),
            "/x/%25",
            "400".to_owned(),
        ),
        (
            "no end",
            "",
            rule("^x(.*)$", "/x$1y", L),
            "/x",
            "500".to_owned(),
        ),
        (
            "same name, new query",
            "",
            rule("^b$", "b?y=1", NONE),
            "/b?q",
            "serve /b?y=1".to_owned(),
        ),
        (
            "a directory without slash",
            "",
            rule("^sub$", "/b", L),
            "/sub",
            "301 http://t.test/sub/".to_owned(),
        ),
        (
            "index",
            "",
            rule("^index.html$", "/b", L),
            "/",
            "serve /b".to_owned(),
        ),
        (
            "index in a directory",
            "/sub",
            rule("^$", "/b", L),
            "/sub/",
            "serve /b".to_owned(),
        ),
        (
            "redirects skip subrequests",
            "",
            rule("^index.html$", "/b", R),
            "/",
            "serve /index.html".to_owned(),
        ),
    ];
    for (name, below, rule, target, expected) in cases {
        let mut site = site(Vec::new());
        htaccess(&mut site, below, vec![rule], None);
        check(name, &site, target, &expected);
    }
}

#[test]
fn inheritance() {
    let parent = || vec![rule("^b$", "/parent", R)];
    let cases = [
        ("replaced", vec![], None, "serve /sub/b"),
        (
            "inherited",
            vec![],
            Some(RewriteOptions::INHERIT),
            "302 http://t.test/parent",
        ),
        (
            "own first",
            vec![rule("^b$", "/own", R | L)],
            Some(RewriteOptions::INHERIT),
            "302 http://t.test/own",
        ),
        (
            "parent's first",
            vec![rule("parent$", "/own", R | L)],
            Some(RewriteOptions::INHERIT_BEFORE),
            "302 http://t.test/own",
        ),
    ];
    for (name, own, options, expected) in cases {
        let mut site = site(Vec::new());
        htaccess(&mut site, "", parent(), None);
        htaccess(&mut site, "/sub", own, options);
        check(name, &site, "/sub/b", expected);
    }
}

#[test]
fn sections() {
    let location = |path: &str| SectionKind::Location(PathMatcher::Plain(path.into()));
    let mut off = site(vec![rule("^/", "/hit", R)]);
    let settings = Settings {
        rewrite: Some(DirectoryRewrite {
            engine: Some(false),
            options: None,
            rules: RuleSetId(1),
            base: None,
            directory: Some(b"/sub/".to_vec()),
        }),
        ..Settings::default()
    };
    let id = add_section(&mut off, location("/sub"), settings);
    off.hosts[0].locations.push(id);
    check(
        "a location switches server rules off",
        &off,
        "/sub/b",
        "serve /sub/b",
    );
    check("elsewhere they run", &off, "/b", "302 http://t.test/hit");

    let mut denied = site(Vec::new());
    let settings = Settings {
        requirement: Some(Requirement::DENIED),
        error_documents: vec![(403, ErrorDocument::Path(literal(b"/b")))],
        ..Settings::default()
    };
    let kind = SectionKind::Directory(PathMatcher::Plain(b"/docroot/sub".to_vec()));
    let id = add_section(&mut denied, kind, settings);
    denied.hosts[0].directories.push(id);
    check("access denied, with a document", &denied, "/sub/b", "403");
    check("access elsewhere", &denied, "/b", "serve /b");
}

#[test]
fn names_without_extension() {
    let mut site = site(vec![rule("^/x$", "/page", NONE)]);
    for file in ["page.html", "two.en", "two.de"] {
        let path = [ROOT, b"/", file.as_bytes()].concat();
        site.tree.insert(&path, FileKind::File);
    }
    check("without MultiViews", &site, "/page", "serve /page");
    site.hosts[0].settings.allow.add = Allowed::MULTIVIEWS;
    let several = "unsupported nobody knows which type TypesConfig has for .de";
    for (target, expected) in [
        ("/page", "serve /page.html"),
        ("/page/more", "serve /page.html/more"),
        ("/x", "serve /page.html"),
        ("/two", several),
        ("/b", "serve /b"),
    ] {
        check("with MultiViews", &site, target, expected);
    }
}

#[test]
fn redirects() {
    let redirect = |matcher, status, target: &str| Redirect {
        place: place(4),
        matcher,
        status,
        target: target.into(),
        expression: None,
    };
    let prefix = |path: &str| RedirectMatcher::Prefix(path.into());
    let regex = |text: &str| RedirectMatcher::Regex(Pattern::new(text, PatternOptions::default()));
    let mut site = site(vec![rule("^/kept", "-", RuleFlags::END)]);
    site.redirect_lists[0] = vec![
        redirect(prefix("/kept"), 302, "http://r.test"),
        redirect(prefix("/a"), 301, "http://x.test/y"),
        redirect(prefix("/q"), 302, "http://x.test/c?k=1"),
        redirect(prefix("/gone"), 410, ""),
        redirect(regex("^/m/(.*)$"), 302, "http://x.test:80/$1"),
        redirect(regex("^/rel$"), 302, "rel"),
        redirect(regex("^/local$"), 302, "/b%20"),
        redirect(regex("^/user$"), 302, "http://u:p@x.test/"),
        redirect(regex("^/two(.*)$"), 302, "//$1"),
    ];
    let cases = [
        ("/ab", "serve /ab"),
        ("/a/c%20%3f?q", "301 http://x.test/y/c%20%3f?q"),
        ("/q/x?q", "302 http://x.test/c?k=1/x"),
        ("/gone/x", "410"),
        ("/m/b%20c%3fd%25", "302 http://x.test/b%20c?d%"),
        ("/rel", "500"),
        ("/local", "302 http://t.test/b%2520"),
        ("/user", "302 http://u:XXXXXXXX@x.test/"),
        ("/kept", "302 http://r.test"),
        ("/twob:c", "302 http://t.test//b"),
    ];
    for (target, expected) in cases {
        check("redirects", &site, target, expected);
    }
}

/// A text without variables.
fn literal(text: &[u8]) -> Expression {
    Expression::parse_string(text).unwrap()
}

#[test]
fn error_documents() {
    let mut site = site(vec![
        status("^/f", 403),
        status("^/g", 410),
        rule("^/q(.*)$", "/y$1", R),
        rule("^/moved$", "/n", R),
    ]);
    site.hosts[0].settings.error_documents = vec![
        (403, ErrorDocument::Url(literal(b"http://e.test/x"))),
        (410, ErrorDocument::Path(literal(b"/moved"))),
        (404, ErrorDocument::Path(literal(b"/moved"))),
        (400, ErrorDocument::Path(literal(b"/b"))),
    ];
    check("the status stays with the document", &site, "/a%zz", "400");
    check(
        "a URL takes the status away",
        &site,
        "/f",
        "302 http://e.test/x",
    );
    check(
        "a refused question mark",
        &site,
        "/q%3f",
        "302 http://e.test/x",
    );
    check("a redirect on the way", &site, "/g", "302 http://t.test/n");
    check("a missing file", &site, "/nope", "302 http://t.test/n");
}

#[test]
fn a_subrequest_knows_no_port() {
    let site = site(vec![rule("^/index.html$", "/sub", NONE)]);
    let request = Request::get(b"t.test:8080", b"/");
    let options = Options::default();
    let answer = evaluate(&site, &Sequential::new(&site), &request, &options).unwrap();
    // The index is a directory without a slash: the slash is added by the subrequest.
    assert_eq!(shown(&answer.outcome), "301 http://t.test/index.html/");
    let request = Request::get(b"t.test:8080", b"/sub");
    let answer = evaluate(&site, &Sequential::new(&site), &request, &options).unwrap();
    assert_eq!(shown(&answer.outcome), "301 http://t.test:8080/sub/");
}

/// What Apache says in `Vary` of a file that a rule with these conditions led to.
#[test]
fn answers_vary_by_the_headers_that_decided() {
    let header = |name: &str, value: &str| condition(&format!("%{{{name}}}"), matches(value));
    let expression = |text: &str| {
        let parsed = Expression::parse(text.as_bytes()).unwrap();
        condition("", Test::Expression(Box::new(parsed)))
    };
    let or = |condition| Condition {
        or_next: true,
        ..condition
    };
    let silent = |condition| Condition {
        no_vary: true,
        ..condition
    };
    let both = "req('X-One') == '1' || %{HTTP_ACCEPT} == 'a'";
    let cases = [
        ("one", vec![header("HTTP:X-One", "1")], "X-One"),
        ("host", vec![header("HTTP_HOST", "t")], ""),
        (
            "two, one of them twice",
            vec![
                header("HTTP_ACCEPT", "a"),
                header("HTTP:X-One", "1"),
                header("HTTP:X-One", ""),
            ],
            "Accept X-One",
        ),
        ("absent", vec![header("HTTP:X-None", "^$")], ""),
        ("does not hold", vec![header("HTTP_ACCEPT", "x")], ""),
        (
            "the first of two",
            vec![or(header("HTTP_ACCEPT", "a")), header("HTTP:X-One", "1")],
            "Accept",
        ),
        (
            "the second of two",
            vec![or(header("HTTP_ACCEPT", "x")), header("HTTP:X-One", "1")],
            "X-One",
        ),
        ("NV", vec![silent(header("HTTP_ACCEPT", "a"))], ""),
        (
            "NV and one without",
            vec![
                silent(header("HTTP_ACCEPT", "a")),
                header("HTTP:X-One", "1"),
            ],
            "X-One",
        ),
        (
            "an expression",
            vec![expression("%{HTTP_ACCEPT} == 'a'")],
            "Accept",
        ),
        ("as far as it was read", vec![expression(both)], "X-One"),
        ("an expression with NV", vec![silent(expression(both))], ""),
        (
            "asked not to vary",
            vec![expression("req_novary('X-One') == '1'")],
            "",
        ),
    ];
    let headers: [(&[u8], &[u8]); 2] = [(b"Accept", b"a"), (b"X-One", b"1")];
    for (name, conditions, expected) in cases {
        let mut rule = rule("^/x$", "/b", NONE);
        rule.conditions = conditions;
        let site = site(vec![rule]);
        let request = Request {
            headers: &headers,
            ..Request::get(b"t.test", b"/x")
        };
        let answer = evaluate(
            &site,
            &Sequential::new(&site),
            &request,
            &Options::default(),
        );
        let vary = answer.unwrap().vary.join(&b' ');
        assert_eq!(String::from_utf8_lossy(&vary), expected, "{name}");
    }
}

#[test]
fn cookies() {
    let mut set = rule("^/x(.*)$", "-", NONE);
    set.extras_mut().cookies = vec![
        Template::new(b"n:v$1:.t.test"),
        Template::new(b"n:second:.t.test"),
        Template::new(b"incomplete:v"),
    ];
    let site = site(vec![set, rule("^/x", "/b", R)]);
    let run = |target: &[u8]| {
        let request = Request::get(b"t.test", target);
        evaluate(
            &site,
            &Sequential::new(&site),
            &request,
            &Options::default(),
        )
        .unwrap()
    };
    let answer = run(b"/x1");
    assert_eq!(shown(&answer.outcome), "302 http://t.test/b");
    assert_eq!(answer.cookies, [b"n=v1; path=/; domain=.t.test"]);
    let refused = run(b"/x%01");
    assert_eq!(shown(&refused.outcome), "500");
    assert!(refused.cookies.is_empty());
}

#[test]
fn a_long_way_ends() {
    let ahead = condition("%{LA-U:REQUEST_URI}", matches("."));
    let mut rules = Vec::new();
    for _ in 0..20 {
        let mut rule = rule("^(.*)$", "$1x", NONE);
        rule.conditions = vec![ahead.clone(), ahead.clone()];
        rules.push(rule);
    }
    let site = site(rules);
    let options = Options {
        most_steps: 1000,
        ..Options::default()
    };
    let request = Request::get(b"t.test", b"/x");
    let answer = evaluate(&site, &Sequential::new(&site), &request, &options).unwrap();
    let expected = "unsupported more than 1000 rules and lookups for one request";
    assert_eq!(shown(&answer.outcome), expected);
}

#[test]
fn untouched_and_assumed() {
    let run = |site: &Site, target: &[u8]| {
        let request = Request::get(b"t.test", target);
        let options = Options {
            trace: Trace::On,
            ..Options::default()
        };
        evaluate(site, &Sequential::new(site), &request, &options).unwrap()
    };
    let site = site(vec![rule("^/x$", "/b", NONE)]);
    assert!(run(&site, b"/b?q").unchanged);
    assert!(!run(&site, b"/x").unchanged);
    assert!(run(&site, b"/nope").assumed_absent.is_empty());
    let mut unknown = site.clone();
    unknown.tree.known.clear();
    let answer = run(&unknown, b"/nope/x");
    assert!(answer.assumed_absent.contains(&b"/docroot/nope".to_vec()));
    unknown.tree.entries.clear();
    // Whether there is an index in it, the origin knows.
    check("a directory nobody has seen", &unknown, "/", "serve /");
}

#[test]
fn trace() {
    let mut first = rule("^/x$", "/b", NONE);
    first.conditions = vec![condition("%{QUERY_STRING}", matches("^no$"))];
    let site = site(vec![
        first,
        rule("^/zz", "-", NONE),
        rule("^/x", "/c", R | L),
    ]);
    let options = Options {
        trace: Trace::On,
        ..Options::default()
    };
    let request = Request::get(b"t.test", b"/x?q");
    let answer = evaluate(&site, &Sequential::new(&site), &request, &options).unwrap();
    let events: Vec<Event> = answer.trace.into_iter().map(|step| step.event).collect();
    let expected = [
        Event::Failed(b"q".to_vec()),
        Event::Stopped,
        Event::Redirected(b"http://t.test/c".to_vec()),
    ];
    assert_eq!(events, expected);
}

//! `RequestHeader` lines: the edge answers as the configuration does, and lines that no answer depends on take no shortcut away.

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
    ErrorDocument, HostPattern, PathMatcher, Requirement, Section, SectionId, SectionKind,
    Settings, Site,
};
use edgewright_engine::source::Sequential;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::decisions::{parts, requests};
use crate::fetching::Edge;
use crate::site::{Parts, condition, place, rule};

fn format(text: &str) -> HeaderValue {
    HeaderValue::Format(vec![HeaderPart::Text(text.into())])
}

/// A line about a header of requests.
fn line(name: &str, action: HeaderAction, condition: HeaderCondition) -> HeaderLine {
    HeaderLine {
        place: place(700),
        table: HeaderTable::Request,
        name: name.into(),
        action,
        condition,
    }
}

fn unset(name: &str) -> HeaderLine {
    line(name, HeaderAction::Unset, HeaderCondition::Early)
}

fn set(name: &str, value: &str) -> HeaderLine {
    line(
        name,
        HeaderAction::Set(format(value)),
        HeaderCondition::Always,
    )
}

fn lines() -> impl Strategy<Value = Vec<HeaderLine>> {
    let environment = HeaderValue::Format(vec![HeaderPart::Environment(b"x".to_vec())]);
    let actions = vec![
        HeaderAction::Unset,
        HeaderAction::Set(format("z")),
        HeaderAction::Set(format("Mobile")),
        HeaderAction::Set(environment),
        HeaderAction::SetIfEmpty(format("e")),
        HeaderAction::Append(format("a")),
    ];
    let conditions = vec![
        HeaderCondition::Always,
        HeaderCondition::Early,
        HeaderCondition::Set(b"x".to_vec()),
    ];
    let names = select(
        &[
            "Proxy",
            "x-unread",
            "X-Unread",
            "X-Y",
            "User-Agent",
            "Cookie",
        ][..],
    );
    let one = (names, select(actions), select(conditions));
    let one = one.prop_map(|(name, action, condition)| line(name, action, condition));
    prop::collection::vec(one, 0..4)
}

const HEADERS: &[(&[u8], &[u8])] = &[
    (b"proxy", b"p"),
    (b"X-Unread", b"1"),
    (b"x-unread", b"2"),
    (b"X-Unread", b"z"),
    (b"Cookie", b"c=1"),
];

fn add_section(site: &mut Site, path: &str, settings: Settings) {
    let id = SectionId(u32::try_from(site.sections.len()).unwrap());
    site.sections.push(Section {
        place: place(701),
        kind: SectionKind::Location(PathMatcher::Plain(path.into())),
        settings,
    });
    site.hosts[0].locations.push(id);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_edge_changes_headers_as_the_configuration_does(
        parts in parts(),
        own in lines(),
        of_section in prop_oneof![3 => Just(Vec::new()).boxed(), 1 => lines().boxed()],
        more in subsequence(HEADERS, 0..=3),
        requests in requests(),
    ) {
        let mut site = parts.site();
        site.hosts[0].aliases = vec![HostPattern::Exact(b"www.h".to_vec())];
        site.hosts[0].settings.headers = own;
        if !of_section.is_empty() {
            let settings = Settings { headers: of_section, ..Settings::default() };
            add_section(&mut site, "/s", settings);
        }
        let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
        let options = Options { most_steps: 3_000, random: 7, now: 1_700_000_000, ..Options::default() };
        for (host, target, headers, head) in requests {
            let headers = [&headers[..], &more].concat();
            let request = Request {
                method: if head { b"HEAD" } else { b"GET" },
                headers: &headers,
                scheme: Scheme::Http,
                ..Request::get(host.as_bytes(), target.as_bytes())
            };
            edge.check_evaluation(&site, &request, &options)?;
        }
    }
}

/// How a plain request without a rule is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Without an evaluation.
    LeftAlone,
    /// With other headers, or by an evaluation.
    Answered,
}

/// What becomes of a request for a host with these lines, one rule of which reads `X-Y`.
#[track_caller]
fn check(lines: &[HeaderLine], headers: &[(&[u8], &[u8])], expected: Way) {
    let mut reads = rule(1, "^/old$", "/new", &["R", "L"]);
    reads.conditions = vec![condition("%{HTTP:X-Y}", "^z")];
    let parts = Parts {
        server: vec![reads],
        ..Parts::default()
    };
    let mut site = parts.site();
    site.hosts[0].settings.headers = lines.to_vec();
    let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
    let request = Request {
        headers,
        ..Request::get(b"h", b"/other")
    };
    let way = if edge.is_left_alone(&request) {
        Way::LeftAlone
    } else {
        Way::Answered
    };
    assert_eq!(way, expected, "{lines:?} {headers:?}");
}

#[test]
fn a_missing_file_is_asked_for_with_changed_headers() {
    for document in ["/b", "/nothing", "/denied"] {
        let mut site = Parts::default().site();
        let path = ErrorDocument::Path(Expression::parse_string(document.as_bytes()).unwrap());
        site.hosts[0].settings.error_documents = vec![(404, path)];
        site.hosts[0].settings.headers = vec![set("X-A", "b")];
        let denied = Settings {
            requirement: Some(Requirement::DENIED),
            ..Settings::default()
        };
        add_section(&mut site, "/denied", denied);
        let request = Request::get(b"h", b"/nothing");
        let source = Sequential::new(&site);
        let answer = evaluate(&site, &source, &request, &Options::default()).unwrap();
        assert!(
            matches!(answer.outcome, Outcome::Serve { .. }),
            "{answer:?}"
        );
        assert_eq!(answer.request_headers.len(), 1, "{document} {answer:?}");
    }
}

#[test]
fn what_nobody_reads_takes_no_shortcut_away() {
    let agent: (&[u8], &[u8]) = (b"User-Agent", b"x");
    check(&[unset("Proxy")], &[agent], Way::LeftAlone);
    check(&[unset("Proxy")], &[agent, (b"proxy", b"p")], Way::Answered);
    check(&[set("X-A", "b")], &[(b"x-a", b"b")], Way::LeftAlone);
    check(&[set("X-A", "b")], &[(b"x-a", b"c")], Way::Answered);
    check(&[set("X-A", "b")], &[], Way::Answered);
    // The later line holds, and early ones come first.
    check(
        &[set("X-A", "b"), unset("x-a")],
        &[(b"x-a", b"b")],
        Way::LeftAlone,
    );
    check(&[set("X-Y", "b")], &[(b"x-y", b"b")], Way::Answered);
    check(
        &[unset("Proxy"), set("X-Y", "b")],
        &[(b"x-y", b"b")],
        Way::Answered,
    );
    let append = HeaderAction::Append(format("b"));
    let append = line("Proxy", append, HeaderCondition::Always);
    check(&[unset("Proxy"), append], &[agent], Way::Answered);
}

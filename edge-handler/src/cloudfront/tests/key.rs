//! Which requests share an answer.

use super::*;
use crate::cloudfront::behaviour::{PathPattern, normalized};
use crate::cloudfront::switches::{
    ForwardedForInKey, LoneQuestionMark, ParameterOrder, PathInKey, ViaInKey,
};

/// Whether the second request gets the first one's answer.
#[derive(Debug, PartialEq, Eq)]
enum Second {
    Shares,
    HasItsOwn,
}
use Second::{HasItsOwn, Shares};

fn check_in(
    switches: Switches,
    fact: &str,
    changes: &[Change<'_>],
    requests: [Sent<'_>; 2],
    expected: &Second,
) {
    let mut trial = trial(changes, switches);
    for sent in requests {
        trial.ask(sent);
    }
    let second = if trial.events.borrow().len() == 1 {
        Shares
    } else {
        HasItsOwn
    };
    assert_eq!(second, *expected, "{fact}");
}

fn check(fact: &str, changes: &[Change<'_>], requests: [Sent<'_>; 2], expected: &Second) {
    for switches in Switches::all() {
        // What a switch decides has rows of its own below.
        let path = PathInKey::Raw;
        check_in(
            Switches { path, ..switches },
            fact,
            changes,
            requests,
            expected,
        );
    }
}

#[test]
fn the_path_and_the_method() {
    check("the same path shares", &[], [get("/a"), get("/a")], &Shares);
    check(
        "another path does not",
        &[],
        [get("/a"), get("/b")],
        &HasItsOwn,
    );
    check(
        "the case of a path matters",
        &[],
        [get("/a"), get("/A")],
        &HasItsOwn,
    );
    let other = |method| Sent {
        method,
        ..get("/a")
    };
    check(
        "HEAD takes what GET left",
        &[],
        [get("/a"), other("HEAD")],
        &Shares,
    );
    check(
        "POST is never kept",
        &[],
        [other("POST"), other("POST")],
        &HasItsOwn,
    );
    check(
        "OPTIONS is not kept unless it says so",
        &[],
        [other("OPTIONS"), other("OPTIONS")],
        &HasItsOwn,
    );
    let options = [(
        "config.DefaultCacheBehavior.CachedMethods",
        json!(["GET", "HEAD", "OPTIONS"]),
    )];
    check(
        "OPTIONS may be kept",
        &options,
        [other("OPTIONS"), other("OPTIONS")],
        &Shares,
    );
    check(
        "OPTIONS has entries of its own",
        &options,
        [get("/a"), other("OPTIONS")],
        &HasItsOwn,
    );
}

#[test]
fn the_viewer_is_not_in_the_key() {
    let http = Sent {
        scheme: Scheme::Http,
        ..get("/a")
    };
    check("the scheme is not keyed", &[], [get("/a"), http], &Shares);
    let proto = [("key.HeadersConfig", names(&["CloudFront-Forwarded-Proto"]))];
    check(
        "CloudFront-Forwarded-Proto keys the scheme",
        &proto,
        [get("/a"), http],
        &HasItsOwn,
    );
    let forged = with(&[("CloudFront-Forwarded-Proto", "http")]);
    check(
        "a forged header of CloudFront's own changes nothing",
        &proto,
        [get("/a"), forged],
        &Shares,
    );
    let other = Sent {
        client: "198.51.100.1",
        ..get("/a")
    };
    check("the address is not keyed", &[], [get("/a"), other], &Shares);
    let body = with(&[("Content-Type", "text/plain")]);
    check(
        "a header that no policy names is not keyed",
        &[],
        [get("/a"), body],
        &Shares,
    );
    check(
        "Range is not keyed",
        &[],
        [get("/a"), with(&[("Range", "bytes=0-1")])],
        &Shares,
    );
}

#[test]
fn headers_in_the_key() {
    let key = [("key.HeadersConfig", names(&["Referer"]))];
    let two = |first, second| [with(first), with(second)];
    check(
        "a header by name",
        &key,
        two(&[("Referer", "a")], &[("Referer", "b")]),
        &HasItsOwn,
    );
    check(
        "the case of a name does not matter",
        &key,
        two(&[("Referer", "a")], &[("referer", "a")]),
        &Shares,
    );
    check(
        "the case of a value matters",
        &key,
        two(&[("Referer", "a")], &[("Referer", "A")]),
        &HasItsOwn,
    );
    let key = [("key.HeadersConfig", names(&["X-A", "X-B"]))];
    let (one, other) = ([("X-A", "1"), ("X-B", "2")], [("X-B", "2"), ("X-A", "1")]);
    check(
        "the order of headers does not matter",
        &key,
        two(&one, &other),
        &Shares,
    );
    check(
        "a header of the origin request policy is not keyed",
        &[("forward.HeadersConfig", names(&["Referer"]))],
        two(&[("Referer", "a")], &[("Referer", "b")]),
        &Shares,
    );
    let star = [("key.HeadersConfig", names(&["X-*"]))];
    check(
        "an asterisk is no wildcard",
        &star,
        two(&[("X-A", "1")], &[("X-A", "2")]),
        &Shares,
    );
}

#[test]
fn queries_in_the_key() {
    check(
        "no query in the key",
        &[],
        [get("/a?x"), get("/a?y")],
        &Shares,
    );
    let query = |behaviour: &str, names: &[&str]| {
        [(
            "key.QueryStringsConfig",
            json!({ "QueryStringBehavior": behaviour, "QueryStrings": names }),
        )]
    };
    let all = query("all", &[]);
    check(
        "all of a query",
        &all,
        [get("/a?x=1&y=2"), get("/a?x=1&y=3")],
        &HasItsOwn,
    );
    check(
        "the order of parameters matters",
        &all,
        [get("/a?x=1&y=2"), get("/a?y=2&x=1")],
        &HasItsOwn,
    );
    check(
        "the case of parameters matters",
        &all,
        [get("/a?x=1"), get("/a?X=1")],
        &HasItsOwn,
    );
    check(
        "escapes are other bytes",
        &all,
        [get("/a?x=%20"), get("/a?x=+")],
        &HasItsOwn,
    );
    let listed = query("whitelist", &["x"]);
    check(
        "listed parameters only",
        &listed,
        [get("/a?x=1&y=2"), get("/a?x=1&y=3")],
        &Shares,
    );
    check(
        "a listed parameter's value",
        &listed,
        [get("/a?x=1"), get("/a?x=2")],
        &HasItsOwn,
    );
    check(
        "a semicolon separates nothing",
        &listed,
        [get("/a?y=1;x=1"), get("/a?y=1;x=2")],
        &Shares,
    );
    let except = query("allExcept", &["y"]);
    check(
        "all parameters but those listed",
        &except,
        [get("/a?x=1&y=2"), get("/a?x=1&y=3")],
        &Shares,
    );
    check(
        "an unlisted parameter's value",
        &except,
        [get("/a?z=1"), get("/a?z=2")],
        &HasItsOwn,
    );
}

#[test]
fn cookies_in_the_key() {
    let cookies = |behaviour: &str, names: &[&str]| {
        [(
            "key.CookiesConfig",
            json!({ "CookieBehavior": behaviour, "Cookies": names }),
        )]
    };
    let two = |first, second| [[("Cookie", first)], [("Cookie", second)]];
    let check = |fact, changes: &[Change<'_>], [one, other]: [[(&str, &str); 1]; 2], expected| {
        check(fact, changes, [with(&one), with(&other)], expected);
    };
    check("no cookies in the key", &[], two("a=1", "a=2"), &Shares);
    let all = cookies("all", &[]);
    check("all cookies", &all, two("a=1; b=1", "a=1; b=2"), &HasItsOwn);
    check(
        "the order of cookies does not matter",
        &all,
        two("a=1; b=1", "b=1; a=1"),
        &Shares,
    );
    check(
        "the case of a cookie's name matters",
        &all,
        two("a=1", "A=1"),
        &HasItsOwn,
    );
    check(
        "names that begin with $ are dropped",
        &all,
        two("a=1", "$Path=/; a=1"),
        &Shares,
    );
    let listed = cookies("whitelist", &["a"]);
    check(
        "listed cookies only",
        &listed,
        two("a=1; b=1", "a=1; b=2"),
        &Shares,
    );
    check(
        "a listed cookie's value",
        &listed,
        two("a=1", "a=2"),
        &HasItsOwn,
    );
    let except = cookies("allExcept", &["b"]);
    check(
        "all cookies but those listed",
        &except,
        two("a=1; b=1", "a=1; b=2"),
        &Shares,
    );
}

#[test]
fn encodings_in_the_key() {
    let both = [
        ("key.EnableAcceptEncodingGzip", json!(true)),
        ("key.EnableAcceptEncodingBrotli", json!(true)),
    ];
    let gzip = [("key.EnableAcceptEncodingGzip", json!(true))];
    let two = |first, second| [[("Accept-Encoding", first)], [("Accept-Encoding", second)]];
    let check = |fact, changes: &[Change<'_>], [one, other]: [[(&str, &str); 1]; 2], expected| {
        check(fact, changes, [with(&one), with(&other)], expected);
    };
    check(
        "encodings are sorted",
        &both,
        two("gzip, br", "br, gzip;q=0.5, deflate"),
        &Shares,
    );
    check("gzip and br are two", &both, two("gzip", "br"), &HasItsOwn);
    check(
        "gzip and nothing known are two",
        &both,
        two("gzip", "deflate"),
        &HasItsOwn,
    );
    check(
        "one switch looks at one encoding",
        &gzip,
        two("gzip", "gzip, br"),
        &Shares,
    );
    check(
        "without switches there is no encoding",
        &[],
        two("gzip", "br"),
        &Shares,
    );
}

#[test]
fn what_nobody_has_measured() {
    let base = first();
    let two = |first, second| [get(first), get(second)];
    let path = |path| Switches { path, ..base };
    check_in(
        path(PathInKey::Raw),
        "raw: // is another path",
        &[],
        two("/a//b", "/a/b"),
        &HasItsOwn,
    );
    check_in(
        path(PathInKey::Normalized),
        "normalized: // is /",
        &[],
        two("/a//b", "/a/b"),
        &Shares,
    );
    check_in(
        path(PathInKey::Normalized),
        "normalized: %61 is another path",
        &[],
        two("/%61", "/a"),
        &HasItsOwn,
    );
    check_in(
        path(PathInKey::Decoded),
        "decoded: %61 is a",
        &[],
        two("/%61", "/a"),
        &Shares,
    );
    check_in(
        path(PathInKey::Decoded),
        "decoded: %2F stays",
        &[],
        two("/a%2Fb", "/a/b"),
        &HasItsOwn,
    );
    let all = [(
        "key.QueryStringsConfig",
        json!({ "QueryStringBehavior": "all" }),
    )];
    let lone = |lone_question_mark| Switches {
        lone_question_mark,
        ..base
    };
    check_in(
        lone(LoneQuestionMark::Apart),
        "a lone ? apart",
        &all,
        two("/a?", "/a"),
        &HasItsOwn,
    );
    check_in(
        lone(LoneQuestionMark::Shared),
        "a lone ? shared",
        &all,
        two("/a?", "/a"),
        &Shares,
    );
    let listed = [(
        "key.QueryStringsConfig",
        json!({ "QueryStringBehavior": "whitelist", "QueryStrings": ["x", "y"] }),
    )];
    let order = |parameter_order| Switches {
        parameter_order,
        ..base
    };
    check_in(
        order(ParameterOrder::OfRequest),
        "parameters as in the request",
        &listed,
        two("/a?x=1&y=1", "/a?y=1&x=1"),
        &HasItsOwn,
    );
    check_in(
        order(ParameterOrder::OfPolicy),
        "parameters as in the policy",
        &listed,
        two("/a?x=1&y=1", "/a?y=1&x=1"),
        &Shares,
    );
    let other = Sent {
        client: "198.51.100.1",
        ..get("/a")
    };
    let forwarded = [("key.HeadersConfig", names(&["X-Forwarded-For"]))];
    let switch = |forwarded_for| Switches {
        forwarded_for,
        ..base
    };
    check_in(
        switch(ForwardedForInKey::Viewer),
        "the viewer's X-Forwarded-For",
        &forwarded,
        [get("/a"), other],
        &Shares,
    );
    check_in(
        switch(ForwardedForInKey::WithAddress),
        "X-Forwarded-For with the address",
        &forwarded,
        [get("/a"), other],
        &HasItsOwn,
    );
    let via = [("key.HeadersConfig", names(&["Via"]))];
    for via_switch in [ViaInKey::Viewer, ViaInKey::WithOwn] {
        let switches = Switches {
            via: via_switch,
            ..base
        };
        check_in(
            switches,
            "Via of two viewers",
            &via,
            [with(&[("Via", "1.1 a")]), with(&[("Via", "1.1 b")])],
            &HasItsOwn,
        );
    }
}

#[test]
fn patterns_of_paths() {
    let check = |fact: &str, pattern: &str, path: &str, expected: bool| {
        assert_eq!(
            PathPattern::new(pattern).is_for(&normalized(path)),
            expected,
            "{fact}"
        );
    };
    check("the leading slash may be left out", "a/*", "/a/b", true);
    check("an asterisk is for nothing too", "/a*", "/a", true);
    check(
        "an asterisk is for slashes too",
        "/*.jpg",
        "/a/b/c.jpg",
        true,
    );
    check("a question mark is for one", "/a??", "/abc", true);
    check("a question mark is for no less", "/a??", "/ab", false);
    check("the case of a pattern matters", "/A*", "/a", false);
    check("a pattern is for all of a path", "/a", "/ab", false);
    check("several asterisks", "/*b*d", "/abcbd", true);
    check("AWS's example: dots are resolved", "/a*", "/a/b/..", true);
    check(
        "AWS's example: the other behaviour",
        "/a/b*",
        "/a/b/..",
        false,
    );
    check("empty segments are none", "/a/b", "/a///b", true);
}

#[test]
fn the_first_behaviour_that_fits() {
    let one = |pattern: &str, origin: &str| json!({ "PathPattern": pattern, "TargetOriginId": origin, "ViewerProtocolPolicy": "allow-all", "CachePolicyId": { "Ref": "Key" } });
    let origins = json!([
        { "Id": "o", "DomainName": "o.test", "CustomOriginConfig": {} },
        { "Id": "p", "DomainName": "p.test", "CustomOriginConfig": {} },
    ]);
    let changes = [
        ("config.Origins", origins),
        (
            "config.CacheBehaviors",
            json!([one("/a*", "p"), one("/ab*", "o")]),
        ),
    ];
    let asked = |target| text(&trial(&changes, first()).ask(get(target)));
    let check = |fact: &str, target, expected: &str| assert_eq!(asked(target), expected, "{fact}");
    check("the first in order", "/abc", "GET p.test/abc ");
    check("the default is last", "/b", "GET o.test/b ");
    check(
        "the path goes on as it was sent",
        "/x/..//a/./b",
        "GET p.test/x/..//a/./b ",
    );
}

//! How long answers are kept.

use super::*;
use crate::cloudfront::switches::{GeneratedError, GoneKept};

/// An answer of the origin: status and headers. A row of the table of times.
type Row<'a> = (
    &'a str,
    [u64; 3],
    u16,
    &'a [(&'a str, &'a str)],
    Option<u64>,
);

/// Asserts that an answer is there until just before `expected`, or never.
fn check_kept(trial: &mut Trial, expected: Option<u64>, fact: &str) {
    let start = 1_000_000_000;
    trial.at(start, get("/a"));
    let is_there = |seconds: u64| {
        let mut later = Trial {
            cloudfront: trial.cloudfront.clone(),
            events: RefCell::default(),
            ..*trial
        };
        later.at(start + seconds, get("/a"));
        later.events.borrow().is_empty()
    };
    match expected {
        None => assert!(!is_there(0), "{fact}"),
        Some(seconds) => {
            let around = [is_there(0), is_there(seconds - 1), is_there(seconds)];
            assert_eq!(around, [true, true, false], "{fact}");
        }
    }
}

fn check_in(switches: Switches, changes: &[Change<'_>], row: Row<'_>) {
    let (fact, [min, default, max], status, headers, expected) = row;
    let times = [
        ("ttl.MinTTL", json!(min)),
        ("ttl.DefaultTTL", json!(default)),
        ("ttl.MaxTTL", json!(max)),
    ];
    let changes: Vec<Change<'_>> = times.iter().chain(changes).cloned().collect();
    let headers: HeaderList = headers.iter().copied().collect();
    ANSWER.with(|answer| *answer.borrow_mut() = (status, headers));
    let origin = |_: &Asked| {
        let (status, headers) = ANSWER.with(|answer| answer.borrow().clone());
        OriginAnswer {
            status,
            headers,
            body: Vec::new(),
        }
    };
    let mut trial = Trial {
        origin,
        ..trial(&changes, switches)
    };
    check_kept(&mut trial, expected, fact);
}

thread_local! {
    static ANSWER: RefCell<(u16, HeaderList)> = RefCell::default();
}

fn check(row: Row<'_>) {
    // What a switch decides has rows of its own.
    for switches in [first(), Switches::chosen(|count| count - 1)] {
        check_in(switches, &[], row);
    }
}

const USUAL: [u64; 3] = [0, 300, 86_400];

#[test]
fn answers_that_are_no_errors() {
    let control = |value| [("Cache-Control", value)];
    let rows: [Row<'_>; 17] = [
        (
            "DefaultTTL where nothing is said",
            USUAL,
            200,
            &[],
            Some(300),
        ),
        (
            "MinTTL where it is more than DefaultTTL",
            [600, 300, 86_400],
            200,
            &[],
            Some(600),
        ),
        ("max-age", USUAL, 200, &control("max-age=60"), Some(60)),
        (
            "max-age, at most MaxTTL",
            USUAL,
            200,
            &control("max-age=99999"),
            Some(86_400),
        ),
        (
            "max-age, at least MinTTL",
            [100, 300, 86_400],
            200,
            &control("max-age=60"),
            Some(100),
        ),
        (
            "s-maxage before max-age",
            USUAL,
            200,
            &control("max-age=60, s-maxage=70"),
            Some(70),
        ),
        (
            "Expires",
            USUAL,
            200,
            &[("Expires", "Sun, 09 Sep 2001 01:48:20 GMT")],
            Some(100),
        ),
        (
            "max-age before Expires",
            USUAL,
            200,
            &[
                ("Cache-Control", "max-age=60"),
                ("Expires", "Sun, 09 Sep 2001 01:48:20 GMT"),
            ],
            Some(60),
        ),
        (
            "an Expires of before",
            USUAL,
            200,
            &[("Expires", "0")],
            None,
        ),
        (
            "no-store with MinTTL 0",
            USUAL,
            200,
            &control("no-store"),
            None,
        ),
        (
            "no-cache with MinTTL 0",
            USUAL,
            200,
            &control("no-cache"),
            None,
        ),
        (
            "private with MinTTL 0",
            USUAL,
            200,
            &control("private, max-age=60"),
            None,
        ),
        (
            "no-store with MinTTL 5",
            [5, 300, 86_400],
            200,
            &control("no-store"),
            Some(5),
        ),
        (
            "public says no time",
            USUAL,
            200,
            &control("public"),
            Some(300),
        ),
        (
            "no-cache of a header is about that header",
            USUAL,
            200,
            &control("no-cache=\"Set-Cookie\""),
            Some(300),
        ),
        (
            "three times 0 keep nothing",
            [0, 0, 0],
            200,
            &control("max-age=60"),
            None,
        ),
        (
            "DefaultTTL 0 keeps what says so",
            [0, 0, 86_400],
            200,
            &control("max-age=60"),
            Some(60),
        ),
    ];
    rows.into_iter().for_each(check);
    for status in [203, 206, 300, 301, 302, 303] {
        check(("kept as 200 is", USUAL, status, &[], Some(300)));
    }
    for status in [307, 308] {
        check(("only with Cache-Control", USUAL, status, &[], None));
        check((
            "with Cache-Control",
            USUAL,
            status,
            &control("s-maxage=300"),
            Some(300),
        ));
    }
}

#[test]
fn errors_of_the_origin() {
    let control = |value| [("Cache-Control", value)];
    for status in [404, 414, 500, 501, 502, 503, 504] {
        check(("errors are kept ten seconds", USUAL, status, &[], Some(10)));
        check((
            "errors are kept longer where they say so",
            USUAL,
            status,
            &control("max-age=300"),
            Some(300),
        ));
        check((
            "errors are kept ten seconds at least",
            USUAL,
            status,
            &control("max-age=1"),
            Some(10),
        ));
    }
    for status in [404, 414, 501] {
        check((
            "errors that no-store prevents",
            USUAL,
            status,
            &control("no-store"),
            None,
        ));
    }
    for status in [500, 502, 503, 504] {
        check((
            "errors that no-store does not prevent",
            USUAL,
            status,
            &control("no-store"),
            Some(10),
        ));
    }
    for status in [400, 403, 405, 412, 415] {
        check((
            "errors that say no time are not kept",
            USUAL,
            status,
            &[],
            None,
        ));
        check((
            "errors that say a time",
            USUAL,
            status,
            &control("s-maxage=60"),
            Some(60),
        ));
    }
    for status in [401, 402, 406, 409, 416, 417, 429, 451, 505] {
        check((
            "errors in no list are not kept",
            USUAL,
            status,
            &control("max-age=60"),
            None,
        ));
    }
    check((
        "MaxTTL bounds errors",
        [0, 0, 20],
        404,
        &control("max-age=300"),
        Some(20),
    ));
    check(("three times 0 keep no error", [0, 0, 0], 404, &[], None));
    let least = [(
        "config.CustomErrorResponses",
        json!([{ "ErrorCode": 404, "ErrorCachingMinTTL": 77 }]),
    )];
    check_in(
        first(),
        &least,
        ("ErrorCachingMinTTL", USUAL, 404, &[], Some(77)),
    );
    let gone = |gone| Switches { gone, ..first() };
    check_in(
        gone(GoneKept::Kept),
        &[],
        ("410 is kept", USUAL, 410, &[], Some(10)),
    );
    check_in(
        gone(GoneKept::NotKept),
        &[],
        ("410 is not kept", USUAL, 410, &[], None),
    );
}

#[test]
fn generated_answers() {
    let check =
        |generated_error, function: fn(&Value) -> Result<Value, Failed>, expected, fact: &str| {
            let mut trial = Trial {
                function,
                ..trial(
                    &[],
                    Switches {
                        generated_error,
                        ..first()
                    },
                )
            };
            check_kept(&mut trial, expected, fact);
        };
    let redirect = |_: &Value| Ok(json!({ "status": "301" }));
    let refused = |_: &Value| Ok(json!({ "status": "403" }));
    for switch in [GeneratedError::LikeOrigins, GeneratedError::LikeOthers] {
        check(switch, redirect, Some(300), "a generated redirect is kept");
    }
    check(
        GeneratedError::LikeOrigins,
        refused,
        None,
        "a generated 403 as the origin's",
    );
    check(
        GeneratedError::LikeOthers,
        refused,
        Some(300),
        "a generated 403 as any answer",
    );
}

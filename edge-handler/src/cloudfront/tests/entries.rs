//! Answers over time: what is shared, what is too old, what is forgotten.

use super::*;
use crate::cloudfront::response::CacheUse;
use crate::cloudfront::switches::{FunctionFailed, HeadStore};

#[test]
fn what_head_leaves() {
    let rows = [
        (HeadStore::Shared, 1, "HEAD origin.test/a "),
        (HeadStore::HeadersOnly, 2, "GET origin.test/a "),
        (HeadStore::AsksWithGet, 1, "GET origin.test/a "),
    ];
    for (head, events, body) in rows {
        let mut trial = trial(&[], Switches { head, ..first() });
        trial.ask(Sent {
            method: "HEAD",
            ..get("/a")
        });
        let second = trial.ask(get("/a"));
        assert_eq!(
            (trial.events.borrow().len(), &*text(&second)),
            (events, body),
            "{head:?}"
        );
    }
}

#[test]
fn an_answer_of_viewer_request_is_never_kept() {
    let edge = json!([{ "EventType": "viewer-request", "LambdaFunctionARN": "f" }]);
    let changes = [(
        "config.DefaultCacheBehavior.LambdaFunctionAssociations",
        edge,
    )];
    let function = |_: &Value| {
        Ok(json!({ "status": "301", "headers": { "cache-control": [{ "value": "max-age=60" }] } }))
    };
    let mut trial = Trial {
        function,
        ..trial(&changes, first())
    };
    for _ in 0..2 {
        assert_eq!(trial.ask(get("/a")).cache, CacheUse::None);
    }
    assert!(trial.cloudfront.cache().is_empty());
}

#[test]
fn a_function_at_origin_request_is_called_for_misses_only() {
    let function =
        |_: &Value| Ok(json!({ "status": "301", "headers": { "location": [{ "value": "/b" }] } }));
    let mut trial = Trial {
        function,
        ..trial(&[], first())
    };
    let first = trial.ask(get("/a"));
    let second = trial.at(5, get("/a"));
    assert_eq!(
        (first.cache, second.cache),
        (CacheUse::Miss, CacheUse::Hit(5))
    );
    assert_eq!(
        second.response.headers.joined("location").as_deref(),
        Some("/b"),
        "a generated answer is kept"
    );
    assert_eq!(trial.events.borrow().len(), 1);
    trial.cloudfront.cache().forget();
    assert_eq!(
        trial.at(6, get("/a")).cache,
        CacheUse::Miss,
        "it may be forgotten at any time"
    );
}

fn ok(_: &Asked) -> OriginAnswer {
    OriginAnswer {
        status: 200,
        headers: HeaderList::default(),
        body: b"old".to_vec(),
    }
}

fn broken(_: &Asked) -> OriginAnswer {
    OriginAnswer {
        status: 503,
        headers: HeaderList::default(),
        body: Vec::new(),
    }
}

fn gone(_: &Asked) -> OriginAnswer {
    OriginAnswer {
        status: 404,
        headers: HeaderList::default(),
        body: Vec::new(),
    }
}

#[test]
fn answers_that_are_too_old() {
    let later =
        |changes: &[Change<'_>], then: fn(&Asked) -> OriginAnswer, headers: &'static str| {
            let mut trial = Trial {
                origin: ok,
                ..trial(changes, first())
            };
            if !headers.is_empty() {
                trial.origin = |_| OriginAnswer {
                    headers: [("Cache-Control", "max-age=300, stale-if-error=0")]
                        .into_iter()
                        .collect(),
                    ..ok(&asked())
                };
            }
            trial.ask(get("/a"));
            trial.origin = then;
            trial.at(300, get("/a")).response.status
        };
    assert_eq!(
        later(&[], broken, ""),
        200,
        "an old answer for the origin's 5xx"
    );
    assert_eq!(
        later(&[], gone, ""),
        404,
        "the origin's 4xx for an old answer"
    );
    assert_eq!(
        later(&[], broken, "stale-if-error=0"),
        503,
        "an answer may forbid that"
    );
}

fn asked() -> Asked {
    let request = Request::get(b"h", b"/a");
    let request = crate::cloudfront::carried::CarriedRequest::of(&request).unwrap();
    Asked {
        domain: String::new(),
        request,
    }
}

#[test]
fn a_function_that_fails_beside_an_old_answer() {
    for (function_failed, expected) in [(FunctionFailed::Error, 503), (FunctionFailed::Stale, 200)]
    {
        let mut trial = trial(
            &[],
            Switches {
                function_failed,
                ..first()
            },
        );
        trial.ask(get("/a"));
        trial.function = |_| Err(Failed);
        assert_eq!(
            trial.at(300, get("/a")).response.status,
            expected,
            "{function_failed:?}"
        );
    }
}

#[test]
fn cookies_of_kept_answers() {
    let cookies = [("key.CookiesConfig", json!({ "CookieBehavior": "all" }))];
    let sets: fn(&Asked) -> OriginAnswer = |_| OriginAnswer {
        headers: [("Set-Cookie", "a=1")].into_iter().collect(),
        ..ok(&asked())
    };
    let out: fn(&Asked) -> OriginAnswer = |_| OriginAnswer {
        headers: [
            ("Set-Cookie", "a=1"),
            ("Cache-Control", "no-cache=\"Set-Cookie\""),
        ]
        .into_iter()
        .collect(),
        ..ok(&asked())
    };
    let second = |origin| {
        let mut trial = Trial {
            origin,
            ..trial(&cookies, first())
        };
        trial.ask(get("/a"));
        trial.ask(get("/a")).response.headers.joined("set-cookie")
    };
    assert_eq!(
        second(sets).as_deref(),
        Some("a=1"),
        "every viewer of an entry gets its cookies"
    );
    assert_eq!(second(out), None, "unless the answer keeps them out");
}

#[test]
fn a_failure_of_a_function_is_not_kept() {
    let mut trial = Trial {
        function: |_| Err(Failed),
        ..trial(&[], first())
    };
    assert_eq!(trial.ask(get("/a")).response.status, 503);
    trial.function = |request| Ok(request.clone());
    assert_eq!(trial.ask(get("/a")).response.status, 200);
}

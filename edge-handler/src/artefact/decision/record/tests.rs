#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::super::{Effect, Part, Question, TextBuf};
use super::*;
use crate::budget::{Allowance, Budget};
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::{Answer, Outcome};
use crate::model::request::Request;
use crate::model::rules::Test;
use crate::model::site::HostId;
use crate::model::subject::{About, Subject};
use crate::pattern::{Pattern, PatternOptions};

const HEADERS: [(&[u8], &[u8]); 1] = [(b"A", b"b")];

fn answer(decision: &DecisionView<'_>, query: Option<&[u8]>) -> Result<Option<Answer>, ()> {
    let questions = [Question {
        subject: Subject::Host,
        test: Test::Regex(Pattern::new("^www", PatternOptions::default())),
        no_case: false,
    }];
    let plain = NormalizedRequest {
        host: HostId(0),
        hostname: b"www.h",
        path: b"/a",
        query,
    };
    let request = Request {
        headers: &HEADERS,
        ..Request::get(b"www.h", b"/a")
    };
    let budget = Budget::new(Allowance::APACHE);
    let answer = decision.answer(&plain, &request, &questions, &budget);
    answer.map_err(|_| ())
}

/// An outcome in a few words.
fn shown(decision: &DecisionView<'_>, query: Option<&[u8]>) -> String {
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let Ok(Some(answer)) = answer(decision, query) else {
        return "?".to_owned();
    };
    let outcome = match answer.outcome {
        Outcome::Redirect { status, location } => format!("{status} {}", text(&location)),
        Outcome::Status { status } => status.to_string(),
        Outcome::Serve { path, query } => {
            format!("{} {:?}", text(&path), query.as_deref().map(text))
        }
        Outcome::Proxy { url } => format!("P {}", text(&url)),
        Outcome::OverBudget | Outcome::Unsupported { .. } => String::new(),
    };
    let more = answer.cookies.iter().chain(&answer.vary);
    more.fold(outcome, |all, one| format!("{all} {}", text(one)))
}

/// What a decision says without a query string and with one; and what its bytes say when they are damaged.
#[track_caller]
fn check(decision: &PathDecision, bare: &str, queried: &str) {
    let view = decision.view().unwrap();
    assert_eq!(shown(&view, None), bare);
    assert_eq!(shown(&view, Some(b"a=1")), queried);
    assert_eq!(PathDecision::of(decision.bytes()).as_ref(), Some(decision));
    let is_whole = |bytes: &[u8]| PathDecision::of(bytes).is_some();
    for length in 0..decision.bytes().len() {
        assert!(!is_whole(&decision.bytes()[..length]), "{length}");
    }
    for bit in 0..decision.bytes().len() * 8 {
        let mut flipped = decision.bytes().to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // Whatever it says: it ends.
        if let Some(view) = DecisionView::read(&flipped) {
            let _ = (answer(&view, None), answer(&view, Some(b"a=1")));
        }
    }
}

fn text(first: &str) -> TextBuf {
    TextBuf::of([
        Part::Literal(first.as_bytes()),
        Part::Host,
        Part::Literal(b"/b?"),
        Part::Query,
    ])
}

/// The queried part of a decision that has one end.
enum With {
    Unknown,
    Appended,
    Same,
}

fn one_end(ending: &EndingBuf, with: &With) -> PathDecision {
    let mut builder = Builder::default();
    let end = builder.end(ending);
    let queried = match with {
        With::Unknown => Queried::Unknown,
        With::Appended => Queried::Appended,
        With::Same => Queried::From(end),
    };
    builder.finish(Some(end), queried)
}

#[test]
fn decisions_of_one_end() {
    let (to, fixed) = (text("http://"), TextBuf::of([Part::Literal(b"/c")]));
    let check = |effect, bare: &str, queried: &str, appended: &str| {
        let ending = EndingBuf::new(effect, &[], &[]);
        check(&one_end(&ending, &With::Unknown), bare, "?");
        check(&one_end(&ending, &With::Same), bare, queried);
        check(&one_end(&ending, &With::Appended), bare, appended);
    };
    check(
        Effect::Redirect(301, to.text()),
        "301 http://www.h/b?",
        "301 http://www.h/b?a=1",
        "301 http://www.h/b?a=1?a=1",
    );
    let fixed = fixed.text();
    check(
        Effect::Redirect(65_535, fixed),
        "65535 /c",
        "65535 /c",
        "65535 /c?a=1",
    );
    check(Effect::Status(410), "410", "410", "410");
    let (bare, queried) = ("/a None", "/a Some(\"a=1\")");
    check(Effect::Nothing, bare, queried, queried);
    let bare = "/x None";
    check(Effect::Serve(b"/x", None), bare, bare, bare);
    let (bare, queried) = ("/x Some(\"/www.h/b?\")", "/x Some(\"/www.h/b?a=1\")");
    let query = text("/");
    check(
        Effect::Serve(b"/x", Some(query.text())),
        bare,
        queried,
        queried,
    );
    let (bare, queried) = ("P http://www.h/b?", "P http://www.h/b?a=1");
    check(Effect::Proxy(to.text()), bare, queried, queried);
}

#[test]
fn cookies_and_headers() {
    let vary = [b"A".to_vec(), b"B".to_vec()];
    let ending = EndingBuf::new(Effect::Status(403), &[b"c=d".to_vec()], &vary);
    check(&one_end(&ending, &With::Same), "403 c=d A", "403 c=d A");
    assert_eq!(EndingBuf::of(&ending.read().unwrap()), ending);
}

#[test]
fn a_decision_may_be_unknown() {
    let mut builder = Builder::default();
    let end = builder.end(&EndingBuf::new(Effect::Status(403), &[], &[]));
    check(&builder.finish(None, Queried::From(end)), "?", "403");
}

/// Asks `asked`: yes is 410, no is 403; with a query string a question about the host comes first, whose no is 404.
fn asking(asked: Asked<'_>) -> PathDecision {
    let mut builder = Builder::default();
    let mut status = |status| builder.end(&EndingBuf::new(Effect::Status(status), &[], &[]));
    let (yes, no, other) = (status(410), status(403), status(404));
    let bare = builder.ask(asked, yes, no);
    let queried = builder.ask(Asked::Shared(0), bare, other);
    builder.finish(Some(bare), Queried::From(queried))
}

#[test]
fn decisions_that_ask() {
    let equal = |about, no_case, operand| Asked::Equal {
        about,
        no_case,
        operand,
    };
    let check = |asked, bare, queried| check(&asking(asked), bare, queried);
    check(equal(About::Query, false, b"a=1"), "403", "410");
    check(equal(About::Query, true, b""), "410", "403");
    check(equal(About::Host, false, b"www.h"), "410", "410");
    check(equal(About::Host, false, b"WWW.h"), "403", "403");
    check(equal(About::Host, true, b"WWW.h"), "410", "410");
    check(equal(About::Header(b"a"), false, b"b"), "410", "410");
    check(equal(About::Header(b"c"), false, b"b"), "403", "403");
    check(Asked::Shared(0), "410", "410");
    check(Asked::Shared(1), "?", "?");
}

//! Functions of the user's own run before and after ours, in the engines that run ours.

use edgewright_compiler::export::function::own_function::chained;
use edgewright_compiler::export::function::{OwnFunction, OwnFunctions};

use super::javascript::run;

const OURS: &str =
    "function handler(event) {\n  event.request.path.push('ours');\n  return event.request;\n}\n";

/// Runs the chain in both engines; `shown` is what its request, or answer, is then.
#[track_caller]
fn check(before: Option<&str>, after: Option<&str>, shown: &str) {
    let own = OwnFunctions {
        before: before.map(|text| OwnFunction::of(text).unwrap()),
        after: after.map(|text| OwnFunction::of(text).unwrap()),
    };
    let code = chained(&own, Some(OURS));
    let script = format!(
        "{code}\nvar event = {{ request: {{ path: [] }} }};\nPromise.resolve(handler(event))\
         .then(function (it) {{ console.log(JSON.stringify(it)); }});\n"
    );
    for engine in ["njs", "node"] {
        let lines = run(engine, &script);
        assert!(
            lines.is_none_or(|lines| lines == [shown]),
            "{engine}: {code}"
        );
    }
}

const PUSHES: &str = "var name = 'own';\nfunction handler(event) {\n  event.request.path.push(name);\n  return event.request;\n}\n";
const WAITS: &str = "async function handler(event) {\n  await null;\n  event.request.path.push('later');\n  return event.request;\n}\n";
const ANSWERS: &str = "function handler(event) {\n  return { statusCode: 401 };\n}\n";

#[test]
fn functions_run_in_turn() {
    check(None, None, r#"{"path":["ours"]}"#);
    check(Some(PUSHES), None, r#"{"path":["own","ours"]}"#);
    check(None, Some(PUSHES), r#"{"path":["ours","own"]}"#);
    check(
        Some(WAITS),
        Some(PUSHES),
        r#"{"path":["later","ours","own"]}"#,
    );
}

#[test]
fn an_answer_ends_it() {
    check(Some(ANSWERS), Some(PUSHES), r#"{"statusCode":401}"#);
    check(Some(PUSHES), Some(ANSWERS), r#"{"statusCode":401}"#);
}

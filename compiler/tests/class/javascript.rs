//! JavaScript computes the class that Rust does: in njs, which CloudFront's engine most likely is, and in Node.
//!
//! `EDGEWRIGHT_CASES` says how many requests are compared. Where an engine is missing the test says so and passes, except
//! on CI.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use edgewright_compiler::class::{CLASS_HEADER, Copies, LONGEST_CODE, ViewerClass};
use edgewright_engine::model::forwarded_for::ForwardedFor;
use edgewright_test_support::random::Random;
use serde_json::{Value, json};

use super::viewer::{NOW, Viewer};
use super::{random, reading};

/// Requests for each configuration.
const VIEWERS: usize = 60;

/// Configurations in one script: starting an engine takes longer than running it.
const BATCH: usize = 40;

/// What is put together with the functions that are tried.
const HARNESS: &str = "
function lines(handler, events) {
  return events.map(function (event) {
    event.request.rawQueryString = function () { return event.rawQuery; };
    try {
      return handler(event).headers[CLASS].value;
    } catch (error) { return 'threw ' + error; }
  });
}
";

/// Runs scripts. `None` where the engine is missing.
pub fn run(engine: &str, script: &str) -> Option<Vec<String>> {
    static SCRIPTS: AtomicUsize = AtomicUsize::new(0);
    let number = SCRIPTS.fetch_add(1, Ordering::Relaxed);
    let name = format!("class-{}-{number}.js", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, script).unwrap();
    let ran = Command::new(engine).arg(&path).output();
    let Ok(output) = ran else {
        assert!(std::env::var_os("CI").is_none(), "{engine} is missing");
        eprintln!(
            "{engine} is missing (on Debian: apt-get install nodejs njs): nothing was tested with it"
        );
        return None;
    };
    assert!(
        output.status.success(),
        "{engine}: {}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    std::fs::remove_file(path).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

/// `{value}`, and `multiValue` where there are several.
fn field(values: &[String]) -> Value {
    let mut field = json!({ "value": values[0] });
    if values.len() > 1 {
        field["multiValue"] = values
            .iter()
            .map(|value| json!({ "value": value }))
            .collect();
    }
    field
}

fn fields(pairs: &[(String, String)]) -> Value {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        fields.entry(name.clone()).or_default().push(value.clone());
    }
    let fields = fields.into_iter();
    Value::Object(
        fields
            .map(|(name, values)| (name, field(&values)))
            .collect(),
    )
}

fn event(viewer: &Viewer) -> Value {
    let headers = viewer.headers.iter();
    let host = ("host".to_owned(), viewer.host.to_owned());
    let headers: Vec<(String, String)> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .chain([host])
        .collect();
    let (uri, raw_query) = match viewer.target.split_once('?') {
        Some((uri, query)) => (uri, Some(query)),
        None => (viewer.target.as_str(), None),
    };
    let mut event = json!({
        "version": "1.0",
        "viewer": { "ip": viewer.client },
        "request": {
            "method": viewer.method, "uri": uri, "querystring": {},
            "headers": fields(&headers), "cookies": fields(&viewer.cookies),
        },
    });
    // Without a `?` it is `undefined`.
    if let Some(raw_query) = raw_query {
        event["rawQuery"] = json!(raw_query);
    }
    event
}

/// One script for classes and their viewers, and what it should print.
fn script(tried: &[(ViewerClass, Vec<Viewer>)]) -> (String, Vec<String>) {
    let mut script = format!(
        "var CLASS = '{CLASS_HEADER}';\n\
         Date.now = function () {{ return {NOW} * 1000 + 999; }};\n\
         Math.random = function () {{ return 1 - 1e-9; }};\n{HARNESS}"
    );
    let mut expected = Vec::new();
    for (class, viewers) in tried {
        let code = class.javascript(Copies::Host);
        assert!(code.len() <= LONGEST_CODE);
        let events: Value = viewers.iter().map(event).collect();
        script += &format!(
            "console.log(lines((function () {{ 'use strict';\n{code}\nreturn handler; }})(), {events}).join('\\n'));\n"
        );
        expected.extend(viewers.iter().map(|viewer| viewer.class(class)));
    }
    (script, expected)
}

fn compare(engine: &str, cases: usize) {
    let mut random = Random::new(29);
    let (mut requests, mut tried, mut configurations) = (0, Vec::new(), 0);
    while requests < cases {
        let reading = reading(&random::configuration(&mut random));
        let Some(mut class) = ViewerClass::of(&reading.site) else {
            continue;
        };
        class.forwarded_for = random.pick(&ForwardedFor::ALL);
        let viewers: Vec<Viewer> = (0..VIEWERS).map(|_| random::viewer(&mut random)).collect();
        requests += viewers.len();
        configurations += 1;
        tried.push((class, viewers));
        if tried.len() < BATCH && requests < cases {
            continue;
        }
        let (script, expected) = script(&tried);
        let Some(found) = run(engine, &script) else {
            return;
        };
        let all = tried
            .iter()
            .flat_map(|(class, viewers)| viewers.iter().map(move |viewer| (class, viewer)));
        for ((class, viewer), (expected, found)) in all.zip(expected.iter().zip(&found)) {
            assert_eq!(
                found,
                expected,
                "{engine}\n{viewer:?}\n{}",
                class.javascript(Copies::Host)
            );
        }
        assert_eq!(found.len(), expected.len());
        tried.clear();
    }
    println!("{engine}: {requests} requests, {configurations} configurations");
}

fn cases() -> usize {
    let cases = std::env::var("EDGEWRIGHT_CASES").ok();
    cases.map_or(12_000, |text| text.parse().unwrap())
}

#[test]
fn njs_computes_the_same_class() {
    compare("njs", cases());
}

#[test]
fn node_computes_the_same_class() {
    compare("node", cases());
}

/// `text` is a pattern; the function has `expected` in its code, or no digit is about it.
#[track_caller]
fn check(pattern: &str, expected: Option<&str>) {
    let text = format!(
        "RewriteEngine On\nRewriteCond %{{HTTP_REFERER}} {pattern}\nRewriteRule ^/a$ /b [R]\n"
    );
    let class = ViewerClass::of(&reading(&text).site);
    let code = class.map(|class| class.javascript(Copies::Nothing));
    match (&code, expected) {
        (Some(code), Some(expected)) => {
            let line = format!("      {expected},\n");
            assert!(code.contains(&line), "{pattern}\n{code}");
        }
        (code, expected) => assert_eq!(code.is_some(), expected.is_some(), "{pattern}"),
    }
}

#[test]
fn patterns_in_javascript() {
    check("bot", Some("h_referer.indexOf('bot') >= 0"));
    check("^bot", Some("h_referer.indexOf('bot') === 0"));
    check("^bot$", Some("h_referer === 'bot'"));
    check("=it's", Some("h_referer === 'it\\'s'"));
    check("!^$", Some("!(h_referer === '')"));
    check("bot$", Some("/bot(?![\\s\\S])/.test(h_referer)"));
    check("bot [NC]", Some("/bot/i.test(h_referer)"));
    check("a.c", Some("/a[\\s\\S]c/.test(h_referer)"));
    check("a/\\.b", Some("h_referer.indexOf('a/.b') >= 0"));
    check("^https?://h", Some("/^https?:\\/\\/h/.test(h_referer)"));
    check("\\s", Some("/[\\x09-\\x0d\\x20]/.test(h_referer)"));
    check("[^a-f]", Some("/[^a-f]/.test(h_referer)"));
    check("(?i:a)B", Some("/[Aa]B/.test(h_referer)"));
    check("\\xe9|x [NC]", Some("/\\xe9|[Xx]/.test(h_referer)"));
    check("(?:a|b){2}c*?", Some("/(?:a|b){2}c*?/.test(h_referer)"));
    check("a(?!b)", Some("/a(?!b)/.test(h_referer)"));
}

#[test]
fn a_function_is_readable() {
    let text =
        "RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} bot [NC]\nRewriteRule ^/a$ /b [R]\n";
    let class = ViewerClass::of(&reading(text).site).unwrap();
    let code = class.javascript(Copies::Nothing);
    assert!(code.starts_with(
        "// Made by edgewright: what the rules tell viewers apart by, as a short header of the cache key.
function handler(event) {
  var request = event.request;
  request.headers['x-edgewright-class'] = { value: viewerClass(event) };
  return request;
}

function viewerClass(event) {
  try {
    var h_user_agent = text(event.request.headers['user-agent']);
    return [
      /bot/i.test(h_user_agent),
    ].map(function (holds) { return holds ? '1' : '0'; }).join('');
  } catch (error) {
    return '!' + Math.random(); // shared with nobody
  }
}
"
    ), "{code}");
}

#[test]
fn what_throws_is_a_class_of_its_own() {
    let text = "RewriteEngine On\nRewriteCond %{REMOTE_ADDR} ^1\nRewriteRule ^/a$ /b [R]\n";
    let class = ViewerClass::of(&reading(text).site).unwrap();
    let code = class.javascript(Copies::Nothing);
    let script = format!(
        "{code}\nvar event = {{ request: {{ headers: {{}} }} }};\nconsole.log(handler(event).headers['{CLASS_HEADER}'].value);"
    );
    for engine in ["njs", "node"] {
        let found = run(engine, &script);
        assert!(found.is_none_or(|lines| lines[0].starts_with("!0.")));
    }
}

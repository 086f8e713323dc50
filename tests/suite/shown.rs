//! Every request that is shown with a finding shows it, when the reference is asked.
//!
//! In: random rule sets, a large public collection, and cases where the likeliest request does not reach its line. Out:
//! findings whose request shows something else. Absent: which findings there are; see `findings.rs`.

use std::fs;

use edgewright_compiler::spans::in_site;
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, Reading, compile, read};
use edgewright_engine::budget::{Allowance, DECISION_STEPS};
use edgewright_engine::evaluate::{Options, Trace, evaluate};
use edgewright_engine::model::outcome::{Answer, Event, Outcome};
use edgewright_engine::model::request::Request;
use edgewright_engine::model::rules::Place;
use edgewright_engine::source::Sequential;
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_test_engines::reading;
use edgewright_test_support::corpus::corpus;
use edgewright_test_support::random::Random;
use edgewright_test_support::rule_sets::{MAP, RuleSet};

/// The document root of every configuration here.
const ROOT: &str = "/srv/www";

/// How many random rule sets are looked at. `EDGEWRIGHT_CASES` asks for more.
fn sets() -> usize {
    let number = std::env::var("EDGEWRIGHT_CASES").ok();
    number.and_then(|text| text.parse().ok()).unwrap_or(300)
}

#[test]
fn what_is_said_of_random_rule_sets_is_true() {
    let mut random = Random::new(20_261_123);
    let mut told = 0;
    let sets = sets();
    for _ in 0..sets {
        let set = RuleSet::random(&mut random, &[]);
        let map = "/srv/m.txt";
        let files = set.files(ROOT).into_iter();
        let files = files.map(|(name, content)| (format!("{ROOT}/{name}"), content));
        let files = files.chain([(map.to_owned(), MAP.to_owned())]);
        let config = format!(
            "ServerName main.test:80\n{}",
            set.virtual_host("*:80", ROOT, map)
        );
        let reading = reading(&config, files);
        for finding in compile(&reading).unwrap().diagnostics {
            told += usize::from(is_true(&reading, &finding));
        }
    }
    assert!(told > sets / 20, "only {told} findings with a witness");
}

/// A large public collection: every request that is shown holds. Without the corpus the test says so and passes, except on CI.
#[test]
fn what_is_said_of_a_large_collection_is_true() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("w3id-a");
    let mut loader = MemoryLoader::new();
    let mut folders = vec![folder.clone()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == ".htaccess") {
                let name = path.strip_prefix(&folder).unwrap().display();
                loader = loader.with(format!("{ROOT}/{name}"), fs::read(&path).unwrap());
            }
        }
    }
    let input = Input::DocumentRoot(ROOT.as_bytes().to_vec());
    let reading = read(&input, &loader, &ReadOptions::default());
    let found = compile(&reading).unwrap().diagnostics;
    let held = found.iter().filter(|one| is_true(&reading, one)).count();
    assert!(held > 100, "only {held} findings with a request");
}

/// Fails when the reference does not show what a finding says. False when it cannot be asked.
fn is_true(reading: &Reading, finding: &Diagnostic) -> bool {
    let Some(url) = finding
        .witness
        .as_ref()
        .filter(|url| !url.contains("$(printf"))
    else {
        return false;
    };
    // With Apache's allowance this would go on and on.
    if finding.code == "over-budget" {
        let edge = ask_within(reading, url, Allowance::steps(DECISION_STEPS));
        assert_eq!(edge.outcome, Outcome::OverBudget, "{finding:?}");
        return true;
    }
    let place = |span| in_site(reading.sources.place(span));
    let at = place(finding.span.unwrap());
    let answer = ask(reading, url);
    let fired = |at: Place| {
        let says =
            |event: &Event| !matches!(event, Event::Held(_) | Event::Failed(_) | Event::Stopped);
        let mut steps = answer.trace.iter();
        steps.any(|step| step.is_at(at) && says(&step.event))
    };
    let told = format!("{finding:?}\n{answer:?}\n{}", text(reading));
    // A line of a macro stands in several places, and so may the line that answers for it.
    let other = finding.others.first().map(|(span, _)| place(*span));
    match finding.code {
        "duplicate-rule" | "shadowed-rule" | "unreachable-rule" | "skipped-rule"
        | "overlapping-rules" => {
            assert!(other.is_none_or(&fired), "{told}");
            assert!(other == Some(at) || !fired(at), "{told}");
        }
        "rewrite-loop" => {
            assert!(fired(at), "{told}");
            assert_eq!(answer.outcome, Outcome::Status { status: 500 }, "{told}");
        }
        "redirect-loop" | "redirect-chain" if !is_ours(url) => return false,
        "redirect-loop" => assert!(fired(at) && hops(reading, url) >= 20, "{told}"),
        "redirect-chain" => {
            assert!(fired(at) && (2..20).contains(&hops(reading, url)), "{told}");
        }
        "cookie-not-sent" => {
            let passes = matches!(
                answer.outcome,
                Outcome::Serve { .. } | Outcome::Proxy { .. }
            );
            assert!(fired(at) && passes && !answer.cookies.is_empty(), "{told}");
        }
        "percent-in-pattern"
        | "fragment-in-pattern"
        | "query-in-pattern"
        | "redirect-path"
        | "impossible-pattern" => {
            assert!(!fired(at), "{told}");
        }
        "uri-without-slash"
        | "or-on-last-condition"
        | "scheme-in-host"
        | "question-mark-in-query" => {
            let asked = |event: &Event| matches!(event, Event::Held(_) | Event::Failed(_));
            let mut steps = answer.trace.iter();
            assert!(
                steps.any(|step| step.is_at(at) && asked(&step.event)),
                "{told}"
            );
        }
        "impossible-section" | "host-taken" | "directory-slash-off" | "error-document-url" => {}
        "multiviews-before-rules" => {
            assert!(!fired(at), "{told}");
            assert!(matches!(answer.outcome, Outcome::Serve { .. }), "{told}");
        }
        "temporary-move" | "redirect-loses-post" => {
            let redirects = matches!(
                answer.outcome,
                Outcome::Redirect {
                    status: 301 | 302,
                    ..
                }
            );
            assert!(fired(at) && redirects, "{told}");
        }
        "target-ignored" => {
            assert!(fired(at), "{told}");
            assert!(matches!(answer.outcome, Outcome::Status { .. }), "{told}");
        }
        "capture-in-query" | "question-mark-in-map" => {
            assert!(fired(at), "{told}");
            assert_eq!(answer.outcome, Outcome::Status { status: 403 }, "{told}");
        }
        "open-redirect" | "open-proxy" | "host-in-location" => {
            assert!(fired(at) && leads_to_a_stranger(&answer.outcome), "{told}");
        }
        "pass-through-redirect" => {
            assert!(fired(at), "{told}");
            assert_eq!(answer.outcome, Outcome::Status { status: 400 }, "{told}");
        }
        _ => assert!(fired(at), "{told}"),
    }
    true
}

fn leads_to_a_stranger(outcome: &Outcome) -> bool {
    let url = match outcome {
        Outcome::Redirect { location: url, .. } | Outcome::Proxy { url, .. } => url,
        Outcome::Status { .. }
        | Outcome::Serve { .. }
        | Outcome::OverBudget
        | Outcome::Unsupported { .. } => return false,
    };
    let url = String::from_utf8_lossy(url);
    url.split('/')
        .nth(2)
        .is_some_and(|host| host.ends_with("evil.example"))
}

/// The first finding with `code` of a host's `lines`: its line, the other lines, and whether a request is shown.
#[track_caller]
fn shows(lines: &str, code: &str, expected: (u32, &[u32], bool)) {
    let config = format!(
        "ServerRoot /etc/apache2\nServerName h.test:80\nDocumentRoot {ROOT}\nInclude host.conf\n"
    );
    let files = [
        (format!("{ROOT}/index.html"), "x".to_owned()),
        (
            "/etc/apache2/host.conf".to_owned(),
            format!("RewriteEngine On\n{lines}"),
        ),
    ];
    let reading = reading(&config, files);
    let found = compile(&reading).unwrap().diagnostics;
    let finding = found.iter().find(|finding| finding.code == code);
    let finding = finding.ok_or((code, &found)).unwrap();
    let line = |span| reading.sources.place(span).line;
    let others: Vec<u32> = finding.others.iter().map(|(span, _)| line(*span)).collect();
    let at = line(finding.span.unwrap());
    let told = (at, &others[..], finding.witness.is_some());
    assert_eq!(told, expected, "{lines}\n{finding:?}");
    is_true(&reading, finding);
}

/// A line with conditions that a request without headers fulfils takes what the later lines are for.
const EARLIER: &str = "RewriteCond %{HTTP_ACCEPT} !html\nRewriteRule ^/a(.*)$ /x$1 [R,L]\n";

#[test]
fn the_line_that_answers_the_request_is_blamed() {
    let lines = "RewriteRule ^/ab /y [R,L]\nRewriteRule ^/abc$ /z [R,L]";
    shows(lines, "shadowed-rule", (3, &[2], true));
    shows(
        &format!("{EARLIER}{lines}"),
        "shadowed-rule",
        (5, &[3, 4], true),
    );
}

#[test]
fn what_cannot_be_shown_is_said_without_a_request() {
    let first = "RewriteRule ^/a - [F]\n";
    let missing = "RewriteRule ^/a(b)?$ /$2 [R,L]";
    shows(missing, "missing-group", (2, &[], true));
    shows(
        &format!("{first}{missing}"),
        "missing-group",
        (3, &[], false),
    );
    shows(
        "RewriteRule ^/c - [F]\nRewriteRule ^/c?(b)$ /$2 [R,L]",
        "missing-group",
        (3, &[], true),
    );
    shows(
        &format!("{first}RewriteRule ^/a$ /%{{TIME}}%20c [R,L]"),
        "percent-in-target",
        (3, &[], false),
    );
    shows(
        "RewriteRule ^/a - [F]\nRedirect /a/ http://x.test/b",
        "missing-slash",
        (3, &[], false),
    );
    shows(
        "RewriteRule ^/a$ - [CO=n:v:h.test]",
        "cookie-not-sent",
        (2, &[], true),
    );
    shows(
        "RewriteRule ^/a$ - [CO=n:v:h.test]\nRewriteRule ^/a /b [R,L]",
        "cookie-not-sent",
        (2, &[], false),
    );
    // A variable that only a header sets: a request with it shows the finding, one without does not.
    let once = "RewriteCond %{ENV:html} 1\nRewriteRule ^/a$";
    let lines = format!("SetEnvIf Accept html html=1\n{once} /x [R,L]\n{once} /y [R,L]");
    let config = format!("ServerName h.test:80\nRewriteEngine On\n{lines}");
    let reading = reading(&config, []);
    for finding in compile(&reading).unwrap().diagnostics {
        is_true(&reading, &finding);
    }
}

/// Everything that was read.
fn text(reading: &Reading) -> String {
    let files = reading.sources.iter();
    let files = files.map(|file| format!("--- {}\n{}", file.name, file.bytes.escape_ascii()));
    files.collect::<Vec<_>>().join("\n").replace("\\n", "\n")
}

/// How many redirects follow one another on this site.
fn hops(reading: &Reading, shown: &str) -> usize {
    let (url, with) = shown.split_at(shown.find(" -").unwrap_or(shown.len()));
    let mut url = url.to_owned();
    for count in 0..20 {
        if !is_ours(&url) {
            return count;
        }
        match ask(reading, &format!("{url}{with}")).outcome {
            Outcome::Redirect { location, .. } => {
                // A browser keeps the fragment to itself.
                let location = String::from_utf8(location).unwrap();
                location.split('#').next().unwrap().clone_into(&mut url);
            }
            _ => return count,
        }
    }
    20
}

/// None of the sites speaks TLS.
fn is_ours(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let host = url.split(['/', '?']).nth(2).unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let known = ["h.test", "alias.test", "main.test", "second.test"].contains(&name);
    url.starts_with("http:")
        && (known || name.ends_with(".wild.test") || name.ends_with(".second.test"))
}

/// Asks the reference for a URL with headers and a method as `explain` takes them.
fn ask(reading: &Reading, shown: &str) -> Answer {
    ask_within(reading, shown, Allowance::APACHE)
}

/// Asks the reference, which may take so many steps.
fn ask_within(reading: &Reading, shown: &str, allowance: Allowance) -> Answer {
    let mut parts = shown.split(" -H '");
    let mut first = parts.next().unwrap().split(" -X ");
    let rest = first.next().unwrap().split_once("://").unwrap().1;
    let method = first.next().unwrap_or("GET");
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A URL without a path is asked for with one.
    let slash = if target.starts_with('/') { "" } else { "/" };
    let target = format!("{slash}{target}");
    let headers = parts.filter_map(|header| header.strip_suffix('\'')?.split_once(": "));
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let request = Request {
        method: method.as_bytes(),
        headers: &headers,
        ..Request::get(host.as_bytes(), target.as_bytes())
    };
    let options = Options {
        trace: Trace::On,
        allowance,
        ..Options::default()
    };
    let source = Sequential::new(&reading.site);
    evaluate(&reading.site, &source, &request, &options).unwrap()
}

//! Headers and pages of the answers that the edge makes itself are those of a real Apache.
//!
//! In: `tests/cases/site.jsonl`: configurations with their files, a request to each, and the answer of Apache 2.4.71 with
//! all headers in order, and the hash of the page. Out: what differs. Absent: answers that are files of the origin's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use edgewright_compiler::testing::MemoryLoader;
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::model::outcome::{Answer, Header, HeaderText, Outcome};
use edgewright_engine::model::page::Page;
use edgewright_engine::model::request::Request;
use edgewright_engine::source::Sequential;
use edgewright_test_engines::read_from;
use serde_json::Value;
use sha2::{Digest, Sha256};

const CASES: &str = include_str!("../cases/site.jsonl");

/// Where the server's root is in memory.
const ROOT: &str = "/srv/site";

/// Headers that only who sends an answer knows, or who has the file.
const NOT_OURS: [&str; 5] = [
    "content-length",
    "last-modified",
    "etag",
    "accept-ranges",
    "allow",
];

/// Cases that differ, and why: `docs/deviations.md` has a line for each.
const DEVIATIONS: [(&str, &str); 3] = [
    (
        "multiviews/10",
        "`Alternates` and `TCN` of a refused choice",
    ),
    (
        "multiviews-strict/2",
        "`Alternates` and `TCN` of a refused choice",
    ),
    ("xbithack-asis/1", "headers of a `send-as-is` file"),
];

/// Cases with a page that nobody knows here: a list of files, or a file that says its answer itself.
const UNKNOWN_PAGES: [&str; 3] = ["multiviews/10", "multiviews-strict/2", "xbithack-asis/1"];

#[test]
fn answers_of_the_edge_have_the_headers_of_apaches() {
    let cases = CASES
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (mut made, mut pages) = (0, 0);
    let mut differing = Vec::new();
    let mut unknown = Vec::new();
    for case in cases {
        let Some(answer) = answered(&case) else {
            continue;
        };
        made += 1;
        let (ours, apaches) = (shown(&answer), expected(&case));
        let is_deviation = DEVIATIONS.iter().any(|(id, _)| case["id"] == *id);
        if (ours != apaches) != is_deviation {
            differing.push(format!(
                "{}\n  apache {apaches:?}\n  edge   {ours:?}",
                case["id"]
            ));
        }
        let Some(apaches) = case["body_sha"].as_str() else {
            continue;
        };
        match page(&answer) {
            Some(page) => {
                pages += 1;
                if hash(&page) != apaches {
                    let page = String::from_utf8_lossy(&page);
                    differing.push(format!("{}: another page\n{page}", case["id"]));
                }
            }
            None => unknown.push(case["id"].as_str().unwrap().to_owned()),
        }
    }
    println!(
        "{made} answers of {} are made at the edge, {pages} pages are compared",
        CASES.lines().count()
    );
    assert_eq!(unknown, UNKNOWN_PAGES, "pages that nobody knows");
    assert!(
        differing.is_empty(),
        "{} of {made} differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
}

/// The page of an answer; `None` where nobody knows it.
fn page(answer: &Answer) -> Option<Vec<u8>> {
    let page = answer.page_content();
    assert_eq!(page.is_none(), answer.page == Page::Unknown);
    page.map(Cow::into_owned)
}

fn status_and_location(answer: &Answer) -> (u16, Option<&[u8]>) {
    match &answer.outcome {
        Outcome::Redirect { status, location } => (*status, Some(location)),
        Outcome::Status { status } => (*status, None),
        other => unreachable!("{other:?} is not made here"),
    }
}

fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer to a case; `None` where the origin has it.
fn answered(case: &Value) -> Option<Answer> {
    let reading = read_from(&files(case), &format!("{ROOT}/conf/httpd.conf"));
    let asked = &case["request"];
    let headers: Vec<(&[u8], &[u8])> = asked["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect();
    let host = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
    let others: Vec<_> = headers
        .iter()
        .copied()
        .filter(|(name, _)| !name.eq_ignore_ascii_case(b"host"))
        .collect();
    let request = Request {
        method: text(&asked["method"]),
        headers: &others,
        ..Request::get(host.unwrap().1, text(&asked["target"]))
    };
    let site = &reading.site;
    let answer = evaluate(site, &Sequential::new(site), &request, &Options::default()).unwrap();
    let is_made = matches!(
        answer.outcome,
        Outcome::Redirect { .. } | Outcome::Status { .. }
    );
    is_made.then_some(answer)
}

fn files(case: &Value) -> MemoryLoader {
    let files = case["conf"].as_object().unwrap();
    let files = files.iter().filter_map(|(path, content)| {
        let content = content
            .as_str()?
            .replace("/ROOT", ROOT)
            .replace("PORT", "80");
        Some((format!("{ROOT}/{path}"), content))
    });
    files.fold(MemoryLoader::new(), |loader, (path, content)| {
        loader.with(path, content)
    })
}

fn text(value: &Value) -> &[u8] {
    value.as_str().unwrap().as_bytes()
}

/// What was sent, without what is not ours.
fn expected(case: &Value) -> (u64, Vec<String>) {
    let headers = case["headers"].as_array().unwrap().iter();
    let headers = headers.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
    let ours = headers.filter(|(name, _)| !NOT_OURS.contains(&name.to_ascii_lowercase().as_str()));
    let lines = ours.map(|(name, value)| format!("{name}: {value}"));
    (case["status"].as_u64().unwrap(), sorted(lines))
}

/// What is sent here.
fn shown(answer: &Answer) -> (u64, Vec<String>) {
    let (status, location) = status_and_location(answer);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let line = |Header { name, value }: &Header| match value {
        HeaderText::Text(value) => format!("{}: {}", text(name), text(value)),
        HeaderText::DateAfter(seconds) => format!("{}: {{date+{seconds}}}", text(name)),
    };
    let location = location.map(|location| format!("Location: {}", text(location)));
    let cookies = answer
        .cookies
        .iter()
        .map(|cookie| format!("Set-Cookie: {}", text(cookie)));
    let vary = (!answer.vary.is_empty()).then(|| {
        let names: Vec<_> = answer.vary.iter().map(|name| text(name)).collect();
        format!("Vary: {}", names.join(","))
    });
    let content_type = answer.headers.content_type.value();
    let content_type = content_type.map(|value| format!("Content-Type: {}", text(value)));
    let lines = answer.headers.lines.iter().map(line);
    let all = lines
        .chain(location)
        .chain(cookies)
        .chain(vary)
        .chain(content_type);
    (u64::from(status), sorted(all))
}

/// Headers by name; those of one name in the order they are sent.
fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut by_name = BTreeMap::<String, Vec<String>>::new();
    for line in lines {
        let name = line.split(':').next().unwrap_or_default();
        by_name
            .entry(name.to_ascii_lowercase())
            .or_default()
            .push(line);
    }
    by_name.into_values().flatten().collect()
}

//! The cases of `tests/cases/*.txt`, on every engine.
//!
//! The answers come from a real Apache; `tests/e2e` asks it again.

use edgewright_compiler::compile;
use edgewright_test_engines::{engines, is_over_budget, reading};
use edgewright_test_support::cases::{Case, CaseFile, Place, all};

#[test]
fn cases_are_answered_as_apache_does() {
    let files = all().unwrap();
    let failures: Vec<String> = files.iter().flat_map(failures).collect();
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn what_the_edge_cannot_answer_is_said() {
    let files = all().unwrap();
    let cases = files.iter().flat_map(|file| &file.cases);
    let silent: Vec<String> = cases.flat_map(unsaid).collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

fn place() -> Place {
    Place::new("/tmp/edgewright", "site")
}

fn config(case: &Case) -> String {
    let place = place();
    let (main, hosts) = (case.main(&place), case.virtual_hosts("*:80", &place));
    format!("ServerName main.test:80\n{main}\n{hosts}")
}

fn failures(file: &CaseFile) -> Vec<String> {
    file.cases
        .iter()
        .flat_map(|case| failures_of_case(file, case))
        .collect()
}

fn failures_of_case(file: &CaseFile, case: &Case) -> Vec<String> {
    let place = place();
    let engines = engines(reading(&config(case), case.files(&place)));
    let mut failures = Vec::new();
    for exchange in &case.exchanges {
        let expected = exchange.edge.as_ref().unwrap_or(&exchange.apache);
        for engine in &engines {
            let sent = engine.sent(&exchange.request);
            let answer = place.render(&sent);
            let gave_up_before = expected == "500" && is_over_budget(&sent.line);
            if answer != *expected && !gave_up_before {
                failures.push(format!(
                    "{}:{}: {}\n  {}\n  expected {expected}\n  {:8} {answer}",
                    file.path.display(),
                    exchange.line + 1,
                    case.name,
                    exchange.written,
                    engine.name()
                ));
            }
        }
    }
    failures
}

/// Diagnostics that a case promises and nobody gives.
fn unsaid(case: &Case) -> Vec<String> {
    let reading = reading(&config(case), case.files(&place()));
    let compiled = compile(&reading).unwrap();
    let said: Vec<String> = reading
        .diagnostics
        .iter()
        .chain(&compiled.diagnostics)
        .map(|one| format!("{}: {} {}", one.code, one.headline, one.label))
        .collect();
    let is_said = |promised: &String| said.iter().any(|said| said.starts_with(promised.as_str()));
    let missing = case
        .diagnostics
        .iter()
        .filter(|promised| !is_said(promised));
    missing
        .map(|promised| format!("{}: no {promised}\n  but {said:?}", case.name))
        .collect()
}

//! The configurations of `tests/cases/verdicts`: what Apache refuses is refused, on the same line.
//!
//! The verdicts come from a real Apache; `tests/e2e` asks it again.

use edgewright_test_support::verdicts::{ACCEPTED, Verdict, VerdictFile, all, refused};

use edgewright_test_engines::reading;

#[test]
fn configurations_are_accepted_as_apache_does() {
    let files = all().unwrap();
    let failures: Vec<String> = files.iter().flat_map(failures).collect();
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn failures(file: &VerdictFile) -> Vec<String> {
    file.verdicts.iter().filter_map(failure).collect()
}

fn failure(verdict: &Verdict) -> Option<String> {
    let reading = reading(&verdict.config, []);
    let error = reading.first_error();
    let line = error.and_then(|error| Some(reading.sources.place(error.span?).line));
    let said = match (error, line) {
        (None, _) => ACCEPTED.to_owned(),
        (Some(_), Some(line)) => refused(line.into()),
        (Some(error), None) => format!("refused: {}", error.headline),
    };
    let Verdict { name, config, .. } = verdict;
    (said != verdict.said).then(|| {
        format!(
            "{name}\n{config}\n  Apache: {}\n  ours:   {said} {:?}",
            verdict.said,
            error.map(|error| &error.headline)
        )
    })
}

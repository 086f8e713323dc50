//! The configurations of `tests/cases/verdicts`, on the Apache at hand. `EDGEWRIGHT_UPDATE=1` writes
//! its verdicts into the files.

use edgewright_test_support::apache::ServerRoot;
use edgewright_test_support::verdicts::{ACCEPTED, Verdict, VerdictFile, all, refused};

#[test]
fn apache_accepts_and_refuses_as_the_tables_say() {
    let mut differences = Vec::new();
    for mut file in all().unwrap() {
        let observed: Vec<Verdict> = file.verdicts.iter().map(asked).collect();
        let pairs = file.verdicts.iter().zip(&observed);
        let different = pairs.filter(|(recorded, observed)| recorded != observed);
        differences.extend(different.map(|(recorded, observed)| difference(recorded, observed)));
        if std::env::var_os("EDGEWRIGHT_UPDATE").is_some() {
            file.verdicts = observed;
            write(&file);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn asked(verdict: &Verdict) -> Verdict {
    let root = ServerRoot::new().unwrap();
    let said = match root.refusal(&verdict.config).unwrap() {
        None => ACCEPTED.to_owned(),
        Some((Some(line), _)) => refused(line),
        Some((None, words)) => format!("refused: {words}"),
    };
    Verdict {
        said,
        ..verdict.clone()
    }
}

fn difference(recorded: &Verdict, observed: &Verdict) -> String {
    let Verdict { name, config, said } = recorded;
    format!(
        "{name}\n{config}\n  recorded {said}\n  observed {}",
        observed.said
    )
}

fn write(file: &VerdictFile) {
    std::fs::write(&file.path, file.text()).unwrap();
}

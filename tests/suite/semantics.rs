//! `docs/semantics/` has a numbered section for each case: the first word of a case's name is the number of its section.
//!
//! A section claims its cases with a line that begins with `Cases named` and its number. That line, and the tables of
//! `docs/semantics.md`, count the cases; `EDGEWRIGHT_UPDATE=1` writes the counts.

mod examples;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use edgewright_test_support::cases;
use edgewright_test_support::verdicts;

/// How a line begins that claims the cases of its section.
const CLAIM: &str = "Cases named ";

/// The number of cases in a file, and of their requests.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    cases: usize,
    requests: usize,
}

/// The cases of each number, by file.
type Numbered = BTreeMap<String, BTreeMap<String, Count>>;

/// A section of the text.
struct Section {
    number: String,
    chapter: String,
    claims: bool,
}

#[test]
fn the_text_counts_the_cases() {
    let (cases, verdicts) = (numbered_cases(), verdict_files());
    for path in documents() {
        let written = std::fs::read_to_string(&path).unwrap();
        let counted: String = written
            .lines()
            .map(|line| counted(line, &cases, &verdicts) + "\n")
            .collect();
        if std::env::var_os("EDGEWRIGHT_UPDATE").is_some() {
            // The other tests read meanwhile: what is right stays.
            if counted != written {
                std::fs::write(&path, &counted).unwrap();
            }
            continue;
        }
        for (written, counted) in written.lines().zip(counted.lines()) {
            let hint = "EDGEWRIGHT_UPDATE=1 writes the counts";
            assert_eq!(written, counted, "{}: {hint}", path.display());
        }
    }
}

#[test]
fn every_case_has_a_section() {
    let sections = sections();
    let claimed: BTreeSet<&str> = sections
        .iter()
        .filter(|section| section.claims)
        .map(|section| section.number.as_str())
        .collect();
    let without: Vec<String> = numbered_cases()
        .into_iter()
        .filter(|(number, _)| !claimed.contains(number.as_str()))
        .map(|(number, files)| format!("{number:?} in {:?}", files.keys()))
        .collect();
    assert!(
        without.is_empty(),
        "the name of a case begins with the number of a section of docs/semantics/ that has a line \
         `{CLAIM}NUMBER:`; these have none: {without:#?}"
    );
}

#[test]
fn every_section_that_claims_cases_has_one() {
    let cases = numbered_cases();
    let empty: Vec<String> = sections()
        .into_iter()
        .filter(|section| section.claims && !cases.contains_key(&section.number))
        .map(|section| section.number)
        .collect();
    assert!(empty.is_empty(), "no case is named by: {empty:?}");
}

#[test]
fn every_section_is_in_its_chapter_once() {
    let mut seen = BTreeSet::new();
    for Section {
        number, chapter, ..
    } in sections()
    {
        let first = number.split('.').next().unwrap_or_default();
        assert_eq!(
            first,
            chapter.split('-').next().unwrap_or_default(),
            "{chapter}"
        );
        assert!(seen.insert(number.clone()), "{number} twice: {chapter}");
    }
}

#[test]
fn the_entry_page_lists_every_chapter() {
    let page = std::fs::read_to_string(root().join("docs/semantics.md")).unwrap();
    for path in chapters() {
        let link = format!("(semantics/{})", name_of(&path));
        assert!(page.contains(&link), "docs/semantics.md has no {link}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The chapters, in order of names.
fn chapters() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("docs/semantics")).unwrap();
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The entry page and the chapters.
fn documents() -> Vec<PathBuf> {
    let page = root().join("docs/semantics.md");
    std::iter::once(page).chain(chapters()).collect()
}

/// The numbered headings of all chapters. A claim belongs to the heading above it, and has its number.
fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for path in chapters() {
        let (chapter, text) = (name_of(&path), std::fs::read_to_string(&path).unwrap());
        for line in text.lines() {
            if let Some(number) = heading(line) {
                sections.push(Section {
                    number: number.to_owned(),
                    chapter: chapter.clone(),
                    claims: false,
                });
            }
            if let Some(number) = claim(line) {
                let section = sections.last_mut().unwrap();
                assert_eq!(section.number, number, "{chapter}: {line}");
                section.claims = true;
            }
        }
    }
    sections
}

/// The number that a heading begins with.
fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    let word = title.strip_prefix(' ')?.split(' ').next()?;
    (line.starts_with('#') && is_number(word)).then_some(word)
}

/// The number of the section whose cases a line claims.
fn claim(line: &str) -> Option<&str> {
    Some(line.strip_prefix(CLAIM)?.split_once(':')?.0)
}

/// Is this a number of a section, such as `4.7.1`?
fn is_number(word: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    word.split('.').all(is_part)
}

/// A case whose name begins with no number is found by its first word, for which there is no section.
fn numbered_cases() -> Numbered {
    let mut numbered = Numbered::new();
    for file in cases::all().unwrap() {
        for case in &file.cases {
            let number = case.name.split(' ').next().unwrap_or_default().to_owned();
            let files = numbered.entry(number).or_default();
            let count = files.entry(name_of(&file.path)).or_default();
            count.cases += 1;
            count.requests += case.exchanges.len();
        }
    }
    numbered
}

fn verdict_files() -> BTreeMap<String, usize> {
    let files = verdicts::all().unwrap().into_iter();
    files
        .map(|file| {
            let name = format!("verdicts/{}", name_of(&file.path));
            (name, file.verdicts.len())
        })
        .collect()
}

/// A line of the text with the right counts, if it has any.
fn counted(line: &str, cases: &Numbered, verdicts: &BTreeMap<String, usize>) -> String {
    if let Some(number) = claim(line) {
        return claimed(number, cases);
    }
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    match cells.as_slice() {
        [chapter, what, _, _] if chapter.starts_with('[') && chapter.contains("(semantics/") => {
            let Count { cases, requests } = of_chapter(chapter, cases);
            format!("| {chapter} | {what} | {cases} | {requests} |")
        }
        [what, name, _] if verdicts.contains_key(name.trim_matches('`')) => {
            format!("| {what} | {name} | {} |", verdicts[name.trim_matches('`')])
        }
        _ => line.to_owned(),
    }
}

/// The line that claims the cases of a section.
fn claimed(number: &str, cases: &Numbered) -> String {
    let files: Vec<String> = cases
        .get(number)
        .into_iter()
        .flatten()
        .map(|(file, count)| format!("`{file}` ({})", count.cases))
        .collect();
    format!("{CLAIM}{number}: {}.", files.join(", "))
}

/// What a chapter has, which is linked as `[4 Title](semantics/4-title.md)`.
fn of_chapter(link: &str, cases: &Numbered) -> Count {
    let number = link.trim_start_matches('[').split(' ').next();
    let of_it = cases
        .iter()
        .filter(|(case, _)| case.split('.').next() == number);
    let mut total = Count::default();
    for count in of_it.flat_map(|(_, files)| files.values()) {
        total.cases += count.cases;
        total.requests += count.requests;
    }
    total
}

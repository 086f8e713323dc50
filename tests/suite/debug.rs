//! `edgewright debug`: every stage of the compiler is shown, of a configuration and of its build, in 80 columns.

use crate::cli::Place;

/// The example site.
const SITE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/legacy-site/httpd.conf"
);

/// Shows a stage of the example site, of its configuration and of its build: each line of text is narrow, the JSON is
/// JSON, and both texts have what is expected of them.
fn check(stage: &[&str], of_both: &[&str], of_configuration: &[&str], of_build: &[&str]) {
    let place = Place::new();
    let built = place.run(&["migrate", SITE, "--out", "b"]);
    assert!(built.code < 2, "{}", built.err);
    let (name, more) = stage.split_first().unwrap();
    for (source, expected) in [(SITE, of_configuration), ("b", of_build)] {
        let arguments = [&["debug", name, source], more].concat();
        let ran = place.run(&arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        for text in of_both.iter().chain(expected) {
            assert!(ran.out.contains(text), "{source}: {text}\n{}", ran.out);
        }
        let widest = ran.out.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?}\n{}", ran.out);
        let json = place.run(&[&arguments[..], &["--format", "json"]].concat());
        serde_json::from_str::<serde_json::Value>(&json.out).unwrap();
    }
}

#[test]
fn the_site_has_hosts_sections_and_rule_sets() {
    check(
        &["site"],
        &[
            "host 0",
            "document root",
            "section 0",
            "rule set 0",
            "redirect list 0",
        ],
        &[],
        &[],
    );
}

#[test]
fn a_rule_says_by_what_it_is_found() {
    check(
        &["rules"],
        &["keyed", "indexed", "scanned", "every request"],
        &["removed"],
        &["words of the index"],
    );
}

#[test]
fn the_program_has_sizes_versions_and_counts() {
    check(
        &["program"],
        &[
            "generation ",
            "rules.bin",
            "format version",
            "  filter",
            "table.bin",
            "  decisions",
        ],
        &[],
        &[],
    );
}

#[test]
fn a_decision_is_questions_and_endings() {
    let url = "http://www.harbourbooks.example/catalogue.php";
    check(
        &["decision", url],
        &[
            "without query  step 0",
            "with query     an evaluation answers",
            "host ^m\\.harbourbooks\\.example$ ? step 3 : step 4",
            "302 http://www.harbourbooks.example/catalogue.php?view=mobile",
        ],
        &[],
        &[],
    );
}

#[test]
fn a_path_without_a_decision_says_why() {
    check(
        &["decision", "http://www.harbourbooks.example/"],
        &["no decision    not known beforehand: groups of a condition"],
        &[],
        &[],
    );
    check(
        &["decision", "http://www.example.com/no/such/path"],
        &["no decision    no line names the path"],
        &[],
        &[],
    );
    check(
        &["decision", "http://www.example.com/a/../b"],
        &["no decision    the request is not in the plainest form"],
        &[],
        &[],
    );
}

//! `edgewright check` as a CI uses it: findings chosen, silenced, remembered, and handed to others.

mod fix;

use serde_json::Value;

use crate::architecture::root;
use crate::cli::Place;

/// Runs `check` with `arguments` on `site.conf`; code and line of each finding, one a word: `dot-in-host:3`.
#[track_caller]
fn found(place: &Place, arguments: &[&str], code: i32) -> String {
    let arguments = [
        &["check", "--format", "json", "--ignore", "docroot-unknown"],
        arguments,
    ]
    .concat();
    let ran = place.run(&arguments);
    ran.check(code, &[]);
    let finding = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        let file = json["place"]["file"].as_str().unwrap_or_default();
        let file = file.strip_suffix("site.conf").unwrap_or(file);
        let line = &json["place"]["line"];
        format!("{file}{}:{line}", json["code"].as_str().unwrap())
    };
    ran.out.lines().map(finding).collect::<Vec<_>>().join(" ")
}

/// `site.conf` with `lines` is checked.
#[track_caller]
fn check_lines(lines: &str, code: i32, expected: &str) {
    let place = Place::new().with("site.conf", lines);
    assert_eq!(found(&place, &["site.conf"], code), expected, "{lines}");
}

/// Writes the findings of `file` of today into `known.json`.
#[track_caller]
fn write_baseline(place: &Place, file: &str) {
    place
        .run(&["check", file, "--write-baseline", "known.json"])
        .check(0, &["written to known.json"]);
}

/// A line with one finding, and what is found in every file that is only a part of a configuration left out.
const MISSING: &str = "Redirect 301 /a/ https://x.test/b\n";

#[test]
fn a_comment_silences_the_next_directive() {
    let check = |before: &str, code: i32, expected: &str| {
        check_lines(&format!("{before}{MISSING}"), code, expected);
    };
    check("", 1, "missing-slash:1");
    check("# edgewright: allow(missing-slash) both are taken\n", 0, "");
    check("#edgewright: allow( missing-slash ) x\n# more\n\n", 0, "");
    check(
        "# edgewright: allow(missing-slash) x\nRedirect 301 /c https://x.test/c\n",
        1,
        "unused-allow:1 missing-slash:3",
    );
    check(
        "# edgewright: allow-file(missing-slash) x\nRedirect 301 /c https://x.test/c\n",
        0,
        "",
    );
    check(
        "# edgewright: allow(missing-slash, dot-in-host) x\n",
        1,
        "unused-allow:1",
    );
    check(
        "# edgewright: allow(missing-slash)\n",
        1,
        "allow-without-reason:1",
    );
    check(
        "# edgewright: allow(missing-slashs) x\n",
        1,
        "unknown-code:1 missing-slash:2",
    );
    check(
        "# edgewright: missing-slash\n",
        1,
        "bad-allow:1 missing-slash:2",
    );
    check(
        "# edgewright: allow(bad-allow) x\n# edgewright: allow\n",
        1,
        "unused-allow:1 bad-allow:2 missing-slash:3",
    );
}

/// A finding that stands for several lines is about those that nothing silences.
#[test]
fn one_line_of_several_is_silenced() {
    let allow = "# edgewright: allow(fragment-escaped) x\n";
    let one = "RewriteRule ^/a$ /b#c [R=301,L]\n";
    let other = "RewriteRule ^/d$ /e#f [R=301,L]\n";
    let check = |lines: &str, code: i32, expected: &str| {
        check_lines(&format!("RewriteEngine On\n{lines}"), code, expected);
    };
    check(&format!("{one}{other}"), 1, "fragment-escaped:2");
    check(&format!("{allow}{one}{other}"), 1, "fragment-escaped:4");
    check(&format!("{one}{allow}{other}"), 1, "fragment-escaped:2");
    check(&format!("{allow}{one}{allow}{other}"), 0, "");
    let known = format!("RewriteEngine On\n{one}");
    let place = Place::new().with("site.conf", &known);
    write_baseline(&place, "site.conf");
    let arguments = ["site.conf", "--baseline", "known.json"];
    assert_eq!(found(&place, &arguments, 0), "");
    let place = place.with("site.conf", format!("{known}{other}"));
    assert_eq!(found(&place, &arguments, 1), "fragment-escaped:3");
    write_baseline(&place, "site.conf");
    assert_eq!(found(&place, &arguments, 0), "");
}

#[test]
fn a_comment_is_about_what_it_stands_before() {
    check_lines(
        "Redirect 301 /a/ \\\n  https://x.test/b\n# edgewright: allow(missing-slash) x\n",
        1,
        "missing-slash:1 unused-allow:3",
    );
    check_lines(
        "# edgewright: allow(missing-slash) x\nRedirect 301 /a/ \\\n  https://x.test/b\n",
        0,
        "",
    );
    // A condition and its rule are two directives.
    let rule = "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^a.test$\n\
                # edgewright: allow(dot-in-host) x\nRewriteRule ^/old$ /new [R,L]\n";
    check_lines(rule, 1, "dot-in-host:2 unused-allow:3");
    // What Apache does not read is not looked at.
    let skipped = "<IfModule mod_nope.c>\n# edgewright: allow(missing-slash) x\n";
    check_lines(
        &format!("{skipped}{MISSING}</IfModule>\nRedirect 301 /c /d\n"),
        0,
        "",
    );
    // An error can be silenced; that not everything was read cannot.
    let comment = "# edgewright: allow-file(unknown-directive, limit-reached) x\n";
    check_lines(
        &format!("{comment}Nonsense\n{MISSING}"),
        1,
        "unused-allow:1 missing-slash:3",
    );
    let place = Place::new().with(
        "site.conf",
        format!("{comment}Include site.conf\n{MISSING}"),
    );
    let limited = found(&place, &["site.conf", "--max", "files=0"], 1);
    assert!(limited.starts_with("limit-reached:"), "{limited}");
}

#[test]
fn comments_are_read_in_every_file() {
    let comment = "# edgewright: allow(missing-slash) x\n";
    let main = "DocumentRoot \"ROOT\"\n<Directory \"ROOT\">\nAllowOverride All\n</Directory>\nInclude more.conf\n";
    let place = Place::new();
    let root = place.path("www");
    let main = main.replace("ROOT", root.to_str().unwrap());
    let place = place
        .with("site.conf", &main)
        .with("more.conf", format!("{comment}{MISSING}{MISSING}"))
        .with(
            "www/.htaccess",
            format!("{comment}Redirect 301 /x/ https://x.test/x\n"),
        );
    let said = found(&place, &["site.conf", "--server-root", "."], 1);
    assert_eq!(said, "more.confduplicate-rule:3 more.confmissing-slash:3");
    let text = place.run(&["check", "site.conf", "--server-root", "."]);
    text.check(1, &["silenced     2 findings by comments"]);
}

#[test]
fn a_misplaced_comment_is_told_where_to_go() {
    let lines = "# edgewright: allow(dot-in-host) x\nRewriteEngine On\n\
                 RewriteCond %{HTTP_HOST} ^a.test$\nRewriteRule ^/old$ /new [R,L]\n";
    Place::new()
        .with("site.conf", lines)
        .run(&["check", "site.conf"])
        .check(
            1,
            &[
                "warning[unused-allow]: `dot-in-host` is not found in the next directive",
                "site.conf:1:21",
                "it is found at line 3: write the comment before that line",
            ],
        );
    Place::new()
        .with(
            "site.conf",
            "# edgewright: alow(x) y\n# edgewright: allow(open-redirct) y\nRedirect 301 /a /b\n",
        )
        .run(&["check", "site.conf"])
        .check(
            1,
            &["did you mean `allow`?", "did you mean `open-redirect`?"],
        );
}

#[test]
fn codes_and_weights_are_chosen() {
    let lines = "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^a.test$\nRewriteRule ^/old$ /new [R,L]\n\
                 Redirect 301 /a/ https://x.test/b\nRewriteRule ^/go/(.*)$ http://$1 [R,L]\nRedirect 301 /c /a/d\n";
    let place = Place::new().with("site.conf", lines);
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let found = found(&place, &[&["site.conf"], arguments].concat(), code);
        assert_eq!(found, expected, "{arguments:?}");
    };
    let all = "dot-in-host:2 missing-slash:4 open-redirect:5 redirect-chain:6";
    let mut sorted: Vec<&str> = all.split(' ').collect();
    let found = found(&place, &["site.conf"], 1);
    let mut every: Vec<&str> = found.split(' ').collect();
    sorted.sort_unstable();
    every.sort_unstable();
    assert_eq!(every, sorted);
    check(&["--select", "security"], 1, "open-redirect:5");
    check(
        &["--select", "security", "--ignore", "open-redirect"],
        0,
        "",
    );
    check(&["--select", "redirect-chain"], 0, "redirect-chain:6");
    check(
        &["--select", "redirect-chain", "--min-severity", "warning"],
        0,
        "",
    );
    check(&["--ignore", "mistakes,chains"], 1, "open-redirect:5");
    check(
        &[
            "--ignore",
            "mistakes",
            "--ignore",
            "security",
            "--min-severity",
            "warning",
        ],
        0,
        "",
    );
    place
        .run(&["check", "site.conf", "--select", "open-redirct"])
        .check(
            2,
            &["there is no code or group `open-redirct`: did you mean `open-redirect`?"],
        );
}

#[test]
fn a_code_is_explained() {
    let place = Place::new();
    let check = |arguments: &[&str], code: i32, said: &[&str]| {
        place
            .run(&[&["rule"], arguments].concat())
            .check(code, said);
    };
    check(
        &["missing-slash"],
        0,
        &[
            "missing-slash (mistakes)",
            "becomes `https://example.orgpage`",
            "```apache\nRedirect /a/ https://example.org/b/\n",
        ],
    );
    check(
        &[],
        0,
        &["security: lines that", "  open-proxy  ", "  bad-flags  "],
    );
    check(&["security"], 0, &["  open-proxy  "]);
    check(&["missing-slashs"], 2, &["did you mean `missing-slash`?"]);
}

/// Lines of `site.conf` that the baseline of `known` lets pass: what is found besides, and how many are gone.
#[track_caller]
fn check_baseline(known: &str, lines: &str, code: i32, expected: &str, gone: Option<&str>) {
    let place = Place::new().with("conf/site.conf", known);
    write_baseline(&place, "conf/site.conf");
    let place = place.with("conf/site.conf", lines);
    let arguments = ["conf/site.conf", "--baseline", "known.json"];
    assert_eq!(found(&place, &arguments, code), expected, "{lines}");
    let text = place.run(&[&["check"], &arguments[..]].concat());
    match gone {
        Some(gone) => text.check(code, &[gone]),
        None => assert!(!text.out.contains("gone "), "{}", text.out),
    }
}

#[test]
fn what_a_baseline_knows_does_not_fail() {
    let other = MISSING.replace("/a/", "/c/");
    check_baseline(MISSING, MISSING, 0, "", None);
    let moved = "# more\n".repeat(100) + "Redirect gone /x\n   " + MISSING;
    check_baseline(MISSING, &moved, 0, "", None);
    check_baseline(
        MISSING,
        &format!("{MISSING}{other}"),
        1,
        "conf/missing-slash:2",
        None,
    );
    let gone =
        Some("gone         1 finding of the baseline: --write-baseline leaves out what is gone");
    check_baseline(&format!("{MISSING}{other}"), MISSING, 0, "", gone);
    check_baseline(MISSING, "Redirect 301 /a/ https://x.test/b/\n", 0, "", gone);
    // Of equals, as many as there were are known.
    let two = format!("{MISSING}<IfModule mod_alias.c>\n{MISSING}</IfModule>\n");
    check_baseline(
        MISSING,
        &two,
        1,
        "conf/duplicate-rule:3 conf/missing-slash:3",
        None,
    );
}

#[test]
fn a_baseline_is_the_same_from_every_folder() {
    let place = Place::new().with("conf/site.conf", MISSING);
    let full = place.path("conf/site.conf");
    write_baseline(&place, "conf/site.conf");
    let arguments = [full.to_str().unwrap(), "--baseline", "known.json"];
    assert_eq!(found(&place, &arguments, 0), "");
    let stored = std::fs::read_to_string(place.path("known.json")).unwrap();
    assert!(stored.contains("\"file\": \"conf/site.conf\""), "{stored}");
    place
        .run(&["check", "conf/site.conf", "--baseline", "none.json"])
        .check(2, &["--write-baseline none.json makes one"]);
    let place = place.with("bad.json", "[]");
    place
        .run(&["check", "conf/site.conf", "--baseline", "bad.json"])
        .check(2, &["bad.json is no baseline"]);
}

#[test]
fn codes_that_are_not_looked_for_are_not_gone() {
    let place = Place::new().with("site.conf", MISSING);
    write_baseline(&place, "site.conf");
    let run = |more: &[&str]| {
        let arguments = ["check", "site.conf", "--baseline", "known.json"];
        place.run(&[&arguments, more].concat())
    };
    for more in [&["--select", "security"], &["--min-severity", "error"]] {
        let ran = run(more);
        ran.check(0, &["0 errors"]);
        assert!(!ran.out.contains("gone "), "{}", ran.out);
    }
    run(&[]).check(0, &["silenced     2 findings by the baseline"]);
}

#[test]
fn a_file_of_settings_says_what_to_check() {
    let place = Place::new()
        .with("ci/conf/site.conf", format!("RewriteEngine On\nRewriteRule ^/go/(.*)$ http://$1 [R,L]\n{MISSING}Redirect 301 /c /a/d\n"))
        .with("ci/edgewright.toml", "conf = 'conf/site.conf'\nmin-severity = 'warning'\n[severity]\nredirect-chain = 'error'\n");
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let all = [&["--config", "ci/edgewright.toml"], arguments].concat();
        let found = found(&place, &all, code).replace("ci/conf/", "");
        assert_eq!(found, expected, "{arguments:?}");
    };
    check(&[], 1, "open-redirect:2 missing-slash:3 redirect-chain:4");
    // The command line outweighs the file.
    check(&["--select", "chains"], 1, "redirect-chain:4");
    check(&["--min-severity", "error"], 1, "redirect-chain:4");
    let place = place
        .with(
            "edgewright.toml",
            "conf = ['ci/conf/site.conf']\nignore = ['security']\nbaseline = 'known.json'\n",
        )
        .with("other.conf", MISSING);
    place
        .run(&["check"])
        .check(2, &["cannot read the baseline known.json"]);
    place
        .run(&["check", "--write-baseline", "known.json"])
        .check(0, &[]);
    place.run(&["check"]).check(0, &["silenced"]);
    let ran = place.run(&["check", "other.conf"]);
    ran.check(1, &["other.conf:1:1", "gone "]);
    let place = place.with("edgewright.toml", "conf = 'x'\nbaselin = 'x'\n");
    place.run(&["check"]).check(
        2,
        &["edgewright.toml:2:1: there is no key `baselin`: did you mean `baseline`?"],
    );
    Place::new().run(&["check"]).check(
        2,
        &["write edgewright check CONF, or conf = \"CONF\" in edgewright.toml"],
    );
}

/// What is wrong with a SARIF document by its official schema.
fn schema_errors(document: &Value) -> Vec<String> {
    let path = root().join("tests/schemas/sarif-2.1.0.json");
    // One pattern of the schema has a bracket too many, which only some engines of regular expressions take for itself.
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Runs `check` on `sub/dir é/site.conf` in that folder, and reads the SARIF document that it prints.
#[track_caller]
fn sarif(place: &Place, arguments: &[&str]) -> Value {
    let arguments = [
        &["check", "dir é/site.conf", "--format", "sarif"],
        arguments,
    ]
    .concat();
    let ran = place.run(&arguments);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        schema_errors(&document),
        Vec::<String>::new(),
        "{}",
        ran.out
    );
    document
}

const OLD_AND_NEW: &str = "Redirect 301 /ä/ https://x.test/b\nRedirect gone /k\nRedirect 301 /ä/ https://x.test/b\n\
     # edgewright: allow(missing-slash) wanted\nRedirect 301 /c/ https://x.test/b\n";

#[test]
fn sarif_says_all_there_is() {
    let place = Place::new().with("dir é/site.conf", OLD_AND_NEW);
    let document = sarif(&place, &["--ignore", "docroot-unknown"]);
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["missing-slash", "duplicate-rule"]);
    assert!(
        rules[0]["help"]["markdown"]
            .as_str()
            .unwrap()
            .contains("```apache")
    );
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], ids[index]);
        assert!(result.get("baselineState").is_none());
    }
    let of = |code: &str, at: u64| {
        let mut all = results.iter();
        let line =
            |one: &Value| one["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64();
        all.find(|one| one["ruleId"] == code && line(one) == Some(at))
            .unwrap()
    };
    let first = of("missing-slash", 1);
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "dir%20%C3%A9/site.conf");
    // Columns count characters: `ä` is one.
    assert_eq!(place["region"]["endColumn"], 34);
    assert_eq!(first["suppressions"], serde_json::json!([]));
    let duplicate = of("duplicate-rule", 3);
    let related = &duplicate["relatedLocations"][0];
    assert_eq!(related["physicalLocation"]["region"]["startLine"], 1);
    let allowed = of("missing-slash", 5);
    assert_eq!(allowed["suppressions"][0]["kind"], "inSource");
    assert_eq!(allowed["suppressions"][0]["justification"], "wanted");
    // Equal lines have the same hash, and another number behind it.
    let hash = |one: &Value| {
        one["partialFingerprints"]["primaryLocationLineHash"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (one, two) = (hash(first), hash(of("missing-slash", 3)));
    assert_eq!(one.split(':').next(), two.split(':').next());
    assert_ne!(one, two);
}

#[test]
fn sarif_tells_what_is_known() {
    let place = Place::new().with("dir é/site.conf", OLD_AND_NEW);
    write_baseline(&place, "dir é/site.conf");
    let moved = "# more\n".repeat(100) + OLD_AND_NEW + "Redirect 301 /d/ https://x.test/b\n";
    let before = sarif(&place, &[]);
    let place = place.with("dir é/site.conf", moved);
    let after = sarif(&place, &["--baseline", "known.json"]);
    let all = |document: &Value, field: fn(&Value) -> String| {
        let results = document["runs"][0]["results"].as_array().unwrap();
        results.iter().map(field).collect::<Vec<_>>()
    };
    let fingerprints =
        |document: &Value| all(document, |one| one["partialFingerprints"].to_string());
    let (old, new) = (fingerprints(&before), fingerprints(&after));
    assert!(old.iter().all(|one| new.contains(one)), "{old:?}\n{new:?}");
    let mut states = all(&after, |one| {
        format!(
            "{} {}",
            one["baselineState"], one["suppressions"][0]["kind"]
        )
    });
    states.sort();
    let known = r#""unchanged" "external""#;
    assert_eq!(
        states,
        [
            r#""new" "inSource""#,
            r#""new" null"#,
            known,
            known,
            known,
            known
        ]
    );
}

#[test]
fn a_wrong_document_is_seen() {
    let place = Place::new().with("dir é/site.conf", MISSING);
    let mut document = sarif(&place, &[]);
    document["runs"][0]["results"][0]["level"] = serde_json::json!("heavy");
    assert!(!schema_errors(&document).is_empty());
}

#[test]
fn a_workflow_gets_annotations_and_a_summary() {
    let lines: String = (0..14)
        .map(|at| MISSING.replace("/a/", &format!("/a{at}/")))
        .collect();
    let place = Place::new().with("repo/sub/site.conf", lines);
    let workspace = place.path("repo");
    let summary = place.path("summary.md");
    let variables = [
        ("GITHUB_WORKSPACE", workspace.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    let ran = place.run_in(
        &variables,
        &["check", "repo/sub/site.conf", "--format", "github"],
    );
    ran.check(
        1,
        &[
            "::warning file=sub/site.conf,line=9,endLine=9,col=1,endColumn=",
            "::warning title=edgewright::5 more warnings: the log of this step has them",
            "::group::5 more warnings\nsub/site.conf:10:1: warning: ",
        ],
    );
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(
        summary.contains("| warning | `missing-slash` | sub/site.conf:14:1 |"),
        "{summary}"
    );
}

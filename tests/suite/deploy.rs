//! Generations in a table that behaves as DynamoDB does on a bad day.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use edgewright_test_support::dynamodb::{Day, Table};
use tempfile::TempDir;

const BAD_DAY: Day = Day {
    leaves_over: 7,
    throttles: 23,
    breaks: 31,
};

/// Builds of the same paths with another target each.
struct Builds(TempDir);

impl Builds {
    fn new(count: usize, redirects: usize) -> Self {
        let builds = Self(tempfile::tempdir().unwrap());
        for build in 0..count {
            let line =
                |number| format!("Redirect /old/{number} https://{build}.example/{number}\n");
            let text: String = (0..redirects).map(line).collect();
            let file = builds.0.path().join(format!("{build}.conf"));
            fs::write(&file, text).unwrap();
            let migrate = edgewright(&[
                Path::new("migrate"),
                &file,
                Path::new("--out"),
                &builds.path(build),
            ]);
            assert!(migrate.status.success(), "{migrate:?}");
        }
        builds
    }

    fn path(&self, build: usize) -> PathBuf {
        self.0.path().join(format!("build{build}"))
    }

    fn deploy(&self, build: usize, table: &Table, options: &[&str]) -> Output {
        let url = table.url();
        let mut line = vec!["deploy", "--table", "t", "--endpoint-url", &url];
        line.extend(["--create-table", "--yes"]);
        line.extend(options);
        let build = self.path(build);
        line.push(build.to_str().unwrap());
        edgewright(&line)
    }
}

fn edgewright<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
    command.args(arguments).output().unwrap()
}

fn on(table: &Table, arguments: &[&str]) -> Output {
    let url = table.url();
    edgewright(&[arguments, &["--table", "t", "--endpoint-url", &url]].concat())
}

#[track_caller]
fn check(output: &Output, code: i32, texts: &[&str]) {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for text in texts {
        assert!(said.contains(text), "not said: {text}\n{said}");
    }
}

#[test]
fn everything_arrives_on_a_bad_day() {
    let (builds, table) = (Builds::new(1, 500), Table::start(BAD_DAY).unwrap());
    check(
        &builds.deploy(0, &table, &[]),
        0,
        &[
            "1,001 items written, 0 were there",
            "the first of this table",
        ],
    );
    // 500 redirects and as many decisions, the program, the ledger.
    assert_eq!(table.names().len(), 1_002);
    let (left_over, throttled) = table.troubles();
    assert!(left_over > 50 && throttled > 2, "{left_over} {throttled}");
}

#[test]
fn what_is_there_is_not_written_again() {
    let (builds, table) = (Builds::new(1, 100), Table::start(Day::default()).unwrap());
    check(
        &builds.deploy(0, &table, &[]),
        0,
        &["201 items written, 0 were there"],
    );
    check(
        &builds.deploy(0, &table, &[]),
        0,
        &["0 items written, 201 were there", "as before"],
    );
    let lost: Vec<String> = table
        .names()
        .into_iter()
        .filter(|name| name.ends_with('7'))
        .collect();
    for name in &lost {
        table.lose(name);
    }
    let written = format!(
        "{} items written, {} were there",
        lost.len(),
        201 - lost.len()
    );
    check(&builds.deploy(0, &table, &[]), 0, &[&written]);
}

#[test]
fn a_dry_run_says_what_it_would_cost_and_does_nothing() {
    let (builds, table) = (Builds::new(1, 100), Table::start(Day::default()).unwrap());
    let options = [
        "--dry-run",
        "--region",
        "us-east-1",
        "--region",
        "eu-west-1",
    ];
    let texts = [
        "201 items",
        "write units and",
        "in each of 2 Regions",
        "cost         $0.00",
        "a month to keep it, prices of 2026-12-01",
        "not checked: transfer between Regions",
    ];
    check(&builds.deploy(0, &table, &options), 0, &texts);
    assert!(table.names().is_empty());
}

#[test]
fn files_for_an_import_come_with_the_commands() {
    let (builds, table) = (Builds::new(1, 100), Table::start(Day::default()).unwrap());
    let folder = builds.0.path().join("import");
    let options = ["--s3-import", folder.to_str().unwrap()];
    let texts = [
        "1 file in",
        "aws dynamodb import-table",
        "--input-compression-type GZIP",
        "edgewright deploy",
    ];
    check(&builds.deploy(0, &table, &options), 0, &texts);
    assert!(folder.join("part-00000.json.gz").is_file());
    assert!(table.names().is_empty());
}

#[test]
fn old_generations_are_pruned_and_the_last_two_never() {
    let (builds, table) = (Builds::new(4, 50), Table::start(BAD_DAY).unwrap());
    let prune = |keep| {
        let words = ["prune-generations", "--keep", keep, "--younger-than", "0s"];
        on(&table, &words)
    };
    check(&prune("0"), 2, &["there is no table t"]);
    for build in 0..4 {
        check(&builds.deploy(build, &table, &[]), 0, &[]);
    }
    // A day has not passed.
    check(
        &on(&table, &["prune-generations", "--keep", "0"]),
        0,
        &["0 generations removed, 0 items"],
    );
    check(
        &on(
            &table,
            &["prune-generations", "--younger-than", "0s", "--dry-run"],
        ),
        0,
        &["would go", "nothing was removed"],
    );
    check(&prune("3"), 0, &["1 generation removed, 101 items"]);
    check(&prune("0"), 0, &["1 generation removed, 101 items"]);
    check(&prune("0"), 0, &["0 generations removed, 0 items"]);
    // Two of 100 entries and the program, the ledger.
    assert_eq!(table.names().len(), 2 * 101 + 1);
    check(&on(&table, &["rollback"]), 0, &["live"]);
    check(&on(&table, &["status"]), 0, &["live since", "live before"]);
}

#[test]
fn what_lies_in_no_slot_goes() {
    let (builds, table) = (Builds::new(1, 50), Table::start(Day::default()).unwrap());
    check(&builds.deploy(0, &table, &[]), 0, &[]);
    let whole = table.names();
    // As if a deploy had been told too late that somebody removed its generation.
    for number in 0..20 {
        table.put(&format!("2/rule:0:/{number}"));
    }
    // What is another tool's, or of a deploy that begins now, stays.
    let others = ["9/rule:0:/a", "@other", "somebody's"];
    for name in others {
        table.put(name);
    }
    check(&on(&table, &["prune-generations"]), 0, &["20 items"]);
    for name in others {
        table.lose(name);
    }
    assert_eq!(table.names(), whole);
}

#[test]
fn what_changes_is_shown_and_too_much_is_not_removed_unasked() {
    let builds = Builds::new(2, 50);
    let small = Builds::new(1, 20);
    let table = Table::start(Day::default()).unwrap();
    check(&builds.deploy(0, &table, &[]), 0, &[]);
    let unasked = |builds: &Builds, build: usize, options: &[&str], code, texts: &[&str]| {
        let build = builds.path(build);
        let words = ["deploy", build.to_str().unwrap()];
        check(&on(&table, &[&words, options].concat()), code, texts);
    };
    let changes = [
        "which is live",
        "added      0",
        "changed    100: redirect:0:/old/0",
        "removed    0 of 100 (0.0 %)",
    ];
    unasked(&builds, 1, &[], 0, &changes);
    let too_much = [
        "removed    60 of 100 (60.0 %): ",
        "is this the right build?",
        "--max-removed 60",
    ];
    unasked(&small, 0, &[], 2, &too_much);
    unasked(&small, 0, &["--max-removed", "60"], 0, &["live"]);
    unasked(&small, 0, &[], 0, &["as before"]);
    unasked(&builds, 1, &["--yes"], 0, &["added      60: "]);
}

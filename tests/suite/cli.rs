//! The command line as a person uses it: exit codes, what is printed, what bad input leaves behind.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder of its own, and the program run in it.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, b"")
    }

    /// Runs the program with these variables in its environment.
    pub fn run_in(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        Ran::of(&command.envs(variables.iter().copied()).output().unwrap())
    }

    /// The program, not knowing of a workflow that these tests may run in.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .env_remove("GITHUB_WORKSPACE")
            .env_remove("GITHUB_STEP_SUMMARY");
        command
    }

    /// Runs the program with `input` on its standard input, a pipe.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that reads no input may be gone before it is written.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran::of(&child.wait_with_output().unwrap())
    }
}

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Ended with `code`, and said each of `texts` somewhere.
    #[track_caller]
    pub fn check(&self, code: i32, texts: &[&str]) {
        let said = format!("{}\n{}", self.out, self.err);
        assert_eq!(self.code, code, "{said}");
        for text in texts {
            assert!(said.contains(text), "not said: {text}\n{said}");
        }
        assert!(!said.contains("panicked"), "{said}");
    }
}

pub const RULES: &str = "RewriteEngine On\nRewriteRule ^/old$ https://example.org/new [R=301,L]\n";

#[test]
fn migrate_writes_a_build_that_answers_and_explains() {
    let place = Place::new().with("site.conf", RULES);
    place
        .run(&["migrate", "site.conf", "--out", "b"])
        .check(0, &["1 directive read", "1 keyed"]);
    let files = [
        "rules.bin",
        "table.bin",
        "table.jsonl",
        "manifest.json",
        "report.json",
        "report.html",
    ];
    for file in files {
        assert!(place.path("b").join(file).is_file(), "{file}");
    }
    let place = place.with(
        "r.jsonl",
        "{\"target\":\"/old?x=1\"}\n{\"target\":\"/other\"}\n",
    );
    for engine in ["reference", "edge", "cloudfront", "lambda"] {
        let ran = place.run(&["replay", "b", "--requests", "r.jsonl", "--engine", engine]);
        ran.check(0, &[]);
        assert_eq!(
            ran.out,
            "{\"outcome\":\"redirect\",\"status\":301,\"location\":\"https://example.org/new?x=1\",\"cookies\":[],\"rules\":[\"site.conf:2\"]}\n\
             {\"outcome\":\"serve\",\"path\":\"/other\",\"query\":\"\",\"cookies\":[],\"rules\":[]}\n",
            "{engine}"
        );
    }
    place
        .run(&["explain", "b", "https://www.example.com/old"])
        .check(
            0,
            &[
                "301 https://example.org/new",
                "site.conf:2",
                "RewriteRule ^/old$",
            ],
        );
}

#[test]
fn migrate_keeps_what_it_did_not_write() {
    let place = Place::new().with("site.conf", RULES);
    let migrate = ["migrate", "site.conf", "--out", "b"];
    place.run(&migrate).check(0, &[]);
    let place = place
        .with("b/notes.txt", "mine")
        .with("b/zips/function.zip", "PK");
    place.run(&migrate).check(0, &[]);
    assert_eq!(fs::read(place.path("b/notes.txt")).unwrap(), b"mine");
    assert_eq!(fs::read(place.path("b/zips/function.zip")).unwrap(), b"PK");
    place.run(&["replay", "b"]).check(0, &[]);
}

#[test]
fn the_account_adds_up() {
    let place = Place::new().with(
        "site.conf",
        "RewriteEngine On\n\
         RewriteRule ^/a$ /x [R,L]\nRewriteRule ^/a$ /x [R,L]\nRewriteRule ^/b/(.*)$ /c/$1\n\
         RewriteRule foo /bar [R]\nRedirect /r http://r.test/\n\
         <IfModule mod_nope.c>\nRewriteRule ^/skipped$ /y\n</IfModule>\n",
    );
    place
        .run(&["migrate", "site.conf", "--out", "b"])
        .check(0, &["6 directives read"]);
    let manifest = fs::read(place.path("b/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let account = &manifest["account"];
    let number = |name: &str| account[name].as_u64().unwrap();
    let classes = [
        "keyed",
        "indexed",
        "scanned",
        "removed",
        "not_expressible",
        "ignored",
    ];
    let sum: u64 = classes.iter().map(|name| number(name)).sum();
    assert_eq!(number("read"), 6);
    assert_eq!(sum, 6, "{account}");
    assert_eq!((number("removed"), number("ignored")), (1, 1), "{account}");
}

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    let place = Place::new().with("site.conf", RULES);
    for out in ["one", "two"] {
        place
            .run(&["migrate", "site.conf", "--out", out])
            .check(0, &[]);
    }
    for file in [
        "rules.bin",
        "table.bin",
        "table.jsonl",
        "manifest.json",
        "report.json",
    ] {
        let read = |out: &str| fs::read(place.path(out).join(file)).unwrap();
        assert_eq!(read("one"), read("two"), "{file}");
    }
}

#[test]
fn check_says_what_apache_refuses() {
    let place = Place::new().with(
        "site.conf",
        "RewriteEngine On\nRewriteRule ^/old$ /new [R=301,L\n",
    );
    place.run(&["check", "site.conf"]).check(
        1,
        &["error[bad-flags]", "site.conf:2:25", "[R=301,L", "help:"],
    );
    let json = place.run(&["check", "site.conf", "--format", "json"]);
    let first: serde_json::Value = serde_json::from_str(json.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["code"], "bad-flags");
    assert_eq!(first["place"]["line"], 2);
    place
        .run(&["check", "site.conf", "--format", "github"])
        .check(
            1,
            &["::error file=site.conf,line=2,endLine=2,col=25,endColumn=33,title=bad-flags::"],
        );
    place
        .run(&["check", "site.conf", "--format", "sarif"])
        .check(1, &["\"ruleId\": \"bad-flags\""]);
}

#[test]
fn check_is_silent_about_a_sound_file() {
    Place::new()
        .with("site.conf", RULES)
        .run(&["check", "site.conf"])
        .check(0, &["0 errors"]);
}

/// Nothing is left of a migration that could not run.
#[track_caller]
fn check_refused(place: &Place, conf: &str, texts: &[&str]) {
    place.run(&["migrate", conf, "--out", "b"]).check(2, texts);
    assert!(!place.path("b").exists(), "something was written");
}

#[test]
fn a_missing_file_is_named() {
    check_refused(&Place::new(), "nothere.conf", &["there is no nothere.conf"]);
}

#[test]
fn a_folder_without_configuration_is_named() {
    let place = Place::new().with("site/index.html", "x");
    check_refused(&place, "site", &["no .htaccess file", "site"]);
}

#[test]
fn an_include_loop_is_an_error_with_its_line() {
    let place = Place::new().with("loop.conf", "RewriteEngine On\nInclude loop.conf\n");
    place
        .run(&["migrate", "loop.conf", "--out", "b"])
        .check(2, &["error[include-loop]", "loop.conf:2:1", "has no rule"]);
}

#[test]
fn a_missing_include_is_an_error_and_the_rest_is_read() {
    let place = Place::new().with("site.conf", format!("Include nothere.conf\n{RULES}"));
    place
        .run(&["migrate", "site.conf", "--out", "b", "--server-root", "."])
        .check(1, &["nothere.conf", "site.conf:1:1", "1 keyed"]);
}

#[test]
fn binary_junk_is_errors() {
    let junk: Vec<u8> = (0u32..40_000)
        .map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[2])
        .collect();
    Place::new()
        .with("junk.conf", junk)
        .run(&["migrate", "junk.conf", "--out", "b"])
        .check(2, &["error[", "junk.conf has no rule"]);
}

#[test]
fn a_very_long_line_is_an_error() {
    let mut line = b"RewriteRule ^/".to_vec();
    line.resize(17 * 1024 * 1024, b'a');
    line.extend_from_slice(b" /b [R]\n");
    Place::new()
        .with("long.conf", line)
        .run(&["migrate", "long.conf", "--out", "b"])
        .check(1, &["error[line-too-long]", "long.conf:1:1"]);
}

#[test]
fn a_folder_that_is_no_build_is_not_replaced() {
    let place = Place::new()
        .with("site.conf", RULES)
        .with("precious/file", "x");
    place
        .run(&["migrate", "site.conf", "--out", "precious"])
        .check(2, &["precious exists and is not a build folder"]);
    assert!(place.path("precious/file").is_file());
}

pub fn build() -> Place {
    let place = Place::new().with("site.conf", RULES);
    place
        .run(&["migrate", "site.conf", "--out", "b"])
        .check(0, &[]);
    place
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_build_is_refused_by_name() {
    for file in ["rules.bin", "table.bin"] {
        let place = build();
        change(&place.path("b").join(file), |bytes| {
            bytes.truncate(bytes.len() / 2);
        });
        place
            .run(&["replay", "b"])
            .check(2, &[file, "edgewright migrate"]);

        let place = build();
        change(&place.path("b").join(file), |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        });
        place
            .run(&["replay", "b"])
            .check(2, &[file, "edgewright migrate"]);
    }
}

#[test]
fn a_table_of_another_build_is_refused() {
    let place = build().with("other.conf", RULES.replace("old", "older"));
    place
        .run(&["migrate", "other.conf", "--out", "c"])
        .check(0, &[]);
    fs::copy(place.path("c/table.bin"), place.path("b/table.bin")).unwrap();
    place
        .run(&["explain", "b", "/old"])
        .check(2, &["not of the same build"]);
}

#[test]
fn a_bad_request_line_is_named() {
    let place = build().with("r.jsonl", "{\"target\":\"/\"}\n{\"path\":\"/\"}\n");
    place
        .run(&["replay", "b", "--requests", "r.jsonl"])
        .check(2, &["r.jsonl line 2: `target` is missing"]);
}

#[test]
fn every_command_has_help_with_examples() {
    let place = Place::new();
    place
        .run(&["--help"])
        .check(0, &["migrate", "check", "explain", "replay", "serve"]);
    for command in ["migrate", "check", "explain", "replay", "serve"] {
        place
            .run(&[command, "--help"])
            .check(0, &["Examples:", &format!("edgewright {command}")]);
    }
}

#[test]
fn a_url_that_is_none_is_refused() {
    build()
        .run(&["explain", "b", "old"])
        .check(2, &["neither a URL nor a path"]);
}

pub const LOG: &str = "\
192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /old?x=1 HTTP/1.1\" 301 20 \"-\" \"Bot/1\"
192.0.2.1 - - [10/Oct/2000:13:55:37 -0700] \"GET /old?x=1 HTTP/1.1\" 301 20 \"-\" \"Other/1\"
192.0.2.1 - - [10/Oct/2000:13:55:38 -0700] \"GET /agent HTTP/1.1\" 301 20 \"-\" \"Bot/1\"
192.0.2.1 - - [10/Oct/2000:13:55:39 -0700] \"GET /agent HTTP/1.1\" 301 20 \"-\" \"Other/1\"
192.0.2.1 - - [10/Oct/2000:13:55:40 -0700] \"DELETE /rest HTTP/1.1\" 405 20
";

#[test]
fn prune_tells_used_rules_from_unused_ones() {
    let rules = "RewriteEngine On\nRewriteRule ^/old$ /new [R,L]\nRewriteRule ^/rest$ /x [R,L]\n";
    let place = Place::new().with("site.conf", rules).with("log", LOG);
    let ran = place.run(&["prune", "site.conf", "--log", "log"]);
    let said = ["4 requests, 2 of them distinct", "used     1 of 2 rules"];
    ran.check(1, &said);
    assert!(ran.out.contains("2   site.conf:2   RewriteRule ^/old$"));
    let unused = place.run(&["prune", "site.conf", "--log", "log", "--unused"]);
    unused.check(1, &["site.conf:3   RewriteRule ^/rest$"]);
    assert!(!unused.out.contains("site.conf:2"), "{}", unused.out);
}

#[test]
fn prune_knows_the_browser_where_a_rule_asks_for_it() {
    let rules = "RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} ^Bot\n\
                 RewriteRule ^/agent$ - [F]\nRedirect /old /new\n";
    let place = Place::new().with("site.conf", rules).with("log", LOG);
    let ran = place.run(&["prune", "site.conf", "--log", "log", "--format", "json"]);
    ran.check(0, &["\"log_distinct\": 4"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let requests = |at: usize| document["rules"][at]["requests"].as_u64().unwrap();
    assert_eq!((requests(0), requests(1)), (1, 2));
}

#[test]
fn bench_measures_and_fails_where_it_is_too_slow() {
    let place = build().with("r.jsonl", "{\"target\":\"/old\"}\n{\"target\":\"/\"}\n");
    place.run(&["bench", "b"]).check(0, &["p50  ", "table  "]);
    let requests = ["bench", "b", "--requests", "r.jsonl"];
    let with = |more: &[&str]| place.run(&[&requests, more].concat());
    with(&["--max-p99", "10s", "--save", "f.json"]).check(0, &["requests     2"]);
    with(&["--max-p99", "0ns"]).check(1, &["too slow     p99 is", "allowed are 0 ns"]);
    with(&["--baseline", "f.json", "--tolerance", "100000"]).check(0, &[]);
    with(&["--baseline", "none.json"]).check(2, &["cannot read the baseline none.json"]);
    with(&["--max-p99", "fast"]).check(2, &["a number with ns, us, ms or s"]);
    let before = r#"{"requests":2,"p50":0,"p99":0,"max":0,"table_reads":0,"most_table_reads":0,"yardstick":1000000000}"#;
    let place = place.with("before.json", before);
    let ran = place.run(
        &[
            &requests[..],
            &["--baseline", "before.json", "--format", "json"],
        ]
        .concat(),
    );
    ran.check(1, &["\"findings\": [", "slower"]);
}

/// What `diff` says of two versions of a configuration, the second also as a build.
#[track_caller]
fn check_diff(old: &str, new: &str, code: i32, texts: &[&str]) {
    let place = Place::new().with("old.conf", old).with("new.conf", new);
    place
        .run(&["diff", "old.conf", "new.conf"])
        .check(code, texts);
    place
        .run(&["migrate", "new.conf", "--out", "b"])
        .check(0, &[]);
    place.run(&["diff", "old.conf", "b"]).check(code, texts);
}

#[test]
fn diff_finds_what_changed() {
    check_diff(RULES, RULES, 0, &[" 0 answered otherwise"]);
    let changed = "RewriteEngine On\nRewriteRule ^/old$ https://example.org/other [R=302,L]\n";
    check_diff(
        RULES,
        changed,
        1,
        &["/old\n  old  301 https://example.org/new   old.conf:2\n  \
             new  302 https://example.org/other   new.conf:2"],
    );
    let more = format!("{RULES}Redirect 410 /gone\n");
    check_diff(RULES, &more, 1, &["old  serves /gone", "new  410"]);
    let map = "RewriteEngine On\nRedirect /a http://h.test/b\n";
    check_diff("RewriteEngine On\n", map, 1, &["new  302 http://h.test/b"]);
}

/// Lines whose macros make 2^20 rules.
fn doubling_macros() -> String {
    let double = |at: usize| format!("<Macro M{at}>\nUse M{0}\nUse M{0}\n</Macro>\n", at - 1);
    let macros: String = (1..=20).map(double).collect();
    format!("<Macro M0>\nRewriteRule ^a$ /b\n</Macro>\n{macros}Use M20\n")
}

#[test]
fn a_limit_ends_reading_with_an_error() {
    let place = Place::new().with("httpd.conf", doubling_macros());
    let said = [
        "macros make more than 200,000 lines",
        "`--max expanded-lines=2000000` allows more",
        "httpd.conf:",
    ];
    place.run(&["check", "httpd.conf"]).check(1, &said);
    place.run(&["migrate", "httpd.conf"]).check(2, &said);
    assert!(!place.path("build").exists(), "nothing is written");
    let more = ["explain", "httpd.conf", "/a", "--max", "expanded-lines=3"];
    place
        .run(&more)
        .check(2, &["macros make more than 3 lines"]);
    let unknown = ["check", "httpd.conf", "--max", "lines=3"];
    place
        .run(&unknown)
        .check(2, &["no limit of that name", "expanded-lines"]);
}

#[test]
fn diagnostics_end_at_their_limit() {
    let lines = "Foo bar\n".repeat(30);
    let place = Place::new().with("httpd.conf", format!("{lines}RewriteRule ^a( /b\n"));
    let count = |arguments: &[&str]| {
        let ran = place.run(&[&["check", "httpd.conf"][..], arguments].concat());
        assert_eq!(ran.code, 1, "{}", ran.err);
        (ran.out.lines().count(), ran.out)
    };
    let (lines, _) = count(&["--format", "json"]);
    let (fewer, text) = count(&["--format", "json", "--max", "diagnostics=5"]);
    assert!(lines > 30 && fewer == 6, "{lines} {fewer}");
    assert!(text.contains("diagnostics-left-out"), "{text}");
    let (_, text) = count(&["--all", "--max", "diagnostics=5"]);
    assert_eq!(text.matches("error[").count(), 5, "{text}");
    assert!(text.contains("more diagnostics are not shown"), "{text}");
    let (_, text) = count(&["--all"]);
    assert!(!text.contains("are not shown"), "{text}");
}

#[test]
fn only_regular_files_are_read() {
    let place = Place::new()
        .with("httpd.conf", "Include /dev/zero\n")
        .with(
            "map.conf",
            "RewriteEngine On\nRewriteMap m txt:/dev/zero\nRewriteRule ^/(.*) /${m:$1}\n",
        )
        .with(
            "proc.conf",
            "IncludeOptional /proc/*/*/*\nRewriteRule ^/a$ /b\n",
        );
    let said = ["unreadable-file", "it is no regular file"];
    place.run(&["check", "httpd.conf"]).check(1, &said);
    place.run(&["check", "map.conf"]).check(1, &said);
    place.run(&["check", "proc.conf"]).check(1, &["engine-off"]);
    place
        .run(&["check", "/dev/zero"])
        .check(1, &["have more than 268,435,456 bytes"]);
}

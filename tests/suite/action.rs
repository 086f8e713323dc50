//! `action.yml` and `scripts/action`: what a GitHub workflow runs, with a `gh` that only writes down what it is asked.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::architecture::{printed, root};
use crate::cli::Place;

/// Answers what `known` has to the question for comments, and keeps what is written.
const GH: &str = "#!/bin/sh\necho \"$@\" >>\"$RUNNER_TEMP/asked\"\ncase \"$*\" in *--jq*) cat \"$RUNNER_TEMP/known\" ;; esac\n";

const BEFORE: &str = "RewriteEngine On\nRewriteRule ^/old$ https://example.org/new [R=301,L]\n";

/// A repository with a commit, and a change of its configuration that is not committed.
struct Workflow {
    place: Place,
    base: String,
}

impl Workflow {
    fn new(before: &str, after: &str) -> Self {
        let place = Place::new()
            .with("repo/conf/site.conf", before)
            .with("temp/known", "")
            .with("bin/gh", GH);
        let gh = place.path("bin/gh");
        fs::set_permissions(gh, fs::Permissions::from_mode(0o755)).unwrap();
        let program = env!("CARGO_BIN_EXE_edgewright");
        symlink(program, place.path("bin/edgewright")).unwrap();
        let mut workflow = Self {
            place,
            base: String::new(),
        };
        workflow.git(&["init", "--quiet"]);
        workflow.git(&["add", "."]);
        let name = ["-c", "user.name=a", "-c", "user.email=a@x.test"];
        workflow.git(&[&name[..], &["commit", "--quiet", "--message", "before"]].concat());
        workflow.git(&["remote", "add", "origin", "."]);
        let head = workflow.git(&["rev-parse", "HEAD"]);
        workflow.base.push_str(head.trim());
        fs::write(workflow.place.path("repo/conf/site.conf"), after).unwrap();
        workflow
    }

    fn git(&self, arguments: &[&str]) -> String {
        printed(self.command("git", "repo").args(arguments))
    }

    fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(self.place.path(folder))
            .env(
                "PATH",
                format!("{}:{path}", self.place.path("bin").display()),
            )
            .env("RUNNER_TEMP", self.place.path("temp"))
            .env("GITHUB_WORKSPACE", self.place.path("repo"))
            .env("GITHUB_STEP_SUMMARY", self.place.path("temp/summary"))
            .env("GITHUB_REPOSITORY", "owner/name")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// Runs a step of `scripts/action` in `folder` of the repository.
    fn step(&self, step: &str, folder: &str, variables: &[(&str, &str)]) -> Output {
        let mut command = self.command("bash", &format!("repo/{folder}"));
        let script = root().join("scripts/action");
        command.arg(script).arg(step).env("BASE", &self.base);
        command.env("PULL_REQUEST", "7");
        command.envs(variables.iter().copied()).output().unwrap()
    }

    fn temp(&self, name: &str) -> String {
        let path: PathBuf = self.place.path("temp").join(name);
        fs::read_to_string(path).unwrap_or_default()
    }
}

#[test]
fn the_check_is_annotated() {
    let workflow = Workflow::new(BEFORE, "Redirect /a/ https://x.test/b\n");
    let check = |folder: &str, conf: &str, arguments: &str, code: i32, said: &str| {
        let output = workflow.step("check", folder, &[("CONF", conf), ("ARGUMENTS", arguments)]);
        let out = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{out}{err}");
        assert!(out.contains(said) || err.contains(said), "{out}{err}");
    };
    let warning = "::warning file=conf/site.conf,line=1,";
    check("", "conf/site.conf", "", 1, warning);
    check("conf", "site.conf", "", 1, warning);
    check(
        "",
        "conf/site.conf",
        "--ignore missing-slash",
        0,
        "::notice",
    );
    check("", "", "", 2, "no configuration is named");
}

#[test]
fn what_changes_is_a_comment() {
    let after = BEFORE.replace("/new", "/newer");
    let workflow = Workflow::new(BEFORE, &after);
    let variables = [("DIFF", "site.conf")];
    let output = workflow.step("diff", "conf", &variables);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let comment = workflow.temp("edgewright-diff.txt.md");
    let said = [
        "<!-- edgewright diff -->\n### Which URLs change: ",
        "old  301 https://example.org/new   conf/site.conf:2",
        "new  301 https://example.org/newer   site.conf:2",
    ];
    for text in said {
        assert!(comment.contains(text), "{comment}");
    }
    assert!(
        workflow
            .temp("asked")
            .contains("--method POST repos/owner/name/issues/7/comments")
    );
    assert_eq!(workflow.temp("summary"), comment);
    // The next run writes the same comment anew.
    fs::write(workflow.place.path("temp/known"), "12\n13\n").unwrap();
    workflow.step("diff", "conf", &variables);
    let asked = workflow.temp("asked");
    assert!(
        asked.contains("--method PATCH repos/owner/name/issues/comments/12"),
        "{asked}"
    );
}

#[test]
fn what_does_not_change_is_said_too() {
    let workflow = Workflow::new(BEFORE, &format!("# more\n{BEFORE}"));
    let check = |conf: &str, code: i32, said: &str| {
        let output = workflow.step("diff", "", &[("DIFF", conf)]);
        assert_eq!(output.status.code(), Some(code), "{conf}");
        let comment = workflow.temp("edgewright-diff.txt.md");
        assert!(comment.contains(said), "{comment}");
    };
    check("conf/site.conf", 0, "compared, 0 answered otherwise");
    fs::write(workflow.place.path("repo/more.conf"), BEFORE).unwrap();
    check("more.conf", 0, "more.conf is new");
}

#[test]
fn every_step_of_the_action_is_in_the_script() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let (action, script) = (read("action.yml"), read("scripts/action"));
    let steps = action.split("scripts/action\" ").skip(1);
    let steps: Vec<&str> = steps
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    assert_eq!(steps, ["key", "build", "check", "diff"]);
    for step in steps {
        assert!(script.contains(&format!("\n{step}() {{")), "{step}");
    }
    let output = Workflow::new("", "").step("key", "", &[]);
    let key = String::from_utf8(output.stdout).unwrap();
    assert!(
        key.starts_with("key=") && key.trim().len() == 4 + 64,
        "{key}"
    );
}

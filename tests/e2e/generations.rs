//! Deploys that are interrupted, resumed, and made twice at once, into the table's emulator.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::Select;
use edgewright_engine::lambda::dynamodb::Environment;
use tempfile::TempDir;

use crate::emulator::Emulator;

/// Enough that a deploy takes seconds.
const REDIRECTS: usize = 3000;
/// Each has an entry of its own, and one for what becomes of its path.
const ENTRIES: usize = 2 * REDIRECTS;

/// Two builds of the same paths, and a table.
struct Place {
    emulator: Emulator,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            emulator: Emulator::start(),
            folder: tempfile::tempdir().unwrap(),
        };
        for build in ["one", "other"] {
            let line =
                |number| format!("Redirect /old/{number} https://{build}.example/{number}\n");
            let text: String = (0..REDIRECTS).map(line).collect();
            let file = place.folder.path().join(build).with_extension("conf");
            fs::write(&file, text).unwrap();
            let migrate = Command::new(env!("CARGO_BIN_EXE_edgewright"))
                .args(["migrate".as_ref(), file.as_os_str(), "--out".as_ref()])
                .arg(place.build(build))
                .output();
            assert!(migrate.unwrap().status.success());
        }
        place
    }

    fn build(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, name: &str) -> Command {
        // A shell that runs the tests in the background has the signal ignored in all of them.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT", env!("CARGO_BIN_EXE_edgewright")])
            .arg(name)
            .args(["--table", "generations"])
            .args(["--endpoint-url", self.emulator.endpoint()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn deploying(&self, build: &str) -> Child {
        self.command("deploy")
            .arg(self.build(build))
            .spawn()
            .unwrap()
    }

    fn deploy(&self, build: &str) -> String {
        said(&self.deploying(build).wait_with_output().unwrap(), 0)
    }

    fn status(&self) -> String {
        said(&self.command("status").output().unwrap(), 0)
    }

    /// How many items the table has; none when there is no table.
    fn count(&self) -> usize {
        let environment = Environment {
            region: "us-east-1".to_owned(),
            credentials: Credentials::new("test", "test", None, None, "test"),
        };
        let settings = environment.client_settings(Some(self.emulator.endpoint()));
        let client = Client::from_conf(settings.build());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let (mut count, mut from) = (0, None);
            loop {
                let scan = client
                    .scan()
                    .table_name("generations")
                    .select(Select::Count);
                let Ok(page) = scan.set_exclusive_start_key(from).send().await else {
                    return 0;
                };
                count += usize::try_from(page.count).unwrap();
                from = page.last_evaluated_key;
                if from.is_none() {
                    return count;
                }
            }
        })
    }

    /// Begins to deploy, and breaks that off once a part has been written.
    fn break_off(&self, build: &str, signal: &str) -> usize {
        let before = self.count();
        let mut deploying = self.deploying(build);
        let begun = Instant::now();
        while self.count() < before + ENTRIES / 5 {
            assert!(deploying.try_wait().unwrap().is_none(), "it was too fast");
            assert!(begun.elapsed() < Duration::from_mins(1));
        }
        let id = deploying.id().to_string();
        let kill = Command::new("kill").args([signal, &id]).status();
        assert!(kill.unwrap().success());
        assert!(!deploying.wait().unwrap().success());
        self.count() - before
    }
}

/// What was printed.
#[track_caller]
fn said(output: &Output, code: i32) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    let all = String::from_utf8_lossy(&all).into_owned();
    assert_eq!(output.status.code(), Some(code), "{all}");
    all
}

/// The two numbers of `12 items written, 34 were there`.
fn written_and_there(said: &str) -> (usize, usize) {
    let line = said
        .lines()
        .find(|line| line.starts_with("deploying"))
        .unwrap();
    let line = line.replace(',', "");
    let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn a_deploy_that_was_broken_off_goes_on_where_it_was() {
    let place = Place::new();
    for (build, signal) in [("one", "-KILL"), ("other", "-INT")] {
        let before = place.status_or_nothing();
        let there = place.break_off(build, signal);
        assert!(there < ENTRIES, "{there}");
        // Nobody sees what is not whole.
        assert_eq!(place.status_or_nothing(), before);
        let said = place.deploy(build);
        let (written, found) = written_and_there(&said);
        // The pieces of the program and the record are items too.
        assert!(found >= there && written <= ENTRIES + 2 - there, "{said}");
        assert!(place.status().contains("live since"), "{said}");
        let (written, _) = written_and_there(&place.deploy(build));
        assert_eq!(written, 0);
        println!("{signal}: {there} items were there, then {said}");
    }
}

impl Place {
    /// The generations and which is live, without the times; nothing when nothing was deployed.
    fn status_or_nothing(&self) -> Vec<String> {
        let output = self.command("status").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_generation =
            |word: &&str| word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit());
        let words = text.split_whitespace().filter(is_generation);
        words.map(str::to_owned).collect()
    }
}

#[test]
fn of_two_deploys_at_once_one_wins_and_the_other_is_told() {
    let place = Place::new();
    let both = [place.deploying("one"), place.deploying("other")];
    let ended = both.map(|deploying| deploying.wait_with_output().unwrap());
    let mut codes = [0, 1].map(|number| ended[number].status.code().unwrap());
    codes.sort_unstable();
    assert_eq!(codes, [0, 1], "{ended:?}");
    let loser = ended
        .iter()
        .find(|output| output.status.code() == Some(1))
        .unwrap();
    let told = said(loser, 1);
    assert!(told.contains("somebody else made generation"), "{told}");
    // Both are whole; only one is live, and the loser may try again.
    let status = place.status();
    assert_eq!(status.matches("live since").count(), 1, "{status}");
    assert_eq!(place.status_or_nothing().len(), 2, "{status}");
    let loser = if std::ptr::eq(loser, &raw const ended[0]) {
        "one"
    } else {
        "other"
    };
    assert!(place.deploy(loser).contains("0 items written"));
    said(&place.command("rollback").output().unwrap(), 0);
}

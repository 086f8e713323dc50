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
            .arg("--create-table")
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
        // The ledger was there too; the piece of the program is an item.
        assert!(
            found + 1 >= there && written <= ENTRIES + 2 - there,
            "{said}"
        );
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
        let whole = text.lines().filter(|line| !line.contains("not whole"));
        let words = whole.flat_map(str::split_whitespace).filter(is_generation);
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
    // Only one is live; all of the other is there, and the loser may try again.
    let status = place.status();
    assert_eq!(status.matches("live since").count(), 1, "{status}");
    assert_eq!(status.matches("not whole").count(), 1, "{status}");
    let loser = if std::ptr::eq(loser, &raw const ended[0]) {
        "one"
    } else {
        "other"
    };
    assert!(place.deploy(loser).contains("0 items written"));
    said(&place.command("rollback").output().unwrap(), 0);
}

#[test]
fn what_is_not_as_it_should_be_is_said() {
    let place = Place::new();
    let run = |name: &str, words: &[&str], code| {
        said(&place.command(name).args(words).output().unwrap(), code)
    };
    let build = place.build("one");
    let build = build.to_str().unwrap();
    // A slip in the name makes no table.
    let told = run("deploy", &[build], 2);
    assert!(told.contains("--create-table"), "{told}");
    assert!(run("status", &[], 2).contains("no table generations"));
    run("deploy", &[build, "--create-table"], 0);
    // Another Region is written to, unless somebody says so.
    let told = run("deploy", &[build, "--region", "eu-west-1"], 1);
    assert!(told.contains("written to in us-east-1"), "{told}");
    let told = run("rollback", &["--region", "eu-west-1"], 1);
    assert!(told.contains("--region us-east-1"), "{told}");
    let two = ["--region", "us-east-1", "--region", "eu-west-1"];
    let told = run("deploy", &[&[build], &two[..]].concat(), 2);
    assert!(told.contains("no copy in eu-west-1"), "{told}");
}

/// What `prune-generations` removes is told to whoever deploys it at the same time; what is live stays whole.
#[test]
fn a_prune_beside_deploys_and_rollbacks_does_no_harm() {
    let place = Place::new();
    let prune = ["--keep", "1", "--younger-than", "0s", "--unfinished"];
    let rounds = std::env::var("EDGEWRIGHT_ROUNDS");
    let rounds: u64 = rounds.map_or(6, |text| text.parse().unwrap());
    for round in 0..rounds {
        for build in ["one", "other"] {
            place.deploying(build).wait_with_output().unwrap();
        }
        let pruning = place.command("prune-generations").args(prune).spawn();
        std::thread::sleep(Duration::from_millis(40 * (round % 8)));
        let other = if round % 2 == 0 {
            place.deploying("one")
        } else {
            place.command("rollback").spawn().unwrap()
        };
        let ended = [pruning.unwrap(), other].map(|one| one.wait_with_output().unwrap());
        let codes = ended.each_ref().map(|output| output.status.code());
        assert!(
            codes.iter().all(|code| matches!(code, Some(0 | 1))),
            "{ended:?}"
        );
        // The live generation lacks nothing: to deploy it again writes nothing.
        let status = place.status();
        let live = status
            .lines()
            .find(|line| line.contains("live since"))
            .unwrap();
        let live = &live[..16];
        let is_live = |build: &&str| {
            let manifest = fs::read_to_string(place.build(build).join("manifest.json")).unwrap();
            manifest.contains(live)
        };
        let build = ["one", "other"].into_iter().find(is_live).unwrap();
        assert_eq!(
            written_and_there(&place.deploy(build)).0,
            0,
            "round {round}: {ended:?}"
        );
        println!("round {round}: {codes:?}");
    }
}

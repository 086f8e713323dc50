//! The whole chain: a configuration is migrated into a table, the function's process reads that
//! table, and recorded CloudFront events are answered through Lambda's Runtime API.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use edgewright_engine::artefact::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use edgewright_engine::lambda::dynamodb::Environment;
use edgewright_engine::lambda::event::Event;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bootstrap::BOOTSTRAP;
use crate::emulator::Emulator;
use crate::runtime_api::RuntimeApi;

const CONFIGURATION: &str = "\
ServerName www.example.com
DocumentRoot /var/www
RewriteEngine on
RewriteMap moved txt:moved.txt
RewriteRule ^/old/page\\.html$ https://www.example.com/new?from=old [R=301,L]
RewriteRule ^/item/([0-9]+)$ /catalogue/$1.html [L]
RewriteCond ${moved:$1} !=\"\"
RewriteRule ^/m/(.+)$ ${moved:$1} [R=302,L]
RewriteCond %{REQUEST_METHOD} =POST
RewriteRule ^/form$ - [F]
Redirect gone /gone
";

const MAP: &str = "a /there/a\nb https://other.example/b\n";

/// A configuration, migrated into a table of its own.
struct Site {
    emulator: Emulator,
    folder: TempDir,
    table: String,
}

impl Site {
    fn migrate(table: &str) -> Self {
        let emulator = Emulator::start();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("site.conf"), CONFIGURATION).unwrap();
        fs::write(folder.path().join("moved.txt"), MAP).unwrap();
        let site = Self {
            emulator,
            folder,
            table: table.to_owned(),
        };
        site.run();
        site
    }

    fn run(&self) {
        let migrate = "migrate site.conf --out build --kind main --server-root .";
        let table = format!(
            "deploy build --table {} --create-table --endpoint-url {}",
            self.table,
            self.emulator.endpoint()
        );
        for line in [migrate, &table] {
            let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
                .args(line.split(' '))
                .current_dir(self.folder.path())
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr);
            assert_ne!(output.status.code(), Some(2), "{text}");
        }
    }

    fn build(&self) -> PathBuf {
        self.folder.path().join("build")
    }

    fn dynamodb(&self) -> Value {
        let timeouts = json!({"connect": 500, "attempt": 500, "operation": 1500});
        json!({
            "table": {"dynamodb": {
                "name": self.table,
                "endpoint_url": self.emulator.endpoint(),
                "memory": 0,
                "timeouts": timeouts,
            }},
            "journal_interval": 0,
        })
    }

    fn client(&self) -> Client {
        let environment = Environment {
            region: "us-east-1".to_owned(),
            credentials: Credentials::new("test", "test", None, None, "test"),
        };
        let settings = environment.client_settings(Some(self.emulator.endpoint()));
        Client::from_conf(settings.build())
    }

    /// Every item of the table.
    fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client().scan().table_name(&self.table);
        wait(async { scan.send().await.unwrap() }).items.unwrap()
    }

    /// Writes `entry` under the key of the only item whose name ends with `name`.
    fn overwrite(&self, name: &str, entry: &[u8]) {
        let mut item = self.item(name);
        let entry = AttributeValue::B(Blob::new(entry));
        item.insert(ENTRY_ATTRIBUTE.to_owned(), entry);
        let put = self.client().put_item().table_name(&self.table);
        wait(async { put.set_item(Some(item)).send().await.unwrap() });
    }

    fn delete(&self, name: &str) {
        let key = self.item(name).remove(KEY_ATTRIBUTE).unwrap();
        let delete = self.client().delete_item().table_name(&self.table);
        wait(async { delete.key(KEY_ATTRIBUTE, key).send().await.unwrap() });
    }

    fn item(&self, name: &str) -> HashMap<String, AttributeValue> {
        let is_named = |item: &HashMap<String, AttributeValue>| {
            item[KEY_ATTRIBUTE].as_s().unwrap().ends_with(name)
        };
        let items = self.items();
        let mut found = items.iter().filter(|item| is_named(item));
        let (one, other) = (found.next(), found.next());
        assert!(one.is_some() && other.is_none(), "{name}: {items:?}");
        one.unwrap().clone()
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// The function's process in a folder as its package has it.
struct Function {
    api: RuntimeApi,
    process: Child,
    folder: TempDir,
}

impl Function {
    /// Starts it with the files of `build`, and `configuration` unless that is null.
    fn start(build: &Path, configuration: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = |from: &Path, name: &str| fs::copy(from, folder.path().join(name)).unwrap();
        copy(&BOOTSTRAP, "bootstrap");
        copy(&build.join("rules.bin"), "rules.bin");
        if configuration.is_null() {
            copy(&build.join("table.bin"), "table.bin");
        } else {
            let file = folder.path().join("edgewright.json");
            fs::write(file, configuration.to_string()).unwrap();
        }
        let api = RuntimeApi::start();
        let process = Command::new(folder.path().join("bootstrap"))
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", api.address().as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.edgewright"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_SESSION_TOKEN", "test"),
            ])
            .current_dir("/")
            .stdin(Stdio::null())
            .stderr(fs::File::create(folder.path().join("journal")).unwrap())
            .spawn()
            .unwrap();
        Self {
            api,
            process,
            folder,
        }
    }

    fn answer(&self, event: &str) -> String {
        let answered = self.api.invoke(event);
        assert_eq!(answered.how, "response", "{}", answered.body);
        answered.body
    }

    /// What was noted, by kind.
    fn journal(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("journal")).unwrap();
        let kinds = |line: &str| {
            let line: Value = serde_json::from_str(line).expect(line);
            let samples = line["samples"].as_array().unwrap();
            let kind = |sample: &Value| sample["kind"].as_str().unwrap().to_owned();
            samples.iter().map(kind).collect::<Vec<_>>()
        };
        text.lines().flat_map(kinds).collect()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn recorded(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("edge-handler/tests/events");
    fs::read_to_string(folder.join(name).with_extension("json")).unwrap()
}

/// The recorded event `name` with another path.
fn event(name: &str, path: &str) -> String {
    let mut event: Value = serde_json::from_str(&recorded(name)).unwrap();
    event["Records"][0]["cf"]["request"]["uri"] = json!(path);
    event.to_string()
}

/// What an answer does: `301 LOCATION`, `403`, `=` for the request as it came, `> URI?QUERY` for
/// another.
fn shown(event: &str, answer: &str) -> String {
    if answer == Event::parse(event.as_bytes()).unwrap().request.get() {
        return "=".to_owned();
    }
    let answer: Value = serde_json::from_str(answer).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if answer["status"].is_null() {
        return format!(
            "> {}?{}",
            text(&answer["uri"]),
            text(&answer["querystring"])
        );
    }
    let location = text(&answer["headers"]["location"][0]["value"]);
    format!("{} {location}", text(&answer["status"]))
        .trim_end()
        .to_owned()
}

fn check(function: &Function, name: &str, path: &str, expected: &str) {
    let event = event(name, path);
    let answer = function.answer(&event);
    assert_eq!(shown(&event, &answer), expected, "{name} {path}");
}

/// Events and what becomes of them, wherever the entries lie.
fn check_all(function: &Function) {
    let cases = [
        (
            "viewer-get",
            "/old/page.html",
            "301 https://www.example.com/new?from=old",
        ),
        (
            "origin-s3",
            "/old/page.html",
            "301 https://www.example.com/new?from=old",
        ),
        (
            "origin-custom",
            "/old/page.html",
            "301 https://www.example.com/new?from=old",
        ),
        (
            "unknown-fields",
            "/old/page.html",
            "301 https://www.example.com/new?from=old",
        ),
        ("viewer-get", "/item/7", "> /catalogue/7.html?"),
        ("origin-custom", "/item/7", "> /catalogue/7.html?a=1&b=2"),
        ("viewer-get", "/item/x", "="),
        ("viewer-get", "/m/a", "302 http://www.example.com/there/a"),
        ("viewer-get", "/m/b", "302 https://other.example/b"),
        ("viewer-get", "/m/c", "="),
        ("viewer-get", "/gone", "410"),
        ("viewer-get", "/form", "="),
        ("viewer-post-body", "/form", "403"),
        ("viewer-options", "/api", "="),
        ("viewer-head-ipv6", "/caf%C3%A9", "="),
        ("unknown-fields", "/elsewhere", "="),
    ];
    for (name, path, expected) in cases {
        check(function, name, path, expected);
    }
}

#[test]
fn the_embedded_table_answers() {
    let site = Site::migrate("embedded");
    let function = Function::start(&site.build(), &Value::Null);
    check_all(&function);
    assert!(function.journal().is_empty(), "{:?}", function.journal());
}

#[test]
fn the_table_in_dynamodb_answers() {
    let site = Site::migrate("answers");
    let function = Function::start(&site.build(), &site.dynamodb());
    check_all(&function);
    assert!(function.journal().is_empty(), "{:?}", function.journal());
}

#[test]
fn the_table_is_really_read() {
    let site = Site::migrate("read");
    let path = "/old/page.html";
    let answer = "301 https://www.example.com/new?from=old";
    // A function remembers what it read: each look is that of a new one.
    let function = || Function::start(&site.build(), &site.dynamodb());
    check(&function(), "viewer-get", path, answer);

    site.delete("/decision:0:/old/page.html");
    check(&function(), "viewer-get", path, answer);

    site.overwrite("/rule:0:/old/page.html", b"\x01damaged");
    let damaged = function();
    check(&damaged, "viewer-get", path, "=");
    assert_eq!(damaged.journal(), ["item"]);

    site.delete("/rule:0:/old/page.html");
    let function = function();
    check(&function, "viewer-get", path, "=");
    assert!(function.journal().is_empty(), "{:?}", function.journal());
    check(
        &function,
        "viewer-get",
        "/m/b",
        "302 https://other.example/b",
    );
}

#[test]
fn loading_again_changes_nothing() {
    let site = Site::migrate("again");
    let before = site.items();
    site.run();
    assert!(!before.is_empty());
    assert_eq!(site.items().len(), before.len());
}

#[test]
fn a_table_that_is_not_there_lets_every_request_through() {
    let site = Site::migrate("present");
    let mut configuration = site.dynamodb();
    configuration["table"]["dynamodb"]["name"] = json!("absent");
    let function = Function::start(&site.build(), &configuration);
    check(&function, "viewer-get", "/old/page.html", "=");
    check(&function, "viewer-get", "/elsewhere", "=");
    check(&function, "viewer-get", "/item/7", "> /catalogue/7.html?");
    assert_eq!(function.journal(), ["warm-up", "table"]);
}

#[test]
fn a_damaged_program_lets_every_request_through() {
    let site = Site::migrate("damaged");
    let rules = site.build().join("rules.bin");
    let mut bytes = fs::read(&rules).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&rules, bytes).unwrap();
    let function = Function::start(&site.build(), &Value::Null);
    check(&function, "viewer-get", "/old/page.html", "=");
    check(&function, "viewer-get", "/gone", "=");
    assert_eq!(function.journal(), ["not-loaded"]);
}

#[test]
fn an_event_that_is_none_is_no_error_for_the_runtime() {
    let site = Site::migrate("none");
    let function = Function::start(&site.build(), &Value::Null);
    assert_eq!(function.answer("{}"), "null");
    check(&function, "viewer-get", "/gone", "410");
    assert_eq!(function.journal(), ["event"]);
}

//! `edgewright verify`: Apache and edgewright agree, on the example site and over TLS; what is
//! written about it is true; nothing is left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const SITE: &str = "examples/legacy-site/httpd.conf";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
    command.current_dir(root()).arg("verify");
    command
}

/// Runs it; there must be no difference. Returns the report.
fn report(command: &mut Command) -> Value {
    let output = command.args(["--format", "json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&said);
    let none = Value::Array(Vec::new());
    assert_eq!(report["differences"], none, "{report:#}");
    assert_eq!(output.status.code(), Some(0), "{said}");
    report
}

fn number(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap()
}

/// A folder that the server's user may read.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn the_example_site_is_answered_as_its_apache_does() {
    let folder = folder();
    let log = folder.path().join("access.log");
    // What www.conf includes is not the shop's.
    let line = r#"shop.harbourbooks.example:80 192.0.2.1 - - [x] "GET /news HTTP/1.1" 200 5"#;
    fs::write(&log, line).unwrap();
    let report = report(command().arg("--log").arg(log).arg(SITE));
    assert!(number(&report, "compared") >= 900, "{report:#}");
    assert_eq!(number(&report, "log_distinct"), 1, "{report:#}");
    let (fired, rules) = (number(&report, "fired"), number(&report, "rules"));
    assert!(fired * 10 >= rules * 9, "{report:#}");
}

#[test]
fn statuses_that_were_logged_are_compared() {
    let folder = folder();
    let file = folder.path().join("site.conf");
    fs::write(&file, "Redirect 301 /old /new\nRedirect gone /gone\n").unwrap();
    let log = folder.path().join("access.log");
    let line =
        |path: &str, status: u16| format!("::1 - - [x] \"GET {path} HTTP/1.1\" {status} 5\n");
    let lines = [
        line("/old", 301),
        line("/old", 302),
        line("/gone", 404),
        line("/new", 404),
    ];
    fs::write(&log, lines.concat()).unwrap();
    let report = report(command().arg("--log").arg(log).arg(file));
    let logged = &report["logged_status"];
    assert_eq!(
        (number(logged, "compared"), number(logged, "others")),
        (4, 2),
        "{logged:#}"
    );
    assert_eq!(
        logged["examples"][0]["logged"][0]["status"], 302,
        "{logged:#}"
    );
    assert_eq!(logged["examples"][1]["now"], "410", "{logged:#}");
}

#[test]
fn hosts_with_tls_are_compared() {
    let folder = folder();
    let file = folder.path().join("site.conf");
    let text = "Listen 80\nListen 443\n\
        <VirtualHost *:80>\nServerName plain.test\nRedirect /a https://secure.test/a\n</VirtualHost>\n\
        <VirtualHost *:443>\nServerName secure.test\nSSLEngine on\n\
        SSLCertificateFile /nowhere/certificate.pem\n\
        RewriteEngine On\nRewriteCond %{HTTPS} on\n\
        RewriteRule ^/scheme$ /%{REQUEST_SCHEME}/%{SERVER_PORT} [R]\n\
        RewriteCond %{HTTPS} off\nRewriteRule ^/never$ /x [R]\nRedirect /b /c\n</VirtualHost>\n\
        <VirtualHost *:8080>\nServerName other.test\nRedirect /d /e\n</VirtualHost>\n";
    fs::write(&file, text).unwrap();
    let report = report(command().arg(&file));
    assert_eq!(number(&report, "not_sent_tls"), 0, "{report:#}");
    assert_eq!(number(&report, "rules"), 5, "{report:#}");
    assert_eq!(number(&report, "fired"), 3, "{report:#}");
    let reasons: Vec<_> = report["unreached"].as_array().unwrap().iter().collect();
    assert!(
        reasons[0]["reason"].as_str().unwrap().contains("fulfils"),
        "{report:#}"
    );
}

#[test]
fn tls_that_is_required_is_compared() {
    let folder = folder();
    let (file, root) = (folder.path().join("site.conf"), folder.path().join("www"));
    fs::create_dir(&root).unwrap();
    let root = root.display();
    let text = format!(
        "Listen 80\nListen 443\n<Directory {root}>\nSSLRequireSSL\nRewriteEngine On\n\
         RewriteRule ^a$ /b [R]\n</Directory>\n\
         <VirtualHost *:80>\nServerName plain.test\nDocumentRoot {root}\n</VirtualHost>\n\
         <VirtualHost *:443>\nServerName secure.test\nDocumentRoot {root}\nSSLEngine on\n\
         SSLCertificateFile /nowhere/certificate.pem\n</VirtualHost>\n"
    );
    fs::write(&file, text).unwrap();
    let report = report(command().arg(&file));
    assert_eq!(number(&report, "not_sent_tls"), 0, "{report:#}");
    assert_eq!(number(&report, "fired"), 1, "{report:#}");
    assert!(!report.to_string().contains("SSLRequireSSL"), "{report:#}");
}

#[test]
fn files_sent_as_they_are_are_compared() {
    let folder = folder();
    let (file, root) = (folder.path().join("site.conf"), folder.path().join("www"));
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a.asis"), "Status: 410 Gone\n\nx").unwrap();
    let root = root.display();
    let text = format!(
        "Listen 80\nAddHandler send-as-is .asis\n\
         <VirtualHost *:80>\nServerName a.test\nDocumentRoot {root}\nRewriteEngine On\n\
         RewriteRule ^/a$ /a.asis [L]\nRewriteRule ^/b$ /none.asis [L]\n</VirtualHost>\n"
    );
    fs::write(&file, text).unwrap();
    let report = report(command().arg(&file));
    assert_eq!(number(&report, "fired"), 2, "{report:#}");
}

/// A folder without an index, asked for with a few methods, on a server with `modules` and no others.
fn check_folder(modules: &[&str], expected: &str) {
    let folder = folder();
    let file = folder.path().join("site.conf");
    fs::create_dir_all(folder.path().join("www/empty")).unwrap();
    let root = folder.path().join("www").display().to_string();
    let mut text: String = modules
        .iter()
        .map(|name| format!("LoadModule {name}_module modules/mod_{name}.so\n"))
        .collect();
    text += &format!(
        "Listen 80\n<VirtualHost *:80>\nServerName a.test\nDocumentRoot {root}\nRewriteEngine On\n\
         RewriteRule ^/x$ /y [R]\n</VirtualHost>\n"
    );
    fs::write(&file, text).unwrap();
    let log = folder.path().join("log");
    let lines = [("GET", expected), ("POST", "404")].map(|(method, status)| {
        format!("a.test:80 192.0.2.1 - - [x] \"{method} /empty/ HTTP/1.1\" {status} 5\n")
    });
    fs::write(&log, lines.concat()).unwrap();
    let report = report(command().arg("--log").arg(log).arg(&file));
    assert_eq!(number(&report, "log_distinct"), 2, "{report:#}");
    let logged = &report["logged_status"];
    assert_eq!(
        (number(logged, "compared"), number(logged, "others")),
        (2, 0),
        "{logged:#}"
    );
}

#[test]
fn folders_without_an_index_are_compared() {
    const USUAL: [&str; 4] = ["authz_core", "alias", "dir", "rewrite"];
    check_folder(&[&USUAL[..], &["autoindex"]].concat(), "403");
    check_folder(&USUAL, "404");
}

#[test]
fn the_documents_show_what_it_prints() {
    let output = command().arg(SITE).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    for document in ["README.md", "docs/verify.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let (_, after) = text
            .split_once(&format!("$ edgewright verify {SITE}\n"))
            .unwrap();
        let (shown, _) = after.split_once("```").unwrap();
        assert_eq!(comparable(shown), comparable(&printed), "{document}");
    }
}

/// The text without the port of its first line, which is another every time, and without what depends
/// on the system.
fn comparable(text: &str) -> String {
    let (before, after) = text.split_once("127.0.0.1:").unwrap();
    let after = after.trim_start_matches(|character: char| character.is_ascii_digit());
    let text = format!("{before}127.0.0.1:{after}");
    let lines = text.lines().filter(|line| !line.starts_with("cage "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_signal_ends_the_server_and_removes_its_folder() {
    for signal in ["-TERM", "-INT"] {
        let place = folder();
        let mut running = command()
            .arg(SITE)
            .env("TMPDIR", place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = wait_for(|| pid_in(place.path()));
        let told = Command::new("kill")
            .args([signal, &running.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success());
        let status = running.wait().unwrap();
        assert!(!status.success(), "{signal}: it was over already");
        let left: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
        assert!(left.is_empty(), "{signal}: {left:?}");
        wait_for(|| (!is_alive(&server)).then_some(()));
    }
}

/// The process id that a server in a folder below `place` wrote.
fn pid_in(place: &Path) -> Option<String> {
    let mut folders = fs::read_dir(place).ok()?;
    let file: PathBuf = folders.next()?.ok()?.path().join("run/pid");
    let text = fs::read_to_string(file).ok()?;
    let pid = text.trim();
    (!pid.is_empty()).then(|| pid.to_owned())
}

fn is_alive(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "nothing happened");
        sleep(Duration::from_millis(2));
    }
}

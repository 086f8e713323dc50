//! `edgewright verify` on ordinary layouts: rules are reached, and no answer differs because of where files are.
//!
//! In: a configuration, mostly of folders that this machine lacks. Out: how many rules there are, and how many
//! answered. Absent: what is left out of the copy; see `cage`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A folder that the server's user may read.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Of the rules in `file`, so many answer; Apache answers as edgewright does.
fn check_file(name: &str, file: &Path, (answered, rules): (u64, u64)) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .args(["verify", "--format", "json"])
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&said);
    assert_eq!(
        report["differences"],
        Value::Array(Vec::new()),
        "{name}: {report:#}"
    );
    assert_eq!(report["fired"], answered, "{name}: {report:#}");
    assert_eq!(report["rules"], rules, "{name}: {report:#}");
    report
}

/// Compares a configuration given as a text with Apache.
fn check(name: &str, text: &str, expected: (u64, u64)) -> Value {
    let folder = folder();
    let file = folder.path().join("httpd.conf");
    fs::write(&file, text).unwrap();
    check_file(name, &file, expected)
}

/// The same for a case of `tests/cases/field`.
fn check_field(name: &str, file: &str, expected: (u64, u64)) {
    let folder = folder();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/field");
    copy(&case.join(name).join("conf"), folder.path(), folder.path());
    check_file(name, &folder.path().join(file), expected);
}

fn copy(from: &Path, to: &Path, root: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target, root);
            continue;
        }
        let content = fs::read_to_string(entry.path()).unwrap();
        let content = content.replace("/ROOT", &root.display().to_string());
        fs::write(target, content).unwrap();
    }
}

#[test]
fn cases_from_the_field() {
    check_field("46-htaccess-below-main-docroot", "httpd.conf", (2, 2));
    check_field("81-verify-missing-docroot", "a.conf", (2, 2));
}

/// A `<Directory>` section with one rule.
fn section(directory: &str, pattern: &str) -> String {
    format!(
        "<Directory \"{directory}\">\nOptions FollowSymLinks\nRequire all granted\nRewriteEngine On\n\
         RewriteRule {pattern} /new [R,L]\n</Directory>\n"
    )
}

#[test]
fn document_roots_that_are_not_here() {
    let in_host = |text: &str| {
        format!("Listen 80\n<VirtualHost *:80>\nServerName a.test\n{text}</VirtualHost>\n")
    };
    let root = "DocumentRoot /srv/nope/a\n";
    check(
        "its own section",
        &in_host(&(root.to_owned() + &section("/srv/nope/a", "^old$"))),
        (1, 1),
    );
    check(
        "a section above",
        &in_host(&(root.to_owned() + &section("/srv/nope", "^a/old$"))),
        (1, 1),
    );
    check(
        "a section below",
        &in_host(&(root.to_owned() + &section("/srv/nope/a/b/c", "^old$"))),
        (1, 1),
    );
    check(
        "two roots below one section",
        &format!(
            "{}<VirtualHost *:80>\nServerName b.test\nDocumentRoot /srv/nope/b\n</VirtualHost>\n{}",
            in_host(root),
            section("/srv/nope", "^[ab]/old$")
        ),
        (1, 1),
    );
    check(
        "of the main server",
        &format!(
            "Listen 80\nDocumentRoot /srv/nope\n{}",
            section("/srv/nope", "^old$")
        ),
        (1, 1),
    );
    check(
        "relative",
        &format!(
            "ServerRoot /opt/nope\nListen 80\nDocumentRoot www\n{}",
            section("/opt/nope/www", "^old$")
        ),
        (1, 1),
    );
    check(
        "relative, without ServerRoot",
        &format!(
            "Listen 80\nDocumentRoot nope\n{}",
            section("/etc/apache2/nope", "^old$")
        ),
        (1, 1),
    );
}

#[test]
fn a_root_that_is_here_beside_one_that_is_not() {
    let folder = folder();
    let place = folder.path().display().to_string();
    for name in ["here", "here/sub"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("here/page"), "x").unwrap();
    fs::write(
        folder.path().join("here/sub/.htaccess"),
        "Redirect /sub/x /y\n",
    )
    .unwrap();
    let host = |name: &str| {
        format!(
            "<VirtualHost *:80>\nServerName {name}.test\nDocumentRoot {place}/{name}\n</VirtualHost>\n"
        )
    };
    let text = format!(
        "Listen 80\n<Directory {place}>\nAllowOverride All\nRequire all granted\nRewriteEngine On\n\
         RewriteCond %{{REQUEST_FILENAME}} -f\nRewriteRule ^here/(.*)$ /is-there [R,L]\n\
         RewriteRule ^gone/old$ /new [R,L]\n</Directory>\n{}{}",
        host("here"),
        host("gone")
    );
    let file = folder.path().join("httpd.conf");
    fs::write(&file, text).unwrap();
    check_file("both", &file, (3, 3));
}

/// A host on `port` with three rules; `lines` stand before them.
fn host(port: &str, name: &str, lines: &str) -> String {
    format!(
        "<VirtualHost {port}>\nServerName {name}\n{lines}RewriteEngine On\nRedirect /a /b\n\
         RewriteRule ^/s$ /%{{HTTPS}}/%{{SERVER_PORT}}/%{{REQUEST_SCHEME}}/ [R]\n\
         RewriteRule ^/t$ /u/ [R]\n</VirtualHost>\n"
    )
}

#[test]
fn each_host_is_asked_on_its_own_port() {
    let all = "<VirtualHost *:80>\nServerName a.test\nRewriteEngine On\n\
        RewriteRule ^(.*)$ https://a.test$1 [R=301,L]\n</VirtualHost>\n";
    let behind = |port: &str, lines: &str| all.to_owned() + &host(port, "a.test", lines);
    check("without SSLEngine", &behind("*:443", ""), (4, 4));
    check("with SSLEngine", &behind("*:443", "SSLEngine on\n"), (4, 4));
    check("with an address", &behind("192.0.2.1:443", ""), (4, 4));
    check("on every port", &behind("*", ""), (1, 4));
    check("default", &behind("_default_:443", ""), (4, 4));
    let report = check(
        "on a third port",
        &(host("*:80", "b.test", "") + &host("*:8080", "a.test", "")),
        (3, 6),
    );
    assert_eq!(
        report["coverage"]["not_answered"][0]["reason"],
        "only reachable on port 8080, which CloudFront does not ask"
    );
    check("all on a third port", &host("*:8080", "a.test", ""), (3, 3));
    let main = "Redirect /main /x\nRewriteEngine On\nRewriteRule ^/q /z [R]\n";
    let report = check(
        "a main server nobody asks",
        &(main.to_owned() + &host("*:80", "b.test", "")),
        (4, 5),
    );
    assert_eq!(
        report["coverage"]["not_answered"][0]["reason"],
        "only on the main server, and virtual hosts take all requests"
    );
    check(
        "a main server beside a host",
        &(main.to_owned() + &host("*:443", "b.test", "")),
        (5, 5),
    );
}

/// `verify` says these first lines, and ends with this code.
fn check_verdict(name: &str, text: &str, arguments: &[&str], expected: (&[&str], i32)) {
    let folder = folder();
    let file = folder.path().join("httpd.conf");
    fs::write(&file, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .arg("verify")
        .arg(&file)
        .args(arguments)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().take(expected.0.len()).collect();
    assert_eq!(lines, expected.0, "{name}");
    assert_eq!(output.status.code(), Some(expected.1), "{name}");
    assert!(
        !printed.contains("could not be reached"),
        "{name}: {printed}"
    );
}

#[test]
fn coverage_is_part_of_the_verdict() {
    let one = "Listen 80\nServerName a.test\nRedirect /a /b\n";
    let less = "not enough   less than half of the rules answered a request, so most were not compared: the \
        exit code is 1";
    check_verdict(
        "all",
        one,
        &["--limit", "3"],
        (
            &["1 of 1 rule answered at least once, 0 differences in 3 requests"],
            0,
        ),
    );
    let taken = "Redirect /a /b\nRewriteEngine On\nRewriteRule ^/a/x$ /z [R]\nRedirect /a/c /d\n";
    let first = "1 of 3 rules answered at least once, 0 differences in 1 request";
    check_verdict(
        "limited",
        &format!("Listen 80\nServerName a.test\n{taken}"),
        &["--limit", "1", "--engine", "reference"],
        (&[first, "  2: not asked (--limit)", less], 1),
    );
    check_verdict(
        "no rules",
        "Listen 80\n",
        &[],
        (
            &[
                "0 of 0 rules answered at least once, 0 differences in 0 requests",
                "not enough   nothing was compared: the exit code is 1",
            ],
            1,
        ),
    );
}

#[test]
fn what_conditions_ask_for_is_asked() {
    let folder = folder();
    let root = folder.path().join("www");
    fs::create_dir_all(root.join("d")).unwrap();
    fs::write(root.join("d/full"), "x").unwrap();
    fs::write(root.join("d/empty"), "").unwrap();
    fs::write(root.join("d/page.html"), "x").unwrap();
    let root = root.display();
    let text = format!(
        "Listen 80\nServerName d.test\nDocumentRoot {root}\n<Directory {root}>\nRequire all granted\n\
         Options FollowSymLinks\n</Directory>\nRewriteEngine On\n\
         RewriteCond $1 -gt100\nRewriteRule ^/g/([0-9]+)$ /b [R,L]\n\
         RewriteCond $1 >100\nRewriteRule ^/h/([0-9]+)$ /b [R,L]\n\
         RewriteCond %{{QUERY_STRING}} id=([0-9]+)\nRewriteCond %1 -lt5\nRewriteRule ^/q$ /b [R,L]\n\
         RewriteCond %{{DOCUMENT_ROOT}}/d/$1.html -f\nRewriteRule ^/([a-z]+)$ /d/$1.html [L]\n\
         RewriteCond %{{THE_REQUEST}} %3F\nRewriteRule ^/(.*)$ /mark/$1 [R,L]\n\
         RewriteCond %{{DOCUMENT_ROOT}}%{{REQUEST_URI}} -s\nRewriteRule ^/d/(.*)$ /full/$1 [R,L]\n\
         RewriteCond %{{DOCUMENT_ROOT}}%{{REQUEST_URI}} -d\nRewriteRule ^/(.*)$ /dir/$1 [R,L]\n\
         RewriteCond %{{DOCUMENT_ROOT}}%{{REQUEST_URI}} !-f\nRewriteRule ^/(.*)$ /missing/$1 [R,L]\n"
    );
    let file = folder.path().join("httpd.conf");
    fs::write(&file, text).unwrap();
    check_file("conditions", &file, (8, 8));
}

#[test]
fn urls_for_other_servers_are_compared() {
    let proxies = "Listen 80\nServerName a.test\nProxyPass /no !\nProxyPass /app http://app.test/x\n\
        ProxyPassMatch ^/m/(.*)$ http://m.test/$1\n<Location /in>\nProxyPass http://in.test/y\n</Location>\n\
        RewriteEngine On\nRewriteRule ^/p/(.*)$ http://p.test/$1 [P]\nRewriteRule ^/ne/(.*)$ http://p.test/$1 [P,NE]\n";
    let report = check("without flags", proxies, (2, 2));
    assert!(report["compared"].as_u64() > Some(40), "{report:#}");
}

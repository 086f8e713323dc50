//! A configuration that was brought from its server: `--root`, `--map`, archives of `collect`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const MAIN: &str = "/etc/apache2/apache2.conf";

const FILES: &[(&str, &str)] = &[
    (
        "etc/apache2/apache2.conf",
        "DefaultRuntimeDir ${APACHE_RUN_DIR}\nPidFile ${APACHE_PID_FILE}\nUser ${APACHE_RUN_USER}\n\
         Group ${APACHE_RUN_GROUP}\nErrorLog ${APACHE_LOG_DIR}/error.log\n\
         IncludeOptional mods-enabled/*.load\nInclude ports.conf\n\
         <Directory /var/www/>\nAllowOverride All\nRequire all granted\n</Directory>\n\
         <IfFile \"/srv/flags/moved\">\nDefine MOVED\n</IfFile>\n\
         IncludeOptional sites-enabled/*.conf\n",
    ),
    (
        "etc/apache2/envvars",
        ": ${APACHE_RUN_USER:=www-data}\nexport APACHE_RUN_USER\n: ${APACHE_RUN_GROUP:=www-data}\n\
         export APACHE_RUN_GROUP\nexport APACHE_PID_FILE=/var/run/apache2$SUFFIX/apache2.pid\n\
         export APACHE_RUN_DIR=/var/run/apache2$SUFFIX\nexport APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n",
    ),
    ("etc/apache2/ports.conf", "Listen 80\n"),
    (
        "etc/apache2/mods-available/rewrite.load",
        "LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so\n",
    ),
    (
        "etc/apache2/mods-available/alias.load",
        "LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so\n",
    ),
    (
        "etc/apache2/mods-available/dir.load",
        "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n\
         LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so\n\
         LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n",
    ),
    (
        "etc/apache2/sites-available/one.conf",
        "<VirtualHost *:80>\nServerName one.example\nDocumentRoot /var/www/one\nRewriteEngine On\n\
         RewriteMap moved txt:/etc/apache2/maps/moved.txt\n\
         RewriteCond ${moved:$1} ^(/.+)$\nRewriteRule ^/(.*)$ %1 [R=301,L]\n\
         <IfDefine MOVED>\nRedirect 302 /flag /flagged\n</IfDefine>\n</VirtualHost>\n",
    ),
    (
        "etc/apache2/sites-available/two.conf",
        "<VirtualHost *:80>\nServerName two.example\nDocumentRoot /var/www/two\n\
         RedirectMatch 410 ^/gone/\n</VirtualHost>\n",
    ),
    (
        "etc/apache2/maps/moved.txt",
        "spring /autumn\nwinter /summer\n",
    ),
    ("srv/flags/moved", "x"),
    (
        "var/www/one/.htaccess",
        "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^page$ /other [R=302,L]\n",
    ),
    ("srv/data/two/index.html", "<p>The contents of a page.</p>"),
    ("srv/data/two/empty.html", ""),
    (
        "srv/data/two/.htaccess",
        "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} -s\nRewriteRule ^index\\.html$ /full [R=302,L]\n\
         RewriteCond %{REQUEST_FILENAME} -f\nRewriteCond %{REQUEST_FILENAME} !-s\n\
         RewriteRule ^empty\\.html$ /hollow [R=302,L]\n",
    ),
];

const LINKS: &[(&str, &str)] = &[
    (
        "../mods-available/rewrite.load",
        "etc/apache2/mods-enabled/rewrite.load",
    ),
    (
        "../mods-available/alias.load",
        "etc/apache2/mods-enabled/alias.load",
    ),
    (
        "../mods-available/dir.load",
        "etc/apache2/mods-enabled/dir.load",
    ),
    // Debian writes relative links; people write absolute ones.
    (
        "/etc/apache2/sites-available/one.conf",
        "etc/apache2/sites-enabled/one.conf",
    ),
    (
        "../sites-available/two.conf",
        "etc/apache2/sites-enabled/two.conf",
    ),
    ("/srv/data/two", "var/www/two"),
];

/// Requests, and what is answered.
const ANSWERS: &[(&str, &str)] = &[
    ("http://one.example/spring", "301 http://one.example/autumn"),
    ("http://one.example/page", "302 http://one.example/other"),
    ("http://one.example/flag", "302 http://one.example/flagged"),
    ("http://two.example/gone/x", "410"),
    (
        "http://two.example/index.html",
        "302 http://two.example/full",
    ),
    (
        "http://two.example/empty.html",
        "302 http://two.example/hollow",
    ),
    ("http://two.example/nothing", "serve"),
];

/// A copy of a Debian server's files in `copy`.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (name, content) in FILES {
            place.write(&format!("copy/{name}"), content);
        }
        for (target, name) in LINKS {
            let path = place.path(&format!("copy/{name}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(target, path).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs the program: its exit code, and all it said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(!said.contains("panicked"), "{said}");
        (output.status.code().unwrap(), said)
    }

    /// `explain SOURCE` gives every answer of [`ANSWERS`].
    #[track_caller]
    fn check_answers(&self, source: &str, options: &[&str]) {
        for (url, expected) in ANSWERS {
            let request = url.strip_prefix("http://").unwrap();
            let (host, path) = request.split_once('/').unwrap();
            let line = format!("{{\"target\":\"/{path}\",\"host\":\"{host}\"}}\n");
            self.write("requests.jsonl", line);
            let arguments = ["replay", source, "--requests", "requests.jsonl"];
            let (_, said) = self.run(&[&arguments, options].concat());
            let answer: Value = serde_json::from_str(&said).unwrap_or_default();
            assert_eq!(shown(&answer), *expected, "{url}: {said}");
        }
    }
}

fn shown(answer: &Value) -> String {
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    match (text("outcome").as_str(), answer["status"].as_u64()) {
        ("redirect", Some(status)) => format!("{status} {}", text("location")),
        ("status", Some(status)) => status.to_string(),
        (outcome, _) => outcome.to_owned(),
    }
}

#[test]
fn a_copy_of_the_file_system_is_read_as_on_its_server() {
    let place = Place::new();
    let inside = place.path("copy/etc/apache2/apache2.conf");
    let sources = [
        MAIN,
        inside.to_str().unwrap(),
        "copy/etc/apache2/apache2.conf",
    ];
    for source in sources {
        place.check_answers(source, &["--root", "copy"]);
    }
}

#[test]
fn a_copy_is_packed_without_being_told_where_its_configuration_is() {
    let place = Place::new();
    let (code, said) = place.run(&["collect", "--root", "copy", "-o", "site.tar.gz"]);
    assert_eq!(code, 0, "{said}");
    fs::remove_dir_all(place.path("copy")).unwrap();
    place.check_answers("site.tar.gz", &[]);
}

#[test]
fn findings_name_the_paths_of_the_server() {
    let place = Place::new();
    place.write(
        "copy/etc/apache2/sites-available/two.conf",
        "RewriteRule (\n",
    );
    for source in [MAIN, "copy/etc/apache2/apache2.conf"] {
        let (_, said) = place.run(&["check", source, "--root", "copy", "--format", "json"]);
        let place = "\"/etc/apache2/sites-enabled/two.conf\"";
        assert!(said.contains(place), "{said}");
        assert!(!said.contains("undefined-variable"), "{said}");
        assert!(!said.contains("copy/"), "{said}");
    }
}

#[test]
fn folders_stand_for_parts_of_a_server() {
    let place = Place::new();
    let options = [
        "--map",
        "/etc/apache2=copy/etc/apache2",
        "--map",
        "/var/www=copy/var/www",
        "--map",
        "/srv=copy/srv",
    ];
    place.check_answers(MAIN, &options);
}

#[test]
fn a_configuration_beside_the_copy_is_read_with_its_files() {
    let place = Place::new();
    place.write(
        "mine.conf",
        fs::read(place.path("copy/etc/apache2/apache2.conf")).unwrap(),
    );
    place.check_answers("mine.conf", &["--root", "copy"]);
}

#[test]
fn a_document_root_elsewhere_is_still_found() {
    let place = Place::new();
    fs::rename(place.path("copy/var/www/one"), place.path("htdocs")).unwrap();
    let options = ["--root", "copy", "--docroot", "/var/www/one=htdocs"];
    place.check_answers(MAIN, &options);
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::new();
    let check = |arguments: &[&str], expected: &str| {
        let (code, said) = place.run(arguments);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(expected), "{said}");
    };
    check(
        &["check", "/none", "--root", "copy"],
        "there is no /none, neither",
    );
    check(
        &["check", MAIN, "--root", "none"],
        "--root none: there is no such folder",
    );
    check(&["check", MAIN, "--map", "copy"], "write SERVER_PATH=DIR");
    check(
        &["check", MAIN, "--map", "/etc=none"],
        "--map none: there is no such folder",
    );
}

#[test]
fn a_document_root_is_read_below_the_copy() {
    let place = Place::new();
    place.write("copy/var/www/html/.htaccess", "Redirect 301 /a /b\n");
    let (code, said) = place.run(&[
        "explain",
        "/var/www/html",
        "http://h.example/a",
        "--root",
        "copy",
    ]);
    assert!(said.contains("http://h.example/b"), "{code} {said}");
    let _: &Path = place.0.path();
}

/// The archive's entries: names and contents.
fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        (name, String::from_utf8_lossy(&content).into_owned())
    });
    entries.collect()
}

#[test]
fn an_archive_answers_as_its_server_when_that_is_gone() {
    let place = Place::new();
    let packed = ["collect", MAIN, "--root", "copy", "-o", "site.tar.gz"];
    let (code, said) = place.run(&packed);
    assert_eq!(code, 0, "{said}");
    fs::remove_dir_all(place.path("copy")).unwrap();
    place.check_answers("site.tar.gz", &[]);
    let (code, said) = place.run(&["migrate", "site.tar.gz", "--out", "build"]);
    assert_eq!(code, 0, "{said}");
    place.check_answers("build", &[]);
    let (code, said) = place.run(&["diff", "build", "site.tar.gz"]);
    assert_eq!(code, 0, "{said}");
    let (_, said) = place.run(&["explain", "site.tar.gz", "http://one.example/spring"]);
    assert!(
        said.contains("/etc/apache2/sites-enabled/one.conf:6"),
        "{said}"
    );
    let (_, said) = place.run(&["check", "site.tar.gz"]);
    assert!(
        !said.contains("undefined-variable") && !said.contains("docroot-unknown"),
        "{said}"
    );
}

#[test]
fn an_archive_has_no_pages_and_no_secrets() {
    let place = Place::new();
    let config = "# hunter1\nAuthLDAPBindPassword hunter2\nSetEnv API_KEY hunter3\n\
                  DBDParams \"pass=hunter4\"\nRedirect 301 /a /b\n";
    place.write("copy/etc/apache2/sites-available/two.conf", config);
    place.write(
        "copy/etc/apache2/key.conf",
        "-----BEGIN PRIVATE KEY-----\nhunter5\n",
    );
    let mut main = fs::read_to_string(place.path("copy/etc/apache2/apache2.conf")).unwrap();
    main.push_str("Include key.conf\n");
    place.write("copy/etc/apache2/apache2.conf", main);
    place.write("copy/var/www/one/secret.html", "hunter6");
    let (_, said) = place.run(&["collect", "copy/etc/apache2/apache2.conf", "--root", "copy"]);
    for expected in [
        "the value of /etc/apache2/sites-enabled/two.conf:2 AuthLDAPBindPassword",
        "the value of /etc/apache2/sites-enabled/two.conf:3 SetEnv",
        "the value of /etc/apache2/sites-enabled/two.conf:4 DBDParams",
        "/etc/apache2/key.conf: there is a private key in it",
        "not asked: the server is another machine",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let entries = unpacked(&fs::read(place.path("site.tar.gz")).unwrap());
    for (name, content) in &entries {
        assert!(!content.contains("hunter"), "{name}: {content}");
    }
    let listing = &entries
        .iter()
        .find(|(name, _)| name == "listing.txt")
        .unwrap()
        .1;
    assert!(
        listing.contains("f 7 /var/www/one/secret.html\n"),
        "{listing}"
    );
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"root/var/www/one/.htaccess"), "{names:?}");
}

#[test]
fn an_archive_brings_the_zone_of_its_server() {
    let place = Place::new();
    let rule = "RewriteEngine On\nRewriteRule ^/t$ /%{TIME_HOUR} [R=302,L]\n";
    place.write("copy/etc/apache2/sites-available/two.conf", rule);
    let options = ["--root", "copy", "--timezone", "+14:00"];
    let (_, said) = place.run(&[&["collect", MAIN], options.as_slice()].concat());
    assert!(said.contains("time zone    +14:00"), "{said}");
    let (_, said) = place.run(&["check", "site.tar.gz"]);
    assert!(!said.contains("server-time-zone"), "{said}");
    let (_, said) = place.run(&["check", MAIN, "--root", "copy"]);
    assert!(said.contains("server-time-zone"), "{said}");
}

#[test]
fn what_a_server_says_of_its_modules_comes_along() {
    let place = Place::new();
    let script = "#!/bin/sh\ncase $1 in\n-M) echo ' core_module (static)'; echo ' info_module (static)';;\n\
                  -v) echo 'Server version: Apache/2.4.10 (X)';;\nesac\n";
    place.write("apachectl", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(place.path("apachectl"), mode).unwrap();
    let main = "LoadModule alias_module x\n<IfModule mod_info.c>\nRedirect 301 /a /info\n</IfModule>\n\
                <IfVersion < 2.4.11>\nRedirect 301 /b /old\n</IfVersion>\nServerName h.example\n";
    place.write("conf/httpd.conf", main);
    let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .args(["collect", "conf/httpd.conf"])
        .current_dir(place.0.path())
        .env("EDGEWRIGHT_APACHECTL", place.path("apachectl"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("0 loaded and 2 built in"), "{said}");
    for (path, expected) in [("/a", "/info"), ("/b", "/old")] {
        let url = format!("http://h.example{path}");
        let (_, said) = place.run(&["explain", "site.tar.gz", &url]);
        assert!(
            said.contains(&format!("http://h.example{expected}")),
            "{said}"
        );
    }
}

#[test]
fn an_archive_goes_with_no_other_root() {
    let place = Place::new();
    place.run(&["collect", MAIN, "--root", "copy"]);
    let (code, said) = place.run(&["check", "site.tar.gz", "--root", "copy"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("leave out --root and --map"), "{said}");
}

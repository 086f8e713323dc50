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
        "LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so\n\
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

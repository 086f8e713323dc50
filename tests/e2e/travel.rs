//! What is brought from a server: archives are compared with Apache, and so are DBM files.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use edgewright_test_support::apache::{ServerRoot, Serving};
use edgewright_test_support::wire::Request;
use serde_json::Value;

/// Where the files are that `httxt2dbm` made.
fn maps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/dbm")
}

/// The keys and values that the files were made of.
fn entries() -> Vec<(String, String)> {
    let text = fs::read_to_string(maps().join("map.txt")).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let entries = lines.map(|(key, value)| (key.to_owned(), value.to_owned()));
    entries.collect()
}

/// `RewriteMap` sources, in the folder `@`.
const SOURCES: [&str; 4] = [
    "dbm=sdbm:@/map.sdbm",
    "dbm=db:@/map.db",
    "dbm=gdbm:@/map.gdbm",
    "dbm:@/map.db",
];

#[test]
fn apache_finds_in_dbm_files_what_was_read_of_them() {
    let root = ServerRoot::new().unwrap();
    for file in ["map.sdbm.pag", "map.sdbm.dir", "map.db", "map.gdbm"] {
        root.write(file, fs::read(maps().join(file)).unwrap())
            .unwrap();
    }
    let mut config = "ServerName h.test\nRewriteEngine On\n".to_owned();
    for (number, source) in SOURCES.iter().enumerate() {
        let source = source.replace('@', &root.path().display().to_string());
        config += &format!(
            "RewriteMap m{number} {source}\nRewriteRule ^/{number}/(.*)$ ${{m{number}:$1|/none}} [R,L]\n"
        );
    }
    let port = ServerRoot::free_port().unwrap();
    let address = Ipv4Addr::LOCALHOST;
    let apache = root
        .start(config, &[address], port, Serving::Everything)
        .unwrap();
    let nothing = ("nothing".to_owned(), "/none".to_owned());
    for (key, value) in entries().into_iter().chain([nothing]) {
        for (number, source) in SOURCES.iter().enumerate() {
            let request = Request::get("h.test", format!("/{number}/{key}"));
            let answer = apache.answer(address, &request).unwrap();
            let location =
                String::from_utf8_lossy(&answer.location.unwrap_or_default()).into_owned();
            let is_it = location.starts_with("http://h.test") && location.ends_with(&value);
            assert!(is_it, "{key} {source}: {location}");
        }
    }
}

/// Runs the program in `place`, which must succeed; what it printed.
fn run(place: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
    let output = command.args(arguments).current_dir(place).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_archive_is_compared_with_the_apache_at_hand() {
    let root = ServerRoot::new().unwrap();
    let map = fs::read(maps().join("map.sdbm.pag")).unwrap();
    root.write("copy/etc/apache2/maps/m.pag", map).unwrap();
    let main = "ServerName h.test\n<Directory /srv/www>\nAllowOverride All\nRequire all granted\n</Directory>\n\
        DocumentRoot /srv/www\nRewriteEngine On\nRewriteMap m dbm=sdbm:/etc/apache2/maps/m\n\
        RewriteCond ${m:$1} ^(/.+)$\nRewriteRule ^/(\\w+)$ %1 [R=301,L]\n\
        RewriteRule ^/now$ /at/%{TIME_HOUR}/%{TIME_WDAY} [R,L]\n";
    root.write("copy/etc/apache2/apache2.conf", main).unwrap();
    let access = "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} -s\n\
        RewriteRule ^full\\.html$ /full [R,L]\nRewriteCond %{REQUEST_FILENAME} !-s\n\
        RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^empty\\.html$ /empty [R,L]\n";
    root.write("copy/srv/www/.htaccess", access).unwrap();
    root.write("copy/srv/www/full.html", "a page").unwrap();
    root.write("copy/srv/www/empty.html", "").unwrap();
    let place = root.path();
    let options = ["--root", "copy", "--timezone", "Pacific/Chatham"];
    let conf = "/etc/apache2/apache2.conf";
    let compare = |source: &[&str]| {
        let printed = run(place, &[&["verify", "--format", "json"], source].concat());
        let report: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(
            report["differences"],
            Value::Array(Vec::new()),
            "{report:#}"
        );
        assert_eq!(report["fired"], 4, "{report:#}");
    };
    compare(&[&[conf], options.as_slice()].concat());
    run(place, &[&["collect", conf], options.as_slice()].concat());
    fs::remove_dir_all(place.join("copy")).unwrap();
    compare(&["site.tar.gz"]);
}

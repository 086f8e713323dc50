//! `edgewright check --fix`: what changes no answer is deleted, and nothing else.

use super::MISSING;
use crate::cli::Place;

/// What `--fix` makes of `site.conf` with `lines`.
#[track_caller]
fn check_fix(lines: &str, expected: &str) {
    let place = Place::new().with("site.conf", lines);
    let ran = place.run(&["check", "site.conf", "--fix"]);
    assert!(ran.code < 2, "{}", ran.err);
    let now = std::fs::read_to_string(place.path("site.conf")).unwrap();
    assert_eq!(now, expected, "{}", ran.err);
    let is_said = ran.err.contains("fixed; ");
    assert_eq!(is_said, lines != expected, "{}", ran.err);
}

#[test]
fn what_is_repeated_is_deleted() {
    let rule = "RewriteCond %{QUERY_STRING} ^a$\nRewriteRule ^/a$ https://x.test/b [R,L]\n";
    let other = "RewriteCond %{QUERY_STRING} ^b$\nRewriteRule ^/a$ https://x.test/c [R,L]\n";
    let on = "RewriteEngine On\n";
    check_fix(
        &format!("{on}{rule}# one\n{other}# two\n  {rule}\n{other}# three\n"),
        &format!("{on}{rule}# one\n{other}# two\n\n# three\n"),
    );
    check_fix(
        &format!(
            "Redirect 301 /a \\\n  https://x.test/b\n{MISSING}Redirect 301 /a \\\n  https://x.test/b\n"
        ),
        &format!("Redirect 301 /a \\\n  https://x.test/b\n{MISSING}"),
    );
}

#[test]
fn what_is_not_proved_stays() {
    let same = |lines: &str| check_fix(lines, lines);
    let rule = "RewriteRule ^/a$ https://x.test/b [R,L]\n";
    // Only shadowed: which of the two is meant, a person knows.
    same(&format!(
        "RewriteEngine On\n{rule}RewriteRule ^/a$ https://x.test/c [R,L]\n"
    ));
    // Somebody counts the lines.
    same(&format!(
        "RewriteEngine On\n{rule}RewriteRule ^/b - [S=1]\n{rule}RewriteRule ^/c$ /d [R,L]\n"
    ));
    // Somebody wants it.
    same(&format!(
        "RewriteEngine On\n{rule}# edgewright: allow(duplicate-rule) a test\n{rule}"
    ));
    // Its comment would be about the next line.
    same(&format!(
        "RewriteEngine On\n{rule}# edgewright: allow(no-rules) x\n{rule}RewriteRule ^/c$ /d [R,L]\n"
    ));
    // A line of a macro is there once, and read twice.
    same(&format!(
        "RewriteEngine On\n<Macro m>\n{rule}</Macro>\nUse m\nUse m\n"
    ));
    same(MISSING);
}

#[test]
fn fixes_are_made_in_every_file_or_in_none() {
    let map = "a /x\nb /y\na /z\n";
    let main = "RewriteEngine On\nRewriteMap m txt:map.txt\nRewriteRule ^/m/(.+)$ https://x.test${m:$1|/} [R,L]\nInclude more.conf\n";
    let more = "Redirect 301 /a https://x.test/b\n";
    let place = Place::new()
        .with("site.conf", main)
        .with("map.txt", map)
        .with("more.conf", more.repeat(2));
    let run = |more: &[&str]| {
        place.run(&[&["check", "site.conf", "--server-root", ".", "--fix"], more].concat())
    };
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    run(&["--select", "security"]).check(0, &[]);
    assert_eq!(
        (read("map.txt"), read("more.conf")),
        (map.to_owned(), more.repeat(2))
    );
    run(&[]).check(
        0,
        &["2 findings fixed; ", "requests are answered as before"],
    );
    assert_eq!(
        (read("map.txt").as_str(), read("more.conf").as_str()),
        ("a /x\nb /y\n", more)
    );
    assert_eq!(read("site.conf"), main);
    // A file that is read twice is as it is.
    let place = Place::new()
        .with("site.conf", "Include more.conf\nInclude more.conf\n")
        .with("more.conf", more);
    place
        .run(&["check", "site.conf", "--server-root", ".", "--fix"])
        .check(0, &["duplicate-rule"]);
    assert_eq!(
        std::fs::read_to_string(place.path("more.conf")).unwrap(),
        more
    );
    // A copy of a server's files is not written.
    let place = Place::new().with("copy/etc/site.conf", more.repeat(2));
    place
        .run(&["check", "/etc/site.conf", "--root", "copy", "--fix"])
        .check(2, &["--fix writes into the configuration itself"]);
}

//! Reading a configuration: what lands where, and what Apache says about it.
//!
//! In: small configurations in memory. Out: the site, in short. The facts are those of a real
//! Apache 2.4.71.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use edgewright_compiler::spans::in_text;
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, Reading, UnitKind, UnitStatus, guess, read};
use edgewright_engine::model::rules::{RuleFlags, RuleSetId};
use edgewright_engine::model::site::SectionKind;
use edgewright_parser::diagnostic::Severity;
use proptest::prelude::*;

fn main_config(text: &str) -> Reading {
    let loader = MemoryLoader::new().with("/conf/httpd.conf", text);
    read_main(&loader)
}

fn read_main(loader: &MemoryLoader) -> Reading {
    let input = Input::MainConfig(vec![b"/conf/httpd.conf".to_vec()]);
    read(&input, loader, &ReadOptions::default())
}

/// `code@line` of every error and warning.
fn complaints(reading: &Reading) -> Vec<String> {
    let told = reading
        .diagnostics
        .iter()
        .filter(|said| said.severity > Severity::Note && said.code != "engine-off");
    told.map(|said| {
        let line = said.span.map_or(0, |span| reading.sources.place(span).line);
        format!("{}@{line}", said.code)
    })
    .collect()
}

/// Patterns of a rule set.
fn patterns(reading: &Reading, set: RuleSetId) -> String {
    let rules = &reading.site.rule_sets[set.0 as usize].rules;
    let texts = rules
        .iter()
        .map(|rule| String::from_utf8_lossy(&rule.pattern.text).into_owned());
    texts.collect::<Vec<_>>().join(" ")
}

/// Rules of each host in server context: `-` for a host that mod_rewrite leaves alone, `!` before
/// those of a host whose engine is off.
fn hosts(reading: &Reading) -> Vec<String> {
    let host = |host: &edgewright_engine::model::site::Host| {
        let Some(rewrite) = &host.rewrite else {
            return "-".to_owned();
        };
        let engine = host
            .settings
            .rewrite
            .as_ref()
            .and_then(|rewrite| rewrite.engine);
        let mark = if engine == Some(true) { "" } else { "!" };
        format!("{mark}{}", patterns(reading, rewrite.rules))
    };
    reading.site.hosts.iter().map(host).collect()
}

#[test]
fn server_rules_are_inherited_as_apache_does() {
    let cases: &[(&str, &str, &str, [&str; 2])] = &[
        (
            "no directive in the host",
            "RewriteEngine On\nRewriteRule m -",
            "",
            ["m", "-"],
        ),
        (
            "not even with InheritDown",
            "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule m -",
            "",
            ["m", "-"],
        ),
        (
            "a directive in a section of the host counts",
            "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule m -",
            "<Directory /x>\nRewriteEngine On\n</Directory>",
            ["m", "m"],
        ),
        (
            "the engine comes from the main server",
            "RewriteEngine On\nRewriteRule m -",
            "RewriteRule v -",
            ["m", "v"],
        ),
        (
            "the engine is the host's own",
            "RewriteEngine On\nRewriteRule m -",
            "RewriteEngine Off\nRewriteRule v -",
            ["m", "!v"],
        ),
        (
            "Inherit in main is picked up",
            "RewriteEngine On\nRewriteOptions Inherit\nRewriteRule m -",
            "RewriteRule v -",
            ["m", "v m"],
        ),
        (
            "own options replace main's",
            "RewriteEngine On\nRewriteOptions Inherit\nRewriteRule m -",
            "RewriteOptions AllowNoSlash\nRewriteRule v -",
            ["m", "v"],
        ),
        (
            "InheritBefore",
            "RewriteEngine On\nRewriteRule m -",
            "RewriteOptions InheritBefore\nRewriteRule v -",
            ["m", "m v"],
        ),
        (
            "Inherit beats InheritBefore",
            "RewriteEngine On\nRewriteRule m -",
            "RewriteOptions InheritBefore\nRewriteOptions Inherit\nRewriteRule v -",
            ["m", "v m"],
        ),
        (
            "InheritDown unless ignored",
            "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule m -",
            "RewriteOptions IgnoreInherit\nRewriteRule v -",
            ["m", "v"],
        ),
        (
            "IgnoreInherit does not cancel Inherit",
            "RewriteEngine On\nRewriteRule m -",
            "RewriteOptions IgnoreInherit Inherit\nRewriteRule v -",
            ["m", "v m"],
        ),
        (
            "InheritDownBefore",
            "RewriteEngine On\nRewriteOptions InheritDownBefore\nRewriteRule m -",
            "RewriteRule v -",
            ["m", "m v"],
        ),
    ];
    for (name, main, host, expected) in cases {
        let reading = main_config(&format!(
            "{main}\n<VirtualHost *:80>\n{host}\n</VirtualHost>\n"
        ));
        assert_eq!(complaints(&reading), [""; 0], "{name}");
        assert_eq!(hosts(&reading), *expected, "{name}");
    }
}

#[test]
fn reading_settles_conditions_and_variables() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "a loaded module",
            "<IfModule mod_rewrite.c>\nRewriteRule a -\n</IfModule>",
            "a",
        ),
        (
            "by symbol",
            "<IfModule rewrite_module>\nRewriteRule a -\n</IfModule>",
            "a",
        ),
        (
            "not loaded",
            "<IfModule mod_php5.c>\nRewriteRule a -\nJunk [\n</IfModule>\nRewriteRule b -",
            "b",
        ),
        (
            "negated",
            "<IfModule !mod_php5.c>\nRewriteRule a -\n</IfModule>",
            "a",
        ),
        (
            "defined",
            "Define X\n<IfDefine X>\nRewriteRule a -\n</IfDefine>",
            "a",
        ),
        (
            "undefined again",
            "Define X\nUnDefine X\n<IfDefine X>\nRewriteRule a -\n</IfDefine>",
            "",
        ),
        (
            "nested and false",
            "<IfDefine X>\n<IfModule mod_rewrite.c>\nRewriteRule a -\n</IfModule>\n</IfDefine>\nRewriteRule b -",
            "b",
        ),
        (
            "version",
            "<IfVersion >= 2.4>\nRewriteRule a -\n</IfVersion>",
            "a",
        ),
        (
            "file",
            "<IfFile /conf/httpd.conf>\nRewriteRule a -\n</IfFile>\n<IfFile /none>\nRewriteRule b -\n</IfFile>",
            "a",
        ),
        (
            "directive",
            "<IfDirective RewriteRule>\nRewriteRule a -\n</IfDirective>\n<IfDirective Nope>\nRewriteRule b -\n</IfDirective>",
            "a",
        ),
        ("variable", "Define V a\nRewriteRule ${V} -", "a"),
        (
            "macro",
            "<Macro M $p>\nRewriteRule $p -\n</Macro>\nUse M a\nUse M b",
            "a b",
        ),
        (
            "condition before IfModule",
            "RewriteCond x y\n<IfModule mod_rewrite.c>\nRewriteRule a -\n</IfModule>",
            "a",
        ),
    ];
    for (name, text, expected) in cases {
        let reading = main_config(&format!("RewriteEngine On\n{text}\n"));
        assert_eq!(complaints(&reading), [""; 0], "{name}");
        assert_eq!(hosts(&reading), [*expected], "{name}");
    }
}

#[test]
fn refuses_what_apache_refuses() {
    let cases: &[(&str, &str)] = &[
        ("RewriteBase /", "misplaced-directive@1"),
        (
            "<Directory /x>\nRewriteMap a int:tolower\n</Directory>",
            "misplaced-directive@2",
        ),
        (
            "<Directory /x>\n<Location /y>\n</Location>\n</Directory>",
            "misplaced-directive@2",
        ),
        (
            "<VirtualHost *>\n<VirtualHost *>\n</VirtualHost>\n</VirtualHost>",
            "misplaced-directive@2",
        ),
        ("RewriteLog x", "unknown-directive@1"),
        ("RewriteRule ( -", "bad-pattern@1"),
        ("RewriteCond x (\nRewriteRule a -", "bad-pattern@1"),
        (
            "RewriteCond expr \"%{X} ==\"\nRewriteRule a -",
            "bad-expression@1",
        ),
        ("Redirect 301 http://x/", "misplaced-directive@1"),
        ("<VirtualHost *>\nRewriteEngine On", "unclosed-section@1"),
        ("</VirtualHost>", "unmatched-section@1"),
        (
            "<Directory /x>\n<Files y>\n</Directory>\n</Files>",
            "unmatched-section@3 unmatched-section@4",
        ),
        ("<IfModule mod_nope.c>\nx", "unclosed-section@1"),
        ("Include nope.conf", "unreadable-file@1"),
        ("Include nope/*.conf", "unreadable-file@1"),
        ("IncludeOptional nope/*.conf", ""),
        ("Use Nope", "unknown-macro@1"),
        ("ServerAlias x", "bad-argument@1"),
        ("Listen 80\nListen *:80", "bad-argument@2"),
        ("Options +All", "bad-argument@1"),
        (
            "<Location /a b>\nNope\n</Location>",
            "unknown-directive@2 wrong-argument-count@1",
        ),
        (
            "<IfModule mod_nope.c>\n</Directory>\n</IfModule>",
            "unmatched-section@1",
        ),
        (
            "<Directory /x>\n<RequireAny>\n</RequireAny>\n</Directory>",
            "bad-argument@2",
        ),
        (
            "<Directory /x>\n<RequireAll>\nOptions None\nRequire all granted\n</RequireAll>\n</Directory>",
            "misplaced-directive@3",
        ),
        (
            "<Directory /x>\nRequire not all granted\n</Directory>",
            "bad-argument@2",
        ),
        (
            "<Else>\nNope\n</Else>",
            "unknown-directive@2 unmatched-section@1",
        ),
        ("RewriteMap a txt:/nope", "unreadable-file@1"),
        ("DocumentRoot a b", "wrong-argument-count@1"),
        ("ServerName", "wrong-argument-count@1"),
        ("Options +Indexes FollowSymLinks", "bad-argument@1"),
        (
            "<Directory /x>\nAllowOverride Nope\n</Directory>",
            "bad-argument@2",
        ),
        (
            "<If \"true\">\n</If>\n<Else>\n</Else>\n<Else>\n</Else>",
            "unmatched-section@5",
        ),
        ("AllowOverride All", "misplaced-directive@1"),
        ("RewriteCond a b", "unattached-condition@1"),
        ("RewriteRule a b [", "bad-flags@1"),
    ];
    for (text, expected) in cases {
        let reading = main_config(text);
        assert_eq!(complaints(&reading).join(" "), *expected, "{text}");
    }
}

#[test]
fn flags_are_folded() {
    let cases: &[(&str, RuleFlags, u16, &str)] = &[
        (
            "a /b [F,R=301]",
            RuleFlags::STATUS | RuleFlags::NO_SUBSTITUTION | RuleFlags::FORCE_REDIRECT,
            301,
            "",
        ),
        (
            "a /b [R=301,F]",
            RuleFlags::STATUS | RuleFlags::NO_SUBSTITUTION | RuleFlags::FORCE_REDIRECT,
            403,
            "",
        ),
        (
            "a /b [R=404]",
            RuleFlags::STATUS | RuleFlags::NO_SUBSTITUTION | RuleFlags::FORCE_REDIRECT,
            404,
            "",
        ),
        (
            "a /b? [R]",
            RuleFlags::FORCE_REDIRECT | RuleFlags::QUERY_NONE,
            302,
            "/b",
        ),
        (
            "a /b? [QSA]",
            RuleFlags::QUERY_APPEND | RuleFlags::QUERY_LAST,
            302,
            "/b?",
        ),
        (
            "a /b [QSD]",
            RuleFlags::QUERY_DISCARD | RuleFlags::QUERY_NONE,
            302,
            "/b",
        ),
        ("a /b?c [QSD]", RuleFlags::QUERY_DISCARD, 302, "/b?c"),
        (
            "a - [L]",
            RuleFlags::LAST | RuleFlags::NO_SUBSTITUTION,
            302,
            "",
        ),
        (
            "!a /b [BCTLS]",
            RuleFlags::NEGATED | RuleFlags::ESCAPE_CONTROLS | RuleFlags::ESCAPE_BACKREFERENCES,
            302,
            "/b",
        ),
    ];
    for (text, flags, status, substitution) in cases {
        let reading = main_config(&format!("RewriteRule {text}\n"));
        let rule = &reading.site.rule_sets[0].rules[0];
        assert_eq!(rule.flags, *flags, "{text}");
        assert_eq!(rule.status, *status, "{text}");
        assert_eq!(rule.substitution.source, substitution.as_bytes(), "{text}");
    }
}

#[test]
fn htaccess_files_are_found() {
    let loader = MemoryLoader::new()
        .with("/conf/httpd.conf", "DocumentRoot /www\n<Directory /www>\nAllowOverride FileInfo\n</Directory>\n<Directory /www/off>\nAllowOverride None\n</Directory>\n")
        .with("/www/.htaccess", "RewriteEngine On\nRewriteBase /\nRewriteRule a b\n")
        .with("/www/bad/.htaccess", "RewriteRule a b\nOptions All\n")
        .with("/www/off/.htaccess", "RewriteRule a b\n")
        .with("/www/sub/index.html", "x");
    let reading = read_main(&loader);
    assert_eq!(complaints(&reading), ["misplaced-directive@2"]);
    let overrides = &reading.site.tree.overrides;
    let directories: Vec<_> = overrides
        .keys()
        .map(|path| String::from_utf8_lossy(path))
        .collect();
    assert_eq!(directories, ["/www", "/www/bad"]);
    let section = |path: &[u8]| &reading.site.sections[overrides[path].0 as usize];
    let root = section(b"/www");
    assert_eq!(root.kind, SectionKind::Htaccess);
    let rewrite = root.settings.rewrite.as_ref().unwrap();
    assert_eq!(rewrite.base.as_deref(), Some(b"/".as_slice()));
    assert_eq!(rewrite.directory.as_deref(), Some(b"/www/".as_slice()));
    assert_eq!(patterns(&reading, rewrite.rules), "a");
    assert!(section(b"/www/bad").settings.broken);
    let statuses: Vec<_> = reading.units.iter().map(|unit| &unit.status).collect();
    assert!(
        matches!(
            statuses[..],
            [
                UnitStatus::Placed(_),
                UnitStatus::Inactive(_),
                UnitStatus::Skipped(_)
            ]
        ),
        "{statuses:?}"
    );
    assert!(reading.site.tree.kind(b"/www/sub/index.html").is_some());
}

/// Folders below one another, read by several servers: how many rules are counted as placed and as left
/// alone, and how often it is said that a file is not read.
fn check_shared_roots(name: &str, main: &str, hosts: &[&str], expected: (usize, usize, usize)) {
    let mut text =
        format!("DocumentRoot /www\n<Directory /www>\nAllowOverride {main}\n</Directory>\n");
    for (port, overrides) in (8001..).zip(hosts) {
        text += &format!(
            "<VirtualHost *:{port}>\nServerName h.test\nDocumentRoot /www/site\n<Directory /www/site>\n\
             {overrides}\n</Directory>\n</VirtualHost>\n"
        );
    }
    let loader = MemoryLoader::new()
        .with("/conf/httpd.conf", text)
        .with("/www/site/.htaccess", "RewriteEngine On\nRewriteRule a b\n");
    let reading = read_main(&loader);
    let placed = reading
        .units
        .iter()
        .filter(|unit| matches!(unit.status, UnitStatus::Placed(_)));
    let placed = placed.count();
    let ignored = reading
        .diagnostics
        .iter()
        .filter(|said| said.code == "htaccess-ignored");
    let found = (placed, reading.units.len() - placed, ignored.count());
    assert_eq!(found, expected, "{name}");
    assert_eq!(reading.counts.htaccess_files, 1, "{name}");
}

#[test]
fn a_file_that_several_servers_meet_is_counted_once() {
    let all = "AllowOverride All";
    let none = "AllowOverride None";
    check_shared_roots("only a host reads it", "None", &[all], (1, 0, 0));
    check_shared_roots("two hosts read it alike", "None", &[all, all], (1, 0, 0));
    check_shared_roots("nobody reads it", "None", &[none], (0, 1, 1));
    check_shared_roots("only the main server reads it", "All", &[none], (1, 0, 0));
    check_shared_roots("one host reads it", "None", &[none, all], (1, 0, 0));
    check_shared_roots("all read it", "All", &[all], (1, 0, 0));
}

#[test]
fn maps_are_read() {
    let loader = MemoryLoader::new()
        .with(
            "/conf/httpd.conf",
            "RewriteMap m txt:maps/m.txt\nRewriteEngine On\nRewriteRule a ${m:a}",
        )
        .with("/conf/maps/m.txt", "# no\nb 2\na 1 # one\n c 3\na 4\nd\n");
    let reading = read_main(&loader);
    assert_eq!(complaints(&reading), [""; 0]);
    let edgewright_engine::model::site::MapKind::Text(entries) = &reading.site.maps[0].kind else {
        unreachable!("a text map");
    };
    let pairs: Vec<_> = entries
        .iter()
        .map(|entry| (entry.key.as_slice(), entry.place.line))
        .collect();
    assert_eq!(pairs, [(b"a".as_slice(), 3), (b"b".as_slice(), 2)]);
    let of_map = reading
        .units
        .iter()
        .filter(|unit| unit.kind == UnitKind::MapEntry);
    let repeated = of_map
        .clone()
        .filter(|unit| matches!(unit.status, UnitStatus::Repeated(place) if place.line == 3));
    assert_eq!((of_map.count(), repeated.count()), (3, 1));
}

#[test]
fn every_line_that_counts_is_a_unit() {
    let reading = main_config(
        "RewriteEngine On\nRewriteRule a -\nRewriteRule ( -\nRedirect /a /b\nRedirect nope\n\
         <IfModule mod_nope.c>\nRewriteRule b -\nRedirect /c /d\n</IfModule>\n\
         <Macro Unused>\nRewriteRule c -\n</Macro>\n\
         <Nope>\nRewriteRule d -\n</Nope>\n",
    );
    let statuses: Vec<String> = reading
        .units
        .iter()
        .map(|unit| {
            let status = match unit.status {
                UnitStatus::Placed(_) => "placed",
                UnitStatus::Skipped(_) => "skipped",
                UnitStatus::Rejected(_) => "rejected",
                UnitStatus::Repeated(_) => "repeated",
                UnitStatus::Inactive(_) => "inactive",
            };
            format!("{}:{status}", unit.place.line)
        })
        .collect();
    assert_eq!(
        statuses,
        [
            "2:placed",
            "3:rejected",
            "4:placed",
            "5:rejected",
            "7:skipped",
            "8:skipped",
            "14:rejected",
            "11:skipped"
        ]
    );
}

#[test]
fn every_directory_that_a_wildcard_fits_must_have_something() {
    let cases: &[(&str, &str)] = &[
        ("Include /x/*/r.con?", "unreadable-file@1"),
        ("IncludeOptional /x/*/r.con?", ""),
        ("Include /x/*/r.conf", "unreadable-file@1"),
        ("IncludeOptional /x/*/r.conf", ""),
        ("Include /x/a/*", ""),
        ("Include /*/a/r.conf", "unreadable-file@1"),
        ("Include /x/*", ""),
        ("Include /x/c/*/r.conf", "unreadable-file@1"),
        ("Include /x/a/r.conf/*", "unreadable-file@1"),
    ];
    for (text, expected) in cases {
        let loader = MemoryLoader::new()
            .with("/conf/httpd.conf", text)
            .with("/x/a/r.conf", "RewriteEngine On\n")
            .with("/x/b/other", "RewriteEngine On\n");
        assert_eq!(
            complaints(&read_main(&loader)).join(" "),
            *expected,
            "{text}"
        );
    }
}

#[test]
fn include_loops_end() {
    let loader = MemoryLoader::new().with(
        "/conf/httpd.conf",
        "Include httpd.conf\nInclude httpd.conf\n",
    );
    assert_eq!(complaints(&read_main(&loader)), ["include-loop@1"]);
}

#[test]
fn parts_of_configurations_are_read_as_what_they_are() {
    let loader = MemoryLoader::new()
        .with("rules.conf", "RewriteRule ^/a$ /b\n")
        .with("site/.htaccess", "RewriteEngine On\nRewriteRule ^a$ b\n")
        .with("site/sub/.htaccess", "Redirect /x /y\n");
    let options = ReadOptions::default();
    let include = read(
        &Input::VirtualHostInclude(vec![b"rules.conf".to_vec()]),
        &loader,
        &options,
    );
    // A visitor may come over either scheme, so there is a host for each.
    assert_eq!(hosts(&include), ["^/a$", "^/a$"]);
    assert!(
        include
            .diagnostics
            .iter()
            .any(|said| said.code == "engine-assumed")
    );
    let folder = read(&Input::DocumentRoot(b"site".to_vec()), &loader, &options);
    assert_eq!(folder.site.tree.overrides.len(), 2);
    assert!(folder.site.tree.kind(b"/var/www/html/sub").is_some());
    let file = read(
        &Input::Htaccess(b"site/.htaccess".to_vec()),
        &loader,
        &options,
    );
    assert!(
        file.site
            .tree
            .overrides
            .contains_key(b"/var/www/html".as_slice())
    );
}

#[test]
fn the_loaded_modules_are_those_the_configuration_loads() {
    let cases: &[(&str, &str)] = &[
        ("nothing loaded", "CheckSpelling Off\nRewriteEngine On"),
        (
            "a part of a list",
            "LoadModule php_module x.so\nphp_value a b\nRewriteEngine On",
        ),
    ];
    for (name, text) in cases {
        assert_eq!(complaints(&main_config(text)), [""; 0], "{name}");
    }
    let text = "LoadModule rewrite_module x.so\nRewriteEngine On\nRedirect /a /b\nphp_value a b";
    let complaints = complaints(&main_config(text));
    assert_eq!(complaints, ["unknown-directive@3", "unknown-directive@4"]);
}

#[test]
fn macros_end() {
    let loops = main_config("<Macro M>\nUse M\n</Macro>\nUse M");
    assert_eq!(complaints(&loops), ["macro-loop@2"]);
    let twice =
        main_config("<Macro A>\nUse B\nUse B\n</Macro>\n<Macro B>\nUse A\nUse A\n</Macro>\nUse A");
    assert!(
        complaints(&twice)
            .iter()
            .all(|said| said.starts_with("macro-loop"))
    );
}

#[test]
fn a_binary_file_is_one_error() {
    let loader = MemoryLoader::new().with("/conf/httpd.conf", b"\x7fELF\0\0RewriteRule a b\nx\n");
    assert_eq!(complaints(&read_main(&loader)), ["binary-file@1"]);
}

#[test]
fn sections_have_limits() {
    let deep = "<If \"true\">\n".repeat(10_000) + "RewriteRule a -\n" + &"</If>\n".repeat(10_000);
    let reading = main_config(&deep);
    assert!(
        complaints(&reading)
            .iter()
            .all(|said| said.starts_with("too-deep"))
    );
    assert_eq!(reading.units.len(), 1);
    let skipped = "<IfModule !mod_rewrite.c>\n".repeat(10_000);
    assert_eq!(complaints(&main_config(&skipped)), ["unclosed-section@1"]);
}

#[test]
fn lines_have_limits() {
    let long = "#".repeat(9000);
    let loader = MemoryLoader::new()
        .with("x/.htaccess", format!("{long}\nRewriteEngine On\n"))
        .with("/conf/httpd.conf", format!("{long}\nRewriteEngine On\n"));
    assert_eq!(complaints(&read_main(&loader)), [""; 0]);
    let folder = read(
        &Input::DocumentRoot(b"x".to_vec()),
        &loader,
        &ReadOptions::default(),
    );
    assert_eq!(complaints(&folder), ["line-too-long@1"]);
    assert!(folder.site.sections[0].settings.broken);
}

#[test]
fn allow_override_decides_line_by_line() {
    let cases: &[(&str, &str, &str)] = &[
        ("All", "RewriteEngine On\nOptions All", ""),
        (
            "FileInfo",
            "RewriteEngine On\nOptions All",
            "misplaced-directive@2",
        ),
        ("Options", "RewriteEngine On", "misplaced-directive@1"),
        ("None", "RewriteEngine On\nNope", ""),
        (
            "FileInfo Nonfatal=Override",
            "RewriteEngine On\nOptions All",
            "misplaced-directive@2",
        ),
        (
            "FileInfo Nonfatal=Unknown",
            "RewriteEngine On\nNope",
            "unknown-directive@2",
        ),
        (
            "None\nAllowOverrideList RewriteEngine",
            "RewriteEngine On\nRewriteBase /",
            "misplaced-directive@2",
        ),
        ("All", "Define X", "misplaced-directive@1"),
        (
            "All",
            "<Directory /x>\n</Directory>",
            "misplaced-directive@1",
        ),
        ("All", "RewriteMap a int:tolower", "misplaced-directive@1"),
        (
            "All",
            "<Files x>\nRewriteEngine On\n</Files>\n<If \"true\">\nRewriteEngine On\n</If>",
            "",
        ),
    ];
    for (allowed, text, expected) in cases {
        let main =
            format!("DocumentRoot /www\n<Directory /www>\nAllowOverride {allowed}\n</Directory>");
        let loader = MemoryLoader::new()
            .with("/conf/httpd.conf", main)
            .with("/www/.htaccess", text);
        let reading = read_main(&loader);
        assert_eq!(
            complaints(&reading).join(" "),
            *expected,
            "{allowed}: {text}"
        );
        let broken = reading
            .site
            .sections
            .iter()
            .any(|section| section.settings.broken);
        assert_eq!(broken, reading.first_error().is_some(), "{allowed}: {text}");
    }
}

#[test]
fn a_host_keeps_the_main_servers_redirects_behind_its_own() {
    let reading = main_config(
        "Redirect /m /x\n<VirtualHost *>\nRedirect /v /x\n</VirtualHost>\n<VirtualHost *>\n</VirtualHost>\n",
    );
    let places = |host: usize| {
        let list = reading.site.hosts[host].redirects.0 as usize;
        let list = reading.site.redirect_lists[list].iter();
        list.map(|redirect| redirect.place.line).collect::<Vec<_>>()
    };
    assert_eq!(places(0), [1]);
    assert_eq!(places(1), [3, 1]);
    assert_eq!(places(2), [1]);
    let UnitStatus::Placed(positions) = &reading.units[0].status else {
        unreachable!("placed");
    };
    assert_eq!(positions.len(), 2);
}

#[test]
fn sections_merge_in_apaches_order() {
    let reading = main_config(
        "<Directory /a/b/c>\n</Directory>\n<Directory ~ x>\n</Directory>\n<Directory /a>\n</Directory>\n\
         <VirtualHost *>\n<Directory /z>\n</Directory>\n<Directory />\n</Directory>\n</VirtualHost>\n",
    );
    let lines = |ids: &[edgewright_engine::model::site::SectionId]| {
        let sections = ids.iter().map(|id| &reading.site.sections[id.0 as usize]);
        sections
            .map(|section| section.place.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&reading.site.hosts[0].directories), [5, 1]);
    assert_eq!(lines(&reading.site.hosts[1].directories), [10, 5, 8, 1]);
    assert_eq!(lines(&reading.site.hosts[1].directory_patterns), [3]);
}

#[test]
fn rules_nothing_consults_are_inactive() {
    let cases: &[(&str, &str)] = &[
        ("RewriteRule a -", "inactive"),
        ("RewriteEngine On\nRewriteRule a -", "placed"),
        (
            "RewriteRule a -\n<Location /x>\nRewriteEngine On\n</Location>",
            "placed",
        ),
        (
            "<Directory /x>\nRewriteRule a -\n</Directory>\n<Directory /y>\nRewriteEngine On\n</Directory>",
            "placed",
        ),
        (
            "RewriteEngine On\n<Directory /x>\nRewriteEngine Off\nRewriteRule a -\n</Directory>",
            "inactive",
        ),
        (
            "RewriteEngine On\nRewriteRule a -\n<VirtualHost *:80>\n</VirtualHost>",
            "inactive",
        ),
        (
            "RewriteEngine On\nRewriteRule a -\n<VirtualHost *:443>\n</VirtualHost>",
            "placed",
        ),
        (
            "RewriteEngine On\nRewriteOptions Inherit\nRewriteRule a -\n<VirtualHost *>\nRewriteEngine On\n</VirtualHost>",
            "placed",
        ),
        ("Redirect /a /b\n<VirtualHost *>\n</VirtualHost>", "placed"),
        (
            "RewriteEngine On\n<Proxy *>\nRewriteRule a -\n</Proxy>",
            "inactive",
        ),
    ];
    for (text, expected) in cases {
        let reading = main_config(text);
        let status = match reading.units[0].status {
            UnitStatus::Placed(_) => "placed",
            UnitStatus::Repeated(_) => "repeated",
            UnitStatus::Inactive(_) => "inactive",
            _ => "other",
        };
        assert_eq!(status, *expected, "{text}");
    }
    for (text, expected) in [
        ("RewriteRule a -", true),
        ("RewriteEngine On\nRewriteRule a -", false),
        ("", false),
    ] {
        let reading = main_config(text);
        let said = reading
            .diagnostics
            .iter()
            .any(|said| said.code == "engine-off");
        assert_eq!(said, expected, "{text}");
    }
}

#[test]
fn guesses_what_paths_are() {
    let loader = MemoryLoader::new()
        .with("site/.htaccess", "RewriteRule a b")
        .with("host.conf", "<VirtualHost *>\n</VirtualHost>")
        .with("rules.conf", "RewriteEngine On\nRewriteRule ^/a /b")
        .with("redirects.conf", "Redirect /a /b")
        .with("folder-rules", "RewriteRule ^a$ /b")
        .with("based", "RewriteBase /\nRewriteRule . /index.php")
        .with("empty.conf", "");
    let cases: &[(&str, &str)] = &[
        ("site", "DocumentRoot"),
        ("site/.htaccess", "Htaccess"),
        ("host.conf", "MainConfig"),
        ("rules.conf", "VirtualHostInclude"),
        ("redirects.conf", "VirtualHostInclude"),
        ("folder-rules", "Htaccess"),
        ("based", "Htaccess"),
        ("empty.conf", "MainConfig"),
        ("none.conf", "MainConfig"),
    ];
    for (path, expected) in cases {
        let guessed = format!("{:?}", guess(&loader, &[path.as_bytes().to_vec()]));
        assert!(guessed.starts_with(expected), "{path}: {guessed}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        lines in prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..25),
    ) {
        let mut text = lines.join("\n").into_bytes();
        text.extend(bytes);
        let loader = MemoryLoader::new()
            .with("/conf/httpd.conf", &text)
            .with("/www/.htaccess", &text)
            .with("/etc/apache2/map.txt", &text);
        let reading = read_main(&loader);
        let placed = |status: &UnitStatus| matches!(status, UnitStatus::Placed(positions) if positions.is_empty());
        prop_assert!(!reading.units.iter().any(|unit| placed(&unit.status)));
    }
}

/// Lines to be put together at random.
const LINES: &[&str] = &[
    "DocumentRoot /www",
    "<Directory /www>",
    "AllowOverride All",
    "</Directory>",
    "<VirtualHost *:80>",
    "</VirtualHost>",
    "<IfModule mod_rewrite.c>",
    "<IfModule !mod_rewrite.c>",
    "</IfModule>",
    "<If \"true\">",
    "</If>",
    "<Else>",
    "</Else>",
    "<Macro M $x>",
    "</Macro>",
    "Use M a",
    "RewriteEngine On",
    "RewriteMap m txt:map.txt",
    "RewriteCond a b [OR]",
    "RewriteRule ^a$ ${m:b} [L]",
    "RewriteRule",
    "Redirect /a /b",
    "Redirect 410",
    "Include httpd.conf",
    "RewriteOptions Inherit",
    "<Files x>",
    "</Files>",
    "<Location /x>",
    "</Location>",
    "Define X a",
    "RewriteRule ${X} -",
    "x \\",
    "<RequireAny>",
    "Require all granted",
    "</RequireAny>",
    "Options +All",
    "SetEnvIf a b c",
    "Alias /a /www",
    "ErrorDocument 404 /x",
];

/// What a `RewriteMap` line leads to, with the files of `tests/cases/dbm`.
#[track_caller]
fn check_dbm(source: &str, expected: Result<&str, &str>) {
    let text = format!("RewriteMap m {source}\nRewriteEngine On\nRewriteRule a ${{m:a}}");
    let loader = MemoryLoader::new()
        .with("/conf/httpd.conf", text)
        .with(
            "/maps/m.pag",
            include_bytes!("../../tests/cases/dbm/map.sdbm.pag"),
        )
        .with("/maps/m.db", include_bytes!("../../tests/cases/dbm/map.db"))
        .with(
            "/maps/m.gdbm",
            include_bytes!("../../tests/cases/dbm/map.gdbm"),
        );
    let reading = read_main(&loader);
    let found = match &reading.site.maps[0].kind {
        edgewright_engine::model::site::MapKind::Text(entries) => {
            let two = entries.iter().find(|entry| entry.key == b"two");
            Ok(two.map_or(String::new(), |entry| {
                let place = reading.sources.display(in_text(entry.place));
                format!("{} {place}", String::from_utf8_lossy(&entry.value))
            }))
        }
        _ => Err(complaints(&reading).join("; ")),
    };
    match (&found, expected) {
        (Err(found), Err(expected)) => assert!(found.contains(expected), "{source}: {found}"),
        _ => assert_eq!(found.as_deref().ok(), expected.ok(), "{source}: {found:?}"),
    }
}

#[test]
fn dbm_files_are_maps() {
    check_dbm("dbm=sdbm:/maps/m", Ok("/zwei /maps/m.pag:44"));
    check_dbm("dbm=db:/maps/m.db", Ok("/zwei /maps/m.db:44"));
    check_dbm("dbm=gdbm:/maps/m.gdbm", Ok("/zwei /maps/m.gdbm:44"));
    check_dbm("dbm:/maps/m", Ok("/zwei /maps/m.pag:44"));
    check_dbm("dbm:/maps/m.db", Ok("/zwei /maps/m.db:44"));
    check_dbm("dbm=default:/maps/m.gdbm", Ok("/zwei /maps/m.gdbm:44"));
    check_dbm("dbm=db:/maps/m.gdbm", Err("rewrite-map-unavailable"));
    check_dbm("dbm=ndbm:/maps/m", Err("rewrite-map-unavailable"));
    check_dbm("dbm=sdbm:/maps/none", Err(""));
}

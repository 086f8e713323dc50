//! From configuration text to a build folder: what becomes of each line, and what is written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgewright_compiler::export::Manifest;
use edgewright_compiler::inputs;
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{
    Account, BuildFolder, Class, Compilation, Input, ReadOptions, Reading, compile, emit, read,
};
use edgewright_engine::artefact::item;
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::{EmbeddedTable, Entry, Lookup, Table};
use serde_json::Value;

fn reading(text: &str) -> Reading {
    let map = "one /1\none /2\ntwo /2\n";
    let loader = MemoryLoader::new()
        .with("/conf/httpd.conf", text)
        .with("/conf/m.txt", map);
    let input = Input::MainConfig(vec![b"/conf/httpd.conf".to_vec()]);
    read(&input, &loader, &ReadOptions::default())
}

fn compiled(text: &str) -> (Reading, Compilation) {
    let reading = reading(text);
    let compilation = compile(&reading).unwrap();
    (reading, compilation)
}

/// `line class` of every unit of the configuration itself, in order.
fn classes(text: &str) -> Vec<String> {
    let (reading, compilation) = compiled(text);
    let verdicts = reading.units.iter().zip(&compilation.account.verdicts);
    let line = |(unit, verdict): (&edgewright_compiler::Unit, &edgewright_compiler::Verdict)| {
        format!("{} {:?}", unit.place.line, verdict.class)
    };
    adds_up(&reading, &compilation.account);
    verdicts.map(line).collect()
}

fn adds_up(reading: &Reading, account: &Account) {
    let totals = account.totals;
    let classes = [
        (Class::Keyed, totals.keyed),
        (Class::Indexed, totals.indexed),
        (Class::Scanned, totals.scanned),
        (Class::Removed, totals.removed),
        (Class::NotExpressible, totals.not_expressible),
        (Class::Ignored, totals.ignored),
    ];
    assert_eq!(account.verdicts.len(), reading.units.len());
    assert_eq!(totals.read, reading.units.len());
    assert_eq!(
        classes.iter().map(|(_, count)| count).sum::<usize>(),
        totals.read
    );
    for (class, count) in classes {
        let verdicts = account.verdicts.iter();
        assert_eq!(
            verdicts.filter(|verdict| verdict.class == class).count(),
            count
        );
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(classes(&format!("RewriteEngine On\n{text}")), expected);
}

#[test]
fn where_rules_go() {
    check("RewriteRule ^/a/?$ /b", &["2 Keyed"]);
    check("RewriteRule ^/A$ /b [NC]", &["2 Keyed"]);
    check("RewriteRule ^/old/(.*) /new/$1", &["2 Indexed"]);
    check(r"RewriteRule \.php$ /b", &["2 Indexed"]);
    check("RewriteRule ^(.*)$ /b", &["2 Scanned"]);
    check("RewriteRule !^/a$ /b", &["2 Scanned"]);
    check(
        "RewriteRule ^/a$ - [C]\nRewriteRule ^/b$ /c",
        &["2 Scanned", "3 Scanned"],
    );
    check("Redirect /a http://o/", &["2 Keyed"]);
    check("RedirectMatch ^/a$ http://o/", &["2 Keyed"]);
    check("RedirectMatch a http://o/", &["2 Scanned"]);
}

#[test]
fn what_is_redundant() {
    let rule = "RewriteRule ^/a$ /b [R,L]";
    check(&[rule, rule].join("\n"), &["2 Keyed", "3 Removed"]);
    check(
        "Redirect /a http://o/\nRedirect /a/b http://p/",
        &["2 Keyed", "3 Removed"],
    );
}

#[test]
fn what_apache_never_consults() {
    check(
        "<IfDefine NO>\nRewriteRule ^/a$ /b\n</IfDefine>",
        &["3 Ignored"],
    );
    assert_eq!(classes("RewriteRule ^/a$ /b"), ["1 Ignored"]);
}

#[test]
fn what_the_edge_cannot_answer() {
    let rule = |condition: &str| format!("RewriteCond {condition}\nRewriteRule ^/a$ /b");
    for condition in [
        "%{REQUEST_FILENAME} !-f",
        "%{REQUEST_FILENAME} -F",
        "%{REMOTE_HOST} x",
        "%{SERVER_ADDR} x",
        "expr \"-f '/x'\"",
    ] {
        check(&rule(condition), &["3 NotExpressible"]);
    }
    for condition in [
        "%{REMOTE_USER} ^$",
        "%{REMOTE_ADDR} ^1",
        "%{HTTP_HOST} x",
        "%{SSL:X} ^$",
    ] {
        check(&rule(condition), &["3 Keyed"]);
    }
    check(
        "RewriteMap m prg:/bin/x\nRewriteRule ^/a$ ${m:x}",
        &["3 NotExpressible"],
    );
    check("RewriteRule ( -", &["2 NotExpressible"]);
}

#[test]
fn map_lines() {
    let text = "RewriteMap m txt:/conf/m.txt\nRewriteRule ^/a(.*) ${m:$1}";
    check(text, &["1 Keyed", "2 Removed", "3 Keyed", "3 Indexed"]);
}

#[test]
fn an_inherited_rule_counts_once() {
    let text = "RewriteRule ^/a$ /b\n<VirtualHost *>\nRewriteEngine On\nRewriteOptions Inherit\n\
                </VirtualHost>\n<VirtualHost *>\nServerName b\nRewriteEngine On\n\
                RewriteOptions Inherit\n</VirtualHost>";
    check(text, &["2 Keyed"]);
}

const SAMPLE: &str = "RewriteEngine On\nRewriteMap m txt:/conf/m.txt\n\
    RewriteRule ^/a$ http://o/x [R=301,L]\nRewriteRule ^/A/(b|c)$ /d [NC]\n\
    RewriteRule ^/a$ http://o/x [R=301,L]\nRewriteRule ^/old/(.*) ${m:$1}\n\
    Redirect gone /g\nRedirectMatch 302 ^/q$ /r\n";

fn folder(text: &str) -> (Compilation, BuildFolder) {
    let (reading, compilation) = compiled(text);
    let mut folder = BuildFolder::default();
    emit(&compilation, &reading, &mut folder).unwrap();
    (compilation, folder)
}

fn json(folder: &BuildFolder, name: &str) -> Value {
    serde_json::from_slice(folder.get(name).unwrap()).unwrap()
}

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    assert_eq!(folder(SAMPLE).1, folder(SAMPLE).1);
}

#[test]
fn the_manifest_tells_what_was_built() {
    let (compilation, folder) = folder(SAMPLE);
    let manifest = json(&folder, "manifest.json");
    let account = &manifest["account"];
    let count = |class: &str| account[class].as_u64().unwrap();
    let classes = [
        "keyed",
        "indexed",
        "scanned",
        "removed",
        "not_expressible",
        "ignored",
    ];
    assert_eq!(classes.map(count), [6, 1, 0, 2, 0, 0]);
    assert_eq!(count("read"), 9);
    let generation = format!("{:016x}", compilation.encode().unwrap().generation);
    assert_eq!(manifest["generation"], generation.as_str());
    for (name, content) in &folder.files {
        if *name != "manifest.json" {
            assert_eq!(manifest["files"][name]["bytes"], content.len(), "{name}");
        }
    }
}

#[test]
fn the_report_has_every_unit() {
    let (_, folder) = folder(SAMPLE);
    let report = json(&folder, "report.json");
    let units = report["units"].as_array().unwrap();
    assert_eq!(units.len(), 9);
    let at = |place: &str| units.iter().find(|unit| unit["at"] == place).unwrap();
    let removed = at("/conf/httpd.conf:5");
    assert_eq!(
        (&removed["class"], &removed["by"]),
        (&"removed".into(), &"/conf/httpd.conf:3".into())
    );
    assert_eq!(at("/conf/m.txt:2")["by"], "/conf/m.txt:1");
}

#[test]
fn items_and_embedded_table_hold_the_same_entries() {
    let (compilation, folder) = folder(SAMPLE);
    let table = EmbeddedTable::load(folder.get("table.bin").unwrap()).unwrap();
    let program = Program::load(folder.get("rules.bin").unwrap()).unwrap();
    assert_eq!(table.generation(), program.generation());
    let lines = folder
        .get("table.jsonl")
        .unwrap()
        .split(|byte| *byte == b'\n');
    let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    assert_eq!(
        (lines.len(), table.len()),
        (compilation.entries.len(), lines.len())
    );
    for line in lines {
        let item = &serde_json::from_slice::<Value>(line).unwrap()["Item"];
        let bytes = STANDARD
            .decode(item["entry"]["B"].as_str().unwrap())
            .unwrap();
        let entry = Entry::decode(&bytes).unwrap();
        let name = item::name_in_build(program.generation(), &entry.key);
        assert_eq!(item["pk"]["S"], name.as_str());
        assert!(
            matches!(table.lookup(&entry.key.sought()), Lookup::Found(found) if *found == entry)
        );
        assert!(program.filter().may_contain(entry.key.fingerprint()));
    }
}

#[test]
fn items_can_be_read_by_people() {
    let (_, folder) = folder(SAMPLE);
    let text = String::from_utf8(folder.get("table.jsonl").unwrap().to_vec()).unwrap();
    let item = text
        .lines()
        .find(|line| line.contains("rule:0:/a\""))
        .unwrap();
    let item = &serde_json::from_str::<Value>(item).unwrap()["Item"];
    assert_eq!(item["src"]["S"], "/conf/httpd.conf:3");
    assert_eq!(item["status"]["N"], "301");
    assert_eq!(item["location"]["S"], "http://o/x");
}

#[test]
fn a_damaged_program_is_refused() {
    let (_, folder) = folder(SAMPLE);
    let program = folder.get("rules.bin").unwrap();
    for bit in 0..program.len() * 8 {
        let mut flipped = program.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Program::load(&flipped).is_err(), "{bit}");
    }
    for length in 0..program.len() {
        assert!(Program::load(&program[..length]).is_err(), "{length}");
    }
}

#[track_caller]
fn check_inputs(text: &str, trigger: &str, expected: &[&str]) {
    let (_, folder) = folder(&format!("RewriteEngine On\n{text}\n"));
    let manifest = Manifest::read(folder.get("manifest.json").unwrap()).unwrap();
    assert_eq!(manifest.trigger.name(), trigger);
    let inputs: Vec<String> = manifest
        .inputs
        .keys()
        .map(inputs::Input::to_string)
        .collect();
    assert_eq!(inputs, expected);
}

#[test]
fn inputs_and_trigger() {
    let origin = "origin-request";
    let viewer = "viewer-request";
    check_inputs("Redirect gone /a", origin, &[]);
    check_inputs("Redirect /a http://o/", origin, &["query"]);
    check_inputs("Redirect /a /b", origin, &["host", "scheme", "query"]);
    check_inputs("RewriteRule ^/a$ http://o/? [R]", origin, &[]);
    check_inputs("RewriteRule ^/a$ /b? [R]", origin, &["host", "scheme"]);
    let rule = |condition: &str| format!("RewriteCond {condition}\nRewriteRule ^/a$ - [F]");
    check_inputs(&rule("%{HTTP_COOKIE} x"), origin, &["cookies"]);
    check_inputs(&rule("%{HTTP:X-Y} x"), origin, &["header x-y"]);
    check_inputs(&rule("%{LA-U:HTTP_REFERER} x"), origin, &["header referer"]);
    check_inputs(&rule("%{THE_REQUEST} x"), origin, &["query", "method"]);
    check_inputs(&rule("expr \"%{HTTPS} == 'on'\""), origin, &["scheme"]);
    // The class tells whether it holds.
    check_inputs(&rule("%{REMOTE_ADDR} x"), origin, &["client address"]);
    let expanded = "RewriteRule ^/a$ http://o/%{REMOTE_ADDR}? [R]";
    check_inputs(expanded, viewer, &["client address"]);
    check_inputs(&rule("%{TIME_HOUR} x"), origin, &["time to the hour"]);
    check_inputs(&rule("%{UNIQUE_ID} x"), viewer, &["UNIQUE_ID"]);
    // Where no cookie is in the key, CloudFront takes cookies off answers.
    check_inputs(
        "RewriteRule ^/a$ - [F,CO=a:b:c:60]",
        viewer,
        &["cookies", "time to the second"],
    );
    check_inputs("SetEnvIf ^X- . y", viewer, &["headers by pattern"]);
    check_inputs("SetEnvIf X-(A|B) . y", viewer, &["headers by pattern"]);
    let named = ["header x-a", "header x-b", "header yyyyyyyyyyyyyyy"];
    check_inputs("SetEnvIfNoCase ^(X-[AB]|Y{15})$ . y", origin, &named);
    check_inputs("SetEnvIf \"^(a b|Host)$\" . y", origin, &["host"]);
}

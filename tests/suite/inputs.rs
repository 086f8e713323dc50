//! What may be given to a command, and what is said of what may not.

use std::fs;

use crate::cli::{LOG, Place, RULES, build};

/// What a command says of a configuration that is given as `-`, as `/dev/stdin` and as a pipe of a shell.
#[track_caller]
fn check_pipe(arguments: &[&str], code: i32, texts: &[&str]) {
    let place = build().with("site.conf", RULES).with("log", LOG);
    let place = place.with("r.jsonl", "{\"target\":\"/old\"}\n");
    for name in ["-", "/dev/stdin"] {
        let arguments = arguments.iter().copied();
        let named = arguments.map(|own| if own == "CONF" { name } else { own });
        let arguments: Vec<&str> = named.collect();
        place
            .run_with(&arguments, RULES.as_bytes())
            .check(code, texts);
    }
}

#[test]
fn a_configuration_may_come_from_standard_input() {
    let loaded = ["1 rule"];
    check_pipe(&["check", "CONF"], 0, &loaded);
    check_pipe(&["migrate", "CONF", "--out", "piped"], 0, &["1 keyed"]);
    check_pipe(
        &["explain", "CONF", "/old"],
        0,
        &["301 https://example.org/new"],
    );
    check_pipe(
        &["prune", "CONF", "--log", "log"],
        0,
        &["used     1 of 1 rule"],
    );
    check_pipe(&["bench", "CONF"], 0, &["p50"]);
    check_pipe(&["diff", "CONF", "site.conf"], 0, &["0 answered otherwise"]);
    check_pipe(
        &["replay", "CONF", "--requests", "r.jsonl"],
        0,
        &["\"status\":301", "/dev/stdin:2"],
    );
    let twice = ["standard input is named more than once"];
    check_pipe(&["diff", "CONF", "CONF"], 2, &twice);
    check_pipe(&["replay", "CONF"], 2, &twice);
    check_pipe(&["prune", "CONF", "--log", "-"], 2, &twice);
    check_pipe(&["bench", "CONF", "--requests", "-"], 2, &twice);
    check_pipe(&["check", "CONF", "site.conf", "-"], 2, &twice);
}

/// What `replay` and `bench` say of a line that is no request.
#[track_caller]
fn check_no_request(line: &str, texts: &[&str]) {
    let place = build().with("r.jsonl", format!("{{\"target\":\"/old\"}}\n\n{line}\n"));
    let texts = [&["r.jsonl line 3: "], texts].concat();
    for command in ["replay", "bench"] {
        let ran = place.run(&[command, "b", "--requests", "r.jsonl"]);
        ran.check(2, &texts);
        assert!(!ran.err.contains("column"), "{}", ran.err);
    }
}

#[test]
fn a_line_that_is_no_request_is_named() {
    check_no_request(
        "GET /old",
        &["this is no JSON object, as {\"target\":\"/old\"} is"],
    );
    check_no_request("[]", &["this is no JSON object"]);
    check_no_request("{\"method\":\"GET\"}", &["`target` is missing"]);
    check_no_request("{\"target\":5}", &["`target` is 5: write a text"]);
    let scheme = "{\"target\":\"/\",\"scheme\":\"ftp\"}";
    check_no_request(
        scheme,
        &["`scheme` is \"ftp\": write \"http\" or \"https\""],
    );
    let list = "{\"target\":\"/\",\"headers\":[]}";
    check_no_request(
        list,
        &["`headers` is []: write an object of names and values"],
    );
    let header = "{\"target\":\"/\",\"headers\":{\"Accept\":1}}";
    check_no_request(
        header,
        &["the header `Accept` is 1: write a text, or a list of texts"],
    );
}

#[test]
fn a_configuration_without_rules_is_said_and_not_built() {
    let place = Place::new().with("site.conf", "ServerName h.test\n");
    place.run(&["check", "site.conf"]).check(
        1,
        &[
            "warning[no-rules]: site.conf has no rule and no redirect",
            "name the file that has them",
        ],
    );
    let json = place.run(&["check", "site.conf", "--format", "json"]);
    json.check(1, &["\"code\":\"no-rules\""]);
    let migrate = ["migrate", "site.conf", "--out", "b"];
    place
        .run(&migrate)
        .check(2, &["site.conf has no rule and no redirect: name the file"]);
    assert!(!place.path("b").exists());
    // A rule that Apache passes over or refuses is one.
    let rules = "<IfModule mod_nope.c>\nRedirect /a /b\n</IfModule>\n";
    let skipped = Place::new()
        .with("site.conf", rules)
        .run(&["check", "site.conf"]);
    assert!(!skipped.out.contains("no-rules"), "{}", skipped.out);
}

#[test]
fn a_build_is_no_configuration() {
    let place = build();
    for command in ["check", "migrate", "verify"] {
        let said = format!("b is a build; {command} needs the configuration it was made from");
        place.run(&[command, "b"]).check(2, &[&said]);
    }
    fs::remove_file(place.path("b/rules.bin")).unwrap();
    let said = ["b is a build (damaged: without rules.bin); check needs the configuration"];
    place.run(&["check", "b"]).check(2, &said);
    place.run(&["explain", "b", "/old"]).check(
        2,
        &["cannot read b/rules.bin", "run `edgewright migrate` again"],
    );
    fs::write(place.path("b/manifest.json"), "{").unwrap();
    place.run(&["check", "b"]).check(2, &said);
}

/// What `check` says of a text in UTF-16.
#[track_caller]
fn check_utf16(name: &str, bytes: impl Iterator<Item = u8>) {
    let said = [
        "error[binary-file]: this file is UTF-16",
        "save it as UTF-8",
    ];
    let place = Place::new().with("site.conf", bytes.collect::<Vec<u8>>());
    let ran = place.run(&["check", "site.conf"]);
    assert!(!ran.out.contains("no-rules"), "{name}: {}", ran.out);
    ran.check(1, &said);
    let said = [
        "error[binary-file]: this file is UTF-16",
        "save it as UTF-8",
        "site.conf has no rule and no redirect",
    ];
    place.run(&["migrate", "site.conf"]).check(2, &said);
}

#[test]
fn text_in_utf_16_is_called_so() {
    let text = format!("# ä€\n{RULES}");
    let units = || text.encode_utf16();
    check_utf16("little", units().flat_map(u16::to_le_bytes));
    check_utf16("big", units().flat_map(u16::to_be_bytes));
    let marked = || [0xfeff].into_iter().chain(units());
    check_utf16("little, marked", marked().flat_map(u16::to_le_bytes));
    check_utf16("big, marked", marked().flat_map(u16::to_be_bytes));
    let nul = Place::new().with("site.conf", format!("{RULES}\0\0\0"));
    nul.run(&["check", "site.conf"])
        .check(1, &["this is no configuration but a binary file"]);
}

//! Access logs as a person has them: of every format, packed, damaged, empty.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};

use crate::cli::Place;

const RULES: &str = "RewriteEngine On\nRewriteRule ^/old$ /new [R,L]\nRewriteRule ^/rest$ /x [R,L]\n\
                     LogFormat \"%v|%{%F %T}t|%m %U%q|%>s\" short\n";

const OLD: &str = "192.0.2.1 - - [10/Nov/2026:13:55:36 +0000] \"GET /old HTTP/1.1\" 302 20\n";
const LATER: &str = "192.0.2.1 - - [10/Nov/2026:13:57:36 +0000] \"GET /new HTTP/1.1\" 200 20\n";
const DELETE: &str = "192.0.2.1 - - [10/Nov/2026:13:56:36 +0000] \"DELETE /new HTTP/1.1\" 405 20\n";

fn place(log: impl AsRef<[u8]>) -> Place {
    Place::new()
        .with("site.conf", RULES)
        .with("access.log", log)
}

const PRUNE: [&str; 4] = ["prune", "site.conf", "--log", "access.log"];

/// What `prune` says of a log.
#[track_caller]
fn check(log: impl AsRef<[u8]>, code: i32, texts: &[&str]) {
    place(log).run(&PRUNE).check(code, texts);
}

#[test]
fn lines_that_are_not_used_are_counted() {
    let log = [OLD, DELETE, LATER, "\n", "x y\n", OLD, "cut \"off\n"].concat();
    check(
        &log,
        1,
        &[
            "log      3 requests, 2 of them distinct, from 10 Nov 2026 13:55 to 13:57",
            "1 logged request cannot be asked again: another method than GET, HEAD, POST, or no URL",
            "2 of 6 lines are no log lines, the first is access.log line 5",
            "warning: the log covers less than a month, too short to remove rules for good",
        ],
    );
    let one = [OLD, "x\n"].concat();
    check(one, 1, &["1 of 2 lines is no log line: access.log line 2"]);
    check(
        DELETE,
        1,
        &["0 requests, 0 of them distinct", "1 logged request cannot"],
    );
    let cut = [OLD, &"x".repeat(1 << 20), "\n", OLD].concat();
    check(
        cut,
        1,
        &[
            "2 requests,",
            "1 of 3 lines is no log line: access.log line 2",
        ],
    );
}

#[test]
fn a_period_of_a_month_is_no_warning() {
    let december = OLD.replace("10/Nov", "10/Dec");
    let ran = place([OLD, &december].concat()).run(&PRUNE);
    ran.check(1, &["from 10 Nov 2026 13:55 to 10 Dec 2026 13:55"]);
    assert!(!ran.out.contains("warning"), "{}", ran.out);
    let timeless = "::1 - - [x] \"GET /old HTTP/1.1\" 302 20\n";
    let ran = place(timeless).run(&PRUNE);
    ran.check(1, &["1 request, 1 of them distinct\n"]);
    assert!(!ran.out.contains("warning"), "{}", ran.out);
}

#[test]
fn a_log_without_a_log_line_is_an_error() {
    check("", 2, &["access.log has no lines"]);
    check("\n\n", 2, &["access.log has no lines"]);
    check(
        "once\nupon\n",
        2,
        &["no log line in access.log (2 lines): the formats read are common"],
    );
    check(
        "PAR1\x15",
        2,
        &["cannot read access.log: the log is Parquet, which is not read"],
    );
    let ran = place("once\n").run(&["bench", "site.conf", "--log", "access.log"]);
    ran.check(2, &["no log line in access.log (1 line)"]);
    let arguments = ["diff", "site.conf", "site.conf", "--log", "access.log"];
    place("once\n")
        .run(&arguments)
        .check(2, &["no log line in access.log (1 line)"]);
    // Of several logs one may be empty: the one that was just rotated is.
    let place = place("").with("access.log.1", OLD);
    let both = [&PRUNE[..], &["--log", "access.log.1"]].concat();
    place
        .run(&both)
        .check(1, &["1 request, 1 of them distinct"]);
}

#[test]
fn packed_logs_are_read_from_files_and_from_standard_input() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(OLD.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = compress_to_vec(OLD.as_bytes(), CompressionLevel::Fastest);
    for packed in [[&gzip[..], &gzip].concat(), [&zstd[..], &zstd].concat()] {
        let said = "2 requests, 1 of them distinct";
        check(&packed, 1, &[said]);
        let input = ["prune", "site.conf", "--log", "-"];
        place("").run_with(&input, &packed).check(1, &[said]);
        let cut = packed.len() - 3;
        check(&packed[..cut], 2, &["cannot read access.log: "]);
    }
}

#[test]
fn formats_of_the_configuration_and_of_cloudfront_are_read() {
    check(
        "h.test|2026-11-10 13:55:36|GET /old?x|302\nh.test|2026-11-10 13:55:36|GET /new|200\n",
        1,
        &["2 requests, 2 of them distinct", "used     1 of 2 rules"],
    );
    check(
        "#Version: 1.0\n#Fields: date time cs-method cs-uri-stem sc-status x-host-header\n\
         2026-11-10\t13:55:36\tGET\t/old\t302\th.test\n",
        1,
        &[
            "log      1 request, 1 of them distinct, from 10 Nov 2026 13:55",
            "used     1 of 2 rules",
        ],
    );
}

#[test]
fn other_commands_say_it_too() {
    let log = [OLD, DELETE, "x\n"].concat();
    let said = [
        "1 of 3 lines is no log line: access.log line 3",
        "1 logged request cannot",
    ];
    place(&log)
        .run(&["bench", "site.conf", "--log", "access.log"])
        .check(0, &said);
    let diff = ["diff", "site.conf", "site.conf", "--log", "access.log"];
    place(&log).run(&diff).check(0, &said);
    place(&log)
        .run(&diff)
        .check(0, &["1 request in the log, from 10 Nov 2026 13:55"]);
}

/// What `bench` says that CloudFront's cache would do with a log.
#[track_caller]
fn check_cache(rules: &str, log: &[&str], texts: &[&str]) {
    let place = Place::new().with("site.conf", rules);
    let place = place.with("access.log", log.concat());
    let bench = ["bench", "site.conf", "--log", "access.log"];
    place.run(&bench).check(0, texts);
}

#[test]
fn bench_counts_what_the_cache_answers() {
    let phones =
        "RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} Phone\nRewriteRule ^/old$ /m [R,QSD]\n";
    let by = |agent: &str| OLD.replace(" 20\n", &format!(" 20 \"-\" \"{agent}\"\n"));
    let (one, two, phone) = (by("Firefox/1"), by("Firefox/2"), by("Phone"));
    let log = [
        &one[..],
        &two,
        &phone,
        &one,
        &one.replace("13:55", "14:05"),
        &one.replace("GET", "POST"),
    ];
    check_cache(
        phones,
        &log,
        &[
            "cache        answers, of 6 requests in the log (an answer is kept for 300 s):",
            "33.3 %  as packed: 2.0 keys a page",
            "16.7 %  without the class of viewers: 3.0 keys a page",
            "50.0 %  if answers depended on the path alone: 1.0 keys a page",
            "at most: the log does not tell host, scheme, cookies\n",
            "costs        in US dollars for a month of 6 requests (the log's 6, taken for a month's), 33.3 % of them",
            "0.00  as packed: origin-request, entries in the package",
            "0.00  --trigger viewer-request: viewer-request, entries in the package",
        ],
    );
    let at_viewer = "RewriteEngine On\nRewriteRule ^/old$ /%{REMOTE_ADDR} [R]\n";
    let none = "cache        answers no request: at viewer-request the function is called for each";
    let costs = "costs        in US dollars for a month of 1 requests (the log's 1, taken for a month's), none of them";
    check_cache(at_viewer, &[OLD], &[none, costs]);
}

/// What a month costs that goes on like a log of a day: 365.25 days / 12 times as many requests.
#[test]
fn bench_says_what_a_month_costs() {
    let log = [OLD, &OLD.replace("10/Nov", "11/Nov")].concat();
    let place = Place::new().with("site.conf", "Redirect /old /new\n");
    let place = place.with("access.log", log);
    let line = [
        "bench",
        "site.conf",
        "--log",
        "access.log",
        "--format",
        "json",
    ];
    let told: Value = serde_json::from_str(&place.run(&line).out).unwrap();
    let costs = &told["costs"];
    assert_eq!(costs["requests"], 2.0 * 365.25 / 12.0, "{costs}");
    assert_eq!(costs["answered"], 0.0);
    let ways = costs["dollars"].as_array().unwrap();
    assert_eq!(ways.len(), 4, "{costs}");
    let calls = ways[0]["parts"]["calls"].as_f64().unwrap();
    assert!(
        (calls * 1e6 - 0.6 * 2.0 * 365.25 / 12.0).abs() < 1e-6,
        "{costs}"
    );
}

#[test]
fn programs_are_told_as_well() {
    let log = [OLD, DELETE, "x\n"].concat();
    let place = place(&log);
    let expected = json!({
        "requests": 1, "not_repeatable": 1, "unread": 1, "first_unread": "access.log line 3", "left_out": 0,
        "from": "2026-11-10T13:55:36+00:00", "to": "2026-11-10T13:56:36+00:00",
    });
    for (code, arguments) in [
        (1, &PRUNE[..]),
        (0, &["bench", "site.conf", "--log", "access.log"]),
        (
            0,
            &["diff", "site.conf", "site.conf", "--log", "access.log"],
        ),
    ] {
        let ran = place.run(&[arguments, &["--format", "json"]].concat());
        ran.check(code, &[]);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(document["log"], expected, "{arguments:?}");
        if arguments[0] == "bench" {
            let hits = json!({ "requests": 1, "hits": 0, "keys": 1, "paths": 1 });
            assert_eq!(
                document["cache"]["keys"][0],
                json!({ "key": "as packed", "hits": hits })
            );
        }
    }
}

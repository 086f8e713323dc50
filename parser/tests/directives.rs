//! What Apache 2.4.71 takes and what it refuses, line by line.
//!
//! In: lines whose verdict was observed on the real server. Out: agreement.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use edgewright_parser::source::FileId;
use edgewright_parser::syntax::{
    CondPattern, Directive, Flag, Kind, RedirectFrom, Switch, TextComparison,
};
use edgewright_parser::{Line, parse_directive};

/// The directive of a line that Apache takes.
fn read(line: &str) -> Directive {
    let line = Line::from_text(FileId(0), line.as_bytes());
    parse_directive(&line).unwrap().directive
}

/// Each line gives an error with this code.
fn check_refused(code: &str, lines: &[&str]) {
    for text in lines {
        let line = Line::from_text(FileId(0), text.as_bytes());
        match parse_directive(&line) {
            Ok(reading) => assert_eq!(code, "accepted", "{text}: {reading:?}"),
            Err(error) => assert_eq!(error.code, code, "{text}"),
        }
    }
}

/// Each line is taken, with warnings of exactly these codes.
fn check_warned(cases: &[(&str, &[&str])]) {
    for (text, codes) in cases {
        let line = Line::from_text(FileId(0), text.as_bytes());
        let warnings = parse_directive(&line).unwrap().warnings;
        let found: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(&found, codes, "{text}");
    }
}

/// The pattern, the substitution and the flags of a rule.
fn rule(line: &str) -> (Vec<u8>, Vec<u8>, Vec<Flag>) {
    match read(line).kind {
        Kind::RewriteRule(rule) => (
            rule.pattern.value,
            rule.substitution.value,
            rule.flags.into_iter().map(|flag| flag.value).collect(),
        ),
        other => (format!("{other:?}").into(), Vec::new(), Vec::new()),
    }
}

fn check_flags(list: &str, flags: &[Flag]) {
    assert_eq!(
        rule(&format!("RewriteRule ^/a$ /b \"[{list}]\"")).2,
        flags,
        "[{list}]"
    );
}

#[test]
fn raw_arguments() {
    for (line, pattern, substitution) in [
        ("RewriteRule ^/a$ /b", "^/a$", "/b"),
        ("rewriterule\t^/a$\t /b", "^/a$", "/b"),
        ("\"RewriteRule\" ^/a$ /b", "^/a$", "/b"),
        ("RewriteRule> ^/a$ /b", "^/a$", "/b"),
        ("RewriteRule \"^/h$\"", "^/h$", ""),
        ("RewriteRule \"^/k\"/kk", "^/k", "/kk"),
        ("RewriteRule '^/k' '/a \"b'", "^/k", "/a \"b"),
        ("RewriteRule ^/a\\ b$ /c\\ d", "^/a\\ b$", "/c\\ d"),
        ("RewriteRule \"^/a\\\\.b$\" /c", "^/a\\\\.b$", "/c"),
        ("RewriteRule \"^/a /b", "bad", ""),
        ("RewriteRule ^/a \"/b c", "^/a", "/b c"),
        ("RewriteRule \"\" /b", "", "/b"),
        ("RewriteRule ^/a$ \"\"", "^/a$", ""),
        ("RewriteRule ^/a$ /b\"c", "^/a$", "/b\"c"),
    ] {
        if pattern == "bad" {
            check_refused("bad-argument-line", &[line]);
            continue;
        }
        let (read_pattern, read_substitution, flags) = rule(line);
        assert_eq!(read_pattern, pattern.as_bytes(), "{line}");
        assert_eq!(read_substitution, substitution.as_bytes(), "{line}");
        assert!(flags.is_empty(), "{line}");
    }
    check_refused(
        "bad-argument-line",
        &[
            "RewriteRule",
            "RewriteRule ^/h$",
            "RewriteRule ^/a\\ /b",
            "RewriteRule '^/h$",
            "RewriteCond %{X}",
            "RewriteCond",
        ],
    );
}

#[test]
fn negation_takes_one_mark() {
    for (line, negated, pattern) in [
        ("RewriteRule !^/a /b", true, "^/a"),
        ("RewriteRule !!^/a /b", true, "!^/a"),
        ("RewriteRule ! /b", true, ""),
        ("RewriteRule ^!/a /b", false, "^!/a"),
    ] {
        let Kind::RewriteRule(rule) = read(line).kind else {
            unreachable!("{line}")
        };
        assert_eq!(
            (rule.negated, rule.pattern.value.as_slice()),
            (negated, pattern.as_bytes()),
            "{line}"
        );
    }
}

#[test]
fn flag_delimiters() {
    check_refused(
        "bad-flags",
        &[
            "RewriteRule ^x$ /y # c",
            "RewriteRule ^x$ /y [R, L]",
            "RewriteRule ^x$ /y R",
            "RewriteRule ^x$ /y [",
            "RewriteRule ^x$ /y \"\"",
            "RewriteRule ^x$ /y [R",
            "RewriteRule ^x$ /y R]",
            "RewriteRule ^x$ /y \" [R]\"",
            "RewriteRule ^x$ /y \"[R] \"",
            "RewriteCond %{X} =\"a b\"",
            "RewriteCond %{X} a b",
        ],
    );
    check_flags(" R , L ", &[Flag::Redirect(None), Flag::Last]);
    check_flags("R=301, L", &[Flag::Redirect(Some(301)), Flag::Last]);
    check_refused(
        "unknown-flag",
        &[
            "RewriteRule ^x$ /y []",
            "RewriteRule ^x$ /y [L,]",
            "RewriteRule ^x$ /y [,L]",
            "RewriteRule ^x$ /y [L,,R]",
            "RewriteRule ^x$ /y \"[L, ]\"",
            "RewriteRule ^x$ /y \"[L, ,R]\"",
            "RewriteRule ^x$ /y \"[ ]\"",
            "RewriteRule ^x$ /y \"[R =301]\"",
            "RewriteRule ^x$ /y [=301]",
        ],
    );
}

#[test]
fn every_spelling_of_every_flag() {
    for (spellings, flag) in [
        (
            &["B", "backrefescaping", "B="][..],
            Flag::EscapeBackreferences(None),
        ),
        (
            &["B=/ ?"],
            Flag::EscapeBackreferences(Some(b"/ ?".to_vec())),
        ),
        (&["BNE=/", "bne=/"], Flag::EscapeExcept(b"/".to_vec())),
        (&["BNP", "backrefernoplus"], Flag::EscapeNoPlus),
        (&["BCTLS", "bctls"], Flag::EscapeControls),
        (&["C", "chain"], Flag::Chain),
        (&["CO=a:b", "cookie=a:b"], Flag::Cookie(b"a:b".to_vec())),
        (&["CO"], Flag::Cookie(Vec::new())),
        (
            &["D", "DPI", "discardpath", "DiscardPath"],
            Flag::DiscardPathInfo,
        ),
        (&["DX", "dpix", "discardpathinfo"], Flag::Ignored),
        (
            &["E=a:b=c", "env=a:b=c"],
            Flag::Environment(b"a:b=c".to_vec()),
        ),
        (&["E"], Flag::Environment(Vec::new())),
        (&["END", "end", "End"], Flag::End),
        (&["F", "forbidden"], Flag::Forbidden),
        (&["G", "gone"], Flag::Gone),
        (&["H=x", "handler=x"], Flag::Handler(b"x".to_vec())),
        (&["L", "l", "last", "LAST", "L=1"], Flag::Last),
        (&["N", "next", "N="], Flag::Next(None)),
        (&["N=10", "next=10"], Flag::Next(Some(10))),
        (&["N=-3", "N=x"], Flag::Next(Some(0))),
        (&["NC", "nocase"], Flag::NoCase),
        (&["NE", "noescape"], Flag::NoEscape),
        (&["NS", "nosubreq"], Flag::NoSubrequest),
        (&["P", "proxy"], Flag::Proxy),
        (&["PT", "passthrough"], Flag::PassThrough),
        (&["QSA", "qsappend"], Flag::QueryAppend),
        (&["QSD", "qsdiscard"], Flag::QueryDiscard),
        (&["QSL", "qslast"], Flag::QueryLast),
        (&["R", "redirect", "R="], Flag::Redirect(None)),
        (&["S=2", "skip= 2x"], Flag::Skip(2)),
        (&["S", "S=x", "S=-1"], Flag::Skip(0)),
        (&["T=a/b", "type=a/b"], Flag::MimeType(b"a/b".to_vec())),
        (
            &["UnsafePrefixStat", "unsafeprefixstat"],
            Flag::UnsafePrefixStat,
        ),
        (&["UnsafeAllow3F", "UNSAFEALLOW3F"], Flag::UnsafeAllow3F),
        (&["UNC", "unc"], Flag::Unc),
    ] {
        for spelling in spellings {
            check_flags(spelling, std::slice::from_ref(&flag));
        }
    }
}

#[test]
fn flags_apache_refuses() {
    for flag in [
        "OR",
        "NV",
        "BNOPLUS",
        "QS",
        "Q",
        "X",
        "backrefnoplus",
        "ENDX",
        "nofoo",
        "R301",
        "Lx",
        "U",
        "BX",
        "1",
    ] {
        check_refused("unknown-flag", &[&format!("RewriteRule ^x$ /y [{flag}]")]);
    }
    check_refused(
        "flag-needs-value",
        &["RewriteRule ^x$ /y [BNE]", "RewriteRule ^x$ /y [BNE=]"],
    );
    for flag in ["L", "R", "C", "N", "NE", "X", ""] {
        check_refused("unknown-flag", &[&format!("RewriteCond %{{X}} y [{flag}]")]);
    }
}

#[test]
fn statuses_of_redirect_flags() {
    let known = (100..=103)
        .chain(200..=208)
        .chain([226])
        .chain(300..=305)
        .chain([307, 308])
        .chain(400..=417)
        .chain(421..=424)
        .chain([426, 428, 429, 431, 451])
        .chain(500..=508)
        .chain([510, 511]);
    let known: Vec<u16> = known.collect();
    for status in 0..1100 {
        if known.contains(&status) {
            check_flags(&format!("R={status}"), &[Flag::Redirect(Some(status))]);
        } else {
            check_refused("bad-status", &[&format!("RewriteRule ^x$ /y [R={status}]")]);
        }
    }
    for (value, status) in [
        ("permanent", 301),
        ("TEMP", 302),
        ("SeeOther", 303),
        ("301abc", 301),
        ("0301", 301),
        ("4294967597", 301),
        (" 301", 0),
        ("foo", 0),
        ("gone", 0),
        ("PERM", 0),
        ("-1", 0),
    ] {
        check_flags(&format!("R={value}"), &[Flag::Redirect(Some(status))]);
    }
}

#[test]
fn conditions() {
    for (line, negated, pattern) in [
        (
            "RewriteCond %{X} ^a",
            false,
            CondPattern::Regex(b"^a".to_vec()),
        ),
        (
            "RewriteCond %{X} !^a",
            true,
            CondPattern::Regex(b"^a".to_vec()),
        ),
        ("RewriteCond %{X} !", true, CondPattern::Regex(Vec::new())),
        (
            "RewriteCond %{X} \"\"",
            false,
            CondPattern::Regex(Vec::new()),
        ),
        (
            "RewriteCond \"%{X}\"",
            false,
            CondPattern::Regex(Vec::new()),
        ),
        ("RewriteCond %{X} !-f", true, CondPattern::File(b'f')),
        (
            "RewriteCond %{X} !-ne5",
            true,
            CondPattern::Integer(*b"ne", b"5".to_vec()),
        ),
        (
            "RewriteCond %{X} \"-lt 5\"",
            false,
            CondPattern::Integer(*b"lt", b" 5".to_vec()),
        ),
        (
            "RewriteCond %{X} =\"\"",
            false,
            CondPattern::Text(TextComparison::Equal, Vec::new()),
        ),
        (
            "RewriteCond %{X} \"=a b\"",
            false,
            CondPattern::Text(TextComparison::Equal, b"a b".to_vec()),
        ),
        (
            "RewriteCond expr !true",
            true,
            CondPattern::Expression(b"true".to_vec()),
        ),
        (
            "RewriteCond EXPR \"%{X} == 'a'\"",
            false,
            CondPattern::Expression(b"%{X} == 'a'".to_vec()),
        ),
    ] {
        let Kind::RewriteCond(cond) = read(line).kind else {
            unreachable!("{line}")
        };
        assert_eq!((cond.negated, cond.pattern), (negated, pattern), "{line}");
    }
    for (flags, expected) in [
        ("NC", (true, false, false)),
        ("nocase,OR", (true, true, false)),
        ("ornext,NV", (false, true, true)),
        ("NoVary", (false, false, true)),
        ("NC=1", (true, false, false)),
    ] {
        let Kind::RewriteCond(cond) = read(&format!("RewriteCond %{{X}} y [{flags}]")).kind else {
            unreachable!("{flags}")
        };
        assert_eq!(
            (cond.no_case, cond.or_next, cond.no_vary),
            expected,
            "{flags}"
        );
    }
}

#[test]
fn engine() {
    for (line, switch) in [
        ("RewriteEngine On", Switch::On),
        ("rewriteengine oFF and the rest", Switch::Off),
        ("RewriteEngine \"on\"", Switch::On),
    ] {
        assert_eq!(read(line).kind, Kind::RewriteEngine(switch), "{line}");
    }
    check_refused(
        "bad-switch",
        &["RewriteEngine", "RewriteEngine \"\"", "RewriteEngine yes"],
    );
}

#[test]
fn base() {
    assert!(
        matches!(read("RewriteBase \"/a b\"").kind, Kind::RewriteBase(base) if base.value == b"/a b")
    );
    check_refused(
        "wrong-argument-count",
        &["RewriteBase", "RewriteBase \"\"", "RewriteBase / /"],
    );
    check_refused("bad-base", &["RewriteBase a", "RewriteBase http://x/"]);
}

#[test]
fn options() {
    for (line, options) in [
        ("RewriteOptions Inherit", &["Inherit"][..]),
        (
            "RewriteOptions inherit MergeBase",
            &["inherit", "MergeBase"],
        ),
        (
            "RewriteOptions \"inherit mergebase\"",
            &["inherit", "mergebase"],
        ),
        ("RewriteOptions inherit \"\" bogus", &["inherit"]),
        ("RewriteOptions '\"inherit\"'", &["inherit"]),
        (
            "RewriteOptions InheritBefore InheritDown InheritDownBefore IgnoreInherit AllowNoSlash",
            &[
                "InheritBefore",
                "InheritDown",
                "InheritDownBefore",
                "IgnoreInherit",
                "AllowNoSlash",
            ],
        ),
        (
            "RewriteOptions AllowAnyURI IgnoreContextInfo LegacyPrefixDocRoot UnsafePrefixStat",
            &[
                "AllowAnyURI",
                "IgnoreContextInfo",
                "LegacyPrefixDocRoot",
                "UnsafePrefixStat",
            ],
        ),
        ("RewriteOptions MaxRedirects=3", &["MaxRedirects=3"]),
    ] {
        let Kind::RewriteOptions(words) = read(line).kind else {
            unreachable!("{line}")
        };
        let words: Vec<_> = words.iter().map(|word| word.value.as_slice()).collect();
        let options: Vec<_> = options.iter().map(|option| option.as_bytes()).collect();
        assert_eq!(words, options, "{line}");
    }
    check_refused(
        "wrong-argument-count",
        &["RewriteOptions", "RewriteOptions \"\""],
    );
    check_refused(
        "unknown-option",
        &[
            "RewriteOptions LongURLOptimization",
            "RewriteOptions inherit foo",
            "RewriteOptions \" \"",
            "RewriteOptions MaxRedirects",
        ],
    );
}

#[test]
fn maps() {
    for line in [
        "RewriteMap m txt:/a/b",
        "RewriteMap m /a/b",
        "RewriteMap m INT:tolower",
        "RewriteMap m \"prg:/a b\" user:group",
        "RewriteMap m dbm=sdbm:/a",
        "RewriteMap m dbm:/a \"\"",
    ] {
        assert!(matches!(read(line).kind, Kind::RewriteMap(_)), "{line}");
    }
    check_refused(
        "wrong-argument-count",
        &[
            "RewriteMap",
            "RewriteMap m",
            "RewriteMap m \"\"",
            "RewriteMap \"\" /a",
            "RewriteMap m /a b c",
        ],
    );
    check_refused(
        "bad-map",
        &[
            "RewriteMap m int:foo",
            "RewriteMap m int:ToLower",
            "RewriteMap m dbm",
            "RewriteMap m dbmx:/a",
            "RewriteMap m dbm=x",
        ],
    );
}

/// The status, where from, and where to, `-` standing for none.
fn check_redirect(line: &str, status: u16, from: &str, target: &str) {
    let Kind::Redirect(redirect) = read(line).kind else {
        unreachable!("{line}")
    };
    let read_from = match redirect.from {
        RedirectFrom::Path(word) => word.value,
        RedirectFrom::Regex(word) => [b"~", word.value.as_slice()].concat(),
        RedirectFrom::Section => b"-".to_vec(),
    };
    let read_target = redirect.target.map_or(b"-".to_vec(), |word| word.value);
    let read = (redirect.status, read_from, read_target);
    assert_eq!(
        read,
        (status, from.as_bytes().to_vec(), target.as_bytes().to_vec()),
        "{line}"
    );
}

#[test]
fn redirects() {
    for (line, status, from, target) in [
        ("Redirect /a http://x/", 302, "/a", "http://x/"),
        ("Redirect permanent /a /b", 301, "/a", "/b"),
        ("Redirect TEMP /a /b", 302, "/a", "/b"),
        ("Redirect seeother /a /b", 303, "/a", "/b"),
        ("Redirect 301abc /a /b", 301, "/a", "/b"),
        ("Redirect a b:c", 302, "a", "b:c"),
        ("Redirect \"/a b\" '/c \"d'", 302, "/a b", "/c \"d"),
        ("Redirect /a\\\\b /c\\.d", 302, "/a\\b", "/c\\.d"),
        ("Redirect gone /a", 410, "/a", "-"),
        ("Redirect 99 /a", 99, "/a", "-"),
        ("Redirect 999 /a", 999, "/a", "-"),
        ("Redirect http://x/", 302, "-", "http://x/"),
        ("Redirect 301 http://x/", 301, "-", "http://x/"),
        ("Redirect 410", 410, "-", "-"),
        ("Redirect gone", 410, "-", "-"),
        ("RedirectMatch ^/a /b", 302, "~^/a", "/b"),
        ("RedirectMatch ^/a rel", 302, "~^/a", "rel"),
        ("RedirectMatch 410 ^/c", 410, "~^/c", "-"),
        ("RedirectMatch 301 ^/a /b", 301, "~^/a", "/b"),
        ("RedirectMatch 301 /b", 301, "-", "/b"),
        ("RedirectPermanent /a /b", 301, "/a", "/b"),
        ("RedirectPermanent gone /a", 410, "/a", "-"),
        ("RedirectPermanent 302 /a", 302, "-", "/a"),
        ("RedirectTemp /a /b", 302, "/a", "/b"),
    ] {
        check_redirect(line, status, from, target);
    }
}

#[test]
fn redirects_apache_refuses() {
    check_refused(
        "wrong-argument-count",
        &[
            "Redirect",
            "Redirect \"\" http://x/",
            "Redirect 301 /a /b /c",
            "RedirectMatch /a",
            "RedirectMatch",
            "RedirectPermanent /a",
            "RedirectPermanent 301 /a /b",
            "RedirectTemp /a \"\"",
        ],
    );
    check_refused(
        "bad-redirect-status",
        &[
            "Redirect /a /b /c",
            "Redirect foo /a http://x/",
            "RedirectMatch perm ^/a /b",
        ],
    );
    check_refused(
        "redirect-needs-target",
        &["Redirect 301", "Redirect permanent", "Redirect 399"],
    );
    check_refused(
        "redirect-takes-no-target",
        &[
            "Redirect 410 /a http://x/",
            "Redirect gone /a /b",
            "Redirect 200 /a /b",
            "RedirectMatch 404 ^/a /b",
        ],
    );
    check_refused(
        "redirect-to-non-url",
        &[
            "Redirect /a b",
            "Redirect /a :c",
            "Redirect /a \"\"",
            "Redirect 301 /a www.x.test/",
        ],
    );
}

#[test]
fn sections() {
    for (line, name, raw, words) in [
        ("<VirtualHost *:80>", "<VirtualHost", "*:80", &["*:80"][..]),
        (
            "<Directory \"/a b\" >",
            "<Directory",
            "\"/a b\" ",
            &["/a b"],
        ),
        ("<Else>", "<Else", "", &[]),
        ("<Else", "<Else", "", &[]),
        (
            "<If \"%{X} > 5\"> # c",
            "<If",
            "\"%{X} > 5\"",
            &["%{X} > 5"],
        ),
        ("<Macro m $a $b>", "<Macro", "m $a $b", &["m", "$a", "$b"]),
    ] {
        let directive = read(line);
        assert_eq!(directive.name.value, name.as_bytes(), "{line}");
        let Kind::Open(arguments) = directive.kind else {
            unreachable!("{line}")
        };
        assert_eq!(arguments.raw.value, raw.as_bytes(), "{line}");
        let read_words: Vec<_> = arguments
            .words
            .iter()
            .map(|word| word.value.as_slice())
            .collect();
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        assert_eq!(read_words, words, "{line}");
    }
    for line in ["</VirtualHost>", "</VirtualHost> rest"] {
        let directive = read(line);
        assert_eq!(directive.kind, Kind::Close, "{line}");
        assert_eq!(directive.section(), Some(&b"VirtualHost"[..]), "{line}");
    }
    check_refused(
        "missing-bracket",
        &[
            "<Directory /a",
            "</Directory",
            "</Directory >",
            "<Directory> /a",
        ],
    );
}

#[test]
fn others() {
    for (line, name, words) in [
        ("ServerName a.test", "ServerName", &["a.test"][..]),
        ("Foo \"a b\" 'c\\'d' e\\\\f", "Foo", &["a b", "c'd", "e\\f"]),
        ("\"\" foo", "", &["foo"]),
        (">", ">", &[]),
        ("Foo> a", "Foo", &["a"]),
    ] {
        let directive = read(line);
        assert_eq!(directive.name.value, name.as_bytes(), "{line}");
        let Kind::Other(arguments) = directive.kind else {
            unreachable!("{line}")
        };
        let read_words: Vec<_> = arguments
            .words
            .iter()
            .map(|word| word.value.as_slice())
            .collect();
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        assert_eq!(read_words, words, "{line}");
    }
}

#[test]
fn warnings() {
    check_warned(&[
        ("RewriteRule ^x$ /y [L] # c", &["ignored-text"]),
        ("RewriteRule ^x$ /y '[L]'x", &["ignored-text"]),
        ("RewriteRule ^x$ /y '[L]'", &[]),
        ("RewriteRule ^x$ /y [DX]", &["ignored-flag"]),
        ("RewriteRule ^x$ /y [R=foo,R=302]", &["unknown-status-name"]),
        ("RewriteCond %{X} -f [NC]", &["ignored-flag"]),
        ("RewriteCond %{X} =a [NC]", &[]),
        ("RewriteOptions MaxRedirects=3", &["ignored-option"]),
    ]);
}

//! The reader against `regex-syntax`'s own, on patterns that both dialects write alike.

use proptest::prelude::*;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::{Fidelity, read_cased};
use crate::pattern::PatternOptions;

/// What `regex-syntax` makes of it.
fn theirs(text: &str, ignores_case: bool) -> Option<Hir> {
    let mut builder = ParserBuilder::new();
    builder
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(true);
    let mut parser = builder.case_insensitive(ignores_case).build();
    parser.parse(text).ok()
}

fn agree(text: &str, ignores_case: bool) {
    let ours = read_cased(text.as_bytes(), PatternOptions::default(), ignores_case);
    let ours = ours.map(|structure| structure.hir);
    assert_eq!(ours, theirs(text, ignores_case), "{text}");
}

#[test]
fn patterns_that_both_dialects_write_alike() {
    let patterns = [
        "",
        "^/a/b$",
        "a|b|",
        "(a|)(?:b)?",
        "((a)(b))(c)",
        "(?:a(?:b|c))*d",
        "ab*c+?d{2}e{2,}f{2,5}?",
        "(?:ab){0,1}",
        "[a-c-]x[]a][^]a]",
        "[-a][a\\-z][\\d_-]",
        "[[:alpha:]x][[:^digit:][:space:]]",
        r"\d\D\w\W\s\S\t\n\r\f\.\/\A\z\b\B",
        "^a{0}$",
        "(foo|foobar|fox)",
        "a)",
        "(a",
        "*a",
        "a|*",
        "(*)",
        "[a",
        "[z-a]",
        "[\\d-z]",
        "a{5,2}",
        "a{99999999999}",
        "\\",
        "[\\",
    ];
    for text in patterns {
        agree(text, false);
        agree(text, true);
    }
}

/// How it is understood: `=` exactly, `<` as at least what it matches, `?` not at all.
fn check(text: &str, expected: &str) {
    let structure = read_cased(text.as_bytes(), PatternOptions::default(), false);
    let found = match structure.map(|structure| structure.fidelity) {
        Some(Fidelity::Same) => "=",
        Some(Fidelity::AtLeast) => "<",
        None => "?",
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn what_pcre_takes_for_something_else() {
    for text in ["a*", "a*?", "(?:a)?", "[[:alpha:]-]", "a{1000}"] {
        check(text, "=");
    }
    for text in [
        "a*+",
        "a**",
        "^*",
        r"\b?",
        "[[:alpha:]-z]",
        "[:a:]",
        "a{1001}",
    ] {
        check(text, "<");
    }
    for text in [
        "(?=a)",
        "(?i)a",
        "(?<n>a)",
        "(*UTF)a",
        r"\1",
        r"\Qa\E",
        r"\x41",
        "a{,2}",
        "a{x}",
        "[a--b]",
        "[a-[:digit:]]",
        "[[.a.]]",
        r"\ba{b}",
    ] {
        check(text, "?");
    }
}

proptest! {
    #[test]
    fn any_pattern_that_both_dialects_write_alike(
        text in r"(\^|\$|\.|\||\(\?:|\(|\)|[ab/z]|\*|\+|\?|\{2\}|\{1,\}|\{0,3\}|\\[dDwWsStnrf.bBAz]|\[\^?-?[a-d]-?[f-k]-?(\[:alpha:\]|\\d)?\]){0,12}",
        ignores_case: bool,
    ) {
        agree(&text, ignores_case);
    }
}

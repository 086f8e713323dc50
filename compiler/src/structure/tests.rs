//! The structure against `regex-syntax`'s own reader, on patterns that both dialects write alike.

use edgewright_engine::pattern::syntax::Fidelity;
use edgewright_engine::pattern::{Pattern, PatternOptions};
use proptest::prelude::*;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::{Letters, Structure};

/// What `regex-syntax` makes of it.
fn theirs(text: &str, options: PatternOptions) -> Option<Hir> {
    let mut builder = ParserBuilder::new();
    builder
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(true);
    let caseless = options.contains(PatternOptions::CASELESS);
    let mut parser = builder.case_insensitive(caseless).build();
    parser.parse(text).ok()
}

fn ours(text: &str, options: PatternOptions) -> Option<Structure> {
    let syntax = Pattern::new(text, options).syntax();
    syntax.map(|syntax| Structure::of(&syntax, Letters::OfBothCases))
}

fn agree(text: &str) {
    let usual = PatternOptions::default();
    for options in [usual, usual | PatternOptions::CASELESS] {
        let ours = ours(text, options);
        let same = ours.filter(|structure| structure.fidelity == Fidelity::Same);
        // Some patterns only PCRE2 writes so, `(?)` for one.
        if let (Some(structure), Some(theirs)) = (same, theirs(text, options)) {
            assert_eq!(structure.hir, theirs, "{text}");
        }
    }
}

/// How it is understood: `=` exactly, `<` as at least what it matches, `?` not at all.
fn check(text: &str, expected: &str) {
    let structure = ours(text, PatternOptions::default());
    let found = match structure.map(|structure| structure.fidelity) {
        Some(Fidelity::Same) => "=",
        Some(Fidelity::AtLeast) => "<",
        None => "?",
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn patterns_that_both_dialects_write_alike() {
    for text in [
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
        "a{1000}",
    ] {
        check(text, "=");
        assert!(theirs(text, PatternOptions::default()).is_some(), "{text}");
        agree(text);
    }
}

#[test]
fn what_neither_dialect_reads() {
    for text in [
        "a)", "(a", "*a", "a|*", "[a", "[z-a]", "[\\d-z]", "a{5,2}", "[\\",
    ] {
        check(text, "?");
    }
}

#[test]
fn what_pcre_takes_for_something_else() {
    for text in [
        r"\Qa\E", r"\x41", "a{,2}", "a{x}", r"\ba{b}", "(?i)a", "(?<n>a)", "[+--]", "[.]", "[:a]",
    ] {
        check(text, "=");
    }
    for text in [
        "a*+",
        "a**",
        "^*",
        r"\b?",
        "a{1001}",
        "(?=a)",
        r"(a)\1",
        r"\1",
        r"\p{Lu}",
        "(?1)",
        "(?m)^a",
        "a{99999999999}",
        "\\",
    ] {
        check(text, "<");
    }
    for text in [
        "(*UTF)a",
        "[a-[:digit:]]",
        "[[.a.]]",
        "[[:alpha:]-z]",
        "[:a:]",
        "(?(1)a)",
        "a(*ACCEPT)b",
        "(?|a)",
    ] {
        check(text, "?");
    }
}

proptest! {
    #[test]
    fn any_pattern_that_both_dialects_write_alike(
        text in r"(\^|\$|\.|\||\(\?:|\(|\)|[ab/z]|\*|\+|\?|\{2\}|\{1,\}|\{0,3\}|\\[dDwWsStnrf.bBAz]|\[\^?-?[a-d]-?[f-k]-?(\[:alpha:\]|\\d)?\]){0,12}",
    ) {
        agree(&text);
    }
}

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text, PatternOptions::default())
}

#[track_caller]
fn language(text: &str) -> Language {
    Language::of(&pattern(text)).unwrap()
}

fn outside(inner: &str, outer: &str, universe: Universe) -> Found {
    let (inner, outer) = (language(inner), language(outer));
    find(
        universe,
        &[(&inner, Membership::Inside), (&outer, Membership::Outside)],
    )
}

fn covered(inner: &str, outer: &str) {
    assert_eq!(
        outside(inner, outer, Universe::ALL),
        Found::Nothing,
        "{inner} {outer}"
    );
}

/// Not covered: the text is one that only the inner matches.
fn escapes(inner: &str, outer: &str) {
    let Found::Text(text) = outside(inner, outer, Universe::ALL) else {
        unreachable!("{inner} {outer}");
    };
    let shown = text.escape_ascii();
    assert!(pattern(inner).is_match(&text), "{inner}: {shown}");
    assert!(!pattern(outer).is_match(&text), "{outer}: {shown}");
}

#[test]
fn inclusion() {
    covered("^/old/x(.*)$", "^/old/(.*)$");
    covered("^/old/x(.*)$", "^/old/");
    covered("^/a/b/c", "^/(a|b)/");
    covered(r"^/a/.+\.html$", r"\.html$");
    covered(r"^/a/[0-9]+$", r"^/a/[0-9a-f]+$");
    covered("(?i)^/OLD/x", "(?i)^/old/");
    covered("^/old/x", "(?i)^/OLD/");
    covered("x", "");
    covered("^(.*)$", ".*");
    escapes("^/old/(.*)$", "^/old/x(.*)$");
    escapes("(?i)^/old/x", "^/old/");
    escapes("^/old", "^/old/");
    escapes("^/a/[^/]+$", "^/a/[a-z]+$");
}

#[test]
fn what_apache_may_give_up_on_covers_nothing() {
    let perhaps = |inner, outer| {
        assert_eq!(
            outside(inner, outer, Universe::ALL),
            Found::Perhaps,
            "{inner} {outer}"
        );
    };
    perhaps("^/aax", "^/(a+)+x");
    perhaps("^/a1b2c3d", "^/.*1.*2.*3");
    perhaps("^/aab", "^/a++b");
    covered("^/x/y/z$", "^/([^/]+)/([^/]+)/z$");
}

#[test]
fn disjoint_patterns() {
    let disjoint = |one: &str, other: &str| {
        let (one, other) = (language(one), language(other));
        let asked = [(&one, Membership::Inside), (&other, Membership::Inside)];
        find(Universe::ALL, &asked) == Found::Nothing
    };
    assert!(disjoint("^/a$", "^/b$"));
    assert!(disjoint("^$", "."));
    assert!(disjoint("^id=1$", "^id=2"));
    assert!(!disjoint("^/a", "b$"));
    assert!(!disjoint("a", "b"));
}

#[test]
fn universes() {
    let none = |text: &str, universe| {
        let language = language(text);
        find(universe, &[(&language, Membership::Inside)]) == Found::Nothing
    };
    let path = Universe {
        begins: Begins::Slash,
        slashes: Slashes::Single,
    };
    let below = Universe {
        begins: Begins::NoSlash,
        slashes: Slashes::Single,
    };
    assert!(none("^old$", path));
    assert!(none("^$", path));
    assert!(none("http://", path));
    assert!(!none("^/?old$", path));
    assert!(!none("old", path));
    assert!(none("^/old", below));
    assert!(!none("^/?old", below));
    assert!(!none("^$", below));
    assert!(!none("/old", below));
}

const PIECES: &[&str] = &[
    "^", "$", "/", "a", "b", "[ab]", "[^/]", ".", ".*", "a+", "(a|b)", "(?:ab)?", "b{1,2}", "\\d",
    "x?",
];

fn patterns() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    /// An automaton holds what PCRE matches; when it says it is exact, nothing else.
    #[test]
    fn automata_agree_with_pcre(text in patterns(), caseless: bool, subject in "[ab/xA1]{0,6}") {
        let options = PatternOptions::default();
        let options = if caseless { options | PatternOptions::CASELESS } else { options };
        let pattern = Pattern::new(text, options);
        if let Some(language) = Language::of(&pattern) {
            let (held, matched) = (language.holds(subject.as_bytes()), pattern.is_match(subject.as_bytes()));
            prop_assert!(held == matched || held && !language.exact, "{:?} {}", pattern, subject);
        }
    }

    /// Nothing found means there is nothing.
    #[test]
    fn proofs_hold(inner in patterns(), outer in patterns(), subject in "[ab/xA1]{0,6}") {
        let found = outside(&inner, &outer, Universe::ALL);
        let (inner, outer) = (pattern(&inner), pattern(&outer));
        match found {
            Found::Nothing => prop_assert!(!inner.is_match(subject.as_bytes()) || outer.is_match(subject.as_bytes())),
            Found::Text(text) => prop_assert!(inner.is_match(&text) && !outer.is_match(&text), "{}", text.escape_ascii()),
            Found::Perhaps => {}
        }
    }
}

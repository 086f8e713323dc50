//! The matchers against PCRE2, which is what Apache runs: the same verdict, the same groups.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use proptest::prelude::*;

use super::backtrack::{self, Backtrack};
use super::bytecode::{self, Code, Verdict};
use super::pcre2::Full;
use super::{Captures, Pattern};
use crate::budget::{Allowance, Budget, DECISION_STEPS};
use crate::pattern::PatternOptions;
use crate::pattern::syntax::Fidelity;

fn judge(pattern: &Pattern, subject: &[u8]) -> Option<Captures> {
    let mut captures = Captures::new();
    let full = Full::new(pattern)?;
    let found = full.find(pattern, subject, &mut captures);
    found.then_some(captures)
}

/// A pattern that is written from its tree has the same tree, and PCRE2 matches the same with it.
fn reads_back(pattern: &Pattern, subject: &[u8]) {
    let Some(syntax) = pattern.syntax() else {
        return;
    };
    let written = Pattern::new(syntax.to_text(pattern.options), pattern.options);
    let context = || {
        format!(
            "{:?} {:?}, written {:?}, on {:?}",
            String::from_utf8_lossy(&pattern.text),
            pattern.options,
            String::from_utf8_lossy(&written.text),
            String::from_utf8_lossy(subject)
        )
    };
    let again = written.syntax().map(|syntax| syntax.root);
    assert_eq!(again.as_ref(), Some(&syntax.root), "{}", context());
    if syntax.fidelity == Fidelity::Same {
        let again = written.syntax().map(|syntax| syntax.fidelity);
        assert_eq!(again, Some(Fidelity::Same), "{}", context());
        let found = judge(&written, subject);
        assert_eq!(found, judge(pattern, subject), "{}", context());
    }
}

/// What the quickest matcher that understands the pattern must say about every subject.
fn agree(pattern: &Pattern, subject: &[u8]) {
    reads_back(pattern, subject);
    let written = bytecode::code(pattern);
    let simple = written.as_deref();
    let simple = simple.and_then(|code| Code::over(code, &pattern.text));
    let backtrack = Backtrack::new(pattern);
    if simple.is_none() && backtrack.is_none() {
        return;
    }
    let expected = judge(pattern, subject);
    let context = || {
        format!(
            "{:?} {:?} on {:?}",
            String::from_utf8_lossy(&pattern.text),
            pattern.options,
            String::from_utf8_lossy(subject)
        )
    };
    if let Some(simple) = simple {
        assert!(Full::new(pattern).is_some(), "not refused: {}", context());
        let mut captures = Captures::new();
        match simple.find(subject, &mut captures, &Budget::new(Allowance::APACHE)) {
            Verdict::Match => assert_eq!(Some(captures), expected, "simple: {}", context()),
            Verdict::NoMatch => assert_eq!(None, expected, "simple: {}", context()),
            Verdict::TooMuch => {}
        }
    }
    if let Some(backtrack) = backtrack {
        assert!(Full::new(pattern).is_some(), "not refused: {}", context());
        for backtrack in [backtrack.remembering_at_once(), backtrack] {
            let mut captures = Captures::new();
            match backtrack.find(subject, &mut captures, &Budget::new(Allowance::APACHE)) {
                backtrack::Verdict::Match => {
                    assert_eq!(Some(captures), expected, "backtrack: {}", context());
                }
                backtrack::Verdict::NoMatch => {
                    assert_eq!(None, expected, "backtrack: {}", context());
                }
                backtrack::Verdict::Unsure | backtrack::Verdict::TooMuch => {}
            }
        }
    }
    let within = Budget::new(Allowance::steps(DECISION_STEPS));
    let mut captures = Captures::new();
    let found = pattern
        .find(subject, &mut captures, &within)
        .then_some(captures);
    if !within.is_spent() {
        assert_eq!(found, expected, "within a budget: {}", context());
    }
    let mut captures = Captures::new();
    let budget = Budget::new(Allowance::APACHE);
    let found = pattern
        .find(subject, &mut captures, &budget)
        .then_some(captures);
    assert_eq!(found, expected, "together: {}", context());
}

fn check(text: &str, subjects: &[&str]) {
    for options in [
        PatternOptions::default(),
        PatternOptions::default() | PatternOptions::CASELESS,
        PatternOptions::empty(),
    ] {
        for subject in subjects {
            agree(&Pattern::new(text, options), subject.as_bytes());
        }
    }
}

/// Is `text` matched without an engine?
fn is_simple(text: &str) -> bool {
    bytecode::code(&Pattern::new(text, PatternOptions::default())).is_some()
}

#[test]
fn the_common_shapes_need_no_engine() {
    for (text, subjects) in [
        ("^/a$", &["/a", "/A", "/a/", "/a\n", "x/a"][..]),
        ("^/a", &["/a", "/ab", "/", ""]),
        ("^/a/?$", &["/a", "/a/", "/a//"]),
        ("^/a/(.*)$", &["/a/", "/a/b/c", "/a", "/a/\n"]),
        ("^/a/(.*)", &["/a/b", "/a"]),
        ("^/([^/]+)/([^/]+)$", &["/a/b", "/a/", "/a/b/c"]),
        (
            "^/([^/]+)-([0-9]+)\\.html$",
            &["/a-1.html", "/a-1-22.html", "/a-.html"],
        ),
        (r"\.html$", &["a.html", ".html.html", "a.htmlx"]),
        (r"\.(?:gif|jpe?g)$", &["a.jpg", "a.jpeg", "a.gif.", "gif"]),
        ("^", &["", "a"]),
        (".*", &["", "a\nb"]),
        ("^(.*)$", &["", "ab"]),
        ("(.*)", &["", "ab"]),
        ("", &["", "a"]),
        ("^/(en|de|fr)/(.*?)/?$", &["/en/a/", "/de/", "/fr/a/b"]),
        ("^/a(?:/(b|c))?(/d)?$", &["/a", "/a/b", "/a/c/d", "/a/d"]),
        (
            "^(.*)/old/(.*)/new/(.*)$",
            &["/old/a/old/b/new/c/new/d", "/old/new/"],
        ),
        ("x|(a)b|ac", &["ac", "zab", "aax"]),
        ("(?i)^/Old-([a-z]+)$", &["/OLD-x", "/old-"]),
        (r"^/\d{4}/\d{1,2}/$", &["/2024/1/", "/2024/123/"]),
        (r"[\w-]+@[^\s\]]", &["ab-c@d", "@]"]),
        ("^[]a[:digit:]-]+$", &["]a1-", "b"]),
        ("a??b*?(c)", &["abbc", "c"]),
        ("(^a|b$)c?", &["ac", "b", "cb"]),
        (
            r"^a\hb\vc$",
            &["a b\nc", "a\tb\x0bc", "ab\nc", "a\u{a0}b\nc"],
        ),
        (r"^[\H\V]+$", &["a b\nc", ""]),
        (
            r"^\x41\x{62}\x5D\cA\e\a\0c$",
            &["Ab]\x01\x1b\x07\0c", "ab]\x01\x1b\x07\0C"],
        ),
        (r"^[\b\x41-\x43\012]+$", &["\x08AC\n", "b"]),
        (r"^\ \!$", &[" !", "!"]),
        ("^[[:blank:][:^digit:]]+$", &["a b", "1"]),
        ("^[[:^upper:]]$", &["a", "A", "1"]),
        (
            "^[[:ascii:][:cntrl:][:graph:][:print:]]+$",
            &["a\x7f ", "\u{e9}"],
        ),
    ] {
        assert!(is_simple(text), "{text}");
        check(text, subjects);
    }
}

#[test]
fn patterns_of_rules() {
    for (text, hit, miss) in [
        ("^/a$", "/a", "/b"),
        ("^/a/(.*)$", "/a/b/c", "/a"),
        ("^/a/(.*)", "/a/", "/b/"),
        (r"^/a-([0-9]+)\.html?$", "/a-12.htm", "/a-x.html"),
        (r"^/a-([0-9]+)\.html?$", "/a-12.html", "/a-1.html5"),
        ("^/(en|de|fr|es)/a/([^/]+)/?$", "/de/a/b/", "/de/a/b/c"),
        ("^/(en|de|fr|es)/a/([^/]+)/?$", "/de/a/b", "/it/a/b"),
        (
            "^/a/([0-9]{4})/([0-9]{2})/b$",
            "/a/2024/01/b",
            "/a/2024/1/b",
        ),
        (
            r"^(?:old)/(\w+)\.(?:php|asp)$",
            "old/x_1.asp",
            "old/x-1.asp",
        ),
    ] {
        assert!(is_simple(text), "{text}");
        check(text, &[hit, miss]);
        let pattern = Pattern::new(text, PatternOptions::default());
        assert!(pattern.is_match(hit.as_bytes()) && !pattern.is_match(miss.as_bytes()));
    }
}

#[test]
fn patterns_with_several_ways() {
    for (text, subject) in [
        (r"^\.\E*", ""),
        (r"^ab\E*", "a"),
        (r"^a\Q\E?b", "b"),
        ("^a(?#c)?b", "b"),
        ("^(a)(?#c)?b", "b"),
        (r"^(?:a)\E{0}b", "b"),
        ("/a", "/a"),
        ("^/a|/b", "/b"),
        ("^/a|/b", "/a"),
        ("^/(a|ab)c", "/abc"),
        ("^(.*)-(.*)$", "a"),
        ("^[a-z]+b$", "abc"),
        ("^(.*)a", "bab"),
        ("^a*?b", "ab"),
        ("^(a)?b", "ab"),
        ("^(a)?b", "b"),
        ("^a([[:digit:]])?", "a"),
        ("^((a)b)", "ab"),
        ("^(a|)b", "b"),
        ("^a++b", "ab"),
        ("^a$b", "a"),
        ("^(a", "a"),
        ("^a)", "a"),
        ("^(?i)a", "A"),
    ] {
        check(text, &[subject]);
    }
}

#[test]
fn loops_over_groups_take_bounded_time() {
    for (text, subjects) in [
        ("^(?:/[a-z]+)+$", &["/a/b", "/a/", "/"][..]),
        ("^/(?:([a-z])|([0-9]))+$", &["/a1", "/1a", "/"]),
        (r"^/(\w+/)*x\b", &["/a/b/x", "/x-", "/xy"]),
        ("(a|ab)(c|bcd)(d*)", &["abcd", "abcdd"]),
        ("(?:a|ab){2}c", &["abac", "aabc"]),
    ] {
        assert!(is_ours(text), "{text}");
        check(text, subjects);
    }
}

/// Is `text` matched by our own engine?
fn is_ours(text: &str) -> bool {
    Backtrack::new(&Pattern::new(text, PatternOptions::default())).is_some()
}

#[test]
fn what_takes_an_engine() {
    for (text, subjects) in [
        ("^/a(?!b)", &["/a", "/ab", "/ac"][..]),
        (r"(a)\1", &["aa", "ab"]),
        ("a++", &["aaa"]),
        ("a*+b", &["aab"]),
        (r"\Qa.\E", &["a.", "ab"]),
        ("(?<n>a)", &["a"]),
        ("(?>a|ab)c", &["ac", "abc"]),
        (r"a\Kb", &["ab"]),
        ("(?x)a b # c", &["ab"]),
        ("(a*)*", &["aab", ""]),
        ("(a*)*b", &["aab", "aac"]),
        ("(|a)+", &["aa", ""]),
        ("(a|)+b", &["aab", "b"]),
        (r"\Z", &["a\n"]),
        ("(?<!a)b", &["ab", "cb", "b"]),
        ("(?<=ab|c)d", &["abd", "cd", "bd"]),
        (r"(?=(a+))a*b\1", &["baaabac", "aaab"]),
        ("(?i:A)b(?-i)c", &["abc", "aBC"]),
        (r"(?m)^b$", &["a\nb\nc", "a\nb\n"]),
        (r"(\w+)\s\1", &["the the", "the he"]),
        (r"^(?:(a)|b)*\1$", &["aba", "ab", "abaa"]),
        (r"(a\1|b)+", &["ba", "bba"]),
        (
            r"^(/.+)/(.*)::\2$",
            &["/a/b/c::b/c", "/a/b::c", "/a/b/c::c"],
        ),
        (r"\bab\B", &["abc", " ab", "xab"]),
        ("(?s).+?x", &["aaxx"]),
        ("(?n)(a)(?<m>b)", &["ab"]),
        ("(?U)a+b??", &["aab"]),
        (r"[[:^alpha:]\W]+", &["ab12-"]),
        (r"(?i)[[:^upper:]]", &["A", "1"]),
        (r"\x41\x{42}", &["AB"]),
        ("(?:ab|cd|ef|gh)+x", &["abefx", "abcd"]),
        ("(?:abc|abd|b|acx)y", &["abdy", "acxy", "by"]),
        ("(?i)(?:abc|ABd|b)y", &["ABDY", "by"]),
    ] {
        assert!(is_ours(text), "{text}");
        check(text, subjects);
    }
}

#[test]
fn what_only_pcre_means_is_left_to_it() {
    for text in [
        "(*UTF)a",
        "a**",
        "[[:alpha:]-z]",
        r"[\d-z]",
        "[:alpha:]",
        "^*",
        "(",
        "a)",
        "(?R)?a",
        "(a)(?1)",
        "(?(1)a|b)",
        r"\p{Lu}",
        r"\X",
        "(*COMMIT)a",
        r"(?<=a+)b",
        r"(a)\2",
    ] {
        assert!(!is_simple(text), "{text}");
        assert!(!is_ours(text), "{text}");
        check(text, &["", "a", "aa", "ab", "A"]);
    }
}

/// A search that takes many steps is not finished without an engine, and still has PCRE2's answer.
#[test]
fn long_searches_are_handed_on() {
    let text = "([^/]*)-([^/]*)-([^/]*)-([^/]*)-x";
    let code = bytecode::code(&Pattern::new(text, PatternOptions::default())).unwrap();
    let simple = Code::over(&code, text.as_bytes()).unwrap();
    let subject = "-".repeat(200);
    let budget = Budget::new(Allowance::APACHE);
    let verdict = simple.find(subject.as_bytes(), &mut Captures::new(), &budget);
    assert_eq!(verdict, Verdict::TooMuch);
    check(text, &[&subject, &format!("{subject}x")]);
}

/// Apache gives up such a match and takes it for none: on the desk PCRE2 says so, at the edge nobody does.
#[test]
fn a_match_that_apache_gives_up_is_none() {
    let text = "^(?:(?:[ab]+)+)+d|c$";
    let subject = format!("{}c", "ab".repeat(30));
    let pattern = Pattern::new(text, PatternOptions::default());
    let ours = Backtrack::new(&pattern).unwrap();
    let budget = Budget::new(Allowance::APACHE);
    let verdict = ours.find(subject.as_bytes(), &mut Captures::new(), &budget);
    assert_eq!(verdict, backtrack::Verdict::Unsure);
    assert!(!pattern.is_match(subject.as_bytes()));
    let budget = Budget::new(Allowance::steps(DECISION_STEPS));
    pattern.find(subject.as_bytes(), &mut Captures::new(), &budget);
    assert!(budget.is_spent());
}

/// Steps that a search takes; `None` for more than a decision may take.
fn steps(text: &str, subject: &str) -> Option<u64> {
    let budget = Budget::new(Allowance::steps(DECISION_STEPS));
    let pattern = Pattern::new(text, PatternOptions::default());
    pattern.find(subject.as_bytes(), &mut Captures::new(), &budget);
    (!budget.is_spent()).then(|| budget.used(Allowance::steps(DECISION_STEPS)))
}

/// What fails is tried once at each place: twice the subject takes about twice the steps.
#[test]
fn long_searches_take_time_in_proportion() {
    for (text, unit) in [
        (r"(?<!z)[a-z]+[a-z]+(?=\d)$", "a"),
        (r"(?!bot)[a-z]+[a-z/.]+(?=\d\d\d)", "a"),
        (r"^/?([a-z]+)*\d(?!q)$", "a"),
        (r"(?:a|b|ab)*c(?=d)", "ab"),
        (r"(x+x+)+y", "x"),
        (r"^(?:[^/]+/)*[^/]+\.(?:jpg|png)(?<!x)$", "a/"),
        (r"^(/.+)/(.*)::\2$", "/a"),
        (r"(a|aa)+$", "a"),
        (r"(?i)(?:googlebot|bingbot|slurp|spider)/\d", "goo"),
    ] {
        let [short, long] =
            [500, 1_000].map(|count| steps(text, &format!("{}!", unit.repeat(count))));
        let in_proportion = short
            .zip(long)
            .is_some_and(|(short, long)| long <= 3 * short);
        assert!(in_proportion, "{text}: {short:?} {long:?}");
    }
}

fn pattern_text() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "a",
        "b",
        "/",
        "-",
        "ab",
        "/a",
        r"\.",
        ".",
        "[ab]",
        "[^/]",
        "[^a]",
        "[a-c-]",
        r"\d",
        r"[\w.-]",
        "[[:alpha:]]",
        "[.]",
        "[Bb]",
        "B",
        "^",
        "$",
        "0",
        r"\b",
        r"\1",
        r"\2",
        r"\B",
        r"\K",
        r"\Qa.\E",
        r"\E",
        "(?#c)",
        r"\x41",
        r"\h",
        " ",
    ]);
    let quantifier = prop::sample::select(vec![
        "", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,}", "{1,}?", "++",
    ]);
    let item = (atom, quantifier).prop_map(|(atom, quantifier)| format!("{atom}{quantifier}"));
    let tree = item.prop_recursive(4, 24, 4, |inner| {
        let quantifier = prop::sample::select(vec!["", "", "", "?", "??", "*", "+", "{2}"]);
        let open = prop::sample::select(vec![
            "(", "(", "(?:", "(?:", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?i:", "(?-i:", "(?x:",
            "(?m:", "(?s:", "(?n:", "(?U:",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (open, prop::collection::vec(inner, 1..4), quantifier).prop_map(
                |(open, parts, quantifier)| format!("{open}{}){quantifier}", parts.join("|"))
            ),
        ]
    });
    let whole = (any::<bool>(), tree, any::<bool>());
    whole.prop_map(|(start, tree, end)| {
        format!(
            "{}{tree}{}",
            if start { "^" } else { "" },
            if end { "$" } else { "" }
        )
    })
}

fn row_item() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "b",
        "/",
        "ab",
        "a?",
        "b*",
        "/?",
        "0+",
        "[ab]+",
        "[^/]*",
        "[^/]+",
        ".*",
        "(a|b)",
        "(a|ab)",
        "(?:ab|b)",
        "(.*)",
        "([^/]+)",
        "([0-9]+)",
        "(a)",
        "((a)b*)",
        r"\.",
        r"\d*",
        r"\w{2}",
        "[a-b]{1,2}",
        "B",
        "(B|0)",
        "a{0,2}",
        "[^a]?",
    ])
}

/// `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    ProptestConfig::default().cases.max(1_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patterns_made_of_parts(text in pattern_text(), subjects in prop::collection::vec("[ab/.0B\n-]{0,9}", 4), bits in 0_u8..8) {
        let pattern = Pattern::new(text, PatternOptions::from_bits_truncate(bits));
        for subject in &subjects {
            agree(&pattern, subject.as_bytes());
        }
    }

    /// As most patterns are: from the start on, one item after another.
    #[test]
    fn patterns_in_a_row(items in prop::collection::vec(row_item(), 0..6), end: bool, subjects in prop::collection::vec("[ab/.0B-]{0,9}", 6), bits in 0_u8..8) {
        let text = format!("^{}{}", items.concat(), if end { "$" } else { "" });
        let pattern = Pattern::new(text, PatternOptions::from_bits_truncate(bits | 6));
        for subject in &subjects {
            agree(&pattern, subject.as_bytes());
        }
    }

    #[test]
    fn patterns_of_any_signs(text in r"[ab01(){}\[\]?*+|^$\\.,:!-]{0,12}", subject in "[ab01/.\n-]{0,8}", bits in 0_u8..8) {
        agree(&Pattern::new(text, PatternOptions::from_bits_truncate(bits)), subject.as_bytes());
    }
}

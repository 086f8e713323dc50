//! Logical lines, variables and macros: the text Apache sees, and where it stands in the file.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::macros::{EXPANSION_LIMIT, Macro, parse_macro};
use edgewright_parser::source::{FileId, Span};
use edgewright_parser::syntax::Kind;
use edgewright_parser::words::split;
use edgewright_parser::{Line, Lines, interpolate, parse, parse_directive};

const FILE: FileId = FileId(7);

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn check_lines(file: &str, lines: &[&str]) {
    let read: Vec<_> = Lines::new(FILE, file.as_bytes())
        .map(|line| text(line.text()))
        .collect();
    assert_eq!(read, lines, "{file:?}");
}

/// What a span covers in its file.
fn covered(file: &str, span: Span) -> &str {
    assert_eq!(span.file, FILE);
    &file[span.start as usize..span.end as usize]
}

#[test]
fn logical_lines() {
    for (file, lines) in [
        ("", &[][..]),
        ("a", &["a"]),
        ("a\n", &["a"]),
        ("a\n\nb", &["a", "", "b"]),
        (" a \t\r\n\x0b\x0cb\r\n", &["a", "b"]),
        ("/cont\\\ninued\n", &["/continued"]),
        ("/c-\\\n x\n", &["/c- x"]),
        ("a\\\r\nb\n", &["ab"]),
        ("a \\\n \\\n b", &["a   b"]),
        ("a\\\n\nb", &["a", "b"]),
        ("a\\\\\nb", &["a\\b"]),
        ("a\\\\\n\nb", &["ab"]),
        ("a\\", &["a\\"]),
        ("a\\\n", &["a"]),
        ("a\\ \nb", &["a\\", "b"]),
        ("# c\\\nd\ne", &["# cd", "e"]),
        ("a\0b\\\nc", &["a", "c"]),
        ("a\\\nb\0c\nd", &["ab", "d"]),
        ("\u{feff}a", &["\u{feff}a"]),
    ] {
        check_lines(file, lines);
    }
}

#[test]
fn comments_and_blank_lines_are_ignored() {
    for (file, ignored) in [("", true), (" \t", true), ("  # x", true), ("x # y", false)] {
        assert_eq!(
            Line::from_text(FILE, file.as_bytes()).is_ignored(),
            ignored,
            "{file:?}"
        );
    }
}

#[test]
fn length_counts_what_is_trimmed() {
    let file = "  a\\\n  b  \n";
    let line = Lines::new(FILE, file.as_bytes()).next().unwrap();
    assert_eq!(line.length_as_read(), 9);
    assert_eq!(line.too_long(9), None);
    assert_eq!(line.too_long(8).unwrap().code, "line-too-long");
}

#[test]
fn spans_go_through_continuations() {
    let file = "# one\n  RewriteRule ^/a\\\r\nb$ \\\n  /c [R=301,\\\nL]\n";
    let line = Lines::new(FILE, file.as_bytes()).nth(1).unwrap();
    assert_eq!(covered(file, line.origin().span), file[8..].trim_end());
    let Kind::RewriteRule(rule) = parse_directive(&line).unwrap().directive.kind else {
        unreachable!()
    };
    assert_eq!(covered(file, rule.pattern.span), "^/a\\\r\nb$");
    assert_eq!(covered(file, rule.substitution.span), "/c");
    assert_eq!(covered(file, rule.flags[0].span), "R=301");
    assert_eq!(covered(file, rule.flags[1].span), "L");
}

#[test]
fn spans_of_words_leave_quotes_out() {
    let file = "Foo \"a b\" 'c\\'d' \"\" e\\\\f \"open";
    let line = Line::from_text(FILE, file.as_bytes());
    let spans: Vec<_> = split(&line, 0..line.text().len())
        .iter()
        .map(|word| covered(file, word.span))
        .collect();
    assert_eq!(spans, ["Foo", "a b", "c\\'d", "", "e\\\\f", "open"]);
}

#[test]
fn errors_point_at_what_is_wrong() {
    for (file, place) in [
        ("RewriteRule ^/a$ /b [L,QS,R]", "QS"),
        ("RewriteRule ^/a$ /b \"[L, R = 301 ]\"", "R = 301"),
        ("RewriteRule ^/a$ /b [L, R]", "[L,"),
        ("RewriteRule ^/a$", "^/a$"),
        ("RewriteRule", "RewriteRule"),
        ("RewriteOptions inherit \"foo\"", "foo"),
        ("Redirect 410 /a /b", "/b"),
        ("Redirect /a \"b\"", "b"),
        ("RewriteEngine yes", "yes"),
        ("<Directory /a", "<Directory /a"),
    ] {
        let found = parse(FILE, file.as_bytes()).diagnostics;
        let spans: Vec<_> = found.iter().filter_map(|found| found.span).collect();
        assert_eq!(spans.len(), 1, "{file}");
        assert_eq!(covered(file, spans[0]), place, "{file}");
    }
}

fn defined(name: &[u8]) -> Option<Vec<u8>> {
    match name {
        b"T" => Some(b"\"http://x/a b\"".to_vec()),
        b"E" => Some(Vec::new()),
        b"V" => Some(b"${T}".to_vec()),
        b"${W" => Some(b"w".to_vec()),
        _ => None,
    }
}

fn check_interpolated(line: &str, expected: &str, undefined: &[&str]) {
    let (read, warnings) = interpolate(Line::from_text(FILE, line.as_bytes()), defined);
    assert_eq!(text(read.text()), expected, "{line}");
    let places: Vec<_> = warnings.iter().filter_map(|warning| warning.span).collect();
    let places: Vec<_> = places.into_iter().map(|span| covered(line, span)).collect();
    assert_eq!(places, undefined, "{line}");
}

#[test]
fn interpolation() {
    for (line, expected, undefined) in [
        ("a", "a", &[][..]),
        ("a ${T} b", "a \"http://x/a b\" b", &[]),
        ("${E}a${E}", "a", &[]),
        ("${E} a ${E}", " a ", &[]),
        ("${V}", "${T}", &[]),
        ("/unk-${NOPE}", "/unk-${NOPE}", &["${NOPE}"]),
        ("${map:key|dflt} ${T", "${map:key|dflt} ${T", &[]),
        ("${map:${T}}", "${map:${T}}", &[]),
        ("$T $ $$ ${", "$T $ $$ ${", &[]),
        ("$${E}", "$", &[]),
        ("${${W}", "w", &[]),
        ("${}", "${}", &["${}"]),
    ] {
        check_interpolated(line, expected, undefined);
    }
}

#[test]
fn interpolated_text_stands_where_its_variable_does() {
    let file = "RewriteRule ^/s$ ${T} [L\\\n]";
    let line = Lines::new(FILE, file.as_bytes()).next().unwrap();
    let (line, _) = interpolate(line, defined);
    let Kind::RewriteRule(rule) = parse_directive(&line).unwrap().directive.kind else {
        unreachable!()
    };
    assert_eq!(rule.substitution.value, b"http://x/a b");
    assert_eq!(covered(file, rule.substitution.span), "${T}");
    assert_eq!(covered(file, rule.flags[0].span), "L");
    assert_eq!(covered(file, line.origin().span), file);
}

/// The macro that `file` begins with, and the rest of the lines.
fn read_macro(file: &str) -> Result<(Macro, Lines<'_>), Diagnostic> {
    let mut lines = Lines::new(FILE, file.as_bytes());
    let line = lines.next().unwrap();
    let opened = parse_directive(&line)?.directive;
    let Kind::Open(arguments) = opened.kind else {
        unreachable!("{file}")
    };
    let (mut read, _) = parse_macro(&arguments)?;
    read.read_body(&mut lines, opened.origin.span)?;
    Ok((read, lines))
}

/// What the `Use` line after a macro stands for.
fn expand(file: &str) -> Result<Vec<Line>, Diagnostic> {
    let (read, mut lines) = read_macro(file)?;
    let used = lines.next().unwrap();
    let Kind::Other(arguments) = parse_directive(&used)?.directive.kind else {
        unreachable!("{file}")
    };
    read.expand(&arguments.words[1..], &used)
}

fn check_expanded(parameters: &str, body: &str, values: &str, expected: &[&str]) {
    let file = format!("<Macro M {parameters}>\n{body}\n</Macro>\nUse m {values}\n");
    let lines: Vec<_> = expand(&file)
        .unwrap()
        .iter()
        .map(|line| text(line.text()))
        .collect();
    assert_eq!(lines, expected, "{file}");
}

#[test]
fn macro_parameters_are_replaced() {
    for (parameters, body, values, expected) in [
        ("", "a $b", "", &["a $b"][..]),
        ("$a", "x $a$a ${a}", "1", &["x 11 ${a}"]),
        ("$a $ab", "$ab $a $abc", "1 2", &["2 1 2c"]),
        ("$b $a", "$a$b", "$a $b", &["$b$a"]),
        ("@host", "S @host", "H1", &["S \"H1\""]),
        ("@a", "S @a", "'x\"y\\z'", &["S \"x\\\"y\\\\z\""]),
        ("@a", "S @a", "@a", &["S @a"]),
        ("@a", "@a", "\"\"", &["\"\""]),
        ("$a", " $a x", "\" \"", &["x"]),
        ("$a", "a\n# $a\n\n  b", "1", &["a", "", "b"]),
        ("$a", "$a", "'# x'", &["# x"]),
        ("$a", "x$a\ny", "\"\\\\\"", &["xy"]),
        ("x", "axxb", "yx", &["ayxyxb"]),
        (
            "$a",
            "<Macro n>\n</Macro>\n$a",
            "1",
            &["<Macro n>", "</Macro>", "1"],
        ),
    ] {
        check_expanded(parameters, body, values, expected);
    }
}

#[test]
fn expanded_text_stands_in_the_body() {
    let file = "<Macro m $from>\nRewriteRule \\\n^$from$ /new\n</Macro>\n  Use m /very/old\n";
    let line = expand(file).unwrap().remove(0);
    let origin = line.origin();
    assert_eq!(covered(file, origin.span), "RewriteRule \\\n^$from$ /new");
    let used: Vec<_> = origin
        .used_at
        .unwrap()
        .iter()
        .map(|span| covered(file, *span))
        .collect();
    assert_eq!(used, ["Use m /very/old"]);
    let Kind::RewriteRule(rule) = parse_directive(&line).unwrap().directive.kind else {
        unreachable!()
    };
    assert_eq!(rule.pattern.value, b"^/very/old$");
    assert_eq!(covered(file, rule.pattern.span), "^$from$");
    assert_eq!(covered(file, rule.substitution.span), "/new");
}

#[test]
fn nested_uses_are_all_named() {
    let file = "<Macro m $a>\nx $a\n</Macro>\nUse m 1\nUse m 2\n";
    let (read, mut lines) = read_macro(file).unwrap();
    let words = |line: &Line| split(line, 0..line.text().len())[2..].to_vec();
    let outer = lines.next().unwrap();
    let inner = &read.expand(&words(&outer), &outer).unwrap()[0];
    let expanded = &read.expand(&words(&lines.next().unwrap()), inner).unwrap()[0];
    let used: Vec<_> = expanded
        .origin()
        .used_at
        .unwrap()
        .iter()
        .map(|span| covered(file, *span))
        .collect();
    assert_eq!(used, ["Use m 1", "x $a"]);
}

#[test]
fn bad_macros() {
    let too_long = format!(
        "<Macro m $a>\n{}\n</Macro>\nUse m {}\n",
        "$a".repeat(100),
        "x".repeat(EXPANSION_LIMIT / 100 + 1)
    );
    let endless = "<Macro m @p>\n@p\n</Macro>\nUse m \"\\\\\\\\@p\"\n";
    for (file, code) in [
        ("<Macro>\n</Macro>\nUse m\n", "bad-macro"),
        ("<Macro \"\" $a>\n</Macro>\nUse m\n", "bad-macro"),
        ("<Macro m $a \"\">\n</Macro>\nUse m 1 2\n", "bad-macro"),
        ("<Macro m $a $a>\n</Macro>\nUse m 1 2\n", "bad-macro"),
        ("<Macro m>\nx\n", "unclosed-section"),
        ("<Macro m>\n<Macro n>\n</Macro>\n", "unclosed-section"),
        ("<Macro m $a>\n</Macro>\nUse m\n", "wrong-argument-count"),
        (
            "<Macro m $a>\n</Macro>\nUse m 1 2\n",
            "wrong-argument-count",
        ),
        (&too_long, "line-too-long"),
        (endless, "line-too-long"),
    ] {
        assert_eq!(
            expand(file).map_err(|error| error.code).err(),
            Some(code),
            "{file:.80}"
        );
    }
}

#[test]
fn doubtful_parameters_are_warned_about() {
    for (line, codes) in [
        ("<Macro m $a %b @c>", &[][..]),
        ("<Macro m a>", &["unmarked-parameter"]),
        ("<Macro m $a $ab>", &["confusable-parameters"]),
    ] {
        let line = Line::from_text(FILE, line.as_bytes());
        let Kind::Open(arguments) = parse_directive(&line).unwrap().directive.kind else {
            unreachable!()
        };
        let (_, warnings) = parse_macro(&arguments).unwrap();
        let found: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(found, codes);
    }
}

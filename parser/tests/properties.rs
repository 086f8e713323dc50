//! What holds for every input.
//!
//! In: arbitrary bytes, and lines put together from the pieces that make trouble. Out: no panic, no
//! span outside the file, and printed directives that read the same.

use edgewright_parser::diagnostic::Severity;
use edgewright_parser::macros::parse_macro;
use edgewright_parser::print::print;
use edgewright_parser::source::{FileId, Span};
use edgewright_parser::syntax::{Directive, Kind};
use edgewright_parser::{Line, Lines, interpolate, parse, parse_directive};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const FILE: FileId = FileId(0);

const NAMES: [&str; 18] = [
    "RewriteRule",
    "RewriteCond",
    "RewriteEngine",
    "RewriteOptions",
    "RewriteBase",
    "RewriteMap",
    "Redirect",
    "RedirectMatch",
    "RedirectPermanent",
    "RedirectTemp",
    "redirect",
    "Foo",
    "<Foo",
    "</Foo>",
    "<Macro",
    "\"#x\"",
    "\"\"",
    "Foo>>",
];

const PIECES: [&str; 56] = [
    " ",
    " ",
    " ",
    " ",
    "\t",
    "\"",
    "\"",
    "'",
    "\\",
    "\\\\",
    "\\ ",
    "\\\n",
    "\\\r\n",
    "\n",
    "#",
    ">",
    "<",
    "!",
    "?",
    "-",
    "^/a$",
    "/b",
    "http://x/",
    "%{X}",
    "expr",
    "=",
    "-f",
    "-lt5",
    "[",
    "]",
    "[L]",
    "[R=301,",
    "NC",
    "OR",
    ",",
    "N=",
    "BNE=",
    "E=a:b",
    "CO=",
    "DX",
    "permanent",
    "gone",
    "302",
    "410",
    "on",
    "inherit",
    "MaxRedirects=",
    "int:tolower",
    "dbm",
    "${",
    "${A}",
    "}",
    "$",
    "a",
    "\u{e9}",
    "\0",
];

/// A line made of pieces.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec(select(PIECES.as_slice()), 0..14);
    (select(NAMES.as_slice()), pieces)
        .prop_map(|(name, pieces)| format!("{name} {}", pieces.concat()).into_bytes())
}

/// A file of any bytes, or of such lines.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let lines = vec(soup(), 0..6).prop_map(|lines| lines.join(&b'\n'));
    prop_oneof![vec(any::<u8>(), 0..200), lines]
}

fn is_inside(span: Span, length: usize) -> bool {
    span.file == FILE && span.start <= span.end && span.end as usize <= length
}

/// Neither kind of quote mark fits around it, and it does not go without.
fn is_unprintable(directive: &Directive) -> bool {
    let both = |text: &[u8]| text.contains(&b'"') && text.contains(&b'\'');
    match &directive.kind {
        Kind::RewriteRule(_) | Kind::RewriteCond(_) => both(&print(directive)),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_can_be_read(file in file()) {
        let parsed = parse(FILE, &file);
        for directive in &parsed.directives {
            prop_assert!(is_inside(directive.origin.span, file.len()));
            prop_assert!(is_inside(directive.name.span, file.len()));
        }
        for diagnostic in &parsed.diagnostics {
            prop_assert!(diagnostic.span.is_some_and(|span| is_inside(span, file.len())));
        }
        let errors = parsed.diagnostics.iter().filter(|it| it.severity == Severity::Error).count();
        let lines = Lines::new(FILE, &file).filter(|line| !line.is_ignored()).count();
        prop_assert_eq!(errors + parsed.directives.len(), lines);
    }

    #[test]
    fn every_stretch_of_a_line_has_a_place(file in file(), value in vec(any::<u8>(), 0..4), from in 0..40_usize, to in 0..40_usize) {
        for line in Lines::new(FILE, &file) {
            prop_assert!(is_inside(line.span(from..to), file.len()));
            let (line, _) = interpolate(line, |_| Some(value.clone()));
            prop_assert!(is_inside(line.span(from..to), file.len()));
            let _ = parse_directive(&line);
        }
    }

    #[test]
    fn any_macro_can_be_expanded(file in file(), body in file(), used in soup()) {
        let opened = Line::from_text(FILE, &[b"<Macro ", file.as_slice(), b">"].concat());
        let used = Line::from_text(FILE, &used);
        let (Ok(opened), Ok(used_as)) = (parse_directive(&opened), parse_directive(&used)) else {
            return Ok(());
        };
        let (Kind::Open(opened), Kind::Other(values)) = (opened.directive.kind, used_as.directive.kind) else {
            return Ok(());
        };
        let Ok((mut read, _)) = parse_macro(&opened) else {
            return Ok(());
        };
        let body = [body.as_slice(), b"\n</Macro>"].concat();
        if read.read_body(&mut Lines::new(FILE, &body), used.origin().span).is_ok() {
            for line in read.expand(&values.words, &used).unwrap_or_default() {
                prop_assert!(is_inside(line.span(0..line.text().len()), body.len()));
            }
        }
    }

    #[test]
    fn what_is_printed_reads_the_same(text in soup()) {
        let line = Line::from_text(FILE, &text);
        let Ok(first) = parse_directive(&line) else {
            return Ok(());
        };
        if is_unprintable(&first.directive) {
            return Ok(());
        }
        let printed = print(&first.directive);
        let again = parse_directive(&Line::from_text(FILE, &printed));
        let again = again.map_err(|error| TestCaseError::fail(format!("{printed:?}: {error:?}")))?;
        prop_assert_eq!(&again.directive.name, &first.directive.name);
        prop_assert_eq!(&again.directive.kind, &first.directive.kind);
    }
}

#[test]
fn long_lines_are_read_in_linear_time() {
    for unit in [
        "a", "a ", "\"", "\\", "${", "${a}", "\\\n", "\\\r\n", "<", ">", "[,", "\0", "\n",
    ] {
        let text = format!("RewriteOptions {}", unit.repeat((1 << 20) / unit.len()));
        let _ = parse(FILE, text.as_bytes());
        for line in Lines::new(FILE, text.as_bytes()).take(100) {
            let _ = interpolate(line, |_| Some(b"b".to_vec()));
        }
    }
    let huge = vec![b'a'; 20 << 20];
    let parsed = parse(FILE, &huge);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, "line-too-long");
}

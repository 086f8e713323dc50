//! What a tree holds, and that it holds every byte.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use edgewright_parser::diagnostic::Severity;
use edgewright_parser::source::FileId;
use edgewright_parser::tree::{Node, NodeKind, Tree, parse};
use proptest::prelude::*;

/// The tree in one line: names, sections in brackets, `!` for refused, `.` for blank, `#` for a comment.
fn shape(nodes: &[Node]) -> String {
    let shown: Vec<String> = nodes.iter().map(shape_of).collect();
    shown.join(" ")
}

fn shape_of(node: &Node) -> String {
    match &node.kind {
        NodeKind::Blank => ".".to_owned(),
        NodeKind::Comment(_) => "#".to_owned(),
        NodeKind::Directive(read) => String::from_utf8_lossy(&read.name.value).into_owned(),
        NodeKind::Refused(refused) => {
            format!("!{}", String::from_utf8_lossy(&refused.name.value))
        }
        NodeKind::Section(section) => {
            let name = String::from_utf8_lossy(&section.name.value);
            let end = if section.close.is_some() { "]" } else { "" };
            format!("{name}[{}{end}", shape(&section.nodes))
        }
        _ => panic!("a kind of node that is not tested"),
    }
}

fn codes(tree: &Tree) -> Vec<&str> {
    tree.diagnostics.iter().map(|said| said.code).collect()
}

#[test]
fn sections_are_nested() {
    let check = |text: &str, expected: &str, said: &[&str]| {
        let tree = parse(FileId(0), text.as_bytes());
        assert_eq!(shape(&tree.nodes), expected, "{text}");
        assert_eq!(codes(&tree), said, "{text}");
        assert_eq!(tree.print(), text.as_bytes(), "{text}");
    };
    check("", "", &[]);
    check("# a\n\nRedirect /a /b", "# . Redirect", &[]);
    check("<If \"1\">\n Redirect /a /b\n</if>\n", "If[Redirect]", &[]);
    check("<A x>\n<B y>\nC d\n</B>\n</A>\nE f", "A[B[C]] E", &[]);
    check(
        "RewriteRule a\nX y",
        "!RewriteRule X",
        &["bad-argument-line"],
    );
    check("</A>\nX y\n", "</A X", &["unmatched-section"]);
    check("<A x>\nX y\n", "A[X", &["unclosed-section"]);
    check("<A x>\n<B y>\nX y\n</A>\n", "A[B[X]", &["unclosed-section"]);
    let unclosed = parse(FileId(0), b"<Directory /x\nX y\n</Directory>\n");
    assert_eq!(shape(&unclosed.nodes), "Directory[X]");
    assert_eq!(unclosed.diagnostics.len(), 1);
}

#[test]
fn the_end_of_a_file_closes_conditional_sections() {
    let check = |text: &str, expected: &[Severity]| {
        let tree = parse(FileId(0), text.as_bytes());
        let found: Vec<Severity> = tree.diagnostics.iter().map(|said| said.severity).collect();
        assert_eq!(found, expected, "{text}");
    };
    let (warning, error) = (Severity::Warning, Severity::Error);
    check("<IfModule x>\nX y\n", &[warning]);
    check("<IfModule x>\n<A x>\n", &[warning, warning]);
    check("<A x>\n<IfModule x>\n", &[warning, error]);
    check("<A x>\n<IfModule x>\n</A>\n", &[error]);
}

#[test]
fn lines_of_a_macro_are_not_judged() {
    let text = b"<Macro M $a>\nRewriteRule $a\n</If>\n<If $a>\n</Macro>\nRewriteRule x\n";
    let tree = parse(FileId(0), text);
    assert_eq!(
        shape(&tree.nodes),
        "Macro[!RewriteRule </If If[] !RewriteRule"
    );
    assert_eq!(codes(&tree), ["bad-argument-line"]);
}

#[test]
fn deep_sections_are_lines() {
    let text = format!(
        "{}X y\n{}",
        "<A x>\n".repeat(100_000),
        "</A>\n".repeat(100_000)
    );
    let tree = parse(FileId(0), text.as_bytes());
    assert_eq!(codes(&tree), ["too-deep"]);
    assert_eq!(tree.print(), text.as_bytes());
}

#[test]
fn nodes_know_their_place() {
    let text = b"# one\n<If \"1\">\n\tRedirect /a \\\n  /b\n</If>\n";
    let tree = parse(FileId(0), text);
    let path = |needle: &str| {
        let text = String::from_utf8_lossy(text).into_owned();
        let at = text.find(needle).and_then(|at| u32::try_from(at).ok());
        let nodes = tree.at(at.unwrap_or(u32::MAX));
        let places: Vec<String> = nodes.iter().map(|node| node.place.to_string()).collect();
        places.join(" ")
    };
    assert_eq!(path("one"), "1:1");
    assert_eq!(path("<If"), "2:1 2:1");
    assert_eq!(path("\tRedirect"), "2:1 3:2");
    assert_eq!(path("/b"), "2:1 3:2");
    assert_eq!(path("</If"), "2:1 5:1");
    assert_eq!(tree.at(10_000).len(), 0);
    let line = tree.at(20);
    let texts: Vec<&[u8]> = line.iter().map(|node| tree.slice(node.span)).collect();
    let expected: [&[u8]; 2] = [b"<If \"1\">", b"Redirect /a \\\n  /b"];
    assert_eq!(texts, expected);
}

/// Each node begins where the one before it ends.
fn is_gapless(nodes: &[Node], start: u32, end: u32) -> bool {
    let mut at = start;
    for node in nodes {
        if node.extent.start != at {
            return false;
        }
        at = node.extent.end;
        if let NodeKind::Section(section) = &node.kind {
            let (open, close) = (section.open.extent, section.close.as_ref());
            let inside_end = close.map_or(node.extent.end, |close| close.extent.start);
            if open.start != node.extent.start
                || close.is_some_and(|close| close.extent.end != node.extent.end)
                || !is_gapless(&section.nodes, open.end, inside_end)
            {
                return false;
            }
        }
    }
    at == end
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "<If \"true\">",
        "</If>",
        "<Macro m $x>",
        "</Macro>",
        "<VirtualHost *:80",
        "</VirtualHost",
        "# comment \\",
        "",
        "  \t",
        "RewriteRule ^a$ /b [R]",
        "RewriteRule a",
        "Redirect /a \\",
        "\"",
        "<",
        "</",
        ">",
        "</>",
        "\r",
        "a\0b \\",
    ]);
    prop_oneof![
        8 => known.prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_is_lost(lines in prop::collection::vec(line(), 0..24), ends in any::<bool>()) {
        let mut text = lines.join(&b'\n');
        if ends {
            text.push(b'\n');
        }
        let tree = parse(FileId(3), &text);
        prop_assert_eq!(tree.print(), text.clone());
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        prop_assert!(is_gapless(&tree.nodes, 0, length), "{:?}", tree.nodes);
    }
}

//! Feature `serde`: what is read can be written as data.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use edgewright_parser::source::FileId;
use edgewright_parser::syntax::Directive;
use edgewright_parser::{parse, tree};

const TEXT: &[u8] =
    b"RewriteCond %{HTTP_HOST} !^a [NC]\nRewriteRule ^/a$ /b [R=301,E=x:y]\nRedirect /a /b\n";

#[test]
fn directives_come_back() {
    let read = parse(FileId(0), TEXT).directives;
    let written = serde_json::to_string(&read).unwrap();
    let back: Vec<Directive> = serde_json::from_str(&written).unwrap();
    assert_eq!(back, read);
}

#[test]
fn trees_and_diagnostics_are_written() {
    let tree = tree::parse(FileId(0), b"# a\nRewriteRule x\n");
    let written = serde_json::to_value(&tree).unwrap();
    assert_eq!(written["nodes"][1]["place"]["line"], 2);
    assert_eq!(written["diagnostics"][0]["code"], "bad-argument-line");
}

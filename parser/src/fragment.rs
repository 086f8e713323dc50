//! One file by itself.
//!
//! In: its bytes. Out: its directives and what is wrong with it. Absent: everything a server does
//! while it reads: variables, `Include`, macros, skipped `<IfModule>`s.

use crate::diagnostic::Diagnostic;
use crate::directive::{Reading, parse_directive};
use crate::lines::{Lines, SERVER_LINE_LIMIT};
use crate::source::FileId;
use crate::syntax::Directive;

/// What is in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Parsed {
    /// The directives, in order; a line in error is left out.
    pub directives: Vec<Directive>,
    /// What there is to say, in order of the lines: one error for each bad line.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `bytes` line by line.
pub fn parse(file: FileId, bytes: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    for line in Lines::new(file, bytes) {
        if line.is_ignored() {
            parsed.diagnostics.extend(line.too_long(SERVER_LINE_LIMIT));
            continue;
        }
        match parse_directive(&line) {
            Ok(Reading {
                directive,
                warnings,
            }) => {
                parsed.directives.push(directive);
                parsed.diagnostics.extend(warnings);
            }
            Err(error) => parsed.diagnostics.push(error),
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_one_error_and_the_rest_is_read() {
        let text = b"# x\nRewriteEngine On\nRewriteRule ^/a$\n\nRewriteRule ^/a$ \\\n /b [R,L]\nRedirect 410 /x\n";
        let parsed = parse(FileId(0), text);
        assert_eq!(parsed.directives.len(), 3);
        let codes: Vec<_> = parsed
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect();
        assert_eq!(codes, ["bad-argument-line"]);
    }
}

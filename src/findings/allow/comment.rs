//! One comment that silences findings, read.
//!
//! In: a comment line. Out: [`Comment`], and what is wrong with it. Absent: which findings it silences.

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::line::Line;
use edgewright_parser::source::Span;

use crate::findings::codes;

/// What a comment for edgewright begins with, after `#`.
pub const MARK: &[u8] = b"edgewright:";

/// How a comment is written.
const FORM: &str =
    "write `# edgewright: allow(code) reason`, or `allow-file(code)` for the whole file";

/// A comment that allows codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
    /// What it is about.
    pub scope: Scope,
    /// The codes, each with its place in the comment.
    pub codes: Vec<Named>,
    /// Why they are allowed; may be empty.
    pub reason: String,
}

/// What a comment is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `allow`: the next directive.
    Directive,
    /// `allow-file`: the file it stands in.
    File,
}

/// A code that a comment names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The code.
    pub code: &'static str,
    /// Where the comment names it.
    pub span: Span,
}

/// What was read of a comment for edgewright.
#[derive(Debug, Default)]
pub struct Read {
    /// The comment, if it can be understood.
    pub comment: Option<Comment>,
    /// What is wrong with it.
    pub complaints: Vec<Diagnostic>,
}

/// Reads a comment; `None` if it is not for edgewright.
pub fn read(line: &Line) -> Option<Read> {
    // Letters in another encoding may change places behind them only, and that is the reason.
    let text = String::from_utf8_lossy(line.text());
    let inner = text.trim_start_matches('#').trim_start();
    let words = inner.strip_prefix("edgewright:")?.trim_start();
    let start = text.len() - words.len();
    let whole = line.span(start..text.len());
    let (scope, list, reason) = match divided(words) {
        Ok(parts) => parts,
        Err(headline) => return Some(Read::bad(headline, whole)),
    };
    let mut read = Read::default();
    let mut comment = Comment {
        span: line.origin().span,
        scope,
        codes: Vec::new(),
        reason: reason.trim().to_owned(),
    };
    let mut at = text.len() - reason.len() - ")".len() - list.len();
    for piece in list.split(',') {
        let name = piece.trim();
        let blank = piece.len() - piece.trim_start().len();
        let span = line.span(at + blank..at + blank + name.len());
        match codes::page(name) {
            Some(page) => comment.codes.push(Named {
                code: page.code,
                span,
            }),
            None => read.complaints.push(unknown_code(name, span)),
        }
        at += piece.len() + ",".len();
    }
    if comment.reason.is_empty() {
        read.complaints.push(without_reason(whole));
    }
    read.comment = Some(comment);
    Some(read)
}

/// What a comment is about, the list of its codes, and its reason.
fn divided(words: &str) -> Result<(Scope, &str, &str), String> {
    let end = words.find(|one: char| one.is_whitespace() || one == '(');
    let (verb, rest) = words.split_at(end.unwrap_or(words.len()));
    let scope = match verb {
        "allow" => Scope::Directive,
        "allow-file" => Scope::File,
        other => {
            let nearest = codes::nearest(other, ["allow", "allow-file"]);
            return Err(codes::unknown("comment", other, nearest));
        }
    };
    let list = rest.trim_start().strip_prefix('(');
    let parts = list.and_then(|list| list.split_once(')'));
    let (list, reason) = parts.ok_or_else(|| format!("`{verb}` has no code in parentheses"))?;
    Ok((scope, list, reason))
}

impl Read {
    fn bad(headline: String, span: Span) -> Self {
        Self {
            comment: None,
            complaints: vec![Diagnostic::warning("bad-allow", headline, span).help(FORM)],
        }
    }
}

fn unknown_code(name: &str, span: Span) -> Diagnostic {
    let headline = codes::unknown("code", name, codes::nearest_code(name));
    Diagnostic::warning("unknown-code", headline, span).help("`edgewright rule` lists all codes")
}

fn without_reason(span: Span) -> Diagnostic {
    let headline = "the comment does not say why";
    Diagnostic::warning("allow-without-reason", headline, span)
        .help("write the reason behind the parenthesis")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use edgewright_parser::source::FileId;

    use super::*;

    /// A comment's codes, its reason, and the complaints about it with the text each is at.
    fn check(text: &str, codes: &str, reason: &str, complaints: &[(&str, &str)]) {
        let line = Line::from_text(FileId(0), text.as_bytes());
        let read = read(&line).unwrap();
        let said: Vec<(&str, &str)> = read
            .complaints
            .iter()
            .map(|one| {
                let span = one.span.unwrap();
                (one.code, &text[span.start as usize..span.end as usize])
            })
            .collect();
        assert_eq!(said, complaints, "{text}");
        let Some(comment) = read.comment else {
            return assert_eq!((codes, reason), ("", ""), "{text}");
        };
        let names: Vec<&str> = comment.codes.iter().map(|named| named.code).collect();
        assert_eq!(
            (names.join(" "), comment.reason),
            (codes.to_owned(), reason.to_owned())
        );
    }

    #[test]
    fn comments_are_read() {
        let two = "no-rules dot-in-host";
        check(
            "# edgewright: allow(no-rules) later",
            "no-rules",
            "later",
            &[],
        );
        check(
            "#edgewright:allow (no-rules , dot-in-host)  a (b) ",
            two,
            "a (b)",
            &[],
        );
        check(
            "## edgewright: allow-file(no-rules): x",
            "no-rules",
            ": x",
            &[],
        );
        let silent = ("allow-without-reason", "allow(no-rules)");
        check("# edgewright: allow(no-rules)", "no-rules", "", &[silent]);
        check(
            "# edgewright: allow(no-rule) x",
            "",
            "x",
            &[("unknown-code", "no-rule")],
        );
        let second = ("unknown-code", "xy");
        check(
            "# edgewright: allow(no-rules, xy) x",
            "no-rules",
            "x",
            &[second],
        );
        check("# edgewright: allow() x", "", "x", &[("unknown-code", "")]);
        for bad in [
            "allow no-rules",
            "allow(no-rules",
            "alow(no-rules) x",
            "",
            "allow",
        ] {
            let text = format!("# edgewright: {bad}");
            check(&text, "", "", &[("bad-allow", bad)]);
        }
    }

    #[test]
    fn other_comments_are_none() {
        for text in [
            "# edgewright",
            "# allow(no-rules)",
            "# see edgewright: allow(no-rules)",
        ] {
            let line = Line::from_text(FileId(0), text.as_bytes());
            assert!(read(&line).is_none(), "{text}");
        }
    }
}

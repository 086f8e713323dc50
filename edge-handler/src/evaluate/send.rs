//! What a client may be sent (`ap_http_header_filter` as far as `check_headers`).
//!
//! In: the outcome of a record. Out: the same, or what becomes of a request whose answer has a header
//! that Apache refuses to send. Absent: making headers; at the edge they are escaped once more.

use crate::model::outcome::{ContentType, HeaderText, Headers, Outcome};
use crate::model::page::Page;
use crate::source::Source;

use super::headers::{Lines, Made};
use super::internal::Next;
use super::record::{Handler, Record};
use super::{Halt, Run};

impl<'a, S: Source> Run<'a, S> {
    /// Sends what a record came to. When a header is refused, everything is dropped, and the answer
    /// is an error with an error document like any other; a second time it is a plain 500.
    pub(crate) fn send(
        &mut self,
        outcome: Outcome,
        mut record: Record<'a>,
    ) -> Result<Next<'a>, Halt> {
        if let Some(outcome) = self.checked(outcome) {
            self.note_changed_headers(&outcome, &record);
            return Ok(Next::Done(outcome));
        }
        self.drop_headers();
        record.location = None;
        if std::mem::replace(&mut self.headers_refused, true) {
            self.headers.content_type = ContentType::None;
            self.page = Page::Text(Vec::new());
            return Ok(Next::Done(Outcome::Status { status: 500 }));
        }
        self.die_after(record.status, 500, record)
    }

    /// Sends an answer that the server makes itself, with the headers of such answers.
    pub(super) fn send_made(
        &mut self,
        outcome: Outcome,
        mut record: Record<'a>,
    ) -> Result<Next<'a>, Halt> {
        self.make_headers_of(&outcome, &mut record)?;
        self.send(outcome, record)
    }

    /// Sends what an error came to that happened on the way to an error document: there is no other.
    pub(super) fn send_or_500(
        &mut self,
        outcome: Outcome,
        record: &mut Record<'a>,
    ) -> Result<Outcome, Halt> {
        self.make_headers_of(&outcome, record)?;
        Ok(self.checked(outcome).unwrap_or_else(|| {
            self.drop_headers();
            self.headers.content_type = ContentType::None;
            self.page = Page::Text(Vec::new());
            Outcome::Status { status: 500 }
        }))
    }

    fn make_headers_of(&mut self, outcome: &Outcome, record: &mut Record<'a>) -> Result<(), Halt> {
        let (status, location) = match outcome {
            Outcome::Redirect { status, location } => (*status, Some(location.as_slice())),
            Outcome::Status { status } => (*status, None),
            Outcome::Serve { .. }
            | Outcome::Proxy { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => {
                self.headers = Headers::default();
                return Ok(());
            }
        };
        if record.handler == Handler::Core {
            self.make_core_headers(record);
            return Ok(());
        }
        self.make_headers(Made { status, location }, record)
    }

    /// The outcome with its headers as they are sent, and the cookies likewise (`check_headers`).
    fn checked(&mut self, outcome: Outcome) -> Option<Outcome> {
        for cookie in self.cookies.iter_mut().filter(|cookie| !cookie.dropped) {
            cookie.header = sendable(std::mem::take(&mut cookie.header))?;
        }
        let texts = self.vary.iter_mut().chain(&mut self.made_cookies);
        check_headers(&mut self.headers, texts)?;
        Some(match outcome {
            Outcome::Redirect { status, location } => {
                let location = sendable(location)?;
                Outcome::Redirect { status, location }
            }
            outcome => outcome,
        })
    }

    fn drop_headers(&mut self) {
        for cookie in &mut self.cookies {
            cookie.dropped = true;
        }
        self.made_cookies.clear();
        self.headers = Headers::default();
        self.early = Lines::default();
        self.vary.clear();
        self.missing = None;
    }
}

/// Headers as they are sent, and the values of others; `None` where one is refused.
pub(crate) fn check_headers<'v>(
    headers: &mut Headers,
    others: impl IntoIterator<Item = &'v mut Vec<u8>>,
) -> Option<()> {
    for header in &mut headers.lines {
        if let HeaderText::Text(text) = &mut header.value {
            *text = sendable(std::mem::take(text))?;
        }
    }
    if let ContentType::Named(name) = &mut headers.content_type {
        *name = sendable(std::mem::take(name))?;
    }
    for value in others {
        *value = sendable(std::mem::take(value))?;
    }
    Some(())
}

/// A header value as Apache sends it (`check_header`) and any client reads it: a line folded in two is
/// one with a space, and white space at the ends is none of the value (RFC 9110, 5.5). `None` for any
/// other control character.
pub(crate) fn sendable(value: Vec<u8>) -> Option<Vec<u8>> {
    unfolded(value).map(trimmed)
}

fn unfolded(value: Vec<u8>) -> Option<Vec<u8>> {
    // All bytes are looked at, many at once.
    let controls = value.iter().fold(0, |found, byte| found | control(*byte));
    if controls == 0 {
        return Some(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = &value[..];
    while let Some(end) = rest.iter().copied().position(is_control) {
        let folded = rest[end..].strip_prefix(b"\r\n");
        let folded = folded.filter(|line| matches!(line.first(), Some(b' ' | b'\t')))?;
        out.extend_from_slice(&rest[..end]);
        out.push(b' ');
        let indent = folded
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'));
        rest = &folded[indent.count()..];
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Of white space only blanks and tabs are left by now.
fn trimmed(mut value: Vec<u8>) -> Vec<u8> {
    value.truncate(value.trim_ascii_end().len());
    let start = value.len() - value.trim_ascii_start().len();
    value.drain(..start);
    value
}

/// May this not stand in a header?
fn is_control(byte: u8) -> bool {
    control(byte) != 0
}

/// 1 for such a byte: a number and no lazy operators, so that many are compared at once.
fn control(byte: u8) -> u8 {
    u8::from(byte < b' ') & u8::from(byte != b'\t') | u8::from(byte == 0x7f)
}

#[cfg(test)]
mod tests {
    use super::sendable;

    fn check(value: &str, expected: Option<&str>) {
        let found = sendable(value.as_bytes().to_vec());
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{value:?}");
    }

    #[test]
    fn only_a_folded_line_may_hold_controls() {
        check("", Some(""));
        check("a\tb", Some("a\tb"));
        check("a\nb", None);
        check("a\u{7f}", None);
        check("a\r\nb", None);
        check("a\r\n b", Some("a b"));
        check("a\r\n \t b\r\n\tc", Some("a b c"));
        check("a\r\n ", Some("a"));
        check(" \ta\tb \t", Some("a\tb"));
        check(" \t", Some(""));
        check("a \n", None);
        check("a\r\n b\u{1}", None);
    }
}

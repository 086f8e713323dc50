//! Pages of answers that a server makes itself, in one form.
//!
//! In: a response of Apache's, or an engine's answer. Out: the page, where both sides can know it. Absent: files.

use std::borrow::Cow;

use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::page::Page;

/// What stands around the signature of a page (`ServerSignature`), which the edge does not have.
const SIGNATURE: &[u8] = b"<hr>\n<address>";
const END: &[u8] = b"</body></html>\n";

/// What Apache adds to the page of a 403 where its user may not search a folder: the rights of files are the machine's.
const UNREADABLE: &[u8] = b"Server unable to read htaccess file, denying access to be safe";

/// Statuses whose answers CloudFront sends without content.
const WITHOUT_CONTENT: [u16; 3] = [204, 205, 304];

/// The page of a response, without a signature.
pub fn of_response(status: u16, body: &[u8]) -> Option<Vec<u8>> {
    (!WITHOUT_CONTENT.contains(&status)).then(|| without_rights(&unsigned(body)))
}

/// Is the page of this answer known, and sent? Of a redirect's own page only the type is.
pub fn is_sent(answer: &Answer) -> bool {
    let is_redirect = matches!(answer.outcome, Outcome::Redirect { .. });
    match answer.page {
        Page::Own => !is_redirect,
        Page::Text(_) | Page::Document(_) => true,
        Page::Unknown => false,
    }
}

/// The page of an answer; `None` where none is sent.
pub fn of_answer(answer: &Answer) -> Option<Vec<u8>> {
    let (Outcome::Redirect { status, .. } | Outcome::Status { status }) = &answer.outcome else {
        return None;
    };
    let has_content = is_sent(answer) && !WITHOUT_CONTENT.contains(status);
    let page = answer.page_content().filter(|_| has_content);
    page.map(Cow::into_owned)
}

fn unsigned(body: &[u8]) -> Vec<u8> {
    let without_end = body.strip_suffix(END);
    let start = without_end.and_then(|page| {
        let mut starts = page.windows(SIGNATURE.len());
        starts.rposition(|part| part == SIGNATURE)
    });
    match start.and_then(|start| body.get(..start)) {
        Some(page) => [page, END].concat(),
        None => body.to_vec(),
    }
}

fn without_rights(page: &[u8]) -> Vec<u8> {
    let mut parts = page.windows(UNREADABLE.len());
    match parts.position(|part| part == UNREADABLE) {
        Some(at) => [&page[..at], &page[at + UNREADABLE.len()..]].concat(),
        None => page.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let found = of_response(404, body.as_bytes());
        assert_eq!(found.as_deref(), Some(expected.as_bytes()));
    }

    #[test]
    fn a_signature_is_left_out() {
        let plain = "<p>a</p>\n</body></html>\n";
        check(plain, plain);
        check(
            "<p>a</p>\n<hr>\n<address>Apache</address>\n</body></html>\n",
            plain,
        );
        check("<hr>\n<address>x", "<hr>\n<address>x");
        check("", "");
        check(
            "<p>No.Server unable to read htaccess file, denying access to be safe</p>\n",
            "<p>No.</p>\n",
        );
        assert_eq!(of_response(205, b"a"), None);
    }
}

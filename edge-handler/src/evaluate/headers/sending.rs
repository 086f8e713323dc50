//! An answer on its way: its headers while lines change them, and as they are sent (`ap_http_header_filter`).
//!
//! In: what is there before any line. Out: [`Sending`], and [`Finished`] in the end. Absent: what a line does.

use super::super::record::add_names;
use super::Made;
use super::lines::{Lines, is_named, text_of};
use crate::model::outcome::{ContentType, Header, HeaderText, Headers};
use crate::model::site::headers::HeaderTable;

/// What there is before any line is carried out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    /// What every answer to the request has (`err_headers_out`).
    pub early: Lines,
    /// What an answer of the record's own handler has (`headers_out`).
    pub made: Lines,
    /// What the record varies by.
    pub vary: Vec<Vec<u8>>,
}

/// An answer on its way, as `Header` lines see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sending {
    /// What lines with `always` change (`err_headers_out`).
    pub always: Lines,
    /// What was there before the tables were exchanged, and what `mod_expires` adds (`headers_out`).
    pub made: Lines,
    /// What the request says (`headers_in`).
    pub request: Lines,
    /// The type of the page.
    pub content_type: ContentType,
}

impl Sending {
    /// An answer with what is there before any line is carried out.
    pub(super) fn beginning(content_type: ContentType, before: Before) -> Self {
        let Before { early, made, vary } = before;
        let mut sending = Self {
            always: early,
            made,
            content_type,
            ..Self::default()
        };
        sending.vary_by(&vary);
        sending
    }

    /// What a line changes.
    pub(super) fn table(&mut self, table: HeaderTable) -> &mut Lines {
        match table {
            HeaderTable::Always => &mut self.always,
            HeaderTable::OnSuccess => &mut self.made,
            HeaderTable::Request => &mut self.request,
        }
    }

    /// A header of the answer so far (`req_table_func`).
    pub fn header(&self, name: &[u8]) -> Option<&[u8]> {
        self.made.get(name).or_else(|| self.always.get(name))
    }

    /// Lets expressions see the `Location`.
    pub(super) fn show_location(&mut self, location: Option<&[u8]>) {
        if let Some(location) = location {
            let location = HeaderText::Text(location.to_vec());
            self.made.set(MADE_LOCATION, location);
        }
    }

    /// The answer varies by headers of the request.
    pub fn vary_by(&mut self, names: &[Vec<u8>]) {
        if !names.is_empty() {
            self.made.append(VARY, &names.join(&b", "[..]));
        }
    }

    /// The headers of `answer` as they are sent: without a page the type that lines saw is not.
    pub(super) fn finish_for(mut self, answer: Made<'_>, charset: Option<&[u8]>) -> Finished {
        if !answer.has_page() {
            self.content_type = ContentType::None;
        }
        self.finish(charset)
    }

    /// The headers as they are sent, without those that the answer has elsewhere. `charset` is that of texts without one.
    pub(super) fn finish(self, charset: Option<&[u8]>) -> Finished {
        let all = self.always.0.into_iter().chain(self.made.0);
        let all: Vec<Header> = all.collect();
        let mut vary = Vec::new();
        for header in all.iter().filter(|header| is_named(header, VARY)) {
            add_names_of(&mut vary, &header.value);
        }
        // Where there is no type (`ap_make_content_type`), what a line added stays.
        let own = match self.content_type {
            ContentType::Named(name) if name.is_empty() => ContentType::None,
            own => own,
        };
        let last = all
            .iter()
            .rposition(|header| is_named(header, CONTENT_TYPE));
        let added = last.and_then(|last| all.get(last)).and_then(text_of);
        let (content_type, others) = match (own, added) {
            (ContentType::None, Some(added)) => {
                (ContentType::Named(added.to_vec()), OtherTypes::AreSent)
            }
            (own, _) => (with_charset(own, charset), OtherTypes::AreGone),
        };
        // One without a name is sent as it is.
        let is_sent = |(at, header): &(usize, Header)| {
            let is_type = is_named(header, CONTENT_TYPE);
            let is_other = is_type && Some(*at) != last && others == OtherTypes::AreSent;
            let is_elsewhere = ELSEWHERE.iter().any(|name| is_named(header, name));
            (is_other || !is_elsewhere) && (vary.is_empty() || !is_named(header, VARY))
        };
        let texts = all.iter().filter(|header| is_named(header, SET_COOKIE));
        let cookies = texts.filter_map(|header| match &header.value {
            HeaderText::Text(text) => Some(text.clone()),
            HeaderText::DateAfter(_) => None,
        });
        let cookies = cookies.collect();
        let headers = Headers {
            content_type,
            lines: all
                .into_iter()
                .enumerate()
                .filter(is_sent)
                .map(|(_, header)| header)
                .collect(),
        };
        Finished {
            headers,
            vary,
            cookies,
        }
    }
}

/// What becomes of types that lines added, before the last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OtherTypes {
    /// They are sent: nobody sets the type of the answer.
    AreSent,
    /// The answer's own type has taken their place.
    AreGone,
}

/// Headers as they are sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finished {
    /// Those that the answer has nowhere else.
    pub headers: Headers,
    /// The names in `Vary`.
    pub vary: Vec<Vec<u8>>,
    /// The values of `Set-Cookie`, in order.
    pub cookies: Vec<Vec<u8>>,
}

/// What is sent from elsewhere. The type is written in the place of whatever a line added (`ap_http_header_filter`).
const ELSEWHERE: [&[u8]; 3] = [CONTENT_TYPE, MADE_LOCATION, SET_COOKIE];

pub(super) const CONTENT_TYPE: &[u8] = b"Content-Type";

const VARY: &[u8] = b"Vary";

const SET_COOKIE: &[u8] = b"Set-Cookie";

/// A type with the charset that texts have without one (`ap_make_content_type`).
fn with_charset(content_type: ContentType, charset: Option<&[u8]>) -> ContentType {
    let Some(charset) = charset else {
        return content_type;
    };
    let whole = |name: Vec<u8>| {
        let lower = name.to_ascii_lowercase();
        let holds = |part: &[u8]| lower.windows(part.len()).any(|at| at == part);
        let is_text = holds(b"text/plain") || holds(b"text/html");
        if !is_text || holds(b"charset=") {
            return name;
        }
        [&name, b"; charset=".as_slice(), charset].concat()
    };
    match content_type {
        ContentType::Named(name) => ContentType::Named(whole(name)),
        ContentType::Document(name) => ContentType::Document(whole(name)),
        own @ (ContentType::Page | ContentType::PageWithoutCharset | ContentType::None) => own,
    }
}

/// Adds the names of a `Vary` header, each once (`uniq_field_values`).
fn add_names_of(vary: &mut Vec<Vec<u8>>, value: &HeaderText) {
    let HeaderText::Text(text) = value else {
        return;
    };
    let is_end = |byte: &u8| *byte == b',' || is_space(*byte);
    let names = text.split(is_end).filter(|name| !name.is_empty());
    add_names(vary, names.map(<[u8]>::to_vec).collect());
}

/// `apr_isspace`
pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// The name under which expressions see the `Location` of the answer; it is no line's.
const MADE_LOCATION: &[u8] = b"Location";

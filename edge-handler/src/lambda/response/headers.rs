//! Headers of a generated response, in CloudFront's form.
//!
//! In: an [`Answer`]. Out: [`Headers`], which serializes by name in lower case. Absent: what Apache sends; see
//! `evaluate::headers`.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, percent_encode};
use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use super::body::{Body, Sent, Whose};
use crate::evaluate::cookie::http_date;
use crate::lambda::configuration::CacheControl;
use crate::model::header_names::may_be_sent;
use crate::model::outcome::{Answer, ContentType, Header, HeaderText};

/// No ASCII character: what is left to encode are the bytes from 0x80.
const BEYOND_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The type of the function's own page.
const PAGE: ContentType = ContentType::Page;

/// Headers by name, in the order of the first of each name.
#[derive(Debug, Default)]
pub(super) struct Headers<'a>(SmallVec<[Group<'a>; 4]>);

/// The headers of one name.
#[derive(Debug)]
struct Group<'a> {
    name: Cow<'a, str>,
    values: SmallVec<[Line<'a>; 1]>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    key: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl<'a> Headers<'a> {
    /// The headers of an answer that is sent with `body` at `now`, in seconds since 1970.
    pub fn of(
        answer: &'a Answer,
        (sent, body): (&'a Sent, &Body),
        cache_control: &'a CacheControl,
        now: i64,
    ) -> Self {
        let mut headers = Self::default();
        if let Some(location) = &sent.location {
            headers.add("Location", location.as_str());
        }
        let lines = answer.headers.lines.iter();
        let is_cache_control = |header: &&Header| is_named(header, "Cache-Control");
        for header in lines.clone().filter(|header| !is_cache_control(header)) {
            headers.add_line(header, now);
        }
        for cookie in &answer.cookies {
            headers.add("Set-Cookie", header_text(cookie));
        }
        let own = lines.filter(is_cache_control);
        headers.add_cache_control(answer, sent.status, cache_control, own);
        if !answer.vary.is_empty() {
            let names: Vec<_> = answer.vary.iter().map(|name| header_text(name)).collect();
            headers.add("Vary", names.join(","));
        }
        let content_type = content_type(answer, body);
        if let Some(value) = content_type {
            headers.add("Content-Type", header_text(value));
        }
        headers
    }

    /// What is decided here; else that an answer with cookies is one viewer's own; else what Apache says.
    fn add_cache_control(
        &mut self,
        answer: &'a Answer,
        status: u16,
        cache_control: &'a CacheControl,
        own: impl Iterator<Item = &'a Header>,
    ) {
        const NAME: &str = "Cache-Control";
        if !answer.cookies.is_empty() {
            self.add(NAME, "private");
            return;
        }
        match cache_control.decided(status) {
            Some("") => return,
            Some(value) => {
                self.add(NAME, value);
                return;
            }
            None => {}
        }
        let before = self.0.len();
        for header in own {
            self.add_line(header, 0);
        }
        if self.0.len() == before
            && let Some(value) = CacheControl::otherwise(status)
        {
            self.add(NAME, value);
        }
    }

    fn add_line(&mut self, header: &'a Header, now: i64) {
        if !may_be_sent(&header.name) {
            return;
        }
        let name = header_text(&header.name);
        match &header.value {
            HeaderText::Text(value) => self.add(name, header_text(value)),
            HeaderText::DateAfter(seconds) => self.add(name, http_date(now + i64::from(*seconds))),
        }
    }

    fn add(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (key, value) = (key.into(), value.into());
        let known = self
            .0
            .iter_mut()
            .find(|group| group.name.eq_ignore_ascii_case(&key));
        if let Some(group) = known {
            group.values.push(Line { key, value });
            return;
        }
        self.0.push(Group {
            name: lower_case(&key),
            values: SmallVec::from_buf([Line { key, value }]),
        });
    }
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|group| (&group.name, group.values.as_slice())),
        )
    }
}

/// The type of the body. The one of a document is not that of a page in its place.
fn content_type<'a>(answer: &'a Answer, body: &Body) -> Option<&'a [u8]> {
    match (&answer.headers.content_type, body.whose) {
        (ContentType::Named(name), _) => Some(name),
        (own, Whose::LeftOut) => own.value(),
        _ if body.json.is_none() => None,
        (ContentType::Document(_) | ContentType::None, Whose::StandIn) => PAGE.value(),
        (own, Whose::Answers | Whose::StandIn) => own.value(),
    }
}

/// A name in lower case; those that most answers have are at hand.
fn lower_case<'a>(name: &str) -> Cow<'a, str> {
    match name {
        "Location" => "location".into(),
        "Cache-Control" => "cache-control".into(),
        "Content-Type" => "content-type".into(),
        other => other.to_ascii_lowercase().into(),
    }
}

fn is_named(header: &Header, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name.as_bytes())
}

/// A header's value as CloudFront takes one: ASCII. Bytes from 0x80 are percent-encoded, since nothing
/// says which characters they are; a control character, which could end the header, becomes a space.
pub(super) fn header_text(bytes: &[u8]) -> Cow<'_, str> {
    let text = Cow::from(percent_encode(bytes, BEYOND_ASCII));
    if !text.contains(char::is_control) {
        return text;
    }
    Cow::Owned(text.replace(char::is_control, " "))
}

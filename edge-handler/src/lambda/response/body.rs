//! The body of a generated response.
//!
//! In: an [`Answer`]. Out: [`Body`], as text or in base64. Absent: which page an answer has;
//! see `evaluate::page`.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::value::{RawValue, to_raw_value};

use super::{INVISIBLE, ascii};
use crate::model::outcome::{Answer, Outcome};
use crate::model::page::Page;

/// The status and the `Location` of a response as CloudFront takes them.
#[derive(Debug)]
pub(super) struct Sent {
    pub status: u16,
    pub location: Option<String>,
}

/// What a viewer gets below the headers, as JSON. Also for `HEAD`: CloudFront keeps one answer for both methods and leaves
/// the body out itself.
#[derive(Debug)]
pub(super) struct Body {
    /// The text; `None` where there is nothing.
    pub json: Option<Box<RawValue>>,
    /// How the text is encoded.
    pub encoding: &'static str,
    /// Whose page it is.
    pub whose: Whose,
}

/// Whose page a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The answer's.
    Answers,
    /// The server's own, in the place of one that nobody knows here, or that is too long.
    StandIn,
    /// The server's own page of a redirect, of which only the type is sent: clients follow the `Location`, and the page
    /// would be the longest text of nearly every answer.
    LeftOut,
}

impl Sent {
    /// What is sent of `answer` with `status`.
    pub fn of(answer: &Answer, status: u16) -> Self {
        let location = match &answer.outcome {
            Outcome::Redirect { location, .. } => Some(ascii(location, INVISIBLE)),
            Outcome::Status { .. }
            | Outcome::Serve { .. }
            | Outcome::Proxy { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => None,
        };
        Self { status, location }
    }

    /// The page of the answer.
    pub fn body(&self, answer: &Answer) -> Result<Body, serde_json::Error> {
        // A 205 has no content, whatever Apache sends.
        if self.status == 205 {
            return Ok(Body::NONE);
        }
        match &answer.page {
            Page::Own if self.location.is_some() => Ok(Body::LEFT_OUT),
            Page::Own => self.own_page(Whose::Answers),
            Page::Text(text) | Page::Document(text) => Body::of(text, Whose::Answers),
            Page::Unknown => self.own_page(Whose::StandIn),
        }
    }

    /// The server's own page for the status.
    pub fn own_page(&self, whose: Whose) -> Result<Body, serde_json::Error> {
        let location = self.location.as_deref().map(str::as_bytes);
        let page = Page::Own.content(self.status, location);
        Body::of(&page.unwrap_or_default(), whose)
    }
}

impl Body {
    /// A body without anything in it.
    pub const NONE: Self = Self {
        json: None,
        encoding: TEXT,
        whose: Whose::Answers,
    };

    /// The page of a redirect.
    const LEFT_OUT: Self = Self {
        json: None,
        encoding: TEXT,
        whose: Whose::LeftOut,
    };

    /// A page of these bytes, as text where they are UTF-8.
    fn of(bytes: &[u8], whose: Whose) -> Result<Self, serde_json::Error> {
        if bytes.is_empty() {
            return Ok(Self::NONE);
        }
        let (json, encoding) = match str::from_utf8(bytes) {
            Ok(text) => (to_raw_value(text)?, TEXT),
            Err(_) => (to_raw_value(&BASE64_STANDARD.encode(bytes))?, "base64"),
        };
        Ok(Self {
            json: Some(json),
            encoding,
            whose,
        })
    }
}

const TEXT: &str = "text";

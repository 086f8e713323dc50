//! The page of an answer that is made here.
//!
//! In: nothing. Out: [`Page`]. Absent: choosing one (`evaluate::page`), the words of the server's own pages ([`own`]), and
//! putting a page on the wire (`lambda`).

pub mod own;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use own::{About, own_page};

/// A file that stands in for the answer to an error, with all of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its absolute path.
    #[serde(with = "serde_bytes")]
    pub path: Vec<u8>,
    /// What is in the file.
    #[serde(with = "serde_bytes")]
    pub content: Vec<u8>,
}

/// Which page an answer has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Page {
    /// The server's own page, told by the status and the `Location` alone.
    #[default]
    Own,
    /// This text: what a line says, or an own page that says more than the status.
    Text(Vec<u8>),
    /// The content of a file of the site.
    Document(Vec<u8>),
    /// A page that nobody knows here, such as that of a program.
    Unknown,
}

impl Page {
    /// The bytes of the page of an answer with `status` and `location`; `None` where nobody knows them.
    pub fn content(&self, status: u16, location: Option<&[u8]>) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Own if has_none(status) => Some(Cow::Borrowed(b"")),
            Self::Own => {
                let location = location.unwrap_or_default();
                let about = About {
                    location,
                    ..About::default()
                };
                Some(own_page(status, &about).into())
            }
            Self::Text(text) | Self::Document(text) => Some(text.into()),
            Self::Unknown => None,
        }
    }
}

/// Is an answer with this status sent without a page (`AP_STATUS_IS_HEADER_ONLY`)?
pub fn has_none(status: u16) -> bool {
    matches!(status, 204 | 304)
}

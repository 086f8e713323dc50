//! What a request becomes.
//!
//! In: nothing. Out: [`Outcome`], [`Answer`]. Absent: how it is put on the wire; see `lambda`.

use std::borrow::Cow;

use crate::model::page::Page;
use crate::model::rules::Place;

/// What a request becomes. Texts are bytes exactly as Apache would send or open them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer with a `Location` header.
    Redirect {
        /// The status, mostly 301 or 302; any status that Apache sends with a `Location`.
        status: u16,
        /// The header's value.
        location: Vec<u8>,
    },
    /// An answer made by a rule, without a `Location`.
    Status {
        /// The status.
        status: u16,
    },
    /// The request goes on to the files (at the edge: to the origin).
    Serve {
        /// The decoded path below the document root: the file name without the document root,
        /// plus path info. A file outside every document root keeps its whole name.
        path: Vec<u8>,
        /// The raw query string; `None` when there is no `?`.
        query: Option<Vec<u8>>,
    },
    /// The request goes to another server.
    Proxy {
        /// The absolute URL, query included.
        url: Vec<u8>,
    },
    /// The decision takes more than its budget: nobody has found out what the answer is.
    OverBudget,
    /// The answer depends on something that cannot be known here.
    Unsupported {
        /// What is missing, for a person to read.
        reason: String,
    },
}

impl Outcome {
    /// Is the answer made here, so that no origin and no other server is asked?
    pub fn is_made(&self) -> bool {
        match self {
            Self::Redirect { .. } | Self::Status { .. } => true,
            Self::Serve { .. }
            | Self::Proxy { .. }
            | Self::OverBudget
            | Self::Unsupported { .. } => false,
        }
    }
}

/// Headers of an answer that is made here, besides `Location`, `Set-Cookie` and `Vary`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// What the page is.
    pub content_type: ContentType,
    /// The others, as they are sent: in order, one of a name after another.
    pub lines: Box<[Header]>,
}

/// A header of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, as the configuration writes it.
    pub name: Vec<u8>,
    /// Its value.
    pub value: HeaderText,
}

/// The value of a header of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderText {
    /// The value itself.
    Text(Vec<u8>),
    /// A date: so many seconds after the answer is made.
    DateAfter(u32),
}

/// A header of a request that is not as the client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedHeader {
    /// Its name, in lower case.
    pub name: Vec<u8>,
    /// Its values by now; none where it was taken out.
    pub values: Vec<Vec<u8>>,
}

/// The type of the page that an answer has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ContentType {
    /// Apache's own page, or a text: `text/html; charset=iso-8859-1`.
    #[default]
    Page,
    /// The same where `suppress-error-charset` is set: `text/html`.
    PageWithoutCharset,
    /// This type, as a line says.
    Named(Vec<u8>),
    /// The type of a file that stands in for the answer, such as a page for an error.
    Document(Vec<u8>),
    /// There is no page, or nobody knows what it is.
    None,
}

impl ContentType {
    /// The header's value; `None` where there is no such header.
    pub fn value(&self) -> Option<&[u8]> {
        match self {
            Self::Page => Some(b"text/html; charset=iso-8859-1"),
            Self::PageWithoutCharset => Some(b"text/html"),
            Self::Named(name) | Self::Document(name) => Some(name),
            Self::None => None,
        }
    }
}

/// An outcome with what accompanies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the request becomes.
    pub outcome: Outcome,
    /// `Set-Cookie` values, in order: those of rules, and of an answer that is made here also those of lines about headers.
    pub cookies: Vec<Vec<u8>>,
    /// Other headers of an answer that is made here; of a request that goes on there are none.
    pub headers: Headers,
    /// The page of an answer that is made here.
    pub page: Page,
    /// What lines have changed of the headers of a request that goes on.
    pub request_headers: Vec<ChangedHeader>,
    /// Request headers the answer varies by, as Apache names them in `Vary`.
    pub vary: Vec<Vec<u8>>,
    /// True when no rule changed anything: the request may go on as it came.
    pub unchanged: bool,
    /// Rules that had a say, in the order they had it. Filled only when asked for.
    pub trace: Vec<Step>,
    /// Paths that were taken for absent because nothing is known about files there. When there
    /// are any, the answer rests on that. Filled only when a trace is asked for.
    pub assumed_absent: Vec<Vec<u8>>,
}

impl Answer {
    /// The bytes of the page of an answer that is made here; `None` where nobody knows them, or it is not made here.
    pub fn page_content(&self) -> Option<Cow<'_, [u8]>> {
        let (status, location) = match &self.outcome {
            Outcome::Redirect { status, location } => (*status, Some(location.as_slice())),
            Outcome::Status { status } => (*status, None),
            Outcome::Serve { .. }
            | Outcome::Proxy { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => return None,
        };
        self.page.content(status, location)
    }

    /// An outcome that nothing accompanies.
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            cookies: Vec::new(),
            headers: Headers::default(),
            page: Page::Own,
            request_headers: Vec::new(),
            vary: Vec::new(),
            unchanged: false,
            trace: Vec::new(),
            assumed_absent: Vec::new(),
        }
    }
}

/// One entry of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line of the directive; `None` where the server did something by itself.
    pub place: Option<Place>,
    /// What it did.
    pub event: Event,
}

impl Step {
    /// Did the directive at `place` do it?
    pub fn is_at(&self, place: Place) -> bool {
        self.place == Some(place)
    }
}

/// What a directive, or the server, did to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A condition was true; the text it was asked about.
    Held(Vec<u8>),
    /// A condition was false; the text it was asked about.
    Failed(Vec<u8>),
    /// The pattern did not match; the text it was compared with.
    Unmatched(Vec<u8>),
    /// The pattern matched, but a condition stopped the rule.
    Stopped,
    /// A rule without substitution applied.
    Applied,
    /// A rule replaced the path; the new one.
    Rewrote(Vec<u8>),
    /// A rule asked for an external redirect; the target.
    Redirected(Vec<u8>),
    /// A rule answered with a status.
    Answered(u16),
    /// A rule handed the request to another server.
    Proxied(Vec<u8>),
    /// Apache started over inside the server with this URL.
    Internal(Vec<u8>),
    /// The server did something that no rule asked for.
    Server(ServerEvent),
}

impl Event {
    /// Did the line at the step's place do anything? A condition alone does nothing, and that the server starts over is
    /// what a rule before did.
    pub fn is_effect(&self) -> bool {
        match self {
            Self::Applied
            | Self::Rewrote(_)
            | Self::Redirected(_)
            | Self::Answered(_)
            | Self::Proxied(_) => true,
            Self::Held(_)
            | Self::Failed(_)
            | Self::Unmatched(_)
            | Self::Stopped
            | Self::Internal(_)
            | Self::Server(_) => false,
        }
    }
}

/// What a server does by itself, or because of lines that are no rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// `mod_dir` sent the client to the URL of a directory with its slash.
    AddedSlash,
    /// `mod_dir` took an index for a directory; the path of the file's URL.
    TookIndex(Vec<u8>),
    /// `mod_dir` took the `FallbackResource` for a file that is not there; the path of its URL.
    TookFallback(Vec<u8>),
    /// `mod_negotiation` took another file for one that is not there; the path of its URL.
    TookVariant(Vec<u8>),
    /// An `ErrorDocument` answers an error.
    TookErrorDocument {
        /// The status of the error.
        status: u16,
        /// The path or URL it leads to.
        target: Vec<u8>,
    },
    /// The request was refused.
    Refused {
        /// The status.
        status: u16,
        /// Why.
        reason: Refusal,
    },
}

/// Why a server refuses a request that no rule refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request line is none, or too long.
    RequestLine,
    /// The name of the host is none, or missing.
    HostName,
    /// The path cannot be decoded, or leads above the root.
    Path,
    /// `AllowMethods` has not the method.
    Method,
    /// `SSLRequireSSL`, and the host has no TLS.
    WithoutTls,
    /// `Order`, `Allow` and `Deny` keep the client out.
    Client,
    /// `Require` does not let the request in.
    Requirement,
    /// A directory without an index, and `Options` has no `Indexes`.
    NoList,
    /// No file of this name, or none that can be sent with this method.
    NoFile,
    /// A `.htaccess` file that Apache cannot read to its end.
    BrokenFile,
    /// Rules of a directory where `Options` has neither `FollowSymLinks` nor `SymLinksIfOwnerMatch`.
    WithoutLinks,
    /// A path that is too long, or a folder that nobody may enter.
    ClosedFolder,
    /// A rule made a path with a question mark of what was encoded as one (`UnsafeAllow3F`).
    EncodedQuestionMark,
    /// A rule of a directory made something that is neither a path nor a URL.
    NoPath,
    /// Ten internal redirects one after another.
    EndlessRedirects,
    /// No variant that the client accepts, or a type map that is none.
    NoVariant,
}

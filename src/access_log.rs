//! Requests of an access log.
//!
//! In: the lines of a log, and formats that a configuration defines. Out: an [`Entry`] for each line of a
//! request. Absent: reading and unpacking files; see `traffic`.
//!
//! One file below this one for each format. Which format a log has is found out from its first lines; a
//! later line that does not fit is tried with the others, because several logs may have been put together.

mod balancer;
mod common;
mod json;
pub mod percent;
mod template;
mod text;
mod time;
mod w3c;

use edgewright_engine::model::request::Scheme;

use common::Rest;
pub use template::Template;
pub use time::Time;
use w3c::Fields;

/// The formats that are read, for messages.
pub const FORMATS: &str = "common and combined (Apache, nginx), CloudFront, AWS load balancers, W3C, \
                           JSON lines, and each LogFormat of the configuration";

/// How many lines tell the format of a log.
pub const SAMPLE: usize = 32;

/// One request of a log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Logged {
    /// The method.
    pub method: Vec<u8>,
    /// The host that was asked for, or the virtual host, if the log says.
    pub host: Option<Vec<u8>>,
    /// The request target.
    pub target: Vec<u8>,
    /// How the client connected, if the log says.
    pub scheme: Option<Scheme>,
    /// `Referer`, if the log says.
    pub referer: Option<Vec<u8>>,
    /// `User-Agent`, if the log says.
    pub user_agent: Option<Vec<u8>>,
}

impl Logged {
    /// Bytes of all texts.
    pub fn size(&self) -> usize {
        let headers = [&self.host, &self.referer, &self.user_agent];
        let headers = headers.into_iter().flatten().map(Vec::len);
        self.method.len() + self.target.len() + headers.sum::<usize>()
    }
}

/// One line about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The request; `None` for one that cannot be made again: it would change something, or was none.
    pub request: Option<Logged>,
    /// What was answered, if the log says.
    pub status: Option<u16>,
    /// When, if the log says.
    pub time: Option<Time>,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line about a request.
    Entry(Entry),
    /// An empty line, or one about the log itself: `#Version`, `#Fields`.
    Comment,
    /// No line of a log.
    Unknown,
}

/// A format of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Format {
    Columns(Fields),
    Balancer,
    Json,
    Common(Rest),
    Template(Template),
}

impl Format {
    fn parse(&self, line: &[u8]) -> Option<Entry> {
        match self {
            Self::Columns(fields) => fields.parse(line),
            Self::Balancer => balancer::parse(line),
            Self::Json => json::parse(line),
            Self::Common(rest) => common::parse(line, *rest),
            Self::Template(template) => template.parse(line),
        }
    }
}

/// Reads the lines of one log.
#[derive(Debug)]
pub struct Reader {
    /// Every format, those that are stricter first; the index of the one the log has.
    formats: Vec<Format>,
    current: usize,
}

impl Reader {
    /// A reader that also knows `templates`.
    pub fn new(templates: &[Template]) -> Self {
        let columns = Format::Columns(Fields::cloudfront());
        let mut formats = vec![columns, Format::Balancer, Format::Json];
        formats.push(Format::Common(Rest::Exact));
        formats.extend(templates.iter().cloned().map(Format::Template));
        formats.push(Format::Common(Rest::Any));
        Self {
            formats,
            current: 0,
        }
    }

    /// Finds out which format most of the first lines have.
    pub fn detect(&mut self, first_lines: &[&[u8]]) {
        let fitting = |format: &Format| {
            let lines = first_lines.iter();
            lines.filter(|line| format.parse(line).is_some()).count()
        };
        let counts: Vec<usize> = self.formats.iter().map(fitting).collect();
        // Of formats that fit equally often the first.
        let most = (0..counts.len()).rev().max_by_key(|at| counts[*at]);
        self.current = most.unwrap_or(0);
    }

    /// Reads the next line.
    pub fn read(&mut self, line: &[u8]) -> Line {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if let Some(fields) = Fields::of_line(line) {
            self.formats[0] = Format::Columns(fields);
            self.current = 0;
        }
        if line.is_empty() || line.starts_with(b"#") {
            return Line::Comment;
        }
        if let Some(entry) = self.formats[self.current].parse(line) {
            return Line::Entry(entry);
        }
        let others = (0..).zip(&self.formats);
        let found = others
            .filter(|(at, _)| *at != self.current)
            .find_map(|(at, format)| Some((at, format.parse(line)?)));
        let Some((at, entry)) = found else {
            return Line::Unknown;
        };
        self.current = at;
        Line::Entry(entry)
    }
}

#[cfg(test)]
mod tests;

//! The request of an event that cannot be read as CloudFront writes events.
//!
//! In: any bytes. Out: the reply that passes the request through unchanged, if there is a request.
//! Absent: deciding anything about the request.
//!
//! Lambda hands over JSON, and CloudFront always the same shape, so none of this should ever happen.
//! When it does, a request that passes through is better for a viewer than an error. The search needs
//! no valid JSON around the request, looks at every byte once, and does not recurse.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The reply to `bytes`: their request, or their response where one stands beside the request.
///
/// A request is an object named `request`. One inside an object named `cf` comes before others, the
/// first before later ones; but of a name that an object holds twice the last counts, as for most
/// readers of JSON. Bytes that are not UTF-8 become U+FFFD, since JSON has no place for them.
pub fn recover(bytes: &[u8]) -> Option<Box<RawValue>> {
    let mut search = Search::default();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let Some(end) = end_of_string(bytes, at) else {
                    break;
                };
                search.text = &bytes[at..end];
                at = end;
                continue;
            }
            b':' => search.name = Name::of(search.text),
            b',' => search.name = Name::Other,
            b'{' | b'[' => search.open(at),
            b'}' | b']' => search.close(&bytes[..=at]),
            _ => {}
        }
        at += 1;
    }
    search.found()
}

/// The place behind the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The name of a member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Name {
    Cf,
    Request,
    Response,
    #[default]
    Other,
}

impl Name {
    /// The name that the JSON string `text` spells.
    fn of(text: &[u8]) -> Self {
        match serde_json::from_slice::<Cow<str>>(text).as_deref() {
            Ok("cf") => Self::Cf,
            Ok("request") => Self::Request,
            Ok("response") => Self::Response,
            _ => Self::Other,
        }
    }
}

/// A bracket that was opened.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    start: usize,
    name: Name,
}

/// What is known up to some byte.
#[derive(Debug, Default)]
struct Search<'a> {
    open: Vec<Open>,
    /// How many of the open brackets are named `request`.
    open_requests: usize,
    /// The last string.
    text: &'a [u8],
    /// The name of the value that comes next.
    name: Name,
    request: Option<Found>,
    response: Option<Found>,
}

/// An object that was found, and where.
#[derive(Debug)]
struct Found {
    parent: Open,
    object: Box<RawValue>,
}

impl<'a> Search<'a> {
    fn open(&mut self, start: usize) {
        let name = std::mem::take(&mut self.name);
        self.open_requests += usize::from(name == Name::Request);
        self.open.push(Open { start, name });
    }

    /// `text` ends with the bracket that closes the innermost open one.
    fn close(&mut self, text: &'a [u8]) {
        self.name = Name::Other;
        let Some(Open { start, name }) = self.open.pop() else {
            return;
        };
        self.open_requests -= usize::from(name == Name::Request);
        // What is inside a request belongs to it.
        if self.open_requests > 0 {
            return;
        }
        let place = match name {
            Name::Request => &mut self.request,
            Name::Response => &mut self.response,
            Name::Cf | Name::Other => return,
        };
        let parent = self.open.last().copied().unwrap_or_default();
        if place.as_ref().is_none_or(|found| found.yields_to(parent))
            && let Some(object) = object(&text[start..])
        {
            *place = Some(Found { parent, object });
        }
    }

    fn found(self) -> Option<Box<RawValue>> {
        let request = self.request?;
        let beside = |response: &Found| response.parent.start == request.parent.start;
        let response = self.response.filter(beside);
        Some(response.map_or(request.object, |response| response.object))
    }
}

impl Found {
    /// True if an object of the same name inside `parent` is preferred to the one that was found.
    fn yields_to(&self, parent: Open) -> bool {
        let is_preferred = parent.name == Name::Cf && self.parent.name != Name::Cf;
        is_preferred || parent.start == self.parent.start
    }
}

/// `text` as a JSON object, if it is one.
fn object(text: &[u8]) -> Option<Box<RawValue>> {
    let text = String::from_utf8_lossy(text);
    let value = RawValue::from_string(text.into_owned()).ok()?;
    value.get().starts_with('{').then_some(value)
}

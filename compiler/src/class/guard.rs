//! One digit of a class.
//!
//! In: a request as its viewer sent it. Out: [`Guard`], and whether it holds. Absent: which guards there are.

use edgewright_engine::evaluate::remote;
use edgewright_engine::model::expression::Subnet;
use edgewright_engine::model::request::{Request, Scheme, Target};
use edgewright_engine::model::site::RemoteIp;
use edgewright_engine::pattern::{Pattern, PatternOptions};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Viewed;
use crate::inputs::Input;

/// A question about a viewer that is answered by yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Guard {
    /// One condition.
    Is(Atom),
    /// A question whose answer is no.
    Not(Box<Guard>),
    /// All of them hold.
    All(Vec<Guard>),
    /// One of them holds.
    Any(Vec<Guard>),
    /// Which cookies pass a test, where it matters what they are.
    Which(Atom),
}

/// One condition on one thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Atom {
    /// What is looked at.
    pub about: About,
    /// What is asked about it.
    pub test: AtomTest,
}

/// What of a request a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// The values of a header, by its name in lower case, joined; empty when there is none.
    Header(String),
    /// Each cookie by itself: one has to pass.
    Cookies,
    /// The address of whoever connects.
    Client,
    /// The client whom trusted proxies name in a header; whoever connects where they name none.
    Behind(RemoteIp),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtomTest {
    /// Does the expression match?
    Matches(#[serde(with = "pattern_text")] Pattern),
    /// Is the text this one?
    Equals(#[serde(with = "byte_text")] Vec<u8>),
    /// Is the address in one of these networks?
    Within(Vec<Subnet>),
    /// Is the address that of whoever connects?
    IsConnection,
}

impl Guard {
    /// Does the guard hold for a request?
    pub fn holds(&self, viewed: &Viewed<'_>) -> bool {
        match self {
            Self::Is(atom) | Self::Which(atom) => atom.holds(viewed),
            Self::Not(guard) => !guard.holds(viewed),
            Self::All(guards) => guards.iter().all(|guard| guard.holds(viewed)),
            Self::Any(guards) => guards.iter().any(|guard| guard.holds(viewed)),
        }
    }

    /// The part of the class: a digit, or the cookies that pass, with a semicolon behind them.
    pub fn text(&self, viewed: &Viewed<'_>) -> String {
        match self {
            Self::Which(atom) => atom.passing(viewed).join("&") + ";",
            Self::Is(_) | Self::Not(_) | Self::All(_) | Self::Any(_) => {
                let digit = if self.holds(viewed) { "1" } else { "0" };
                digit.to_owned()
            }
        }
    }

    /// Every condition in it.
    pub fn each<'g>(&'g self, take: &mut impl FnMut(&'g Atom)) {
        match self {
            Self::Is(atom) | Self::Which(atom) => take(atom),
            Self::Not(guard) => guard.each(take),
            Self::All(guards) | Self::Any(guards) => {
                for guard in guards {
                    guard.each(take);
                }
            }
        }
    }

    /// The one thing that all conditions are about, if there is one.
    pub(super) fn only_subject(&self) -> Option<About> {
        let mut subjects: Vec<About> = Vec::new();
        self.each(&mut |atom| subjects.push(atom.about.clone()));
        subjects.dedup();
        subjects.pop().filter(|_| subjects.is_empty())
    }

    /// The same question about the client whom `remote` tells, where this one is about whoever connects.
    pub(super) fn behind(&self, remote: &RemoteIp) -> Self {
        let all = |guards: &[Self]| guards.iter().map(|guard| guard.behind(remote)).collect();
        match self {
            Self::Is(atom) => Self::Is(atom.behind(remote)),
            Self::Which(atom) => Self::Which(atom.behind(remote)),
            Self::Not(guard) => Self::Not(Box::new(guard.behind(remote))),
            Self::All(guards) => Self::All(all(guards)),
            Self::Any(guards) => Self::Any(all(guards)),
        }
    }

    /// The opposite where `negated`.
    pub(super) fn negated_if(self, negated: Negated) -> Self {
        match negated {
            Negated::Yes => Self::Not(Box::new(self)),
            Negated::No => self,
        }
    }
}

/// Is the opposite meant?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Negated {
    Yes,
    No,
}

impl From<bool> for Negated {
    fn from(negated: bool) -> Self {
        if negated { Self::Yes } else { Self::No }
    }
}

impl Atom {
    fn holds(&self, viewed: &Viewed<'_>) -> bool {
        let asks = |text: &[u8]| self.test.holds(text, viewed.client);
        match &self.about {
            About::Header(name) => {
                let value = request(viewed).header(name.as_bytes()).unwrap_or_default();
                asks(&value)
            }
            About::Cookies => viewed.cookies.iter().any(|cookie| asks(cookie)),
            About::Client => asks(viewed.client),
            About::Behind(remote) => match remote::seen(remote, &request(viewed)) {
                Some(seen) => asks(&seen.client),
                None => asks(viewed.client),
            },
        }
    }

    fn behind(&self, remote: &RemoteIp) -> Self {
        let about = match &self.about {
            About::Client => About::Behind(remote.clone()),
            About::Header(_) | About::Cookies | About::Behind(_) => self.about.clone(),
        };
        let test = self.test.clone();
        Self { about, test }
    }

    /// The cookies that pass, in the order of their names.
    fn passing(&self, viewed: &Viewed<'_>) -> Vec<String> {
        let name = |cookie: &&Vec<u8>| -> Vec<u8> {
            let mut parts = cookie.split(|byte| *byte == b'=');
            parts.next().unwrap_or_default().to_vec()
        };
        let mut passing: Vec<&Vec<u8>> = viewed
            .cookies
            .iter()
            .filter(|cookie| self.test.holds(cookie, viewed.client))
            .collect();
        passing.sort_by_key(name);
        passing.into_iter().map(|cookie| encoded(cookie)).collect()
    }

    /// About how many bytes of code it takes.
    pub(super) fn size(&self) -> usize {
        match &self.test {
            AtomTest::Matches(pattern) => pattern.text.len(),
            AtomTest::Equals(text) => text.len(),
            AtomTest::Within(subnets) => subnets.len() * 40,
            AtomTest::IsConnection => 0,
        }
    }
}

/// A request as far as conditions look at it.
fn request<'v>(viewed: &Viewed<'v>) -> Request<'v> {
    Request {
        method: b"GET",
        scheme: Scheme::Https,
        host: None,
        target: Target::of(b"/"),
        headers: viewed.headers,
        client: viewed.client,
        protocol: b"HTTP/1.1",
    }
}

/// `encodeURIComponent` of a text with a character for each byte.
fn encoded(text: &[u8]) -> String {
    let mut encoded = String::new();
    for character in text.iter().copied().map(char::from) {
        if character.is_ascii_alphanumeric() || "-_.!~*'()".contains(character) {
            encoded.push(character);
        } else {
            let mut bytes = [0; 2];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                encoded += &format!("%{byte:02X}");
            }
        }
    }
    encoded
}

impl AtomTest {
    fn holds(&self, text: &[u8], connection: &[u8]) -> bool {
        match self {
            Self::Matches(pattern) => pattern.is_match(text),
            Self::Equals(equal) => text == equal,
            Self::Within(subnets) => subnets.iter().any(|subnet| subnet.contains(text)),
            Self::IsConnection => text == connection,
        }
    }
}

impl About {
    /// The inputs that it is, or is made of.
    pub fn inputs(&self) -> Vec<Input> {
        match self {
            Self::Header(name) => vec![Input::Header(name.clone())],
            Self::Cookies => vec![Input::Cookies],
            Self::Client => vec![Input::Client],
            Self::Behind(remote) => vec![Input::Client, remote_header(remote)],
        }
    }
}

/// The header in which proxies name their clients.
pub(super) fn remote_header(remote: &RemoteIp) -> Input {
    Input::Header(String::from_utf8_lossy(&remote.header).to_ascii_lowercase())
}

/// Bytes as a text that people can read: a character for each byte.
mod byte_text {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        text.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        bytes.map_err(serde::de::Error::custom)
    }
}

/// A pattern as its text, and its options as a number.
mod pattern_text {
    use super::{Deserialize, Deserializer, Pattern, PatternOptions, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Written {
        #[serde(with = "super::byte_text")]
        text: Vec<u8>,
        options: u8,
    }

    pub fn serialize<S: Serializer>(pattern: &Pattern, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            text: pattern.text.clone(),
            options: pattern.options.bits(),
        };
        written.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
        let Written { text, options } = Written::deserialize(deserializer)?;
        Ok(Pattern::new(
            text,
            PatternOptions::from_bits_truncate(options),
        ))
    }
}

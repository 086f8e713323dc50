//! The CloudFront Function that writes a viewer's class into a header.
//!
//! In: a [`ViewerClass`]. Out: JavaScript, for people too. Absent: running it.
//!
//! A function that throws is a viewer's 503, so that nothing in it may: what goes wrong makes a class of its own, which
//! no other request has.

use std::collections::{BTreeMap, BTreeSet};

use edgewright_engine::model::expression::Subnet;
use edgewright_engine::model::forwarded_for::{FORWARDED_FOR, ForwardedFor};
use edgewright_engine::model::marks::{BareMark, Choice, DRAWS, Head, Marks};
use edgewright_engine::model::site::Trust;

use super::guard::{About, Atom, AtomTest, Guard};
use super::pattern::{expression, quoted, test};
use super::{CLASS_HEADER, ViewerClass};

/// Does the function copy `Host` as well?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// `Host` is copied to where rules in front of a bucket look for it.
    Host,
    /// Nothing is copied.
    Nothing,
}

impl Copies {
    /// The header that carries the viewer's host past a bucket's own.
    pub const HEADER: &str = "x-viewer-host";

    /// The lines of code.
    pub fn code(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Host => format!(
                "  request.headers['{}'] = {{ value: request.headers.host.value }};\n",
                Self::HEADER
            ),
        }
    }
}

impl ViewerClass {
    /// The whole function.
    pub fn javascript(&self, copies: Copies) -> String {
        let used = self.used();
        let mut code = format!(
            "// Made by edgewright: what the rules tell viewers apart by, as a short header of the cache key.\n\
             function handler(event) {{\n  var request = event.request;\n{}{}  \
             request.headers['{CLASS_HEADER}'] = {{ value: viewerClass(event) }};\n  return request;\n}}\n\n\
             function viewerClass(event) {{\n  try {{\n",
            copies.code(),
            self.carrying()
        );
        for about in used.headers() {
            let (name, variable) = (self.read_from(about), variable(about));
            code += &format!("    var {variable} = text(event.request.headers[{name}]);\n");
        }
        if used.has(Helper::Cookies) || used.has(Helper::Matching) {
            code += "    var cookies = event.request.cookies;\n";
        }
        if used.has(Helper::Ip) {
            code += "    var ip = event.viewer.ip;\n";
        }
        for (about, name) in &used.clients {
            code += &self.client(about, name);
            if used.in_numbers.contains(about) {
                code += &format!("    var {} = numbers({name});\n", in_numbers(name));
            }
        }
        code += &format!("    return {}[\n", marks(self.marks));
        for guard in &self.guards {
            code += &format!("      {},\n", used.question(guard, Joined::ByComma));
        }
        code += if used.has(Helper::Matching) {
            "    ].map(function (part) { return part === !!part ? +part : part; }).join('');\n"
        } else {
            "    ].map(function (holds) { return holds ? '1' : '0'; }).join('');\n"
        };
        code += "  \
                 } catch (error) {\n    return '!' + Math.random(); // shared with nobody\n  }\n}\n";
        for helper in used.helpers.iter().map(|helper| helper.code()) {
            code += if helper.is_empty() { "" } else { "\n" };
            code += helper;
        }
        code
    }

    /// The lines that bring headers past CloudFront.
    fn carrying(&self) -> String {
        let line = |name: &String| {
            let carrier = Self::carrier(name)?;
            if self.forwards(name) {
                return Some("  forward(request.headers, event.viewer.ip);\n".to_owned());
            }
            Some(format!(
                "  carry(request.headers, '{name}', '{carrier}');\n"
            ))
        };
        self.headers().iter().filter_map(line).collect()
    }

    /// Does the carrier of a header have something else than the viewer sent?
    fn forwards(&self, name: &str) -> bool {
        name == FORWARDED_FOR && self.forwarded_for != ForwardedFor::AsSent
    }

    /// The header in which the code finds what the viewer sent as `name`, or what the old server got in its place.
    fn read_from(&self, name: &str) -> String {
        let carrier = Self::carrier(name).filter(|_| self.forwards(name));
        quoted(carrier.as_deref().unwrap_or(name).as_bytes())
    }

    fn used(&self) -> Used<'_> {
        let mut used = Used::default();
        for name in self.headers() {
            used.helpers.extend(match self.forwarded_for {
                _ if Self::carrier(&name).is_none() => None,
                ForwardedFor::Append if self.forwards(&name) => Some(Helper::Append),
                ForwardedFor::Replace if self.forwards(&name) => Some(Helper::Replace),
                ForwardedFor::AsSent | ForwardedFor::Append | ForwardedFor::Replace => {
                    Some(Helper::Carry)
                }
            });
        }
        for guard in &self.guards {
            match guard {
                Guard::Which(_) => used.helpers.extend([Helper::Matching, Helper::Bytes]),
                Guard::Is(_) | Guard::Not(_) | Guard::All(_) | Guard::Any(_) => {
                    guard.each(&mut |atom| used.add(atom));
                }
            }
        }
        if used.has(Helper::Behind) {
            // It reads addresses that nobody has checked, too.
            used.helpers.remove(&Helper::Numbers);
        }
        used
    }
}

/// What writes marks, in their order.
fn marks(marks: Marks) -> String {
    let mut code = String::new();
    match marks.head {
        Head::Same => {}
        Head::Apart => code += "(event.request.method === 'HEAD' ? 'H' : 'G') + ",
    }
    match marks.bare_mark {
        BareMark::Same => {}
        BareMark::Apart => code += "(event.request.rawQueryString() === '' ? '?' : '') + ",
    }
    if let Some(exactness) = marks.time {
        let milliseconds = exactness.seconds() * 1_000;
        code += &format!("Math.floor(Date.now() / {milliseconds}) + 't' + ");
    }
    match marks.choice {
        Choice::Never => {}
        Choice::Drawn => code += &format!("Math.floor(Math.random() * {DRAWS}) + 'c' + "),
    }
    code
}

/// What the code needs.
#[derive(Default)]
struct Used<'c> {
    abouts: BTreeSet<&'c About>,
    /// The addresses of clients, each with the variable that holds it.
    clients: BTreeMap<&'c About, String>,
    /// Those of them that are needed in numbers.
    in_numbers: BTreeSet<&'c About>,
    helpers: BTreeSet<Helper>,
}

/// What the code may need beside the questions themselves: a function of its own, or for `Ip` the variable that holds the
/// viewer's address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Helper {
    Carry,
    Append,
    Replace,
    Text,
    Bytes,
    Cookies,
    Matching,
    Ip,
    Behind,
    Numbers,
    Within,
}

impl Helper {
    /// What stands behind the function that CloudFront calls.
    fn code(self) -> &'static str {
        match self {
            Self::Carry => include_str!("javascript/carry.js"),
            Self::Append => include_str!("javascript/append.js"),
            Self::Replace => include_str!("javascript/replace.js"),
            Self::Text => include_str!("javascript/text.js"),
            Self::Bytes => include_str!("javascript/bytes.js"),
            Self::Cookies => include_str!("javascript/some.js"),
            Self::Matching => include_str!("javascript/matching.js"),
            Self::Ip => "",
            Self::Behind => include_str!("javascript/behind.js"),
            Self::Numbers => include_str!("javascript/numbers.js"),
            Self::Within => include_str!("javascript/within.js"),
        }
    }
}

impl<'c> Used<'c> {
    fn add(&mut self, atom: &'c Atom) {
        let about = &atom.about;
        self.abouts.insert(about);
        let behind = self.clients.len();
        match about {
            About::Header(_) => self.helpers.extend([Helper::Text, Helper::Bytes]),
            About::Cookies => self.helpers.extend([Helper::Cookies, Helper::Bytes]),
            About::Client => {
                self.helpers.insert(Helper::Ip);
                self.clients.entry(about).or_insert_with(|| "ip".to_owned());
            }
            About::Behind(_) => {
                let functions = [Helper::Ip, Helper::Behind, Helper::Text, Helper::Bytes];
                self.helpers.extend(functions);
                self.helpers.insert(Helper::Within);
                let name = || format!("client{behind}");
                self.clients.entry(about).or_insert_with(name);
            }
        }
        if let AtomTest::Within(_) = atom.test {
            self.helpers.extend([Helper::Numbers, Helper::Within]);
            self.in_numbers.insert(about);
        }
    }

    fn has(&self, helper: Helper) -> bool {
        self.helpers.contains(&helper)
    }

    fn headers(&self) -> impl Iterator<Item = &str> {
        self.abouts.iter().filter_map(|about| match about {
            About::Header(name) => Some(name.as_str()),
            About::Cookies | About::Client | About::Behind(_) => None,
        })
    }
}

impl ViewerClass {
    /// The line that finds the client whom proxies name; nothing for whoever connects.
    fn client(&self, about: &About, name: &str) -> String {
        let About::Behind(remote) = about else {
            return String::new();
        };
        let proxy = |(subnet, trust): &(Subnet, Trust)| {
            let may_be_private = match trust {
                Trust::Internal => "true",
                Trust::Public => "false",
            };
            format!("[{}, {may_be_private}]", network_and_mask(subnet))
        };
        let proxies: Vec<String> = remote.proxies.iter().map(proxy).collect();
        let header = String::from_utf8_lossy(&remote.header).to_ascii_lowercase();
        let header = self.read_from(&header);
        format!(
            "    var {name} = behind(ip, event.request.headers[{header}], [{}]);\n",
            proxies.join(", ")
        )
    }
}

/// The variable that holds a client's address in numbers.
fn in_numbers(client: &str) -> String {
    format!("{client}_numbers")
}

/// The variable that holds a header: its name is no word of the language.
fn variable(header: &str) -> String {
    let part = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte)
        } else {
            '_'
        }
    };
    format!("h_{}", header.bytes().map(part).collect::<String>())
}

/// What stands around a question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joined {
    ByComma,
    ByAnd,
    ByOr,
    Negated,
}

impl Used<'_> {
    fn question(&self, guard: &Guard, around: Joined) -> String {
        let (text, weakest) = match guard {
            Guard::Is(atom) => {
                let text = self.atom_test(atom);
                // A comparison binds weaker than `!`.
                let weakest = if text.contains(" === ") || text.contains(" >= ") {
                    Joined::ByAnd
                } else {
                    Joined::Negated
                };
                (text, weakest)
            }
            Guard::Which(atom) => {
                let text = cookies_test("matching", atom);
                (text, Joined::Negated)
            }
            Guard::Not(guard) => (
                format!("!{}", self.question(guard, Joined::Negated)),
                Joined::Negated,
            ),
            Guard::All(guards) if guards.is_empty() => ("true".to_owned(), Joined::Negated),
            Guard::Any(guards) if guards.is_empty() => ("false".to_owned(), Joined::Negated),
            Guard::All(guards) => (self.joined(guards, " && ", Joined::ByAnd), Joined::ByAnd),
            Guard::Any(guards) => (self.joined(guards, " || ", Joined::ByOr), Joined::ByOr),
        };
        let bare = match (around, weakest) {
            (Joined::ByComma, _) | (_, Joined::Negated) => true,
            (around, weakest) => around == weakest,
        };
        if bare { text } else { format!("({text})") }
    }

    fn joined(&self, guards: &[Guard], sign: &str, around: Joined) -> String {
        let parts = guards.iter().map(|guard| self.question(guard, around));
        let parts: Vec<String> = parts.collect();
        parts.join(sign)
    }

    /// A pattern that cannot be written is no atom: `false` is never reached.
    fn atom_test(&self, atom: &Atom) -> String {
        let variable = match &atom.about {
            About::Header(name) => variable(name),
            About::Client | About::Behind(_) => {
                let client = self.clients.get(&atom.about);
                client.cloned().unwrap_or_default()
            }
            About::Cookies => return cookies_test("some", atom),
        };
        match &atom.test {
            AtomTest::Matches(pattern) => test(pattern, &variable).unwrap_or("false".to_owned()),
            AtomTest::Equals(text) => format!("{variable} === {}", quoted(text)),
            AtomTest::Within(subnets) => {
                let numbers = in_numbers(&variable);
                let test = |subnet| format!("within({numbers}, {})", network_and_mask(subnet));
                let tests: Vec<String> = subnets.iter().map(test).collect();
                format!("({})", tests.join(" || "))
            }
            AtomTest::IsConnection => match atom.about {
                About::Client => "true".to_owned(),
                About::Header(_) | About::Cookies | About::Behind(_) => {
                    format!("{variable} === ip")
                }
            },
        }
    }
}

/// A question about each cookie, asked by a function of this name.
fn cookies_test(function: &str, atom: &Atom) -> String {
    let pattern = match &atom.test {
        AtomTest::Matches(pattern) => expression(pattern),
        AtomTest::Equals(_) | AtomTest::Within(_) | AtomTest::IsConnection => None,
    };
    pattern.map_or("false".to_owned(), |text| {
        format!("{function}(cookies, {text})")
    })
}

fn network_and_mask(subnet: &Subnet) -> String {
    let (network, mask) = match subnet {
        Subnet::V4(network, mask) => (halves(network.to_be_bytes()), halves(mask.to_be_bytes())),
        Subnet::V6(network, mask) => (halves(network.to_be_bytes()), halves(mask.to_be_bytes())),
    };
    format!("[{network}], [{mask}]")
}

/// Bytes as numbers of 16 bits.
fn halves<const N: usize>(bytes: [u8; N]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let numbers: Vec<String> = pairs
        .iter()
        .map(|pair| u16::from_be_bytes(*pair).to_string())
        .collect();
    numbers.join(", ")
}

//! The CloudFront Function that writes a viewer's class into a header.
//!
//! In: a [`ViewerClass`]. Out: JavaScript, for people too. Absent: running it.
//!
//! A function that throws is a viewer's 503, so that nothing in it may: what goes wrong makes a class of its own, which
//! no other request has.

use std::collections::BTreeSet;

use edgewright_engine::model::expression::Subnet;
use edgewright_engine::model::marks::{BareMark, Choice, DRAWS, Head, Marks};

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

const TEXT: &str = "
// The values of a header, UTF-8 with a character for each byte.
function text(header) {
  if (!header) return '';
  var all = header.multiValue || [header];
  return bytes(all.map(function (one) { return one.value; }).join(', '));
}
";

const CARRY: &str = "
// CloudFront changes this header on its way to the function at origin-request, which reads it here.
function carry(headers, name, carrier) {
  if (headers[name]) headers[carrier] = headers[name];
  else delete headers[carrier];
}
";

const BYTES: &str = "
function bytes(text) {
  if (!/[^\\x00-\\x7f]/.test(text)) return text;
  return encodeURIComponent(text).replace(/%(..)/g, function (all, hex) {
    return String.fromCharCode(parseInt(hex, 16));
  });
}
";

const COOKIES: &str = "
// Does one of the cookies, as name=value, match?
function some(cookies, expression) {
  return Object.keys(cookies).some(function (name) {
    var all = cookies[name].multiValue || [cookies[name]];
    return all.some(function (one) { return expression.test(bytes(name + '=' + one.value)); });
  });
}
";

const MATCHING: &str = "
// The cookies that match, in the order of their names.
function matching(cookies, expression) {
  var found = [];
  Object.keys(cookies).sort().forEach(function (name) {
    (cookies[name].multiValue || [cookies[name]]).forEach(function (one) {
      var cookie = bytes(name + '=' + one.value);
      if (expression.test(cookie)) found.push(encodeURIComponent(cookie));
    });
  });
  return found.join('&') + ';';
}
";

const ADDRESSES: &str = "
// An address in numbers of 16 bits: two of IPv4, eight of IPv6.
function numbers(ip) {
  var v4 = /^(?:::ffff:)?(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)(?![\\s\\S])/i.exec(ip);
  if (v4) return [v4[1] * 256 + +v4[2], v4[3] * 256 + +v4[4]];
  var parts = ip.split('::');
  var head = parts[0] ? parts[0].split(':') : [];
  var tail = parts[1] ? parts[1].split(':') : [];
  while (parts.length > 1 && head.length + tail.length < 8) head.push('0');
  var all = head.concat(tail).map(function (part) { return parseInt(part, 16); });
  return all.slice(0, 6).join() === '0,0,0,0,0,65535' ? all.slice(6) : all;
}

function within(address, network, mask) {
  return address.length === network.length
    && address.every(function (part, at) { return (part & mask[at]) === network[at]; });
}
";

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
            let (name, variable) = (quoted(about.as_bytes()), variable(about));
            code += &format!("    var {variable} = text(event.request.headers[{name}]);\n");
        }
        if used.has(Helper::Cookies) || used.has(Helper::Matching) {
            code += "    var cookies = event.request.cookies;\n";
        }
        if used.client {
            code += "    var ip = event.viewer.ip;\n";
        }
        if used.has(Helper::Addresses) {
            code += "    var address = numbers(ip);\n";
        }
        code += &format!("    return {}[\n", marks(self.marks));
        for guard in &self.guards {
            code += &format!("      {},\n", question(guard, Joined::ByComma));
        }
        code += if used.has(Helper::Matching) {
            "    ].map(function (part) { return part === !!part ? +part : part; }).join('');\n"
        } else {
            "    ].map(function (holds) { return holds ? '1' : '0'; }).join('');\n"
        };
        code += "  \
                 } catch (error) {\n    return '!' + Math.random(); // shared with nobody\n  }\n}\n";
        for helper in &used.helpers {
            code += helper.code();
        }
        code
    }

    /// The lines that bring headers past CloudFront.
    fn carrying(&self) -> String {
        let line = |name: &String| {
            let carrier = Self::carrier(name)?;
            Some(format!(
                "  carry(request.headers, '{name}', '{carrier}');\n"
            ))
        };
        self.headers().iter().filter_map(line).collect()
    }

    fn used(&self) -> Used {
        let mut used = Used::default();
        if !self.carrying().is_empty() {
            used.helpers.insert(Helper::Carry);
        }
        for guard in &self.guards {
            match guard {
                Guard::Which(_) => used.helpers.extend([Helper::Matching, Helper::Bytes]),
                Guard::Is(_) | Guard::Not(_) | Guard::All(_) | Guard::Any(_) => {
                    guard.each(&mut |atom| used.add(atom));
                }
            }
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
struct Used {
    abouts: BTreeSet<About>,
    helpers: BTreeSet<Helper>,
    client: bool,
}

/// A function that the code may need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Helper {
    Carry,
    Text,
    Bytes,
    Cookies,
    Matching,
    Addresses,
}

impl Helper {
    fn code(self) -> &'static str {
        match self {
            Self::Carry => CARRY,
            Self::Text => TEXT,
            Self::Bytes => BYTES,
            Self::Cookies => COOKIES,
            Self::Matching => MATCHING,
            Self::Addresses => ADDRESSES,
        }
    }
}

impl Used {
    fn add(&mut self, atom: &Atom) {
        self.abouts.insert(atom.about.clone());
        match &atom.about {
            About::Header(_) => self.helpers.extend([Helper::Text, Helper::Bytes]),
            About::Cookies => self.helpers.extend([Helper::Cookies, Helper::Bytes]),
            About::Client => self.client = true,
        }
        if let AtomTest::Within(_) = atom.test {
            self.helpers.insert(Helper::Addresses);
        }
    }

    fn has(&self, helper: Helper) -> bool {
        self.helpers.contains(&helper)
    }

    fn headers(&self) -> impl Iterator<Item = &str> {
        self.abouts.iter().filter_map(|about| match about {
            About::Header(name) => Some(name.as_str()),
            About::Cookies | About::Client => None,
        })
    }
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

fn question(guard: &Guard, around: Joined) -> String {
    let (text, weakest) = match guard {
        Guard::Is(atom) => {
            let text = atom_test(atom);
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
            format!("!{}", question(guard, Joined::Negated)),
            Joined::Negated,
        ),
        Guard::All(guards) => (joined(guards, " && ", Joined::ByAnd), Joined::ByAnd),
        Guard::Any(guards) => (joined(guards, " || ", Joined::ByOr), Joined::ByOr),
    };
    let bare = match (around, weakest) {
        (Joined::ByComma, _) | (_, Joined::Negated) => true,
        (around, weakest) => around == weakest,
    };
    if bare { text } else { format!("({text})") }
}

fn joined(guards: &[Guard], sign: &str, around: Joined) -> String {
    let parts: Vec<String> = guards.iter().map(|guard| question(guard, around)).collect();
    parts.join(sign)
}

/// A question about each cookie, asked by a function of this name.
fn cookies_test(function: &str, atom: &Atom) -> String {
    let pattern = match &atom.test {
        AtomTest::Matches(pattern) => expression(pattern),
        AtomTest::Equals(_) | AtomTest::Within(_) => None,
    };
    pattern.map_or("false".to_owned(), |text| {
        format!("{function}(cookies, {text})")
    })
}

/// A pattern that cannot be written is no atom: `false` is never reached.
fn atom_test(atom: &Atom) -> String {
    let variable = match &atom.about {
        About::Header(name) => variable(name),
        About::Client => "ip".to_owned(),
        About::Cookies => return cookies_test("some", atom),
    };
    match &atom.test {
        AtomTest::Matches(pattern) => test(pattern, &variable).unwrap_or("false".to_owned()),
        AtomTest::Equals(text) => format!("{variable} === {}", quoted(text)),
        AtomTest::Within(subnets) => {
            let tests: Vec<String> = subnets.iter().map(network).collect();
            format!("({})", tests.join(" || "))
        }
    }
}

fn network(subnet: &Subnet) -> String {
    let (network, mask) = match subnet {
        Subnet::V4(network, mask) => (halves(network.to_be_bytes()), halves(mask.to_be_bytes())),
        Subnet::V6(network, mask) => (halves(network.to_be_bytes()), halves(mask.to_be_bytes())),
    };
    format!("within(address, [{network}], [{mask}])")
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
